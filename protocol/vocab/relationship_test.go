package vocab

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// If this failed, a greeting could turn the lines around it, or be longer than anybody agreed to.
func TestGreetingsArePlainAndShort(t *testing.T) {
	for in, want := range map[string]string{
		"":                               "",
		"  We met\n\tat the market ":     "We met at the market",
		"<b>bold</b> & so":               "<b>bold</b> & so",
		"a\u202eb\u2066c\x00\x07d":       "abcd",
		strings.Repeat("好", 300):         strings.Repeat("好", GreetingMax),
		strings.Repeat("x", 199) + " yz": strings.Repeat("x", 199),
		"\xff\xfe ok":                    "ok",
		"family 👨\u200d👩\u200d👧 ما\u200cهست": "family 👨\u200d👩\u200d👧 ما\u200cهست",
	} {
		if got := CleanGreeting(in); got != want {
			t.Errorf("%q becomes %q, not %q", in, got, want)
		}
	}
}

// If this failed, an Offer could be read as one of somebody else's, or with several people at once.
func TestARelationshipIsBetweenTwo(t *testing.T) {
	parse := func(object string) *Relationship {
		a, err := ParseActivity([]byte(`{"id":"https://a.example/1","type":"Offer","actor":"https://a.example/ana","object":` + object + `}`))
		if err != nil {
			return nil
		}
		return a.Friendship()
	}
	whole := `{"type":"Relationship","subject":"https://a.example/ana","relationship":"` + FriendOf + `","object":"https://b.example/bo"}`
	if got := parse(whole); got == nil || *got != (Relationship{Subject: "https://a.example/ana", Kind: FriendOf, Object: "https://b.example/bo"}) {
		t.Errorf("read as %+v", got)
	}
	for _, other := range []string{
		strings.Replace(whole, FriendOf, "http://purl.org/vocab/relationship/spouseOf", 1),
		strings.Replace(whole, `"https://b.example/bo"`, `["https://b.example/bo","https://b.example/cy"]`, 1),
		strings.Replace(whole, `"https://a.example/ana"`, `["https://a.example/ana","https://c.example/x"]`, 1),
		strings.Replace(whole, "Relationship", "Note", 1),
		`"https://a.example/relationship"`,
	} {
		if got := parse(other); got != nil {
			t.Errorf("%s is read as %+v", other, got)
		}
	}
}

// FuzzFriendship holds that whatever is offered, a friendship is between two addresses, and words
// are plain and short.
func FuzzFriendship(f *testing.F) {
	f.Add([]byte(`{"id":"https://a.example/1","type":"Offer","actor":"https://a.example/ana","target":"https://b.example/bo","content":"hi\u202e","object":{"type":"as:Relationship","as:subject":{"id":"https://a.example/ana"},"relationship":["` + FriendOf + `"],"object":"https://b.example/bo"}}`))
	f.Add([]byte(`{"type":"Undo","actor":"https://a.example/ana","object":{"type":"Offer","object":{"type":"Relationship","relationship":"` + FriendOf + `"}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := ParseActivity(raw)
		if err != nil {
			return
		}
		if r := a.Friendship(); r != nil {
			for _, id := range []string{r.Subject, r.Object} {
				if id != "" && !strings.HasPrefix(id, "http") {
					t.Errorf("between %q", id)
				}
			}
		}
		text := a.Greeting()
		if !utf8.ValidString(text) || utf8.RuneCountInString(text) > GreetingMax ||
			strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
			t.Errorf("%q says %q", raw, text)
		}
	})
}
