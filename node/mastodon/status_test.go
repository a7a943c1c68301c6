package mastodon

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/apps/social"
	"tulou/protocol/ids"
	"tulou/storage"
)

func TestAPostIsWhatItsAuthorTyped(t *testing.T) {
	// If this failed, apps could not post, or people would see something else than was written.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	parent := ben.toot("a question")
	const text = "quotes \" ' & <b> 你好 👩‍👩‍👧 https://example.org/?a=1&b=2"
	for name, body := range map[string]any{
		"form": form{"status": {text}, "spoiler_text": {"careful"}, "visibility": {"unlisted"}, "language": {"zh"}, "in_reply_to_id": {parent}},
		"json": map[string]any{"status": text, "spoiler_text": "careful", "visibility": "unlisted", "language": "zh", "in_reply_to_id": parent},
	} {
		posted := ana.post("/api/v1/statuses", body).object()
		read := ben.get("/api/v1/statuses/" + posted["id"].(string)).object()
		for key, want := range map[string]any{
			"spoiler_text": "careful", "visibility": "unlisted", "language": "zh", "sensitive": true, "in_reply_to_id": parent,
			"in_reply_to_account_id": ben.id(),
		} {
			if posted[key] != want || read[key] != want {
				t.Errorf("%s: %s is %v and %v, want %v", name, key, posted[key], read[key], want)
			}
		}
		if content := read["content"].(string); !strings.Contains(content, `&lt;b&gt; 你好 👩‍👩‍👧 <a href="https://example.org/?a=1&amp;b=2"`) {
			t.Errorf("%s: %s", name, content)
		}
		if source := ana.get("/api/v1/statuses/" + posted["id"].(string) + "/source").object(); source["text"] != text || source["spoiler_text"] != "careful" {
			t.Errorf("%s: %v", name, source)
		}
	}
	if got := ana.get("/api/v1/statuses/" + parent).object()["replies_count"]; got != float64(2) {
		t.Errorf("%v replies", got)
	}
}

func TestPreferencesFillWhatIsNotSent(t *testing.T) {
	// If this failed, somebody who prefers to post quietly would post in public.
	v := newVillage(t)
	ana := v.person("ana")
	ana.toot("before") // the token is known now
	ana.send("PATCH", "/api/v1/accounts/update_credentials", form{
		"source[privacy]": {"private"}, "source[sensitive]": {"true"}, "source[language]": {"pt"}}).ok()
	quiet := ana.post("/api/v1/statuses", form{"status": {"x"}}).object()
	if quiet["visibility"] != "private" || quiet["sensitive"] != true || quiet["language"] != "pt" {
		t.Errorf("%v %v %v", quiet["visibility"], quiet["sensitive"], quiet["language"])
	}
	loud := ana.post("/api/v1/statuses", form{"status": {"x"}, "visibility": {"public"}, "sensitive": {"false"}, "language": {"en"}}).object()
	if loud["visibility"] != "public" || loud["sensitive"] != false || loud["language"] != "en" {
		t.Errorf("%v %v %v", loud["visibility"], loud["sensitive"], loud["language"])
	}
}

func TestPostsThatCannotBeAreRefused(t *testing.T) {
	// If this failed, an app would believe that something was posted, or scheduled, that was not.
	v := newVillage(t)
	ana := v.person("ana")
	for _, c := range []struct {
		body   form
		status int
		says   string
	}{
		{form{}, 422, "Validation failed: Text can't be blank"},
		{form{"status": {" "}}, 422, "Validation failed: Text can't be blank"},
		{form{"status": {strings.Repeat("a", social.CharactersMax+1)}}, 422, "Validation failed: Text character limit of 5000 exceeded"},
		{form{"status": {"x"}, "visibility": {"secret"}}, 422, "Validation failed: Visibility is not one of public, unlisted, private and direct"},
		{form{"status": {"x"}, "scheduled_at": {"2020-01-01T00:00:00Z"}}, 422, "Validation failed: Scheduled at must be at least 5 minutes in the future"},
		{form{"status": {"x"}, "scheduled_at": {"tomorrow"}}, 422, "Validation failed: scheduled_at is not a time"},
		{form{"status": {"x"}, "media_ids[]": {"1"}}, 422, "Media 1 not found or already attached to another post"},
		{form{"status": {"x"}, "quoted_status_id": {"123456789"}}, 404, "Record not found"},
		{form{"status": {"x"}, "quote_approval_policy": {"friends"}}, 422, "Validation failed: Quote approval policy is not one of public, followers and nobody"},
		{form{"status": {"x"}, "in_reply_to_id": {"nonsense"}}, 404, "Record not found"},
	} {
		ana.send("POST", "/api/v1/statuses", c.body).says(c.status, c.says)
	}
	r := httptest.NewRequest("POST", "/api/v1/statuses", strings.NewReader("status=x"))
	r.Header.Set("Idempotency-Key", strings.Repeat("k", idempotencyBytesMax+1))
	ana.request(r).is(422)
	if got := ana.get("/api/v1/accounts/" + ana.id() + "/statuses").list(); len(got) != 0 {
		t.Errorf("%d posts were made", len(got))
	}
	ana.toot(strings.Repeat("a", social.CharactersMax), "media_ids[]", "", "poll", "")
}

