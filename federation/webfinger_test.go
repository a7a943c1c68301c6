package federation

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/storage"
)

// Everybody must be found under every name they have, and be told their one handle.
func TestWebFinger(t *testing.T) {
	n := newOutNode(t, func(c *Config) { c.Paths.Base, c.AccountHost = "http://social.harbor.example", "harbor.example" })
	client := n.web(t)
	gone, banned := n.person(t, "gone", 2), n.person(t, "banned", 3)
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		if err := tx.SetSuspended(ctx, banned.ID, true); err != nil {
			return err
		}
		return tx.MarkDeleted(ctx, gone.ID)
	})
	cases := map[string]struct {
		status  int
		subject string
		self    string
	}{
		"acct:ana@harbor.example":                                  {200, "acct:ana@harbor.example", n.ana.URI},
		"acct:ana@social.harbor.example":                           {200, "acct:ana@harbor.example", n.ana.URI},
		"acct:ANA@Harbor.Example":                                  {200, "acct:ana@harbor.example", n.ana.URI},
		"acct:@ana@harbor.example":                                 {200, "acct:ana@harbor.example", n.ana.URI},
		"ana@harbor.example":                                       {200, "acct:ana@harbor.example", n.ana.URI},
		"http://social.harbor.example/users/ana":                   {200, "acct:ana@harbor.example", n.ana.URI},
		"http://social.harbor.example/@ana":                        {200, "acct:ana@harbor.example", n.ana.URI},
		"http://social.harbor.example/@Ana":                        {200, "acct:ana@harbor.example", n.ana.URI},
		"acct:social.harbor.example@harbor.example":                {200, "acct:social.harbor.example@harbor.example", "http://social.harbor.example/actor"},
		"acct:social.harbor.example@social.harbor.example":         {200, "acct:social.harbor.example@harbor.example", "http://social.harbor.example/actor"},
		"http://social.harbor.example/actor":                       {200, "acct:social.harbor.example@harbor.example", "http://social.harbor.example/actor"},
		"http://social.harbor.example":                             {200, "acct:social.harbor.example@harbor.example", "http://social.harbor.example/actor"},
		"":                                                         {status: 400},
		"acct:":                                                    {status: 404},
		"acct:ana":                                                 {status: 404},
		"ana":                                                      {status: 404},
		"acct:ana@orchard.example":                                 {status: 404},
		"acct:nobody@harbor.example":                               {status: 404},
		"acct:ana@harbor.example@orchard.example":                  {status: 404},
		"acct:ana@harbor.example/../../x":                          {status: 404},
		"acct:ana%00@harbor.example":                               {status: 404},
		"acct:gone@harbor.example":                                 {status: 410},
		"acct:banned@harbor.example":                               {status: 404},
		"https://social.harbor.example/users/ana":                  {status: 404},
		"http://orchard.example/users/ana":                         {status: 404},
		"http://social.harbor.example/users/ana/statuses/1":        {status: 404},
		"http://social.harbor.example/@ana/1":                      {status: 404},
		"mailto:ana@harbor.example":                                {status: 404},
		"://":                                                      {status: 404},
		"acct:" + strings.Repeat("a", 100_000) + "@harbor.example": {status: 404},
		"\xff\xfe":                                                 {status: 404},
	}
	for resource, want := range cases {
		got := n.get(t, client, "/.well-known/webfinger?resource="+url.QueryEscape(resource))
		if got.status != want.status || got.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%.80q: %d, want %d: %.200s", resource, got.status, want.status, got.body)
			continue
		}
		if want.status != 200 {
			continue
		}
		if kind := got.header.Get("Content-Type"); kind != jrdType {
			t.Errorf("the type is %q", kind)
		}
		finger, err := fetch.ParseFinger([]byte(got.body))
		if err != nil {
			t.Errorf("%q: our own client cannot read %s: %v", resource, got.body, err)
			continue
		}
		if doc := got.doc(t); doc["subject"] != want.subject || "acct:"+finger.Subject.String() != want.subject || finger.Self != want.self {
			t.Errorf("%q: %s", resource, got.body)
		}
	}
	if got := n.get(t, client, "/.well-known/webfinger"); got.status != 400 {
		t.Errorf("without a resource: %d", got.status)
	}
}

