package people

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pquerna/otp/totp"

	"tulou/protocol/fault"
	"tulou/storage"
)

// If this failed, whoever was in an account for a moment could ask for another address, be shown
// out, and take the account over with a mail that was still to be written (A124).
func TestA124MailThatWaitsIsVoidWithItsSession(t *testing.T) {
	ends := map[string]func(v posted, mine, theirs storage.Session){
		"one session": func(v posted, mine, theirs storage.Session) {
			check(t, v.EndSession(t.Context(), mine, theirs.ID))
		},
		"all others": func(v posted, mine, _ storage.Session) { check(t, v.EndOthers(t.Context(), From{}, mine)) },
		"new password": func(v posted, mine, _ storage.Session) {
			check(t, v.SetPassword(t.Context(), mine.AccountID, "a new password"))
		},
		"reset": func(v posted, _, _ storage.Session) {
			must(v.Reset(t.Context(), v.box.last(t, MailReset, "ana@mail.example"), "a new password"))
		},
		"lost codes": func(v posted, mine, _ storage.Session) {
			check(t, v.LoseCodes(t.Context(), storage.Account{ID: mine.AccountID}))
		},
		"another address": func(v posted, mine, _ storage.Session) {
			v.do(func(tx *storage.Tx) error { return tx.SetEmail(t.Context(), mine.AccountID, "ana@new.example") })
		},
		"suspension": func(v posted, mine, _ storage.Session) {
			v.do(func(tx *storage.Tx) error { return tx.SetSuspended(t.Context(), mine.AccountID, true) })
			v.do(func(tx *storage.Tx) error { return tx.SetSuspended(t.Context(), mine.AccountID, false) })
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			eachPosted(t, func(t *testing.T, v posted) {
				ana := v.person("ana")
				mine, theirs := v.session(ana), v.session(ana)
				check(t, v.AskReset(t.Context(), home, "ana@mail.example"))
				v.work(t)
				check(t, v.AskAddress(t.Context(), home, theirs, "mallory@mail.example"))
				end(v, mine, theirs) // the mail is not written yet
				v.work(t)
				if got := v.box.kinds(); slices.Contains(got, "new-address mallory@mail.example") {
					t.Errorf("mailed %v", got)
				}
			})
		})
	}
}

// If this failed, what is voided while a mail is being written would be mailed all the same (A124).
func TestA124LinkIsNotMadeOfWhatIsVoid(t *testing.T) {
	eachPosted(t, func(t *testing.T, v posted) {
		ana := v.person("ana")
		login := must(v.store.LoginByAccount(t.Context(), ana.ID))
		still := func(now storage.Login) bool { return now.Credentials == login.Credentials }
		o := storage.OneTime{Purpose: purposeAddress, AccountID: ana.ID, Email: "mallory@mail.example"}
		must(v.mint(t.Context(), o, addressFor, still))
		check(t, v.SetPassword(t.Context(), ana.ID, "a new password"))
		if _, err := v.mint(t.Context(), o, addressFor, still); !fault.Is(err, fault.NotFound) {
			t.Errorf("a link of what is void: %v", err)
		}
	})
}

// If this failed, a session that is opened in the moment in which a password is replaced, codes are
// taken into use or somebody is suspended would stay (A124).
func TestA124WhatWasProvedIsVoidWhenSomethingChanges(t *testing.T) {
	changes := map[string]func(v posted, ana storage.Account){
		"password":   func(v posted, ana storage.Account) { check(t, v.SetPassword(t.Context(), ana.ID, "a new password")) },
		"suspension": func(v posted, ana storage.Account) { v.suspend(ana, true); v.suspend(ana, false) },
		"codes": func(v posted, ana storage.Account) {
			v.coded(ana)
		},
		"the end of all others": func(v posted, ana storage.Account) { check(t, v.EndOthers(t.Context(), From{}, v.session(ana))) },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			eachPosted(t, func(t *testing.T, v posted) {
				ana := v.person("ana")
				in := must(v.SignIn(t.Context(), home, "ana", password))
				proof := must(v.prove(t.Context(), home, ana, password, ""))
				change(v, ana)
				if _, _, err := v.OpenSession(t.Context(), in, "", "", ""); !fault.Is(err, fault.Unauthenticated) {
					t.Errorf("a session: %v", err)
				}
				v.do(func(tx *storage.Tx) error {
					if _, err := hold(t.Context(), tx, ana.ID, proof); !fault.Is(err, fault.Unauthenticated) {
						t.Errorf("a proof: %v", err)
					}
					return nil
				})
			})
		})
	}
}

