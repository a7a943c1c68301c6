package storage

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tulou/protocol/fault"
)

// count returns what a query counts.
func (v village) count(query string, args ...any) (n int) {
	v.t.Helper()
	if err := v.s.get(context.Background(), &n, query, args...); err != nil {
		v.t.Fatal(err)
	}
	return n
}

// Whoever signs requests by a million names would fill the database, or somebody of whom there is
// still something here would be forgotten, and their server not told of deletions any more.
func TestStrangersAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		long := time.Now().Add(-2 * KeepStrangers)
		old := func(name, host string) Account {
			a := v.remote(name, host)
			s.do(t, func(tx *Tx) error {
				if err := tx.PutKeys(ctx, a.ID, []ActorKey{{ID: a.URI + "#key", AccountID: a.ID, Kind: "rsa", PublicKey: "p"}}); err != nil {
					return err
				}
				_, err := tx.exec(ctx, `UPDATE account SET fetched_at = ? WHERE id = ?`, At(long), a.ID)
				return err
			})
			return a
		}
		nobody, second := old("nobody", "n.example"), old("second", "n.example")
		fresh := v.remote("fresh", "n.example")
		s.do(t, func(tx *Tx) error {
			_, err := tx.exec(ctx, `UPDATE account SET fetched_at = ? WHERE id = ?`, Now(), fresh.ID)
			return err
		})
		kept := map[string]Account{"fresh": fresh, "local": ana}
		for name, write := range map[string]func(tx *Tx, a Account) error{
			"followed": func(tx *Tx, a Account) error {
				_, err := tx.PutFollow(ctx, Follow{AccountID: ana.ID, TargetID: a.ID})
				return err
			},
			"follows": func(tx *Tx, a Account) error {
				_, err := tx.PutFollow(ctx, Follow{AccountID: a.ID, TargetID: ana.ID})
				return err
			},
			"blocked":   func(tx *Tx, a Account) error { _, err := tx.PutBlock(ctx, ana.ID, a.ID, "b"); return err },
			"muted":     func(tx *Tx, a Account) error { return tx.PutMute(ctx, Mute{AccountID: ana.ID, TargetID: a.ID}) },
			"noted":     func(tx *Tx, a Account) error { return tx.PutNote(ctx, ana.ID, a.ID, "who is it?") },
			"suspended": func(tx *Tx, a Account) error { return tx.SetSuspended(ctx, a.ID, true) },
			"posted": func(tx *Tx, a Account) error {
				_, err := tx.CreateStatus(ctx, v.newStatus(a, VisibilityPublic, nil))
				return err
			},
		} {
			a := old(name, "k.example")
			s.do(t, func(tx *Tx) error { return write(tx, a) })
			kept[name] = a
		}
		// Something was sent to these two servers: the last of each stays, to be told of deletions.
		first, last, alone := old("first", "s.example"), old("last", "s.example"), old("alone", "t.example")
		s.do(t, func(tx *Tx) error {
			payload, err := tx.CreatePayload(ctx, []byte("{}"))
			if err != nil {
				return err
			}
			if err := tx.Deliver(ctx, payload, ana.ID, []Inbox{{"s.example", "https://s.example/inbox"}, {"t.example", "https://t.example/inbox"}}); err != nil {
				return err
			}
			return tx.NoteRFC9421(ctx, "n.example")
		})
		for after := int64(0); ; {
			var next int64
			s.do(t, func(tx *Tx) (err error) {
				next, err = tx.ForgetStrangers(ctx, time.Now().Add(-KeepStrangers), after)
				return err
			})
			if next == 0 {
				break
			}
			after = next
		}
		for _, a := range []Account{nobody, second} {
			if _, err := s.AccountByID(ctx, a.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s is known still: %v", a.Name, err)
			}
		}
		if left := v.count(`SELECT COUNT(*) FROM actor_key WHERE account_id = ?`, nobody.ID); left != 0 {
			t.Errorf("%d keys of nobody", left)
		}
		for name, a := range kept {
			if _, err := s.AccountByID(ctx, a.ID); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		told := map[string]bool{}
		for _, inbox := range must(s.EveryInbox(ctx)) {
			told[inbox.Host] = true
		}
		if !told["s.example"] || !told["t.example"] {
			t.Errorf("a server that has something of ours would not be told: %v", told)
		}
		if there := v.count(`SELECT COUNT(*) FROM account WHERE id IN (?, ?, ?)`, first.ID, last.ID, alone.ID); there != 2 {
			t.Errorf("%d of three whose servers were sent something are known, want one for each server", there)
		}
	})
}

// What is known of servers would grow with every name that ever asked for something, or one be
// forgotten for which something waits.
func TestIdleDestinationsAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		v.remote("known", "known.example")
		s.do(t, func(tx *Tx) error {
			for _, host := range []string{"idle.example", "waiting.example", "known.example", "fresh.example"} {
				payload, err := tx.CreatePayload(ctx, []byte("{}"))
				if err != nil {
					return err
				}
				if err := tx.Deliver(ctx, payload, ana.ID, []Inbox{{host, fmt.Sprintf("https://%s/inbox", host)}}); err != nil {
					return err
				}
			}
			if _, err := tx.exec(ctx, `DELETE FROM delivery WHERE host <> 'waiting.example'`); err != nil {
				return err
			}
			_, err := tx.exec(ctx, `UPDATE destination SET sent_at = 1 WHERE host <> 'fresh.example'`)
			return err
		})
		s.do(t, func(tx *Tx) error {
			n, err := tx.ForgetDestinations(ctx, time.Now().Add(-KeepStrangers))
			if err == nil && n != 1 {
				t.Errorf("%d forgotten", n)
			}
			return err
		})
		if v.count(`SELECT COUNT(*) FROM destination WHERE host = 'idle.example'`) != 0 || v.count(`SELECT COUNT(*) FROM destination`) != 3 {
			t.Error("the wrong one was forgotten")
		}
	})
}
