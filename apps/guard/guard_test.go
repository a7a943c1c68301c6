package guard

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// village is a node with people of its own and of other servers.
type village struct {
	t     testing.TB
	store *storage.Store
	*Service
}

func each(t *testing.T, test func(t *testing.T, v village)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, newVillage(t, storagetest.SQLite(t))) })
	t.Run("postgres", func(t *testing.T) { test(t, newVillage(t, storagetest.Postgres(t))) })
}

func newVillage(t testing.TB, url string) village {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	store := must(storage.Open(t.Context(), url, log))
	t.Cleanup(func() { check(t, store.Close()) })
	return village{t, store, New(Deps{Store: store, Sender: sent{}, Notifier: told{}, Paths: ids.Paths{Base: "https://harbor.example"}, Log: log})}
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

func (v village) local(name string) (a storage.Account) {
	v.t.Helper()
	v.do(func(tx *storage.Tx) (err error) {
		if a, err = tx.CreateAccount(v.t.Context(), storage.Account{URI: "https://harbor.example/users/" + name, Name: name}); err != nil {
			return err
		}
		return tx.CreateLogin(v.t.Context(), storage.Login{AccountID: a.ID, Email: name + "@harbor.example"})
	})
	return a
}

func (v village) remote(name, host string) (a storage.Account) {
	v.t.Helper()
	uri := "https://" + host + "/users/" + name
	v.do(func(tx *storage.Tx) (err error) {
		a, err = tx.PutRemoteAccount(v.t.Context(), storage.Account{URI: uri, Name: name, Host: host, Type: "Person",
			Inbox: uri + "/inbox", SharedInbox: "https://" + host + "/inbox"})
		return err
	})
	return a
}

func (v village) follow(a, b storage.Account) {
	v.t.Helper()
	v.do(func(tx *storage.Tx) error {
		_, err := tx.PutFollow(v.t.Context(), storage.Follow{AccountID: a.ID, TargetID: b.ID, URI: a.URI + "#" + b.Name, Accepted: true})
		return err
	})
}

func (v village) again(a storage.Account) storage.Account {
	v.t.Helper()
	return must(v.store.AccountByID(v.t.Context(), a.ID))
}

func (v village) counts(a storage.Account, followers, following int64) {
	v.t.Helper()
	if a = v.again(a); a.FollowersCount != followers || a.FollowingCount != following {
		v.t.Errorf("%s has %d followers and follows %d, want %d and %d", a.Name, a.FollowersCount, a.FollowingCount, followers, following)
	}
}

// work runs the background jobs that are due, each twice, as after a crash.
func (v village) work() {
	v.t.Helper()
	for _, lane := range must(v.store.ClaimLanes(v.t.Context(), queueWork, 100)) {
		for _, job := range lane.Jobs {
			for range 2 {
				check(v.t, v.Jobs()[job.Kind](v.t.Context(), job))
			}
			v.do(func(tx *storage.Tx) error { return tx.FinishJob(v.t.Context(), job.ID) })
		}
		v.do(func(tx *storage.Tx) error { return tx.ReleaseLane(v.t.Context(), lane) })
	}
}

// If this failed, people of a blocked domain would stay visible, follows with them would survive
// the block, or people of a domain with a similar name would be hidden, too.
func TestBlockHidesADomainAndEndsFollowsWithIt(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, ben := v.local("ana"), v.local("ben")
		sam, sub := v.remote("sam", "spam.example"), v.remote("sub", "deep.spam.example")
		kin, oli := v.remote("kin", "notspam.example"), v.remote("oli", "orchard.example")
		for _, us := range []storage.Account{ana, ben} {
			for _, them := range []storage.Account{sam, sub, kin, oli} {
				v.follow(us, them)
				v.follow(them, us)
			}
		}
		before := time.Now()
		check(t, v.Block(t.Context(), " Spam.EXAMPLE. ", "advertisements"))
		for _, a := range []storage.Account{sam, sub, kin, oli} {
			if hidden := v.again(a).Hidden; hidden != (a.ID == sam.ID || a.ID == sub.ID) {
				t.Errorf("%s hidden: %v", a.Host, hidden)
			}
		}
		if events := must(v.store.EventsSince(t.Context(), before, nil)); len(events) != 1 || events[0].Kind != storage.EventDomainPolicy {
			t.Errorf("events %+v", events)
		}
		v.work()
		v.counts(ana, 2, 2)
		v.counts(ben, 2, 2)
		v.counts(sam, 0, 0)
		v.counts(sub, 0, 0)
		v.counts(oli, 2, 2)
		if list := must(v.Domains(t.Context())); len(list) != 1 || list[0].Domain != "spam.example" || list[0].Action != storage.DomainBlock {
			t.Errorf("policies %+v", list)
		}

		check(t, v.Allow(t.Context(), "deep.spam.example", ""))
		if v.again(sub).Hidden || !v.again(sam).Hidden {
			t.Error("the exception does not hold")
		}
		check(t, v.Forget(t.Context(), "spam.example"))
		if v.again(sam).Hidden {
			t.Error("still hidden")
		}
		v.counts(ana, 2, 2)
		if err := v.Forget(t.Context(), "spam.example"); fault.DetailOf(err) != "nothing was decided about spam.example" {
			t.Errorf("forgot twice: %v", err)
		}
	})
}

