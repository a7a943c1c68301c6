package storage

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/fault"
)

// Somebody would be told twice, or by people they do not want to hear of.
func TestNotificationsAreMadeOnceAndWanted(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo, muted, silenced := v.local("ana"), v.local("bo"), v.local("muted"), v.remote("x", "loud.example")
		seen := v.local("seen")
		s.do(t, func(tx *Tx) error {
			if err := tx.PutMute(ctx, Mute{AccountID: ana.ID, TargetID: muted.ID, Notifications: true}); err != nil {
				return err
			}
			if err := tx.PutMute(ctx, Mute{AccountID: ana.ID, TargetID: seen.ID, Notifications: false}); err != nil {
				return err
			}
			return tx.PutDomainMute(ctx, ana.ID, "loud.example")
		})
		tell := func(to, from Account) (n Notification, created bool) {
			s.do(t, func(tx *Tx) (err error) {
				n, created, err = tx.CreateNotification(ctx, Notification{AccountID: to.ID, Type: NotifyFollow, FromID: from.ID})
				return err
			})
			return n, created
		}
		first, created := tell(ana, bo)
		if !created {
			t.Fatal("nothing was made")
		}
		for name, c := range map[string][2]Account{"again": {ana, bo}, "muted": {ana, muted}, "of a muted host": {ana, silenced},
			"oneself": {ana, ana}, "to another server": {silenced, ana}} {
			if _, created := tell(c[0], c[1]); created {
				t.Errorf("%s: made", name)
			}
		}
		if _, created := tell(ana, seen); !created {
			t.Error("a mute of posts alone hid a notification")
		}
		all := must(s.Notifications(ctx, ana.ID, NotificationFilter{}, Page{}))
		if len(all) != 2 || all[1] != first {
			t.Errorf("all: %+v", all)
		}
		for name, c := range map[string]struct {
			filter NotificationFilter
			want   int
		}{
			"types":        {NotificationFilter{Types: []string{NotifyFollow}}, 2},
			"other types":  {NotificationFilter{Types: []string{NotifyLike, NotifyPoll, NotifyMention}}, 0},
			"excluded":     {NotificationFilter{ExcludeTypes: []string{NotifyFollow}}, 0},
			"from bo":      {NotificationFilter{FromID: bo.ID}, 1},
			"no type left": {NotificationFilter{Types: []string{"unknown"}}, 0},
		} {
			if got := must(s.Notifications(ctx, ana.ID, c.filter, Page{})); len(got) != c.want {
				t.Errorf("%s: %+v", name, got)
			}
		}
		if _, err := s.NotificationByID(ctx, bo.ID, first.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody else's: %v", err)
		}
		if got := must(s.NotificationByID(ctx, ana.ID, first.ID)); got != first {
			t.Errorf("one: %+v", got)
		}
		s.do(t, func(tx *Tx) error {
			if err := tx.DeleteNotification(ctx, Notification{AccountID: ana.ID, Type: NotifyFollow, FromID: bo.ID}); err != nil {
				return err
			}
			return tx.ClearNotifications(ctx, bo.ID)
		})
		if err := s.Tx(ctx, func(tx *Tx) error { return tx.DismissNotification(ctx, ana.ID, first.ID) }); !fault.Is(err, fault.NotFound) {
			t.Errorf("dismissed what is gone: %v", err)
		}
		s.do(t, func(tx *Tx) error { return tx.ClearNotifications(ctx, ana.ID) })
		if got := must(s.Notifications(ctx, ana.ID, NotificationFilter{}, Page{})); len(got) != 0 {
			t.Errorf("cleared: %+v", got)
		}
	})
}

