package guard

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/storage"
)

// If this failed, somebody would be decided about by who may not, or an act would not stand in the
// book.
func TestDecisionsAskWhoDecidesNow(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx, ana, ben, admin := t.Context(), v.local("ana"), v.remote("ben", "orchard.example"), v.moderator("adm")
		silence := Decision{Action: ActSilence, Text: " why\x1b ", Tell: true}
		if err := v.Decide(ctx, ana, ben.ID, silence); !fault.Is(err, fault.Forbidden) {
			t.Errorf("by a member: %v", err)
		}
		check(t, v.Decide(ctx, admin, ben.ID, silence))
		check(t, v.Decide(ctx, admin, ben.ID, silence)) // which changes nothing
		acts := must(v.store.Acts(ctx, ben.ID, storage.Page{}))
		if len(acts) != 1 || acts[0].ModeratorID != admin.ID || acts[0].Action != ActSilence || acts[0].Target != "ben@orchard.example" ||
			strings.Contains(acts[0].Body, "\x1b") || acts[0].Told {
			t.Errorf("the book: %+v", acts)
		}
		v.do(func(tx *storage.Tx) error { return tx.SetDisabled(ctx, admin.ID, true) })
		if err := v.Decide(ctx, admin, ben.ID, Decision{Action: ActUnsilence}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("by somebody who is kept out: %v", err)
		}
		check(t, v.Decide(ctx, storage.Account{}, ben.ID, Decision{Action: ActUnsilence})) // the operator
		if err := v.Decide(ctx, storage.Account{}, ben.ID, Decision{Action: ActNone, Text: strings.Repeat("x", DecisionMax+1)}); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("too long: %v", err)
		}
		if err := v.Decide(ctx, storage.Account{}, 4711, silence); !fault.Is(err, fault.NotFound) {
			t.Errorf("nobody: %v", err)
		}
	})
}

// If this failed, two who moderate and decide the same at once would write it twice into the book,
// and its owner would get two mails about it.
func TestWhatTwoDecideAtOnceHappensOnce(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx, one, two := t.Context(), v.moderator("one"), v.moderator("two")
		for i, action := range []string{ActSilence, ActSensitive, ActDisable, ActSuspend} {
			ana := v.local(fmt.Sprint("ana", i))
			var deciding sync.WaitGroup
			for _, by := range []storage.Account{one, two, one, two} {
				deciding.Go(func() {
					if err := v.Decide(ctx, by, ana.ID, Decision{Action: action, Tell: true}); err != nil {
						t.Errorf("%s: %v", action, err)
					}
				})
			}
			deciding.Wait()
			if acts := must(v.store.Acts(ctx, ana.ID, storage.Page{})); len(acts) != 1 || acts[0].Action != action {
				t.Errorf("%s stands in the book as %+v", action, acts)
			}
		}
	})
}

// If this failed, programs would show moderators what they may not do, or not what they may.
func TestRolesHaveTheirPermissions(t *testing.T) {
	for role, may := range map[string][]Permissions{
		storage.RoleMember:    nil,
		storage.RoleModerator: {ManageReports, ManageUsers, ManageAppeals, ViewAuditLog},
		storage.RoleAdmin:     {ManageReports, ManageUsers, ManageAppeals, ViewAuditLog, ManageFederation, ManageBlocks, DeleteUserData},
		storage.RoleOwner:     {ManageReports, ManageUsers, ManageAppeals, ViewAuditLog, ManageFederation, ManageBlocks, DeleteUserData, Administer},
	} {
		for _, p := range []Permissions{ManageReports, ManageUsers, ManageAppeals, ViewAuditLog, ManageFederation, ManageBlocks, DeleteUserData, Administer} {
			if got := PermissionsOf(role).May(p); got != slices.Contains(may, p) {
				t.Errorf("%s may %d: %v", role, p, got)
			}
		}
	}
}

// If this failed, people of a limited server would be put before strangers, or be limited for ever.
func TestLimitedDomains(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx, kim := t.Context(), v.remote("kim", "orchard.example")
		reason := "noise"
		policy := must(v.DecideDomain(ctx, storage.Account{}, NewPolicy{Domain: "orchard.example", Action: storage.DomainLimit, Reason: &reason}))
		if a := v.again(kim); !a.Limited || a.Hidden || policy.ID == 0 || policy.Reason != reason {
			t.Errorf("limited %v, hidden %v, %+v", a.Limited, a.Hidden, policy)
		}
		if a := v.remote("new", "orchard.example"); !a.Limited {
			t.Error("who came later is not limited")
		}
		if err := v.ForgetDomain(ctx, storage.Account{}, "orchard.example", storage.DomainAllow); !fault.Is(err, fault.NotFound) {
			t.Errorf("another decision was forgotten: %v", err)
		}
		check(t, v.Decide(ctx, storage.Account{}, kim.ID, Decision{Action: ActSilence}))
		check(t, v.Forget(ctx, "orchard.example"))
		if !v.again(kim).Limited {
			t.Error("who was silenced in person is not limited any more")
		}
		check(t, v.Decide(ctx, storage.Account{}, kim.ID, Decision{Action: ActUnsilence}))
		if v.again(kim).Limited {
			t.Error("limited for ever")
		}
	})
}

// If this failed, of two who decide about somebody at once one would show them again and no other
// server would hear of it; or what is decided once would stand in the book twice.
func TestTwoWhoDecideAtOnceDecideOneAfterTheOther(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx := t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		suspend := Decision{Action: ActSuspend}
		decided, second := make(chan struct{}), make(chan error, 1)
		go func() {
			<-decided
			second <- v.Decide(ctx, storage.Account{}, ana.ID, suspend)
		}()
		v.do(func(tx *storage.Tx) error {
			account, err := mayActOn(ctx, tx, storage.Account{}, ana.ID, ManageUsers)
			if err == nil {
				err = v.decideAbout(ctx, tx, storage.Account{}, account, suspend, &federation.Outgoing{})
			}
			close(decided)
			time.Sleep(200 * time.Millisecond) // the other one waits
			return err
		})
		if err := <-second; err != nil {
			t.Error(err)
		}
		if acts := must(v.store.Acts(ctx, ana.ID, storage.Page{})); len(acts) != 1 {
			t.Errorf("the book has %d lines", len(acts))
		}
		err := v.store.Tx(ctx, func(tx *storage.Tx) error { return v.decideAbout(ctx, tx, storage.Account{}, bo, suspend, nil) })
		if now := must(v.store.AccountByID(ctx, bo.ID)); !fault.Is(err, fault.Unavailable) || now.SuspendedAt != 0 {
			t.Errorf("a suspension of which nobody would hear: %v, %v", err, now.SuspendedAt)
		}
	})
}
