package mastodon

import (
	"slices"
	"testing"
)

func TestSwitchesOfAProfileAreKeptAndShown(t *testing.T) {
	// If this failed, apps would offer switches that do nothing, or say that they are set when they
	// are not.
	v := newVillage(t)
	ana := v.person("ana")
	before := ana.get("/api/v1/profile").object()
	if before["show_media"] != true || before["show_media_replies"] != true || before["show_featured"] != true || before["hide_collections"] != false {
		t.Errorf("at first: %v", before)
	}
	after := ana.send("PATCH", "/api/v1/profile", form{"hide_collections": {"true"}, "show_media": {"false"}, "show_media_replies": {"false"},
		"show_featured": {"false"}, "avatar_description": {" a cat "}, "header_description": {"the sea"},
		"attribution_domains[]": {"https://News.example/authors", "blog.example", "blog.example", ""}}).ok().object()
	sites := func(object map[string]any) (list []string) {
		for _, site := range object["attribution_domains"].([]any) {
			list = append(list, site.(string))
		}
		return list
	}
	if after["show_media"] != false || after["show_media_replies"] != false || after["show_featured"] != false || after["hide_collections"] != true ||
		after["avatar_description"] != "a cat" || after["header_description"] != "the sea" ||
		!slices.Equal(sites(after), []string{"news.example", "blog.example"}) {
		t.Errorf("changed: %v", after)
	}
	public := v.stranger().get("/api/v1/accounts/" + ana.id()).object()
	if public["show_media"] != false || public["show_media_replies"] != false || public["show_featured"] != false || public["hide_collections"] != true ||
		public["avatar_description"] != "a cat" || public["header_description"] != "the sea" {
		t.Errorf("to others: %v", public)
	}
	source := ana.get("/api/v1/accounts/verify_credentials").object()["source"].(map[string]any)
	if source["hide_collections"] != true || len(sites(source)) != 2 {
		t.Errorf("source: %v", source)
	}
	ana.send("PATCH", "/api/v1/accounts/update_credentials", form{"display_name": {"Ana"}}).ok()
	if got := ana.get("/api/v1/profile").object(); got["hide_collections"] != true || len(sites(got)) != 2 || got["show_media"] != false {
		t.Errorf("what was not sent changed: %v", got)
	}
	if got := ana.send("PATCH", "/api/v1/profile", map[string]any{"attribution_domains": []string{""}, "show_media": true}).ok().object(); len(sites(got)) != 0 || got["show_media"] != true {
		t.Errorf("emptied: %v", got)
	}
	if got := ana.send("DELETE", "/api/v1/profile/avatar", nil).ok().object(); got["avatar_description"] != "" || got["header_description"] != "the sea" {
		t.Errorf("without an avatar: %v", got)
	}
	ana.send("PATCH", "/api/v1/profile", form{"attribution_domains[]": {"not a host"}}).
		says(422, `Validation failed: attribution domains: "not a host" is not the name of a site`)
	many := form{}
	for _, letter := range "abcdefghijk" {
		many["attribution_domains[]"] = append(many["attribution_domains[]"], string(letter)+".example")
	}
	ana.send("PATCH", "/api/v1/profile", many).says(422, "Validation failed: at most 10 sites may name somebody as author")
}

func TestWhoHidesWhomTheyFollowShowsNobody(t *testing.T) {
	// If this failed, people who asked to keep it to themselves would be betrayed by any app.
	v := newVillage(t)
	ana, ben, cem := v.person("ana"), v.person("ben"), v.person("cem")
	ana.follows(ben)
	ben.follows(ana)
	cem.follows(ben)
	seen := func(c *client, list string) int {
		t.Helper()
		return len(c.get("/api/v1/accounts/" + ana.id() + list).list())
	}
	familiar := func() int {
		t.Helper()
		return len(cem.get("/api/v1/accounts/familiar_followers?id[]=" + ana.id()).list()[0]["accounts"].([]any))
	}
	if seen(ben, "/followers") != 1 || seen(ben, "/following") != 1 || familiar() != 1 {
		t.Fatal("the lists are empty from the beginning")
	}
	ana.send("PATCH", "/api/v1/accounts/update_credentials", form{"hide_collections": {"1"}}).ok()
	for _, list := range []string{"/followers", "/following"} {
		if n := seen(ben, list) + seen(v.stranger(), list); n != 0 {
			t.Errorf("%s shows others %d people", list, n)
		}
		if n := seen(ana, list); n != 1 {
			t.Errorf("%s shows its owner %d people", list, n)
		}
	}
	if familiar() != 0 {
		t.Error("familiar followers tell who follows")
	}
	if got := v.stranger().get("/api/v1/accounts/" + ana.id()).object(); got["followers_count"] != 1.0 || got["following_count"] != 1.0 {
		t.Errorf("counts: %v %v", got["followers_count"], got["following_count"])
	}
	ana.send("PATCH", "/api/v1/accounts/update_credentials", form{"hide_collections": {"0"}}).ok()
	ben.send("PATCH", "/api/v1/accounts/update_credentials", form{"hide_collections": {"1"}}).ok()
	if familiar() != 0 {
		t.Error("familiar followers tell whom somebody follows who hides it")
	}
}

func TestAnnualReportsAreSaidNotToBeMade(t *testing.T) {
	// If this failed, apps that ask in December would show errors.
	v := newVillage(t)
	ana := v.person("ana")
	got := ana.get("/api/v1/annual_reports").object()
	for _, list := range []string{"annual_reports", "accounts", "statuses"} {
		if all, ok := got[list].([]any); !ok || len(all) != 0 {
			t.Errorf("%s: %v", list, got[list])
		}
	}
	if got := ana.get("/api/v1/annual_reports/2026/state").object()["state"]; got != "ineligible" {
		t.Errorf("state: %v", got)
	}
	ana.send("GET", "/api/v1/annual_reports/2026", nil).says(404, "Record not found")
	ana.send("POST", "/api/v1/annual_reports/2026/read", nil).says(404, "Record not found")
	ana.send("POST", "/api/v1/annual_reports/2026/generate", nil).ok()
}
