package people

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/vocab"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// letterbox is the Mailer of tests.
type letterbox struct {
	mu    sync.Mutex
	mails []Mail
	away  bool // there is no mail server
}

func (l *letterbox) Send(_ context.Context, m Mail) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mails = append(l.mails, m)
	return nil
}

func (l *letterbox) Delivers() bool { return !l.away }

// last returns the secret of the newest mail of a kind to an address.
func (l *letterbox) last(t *testing.T, kind, to string) string {
	t.Helper()
	for _, m := range slices.Backward(l.mails) {
		if m.Kind == kind && m.To == to {
			return m.Link[strings.LastIndex(m.Link, "/")+1:]
		}
	}
	t.Fatalf("no mail %s to %s in %+v", kind, to, l.mails)
	return ""
}

func (l *letterbox) kinds() (kinds []string) {
	for _, m := range l.mails {
		kinds = append(kinds, m.Kind+" "+m.To)
	}
	slices.Sort(kinds)
	return kinds
}

// posted is a village with a letterbox, in which everybody may join.
type posted struct {
	village
	box *letterbox
}

func eachPosted(t *testing.T, test func(t *testing.T, v posted)) {
	t.Helper()
	run := func(t *testing.T, url string) {
		v := posted{newVillage(t, url), &letterbox{}}
		v.Mailer = v.box
		check(t, v.SetRegistrations(t.Context(), RegistrationsOpen))
		test(t, v)
	}
	t.Run("sqlite", func(t *testing.T) { run(t, sqlite(t)) })
	t.Run("postgres", func(t *testing.T) { run(t, storagetest.Postgres(t)) })
}

func onePosted(t *testing.T) posted {
	t.Helper()
	v := posted{newVillage(t, sqlite(t)), &letterbox{}}
	v.Mailer = v.box
	check(t, v.SetRegistrations(t.Context(), RegistrationsOpen))
	return v
}

// work does the background jobs that are due.
func (v posted) work(t *testing.T) {
	t.Helper()
	for {
		lanes := must(v.store.ClaimLanes(t.Context(), queueWork, 100))
		if len(lanes) == 0 {
			return
		}
		for _, lane := range lanes {
			for _, job := range lane.Jobs {
				if do := v.Jobs()[job.Kind]; do != nil {
					check(t, do(t.Context(), job))
				}
				v.do(func(tx *storage.Tx) error { return tx.FinishJob(t.Context(), job.ID) })
			}
			v.do(func(tx *storage.Tx) error { return tx.ReleaseLane(t.Context(), lane) })
		}
	}
}

var home = From{Network: "192.0.2.7"}

func wish(name string) Wish {
	return Wish{Name: name, Email: name + "@mail.example", Password: password, Agreed: true, Locale: "en", From: home}
}

// If this failed, nobody could join, or people could whose address is somebody else's.
func TestSignUpMakesAnAccountWhenTheAddressIsConfirmed(t *testing.T) {
	eachPosted(t, func(t *testing.T, v posted) {
		owner := must(v.Create(t.Context(), NewPerson{Handle: "ana", Email: "ana@mail.example", Password: password, Role: storage.RoleOwner, Confirmed: true}))
		var app storage.App
		v.do(func(tx *storage.Tx) (err error) {
			app, err = tx.CreateApp(t.Context(), storage.App{ClientID: "c", Name: "Phone", Scopes: "read write"})
			return err
		})
		w := wish("Zoe")
		w.App, w.Scopes = app.ID, app.Scopes
		made := must(v.SignUp(t.Context(), w))
		if made.Account.ID != 0 || made.Token == "" || made.Signup.Name != "zoe" {
			t.Fatalf("%+v", made)
		}
		if _, err := v.store.AccountByHandle(t.Context(), "zoe", ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("there is an account already: %v", err)
		}
		if _, err := v.store.TokenByHash(t.Context(), SecretHash(made.Token)); !fault.Is(err, fault.NotFound) {
			t.Errorf("the token works already: %v", err)
		}
		v.work(t)
		secret := v.box.last(t, MailConfirm, "zoe@mail.example")
		if got := must(v.Confirming(t.Context(), secret)); got.ID != made.Signup.ID {
			t.Errorf("the link is for %+v", got)
		}
		zoe := must(v.Confirm(t.Context(), secret))
		if zoe.Name != "zoe" || zoe.Hidden {
			t.Fatalf("%+v", zoe)
		}
		if token := must(v.store.TokenByHash(t.Context(), SecretHash(made.Token))); token.AccountID != zoe.ID || token.Scopes != "read write" {
			t.Errorf("token: %+v", token)
		}
		if _, err := v.Confirm(t.Context(), secret); !fault.Is(err, fault.NotFound) {
			t.Errorf("the link works twice: %v", err)
		}
		v.work(t) // the job that makes the account finds it made
		if in := must(v.SignIn(t.Context(), home, "zoe@mail.example", password)); in.Account.ID != zoe.ID {
			t.Errorf("signed in as %+v", in)
		}
		told := must(v.store.Notifications(t.Context(), owner.ID, storage.NotificationFilter{}, storage.Page{}))
		if len(told) != 1 || told[0].Type != storage.NotifySignUp || told[0].FromID != zoe.ID {
			t.Errorf("the owner was told %+v", told)
		}
		if rest := must(v.store.Signups(t.Context(), 0, 10)); len(rest) != 0 {
			t.Errorf("still waiting: %+v", rest)
		}
	})
}

