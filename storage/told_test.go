package storage

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// Open conversations would go on showing a message that its author took back.
func TestTheLossOfADirectMessageIsToldToItsConversations(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, v := t.Context(), village{t, s}
		ana, far := v.local("ana"), v.remote("far", "orchard.example")
		ben := v.local("ben")
		var d diary
		d.watch(s)
		first := v.post(far, VisibilityDirect, to(ana))
		s.do(t, func(tx *Tx) error { _, err := tx.PutConversation(ctx, first, []int64{ana.ID, far.ID}); return err })
		second := v.post(ben, VisibilityDirect, func(n *NewStatus) { to(ana)(n); n.ReplyToID = first.ID })
		s.do(t, func(tx *Tx) error { _, err := tx.PutConversation(ctx, second, []int64{ana.ID, ben.ID}); return err })
		for _, c := range []struct {
			status Status
			told   []int64
		}{{first, []int64{ana.ID}}, {second, []int64{ana.ID, ben.ID}}} {
			d.take()
			s.do(t, func(tx *Tx) error { _, err := tx.DeleteStatus(ctx, c.status.ID); return err })
			var gone []int64
			for _, h := range d.take() {
				if h.Kind == HappenedDelete {
					gone = h.Gone.Direct
				}
			}
			slices.Sort(gone)
			slices.Sort(c.told)
			if !slices.Equal(gone, c.told) {
				t.Errorf("told %v, want %v", gone, c.told)
			}
		}
	})
}

// Suspending those who push a post would not take it out of what is going around.
func TestHiddenPeopleMakeNothingPopular(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, v := t.Context(), village{t, s}
		ana := v.local("ana")
		s.do(t, func(tx *Tx) error { ana.Discoverable = true; _, err := tx.UpdateProfile(ctx, ana); return err })
		post := v.post(ana, VisibilityPublic, nil)
		fans := []Account{v.remote("x", "orchard.example"), v.remote("y", "orchard.example"), v.remote("z", "orchard.example")}
		for _, fan := range fans[:2] {
			s.do(t, func(tx *Tx) error { _, err := tx.PutLike(ctx, Like{AccountID: fan.ID, StatusID: post.ID}); return err })
		}
		v.boost(fans[2], post)
		people := func() int64 {
			t.Helper()
			if found := must(s.PopularStatuses(ctx, time.Now())); len(found) > 0 {
				return found[0].People
			}
			return 0
		}
		if n := people(); n != 3 {
			t.Errorf("%d people", n)
		}
		s.do(t, func(tx *Tx) error { return tx.SetSuspended(ctx, fans[2].ID, true) })
		if n := people(); n != 2 {
			t.Errorf("without who boosted: %d people", n)
		}
		s.do(t, func(tx *Tx) error { return tx.SetSuspended(ctx, fans[0].ID, true) })
		if n := people(); n != 0 {
			t.Errorf("without who liked: %d people", n)
		}
	})
}

// Programs take a short page for the last one, and would never show what comes after the groups of
// people who were suspended.
func TestPagesOfGroupsAreFullBesidesHiddenPeople(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, v := t.Context(), village{t, s}
		ana := v.local("ana")
		good, bad := v.remote("good", "orchard.example"), v.remote("bad", "orchard.example")
		for n := range 12 {
			fan := bad
			if n%4 == 0 {
				fan = good
			}
			v.tell(ana, fan, NotifyLike, v.post(ana, VisibilityPublic, nil).ID)
		}
		s.do(t, func(tx *Tx) error { return tx.SetSuspended(ctx, bad.ID, true) })
		all := must(s.NotificationGroups(ctx, ana.ID, NotificationFilter{}, GroupedTypes(), Page{}))
		if len(all) != 3 {
			t.Fatalf("%d groups", len(all))
		}
		for name, c := range map[string]struct {
			page Page
			want []int64
		}{
			"first":  {Page{Limit: 2}, []int64{all[0].ID, all[1].ID}},
			"second": {Page{Limit: 2, MaxID: all[1].ID}, []int64{all[2].ID}},
			"upward": {Page{Limit: 2, MinID: 1}, []int64{all[1].ID, all[2].ID}},
		} {
			var got []int64
			for _, g := range must(s.NotificationGroups(ctx, ana.ID, NotificationFilter{}, GroupedTypes(), c.page)) {
				got = append(got, g.ID)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
	})
}

// A page of direct messages would lose some between what came and what went, or show one twice.
func TestDirectMessagesAreOnePage(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, v := t.Context(), village{t, s}
		ana, ben := v.local("ana"), v.local("ben")
		var want []int64
		for n := range 6 {
			author, reader := ana, ben
			if n%3 == 0 {
				author, reader = ben, ana
			}
			want = append([]int64{v.post(author, VisibilityDirect, to(reader)).ID}, want...)
			v.post(author, VisibilityPublic, func(n *NewStatus) { n.Mentions = []int64{reader.ID} })
		}
		self := v.post(ana, VisibilityDirect, to(ana)).ID
		want = append([]int64{self}, want...)
		for name, c := range map[string]struct {
			page Page
			want []int64
		}{
			"all":    {Page{}, want},
			"first":  {Page{Limit: 3}, want[:3]},
			"next":   {Page{Limit: 3, MaxID: want[2]}, want[3:6]},
			"upward": {Page{Limit: 3, MinID: want[6]}, want[3:6]},
		} {
			if got := StatusIDs(must(s.Direct(ctx, ana.ID, c.page))); !slices.Equal(got, c.want) {
				t.Errorf("%s: %s", name, fmt.Sprint(got, " want ", c.want))
			}
		}
	})
}
