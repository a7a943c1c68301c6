package people

import (
	"testing"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/keys"
	"tulou/protocol/vocab"
	"tulou/storage"
)

func follow(id string, target storage.Account) vocab.Activity {
	return vocab.Activity{ID: id, Type: "Follow", ObjectID: target.URI}
}

// If this failed, people of other servers could not follow ours, would be counted twice, or would
// wait for ever after their server lost our answer.
func TestFollowFromElsewhereIsAcceptedOnceAndAnsweredEachTime(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, oli := v.local("ana"), v.remote("oli", "orchard.example")
		for _, id := range []string{"https://orchard.example/1", "https://orchard.example/2"} {
			v.receive(oli, follow(id, ana))
			accept := v.sentOne("Accept")
			if accept.Actor != ana.URI || accept.Inner == nil || accept.Inner.ID != id || accept.Inner.Actor != oli.URI ||
				accept.Inner.ObjectID != ana.URI {
				t.Errorf("answered %+v to %s", accept.Inner, id)
			}
			v.counts(ana, 1, 0)
			v.counts(oli, 0, 1)
			v.wasTold(ana, "follow")
		}
	})
}

// If this failed, the second delivery of one activity would be answered or counted again.
func TestFollowDeliveredToASecondInboxHasNoEffect(t *testing.T) {
	v := newVillage(t, sqlite(t))
	ana, oli := v.local("ana"), v.remote("oli", "orchard.example")
	v.receive(oli, follow("https://orchard.example/1", ana))
	v.sentOne("Accept")
	a := follow("https://orchard.example/1", ana)
	v.receiveIn(federation.In{Activity: &a, Actor: v.again(oli), Recipient: ana.ID, Again: true})
	v.sentNothing()
	must(v.RemoveFollower(t.Context(), ana, oli.ID))
	v.sentOne("Reject")
	undone := follow("https://orchard.example/1", ana)
	v.receive(oli, follow("https://orchard.example/2", ana))
	v.sentOne("Accept")
	v.receiveIn(federation.In{Activity: &vocab.Activity{ID: "https://orchard.example/3", Type: "Undo", Inner: &undone},
		Actor: v.again(oli), Again: true})
	v.counts(ana, 1, 0)
}

// If this failed, locked people would be followed without being asked, or told twice.
func TestFollowFromElsewhereOfLockedPersonWaits(t *testing.T) {
	onSQLite(t, func(t *testing.T, v village) {
		ana, oli := v.locked("ana"), v.remote("oli", "orchard.example")
		v.receive(oli, follow("https://orchard.example/1", ana))
		v.receive(oli, follow("https://orchard.example/2", ana))
		v.sentNothing()
		v.wasTold(ana, "follow_request")
		v.counts(ana, 0, 0)
		must(v.AcceptRequest(t.Context(), ana, oli.ID))
		if accept := v.sentOne("Accept"); accept.Inner.ID != "https://orchard.example/2" {
			t.Errorf("accepted %s, not the last Follow", accept.Inner.ID)
		}
		v.wasTold(ana, "follow")
		v.counts(ana, 1, 0)
		must(v.RemoveFollower(t.Context(), ana, oli.ID))
		if reject := v.sentOne("Reject"); reject.Inner.ID != "https://orchard.example/2" {
			t.Errorf("rejected %s", reject.Inner.ID)
		}
	})
}

// If this failed, those whom somebody blocks could follow them.
func TestFollowFromElsewhereOfSomebodyWhoBlocksIsRejected(t *testing.T) {
	v := newVillage(t, sqlite(t))
	ana, oli, pam := v.local("ana"), v.remote("oli", "orchard.example"), v.remote("pam", "orchard.example")
	must(v.Block(t.Context(), ana, oli.ID))
	v.sentOne("Block")
	v.receive(pam, vocab.Activity{ID: pam.URI + "#block", Type: "Block", ObjectID: ana.URI})
	for _, who := range []storage.Account{oli, pam} {
		v.receive(who, follow(who.URI+"#1", ana))
		if reject := v.sentOne("Reject"); reject.Inner.ID != who.URI+"#1" {
			t.Errorf("rejected %+v", reject.Inner)
		}
	}
	v.wasTold(ana)
	v.counts(ana, 0, 0)
}