func TestTheSameKeyPostsOnce(t *testing.T) {
	// If this failed, an app that tries again after a lost answer would post twice.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	send := func(c *client, key string) string {
		r := httptest.NewRequest("POST", "/api/v1/statuses", strings.NewReader("status=hello"))
		r.Header.Set("Idempotency-Key", key)
		return c.request(r).ok().object()["id"].(string)
	}
	first := send(ana, "one")
	if again := send(ana, "one"); again != first {
		t.Errorf("%s and %s", first, again)
	}
	if other := send(ana, "two"); other == first {
		t.Error("another key gives the same post")
	}
	if other := send(ben, "one"); other == first {
		t.Error("somebody else's key gives the same post")
	}
}

func TestAnEditKeepsWhatWasSaid(t *testing.T) {
	// If this failed, edits would be lost, or nobody could see what a post said before.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	id := ana.toot("first", "spoiler_text", "careful", "language", "en")
	ben.post("/api/v1/statuses/"+id+"/reblog", nil)
	edited := ana.send("PUT", "/api/v1/statuses/"+id, form{"status": {"second"}}).ok().object()
	if edited["content"] != "<p>second</p>" || edited["edited_at"] == nil || edited["spoiler_text"] != "" || edited["language"] != "en" {
		t.Errorf("%v", edited)
	}
	history := ben.get("/api/v1/statuses/" + id + "/history").list()
	if diff := cmp.Diff([]string{"<p>first</p>", "<p>second</p>"}, each(history, "content")); diff != "" {
		t.Error(diff)
	}
	if history[0]["created_at"] != edited["created_at"] || history[1]["created_at"] != edited["edited_at"] {
		t.Error("the versions have other times than the post")
	}
	if told := ben.get("/api/v1/notifications").list(); len(told) != 1 || told[0]["type"] != "update" || dig(told[0], "status", "id") != id {
		t.Errorf("ben was told %v", told)
	}
	ana.send("PUT", "/api/v1/statuses/"+id, form{"status": {""}}).says(422, "Validation failed: Text can't be blank")
	if never := ana.get("/api/v1/statuses/" + ana.toot("once") + "/history").list(); len(never) != 1 {
		t.Errorf("%d versions of what was never edited", len(never))
	}
}

func TestADeletedPostComesBackAsASource(t *testing.T) {
	// If this failed, "delete and redraft" would lose what was written.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	id := ana.toot("take *this* back #tag")
	ben.post("/api/v1/statuses/"+id+"/reblog", nil)
	if got := ana.send("DELETE", "/api/v1/statuses/"+id, nil).ok().object(); got["text"] != "take *this* back #tag" || got["id"] != id {
		t.Errorf("%v", got)
	}
	for _, path := range []string{"/api/v1/statuses/" + id, "/api/v1/statuses/" + id + "/context"} {
		ana.send("GET", path, nil).says(404, "Record not found")
	}
	if boosts := ben.get("/api/v1/timelines/home").list(); len(boosts) != 0 {
		t.Errorf("%d boosts are left", len(boosts))
	}
	boost := ben.post("/api/v1/statuses/"+ana.toot("boost me")+"/reblog", nil).object()
	ben.send("DELETE", "/api/v1/statuses/"+boost["id"].(string), nil).ok()
	ben.send("GET", "/api/v1/statuses/"+boost["id"].(string), nil).is(404)
}

func TestReactionsShowToTheirMakersAndCount(t *testing.T) {
	// If this failed, hearts and boosts would not light up, or light up for everybody.
	v := newVillage(t)
	ana, ben, carl := v.person("ana"), v.person("ben"), v.person("carl")
	id := ana.toot("nice weather")
	path := "/api/v1/statuses/" + id
	for _, c := range []struct{ do, undo, flag, count, list string }{
		{"favourite", "unfavourite", "favourited", "favourites_count", "favourited_by"},
		{"reblog", "unreblog", "reblogged", "reblogs_count", "reblogged_by"},
		{"bookmark", "unbookmark", "bookmarked", "", ""},
	} {
		for range 2 { // twice is once
			got := ben.post(path+"/"+c.do, nil).object()
			if got[c.flag] != true {
				t.Errorf("%s answers %v", c.do, got[c.flag])
			}
		}
		seen := func(who *client, flag any, count float64) {
			t.Helper()
			got := who.get(path).object()
			if got[c.flag] != flag || c.count != "" && got[c.count] != count {
				t.Errorf("%s: %v and %v, want %v and %v", c.do, got[c.flag], got[c.count], flag, count)
			}
		}
		seen(ben, true, 1)
		seen(carl, false, 1)
		seen(v.stranger(), nil, 1)
		if c.list != "" {
			if got := v.stranger().get(path + "/" + c.list).list(); len(got) != 1 || got[0]["acct"] != "ben" {
				t.Errorf("%s lists %v", c.list, got)
			}
		}
		for range 2 {
			if got := ben.post(path+"/"+c.undo, nil).object(); got[c.flag] != false || got["id"] != id {
				t.Errorf("%s answers %v of %v", c.undo, got[c.flag], got["id"])
			}
		}
		seen(ben, false, 0)
	}
	boost := ben.post(path+"/reblog", form{"visibility": {"unlisted"}}).object()
	if boost["visibility"] != "unlisted" || dig(boost, "reblog", "id") != id || dig(boost, "reblog", "reblogged") != true {
		t.Errorf("the boost is %v", boost)
	}
	if got := carl.post("/api/v1/statuses/"+boost["id"].(string)+"/favourite", nil).object(); got["id"] != id {
		t.Error("liking a boost does not like what it boosts")
	}
}

