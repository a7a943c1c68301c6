package vocab

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	ana    = "https://harbor.example/users/ana"
	bo     = "https://orchard.example/users/bo"
	status = ana + "/statuses/115000000000000001"
	noon   = time.Date(2026, 11, 20, 12, 0, 0, 123_000_000, time.UTC)
)

func anaActor() *Actor {
	return &Actor{
		ID: ana, Type: "Person", PreferredUsername: "ana", Name: "Ana <3 & friends", Summary: "<p>tides</p>",
		URL: "https://harbor.example/@ana", Inbox: ana + "/inbox", SharedInbox: "https://harbor.example/inbox",
		Outbox: ana + "/outbox", Followers: ana + "/followers", Following: ana + "/following",
		Featured:     ana + "/collections/featured",
		Icon:         &Picture{URL: "https://harbor.example/media/a.png", MediaType: "image/png", Name: "a face"},
		Image:        &Picture{URL: "https://harbor.example/media/h.webp", MediaType: "image/webp"},
		Discoverable: true, Indexable: true, HideMedia: true, AttributionSites: []string{"news.example"}, AlsoKnownAs: []string{"https://old.example/users/ana"},
		Fields: []Field{{"Boat", `<a href="https://boat.example" rel="me">boat.example</a>`}},
		Tags:   []Tag{{Type: TagHashtag, Name: "#tides", Href: "https://harbor.example/tags/tides"}},
		Keys: []Key{
			{ID: ana + "#main-key", Owner: ana, PEM: "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"},
			{ID: ana + "#ed25519-key", Owner: ana, Multibase: "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"},
		},
		Webfinger: "ana@harbor.example", Published: noon, RFC9421: true,
	}
}

func instanceActor() *Actor {
	id := "https://harbor.example/actor"
	return &Actor{
		ID: id, Type: "Application", PreferredUsername: "harbor.example", Inbox: id + "/inbox", Outbox: id + "/outbox",
		SharedInbox: "https://harbor.example/inbox", Locked: true, RFC9421: true,
		Keys: []Key{{ID: id + "#main-key", Owner: id, PEM: "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"}},
	}
}

func anaNote() *Note {
	return &Note{
		ID: status, URL: "https://harbor.example/@ana/115000000000000001", AttributedTo: ana,
		Content: "<p>@bo the tide is out &amp; 船 🛶</p>", Language: "en", Summary: "CW: mud", Sensitive: true,
		InReplyTo: bo + "/statuses/1", Published: noon, Updated: noon.Add(time.Minute),
		To: []string{Public}, Cc: []string{ana + "/followers", bo},
		Tags: []Tag{
			{Type: TagMention, Name: "@bo@orchard.example", Href: bo},
			{Type: TagHashtag, Name: "#tides", Href: "https://harbor.example/tags/tides"},
			{Type: TagEmoji, ID: "https://harbor.example/emoji/1", Name: ":boat:", Icon: "https://harbor.example/media/boat.png", Updated: noon},
		},
		Attachments: []Attachment{{
			MediaType: "image/jpeg", URL: "https://harbor.example/media/1.jpg", Name: "mud", Blurhash: "UBL_:rOpGG-;",
			Width: 640, Height: 480, Focus: &[2]float64{0.5, -0.25},
		}},
		Source:  &Source{Content: "@bo the tide is out & 船 🛶", MediaType: "text/markdown"},
		Replies: status + "/replies", Conversation: "https://harbor.example/contexts/1",
		Policy: &QuotePolicy{Automatic: []string{Public}},
	}
}

