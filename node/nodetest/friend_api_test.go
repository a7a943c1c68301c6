package nodetest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tulou/apps/notify"
	"tulou/apps/people"
	"tulou/protocol/fault"
	"tulou/storage"
)

// If this failed, an operation about friends would answer something else than is described, or do
// something else than it says.
func TestFriendOperationsDoWhatTheySay(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		v.start("harbor")
		v.start("orchard")
		ana, ben, bob := v.persons["ana"], v.persons["ben"], v.persons["bob"]
		status := func(p *person, want int, method, path string, in any) {
			t.Helper()
			if got := p.own(method, path, in, nil); got != want {
				t.Errorf("%s %s is answered %d, not %d", method, path, got, want)
			}
		}
		me := ana.knows("@ana@harbor.example").ID
		bens := ana.knows("@ben@harbor.example").ID
		status(ana, http.StatusUnprocessableEntity, "POST", "/friends/requests", map[string]any{})
		status(ana, http.StatusUnprocessableEntity, "POST", "/friends/requests", map[string]any{"account_id": me})
		status(ana, http.StatusUnprocessableEntity, "POST", "/friends/requests", map[string]any{"account_id": bens, "greeting": strings.Repeat("x", 201)})
		status(ana, http.StatusBadRequest, "POST", "/friends/requests", map[string]any{"account_id": bens, "nonsense": 1})
		status(ana, http.StatusNotFound, "POST", "/friends/requests", map[string]any{"account_id": "12"})
		status(ana, http.StatusBadRequest, "POST", "/friends/find", map[string]any{"text": "no, nobody"})
		status(ana, http.StatusNotFound, "GET", "/friends/12", nil)
		status(ana, http.StatusNotFound, "GET", "/friends/nobody", nil)
		status(ana, http.StatusBadRequest, "GET", "/friends?cursor=x", nil)
		status(ana, http.StatusBadRequest, "GET", "/friends?limit=0", nil)
		status(ana, http.StatusBadRequest, "GET", "/friends/requests?direction=up", nil)
		status(ana, http.StatusNotFound, "POST", "/friends/requests/"+bens+"/accept", nil)

		status(ana, http.StatusOK, "POST", "/friends/requests", map[string]any{"address": "ben", "remark": "Benny"})
		var counts struct{ Friends, Requests int }
		ben.must200("GET", "/friends/counts", nil, &counts)
		if counts.Requests != 1 || counts.Friends != 0 {
			t.Errorf("counts of ben are %+v", counts)
		}
		anas := ben.knows("@ana@harbor.example").ID
		status(ben, http.StatusOK, "POST", "/friends/requests", map[string]any{"account_id": anas, "remark": "Annie"}) // asking who asks accepts
		if f := ben.friend("@ana@harbor.example"); f.State != "friend" || f.Remark != "Annie" {
			t.Errorf("ana is %+v", f)
		}
		if f := ana.friend("@ben@harbor.example"); f.State != "friend" || f.Remark != "Benny" {
			t.Errorf("ben is %+v", f)
		}
		var told struct{ Items []struct{ ID string } }
		ana.must200("GET", "/notifications", nil, &told)
		if len(told.Items) != 1 {
			t.Fatalf("ana was told %+v", told)
		}
		status(ben, http.StatusNotFound, "DELETE", "/notifications/"+told.Items[0].ID, nil)
		status(ana, http.StatusNoContent, "DELETE", "/notifications/"+told.Items[0].ID, nil)

		// Circles are one's own.
		var family struct {
			ID, Name string
			Members  int
		}
		ana.must200("POST", "/circles", map[string]any{"name": "  Fam  ily "}, &family)
		if family.Name != "Fam ily" {
			t.Errorf("the circle is called %q", family.Name)
		}
		status(ana, http.StatusConflict, "POST", "/circles", map[string]any{"name": "FAM ILY"})
		status(ana, http.StatusUnprocessableEntity, "POST", "/circles", map[string]any{"name": " "})
		status(ana, http.StatusOK, "PATCH", "/circles/"+family.ID, map[string]any{"name": "Family"})
		status(ben, http.StatusNotFound, "PATCH", "/circles/"+family.ID, map[string]any{"name": "Mine"})
		status(ana, http.StatusNoContent, "PUT", "/circles/"+family.ID+"/friends/"+bens, nil)
		status(ben, http.StatusNotFound, "PUT", "/circles/"+family.ID+"/friends/"+anas, nil)
		status(ben, http.StatusNotFound, "GET", "/friends?circle="+family.ID, nil)
		var page struct{ Items []friendEntity }
		ana.must200("GET", "/friends?circle="+family.ID, nil, &page)
		if len(page.Items) != 1 {
			t.Errorf("in the circle are %+v", page)
		}
		status(ana, http.StatusNoContent, "DELETE", "/circles/"+family.ID+"/friends/"+bens, nil)
		status(ana, http.StatusOK, "GET", "/circles", nil)
		status(ana, http.StatusNotFound, "PATCH", "/friends/"+bens, map[string]any{"circles": []string{"12"}})
		status(ana, http.StatusUnprocessableEntity, "PATCH", "/friends/"+bens, map[string]any{"remark": strings.Repeat("x", 61)})
		status(ana, http.StatusNoContent, "DELETE", "/circles/"+family.ID, nil)

		// What brings people together.
		status(ana, http.StatusOK, "PATCH", "/friends/settings", map[string]any{"suggestible": true})
		status(ana, http.StatusOK, "GET", "/friends/settings", nil)
		status(ana, http.StatusOK, "GET", "/friends/suggestions", nil)
		status(ana, http.StatusNoContent, "DELETE", "/friends/suggestions/"+bens, nil)
		ana.must200("GET", "/friends/relationships?id="+bens+"&id="+me, nil, &page)
		if len(page.Items) != 2 {
			t.Errorf("relationships are %+v", page)
		}

		// The code of one person is nobody else's, and is not shown to the server of another.
		var code struct{ Link string }
		ben.must200("POST", "/friends/code", nil, &code)
		status(bob, http.StatusOK, "POST", "/friends/requests", map[string]any{"address": "@ana@harbor.example", "link": ""})
		v.settle()
		status(bob, http.StatusOK, "POST", "/friends/requests", map[string]any{"account_id": bob.knows("@ana@harbor.example").ID, "link": code.Link})
		v.settle()
		if f := ana.friend("@bob@orchard.example"); f.State != "asking" || f.ByCode {
			t.Errorf("with the code of ben bob is %+v to ana", f)
		}
		status(ana, http.StatusOK, "PUT", "/friends/"+ana.knows("@bob@orchard.example").ID+"/block", nil)
		status(ana, http.StatusOK, "DELETE", "/friends/"+ana.knows("@bob@orchard.example").ID+"/block", nil)
		v.settle()
		if got := bob.friend("@ana@harbor.example").State; got != "none" {
			t.Errorf("after a block ana is %s", got)
		}
	})
}

