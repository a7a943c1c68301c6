package people

import (
	"context"
	"testing"
	"time"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// meanwhile runs do while a transaction that has written is not committed yet, and returns do's
// error. On PostgreSQL do meets it; on SQLite it comes after it.
func (v village) meanwhile(write func(tx *storage.Tx) error, do func() error) (err error) {
	v.t.Helper()
	written, done := make(chan struct{}), make(chan error, 1)
	go func() {
		<-written
		done <- do()
	}()
	v.do(func(tx *storage.Tx) error {
		err := write(tx)
		close(written)
		select {
		case early := <-done:
			done <- early
		case <-time.After(200 * time.Millisecond): // do waits, or has not come so far
		}
		return err
	})
	return <-done
}

// If this failed, whoever is blocked at the moment at which they follow would follow all the same,
// and read what is for followers.
func TestNobodyFollowsWhoBlocksThemAtThatMoment(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx := t.Context()
		ana, cy, bo := v.local("ana"), v.local("cy"), v.remote("bo", "orchard.example")
		block := func(who storage.Account) func(tx *storage.Tx) error {
			return func(tx *storage.Tx) error { _, err := tx.PutBlock(ctx, ana.ID, who.ID, ""); return err }
		}
		err := v.meanwhile(block(cy), func() error { _, err := v.Follow(ctx, cy, ana.ID, FollowOptions{}); return err })
		if !fault.Is(err, fault.Forbidden) {
			t.Errorf("of this node: %v", err)
		}
		in := federation.In{Actor: bo, Activity: &vocab.Activity{ID: bo.URI + "/follows/1", Type: "Follow", Actor: bo.URI, ObjectID: ana.URI}}
		got := federation.Fetched{Accounts: map[string]storage.Account{ana.URI: ana}}
		err = v.meanwhile(block(bo), func() error {
			return v.store.Tx(ctx, func(tx *storage.Tx) error { return followed{v.Service}.Apply(ctx, tx, in, got) })
		})
		if err != nil {
			t.Errorf("of another: %v", err)
		}
		for _, follower := range []storage.Account{cy, bo} {
			if f, err := v.store.FollowOf(ctx, follower.ID, ana.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s follows: %+v, %v", follower.Name, f, err)
			}
		}
	})
}

// If this failed, of two programs that change a profile at once one would undo what the other did,
// such as that who follows somebody has to be let in.
func TestNobodysChangeOfAProfileIsLost(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana := v.local("ana")
		yes := true
		locks := func(tx *storage.Tx) error {
			if err := tx.HoldPeople(context.Background(), ana.ID); err != nil {
				return err
			}
			now, err := tx.AccountByID(t.Context(), ana.ID)
			if err == nil {
				now.Locked = true
				_, err = tx.UpdateProfile(t.Context(), now)
			}
			return err
		}
		err := v.meanwhile(locks, func() error { _, err := v.UpdateProfile(t.Context(), ana, Profile{Discoverable: &yes}); return err })
		if err != nil {
			t.Fatal(err)
		}
		if now := must(v.store.AccountByID(t.Context(), ana.ID)); !now.Locked || !now.Discoverable {
			t.Errorf("locked is %v, discoverable is %v", now.Locked, now.Discoverable)
		}
	})
}
