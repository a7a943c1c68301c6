package mastodon

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"tulou/apps/notify"
	"tulou/protocol/fault"
	"tulou/storage"
)

// subscription is what a program asks for.
func subscription(t *testing.T) form {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	check(t, err)
	return form{"subscription[endpoint]": {"https://push.example/box"},
		"subscription[keys][p256dh]": {base64.URLEncoding.EncodeToString(key.PublicKey().Bytes())},
		"subscription[keys][auth]":   {base64.URLEncoding.EncodeToString([]byte(rand.Text()[:16]))},
		"data[alerts][mention]":      {"true"}, "data[alerts][admin.report]": {"1"}, "data[alerts][follow]": {"false"}}
}

const pushPath = "/api/v1/push/subscription"

func TestProgramsSubscribeToPushes(t *testing.T) {
	// If this failed, programs would not be told of anything while they are closed.
	v := newVillage(t)
	ana := v.person("ana")
	ana.send("GET", pushPath, nil).says(404, "Record not found")
	ana.send("PUT", pushPath, form{"data[policy]": {"all"}}).says(404, "Record not found")
	golden(t, "WebPushSubscription", ana.post(pushPath, subscription(t)))
	golden(t, "WebPushSubscription", ana.get(pushPath))

	changed := ana.send("PUT", pushPath, map[string]any{"data": map[string]any{"alerts": map[string]any{"poll": true}, "policy": "followed"}}).ok().object()
	if changed["policy"] != "followed" || dig(changed, "alerts", "poll") != true || dig(changed, "alerts", "mention") != false {
		t.Errorf("changed: %v", changed)
	}
	if again := ana.send("PUT", pushPath, form{"policy": {"none"}}).ok().object(); again["policy"] != "none" || dig(again, "alerts", "poll") != false {
		t.Errorf("changed again: %v", again)
	}
	standard := subscription(t)
	standard.Set("subscription[standard]", "true")
	standard.Set("subscription[endpoint]", "https://push.example/other")
	if kept := ana.post(pushPath, standard).object(); kept["standard"] != true || kept["endpoint"] != "https://push.example/other" || kept["policy"] != "all" {
		t.Errorf("in its place: %v", kept)
	}
	for says, change := range map[string]func(f form){
		"Endpoint":      func(f form) { f.Set("subscription[endpoint]", "http://push.example/") },
		"Keys p256dh":   func(f form) { f.Del("subscription[keys][p256dh]") },
		"Keys auth":     func(f form) { f.Set("subscription[keys][auth]", "c2hvcnQ=") },
		"Policy is all": func(f form) { f.Set("data[policy]", "friends") },
	} {
		wrong := subscription(t)
		change(wrong)
		if a := ana.send("POST", pushPath, wrong); a.Code != 422 || !strings.Contains(a.Body.String(), "Validation failed: "+says) {
			t.Errorf("%s: %d %s", says, a.Code, a.Body)
		}
	}
	for range 2 {
		if a := ana.send("DELETE", pushPath, nil).ok(); strings.TrimSpace(a.Body.String()) != "{}" {
			t.Errorf("deleted: %s", a.Body)
		}
	}
	ana.send("GET", pushPath, nil).is(404)
	key := v.Push.PublicKey()
	if got := dig(v.stranger().get("/api/v2/instance").object(), "configuration", "vapid", "public_key"); got != key || len(key) != 88 {
		t.Errorf("the node's key is announced as %v, want %s", got, key)
	}
	if got := ana.get("/api/v1/apps/verify_credentials").object()["vapid_key"]; got != key {
		t.Errorf("a program is told the key %v, want %s", got, key)
	}
}

func TestA095PushSubscriptionsAreOnesOwn(t *testing.T) {
	// If this failed, a program would read or change what another one, or somebody else, is told.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	first := ana.post(pushPath, subscription(t)).object()["id"]
	for name, other := range map[string]*client{"another program": ana.with("push"), "somebody else": ben} {
		other.send("GET", pushPath+"?id="+first.(string), nil).says(404, "Record not found")
		other.send("PUT", pushPath, form{"id": {first.(string)}, "data[policy]": {"none"}}).says(404, "Record not found")
		other.send("DELETE", pushPath+"?id="+first.(string), nil).ok()
		if kept := ana.get(pushPath).object(); kept["id"] != first || kept["policy"] != "all" {
			t.Errorf("after %s: %v", name, kept)
		}
	}
	for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
		ana.with("read write follow").send(method, pushPath, nil).says(403, "This action is outside the authorized scopes")
	}
}

// pushed is what a locked screen shows of the newest of somebody's notifications.
func (c *client) pushed() (notify.PushNote, error) {
	c.v.t.Helper()
	all, err := c.v.Notify.List(c.v.t.Context(), c.me, storage.NotificationFilter{}, storage.Page{Limit: 1})
	check(c.v.t, err)
	return c.v.WritePush(c.v.t.Context(), all[0])
}

func TestPushesSayWhatHappened(t *testing.T) {
	// If this failed, people would read nonsense on their locked screen, or what a warning or a filter
	// covers.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	post := ana.toot("tea & cake")
	says := func(title, body string) {
		t.Helper()
		note, err := ana.pushed()
		check(t, err)
		if note.Title != title || note.Body != body || note.Locale != "en" || note.Icon != "https://harbor.example/avatars/ben.png" {
			t.Errorf("%+v, want %q %q", note, title, body)
		}
	}
	ben.post("/api/v1/statuses/"+post+"/favourite", nil)
	says("ben likes your post", "tea & cake")
	ben.post("/api/v1/statuses/"+post+"/reblog", nil)
	says("ben boosted your post", "tea & cake")
	ben.follows(ana)
	says("ben follows you", "")
	ben.toot("@ana <b>hello</b>\n\nyou", "visibility", "direct")
	says("ben mentioned you", "@ana <b>hello</b>\n\nyou")
	ben.toot("@ana everything about the ending", "spoiler_text", "a film")
	says("ben mentioned you", "a film")

	warn := ana.post("/api/v2/filters", form{"title": {"No films"}, "context[]": {"notifications"}, "filter_action": {"warn"}, "keywords_attributes[0][keyword]": {"film"}})
	says("ben mentioned you", "No films")
	ana.send("PUT", "/api/v2/filters/"+warn.object()["id"].(string), form{"context[]": {"home"}, "filter_action": {"hide"}}).ok()
	says("ben mentioned you", "a film")
	ana.send("PUT", "/api/v2/filters/"+warn.object()["id"].(string), form{"context[]": {"notifications"}, "filter_action": {"hide"}}).ok()
	if note, err := ana.pushed(); !fault.Is(err, fault.NotFound) {
		t.Errorf("what a filter hides is pushed: %+v", note)
	}
	types := append(storage.NotificationTypes(), storage.OwnNotificationTypes()...)
	for _, kind := range types {
		if pushTitles[kind] == "" {
			t.Errorf("nothing is said of %s", kind)
		}
	}
	for kind := range pushTitles {
		if !slices.Contains(types, kind) {
			t.Errorf("something is said of %s", kind)
		}
	}
}
