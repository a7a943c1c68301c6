package nodetest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// If this failed, somebody's friends and Moments would be open to strangers, to programs that were
// allowed to read and write posts, or to those that may read and not write.
func TestEveryOwnOperationAsksForItsScope(t *testing.T) {
	bubble(t, func(t *testing.T, v *village) {
		v.start("harbor")
		ana := v.persons["ana"]
		ours := ana.home
		program := func(scopes string) *person {
			var app, token map[string]any
			ours.stranger().post("/api/v1/apps", url.Values{"client_name": {"x"}, "redirect_uris": {"urn:ietf:wg:oauth:2.0:oob"}, "scopes": {scopes}}, &app)
			ours.stranger().post("/oauth/token", url.Values{"grant_type": {"client_credentials"}, "scope": {scopes},
				"client_id": {app["client_id"].(string)}, "client_secret": {app["client_secret"].(string)}}, &token)
			return &person{village: v, name: "program", home: ours, client: v.client("program", token["access_token"].(string))}
		}
		nobodys, reads, writes := program("tulou:read tulou:write"), ana.with("tulou:read"), ana.with("tulou:write")
		posts := ana.with("read write follow push admin:read admin:write")
		broken := &person{village: v, name: "broken", home: ours, client: v.client("broken", "nonsense")}
		count := 0
		for path, operations := range ours.described().Paths {
			address := own + strings.NewReplacer("{id}", "1", "{friend}", "1", "{comment}", "1").Replace(path)
			for method, o := range operations {
				if len(o.Security) == 0 {
					continue // the description itself
				}
				count++
				method = strings.ToUpper(method)
				answers := func(p *person) int {
					request, err := http.NewRequestWithContext(t.Context(), method, ours.base+address, nil)
					check(t, err)
					answer, err := p.client.Do(request)
					check(t, err)
					answer.Body.Close()
					return answer.StatusCode
				}
				enough, other := reads, writes
				if o.Security[0]["oauth"][0] == "tulou:write" {
					enough, other = writes, reads
				}
				for who, c := range map[string]struct {
					person *person
					want   int
				}{"a stranger": {ours.stranger(), 401}, "no token of ours": {broken, 401}, "a program for posts": {posts, 403},
					"nobody's program": {nobodys, 403}, "the other scope": {other, 403}} {
					if got := answers(c.person); got != c.want {
						t.Errorf("%s %s by %s: %d, want %d", method, path, who, got, c.want)
					}
				}
				// What is for the web client alone is refused to every program.
				alone := strings.HasPrefix(path, "/sessions") || strings.HasPrefix(path, "/apps")
				if got := answers(enough); got == 401 || (got == 403) != alone {
					t.Errorf("%s %s with the scope: %d", method, path, got)
				}
			}
		}
		if count < 50 {
			t.Errorf("only %d operations were tried", count)
		}
	})
}