func (v posted) suspend(a storage.Account, yes bool) {
	v.do(func(tx *storage.Tx) error { return tx.SetSuspended(v.t.Context(), a.ID, yes) })
}

// coded takes codes into use for somebody.
func (v posted) coded(a storage.Account) (secret string, recovery []string) {
	v.t.Helper()
	session := v.session(a)
	check(v.t, v.OfferCodes(v.t.Context(), session, a))
	secret, _, err := v.OfferedCodes(v.t.Context(), a)
	check(v.t, err)
	return secret, must(v.UseCodes(v.t.Context(), session, a, must(totp.GenerateCode(secret, time.Now()))))
}

// If this failed, who gave the code that goes with an old password would be let in after it was
// replaced (A124).
func TestA124StepIsVoidWithItsPassword(t *testing.T) {
	eachPosted(t, func(t *testing.T, v posted) {
		ana := v.person("ana")
		_, recovery := v.coded(ana)
		in := must(v.SignIn(t.Context(), home, "ana", password))
		second := must(v.SecondStep(t.Context(), home, must(v.SignIn(t.Context(), home, "ana", password)).Step, recovery[0]))
		check(t, v.SetPassword(t.Context(), ana.ID, "a new password"))
		if _, err := v.SecondStep(t.Context(), home, in.Step, recovery[1]); !fault.Is(err, fault.NotFound) {
			t.Errorf("the step: %v", err)
		}
		if n := must(v.store.RecoveryCodes(t.Context(), ana.ID)); n != recoveryCodes-1 {
			t.Errorf("%d codes are left: one was used for nothing", n)
		}
		if _, _, err := v.OpenSession(t.Context(), second, "", "", ""); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("after the code: %v", err)
		}
	})
}

// If this failed, whoever is shown out while they ask for something would get it: another password,
// another address, codes of their own, a code for their program (A124).
func TestA124WhatASessionAsksForEndsWithIt(t *testing.T) {
	eachPosted(t, func(t *testing.T, v posted) {
		ana := v.person("ana")
		over := v.session(ana)
		check(t, v.EndOthers(t.Context(), From{}, v.session(ana)))
		asked := map[string]error{
			"address": v.AskAddress(t.Context(), home, over, "mallory@mail.example"),
			"codes":   v.OfferCodes(t.Context(), over, ana),
			"no code": v.StopCodes(t.Context(), over, ana),
			"proof":   v.Prove(t.Context(), home, over, password, ""),
			"others":  v.EndOthers(t.Context(), From{}, over),
		}
		_, asked["password"] = v.ChangePassword(t.Context(), over, ana, "a new password")
		_, asked["recovery"] = v.RenewRecoveryCodes(t.Context(), over, ana)
		v.do(func(tx *storage.Tx) error { asked["a program's code"] = Within(t.Context(), tx, over); return nil })
		for what, err := range asked {
			if !fault.Is(err, fault.Unauthenticated) && !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if in := must(v.SignIn(t.Context(), home, "ana", password)); in.Account.ID != ana.ID {
			t.Errorf("the password was changed: %+v", in)
		}
		mine := v.session(ana)
		in := must(v.ChangePassword(t.Context(), mine, ana, "a new password"))
		if _, _, err := v.OpenSession(t.Context(), in, "", "", ""); err != nil {
			t.Errorf("who changed it is not let in: %v", err)
		}
	})
}

// If this failed, a password that is hashed when its session is ended would still be set (A124).
func TestA124PasswordIsNotChangedInASessionThatEndsMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := onePosted(t)
		ana := v.person("ana")
		mine, theirs := v.session(ana), v.session(ana)
		for range hashesAtOnce {
			v.hasher.slots <- struct{}{}
		}
		answer := make(chan error)
		go func() {
			_, err := v.ChangePassword(t.Context(), theirs, ana, "mallory's password")
			answer <- err
		}()
		synctest.Wait() // it waits for its turn to be hashed
		check(t, v.EndOthers(t.Context(), From{}, mine))
		for range hashesAtOnce {
			<-v.hasher.slots
		}
		if err := <-answer; !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("changing it: %v", err)
		}
		must(v.SignIn(t.Context(), home, "ana", password))
	})
}