// If this failed, a Follow of nobody, of the node, or of somebody gone would leave rows behind.
func TestFollowFromElsewhereOfNobodyHasNoEffect(t *testing.T) {
	v := newVillage(t, sqlite(t))
	oli, pam, ben := v.remote("oli", "orchard.example"), v.remote("pam", "orchard.example"), v.local("ben")
	instance := must(v.EnsureInstanceActor(t.Context()))
	v.do(func(tx *storage.Tx) error { return tx.SetSuspended(t.Context(), ben.ID, true) })
	for _, target := range []storage.Account{pam, instance, ben, {URI: "https://harbor.example/users/nobody"}} {
		v.receive(oli, follow(oli.URI+"#"+target.Name, target))
		if _, there := v.isFollowing(oli, target); there {
			t.Errorf("follows %s", target.URI)
		}
	}
	v.sentNothing()
}

// If this failed, anybody could make our people followers of whom they never followed, or of
// somebody else than who answered (A106).
func TestA106AcceptNeedsAFollowThatWasSentToWhoAccepts(t *testing.T) {
	onSQLite(t, func(t *testing.T, v village) {
		ana, oli, eve := v.local("ana"), v.remote("oli", "orchard.example"), v.remote("eve", "evil.example")
		must(v.Follow(t.Context(), ana, oli.ID, FollowOptions{}))
		sent := v.sentOne("Follow").ID
		invented := vocab.Activity{ID: "https://harbor.example/users/ana/activities/x", Type: "Follow", Actor: ana.URI, ObjectID: eve.URI}
		foreign := vocab.Activity{ID: sent, Type: "Follow", Actor: ana.URI, ObjectID: eve.URI}
		for _, kind := range []string{"Accept", "Reject"} {
			v.receive(eve, vocab.Activity{ID: eve.URI + "#1", Type: kind, ObjectID: sent})
			v.receive(eve, vocab.Activity{ID: eve.URI + "#2", Type: kind, ObjectID: "https://harbor.example/users/ana/activities/x"})
			v.receive(eve, vocab.Activity{ID: eve.URI + "#3", Type: kind, Inner: &invented})
			v.receive(eve, vocab.Activity{ID: eve.URI + "#4", Type: kind, Inner: &foreign})
			v.receive(eve, vocab.Activity{ID: eve.URI + "#5", Type: kind})
		}
		if accepted, there := v.isFollowing(ana, oli); accepted || !there {
			t.Errorf("the follow of oli: accepted %v, there %v", accepted, there)
		}
		if _, there := v.isFollowing(ana, eve); there {
			t.Error("ana follows eve")
		}
		v.counts(ana, 0, 0)
	})
}

// If this failed, the answers of servers that do not keep our ids would be lost.
func TestAcceptIsFoundByIdOrByPair(t *testing.T) {
	v := newVillage(t, sqlite(t))
	ana, oli := v.local("ana"), v.remote("oli", "orchard.example")
	for _, inner := range []func(id string) vocab.Activity{
		func(id string) vocab.Activity {
			return vocab.Activity{Inner: &vocab.Activity{ID: id, Type: "Follow", Actor: ana.URI, ObjectID: oli.URI}}
		},
		func(string) vocab.Activity {
			return vocab.Activity{Inner: &vocab.Activity{Type: "Follow", Actor: ana.URI, ObjectID: oli.URI}}
		},
		func(string) vocab.Activity {
			return vocab.Activity{Inner: &vocab.Activity{ID: "https://orchard.example/own", Type: "Follow", Actor: ana.URI, ObjectID: oli.URI}}
		},
		func(id string) vocab.Activity { return vocab.Activity{ObjectID: id} },
	} {
		must(v.Follow(t.Context(), ana, oli.ID, FollowOptions{}))
		accept := inner(v.sentOne("Follow").ID)
		accept.ID, accept.Type = oli.URI+"#accept", "Accept"
		v.receive(oli, accept)
		v.receive(oli, accept)
		v.counts(ana, 0, 1)
		reject := accept
		reject.ID, reject.Type = oli.URI+"#reject", "Reject"
		v.receive(oli, reject)
		v.receive(oli, reject)
		v.counts(ana, 0, 0)
		if _, there := v.isFollowing(ana, oli); there {
			t.Error("a rejected follow is still there")
		}
	}
	v.sentNothing()
}