// If this failed, an account whose wish was granted would not be made when the process ended there.
func TestGrantedWishIsMadeByTheJobToo(t *testing.T) {
	v := onePosted(t)
	made := must(v.SignUp(t.Context(), wish("zoe")))
	v.do(func(tx *storage.Tx) error { // as Confirm does, up to the crash
		w, err := tx.HoldSignup(t.Context(), made.Signup.ID)
		if err != nil {
			return err
		}
		w.ConfirmedAt = storage.Now()
		if err := tx.UpdateSignup(t.Context(), w); err != nil {
			return err
		}
		return v.afterwards(t.Context(), tx, w)
	})
	v.work(t)
	must(v.store.AccountByHandle(t.Context(), "zoe", ""))
	for _, m := range v.box.mails {
		if m.Kind == MailConfirm {
			t.Errorf("asked to confirm what is confirmed: %+v", m)
		}
	}
}

// If this failed, anybody could find out who has an account by trying to make one (A133).
func TestA133SignUpTellsNobodyWhoseAddressItIs(t *testing.T) {
	v := onePosted(t)
	v.person("ana")
	other := wish("eve")
	other.Email = "Ana@mail.example"
	made := must(v.SignUp(t.Context(), other))
	fresh := must(v.SignUp(t.Context(), wish("zoe")))
	if made.Account.ID != 0 || made.Signup.ConfirmedAt != fresh.Signup.ConfirmedAt || made.Signup.ApprovedAt == 0 {
		t.Errorf("answers differ: %+v %+v", made, fresh)
	}
	v.work(t)
	if got, want := v.box.kinds(), []string{"confirm zoe@mail.example", "taken ana@mail.example"}; !slices.Equal(got, want) {
		t.Errorf("mailed %v, want %v", got, want)
	}
	check(t, v.ConfirmAgain(t.Context(), made.Signup, "", home))
	v.work(t)
	if got := v.box.kinds(); len(got) != 3 || got[1] != "taken ana@mail.example" {
		t.Errorf("mailed %v", got)
	}
}

// If this failed, people could join who must not, or nobody could make the first account.
func TestWhoMayJoin(t *testing.T) {
	const waits, joins, refused = "waits", "joins", "refused"
	for _, c := range []struct{ mode, invite, want string }{
		{RegistrationsOpen, "", waits}, {RegistrationsOpen, storage.RoleMember, waits}, {RegistrationsOpen, storage.RoleOwner, joins},
		{RegistrationsApproval, "", waits}, {RegistrationsApproval, storage.RoleMember, waits},
		{RegistrationsInvite, "", refused}, {RegistrationsInvite, storage.RoleMember, waits}, {RegistrationsInvite, storage.RoleOwner, joins},
		{RegistrationsClosed, "", refused}, {RegistrationsClosed, storage.RoleMember, refused}, {RegistrationsClosed, storage.RoleOwner, joins},
		{RegistrationsOpen, "guessed", "not found"},
	} {
		v := onePosted(t)
		check(t, v.SetRegistrations(t.Context(), c.mode))
		w := wish("zoe")
		w.Reason = "friends"
		switch c.invite {
		case "":
		case "guessed":
			w.Invite = c.invite
		default:
			w.Invite, _, _ = v.Invite(t.Context(), NewInvite{Role: c.invite, Lasts: time.Hour})
		}
		made, err := v.SignUp(t.Context(), w)
		got := waits
		switch {
		case fault.Is(err, fault.Forbidden):
			got = refused
		case fault.Is(err, fault.NotFound):
			got = "not found"
		case err != nil:
			t.Fatal(err)
		case made.Account.ID != 0:
			got = joins
		}
		if got != c.want {
			t.Errorf("%s with an invitation as %q: %s, want %s", c.mode, c.invite, got, c.want)
		}
		if approved := made.Signup.ApprovedAt != 0; got == waits && approved != (c.mode != RegistrationsApproval || c.invite != "") {
			t.Errorf("%s with an invitation as %q: approved %v", c.mode, c.invite, approved)
		}
	}
	v := onePosted(t)
	if err := v.SetRegistrations(t.Context(), "maybe"); !fault.Is(err, fault.Invalid) {
		t.Errorf("another word: %v", err)
	}
	if mode := must(newVillage(t, sqlite(t)).Registrations(t.Context())); mode != RegistrationsInvite {
		t.Errorf("a new node: %s", mode)
	}
}

