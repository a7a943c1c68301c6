package storage

import (
	"slices"
	"testing"
	"time"

	"tulou/protocol/fault"
)

// The database would grow for ever, or forget what somebody cared about.
func TestRemotePostsThatNobodyTouchedAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo, cy := v.local("ana"), v.remote("bo", "orchard.example"), v.remote("cy", "orchard.example")
		old := func() Status {
			return v.post(bo, VisibilityPublic, func(n *NewStatus) { n.ID = s.IDAt(time.Now().Add(-48 * time.Hour)) })
		}
		liked, marked, answered, boosted, plain, elsewhere := old(), old(), old(), old(), old(), old()
		mentioned := v.post(bo, VisibilityPublic, func(n *NewStatus) {
			n.ID, n.Mentions = s.IDAt(time.Now().Add(-48*time.Hour)), []int64{ana.ID}
		})
		fresh := v.post(bo, VisibilityPublic, nil)
		mine := v.post(ana, VisibilityPublic, func(n *NewStatus) { n.ID = s.IDAt(time.Now().Add(-48 * time.Hour)) })
		v.post(ana, VisibilityPublic, func(n *NewStatus) { n.ReplyToID = answered.ID })
		v.boost(ana, boosted)
		s.do(t, func(tx *Tx) error {
			for _, l := range []Like{{AccountID: ana.ID, StatusID: liked.ID}, {AccountID: cy.ID, StatusID: elsewhere.ID}} {
				if _, err := tx.PutLike(ctx, l); err != nil {
					return err
				}
			}
			return tx.PutBookmark(ctx, ana.ID, marked.ID)
		})
		s.do(t, func(tx *Tx) error {
			last := int64(0)
			for {
				next, err := tx.ForgetRemotePosts(ctx, time.Now().Add(-24*time.Hour), last)
				if err != nil || next == 0 {
					return err
				}
				last = next
			}
		})
		for name, c := range map[string]struct {
			status Status
			kept   bool
		}{"liked": {liked, true}, "bookmarked": {marked, true}, "answered": {answered, true}, "boosted": {boosted, true},
			"mentions": {mentioned, true}, "fresh": {fresh, true}, "local": {mine, true}, "plain": {plain, false},
			"liked elsewhere": {elsewhere, false}} {
			if _, err := s.StatusByID(ctx, c.status.ID); fault.Is(err, fault.NotFound) == c.kept {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// Large activities would fill the disk, or be gone before they had their effects on everybody they
// were sent to.
func TestLargeBodiesAreForgottenOnceTheyAreApplied(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		large := make([]byte, 64<<10+1)
		accept := func(id string, body []byte, recipient int64) {
			s.do(t, func(tx *Tx) error {
				fresh, err := tx.AcceptActivity(ctx, id, id+"'s actor", body, recipient)
				if !fresh {
					t.Errorf("%s is not fresh for %d", id, recipient)
				}
				return err
			})
		}
		forgotten := func(at time.Time, want int64) {
			t.Helper()
			s.do(t, func(tx *Tx) error {
				n, err := tx.ForgetLarge(ctx, at)
				if n != want {
					t.Errorf("forgot %d, want %d", n, want)
				}
				return err
			})
		}
		for id, body := range map[string][]byte{"large": large, "waiting": large, "small": large[1:], "again": large} {
			accept(id, body, ana.ID)
		}
		s.do(t, func(tx *Tx) error {
			if err := tx.Enqueue(ctx, Job{Queue: "inbox", Lane: "again's actor", Kind: "activity", Payload: []byte{}}); err != nil {
				return err
			}
			return tx.MarkAllApplied(ctx, []string{"large", "small", "again"})
		})
		forgotten(time.Now().Add(-time.Minute), 0)
		later := time.Now().Add(time.Minute)
		forgotten(later, 1)
		for id, want := range map[string]bool{"large": false, "waiting": true, "small": true, "again": true} {
			if got := must(s.activityBody(ctx, id)); (got != nil) != want {
				t.Errorf("%s: %d bytes", id, len(got))
			}
		}
		accept("large", large, bo.ID)
		if got := must(s.Received(ctx, "large")); len(got.Body) != len(large) || got.AppliedAt == 0 {
			t.Errorf("for one more: %d bytes, applied %d", len(got.Body), got.AppliedAt)
		}
	})
}

// If this failed, what friends sent would stay in the database after it was applied, or a second
// copy of it would have effects again.
func TestBodiesOfFriendsAreForgottenAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		body := []byte("xyzzy for friends")
		accept := func(recipient int64) (fresh bool) {
			s.do(t, func(tx *Tx) (err error) {
				fresh, err = tx.AcceptActivity(ctx, "secret", "pat", body, recipient)
				return err
			})
			return fresh
		}
		for _, recipient := range []int64{ana.ID, bo.ID} {
			if !accept(recipient) {
				t.Errorf("it is not fresh for %d", recipient)
			}
			s.do(t, func(tx *Tx) error {
				if err := tx.MarkAllApplied(ctx, []string{"secret"}); err != nil {
					return err
				}
				return tx.ForgetBodiesOf(ctx, []string{"secret"})
			})
			if got := must(s.Received(ctx, "secret")); got.Body != nil || got.AppliedAt == 0 {
				t.Errorf("it is kept as it came: %q, applied %d", got.Body, got.AppliedAt)
			}
		}
		if accept(ana.ID) || accept(0) {
			t.Error("a second copy is fresh")
		}
		if err := s.ForgetLog(ctx); err != nil {
			t.Errorf("forget the log: %v", err)
		}
	})
}

