package storage

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tulou/protocol/fault"
)

// Two people would get one name, or a name would be kept for ever by who never confirmed.
func TestSignupHoldsANameUntilItIsOver(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		v.local("ana")
		wish := func(name string) (made Signup, err error) {
			err = s.Tx(ctx, func(tx *Tx) (err error) {
				made, err = tx.CreateSignup(ctx, Signup{Name: name, Email: name + "@mail.example", Role: RoleMember, Locale: "en"})
				return err
			})
			return made, err
		}
		if _, err := wish("ana"); !fault.Is(err, fault.Conflict) {
			t.Errorf("a name that somebody has: %v", err)
		}
		first := must(wish("zoe"))
		if _, err := wish("zoe"); !fault.Is(err, fault.Conflict) {
			t.Errorf("a name that waits: %v", err)
		}
		if !must(s.NameTaken(ctx, "zoe")) || !must(s.NameTaken(ctx, "ana")) || must(s.NameTaken(ctx, "new")) {
			t.Error("what is taken is not known")
		}
		s.do(t, func(tx *Tx) error { return tx.ForgetExpired(ctx, first.ExpiresAt.Time()) })
		if _, err := wish("zoe"); err != nil {
			t.Errorf("after it was over: %v", err)
		}
	})
}

// An invitation would be lost to somebody who never confirmed, or grow by being given back twice.
func TestInviteIsGivenBackOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		var made Signup
		s.do(t, func(tx *Tx) error {
			_, err := tx.CreateInvite(ctx, Invite{Hash: "h", Role: RoleMember, UsesMax: 1, ExpiresAt: At(time.Now().Add(time.Hour))})
			if err != nil {
				return err
			}
			i, err := tx.UseInvite(ctx, "h")
			if err != nil {
				return err
			}
			made, err = tx.CreateSignup(ctx, Signup{Name: "zoe", Role: i.Role, InviteID: i.ID})
			return err
		})
		if _, err := s.Invite(ctx, "h"); !fault.Is(err, fault.NotFound) {
			t.Errorf("used: %v", err)
		}
		for range 2 {
			s.do(t, func(tx *Tx) error { return tx.DeleteSignup(ctx, made, true) })
		}
		if i := must(s.Invite(ctx, "h")); i.Uses != 0 {
			t.Errorf("given back: %+v", i)
		}
	})
}

// A link for one person would let in as many as race for it.
func TestA135InviteIsUsedOnceByRacingRequests(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		ctx := t.Context()
		s.do(t, func(tx *Tx) error {
			_, err := tx.CreateInvite(ctx, Invite{Hash: "h", Role: RoleMember, UsesMax: 3, ExpiresAt: At(time.Now().Add(time.Hour))})
			return err
		})
		var used atomic.Int64
		var racing sync.WaitGroup
		for i := range 16 {
			store := []*Store{s, other}[i%2]
			racing.Go(func() {
				if store.Tx(ctx, func(tx *Tx) error { _, err := tx.UseInvite(ctx, "h"); return err }) == nil {
					used.Add(1)
				}
			})
		}
		racing.Wait()
		if used.Load() != 3 {
			t.Errorf("used %d times, want 3", used.Load())
		}
	})
}

