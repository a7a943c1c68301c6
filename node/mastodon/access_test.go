package mastodon

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
)

// served is every endpoint and the scope that it wants. "-" is for strangers too, "program" for any
// token.
const served = `
GET /api/v1/accounts - read:accounts
POST /api/v1/accounts program write:accounts
GET /api/v1/emails/check_confirmation read:accounts
POST /api/v1/emails/confirmations write:accounts
GET /api/v1/accounts/{id} - read:accounts
POST /api/v1/accounts/{id}/block write:blocks
POST /api/v1/accounts/{id}/follow write:follows
GET /api/v1/accounts/{id}/followers - read:accounts
GET /api/v1/accounts/{id}/following - read:accounts
POST /api/v1/accounts/{id}/mute write:mutes
POST /api/v1/accounts/{id}/remove_from_followers write:follows
GET /api/v1/accounts/{id}/statuses - read:statuses
POST /api/v1/accounts/{id}/unblock write:blocks
POST /api/v1/accounts/{id}/unfollow write:follows
POST /api/v1/accounts/{id}/unmute write:mutes
GET /api/v1/accounts/lookup - read:accounts
GET /api/v1/accounts/relationships read:follows
GET /api/v1/accounts/search read:accounts
PATCH /api/v1/accounts/update_credentials write:accounts
GET /api/v1/accounts/verify_credentials read:accounts
GET /api/v1/announcements
GET /api/v1/apps/verify_credentials program
GET /api/v1/blocks read:blocks
GET /api/v1/bookmarks read:bookmarks
GET /api/v1/conversations read:statuses
DELETE /api/v1/conversations/{id} write:conversations
POST /api/v1/conversations/{id}/read write:conversations
GET /api/v1/custom_emojis -
GET /api/v1/domain_blocks read:blocks
POST /api/v1/domain_blocks write:blocks
DELETE /api/v1/domain_blocks write:blocks
GET /api/v1/favourites read:favourites
GET /api/v1/follow_requests read:follows
POST /api/v1/follow_requests/{id}/authorize write:follows
POST /api/v1/follow_requests/{id}/reject write:follows
GET /api/v1/instance -
GET /api/v1/instance/rules -
GET /api/v1/markers read:statuses
POST /api/v1/markers write:statuses
POST /api/v1/media write:media
GET /api/v1/media/{id} write:media
PUT /api/v1/media/{id} write:media
DELETE /api/v1/media/{id} write:media
GET /api/v1/mutes read:mutes
GET /api/v1/notifications read:notifications
GET /api/v1/notifications/{id} read:notifications
POST /api/v1/notifications/{id}/dismiss write:notifications
POST /api/v1/notifications/clear write:notifications
GET /api/v1/polls/{id} - read:statuses
POST /api/v1/polls/{id}/votes write:statuses
GET /api/v1/preferences read:accounts
GET /api/v1/statuses - read:statuses
POST /api/v1/statuses write:statuses
GET /api/v1/statuses/{id} - read:statuses
PUT /api/v1/statuses/{id} write:statuses
DELETE /api/v1/statuses/{id} write:statuses
POST /api/v1/statuses/{id}/bookmark write:bookmarks
GET /api/v1/statuses/{id}/context - read:statuses
POST /api/v1/statuses/{id}/favourite write:favourites
GET /api/v1/statuses/{id}/favourited_by - read:accounts
GET /api/v1/statuses/{id}/history - read:statuses
POST /api/v1/statuses/{id}/reblog write:statuses
GET /api/v1/statuses/{id}/reblogged_by - read:accounts
GET /api/v1/statuses/{id}/source read:statuses
POST /api/v1/statuses/{id}/unbookmark write:bookmarks
POST /api/v1/statuses/{id}/unfavourite write:favourites
POST /api/v1/statuses/{id}/unreblog write:statuses
GET /api/v1/timelines/home read:statuses
GET /api/v1/timelines/public - read:statuses
GET /api/v1/timelines/tag/{tag} - read:statuses
GET /api/v2/instance -
GET /api/v1/accounts/{id}/endorsements - read:accounts
POST /api/v1/accounts/{id}/endorse write:accounts
GET /api/v1/accounts/{id}/featured_tags - read:accounts
GET /api/v1/accounts/{id}/lists read:lists
POST /api/v1/accounts/{id}/note write:accounts
POST /api/v1/accounts/{id}/pin write:accounts
POST /api/v1/accounts/{id}/unendorse write:accounts
POST /api/v1/accounts/{id}/unpin write:accounts
GET /api/v1/accounts/familiar_followers read:follows
GET /api/v1/endorsements read:accounts
GET /api/v1/featured_tags read:accounts
POST /api/v1/featured_tags write:accounts
DELETE /api/v1/featured_tags/{id} write:accounts
GET /api/v1/featured_tags/suggestions read:accounts
GET /api/v1/filters read:filters
POST /api/v1/filters write:filters
GET /api/v1/filters/{id} read:filters
PUT /api/v1/filters/{id} write:filters
DELETE /api/v1/filters/{id} write:filters
GET /api/v1/followed_tags read:follows
GET /api/v1/lists read:lists
POST /api/v1/lists write:lists
GET /api/v1/lists/{id} read:lists
PUT /api/v1/lists/{id} write:lists
DELETE /api/v1/lists/{id} write:lists
GET /api/v1/lists/{id}/accounts read:lists
POST /api/v1/lists/{id}/accounts write:lists
DELETE /api/v1/lists/{id}/accounts write:lists
POST /api/v1/statuses/{id}/mute write:mutes
POST /api/v1/statuses/{id}/pin write:accounts
POST /api/v1/statuses/{id}/unmute write:mutes
POST /api/v1/statuses/{id}/unpin write:accounts
GET /api/v1/tags/{tag} -
POST /api/v1/tags/{tag}/feature write:accounts
POST /api/v1/tags/{tag}/follow write:follows
POST /api/v1/tags/{tag}/unfeature write:accounts
POST /api/v1/tags/{tag}/unfollow write:follows
GET /api/v1/timelines/list/{id} read:lists
POST /api/v2/media write:media
DELETE /api/v1/profile/avatar write:accounts
DELETE /api/v1/profile/header write:accounts
GET /api/v2/filters read:filters
POST /api/v2/filters write:filters
GET /api/v2/filters/{id} read:filters
PUT /api/v2/filters/{id} write:filters
DELETE /api/v2/filters/{id} write:filters
GET /api/v2/filters/{id}/keywords read:filters
POST /api/v2/filters/{id}/keywords write:filters
GET /api/v2/filters/{id}/statuses read:filters
POST /api/v2/filters/{id}/statuses write:filters
GET /api/v2/filters/keywords/{id} read:filters
PUT /api/v2/filters/keywords/{id} write:filters
DELETE /api/v2/filters/keywords/{id} write:filters
GET /api/v2/filters/statuses/{id} read:filters
DELETE /api/v2/filters/statuses/{id} write:filters
GET /api/v2/search - read:search
POST /api/v1/announcements/{id}/dismiss write:accounts
PUT /api/v1/announcements/{id}/reactions/{name} write:favourites
DELETE /api/v1/announcements/{id}/reactions/{name} write:favourites
GET /api/v1/directory - read:accounts
GET /api/v1/instance/activity -
GET /api/v1/instance/domain_blocks -
GET /api/v1/instance/extended_description -
GET /api/v1/instance/languages -
GET /api/v1/instance/peers -
GET /api/v1/instance/privacy_policy -
GET /api/v1/instance/terms_of_service -
GET /api/v1/instance/terms_of_service/{date} -
GET /api/v1/instance/translation_languages -
POST /api/v1/notifications/dismiss write:notifications
GET /api/v1/notifications/requests read:notifications
GET /api/v1/notifications/requests/{id} read:notifications
POST /api/v1/notifications/requests/{id}/accept write:notifications
POST /api/v1/notifications/requests/{id}/dismiss write:notifications
POST /api/v1/notifications/requests/accept write:notifications
POST /api/v1/notifications/requests/dismiss write:notifications
GET /api/v1/notifications/requests/merged read:notifications
GET /api/v1/notifications/unread_count read:notifications
GET /api/v1/push/subscription push
POST /api/v1/push/subscription push
PUT /api/v1/push/subscription push
DELETE /api/v1/push/subscription push
POST /api/v1/reports write:reports
GET /api/v1/statuses/{id}/quotes read:statuses
POST /api/v1/statuses/{id}/quotes/{quoting}/revoke write:statuses
PUT /api/v1/statuses/{id}/interaction_policy write:statuses
GET /api/v1/scheduled_statuses read:statuses
GET /api/v1/scheduled_statuses/{id} read:statuses
PUT /api/v1/scheduled_statuses/{id} write:statuses
DELETE /api/v1/scheduled_statuses/{id} write:statuses
GET /api/v1/statuses/{id}/card - read:statuses
POST /api/v1/statuses/{id}/translate read:statuses
GET /api/v1/suggestions read:accounts
DELETE /api/v1/suggestions/{id} read:accounts
GET /api/v1/timelines/direct read:statuses
GET /api/v1/timelines/link - read:statuses
GET /api/v1/trends -
GET /api/v1/trends/links -
GET /api/v1/trends/statuses -
GET /api/v1/trends/tags -
GET /api/v2/notifications read:notifications
GET /api/v2/notifications/{group_key} read:notifications
GET /api/v2/notifications/{group_key}/accounts read:notifications
POST /api/v2/notifications/{group_key}/dismiss write:notifications
GET /api/v2/notifications/policy read:notifications
PATCH /api/v2/notifications/policy write:notifications
PUT /api/v2/notifications/policy write:notifications
GET /api/v2/notifications/unread_count read:notifications
GET /api/v2/suggestions read:accounts
PATCH /api/v1/profile write:accounts
GET /api/v1/annual_reports read:accounts
GET /api/v1/annual_reports/{year} read:accounts
GET /api/v1/annual_reports/{year}/state read:accounts
POST /api/v1/annual_reports/{year}/read write:accounts
POST /api/v1/annual_reports/{year}/generate write:accounts
GET /api/v1/profile read:accounts
GET /api/v1/search - read:search
GET /api/v1/admin/accounts admin:read:accounts
GET /api/v2/admin/accounts admin:read:accounts
GET /api/v1/admin/accounts/{id} admin:read:accounts
DELETE /api/v1/admin/accounts/{id} admin:write:accounts
POST /api/v1/admin/accounts/{id}/action admin:write:accounts
POST /api/v1/admin/accounts/{id}/approve admin:write:accounts
POST /api/v1/admin/accounts/{id}/reject admin:write:accounts
POST /api/v1/admin/accounts/{id}/enable admin:write:accounts
POST /api/v1/admin/accounts/{id}/unsilence admin:write:accounts
POST /api/v1/admin/accounts/{id}/unsuspend admin:write:accounts
POST /api/v1/admin/accounts/{id}/unsensitive admin:write:accounts
GET /api/v1/admin/reports admin:read:reports
GET /api/v1/admin/reports/{id} admin:read:reports
PUT /api/v1/admin/reports/{id} admin:write:reports
POST /api/v1/admin/reports/{id}/assign_to_self admin:write:reports
POST /api/v1/admin/reports/{id}/unassign admin:write:reports
POST /api/v1/admin/reports/{id}/resolve admin:write:reports
POST /api/v1/admin/reports/{id}/reopen admin:write:reports
GET /api/v1/admin/domain_blocks admin:read:domain_blocks
POST /api/v1/admin/domain_blocks admin:write:domain_blocks
GET /api/v1/admin/domain_blocks/{id} admin:read:domain_blocks
PUT /api/v1/admin/domain_blocks/{id} admin:write:domain_blocks
DELETE /api/v1/admin/domain_blocks/{id} admin:write:domain_blocks
GET /api/v1/admin/domain_allows admin:read:domain_allows
POST /api/v1/admin/domain_allows admin:write:domain_allows
GET /api/v1/admin/domain_allows/{id} admin:read:domain_allows
DELETE /api/v1/admin/domain_allows/{id} admin:write:domain_allows
GET /api/v1/admin/email_domain_blocks admin:read:email_domain_blocks
POST /api/v1/admin/email_domain_blocks admin:write:email_domain_blocks
GET /api/v1/admin/email_domain_blocks/{id} admin:read:email_domain_blocks
DELETE /api/v1/admin/email_domain_blocks/{id} admin:write:email_domain_blocks
GET /api/v1/admin/appeals admin:read:reports
POST /api/v1/admin/appeals/{id}/approve admin:write:reports
POST /api/v1/admin/appeals/{id}/reject admin:write:reports
GET /api/v1/admin/audit_log admin:read:reports
`

