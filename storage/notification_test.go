package storage

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// tell notifies somebody and returns what was made.
func (v village) tell(to, from Account, kind string, status int64) (n Notification, created bool) {
	v.t.Helper()
	v.s.do(v.t, func(tx *Tx) (err error) {
		n, created, err = tx.CreateNotification(v.t.Context(), Notification{AccountID: to.ID, Type: kind, FromID: from.ID, StatusID: status})
		return err
	})
	return n, created
}

// to addresses a post to somebody.
func to(a Account) func(*NewStatus) {
	return func(n *NewStatus) { n.Audience, n.Mentions = append(n.Audience, a.ID), append(n.Mentions, a.ID) }
}

// groups lists the groups of somebody as "type count people", newest first.
func (v village) groups(of Account, f NotificationFilter, grouped []string, p Page) (lines []string) {
	v.t.Helper()
	for _, g := range must(v.s.NotificationGroups(v.t.Context(), of.ID, f, grouped, p)) {
		lines = append(lines, fmt.Sprintf("%s %d %d", g.Type, g.Members, len(g.Latest)))
	}
	return lines
}

// Forty people who like one post would fill forty lines, or be counted wrongly after one took it
// back, or a group would be listed twice.
func TestGroupsAreToldOnceWithAllTheirPeople(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		post := v.post(ana, VisibilityPublic, nil)
		other := v.post(ana, VisibilityPublic, nil)
		var fans []Account
		for i := range 12 {
			fan := v.remote(fmt.Sprintf("fan%d", i), "orchard.example")
			fans = append(fans, fan)
			v.tell(ana, fan, NotifyLike, post.ID)
		}
		v.tell(ana, fans[0], NotifyMention, post.ID)
		v.tell(ana, fans[0], NotifyLike, other.ID)
		v.tell(ana, fans[1], NotifyFollow, 0)
		v.tell(ana, fans[2], NotifyFollow, 0)
		want := []string{"follow 2 2", "favourite 1 1", "mention 1 1", "favourite 12 8"}
		if got := v.groups(ana, NotificationFilter{}, GroupedTypes(), Page{}); !slices.Equal(got, want) {
			t.Errorf("groups %q, want %q", got, want)
		}
		all := must(s.NotificationGroups(ctx, ana.ID, NotificationFilter{}, GroupedTypes(), Page{}))
		likes := all[3]
		if likes.ID <= likes.FirstID || likes.Latest[0] != fans[11].ID || !strings.HasPrefix(likes.GroupKey, "favourite-"+ids.Format(post.ID)+"-") {
			t.Errorf("likes %+v", likes)
		}
		// The newest takes it back, then one in the middle, and one blocks.
		undo := Notification{AccountID: ana.ID, Type: NotifyLike, StatusID: post.ID}
		for _, i := range []int{11, 5} {
			undo.FromID = fans[i].ID
			s.do(t, func(tx *Tx) error { return tx.DeleteNotification(ctx, undo) })
		}
		s.do(t, func(tx *Tx) error { _, err := tx.PutBlock(ctx, ana.ID, fans[10].ID, "b"); return err })
		s.do(t, func(tx *Tx) error { return tx.SetSuspended(ctx, fans[9].ID, true) })
		want = []string{"follow 2 2", "favourite 1 1", "mention 1 1", "favourite 9 7"}
		if got := v.groups(ana, NotificationFilter{}, GroupedTypes(), Page{}); !slices.Equal(got, want) {
			t.Errorf("after three were gone %q, want %q", got, want)
		}
		group := must(s.NotificationGroup(ctx, ana.ID, likes.GroupKey))
		if group.Members != 9 || group.Latest[0] != fans[8].ID {
			t.Errorf("one group %+v", group)
		}
		if people := must(s.NotificationGroupAccounts(ctx, ana.ID, likes.GroupKey, Page{Limit: 5})); len(people) != 5 || people[0].ID != fans[8].ID {
			t.Errorf("people %+v", people)
		}
		s.do(t, func(tx *Tx) error { return tx.DismissNotificationGroup(ctx, ana.ID, likes.GroupKey) })
		if _, err := s.NotificationGroup(ctx, ana.ID, likes.GroupKey); !fault.Is(err, fault.NotFound) {
			t.Errorf("a dismissed group: %v", err)
		}
		s.do(t, func(tx *Tx) error { return tx.MarkDeleted(ctx, fans[2].ID) })
		want = []string{"follow 1 1", "favourite 1 1", "mention 1 1"}
		if got := v.groups(ana, NotificationFilter{}, GroupedTypes(), Page{}); !slices.Equal(got, want) {
			t.Errorf("after one was deleted %q, want %q", got, want)
		}
	})
}

