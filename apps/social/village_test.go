package social

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"tulou/federation"
	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/keys"
	"tulou/protocol/vocab"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// village is a node with its people and people of other servers, without network: what would be
// sent is read from the deliveries, and what would be asked is answered by the world.
type village struct {
	*Service
	t     testing.TB
	host  string
	world *world
}

// world answers instead of other servers.
type world struct {
	store   *storage.Store
	objects map[string]*vocab.Object
	people  map[ids.Handle]vocab.Actor
	mu      sync.Mutex
	asked   []string
	resolve func(context.Context) // what Resolve waits for
}

func (w *world) Account(ctx context.Context, iri string) (storage.Account, error) {
	return w.store.AccountByURI(ctx, iri)
}

func (w *world) Object(_ context.Context, iri string) (*vocab.Object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, iri)
	if o := w.objects[iri]; o != nil {
		return o, nil
	}
	return nil, fault.New(fault.Gone, "gone")
}

func (w *world) Resolve(ctx context.Context, h ids.Handle) (a storage.Account, err error) {
	if w.resolve != nil {
		w.resolve(ctx)
	}
	doc, known := w.people[h]
	if !known {
		return a, fault.New(fault.NotFound, "nobody")
	}
	return a, w.store.Tx(ctx, func(tx *storage.Tx) (err error) {
		a, err = federation.PutActor(ctx, tx, doc, h.Host)
		return err
	})
}

// told is the Notifier of tests: it writes notifications as storage permits them.
type told struct{}

func (told) Notify(ctx context.Context, tx *storage.Tx, n storage.Notification) error {
	_, _, err := tx.CreateNotification(ctx, n)
	return err
}

// each runs a test on both engines.
func each(t *testing.T, test func(t *testing.T, v village)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, newVillage(t, "harbor.example")) })
	t.Run("postgres", func(t *testing.T) { test(t, newVillageOn(t, "harbor.example", storagetest.Postgres(t))) })
}

func newVillage(t testing.TB, host string) village {
	return newVillageOn(t, host, storagetest.SQLite(t))
}

func newVillageOn(t testing.TB, host, url string) village {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	store, err := storage.Open(t.Context(), url, log)
	check(t, err)
	t.Cleanup(func() { check(t, store.Close()) })
	paths := ids.Paths{Base: "https://" + host}
	engine, err := federation.New(federation.Config{Paths: paths, AccountHost: host}, store,
		fetch.New(fetch.Config{}), federation.NewMetrics(prometheus.NewRegistry()), log)
	check(t, err)
	w := &world{store: store, objects: map[string]*vocab.Object{}, people: map[ids.Handle]vocab.Actor{}}
	return village{New(Deps{Store: store, Sender: engine, Finder: w, Notifier: told{}, Paths: paths, AccountHost: host, Log: log}), t, host, w}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// must returns what a call that has to work returns.
func must[T any](value T, err error) T {
	if err != nil {
		panic("must: " + err.Error())
	}
	return value
}

// fails checks the code of an error.
func fails(t testing.TB, err error, code fault.Code) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("got error %v, want %s", err, code)
	}
}

func (v village) do(fn func(tx *storage.Tx) error) {
	v.t.Helper()
	check(v.t, v.Store.Tx(v.t.Context(), fn))
}

// local makes somebody of this node, with one key, since RSA keys take long to make.
func (v village) local(name string) (a storage.Account) {
	v.t.Helper()
	ctx := v.t.Context()
	key := keys.Ed25519FromSeed([]byte(name + strings.Repeat(".", 32))[:32])
	private, err := key.PEM()
	check(v.t, err)
	doc := actorDocument(name, v.host)
	v.do(func(tx *storage.Tx) (err error) {
		a, err = tx.CreateAccount(ctx, storage.Account{URI: doc.ID, Name: name, URL: v.Paths.Profile(name), Inbox: doc.Inbox,
			SharedInbox: doc.SharedInbox, Followers: doc.Followers})
		if err != nil {
			return err
		}
		if err := tx.PutKeys(ctx, a.ID, []storage.ActorKey{{ID: a.URI + ids.Ed25519Key, AccountID: a.ID,
			Kind: storage.KeyEd25519, PublicKey: key.Public().Multikey(), PrivateKey: private}}); err != nil {
			return err
		}
		return tx.CreateLogin(ctx, storage.Login{AccountID: a.ID, Email: name + "@" + v.host})
	})
	return a
}

