package mastodon

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tulou/storage"
)

func TestFiltersThroughTheAPI(t *testing.T) {
	// If this failed, apps could not make filters, or one person could read or change another's.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	post := ben.toot("hello")
	a := ana.send("POST", "/api/v2/filters?title=test&context[]=public&context[]=home&keywords_attributes[][keyword]=foo"+
		"&keywords_attributes[][whole_word]=false&keywords_attributes[][keyword]=bar&keywords_attributes[][whole_word]=true&expires_in=3600", nil).ok()
	golden(t, "Filter", a)
	id := a.object()["id"].(string)
	keyword := func(n int) string {
		return dig(ana.get("/api/v2/filters/" + id).object()["keywords"].([]any)[n].(map[string]any), "id").(string)
	}
	foo, bar := keyword(0), keyword(1)
	after := ana.send("PUT", "/api/v2/filters/"+id, form{"title": {"other"}, "filter_action": {"hide"}, "expires_in": {""},
		"keywords_attributes[0][id]": {foo}, "keywords_attributes[0][_destroy]": {"true"},
		"keywords_attributes[1][id]": {bar}, "keywords_attributes[1][keyword]": {"baz"}}).ok().object()
	if after["title"] != "other" || after["filter_action"] != "hide" || after["expires_at"] != nil || len(after["keywords"].([]any)) != 1 {
		t.Errorf("changed: %v", after)
	}
	golden(t, "FilterKeyword", ana.get("/api/v2/filters/keywords/"+bar))
	more := ana.post("/api/v2/filters/"+id+"/keywords", map[string]any{"keyword": "more", "whole_word": false}).object()["id"].(string)
	ana.send("PUT", "/api/v2/filters/keywords/"+more, form{"keyword": {"most"}}).ok()
	if got := each(ana.get("/api/v2/filters/"+id+"/keywords").list(), "keyword"); !slices.Equal(got, []string{"baz", "most"}) {
		t.Errorf("keywords: %v", got)
	}
	status := ana.post("/api/v2/filters/"+id+"/statuses", form{"status_id": {post}})
	golden(t, "FilterStatus", status)
	entry := status.object()["id"].(string)
	ana.send("POST", "/api/v2/filters/"+id+"/statuses", form{"status_id": {post}}).is(409)
	secret := ben.toot("secret", "visibility", "private")
	ana.send("POST", "/api/v2/filters/"+id+"/statuses", form{"status_id": {secret}}).says(404, "Record not found")
	ana.send("POST", "/api/v2/filters/"+id+"/statuses", form{"status_id": {"123456789"}}).says(404, "Record not found")
	for _, row := range []string{
		"GET /" + id, "PUT /" + id, "DELETE /" + id, "GET /" + id + "/keywords", "POST /" + id + "/keywords?keyword=x",
		"GET /keywords/" + bar, "PUT /keywords/" + bar, "DELETE /keywords/" + bar, "GET /" + id + "/statuses",
		"POST /" + id + "/statuses?status_id=" + post, "GET /statuses/" + entry, "DELETE /statuses/" + entry,
	} {
		method, path, _ := strings.Cut(row, " ")
		ben.send(method, "/api/v2/filters"+path, nil).says(404, "Record not found")
	}
	ana.get("/api/v2/filters/statuses/" + entry)
	ana.send("DELETE", "/api/v2/filters/statuses/"+entry, nil).ok()
	ana.send("DELETE", "/api/v2/filters/keywords/"+more, nil).ok()
	if got := ana.get("/api/v2/filters").list()[0]; len(got["keywords"].([]any)) != 1 || len(got["statuses"].([]any)) != 0 {
		t.Errorf("filter: %v", got)
	}
	ana.send("DELETE", "/api/v2/filters/"+id, nil).ok()
	ana.send("DELETE", "/api/v2/filters/"+id, nil).is(404)
	ana.send("POST", "/api/v2/filters", form{"title": {""}}).
		says(422, "Validation failed: Title can't be blank, Context can't be blank, Context None or invalid context supplied")
	for name, body := range map[string]form{
		"context": {"title": {"x"}, "context[]": {"nowhere"}}, "action": {"title": {"x"}, "context[]": {"home"}, "filter_action": {"burn"}},
		"keyword":      {"title": {"x"}, "context[]": {"home"}, "keywords_attributes[0][keyword]": {" "}},
		"long keyword": {"title": {"x"}, "context[]": {"home"}, "keywords_attributes[0][keyword]": {strings.Repeat("x", 513)}},
		"long title":   {"title": {strings.Repeat("x", 257)}, "context[]": {"home"}},
	} {
		if a := ana.send("POST", "/api/v2/filters", body); a.Code != 422 {
			t.Errorf("%s: %d %s", name, a.Code, a.Body)
		}
	}
	ana.send("POST", "/api/v2/filters", form{"title": {"x"}, "context[]": {"home"}, "keywords_attributes[0][id]": {bar}}).is(404)
}