// If this failed, a family that has no mail server could not let anybody in.
func TestWithoutMailAnInvitationVouches(t *testing.T) {
	v := onePosted(t)
	v.box.away = true
	check(t, v.SetRegistrations(t.Context(), RegistrationsInvite))
	w := wish("zoe")
	w.Invite, _, _ = v.Invite(t.Context(), NewInvite{Lasts: time.Hour})
	if made := must(v.SignUp(t.Context(), w)); made.Account.Name != "zoe" {
		t.Errorf("%+v", made)
	}
	check(t, v.SetRegistrations(t.Context(), RegistrationsApproval))
	w = wish("yan")
	w.Reason = "friends"
	made := must(v.SignUp(t.Context(), w))
	if made.Account.ID != 0 || made.Signup.ConfirmedAt == 0 {
		t.Errorf("%+v", made)
	}
	if yan := must(v.Approve(t.Context(), made.Signup.ID)); yan.Name != "yan" {
		t.Errorf("%+v", yan)
	}
	check(t, v.SetRegistrations(t.Context(), RegistrationsOpen))
	if made := must(v.SignUp(t.Context(), wish("wim"))); made.Signup.ConfirmedAt != 0 {
		t.Error("anybody has an address without showing it")
	}
}

// If this failed, people would wait for ever, or get in whom nobody wanted.
func TestApprovalIsWaitedForAndMailed(t *testing.T) {
	eachPosted(t, func(t *testing.T, v posted) {
		must(v.Create(t.Context(), NewPerson{Handle: "ana", Email: "ana@mail.example", Password: password, Role: storage.RoleAdmin, Confirmed: true}))
		check(t, v.SetRegistrations(t.Context(), RegistrationsApproval))
		ask := func(name string) storage.Signup {
			w := wish(name)
			w.Reason = "I know ana"
			made := must(v.SignUp(t.Context(), w))
			v.work(t)
			if a := must(v.Confirm(t.Context(), v.box.last(t, MailConfirm, w.Email))); a.ID != 0 {
				t.Fatalf("%s has an account already", name)
			}
			v.work(t)
			return made.Signup
		}
		zoe, eve := ask("zoe"), ask("eve")
		if _, err := v.SignIn(t.Context(), home, "zoe", password); err != ErrUnapproved {
			t.Errorf("signing in while waiting: %v", err)
		}
		if got := v.box.kinds(); !slices.Contains(got, "pending ana@mail.example") {
			t.Errorf("mailed %v", got)
		}
		for _, m := range v.box.mails {
			if m.Kind == MailPending && m.Link != v.Paths.Base+RequestsPath {
				t.Errorf("who decides is led to %q", m.Link)
			}
		}
		if a := must(v.Approve(t.Context(), zoe.ID)); a.Name != "zoe" {
			t.Errorf("approved: %+v", a)
		}
		check(t, v.Reject(t.Context(), eve.ID))
		v.work(t)
		v.box.last(t, MailWelcome, "zoe@mail.example")
		must(v.SignIn(t.Context(), home, "zoe", password))
		if _, err := v.SignIn(t.Context(), home, "eve", password); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("who was rejected signs in: %v", err)
		}
		if must(v.store.NameTaken(t.Context(), "eve")) {
			t.Error("the name of who was rejected is taken")
		}
		for _, err := range []error{second(v.Approve(t.Context(), eve.ID)), v.Reject(t.Context(), zoe.ID)} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("decided twice: %v", err)
			}
		}
		w := wish("early")
		w.Reason = "x"
		early := must(v.SignUp(t.Context(), w)).Signup // approved before the address is confirmed
		v.work(t)
		if a := must(v.Approve(t.Context(), early.ID)); a.ID != 0 {
			t.Error("an account whose address nobody confirmed")
		}
		if a := must(v.Confirm(t.Context(), v.box.last(t, MailConfirm, w.Email))); a.Name != "early" {
			t.Errorf("%+v", a)
		}
	})
}

