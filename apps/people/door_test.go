package people

import (
	"fmt"
	"testing"
	"time"

	"tulou/federation"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// crowd makes people of another server, each of whom asks somebody.
func (v village) crowd(count int, host string, asked storage.Account) (people []storage.Account) {
	v.t.Helper()
	v.do(func(tx *storage.Tx) error {
		for n := range count {
			base := fmt.Sprintf("https://%s/users/c%d", host, n)
			a, err := tx.PutRemoteAccount(v.t.Context(), storage.Account{URI: base, Name: fmt.Sprint("c", n), Host: host, Type: "Person", Inbox: base + "/inbox"})
			if err != nil {
				return err
			}
			people = append(people, a)
			if _, err := tx.PutFriend(v.t.Context(), storage.Friend{AccountID: asked.ID, FriendID: a.ID, State: storage.FriendAsking, OfferURI: base + "#1"}); err != nil {
				return err
			}
		}
		return nil
	})
	return people
}

// pal is somebody of another server that knows friends.
func (v village) pal(name, host string) (a storage.Account) {
	v.t.Helper()
	document := actorDocument(name, host)
	document.Friends = document.ID + "/friends"
	v.do(func(tx *storage.Tx) (err error) {
		a, err = federation.PutActor(v.t.Context(), tx, document, host)
		return err
	})
	return a
}

func (v village) half(owner, other storage.Account) (f storage.Friend) {
	f, _ = v.store.FriendOf(v.t.Context(), owner.ID, other.ID)
	return f
}

func (v village) asks(from, to storage.Account, key string) storage.Friend {
	v.t.Helper()
	v.receive(from, offerOf(from, to, key, ""))
	return v.half(to, from)
}

// If this failed, strangers could ask who does not want to be asked by them, hide behind a crowd
// whom somebody knows, or find out by the answer whose friend somebody is.
func TestWhoMayAskIsHeededAndNotTold(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx := t.Context()
		ana, ben, eli := v.person("ana"), v.local("ben"), v.local("eli")
		near, far := v.pal("near", "orchard.example"), v.pal("far", "orchard.example")
		v.do(func(tx *storage.Tx) error {
			for _, pair := range [][2]storage.Account{{ana, ben}, {ben, ana}, {ben, near}} {
				if _, err := tx.PutFriend(ctx, storage.Friend{AccountID: pair[0].ID, FriendID: pair[1].ID, State: storage.FriendBoth}); err != nil {
					return err
				}
			}
			return nil
		})
		v.sent()
		check(t, v.SetFriendAskedBy(ctx, ana, storage.AskedByKnown))
		if f := v.asks(near, ana, "1"); f.State != storage.FriendAsking || f.Held {
			t.Errorf("a friend of a friend is %+v", f)
		}
		if f := v.asks(far, ana, "1"); f.State != storage.FriendAsking || !f.Held {
			t.Errorf("a stranger is %+v", f)
		}
		check(t, v.AskFriend(ctx, eli, ana.ID, FriendAsk{}))
		if f := v.half(ana, eli); f.State != storage.FriendAsking || !f.Held || v.half(eli, ana).State != storage.FriendAsked {
			t.Errorf("a stranger of this node is %+v", f)
		}
		if sent := v.sent(); len(sent) != 0 {
			t.Errorf("they are told %+v", sent)
		}
		listed := must(v.store.FriendRequests(ctx, ana.ID, storage.FriendAsking, storage.Page{}))
		told := must(v.store.Notifications(ctx, ana.ID, storage.NotificationFilter{Own: true, Types: []string{storage.NotifyFriendRequest}}, storage.Page{Limit: 10}))
		if len(listed) != 1 || len(told) != 1 || listed[0].FriendID != near.ID || told[0].FromID != near.ID {
			t.Errorf("ana is shown %+v and told %+v", listed, told)
		}
		check(t, v.SetFriendAskedBy(ctx, ana, storage.AskedByLink))
		pal := v.pal("pal", "pond.example")
		if f := v.asks(pal, ana, "1"); !f.Held {
			t.Errorf("without a code they are %+v", f)
		}
		link := must(v.NewFriendLink(ctx, ana)).URL
		v.receive(pal, offerOf(pal, ana, "2", link))
		if f := v.half(ana, pal); f.State != storage.FriendBoth {
			t.Errorf("who scanned is %+v", f)
		}
		check(t, v.AskFriend(ctx, ana, far.ID, FriendAsk{})) // who is held is there for who asks them
		if f := v.half(ana, far); f.State != storage.FriendBoth {
			t.Errorf("who was asked in turn is %+v", f)
		}
	})
}