// remote makes somebody of another server.
func (v village) remote(name, host string) (a storage.Account) {
	v.t.Helper()
	v.do(func(tx *storage.Tx) (err error) {
		a, err = federation.PutActor(v.t.Context(), tx, actorDocument(name, host), host)
		return err
	})
	return a
}

func actorDocument(name, host string) vocab.Actor {
	id := "https://" + host + "/users/" + name
	return vocab.Actor{ID: id, Type: "Person", PreferredUsername: name, URL: "https://" + host + "/@" + name, Inbox: id + "/inbox",
		SharedInbox: "https://" + host + "/inbox", Followers: id + "/followers"}
}

func (v village) follow(follower, followed storage.Account) {
	v.t.Helper()
	v.do(func(tx *storage.Tx) error {
		_, err := tx.PutFollow(v.t.Context(), storage.Follow{AccountID: follower.ID, TargetID: followed.ID, Accepted: true, Boosts: true})
		return err
	})
}

// say posts as somebody of this node.
func (v village) say(author storage.Account, text, visibility string, replyTo int64) storage.Status {
	v.t.Helper()
	return must(v.Post(v.t.Context(), author, NewPost{Text: text, Visibility: visibility, InReplyToID: replyTo}))
}

// status reads a post anew; ok is false if it is not there.
func (v village) status(uri string) (found storage.Status, ok bool) {
	v.t.Helper()
	found, err := v.Store.StatusByURI(v.t.Context(), uri)
	if !fault.Is(err, fault.NotFound) {
		check(v.t, err)
	}
	return found, err == nil
}

// isThere checks whether a post is stored.
func (v village) isThere(uri string, want bool) {
	v.t.Helper()
	if _, got := v.status(uri); got != want {
		v.t.Errorf("%s is stored: %t, want %t", uri, got, want)
	}
}

// sees checks whether somebody may see a post.
func (v village) sees(viewer storage.Account, uri string, want bool) {
	v.t.Helper()
	found, _ := v.status(uri)
	if got := must(v.Store.CanSee(v.t.Context(), viewer.ID, found.ID)); got != want {
		v.t.Errorf("%s sees %s: %t, want %t", viewer.Name, uri, got, want)
	}
}

// home returns the ids in somebody's home timeline.
func (v village) home(viewer storage.Account) []int64 {
	v.t.Helper()
	return storage.StatusIDs(must(v.Store.Home(v.t.Context(), viewer.ID, storage.Page{})))
}

// wasTold compares the types of somebody's notifications, newest first.
func (v village) wasTold(a storage.Account, want ...string) {
	v.t.Helper()
	var types []string
	for _, n := range must(v.Store.Notifications(v.t.Context(), a.ID, storage.NotificationFilter{}, storage.Page{})) {
		types = append(types, n.Type)
	}
	if !slices.Equal(types, want) {
		v.t.Errorf("%s was told %v, want %v", a.Name, types, want)
	}
}

// counts compares the counts of a post.
func (v village) counts(uri string, replies, boosts, likes int64) {
	v.t.Helper()
	s, _ := v.status(uri)
	if s.RepliesCount != replies || s.BoostsCount != boosts || s.LikesCount != likes {
		v.t.Errorf("%d replies, %d boosts, %d likes; want %d, %d, %d", s.RepliesCount, s.BoostsCount, s.LikesCount, replies, boosts, likes)
	}
}

// receive gives an activity its effects, as the engine does after it checked who sent it.
func (v village) receive(from storage.Account, a vocab.Activity) {
	v.t.Helper()
	v.receiveIn(federation.In{Activity: &a, Actor: from})
}

func (v village) receiveIn(in federation.In) {
	v.t.Helper()
	ctx := v.t.Context()
	a := in.Activity
	a.Actor = in.Actor.URI
	object := "Object"
	switch {
	case a.Inner != nil:
		a.ObjectID, object = a.Inner.ID, a.Inner.Type
	case a.Object != nil:
		a.ObjectID, a.ObjectType = a.Object.ID, a.Object.Type
		if a.Type == "Create" || a.Type == "Update" {
			object = a.ObjectType
		}
	case a.Type == "Undo":
		object = must(v.Store.KindOfActivity(ctx, a.ObjectID))
	}
	h := v.Handlers()[federation.Key{Activity: a.Type, Object: object}]
	if h == nil {
		v.t.Fatalf("no handler for %s %s", a.Type, object)
	}
	got := federation.Fetched{Accounts: map[string]storage.Account{}, Objects: map[string]*vocab.Object{}}
	needs := h.Need(in)
	if judge, ok := h.(federation.Relevance); ok && !must(judge.Concerns(ctx, v.Store.Reader, in)) {
		needs = nil
	}
	for _, ref := range needs {
		if _, stored := v.status(ref.IRI); stored || ref.Kind != federation.RefStatus || v.Paths.Local(ref.IRI) {
			continue
		}
		if o, err := v.world.Object(ctx, ref.IRI); err == nil {
			got.Objects[ref.IRI] = o
			if owner, err := v.Store.AccountByURI(ctx, o.AttributedTo); err == nil {
				got.Accounts[owner.URI] = owner
			}
		}
	}
	v.do(func(tx *storage.Tx) error { return h.Apply(ctx, tx, in, got) })
}

