// Package node puts a node together: database, federation engine, apps and edges, and runs it.
//
// New is the table of contents: every part is made there, in order, and introduced to the others.
// Run serves and works until it is told to stop. Beside that the package has what belongs to no
// feature: configuration, the HTTP server and its limits, the loops for background jobs and events,
// retention, metrics and health, and what the operator does from the command line (operator.go),
// which works on the database of a running node, too.
//
// The invariant to remember: a node is a value. Several fit into one process, nothing is global,
// and nothing that was promised is only in memory, so a node may be killed at any time.
package node

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"golang.org/x/sync/errgroup"

	"tulou/apps/guard"
	"tulou/apps/media"
	"tulou/apps/moments"
	"tulou/apps/notify"
	"tulou/apps/people"
	"tulou/apps/social"
	"tulou/federation"
	"tulou/federation/fetch"
	"tulou/node/account"
	"tulou/node/client"
	"tulou/node/edge"
	"tulou/node/mastodon"
	"tulou/node/oauth"
	"tulou/node/streaming"
	"tulou/node/web"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Deps is what a node takes from the process it runs in.
type Deps struct {
	Log *slog.Logger
	// DialContext replaces the network for outgoing connections, and RootCAs the certificate
	// authorities; for tests on a network in memory. Nil: the real ones.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	RootCAs     *x509.CertPool
	// Poll is how often the node looks for work that nobody told it of; 0 is a second. Tests in which
	// days pass, and which have one process for each database, may ask for more.
	Poll time.Duration
}

// Node is one node. Make it with New, then Run it, then Close it; or use what operators do without
// running it. It is safe for concurrent use.
type Node struct {
	config   Config
	log      *slog.Logger
	proxies  []netip.Prefix
	store    *storage.Store
	blobs    *storage.Blobs
	pictures sync.Map // name → key of the blob of the picture that was drawn for it
	client   *fetch.Client
	metrics  *metrics
	limits   *limits
	heading  heading
	conns    *connections // nil: any number of them
	engine   *federation.Engine
	notify   *notify.Service
	push     *notify.Push
	people   *people.Service
	social   *social.Service
	moments  *moments.Service
	media    *media.Service
	remote   *media.Remote
	guard    *guard.Service
	workers  *workers
	events   *events
	streams  *streaming.Hub
	handler  http.Handler
	files    *certificateFiles // nil: no certificate files
	redirect http.Handler      // what port 80 answers; nil: nothing
	stopping atomic.Bool
	closers  []func()
	locked   error // why the secrets in the database cannot be opened; nil: they can
}

// New makes a node: it opens or creates the database and everything else in it that is missing.
// Nothing is served, fetched or worked on before Run. Faults: Invalid for a configuration that does
// not fit, Conflict for one that does not fit the database.
func New(ctx context.Context, config Config, deps Deps) (*Node, error) {
	n := &Node{log: deps.Log}
	if err := n.build(ctx, config, deps); err != nil {
		n.Close()
		return nil, err
	}
	return n, nil
}

func (n *Node) build(ctx context.Context, config Config, deps Deps) (err error) {
	if _, err := config.Complete(); err != nil {
		return err
	}
	if err := n.open(ctx, config); err != nil {
		return err
	}
	if n.proxies, err = parsePrefixes(n.config.TrustedProxy); err != nil {
		return err
	}
	if err := n.loadCertificate(); err != nil {
		return err
	}
	n.metrics = newMetrics(n.store, n.log)
	n.limits = newLimits(n.config.RateLimit, func(limiter string) { n.metrics.limited.WithLabelValues(limiter).Inc() })
	if n.config.RateLimit != 0 {
		n.conns = newConnections(n.trusted, func() { n.metrics.limited.WithLabelValues("connections").Inc() })
	}
	n.workers = newWorkers(n.store, n.metrics, n.log)
	n.events = newEvents(n.store, n.log)
	if deps.Poll != 0 {
		n.workers.poll, n.events.poll = deps.Poll, deps.Poll
	}
	if err := n.apps(ctx, deps); err != nil {
		return err
	}
	if _, err := n.people.EnsureInstanceActor(ctx); err != nil {
		return err
	}
	if err := n.settleRegistrations(ctx); err != nil {
		return err
	}
	n.retention()
	n.counting()
	browsers := edge.NewBrowsers(n.engine.Paths().Base, n.store, n.people)
	auth := edge.NewAuth(n.store).WithSessions(browsers)
	n.subscribe(auth)
	n.handler = n.routes(auth, browsers)
	return nil
}

// subscribe tells the parts that remember something when it is not true any more.
func (n *Node) subscribe(auth *edge.Auth) {
	n.events.on(storage.EventDomainPolicy, func(string) { n.engine.PolicyChanged() })
	n.events.on(storage.EventTokenRevoked, auth.Revoked)
	n.events.on(storage.EventTokenRevoked, func(payload string) { n.streams.TokenRevoked(payload) })
	n.events.on(storage.EventFiltersChanged, func(payload string) { n.streams.FiltersChanged(payload) })
	n.events.on(storage.EventAnnouncement, func(payload string) { n.streams.Announced(payload) })
	n.events.on(storage.EventStreaming, func(payload string) { n.streams.Streaming(payload) })
	n.events.on(storage.EventHappened, func(payload string) { n.streams.Relayed(payload) })
	n.events.on(storage.EventAccountChanged, func(payload string) {
		if id, ok := ids.Parse(payload); ok {
			auth.AccountChanged(id)
			n.streams.AccountChanged(id)
			n.engine.PolicyChanged()
		}
	})
}

