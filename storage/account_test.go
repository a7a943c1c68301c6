package storage

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/fault"
)

// Names would be given twice, or those of the dead would come back as somebody else.
func TestNameIsNeverGivenAgain(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		again := func() error {
			return s.Tx(ctx, func(tx *Tx) error {
				_, err := tx.CreateAccount(ctx, Account{URI: "https://harbor.example/users/ANA", Name: "ANA"})
				return err
			})
		}
		if err := again(); !fault.Is(err, fault.Conflict) {
			t.Errorf("a taken name in other letters: %v", err)
		}
		s.do(t, func(tx *Tx) error { return tx.MarkDeleted(ctx, ana.ID) })
		if err := again(); !fault.Is(err, fault.Conflict) {
			t.Errorf("the name of a deleted person: %v", err)
		}
		gone := must(s.AccountByHandle(ctx, "Ana", ""))
		if gone.DeletedAt == 0 || !gone.Hidden {
			t.Errorf("the deleted account: %+v", gone)
		}
		if _, err := s.LoginByAccount(ctx, ana.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the login of a deleted person: %v", err)
		}
	})
}

// Reading an actor again would change its id, lose its counts or lift its suspension.
func TestRemoteAccountKeepsIdentityWhenReadAgain(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.remote("bo", "orchard.example")
		v.follow(ana, bo)
		s.do(t, func(tx *Tx) error { return tx.SetSuspended(ctx, bo.ID, true) })
		fresh := remoteAccount("bo", "orchard.example")
		fresh.CreatedAt = bo.CreatedAt + 1 // as of an actor that does not say
		fresh.DisplayName, fresh.Fields = "Bo <b>", Fields{{Name: "web", Value: "<a>"}}
		var again Account
		s.do(t, func(tx *Tx) (err error) {
			again, err = tx.PutRemoteAccount(ctx, fresh)
			return err
		})
		if again.ID != bo.ID || again.FollowersCount != 1 || !again.Hidden || again.Version <= bo.Version || again.CreatedAt != bo.CreatedAt {
			t.Errorf("read again: %+v", again)
		}
		if diff := cmp.Diff(fresh.Fields, again.Fields); diff != "" || again.DisplayName != "Bo <b>" {
			t.Errorf("new data: %s", diff)
		}
		if in := again.DeliveryInbox(); in.Host != "orchard.example" || in.URL != "https://orchard.example/inbox" {
			t.Errorf("inbox: %+v", in)
		}
		s.do(t, func(tx *Tx) error { return tx.MarkDeleted(ctx, bo.ID) })
		err := s.Tx(ctx, func(tx *Tx) error {
			_, err := tx.PutRemoteAccount(ctx, fresh)
			return err
		})
		if !fault.Is(err, fault.Gone) {
			t.Errorf("a deleted account that comes back: %v", err)
		}
	})
}

// Somebody of another server could take over the data of our own people.
func TestRemoteActorCannotOverwriteLocalAccount(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		err := s.Tx(ctx, func(tx *Tx) error {
			_, err := tx.PutRemoteAccount(ctx, Account{URI: ana.URI, Name: "ana", Host: "evil.example", DisplayName: "mine"})
			return err
		})
		if !fault.Is(err, fault.Gone) || v.account(ana).DisplayName != "" {
			t.Errorf("overwriting: %v", err)
		}
	})
}

// Search would miss people, read % as a wildcard, or show hidden ones.
func TestSearchPutsFollowedPeopleFirst(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		bo := v.remote("bob", "orchard.example")
		bobby := v.remote("bobby", "harvest.example")
		gone := v.remote("bobo", "orchard.example")
		v.follow(ana, bobby)
		s.do(t, func(tx *Tx) error {
			b := remoteAccount("under_score", "orchard.example")
			b.DisplayName = "Mister BOB Smith"
			if _, err := tx.PutRemoteAccount(ctx, b); err != nil {
				return err
			}
			return tx.SetSuspended(ctx, gone.ID, true)
		})
		names := func(text string) (found []string) {
			for _, a := range must(s.SearchPeople(ctx, ana.ID, PeopleQuery{Text: text, Limit: 10})) {
				found = append(found, a.Name)
			}
			return found
		}
		for text, want := range map[string][]string{
			"Bob":          {"bobby", "bob", "under_score"},
			"@bob@orch":    {bo.Name},
			"bob@harvest":  {"bobby"},
			"%":            nil,
			"under_":       {"under_score"},
			"underx":       nil,
			"smith":        {"under_score"},
			"@nobody@here": nil,
			"":             nil,
		} {
			if diff := cmp.Diff(want, names(text)); diff != "" {
				t.Errorf("search %q: %s", text, diff)
			}
		}
	})
}