// Direct messages would be listed twice, as read, or under a thread that is no more.
func TestConversations(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo, far := v.local("ana"), v.local("bo"), v.remote("far", "orchard.example")
		everybody := []int64{ana.ID, bo.ID, far.ID}
		write := func(from Account, change func(*NewStatus)) (p Status) {
			s.do(t, func(tx *Tx) (err error) {
				p, err = tx.CreateStatus(ctx, v.newStatus(from, VisibilityDirect, func(n *NewStatus) {
					n.Audience = everybody
					change(n)
				}))
				if err != nil {
					return err
				}
				got, err := tx.PutConversation(ctx, p, everybody)
				if !slices.Equal(got, []int64{ana.ID, bo.ID}) {
					t.Errorf("for %v", got)
				}
				return err
			})
			return p
		}
		first := write(ana, func(n *NewStatus) {})
		second := write(far, func(n *NewStatus) { n.ReplyToID = first.ID })
		list := func(who Account) []Conversation { return must(s.Conversations(ctx, who.ID, Page{})) }
		want := []Conversation{{AccountID: ana.ID, ThreadID: first.ID, LastStatusID: second.ID, Unread: true}}
		if diff := cmp.Diff(want, list(ana)); diff != "" {
			t.Error(diff)
		}
		s.do(t, func(tx *Tx) error { return tx.ReadConversation(ctx, ana.ID, first.ThreadID) })
		if c := must(s.Conversation(ctx, ana.ID, first.ThreadID)); c.Unread {
			t.Error("still unread")
		}
		s.do(t, func(tx *Tx) error { _, err := tx.DeleteStatus(ctx, second.ID); return err })
		if got := list(bo); len(got) != 1 || got[0].LastStatusID != first.ID {
			t.Errorf("after the last was deleted: %+v", got)
		}
		s.do(t, func(tx *Tx) error { _, err := tx.DeleteStatus(ctx, first.ID); return err })
		if got := list(bo); len(got) != 0 {
			t.Errorf("after all were deleted: %+v", got)
		}
		// A reply that came before its parent makes one conversation of two.
		orphan := write(far, func(n *NewStatus) { n.ReplyToURI = "https://harbor.example/late" })
		late := write(bo, func(n *NewStatus) { n.URI = "https://harbor.example/late" })
		if got := list(ana); len(got) != 1 || got[0].ThreadID != late.ThreadID || got[0].LastStatusID != max(orphan.ID, late.ID) {
			t.Errorf("joined: %+v", got)
		}
		s.do(t, func(tx *Tx) error { return tx.DeleteConversation(ctx, ana.ID, late.ThreadID) })
		if got := list(ana); len(got) != 0 {
			t.Errorf("removed: %+v", got)
		}
	})
}

// Where somebody stopped reading would be forgotten.
func TestMarkers(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ana, ctx := village{t, s}.local("ana"), t.Context()
		for version := range int64(2) {
			s.do(t, func(tx *Tx) error {
				m, err := tx.PutMarker(ctx, ana.ID, "home", "12")
				if m.Version != version+1 || m.LastReadID != "12" {
					t.Errorf("marker: %+v", m)
				}
				return err
			})
		}
		if got := must(s.Markers(ctx, ana.ID)); len(got) != 1 {
			t.Errorf("markers: %+v", got)
		}
	})
}