// If this failed, one server could end the follows of another's people (A105).
func TestA105UndoEndsTheActorsOwnFollowOnly(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, oli, eve := v.local("ana"), v.remote("oli", "orchard.example"), v.remote("eve", "evil.example")
		v.receive(oli, follow("https://orchard.example/1", ana))
		v.sentOne("Accept")
		stolen := follow("https://orchard.example/1", ana)
		v.receive(eve, vocab.Activity{ID: eve.URI + "#1", Type: "Undo", Inner: &stolen})
		v.receive(eve, vocab.Activity{ID: eve.URI + "#2", Type: "Undo", ObjectID: "https://orchard.example/1"})
		stolen.Actor = oli.URI
		v.receive(eve, vocab.Activity{ID: eve.URI + "#3", Type: "Undo", Inner: &stolen})
		v.receive(eve, vocab.Activity{ID: eve.URI + "#4", Type: "Undo"})
		v.counts(ana, 1, 0)

		v.receive(oli, vocab.Activity{ID: oli.URI + "#5", Type: "Undo", ObjectID: "https://orchard.example/1"})
		v.counts(ana, 0, 0)
		v.wasTold(ana)
		v.receive(oli, follow("https://orchard.example/6", ana))
		v.sentOne("Accept")
		pair := follow("https://orchard.example/other", ana)
		for range 2 {
			v.receive(oli, vocab.Activity{ID: oli.URI + "#7", Type: "Undo", Inner: &pair})
		}
		v.counts(ana, 0, 0)
		v.counts(oli, 0, 0)
		v.sentNothing()
	})
}

// If this failed, a blocked person would still follow, would be told, or anybody could take the
// block back (A111, A105).
func TestA111BlockFromElsewhereEndsFollowsSilently(t *testing.T) {
	onSQLite(t, func(t *testing.T, v village) {
		ana, oli, eve := v.local("ana"), v.remote("oli", "orchard.example"), v.remote("eve", "evil.example")
		v.befriend(ana, oli)
		for range 2 {
			v.receive(oli, vocab.Activity{ID: oli.URI + "#block", Type: "Block", ObjectID: ana.URI})
		}
		v.counts(ana, 0, 0)
		v.counts(oli, 0, 0)
		v.sentNothing()
		v.wasTold(ana)
		if r := must(v.Relationships(t.Context(), ana, []int64{oli.ID})); r[0].BlockedBy || r[0].Following {
			t.Errorf("relationship %+v", r[0])
		}
		if _, err := v.Follow(t.Context(), ana, oli.ID, FollowOptions{}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("followed: %v", err)
		}
		undo := vocab.Activity{Type: "Block", ID: oli.URI + "#block", ObjectID: ana.URI}
		v.receive(eve, vocab.Activity{ID: eve.URI + "#1", Type: "Undo", Inner: &undo})
		if !must(v.store.Blocked(t.Context(), ana.ID, oli.ID)) {
			t.Error("eve took oli's block back")
		}
		for range 2 {
			v.receive(oli, vocab.Activity{ID: oli.URI + "#2", Type: "Undo", Inner: &undo})
		}
		if must(v.store.Blocked(t.Context(), ana.ID, oli.ID)) {
			t.Error("the block is still there")
		}
	})
}

func update(doc vocab.Actor) vocab.Activity {
	return vocab.Activity{ID: doc.ID + "#update", Type: "Update", ObjectID: doc.ID, ObjectType: doc.Type,
		Object: &vocab.Object{ID: doc.ID, Type: doc.Type, Known: true, Actor: &doc}}
}

// If this failed, profiles of other servers would grow old, or one could be changed into another's
// (A112).
func TestA112UpdateChangesTheActorItselfAndNothingElse(t *testing.T) {
	onSQLite(t, func(t *testing.T, v village) {
		oli, pam := v.remote("oli", "orchard.example"), v.remote("pam", "orchard.example")
		doc := actorDocument("oli", "orchard.example")
		doc.Name, doc.Type, doc.Locked, doc.Summary = "Oli", "Service", true, `<p>hi</p><script>x</script>`
		doc.PreferredUsername = "PAM"
		key := keys.Ed25519FromSeed(make([]byte, 32)).Public()
		doc.Keys = []vocab.Key{{ID: oli.URI + "#new", Owner: oli.URI, Multibase: key.Multikey()}}
		v.receive(oli, update(doc))
		now := v.again(oli)
		if now.DisplayName != "Oli" || now.Type != "Service" || !now.Locked || now.Bio != "<p>hi</p>" {
			t.Errorf("after update: %+v", now)
		}
		if now.Name != "oli" || now.Host != "orchard.example" {
			t.Errorf("the handle became %s", now.Handle())
		}
		if list := must(v.store.KeysOf(t.Context(), oli.ID)); len(list) != 1 || list[0].ID != oli.URI+"#new" {
			t.Errorf("keys %+v", list)
		}

		before := v.again(pam)
		other := actorDocument("pam", "orchard.example")
		other.Name = "owned"
		v.receive(oli, update(other))
		inside := update(doc)
		inside.Object.Actor = &other
		v.receive(oli, inside)
		note := update(doc)
		note.Object = &vocab.Object{ID: oli.URI, Type: "Note", Known: true, Note: &vocab.Note{ID: oli.URI}}
		v.receive(oli, note)
		doc.Inbox = "https://evil.example/inbox"
		v.receive(oli, update(doc))
		doc.Inbox = oli.Inbox
		doc.Keys = nil
		if v.again(pam).DisplayName != before.DisplayName {
			t.Error("oli changed pam")
		}
		if now := v.again(oli); now.Inbox != oli.Inbox || now.Type != "Service" {
			t.Errorf("after bad updates: %+v", now)
		}
	})
}