// The links of an answer are what clients and old servers look for by name.
func TestWebFingerLinks(t *testing.T) {
	n := newOutNode(t)
	got := n.get(t, n.web(t), "/.well-known/webfinger?resource=acct:ana@harbor.example").doc(t)
	want := map[string]any{
		"subject": "acct:ana@harbor.example",
		"aliases": []any{"http://harbor.example/@ana", "http://harbor.example/users/ana"},
		"links": []any{
			map[string]any{"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": "http://harbor.example/@ana"},
			map[string]any{"rel": "self", "type": "application/activity+json", "href": "http://harbor.example/users/ana"},
			map[string]any{"rel": "http://ostatus.org/schema/1.0/subscribe", "template": "http://harbor.example/authorize_interaction?uri={uri}"},
			map[string]any{"rel": "https://w3id.org/fep/3b86/Follow", "template": "http://harbor.example/authorize_interaction?uri={object}"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A node on a port of a private host must find its own people and have an instance actor with a
// name that others accept.
func TestWebFingerWithAPort(t *testing.T) {
	n := newOutNode(t, func(c *Config) {
		c.Paths.Base, c.AccountHost = "http://harbor.localhost:8420", "harbor.localhost:8420"
	})
	client := n.web(t)
	for resource, want := range map[string]string{
		"acct:ana@harbor.localhost:8420":              "acct:ana@harbor.localhost:8420",
		"acct:harbor.localhost@harbor.localhost:8420": "acct:harbor.localhost@harbor.localhost:8420",
	} {
		got := n.get(t, client, "/.well-known/webfinger?resource="+url.QueryEscape(resource))
		if got.status != 200 || got.doc(t)["subject"] != want {
			t.Errorf("%s: %d %s", resource, got.status, got.body)
		}
	}
}

// Whatever a stranger asks for, the answer must be a name of this node or a clear no.
func FuzzWebFingerResource(f *testing.F) {
	for _, resource := range []string{"acct:ana@harbor.example", "http://harbor.example/users/ana", "http://harbor.example/@ana",
		"ana@harbor.example", "acct:@@", "://", "acct:a@[::1]:1", "http://harbor.example/@\x00"} {
		f.Add(resource)
	}
	e := &Engine{config: Config{AccountHost: "harbor.example"}}
	e.config.Paths.Base = "http://harbor.example"
	f.Fuzz(func(t *testing.T, resource string) {
		name, err := e.resourceName(resource)
		if err != nil {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%q gives %v", resource, err)
			}
			return
		}
		if name != strings.ToLower(name) || len(name) > 128 || strings.ContainsAny(name, "/@: \x00") {
			t.Errorf("%q stands for %q", resource, name)
		}
	})
}

// host-meta must lead to WebFinger for software that looks there first.
func TestHostMeta(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	got := n.get(t, client, "/.well-known/host-meta", func(r *http.Request) { r.Header.Set("Accept", "application/xrd+xml") })
	var doc struct {
		XMLName xml.Name
		Link    struct {
			Rel      string `xml:"rel,attr"`
			Template string `xml:"template,attr"`
		}
	}
	if err := xml.Unmarshal([]byte(got.body), &doc); err != nil {
		t.Fatal(err)
	}
	const template = "http://harbor.example/.well-known/webfinger?resource={uri}"
	if doc.XMLName.Local != "XRD" || doc.Link.Rel != "lrdd" || doc.Link.Template != template || got.header.Get("Content-Type") != xrdType {
		t.Errorf("%s: %s", got.header.Get("Content-Type"), got.body)
	}
	for path, accept := range map[string]string{"/.well-known/host-meta.json": "", "/.well-known/host-meta": "application/json"} {
		got := n.get(t, client, path, func(r *http.Request) { r.Header.Set("Accept", accept) })
		link := got.doc(t)["links"].([]any)[0].(map[string]any)
		if link["rel"] != "lrdd" || link["template"] != template {
			t.Errorf("%s: %s", path, got.body)
		}
	}
}

// NodeInfo must be found and say what surveys of the network read.
func TestNodeInfo(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		return tx.CreateLogin(ctx, storage.Login{AccountID: n.ana.ID, Email: "ana@harbor.example", PasswordHash: "x"})
	})
	n.publish(t, n.ana, storage.VisibilityPublic, "hello", "")
	links := n.get(t, client, "/.well-known/nodeinfo").doc(t)["links"].([]any)
	if len(links) != 2 {
		t.Fatalf("links: %v", links)
	}
	for _, link := range links {
		link := link.(map[string]any)
		got := n.get(t, client, link["href"].(string))
		doc := got.doc(t)
		version := strings.TrimPrefix(link["rel"].(string), nodeInfoSchema)
		software, usage := doc["software"].(map[string]any), doc["usage"].(map[string]any)
		users := usage["users"].(map[string]any)
		if doc["version"] != version || software["name"] != "tulou" || software["version"] == "" || doc["openRegistrations"] != false {
			t.Errorf("%s", got.body)
		}
		if users["total"] != 1.0 || users["activeMonth"] != 1.0 || usage["localPosts"] != 1.0 {
			t.Errorf("usage: %v", usage)
		}
		if !strings.Contains(got.header.Get("Content-Type"), version+"#") {
			t.Errorf("the type is %q", got.header.Get("Content-Type"))
		}
	}
	if got := n.get(t, client, "/nodeinfo/1.0"); got.status != 404 {
		t.Errorf("an old version: %d", got.status)
	}
}
