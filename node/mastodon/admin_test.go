package mastodon

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

const adminScopes = "read write admin:read admin:write"

// staff makes somebody with a role, and a program that may do what they may.
func (v *village) staff(name, role string) *client {
	v.t.Helper()
	c := v.person(name)
	v.do(func(tx *storage.Tx) error { return tx.SetRole(context.Background(), c.me.ID, role) })
	return c.with(adminScopes)
}

// reported is a report of one person about the post of another.
func (c *client) reported(about *client, post string, more form) string {
	c.v.t.Helper()
	sent := form{"account_id": {about.id()}, "status_ids[]": {post}, "comment": {"He is rude."}}
	maps.Copy(sent, more)
	return c.post("/api/v1/reports", sent).object()["id"].(string)
}

func keysOf(object map[string]any) []string { return slices.Sorted(maps.Keys(object)) }

// The fields of Mastodon's documentation, and what its servers send besides.
var (
	adminAccountFields = strings.Fields("account approved confirmed created_at disabled domain email id invite_request ip ips locale role sensitized silenced suspended username")
	adminReportFields  = strings.Fields("account action_taken action_taken_at action_taken_by_account assigned_account category collections comment created_at forwarded id rules statuses target_account updated_at")
	adminBlockFields   = strings.Fields("created_at digest domain id obfuscate private_comment public_comment reject_media reject_reports severity")
)

func TestReportsAreWorkedOn(t *testing.T) {
	// If this failed, moderators could not read a report, take it, decide it and open it again, or
	// would not find what others did.
	onBoth(t, func(t *testing.T, v *village) {
		ana, ben, mod := v.person("ana"), v.person("ben"), v.staff("mod", storage.RoleModerator)
		rule, err := v.Guard.AddRule(t.Context(), "Be kind", "")
		check(t, err)
		post := ben.toot("you fool", "visibility", "private")
		open := ben.toot("you fool, again")
		first := ana.reported(ben, open, nil)
		second := ben.reported(ana, "", nil)

		list := mod.get("/api/v1/admin/reports").list()
		if diff := cmp.Diff([]string{second, first}, each(list, "id")); diff != "" {
			t.Fatal(diff)
		}
		report := list[1]
		if diff := cmp.Diff(adminReportFields, keysOf(report)); diff != "" {
			t.Errorf("a report has %s", diff)
		}
		if diff := cmp.Diff(adminAccountFields, keysOf(report["target_account"].(map[string]any))); diff != "" {
			t.Errorf("an account has %s", diff)
		}
		for path, want := range map[string]any{"comment": "He is rude.", "category": "other", "account/account/acct": "ana", "target_account/account/acct": "ben",
			"action_taken": false, "assigned_account": nil, "target_account/email": "ben@harbor.example", "target_account/role/id": "-99"} {
			if got := dig(report, strings.Split(path, "/")...); got != want {
				t.Errorf("%s is %v, want %v", path, got, want)
			}
		}
		if posts := report["statuses"].([]any); len(posts) != 1 || posts[0].(map[string]any)["id"] != open || post == open {
			t.Errorf("the posts are %v", posts)
		}
		for query, want := range map[string][]string{"?account_id=" + ana.id(): {first}, "?target_account_id=" + ana.id(): {second},
			"?resolved=true": {}, "?limit=1": {second}, "?limit=1&max_id=" + second: {first}, "?min_id=" + first: {second}, "?account_id=x": {}} {
			if diff := cmp.Diff(want, each(mod.get("/api/v1/admin/reports"+query).list(), "id")); diff != "" {
				t.Errorf("%s: %s", query, diff)
			}
		}

		path := "/api/v1/admin/reports/" + first
		if got := mod.post(path+"/assign_to_self", nil).object(); dig(got, "assigned_account", "account", "acct") != "mod" {
			t.Errorf("assigned to %v", got["assigned_account"])
		}
		if got := mod.post(path+"/unassign", nil).object(); got["assigned_account"] != nil {
			t.Errorf("still assigned to %v", got["assigned_account"])
		}
		got := mod.send("PUT", path, form{"category": {"violation"}, "rule_ids[]": {ids.Format(rule.ID)}}).ok().object()
		if got["category"] != "violation" || len(got["rules"].([]any)) != 1 || dig(got["rules"].([]any)[0].(map[string]any), "text") != "Be kind" {
			t.Errorf("classified as %v %v", got["category"], got["rules"])
		}
		mod.send("PUT", path, form{"category": {"boring"}}).is(422)
		if got := mod.post(path+"/resolve", nil).object(); got["action_taken"] != true || got["action_taken_at"] == nil || dig(got, "action_taken_by_account", "account", "acct") != "mod" {
			t.Errorf("resolved: %v", got)
		}
		mod.post(path+"/resolve", nil)
		if got := mod.post(path+"/reopen", nil).object(); got["action_taken"] != false || got["action_taken_at"] != nil || got["action_taken_by_account"] != nil {
			t.Errorf("reopened: %v", got)
		}
		mod.send("GET", "/api/v1/admin/reports/4711", nil).is(404)
		log := each(mod.get("/api/v1/admin/audit_log").list(), "action")
		if diff := cmp.Diff([]string{"reopen", "resolve", "classify", "unassign", "assign"}, log); diff != "" {
			t.Errorf("the book: %s", diff)
		}
	})
}

