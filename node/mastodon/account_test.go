package mastodon

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/ids"
	"tulou/storage"
)

func TestPeopleAreFoundByHandle(t *testing.T) {
	// If this failed, nobody could open a profile by its name.
	v := newVillage(t)
	ana := v.person("ana")
	zoe := v.remote("zoe", "orchard.example")
	for _, handle := range []string{"ana", "@ana", "ANA", "ana@harbor.example", "@ana@harbor.example"} {
		if got := v.stranger().get("/api/v1/accounts/lookup?acct=" + handle).object(); got["id"] != ana.id() {
			t.Errorf("%s is %v", handle, got)
		}
	}
	if got := v.stranger().get("/api/v1/accounts/lookup?acct=zoe@orchard.example").object(); got["id"] != ids.Format(zoe.ID) || got["acct"] != "zoe@orchard.example" {
		t.Errorf("zoe is %v", got)
	}
	for _, handle := range []string{"", "nobody", "zoe", "zoe@nowhere.example", "a b"} {
		v.stranger().send("GET", "/api/v1/accounts/lookup?acct="+strings.ReplaceAll(handle, " ", "%20"), nil).says(404, "Record not found")
	}
	v.do(func(tx *storage.Tx) error { return tx.SetSuspended(context.Background(), ana.me.ID, true) })
	v.stranger().send("GET", "/api/v1/accounts/lookup?acct=ana", nil).says(404, "Record not found")
	for _, path := range []string{"", "/statuses", "/followers", "/following"} {
		v.stranger().send("GET", "/api/v1/accounts/"+ana.id()+path, nil).says(404, "Record not found")
	}
	if got := v.stranger().get("/api/v1/accounts?id[]=" + ana.id()).list(); len(got) != 0 {
		t.Error("somebody suspended is shown")
	}
}

// between is what one is to another.
func (c *client) between(other string) map[string]any {
	c.v.t.Helper()
	return c.get("/api/v1/accounts/relationships?id[]=" + other).list()[0]
}

func TestRelationshipsAreWhatWasDone(t *testing.T) {
	// If this failed, buttons on profiles would lie.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	path := "/api/v1/accounts/" + ben.id()
	for _, c := range []struct {
		do   string
		body any
		want map[string]any
	}{
		{"follow", nil, map[string]any{"following": true, "showing_reblogs": true, "notifying": false}},
		{"follow", form{"reblogs": {"false"}, "notify": {"true"}}, map[string]any{"following": true, "showing_reblogs": false, "notifying": true}},
		{"follow", map[string]any{"reblogs": true}, map[string]any{"following": true, "showing_reblogs": true, "notifying": true}},
		{"mute", map[string]any{"duration": 3600, "notifications": false}, map[string]any{"muting": true, "muting_notifications": false}},
		{"mute", nil, map[string]any{"muting": true, "muting_notifications": true, "muting_expires_at": nil}},
		{"unmute", nil, map[string]any{"muting": false, "following": true}},
		{"unfollow", nil, map[string]any{"following": false, "requested": false}},
		{"block", nil, map[string]any{"blocking": true}},
		{"unblock", nil, map[string]any{"blocking": false}},
	} {
		answered, read := ana.post(path+"/"+c.do, c.body).object(), ana.between(ben.id())
		if diff := cmp.Diff(answered, read); diff != "" {
			t.Errorf("%s: the answer is not what is read: %s", c.do, diff)
		}
		for key, want := range c.want {
			if answered[key] != want {
				t.Errorf("%s: %s is %v, want %v", c.do, key, answered[key], want)
			}
		}
	}
	ben.follows(ana)
	if got := ana.between(ben.id()); got["followed_by"] != true {
		t.Error("ana does not see that ben follows")
	}
	if got := ana.post("/api/v1/accounts/"+ben.id()+"/remove_from_followers", nil).object(); got["followed_by"] != false {
		t.Error("ben follows still")
	}
	for _, do := range []string{"follow", "block", "mute"} {
		ana.send("POST", "/api/v1/accounts/"+ana.id()+"/"+do, nil).says(422, "Validation failed: this is about yourself")
		ana.send("POST", "/api/v1/accounts/12345/"+do, nil).says(404, "Record not found")
	}
	ben.post("/api/v1/accounts/"+ana.id()+"/block", nil)
	ana.send("POST", path+"/follow", nil).says(403, "This action is not allowed")
	if ana.between(ben.id())["blocked_by"] != false {
		t.Error("ana is told of the block")
	}
}