// An attacker would get as many guesses as there are processes, or as many as are sent at once.
func TestAttemptsAreCountedTogetherAndBeforeTheyAreJudged(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		ctx := t.Context()
		budget := Budget{Free: 4, First: time.Hour, Most: time.Hour, Forget: KeepAttempts}
		tries := []Try{{Key: "b", Budget: budget}, {Key: "a", Budget: Budget{Free: 100, First: time.Second, Most: time.Second, Forget: time.Hour}, Shared: true}}
		var allowed atomic.Int64
		var racing sync.WaitGroup
		for i := range 20 {
			store := []*Store{s, other}[i%2]
			racing.Go(func() {
				var wait time.Duration
				err := store.Tx(ctx, func(tx *Tx) (err error) { wait, err = tx.Attempt(ctx, tries); return err })
				if err != nil {
					t.Error(err)
				} else if wait == 0 {
					allowed.Add(1)
				}
			})
		}
		racing.Wait()
		if allowed.Load() != 5 { // the fifth is allowed and begins the wait
			t.Errorf("%d tries were allowed, want 5", allowed.Load())
		}
		var shared int
		if err := s.get(ctx, &shared, `SELECT failures FROM attempt WHERE key = 'a'`); err != nil || shared != 5 {
			t.Errorf("the shared budget counts %d, %v: what was refused counts too", shared, err)
		}
		s.do(t, func(tx *Tx) error { return tx.Succeed(ctx, tries) })
		if err := s.get(ctx, &shared, `SELECT failures FROM attempt WHERE key = 'a'`); err != nil || shared != 4 {
			t.Errorf("one who succeeded took back %d, %v", 5-shared, err)
		}
		s.do(t, func(tx *Tx) error {
			wait, err := tx.Attempt(ctx, tries[:1])
			if wait != 0 {
				t.Errorf("after it succeeded: %s", wait)
			}
			return err
		})
	})
}

// Waits would not grow, grow for ever, or stay when an attack is long over.
func TestWaitsDoubleUpToTheirMostAndAreForgotten(t *testing.T) {
	b := Budget{Free: 2, First: time.Second, Most: 5 * time.Second, Forget: time.Hour}
	now := At(time.Unix(1_800_000_000, 0))
	a := attempt{MadeAt: now}
	for i, want := range []time.Duration{0, 0, 1, 2, 4, 5, 5} {
		a = a.after(b, now)
		a.MadeAt = now
		wait := time.Duration(0)
		if a.WaitTo != 0 {
			wait = a.WaitTo.Time().Sub(now.Time())
		}
		if wait != want*time.Second {
			t.Errorf("try %d waits %s, want %s", i+1, wait, want*time.Second)
		}
	}
	a.Failures = 1000
	if wait := a.after(b, now).WaitTo.Time().Sub(now.Time()); wait != b.Most {
		t.Errorf("after a thousand: %s", wait)
	}
	if later := a.after(b, At(now.Time().Add(2*time.Hour))); later.Failures != 1 || later.WaitTo != 0 {
		t.Errorf("hours later: %+v", later)
	}
}

// A code that was overheard, or a link in a mail, would work a second time.
func TestCodesAndLinksWorkOnce(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		soon := At(time.Now().Add(time.Hour))
		s.do(t, func(tx *Tx) error {
			for _, hash := range []string{"first", "second"} {
				if err := tx.CreateOneTime(ctx, OneTime{Hash: hash, Purpose: "reset", AccountID: ana.ID, ExpiresAt: soon}); err != nil {
					return err
				}
			}
			if err := tx.CreateOneTime(ctx, OneTime{Hash: "old", Purpose: "reset", AccountID: ana.ID, ExpiresAt: At(time.Now().Add(-1))}); err != nil {
				return err
			}
			if err := tx.OfferSecondFactor(ctx, ana.ID, "SECRET"); err != nil {
				return err
			}
			return tx.ConfirmSecondFactor(ctx, ana.ID, 10, []string{"r1", "r2"})
		})
		for _, c := range []struct {
			hash, purpose string
			want          fault.Code
		}{{"first", "confirm", fault.NotFound}, {"old", "reset", fault.NotFound}, {"second", "reset", ""}, {"second", "reset", fault.NotFound},
			{"first", "reset", fault.NotFound}} {
			err := other.Tx(ctx, func(tx *Tx) error { _, err := tx.TakeOneTime(ctx, c.hash, c.purpose); return err })
			if fault.CodeOf(err) != c.want {
				t.Errorf("%s for %s: %v", c.hash, c.purpose, err)
			}
		}
		for _, c := range []struct {
			step int64
			want fault.Code
		}{{10, fault.NotFound}, {11, ""}, {11, fault.NotFound}, {9, fault.NotFound}, {12, ""}} {
			if err := other.Tx(ctx, func(tx *Tx) error { return tx.TakeStep(ctx, ana.ID, c.step) }); fault.CodeOf(err) != c.want {
				t.Errorf("step %d: %v", c.step, err)
			}
		}
		for _, want := range []fault.Code{"", fault.NotFound} {
			if err := s.Tx(ctx, func(tx *Tx) error { return tx.TakeRecoveryCode(ctx, ana.ID, "r1") }); fault.CodeOf(err) != want {
				t.Errorf("recovery code: %v", err)
			}
		}
		if left := must(s.RecoveryCodes(ctx, ana.ID)); left != 1 {
			t.Errorf("%d recovery codes are left", left)
		}
		if err := s.Tx(ctx, func(tx *Tx) error { return tx.OfferSecondFactor(ctx, ana.ID, "OTHER") }); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second secret beside one in use: %v", err)
		}
	})
}

