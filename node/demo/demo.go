// Package demo is a small village: several nodes in one process, with people in them who follow
// each other and talk. It is what 'tulou demo' starts, for somebody who wants to see Tulou before
// running it, and for programs that want something real to talk to.
//
// The nodes are whole: each has its own database and its own port on loopback, and everything that
// one knows of another came over HTTP with a verified signature. Only the people are made up
// (cast.go, script.go, friends.go), and their pictures drawn (face.go, scene.go). Nothing else
// imports this package but the command line.
//
// The invariant to remember: a village is made once. One that is kept in a folder comes back with
// the same people, passwords and tokens, or not at all.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tulou/node"
	"tulou/protocol/fault"
	"tulou/storage"
)

// Bounds of a village: federation needs two, and there are people for six.
const (
	NodesMin = 2
	NodesMax = 6
)

// Config says what village is wanted.
type Config struct {
	Nodes int
	Port  int    // of the first node; the others have the next ones
	Dir   string // where data is kept; "": in a temporary folder that goes with the village
	// DatabaseURL is a PostgreSQL server on which each node gets a database; "": SQLite.
	DatabaseURL string
	Log         *slog.Logger
}

// Home is one node of a village.
type Home struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// Person is somebody who lives in a village. Password and token are secrets of the demo only.
type Person struct {
	Handle      string `json:"handle"`
	Actor       string `json:"actor"`
	Email       string `json:"email"`
	Password    string `json:"password"`
	AccessToken string `json:"access_token"`
	Node        string `json:"node"` // the name of a Home
	Name        string `json:"display_name"`
}

// Village is a running demo.
type Village struct {
	Homes  []Home
	People []Person

	config    Config
	dir       string
	databases []string // to be dropped at the end
	nodes     []*node.Node
	stop      context.CancelFunc
	running   sync.WaitGroup
	failed    chan error
}

// Founders returns those whom a visitor plays: the first people of each node, who know most of the
// others. The rest are there to be found.
func (v *Village) Founders() []Person {
	var found []Person
	for i, person := range v.People {
		if i%perNode < founders {
			found = append(found, person)
		}
	}
	return found
}

// kept is what a village remembers in its folder besides the databases.
type kept struct {
	Port   int      `json:"port"`
	Homes  []Home   `json:"nodes"`
	People []Person `json:"people"`
}

// keptFile holds passwords and tokens, so it is for its owner only.
const keptFile = "village.json"

// Start builds a village, or brings a kept one back, and returns when its people have talked and
// every word has arrived. Close ends it. Faults: Invalid for a village that cannot be, Conflict for
// one that does not fit what is kept in the folder.
func Start(ctx context.Context, config Config) (v *Village, err error) {
	if config.Nodes < NodesMin || config.Nodes > NodesMax {
		return nil, fault.New(fault.Invalid, "a demo has %d to %d nodes", NodesMin, NodesMax)
	}
	if config.Port < 1 || config.Port+config.Nodes > 1<<16 {
		return nil, fault.New(fault.Invalid, "there are no ports %d to %d", config.Port, config.Port+config.Nodes-1)
	}
	v = &Village{config: config, failed: make(chan error, config.Nodes)}
	defer func() {
		if err != nil {
			err = errors.Join(err, v.Close())
			v = nil
		}
	}()
	known, err := v.openFolder()
	if err != nil {
		return v, err
	}
	if err := v.build(ctx, known.People != nil); err != nil {
		return v, err
	}
	if known.People != nil {
		v.People = known.People
		return v, nil
	}
	if err := v.populate(ctx); err != nil {
		return v, err
	}
	return v, v.keep()
}

// openFolder finds the village's folder and what it remembers; People is nil for a new one.
func (v *Village) openFolder() (known kept, err error) {
	if v.config.Dir == "" {
		v.dir, err = os.MkdirTemp("", "tulou-demo-")
		return known, err
	}
	v.dir = v.config.Dir
	if err := os.MkdirAll(v.dir, 0o700); err != nil {
		return known, fault.Wrap(err, fault.Unavailable, "the folder %s cannot be made", v.dir)
	}
	body, err := os.ReadFile(filepath.Join(v.dir, keptFile))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(v.dir, places[0])); err == nil {
			return known, fault.New(fault.Conflict, "%s holds a demo that was not finished; remove it, or choose another folder", v.dir)
		}
		return known, nil
	}
	if err != nil {
		return known, err
	}
	if err := json.Unmarshal(body, &known); err != nil {
		return known, fault.Wrap(err, fault.Conflict, "%s is damaged; remove the folder to begin anew", filepath.Join(v.dir, keptFile))
	}
	if len(known.Homes) != v.config.Nodes || known.Port != v.config.Port {
		return known, fault.New(fault.Conflict, "%s holds a demo of %d nodes from port %d on: start it with --nodes %[2]d --port %[3]d",
			v.dir, len(known.Homes), known.Port)
	}
	return known, nil
}

