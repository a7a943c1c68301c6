package notify

import (
	"slices"
	"testing"

	"tulou/protocol/fault"
	"tulou/storage"
)

// Clients would ask for a group by a key that nobody knows, or read those of others.
func TestGroupsAreFoundByTheirKeys(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ctx := t.Context()
		ana, ben, cal := h.person("ana", ""), h.person("ben", ""), h.person("cal", "orchard.example")
		h.tell(ana, ben, storage.NotifyFollow)
		h.tell(ana, cal, storage.NotifyFollow)
		h.tell(ana, cal, storage.NotifyFollowRequest)
		groups, err := h.Groups(ctx, ana, storage.NotificationFilter{}, nil, storage.Page{})
		check(t, err)
		if len(groups) != 2 || groups[1].Members != 2 {
			t.Fatalf("groups %+v", groups)
		}
		for _, g := range groups {
			found, err := h.Group(ctx, ana, GroupKey(g))
			check(t, err)
			people, err := h.GroupAccounts(ctx, ana, GroupKey(g), storage.Page{})
			check(t, err)
			if found.ID != g.ID || len(people) != int(g.Members) || !slices.Equal(found.Latest, g.Latest) {
				t.Errorf("%s: %+v with %+v", GroupKey(g), found, people)
			}
			if _, err := h.Group(ctx, ben, GroupKey(g)); !fault.Is(err, fault.NotFound) {
				t.Errorf("ben reads %s: %v", GroupKey(g), err)
			}
			if people, err := h.GroupAccounts(ctx, ben, GroupKey(g), storage.Page{}); err != nil || len(people) != 0 {
				t.Errorf("ben reads who is in %s: %+v, %v", GroupKey(g), people, err)
			}
		}
		check(t, h.DismissGroup(ctx, ben, GroupKey(groups[0])))
		if unread, err := h.UnreadGroups(ctx, ana, storage.NotificationFilter{}, nil, 1); err != nil || unread != 1 {
			t.Errorf("%d are unread, %v", unread, err)
		}
		check(t, h.DismissGroup(ctx, ana, GroupKey(groups[0])))
		check(t, h.DismissGroup(ctx, ana, GroupKey(groups[1])))
		if unread, err := h.Unread(ctx, ana, storage.NotificationFilter{}, UnreadMax+1); err != nil || unread != 0 {
			t.Errorf("%d are unread, %v", unread, err)
		}
	})
}

// A policy would be lost, or take words that nobody acts on.
func TestPoliciesAreKept(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ana, drop, wrong := h.person("ana", ""), storage.PolicyDrop, "forget"
		p, err := h.SetPolicy(t.Context(), ana, PolicyChange{NewAccounts: &drop})
		check(t, err)
		if p.NewAccounts != drop || p.NotFollowing != storage.PolicyAccept {
			t.Errorf("policy %+v", p)
		}
		if _, err := h.SetPolicy(t.Context(), ana, PolicyChange{NotFollowing: &wrong}); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("%s: %v", wrong, err)
		}
		if p, err = h.Policy(t.Context(), ana); err != nil || p.NewAccounts != drop {
			t.Errorf("later %+v, %v", p, err)
		}
	})
}