func second[T any](_ T, err error) error { return err }

// If this failed, people would not learn what to write instead, or could take what is not theirs.
func TestEverythingWrongWithAWishIsSaid(t *testing.T) {
	v := onePosted(t)
	v.MinAge = 16
	v.person("ana")
	must(v.SignUp(t.Context(), born(wish("waits"), 30)))
	year := time.Now().AddDate(-16, 0, 1)
	for name, c := range map[string]struct {
		wish Wish
		want []Flaw
	}{
		"nothing": {Wish{}, []Flaw{{"username", FlawBlank}, {"email", FlawBlank}, {"password", FlawBlank}, {"agreement", FlawAccepted}, {"date_of_birth", FlawBlank}}},
		"all wrong": {Wish{Name: "a b", Email: `"x"@y`, Password: "short", Agreed: true, Born: year, Reason: strings.Repeat("x", ReasonMax+1)},
			[]Flaw{{"username", FlawInvalid}, {"email", FlawInvalid}, {"password", FlawTooShort}, {"reason", FlawTooLong}, {"date_of_birth", FlawTooYoung}}},
		"taken":    {born(wish("ANA"), 30), []Flaw{{"username", FlawTaken}}},
		"waits":    {born(wish("waits"), 30), []Flaw{{"username", FlawTaken}}},
		"reserved": {born(wish("admin"), 30), []Flaw{{"username", FlawReserved}}},
		"long":     {born(wish(strings.Repeat("a", 31)), 30), []Flaw{{"username", FlawTooLong}}},
		"endless":  {Wish{Name: "zoe", Email: "zoe@mail.example", Password: strings.Repeat("x", 513), Agreed: true, Born: born(Wish{}, 20).Born}, []Flaw{{"password", FlawTooLong}}},
	} {
		_, err := v.SignUp(t.Context(), c.wish)
		refusal, ok := errors.AsType[*Refusal](err)
		if !ok || !fault.Is(err, fault.Unprocessable) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.want, refusal.Flaws); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if text := fault.DetailOf(err); !strings.HasPrefix(text, "Validation failed: ") || strings.Contains(text, ":  ") {
			t.Errorf("%s: %q", name, text)
		}
	}
	check(t, v.SetRegistrations(t.Context(), RegistrationsApproval))
	_, err := v.SignUp(t.Context(), born(wish("zoe"), 20))
	if refusal, ok := errors.AsType[*Refusal](err); !ok || !slices.Equal(refusal.Flaws, []Flaw{{"reason", FlawBlank}}) {
		t.Errorf("no reason: %v", err)
	}
}

func born(w Wish, years int) Wish {
	w.Born = time.Now().AddDate(-years, 0, -1)
	return w
}

// If this failed, one script could take every name there is in an hour.
func TestSignUpIsSlowedByNetwork(t *testing.T) {
	v := onePosted(t)
	for i := range budgetSignUp.Free + 1 {
		must(v.SignUp(t.Context(), wish("zoe"+string(rune('a'+i)))))
	}
	_, err := v.SignUp(t.Context(), wish("zoe"))
	if !fault.Is(err, fault.RateLimited) || fault.RetryOf(err) > budgetSignUp.First {
		t.Errorf("one too many: %v", err)
	}
	other := wish("zoe")
	other.From.Network = "198.51.100.1"
	must(v.SignUp(t.Context(), other))
}

