package mastodon

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// read has all posts found by searching.
func (v *village) read() {
	v.t.Helper()
	for {
		more, err := v.Store.ReadPosts(v.t.Context())
		if err != nil {
			v.t.Fatal(err)
		}
		if !more {
			return
		}
	}
}

func TestSearchForPostsTakesWhatClientsSend(t *testing.T) {
	// If this failed, apps would show the same page of posts for ever, those of somebody else, or
	// those of people who do not let them be found.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	p1, p2, p3 := ben.toot("Red tea"), ben.toot("More red tea"), ben.toot("No tea at all")
	mine := ana.toot("red tea of mine")
	v.read()
	find := func(c *client, query string, want ...string) {
		t.Helper()
		got := decode[map[string][]map[string]any](c.get("/api/v2/search?" + query))
		if diff := cmp.Diff(append([]string{}, want...), each(got["statuses"], "id")); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	find(ana, "q=red+tea", mine)
	ben.send("PATCH", "/api/v1/accounts/update_credentials", form{"indexable": {"true"}}).ok()
	v.read()
	find(ana, "q=red+tea", mine, p2, p1)
	find(ana, "q=red+tea&type=statuses&limit=1", mine)
	find(ana, "q=red+tea&type=statuses&limit=1&offset=1", p2)
	find(ana, "q=red+tea&type=statuses&offset=3")
	find(ana, "q=red+tea&max_id="+p2, p1)
	find(ana, "q=red+tea&min_id="+p1, mine, p2)
	find(ana, "q=tea&account_id="+ben.id(), p3, p2, p1)
	find(ana, "q=red+tea&type=accounts")
	find(ana, "q=red+tea+-in:x+-from:me", p2, p1)
	find(ana, "q=in:library+tea", mine)
	find(v.stranger(), "q=red+tea")
	ana.send("GET", "/api/v2/search?q=tea&account_id=x", nil).says(404, "Record not found")
	ana.post("/api/v1/statuses/"+p1+"/bookmark", nil)
	v.read()
	find(ana, "q=in:library+tea", mine, p1)
	ben.send("PATCH", "/api/v1/accounts/update_credentials", form{"indexable": {"false"}}).ok()
	find(ana, "q=red+tea", mine, p1)
	if got := each(ana.get("/api/v1/accounts/search?q=be").list(), "acct"); !cmp.Equal(got, []string{"ben"}) {
		t.Errorf("people: %v", got)
	}
	if got := ana.get("/api/v1/accounts/search?q=be&offset=1").list(); len(got) != 0 {
		t.Errorf("the second page of people: %v", got)
	}
}