func TestOnlyStaffModerates(t *testing.T) {
	// If this failed, somebody would decide about others without being let by the node, by their
	// role, or by the person whose program it is.
	onBoth(t, func(t *testing.T, v *village) {
		ana, mod, admin, owner := v.person("ana"), v.staff("mod", storage.RoleModerator), v.staff("adm", storage.RoleAdmin), v.staff("own", storage.RoleOwner)
		const notAllowed, outside = "This action is not allowed", "This action is outside the authorized scopes"
		ana.send("GET", "/api/v1/admin/reports", nil).says(403, outside)
		ana.with(adminScopes).send("GET", "/api/v1/admin/reports", nil).says(403, notAllowed)
		mod.with("read write follow push").send("GET", "/api/v1/admin/reports", nil).says(403, outside)
		mod.with("admin:read").send("POST", "/api/v1/admin/accounts/"+ana.id()+"/action", form{"type": {"none"}}).says(403, outside)
		mod.with("admin:read:reports").send("GET", "/api/v1/admin/accounts", nil).says(403, outside)
		program := &client{v: v, token: v.issue(0, adminScopes)}
		program.send("GET", "/api/v1/admin/reports", nil).is(422)
		mod.send("GET", "/api/v1/admin/domain_blocks", nil).says(403, notAllowed)
		mod.send("DELETE", "/api/v1/admin/accounts/"+ana.id(), nil).says(403, notAllowed)
		admin.get("/api/v1/admin/domain_blocks")
		for who, about := range map[*client][]*client{mod: {mod, admin, owner}, admin: {admin, owner}, owner: {owner}} {
			for _, them := range about {
				who.send("POST", "/api/v1/admin/accounts/"+them.id()+"/action", form{"type": {"suspend"}}).says(403, notAllowed)
			}
		}

		// A moderator who is not one any more, is kept out or suspended decides nothing, whatever is
		// remembered of the token.
		act := func(c *client) answer {
			return c.send("POST", "/api/v1/admin/accounts/"+ana.id()+"/action", form{"type": {"silence"}})
		}
		check(t, v.People.SetRole(t.Context(), mod.me.ID, storage.RoleMember))
		act(mod).says(403, notAllowed)
		check(t, v.People.SetRole(t.Context(), mod.me.ID, storage.RoleModerator))
		remembered := v.Auth
		owner.post("/api/v1/admin/accounts/"+mod.id()+"/action", form{"type": {"suspend"}})
		if a := act(mod); a.Code != 403 && a.Code != 401 {
			t.Errorf("a suspended moderator: %d %s", a.Code, a.Body)
		}
		remembered.AccountChanged(mod.me.ID)
		act(mod).is(401) // the token ended with the suspension
		owner.post("/api/v1/admin/accounts/"+admin.id()+"/action", form{"type": {"disable"}})
		admin.v.Auth.AccountChanged(admin.me.ID)
		act(admin).is(401)
		if a, err := v.Store.AccountByID(t.Context(), ana.me.ID); err != nil || a.SilencedAt != 0 {
			t.Errorf("ana was silenced: %v", err)
		}
	})
}

