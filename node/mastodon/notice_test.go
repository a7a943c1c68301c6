package mastodon

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tulou/apps/guard"
	"tulou/protocol/ids"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// onBoth runs a test on both engines.
func onBoth(t *testing.T, test func(t *testing.T, v *village)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, newVillageOn(t, storagetest.SQLite(t))) })
	t.Run("postgres", func(t *testing.T) { test(t, newVillageOn(t, storagetest.Postgres(t))) })
}

// moderator makes somebody who is told of reports and sign-ups.
func (v *village) moderator(name string) *client {
	v.t.Helper()
	ctx, c := context.Background(), &client{v: v}
	v.do(func(tx *storage.Tx) (err error) {
		c.me, err = tx.CreateAccount(ctx, storage.Account{URI: v.Paths.Actor(name), Name: name, URL: v.Paths.Profile(name)})
		if err != nil {
			return err
		}
		return tx.CreateLogin(ctx, storage.Login{AccountID: c.me.ID, Email: name + "@harbor.example", Role: storage.RoleAdmin, ConfirmedAt: storage.Now()})
	})
	c.token = v.issue(c.me.ID, "read write follow push")
	return c
}

func groupsIn(a answer) (list []map[string]any) {
	a.t.Helper()
	for _, g := range a.object()["notification_groups"].([]any) {
		list = append(list, g.(map[string]any))
	}
	return list
}

func TestNotificationsAreGrouped(t *testing.T) {
	// If this failed, a post that many people like would push everything else out of sight.
	onBoth(t, func(t *testing.T, v *village) {
		ana := v.person("ana")
		liked := ana.toot("look")
		var fans []*client
		for i := range 10 {
			fan := v.person(fmt.Sprintf("fan%d", i))
			fans = append(fans, fan)
			fan.post("/api/v1/statuses/"+liked+"/favourite", nil)
		}
		fans[0].follows(ana)
		fans[1].follows(ana)
		fans[2].toot("@ana hello")
		fans[3].post("/api/v1/statuses/"+liked+"/reblog", nil)

		page := ana.get("/api/v2/notifications?expand_accounts=partial_avatars")
		groups := groupsIn(page)
		if got := each(groups, "type"); !slices.Equal(got, []string{"reblog", "mention", "follow", "favourite"}) {
			t.Fatalf("types %v", got)
		}
		likes := groups[3]
		if likes["notifications_count"] != 10.0 || len(likes["sample_account_ids"].([]any)) != 8 || likes["status_id"] != liked {
			t.Errorf("likes %v", likes)
		}
		if whole, part := page.object()["accounts"].([]any), page.object()["partial_accounts"].([]any); len(whole) != 4 || len(part) != 6 {
			t.Errorf("%d accounts and %d in part", len(whole), len(part))
		}
		if whole := ana.get("/api/v2/notifications").object(); len(whole["accounts"].([]any)) != 10 || whole["partial_accounts"] != nil || len(whole["statuses"].([]any)) != 2 {
			t.Errorf("%v", whole)
		}
		// Pages follow each other without gaps, and lead back.
		first := ana.get("/api/v2/notifications?limit=3")
		next := linkOf(t, first, "next")
		if rest := groupsIn(ana.get(next)); len(rest) != 1 || rest[0]["group_key"] != likes["group_key"] {
			t.Errorf("the next page %v", rest)
		}
		if prev := groupsIn(ana.get(linkOf(t, ana.get(next), "prev"))); len(prev) != 3 {
			t.Errorf("the page before has %d", len(prev))
		}
		// Grouping is as asked; other filters hold.
		for path, want := range map[string]int{
			"grouped_types[]=follow": 13, "grouped_types[]=nonsense": 14, "types[]=favourite": 1, "types[]=nonsense": 0,
			"exclude_types[]=favourite&exclude_types[]=follow": 2, "account_id=" + fans[0].id(): 2, "account_id=nonsense": 0,
		} {
			if got := groupsIn(ana.get("/api/v2/notifications?limit=80&" + path)); len(got) != want {
				t.Errorf("%s: %d groups, want %d", path, len(got), want)
			}
		}
		key := likes["group_key"].(string)
		one := groupsIn(ana.get("/api/v2/notifications/" + key))
		if len(one) != 1 || one[0]["page_min_id"] != nil || one[0]["notifications_count"] != 10.0 {
			t.Errorf("one group %v", one)
		}
		if people := ana.get("/api/v2/notifications/" + key + "/accounts?limit=4"); len(people.list()) != 4 || linkOf(t, people, "next") == "" {
			t.Errorf("people %v", people.list())
		}
		mention := groups[1]["group_key"].(string)
		if !strings.HasPrefix(mention, "ungrouped-") || len(ana.get("/api/v2/notifications/"+mention+"/accounts").list()) != 1 {
			t.Errorf("the mention is %s", mention)
		}
		for _, path := range []string{"/api/v2/notifications/" + key, "/api/v2/notifications/" + mention, "/api/v2/notifications/nonsense"} {
			fans[9].send("GET", path, nil).says(404, "Record not found")
		}
		fans[9].post("/api/v2/notifications/"+key+"/dismiss", nil) // of others: nothing happens
		ana.post("/api/v2/notifications/"+key+"/dismiss", nil)
		ana.post("/api/v2/notifications/"+mention+"/dismiss", nil)
		if got := each(groupsIn(ana.get("/api/v2/notifications")), "type"); !slices.Equal(got, []string{"reblog", "follow"}) {
			t.Errorf("after dismissal %v", got)
		}
		if got := ana.get("/api/v1/notifications").list(); len(got) != 3 || got[1]["group_key"] != got[2]["group_key"] {
			t.Errorf("in the plain list %v", each(got, "group_key"))
		}
	})
}

