package markup

import (
	"html"
	"strings"
	"unicode"
)

// isBidi tells whether r controls the direction of text without being seen.
func isBidi(r rune) bool {
	switch r {
	case '\u061c', '\u200e', '\u200f': // marks
		return true
	}
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' // embeddings, overrides, isolates
}

// isOverride tells whether r makes letters run against their own direction, which no honest text
// needs: it is used to disguise names and addresses. The other controls have a place in Arabic and
// Hebrew prose and stay there.
func isOverride(r rune) bool { return r == '\u202d' || r == '\u202e' }

// normalize makes line ends "\n", spaces of tabs inside a line, and removes what no text shows:
// control characters and direction overrides. Invalid UTF-8 becomes U+FFFD.
func normalize(text string) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) || isOverride(r) {
			return -1
		}
		return r
	}, text)
}

// Line cleans a name, a title or another text of one line that a stranger wrote as plain text:
// control and direction characters go, and any white space becomes one space. It does not escape;
// the result is text and not HTML.
func Line(text string) string {
	text = strings.Map(withoutBidi, strings.ReplaceAll(normalize(text), "\n", " "))
	return strings.Join(strings.Fields(text), " ")
}

// escape writes text as HTML. Quotation marks become &quot;, as in Mastodon, since there are
// clients that know the five named and numbered references of XML alone.
func escape(text string) string { return quoted(html.EscapeString(text)) }

// quoted replaces one spelling of a quotation mark in HTML by another of the same meaning.
func quoted(source string) string { return strings.ReplaceAll(source, "&#34;", "&quot;") }