// open opens the database and settles under which address the node is known.
func (n *Node) open(ctx context.Context, config Config) (err error) {
	if config.DataDir == "" {
		return fault.New(fault.Invalid, "a node needs a folder for its data, also when its database is elsewhere")
	}
	if err := os.MkdirAll(config.DataDir, 0o700); err != nil {
		return fault.Wrap(err, fault.Unavailable, "the data folder %s cannot be made", config.DataDir)
	}
	if n.store, err = storage.Open(ctx, config.Database(), n.log); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	n.closers = append(n.closers, func() { _ = n.store.Close() })
	if err := n.unlock(ctx, config.Place); err != nil {
		return err
	}
	if n.blobs, err = storage.OpenBlobs(filepath.Join(config.DataDir, "blobs")); err != nil {
		return err
	}
	n.closers = append(n.closers, func() { _ = n.blobs.Close() })
	n.config, err = settleAddress(ctx, n.store, config)
	return err
}

// apps makes the engine and the features, and fills the table of what is done with activities.
func (n *Node) apps(ctx context.Context, deps Deps) (err error) {
	paths := ids.Paths{Base: n.config.URL, MediaBase: n.config.MediaURL}
	n.client = fetch.New(fetch.Config{
		UserAgent:    "Tulou/" + Version + " (+" + n.config.URL + "/)",
		AllowPrivate: n.config.AllowPrivatePeers,
		DialContext:  deps.DialContext,
		RootCAs:      deps.RootCAs,
	})
	n.closers = append(n.closers, n.client.Close)
	engine := federation.Config{
		Paths: paths, AccountHost: n.config.AccountDomain, AllowPrivate: n.config.AllowPrivatePeers,
		AllowListOnly: n.config.AllowListOnly, AuthorizedFetch: n.config.AuthorizedFetch, Private: n.config.Private, Poll: deps.Poll,
	}
	engine.Open = func(ctx context.Context) (bool, error) {
		mode, err := n.people.Registrations(ctx)
		return mode == people.RegistrationsOpen || mode == people.RegistrationsApproval, err
	}
	if n.limits != nil {
		engine.Limiter = n.limits
	}
	n.engine, err = federation.New(engine, n.store, n.client, federation.NewMetrics(n.metrics.registry), n.log)
	if err != nil {
		return err
	}
	n.notify = notify.New(n.store)
	if n.push, err = n.newPush(ctx); err != nil {
		return err
	}
	if n.media, err = n.newMedia(paths); err != nil {
		return err
	}
	n.remote = media.NewRemote(ctx, media.RemoteDeps{Media: n.media, Fetcher: n.client, Hosts: n.engine, People: n.engine,
		BytesMax: int64(n.config.MediaCacheGB) * gigabyte})
	n.closers = append(n.closers, n.remote.Close)
	mailer, err := n.newMailer(deps)
	if err != nil {
		return err
	}
	n.people = people.New(people.Deps{Store: n.store, Paths: paths, AccountHost: n.config.AccountDomain,
		Sender: n.engine, Notifier: n.notify, Finder: n.engine, Log: n.log, Mailer: mailer, Avatar: n.avatarURL, MinAge: n.config.MinAge,
		Private: n.config.Private, Unlimited: n.config.RateLimit == 0})
	n.social = social.New(social.Deps{Store: n.store, Sender: n.engine, Finder: n.engine, Collections: n.engine, Notifier: n.notify,
		Paths: paths, AccountHost: n.config.AccountDomain, Log: n.log})
	n.moments = n.newMoments(paths)
	n.guard = guard.New(guard.Deps{Store: n.store, Sender: n.engine, Notifier: n.notify, Letters: n.people, Paths: paths, Log: n.log})
	return n.introduce()
}

// introduce fills the tables of the engine and of the workers from the apps. Two opinions about the
// same activity stop the start.
func (n *Node) introduce() error {
	for _, handlers := range []map[federation.Key]federation.Handler{n.people.Handlers(), n.social.Handlers(), n.guard.Handlers(), n.moments.Handlers()} {
		for key, handler := range handlers {
			if err := n.engine.Handle(key.Activity, key.Object, handler); err != nil {
				return err
			}
		}
	}
	for _, jobs := range []map[string]func(context.Context, storage.Job) error{n.people.Jobs(), n.social.Jobs(), n.guard.Jobs(), n.media.Jobs(), n.remote.Jobs(), n.moments.Jobs()} {
		for kind, do := range jobs {
			n.workers.handle(kind, 0, do)
		}
	}
	return nil
}

