package people

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pquerna/otp/totp"

	"tulou/protocol/fault"
	"tulou/storage"
)

// If this failed, who writes an address in a new way each time could guess at its password for ever
// (A133).
func TestA133EverySpellingOfANameHasOneBudget(t *testing.T) {
	v := onePosted(t)
	for _, same := range [][]string{
		{"ana", "ANA", " @Ana ", "acct:ana", "@ana@" + v.AccountHost, "ana@" + v.Paths.Host()},
		{"ana@mail.example", " Ana@MAIL.example", "ana@ｍail.example", "ana@ma\u00adil.example", "ana@mail。example", "ana@mail.example\u200b"},
	} {
		for _, name := range same {
			if got := v.typed(name); got != same[0] {
				t.Errorf("%q is counted as %q, not as %q", name, got, same[0])
			}
		}
	}
	if v.typed("ana@elsewhere.example") == "ana" {
		t.Error("somebody of another server is counted as somebody of this one")
	}
}

// If this failed, a password that is being tried while it is replaced would still open a session
// (A124).
func TestA124PasswordThatIsReplacedWhileItIsCheckedIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := onePosted(t)
		ana := v.person("ana")
		hash := must(v.hasher.hash(t.Context(), "another password"))
		for range hashesAtOnce { // many sign in at this moment
			v.hasher.slots <- struct{}{}
		}
		answer := make(chan error)
		go func() {
			_, err := v.SignIn(t.Context(), home, "ana", password)
			answer <- err
		}()
		synctest.Wait() // it has read the login and waits for its turn
		v.do(func(tx *storage.Tx) error { return tx.SetPasswordHash(t.Context(), ana.ID, hash) })
		for range hashesAtOnce {
			<-v.hasher.slots
		}
		if err := <-answer; !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("signing in: %v", err)
		}
	})
}

// If this failed, who still reads somebody's old mailbox could take the account over with a link
// that was asked for before the address was changed (A124).
func TestA124LinkToAnAddressThatWasGivenUpIsVoid(t *testing.T) {
	v := onePosted(t)
	ana := v.person("ana")
	check(t, v.AskReset(t.Context(), home, "ana@mail.example"))
	check(t, v.AskAddress(t.Context(), home, v.session(ana), "ana@new.example"))
	v.work(t)
	old := v.box.last(t, MailReset, "ana@mail.example")
	must(v.Resetting(t.Context(), old))
	must(v.ChangeAddress(t.Context(), v.box.last(t, MailNewAddress, "ana@new.example")))
	if _, err := v.Resetting(t.Context(), old); !fault.Is(err, fault.NotFound) {
		t.Errorf("the page of the link: %v", err)
	}
	if _, err := v.Reset(t.Context(), old, "a new password"); !fault.Is(err, fault.NotFound) {
		t.Errorf("the link: %v", err)
	}
}

// If this failed, an address would count as confirmed that nobody ever read, because the link was
// used while another one was asked for (A127).
func TestA127AddressIsNotExchangedAfterItsConfirmation(t *testing.T) {
	v := onePosted(t)
	check(t, v.SetRegistrations(t.Context(), RegistrationsApproval))
	w := wish("zoe")
	w.Reason = "cats"
	stale := must(v.SignUp(t.Context(), w)).Signup
	v.work(t)
	must(v.Confirm(t.Context(), v.box.last(t, MailConfirm, "zoe@mail.example")))
	if err := v.ConfirmAgain(t.Context(), stale, "victim@mail.example", home); !fault.Is(err, fault.Forbidden) {
		t.Errorf("another address: %v", err)
	}
	if now := must(v.store.SignupByID(t.Context(), stale.ID)); now.Email != "zoe@mail.example" {
		t.Errorf("%+v", now)
	}
}

// If this failed, somebody who was suspended could come back by their own invitations, and those of
// a time when everybody could invite would let people in whom nobody approved.
func TestInvitationsCountAsLongAsWhoMadeThem(t *testing.T) {
	v := onePosted(t)
	ana := v.person("ana")
	secret, _, err := v.Invite(t.Context(), NewInvite{From: ana, Uses: 5, Lasts: time.Hour})
	check(t, err)
	try := func(what string, counts bool) {
		t.Helper()
		w := wish("n" + SecretHash(what)[:3])
		w.Name, w.Invite = "zoe", secret
		_, err := v.Invited(t.Context(), secret)
		_, join := v.SignUp(t.Context(), w)
		if counts != (err == nil) || counts != (join == nil) || !counts && !(fault.Is(err, fault.NotFound) && fault.Is(join, fault.NotFound)) {
			t.Errorf("%s: %v, %v", what, err, join)
		}
	}
	check(t, v.SetRegistrations(t.Context(), RegistrationsApproval))
	try("while each is approved", false)
	check(t, v.SetRegistrations(t.Context(), RegistrationsInvite))
	v.do(func(tx *storage.Tx) error { return tx.SetSuspended(t.Context(), ana.ID, true) })
	try("of somebody suspended", false)
	v.do(func(tx *storage.Tx) error { return tx.SetSuspended(t.Context(), ana.ID, false) })
	try("again", true)
}

