package storage

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/fault"
)

// befriend gives owner a friend.
func (v village) befriend(owner, friend Account) {
	v.t.Helper()
	v.s.do(v.t, func(tx *Tx) error {
		_, err := tx.PutFriend(v.t.Context(), Friend{AccountID: owner.ID, FriendID: friend.ID, State: FriendBoth, Offered: true})
		return err
	})
}

// If this failed, a request would open what is for friends, or an ended friendship would go on.
func TestOnlyTheOwnersHalfMakesAFriend(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo, cy := v.local("ana"), v.remote("bo", "orchard.example"), v.local("cy")
		are := func(a, b Account) bool { t.Helper(); return must(s.AreFriends(ctx, a.ID, b.ID)) }
		for _, state := range []string{FriendAsked, FriendAsking} {
			s.do(t, func(tx *Tx) error {
				_, err := tx.PutFriend(ctx, Friend{AccountID: ana.ID, FriendID: bo.ID, State: state, OfferURI: "https://harbor.example/1", Greeting: "hi"})
				return err
			})
			if are(ana, bo) || len(must(s.Friends(ctx, ana.ID, FriendFilter{}, Page{}))) != 0 {
				t.Errorf("%s counts as a friend", state)
			}
			if got := must(s.FriendRequests(ctx, ana.ID, state, Page{})); len(got) != 1 || got[0].Greeting != "hi" || got[0].Since != 0 {
				t.Errorf("%s: %+v", state, got)
			}
		}
		s.do(t, func(tx *Tx) error {
			return tx.MarkFriend(ctx, ana.ID, bo.ID, FriendMarks{Remark: "Bo", Starred: true, HideMine: true})
		})
		v.befriend(ana, bo)
		f := must(s.FriendOf(ctx, ana.ID, bo.ID))
		if !are(ana, bo) || f.Since == 0 || f.Remark != "Bo" || !f.Starred || !f.HideMine || f.HideTheirs {
			t.Errorf("a friend is %+v", f)
		}
		if are(bo, ana) || are(ana, cy) {
			t.Error("one half makes friends of others")
		}
		if got := must(s.FriendsOnHosts(ctx, ana.ID)); len(got) != 1 || got[0].Host != "orchard.example" || !got[0].HideMine || got[0].Inbox == "" {
			t.Errorf("where friends are: %+v", got)
		}
		s.do(t, func(tx *Tx) error { return tx.SetSuspended(ctx, bo.ID, true) })
		if are(ana, bo) || len(must(s.Friends(ctx, ana.ID, FriendFilter{}, Page{}))) != 0 || len(must(s.FriendsOnHosts(ctx, ana.ID))) != 0 {
			t.Error("who is suspended is a friend")
		}
		s.do(t, func(tx *Tx) error { return tx.SetSuspended(ctx, bo.ID, false) })
		s.do(t, func(tx *Tx) error { _, err := tx.PutBlock(ctx, bo.ID, ana.ID, ""); return err })
		if _, err := s.FriendOf(ctx, ana.ID, bo.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("after a block: %v", err)
		}
	})
}

// If this failed, the friends of somebody would be listed twice or left out between two pages.
func TestFriendsArePagedNewestFirst(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		var want []int64
		for _, name := range []string{"bo", "cy", "dee", "eli", "fay"} {
			friend := v.remote(name, "orchard.example")
			v.befriend(ana, friend)
			want = append([]int64{friend.ID}, want...)
		}
		var got []int64
		for p := (Page{Limit: 2}); ; {
			rows := must(s.Friends(ctx, ana.ID, FriendFilter{}, p))
			for _, f := range rows {
				got, p.MaxID = append(got, f.FriendID), f.ID
			}
			if len(rows) < 2 {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// If this failed, a circle would hold somebody who is no friend any more, or be somebody else's.
func TestCirclesHoldFriendsOnly(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, cy, bo := v.local("ana"), v.local("cy"), v.remote("bo", "orchard.example")
		var family FriendTag
		s.do(t, func(tx *Tx) (err error) {
			family, err = tx.CreateFriendTag(ctx, ana.ID, "Family", "family")
			return err
		})
		tag := func() error { return s.Tx(ctx, func(tx *Tx) error { return tx.TagFriend(ctx, family, bo.ID) }) }
		if err := tag(); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger in a circle: %v", err)
		}
		v.befriend(ana, bo)
		for range 2 {
			if err := tag(); err != nil {
				t.Error(err)
			}
		}
		if got := must(s.FriendsTagged(ctx, ana.ID, []int64{family.ID})); !slices.Equal(got, []int64{bo.ID}) {
			t.Errorf("tagged: %v", got)
		}
		if got := must(s.Friends(ctx, ana.ID, FriendFilter{Tag: family.ID}, Page{})); len(got) != 1 {
			t.Errorf("friends with the tag: %v", got)
		}
		if got := must(s.FriendsTagged(ctx, cy.ID, []int64{family.ID})); len(got) != 0 {
			t.Errorf("cy uses the circle of ana: %v", got)
		}
		if _, err := s.FriendTagOf(ctx, cy.ID, family.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("cy reads the circle of ana: %v", err)
		}
		if err := s.Tx(ctx, func(tx *Tx) error { _, err := tx.CreateFriendTag(ctx, ana.ID, "FAMILY", "family"); return err }); !fault.Is(err, fault.Conflict) {
			t.Errorf("two circles of a name: %v", err)
		}
		s.do(t, func(tx *Tx) error { _, err := tx.DeleteFriend(ctx, ana.ID, bo.ID); return err })
		if got := must(s.FriendTags(ctx, ana.ID)); len(got) != 1 || got[0].Members != 0 {
			t.Errorf("after the end: %+v", got)
		}
		v.befriend(ana, bo)
		if got := must(s.FriendsTagged(ctx, ana.ID, []int64{family.ID})); len(got) != 0 {
			t.Errorf("a new friendship brings the circle back: %v", got)
		}
		for i := range FriendTagsMax - 1 {
			name := string(rune('a'+i/26)) + string(rune('a'+i%26))
			s.do(t, func(tx *Tx) error { _, err := tx.CreateFriendTag(ctx, ana.ID, name, name); return err })
		}
		if err := s.Tx(ctx, func(tx *Tx) error { _, err := tx.CreateFriendTag(ctx, ana.ID, "one more", "one more"); return err }); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("one circle too many: %v", err)
		}
	})
}