// Somebody's session would be ended by another person, or stay when they end all others.
func TestSessionsAreEndedByTheirOwnerAlone(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		made := map[string]Session{}
		s.do(t, func(tx *Tx) error {
			for _, hash := range []string{"one", "two", "three"} {
				session, err := tx.CreateSession(ctx, Session{Hash: hash, AccountID: ana.ID, Agent: hash, ExpiresAt: At(time.Now().Add(time.Hour))})
				if err != nil {
					return err
				}
				made[hash] = session
				if err := tx.PutDevice(ctx, ana.ID, "device "+hash); err != nil {
					return err
				}
			}
			return nil
		})
		if err := s.Tx(ctx, func(tx *Tx) error { return tx.EndSession(ctx, bo.ID, made["one"].ID) }); !fault.Is(err, fault.NotFound) {
			t.Errorf("by another: %v", err)
		}
		s.do(t, func(tx *Tx) error { return tx.EndSession(ctx, ana.ID, made["one"].ID) })
		s.do(t, func(tx *Tx) error { return tx.EndOtherSessions(ctx, ana.ID, "two", "device two") })
		if all := must(s.Sessions(ctx, ana.ID)); len(all) != 1 || all[0].Hash != "two" {
			t.Errorf("left: %+v", all)
		}
		if must(s.KnowsDevice(ctx, ana.ID, "device three")) || !must(s.KnowsDevice(ctx, ana.ID, "device two")) || must(s.KnowsDevice(ctx, bo.ID, "device two")) {
			t.Error("the wrong browsers are known")
		}
		s.do(t, func(tx *Tx) error {
			for i := range DevicesMax + 5 {
				if err := tx.PutDevice(ctx, bo.ID, string(rune('0'+i))); err != nil {
					return err
				}
			}
			return nil
		})
		var devices int
		if err := s.get(ctx, &devices, `SELECT COUNT(*) FROM device WHERE account_id = ?`, bo.ID); err != nil || devices != DevicesMax {
			t.Errorf("%d devices are known, %v", devices, err)
		}
	})
}

// A server whose only known person was suspended here, or went away, would never learn that an
// account is gone of which it has posts.
func TestEveryInboxHasServersWhosePeopleAreGone(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		v.remote("here", "here.example")
		suspended, gone, kept := v.remote("x", "suspended.example"), v.remote("y", "gone.example"), v.remote("z", "kept-out.example")
		s.do(t, func(tx *Tx) error {
			if err := tx.SetSuspended(ctx, suspended.ID, true); err != nil {
				return err
			}
			if err := tx.MarkDeleted(ctx, gone.ID); err != nil {
				return err
			}
			return tx.PutDomainPolicy(ctx, DomainPolicy{Domain: kept.Host, Action: DomainBlock})
		})
		var hosts []string
		for _, inbox := range must(s.EveryInbox(ctx)) {
			hosts = append(hosts, inbox.Host)
		}
		for _, host := range []string{"here.example", "suspended.example", "gone.example"} {
			if !slices.Contains(hosts, host) {
				t.Errorf("%s is not told", host)
			}
		}
		if slices.Contains(hosts, "kept-out.example") {
			t.Error("a server that the operator keeps out is told")
		}
	})
}