// If this failed, whoever has the lost phone would stay signed in when the operator turns its codes
// off (A124).
func TestA124LostCodesSignOut(t *testing.T) {
	v := onePosted(t)
	ana := v.person("ana")
	secret, _, err := v.OpenSession(t.Context(), v.proved(ana), "", "", "")
	check(t, err)
	token := must(v.IssueToken(t.Context(), ana, "read"))
	check(t, v.LoseCodes(t.Context(), ana))
	if _, err := v.store.SessionByHash(t.Context(), SecretHash(secret)); !fault.Is(err, fault.NotFound) {
		t.Errorf("the session: %v", err)
	}
	if _, err := v.store.TokenByHash(t.Context(), SecretHash(token)); !fault.Is(err, fault.NotFound) {
		t.Errorf("the token: %v", err)
	}
}

// If this failed, strangers who spend the budget of a name would keep out its owner, who uses codes
// and has a new browser, after a reset, too.
func TestResetLeadsOnToTheCode(t *testing.T) {
	v := onePosted(t)
	ana := v.person("ana")
	check(t, v.OfferCodes(t.Context(), v.session(ana), ana))
	offered, _, err := v.OfferedCodes(t.Context(), ana)
	check(t, err)
	recovery := must(v.UseCodes(t.Context(), v.session(ana), ana, must(totp.GenerateCode(offered, time.Now()))))
	check(t, v.AskReset(t.Context(), home, "ana@mail.example"))
	v.work(t)
	in := must(v.Reset(t.Context(), v.box.last(t, MailReset, "ana@mail.example"), "a new password"))
	if in.Account.ID != 0 || in.Step == "" {
		t.Fatalf("let in without a code: %+v", in)
	}
	if got := must(v.SecondStep(t.Context(), home, in.Step, recovery[0])).Account; got.ID != ana.ID {
		t.Errorf("let in %+v", got)
	}
}

// If this failed, anybody could fill a mailbox by making wishes for accounts in its name from many
// networks, and what they write could hide signs from those who read it.
func TestWishesDoNotFloodOrDisguise(t *testing.T) {
	v := onePosted(t)
	for i := range budgetMail.Free + 5 {
		w := wish("zoe")
		w.Name, w.From.Network = "zoe"+string(rune('a'+i)), "network "+string(rune('a'+i))
		w.Reason, w.Locale = " I am\x00 \u202e\r\nnice\x1b[2J ", "en\x00"
		made := must(v.SignUp(t.Context(), w)).Signup
		if made.Reason != "I am\nnice[2J" || made.Locale != "en" {
			t.Fatalf("kept %q %q", made.Reason, made.Locale)
		}
	}
	v.work(t)
	if n := len(v.box.mails); n != budgetMail.Free+1 {
		t.Errorf("%d mails to one address", n)
	}
	for text, want := range map[string]string{"pt-BR": "pt-BR", "zh_Hant": "zh_Hant", "es-419": "es-419", "": "en", "<b>": "en", "de\r\nBcc: x": "en"} {
		if got := locale(text); got != want {
			t.Errorf("%q is the language %q", text, got)
		}
	}
}

// If this failed, whoever was let in once could have asked for another address, be shown out by the
// owner, and take the account over with the link that was mailed to them.
func TestA124EndOfASessionVoidsItsLinksAndCodes(t *testing.T) {
	ends := map[string]func(t *testing.T, v posted, mine, theirs storage.Session){
		"one": func(t *testing.T, v posted, mine, theirs storage.Session) {
			check(t, v.EndSession(t.Context(), mine, theirs.ID))
		},
		"all": func(t *testing.T, v posted, mine, _ storage.Session) {
			check(t, v.EndOthers(t.Context(), From{Device: "mine"}, mine))
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) { eachPosted(t, func(t *testing.T, v posted) { v.takenOver(t, end) }) })
	}
}

// takenOver is a stranger who asks for what outlives a session, before it ends.
func (v posted) takenOver(t *testing.T, end func(t *testing.T, v posted, mine, theirs storage.Session)) {
	t.Helper()
	ana := v.person("ana")
	open := func(agent string) storage.Session {
		secret, _, err := v.OpenSession(t.Context(), v.proved(ana), agent, "", agent)
		check(t, err)
		return must(v.store.SessionByHash(t.Context(), SecretHash(secret)))
	}
	mine, theirs := open("mine"), open("theirs")
	check(t, v.AskAddress(t.Context(), home, theirs, "mallory@mail.example"))
	v.work(t)
	link := v.box.last(t, MailNewAddress, "mallory@mail.example")
	v.do(func(tx *storage.Tx) error {
		app, err := tx.CreateApp(t.Context(), storage.App{ClientID: "app", Name: "App"})
		if err != nil {
			return err
		}
		return tx.CreateCode(t.Context(), storage.Code{Hash: "code", AppID: app.ID, AccountID: ana.ID, ExpiresAt: storage.At(time.Now().Add(time.Hour))})
	})
	end(t, v, mine, theirs)
	if _, err := v.ChangeAddress(t.Context(), link); !fault.Is(err, fault.NotFound) {
		t.Errorf("the link that a stranger asked for: %v", err)
	}
	v.do(func(tx *storage.Tx) error {
		if _, err := tx.TakeCode(t.Context(), "code"); !fault.Is(err, fault.NotFound) {
			t.Errorf("the code of a stranger's program: %v", err)
		}
		return nil
	})
	if all := must(v.store.Sessions(t.Context(), ana.ID)); len(all) != 1 || all[0].ID != mine.ID {
		t.Errorf("sessions that are left: %+v", all)
	}
}
