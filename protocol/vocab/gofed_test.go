package vocab

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-fed/activity/streams"
	gofed "github.com/go-fed/activity/streams/vocab"
	"github.com/google/go-cmp/cmp"
)

// The tests of this file are the faults of go-fed v1.0.0 that were measured before it was chosen.
// If one failed, the fault would have come through the seam.

func parseNote(t *testing.T, properties string) *Note {
	t.Helper()
	o, err := ParseObject([]byte(`{"id":"https://a.example/1","type":"Note",` + properties + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return o.Note
}

// If this failed, the language of every post from Mastodon would be lost.
func TestGoFed3ContentMapSurvives(t *testing.T) {
	n := parseNote(t, `"content":"<p>olá</p>","contentMap":{"pt":"<p>olá</p>"}`)
	if n.Language != "pt" || n.Content != "<p>olá</p>" || n.ContentMap["pt"] != "<p>olá</p>" {
		t.Errorf("got %+v", n)
	}
	n = parseNote(t, `"summaryMap":{"pt":"aviso"},"nameMap":{"pt":"nome"},"contentMap":{"en":"b","de":"a"}`)
	if n.Summary != "aviso" || n.Name != "nome" || n.Content != "a" || n.Language != "de" {
		t.Errorf("got %+v", n)
	}
	n = parseNote(t, `"content":"b","contentMap":{"en":"b","de":"a"}`)
	if n.Language != "en" {
		t.Errorf("of several languages the one of the content is %q", n.Language)
	}
	n = parseNote(t, `"@context":["https://www.w3.org/ns/activitystreams",{"@language":"ca"}],"content":"b"`)
	if n.Language != "ca" {
		t.Errorf("the context's language gives %q", n.Language)
	}
	for _, tag := range []string{"und", "x!", "english please", strings.Repeat("a-", 40)} {
		if n = parseNote(t, `"content":"b","contentMap":{"`+tag+`":"b"}`); n.Language != "" {
			t.Errorf("%q gives %q", tag, n.Language)
		}
	}
	if n = parseNote(t, `"content":"b","contentMap":{"EN-us":"b"}`); n.Language != "en-US" {
		t.Errorf("EN-us gives %q", n.Language)
	}
}

// If this failed, posts made within a second would lose their order.
func TestGoFed3FractionsOfSecondsSurvive(t *testing.T) {
	n := parseNote(t, `"published":"2026-01-02T03:04:05.678901+02:00","updated":"2026-01-02T03:04Z"`)
	if want := time.Date(2026, 1, 2, 1, 4, 5, 678_000_000, time.UTC); !n.Published.Equal(want) {
		t.Errorf("published is %v", n.Published)
	}
	if want := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC); !n.Updated.Equal(want) {
		t.Errorf("updated is %v", n.Updated)
	}
	for _, bad := range []string{`"yesterday"`, `""`, `1700000000`, `"2026-13-01T00:00:00Z"`, `["2026-01-02T03:04:05Z"]`} {
		if n = parseNote(t, `"published":`+bad); !n.Published.IsZero() {
			t.Errorf("%s gives %v", bad, n.Published)
		}
	}
}

// If this failed, a content warning like "CW: food" would come out as "cw: food", because go-fed
// takes whatever has a colon for an IRI.
func TestGoFed3TextsThatLookLikeIRIsSurvive(t *testing.T) {
	for _, text := range []string{"CW: food", "Re: 100% #sure", "HTTPS://Example.org/Ä b", "mailto:X", "a:b"} {
		quoted, _ := json.Marshal(text)
		n := parseNote(t, fmt.Sprintf(`"summary":%s,"name":%s,"content":%s`, quoted, quoted, quoted))
		if n.Summary != text || n.Name != text || n.Content != text {
			t.Errorf("%q gives %q, %q, %q", text, n.Summary, n.Name, n.Content)
		}
	}
}

// If this failed, ids with letters beyond ASCII would never match the ones that others send.
func TestGoFed3IdsKeepTheirSpelling(t *testing.T) {
	for _, id := range []string{
		"https://a.example/ü/船", "https://a.example/%c3%bc", "https://a.example/a|b", "https://a.example/a#",
		"https://a.example/?q=a+b&c=%20", "https://A.example/B", "https://a.example/#a/b", "https://a.example/{x}",
	} {
		raw := fmt.Sprintf(`{"id":%q,"type":"Like","actor":%q,"object":%q,"to":[%q],"cc":%q}`, id, id, id, id, id)
		a, err := ParseActivity([]byte(raw))
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		for _, got := range []string{a.ID, a.Actor, a.ObjectID, a.To[0], a.Cc[0]} {
			if got != id {
				t.Errorf("%s became %s", id, got)
			}
		}
		checkEnvelope(t, []byte(raw), a)
		if out := marshal(t, &Object{Activity: a}); strings.Count(string(out), `"`+id+`"`) != 5 {
			t.Errorf("%s goes out as %s", id, out)
		}
	}
}

// If this failed, one id could be taken for another that only escapes differently.
func TestGoFed3IdsThatDifferInEscapingAreRefused(t *testing.T) {
	_, err := ParseActivity([]byte(`{"id":"https://a.example/1","type":"Like","actor":"https://a.example/|","object":"https://a.example/%7C"}`))
	if err != nil {
		t.Fatal(err) // the second is not changed by net/url, so that both keep their spelling
	}
	_, err = ParseActivity([]byte(`{"type":"Like","actor":"https://a.example/ü|","object":"https://a.example/%C3%BC|"}`))
	if err == nil {
		t.Error("two spellings of one go-fed IRI passed")
	}
}

// If this failed, Mastodon would not read our pinned posts, nor anyone our one-entry lists.
func TestGoFed3ListsOfOneStayLists(t *testing.T) {
	raw := marshal(t, outgoing()["featured-inner"])
	if !strings.Contains(string(raw), `"orderedItems":["`) {
		t.Errorf("%s", raw)
	}
	note := anaNote()
	note.Cc, note.Tags = note.Cc[:1], note.Tags[:1]
	raw = marshal(t, &Object{Activity: &Activity{Type: "Create", Actor: ana, To: note.To, Cc: note.Cc, Object: &Object{Note: note}}})
	for _, list := range []string{`"to":["`, `"cc":["`, `"tag":[{`, `"attachment":[{`} {
		if n, nested := strings.Count(string(raw), list), strings.Contains("to cc", list[1:3]); n != 1 && !nested || nested && n != 2 {
			t.Errorf("%s occurs %d times in %s", list, n, raw)
		}
	}
	person := marshal(t, outgoing()["actor-person"])
	for _, list := range []string{`"alsoKnownAs":["`, `"attachment":[{`, `"tag":[{`, `"assertionMethod":[{`, `"implements":[{`} {
		if !strings.Contains(string(person), list) {
			t.Errorf("%s is not in %s", list, person)
		}
	}
	if raw = marshal(t, outgoing()["ordered-empty"]); !strings.Contains(string(raw), `"orderedItems":[]`) {
		t.Errorf("%s", raw)
	}
}

// If this failed, strict JSON-LD consumers would reject everything we send.
func TestGoFed3ContextIsInlineAndDefinesEveryTerm(t *testing.T) {
	for name, object := range outgoing() {
		raw := marshal(t, object)
		var document struct {
			Context []any `json:"@context"`
		}
		if err := json.Unmarshal(raw, &document); err != nil {
			t.Fatal(err)
		}
		inline := map[string]any{}
		for _, c := range document.Context {
			switch c := c.(type) {
			case string:
				if !strings.HasPrefix(c, "https://") || strings.Contains(c, "joinmastodon") {
					t.Errorf("%s names the context %s", name, c)
				}
			case map[string]any:
				inline = c
			}
		}
		for term := range terms {
			occurs := strings.Contains(string(raw), `"`+term+`":`) || strings.Contains(string(raw), `"type":"`+term+`"`)
			if _, defined := inline[term]; occurs != defined {
				t.Errorf("%s: %s occurs %v, is defined %v", name, term, occurs, defined)
			}
		}
		if strings.Count(string(raw), `"@context"`) != 1 {
			t.Errorf("%s has nested contexts: %s", name, raw)
		}
	}
}

// If this failed, activities of newer software would be errors instead of being kept and counted.
func TestGoFed3UnknownTopLevelTypesAreNoError(t *testing.T) {
	for _, name := range []string{"QuoteRequest", "EmojiReact", "Frobnicate", "https://x.example/ns#Frob"} {
		a, err := ParseActivity([]byte(`{"id":"https://a.example/1","type":"` + name + `","actor":"https://a.example/u","object":{"id":"https://b.example/1","type":"Gadget","size":3},"instrument":"https://a.example/2"}`))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if a.Type != name || a.Known != (extensions[name] != 0) || a.ObjectType != "Gadget" || a.Object.Known || a.Instrument == "" {
			t.Errorf("got %+v", a)
		}
		if got := string(a.Object.Raw); got != `{"id":"https://b.example/1","type":"Gadget","size":3}` {
			t.Errorf("the object's bytes are %s", got)
		}
	}
}

// If this failed, documents without a context, which several servers send, would be server errors.
func TestGoFed3MissingContextIsAccepted(t *testing.T) {
	if n := parseNote(t, `"content":"x"`); n.Content != "x" {
		t.Errorf("got %+v", n)
	}
}

// If this failed, documents in prefixed or full JSON-LD names would be errors, or half read.
func TestGoFed3PrefixedNamesAreRead(t *testing.T) {
	for _, p := range []string{"as:", "https://www.w3.org/ns/activitystreams#"} {
		raw := strings.ReplaceAll(`{"@id":"https://a.example/1","@type":"P:Create","P:actor":{"@id":"https://a.example/u"},"P:to":["as:Public"],
			"P:object":[{"@id":"https://a.example/2","@type":["P:Note"],"P:content":{"@value":"hi","@language":"en"},"P:tag":{"type":"toot:Emoji","name":":x:"}}]}`, "P:", p)
		a, err := ParseActivity([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		want := &Note{
			ID: "https://a.example/2", Type: "Note", Content: "hi", Language: "en",
			Tags: []Tag{{Type: "Emoji", Name: ":x:"}},
		}
		if diff := cmp.Diff(want, a.Object.Note); diff != "" {
			t.Error(diff)
		}
		if a.Type != "Create" || a.Actor != "https://a.example/u" || a.To[0] != Public {
			t.Errorf("got %+v", a)
		}
		checkEnvelope(t, []byte(raw), a)
	}
}

// If this failed, two nodes could read one document differently by taking one name or the other.
func TestGoFed3OnePropertyUnderTwoNamesIsRefused(t *testing.T) {
	for _, raw := range []string{
		`{"id":"https://a.example/1","type":"Like","actor":"https://a.example/u","as:actor":"https://b.example/u","object":"https://c.example/1"}`,
		`{"id":"https://a.example/1","@id":"https://a.example/2","type":"Like","actor":"https://a.example/u"}`,
	} {
		if _, err := ParseActivity([]byte(raw)); err == nil {
			t.Errorf("ParseActivity takes %s", raw)
		}
		if _, err := ParseEnvelope([]byte(raw)); err == nil {
			t.Errorf("ParseEnvelope takes %s", raw)
		}
	}
}

// If this failed, go-fed's own resolvers, by which federation dispatches, would miss types or take
// extensions for something else.
func TestGoFed4ResolverSeesTypedActivitiesAndSkipsExtensions(t *testing.T) {
	seen := ""
	resolver, err := streams.NewTypeResolver(func(_ context.Context, f gofed.ActivityStreamsFollow) error {
		seen = f.GetTypeName()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Follow", "QuoteRequest", "Frob", "Like"} {
		_, typed, err := Decode([]byte(`{"type":"` + name + `","actor":"https://a.example/u","object":"https://b.example/u"}`))
		if err != nil {
			t.Fatal(err)
		}
		seen = ""
		err = resolver.Resolve(context.Background(), typed)
		if handled := name == "Follow"; (err == nil) != handled || (seen == name) != handled || !handled && !streams.IsUnmatchedErr(err) {
			t.Errorf("%s: %v, seen %q", name, err, seen)
		}
	}
}

// If this failed, an embedded actor would hide whom a block is about (go-fed asked for the block of
// the activity's id instead).
func TestGoFed4EmbeddedActorIsTheActor(t *testing.T) {
	for _, actor := range []string{
		`"https://evil.example/u"`, `{"id":"https://evil.example/u","type":"Person"}`, `["https://evil.example/u"]`,
		`[{"id":"https://evil.example/u"}]`, `{"id":"https://evil.example/u"}`, `[null,"https://evil.example/u"]`,
	} {
		raw := []byte(`{"id":"https://evil.example/1","type":"Like","actor":` + actor + `,"object":"https://a.example/1"}`)
		a, err := ParseActivity(raw)
		if err != nil {
			t.Errorf("%s: %v", actor, err)
			continue
		}
		if a.Actor != "https://evil.example/u" {
			t.Errorf("%s gives %q", actor, a.Actor)
		}
		checkEnvelope(t, raw, a)
	}
	for _, actor := range []string{
		`["https://a.example/u","https://b.example/u"]`, `[]`, `null`, `{"type":"Person"}`, `7`, `"/relative"`, `"did:x:y"`,
		`["https://a.example/u",{"id":"https://b.example/u"}]`, `"javascript:alert(1)"`,
	} {
		raw := []byte(`{"id":"https://evil.example/1","type":"Like","actor":` + actor + `,"object":"https://a.example/1"}`)
		if _, err := ParseActivity(raw); err == nil {
			t.Errorf("ParseActivity takes the actor %s", actor)
		}
		if _, err := ParseEnvelope(raw); err == nil {
			t.Errorf("ParseEnvelope takes the actor %s", actor)
		}
	}
}

// If this failed, Undo from Mastodon would need a fetch, and ids with fragments lead to a Person.
func TestGoFed4UndoCarriesItsActivity(t *testing.T) {
	a, err := ParseActivity([]byte(`{"id":"https://a.example/u#undo","type":"Undo","actor":"https://a.example/u","object":{"id":"https://a.example/u#likes/1","type":"Like","actor":"https://a.example/u","object":"https://b.example/1"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if a.Inner == nil || a.Inner.Type != "Like" || a.Inner.Actor != a.Actor || a.Inner.ObjectID != "https://b.example/1" {
		t.Errorf("inner is %+v", a.Inner)
	}
}

// If this failed, a Hashtag, which go-fed does not know, would put a nil into what walks the tags:
// that was the panic which any stranger could provoke.
func TestGoFed4HashtagsAreNeverNil(t *testing.T) {
	n := parseNote(t, `"tag":[{"type":"Hashtag","name":"#x","href":"https://a.example/x"},{"type":"Odd"},{},7,null,"x",[["y"]]]`)
	if diff := cmp.Diff([]Tag{{Type: "Hashtag", Name: "#x", Href: "https://a.example/x"}}, n.Tags); diff != "" {
		t.Error(diff)
	}
	_, typed, err := Decode([]byte(`{"type":"Create","actor":"https://a.example/u","object":{"type":"Note","tag":[{"type":"Hashtag"},{"type":"Odd"},{}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	note := entries(typed, "object")[0].typed
	for i, e := range entries(note, "tag") {
		if e.typed == nil {
			t.Errorf("tag %d has neither a type nor an IRI", i)
		}
	}
}

// If this failed, an Accept whose Follow has no actor, and its like, would panic in a job.
func TestA036MissingPropertiesNeverPanic(t *testing.T) {
	for _, raw := range []string{
		`{"type":"Accept","actor":"https://a.example/u","object":{"type":"Follow"}}`,
		`{"type":"Accept","actor":"https://a.example/u","object":{"type":"Follow","actor":null,"object":[]}}`,
		`{"type":"Accept","actor":"https://a.example/u"}`,
		`{"type":"Undo","actor":"https://a.example/u","object":{}}`,
		`{"type":"Create","actor":"https://a.example/u","object":{"type":"Note","attributedTo":{},"url":{},"icon":7,"replies":[]}}`,
		`{"type":"Update","actor":"https://a.example/u","object":{"type":"Person","publicKey":{},"endpoints":[],"icon":[{}]}}`,
		`{"type":"Create","actor":"https://a.example/u","object":{"type":"Question","oneOf":[{},null,7,{"replies":{}}]}}`,
		`{"type":"Announce","actor":"https://a.example/u","object":{"type":"OrderedCollection","first":{},"orderedItems":{}}}`,
	} {
		a, err := ParseActivity([]byte(raw))
		if err != nil {
			t.Errorf("%s: %v", raw, err)
		} else if a.Inner != nil && a.Inner.Actor != "" {
			t.Errorf("%s: the inner actor is %q", raw, a.Inner.Actor)
		}
	}
	for _, raw := range []string{
		``, `null`, `[]`, `7`, `"x"`, `{}`, `{"type":7}`, `{"type":{"a":1}}`, `{"type":"Note"}`, `{"type":["Like",7],"actor":"https://a.example/u"}`,
		`{"id":7,"type":"Like","actor":"https://a.example/u"}`, `{"id":"x","type":"Like","actor":"https://a.example/u"}`,
	} {
		if a, err := ParseActivity([]byte(raw)); err == nil {
			t.Errorf("%s gives %+v", raw, a)
		}
	}
}

// If this failed, hidden recipients would reach those they were hidden from.
func TestA101HiddenRecipientsNeverComeOut(t *testing.T) {
	raw := `{"type":"Create","actor":"https://a.example/u","bto":["https://h.example/1"],"as:bcc":"https://h.example/2","to":"https://b.example/u",
		"object":{"type":"Note","bto":"https://h.example/3","bcc":["https://h.example/4"],"content":"x"}}`
	a, typed, err := Decode([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Marshal(typed)
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range [][]byte{marshal(t, &Object{Activity: a}), again} {
		if strings.Contains(string(out), "h.example") || strings.Contains(string(out), "bto") || strings.Contains(string(out), "bcc") {
			t.Errorf("%s", out)
		}
	}
	built, err := BuildActivity(&Activity{Type: "Create", Actor: ana, Object: &Object{Note: anaNote()}})
	if err != nil {
		t.Fatal(err)
	}
	p := streams.NewActivityStreamsBtoProperty()
	p.AppendIRI(iri("https://h.example/5"))
	built.(gofed.ActivityStreamsCreate).SetActivityStreamsBto(p)
	out, err := Marshal(built)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), "h.example") {
		t.Errorf("%s", out)
	}
}