func TestWhatModeratorsSeeAndFind(t *testing.T) {
	// If this failed, a filter of the queue of accounts would show others than it says.
	onBoth(t, func(t *testing.T, v *village) {
		mod := v.staff("mod", storage.RoleModerator)
		ana, ben, kim := v.person("ana"), v.person("ben"), v.remote("kim", "orchard.example")
		mod.post("/api/v1/admin/accounts/"+ben.id()+"/action", form{"type": {"silence"}})
		mod.post("/api/v1/admin/accounts/"+ids.Format(kim.ID)+"/action", form{"type": {"suspend"}})
		mod.send("POST", "/api/v1/admin/accounts/"+ids.Format(kim.ID)+"/action", form{"type": {"disable"}}).is(422)
		check(t, v.Store.Tx(t.Context(), func(tx *storage.Tx) error {
			for i, address := range []string{"198.51.100.23", "2001:db8:7:8::9"} {
				_, err := tx.CreateSession(t.Context(), storage.Session{Hash: address, AccountID: []int64{ana.me.ID, ben.me.ID}[i], Address: edge.Place(address)})
				if err != nil {
					return err
				}
			}
			return nil
		}))
		mod.send("POST", "/api/v1/admin/accounts/"+ana.id()+"/action", form{"type": {"explode"}}).is(422)
		for query, want := range map[string][]string{
			"v1/admin/accounts?local=true":                              {"ben", "ana", "mod"},
			"v1/admin/accounts?remote=true":                             {"kim"},
			"v1/admin/accounts?active=true":                             {"ana", "mod"},
			"v1/admin/accounts?silenced=true":                           {"ben"},
			"v1/admin/accounts?suspended=true":                          {"kim"},
			"v1/admin/accounts?disabled=true":                           {},
			"v1/admin/accounts?staff=true":                              {"mod"},
			"v1/admin/accounts?username=B":                              {"ben"},
			"v1/admin/accounts?display_name=ki":                         {"kim"},
			"v1/admin/accounts?email=ana@harbor":                        {"ana"},
			"v1/admin/accounts?ip=203.0.113.7":                          {},
			"v1/admin/accounts?ip=198.51.100.9":                         {"ana"},
			"v1/admin/accounts?ip=198.51.100.0/24":                      {"ana"},
			"v2/admin/accounts?ip=2001:db8:7:1::1":                      {"ben"},
			"v2/admin/accounts?origin=local&limit=1":                    {"ben"},
			"v2/admin/accounts?origin=local&limit=1&max_id=" + ben.id(): {"ana"},
			"v2/admin/accounts?by_domain=orchard.example":               {"kim"},
			"v2/admin/accounts?status=suspended":                        {"kim"},
			"v2/admin/accounts?role_ids[]=1":                            {"mod"},
			"v2/admin/accounts?role_ids[]=3&permissions=staff":          {},
			"v2/admin/accounts?status=pending":                          {},
		} {
			if diff := cmp.Diff(want, each(mod.get("/api/"+query).list(), "username")); diff != "" {
				t.Errorf("%s: %s", query, diff)
			}
		}
		got := mod.get("/api/v1/admin/accounts/" + ids.Format(kim.ID)).object()
		if diff := cmp.Diff(adminAccountFields, keysOf(got)); diff != "" || got["domain"] != "orchard.example" || got["email"] != nil || got["suspended"] != true || dig(got, "account", "suspended") != true {
			t.Errorf("%s: %v", diff, got)
		}
		mod.send("GET", "/api/v1/admin/accounts/4711", nil).is(404)
	})
}