// If this failed, two who scan a code at once would both be friends without being asked about, or
// a code would count for ever.
func TestFriendCodesAreUsedOnceAndExpire(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, cy := v.local("ana"), v.local("cy")
		show := func(hash string, d time.Duration) {
			s.do(t, func(tx *Tx) error { return tx.CreateFriendCode(ctx, hash, ana.ID, time.Now().Add(d)) })
		}
		take := func(hash string, owner Account) (valid, first bool) {
			s.do(t, func(tx *Tx) (err error) { valid, first, err = tx.TakeFriendCode(ctx, hash, owner.ID); return err })
			return valid, first
		}
		show("a", time.Minute)
		if valid, _ := take("a", cy); valid {
			t.Error("a code counts for somebody else")
		}
		var under sync.WaitGroup
		firsts := make(chan bool, 8)
		for range 8 {
			under.Go(func() { _, first := take("a", ana); firsts <- first })
		}
		under.Wait()
		close(firsts)
		count := 0
		for first := range firsts {
			if first {
				count++
			}
		}
		if valid, _ := take("a", ana); count != 1 || !valid {
			t.Errorf("%d were first, and then valid is %v", count, valid)
		}
		show("old", -time.Second)
		if valid, _ := take("old", ana); valid {
			t.Error("a code counts after its time")
		}
		for _, hash := range []string{"b", "c", "d", "e", "f"} {
			show(hash, 2*time.Minute)
		}
		if valid, _ := take("a", ana); valid {
			t.Error("more codes count than FriendCodesMax")
		}
	})
}

// If this failed, somebody would be shown to strangers who did not allow it, or one friend's list
// would be read by who has no other.
func TestAcquaintancesNeedTwoFriendsAndConsent(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo, cy, dee := v.local("ana"), v.local("bo"), v.local("cy"), v.local("dee")
		for _, pair := range [][2]Account{{ana, bo}, {ana, cy}, {bo, dee}, {cy, dee}} {
			v.befriend(pair[0], pair[1])
			v.befriend(pair[1], pair[0])
		}
		found := func() []Acquaintance { t.Helper(); return must(s.Acquaintances(ctx, ana.ID, 2, 10)) }
		allow := func(a Account, yes bool) {
			s.do(t, func(tx *Tx) error { return tx.PutSuggestible(ctx, a.ID, yes) })
		}
		for _, a := range []Account{bo, cy} {
			allow(a, true)
		}
		if got := found(); len(got) != 0 {
			t.Errorf("dee did not allow it: %v", got)
		}
		allow(dee, true)
		if diff := cmp.Diff([]Acquaintance{{dee.ID, 2}}, found()); diff != "" {
			t.Error(diff)
		}
		allow(cy, false)
		if got := found(); len(got) != 0 {
			t.Errorf("one friend in common is enough: %v", got)
		}
		allow(cy, true)
		s.do(t, func(tx *Tx) error { _, err := tx.PutBlock(ctx, dee.ID, ana.ID, ""); return err })
		if got := found(); len(got) != 0 {
			t.Errorf("who blocks is suggested: %v", got)
		}
	})
}