// If this failed, who knows a name could keep its owner out, or guess for ever, or find out which
// names there are (A133).
func TestA133GuessingIsSlowedAndTheOwnerIsNot(t *testing.T) {
	eachPosted(t, func(t *testing.T, v posted) {
		ana := v.person("ana")
		_, device, err := v.OpenSession(t.Context(), v.proved(ana), "Firefox", "192.0.2.0/24", "")
		check(t, err)
		eve := From{Network: "203.0.113.1"}
		guesses := func(name string) (codes []fault.Code) {
			for range budgetStranger.Free + 3 {
				_, err := v.SignIn(t.Context(), eve, name, "wrong password")
				codes = append(codes, fault.CodeOf(err))
			}
			return codes
		}
		known, unknown := guesses("ana"), guesses("nobody")
		if !slices.Equal(known, unknown) || known[0] != fault.Unauthenticated || known[len(known)-1] != fault.RateLimited {
			t.Errorf("for ana %v, for nobody %v", known, unknown)
		}
		if _, err := v.SignIn(t.Context(), eve, "@Ana ", password); !fault.Is(err, fault.RateLimited) {
			t.Errorf("another way to write the name is another budget: %v", err)
		}
		owner := From{Network: eve.Network, Device: device}
		if in, err := v.SignIn(t.Context(), owner, "ana", password); err != nil || in.Account.ID != ana.ID {
			t.Errorf("the owner in a known browser: %v", err)
		}
		if in, err := v.SignIn(t.Context(), From{Network: "198.51.100.9"}, "ana", password); err != nil || in.Account.ID != ana.ID {
			t.Errorf("the owner from another network: %v", err)
		}
		for range budgetDevice.Free + 1 {
			_, _ = v.SignIn(t.Context(), owner, "ana", "wrong password")
		}
		if _, err = v.SignIn(t.Context(), owner, "ana", password); !fault.Is(err, fault.RateLimited) {
			t.Errorf("a known browser guesses for ever: %v", err)
		}
		ben := v.person("ben")
		if _, err := v.SignIn(t.Context(), From{Network: "198.51.100.9", Device: device}, "ben", password); err != nil {
			t.Errorf("a browser that ben never used: %v %v", ben.Name, err)
		}
	})
}

// If this failed, a thousand machines could guess at one account without end, or lock its owner
// out.
func TestNameHasABudgetOfAllStrangers(t *testing.T) {
	v := onePosted(t)
	ana := v.person("ana")
	tries := func(from From) error {
		list, err := v.passwordTries(t.Context(), from, "ana", ana.ID)
		check(t, err)
		return v.attempt(t.Context(), list...)
	}
	for i := range budgetName.Free + 1 {
		check(t, tries(From{Network: "network " + string(rune(i))}))
	}
	if err := tries(From{Network: "one more"}); !fault.Is(err, fault.RateLimited) || fault.RetryOf(err) > budgetName.Most {
		t.Errorf("one more: %v", err)
	}
	// The owner, in a browser that is not known, gets in by mail.
	v.work(t)
	check(t, v.AskReset(t.Context(), From{Network: "the owner's"}, "ana@mail.example"))
	v.work(t)
	must(v.Reset(t.Context(), v.box.last(t, MailReset, "ana@mail.example"), "a new password"))
	_, device, err := v.OpenSession(t.Context(), v.proved(ana), "", "", "")
	check(t, err)
	must(v.SignIn(t.Context(), From{Network: "the owner's", Device: device}, "ana", "a new password"))
}

