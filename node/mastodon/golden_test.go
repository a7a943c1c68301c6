package mastodon

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/ids"
	"tulou/storage"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What differs from run to run: ids, by the order in which they appear, instants and days.
var (
	idPattern      = regexp.MustCompile(`\d{15,}`)
	instantPattern = regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"`)
	dayPattern     = regexp.MustCompile(`"\d{4}-\d\d-\d\d"`)
	keyPattern     = regexp.MustCompile(`/media/[a-z2-7]{26}`)
	midnight       = regexp.MustCompile(`"day": "\d+"`)
	serverKey      = regexp.MustCompile(`"B[\w-]{86}="`)
	hourPattern    = regexp.MustCompile(`-\d{6}"`) // the end of a group's key
)

// golden compares JSON with a file, member by member in their order.
func golden(t *testing.T, name string, a answer) {
	t.Helper()
	var indented bytes.Buffer
	check(t, json.Indent(&indented, a.Body.Bytes(), "", "  "))
	seen := map[string]string{}
	text := idPattern.ReplaceAllStringFunc(indented.String(), func(id string) string {
		if seen[id] == "" {
			seen[id] = fmt.Sprintf("#%d", len(seen)+1)
		}
		return seen[id]
	})
	text = keyPattern.ReplaceAllString(text, "/media/KEY")
	text = instantPattern.ReplaceAllString(text, `"INSTANT"`)
	text = midnight.ReplaceAllString(dayPattern.ReplaceAllString(text, `"DAY"`), `"day": "MIDNIGHT"`) + "\n"
	text = hourPattern.ReplaceAllString(text, `-HOUR"`)
	text = serverKey.ReplaceAllString(text, `"SERVER KEY"`)
	path := filepath.Join("testdata", "golden", name+".json")
	if *update {
		check(t, os.MkdirAll(filepath.Dir(path), 0o755))
		check(t, os.WriteFile(path, []byte(text), 0o644))
	}
	want, err := os.ReadFile(path)
	check(t, err)
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestEntitiesAreAsDocumented(t *testing.T) {
	// If this failed, apps that read what Mastodon documents would break on this node.
	v := newVillage(t)
	ctx := context.Background()
	ana, ben := v.person("ana"), v.person("ben")
	ana.send("PATCH", "/api/v1/accounts/update_credentials", map[string]any{
		"display_name": "Ana 🌿", "note": "I *grow* things. https://ana.example/", "bot": false, "discoverable": true,
		"fields_attributes": []map[string]string{{"name": "Web", "value": "https://ana.example/"}},
		"source":            map[string]any{"privacy": "unlisted", "language": "de"},
	}).ok()
	zoe := v.remote("zoe", "orchard.example")
	v.do(func(tx *storage.Tx) error {
		moved := zoe
		moved.MovedTo, moved.Fields = ana.me.URI, storage.Fields{{Name: "a", Value: "b", VerifiedAt: storage.Now()}}
		_, err := tx.PutRemoteAccount(ctx, moved)
		return err
	})
	ben.follows(ana)
	id := ana.toot("Hello @ben and @zoe@orchard.example, look: https://example.org/?a=1&b=2 #Garden #garden \"<b>\" 你好",
		"spoiler_text", "plants", "visibility", "public", "language", "en")
	ben.post("/api/v1/statuses/"+id+"/favourite", nil)
	boost := ben.post("/api/v1/statuses/"+id+"/reblog", nil)
	reply := ben.toot("@ana yes", "in_reply_to_id", id, "visibility", "direct")
	far := v.arrives(zoe, storage.NewStatus{Status: storage.Status{Content: "<p>which</p>", Type: "Question"},
		Poll: &storage.Poll{Options: storage.Options{{Title: "tea", Votes: 3}, {Title: "maté", Votes: 4}}, Multiple: true, Voters: 5, CountedAt: storage.Now(),
			ExpiresAt: storage.At(time.Now().Add(time.Hour))},
		Attachments: []storage.Attachment{{MediaType: "image/png", RemoteURL: "https://orchard.example/a.png", Description: "a tree",
			Blurhash: "UFBWY:8_0Jxv4mx]t8t64.%M-:IUWGWAt6M}", Width: 640, Height: 320}, {RemoteURL: "https://orchard.example/b.mp4"}}})
	ana.send("PUT", "/api/v1/statuses/"+id, form{"status": {"Hello again"}, "sensitive": {"1"}}).ok()
	ana.post("/api/v1/markers", form{"home[last_read_id]": {id}})

	golden(t, "Account", v.stranger().get("/api/v1/accounts/"+ana.id()))
	golden(t, "Account_moved", v.stranger().get("/api/v1/accounts/"+ids.Format(zoe.ID)))
	golden(t, "CredentialAccount", ana.get("/api/v1/accounts/verify_credentials"))
	golden(t, "Relationship", ben.get("/api/v1/accounts/relationships?id[]="+ana.id()))
	golden(t, "Status", ana.get("/api/v1/statuses/"+id))
	golden(t, "Status_boost", boost)
	golden(t, "Status_stranger", v.stranger().get("/api/v1/statuses/"+id))
	golden(t, "Status_reply", ana.get("/api/v1/statuses/"+reply))
	golden(t, "Status_poll_media", ana.get("/api/v1/statuses/"+ids.Format(far.ID)))
	golden(t, "Poll", v.stranger().get("/api/v1/polls/"+ids.Format(far.ID)))
	golden(t, "StatusSource", ana.get("/api/v1/statuses/"+id+"/source"))
	golden(t, "StatusEdit", ana.get("/api/v1/statuses/"+id+"/history"))
	golden(t, "Context", ben.get("/api/v1/statuses/"+id+"/context"))
	golden(t, "Notification", ana.get("/api/v1/notifications?types[]=mention&types[]=follow"))
	golden(t, "Conversation", ana.get("/api/v1/conversations"))
	golden(t, "Marker", ana.get("/api/v1/markers?timeline[]=home&timeline[]=notifications"))
	golden(t, "Search", ana.get("/api/v2/search?q=gar"))
	golden(t, "Preferences", ana.get("/api/v1/preferences"))
	golden(t, "Application", ana.get("/api/v1/apps/verify_credentials"))
	golden(t, "Instance", v.stranger().get("/api/v2/instance"))
	golden(t, "V1_Instance", v.stranger().get("/api/v1/instance"))
	ana.post("/api/v1/accounts/"+ben.id()+"/mute", form{"duration": {"3600"}})
	golden(t, "MutedAccount", ana.get("/api/v1/mutes"))
	golden(t, "Status_deleted", ana.send("DELETE", "/api/v1/statuses/"+id, nil).ok())
}