// An activity would have its effects twice, or never reach its second recipient.
func TestActivityIsAcceptedOnceForEachRecipient(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		body := []byte{0, 'x', 0xff}
		for i, c := range []struct {
			recipient int64
			want      bool
		}{{0, true}, {0, false}, {ana.ID, true}, {ana.ID, false}, {bo.ID, true}} {
			err := s.Group(ctx, "", func(tx *Tx) error {
				fresh, err := tx.AcceptActivity(ctx, "https://o/1", "https://o/actor", body, c.recipient)
				if fresh != c.want {
					t.Errorf("%d: fresh %v", i, fresh)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := must(s.activityBody(ctx, "https://o/1")); !bytes.Equal(got, body) {
			t.Errorf("body: %v", got)
		}
		if got := must(s.receivedFor(ctx, "https://o/1")); !slices.Equal(got, []int64{ana.ID, bo.ID}) {
			t.Errorf("recipients: %v", got)
		}
		for _, want := range []bool{true, false} {
			if must(s.Applied(ctx, "https://o/1")) == want {
				t.Error("applied too soon")
			}
			s.do(t, func(tx *Tx) error {
				first, err := tx.MarkApplied(ctx, "https://o/1")
				if first != want {
					t.Errorf("first: %v", first)
				}
				return err
			})
		}
		if _, err := s.Received(ctx, "https://o/2"); !fault.Is(err, fault.NotFound) {
			t.Errorf("never received: %v", err)
		}
	})
}

// Somebody could have what another actor sent to one person given to others, under its id.
func TestKnownActivityIsAcceptedFromItsActorOnly(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		for i, c := range []struct {
			actor     string
			recipient int64
			want      bool
		}{{"https://o/actor", ana.ID, true}, {"https://o/mallory", bo.ID, false}, {"https://o/mallory", 0, false}, {"https://o/actor", bo.ID, true}} {
			s.do(t, func(tx *Tx) error {
				fresh, err := tx.AcceptActivity(ctx, "https://o/1", c.actor, []byte(c.actor), c.recipient)
				if fresh != c.want {
					t.Errorf("%d: fresh %v", i, fresh)
				}
				return err
			})
			if got := must(s.receivedFor(ctx, "https://o/1")); i == 1 && !slices.Equal(got, []int64{ana.ID}) {
				t.Errorf("recipients: %v", got)
			}
		}
		if got := must(s.Received(ctx, "https://o/1")); got.Actor != "https://o/actor" || string(got.Body) != got.Actor {
			t.Errorf("kept: %+v", got)
		}
	})
}

// A stolen code would be good twice, or a revoked token go on working elsewhere.
func TestCodesAndTokens(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ana, ctx, start := village{t, s}.local("ana"), t.Context(), time.Now()
		var app App
		s.do(t, func(tx *Tx) (err error) {
			if app, err = tx.CreateApp(ctx, App{ClientID: "id", Name: "app", RedirectURIs: "https://a\nhttps://b", Scopes: "read write"}); err != nil {
				return err
			}
			if err := tx.CreateCode(ctx, Code{Hash: "old", AppID: app.ID, AccountID: ana.ID, ExpiresAt: Now()}); err != nil {
				return err
			}
			return tx.CreateCode(ctx, Code{Hash: "code", AppID: app.ID, AccountID: ana.ID, Challenge: "c", ExpiresAt: Now() + 60_000})
		})
		if diff := cmp.Diff(app, must(s.AppByClientID(ctx, "id"))); diff != "" {
			t.Error(diff)
		}
		var taken Code
		take := func(hash string) error {
			return s.Tx(ctx, func(tx *Tx) (err error) { taken, err = tx.TakeCode(ctx, hash); return err })
		}
		if err := take("old"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a code that is over: %v", err)
		}
		if err := take("code"); err != nil || taken.Challenge != "c" || taken.AccountID != ana.ID {
			t.Errorf("code: %+v, %v", taken, err)
		}
		if err := take("code"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a code used twice: %v", err)
		}
		s.do(t, func(tx *Tx) error {
			for _, token := range []Token{{Hash: "t1", CodeHash: "code", AccountID: ana.ID}, {Hash: "t2", AccountID: ana.ID}, {Hash: "app"}} {
				token.AppID = app.ID
				if _, err := tx.CreateToken(ctx, token); err != nil {
					return err
				}
			}
			if err := tx.RevokeToken(ctx, "t2", app.ID+1); err != nil { // another app cannot
				return err
			}
			return tx.RevokeTokensOfCode(ctx, "code")
		})
		if _, err := s.TokenByHash(ctx, "t1"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a token of a reused code: %v", err)
		}
		if token := must(s.TokenByHash(ctx, "t2")); token.AccountID != ana.ID {
			t.Errorf("token: %+v", token)
		}
		s.do(t, func(tx *Tx) error { return tx.SetPasswordHash(ctx, ana.ID, "new") })
		if _, err := s.TokenByHash(ctx, "t2"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a token from before the new password: %v", err)
		}
		if _, err := s.TokenByHash(ctx, "app"); err != nil {
			t.Errorf("the app's own token: %v", err)
		}
		if events := must(s.EventsSince(ctx, start, nil)); len(events) != 2 {
			t.Errorf("events: %+v", events)
		}
	})
}

