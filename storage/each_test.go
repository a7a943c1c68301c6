package storage

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	"tulou/storage/storagetest"
)

// each runs a test on an empty database of both engines.
func each(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, open(t, storagetest.SQLite(t))) })
	t.Run("postgres", func(t *testing.T) { test(t, open(t, emptyPostgres(t))) })
}

// eachTwo is each with two stores on one database, as of two processes.
func eachTwo(t *testing.T, test func(t *testing.T, s, other *Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		url := storagetest.SQLite(t)
		test(t, open(t, url), open(t, url))
	})
	t.Run("postgres", func(t *testing.T) {
		url := emptyPostgres(t)
		test(t, open(t, url), open(t, url))
	})
}

// shared is a database of the PostgreSQL server whose tables are made once, since that takes longer
// than any of the tests.
var shared struct {
	sync.Mutex
	admin, name, url string
}

// TestMain drops the shared database, which matters where the server is not ours.
func TestMain(m *testing.M) {
	code := m.Run()
	if shared.url != "" {
		if err := DropDatabase(context.Background(), shared.admin, shared.name); err != nil {
			fmt.Fprintln(os.Stderr, "drop the shared database:", err)
		}
	}
	os.Exit(code)
}

// emptyPostgres returns the URL of the shared database with nothing but tables in it.
func emptyPostgres(t testing.TB) string {
	t.Helper()
	admin := storagetest.PostgresServer(t)
	shared.Lock()
	defer shared.Unlock()
	if shared.url == "" {
		name := "shared_" + strings.ToLower(rand.Text())
		url, err := CreateDatabase(t.Context(), admin, name)
		if err != nil {
			t.Fatal(err)
		}
		shared.admin, shared.name, shared.url = admin, name, url
	}
	s := open(t, shared.url)
	var tables []string // those that others refer to were made first
	if err := s.list(t.Context(), &tables, `
		SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
			AND relname NOT LIKE 'goose%' AND relname <> 'counter' ORDER BY oid DESC`); err != nil {
		t.Fatal(err)
	}
	s.do(t, func(tx *Tx) error {
		for _, table := range tables {
			if _, err := tx.exec(t.Context(), `DELETE FROM `+table); err != nil {
				return err
			}
		}
		return nil
	})
	return shared.url
}

func open(t testing.TB, url string) *Store {
	t.Helper()
	s, err := Open(context.Background(), url, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// do runs a transaction that has to work.
func (s *Store) do(t testing.TB, fn func(tx *Tx) error) {
	t.Helper()
	if err := s.Tx(t.Context(), fn); err != nil {
		t.Fatalf("transaction: %v", err)
	}
}

// must returns what a call that has to work returns.
func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("must: %v", err))
	}
	return v
}

// village is a set of people to write tests with.
type village struct {
	t testing.TB
	s *Store
}

// local makes somebody of this node who signed in just now.
func (v village) local(name string) Account {
	v.t.Helper()
	var a Account
	v.s.do(v.t, func(tx *Tx) (err error) {
		if a, err = tx.CreateAccount(v.t.Context(), Account{URI: "https://harbor.example/users/" + name, Name: name}); err != nil {
			return err
		}
		return tx.CreateLogin(v.t.Context(), Login{AccountID: a.ID, Email: name + "@harbor.example", PasswordHash: "x"})
	})
	return a
}

// remote makes somebody of another server.
func (v village) remote(name, host string) Account {
	v.t.Helper()
	var a Account
	v.s.do(v.t, func(tx *Tx) (err error) {
		a, err = tx.PutRemoteAccount(v.t.Context(), remoteAccount(name, host))
		return err
	})
	return a
}

func remoteAccount(name, host string) Account {
	base := "https://" + host
	return Account{URI: base + "/users/" + name, Name: name, Host: host, Type: "Person",
		Inbox: base + "/users/" + name + "/inbox", SharedInbox: base + "/inbox"}
}

// follow makes an accepted follow.
func (v village) follow(account, target Account) {
	v.t.Helper()
	v.s.do(v.t, func(tx *Tx) error {
		_, err := tx.PutFollow(v.t.Context(), Follow{AccountID: account.ID, TargetID: target.ID, Accepted: true, Boosts: true,
			URI: fmt.Sprintf("%s#follow-%d", account.URI, target.ID)})
		return err
	})
}

// post makes a status and fans it out.
func (v village) post(author Account, visibility string, change func(*NewStatus)) Status {
	v.t.Helper()
	var s Status
	v.s.do(v.t, func(tx *Tx) (err error) {
		s, err = tx.CreateStatus(v.t.Context(), v.newStatus(author, visibility, change))
		if err != nil {
			return err
		}
		_, err = tx.FanOut(v.t.Context(), s)
		return err
	})
	return s
}

func (v village) newStatus(author Account, visibility string, change func(*NewStatus)) NewStatus {
	id, at := v.s.NewID()
	n := NewStatus{Status: Status{ID: id, URI: fmt.Sprintf("%s/statuses/%d", author.URI, id), AccountID: author.ID,
		Local: author.Local(), Type: "Note", Visibility: visibility, Content: "<p>text</p>", CreatedAt: At(at)}}
	switch visibility {
	case VisibilityPublic, VisibilityUnlisted:
		n.Audience = []int64{Everybody, FollowersOf(author.ID)}
	case VisibilityPrivate:
		n.Audience = []int64{FollowersOf(author.ID)}
	}
	if change != nil {
		change(&n)
	}
	return n
}

// boost makes a boost.
func (v village) boost(author Account, of Status) Status {
	v.t.Helper()
	return v.post(author, VisibilityPublic, func(n *NewStatus) { n.BoostOfID, n.Type = of.ID, "Announce" })
}

// account reads an account anew.
func (v village) account(a Account) Account { return must(v.s.AccountByID(v.t.Context(), a.ID)) }

// status reads a status anew.
func (v village) status(s Status) Status { return must(v.s.StatusByID(v.t.Context(), s.ID)) }

// activityBody returns the bytes of an activity, nil if they were forgotten.
func (r Reader) activityBody(ctx context.Context, activityID string) ([]byte, error) {
	a, err := r.Received(ctx, activityID)
	return a.Body, err
}

// receivedFor returns the accounts whose personal inboxes an activity came to.
func (r Reader) receivedFor(ctx context.Context, activityID string) (accounts []int64, err error) {
	err = r.list(ctx, &accounts, `SELECT account_id FROM received_for WHERE activity_id = ? ORDER BY account_id`, activityID)
	return accounts, err
}

// deliverToFollowers queues a payload for all followers of its sender and for extra inboxes.
func (tx *Tx) deliverToFollowers(ctx context.Context, payload, sender int64, extra []Inbox) error {
	inboxes, err := tx.FollowerInboxes(ctx, sender)
	if err != nil {
		return err
	}
	return tx.Deliver(ctx, payload, sender, append(inboxes, extra...))
}
