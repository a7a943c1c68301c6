package people

import (
	"crypto/rand"
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/keys"
	"tulou/protocol/vocab"
	"tulou/storage"
)

const password = "correct horse battery"

// authenticate signs in from a network where nobody tried before.
func (v village) authenticate(name, secret string) (storage.Account, error) {
	in, err := v.SignIn(v.t.Context(), From{Network: rand.Text()}, name, secret)
	return in.Account, err
}

func (v village) person(name string) storage.Account {
	v.t.Helper()
	return must(v.Create(v.t.Context(), NewPerson{Handle: name, Email: name + "@mail.example", Password: password, Confirmed: true}))
}

// If this failed, new people could not sign in, or could not sign what they send.
func TestCreateMakesAccountLoginAndKeys(t *testing.T) {
	onSQLite(t, func(t *testing.T, v village) {
		ana := must(v.Create(t.Context(), NewPerson{Handle: "ana", Email: "Ana@Mail.Example", Password: password,
			Role: storage.RoleAdmin, Confirmed: true, Avatar: "https://harbor.example/avatars/ana.png"}))
		if ana = v.again(ana); ana.URI != "https://harbor.example/users/ana" || ana.URL != "https://harbor.example/@ana" ||
			ana.Type != "Person" || ana.Locked || ana.Inbox != ana.URI+"/inbox" || ana.SharedInbox != "https://harbor.example/inbox" ||
			ana.Followers != ana.URI+"/followers" || ana.Avatar == "" {
			t.Errorf("account %+v", ana)
		}
		login := must(v.store.LoginByAccount(t.Context(), ana.ID))
		if login.Email != "ana@mail.example" || login.Role != storage.RoleAdmin || login.ConfirmedAt == 0 || strings.Contains(login.PasswordHash, password) {
			t.Errorf("login %+v", login)
		}
		kinds := map[string]keys.Kind{}
		for _, k := range must(v.store.KeysOf(t.Context(), ana.ID)) {
			private := must(keys.ParsePrivatePEM(k.PrivateKey))
			kinds[k.ID] = private.Kind()
			public := private.Public()
			if k.PublicKey != public.PEM() && k.PublicKey != public.Multikey() {
				t.Errorf("the halves of %s do not belong together", k.ID)
			}
		}
		if len(kinds) != 2 || kinds[ana.URI+"#main-key"] != keys.KindRSA || kinds[ana.URI+"#ed25519-key"] != keys.KindEd25519 {
			t.Errorf("keys %v", kinds)
		}
	})
}

// If this failed, bad values would be stored, or a refused sign-up would leave half an account.
func TestCreateRefusesWhatCannotBeUsed(t *testing.T) {
	v := newVillage(t, sqlite(t))
	v.person("ben")
	for name, p := range map[string]struct {
		NewPerson
		code fault.Code
	}{
		"reserved":  {NewPerson{Handle: "admin", Email: "x@mail.example", Password: password}, fault.Unprocessable},
		"bad name":  {NewPerson{Handle: "A B", Email: "x@mail.example", Password: password}, fault.Unprocessable},
		"A127":      {NewPerson{Handle: "cat", Email: `"x"@mail.example`, Password: password}, fault.Unprocessable},
		"A127 dot":  {NewPerson{Handle: "cat", Email: "x@mail.example。", Password: password}, fault.Unprocessable},
		"short":     {NewPerson{Handle: "cat", Email: "x@mail.example", Password: "1234567"}, fault.Unprocessable},
		"name":      {NewPerson{Handle: "ben", Email: "x@mail.example", Password: password}, fault.Conflict},
		"address":   {NewPerson{Handle: "cat", Email: "BEN@mail.example", Password: password}, fault.Conflict},
		"invite":    {NewPerson{Handle: "cat", Email: "x@mail.example", Password: password, Invite: "guessed"}, fault.NotFound},
		"odd role":  {NewPerson{Handle: "cat", Email: "x@mail.example", Password: password, Role: "king"}, fault.Unprocessable},
		"long mail": {NewPerson{Handle: "cat", Email: "x@" + strings.Repeat("m", 300), Password: password}, fault.Unprocessable},
	} {
		if _, err := v.Create(t.Context(), p.NewPerson); !fault.Is(err, p.code) {
			t.Errorf("%s: %v, want %s", name, err, p.code)
		}
	}
	if _, err := v.store.AccountByHandle(t.Context(), "cat", ""); !fault.Is(err, fault.NotFound) {
		t.Errorf("a refused account is there: %v", err)
	}
}