func TestOldFiltersAreKeywords(t *testing.T) {
	// If this failed, apps from before Mastodon 4 could not filter, or would break the filters of
	// newer ones.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	a := ana.post("/api/v1/filters", form{"phrase": {"spiders"}, "context[]": {"home", "thread"}, "irreversible": {"true"}})
	golden(t, "V1_Filter", a)
	id := a.object()["id"].(string)
	ana.send("POST", "/api/v1/filters", form{"context[]": {"home"}}).says(422, "Validation failed: Phrase can't be blank")
	after := ana.send("PUT", "/api/v1/filters/"+id, form{"phrase": {"snakes"}, "context[]": {"home"}, "irreversible": {"false"}, "whole_word": {"true"}}).ok().object()
	if after["phrase"] != "snakes" || after["irreversible"] != false || after["whole_word"] != true || len(after["context"].([]any)) != 1 {
		t.Errorf("changed: %v", after)
	}
	filter := ana.get("/api/v2/filters").list()[0]["id"].(string)
	ana.post("/api/v2/filters/"+filter+"/keywords", form{"keyword": {"worms"}})
	ana.send("PUT", "/api/v1/filters/"+id, form{"context[]": {"public"}}).is(422)
	ana.send("PUT", "/api/v1/filters/"+id, form{"phrase": {"adders"}, "context[]": {"home"}}).ok()
	if got := each(ana.get("/api/v1/filters").list(), "phrase"); !slices.Equal(got, []string{"adders", "worms"}) {
		t.Errorf("phrases: %v", got)
	}
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		ben.send(method, "/api/v1/filters/"+id, nil).says(404, "Record not found")
	}
	ana.send("DELETE", "/api/v1/filters/"+id, nil).ok()
	ana.send("DELETE", "/api/v1/filters/"+ana.get("/api/v1/filters").list()[0]["id"].(string), nil).ok()
	if got := ana.get("/api/v2/filters").list(); len(got) != 0 {
		t.Errorf("filters: %v", got)
	}
}

func TestEveryStatusSaysWhichFiltersItMatches(t *testing.T) {
	// If this failed, people would be shown what they asked not to see.
	v := newVillage(t)
	ana, ben, carl := v.person("ana"), v.person("ben"), v.person("carl")
	ana.follows(ben)
	ana.follows(carl)
	plain := ben.toot("nothing here")
	bad := ben.toot("A *SPIDER* crawls", "spoiler_text", "animals")
	ana.get("/api/v1/timelines/home") // rendered before there is a filter
	made := ana.post("/api/v2/filters", map[string]any{"title": "No spiders", "context": []string{"home"}, "filter_action": "warn",
		"keywords_attributes": []map[string]any{{"keyword": "spider", "whole_word": true}, {"keyword": "ANIM", "whole_word": false}, {"keyword": "pider", "whole_word": true}}}).object()
	id := made["id"].(string)
	golden(t, "Status_filtered", ana.get("/api/v1/statuses/"+bad))
	boost := carl.post("/api/v1/statuses/"+bad+"/reblog", nil).object()["id"].(string)
	ben.toot("@ana a spider!", "in_reply_to_id", ana.toot("hello"))
	matches := func(s map[string]any) []string {
		found := []string{}
		for _, r := range s["filtered"].([]any) {
			words, _ := dig(r.(map[string]any), "keyword_matches").([]any)
			statuses, _ := dig(r.(map[string]any), "status_matches").([]any)
			found = append(found, fmt.Sprint(words, statuses))
		}
		return found
	}
	want := []string{"[spider ANIM] []"}
	for path, list := range map[string][]map[string]any{
		"home": ana.get("/api/v1/timelines/home").list(), "account": ana.get("/api/v1/accounts/" + ben.id() + "/statuses").list(),
		"public": ana.get("/api/v1/timelines/public").list(),
	} {
		found := 0
		for _, s := range list {
			switch s["id"] {
			case bad, boost:
				found++
				if got := matches(s); !slices.Equal(got, want) {
					t.Errorf("%s: %v", path, got)
				}
				if inner, ok := s["reblog"].(map[string]any); ok && !slices.Equal(matches(inner), want) {
					t.Errorf("%s: what is boosted: %v", path, matches(inner))
				}
			case plain:
				if got := matches(s); len(got) != 0 {
					t.Errorf("%s: %v", path, got)
				}
			}
		}
		if found == 0 {
			t.Errorf("%s: not found", path)
		}
	}
	told := ana.get("/api/v1/notifications").list()
	if got := matches(told[0]["status"].(map[string]any)); !slices.Equal(got, []string{"[spider] []"}) {
		t.Errorf("notification: %v", got)
	}
	if got := matches(ben.get("/api/v1/statuses/" + bad).object()); len(got) != 0 {
		t.Errorf("for ben: %v", got)
	}
	if _, there := v.stranger().get("/api/v1/statuses/" + bad).object()["filtered"]; there {
		t.Error("a stranger is told of filters")
	}
	ana.post("/api/v2/filters/"+id+"/statuses", form{"status_id": {plain}})
	if got := matches(ana.get("/api/v1/statuses/" + plain).object()); !slices.Equal(got, []string{"[] [" + plain + "]"}) {
		t.Errorf("a status of a filter: %v", got)
	}
	ben.send("PUT", "/api/v1/statuses/"+bad, form{"status": {"all gone"}}).ok()
	if got := matches(ana.get("/api/v1/statuses/" + bad).object()); len(got) != 0 {
		t.Errorf("after an edit: %v", got)
	}
	// Another process changes the filter: what this one remembers is dropped by the event.
	v.do(func(tx *storage.Tx) error { return tx.DeleteFilter(t.Context(), ana.me.ID, must(storageID(id))) })
	v.FiltersChanged(ana.me.ID)
	if got := matches(ana.get("/api/v1/statuses/" + plain).object()); len(got) != 0 {
		t.Errorf("after deletion: %v", got)
	}
}