// linkOf returns where a page goes on, "" if it does not.
func linkOf(t *testing.T, a answer, rel string) string {
	t.Helper()
	for part := range strings.SplitSeq(a.Header().Get("Link"), ", ") {
		if address, found := strings.CutSuffix(part, `>; rel="`+rel+`"`); found {
			u, err := url.Parse(strings.TrimPrefix(address, "<"))
			check(t, err)
			return u.RequestURI()
		}
	}
	return ""
}

func TestUnreadIsCountedFromTheMarker(t *testing.T) {
	// If this failed, apps would show a number that never goes away, or none.
	onBoth(t, func(t *testing.T, v *village) {
		ana := v.person("ana")
		liked := ana.toot("look")
		for i := range 3 {
			fan := v.person(fmt.Sprintf("fan%d", i))
			fan.post("/api/v1/statuses/"+liked+"/favourite", nil)
			fan.follows(ana)
		}
		count := func(path string) float64 { t.Helper(); return ana.get(path).object()["count"].(float64) }
		for path, want := range map[string]float64{
			"v1/notifications/unread_count": 6, "v2/notifications/unread_count": 2, "v1/notifications/unread_count?limit=4": 4,
			"v1/notifications/unread_count?types[]=follow": 3, "v2/notifications/unread_count?grouped_types[]=follow": 4,
			"v1/notifications/unread_count?account_id=x": 0,
		} {
			if got := count("/api/" + path); got != want {
				t.Errorf("%s: %v, want %v", path, got, want)
			}
		}
		all := ana.get("/api/v1/notifications").list()
		ana.post("/api/v1/markers", form{"notifications[last_read_id]": {all[1]["id"].(string)}})
		if v1, v2 := count("/api/v1/notifications/unread_count"), count("/api/v2/notifications/unread_count"); v1 != 1 || v2 != 1 {
			t.Errorf("after reading: %v and %v", v1, v2)
		}
	})
}