// If this failed, a person or a program of theirs could ask the whole world, or so many could ask
// one person that nobody is found among them.
func TestRequestsOfADayAndThoseThatWaitAreLimited(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		h := v.start("harbor")
		store, ctx := h.node.Store(), t.Context()
		limited := people.New(people.Deps{Store: store, Paths: h.node.Engine().Paths(), AccountHost: h.host(),
			Sender: h.node.Engine(), Notifier: notify.New(store)}) // nodes of tests have no limits of their own people
		anas, bens := must(store.AccountByHandle(ctx, "ana", "")), must(store.AccountByHandle(ctx, "ben", ""))
		check(t, store.Tx(ctx, func(tx *storage.Tx) error {
			for range people.FriendAsksPerDay {
				if err := tx.AddFriendAsk(ctx, anas.ID, anas.ID); err != nil {
					return err
				}
			}
			for i := range people.FriendRequestsMax {
				uri := fmt.Sprintf("https://crowd.example/users/c%d", i)
				a, err := tx.PutRemoteAccount(ctx, storage.Account{URI: uri, Name: fmt.Sprint("c", i), Host: "crowd.example", Type: "Person", Inbox: uri + "/inbox"})
				if err != nil {
					return err
				}
				if _, err := tx.PutFriend(ctx, storage.Friend{AccountID: anas.ID, FriendID: a.ID, State: storage.FriendAsking}); err != nil {
					return err
				}
			}
			return nil
		}))
		if err := limited.AskFriend(ctx, anas, bens.ID, people.FriendAsk{}); !fault.Is(err, fault.RateLimited) || fault.RetryOf(err) == 0 {
			t.Errorf("one more in a day: %v", err)
		}
		check(t, limited.AskFriend(ctx, bens, anas.ID, people.FriendAsk{}))
		if f := must(store.FriendOf(ctx, anas.ID, bens.ID)); f.State != storage.FriendAsking || !f.Held {
			t.Errorf("one more who waits is %+v", f)
		}
	})
}