// The link that makes the owner's account would work twice, or a session for ever.
func TestInvitesSessionsAndLogins(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		s.do(t, func(tx *Tx) error {
			if _, err := tx.CreateInvite(ctx, Invite{Hash: "old", Role: RoleOwner, UsesMax: 1, ExpiresAt: At(time.Now().Add(-time.Second))}); err != nil {
				return err
			}
			if _, err := tx.CreateInvite(ctx, Invite{Hash: "new", Role: RoleOwner, UsesMax: 1, ExpiresAt: At(time.Now().Add(time.Hour))}); err != nil {
				return err
			}
			if _, err := tx.CreateSession(ctx, Session{Hash: "gone", AccountID: ana.ID, ExpiresAt: At(time.Now().Add(-time.Second))}); err != nil {
				return err
			}
			_, err := tx.CreateSession(ctx, Session{Hash: "here", AccountID: ana.ID, ExpiresAt: At(time.Now().Add(time.Hour))})
			return err
		})
		if i := must(s.Invite(ctx, "new")); i.Role != RoleOwner {
			t.Errorf("role %q", i.Role)
		}
		for _, c := range []struct {
			hash string
			want fault.Code
		}{{"old", fault.NotFound}, {"new", ""}, {"new", fault.NotFound}} {
			if err := s.Tx(ctx, func(tx *Tx) error { _, err := tx.UseInvite(ctx, c.hash); return err }); fault.CodeOf(err) != c.want {
				t.Errorf("%s: %v", c.hash, err)
			}
		}
		if _, err := s.SessionByHash(ctx, "gone"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a session that is over: %v", err)
		}
		if got := must(s.SessionByHash(ctx, "here")); got.AccountID != ana.ID {
			t.Errorf("session: %+v", got)
		}
		s.do(t, func(tx *Tx) error {
			if err := tx.UpdatePreferences(ctx, Login{AccountID: ana.ID, Locale: "zh", DefaultVisibility: VisibilityPrivate, DefaultSensitive: true}); err != nil {
				return err
			}
			chief, err := tx.CreateAccount(ctx, Account{URI: "https://harbor.example/users/chief", Name: "chief"})
			if err != nil {
				return err
			}
			if err := tx.CreateLogin(ctx, Login{AccountID: chief.ID, Email: "chief@harbor.example", PasswordHash: "x", Role: RoleAdmin}); err != nil {
				return err
			}
			return tx.DeleteSession(ctx, "here")
		})
		l := must(s.LoginByEmail(ctx, "ana@harbor.example"))
		if l.Locale != "zh" || !l.DefaultSensitive || l.Role != RoleMember || l.DefaultVisibility != VisibilityPrivate {
			t.Errorf("login: %+v", l)
		}
		if got := must(s.LoginByEmail(ctx, "chief@harbor.example")); got.Role != RoleAdmin {
			t.Errorf("role: %+v", got)
		}
		if all := must(s.Logins(ctx, 0, 10)); len(all) != 2 {
			t.Errorf("logins: %+v", all)
		}
		err := s.Tx(ctx, func(tx *Tx) error { return tx.CreateLogin(ctx, Login{AccountID: v.account(ana).ID, Email: "other@x"}) })
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("a second login: %v", err)
		}
	})
}

// A key of one actor would be taken over by another, or an old one stay good.
func TestKeysBelongToOneAccount(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		bo, eve := v.remote("bo", "orchard.example"), v.remote("eve", "evil.example")
		put := func(a Account, ids ...string) error {
			return s.Tx(ctx, func(tx *Tx) error {
				var keys []ActorKey
				for _, id := range ids {
					keys = append(keys, ActorKey{ID: id, Kind: KeyRSA, PublicKey: "by " + a.Name})
				}
				return tx.PutKeys(ctx, a.ID, keys)
			})
		}
		if err := put(bo, "k1", "k2"); err != nil {
			t.Fatal(err)
		}
		if err := put(eve, "k1"); !fault.Is(err, fault.Conflict) {
			t.Errorf("somebody else's key: %v", err)
		}
		if k := must(s.KeyByID(ctx, "k1")); k.AccountID != bo.ID || k.PublicKey != "by bo" {
			t.Errorf("key: %+v", k)
		}
		if err := put(bo, "k2", "k3"); err != nil {
			t.Fatal(err)
		}
		if keys := must(s.KeysOf(ctx, bo.ID)); len(keys) != 2 || keys[0].ID != "k2" {
			t.Errorf("keys: %+v", keys)
		}
		if err := put(bo); err != nil || len(must(s.KeysOf(ctx, bo.ID))) != 0 {
			t.Errorf("no keys: %v", err)
		}
	})
}