// A client would page through a list with gaps or repetitions, or be given groups of types that it
// cannot show.
func TestGroupsArePagedAndGroupedAsAsked(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		fans := []Account{v.remote("x", "orchard.example"), v.remote("y", "orchard.example")}
		for range 5 {
			post := v.post(ana, VisibilityPublic, nil)
			for _, fan := range fans {
				v.tell(ana, fan, NotifyLike, post.ID)
				v.tell(ana, fan, NotifyBoost, post.ID)
			}
		}
		seen := map[string]bool{}
		for page := (Page{Limit: 3}); ; {
			groups := must(s.NotificationGroups(ctx, ana.ID, NotificationFilter{}, GroupedTypes(), page))
			if len(groups) == 0 {
				break
			}
			for _, g := range groups {
				if seen[g.GroupKey] || g.Members != 2 {
					t.Errorf("%s has %d, seen %v", g.GroupKey, g.Members, seen[g.GroupKey])
				}
				seen[g.GroupKey] = true
				page.MaxID = g.ID
			}
		}
		if len(seen) != 10 {
			t.Errorf("%d groups", len(seen))
		}
		for _, c := range []struct {
			f       NotificationFilter
			grouped []string
			want    int
		}{
			{NotificationFilter{}, []string{NotifyBoost}, 15},
			{NotificationFilter{}, nil, 20},
			{NotificationFilter{Types: []string{NotifyLike}}, GroupedTypes(), 5},
			{NotificationFilter{ExcludeTypes: []string{NotifyLike}}, nil, 10},
			{NotificationFilter{FromID: fans[0].ID}, GroupedTypes(), 10},
			{NotificationFilter{IncludeFiltered: true}, GroupedTypes(), 10},
		} {
			if got := len(v.groups(ana, c.f, c.grouped, Page{Limit: 80})); got != c.want {
				t.Errorf("%+v %v: %d, want %d", c.f, c.grouped, got, c.want)
			}
			if got := must(s.CountNotificationGroups(ctx, ana.ID, c.f, c.grouped, 1000)); got != c.want {
				t.Errorf("%+v %v: counted %d, want %d", c.f, c.grouped, got, c.want)
			}
		}
		all := must(s.Notifications(ctx, ana.ID, NotificationFilter{}, Page{Limit: 80}))
		s.do(t, func(tx *Tx) error {
			_, err := tx.PutMarker(ctx, ana.ID, "notifications", ids.Format(all[4].ID))
			return err
		})
		if got := must(s.CountNotifications(ctx, ana.ID, NotificationFilter{}, 100)); got != 4 {
			t.Errorf("%d are unread, want 4", got)
		}
		if got := must(s.CountNotificationGroups(ctx, ana.ID, NotificationFilter{}, GroupedTypes(), 1)); got != 1 {
			t.Errorf("%d groups are unread, want the limit", got)
		}
	})
}

// A like of next week would be hidden in a group of last week.
func TestGroupsEndAfterHalfADay(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo, cy := v.local("ana"), v.local("bo"), v.local("cy")
		first, _ := v.tell(ana, bo, NotifyFollow, 0)
		old := "follow-" + fmt.Sprint(time.Now().Add(-groupSpan*time.Hour).UnixMilli()/time.Hour.Milliseconds())
		s.do(t, func(tx *Tx) error {
			_, err := tx.exec(ctx, `UPDATE notification SET group_key = ? WHERE id = ?`, old, first.ID)
			return err
		})
		second, _ := v.tell(ana, cy, NotifyFollow, 0)
		if second.GroupKey == old || len(v.groups(ana, NotificationFilter{}, GroupedTypes(), Page{})) != 2 {
			t.Errorf("%s joined %s", second.GroupKey, old)
		}
	})
}