// If this failed, an actor could take the keys of another account and sign in its name.
func TestUpdateCannotTakeAnotherAccountsKey(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		oli, pam := v.remote("oli", "orchard.example"), v.remote("pam", "orchard.example")
		key := keys.Ed25519FromSeed(make([]byte, 32)).Public()
		theirs := actorDocument("pam", "orchard.example")
		theirs.Keys = []vocab.Key{{ID: pam.URI + "#key", Owner: pam.URI, Multibase: key.Multikey()}}
		v.receive(pam, update(theirs))
		doc := actorDocument("oli", "orchard.example")
		doc.Name = "thief"
		doc.Keys = []vocab.Key{{ID: pam.URI + "#key", Owner: oli.URI, Multibase: key.Multikey()}}
		v.receive(oli, update(doc))
		if row := must(v.store.KeyByID(t.Context(), pam.URI+"#key")); row.AccountID != pam.ID {
			t.Error("the key changed hands")
		}
		if v.again(oli).DisplayName == "thief" {
			t.Error("half of a refused update was stored")
		}
	})
}

// If this failed, people who left their server would stay on ours with all they said, or come back.
func TestDeleteFromElsewhereErasesTheActorAndItsPosts(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, oli, eve := v.local("ana"), v.remote("oli", "orchard.example"), v.remote("eve", "evil.example")
		v.befriend(ana, oli)
		post := v.post(oli, storage.VisibilityPrivate)
		v.receive(eve, vocab.Activity{ID: eve.URI + "#1", Type: "Delete", ObjectID: oli.URI})
		v.counts(ana, 1, 1)
		for range 2 {
			v.receive(oli, vocab.Activity{ID: oli.URI + "#delete", Type: "Delete", ObjectID: oli.URI})
		}
		v.counts(ana, 0, 0)
		v.wasTold(ana)
		if must(v.store.CanSee(t.Context(), ana.ID, post.ID)) {
			t.Error("posts of a deleted account are shown before the job ran")
		}
		v.work()
		if _, err := v.store.StatusByID(t.Context(), post.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the post is still there: %v", err)
		}
		for _, uri := range []string{post.URI, oli.URI} {
			if _, err := v.store.Tombstone(t.Context(), uri); err != nil {
				t.Errorf("no tombstone of %s: %v", uri, err)
			}
		}
		if now := v.again(oli); now.DeletedAt == 0 || !now.Hidden {
			t.Errorf("after delete: %+v", now)
		}
		v.receive(oli, update(actorDocument("oli", "orchard.example")))
		if v.again(oli).DeletedAt == 0 {
			t.Error("an Update brought the account back")
		}
		v.sentNothing()
	})
}

// If this failed, a block that is taken back by its id alone would stay, or a stranger could take
// it back (A105).
func TestA105UndoOfABlockByItsID(t *testing.T) {
	onSQLite(t, func(t *testing.T, v village) {
		ana, oli, eve := v.local("ana"), v.remote("oli", "orchard.example"), v.remote("eve", "evil.example")
		block := vocab.Activity{ID: oli.URI + "#block", Type: "Block", ObjectID: ana.URI}
		v.receive(oli, block)
		for _, by := range []struct {
			who     storage.Account
			blocked bool
		}{{eve, true}, {oli, false}} {
			v.receive(by.who, vocab.Activity{ID: by.who.URI + "#undo", Type: "Undo", ObjectID: block.ID})
			if got := must(v.Store.Blocked(t.Context(), ana.ID, oli.ID)); got != by.blocked {
				t.Errorf("after the Undo of %s: blocked %v", by.who.Name, got)
			}
		}
	})
}