func TestEveryEndpointAsksForItsScope(t *testing.T) {
	// If this failed, an endpoint would be open to strangers, or to programs that were never allowed.
	v := newVillage(t)
	ana := v.person("ana")
	program := &client{v: v, token: v.issue(0, "read write follow push admin:read admin:write")}
	useless := ana.with("push")
	wrong := &client{v: v, token: "nonsense"}
	rows := map[string]bool{}
	for line := range strings.Lines(served) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		method, path, rest := words[0], words[1], words[2:]
		rows[method+" "+path] = true
		address := strings.NewReplacer("{id}", "1", "{tag}", "x").Replace(path)
		open := len(rest) > 0 && rest[0] == "-"
		anyToken := len(rest) > 0 && rest[0] == "program"
		scope := ""
		if len(rest) > 0 && strings.Contains(rest[len(rest)-1], ":") {
			scope = rest[len(rest)-1]
		}
		refused := func(who string, c *client, status int, sentence string) {
			t.Helper()
			a := c.send(method, address, nil)
			if a.Code != status || a.object()["error"] != sentence {
				t.Errorf("%s %s by %s: %d %s, want %d", method, path, who, a.Code, a.Body, status)
			}
		}
		refused("somebody with a token that is none", wrong, 401, "The access token is invalid")
		if !open {
			refused("a stranger", v.stranger(), 401, "The access token is invalid")
			if !anyToken {
				refused("a program", program, 422, "This method requires an authenticated user")
			}
		} else if a := v.stranger().send(method, address, nil); a.Code == 401 || a.Code == 403 {
			t.Errorf("%s %s by a stranger: %d", method, path, a.Code)
		}
		if scope == "" {
			continue
		}
		refused("a program without the scope", useless, 403, "This action is outside the authorized scopes")
		parent := scope[:strings.LastIndex(scope, ":")]
		for _, enough := range []string{scope, parent} {
			a := ana.with(enough).send(method, address, nil)
			if a.Code == 401 || a.Code == 403 && a.object()["error"] == "This action is outside the authorized scopes" {
				t.Errorf("%s %s with %s: %d %s", method, path, enough, a.Code, a.Body)
			}
		}
	}
	check(t, chi.Walk(v.handler.(chi.Routes), func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if strings.HasPrefix(path, "/api/v") && !rows[method+" "+path] {
			t.Errorf("%s %s is not in the table", method, path)
		}
		return nil
	}))
	ana.with("profile").get("/api/v1/accounts/verify_credentials")
	ana.with("follow").get("/api/v1/blocks")
}

