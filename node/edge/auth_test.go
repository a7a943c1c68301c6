package edge

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"tulou/apps/people"
	"tulou/protocol/fault"
	"tulou/storage"
	"tulou/storage/storagetest"
)

func TestAScopeCoversWhatIsUnderIt(t *testing.T) {
	// If this failed, a program could do what its owner never allowed.
	for _, c := range []struct {
		held, wanted string
		may          bool
	}{
		{"read", "read:statuses", true},
		{"read", "read", true},
		{"read:statuses", "read", false},
		{"read:statuses", "read:accounts", false},
		{"read", "write:statuses", false},
		{"rea", "read:statuses", false},
		{"read", "reading", false},
		{"follow", "write:blocks", true},
		{"follow", "read:mutes", true},
		{"follow", "read:statuses", false},
		{"write push", "write:media", true},
		{"", "read", false},
		{"admin:read", "admin:read:accounts", true},
		{"read", "admin:read", false},
	} {
		who := Who{Token: storage.Token{ID: 1, Scopes: c.held}}
		if got := who.May(c.wanted); got != c.may {
			t.Errorf("%q may %q: %v", c.held, c.wanted, got)
		}
	}
	if (Who{Token: storage.Token{Scopes: "profile"}}).May("read:accounts", "profile") == false {
		t.Error("one of several scopes is not enough")
	}
}

// door is an Auth with one person and their token.
type door struct {
	*Auth
	t      *testing.T
	me     storage.Account
	secret string
}

func newDoor(t *testing.T, confirmed storage.Millis) door {
	t.Helper()
	store, err := storage.Open(context.Background(), storagetest.SQLite(t), slog.New(slog.DiscardHandler))
	check(t, err)
	t.Cleanup(func() { check(t, store.Close()) })
	d := door{Auth: NewAuth(store), t: t}
	secret, hash := people.NewSecret()
	d.secret = secret
	d.do(func(tx *storage.Tx) (err error) {
		ctx := context.Background()
		if d.me, err = tx.CreateAccount(ctx, storage.Account{URI: "https://harbor.example/users/ana", Name: "ana"}); err != nil {
			return err
		}
		err = tx.CreateLogin(ctx, storage.Login{AccountID: d.me.ID, Email: "ana@harbor.example", ConfirmedAt: confirmed})
		if err != nil {
			return err
		}
		app, err := tx.CreateApp(ctx, storage.App{ClientID: "toot", Name: "Toot"})
		if err != nil {
			return err
		}
		_, err = tx.CreateToken(ctx, storage.Token{Hash: hash, AppID: app.ID, AccountID: d.me.ID, Scopes: "read"})
		return err
	})
	return d
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (d door) do(fn func(tx *storage.Tx) error) {
	d.t.Helper()
	check(d.t, d.store.Tx(context.Background(), fn))
}

func (d door) knock(header string) (Who, error) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if header != "" {
		r.Header.Set("Authorization", header)
	}
	return d.Authenticate(r)
}

func TestATokenNamesItsOwner(t *testing.T) {
	// If this failed, nobody could use an app, or strangers could pass for somebody.
	d := newDoor(t, 1)
	for _, header := range []string{"Bearer " + d.secret, "bearer  " + d.secret + " "} {
		who, err := d.knock(header)
		check(t, err)
		if !who.Known() || !who.Person() || who.Account.Name != "ana" || who.App.Name != "Toot" || who.Login.Email == "" {
			t.Errorf("%q is %+v", header, who)
		}
	}
	for _, header := range []string{"", "Basic YTpi", "Bearer", "Bearer "} {
		if who, err := d.knock(header); err != nil || who.Known() {
			t.Errorf("%q is %+v, %v", header, who, err)
		}
	}
	for _, header := range []string{"Bearer x", "Bearer " + d.secret + "x", "Bearer " + string(make([]byte, 4096))} {
		if _, err := d.knock(header); !fault.Is(err, fault.Unauthenticated) || fault.DetailOf(err) != "The access token is invalid" {
			t.Errorf("%.20q: %v", header, err)
		}
	}
}

