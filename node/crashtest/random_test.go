package crashtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Something that people were told is done would be lost, or done twice, on some node after a crash.
func TestKillAtRandomPoints(t *testing.T) {
	kills := size(t, 6, 200)
	parallel(t)
	if n, err := strconv.Atoi(os.Getenv("TULOU_TEST_KILLS")); err == nil {
		kills = n
	}
	each(t, func(t *testing.T, database func(*testing.T) string) {
		v := newVillage(t, database)
		v.live(kills)
		v.settle()
		hits := v.hits()
		t.Logf("of %d kills hit: %s", kills, hits)
		v.report()
		if !full() {
			return
		}
		for _, kind := range hitKinds {
			if hits[kind] < hitsLeast {
				t.Errorf("only %d kills hit a %s", hits[kind], kind)
			}
		}
	})
}

// What a kill can hit.
const (
	uncommitted = "request that was not committed"
	unanswered  = "committed request that was not answered"
	unapplied   = "accepted activity that was not applied"
	halfSent    = "delivery that the sender did not know to be done"
)

// hitsLeast is how many kills have to hit something of each kind, or the test proves little.
const hitsLeast = 20

var hitKinds = []string{uncommitted, unanswered, unapplied, halfSent}

// counts is how many kills hit something of each kind.
type counts map[string]int

func (c counts) String() string {
	var parts []string
	for _, kind := range hitKinds {
		parts = append(parts, fmt.Sprintf("%d × %s", c[kind], kind))
	}
	return strings.Join(parts, ", ")
}

// deed is something that somebody asked a node for. It is of one of the kinds
//
//	post    a person wrote about ("deed 7.")
//	note    an outsider wrote about and sent it to the node
//	like    a person liked the post about
//	boost   a person boosted the post about
//	follow  a person followed the actor about
//	fan     an actor of an outsider's server follows about, a person
type deed struct {
	kind, about  string
	node         *node
	who          *person
	outsider     *outsider
	by           string // actor
	id           string // of the activity, if an outsider made it
	begun, ended time.Time
	done         bool // it was answered with yes
	repeated     bool // it was asked for again after the connection broke
	refused      error
}

// kill is one SIGKILL: between at and gone the process died.
type kill struct {
	node     *node
	at, gone time.Time
}

// village is two nodes with three people each and servers that are not ours, all of whom deal with
// each other. The first person of each node follows everybody, so their home timelines have all.
type village struct {
	t         *testing.T
	nodes     []*node
	people    map[*node][]*person
	outsiders []*outsider
	pairs     []pair // who may still follow whom

	mu     sync.Mutex
	up     map[*node]bool
	deeds  []*deed
	author map[string]*person // by URI of a post
	made   map[string]string  // URI of a post → id at its author's node
	kills  []kill
	end    sight
	stop   chan struct{}
	all    sync.WaitGroup
	sends  map[*node]chan struct{} // has a signal when an outsider got something of the node
}

type pair struct {
	who *person
	id  string // of the other, at who's node
	on  string // the other's actor
}

const outsiders = 6

func newVillage(t *testing.T, database func(*testing.T) string) *village {
	v := &village{t: t, people: map[*node][]*person{}, up: map[*node]bool{}, author: map[string]*person{}, made: map[string]string{},
		stop: make(chan struct{}), sends: map[*node]chan struct{}{}}
	for _, names := range [][]string{{"ana", "ben", "cho"}, {"dov", "eva", "fay"}} {
		n := newNode(t, database(t))
		n.start()
		v.up[n], v.sends[n] = true, make(chan struct{}, 1)
		v.nodes = append(v.nodes, n)
		for _, name := range names {
			v.people[n] = append(v.people[n], n.person(name))
		}
	}
	for i := range outsiders {
		slow := func() time.Duration { return rand.N(40 * time.Millisecond) }
		o := newOutsider(t, fmt.Sprintf("guest%d", i), slow)
		o.mu.Lock()
		o.told = v.sent
		o.mu.Unlock()
		v.outsiders = append(v.outsiders, o)
	}
	for i, n := range v.nodes {
		other := v.nodes[1-i]
		for j, p := range v.people[n] {
			for _, q := range v.people[other] {
				if j == 0 {
					p.follow(q.handle())
					continue
				}
				found, err := p.find(q.handle())
				if err != nil {
					t.Fatal(err)
				}
				v.pairs = append(v.pairs, pair{p, found.ID, q.actor})
			}
			if j > 0 {
				v.people[n][0].follow(p.handle())
			}
			together(outsiders, outsiders, func(i int) {
				if err := v.outsiders[i].send(n, v.outsiders[i].Do("Follow", p.actor, nil)); err != nil {
					t.Errorf("an outsider follows: %v", err)
				}
			})
		}
		for _, o := range v.outsiders {
			v.people[n][0].follow(o.handle())
		}
	}
	eventually(t, 30*time.Second, "the outsiders' follows are accepted", func() error {
		for _, o := range v.outsiders {
			if got := o.count("Accept"); got < 6 {
				return fmt.Errorf("%d of 6", got)
			}
		}
		return nil
	})
	if t.Failed() {
		t.FailNow()
	}
	return v
}