func TestLockedAccountsAreAskedFirst(t *testing.T) {
	// If this failed, a locked account would have followers it never let in.
	v := newVillage(t)
	ana, ben, carl := v.person("ana"), v.person("ben"), v.person("carl")
	ana.send("PATCH", "/api/v1/accounts/update_credentials", form{"locked": {"true"}}).ok()
	for _, c := range []*client{ben, carl} {
		if got := c.post("/api/v1/accounts/"+ana.id()+"/follow", nil).object(); got["requested"] != true || got["following"] != false {
			t.Errorf("%v", got)
		}
	}
	if got := each(ana.get("/api/v1/follow_requests").list(), "acct"); !cmp.Equal(got, []string{"carl", "ben"}) {
		t.Errorf("asking: %v", got)
	}
	if got := dig(ana.get("/api/v1/accounts/verify_credentials").object(), "source", "follow_requests_count"); got != float64(2) {
		t.Errorf("%v requests are counted", got)
	}
	if got := ana.post("/api/v1/follow_requests/"+ben.id()+"/authorize", nil).object(); got["followed_by"] != true {
		t.Errorf("%v", got)
	}
	ana.post("/api/v1/follow_requests/"+carl.id()+"/reject", nil)
	ana.send("POST", "/api/v1/follow_requests/"+carl.id()+"/authorize", nil).says(404, "Record not found")
	if got := each(v.stranger().get("/api/v1/accounts/"+ana.id()+"/followers").list(), "acct"); !cmp.Equal(got, []string{"ben"}) {
		t.Errorf("followers: %v", got)
	}
	if got := each(v.stranger().get("/api/v1/accounts/"+ben.id()+"/following").list(), "acct"); !cmp.Equal(got, []string{"ana"}) {
		t.Errorf("following: %v", got)
	}
}

func TestListsOfBlocksMutesAndHosts(t *testing.T) {
	// If this failed, nobody could take a block back, not knowing of it.
	v := newVillage(t)
	ana, ben, carl := v.person("ana"), v.person("ben"), v.person("carl")
	ana.post("/api/v1/accounts/"+ben.id()+"/block", nil)
	ana.post("/api/v1/accounts/"+carl.id()+"/mute", form{"duration": {"60"}})
	if got := each(ana.get("/api/v1/blocks").list(), "acct"); !cmp.Equal(got, []string{"ben"}) {
		t.Errorf("blocks: %v", got)
	}
	if got := ana.get("/api/v1/mutes").list(); len(got) != 1 || got[0]["acct"] != "carl" || got[0]["mute_expires_at"] == nil {
		t.Errorf("mutes: %v", got)
	}
	for _, host := range []string{"Orchard.Example", "b.example"} {
		ana.post("/api/v1/domain_blocks", form{"domain": {host}})
	}
	if got := decode[[]string](ana.get("/api/v1/domain_blocks")); !cmp.Equal(got, []string{"b.example", "orchard.example"}) {
		t.Errorf("hosts: %v", got)
	}
	if got := ana.between(ids.Format(v.remote("zoe", "orchard.example").ID)); got["domain_blocking"] != true {
		t.Error("the relationship does not show that the host is hidden")
	}
	ana.send("DELETE", "/api/v1/domain_blocks", form{"domain": {"b.example"}}).ok()
	ana.send("DELETE", "/api/v1/domain_blocks?domain=orchard.example", nil).ok()
	if got := decode[[]string](ana.get("/api/v1/domain_blocks")); len(got) != 0 {
		t.Errorf("hosts: %v", got)
	}
	ana.send("POST", "/api/v1/domain_blocks", nil).says(422, "Validation failed: Domain can't be blank")
	ana.send("POST", "/api/v1/domain_blocks", form{"domain": {"a b"}}).says(422, "Validation failed: Domain is not a valid domain name")
}