// If this failed, a one-time link would make two owners (A135).
func TestA135InviteIsUsedOnceByRacingRequests(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		secret, hash := NewSecret()
		v.do(func(tx *storage.Tx) error {
			_, err := tx.CreateInvite(t.Context(), storage.Invite{Hash: hash, Role: storage.RoleOwner, UsesMax: 1, ExpiresAt: storage.At(time.Now().Add(time.Hour))})
			return err
		})
		var made, refused atomic.Int64
		var all sync.WaitGroup
		for _, name := range []string{"ana", "ben", "cat"} {
			all.Go(func() {
				_, err := v.Create(t.Context(), NewPerson{Handle: name, Email: name + "@mail.example", Password: password, Invite: secret})
				switch {
				case err == nil:
					made.Add(1)
				case fault.Is(err, fault.NotFound):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if made.Load() != 1 || refused.Load() != 2 {
			t.Errorf("%d made, %d refused", made.Load(), refused.Load())
		}
		logins := must(v.store.Logins(t.Context(), 0, 10))
		if len(logins) != 1 || logins[0].Role != storage.RoleOwner {
			t.Errorf("logins %+v", logins)
		}
	})
}

// If this failed, the node could not sign its own requests, or two processes that start at once
// would make two actors of it.
func TestInstanceActorIsMadeOnce(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				a, err := v.EnsureInstanceActor(t.Context())
				if err != nil || a.URI != "https://harbor.example/actor" || a.Type != "Application" || a.ID == 0 {
					t.Errorf("%+v, %v", a, err)
				}
			})
		}
		all.Wait()
		a := must(v.EnsureInstanceActor(t.Context()))
		if n := len(must(v.store.KeysOf(t.Context(), a.ID))); n != 2 {
			t.Errorf("%d keys", n)
		}
		if err := v.Delete(t.Context(), a.ID); !fault.Is(err, fault.Forbidden) {
			t.Errorf("deleted the node: %v", err)
		}
	})
}

// If this failed, the answer would tell whether somebody has an account here, or let in who may not
// come in (A133).
func TestA133SignInRefusesEverybodyAlike(t *testing.T) {
	v := newVillage(t, sqlite(t))
	ana, ben, cat := v.person("ana"), v.person("ben"), v.person("cat")
	must(v.Create(t.Context(), NewPerson{Handle: "dan", Email: "dan@mail.example", Password: password}))
	v.do(func(tx *storage.Tx) error { return tx.SetSuspended(t.Context(), ben.ID, true) })
	check(t, v.Delete(t.Context(), cat.ID))
	must(v.EnsureInstanceActor(t.Context()))
	for _, name := range []string{"ana", "@ana", "ana@harbor.example", "@ana@harbor.example", "ana@mail.example", "ANA@Mail.example", "Ana"} {
		if a, err := v.authenticate(name, password); err != nil || a.ID != ana.ID {
			t.Errorf("%q: %v, %v", name, a.Name, err)
		}
	}
	for name, secret := range map[string]string{
		"ana": "wrong password", "nobody": password, "nobody@mail.example": password, "ben": password, "cat": password,
		"cat@mail.example": password, "dan": password, "dan@mail.example": password, InstanceActorName: "", "": "",
		"ana@orchard.example": password, "ana@mail.example": strings.Repeat("x", 600), "%' OR 1=1": password,
	} {
		_, err := v.authenticate(name, secret)
		if !fault.Is(err, fault.Unauthenticated) || fault.DetailOf(err) != fault.DetailOf(errWrong()) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// If this failed, the time of an answer would tell whether somebody has an account here (A133). The
// work is seen by the memory that argon2id fills.
func TestA133SignInDoesTheSameWorkForTheUnknown(t *testing.T) {
	v := newVillage(t, sqlite(t))
	v.person("ana")
	must(v.EnsureInstanceActor(t.Context()))
	for _, name := range []string{"ana", "ana@mail.example", "nobody", "nobody@mail.example", InstanceActorName, "not a name at all", ""} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := v.authenticate(name, "wrong password"); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%q: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used < hashMemoryKiB<<10 || used > 2*hashMemoryKiB<<10 {
			t.Errorf("%q took %d bytes of work", name, used)
		}
	}
}

// If this failed, whoever stole a session would keep it after the password was changed (A124).
func TestA124NewPasswordEndsSessionsAndTokens(t *testing.T) {
	onSQLite(t, func(t *testing.T, v village) {
		ana, ben := v.person("ana"), v.person("ben")
		token := must(v.IssueToken(t.Context(), ana, "read write"))
		other := must(v.IssueToken(t.Context(), ben, "read"))
		v.do(func(tx *storage.Tx) error {
			_, err := tx.CreateSession(t.Context(), storage.Session{Hash: "session", AccountID: ana.ID, ExpiresAt: storage.At(time.Now().Add(time.Hour))})
			return err
		})
		row := must(v.store.TokenByHash(t.Context(), SecretHash(token)))
		if row.AccountID != ana.ID || row.Scopes != "read write" {
			t.Errorf("token %+v", row)
		}
		before := time.Now()
		check(t, v.SetPassword(t.Context(), ana.ID, "another password"))
		if _, err := v.store.TokenByHash(t.Context(), SecretHash(token)); !fault.Is(err, fault.NotFound) {
			t.Errorf("the token lives: %v", err)
		}
		if _, err := v.store.SessionByHash(t.Context(), "session"); !fault.Is(err, fault.NotFound) {
			t.Errorf("the session lives: %v", err)
		}
		if must(v.store.TokenByHash(t.Context(), SecretHash(other))).AccountID != ben.ID {
			t.Error("ben was signed out, too")
		}
		events := must(v.store.EventsSince(t.Context(), before, nil))
		if len(events) != 2 || events[0].Kind != storage.EventTokenRevoked || events[1].Kind != storage.EventTokenRevoked { // of token and session
			t.Errorf("events %+v", events)
		}
		if _, err := v.authenticate("ana", password); err == nil {
			t.Error("the old password still works")
		}
		must(v.authenticate("ana", "another password"))
		if err := v.SetPassword(t.Context(), ana.ID, "short"); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("short: %v", err)
		}
		if err := v.SetPassword(t.Context(), 1, password); !fault.Is(err, fault.NotFound) {
			t.Errorf("nobody: %v", err)
		}
	})
}