// A client that repeats a request would post twice.
func TestIdempotencyKeyMakesOneStatus(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for _, c := range []struct {
			account, status, want int64
		}{{1, 10, 10}, {1, 11, 10}, {2, 12, 12}} {
			s.do(t, func(tx *Tx) error {
				got, err := tx.ClaimIdempotency(ctx, c.account, "key", c.status)
				if got != c.want {
					t.Errorf("%+v: %d", c, got)
				}
				return err
			})
		}
		if _, err := s.IdempotentStatus(ctx, 3, "key"); !fault.Is(err, fault.NotFound) {
			t.Errorf("nobody's: %v", err)
		}
	})
}

// What was deleted would come back, or documents be served that are gone.
func TestTombstonesAndDocuments(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		s.do(t, func(tx *Tx) error {
			for _, by := range []string{"https://o/a", "https://o/b"} {
				if err := tx.PutTombstone(ctx, "https://o/1", by); err != nil {
					return err
				}
			}
			for _, body := range []string{"one", "two"} {
				if err := tx.PutDocument(ctx, Document{URI: "https://h/1", StatusID: 7, Body: []byte(body)}); err != nil {
					return err
				}
			}
			return nil
		})
		if got := must(s.Tombstone(ctx, "https://o/1")); got.AccountURI != "https://o/a" {
			t.Errorf("tombstone: %+v", got)
		}
		if _, err := s.Tombstone(ctx, "https://o/2"); !fault.Is(err, fault.NotFound) {
			t.Errorf("deleted what was not: %v", err)
		}
		for visibility, want := range map[string]bool{VisibilityPublic: true, VisibilityUnlisted: true, VisibilityPrivate: false, VisibilityDirect: false} {
			s.do(t, func(tx *Tx) error {
				return tx.PutStatusTombstone(ctx, Status{URI: "https://h/" + visibility, Visibility: visibility}, "https://h/a")
			})
			if got := must(s.Tombstone(ctx, "https://h/"+visibility)); got.Everybody != want {
				t.Errorf("%s: %+v", visibility, got)
			}
		}
		if d := must(s.Document(ctx, "https://h/1")); string(d.Body) != "two" || d.StatusID != 7 {
			t.Errorf("document: %+v", d)
		}
		if _, err := s.Document(ctx, "https://h/2"); !fault.Is(err, fault.NotFound) {
			t.Errorf("never written: %v", err)
		}
	})
}

// A notification would show a post that its recipient may not see any more.
func TestNotificationsFollowVisibility(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		v.follow(ana, bo)
		post := v.post(bo, VisibilityPrivate, nil)
		var n Notification
		s.do(t, func(tx *Tx) (err error) {
			n, _, err = tx.CreateNotification(ctx, Notification{AccountID: ana.ID, Type: NotifyStatus, FromID: bo.ID, StatusID: post.ID})
			return err
		})
		if got := must(s.Notifications(ctx, ana.ID, NotificationFilter{}, Page{})); len(got) != 1 {
			t.Errorf("while following: %+v", got)
		}
		s.do(t, func(tx *Tx) error { _, err := tx.DeleteFollow(ctx, ana.ID, bo.ID); return err })
		if got := must(s.Notifications(ctx, ana.ID, NotificationFilter{}, Page{})); len(got) != 0 {
			t.Errorf("after unfollowing: %+v", got)
		}
		if _, err := s.NotificationByID(ctx, ana.ID, n.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("after unfollowing, one: %v", err)
		}
	})
}