func outgoing() map[string]*Object {
	act := func(a Activity) *Object {
		if a.ID == "" {
			a.ID = ana + "/activities/1"
		}
		a.Actor, a.Known = ana, true
		return &Object{ID: a.ID, Type: a.Type, Known: true, Activity: &a}
	}
	friendship := &Object{Type: "Relationship", Relationship: &Relationship{Subject: ana, Kind: FriendOf, Object: bo}}
	offer := Activity{ID: bo + "/activities/1", Type: "Offer", Actor: bo, TargetID: ana, ObjectType: "Relationship", Object: &Object{Type: "Relationship", Relationship: &Relationship{Subject: bo, Kind: FriendOf, Object: ana}}}
	follow := &Activity{ID: bo + "/activities/9", Type: "Follow", Actor: bo, ObjectID: ana}
	return map[string]*Object{
		"actor-person":      {Actor: anaActor()},
		"actor-application": {Actor: instanceActor()},
		"actor-service":     {Actor: &Actor{ID: ana, Type: "Service", PreferredUsername: "ana", Inbox: ana + "/inbox", Outbox: ana + "/outbox", Memorial: true, MovedTo: bo}},
		"note":              {Note: anaNote()},
		"article":           {Note: &Note{ID: status, Type: "Article", AttributedTo: ana, Name: "On tides", Summary: "<p>short</p>", Content: "<p>long</p>", To: []string{Public}, Published: noon}},
		"quote":             {Note: &Note{ID: status, AttributedTo: ana, Content: "<p>this</p>", To: []string{Public}, Published: noon, Quote: bo + "/statuses/1", QuoteConsent: bo + "/stamps/1"}},
		"question": {Note: &Note{
			ID: status, Type: "Question", AttributedTo: ana, Content: "<p>which?</p>", To: []string{Public}, Published: noon,
			Poll: &Poll{Options: []PollOption{{"ebb: low", 2}, {"flood", 0}}, EndTime: noon.Add(time.Hour), Voters: 2},
		}},
		"create": act(Activity{
			ID: status + "/activity", Type: "Create", Published: noon, To: []string{Public}, Cc: []string{ana + "/followers", bo},
			Object: &Object{Note: anaNote()},
		}),
		"update-actor": act(Activity{Type: "Update", To: []string{Public}, Object: &Object{Actor: instanceActor()}}),
		"delete-note": act(Activity{
			Type: "Delete", To: []string{Public},
			Object: &Object{Tombstone: &Tombstone{ID: status, FormerType: "Note", Deleted: noon}},
		}),
		"delete-actor":  act(Activity{Type: "Delete", To: []string{Public}, ObjectID: ana}),
		"follow":        act(Activity{Type: "Follow", ObjectID: bo, To: []string{bo}}),
		"accept-follow": act(Activity{Type: "Accept", Inner: follow, To: []string{bo}}),
		"reject-follow": act(Activity{Type: "Reject", Inner: follow, To: []string{bo}}),
		"offer-friend": act(Activity{Type: "Offer", TargetID: bo, To: []string{bo}, Content: "We met at the market: 你好",
			Instrument: "https://orchard.example/@bo?friend=K3J5", ObjectType: "Relationship", Object: friendship}),
		"accept-friend":   act(Activity{Type: "Accept", To: []string{bo}, Inner: &offer}),
		"reject-friend":   act(Activity{Type: "Reject", To: []string{bo}, Inner: &offer}),
		"undo-offer":      act(Activity{Type: "Undo", To: []string{bo}, Inner: &Activity{ID: ana + "/activities/2", Type: "Offer", Actor: ana, TargetID: bo, ObjectType: "Relationship", Object: friendship}}),
		"undo-friendship": act(Activity{Type: "Undo", To: []string{bo}, ObjectType: "Relationship", Object: friendship}),
		"undo-like":       act(Activity{Type: "Undo", Inner: &Activity{ID: ana + "#likes/1", Type: "Like", Actor: ana, ObjectID: bo + "/statuses/1"}}),
		"like":            act(Activity{ID: ana + "#likes/1", Type: "Like", ObjectID: bo + "/statuses/1", To: []string{bo}}),
		"announce":        act(Activity{Type: "Announce", ObjectID: bo + "/statuses/1", Published: noon, To: []string{Public}, Cc: []string{ana + "/followers", bo}}),
		"block":           act(Activity{Type: "Block", ObjectID: bo, To: []string{bo}}),
		"move":            act(Activity{Type: "Move", ObjectID: ana, TargetID: bo, To: []string{ana + "/followers"}}),
		"flag":            act(Activity{Type: "Flag", ObjectIDs: []string{bo, bo + "/statuses/1"}, Content: "spam: a lot"}),
		"quote-request":   act(Activity{Type: "QuoteRequest", ObjectID: bo + "/statuses/1", Instrument: status, To: []string{bo}}),
		"quote-request-whole": act(Activity{Type: "QuoteRequest", ObjectID: bo + "/statuses/1", Instrument: status, To: []string{bo},
			Quoting: &Object{ID: status, Type: "Note", Known: true, AttributedTo: ana, Note: &Note{ID: status, Type: "Note", AttributedTo: ana, Content: "<p>this</p>", To: []string{ana + "/followers"}, Published: noon, Quote: bo + "/statuses/1"}}}),
		"accept-quote":        act(Activity{Type: "Accept", ResultID: ana + "/quote_authorizations/1", To: []string{bo}, Inner: &Activity{ID: bo + "/activities/9", Type: "QuoteRequest", Actor: bo, ObjectID: status, Instrument: bo + "/statuses/2"}}),
		"quote-authorization": {Consent: &QuoteConsent{ID: ana + "/quote_authorizations/1", AttributedTo: ana, Quoting: bo + "/statuses/2", Quoted: status}},
		"emoji-react":         act(Activity{Type: "EmojiReact", ObjectID: bo + "/statuses/1", Content: "🛶", To: []string{bo}}),
		"ordered":             {Collection: &Collection{ID: ana + "/outbox", Type: "OrderedCollection", TotalItems: 2, First: ana + "/outbox?page=true", Last: ana + "/outbox?min_id=0&page=true"}},
		"ordered-page":        {Collection: &Collection{ID: ana + "/outbox?page=true", Type: "OrderedCollectionPage", TotalItems: -1, PartOf: ana + "/outbox", Next: ana + "/outbox?max_id=1&page=true", Items: []Item{{ID: "https://harbor.example/1", Type: "Create", Raw: []byte(`{"id":"https://harbor.example/1","type":"Create"}`)}}}},
		"ordered-empty":       {Collection: &Collection{ID: ana + "/followers?page=1", Type: "OrderedCollectionPage", TotalItems: 0, PartOf: ana + "/followers"}},
		"collection":          {Collection: &Collection{ID: status + "/replies", Type: "Collection", TotalItems: 1, FirstPage: &Collection{Type: "CollectionPage", TotalItems: -1, PartOf: status + "/replies", Items: []Item{{ID: bo + "/statuses/1"}}}}},
		"featured-inner":      {Collection: &Collection{ID: ana + "/collections/featured", Type: "OrderedCollection", TotalItems: 1, Items: []Item{{ID: status}}}},
	}
}