func TestAProfileIsChangedInEveryNotation(t *testing.T) {
	// If this failed, some apps could not edit profiles, or would empty what they did not send.
	v := newVillage(t)
	ana := v.person("ana")
	const path = "/api/v1/accounts/update_credentials"
	change := func(body any) map[string]any {
		t.Helper()
		return ana.send("PATCH", path, body).ok().object()
	}
	got := change(form{"display_name": {"Ana"}, "note": {"first\nsecond"}, "locked": {"1"}, "bot": {"on"}, "indexable": {"true"}, "discoverable": {"true"},
		"fields_attributes[1][name]": {"two"}, "fields_attributes[1][value]": {"b"}, "fields_attributes[0][name]": {"one"}, "fields_attributes[0][value]": {"a"}})
	if got["display_name"] != "Ana" || got["locked"] != true || got["bot"] != true || got["indexable"] != true || got["discoverable"] != true ||
		dig(got, "source", "note") != "first\nsecond" {
		t.Errorf("%v", got)
	}
	fields := func(object map[string]any) (found []string) {
		for _, f := range object["fields"].([]any) {
			found = append(found, dig(f.(map[string]any), "name").(string)+"="+dig(f.(map[string]any), "value").(string))
		}
		return found
	}
	if diff := cmp.Diff([]string{"one=a", "two=b"}, fields(got)); diff != "" {
		t.Error(diff)
	}
	for name, body := range map[string]any{
		"list of objects": map[string]any{"fields_attributes": []map[string]string{{"name": "x", "value": "1"}, {"name": "y", "value": "2"}}},
		"hash":            map[string]any{"fields_attributes": map[string]any{"0": map[string]string{"name": "x", "value": "1"}, "1": map[string]string{"name": "y", "value": "2"}}},
		"form list":       form{"fields_attributes[][name]": {"x", "y"}, "fields_attributes[][value]": {"1", "2"}},
	} {
		change(form{"fields_attributes[0][name]": {""}, "fields_attributes[0][value]": {""}})
		if got := fields(v.stranger().get("/api/v1/accounts/" + ana.id()).object()); len(got) != 0 {
			t.Errorf("%s: fields were not emptied: %v", name, got)
		}
		if diff := cmp.Diff([]string{"x=1", "y=2"}, fields(change(body))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if got := change(form{"bot": {"false"}}); got["display_name"] != "Ana" || got["bot"] != false || got["locked"] != true || len(fields(got)) != 2 {
		t.Errorf("what was not sent changed: %v", got)
	}
	contentType, body := multipartOf(t, form{"display_name": {"Multi"}}, "")
	r := httptest.NewRequest("PATCH", path, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	if got := ana.request(r).ok().object()["display_name"]; got != "Multi" {
		t.Errorf("multipart gives %v", got)
	}
	contentType, body = multipartOf(t, form{"display_name": {"Lost"}}, "avatar")
	r = httptest.NewRequest("PATCH", path, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	ana.request(r).says(422, "Validation failed: File is of no type that is taken here: its content is no picture, film or sound that is known")
	ana.send("PATCH", path, form{"display_name": {strings.Repeat("a", 65)}}).says(422, "Validation failed: a display name has at most 64 characters")
	if got := ana.get("/api/v1/accounts/verify_credentials").object()["display_name"]; got != "Multi" {
		t.Errorf("a refused change gives %v", got)
	}
}

func TestSearchFindsPeopleTagsAndAddresses(t *testing.T) {
	// If this failed, nobody could find anybody.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	id := ben.toot("look at #Gardens")
	zoe := storage.Account{URI: "https://orchard.example/users/zoe", Name: "zoe", Host: "orchard.example", Type: "Person", Inbox: "https://orchard.example/i"}
	v.world.people[ids.Handle{Name: "zoe", Host: "orchard.example"}] = zoe
	find := func(c *client, query string) (accounts, statuses, tags []string) {
		t.Helper()
		got := decode[map[string][]map[string]any](c.get("/api/v2/search?" + query))
		return each(got["accounts"], "acct"), each(got["statuses"], "id"), each(got["hashtags"], "name")
	}
	expect := func(c *client, query string, accounts, statuses, tags []string) {
		t.Helper()
		a, s, h := find(c, query)
		if diff := cmp.Diff([][]string{accounts, statuses, tags}, [][]string{a, s, h}); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	none := []string{}
	expect(ana, "q=be", []string{"ben"}, none, none)
	expect(ana, "q=be&following=true", none, none, none)
	ana.follows(ben)
	expect(ana, "q=be&following=true", []string{"ben"}, none, none)
	expect(ana, "q=%23gard", none, none, []string{"Gardens"})
	expect(ana, "q=gard&type=accounts", none, none, none)
	expect(ana, "q=gard&type=hashtags&offset=20", none, none, none)
	expect(ana, "q=https://harbor.example/@ben/"+id, none, []string{id}, none)
	expect(v.stranger(), "q=https://harbor.example/@ben/"+id, none, []string{id}, none)
	expect(ana, "q=@zoe@orchard.example", none, none, none)
	expect(v.stranger(), "q=@zoe@orchard.example&resolve=true", none, none, none)
	expect(ana, "q=@zoe@orchard.example&resolve=true", []string{"zoe@orchard.example"}, none, none)
	expect(v.stranger(), "q=zoe", []string{"zoe@orchard.example"}, none, none)
	if got := each(ana.get("/api/v1/accounts/search?q=zoe").list(), "acct"); !cmp.Equal(got, []string{"zoe@orchard.example"}) {
		t.Errorf("%v", got)
	}
	if got := ana.get("/api/v1/accounts/search?q=zoe&following=true").list(); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