// If this failed, programs of somebody who was suspended in that moment would have a token when
// they come back (A124).
func TestA124NoTokenOfWhoIsSuspended(t *testing.T) {
	eachPosted(t, func(t *testing.T, v posted) {
		ana := v.person("ana")
		must(v.IssueToken(t.Context(), ana, "read"))
		v.suspend(ana, true)
		if _, err := v.IssueToken(t.Context(), ana, "read"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a token: %v", err)
		}
		v.do(func(tx *storage.Tx) error { // as if the suspension had not seen it
			app := must(tx.AppByClientID(t.Context(), storage.OperatorClientID))
			return tx.CreateCode(t.Context(), storage.Code{Hash: "code", AppID: app.ID, AccountID: ana.ID, ExpiresAt: storage.At(time.Now().Add(time.Hour))})
		})
		v.do(func(tx *storage.Tx) error {
			if _, err := tx.TakeCode(t.Context(), "code"); !fault.Is(err, fault.NotFound) {
				t.Errorf("a code: %v", err)
			}
			return nil
		})
	})
}

// If this failed, the last person who runs a node could leave it to somebody who is suspended.
func TestWhoIsSuspendedDoesNotRunTheNode(t *testing.T) {
	eachPosted(t, func(t *testing.T, v posted) {
		made := func(name, role string) storage.Account {
			return must(v.Create(t.Context(), NewPerson{Handle: name, Email: name + "@mail.example", Password: password, Role: role, Confirmed: true}))
		}
		ana, ben := made("ana", storage.RoleOwner), made("ben", storage.RoleOwner)
		v.suspend(ben, true)
		if err := v.Leave(t.Context(), home, ana, password, ""); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the last one leaves: %v", err)
		}
		v.suspend(ben, false)
		check(t, v.Leave(t.Context(), home, ana, password, ""))
	})
}

// If this failed, a code of a phone that was lost would count for the one that took its place in
// the moment in which it was checked (A124).
func TestA124CodeOfAReplacedAuthenticatorIsWrong(t *testing.T) {
	v := onePosted(t)
	ana := v.person("ana")
	v.coded(ana)
	checked := must(v.store.SecondFactor(t.Context(), ana.ID))
	still := func() (err error) {
		v.do(func(tx *storage.Tx) error { err = unchanged(t.Context(), tx, checked); return nil })
		return err
	}
	if err := still(); err != nil {
		t.Errorf("before: %v", err)
	}
	check(t, v.StopCodes(t.Context(), v.session(ana), ana))
	if err := still(); !fault.Is(err, fault.NotFound) {
		t.Errorf("without: %v", err)
	}
	v.coded(ana)
	if err := still(); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("after: %v", err)
	}
}

// If this failed, whoever confirms a wish in the moment in which it is rejected and its name given
// to somebody else would be let in as them.
func TestA124AWishLetsNobodyInAsSomebodyElse(t *testing.T) {
	v := onePosted(t)
	made := must(v.SignUp(t.Context(), wish("zoe"))).Signup
	v.work(t)
	link := v.box.last(t, MailConfirm, made.Email)
	zoe := must(v.Confirm(t.Context(), link))
	if zoe.ID == 0 || must(v.granted(t.Context(), made)).ID != zoe.ID {
		t.Errorf("who made the wish is not let in: %+v", zoe)
	}
	rejected := made
	rejected.PasswordHash = must(v.hasher.hash(t.Context(), password)) // the same password, even
	if got, err := v.granted(t.Context(), rejected); err != nil || got.ID != 0 {
		t.Errorf("let in as %q, %v", got.Name, err)
	}
	check(t, v.SetPassword(t.Context(), zoe.ID, "a new password"))
	if got, err := v.granted(t.Context(), made); err != nil || got.ID != 0 {
		t.Errorf("let in by a wish after the password was changed: %q, %v", got.Name, err)
	}
}

// If this failed, whoever was shown out could still show the owner out, with the page that they had
// open.
func TestWhoWasShownOutEndsNothing(t *testing.T) {
	eachPosted(t, func(t *testing.T, v posted) {
		ctx, ana := t.Context(), v.local("ana")
		open := func() storage.Session {
			secret, _, err := v.OpenSession(ctx, v.proved(ana), "", "", "")
			check(t, err)
			return must(v.Store.SessionByHash(ctx, SecretHash(secret)))
		}
		theirs, mine := open(), open()
		check(t, v.EndSession(ctx, mine, theirs.ID))
		for what, err := range map[string]error{"a session": v.EndSession(ctx, theirs, mine.ID), "an app": v.EndApp(ctx, theirs, 1), "others": v.EndOthers(ctx, From{}, theirs)} {
			if !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%s was ended by who was shown out: %v", what, err)
			}
		}
		if _, err := v.Store.SessionByHash(ctx, mine.Hash); err != nil {
			t.Errorf("the owner's session: %v", err)
		}
	})
}
