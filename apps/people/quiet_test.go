package people

import (
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"tulou/protocol/fault"
	"tulou/storage"
)

// If this failed, strangers could find out who is on a node that shows nobody to strangers, by
// trying to join under their names (A133).
func TestA133PrivateNodeDoesNotTellWhichNamesAreTaken(t *testing.T) {
	for _, mode := range []string{RegistrationsOpen, RegistrationsApproval} {
		t.Run(mode, func(t *testing.T) {
			eachPosted(t, func(t *testing.T, v posted) {
				v.Private = true
				v.person("ana")
				check(t, v.SetRegistrations(t.Context(), mode))
				ask := func(name string) Wished {
					w := wish(name)
					w.Email, w.Reason, w.App, w.Scopes = "mallory+"+name+"@mail.example", "cats", 1, "read"
					return must(v.SignUp(t.Context(), w))
				}
				taken, free := ask("ana"), ask("zoe")
				if taken.Account.ID != 0 || taken.Token == "" || taken.Signup.ConfirmedAt != free.Signup.ConfirmedAt ||
					(taken.Signup.ApprovedAt == 0) != (free.Signup.ApprovedAt == 0) {
					t.Errorf("answers differ: %+v, %+v", taken, free)
				}
				v.work(t)
				want := []string{"confirm mallory+zoe@mail.example", "name-taken mallory+ana@mail.example"}
				if got := v.box.kinds(); !slices.Equal(got, want) {
					t.Errorf("mailed %v, want %v", got, want)
				}
				for _, name := range []string{"ana", "zoe"} {
					if _, err := v.SignIn(t.Context(), home, "mallory+"+name+"@mail.example", password); err != ErrUnconfirmed {
						t.Errorf("signing in with the address of the wish for %s: %v", name, err)
					}
				}
				if _, err := v.SignIn(t.Context(), home, "zoe", password); !fault.Is(err, fault.Unauthenticated) {
					t.Errorf("signing in with the name of a wish: %v", err)
				}
				for _, made := range []Wished{taken, free} {
					must(v.store.SignupByToken(t.Context(), SecretHash(made.Token)))
					check(t, v.ConfirmAgain(t.Context(), made.Signup, "", home))
				}
				if all := must(v.store.Signups(t.Context(), 0, 10)); len(all) != 1 || all[0].Name != "zoe" {
					t.Errorf("who waits: %+v", all)
				}
				w := wish("ana")
				w.Invite, _, _ = v.Invite(t.Context(), NewInvite{Lasts: time.Hour})
				w.Email = "ida@mail.example"
				if _, err := v.SignUp(t.Context(), w); !fault.Is(err, fault.Unprocessable) {
					t.Errorf("who is invited is not told: %v", err)
				}
			})
		})
	}
}

// If this failed, whoever has an invitation of a node without a mail server could find out whose
// address is whose, or would have the address of somebody else (A133).
func TestA133InvitationTellsNobodyWhoseAddressItIs(t *testing.T) {
	eachPosted(t, func(t *testing.T, v posted) {
		v.box.away = true
		ana := v.person("ana")
		secret, invite, err := v.Invite(t.Context(), NewInvite{Uses: 3, Lasts: time.Hour})
		check(t, err)
		join := func(name, email string) storage.Account {
			w := wish(name)
			w.Email, w.Invite = email, secret
			return must(v.SignUp(t.Context(), w)).Account
		}
		eve := join("eve", "Ana@mail.example")
		if zoe := join("zoe", "zoe@mail.example"); zoe.ID == 0 || eve.ID == 0 {
			t.Fatalf("%+v %+v", zoe, eve)
		}
		v.work(t)
		if got := v.box.kinds(); !slices.Equal(got, []string{"taken ana@mail.example"}) {
			t.Errorf("mailed %v", got)
		}
		login := must(v.store.LoginByAccount(t.Context(), eve.ID))
		if AddressOf(login) != "" {
			t.Errorf("eve has the address %q", login.Email)
		}
		if in := must(v.SignIn(t.Context(), home, "ana@mail.example", password)); in.Account.ID != ana.ID {
			t.Errorf("signed in as %+v", in)
		}
		v.box.mails = nil
		_ = must(v.ChangePassword(t.Context(), v.session(eve), eve, "another password")) // she has nowhere to be told
		v.work(t)
		if got := v.box.kinds(); len(got) != 0 {
			t.Errorf("mailed %v", got)
		}
		left := must(v.store.Invites(t.Context(), 0, 10))
		if len(left) != 1 || left[0].ID != invite.ID || left[0].Uses != 2 {
			t.Errorf("the invitation: %+v", left)
		}
		w := wish("yan")
		w.Email, w.Invite = login.Email, secret
		if _, err := v.SignUp(t.Context(), w); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("joining with what stands for no address: %v", err)
		}
	})
}