// live lets everybody be busy while nodes are killed and started again.
func (v *village) live(kills int) {
	for _, n := range v.nodes {
		for range 3 {
			v.all.Go(func() { v.busy(n) })
		}
	}
	for range kills {
		time.Sleep(rand.N(400 * time.Millisecond))
		n := v.nodes[rand.IntN(len(v.nodes))]
		for range 10 { // more at once, or most kills would hit nothing
			v.all.Go(func() { v.act(n) })
		}
		if rand.IntN(4) == 0 {
			v.awaitSending(n)
		}
		time.Sleep(rand.N(50 * time.Millisecond))
		v.setUp(n, false)
		n.kill()
		v.mu.Lock()
		v.kills = append(v.kills, kill{n, n.killedAt, time.Now()})
		v.mu.Unlock()
		time.Sleep(rand.N(100 * time.Millisecond))
		n.start()
		v.setUp(n, true)
	}
	close(v.stop)
	v.all.Wait()
}

// sent notes that an outsider got an activity.
func (v *village) sent(id string) {
	for n, sends := range v.sends {
		if n.owns(id) {
			select {
			case sends <- struct{}{}:
			default:
			}
		}
	}
}

// awaitSending waits until a node sends something to an outsider, at most for as long as what dead
// processes had leased rests: where others may live, most hosts rest while kill follows kill.
func (v *village) awaitSending(n *node) {
	select {
	case <-v.sends[n]: // a while ago
	default:
	}
	select {
	case <-v.sends[n]:
	case <-time.After(10 * time.Second):
	}
}

func (v *village) setUp(n *node, up bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.up[n] = up
}

func (v *village) isUp(n *node) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.up[n]
}

// busy does one thing after another at a node while it is up.
func (v *village) busy(n *node) {
	for {
		select {
		case <-v.stop:
			return
		case <-time.After(100*time.Millisecond + rand.N(300*time.Millisecond)):
		}
		if v.isUp(n) {
			v.act(n)
		}
	}
}

// act does something at random.
func (v *village) act(n *node) {
	p := v.people[n][rand.IntN(3)]
	o := v.outsiders[rand.IntN(outsiders)]
	switch dice := rand.IntN(100); {
	case dice < 25:
		v.post(p)
	case dice < 55:
		v.note(o, p)
	case dice < 80:
		v.react(p)
	case dice < 90:
		v.follow(p, o)
	default:
		v.fan(o, p)
	}
}

// begin notes a deed before it is asked for, under the next number.
func (v *village) begin(d *deed) (text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	text = fmt.Sprintf("deed %d.", len(v.deeds))
	if d.about == "" {
		d.about = text
	}
	d.begun = time.Now()
	v.deeds = append(v.deeds, d)
	return text
}

// finish notes what came of a deed.
func (v *village) finish(d *deed, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	d.ended, d.done = time.Now(), err == nil
	if no := (refusal{}); errors.As(err, &no) {
		d.refused = err
	}
}

// again asks again for what nobody knows the outcome of, now and then, as clients and servers do.
func (v *village) again(d *deed, ask func() error) error {
	err := ask()
	if no := (refusal{}); err == nil || errors.As(err, &no) || rand.IntN(3) > 0 {
		return err
	}
	v.mu.Lock()
	d.repeated = true
	v.mu.Unlock()
	for err != nil && !errors.As(err, &refusal{}) {
		time.Sleep(50 * time.Millisecond)
		err = ask()
	}
	return err
}

func (v *village) post(p *person) {
	d := &deed{kind: "post", node: p.node, who: p, by: p.actor}
	text := v.begin(d)
	var s status
	form := url.Values{"status": {text}}
	err := v.again(d, func() error { return p.once(text, form, &s) })
	v.finish(d, err)
	if err == nil {
		v.mu.Lock()
		v.author[s.URI], v.made[s.URI] = p, s.ID
		v.mu.Unlock()
	}
}

func (v *village) note(o *outsider, p *person) {
	d := &deed{kind: "note", node: p.node, who: p, outsider: o, by: o.ID}
	text := v.begin(d)
	create := o.mention(strings.Trim(text, "de ."), text, p)
	v.finish(d, v.again(d, func() error { return o.send(p.node, create) }))
}