// If this failed, who asked, refused and was whose friend would stay when somebody is gone.
func TestAPersonWhoIsGoneIsNobodysFriend(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo, cy := v.local("ana"), v.remote("bo", "orchard.example"), v.local("cy")
		for _, gone := range []Account{bo, cy} {
			v.befriend(ana, gone)
			s.do(t, func(tx *Tx) error {
				for _, err := range []error{
					tx.AddFriendAsk(ctx, gone.ID, ana.ID), tx.AddFriendAsk(ctx, ana.ID, gone.ID),
					tx.PutFriendRefusal(ctx, gone.ID, ana.ID), tx.PutFriendRefusal(ctx, ana.ID, gone.ID),
				} {
					if err != nil {
						return err
					}
				}
				family, err := tx.CreateFriendTag(ctx, ana.ID, gone.Name, gone.Name)
				if err != nil {
					return err
				}
				return tx.TagFriend(ctx, family, gone.ID)
			})
		}
		v.befriend(cy, ana)
		if n := must(s.CountFriendAsks(ctx, ana.ID, bo.ID, time.Now().Add(-time.Hour))); n.Made != 2 || n.Pair != 1 {
			t.Errorf("asks: %+v", n)
		}
		for _, gone := range []Account{bo, cy} {
			s.do(t, func(tx *Tx) error { return tx.MarkDeleted(ctx, gone.ID) })
			if at := must(s.FriendRefusedAt(ctx, ana.ID, gone.ID)); at != 0 {
				t.Error("a refusal stays")
			}
		}
		if n := must(s.CountFriendAsks(ctx, ana.ID, bo.ID, time.Now().Add(-time.Hour))); n.Made != 0 {
			t.Errorf("asks: %+v", n)
		}
		if count := must(s.CountFriends(ctx, ana.ID, FriendBoth)); count != 0 {
			t.Errorf("%d friends", count)
		}
		for _, tag := range must(s.FriendTags(ctx, ana.ID)) {
			if tag.Members != 0 {
				t.Errorf("%+v", tag)
			}
		}
	})
}

// If this failed, an Accept that comes while somebody takes their request back would make them
// friends: it would go on with a half that was ended since it was read.
func TestNobodyChangesAHalfThatIsHeld(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.remote("bo", "orchard.example")
		s.do(t, func(tx *Tx) error {
			_, err := tx.PutFriend(ctx, Friend{AccountID: ana.ID, FriendID: bo.ID, State: FriendAsked})
			return err
		})
		ended, seen := make(chan struct{}), make(chan error, 1)
		go func() {
			<-ended
			seen <- s.Tx(ctx, func(tx *Tx) error {
				if err := tx.HoldPeople(ctx, bo.ID, ana.ID); err != nil {
					return err
				}
				_, err := tx.FriendOf(ctx, ana.ID, bo.ID)
				return err
			})
		}()
		s.do(t, func(tx *Tx) error {
			if err := tx.HoldPeople(ctx, ana.ID, bo.ID); err != nil {
				return err
			}
			_, err := tx.DeleteFriend(ctx, ana.ID, bo.ID)
			close(ended)
			select {
			case err := <-seen:
				t.Errorf("what is held was read: %v", err)
				seen <- err
			case <-time.After(50 * time.Millisecond): // the other one waits
			}
			return err
		})
		if err := <-seen; !fault.Is(err, fault.NotFound) {
			t.Errorf("after its end there is a half: %v", err)
		}
		s.do(t, func(tx *Tx) error { return tx.MarkDeleted(ctx, ana.ID) })
		err := s.Tx(ctx, func(tx *Tx) error { return tx.HoldPeople(ctx, ana.ID, bo.ID) })
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("who was deleted makes friends: %v", err)
		}
	})
}

// If this failed, people would be shown as following back who do not, or friends among them, or
// somebody would be left out between two pages.
func TestMutualsFollowBackAndAreNoFriends(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo, cy, dee, eli := v.local("ana"), v.remote("bo", "orchard.example"), v.local("cy"), v.local("dee"), v.local("eli")
		for _, other := range []Account{bo, cy, dee, eli} {
			v.follow(ana, other)
		}
		for _, other := range []Account{bo, cy, dee} {
			v.follow(other, ana)
		}
		s.do(t, func(tx *Tx) error { befriendAll(t, tx, ana, dee); return nil })
		var found []int64
		page := Page{Limit: 1}
		for range 3 {
			rows := must(s.Mutuals(ctx, ana.ID, page))
			if len(rows) == 0 {
				break
			}
			found, page.MaxID = append(found, rows[0].TargetID), rows[0].ID
		}
		if !slices.Equal(found, []int64{cy.ID, bo.ID}) {
			t.Errorf("mutuals are %v, not %v", found, []int64{cy.ID, bo.ID})
		}
	})
}
