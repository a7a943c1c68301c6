package vocab

import (
	"strings"
	"sync"
	"testing"

	"tulou/protocol/fault"
)

// If this failed, a mistake in an app would leave the node as a broken document instead of an
// error.
func TestObjectsPutTogetherWronglyAreInternalFaults(t *testing.T) {
	for name, object := range map[string]*Object{
		"no type":          {ID: ana},
		"empty activity":   {Activity: &Activity{Actor: ana}},
		"inner without":    {Activity: &Activity{Type: "Undo", Actor: ana, Inner: &Activity{}}},
		"tag without type": {Note: &Note{Tags: []Tag{{Name: "x"}}}},
		"actor without":    {Actor: &Actor{ID: ana}},
		"a post as a page": {Collection: &Collection{Type: "Collection", FirstPage: &Collection{Type: "Note"}}},
	} {
		if built, err := Build(object); !fault.Is(err, fault.Internal) {
			t.Errorf("%s: %v, %v", name, built, err)
		}
	}
}

// If this failed, a bare reference, which Undo and Delete may carry, could not be sent.
func TestReferencesKeepTheirType(t *testing.T) {
	raw := marshal(t, &Object{Activity: &Activity{Type: "Delete", Actor: ana, Object: &Object{ID: status, Type: "Note"}}})
	if !strings.Contains(string(raw), `"object":{"id":"`+status+`","type":"Note"}`) {
		t.Errorf("%s", raw)
	}
}

// If this failed, what people write would be escaped on the wire and read differently by software
// that compares bytes.
func TestMarshalWritesTextAsItIs(t *testing.T) {
	raw := marshal(t, &Object{Note: &Note{ID: status, AttributedTo: ana, Content: "<p>a & b \u2028 “c” 船 🛶</p>"}})
	if !strings.Contains(string(raw), "<p>a & b \u2028 “c” 船 🛶</p>") {
		t.Errorf("%s", raw)
	}
}

// If this failed, a document could not be fetched by two people at once.
func TestOneBuiltTypeCanBeMarshalledConcurrently(t *testing.T) {
	built, err := Build(outgoing()["create"])
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if _, err := Marshal(built); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

// If this failed, the wrong kind of document would be taken for an actor or an activity.
func TestDocumentsOfAnotherKindAreRefused(t *testing.T) {
	note := marshal(t, &Object{Note: anaNote()})
	if a, err := ParseActor(note); !fault.Is(err, fault.Invalid) {
		t.Errorf("a post as an actor: %v, %v", a, err)
	}
	if a, err := ParseActivity(note); !fault.Is(err, fault.Invalid) {
		t.Errorf("a post as an activity: %v, %v", a, err)
	}
	if a, err := ParseActor([]byte("{")); !fault.Is(err, fault.Invalid) {
		t.Errorf("half a document: %v, %v", a, err)
	}
}

// If this failed, a script could hide behind a link of a profile or a post.
func TestLinksThatAreNoWebAddressesAreDropped(t *testing.T) {
	for _, bad := range []string{"javascript:alert(1)", "data:text/html,x", "//a.example/x", "/x", "https://a.example/<x>", `https://a.example/\\x`, "ftp://a.example/"} {
		n := parseNote(t, `"url":"`+bad+`","icon":"`+bad+`","tag":[{"type":"Hashtag","name":"#x","href":"`+bad+`"},{"type":"Mention","href":"`+bad+`"}],
			"attachment":[{"type":"Image","url":"`+bad+`"},{"type":"Link","href":"`+bad+`"}]`)
		if strings.HasPrefix(bad, "https://a.example/") {
			// What a browser would escape is escaped.
			n.URL, n.Attachments = "", nil
		}
		if n.URL != "" || len(n.Attachments) > 0 || len(n.Tags) != 1 || n.Tags[0].Href != "" {
			t.Errorf("%s gives %+v", bad, n)
		}
	}
}

// GoToSocial 0.20 shows the answers to our posts only if the collection is told with a page in it.
func TestRepliesAreToldWithAPage(t *testing.T) {
	n := &Note{ID: "https://harbor.example/1", AttributedTo: "https://harbor.example/ana", Content: "x",
		Replies: "https://harbor.example/1/replies", RepliesPage: "https://harbor.example/1/replies?page=true"}
	typed, err := BuildNote(n)
	if err != nil {
		t.Fatal(err)
	}
	body, err := Marshal(typed)
	if err != nil {
		t.Fatal(err)
	}
	const want = `"replies":{"first":{"items":[],"next":"https://harbor.example/1/replies?page=true",` +
		`"partOf":"https://harbor.example/1/replies","type":"CollectionPage"},"id":"https://harbor.example/1/replies","type":"Collection"}`
	if !strings.Contains(string(body), want) {
		t.Errorf("the post is %s", body)
	}
	back, err := ParseObject(body)
	if err != nil || back.Note == nil || back.Note.Replies != n.Replies {
		t.Errorf("read again, it is %+v (%v)", back, err)
	}
}