// If this failed, one server, or a crowd of strangers, would keep everybody else from asking.
func TestACrowdDoesNotCloseTheDoor(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx := t.Context()
		ana := v.person("ana")
		for n := range FriendAsksHostPerDay {
			if f := v.asks(v.pal(fmt.Sprint("m", n), "mill.example"), ana, "1"); f.State != storage.FriendAsking {
				t.Fatalf("number %d of a server is %+v", n, f)
			}
		}
		v.sent()
		if f := v.asks(v.pal("late", "mill.example"), ana, "1"); f.State != "" {
			t.Errorf("one too many of a server is %+v", f)
		}
		v.sentOne("Reject")
		v.crowd(FriendRequestsMax-FriendAsksHostPerDay, "crowd.example", ana)
		friend, stranger := v.pal("friend", "orchard.example"), v.pal("stranger", "orchard.example")
		v.do(func(tx *storage.Tx) error {
			_, err := tx.PutFollow(ctx, storage.Follow{AccountID: ana.ID, TargetID: friend.ID, Accepted: true, URI: "f"})
			return err
		})
		v.sent()
		if f := v.asks(friend, ana, "1"); f.State != storage.FriendAsking || f.Held {
			t.Errorf("somebody whom ana follows is %+v", f)
		}
		if f := v.asks(stranger, ana, "1"); f.State != storage.FriendAsking || !f.Held {
			t.Errorf("one more stranger is %+v", f)
		}
		if sent := v.sent(); len(sent) != 0 {
			t.Errorf("they are told %+v", sent)
		}
		first := v.half(ana, stranger)
		for n := range storage.HeldFriendsMax {
			v.asks(v.pal(fmt.Sprint("s", n), fmt.Sprintf("s%d.example", n)), ana, "1")
		}
		if f := v.half(ana, stranger); f.ID == first.ID {
			t.Errorf("what is held has no end: %+v", f)
		}
		// Nobody answers: it ends by itself, and what was told of it.
		check(t, v.AskFriend(ctx, ana, friend.ID, FriendAsk{}))
		bo := v.pal("bo", "orchard.example")
		v.do(func(tx *storage.Tx) error {
			_, err := tx.PutFriend(ctx, storage.Friend{AccountID: ana.ID, FriendID: bo.ID, State: storage.FriendAsked, OfferURI: "o", Offered: true})
			return err
		})
		forget := func(at time.Time) {
			for count := int64(storage.ForgetBatch); count == storage.ForgetBatch; {
				v.do(func(tx *storage.Tx) (err error) { count, err = tx.ForgetFriendRequests(ctx, at); return err })
			}
		}
		forget(time.Now().Add(time.Hour))
		if n := must(v.store.CountFriends(ctx, ana.ID, storage.FriendAsking)); n != 0 || v.half(ana, bo).State != storage.FriendAsked {
			t.Errorf("%d old requests wait, and bo is %+v", n, v.half(ana, bo))
		}
		forget(time.Now().Add(storage.KeepFriendAnswers + time.Hour))
		if v.half(ana, bo).State != "" || v.half(ana, friend).State != storage.FriendBoth {
			t.Errorf("bo is %+v, a friend %+v", v.half(ana, bo), v.half(ana, friend))
		}
		told := must(v.store.Notifications(ctx, ana.ID, storage.NotificationFilter{Own: true, Types: []string{storage.NotifyFriendRequest}}, storage.Page{Limit: 10}))
		if len(told) != 0 {
			t.Errorf("ana is told %+v", told)
		}
	})
}

// If this failed, somebody would have more friends than there may be by asking, and accepting
// others until the answers come; and one of the two would believe in it.
func TestAnAnswerThatComesTooLateEndsIt(t *testing.T) {
	onSQLite(t, func(t *testing.T, v village) {
		ctx := t.Context()
		ana, bo := v.local("ana"), v.pal("bo", "orchard.example")
		check(t, v.AskFriend(ctx, ana, bo.ID, FriendAsk{}))
		offer := v.sentOne("Offer")
		for _, a := range v.crowd(storage.FriendsMax, "crowd.example", ana) {
			v.do(func(tx *storage.Tx) error {
				_, err := tx.PutFriend(ctx, storage.Friend{AccountID: ana.ID, FriendID: a.ID, State: storage.FriendBoth})
				return err
			})
		}
		v.sent()
		v.receive(bo, vocab.Activity{ID: bo.URI + "#yes", Type: "Accept", ObjectID: offer.ID})
		if n := must(v.store.CountFriends(ctx, ana.ID, storage.FriendBoth)); n != storage.FriendsMax || v.half(ana, bo).State != "" {
			t.Errorf("ana has %d friends, and bo is %+v", n, v.half(ana, bo))
		}
		if end := v.sentOne("Undo"); end.Inner == nil || end.Inner.ID != offer.ID {
			t.Errorf("bo is told %+v", end)
		}
	})
}