// If this failed, follows with people would survive a block whose handles are elsewhere than their
// server, or those with an exception would end.
func TestBlockEndsFollowsByHandleAndByServer(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana := v.local("ana")
		split := func(name, handle, server string) (a storage.Account) {
			uri := "https://" + server + "/users/" + name
			v.do(func(tx *storage.Tx) (err error) {
				a, err = tx.PutRemoteAccount(t.Context(), storage.Account{URI: uri, Name: name, Host: handle, Type: "Person", Inbox: uri + "/inbox"})
				return err
			})
			v.follow(ana, a)
			v.follow(a, ana)
			return a
		}
		byServer, byHandle := split("a", "nice.example", "social.spam.example"), split("b", "spam.example", "host.example")
		kind, other := split("c", "kind.spam.example", "kind.spam.example"), split("d", "nice.example", "nice.example")
		check(t, v.Allow(t.Context(), "kind.spam.example", ""))
		check(t, v.Block(t.Context(), "spam.example", ""))
		v.work()
		v.counts(ana, 2, 2)
		for _, gone := range []storage.Account{byServer, byHandle} {
			v.counts(gone, 0, 0)
		}
		for _, left := range []storage.Account{kind, other} {
			v.counts(left, 1, 1)
		}
	})
}

// If this failed, a policy would be stored under a name that no host is ever compared with.
func TestPolicyRefusesWhatIsNoDomain(t *testing.T) {
	v := newVillage(t, storagetest.SQLite(t))
	for _, domain := range []string{"", "no domain", "a..b", "https://spam.example", "ana@spam.example"} {
		if err := v.Block(t.Context(), domain, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", domain, err)
		}
		if err := v.Forget(t.Context(), domain); !fault.Is(err, fault.Invalid) {
			t.Errorf("forget %q: %v", domain, err)
		}
	}
	check(t, v.Block(t.Context(), "*.bücher.example", strings.Repeat("ж", ReasonMax)))
	if list := must(v.Domains(t.Context())); list[0].Domain != "xn--bcher-kva.example" {
		t.Errorf("stored as %s", list[0].Domain)
	}
	if err := v.Block(t.Context(), "spam.example", strings.Repeat("x", ReasonMax+1)); !fault.Is(err, fault.Unprocessable) {
		t.Errorf("endless reason: %v", err)
	}
}

// If this failed, suspended people would stay visible and signed in, or other processes not know.
func TestSuspendHidesAnAccountAndSignsItOut(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, oli := v.local("ana"), v.remote("oli", "orchard.example")
		v.do(func(tx *storage.Tx) error {
			_, err := tx.CreateSession(t.Context(), storage.Session{Hash: "session", AccountID: ana.ID, ExpiresAt: storage.At(time.Now().Add(time.Hour))})
			return err
		})
		for _, a := range []storage.Account{ana, oli} {
			before := time.Now()
			check(t, v.Suspend(t.Context(), a.ID))
			if now := v.again(a); !now.Hidden || now.SuspendedAt == 0 {
				t.Errorf("%s: %+v", a.Name, now)
			}
			found := false
			for _, e := range must(v.store.EventsSince(t.Context(), before, nil)) {
				found = found || e.Kind == "account.changed"
			}
			if !found {
				t.Error("no event")
			}
		}
		if _, err := v.store.SessionByHash(t.Context(), "session"); !fault.Is(err, fault.NotFound) {
			t.Errorf("the session lives: %v", err)
		}
		check(t, v.Block(t.Context(), "orchard.example", ""))
		for _, a := range []storage.Account{ana, oli} {
			check(t, v.Unsuspend(t.Context(), a.ID))
			if now := v.again(a); now.SuspendedAt != 0 || now.Hidden != (a.ID == oli.ID) {
				t.Errorf("%s is back: %+v", a.Name, now)
			}
		}
		if err := v.Suspend(t.Context(), 1); !fault.Is(err, fault.NotFound) {
			t.Errorf("suspended nobody: %v", err)
		}
		var node storage.Account
		v.do(func(tx *storage.Tx) (err error) {
			node, err = tx.CreateAccount(t.Context(), storage.Account{URI: "https://harbor.example/actor", Name: "the.node", Type: "Application"})
			return err
		})
		if err := v.Suspend(t.Context(), node.ID); !fault.Is(err, fault.Forbidden) {
			t.Errorf("suspended the node: %v", err)
		}
		v.do(func(tx *storage.Tx) error { return tx.MarkDeleted(t.Context(), ana.ID) })
		if err := v.Unsuspend(t.Context(), ana.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("brought back the deleted: %v", err)
		}
	})
}

// If this failed, somebody who blocks the domain above this node would have it refuse whatever
// names its own people and posts: everything that others send.
func TestANodeIsNotKeptOutOfItself(t *testing.T) {
	v := newVillage(t, storagetest.SQLite(t))
	for _, domain := range []string{"harbor.example", "*.example", "Harbor.Example"} {
		for _, action := range []string{storage.DomainBlock, storage.DomainLimit} {
			_, err := v.DecideDomain(t.Context(), storage.Account{}, NewPolicy{Domain: domain, Action: action})
			if !fault.Is(err, fault.Unprocessable) {
				t.Errorf("%s %s: %v", action, domain, err)
			}
		}
	}
	check(t, v.Allow(t.Context(), "harbor.example", ""))
	check(t, v.Block(t.Context(), "other.harbor.example", ""))
}