// Strangers could list everybody letter by letter, or have all accounts read at each request.
func TestStrangersSearchByBeginningsOfNames(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		bo := v.remote("bo", "orchard.example")
		s.do(t, func(tx *Tx) error {
			for _, name := range []string{"b_o", "bxo"} {
				a := remoteAccount(name, "orchard.example")
				a.DisplayName = "Mister Smith"
				if _, err := tx.PutRemoteAccount(ctx, a); err != nil {
					return err
				}
			}
			for _, err := range []error{
				second(tx.SearchPeople(ctx, 0, PeopleQuery{Text: "bo", Limit: 10})), second(tx.SearchTags(ctx, 0, TagQuery{Beginning: "bo", Limit: 10})),
			} {
				if err != nil {
					return err
				}
			}
			for text := range tx.session.byText {
				if s.engine == sqlite && strings.Contains(text, "a.name_key >=") {
					if tables := scanned(t, tx, text); len(tables) > 0 {
						t.Errorf("a search reads all of %v", tables)
					}
				}
			}
			return nil
		})
		for text, want := range map[string][]string{
			"bo": {bo.Name}, "@BO": {bo.Name}, "bo@orch": {bo.Name}, "bo@orchard_": nil, "b": nil, "@b": nil, "b@orchard": nil, "é": nil,
			"b_": {"b_o"}, "b%": nil, `b\`: nil, "%%": nil, "__": nil, "bo" + beyond: nil, "smith": nil, "": nil,
		} {
			var names []string
			for _, a := range must(s.SearchPeople(ctx, 0, PeopleQuery{Text: text, Limit: 10})) {
				names = append(names, a.Name)
			}
			if diff := cmp.Diff(want, names); diff != "" {
				t.Errorf("search %q: %s", text, diff)
			}
		}
		if got := must(s.SearchTags(ctx, 0, TagQuery{Beginning: "b", Limit: 10})); len(got) != 0 {
			t.Errorf("tags: %v", got)
		}
	})
}

func second[T any](_ T, err error) error { return err }

// A suspended person's clients would go on working.
func TestSuspensionSignsOutAndHides(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		before := time.Now()
		s.do(t, func(tx *Tx) error {
			app, err := tx.CreateApp(ctx, App{ClientID: "c", Name: "app", Scopes: "read"})
			if err != nil {
				return err
			}
			if _, err := tx.CreateSession(ctx, Session{Hash: "session", AccountID: ana.ID, ExpiresAt: At(time.Now().Add(time.Hour))}); err != nil {
				return err
			}
			_, err = tx.CreateToken(ctx, Token{Hash: "token", AppID: app.ID, AccountID: ana.ID, Scopes: "read"})
			return err
		})
		s.do(t, func(tx *Tx) error { return tx.SetSuspended(ctx, ana.ID, true) })
		if _, err := s.TokenByHash(ctx, "token"); !fault.Is(err, fault.NotFound) {
			t.Errorf("token: %v", err)
		}
		if _, err := s.SessionByHash(ctx, "session"); !fault.Is(err, fault.NotFound) {
			t.Errorf("session: %v", err)
		}
		events := must(s.EventsSince(ctx, before, nil))
		if len(events) != 2 || events[0].Kind != EventTokenRevoked || events[1].Kind != EventTokenRevoked { // of token and session
			t.Errorf("events: %+v", events)
		}
		s.do(t, func(tx *Tx) error { return tx.SetSuspended(ctx, ana.ID, false) })
		if a := v.account(ana); a.Hidden || a.SuspendedAt != 0 {
			t.Errorf("after it: %+v", a)
		}
		if err := s.Tx(ctx, func(tx *Tx) error { return tx.SetSuspended(ctx, 1, true) }); !fault.Is(err, fault.NotFound) {
			t.Errorf("nobody: %v", err)
		}
	})
}

// A profile would keep old values or change somebody of another server.
func TestUpdateProfile(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.remote("bo", "orchard.example")
		change := ana
		change.DisplayName, change.Bio, change.Locked, change.AlsoKnownAs = "Ana", "<p>hi</p>", true, Texts{"https://a.example/b"}
		var now Account
		s.do(t, func(tx *Tx) (err error) {
			now, err = tx.UpdateProfile(ctx, change)
			return err
		})
		change.Version++
		change.Fields, change.AttributionDomains = Fields{}, Texts{}
		if diff := cmp.Diff(change, now); diff != "" {
			t.Error(diff)
		}
		err := s.Tx(ctx, func(tx *Tx) error {
			_, err := tx.UpdateProfile(ctx, bo)
			return err
		})
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("a remote profile: %v", err)
		}
	})
}

// NodeInfo would tell strangers wrong numbers.
func TestStatsCountPeopleOfTheNode(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		if got := must(s.Stats(ctx, time.Now())); got != (Stats{}) {
			t.Errorf("an empty node: %+v", got)
		}
		ana, bo := v.local("ana"), v.remote("bo", "orchard.example")
		v.local("old")
		v.post(ana, VisibilityPublic, nil)
		v.post(ana, VisibilityDirect, nil)
		v.post(bo, VisibilityPublic, nil)
		s.do(t, func(tx *Tx) error {
			_, err := tx.exec(ctx, `UPDATE login SET active_at = ? WHERE email = 'old@harbor.example'`, At(time.Now().Add(-60*24*time.Hour)))
			return err
		})
		want := Stats{Users: 2, ActiveMonth: 1, ActiveHalfYear: 2, LocalPosts: 1, KnownHosts: 1}
		if diff := cmp.Diff(want, must(s.Stats(ctx, time.Now()))); diff != "" {
			t.Error(diff)
		}
	})
}
