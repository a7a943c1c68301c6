package people

import (
	"slices"
	"sync"
	"testing"

	"tulou/protocol/fault"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// If this failed, following somebody next door would wait for an answer that nobody gives, or be
// counted wrongly.
func TestFollowOfLocalPersonIsAcceptedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, ben := v.local("ana"), v.local("ben")
		for range 2 { // the second changes nothing
			r := must(v.Follow(t.Context(), ana, ben.ID, FollowOptions{Boosts: true}))
			if !r.Following || r.Requested || !r.ShowingBoosts || r.Notifying {
				t.Errorf("relationship %+v", r)
			}
		}
		v.counts(ana, 0, 1)
		v.counts(ben, 1, 0)
		v.wasTold(ben, "follow")
		r := must(v.Follow(t.Context(), ana, ben.ID, FollowOptions{Notify: true}))
		if !r.Following || r.ShowingBoosts || !r.Notifying {
			t.Errorf("options did not change: %+v", r)
		}
		for range 2 {
			if r := must(v.Unfollow(t.Context(), ana, ben.ID)); r.Following || r.Requested {
				t.Errorf("after unfollow: %+v", r)
			}
		}
		v.counts(ana, 0, 0)
		v.counts(ben, 0, 0)
		v.wasTold(ben)
		v.sentNothing()
	})
}

// If this failed, locked people would be followed without being asked, or their answer be lost.
func TestFollowOfLockedPersonWaitsForThem(t *testing.T) {
	onSQLite(t, func(t *testing.T, v village) {
		ana, ben := v.local("ana"), v.locked("ben")
		if r := must(v.Follow(t.Context(), ana, ben.ID, FollowOptions{})); r.Following || !r.Requested {
			t.Errorf("relationship %+v", r)
		}
		v.wasTold(ben, "follow_request")
		v.counts(ben, 0, 0)
		if asking := must(v.FollowRequests(t.Context(), ben, storage.Page{})); len(asking) != 1 || asking[0].Account.ID != ana.ID {
			t.Errorf("requests %+v", asking)
		}
		for range 2 {
			if r := must(v.AcceptRequest(t.Context(), ben, ana.ID)); !r.FollowedBy {
				t.Errorf("after accepting: %+v", r)
			}
		}
		v.wasTold(ben, "follow")
		v.counts(ben, 1, 0)
		if _, err := v.RejectRequest(t.Context(), ben, ana.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("rejected a follower: %v", err)
		}
		must(v.RemoveFollower(t.Context(), ben, ana.ID))
		must(v.RemoveFollower(t.Context(), ben, ana.ID))
		v.counts(ben, 0, 0)
		must(v.Follow(t.Context(), ana, ben.ID, FollowOptions{}))
		must(v.RejectRequest(t.Context(), ben, ana.ID))
		if _, there := v.isFollowing(ana, ben); there {
			t.Error("the request is still there")
		}
		if _, err := v.AcceptRequest(t.Context(), ben, ana.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("accepted nobody: %v", err)
		}
		v.wasTold(ben)
	})
}

// If this failed, our people would read followers-only posts of those who never let them (A087), or
// a followed server would get two Follows.
func TestA087FollowOfRemotePersonStaysPendingUntilTheirAccept(t *testing.T) {
	onSQLite(t, func(t *testing.T, v village) {
		ana, oli := v.local("ana"), v.remote("oli", "orchard.example")
		secret := v.post(oli, storage.VisibilityPrivate)
		if r := must(v.Follow(t.Context(), ana, oli.ID, FollowOptions{})); r.Following || !r.Requested {
			t.Errorf("relationship %+v", r)
		}
		follow := v.sentOne("Follow")
		if follow.Actor != ana.URI || follow.ObjectID != oli.URI {
			t.Errorf("sent %+v", follow)
		}
		if must(v.store.CanSee(t.Context(), ana.ID, secret.ID)) {
			t.Error("a pending follow shows followers-only posts")
		}
		v.counts(ana, 0, 0)
		r := must(v.Follow(t.Context(), ana, oli.ID, FollowOptions{Notify: true}))
		if r.Following || !r.Requested {
			t.Errorf("asking again: %+v", r)
		}
		v.sentNothing()
		v.receive(oli, vocab.Activity{ID: oli.URI + "#accept", Type: "Accept", ObjectID: follow.ID})
		if accepted, _ := v.isFollowing(ana, oli); !accepted {
			t.Error("the Accept had no effect")
		}
		if !must(v.store.CanSee(t.Context(), ana.ID, secret.ID)) {
			t.Error("a follower does not see followers-only posts")
		}
		v.counts(ana, 0, 1)
		v.counts(oli, 1, 0)
	})
}