// If this failed, asking for a new password would tell who has an account, fill mailboxes, or work
// for who found an old mail (A133, A124).
func TestA124A133ResetByMail(t *testing.T) {
	eachPosted(t, func(t *testing.T, v posted) {
		ana := v.person("ana")
		_, device, err := v.OpenSession(t.Context(), v.proved(ana), "", "", "")
		check(t, err)
		token := must(v.IssueToken(t.Context(), ana, "read"))
		for _, address := range []string{"ana@mail.example", "nobody@mail.example", "ANA@mail.example"} {
			check(t, v.AskReset(t.Context(), home, address))
		}
		v.work(t)
		if got, want := v.box.kinds(), []string{"reset ana@mail.example", "reset ana@mail.example"}; !slices.Equal(got, want) {
			t.Errorf("mailed %v", got)
		}
		secret := v.box.last(t, MailReset, "ana@mail.example")
		if who := must(v.Resetting(t.Context(), secret)); who.ID != ana.ID {
			t.Errorf("the link is %s's", who.Name)
		}
		if _, err := v.Reset(t.Context(), secret, "short"); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("a short one: %v", err)
		}
		must(v.Reset(t.Context(), secret, "another password"))
		for _, again := range []string{secret, strings.TrimPrefix(v.box.mails[0].Link, "https://harbor.example"+ResetPath), "guessed"} {
			if _, err := v.Reset(t.Context(), again, "third password"); !fault.Is(err, fault.NotFound) {
				t.Errorf("again: %v", err)
			}
		}
		if left := must(v.store.Sessions(t.Context(), ana.ID)); len(left) != 0 {
			t.Errorf("sessions left: %+v", left)
		}
		if _, err := v.store.TokenByHash(t.Context(), SecretHash(token)); !fault.Is(err, fault.NotFound) {
			t.Errorf("the token still works: %v", err)
		}
		if must(v.store.KnowsDevice(t.Context(), ana.ID, SecretHash(device))) {
			t.Error("the browser of whoever had the old password is still known")
		}
		v.work(t)
		v.box.last(t, MailPasswordChanged, "ana@mail.example")
		before := len(v.box.mails)
		for range 5 {
			check(t, v.AskReset(t.Context(), From{Network: "198.51.100.1"}, "ana@mail.example"))
		}
		v.work(t)
		if sent := len(v.box.mails) - before; sent > budgetMail.Free {
			t.Errorf("%d mails more to one address", sent)
		}
		for range budgetAsk.Free {
			err = v.AskReset(t.Context(), home, "x@mail.example")
		}
		if !fault.Is(err, fault.RateLimited) {
			t.Errorf("one network asks for ever: %v", err)
		}
	})
}

// If this failed, who never got the first mail could not go on, or never at another address.
func TestConfirmationIsMailedAgain(t *testing.T) {
	v := onePosted(t)
	made := must(v.SignUp(t.Context(), wish("zoe")))
	if _, err := v.SignIn(t.Context(), home, "zoe", "wrong password"); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a wrong password: %v", err)
	}
	if _, err := v.SignIn(t.Context(), home, "zoe@mail.example", password); err != ErrUnconfirmed {
		t.Errorf("the right one: %v", err)
	}
	check(t, v.AskReset(t.Context(), home, "zoe@mail.example"))
	v.work(t)
	if got := v.box.kinds(); len(got) != 2 || got[1] != "confirm zoe@mail.example" {
		t.Errorf("mailed %v", got)
	}
	old := v.box.last(t, MailConfirm, "zoe@mail.example")
	check(t, v.ConfirmAgain(t.Context(), made.Signup, "zoe@new.example", home))
	v.work(t)
	if _, err := v.Confirm(t.Context(), old); !fault.Is(err, fault.NotFound) {
		t.Errorf("the link to the old address: %v", err)
	}
	must(v.Confirm(t.Context(), v.box.last(t, MailConfirm, "zoe@new.example")))
	if login := must(v.store.LoginByEmail(t.Context(), "zoe@new.example")); login.ConfirmedAt == 0 {
		t.Errorf("%+v", login)
	}
	made.Signup.ConfirmedAt = 1
	if err := v.ConfirmAgain(t.Context(), made.Signup, "", home); !fault.Is(err, fault.Forbidden) {
		t.Errorf("after it: %v", err)
	}
	if err := v.ConfirmAgain(t.Context(), storage.Signup{ID: 1}, "nonsense", home); !fault.Is(err, fault.Unprocessable) {
		t.Errorf("no address: %v", err)
	}
}