// Strangers would reach people who asked not to hear of them, or friends not.
func TestPoliciesDecideWhoIsHeard(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, friend, stranger := v.local("ana"), v.remote("friend", "orchard.example"), v.remote("stranger", "orchard.example")
		v.follow(ana, friend)
		settled := v.remote("settled", "orchard.example")
		s.do(t, func(tx *Tx) error {
			_, err := tx.exec(ctx, `UPDATE account SET created_at = 1 WHERE id = ?`, settled.ID)
			return err
		})
		follower, recent := v.remote("follower", "orchard.example"), v.remote("recent", "orchard.example")
		v.follow(follower, ana)
		v.follow(recent, ana)
		s.do(t, func(tx *Tx) error {
			_, err := tx.exec(ctx, `UPDATE follow SET created_at = 1 WHERE account_id = ?`, follower.ID)
			return err
		})
		all := NotificationPolicy{ana.ID, PolicyAccept, PolicyAccept, PolicyAccept, PolicyAccept, PolicyFilter}
		if got := must(s.Policy(ctx, ana.ID)); got != all {
			t.Errorf("at first %+v", got)
		}
		for _, c := range []struct {
			name       string
			set        func(p *NotificationPolicy)
			from       Account
			visibility string
			want       string
		}{
			{"all", func(*NotificationPolicy) {}, stranger, VisibilityDirect, PolicyAccept},
			{"not following", func(p *NotificationPolicy) { p.NotFollowing = PolicyFilter }, stranger, VisibilityPublic, PolicyFilter},
			{"following", func(p *NotificationPolicy) { p.NotFollowing = PolicyDrop }, friend, VisibilityPublic, PolicyAccept},
			{"not a follower", func(p *NotificationPolicy) { p.NotFollowers = PolicyDrop }, stranger, VisibilityPublic, PolicyDrop},
			{"follower of today", func(p *NotificationPolicy) { p.NotFollowers = PolicyFilter }, recent, VisibilityPublic, PolicyFilter},
			{"follower", func(p *NotificationPolicy) { p.NotFollowers = PolicyFilter }, follower, VisibilityPublic, PolicyAccept},
			{"newcomer", func(p *NotificationPolicy) { p.NewAccounts = PolicyFilter }, stranger, VisibilityPublic, PolicyFilter},
			{"settled", func(p *NotificationPolicy) { p.NewAccounts = PolicyFilter }, settled, VisibilityPublic, PolicyAccept},
			{"followed newcomer", func(p *NotificationPolicy) { p.NewAccounts = PolicyFilter }, friend, VisibilityPublic, PolicyAccept},
			{"private", func(p *NotificationPolicy) { p.PrivateMentions = PolicyFilter }, stranger, VisibilityDirect, PolicyFilter},
			{"private of a friend", func(p *NotificationPolicy) { p.PrivateMentions = PolicyFilter }, friend, VisibilityDirect, PolicyAccept},
			{"open mention", func(p *NotificationPolicy) { p.PrivateMentions = PolicyDrop }, stranger, VisibilityPublic, PolicyAccept},
			{"the harder one counts", func(p *NotificationPolicy) { p.NotFollowing, p.NewAccounts = PolicyDrop, PolicyFilter }, stranger, VisibilityPublic, PolicyDrop},
		} {
			policy := all
			c.set(&policy)
			s.do(t, func(tx *Tx) error { return tx.PutPolicy(ctx, policy) })
			post := v.post(c.from, c.visibility, to(ana))
			n, created := v.tell(ana, c.from, NotifyMention, post.ID)
			got := PolicyAccept
			if !created {
				got = PolicyDrop
			} else if n.Filtered {
				got = PolicyFilter
			}
			if got != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		}
		if _, created := v.tell(ana, stranger, NotifyPoll, 0); !created {
			t.Error("the end of a poll was dropped")
		}
	})
}

