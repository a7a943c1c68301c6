package storage

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/fault"
)

// Clients would show wrong buttons.
func TestRelationships(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, friend, asked := v.local("ana"), v.remote("friend", "orchard.example"), v.local("asked")
		enemy, quiet, over, none := v.local("enemy"), v.local("quiet"), v.local("over"), v.local("none")
		v.follow(ana, friend)
		v.follow(friend, ana)
		s.do(t, func(tx *Tx) error {
			for _, f := range []Follow{{AccountID: ana.ID, TargetID: asked.ID, Notify: true}, {AccountID: asked.ID, TargetID: ana.ID}} {
				if _, err := tx.PutFollow(ctx, f); err != nil {
					return err
				}
			}
			if _, err := tx.PutBlock(ctx, ana.ID, enemy.ID, "b1"); err != nil {
				return err
			}
			if _, err := tx.PutBlock(ctx, enemy.ID, ana.ID, "b2"); err != nil {
				return err
			}
			soon := time.Now().Add(time.Hour)
			for _, m := range []Mute{{ana.ID, quiet.ID, true, soon}, {ana.ID, over.ID, true, time.Now().Add(-time.Second)}} {
				if err := tx.PutMute(ctx, m); err != nil {
					return err
				}
			}
			return tx.PutDomainMute(ctx, ana.ID, "orchard.example")
		})
		got := must(s.Relationships(ctx, ana.ID, []int64{friend.ID, asked.ID, enemy.ID, quiet.ID, over.ID, none.ID, 12345}))
		want := map[int64]Relationship{
			friend.ID: {TargetID: friend.ID, Following: true, FollowedBy: true, ShowingBoosts: true, DomainBlocking: true},
			asked.ID:  {TargetID: asked.ID, Requested: true, RequestedBy: true, Notifying: true},
			enemy.ID:  {TargetID: enemy.ID, Blocking: true, BlockedBy: true},
			quiet.ID:  {TargetID: quiet.ID, Muting: true, MutingNotifications: true, MuteExpiresAt: got[quiet.ID].MuteExpiresAt},
			over.ID:   {TargetID: over.ID},
			none.ID:   {TargetID: none.ID},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if got[quiet.ID].MuteExpiresAt == 0 {
			t.Error("the mute has no end")
		}
		if follows := must(s.FollowsWithHost(ctx, ana.ID, "orchard.example")); len(follows) != 2 {
			t.Errorf("follows with the host: %+v", follows)
		}
	})
}

// A block would leave follows and old notifications behind.
func TestBlockEndsWhatWasBetweenTwo(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		v.follow(ana, bo)
		v.follow(bo, ana)
		v.post(bo, VisibilityPublic, nil)
		s.do(t, func(tx *Tx) error {
			_, _, err := tx.CreateNotification(ctx, Notification{AccountID: ana.ID, Type: NotifyFollow, FromID: bo.ID})
			return err
		})
		for _, want := range []bool{true, false} {
			s.do(t, func(tx *Tx) error {
				created, err := tx.PutBlock(ctx, ana.ID, bo.ID, "uri")
				if created != want {
					t.Errorf("created: %v", created)
				}
				return err
			})
		}
		if a := v.account(ana); a.FollowersCount != 0 || a.FollowingCount != 0 {
			t.Errorf("counts: %+v", a)
		}
		if n := must(s.Notifications(ctx, ana.ID, NotificationFilter{}, Page{})); len(n) != 0 {
			t.Errorf("notifications: %v", n)
		}
		var entries int
		if err := s.get(ctx, &entries, `SELECT COUNT(*) FROM home_entry WHERE account_id = ? AND author_id = ?`, ana.ID, bo.ID); err != nil || entries != 0 {
			t.Errorf("%d home entries, %v", entries, err)
		}
		if !must(s.Blocked(ctx, bo.ID, ana.ID)) || len(must(s.Blocks(ctx, ana.ID, Page{}))) != 1 {
			t.Error("the block is not there")
		}
		s.do(t, func(tx *Tx) error {
			b, err := tx.DeleteBlock(ctx, ana.ID, bo.ID)
			if b.URI != "uri" {
				t.Errorf("taken back: %+v", b)
			}
			return err
		})
		if _, err := s.BlockOf(ctx, ana.ID, bo.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("after it: %v", err)
		}
	})
}

// An evil host would get around its block under another name, or an exception not hold.
func TestDomainPolicyHoldsBelowTheDomain(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		early := v.remote("x", "sub.evil.example")
		put := func(domain, action string) {
			s.do(t, func(tx *Tx) error { return tx.PutDomainPolicy(ctx, DomainPolicy{Domain: domain, Action: action}) })
		}
		put("evil.example", DomainBlock)
		put("good.evil.example", DomainAllow)
		for host, want := range map[string]string{"evil.example": DomainBlock, "a.b.evil.example": DomainBlock, "evil.example:444": DomainBlock,
			"good.evil.example": DomainAllow, "very.good.evil.example": DomainAllow, "notevil.example": "", "example": "", "": ""} {
			if got := must(s.DomainAction(ctx, host)); got != want {
				t.Errorf("%s: %q, want %q", host, got, want)
			}
		}
		late, good := v.remote("y", "new.evil.example"), v.remote("z", "good.evil.example")
		cover := remoteAccount("w", "cover.example")
		cover.SharedInbox = "https://evil.example/inbox"
		s.do(t, func(tx *Tx) (err error) { cover, err = tx.PutRemoteAccount(ctx, cover); return err })
		for _, c := range []struct {
			account Account
			want    bool
		}{{early, true}, {late, true}, {good, false}, {cover, true}} {
			if got := v.account(c.account).Hidden; got != c.want {
				t.Errorf("%s hidden: %v", c.account.Host, got)
			}
		}
		s.do(t, func(tx *Tx) error { return tx.DeleteDomainPolicy(ctx, "evil.example") })
		if v.account(early).Hidden || v.account(cover).Hidden {
			t.Error("still hidden after the policy went")
		}
		if all := must(s.DomainPolicies(ctx)); len(all) != 1 || all[0].Domain != "good.evil.example" {
			t.Errorf("policies: %+v", all)
		}
		if err := s.Tx(ctx, func(tx *Tx) error { return tx.PutDomainPolicy(ctx, DomainPolicy{Domain: "x", Action: "y"}) }); !fault.Is(err, fault.Invalid) {
			t.Errorf("an unknown action: %v", err)
		}
	})
}