func TestWhatIsNotServedIsNotFound(t *testing.T) {
	// If this failed, apps would take a page or a wrong answer for a feature.
	v := newVillage(t)
	ana := v.person("ana")
	for _, row := range []string{
		"GET /api/v1/streaming/health",
		"GET /api/v9/nonsense", "GET /api/",
		"PUT /api/v1/timelines/home",
	} {
		method, path, _ := strings.Cut(row, " ")
		ana.send(method, path, nil).says(404, "Record not found")
		v.stranger().send(method, path, nil).is(404)
	}
}

func TestForbiddenAndMissingAreTheSameBytes(t *testing.T) {
	// If this failed, a stranger could find out that a private post exists.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	private := ana.toot("for followers", "visibility", "private")
	direct := ana.toot("a note to myself", "visibility", "direct")
	public := ana.toot("for all", "visibility", "public")
	ana.post("/api/v1/statuses/"+public+"/favourite", nil)
	carl := v.person("carl")
	carl.toot("@ana hello", "visibility", "direct")
	notification := ana.get("/api/v1/notifications").list()[0]["id"].(string)
	conversation := ana.get("/api/v1/conversations").list()[0]["id"].(string)
	same := func(c *client, method, hidden, missing string) {
		t.Helper()
		want, got := c.send(method, missing, nil), c.send(method, hidden, nil)
		if got.Code != 404 || got.Body.String() != want.Body.String() || fmt.Sprint(got.Header()) != fmt.Sprint(want.Header()) {
			t.Errorf("%s %s: %d %s %v, and %d %s %v", method, hidden, got.Code, got.Body, got.Header(), want.Code, want.Body, want.Header())
		}
	}
	for _, hidden := range []string{private, direct} {
		for _, row := range []string{
			"GET ", "GET /context", "GET /history", "GET /favourited_by", "GET /reblogged_by", "GET /source", "POST /favourite",
			"POST /unfavourite", "POST /reblog", "POST /unreblog", "POST /bookmark", "POST /unbookmark", "PUT ", "DELETE ",
			"GET /quotes", "POST /quotes/" + public + "/revoke", "PUT /interaction_policy?quote_approval_policy=public",
		} {
			method, path, _ := strings.Cut(row, " ")
			same(ben, method, "/api/v1/statuses/"+hidden+path, "/api/v1/statuses/123456789"+path)
			if method == "GET" && path != "/source" && path != "/quotes" {
				same(v.stranger(), method, "/api/v1/statuses/"+hidden+path, "/api/v1/statuses/123456789"+path)
			}
		}
		same(ben, "GET", "/api/v1/polls/"+hidden, "/api/v1/polls/123456789")
		same(ben, "POST", "/api/v1/polls/"+hidden+"/votes?choices[]=0", "/api/v1/polls/123456789/votes?choices[]=0")
		if got := ben.get("/api/v1/statuses?id[]=" + hidden + "&id[]=" + public).list(); len(got) != 1 {
			t.Errorf("%d statuses by id, want the public one", len(got))
		}
		answer := ben.send("POST", "/api/v1/statuses", form{"status": {"x"}, "in_reply_to_id": {hidden}})
		missing := ben.send("POST", "/api/v1/statuses", form{"status": {"x"}, "in_reply_to_id": {"123456789"}})
		if quote, none := ben.send("POST", "/api/v1/statuses", form{"status": {"x"}, "quoted_status_id": {hidden}}),
			ben.send("POST", "/api/v1/statuses", form{"status": {"x"}, "quoted_status_id": {"123456789"}}); quote.Code != 404 || quote.Body.String() != none.Body.String() {
			t.Errorf("quoting what is hidden: %d %s, and what is missing %s", quote.Code, quote.Body, none.Body)
		}
		if answer.Code != 404 || answer.Body.String() != missing.Body.String() {
			t.Errorf("a reply: %d %s", answer.Code, answer.Body)
		}
	}
	for _, row := range []string{"PUT", "DELETE"} { // of others, though they may be seen
		same(ben, row, "/api/v1/statuses/"+public, "/api/v1/statuses/123456789")
	}
	same(ben, "GET", "/api/v1/statuses/"+public+"/source", "/api/v1/statuses/123456789/source")
	same(ben, "GET", "/api/v1/notifications/"+notification, "/api/v1/notifications/123456789")
	same(ben, "POST", "/api/v1/notifications/"+notification+"/dismiss", "/api/v1/notifications/123456789/dismiss")
	same(ben, "POST", "/api/v1/conversations/"+conversation+"/read", "/api/v1/conversations/123456789/read")
	same(ben, "DELETE", "/api/v1/conversations/"+conversation, "/api/v1/conversations/123456789")
	same(ben, "GET", "/api/v1/statuses/nonsense", "/api/v1/statuses/123456789")
	ben.post("/api/v1/accounts/"+ana.id()+"/follow", nil)
	ben.get("/api/v1/statuses/" + private)
}

func TestBrowsersOfAnyOriginMayUseTheAPI(t *testing.T) {
	// If this failed, web clients on other sites could not use this node.
	v := newVillage(t)
	for _, path := range []string{"/api/v1/statuses", "/api/v1/statuses/1/favourite", "/api/v2/instance", "/api/v1/nonsense"} {
		r := httptest.NewRequest(http.MethodOptions, path, nil)
		r.Header.Set("Origin", "https://client.example")
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers", "authorization, idempotency-key")
		a := v.stranger().request(r).is(204)
		for name, want := range map[string]string{
			"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "DELETE", "Access-Control-Allow-Headers": "Idempotency-Key",
		} {
			if got := a.Header().Get(name); !strings.Contains(got, want) {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if a.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Error("cookies would count")
		}
	}
	for _, path := range []string{"/api/v2/instance", "/api/v1/timelines/home", "/api/v1/nonsense"} {
		h := v.stranger().send("GET", path, nil).Header()
		if h.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(h.Get("Access-Control-Expose-Headers"), "Link") {
			t.Errorf("%s: %v", path, h)
		}
	}
}