// react likes or boosts something of the other node that the person's node shows.
func (v *village) react(p *person) {
	var home []status
	if err := v.people[p.node][0].ask(http.MethodGet, "/api/v1/timelines/home?limit=40", nil, &home); err != nil {
		return
	}
	kind, path := "like", "/favourite"
	if rand.IntN(2) == 0 {
		kind, path = "boost", "/reblog"
	}
	for _, i := range rand.Perm(len(home)) {
		s := home[i]
		d := &deed{kind: kind, about: s.URI, node: p.node, who: p, by: p.actor}
		if s.Reblog != nil || v.ours(s.URI) == nil || !v.first(d) {
			continue
		}
		v.finish(d, p.ask(http.MethodPost, "/api/v1/statuses/"+s.ID+path, nil, nil))
		return
	}
}

// ours returns whose post a URI is, nil if it is not known to be one of our people's.
func (v *village) ours(uri string) *person {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.author[uri]
}

// first begins a deed unless the same was asked for before.
func (v *village) first(d *deed) bool {
	v.mu.Lock()
	for _, other := range v.deeds {
		if other.kind == d.kind && other.about == d.about && other.by == d.by {
			v.mu.Unlock()
			return false
		}
	}
	v.mu.Unlock()
	v.begin(d)
	return true
}

// follow follows somebody of the other node, or somebody new of another server.
func (v *village) follow(p *person, o *outsider) {
	v.mu.Lock()
	next := slices.IndexFunc(v.pairs, func(x pair) bool { return x.who.node == p.node })
	var x pair
	if next >= 0 && rand.IntN(4) == 0 {
		x = v.pairs[next]
		v.pairs = slices.Delete(v.pairs, next, next+1)
	}
	v.mu.Unlock()
	if x.who == nil {
		name := fmt.Sprintf("star%d", rand.Int64())
		star := o.Peer.Actor(name)
		found, err := p.find(name + "@" + o.server.Listener.Addr().String())
		if err != nil {
			return
		}
		x = pair{p, found.ID, star.ID}
	}
	d := &deed{kind: "follow", about: x.on, node: p.node, who: x.who, by: x.who.actor}
	if strings.HasPrefix(x.on, o.Peer.Base) {
		d.outsider = o
	}
	v.begin(d)
	v.finish(d, x.who.ask(http.MethodPost, "/api/v1/accounts/"+x.id+"/follow", nil, nil))
}

// fan lets somebody new of another server follow a person.
func (v *village) fan(o *outsider, p *person) {
	fan := o.Peer.Actor(fmt.Sprintf("fan%d", rand.Int64()))
	follow := fan.Do("Follow", p.actor, nil)
	d := &deed{kind: "fan", about: p.actor, node: p.node, who: p, outsider: o, by: fan.ID, id: follow["id"].(string)}
	v.begin(d)
	v.finish(d, v.again(d, func() error {
		status, err := fan.Send(v.t.Context(), web, p.node.URL+"/inbox", follow)
		if err == nil && status != http.StatusAccepted {
			err = refusal{"inbox", status, ""}
		}
		return err
	}))
}

// settle waits until everything that was answered is everywhere, and checks that nothing is there
// twice, and that what was not answered is everywhere or nowhere.
func (v *village) settle() {
	t := v.t
	t.Helper()
	patience := 3 * time.Minute // a host that was away is asked again after as much
	if full() {
		patience = 12 * time.Minute
	}
	for _, d := range v.deeds {
		if d.refused != nil {
			t.Errorf("a %s was refused: %v", d.kind, d.refused)
		}
	}
	end := time.Now().Add(patience)
	for {
		var err error
		if v.end, err = v.look(); err != nil {
			t.Fatal(err)
		}
		wrong := v.wrong(v.end)
		if len(wrong) == 0 {
			return
		}
		if time.Now().After(end) {
			slices.Sort(wrong)
			for _, line := range wrong[:min(len(wrong), 30)] {
				t.Error(line)
			}
			t.Fatalf("%d of %d deeds are not as they should be after %s", len(wrong), len(v.deeds), patience)
		}
		time.Sleep(time.Second)
	}
}

// wrong lists what is not as it should be.
func (v *village) wrong(s sight) (lines []string) {
	for _, d := range v.deeds {
		times := s.times[d]
		least, most := slices.Min(times), slices.Max(times)
		if most > 1 || least != most || d.done && least != 1 {
			lines = append(lines, fmt.Sprintf("%s by %s about %s (answered %v, asked again %v) is there %v times",
				d.kind, d.by, d.about, d.done, d.repeated, times))
		}
	}
	return lines
}
