package people

import (
	"fmt"
	"testing"

	"tulou/protocol/fault"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// offerOf is an Offer of friendship to somebody, as it comes from another server.
func offerOf(from, to storage.Account, key, link string) vocab.Activity {
	return vocab.Activity{ID: from.URI + "#" + key, Type: "Offer", TargetID: to.URI, Instrument: link,
		Object: &vocab.Object{Type: "Relationship", Relationship: &vocab.Relationship{Subject: from.URI, Kind: vocab.FriendOf, Object: to.URI}}}
}

// If this failed, somebody would have more friends than there may be, by asking, accepting, or a
// code that they showed: a Moment goes to all of them.
func TestNobodyHasMoreThanFriendsMax(t *testing.T) {
	onSQLite(t, func(t *testing.T, v village) {
		ctx := t.Context()
		ana, bo, cy := v.local("ana"), v.remote("bo", "orchard.example"), v.remote("cy", "orchard.example")
		var last int64
		v.do(func(tx *storage.Tx) error {
			for n := range storage.FriendsMax - 1 {
				base := fmt.Sprint("https://orchard.example/users/f", n)
				a, err := tx.PutRemoteAccount(ctx, storage.Account{URI: base, Name: fmt.Sprint("f", n), Host: "orchard.example", Type: "Person", Inbox: base + "/inbox"})
				if err != nil {
					return err
				}
				last = a.ID
				if _, err := tx.PutFriend(ctx, storage.Friend{AccountID: ana.ID, FriendID: a.ID, State: storage.FriendBoth}); err != nil {
					return err
				}
			}
			for _, a := range []storage.Account{bo, cy} {
				if _, err := tx.PutFriend(ctx, storage.Friend{AccountID: ana.ID, FriendID: a.ID, State: storage.FriendAsking, OfferURI: a.URI + "#1"}); err != nil {
					return err
				}
			}
			return nil
		})
		friends := func(want int) {
			t.Helper()
			if got := must(v.store.CountFriends(ctx, ana.ID, storage.FriendBoth)); got != want {
				t.Errorf("ana has %d friends, not %d", got, want)
			}
		}
		full := func(what string, err error) {
			t.Helper()
			if !fault.Is(err, fault.Unprocessable) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := v.AcceptFriend(ctx, ana, bo.ID); err != nil {
			t.Fatal(err)
		}
		friends(storage.FriendsMax)
		v.sent()
		full("accepting one more", v.AcceptFriend(ctx, ana, cy.ID))
		ben := v.local("ben")
		full("asking one more", v.AskFriend(ctx, ana, ben.ID, FriendAsk{}))
		link := must(v.NewFriendLink(ctx, ana)).URL
		dee := v.remote("dee", "orchard.example")
		v.receive(dee, offerOf(dee, ana, "1", link))
		if answer := v.sentOne("Reject"); answer.Inner == nil || answer.Inner.ID != dee.URI+"#1" {
			t.Errorf("answered %+v", answer)
		}
		friends(storage.FriendsMax)
		// Whoever was asked can become one, so that they count.
		if err := v.EndFriend(ctx, ana, last); err != nil {
			t.Fatal(err)
		}
		if err := v.AskFriend(ctx, ana, ben.ID, FriendAsk{}); err != nil {
			t.Fatal(err)
		}
		full("asking while one waits who can fill the last place", v.AskFriend(ctx, ana, v.local("eli").ID, FriendAsk{}))
		if err := v.AcceptFriend(ctx, ben, ana.ID); err != nil {
			t.Fatal(err)
		}
		friends(storage.FriendsMax)
	})
}