// If this failed, a stolen password would be enough, a code would work twice, or a lost phone would
// be a lost account.
func TestCodesAreAskedForAndWorkOnce(t *testing.T) {
	eachPosted(t, func(t *testing.T, v posted) {
		ana := v.person("ana")
		check(t, v.OfferCodes(t.Context(), v.session(ana), ana))
		if in := must(v.SignIn(t.Context(), home, "ana", password)); in.Step != "" {
			t.Error("codes are asked for that nobody confirmed")
		}
		secret, picture, err := v.OfferedCodes(t.Context(), ana)
		if err != nil || len(picture) < 100 || string(picture[1:4]) != "PNG" {
			t.Fatalf("%d bytes, %v", len(picture), err)
		}
		code := func(at time.Duration) string { return must(totp.GenerateCode(secret, time.Now().Add(at))) }
		if _, err := v.UseCodes(t.Context(), v.session(ana), ana, "000000x"); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a wrong code: %v", err)
		}
		recovery := must(v.UseCodes(t.Context(), v.session(ana), ana, code(-codePeriod)))
		if len(recovery) != recoveryCodes {
			t.Errorf("recovery codes: %v", recovery)
		}
		if _, _, err := v.OfferedCodes(t.Context(), ana); !fault.Is(err, fault.NotFound) {
			t.Errorf("the secret is shown again: %v", err)
		}
		step := func() string {
			in := must(v.SignIn(t.Context(), home, "ana", password))
			if in.Step == "" || in.Account.ID != 0 {
				t.Fatalf("the password alone lets in: %+v", in)
			}
			return in.Step
		}
		now := code(0)
		first := step()
		for i, c := range []struct {
			step, code string // "": a new step
			want       fault.Code
		}{
			{first, "12345", fault.Unauthenticated}, {first, code(-codePeriod), fault.Unauthenticated}, {first, now[:3] + " " + now[3:], ""},
			{first, now, fault.NotFound}, {"", now, fault.Unauthenticated}, {"", recovery[0], ""}, {"", recovery[0], fault.Unauthenticated},
			{"", strings.ToUpper(strings.ReplaceAll(recovery[1], "-", "")), ""}, {"guessed", recovery[2], fault.NotFound},
		} {
			if c.step == "" {
				c.step = step()
			}
			a, err := v.SecondStep(t.Context(), home, c.step, c.code)
			if fault.CodeOf(err) != c.want || (err == nil) != (a.Account.ID == ana.ID) {
				t.Errorf("%d: %s gives %v, want %s", i, c.code, err, c.want)
			}
		}
		if _, err := v.prove(t.Context(), home, ana, password, ""); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a proof without a code: %v", err)
		}
		must(v.prove(t.Context(), home, ana, password, recovery[3]))
		last := step()
		for range budgetCode.Free + 1 {
			_, _ = v.SecondStep(t.Context(), home, last, "000000")
		}
		if _, err = v.SecondStep(t.Context(), home, last, recovery[4]); !fault.Is(err, fault.RateLimited) {
			t.Errorf("codes can be guessed without end: %v", err)
		}
		check(t, v.StopCodes(t.Context(), v.session(ana), ana))
		check(t, v.StopCodes(t.Context(), v.session(ana), ana))
		if in := must(v.SignIn(t.Context(), home, "ana", password)); in.Account.ID != ana.ID {
			t.Errorf("after it: %+v", in)
		}
		v.work(t)
		if got, want := v.box.kinds(), []string{"codes-off ana@mail.example", "codes-on ana@mail.example"}; !slices.Equal(got, want) {
			t.Errorf("mailed %v", got)
		}
	})
}

// If this failed, an account could be moved to an address that nobody reads, or away from its owner
// without a word to them.
func TestAddressChangesWhenTheNewOneIsRead(t *testing.T) {
	v := onePosted(t)
	ana, _ := v.person("ana"), v.person("ben")
	check(t, v.AskAddress(t.Context(), home, v.session(ana), "ana@new.example"))
	check(t, v.AskAddress(t.Context(), home, v.session(ana), "ben@mail.example"))
	v.work(t)
	if got, want := v.box.kinds(), []string{"new-address ana@new.example", "taken ben@mail.example"}; !slices.Equal(got, want) {
		t.Fatalf("mailed %v", got)
	}
	secret := v.box.last(t, MailNewAddress, "ana@new.example")
	if email := must(v.NewAddress(t.Context(), secret)); email != "ana@new.example" {
		t.Errorf("the link is for %s", email)
	}
	must(v.ChangeAddress(t.Context(), secret))
	if _, err := v.ChangeAddress(t.Context(), secret); !fault.Is(err, fault.NotFound) {
		t.Errorf("twice: %v", err)
	}
	v.work(t)
	if m := v.box.mails[len(v.box.mails)-1]; m.Kind != MailAddressChanged || m.To != "ana@mail.example" || m.Text != "ana@new.example" {
		t.Errorf("the old address was told %+v", m)
	}
	if login := must(v.store.LoginByAccount(t.Context(), ana.ID)); login.Email != "ana@new.example" {
		t.Errorf("%+v", login)
	}
	late := must(v.mint(t.Context(), storage.OneTime{Purpose: purposeAddress, AccountID: ana.ID, Email: "ben@mail.example"}, time.Hour, nil))
	if _, err := v.ChangeAddress(t.Context(), late); !fault.Is(err, fault.Conflict) {
		t.Errorf("an address that was taken meanwhile: %v", err)
	}
}