func TestWhoMayNotUseTheNodeIsRefused(t *testing.T) {
	// If this failed, somebody suspended could go on posting for as long as their app keeps its token.
	d := newDoor(t, 0)
	if _, err := d.knock("Bearer " + d.secret); !fault.Is(err, fault.Forbidden) || fault.DetailOf(err) != "Your login is missing a confirmed e-mail address" {
		t.Errorf("not confirmed: %v", err)
	}
	d = newDoor(t, 1)
	_, err := d.knock("Bearer " + d.secret)
	check(t, err)
	d.do(func(tx *storage.Tx) error {
		return tx.PutDomainPolicy(context.Background(), storage.DomainPolicy{Domain: "elsewhere.example", Action: storage.DomainBlock})
	})
	hash := people.SecretHash(d.secret)
	d.do(func(tx *storage.Tx) error { return tx.SetSuspended(context.Background(), d.me.ID, true) })
	d.AccountChanged(d.me.ID)
	if _, err := d.knock("Bearer " + d.secret); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("suspended, with the tokens gone: %v", err)
	}
	d.do(func(tx *storage.Tx) error { // as if the token had been made at the same moment
		app, err := tx.AppByClientID(context.Background(), "toot")
		if err != nil {
			return err
		}
		_, err = tx.CreateToken(context.Background(), storage.Token{Hash: hash, AppID: app.ID, AccountID: d.me.ID})
		return err
	})
	if _, err := d.knock("Bearer " + d.secret); !fault.Is(err, fault.Forbidden) || fault.DetailOf(err) != "Your login is currently disabled" {
		t.Errorf("suspended: %v", err)
	}
}

func TestARevokedTokenIsForgottenAtOnce(t *testing.T) {
	// If this failed, a token that was revoked because it leaked would go on working.
	d := newDoor(t, 1)
	who, err := d.knock("Bearer " + d.secret)
	check(t, err)
	d.do(func(tx *storage.Tx) error {
		return tx.RevokeToken(context.Background(), who.Token.Hash, who.Token.AppID)
	})
	if _, err := d.knock("Bearer " + d.secret); err != nil {
		t.Fatalf("the token is not kept in memory: %v", err)
	}
	d.Revoked("nonsense")
	d.Revoked(strconv.FormatInt(who.Token.ID, 10))
	if _, err := d.knock("Bearer " + d.secret); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("after the event: %v", err)
	}
}

func TestALookUpDoesNotBringBackWhatWasRevokedMeanwhile(t *testing.T) {
	// If this failed, a request at the moment of a revocation would keep the token alive.
	d := newDoor(t, 1)
	_, _, forgotten := d.believed("hash", time.Now())
	d.Revoked("1")
	d.believe("hash", believed{Who{}, time.Now().Add(time.Hour)}, forgotten)
	if _, ok, _ := d.believed("hash", time.Now()); ok {
		t.Error("what was read before the revocation is believed after it")
	}
}

func TestTokensAreLookedUpAgainAndTheirNumberIsBounded(t *testing.T) {
	// If this failed, a revocation whose event was lost would never count, and strangers could fill
	// the memory.
	d := newDoor(t, 1)
	synctest.Test(t, func(t *testing.T) {
		_, _, forgotten := d.believed("", time.Now())
		for i := range tokensMax + 10 {
			d.believe(strconv.Itoa(i), believed{Who{}, time.Now().Add(tokenFresh)}, forgotten)
		}
		if len(d.tokens) > tokensMax {
			t.Errorf("%d tokens are kept", len(d.tokens))
		}
		last := strconv.Itoa(tokensMax + 9)
		if _, ok, _ := d.believed(last, time.Now()); !ok {
			t.Error("the newest token is not kept")
		}
		time.Sleep(tokenFresh)
		if _, ok, _ := d.believed(last, time.Now()); ok {
			t.Error("a token is believed for too long")
		}
	})
}

func TestUseIsNotedOnceADay(t *testing.T) {
	// If this failed, home timelines of people who use the node would not be written any more, or
	// every request would write to the database.
	d := newDoor(t, 1)
	ctx := context.Background()
	active := func() storage.Millis {
		login, err := d.store.LoginByAccount(ctx, d.me.ID)
		check(t, err)
		return login.ActiveAt
	}
	tomorrow := time.Now().Add(24 * time.Hour)
	who, err := d.knock("Bearer " + d.secret)
	check(t, err)
	check(t, d.touch(ctx, people.SecretHash(d.secret), who, tomorrow))
	if active() != today(tomorrow) {
		t.Errorf("active at %v", active().Time())
	}
	if who, _ := d.knock("Bearer " + d.secret); who.Login.ActiveAt != today(tomorrow) {
		t.Error("the same day would be noted again")
	}
}