// routes is everything that the public listener answers.
func (n *Node) routes(auth *edge.Auth, browsers *edge.Browsers) http.Handler {
	paths := n.engine.Paths()
	r := chi.NewRouter()
	r.Use(n.around, n.mediaHost, middleware.GetHead, n.limits.by(auth.Secret).limit)
	r.Get("/livez", n.livez)
	r.Get("/readyz", n.readyz)
	n.engine.InboxRoutes(r)
	n.engine.Routes(r)
	n.avatarRoutes(r)
	n.momentRoutes(r, auth, browsers)
	mediaRoutes(r, n.remote)
	edge.Routes(r)
	site := web.New(web.Deps{Store: n.store, Paths: paths, Host: n.config.AccountDomain, Avatar: n.avatarURL, Texts: n.guard,
		Joining: n.people.Registrations, Follower: n.engine, Browsers: browsers, Private: n.config.Private})
	site.Routes(r)
	account.New(account.Deps{Store: n.store, People: n.people, Browsers: browsers, Paths: paths, Host: n.config.AccountDomain,
		Title: site.Title, Finder: n.social, Guard: n.guard}).Routes(r)
	oauth.New(oauth.Deps{Store: n.store, Browsers: browsers, Paths: paths, Host: n.config.AccountDomain, Title: site.Title, PushKey: n.push.PublicKey()}).Routes(r)
	api := mastodon.New(mastodon.Deps{Store: n.store, People: n.people, Social: n.social, Media: n.media, Notify: n.notify, Push: n.push, Guard: n.guard, Auth: auth, Paths: paths,
		AccountHost: n.config.AccountDomain, Version: Version, AllowListOnly: n.config.AllowListOnly, Private: n.config.Private,
		ShowBlocks: n.config.ShowBlocks, AvatarURL: n.avatarURL, Cards: n.remote})
	api.Routes(r)
	own := client.New(client.Deps{Store: n.store, People: n.people, Moments: n.moments, Media: n.media, Auth: auth, Accounts: api, Paths: paths})
	own.Routes(r)
	n.workers.handle(notify.JobPush, 0, n.push.Sender(api))
	n.events.on(storage.EventFiltersChanged, func(payload string) {
		if id, ok := ids.Parse(payload); ok {
			api.FiltersChanged(id)
		}
	})
	n.events.on(storage.EventEmojisChanged, func(string) { api.EmojisChanged() })
	n.streams = streaming.New(streaming.Deps{Store: n.store, Auth: auth, Renderer: api, Moments: own, Metrics: streaming.NewMetrics(n.metrics.registry),
		Log: n.log, LoginNeeded: n.config.Private, Unlimited: n.config.RateLimit == 0})
	n.streams.Routes(r)
	return r
}

// Config is the configuration, complete.
func (n *Node) Config() Config { return n.config }

// Handler answers what the public listener answers.
func (n *Node) Handler() http.Handler { return n.handler }

// People, Social and Engine are the parts that a program uses which has nodes in it: the demo.
func (n *Node) People() *people.Service { return n.people }

// Social is People's sibling for posts.
func (n *Node) Social() *social.Service { return n.social }

// Media is People's sibling for pictures.
func (n *Node) Media() *media.Service { return n.media }

// Moments is the app of what people show their friends.
func (n *Node) Moments() *moments.Service { return n.moments }

// Engine is the node's ActivityPub side.
func (n *Node) Engine() *federation.Engine { return n.engine }

// Store is the node's database.
func (n *Node) Store() *storage.Store { return n.store }

// Pending returns how many accepted activities, jobs and deliveries are due and not done.
func (n *Node) Pending(ctx context.Context) (int64, error) {
	depths, err := n.store.QueueDepths(ctx)
	due := int64(0)
	for _, d := range depths {
		if d.Jobs > 0 && d.Oldest <= storage.Now() {
			due += d.Jobs
		}
	}
	return due, err
}

// Run serves and works until ctx ends or a part fails, then stops: it takes no more requests, lets
// those under way finish, and gives back what it had leased. It takes less than 30 seconds to stop.
func (n *Node) Run(ctx context.Context, l Listeners) error {
	defer l.Close()
	if n.locked != nil {
		return n.locked
	}
	if err := n.secure(ctx, &l); err != nil {
		return err
	}
	if err := n.warnOfMail(ctx); err != nil {
		return err
	}
	leave, err := n.store.Join(ctx)
	if err != nil {
		return fmt.Errorf("join the processes on the database: %w", err)
	}
	defer leave()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return n.engine.Run(ctx) })
	group.Go(func() error { return n.workers.run(ctx) })
	group.Go(func() error { return n.events.run(ctx) })
	group.Go(func() error { return reading{n.store, n.log, n.events.poll}.run(ctx) })
	group.Go(func() error { return n.streams.Run(ctx) })
	group.Go(func() error { return n.serve(ctx, l) })
	n.log.Info("started", "url", n.config.URL)
	err = group.Wait()
	n.log.Info("stopped")
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Close releases what New acquired. The node must not be running any more.
func (n *Node) Close() {
	for i := len(n.closers) - 1; i >= 0; i-- {
		n.closers[i]()
	}
	n.closers = nil
}