func TestWhoWaitsIsLetInOrNot(t *testing.T) {
	// If this failed, moderators could not see why somebody wants to join, or decide.
	onBoth(t, func(t *testing.T, v *village) {
		mod := v.staff("mod", storage.RoleModerator)
		wish := func(name string) (s storage.Signup) {
			v.do(func(tx *storage.Tx) (err error) {
				s, err = tx.CreateSignup(t.Context(), storage.Signup{Name: name, Email: name + "@mail.example", Role: storage.RoleMember, Locale: "de", Reason: "tea", ConfirmedAt: storage.Now()})
				return err
			})
			return s
		}
		zoe, yan := wish("zoe"), wish("yan")
		list := mod.get("/api/v2/admin/accounts?status=pending").list()
		if diff := cmp.Diff([]string{"yan", "zoe"}, each(list, "username")); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(adminAccountFields, keysOf(list[0])); diff != "" || list[0]["invite_request"] != "tea" || list[0]["approved"] != false || list[0]["confirmed"] != true {
			t.Errorf("%s %v", diff, list[0])
		}
		if got := mod.post("/api/v1/admin/accounts/"+ids.Format(zoe.ID)+"/approve", nil).object(); got["approved"] != true || dig(got, "account", "acct") != "zoe" {
			t.Errorf("approved: %v", got)
		}
		mod.post("/api/v1/admin/accounts/"+ids.Format(yan.ID)+"/reject", nil)
		mod.send("POST", "/api/v1/admin/accounts/"+ids.Format(yan.ID)+"/approve", nil).is(404)
		mod.send("POST", "/api/v1/admin/accounts/"+mod.id()+"/approve", nil).is(403)
		if list := mod.get("/api/v1/admin/accounts?pending=true").list(); len(list) != 0 {
			t.Errorf("still waiting: %v", list)
		}
	})
}

func TestSilencedPeopleAreSeenByWhoFollowsThem(t *testing.T) {
	// If this failed, somebody whom moderators limited would still be put before strangers, or be lost
	// to their friends.
	onBoth(t, func(t *testing.T, v *village) {
		mod, ana, ben, cat := v.staff("mod", storage.RoleModerator), v.person("ana"), v.person("ben"), v.person("cat")
		cat.follows(ben)
		post := ben.toot("see #tea")
		timelines := []string{"/api/v1/timelines/public", "/api/v1/timelines/public?local=true", "/api/v1/timelines/tag/tea"}
		path := "/api/v1/admin/accounts/" + ben.id()
		mod.post(path+"/action", form{"type": {"silence"}})
		for _, timeline := range timelines {
			if got := each(ana.get(timeline).list(), "id"); slices.Contains(got, post) {
				t.Errorf("%s shows it", timeline)
			}
		}
		if got := each(cat.get("/api/v1/timelines/home").list(), "id"); !slices.Contains(got, post) {
			t.Error("who follows does not see it")
		}
		ana.get("/api/v1/statuses/" + post)
		if got := ana.get("/api/v1/accounts/" + ben.id()).object(); got["limited"] != true {
			t.Errorf("the profile does not say so: %v", got["limited"])
		}
		found := func(c *client, q string) bool {
			return slices.Contains(each(c.get("/api/v1/accounts/search?q="+q).list(), "acct"), "ben")
		}
		if found(ana, "be") || !found(ana, "ben") || !found(cat, "be") {
			t.Error("who does not know the name finds it, or who follows does not")
		}
		ben.toot("hello @ana")
		ben.toot("hello @cat")
		if got := each(ana.get("/api/v1/notifications?types[]=mention").list(), "id"); len(got) != 0 {
			t.Errorf("a stranger is told %v", got)
		}
		if got := each(cat.get("/api/v1/notifications?types[]=mention").list(), "id"); len(got) != 1 {
			t.Errorf("who follows is told %v", got)
		}
		if got := mod.post(path+"/unsilence", nil).object(); got["silenced"] != false {
			t.Errorf("unsilenced: %v", got)
		}
		for _, timeline := range timelines {
			if got := each(ana.get(timeline).list(), "id"); !slices.Contains(got, post) {
				t.Errorf("%s does not show it again", timeline)
			}
		}
	})
}