// If this failed, a browser that was left open could delete an account, or a node be left with
// nobody who runs it.
func TestLeavingTakesTheOwner(t *testing.T) {
	v := onePosted(t)
	owner := must(v.Create(t.Context(), NewPerson{Handle: "ana", Email: "ana@mail.example", Password: password, Role: storage.RoleOwner, Confirmed: true}))
	ben := v.person("ben")
	if err := v.Leave(t.Context(), home, ben, "wrong password", ""); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a wrong password: %v", err)
	}
	if err := v.Leave(t.Context(), home, owner, password, ""); !fault.Is(err, fault.Forbidden) {
		t.Errorf("the last who runs the node: %v", err)
	}
	_, _, err := v.Invite(t.Context(), NewInvite{From: ben, Lasts: time.Hour})
	check(t, err)
	check(t, v.OfferCodes(t.Context(), v.session(ben), ben))
	check(t, v.Leave(t.Context(), home, ben, password, ""))
	if a := must(v.store.AccountByID(t.Context(), ben.ID)); a.DeletedAt == 0 {
		t.Error("ben is still there")
	}
	if left := must(v.store.Invites(t.Context(), 0, 10)); len(left) != 0 {
		t.Errorf("invitations left: %+v", left)
	}
	if _, err := v.store.SecondFactor(t.Context(), ben.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a secret is left: %v", err)
	}
}

// interrupted is a Sender that does something else first, once.
type interrupted struct {
	Sender
	first func()
}

func (s *interrupted) Prepare(ctx context.Context, from storage.Account, a vocab.Activity, also ...string) (*federation.Outgoing, error) {
	if first := s.first; first != nil {
		s.first = nil
		first()
	}
	return s.Sender.Prepare(ctx, from, a, also...)
}

// If this failed, two who run a node and leave at the same time would leave it to nobody.
func TestOfTwoOwnersWhoLeaveAtOnceOneStays(t *testing.T) {
	eachPosted(t, func(t *testing.T, v posted) {
		person := func(name, role string) storage.Account {
			return must(v.Create(t.Context(), NewPerson{Handle: name, Email: name + "@mail.example", Password: password, Role: role, Confirmed: true}))
		}
		ana, ben := person("ana", storage.RoleOwner), person("ben", storage.RoleAdmin)
		v.Sender = &interrupted{v.Sender, func() { check(t, v.Leave(t.Context(), home, ben, password, "")) }}
		if err := v.Leave(t.Context(), home, ana, password, ""); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the last who runs the node: %v", err)
		}
		if staff := must(v.store.Staff(t.Context())); len(staff) != 1 || staff[0].AccountID != ana.ID {
			t.Errorf("who runs the node now: %+v", staff)
		}
	})
}

// If this failed, one person could let in a thousand, or somebody invite who must not.
func TestInvitationsHaveLimits(t *testing.T) {
	v := onePosted(t)
	ana := v.person("ana")
	for name, n := range map[string]NewInvite{
		"too often": {From: ana, Uses: InviteUsesMax + 1, Lasts: time.Hour}, "too long": {From: ana, Lasts: InviteLastsMax + 1}, "no time": {From: ana},
	} {
		if _, _, err := v.Invite(t.Context(), n); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, first, err := v.Invite(t.Context(), NewInvite{From: ana, Role: storage.RoleOwner, Lasts: time.Hour})
	if err != nil || first.Role != storage.RoleMember {
		t.Errorf("a member gives the role %q, %v", first.Role, err)
	}
	for range InvitesMax - 1 {
		_, _, err = v.Invite(t.Context(), NewInvite{From: ana, Lasts: time.Hour})
		check(t, err)
	}
	if _, _, err = v.Invite(t.Context(), NewInvite{From: ana, Lasts: time.Hour}); !fault.Is(err, fault.Conflict) {
		t.Errorf("one too many: %v", err)
	}
	if err := v.EndInvite(t.Context(), v.person("ben").ID, first.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("ended by another: %v", err)
	}
	check(t, v.EndInvite(t.Context(), ana.ID, first.ID))
	for _, mode := range []string{RegistrationsClosed, RegistrationsApproval} {
		check(t, v.SetRegistrations(t.Context(), mode))
		if _, _, err := v.Invite(t.Context(), NewInvite{From: ana, Lasts: time.Hour}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v", mode, err)
		}
	}
}