// If this failed, the other server would go on believing in a follow that ended here.
func TestUnfollowTakesBackTheFollowThatWasSent(t *testing.T) {
	onSQLite(t, func(t *testing.T, v village) {
		ana, oli := v.local("ana"), v.remote("oli", "orchard.example")
		for _, accept := range []bool{true, false} { // a follow, and a request
			must(v.Follow(t.Context(), ana, oli.ID, FollowOptions{}))
			follow := v.sentOne("Follow")
			if accept {
				v.receive(oli, vocab.Activity{ID: oli.URI + "#accept", Type: "Accept", ObjectID: follow.ID})
			}
			must(v.Unfollow(t.Context(), ana, oli.ID))
			undo := v.sentOne("Undo")
			if undo.Inner == nil || undo.Inner.Type != "Follow" || undo.Inner.ID != follow.ID ||
				undo.Inner.Actor != ana.URI || undo.Inner.ObjectID != oli.URI {
				t.Errorf("sent %+v", undo.Inner)
			}
			v.counts(ana, 0, 0)
			v.counts(oli, 0, 0)
		}
		must(v.Unfollow(t.Context(), ana, oli.ID))
		v.sentNothing()
	})
}

// If this failed, one could follow whom one may not, and learn from the answer who blocks whom.
func TestFollowIsRefusedForOneselfTheBlockedTheHiddenAndTheMoved(t *testing.T) {
	v := newVillage(t, sqlite(t))
	ana, ben, cat, dan, eve := v.local("ana"), v.local("ben"), v.local("cat"), v.local("dan"), v.local("eve")
	must(v.Block(t.Context(), ana, ben.ID))
	must(v.Block(t.Context(), cat, ana.ID))
	v.do(func(tx *storage.Tx) error { return tx.SetSuspended(t.Context(), dan.ID, true) })
	eve.MovedTo = "https://orchard.example/users/eve"
	v.do(func(tx *storage.Tx) error { _, err := tx.UpdateProfile(t.Context(), eve); return err })
	instance := must(v.EnsureInstanceActor(t.Context()))
	var details []string
	for target, code := range map[int64]fault.Code{
		ana.ID: fault.Unprocessable, ben.ID: fault.Forbidden, cat.ID: fault.Forbidden, dan.ID: fault.NotFound,
		eve.ID: fault.Forbidden, instance.ID: fault.NotFound, 1: fault.NotFound,
	} {
		_, err := v.Follow(t.Context(), ana, target, FollowOptions{})
		if !fault.Is(err, code) {
			t.Errorf("follow %d: %v, want %s", target, err, code)
		}
		if code == fault.Forbidden {
			details = append(details, fault.DetailOf(err))
		}
	}
	if len(slices.Compact(details)) != 1 {
		t.Errorf("the refusals differ: %q", details)
	}
	v.counts(ana, 0, 0)
}

// If this failed, two people who follow each other at the same moment would be counted wrongly.
func TestFollowsThatCrossAreBothCounted(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, ben := v.local("ana"), v.local("ben")
		var both sync.WaitGroup
		for range 5 {
			both.Go(func() { must(v.Follow(t.Context(), ana, ben.ID, FollowOptions{})) })
			both.Go(func() { must(v.Follow(t.Context(), ben, ana.ID, FollowOptions{})) })
		}
		both.Wait()
		v.counts(ana, 1, 1)
		v.counts(ben, 1, 1)
		v.wasTold(ana, "follow")
		v.wasTold(ben, "follow")
	})
}

// If this failed, two servers whose people follow each other at once would wait for each other.
func TestFollowsThatCrossBetweenServersAreBothAccepted(t *testing.T) {
	v := newVillage(t, sqlite(t))
	ana, oli := v.local("ana"), v.remote("oli", "orchard.example")
	must(v.Follow(t.Context(), ana, oli.ID, FollowOptions{}))
	ours := v.sentOne("Follow")
	v.receive(oli, vocab.Activity{ID: oli.URI + "#1", Type: "Follow", ObjectID: ana.URI})
	v.sentOne("Accept")
	v.receive(oli, vocab.Activity{ID: oli.URI + "#2", Type: "Accept", ObjectID: ours.ID})
	v.counts(ana, 1, 1)
	v.counts(oli, 1, 1)
}