func TestMeasuresMeanWhatTheySay(t *testing.T) {
	// If this failed, a measure would do more or less than the person is told.
	onBoth(t, func(t *testing.T, v *village) {
		mod, ana, ben := v.staff("mod", storage.RoleModerator), v.person("ana"), v.person("ben")
		path := "/api/v1/admin/accounts/" + ben.id()
		plain := ben.toot("only words")
		var picture storage.Status
		v.do(func(tx *storage.Tx) (err error) {
			id, at := v.Store.NewID()
			picture, err = tx.CreateStatus(t.Context(), storage.NewStatus{Status: storage.Status{ID: id, URI: ben.me.URI + "/statuses/p", AccountID: ben.me.ID, Local: true,
				Type: "Note", Visibility: "public", CreatedAt: storage.At(at)}, Audience: []int64{storage.Everybody},
				Attachments: []storage.Attachment{{MediaType: "image/png", RemoteURL: "https://x.example/a.png"}}})
			return err
		})
		sensitive := func(id string) any { return ana.get("/api/v1/statuses/" + id).object()["sensitive"] }
		shown := ids.Format(picture.ID)
		if sensitive(shown) != false {
			t.Fatal("it was sensitive before")
		}
		mod.post(path+"/action", form{"type": {"sensitive"}})
		if sensitive(shown) != true || sensitive(plain) != false {
			t.Errorf("a picture is sensitive: %v, words: %v", sensitive(shown), sensitive(plain))
		}
		mod.post(path+"/unsensitive", nil)
		if sensitive(shown) != false {
			t.Error("it stays sensitive")
		}

		mod.post(path+"/action", form{"type": {"none"}, "text": {"mind your words"}})
		ben.get("/api/v1/accounts/verify_credentials")
		mod.post(path+"/action", form{"type": {"disable"}})
		v.Auth.AccountChanged(ben.me.ID)
		ben.send("GET", "/api/v1/accounts/verify_credentials", nil).is(401)
		ana.get("/api/v1/statuses/" + plain)
		if got := mod.post(path+"/enable", nil).object(); got["disabled"] != false {
			t.Errorf("enabled: %v", got)
		}
		ben.with("read").get("/api/v1/accounts/verify_credentials")

		report := ana.reported(ben, plain, nil)
		mod.send("POST", path+"/action", form{"type": {"suspend"}, "report_id": {"4711"}}).is(404)
		mod.post(path+"/action", form{"type": {"suspend"}, "report_id": {report}, "text": {"enough"}})
		ana.send("GET", "/api/v1/statuses/"+plain, nil).is(404)
		if got := mod.get("/api/v1/admin/reports/" + report).object(); got["action_taken"] != true || len(got["statuses"].([]any)) != 1 {
			t.Errorf("the report: %v", got)
		}
		newest := mod.get("/api/v1/admin/audit_log?target_account_id=" + ben.id() + "&limit=1").list()[0]
		if newest["action"] != "suspend" || newest["text"] != "enough" || newest["report_id"] != report || dig(newest, "moderator_account", "account", "acct") != "mod" || newest["target"] != "ben" {
			t.Errorf("the book: %v", newest)
		}
		mod.post(path+"/unsuspend", nil)
		ana.get("/api/v1/statuses/" + plain)

		owner := v.staff("own", storage.RoleOwner)
		owner.send("DELETE", path, nil).is(403) // not suspended
		owner.post(path+"/action", form{"type": {"suspend"}})
		if got := owner.send("DELETE", path, nil).ok().object(); got["username"] != "ben" {
			t.Errorf("deleted: %v", got)
		}
		owner.send("GET", path, nil).is(404)
	})
}