func TestThreadsAreInOrder(t *testing.T) {
	// If this failed, conversations would be shown torn apart.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	root := ana.toot("root")
	one := ben.toot("one", "in_reply_to_id", root)
	two := ana.toot("two", "in_reply_to_id", one)
	hidden := ana.toot("hidden", "in_reply_to_id", one, "visibility", "direct")
	last := ben.toot("last", "in_reply_to_id", root)
	got := decode[map[string][]map[string]any](ben.get("/api/v1/statuses/" + one + "/context"))
	if diff := cmp.Diff([][]string{{root}, {two}}, [][]string{each(got["ancestors"], "id"), each(got["descendants"], "id")}); diff != "" {
		t.Error(diff)
	}
	got = decode[map[string][]map[string]any](ana.get("/api/v1/statuses/" + root + "/context"))
	if diff := cmp.Diff([]string{one, two, hidden, last}, each(got["descendants"], "id")); diff != "" {
		t.Error(diff)
	}
}

func TestStrangersGetTheNearPartOfALongThread(t *testing.T) {
	// If this failed, one request of a stranger could cost as much as hundreds.
	v := newVillage(t)
	ana := v.person("ana")
	chain := []string{ana.toot("0")}
	for range strangerAncestors + strangerDescendants + 20 {
		chain = append(chain, ana.toot("x", "in_reply_to_id", chain[len(chain)-1]))
	}
	middle := strangerAncestors + 10
	got := decode[map[string][]map[string]any](v.stranger().get("/api/v1/statuses/" + chain[middle] + "/context"))
	if diff := cmp.Diff(chain[10:middle], each(got["ancestors"], "id")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(chain[middle+1:middle+1+strangerDescendants], each(got["descendants"], "id")); diff != "" {
		t.Error(diff)
	}
	mine := decode[map[string][]map[string]any](ana.get("/api/v1/statuses/" + chain[middle] + "/context"))
	if len(mine["ancestors"]) != middle || len(mine["descendants"]) != len(chain)-middle-1 {
		t.Errorf("a person gets %d and %d", len(mine["ancestors"]), len(mine["descendants"]))
	}
}

func TestSeveralStatusesAndAccountsAtOnce(t *testing.T) {
	// If this failed, apps that fetch by ids would show the wrong things, or too many.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	one, two := ana.toot("one"), ana.toot("two")
	got := v.stranger().get("/api/v1/statuses?id[]=" + two + "&id[]=77&id[]=" + one + "&id[]=" + two).list()
	if diff := cmp.Diff([]string{two, one}, each(got, "id")); diff != "" {
		t.Error(diff)
	}
	got = v.stranger().get("/api/v1/accounts?id[]=" + ben.id() + "&id[]=77&id[]=" + ana.id()).list()
	if diff := cmp.Diff([]string{"ben", "ana"}, each(got, "acct")); diff != "" {
		t.Error(diff)
	}
	many := "/api/v1/statuses?"
	for i := range idsMax + 5 {
		many += "id[]=" + ids.Format(int64(i+1)) + "&"
	}
	if got := v.stranger().get(many + "id[]=" + one).list(); len(got) != 0 {
		t.Errorf("%d statuses beyond the limit", len(got))
	}
}

func TestAPollEndsByItself(t *testing.T) {
	// If this failed, apps would show a poll as open for ever, or its hidden counts too early.
	p := storage.Poll{StatusID: 7, Options: storage.Options{{Title: "a", Votes: 3}, {Title: "b", Votes: 1}}, HideTotals: true}
	synctest.Test(t, func(t *testing.T) {
		p.ExpiresAt = storage.At(time.Now().Add(time.Minute))
		got := pollOf(p, ballot{viewer: 1}, time.Now())
		if got.Expired || got.Options[0].VotesCount != nil || *got.Voted || len(*got.OwnVotes) != 0 || got.VotersCount != nil {
			t.Errorf("while it lasts: %+v", got)
		}
		time.Sleep(time.Minute)
		if got = pollOf(p, ballot{}, time.Now()); !got.Expired || *got.Options[0].VotesCount != 3 || got.VotesCount != 4 || got.Voted != nil {
			t.Errorf("afterwards: %+v", got)
		}
	})
	p.ExpiresAt = 0
	if got := pollOf(p, ballot{}, time.Now()); got.Expired || got.ExpiresAt != nil {
		t.Errorf("without an end: %+v", got)
	}
}