// If this failed, a block would leave follows, posts or notifications behind, or be known to the
// one who is blocked.
func TestA111BlockEndsEverythingAndIsNotShown(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, oli := v.local("ana"), v.remote("oli", "orchard.example")
		v.befriend(ana, oli)
		v.wasTold(ana, "follow")
		post := v.post(oli, storage.VisibilityPrivate)
		if home := must(v.store.Home(t.Context(), ana.ID, storage.Page{})); len(home) != 1 {
			t.Fatalf("home has %d posts", len(home))
		}
		var block *vocab.Activity
		for i := range 2 {
			if r := must(v.Block(t.Context(), ana, oli.ID)); !r.Blocking || r.Following || r.FollowedBy {
				t.Errorf("relationship %+v", r)
			}
			if i == 0 {
				block = v.sentOne("Block")
			}
		}
		v.sentNothing()
		if block.ObjectID != oli.URI || !slices.Equal(block.To, []string{oli.URI}) {
			t.Errorf("sent %+v", block)
		}
		v.counts(ana, 0, 0)
		v.counts(oli, 0, 0)
		v.wasTold(ana)
		if home := must(v.store.Home(t.Context(), ana.ID, storage.Page{})); len(home) != 0 {
			t.Error("posts of the blocked are in the home timeline")
		}
		if must(v.store.CanSee(t.Context(), ana.ID, post.ID)) {
			t.Error("posts of the blocked are shown")
		}
		for i := range 2 {
			if r := must(v.Unblock(t.Context(), ana, oli.ID)); r.Blocking || r.Following {
				t.Errorf("after unblock: %+v", r)
			}
			if i == 0 {
				if undo := v.sentOne("Undo"); undo.Inner == nil || undo.Inner.ID != block.ID || undo.Inner.Type != "Block" {
					t.Errorf("sent %+v", undo)
				}
			}
		}
		v.sentNothing()

		ben := v.local("ben")
		must(v.Block(t.Context(), ana, ben.ID))
		if r := must(v.Relationships(t.Context(), ben, []int64{ana.ID})); r[0].BlockedBy {
			t.Error("the block is shown to the blocked")
		}
		if list := must(v.Followers(t.Context(), ben, ana.ID, storage.Page{})); len(list) != 0 {
			t.Error("the blocked see the followers")
		}
	})
}

// befriend makes two people follow each other, the second of another server.
func (v village) befriend(us, them storage.Account) {
	v.t.Helper()
	must(v.Follow(v.t.Context(), us, them.ID, FollowOptions{Boosts: true}))
	v.receive(them, vocab.Activity{ID: them.URI + "#accept", Type: "Accept", ObjectID: v.sentOne("Follow").ID})
	v.receive(them, vocab.Activity{ID: them.URI + "#follow-" + us.Name, Type: "Follow", ObjectID: us.URI})
	v.sentOne("Accept")
}

// If this failed, who mutes a host would go on sending posts there, or its people never hear of it.
func TestDomainMuteEndsFollowsBothWaysAndTellsThem(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana := v.local("ana")
		oli, pam, quin := v.remote("oli", "orchard.example"), v.remote("pam", "orchard.example"), v.remote("quin", "quay.example")
		for _, them := range []storage.Account{oli, pam, quin} {
			v.befriend(ana, them)
		}
		check(t, v.DomainMute(t.Context(), ana, "Orchard.Example."))
		v.work()
		v.counts(ana, 1, 1)
		got := map[string]int{}
		for _, p := range v.sent() {
			got[p.Type+" "+p.inbox]++
		}
		if len(got) != 2 || got["Undo https://orchard.example/inbox"] != 2 || got["Reject https://orchard.example/inbox"] != 2 {
			t.Errorf("sent %v", got)
		}
		v.receive(oli, vocab.Activity{ID: oli.URI + "#again", Type: "Follow", ObjectID: ana.URI})
		v.sentOne("Reject")
		check(t, v.DomainUnmute(t.Context(), ana, "orchard.example"))
		v.receive(oli, vocab.Activity{ID: oli.URI + "#later", Type: "Follow", ObjectID: ana.URI})
		v.sentOne("Accept")
		if err := v.DomainMute(t.Context(), ana, "harbor.example"); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("muted this node: %v", err)
		}
		if err := v.DomainMute(t.Context(), ana, "no host"); !fault.Is(err, fault.Invalid) {
			t.Errorf("muted nonsense: %v", err)
		}
	})
}