// note makes a post of another server for everybody, with an id made of its name.
func note(author storage.Account, name, content string, change func(*vocab.Note)) *vocab.Object {
	n := &vocab.Note{ID: author.URI + "/statuses/" + name, Type: "Note", AttributedTo: author.URI, Content: content,
		To: []string{vocab.Public}, Cc: []string{author.Followers}}
	if change != nil {
		change(n)
	}
	return &vocab.Object{ID: n.ID, Type: n.Type, Known: true, AttributedTo: n.AttributedTo, Note: n}
}

// to addresses a note to nobody but some.
func to(people ...storage.Account) func(*vocab.Note) {
	return func(n *vocab.Note) {
		n.To, n.Cc = accountURIs(people), nil
		for _, p := range people {
			n.Tags = append(n.Tags, vocab.Tag{Type: vocab.TagMention, Name: "@" + p.Name, Href: p.URI})
		}
	}
}

func create(o *vocab.Object) vocab.Activity {
	return vocab.Activity{ID: o.ID + "/activity", Type: "Create", Object: o, To: o.Note.To, Cc: o.Note.Cc}
}

// jobs runs what is due in the work queue and returns the kinds of what it ran.
func (v village) jobs() (ran []string) {
	v.t.Helper()
	lanes, err := v.Store.ClaimLanes(v.t.Context(), QueueWork, 100)
	check(v.t, err)
	for _, lane := range lanes {
		for _, job := range lane.Jobs {
			check(v.t, v.Jobs()[job.Kind](v.t.Context(), job))
			ran = append(ran, job.Kind)
			v.do(func(tx *storage.Tx) error { return tx.FinishJob(v.t.Context(), job.ID) })
		}
		v.do(func(tx *storage.Tx) error { return tx.ReleaseLane(v.t.Context(), lane) })
	}
	return ran
}

// parcel is something on its way to another server.
type parcel struct {
	inbox string
	*vocab.Activity
}

// sent takes everything that is on its way.
func (v village) sent() (all []parcel) {
	v.t.Helper()
	destinations, err := v.Store.ClaimDestinations(v.t.Context(), 100)
	check(v.t, err)
	for _, d := range destinations {
		outcome := storage.Outcome{}
		for _, delivery := range d.Deliveries {
			a, err := vocab.ParseActivity(must(v.Store.Payload(v.t.Context(), delivery.PayloadID)))
			check(v.t, err)
			all = append(all, parcel{delivery.Inbox, a})
			outcome.Delivered = append(outcome.Delivered, delivery.ID)
		}
		check(v.t, v.Store.ReleaseDestination(v.t.Context(), d, outcome))
	}
	return all
}

// sentTo takes everything that is on its way and compares its types and inboxes, in any order.
func (v village) sentTo(want ...string) (all []parcel) {
	v.t.Helper()
	var got []string
	all = v.sent()
	for _, p := range all {
		got = append(got, p.Type+" "+strings.TrimPrefix(p.inbox, "https://"))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		v.t.Errorf("sent %q, want %q", got, want)
	}
	return all
}

// carry brings what is on its way from one village to another, twice if again.
func (v village) carry(other village, again bool) {
	v.t.Helper()
	for _, p := range v.sent() {
		if ids.Host(p.inbox) != other.host {
			continue
		}
		in := federation.In{Activity: p.Activity, Actor: must(other.Store.AccountByURI(v.t.Context(), p.Actor))}
		if name, ok := other.Paths.ActorName(strings.TrimSuffix(p.inbox, "/inbox")); ok {
			in.Recipient = must(other.Store.AccountByHandle(v.t.Context(), name, "")).ID
		}
		other.receiveIn(in)
		if again {
			in.Again = true
			other.receiveIn(in)
		}
	}
}