// If this failed, a stranger who gives somebody's address for accounts, or asks for new passwords,
// would keep back the mails that its owner asks for.
func TestAStrangerDoesNotSpendTheMailsOfAnAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := onePosted(t)
		ana := v.person("ana")
		_, device, err := v.OpenSession(t.Context(), v.proved(ana), "", "", "")
		check(t, err)
		for i := range 3 * 24 * 12 { // every five minutes for three days
			w := wish("eve" + strconv.Itoa(i))
			w.Email = "zoe@mail.example"
			w.From = From{Network: "mallory"}
			_, _ = v.SignUp(t.Context(), w)
			_ = v.AskReset(t.Context(), From{Network: "mallory"}, "ana@mail.example")
			time.Sleep(5 * time.Minute)
		}
		v.work(t)
		if n := len(v.box.mails); n > 3*2*(budgetMail.Free-1) {
			t.Errorf("%d mails in three days from one stranger", n)
		}
		v.box.mails = nil
		check(t, v.AskReset(t.Context(), home, "ana@mail.example"))
		must(v.SignUp(t.Context(), Wish{Name: "zoe", Email: "zoe@mail.example", Password: password, Agreed: true, From: home}))
		v.work(t)
		if got := v.box.kinds(); !slices.Equal(got, []string{"confirm zoe@mail.example", "reset ana@mail.example"}) {
			t.Errorf("the owners are mailed %v", got)
		}
		v.box.mails = nil
		for i := range 5 * budgetMail.Free { // from everywhere
			_ = v.AskReset(t.Context(), From{Network: "mallory " + strconv.Itoa(i)}, "ana@mail.example")
		}
		v.work(t)
		if n := len(v.box.mails); n > budgetMail.Free+1 {
			t.Errorf("%d mails at once", n)
		}
		v.box.mails = nil
		check(t, v.AskReset(t.Context(), From{Network: "mallory 1", Device: device}, "ana@mail.example"))
		v.work(t)
		if got := v.box.kinds(); !slices.Equal(got, []string{"reset ana@mail.example"}) {
			t.Errorf("the owner's browser: %v", got)
		}
	})
}

// If this failed, addresses for ten minutes would be good enough to join.
func TestAddressesOfBlockedDomainsAreNotTaken(t *testing.T) {
	eachPosted(t, func(t *testing.T, v posted) {
		ana := v.person("ana")
		if got := must(v.BlockMailDomain(t.Context(), "@Thröwaway.example", "ten\nminutes")); got != "xn--thrwaway-p4a.example" {
			t.Errorf("blocked %s", got)
		}
		must(v.BlockMailDomain(t.Context(), "mail.example", "a test"))
		for address, want := range map[string]bool{"x@mail.example": true, "x@deep.mail.example": true, "x@MAIL.example": true, "x@email.example": false,
			"x@thröwaway.example": true, "x@example": false, "x@mail.example.org": false} {
			w := wish("zoe")
			w.Email = address
			made, err := v.SignUp(t.Context(), w)
			refusal, _ := err.(*Refusal)
			if blocked := refusal != nil && slices.Contains(refusal.Flaws, Flaw{"email", FlawBlocked}); blocked != want {
				t.Errorf("%s: %v", address, err)
			}
			if err == nil {
				if err := v.ConfirmAgain(t.Context(), made.Signup, "y@mail.example", home); err != ErrMailDomain {
					t.Errorf("another address of a wish: %v", err)
				}
				check(t, v.Reject(t.Context(), made.Signup.ID))
			}
		}
		if err := v.AskAddress(t.Context(), home, v.session(ana), "ana@sub.mail.example"); err != ErrMailDomain {
			t.Errorf("another address: %v", err)
		}
		must(v.SignIn(t.Context(), home, "ana@mail.example", password)) // who has one keeps it
		must(v.AllowMailDomain(t.Context(), "mail.example"))
		if _, err := v.AllowMailDomain(t.Context(), "mail.example"); !fault.Is(err, fault.NotFound) {
			t.Errorf("allowed twice: %v", err)
		}
		must(v.SignUp(t.Context(), wish("zoe")))
		for _, bad := range []string{"", "a b", "mail.example:25", "x@mail.example", "mail..example"} {
			if got, err := v.BlockMailDomain(t.Context(), bad, ""); !fault.Is(err, fault.Invalid) {
				t.Errorf("%q is the domain %q: %v", bad, got, err)
			}
		}
		if all := must(v.store.MailDomains(t.Context(), "", 10)); len(all) != 1 || all[0].Reason != "ten minutes" {
			t.Errorf("blocked: %+v", all)
		}
	})
}

// If this failed, a mail that had to be sent twice would be two mails to who reads it.
func TestAMailSentAgainHasTheSameID(t *testing.T) {
	v := onePosted(t)
	must(v.SignUp(t.Context(), wish("zoe")))
	must(v.SignUp(t.Context(), wish("yan")))
	lanes := must(v.store.ClaimLanes(t.Context(), queueWork, 100))
	for range 2 {
		for _, lane := range lanes {
			check(t, v.sendMail(t.Context(), lane.Jobs[0]))
		}
	}
	m := v.box.mails
	if len(m) != 4 || m[0].ID == "" || m[0].ID != m[2].ID || m[1].ID != m[3].ID || m[0].ID == m[1].ID || m[0].Link == m[2].Link {
		t.Errorf("mails: %+v", m)
	}
	first := v.box.mails[0]
	must(v.Confirm(t.Context(), first.Link[len(v.Paths.Base+ConfirmPath):])) // the older copy, too
}
