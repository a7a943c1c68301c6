package storage

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"tulou/protocol/fault"
)

// A browser would be told of what happens, and be believed by a process that remembers it, after
// somebody signed out in it.
func TestWhatASessionHeldEndsWithIt(t *testing.T) {
	for name, end := range map[string]func(ctx context.Context, tx *Tx, s Session) error{
		"signed out": func(ctx context.Context, tx *Tx, s Session) error { return tx.DeleteSession(ctx, s.Hash) },
		"ended":      func(ctx context.Context, tx *Tx, s Session) error { return tx.EndSession(ctx, s.AccountID, s.ID) },
		"others kept": func(ctx context.Context, tx *Tx, s Session) error {
			return tx.EndOtherSessions(ctx, s.AccountID, "kept", "")
		},
		"all": func(ctx context.Context, tx *Tx, s Session) error { return tx.SignOut(ctx, s.AccountID) },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *Store) {
				v, ctx := village{t, s}, t.Context()
				ana := v.local("ana")
				session := func(hash string) (made Session, pushed PushSubscription) {
					s.do(t, func(tx *Tx) (err error) {
						if made, err = tx.CreateSession(ctx, Session{Hash: hash, AccountID: ana.ID, ExpiresAt: At(time.Now().Add(time.Hour))}); err != nil {
							return err
						}
						pushed, err = tx.PutPushSubscription(ctx, PushSubscription{TokenID: made.ID, AccountID: ana.ID, Endpoint: "https://push.example/" + hash,
							P256dh: []byte{4}, Auth: []byte{1}, Policy: PushFromAll})
						return err
					})
					return made, pushed
				}
				ended, pushed := session("ended")
				_, kept := session("kept")
				if _, err := s.PushSubscription(ctx, pushed.ID); err != nil {
					t.Fatalf("a session is not pushed to: %v", err)
				}
				s.do(t, func(tx *Tx) error { return end(ctx, tx, ended) })
				if _, err := s.PushSubscription(ctx, pushed.ID); !fault.Is(err, fault.NotFound) {
					t.Errorf("pushed to what was ended: %v", err)
				}
				if _, err := s.PushSubscription(ctx, kept.ID); (err == nil) != (name != "all") {
					t.Errorf("the other session: %v", err)
				}
				events, err := s.EventsSince(ctx, time.Now().Add(-time.Minute), nil)
				told := slices.ContainsFunc(events, func(e Event) bool {
					return e.Kind == EventTokenRevoked && e.Payload == strconv.FormatInt(ended.ID, 10)
				})
				if err != nil || !told {
					t.Errorf("nobody is told: %+v, %v", events, err)
				}
			})
		})
	}
}