// What was held back would be seen at once, lost for ever, or come back after it was dismissed.
func TestRequestsAreAcceptedOrDismissed(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, ben := v.local("ana"), v.local("ben")
		kind, rude := v.remote("kind", "orchard.example"), v.remote("rude", "orchard.example")
		s.do(t, func(tx *Tx) error {
			return tx.PutPolicy(ctx, NotificationPolicy{ana.ID, PolicyFilter, PolicyAccept, PolicyAccept, PolicyAccept, PolicyFilter})
		})
		for _, from := range []Account{kind, rude, kind} {
			v.tell(ana, from, NotifyMention, v.post(from, VisibilityPublic, to(ana)).ID)
		}
		v.tell(ana, kind, NotifyLike, v.post(ana, VisibilityPublic, nil).ID)
		if got := must(s.Notifications(ctx, ana.ID, NotificationFilter{}, Page{})); len(got) != 0 {
			t.Errorf("%d were not held back", len(got))
		}
		if got := must(s.Notifications(ctx, ana.ID, NotificationFilter{FromID: kind.ID}, Page{})); len(got) != 3 {
			t.Errorf("%d of one person, want 3", len(got))
		}
		requests := must(s.NotificationRequests(ctx, ana.ID, Page{}))
		if len(requests) != 2 || requests[1].FromID != kind.ID || requests[1].Count != 3 || requests[0].Count != 1 {
			t.Fatalf("requests %+v", requests)
		}
		if people, held, err := s.CountRequests(ctx, ana.ID); people != 2 || held != 4 || err != nil {
			t.Errorf("counted %d and %d, %v", people, held, err)
		}
		for _, id := range []int64{requests[0].ID, 4711} {
			err := s.Tx(ctx, func(tx *Tx) error { return tx.AcceptNotificationRequest(ctx, ben.ID, id) })
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("ben accepts %d: %v", id, err)
			}
		}
		s.do(t, func(tx *Tx) error { return tx.AcceptNotificationRequest(ctx, ana.ID, requests[1].ID) })
		s.do(t, func(tx *Tx) error { return tx.DismissNotificationRequest(ctx, ana.ID, requests[0].ID) })
		if n, created := v.tell(ana, kind, NotifyMention, v.post(kind, VisibilityPublic, to(ana)).ID); !created || n.Filtered {
			t.Error("somebody who was accepted is held back")
		}
		if n, created := v.tell(ana, rude, NotifyMention, v.post(rude, VisibilityPublic, to(ana)).ID); !created || !n.Filtered {
			t.Error("somebody who was dismissed is heard")
		}
		if got := must(s.Notifications(ctx, ana.ID, NotificationFilter{}, Page{})); len(got) != 4 {
			t.Errorf("%d after one was accepted, want 4", len(got))
		}
		if got := must(s.NotificationGroups(ctx, ana.ID, NotificationFilter{}, GroupedTypes(), Page{})); len(got) != 4 {
			t.Errorf("%d groups after one was accepted, want 4", len(got))
		}
		again := must(s.NotificationRequests(ctx, ana.ID, Page{}))
		if len(again) != 1 || again[0].FromID != rude.ID || again[0].Count != 1 {
			t.Errorf("requests %+v", again)
		}
		s.do(t, func(tx *Tx) error { _, err := tx.PutBlock(ctx, ana.ID, rude.ID, "b"); return err })
		if got := must(s.NotificationRequests(ctx, ana.ID, Page{})); len(got) != 0 {
			t.Errorf("requests of somebody who is blocked: %+v", got)
		}
	})
}

// Of people who make accounts at the same moment some would be missing in what moderators are told,
// or two rows would both be told as the newest.
func TestSignUpsAtOnceAreOneGroup(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		const people = 24
		var running sync.WaitGroup
		begin := make(chan struct{})
		for i := range people {
			from := v.remote(fmt.Sprintf("p%d", i), "orchard.example")
			store := []*Store{s, other}[i%2]
			running.Go(func() {
				<-begin
				if err := store.Tx(ctx, func(tx *Tx) error {
					_, _, err := tx.CreateNotification(ctx, Notification{AccountID: ana.ID, Type: NotifySignUp, FromID: from.ID})
					return err
				}); err != nil {
					t.Error(err)
				}
			})
		}
		close(begin)
		running.Wait()
		groups := must(s.NotificationGroups(ctx, ana.ID, NotificationFilter{}, GroupedTypes(), Page{Limit: 40}))
		if len(groups) != 1 || groups[0].Members != people {
			t.Errorf("%d groups, the newest of %d people", len(groups), groups[0].Members)
		}
	})
}