// keep writes down what is needed to come back, if the folder stays.
func (v *Village) keep() error {
	if v.config.Dir == "" {
		return nil
	}
	body, err := json.MarshalIndent(kept{Port: v.config.Port, Homes: v.Homes, People: v.People}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(v.dir, keptFile), append(body, '\n'), 0o600)
}

// build makes all nodes at once and runs them.
func (v *Village) build(ctx context.Context, again bool) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	v.stop = stop
	v.nodes = make([]*node.Node, v.config.Nodes)
	v.Homes = make([]Home, v.config.Nodes)
	listeners := make([]node.Listeners, v.config.Nodes)
	group, ctx := errgroup.WithContext(ctx)
	var mu sync.Mutex // guards databases
	for i := range v.config.Nodes {
		v.Homes[i] = Home{Name: places[i],
			URL: "http://" + net.JoinHostPort(places[i]+".localhost", strconv.Itoa(v.config.Port+i))}
		group.Go(func() error {
			databaseURL, err := v.database(ctx, places[i], again)
			if err != nil {
				return err
			}
			if databaseURL != "" && v.config.Dir == "" {
				mu.Lock()
				v.databases = append(v.databases, v.databaseName(places[i]))
				mu.Unlock()
			}
			v.nodes[i], err = node.New(ctx, node.Config{
				Place:             node.Place{DataDir: filepath.Join(v.dir, places[i]), DatabaseURL: databaseURL},
				URL:               v.Homes[i].URL,
				AllowPrivatePeers: true,
				Joining:           node.Joining{Registrations: "open"},
				RateLimit:         0,
				AdminListen:       node.Off,
			}, node.Deps{Log: v.config.Log.With("node", places[i])})
			if err != nil {
				return err
			}
			listeners[i], err = v.nodes[i].Listen(ctx)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		for _, l := range listeners {
			l.Close()
		}
		return err
	}
	for i, n := range v.nodes {
		v.running.Go(func() {
			if err := n.Run(background, listeners[i]); err != nil {
				v.failed <- fmt.Errorf("%s: %w", places[i], err)
			}
		})
	}
	return nil
}

func (v *Village) databaseName(place string) string {
	return "tulou_demo_" + strconv.Itoa(v.config.Port) + "_" + place
}

// database returns the URL of a node's database, "" for SQLite in its folder. A new village starts
// with an empty one.
func (v *Village) database(ctx context.Context, place string, again bool) (string, error) {
	if v.config.DatabaseURL == "" {
		return "", nil
	}
	if !again {
		if err := storage.DropDatabase(ctx, v.config.DatabaseURL, v.databaseName(place)); err != nil {
			return "", err
		}
	}
	return storage.CreateDatabase(ctx, v.config.DatabaseURL, v.databaseName(place))
}

// An invitation to a village is for as many as sit around a table, and for a day.
const (
	invitationUses  = 10
	invitationLasts = 24 * time.Hour
)

// Invitation returns a link with which others join the first node. It counts as the confirmation of
// their address, which a mail would bring otherwise: a village has no mail server.
func (v *Village) Invitation(ctx context.Context) (string, error) {
	made, err := v.nodes[0].CreateInvite(ctx, invitationUses, invitationLasts, false)
	return made.Link, err
}

// Wait returns when ctx ends or a node fails.
func (v *Village) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-v.failed:
		return err
	}
}

// dropTimeout bounds the tidying up of databases.
const dropTimeout = 10 * time.Second

// Close stops the nodes and removes what is not to be kept.
func (v *Village) Close() error {
	if v.stop != nil {
		v.stop()
	}
	v.running.Wait()
	for _, n := range v.nodes {
		if n != nil {
			n.Close()
		}
	}
	if v.config.Dir != "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), dropTimeout)
	defer cancel()
	var errs []error
	for _, name := range v.databases {
		errs = append(errs, storage.DropDatabase(ctx, v.config.DatabaseURL, name))
	}
	if v.dir != "" {
		errs = append(errs, os.RemoveAll(v.dir))
	}
	return errors.Join(errs...)
}

// quietEvery is how often the queues are looked at while people talk.
const quietEvery = 3 * time.Millisecond

// quiet waits until nothing is on its way any more, within or between the nodes. What one node has
// handed over the other has committed before, so two looks in a row that find nothing are enough.
func (v *Village) quiet(ctx context.Context) error {
	tick := time.NewTicker(quietEvery)
	defer tick.Stop()
	for found := 0; found < 2; found++ {
		for _, n := range v.nodes {
			due, err := n.Pending(ctx)
			if err != nil {
				return err
			}
			if due > 0 {
				found = -1
				break
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-v.failed:
			return err
		case <-tick.C:
		}
	}
	return nil
}