func TestDomainsAreDecidedAbout(t *testing.T) {
	// If this failed, admins would not see or change which servers are kept out, let in or limited.
	onBoth(t, func(t *testing.T, v *village) {
		admin, ana := v.staff("adm", storage.RoleAdmin), v.person("ana")
		kim := v.remote("kim", "orchard.example")
		const path = "/api/v1/admin/domain_blocks"
		admin.send("POST", path, form{}).says(422, "Validation failed: Domain can't be blank")
		admin.send("POST", path, form{"domain": {"x.example"}, "severity": {"noop"}}).is(422)
		admin.send("POST", path, form{"domain": {"x.example"}, "reject_media": {"true"}}).is(422)
		made := admin.post(path, form{"domain": {"Orchard.example"}, "private_comment": {"noise"}, "public_comment": {"spam"}, "obfuscate": {"true"}}).object()
		if diff := cmp.Diff(adminBlockFields, keysOf(made)); diff != "" {
			t.Error(diff)
		}
		id := made["id"].(string)
		for key, want := range map[string]any{"domain": "orchard.example", "severity": "silence", "reject_media": false, "private_comment": "noise", "public_comment": "spam", "obfuscate": true} {
			if made[key] != want {
				t.Errorf("%s is %v, want %v", key, made[key], want)
			}
		}
		if got := ana.get("/api/v1/accounts/" + ids.Format(kim.ID)).object(); got["limited"] != true {
			t.Error("its people are not limited")
		}
		changed := admin.send("PUT", path+"/"+id, form{"severity": {"suspend"}}).ok().object()
		if changed["severity"] != "suspend" || changed["reject_media"] != true || changed["private_comment"] != "noise" || changed["id"] != id {
			t.Errorf("changed: %v", changed)
		}
		if got := each(admin.get(path).list(), "domain"); !slices.Equal(got, []string{"orchard.example"}) {
			t.Errorf("blocked: %v", got)
		}
		v.ShowBlocks = BlocksForEverybody
		public := v.stranger().get("/api/v1/instance/domain_blocks").list()
		if len(public) != 1 || public[0]["domain"] != "orc****.*****le" && !strings.Contains(public[0]["domain"].(string), "*") || public[0]["comment"] != "spam" || public[0]["digest"] != made["digest"] {
			t.Errorf("in public: %v", public)
		}
		admin.send("GET", "/api/v1/admin/domain_allows/"+id, nil).is(404)
		if got := admin.send("DELETE", path+"/"+id, nil).ok().object(); len(got) != 0 {
			t.Errorf("unblocked: %v", got)
		}
		admin.send("GET", path+"/"+id, nil).is(404)
		ana.get("/api/v1/accounts/" + ids.Format(kim.ID))

		allowed := admin.post("/api/v1/admin/domain_allows", form{"domain": {"meadow.example"}}).object()
		if diff := cmp.Diff([]string{"created_at", "domain", "id"}, keysOf(allowed)); diff != "" || allowed["domain"] != "meadow.example" {
			t.Errorf("%s %v", diff, allowed)
		}
		allow := "/api/v1/admin/domain_allows/" + allowed["id"].(string)
		admin.get(allow)
		admin.send("DELETE", allow, nil).ok()
		if got := admin.get("/api/v1/admin/domain_allows").list(); len(got) != 0 {
			t.Errorf("allowed: %v", got)
		}

		mail := admin.post("/api/v1/admin/email_domain_blocks", form{"domain": {"junk.example"}}).object()
		if diff := cmp.Diff([]string{"created_at", "domain", "history", "id"}, keysOf(mail)); diff != "" || mail["domain"] != "junk.example" {
			t.Errorf("%s %v", diff, mail)
		}
		if blocked, err := v.Store.MailDomainBlocked(t.Context(), "a.junk.example"); err != nil || !blocked {
			t.Errorf("mail is taken: %v", err)
		}
		one := "/api/v1/admin/email_domain_blocks/" + mail["id"].(string)
		admin.get(one)
		admin.send("DELETE", one, nil).ok()
		admin.send("GET", one, nil).is(404)
		want := []string{"allow_mail_domain", "block_mail_domain", "domain_forget", "domain_allow", "domain_forget", "domain_block", "domain_limit"}
		if diff := cmp.Diff(want, each(admin.get("/api/v1/admin/audit_log").list(), "action")); diff != "" {
			t.Errorf("the book: %s", diff)
		}
	})
}

