package mastodon

import (
	"strings"
	"testing"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

func TestProgramsForMastodonAreNotToldOfFriends(t *testing.T) {
	// If this failed, a program with a token for posts would read who wants to be whose friend, or one
	// that does not know the type would stop at it.
	v := newVillage(t)
	ctx := t.Context()
	ana, bo := v.person("ana"), v.remote("bo", "orchard.example")
	v.do(func(tx *storage.Tx) error {
		if _, err := tx.PutFriend(ctx, storage.Friend{AccountID: ana.me.ID, FriendID: bo.ID, State: storage.FriendAsking, Greeting: "from the market"}); err != nil {
			return err
		}
		return v.Notify.Notify(ctx, tx, storage.Notification{AccountID: ana.me.ID, FromID: bo.ID, Type: storage.NotifyFriendRequest})
	})
	told, err := v.Store.Notifications(ctx, ana.me.ID, storage.NotificationFilter{Own: true}, storage.Page{})
	check(t, err)
	if len(told) != 1 {
		t.Fatalf("ana was told %v", told)
	}
	for _, path := range []string{"/api/v1/notifications", "/api/v1/notifications?types[]=tulou.friend_request", "/api/v2/notifications",
		"/api/v1/notifications/unread_count", "/api/v2/notifications/unread_count"} {
		if body := ana.send("GET", path, nil).ok().Body.String(); strings.Contains(body, "friend") || strings.Contains(body, "bo@") || strings.Contains(body, `"count":1`) {
			t.Errorf("%s says %s", path, body)
		}
	}
	id := ids.Format(told[0].ID)
	ana.send("GET", "/api/v1/notifications/"+id, nil).says(404, "Record not found")
	ana.send("GET", "/api/v2/notifications/ungrouped-"+id, nil).says(404, "Record not found")
	if body := ana.send("GET", "/api/v2/notifications/ungrouped-"+id+"/accounts", nil).ok().Body.String(); body != "[]" {
		t.Errorf("who is in it: %s", body)
	}
	if _, err := v.RenderNotification(ctx, ana.me.ID, told[0].ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("on a stream: %v", err)
	}
	note, err := v.WritePush(ctx, told[0])
	if err != nil || note.Title != "BO wants to be your friend" || note.Body != "from the market" {
		t.Errorf("pushed: %+v %v", note, err)
	}
}

func TestPushOfFriendsNeedsItsScope(t *testing.T) {
	// If this failed, a program that may read posts would be told who wants to be a friend.
	v := newVillage(t)
	ana := v.person("ana")
	wanted := subscription(t)
	wanted.Set("data[alerts][tulou.friend_request]", "true")
	if got := dig(ana.post(pushPath, wanted).object(), "alerts", "tulou.friend_request"); got != nil {
		t.Errorf("without the scope: %v", got)
	}
	if got := dig(ana.with("push tulou:read").post(pushPath, wanted).object(), "alerts", "tulou.friend_request"); got != true {
		t.Errorf("with the scope: %v", got)
	}
}

func TestPushOfMomentsHasNoWordOfThem(t *testing.T) {
	// If this failed, what a friend says about a Moment, or about themselves, would be on a locked
	// screen.
	v := newVillage(t)
	ana, bo := v.person("ana"), v.remote("bo", "orchard.example")
	for kind, title := range map[string]string{storage.NotifyMomentLike: "BO liked your Moment", storage.NotifyMomentComment: "BO commented on a Moment"} {
		note, err := v.WritePush(t.Context(), storage.Notification{ID: 1, AccountID: ana.me.ID, FromID: bo.ID, Type: kind})
		if err != nil || note.Title != title || note.Body != "" {
			t.Errorf("%s: %+v %v", kind, note, err)
		}
	}
}