func TestFiltersEnd(t *testing.T) {
	// If this failed, a filter for a day would last for ever.
	v := newVillage(t)
	ana := v.person("ana")
	post := ana.toot("spiders")
	ana.post("/api/v2/filters", form{"title": {"x"}, "context[]": {"home"}, "keywords_attributes[0][keyword]": {"spiders"}, "expires_in": {"3600"}})
	filtered := func() int { return len(ana.get("/api/v1/statuses/" + post).object()["filtered"].([]any)) }
	if filtered() != 1 {
		t.Error("it does not count")
	}
	set, err := v.filtersOf(t.Context(), ana.me.ID)
	check(t, err)
	if set.match("spiders", storage.At(time.Now().Add(time.Hour)), 1) != nil {
		t.Error("it counts after its end")
	}
}

func TestKeywordsAreFoundAsWords(t *testing.T) {
	// If this failed, "cat" would hide "concatenate", or nothing in scripts without spaces.
	for _, row := range []struct {
		text, keyword string
		whole, found  bool
	}{
		{"a cat sat", "cat", true, true}, {"concatenate", "cat", true, false}, {"concatenate", "cat", false, true},
		{"cat", "cat", true, true}, {"CAT!", "Cat", true, true}, {"cats and a cat", "cat", true, true}, {"über", "ber", true, false},
		{"#cat", "#cat", true, true}, {"x#cat", "#cat", true, true}, {"x#cats", "#cat", true, false}, {"straße", "STRASSE", false, false},
		{"ÜBER", "über", true, true}, {"我喜欢猫", "猫", false, true}, {"a", "", false, false}, {"été", "t", true, false}, {"snake_case", "case", true, false},
	} {
		f, err := compile(storage.Filter{Keywords: []storage.FilterKeyword{{Keyword: row.keyword, WholeWord: row.whole}}})
		check(t, err)
		if got := f.keywords[0].in(strings.ToLower(row.text)); got != row.found {
			t.Errorf("%q in %q (whole %v): %v", row.keyword, row.text, row.whole, got)
		}
	}
}

func TestUnnumberedListsGetNumbers(t *testing.T) {
	// If this failed, the second keyword of a filter would get the options of the first.
	got, err := parseQuery("a=1&k[][id]=1&k[][_destroy]=true&k%5B%5D[id]=2&k[][word]=x&k[][tags][]=p&k[][tags][]=q&k[][id]=3&b[]=5")
	check(t, err)
	want := url.Values{"a": {"1"}, "k[0][id]": {"1"}, "k[0][_destroy]": {"true"}, "k[1][id]": {"2"}, "k[1][word]": {"x"},
		"k[1][tags][]": {"p", "q"}, "k[2][id]": {"3"}, "b[]": {"5"}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func storageID(text string) (id int64, err error) {
	_, err = fmt.Sscan(text, &id)
	return id, err
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestAPostAndItsBoostOnOnePageMatchEachByItself(t *testing.T) {
	// If this failed, a filter for one boost would hide the post itself, or a page in another order
	// would show what is filtered.
	v := newVillage(t)
	ana, ben, cem := v.person("ana"), v.person("ben"), v.person("cem")
	ana.follows(ben)
	ana.follows(cem)
	post := ben.toot("hello")
	boost := cem.post("/api/v1/statuses/"+post+"/reblog", nil).object()["id"].(string)
	filter := ana.send("POST", "/api/v2/filters?title=x&context[]=home&filter_action=warn", nil).ok().object()["id"].(string)
	ana.send("POST", "/api/v2/filters/"+filter+"/statuses", form{"status_id": {boost}}).ok()
	for round := range 2 { // made, then remembered
		for _, s := range ana.get("/api/v1/timelines/home").list() {
			want := 0
			if s["id"] == boost {
				want = 1
				if inner := s["reblog"].(map[string]any); len(inner["filtered"].([]any)) != 1 {
					t.Errorf("%d: within the boost: %v", round, inner["filtered"])
				}
			}
			if got := len(s["filtered"].([]any)); got != want {
				t.Errorf("%d: %s has %d results, want %d", round, s["id"], got, want)
			}
		}
	}
}