func TestStrangersCanBeHeldBack(t *testing.T) {
	// If this failed, people who are harassed would have no peace, or lose friends.
	onBoth(t, func(t *testing.T, v *village) {
		ana, ben, cal := v.person("ana"), v.person("ben"), v.person("cal")
		golden(t, "NotificationPolicy", ana.get("/api/v2/notifications/policy"))
		ana.send("PATCH", "/api/v2/notifications/policy", form{"for_not_following": {"some"}}).is(422)
		if got := ana.send("PATCH", "/api/v2/notifications/policy", map[string]any{"for_not_following": "filter"}).ok().object(); got["for_not_following"] != "filter" || got["for_new_accounts"] != "accept" {
			t.Errorf("policy %v", got)
		}
		ben.toot("@ana hello")
		cal.toot("@ana buy this")
		if got := ana.get("/api/v1/notifications").list(); len(got) != 0 {
			t.Errorf("%d were not held back", len(got))
		}
		if got := ana.get("/api/v1/notifications?include_filtered=true").list(); len(got) != 2 {
			t.Errorf("%d with those held back", len(got))
		}
		summary := ana.get("/api/v2/notifications/policy").object()["summary"].(map[string]any)
		if summary["pending_requests_count"] != 2.0 || summary["pending_notifications_count"] != 2.0 {
			t.Errorf("summary %v", summary)
		}
		requests := ana.get("/api/v1/notifications/requests")
		golden(t, "NotificationRequest", requests)
		spam, kind := requests.list()[0]["id"].(string), requests.list()[1]["id"].(string)
		golden(t, "NotificationRequest_one", ana.get("/api/v1/notifications/requests/"+kind))
		for _, row := range []string{"GET /", "POST /accept", "POST /dismiss"} {
			method, tail, _ := strings.Cut(row, " /")
			path := strings.TrimSuffix("/api/v1/notifications/requests/"+kind+"/"+tail, "/")
			ben.send(method, path, nil).says(404, "Record not found")
		}
		ana.send("POST", "/api/v1/notifications/requests/accept", form{"id[]": {kind, "4711"}}).is(404)
		ana.post("/api/v1/notifications/requests/accept", form{"id[]": {kind}})
		ana.post("/api/v1/notifications/requests/"+spam+"/dismiss", nil)
		if ana.get("/api/v1/notifications/requests/merged").object()["merged"] != true {
			t.Error("not merged")
		}
		ben.toot("@ana again")
		cal.toot("@ana buy more")
		if got := each(ana.get("/api/v1/notifications").list(), "account", "username"); !slices.Equal(got, []string{"ben", "ben"}) {
			t.Errorf("notifications of %v", got)
		}
		ana.send("PATCH", "/api/v2/notifications/policy", form{"for_not_following": {"drop"}}).ok()
		cal.toot("@ana buy everything")
		again := ana.get("/api/v1/notifications/requests").list()
		if len(again) != 1 || again[0]["notifications_count"] != "1" {
			t.Errorf("requests %v", again)
		}
		ana.post("/api/v1/notifications/requests/dismiss", form{"id[]": {again[0]["id"].(string)}})
	})
}

func TestPostsAreScheduled(t *testing.T) {
	// If this failed, a post for tomorrow would be posted now, or be somebody else's to read.
	onBoth(t, func(t *testing.T, v *village) {
		ana, ben := v.person("ana"), v.person("ben")
		parent := ana.toot("first")
		at := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
		made := ana.post("/api/v1/statuses", map[string]any{"status": "later", "spoiler_text": "time", "visibility": "unlisted", "language": "en",
			"in_reply_to_id": parent, "scheduled_at": at.Format(time.RFC3339), "poll": map[string]any{"options": []string{"a", "b"}, "expires_in": 3600, "multiple": true}})
		golden(t, "ScheduledStatus", made)
		id := made.object()["id"].(string)
		if got := ana.get("/api/v1/accounts/" + ana.id() + "/statuses").list(); len(got) != 1 {
			t.Errorf("%d posts, want the first alone", len(got))
		}
		if got := ana.get("/api/v1/scheduled_statuses").list(); len(got) != 1 || got[0]["scheduled_at"] != at.Format(stamp) {
			t.Errorf("scheduled %v", got)
		}
		ana.get("/api/v1/scheduled_statuses/" + id)
		if got := ben.get("/api/v1/scheduled_statuses").list(); len(got) != 0 {
			t.Errorf("ben sees %v", got)
		}
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			ben.send(method, "/api/v1/scheduled_statuses/"+id, form{"scheduled_at": {at.Format(time.RFC3339)}}).says(404, "Record not found")
		}
		ana.send("PUT", "/api/v1/scheduled_statuses/"+id, form{"scheduled_at": {"2020-01-01"}}).is(422)
		moved := ana.send("PUT", "/api/v1/scheduled_statuses/"+id, form{"scheduled_at": {at.Add(time.Hour).Format(time.RFC3339)}}).ok().object()
		if moved["scheduled_at"] != at.Add(time.Hour).Format(stamp) {
			t.Errorf("moved %v", moved)
		}
		ana.send("DELETE", "/api/v1/scheduled_statuses/"+id, nil).ok()
		ana.send("GET", "/api/v1/scheduled_statuses/"+id, nil).is(404)
	})
}

