package federation

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// If this failed, people of other servers could not follow from a page, or could be sent to a site
// of somebody else's choice.
func TestFollowPageIsThatOfTheFollowersServer(t *testing.T) {
	n := newOutNode(t)
	links := map[string][]map[string]string{
		"mastodon": {{"rel": "http://ostatus.org/schema/1.0/subscribe", "template": "http://orchard.example/authorize_interaction?uri={uri}"}},
		"both": {{"rel": "https://w3id.org/fep/3b86/Follow", "template": "http://orchard.example/follow?object={object}&on-success={on-success}"},
			{"rel": "http://ostatus.org/schema/1.0/subscribe", "template": "http://orchard.example/old?uri={uri}"}},
		"none":   {},
		"fixed":  {{"rel": "http://ostatus.org/schema/1.0/subscribe", "template": "http://orchard.example/follow"}},
		"evil":   {{"rel": "http://ostatus.org/schema/1.0/subscribe", "template": "http://evil.example/?uri={uri}"}},
		"script": {{"rel": "http://ostatus.org/schema/1.0/subscribe", "template": "javascript:alert('{uri}')"}},
	}
	n.net.serve(t, "orchard.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Query().Get("resource"), "acct:"), "@")
		found, ok := links[name]
		if !ok || r.URL.Path != "/.well-known/webfinger" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		all := append(found, map[string]string{"rel": "self", "type": "application/activity+json", "href": "http://orchard.example/users/" + name})
		w.Header().Set("Content-Type", "application/jrd+json")
		_ = json.NewEncoder(w).Encode(map[string]any{"subject": "acct:" + name + "@orchard.example", "links": all})
	}))
	const ana = "http://harbor.example/users/ana?x=1&y"
	for name, want := range map[string]struct {
		page string
		code fault.Code
	}{
		"mastodon": {page: "http://orchard.example/authorize_interaction?uri=http%3A%2F%2Fharbor.example%2Fusers%2Fana%3Fx%3D1%26y"},
		"both":     {page: "http://orchard.example/follow?object=http%3A%2F%2Fharbor.example%2Fusers%2Fana%3Fx%3D1%26y&on-success="},
		"none":     {code: fault.Unsupported}, "fixed": {code: fault.Unsupported}, "evil": {code: fault.Unsupported}, "script": {code: fault.Unsupported},
		"nobody": {code: fault.NotFound},
	} {
		page, err := n.FollowPage(t.Context(), ids.Handle{Name: name, Host: "orchard.example"}, ana)
		if page != want.page || fault.CodeOf(err) != want.code {
			t.Errorf("%s: %q, %v", name, page, err)
		}
	}
}

// If this failed, strangers could find out who lives on a private node, or read what they say.
func TestAPrivateNodeAnswersThoseWhoSignAlone(t *testing.T) {
	n := newOutNode(t, func(c *Config) { c.Private, c.AuthorizedFetch = true, true })
	client := n.web(t)
	friend := n.stranger(t, "friend", "orchard.example")
	status := n.publish(t, n.ana, storage.VisibilityPublic, "<p>hello</p>", "")
	for dialect, sign := range dialects(t, friend) {
		for _, address := range []string{n.ana.URI, status.URI} {
			if got := n.get(t, client, address, sign); got.status != 200 {
				t.Errorf("%s, signed (%s): %d %s", address, dialect, got.status, got.body)
			}
		}
	}
	finger := func(name string) string {
		got := n.get(t, client, "/.well-known/webfinger?resource=acct:"+name+"@"+n.config.AccountHost)
		return strings.ReplaceAll(got.body, name, "NAME")
	}
	if finger("ana") != finger("nobody") || !strings.Contains(finger("ana"), `"self"`) {
		t.Errorf("a name that is there: %s; one that is not: %s", finger("ana"), finger("nobody"))
	}
	nobody := n.config.Paths.Actor("nobody")
	for _, path := range []string{"", ids.Outbox, ids.Followers, ids.Following, ids.Featured, ids.FirstPage(ids.Outbox)} {
		known, unknown := n.get(t, client, n.ana.URI+path), n.get(t, client, nobody+path)
		if known.status != 401 || known.status != unknown.status || known.body != unknown.body {
			t.Errorf("%s: %d %s, and %d %s", path, known.status, known.body, unknown.status, unknown.body)
		}
	}
	if got := n.get(t, client, status.URI); got.status != 401 || strings.Contains(got.body, "hello") {
		t.Errorf("a post: %d %s", got.status, got.body)
	}
	if got := n.get(t, client, n.config.Paths.InstanceActor()); got.status == 401 {
		t.Errorf("the node itself has to be read by all: %d", got.status)
	}
}