// If this failed, what leaves the node would have changed its bytes: each file is one kind of
// outgoing document, to be reviewed as the wire format it is.
func TestOutgoingDocumentsMatchGoldenFiles(t *testing.T) {
	for name, object := range outgoing() {
		t.Run(name, func(t *testing.T) {
			raw := marshal(t, object)
			pretty := jsontext.Value(bytes.Clone(raw))
			if err := pretty.Indent(jsontext.WithIndent("  ")); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", "golden", name+".json")
			if *update {
				if err := os.WriteFile(path, append(pretty, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(pretty)+"\n"); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// If this failed, two nodes of ours would not understand each other: what is built and marshalled
// must parse to the same plain struct.
func TestOutgoingDocumentsComeBackTheSame(t *testing.T) {
	for name, object := range outgoing() {
		t.Run(name, func(t *testing.T) {
			raw := marshal(t, object)
			got, err := ParseObject(raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(fill(object), got, ignoreDerived...); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// If this failed, a stored document and a rebuilt one would differ, and so proofs and caches.
func TestMarshalIsDeterministic(t *testing.T) {
	first := marshal(t, outgoing()["create"])
	for range 20 {
		if again := marshal(t, outgoing()["create"]); !bytes.Equal(first, again) {
			t.Fatalf("two runs differ:\n%s\n%s", first, again)
		}
	}
	if !strings.HasPrefix(string(first), `{"@context":["https://www.w3.org/ns/activitystreams"`) {
		t.Errorf("the context does not come first: %.80s", first)
	}
}

func marshal(t testing.TB, object *Object) []byte {
	t.Helper()
	built, err := Build(object)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := Marshal(built)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// ignoreDerived leaves out what parsing adds to what was built.
var ignoreDerived = []cmp.Option{
	cmp.FilterPath(func(p cmp.Path) bool {
		switch p.Last().String() {
		case ".Raw", ".Known", ".ContentMap", ".ObjectIDs":
			return true
		}
		return false
	}, cmp.Ignore()),
}

// fill sets what parsing derives from the parts of an object.
func fill(o *Object) *Object {
	filled := *o
	switch {
	case o.Note != nil:
		note := *o.Note
		if note.Type == "" {
			note.Type = "Note"
		}
		note.Attachments = append([]Attachment(nil), note.Attachments...)
		for i := range note.Attachments {
			note.Attachments[i].Type = "Document"
		}
		filled.ID, filled.Type, filled.AttributedTo, filled.Note = note.ID, note.Type, note.AttributedTo, &note
	case o.Actor != nil:
		filled.ID, filled.Type = o.Actor.ID, o.Actor.Type
	case o.Collection != nil:
		filled.ID, filled.Type = o.Collection.ID, o.Collection.Type
	case o.Tombstone != nil:
		filled.ID, filled.Type = o.Tombstone.ID, "Tombstone"
	case o.Consent != nil:
		filled.ID, filled.Type, filled.AttributedTo = o.Consent.ID, "QuoteAuthorization", o.Consent.AttributedTo
	case o.Activity != nil:
		a := *o.Activity
		if a.Inner != nil {
			a.Object = &Object{Activity: a.Inner}
		}
		if a.Object != nil {
			a.Object = fill(a.Object)
			a.Inner, a.ObjectID, a.ObjectType = a.Object.Activity, a.Object.ID, a.Object.Type
		}
		if len(a.ObjectIDs) > 0 {
			a.ObjectID = a.ObjectIDs[0]
		}
		filled.ID, filled.Type, filled.Activity = a.ID, a.Type, &a
	}
	return &filled
}
