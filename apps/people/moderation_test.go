package people

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tulou/protocol/fault"
	"tulou/storage"
)

// If this failed, somebody would not learn what moderators decided, by which rule and why, in which
// language, or could not answer.
func TestDecisionsAreMailedWithTheRuleAndALink(t *testing.T) {
	eachPosted(t, func(t *testing.T, v posted) {
		ctx, ana, mod := t.Context(), v.local("ana"), v.local("mod")
		var act storage.Act
		v.do(func(tx *storage.Tx) error {
			rule, err := tx.CreateRule(ctx, "Be kind", "")
			if err != nil {
				return err
			}
			login, err := tx.LoginByAccount(ctx, ana.ID)
			if err != nil {
				return err
			}
			login.Locale = "zh-Hans"
			if err := tx.UpdatePreferences(ctx, login); err != nil {
				return err
			}
			if err := tx.SetRole(ctx, mod.ID, storage.RoleModerator); err != nil {
				return err
			}
			act, err = tx.CreateAct(ctx, storage.Act{ModeratorID: mod.ID, Action: "suspend", TargetID: ana.ID, Target: "ana",
				RuleIDs: storage.Numbers{rule.ID}, Body: "You called him a fool.", Told: true})
			if err != nil {
				return err
			}
			if err := tx.SetSuspended(ctx, ana.ID, true); err != nil {
				return err
			}
			return v.MailDecision(ctx, tx, act)
		})
		v.work(t)
		mail := v.box.mails[len(v.box.mails)-1]
		login := must(v.store.LoginByAccount(ctx, ana.ID))
		if mail.Kind != MailSuspended || mail.To != login.Email || mail.Locale != "zh-Hans" || mail.Text != "§ Be kind\nYou called him a fool." {
			t.Errorf("mailed %+v", mail)
		}
		secret := mail.Link[strings.LastIndex(mail.Link, "/")+1:]
		if !strings.HasPrefix(mail.Link, v.Paths.Base+AppealPath) {
			t.Errorf("the link is %s", mail.Link)
		}
		v.do(func(tx *storage.Tx) error { return tx.SignOut(ctx, ana.ID) }) // which a link to answer outlives
		if got, err := v.store.ActToAppeal(ctx, SecretHash(secret)); err != nil || got.ID != act.ID {
			t.Errorf("the link leads to %+v: %v", got, err)
		}
		v.do(func(tx *storage.Tx) error {
			if _, err := tx.CreateAppeal(ctx, storage.Appeal{ActID: act.ID, AccountID: ana.ID, Body: "He is one."}); err != nil {
				return err
			}
			return v.MailAppeal(ctx, tx, act)
		})
		v.work(t)
		mail = v.box.mails[len(v.box.mails)-1]
		if mail.Kind != MailAppeal || mail.To != must(v.store.LoginByAccount(ctx, mod.ID)).Email || !strings.Contains(mail.Text, "He is one.") {
			t.Errorf("the moderator was mailed %+v", mail)
		}

		later := time.Now().Add(storage.KeepActs + time.Hour)
		v.do(func(tx *storage.Tx) error { return tx.ForgetExpired(ctx, later) })
		if _, err := v.store.ActByID(ctx, act.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the act is kept for ever: %v", err)
		}
		if _, err := v.store.AppealByAct(ctx, act.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("its answer is kept for ever: %v", err)
		}
	})
}

// If this failed, a node could be left with nobody who runs it, or roles be given that are none.
func TestRolesAreGivenAndTaken(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx, ana, ben := t.Context(), v.local("ana"), v.local("ben")
		if err := v.SetRole(ctx, ana.ID, "king"); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("a role that is none: %v", err)
		}
		check(t, v.SetRole(ctx, ana.ID, storage.RoleOwner))
		check(t, v.SetRole(ctx, ben.ID, storage.RoleModerator))
		if got := must(v.store.Moderators(ctx)); !slices.Equal(got, []int64{ana.ID, ben.ID}) {
			t.Errorf("moderators %v", got)
		}
		if err := v.SetRole(ctx, ana.ID, storage.RoleMember); !fault.Is(err, fault.Forbidden) {
			t.Errorf("nobody runs the node: %v", err)
		}
		check(t, v.SetRole(ctx, ben.ID, storage.RoleAdmin))
		check(t, v.SetRole(ctx, ana.ID, storage.RoleMember))
	})
}
