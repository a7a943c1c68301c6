package storage

import (
	"testing"

	"tulou/protocol/fault"
)

// A token would have several places that it pushes to, or go on pushing when it is void.
func TestAPushSubscriptionBelongsToItsToken(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, ben := v.local("ana"), v.local("ben")
		var app App
		s.do(t, func(tx *Tx) (err error) { app, err = tx.CreateApp(ctx, App{ClientID: "c", Name: "app"}); return err })
		token := func(of Account, hash string) (made Token) {
			s.do(t, func(tx *Tx) (err error) {
				made, err = tx.CreateToken(ctx, Token{Hash: hash, AppID: app.ID, AccountID: of.ID})
				return err
			})
			return made
		}
		put := func(of Token, endpoint string) (kept PushSubscription) {
			s.do(t, func(tx *Tx) (err error) {
				kept, err = tx.PutPushSubscription(ctx, PushSubscription{TokenID: of.ID, AccountID: of.AccountID, Endpoint: endpoint,
					P256dh: []byte{4, 1}, Auth: []byte{0, 255}, Policy: PushFromAll, Alerts: Texts{NotifyMention}, AccessToken: "t"})
				return err
			})
			return kept
		}
		first, second, other := token(ana, "1"), token(ana, "2"), token(ben, "3")
		old := put(first, "https://push.example/1")
		s.do(t, func(tx *Tx) error { return tx.PushFailed(ctx, old.ID, At(Now().Time()).Time()) })
		put(second, "https://push.example/2")
		put(other, "https://push.example/3")
		again := put(first, "https://push.example/4")
		kept := must(s.OpenPush(must(s.PushSubscriptionOf(ctx, first.ID))))
		if kept.ID != again.ID || kept.ID == old.ID || kept.Endpoint != "https://push.example/4" || kept.Failures != 0 || kept.RetryAt != 0 ||
			string(kept.Auth) != "\x00\xff" || kept.Alerts[0] != NotifyMention {
			t.Errorf("kept: %+v", kept)
		}
		to := must(s.PushesOf(ctx, Notification{AccountID: ana.ID, FromID: ben.ID, Type: NotifyMention}))
		if len(to) != 2 {
			t.Errorf("pushed to %+v", to)
		}
		s.do(t, func(tx *Tx) error { return tx.RevokeToken(ctx, "2", app.ID) })
		s.do(t, func(tx *Tx) error { return tx.SetSuspended(ctx, ben.ID, true) })
		for _, gone := range []Token{second, other} {
			if s, err := s.PushSubscriptionOf(ctx, gone.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("left of a token that is void: %+v, %v", s, err)
			}
		}
		s.do(t, func(tx *Tx) error {
			if err := tx.UpdatePushSubscription(ctx, second.ID, PushFromNone, nil); !fault.Is(err, fault.NotFound) {
				t.Errorf("changed what is gone: %v", err)
			}
			return tx.UpdatePushSubscription(ctx, first.ID, PushFromNone, nil)
		})
		if to := must(s.PushesOf(ctx, Notification{AccountID: ana.ID, FromID: ben.ID, Type: NotifyMention})); len(to) != 0 {
			t.Errorf("pushed to %+v", to)
		}
	})
}

// Whoever subscribes in the moment in which their token ends would be told for ever, and nobody
// could end it: edges remember tokens for a moment.
func TestNothingIsPushedToATokenThatIsOver(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		var token Token
		var session Session
		s.do(t, func(tx *Tx) error {
			app, err := tx.CreateApp(ctx, App{ClientID: "c", Name: "app"})
			if err != nil {
				return err
			}
			if token, err = tx.CreateToken(ctx, Token{Hash: "t", AppID: app.ID, AccountID: ana.ID}); err != nil {
				return err
			}
			session, err = tx.CreateSession(ctx, Session{Hash: "s", AccountID: ana.ID})
			return err
		})
		put := func(id int64, want fault.Code) {
			t.Helper()
			err := s.Tx(ctx, func(tx *Tx) error {
				_, err := tx.PutPushSubscription(ctx, PushSubscription{TokenID: id, AccountID: ana.ID, Endpoint: "https://push.example/1",
					P256dh: []byte{4}, Auth: []byte{1}, Policy: PushFromAll, Alerts: Texts{NotifyMention}})
				return err
			})
			if fault.CodeOf(err) != want {
				t.Errorf("subscribing: %v, want %q", err, want)
			}
		}
		put(token.ID, "")
		put(session.ID, "")
		s.do(t, func(tx *Tx) error { return tx.SignOut(ctx, ana.ID) })
		put(token.ID, fault.Unauthenticated)
		put(session.ID, fault.Unauthenticated)
		if n := v.count(`SELECT COUNT(*) FROM push_subscription`); n != 0 {
			t.Errorf("%d subscriptions are left", n)
		}
	})
}
