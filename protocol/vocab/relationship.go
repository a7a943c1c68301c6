package vocab

import (
	"strings"
	"unicode"

	gofed "github.com/go-fed/activity/streams/vocab"
)

// FriendOf is the kind of a Relationship between friends (vocab.org/relationship). It says no more
// than that: both agreed, or are asked to.
const FriendOf = "http://purl.org/vocab/relationship/friendOf"

// GreetingMax is how many characters somebody may say who asks to be a friend; what others send
// beyond is cut.
const GreetingMax = 200

// Relationship says what Subject is to Object, in the sense of ActivityStreams. It is what an Offer
// of friendship offers; by itself it proves nothing.
type Relationship struct {
	ID      string // "" as a rule: it is known by who it is between
	Subject string
	Kind    string // FriendOf, or something that this software has no use for
	Object  string
}

// relationshipOf reads a relationship. One with several subjects, kinds or objects is an error.
func relationshipOf(n node) (*Relationship, error) {
	r := &Relationship{ID: n.id()}
	for _, part := range []struct {
		name string
		to   *string
	}{{"subject", &r.Subject}, {"relationship", &r.Kind}, {"object", &r.Object}} {
		found, err := n.one(part.name)
		if err != nil {
			return nil, err
		}
		*part.to = found.id
	}
	return r, nil
}

// BuildRelationship makes the typed relationship for a plain one.
func BuildRelationship(r *Relationship) (gofed.Type, error) {
	b := begin("Relationship", r.ID)
	b.refs("subject", r.Subject)
	b.refs("relationship", r.Kind)
	b.refs("object", r.Object)
	return b.end()
}

// Friendship returns the relationship of friends that an activity is about, directly or as the
// object of an Offer in it; nil if it is about something else, or does not name two.
func (a *Activity) Friendship() *Relationship {
	if a.Inner != nil && a.Inner.Type == "Offer" {
		a = a.Inner
	}
	if a.Object == nil || a.Object.Relationship == nil {
		return nil
	}
	r := a.Object.Relationship
	if r.Kind != FriendOf || r.Subject == "" || r.Object == "" {
		return nil
	}
	return r
}

// Greeting returns the words of an Offer as they may be shown: plain text on lines, nothing that is
// invisible or turns text around, at most GreetingMax characters.
func (a *Activity) Greeting() string { return CleanGreeting(a.Content) }

// CleanGreeting is Greeting for a text that somebody typed.
func CleanGreeting(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r == unicode.ReplacementChar, unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, text)
	runes := []rune(strings.Join(strings.Fields(text), " "))
	return strings.TrimSpace(string(runes[:min(len(runes), GreetingMax)]))
}