// Strangers could fill the database with programs, or programs that somebody uses be forgotten.
func TestAppsThatNobodyUsesAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ana, ctx := village{t, s}.local("ana"), t.Context()
		old := time.Now().Add(-48 * time.Hour)
		s.do(t, func(tx *Tx) error {
			for name, at := range map[string]time.Time{"unused": old, "idle": old, "token": old, "code": old, OperatorClientID: old, "fresh": time.Now()} {
				app, err := tx.CreateApp(ctx, App{ID: s.IDAt(at), ClientID: name, Name: name})
				if err == nil && name == "token" {
					_, err = tx.CreateToken(ctx, Token{Hash: "t", AppID: app.ID, AccountID: ana.ID})
				}
				if err == nil && name == "code" {
					err = tx.CreateCode(ctx, Code{Hash: "c", AppID: app.ID, AccountID: ana.ID, ExpiresAt: At(time.Now().Add(time.Minute))})
				}
				if err != nil {
					return err
				}
			}
			n, err := tx.ForgetApps(ctx, time.Now().Add(-KeepUnusedApps))
			if n != 2 {
				t.Errorf("%d were forgotten, want 2", n)
			}
			return err
		})
		for name, kept := range map[string]bool{"unused": false, "idle": false, "token": true, "code": true, OperatorClientID: true, "fresh": true} {
			if _, err := s.AppByClientID(ctx, name); fault.Is(err, fault.NotFound) == kept {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// Rows that only time makes useless would stay for ever, or go while they are needed.
func TestForgetting(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		s.do(t, func(tx *Tx) error {
			for _, id := range []string{"applied", "waiting"} {
				if _, err := tx.AcceptActivity(ctx, id, "actor", []byte("x"), ana.ID); err != nil {
					return err
				}
			}
			if _, err := tx.MarkApplied(ctx, "applied"); err != nil {
				return err
			}
			if err := tx.PutTombstone(ctx, "gone", "actor"); err != nil {
				return err
			}
			if _, err := tx.CreateSession(ctx, Session{Hash: "s", AccountID: ana.ID, ExpiresAt: At(time.Now().Add(-time.Second))}); err != nil {
				return err
			}
			for n := range 2 {
				id, err := tx.CreatePayload(ctx, []byte("p"))
				if err != nil {
					return err
				}
				if n == 0 {
					err = tx.Deliver(ctx, id, ana.ID, []Inbox{{"a.example", "https://a.example/inbox"}})
				}
				if err != nil {
					return err
				}
			}
			if err := tx.Enqueue(ctx, Job{Queue: "q", Lane: "l", Kind: "k", Payload: []byte{}}); err != nil {
				return err
			}
			_, err := tx.exec(ctx, `UPDATE job SET dead_at = 1`)
			return err
		})
		later := time.Now().Add(time.Minute)
		count := func(name string, fn func(tx *Tx) (int64, error), want int64) {
			s.do(t, func(tx *Tx) error {
				n, err := fn(tx)
				if n != want {
					t.Errorf("%s: %d, want %d", name, n, want)
				}
				return err
			})
		}
		count("nothing is old", func(tx *Tx) (int64, error) { return tx.ForgetReceived(ctx, time.Now().Add(-time.Minute)) }, 0)
		count("bodies", func(tx *Tx) (int64, error) { return tx.ForgetBodies(ctx, later) }, 1)
		if got := must(s.activityBody(ctx, "applied")); got != nil || must(s.activityBody(ctx, "waiting")) == nil {
			t.Errorf("bodies: %q", got)
		}
		count("received", func(tx *Tx) (int64, error) { return tx.ForgetReceived(ctx, later) }, 1)
		if got := must(s.receivedFor(ctx, "applied")); len(got) != 0 || !slices.Equal(must(s.receivedFor(ctx, "waiting")), []int64{ana.ID}) {
			t.Errorf("recipients: %v", got)
		}
		count("tombstones", func(tx *Tx) (int64, error) { return tx.ForgetTombstones(ctx, later) }, 1)
		count("payloads", func(tx *Tx) (int64, error) { return tx.ForgetPayloads(ctx) }, 1)
		count("dead", func(tx *Tx) (int64, error) { return tx.ForgetDead(ctx, later) }, 1)
		s.do(t, func(tx *Tx) error { return tx.ForgetExpired(ctx, time.Now()) })
		var sessions int
		if err := s.get(ctx, &sessions, `SELECT COUNT(*) FROM session`); err != nil || sessions != 0 {
			t.Errorf("%d sessions, %v", sessions, err)
		}
	})
}