func TestReportsAreFiledAndTold(t *testing.T) {
	// If this failed, moderators would not hear of trouble.
	onBoth(t, func(t *testing.T, v *village) {
		ana, ben, mod := v.person("ana"), v.person("ben"), v.moderator("mod")
		post := ben.toot("rude")
		rule, err := v.Guard.AddRule(t.Context(), "Be kind", "to everybody")
		check(t, err)
		golden(t, "Rule", ana.get("/api/v1/instance/rules"))
		made := ana.post("/api/v1/reports", form{"account_id": {ben.id()}, "status_ids[]": {post}, "comment": {"see"},
			"rule_ids[]": {ids.Format(rule.ID)}, "category": {"spam"}, "forward": {"true"}})
		golden(t, "Report", made)
		golden(t, "Notification_report", mod.get("/api/v1/notifications"))
		golden(t, "Notification_report_group", mod.get("/api/v2/notifications"))
		for _, c := range []struct {
			body   form
			status int
		}{
			{form{}, 404}, {form{"account_id": {"4711"}}, 404}, {form{"account_id": {ben.id()}, "category": {"x"}}, 422},
			{form{"account_id": {ben.id()}, "rule_ids[]": {"4711"}}, 422},
			{form{"account_id": {ben.id()}, "comment": {strings.Repeat("x", guard.CommentMax+1)}}, 422},
		} {
			ana.send("POST", "/api/v1/reports", c.body).is(c.status)
		}
	})
}

func TestSeveredRelationshipsAreTold(t *testing.T) {
	// If this failed, people would not know why they lost those whom they followed.
	v := newVillage(t)
	ana, zoe := v.person("ana"), v.remote("zoe", "orchard.example")
	v.do(func(tx *storage.Tx) error {
		lost, err := tx.AddSeverance(t.Context(), storage.Severance{AccountID: ana.me.ID, Cause: storage.SeveredByBlock, Target: zoe.Host, Following: 3, Followers: 1, CreatedAt: storage.Now()})
		if err != nil {
			return err
		}
		return v.Notify.Notify(t.Context(), tx, storage.Notification{AccountID: ana.me.ID, FromID: ana.me.ID, Type: storage.NotifySevered, AboutID: lost.ID})
	})
	golden(t, "Notification_severed", ana.get("/api/v1/notifications"))
}

func TestWhoIsMeasuredIsNotified(t *testing.T) {
	// If this failed, people would find out by mail alone, or not at all, what was decided about them,
	// and not see what became of their answer.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	decide := func(action string, tell bool) {
		check(t, v.Guard.Decide(t.Context(), storage.Account{}, ana.me.ID, guard.Decision{Action: action, Text: "be kind", Tell: tell}))
	}
	decide(guard.ActSilence, true)
	decide(guard.ActSilence, true) // it is so already
	decide(guard.ActUnsilence, true)
	decide(guard.ActSensitive, false)
	told := ana.get("/api/v1/notifications").list()
	if len(told) != 1 || dig(told[0], "type") != "moderation_warning" || dig(told[0], "moderation_warning", "action") != "silence" ||
		dig(told[0], "moderation_warning", "text") != "be kind" || dig(told[0], "moderation_warning", "target_account", "username") != "ana" {
		t.Fatalf("told: %v", told)
	}
	if list := ben.get("/api/v1/notifications").list(); len(list) != 0 {
		t.Errorf("another is told: %v", list)
	}
	acts, err := v.Store.Acts(t.Context(), ana.me.ID, storage.Page{})
	check(t, err)
	silenced := acts[len(acts)-1]
	state := func() any {
		groups := ana.get("/api/v2/notifications").object()["notification_groups"].([]any)
		return dig(groups[0].(map[string]any), "moderation_warning", "appeal", "state")
	}
	if got := state(); got != nil {
		t.Errorf("before an answer: %v", got)
	}
	v.do(func(tx *storage.Tx) error {
		_, err := tx.CreateAppeal(t.Context(), storage.Appeal{ActID: silenced.ID, AccountID: ana.me.ID, Body: "I was"})
		return err
	})
	if got := state(); got != "pending" {
		t.Errorf("after an answer: %v", got)
	}
	v.do(func(tx *storage.Tx) error { return tx.DecideAppeal(t.Context(), silenced.ID, 0, true) })
	if got := state(); got != "approved" {
		t.Errorf("after it was granted: %v", got)
	}
}

func TestOnesOwnProfileIsReadAndChanged(t *testing.T) {
	// If this failed, apps of Mastodon 4.6 could not edit a profile.
	v := newVillage(t)
	ana := v.person("ana")
	ana.send("PATCH", "/api/v1/profile", map[string]any{"display_name": "Ana", "note": "I *grow* things.", "discoverable": true,
		"fields_attributes": []map[string]string{{"name": "Web", "value": "https://ana.example/"}}}).ok()
	golden(t, "Profile", ana.get("/api/v1/profile"))
	ana.with("profile").get("/api/v1/profile")
}