func TestAppealsAreReadAndDecided(t *testing.T) {
	// If this failed, nobody would hear what somebody says against a decision, or granting it would
	// not take the decision back.
	onBoth(t, func(t *testing.T, v *village) {
		mod, ana, ben := v.staff("mod", storage.RoleModerator), v.person("ana"), v.person("ben")
		answer := func(who *client, action, text string) string {
			mod.post("/api/v1/admin/accounts/"+who.id()+"/action", form{"type": {action}, "text": {"because"}})
			acts, err := v.Store.Acts(t.Context(), who.me.ID, storage.Page{Limit: 1})
			check(t, err)
			v.do(func(tx *storage.Tx) error {
				return tx.CreateAppealLink(t.Context(), "hash "+text, acts[0].ID, storage.At(time.Now().Add(time.Hour)))
			})
			check(t, v.Guard.Appeal(t.Context(), "hash "+text, text))
			return ids.Format(acts[0].ID)
		}
		if err := v.Guard.Appeal(t.Context(), "no hash", "x"); !fault.Is(err, fault.NotFound) {
			t.Errorf("without a link: %v", err)
		}
		first, second := answer(ana, "suspend", "I did not"), answer(ben, "silence", "Nor I")
		if err := v.Guard.Appeal(t.Context(), "hash Nor I", "again"); !fault.Is(err, fault.Conflict) {
			t.Errorf("twice: %v", err)
		}
		const path = "/api/v1/admin/appeals"
		list := mod.get(path).list()
		if diff := cmp.Diff([]string{second, first}, each(list, "id")); diff != "" {
			t.Fatal(diff)
		}
		if got := list[1]; got["text"] != "I did not" || got["state"] != "pending" || dig(got, "decision", "action") != "suspend" || dig(got, "decision", "text") != "because" {
			t.Errorf("an appeal: %v", got)
		}
		if got := mod.post(path+"/"+first+"/approve", nil).object(); got["state"] != "approved" || dig(got, "decided_by_account", "username") != "mod" {
			t.Errorf("granted: %v", got)
		}
		if got := mod.post(path+"/"+second+"/reject", nil).object(); got["state"] != "rejected" {
			t.Errorf("not granted: %v", got)
		}
		mod.send("POST", path+"/"+second+"/approve", nil).is(409)
		now, err := v.Store.AccountsByIDs(t.Context(), []int64{ana.me.ID, ben.me.ID})
		check(t, err)
		if now[ana.me.ID].SuspendedAt != 0 || now[ben.me.ID].SilencedAt == 0 {
			t.Error("the decisions are not as they were decided")
		}
		if got := mod.get(path).list(); len(got) != 0 {
			t.Errorf("still open: %v", got)
		}
		v.do(func(tx *storage.Tx) error { return tx.MarkDeleted(t.Context(), ana.me.ID) })
		if got := each(mod.get(path+"?resolved=true").list(), "id"); slices.Contains(got, first) {
			t.Error("what a deleted person answered is still there")
		}
	})
}