// If this failed, deleted people would stay visible or signed in, their posts with them, the other
// servers never hear of it, or somebody else could take their name.
func TestDeleteErasesEverythingButTheName(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, ben := v.person("ana"), v.local("ben")
		oli, quin := v.remote("oli", "orchard.example"), v.remote("quin", "quay.example")
		v.befriend(ana, oli)
		must(v.Follow(t.Context(), ben, ana.ID, FollowOptions{}))
		token := must(v.IssueToken(t.Context(), ana, "read"))
		var posts []storage.Status
		for range deletePart + 1 {
			posts = append(posts, v.post(ana, storage.VisibilityPrivate))
		}
		check(t, v.Delete(t.Context(), ana.ID))
		got := map[string]*vocab.Activity{}
		for _, p := range v.sent() {
			got[p.inbox] = p.Activity
		}
		for _, inbox := range []string{oli.SharedInbox, quin.SharedInbox} {
			if a := got[inbox]; a == nil || a.Type != "Delete" || a.Actor != ana.URI || a.ObjectID != ana.URI {
				t.Errorf("%s got %+v", inbox, a)
			}
		}
		v.counts(ben, 0, 0)
		v.counts(oli, 0, 0)
		if _, err := v.store.TokenByHash(t.Context(), SecretHash(token)); !fault.Is(err, fault.NotFound) {
			t.Errorf("the token lives: %v", err)
		}
		if must(v.store.CanSee(t.Context(), ben.ID, posts[0].ID)) {
			t.Error("a post is shown before the job ran")
		}
		v.work()
		if left := must(v.store.StatusIDsOf(t.Context(), ana.ID, math.MaxInt64, 100)); len(left) != 0 {
			t.Errorf("%d posts are left", len(left))
		}
		if must(v.store.Tombstone(t.Context(), posts[0].URI)).Everybody {
			t.Error("strangers are told that there was a post for followers")
		}
		if _, err := v.store.Tombstone(t.Context(), ana.URI); err != nil {
			t.Errorf("no tombstone: %v", err)
		}
		if n := len(must(v.store.KeysOf(t.Context(), ana.ID))); n != 2 {
			t.Errorf("%d keys are left to sign with", n)
		}
		for _, name := range []string{"ana", "Ana"} {
			_, err := v.Create(t.Context(), NewPerson{Handle: name, Email: "new@mail.example", Password: password})
			if err == nil {
				t.Errorf("the name %s was given again", name)
			}
		}
		must(v.Create(t.Context(), NewPerson{Handle: "ana2", Email: "ana@mail.example", Password: password}))
		if err := v.Delete(t.Context(), ana.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("deleted twice: %v", err)
		}
		if err := v.Delete(t.Context(), oli.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("deleted somebody elsewhere: %v", err)
		}
		check(t, v.forgetKeys(t.Context(), storage.Job{Payload: storage.MarshalPayload(erasing{ana.ID})}))
		if n := len(must(v.store.KeysOf(t.Context(), ana.ID))); n != 0 {
			t.Errorf("%d keys are left at the end", n)
		}
	})
}
