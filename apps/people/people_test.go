package people

import (
	"context"
	"log/slog"
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"tulou/federation"
	"tulou/federation/fetch"
	"tulou/protocol/ids"
	"tulou/protocol/keys"
	"tulou/protocol/vocab"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// village is a node with its people and people of other servers, without network: what would be
// sent is read from the deliveries.
type village struct {
	t     testing.TB
	store *storage.Store
	*Service
}

// told is the Notifier of tests: it writes notifications as storage permits them.
type told struct{}

func (told) Notify(ctx context.Context, tx *storage.Tx, n storage.Notification) error {
	_, _, err := tx.CreateNotification(ctx, n)
	return err
}

// onSQLite runs a test on the engine that is quick to start.
func onSQLite(t *testing.T, test func(t *testing.T, v village)) {
	t.Helper()
	test(t, newVillage(t, sqlite(t)))
}

// each runs a test on both engines: where the order of writes, races or savepoints matter.
func each(t *testing.T, test func(t *testing.T, v village)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, newVillage(t, sqlite(t))) })
	t.Run("postgres", func(t *testing.T) { test(t, newVillage(t, storagetest.Postgres(t))) })
}

func sqlite(t testing.TB) string { return storagetest.SQLite(t) }

func newVillage(t testing.TB, url string) village {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	store, err := storage.Open(t.Context(), url, log)
	check(t, err)
	t.Cleanup(func() { check(t, store.Close()) })
	paths := ids.Paths{Base: "https://harbor.example"}
	engine, err := federation.New(federation.Config{Paths: paths, AccountHost: "harbor.example"}, store,
		fetch.New(fetch.Config{}), federation.NewMetrics(prometheus.NewRegistry()), log)
	check(t, err)
	return village{t, store, New(Deps{Store: store, Paths: paths, AccountHost: "harbor.example", Sender: engine,
		Notifier: told{}, Log: log})}
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

func (v village) do(fn func(tx *storage.Tx) error) {
	v.t.Helper()
	check(v.t, v.store.Tx(v.t.Context(), fn))
}

// local makes somebody of this node without the cost of hashing and RSA.
func (v village) local(name string) storage.Account {
	v.t.Helper()
	a := v.newLocal(v.Paths.Actor(name), name, "Person")
	key := keys.Ed25519FromSeed([]byte(name + "................................")[:32])
	private, err := key.PEM()
	check(v.t, err)
	v.do(func(tx *storage.Tx) (err error) {
		a, err = v.createWithKeys(v.t.Context(), tx, a, []storage.ActorKey{{ID: a.URI + ids.Ed25519Key,
			Kind: storage.KeyEd25519, PublicKey: key.Public().Multikey(), PrivateKey: private}})
		if err != nil {
			return err
		}
		return tx.CreateLogin(v.t.Context(), storage.Login{AccountID: a.ID, Email: name + "@harbor.example"})
	})
	return a
}

// locked makes somebody of this node who decides about every follower.
func (v village) locked(name string) storage.Account {
	v.t.Helper()
	yes := true
	return must(v.UpdateProfile(v.t.Context(), v.local(name), Profile{Locked: &yes}))
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
	return vocab.Actor{ID: id, Type: "Person", PreferredUsername: name, Inbox: id + "/inbox",
		SharedInbox: "https://" + host + "/inbox", Followers: id + "/followers"}
}

// again reads an account anew.
func (v village) again(a storage.Account) storage.Account {
	v.t.Helper()
	return must(v.store.AccountByID(v.t.Context(), a.ID))
}

// receive gives an activity its effects, as the engine does after it checked who sent it.
func (v village) receive(from storage.Account, a vocab.Activity) {
	v.t.Helper()
	v.receiveIn(federation.In{Activity: &a, Actor: v.again(from)})
}

func (v village) receiveIn(in federation.In) {
	v.t.Helper()
	a := in.Activity
	a.Actor = in.Actor.URI
	object := "Actor"
	if a.Object != nil && a.Object.Relationship != nil {
		object = "Relationship"
	} else if a.Inner != nil {
		a.ObjectID, object = a.Inner.ID, a.Inner.Type
	} else if a.Type == "Accept" || a.Type == "Reject" || a.Type == "Undo" {
		object = "Follow"
		if kind, err := v.store.KindOfActivity(v.t.Context(), a.ObjectID); err == nil && kind != "" {
			object = kind
		}
	}
	handler := v.Handlers()[federation.Key{Activity: a.Type, Object: object}]
	if handler == nil {
		v.t.Fatalf("no handler for %s %s", a.Type, object)
	}
	var iris []string
	for _, ref := range handler.Need(in) {
		iris = append(iris, ref.IRI)
	}
	known, err := v.store.AccountsByURIs(v.t.Context(), iris)
	check(v.t, err)
	v.do(func(tx *storage.Tx) error {
		return handler.Apply(v.t.Context(), tx, in, federation.Fetched{Accounts: known})
	})
}

// parcel is something on its way to another server.
type parcel struct {
	inbox string
	*vocab.Activity
}

// sent takes everything that is on its way, in the order of sending.
func (v village) sent() (all []parcel) {
	v.t.Helper()
	destinations, err := v.store.ClaimDestinations(v.t.Context(), 100)
	check(v.t, err)
	for _, d := range destinations {
		outcome := storage.Outcome{}
		for _, delivery := range d.Deliveries {
			body, err := v.store.Payload(v.t.Context(), delivery.PayloadID)
			check(v.t, err)
			a, err := vocab.ParseActivity(body)
			check(v.t, err)
			all = append(all, parcel{delivery.Inbox, a})
			outcome.Delivered = append(outcome.Delivered, delivery.ID)
		}
		check(v.t, v.store.ReleaseDestination(v.t.Context(), d, outcome))
	}
	return all
}

// sentOne takes the only thing that is on its way.
func (v village) sentOne(kind string) *vocab.Activity {
	v.t.Helper()
	all := v.sent()
	if len(all) != 1 || all[0].Type != kind {
		v.t.Fatalf("%d parcels, want one %s: %+v", len(all), kind, all)
	}
	return all[0].Activity
}

func (v village) sentNothing() {
	v.t.Helper()
	if all := v.sent(); len(all) != 0 {
		v.t.Errorf("sent %s to %s, want nothing", all[0].Type, all[0].inbox)
	}
}

// counts compares the counts of an account with what the follows say they are.
func (v village) counts(a storage.Account, followers, following int64) {
	v.t.Helper()
	a = v.again(a)
	if a.FollowersCount != followers || a.FollowingCount != following {
		v.t.Errorf("%s has %d followers and follows %d, want %d and %d", a.Name, a.FollowersCount, a.FollowingCount, followers, following)
	}
}

// wasTold compares the types of somebody's notifications, newest first.
func (v village) wasTold(a storage.Account, want ...string) {
	v.t.Helper()
	var types []string
	notes, err := v.store.Notifications(v.t.Context(), a.ID, storage.NotificationFilter{}, storage.Page{})
	check(v.t, err)
	for _, n := range notes {
		types = append(types, n.Type)
	}
	if !slices.Equal(types, want) {
		v.t.Errorf("%s was told %v, want %v", a.Name, types, want)
	}
}

// isFollowing tells whether there is an accepted follow, and whether there is one at all.
func (v village) isFollowing(a, b storage.Account) (accepted, there bool) {
	f, err := v.store.FollowOf(v.t.Context(), a.ID, b.ID)
	return f.Accepted, err == nil
}

func (v village) post(author storage.Account, visibility string) storage.Status {
	v.t.Helper()
	var s storage.Status
	v.do(func(tx *storage.Tx) (err error) {
		id, at := tx.NewID()
		s, err = tx.CreateStatus(v.t.Context(), storage.NewStatus{Status: storage.Status{ID: id, AccountID: author.ID,
			URI: author.URI + "/statuses/" + ids.Format(id), Local: author.Local(), Type: "Note", Visibility: visibility,
			CreatedAt: storage.At(at)}, Audience: []int64{storage.FollowersOf(author.ID)}})
		if err != nil {
			return err
		}
		_, err = tx.FanOut(v.t.Context(), s)
		return err
	})
	return s
}

// work runs the background jobs that are due.
func (v village) work() {
	v.t.Helper()
	lanes, err := v.store.ClaimLanes(v.t.Context(), queueWork, 100)
	check(v.t, err)
	for _, lane := range lanes {
		for _, job := range lane.Jobs {
			check(v.t, v.Jobs()[job.Kind](v.t.Context(), job))
			v.do(func(tx *storage.Tx) error { return tx.FinishJob(v.t.Context(), job.ID) })
		}
		v.do(func(tx *storage.Tx) error { return tx.ReleaseLane(v.t.Context(), lane) })
	}
}

// proved is somebody who gave the right password just now.
func (v village) proved(a storage.Account) SignedIn {
	v.t.Helper()
	return SignedIn{Account: a, credentials: must(v.store.LoginByAccount(v.t.Context(), a.ID)).Credentials}
}

// session signs somebody in.
func (v village) session(a storage.Account) storage.Session {
	v.t.Helper()
	secret, _, err := v.OpenSession(v.t.Context(), v.proved(a), "", "", "")
	check(v.t, err)
	return must(v.store.SessionByHash(v.t.Context(), SecretHash(secret)))
}
