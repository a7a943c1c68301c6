package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"tulou/protocol/ids"
)

// entity is a place in a text that becomes a link: what it is, and its bytes.
type entity struct {
	kind       entityKind
	start, end int
}

type entityKind int

const (
	linkEntity entityKind = iota + 1
	mentionEntity
	tagEntity
)

// scan finds links, mentions and hashtags in a text, in order and without overlap. What it takes
// for a name or a tag follows Mastodon, with one difference: a mention or tag may follow a letter
// of a script that is written without spaces, as in 看#标签.
func scan(text string) []entity {
	var found []entity
	before := ' '
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		e := entity{start: i}
		switch {
		case (r == 'h' || r == 'H') && (before == '_' || !isASCIIWord(before)) && before != '@' && before != '#':
			e.kind, e.end = linkEntity, i+linkLength(text[i:], before)
		case r == '@' && (before == '_' || !isWord(before)) && before != '/' && before != '=':
			e.kind, e.end = mentionEntity, i+mentionLength(text[i:])
		case (r == '#' || r == '＃') && !isWord(before) && !strings.ContainsRune("=/)&", before) && !endsTag(found, i):
			e.kind, e.end = tagEntity, i+tagLength(text[i:], size)
		}
		if e.end > i {
			found = append(found, e)
			i = e.end
			before, _ = utf8.DecodeLastRuneInString(text[:i])
			continue
		}
		before = r
		i += size
	}
	return found
}

// endsTag tells whether a tag ends at i: the second # of #标签# begins nothing.
func endsTag(found []entity, i int) bool {
	return len(found) > 0 && found[len(found)-1].kind == tagEntity && found[len(found)-1].end == i
}

func isASCIIWord(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// isWordRune tells whether r is part of words: letters, marks, digits and '_'.
func isWordRune(r rune) bool {
	return isASCIIWord(r) || r > unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.Is(unicode.Nd, r))
}

// isWord tells whether r joins the word after or before it.
func isWord(r rune) bool { return isWordRune(r) && !isSpaceless(r) }

// isSpaceless tells whether r belongs to a script that does not, or not always, put spaces between
// words, so that its letters are no sign of one long word.
func isSpaceless(r rune) bool {
	return r == 'ー' || r > unicode.MaxLatin1 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana,
		unicode.Hangul, unicode.Bopomofo, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// mentionLength returns the bytes of @name or @name@host[:port] at the start of text, or 0.
func mentionLength(text string) int {
	name := dotted(text[1:], isASCIIWord)
	if name == 0 {
		return 0
	}
	end := 1 + name
	if end == len(text) || text[end] != '@' {
		return end
	}
	host := hostLength(text[end+1:])
	if host == 0 {
		return end
	}
	end += 1 + host
	if rest := text[end:]; strings.HasPrefix(rest, ":") {
		if digits := len(rest) - 1 - len(strings.TrimLeft(rest[1:], "0123456789")); digits > 0 {
			end += 1 + digits
		}
	}
	return end
}

// hostLength returns the bytes of a host name at the start of text. A name that begins in a script
// with spaces ends before a letter of one without: in @ana@harbor.example你好 the host is clear.
func hostLength(text string) int {
	first, _ := utf8.DecodeRuneInString(text)
	return dotted(text, func(r rune) bool {
		return isWordRune(r) && r != '_' && (isSpaceless(first) || !isSpaceless(r))
	})
}

// dotted returns the bytes of words joined by dots and hyphens at the start of text.
func dotted(text string, word func(rune) bool) int {
	end := 0
	for i, r := range text {
		switch {
		case word(r):
			end = i + utf8.RuneLen(r)
		case (r == '.' || r == '-') && end > 0:
		default:
			return end
		}
	}
	return end
}

// tagLength returns the bytes of a hashtag at the start of text whose sign takes sign bytes, or 0.
// A tag is letters, marks, digits and '_', and inside also · ・ and the zero-width non-joiner; one
// of these has to be something else than a digit.
func tagLength(text string, sign int) int {
	end, telling := 0, false
	for i, r := range text[sign:] {
		separator := r == '·' || r == '・' || r == '\u200c'
		if !isWordRune(r) && (!separator || i == 0) {
			break
		}
		if !separator {
			end = sign + i + utf8.RuneLen(r)
		}
		telling = telling || !unicode.IsDigit(r)
	}
	if !telling {
		return 0
	}
	return end
}

// linkLength returns the bytes of an http(s) address at the start of text, or 0.
func linkLength(text string, before rune) int {
	text = text[:min(len(text), ids.IRIBytesMax+utf8.UTFMax)] // no need to look further
	head := 0
	for _, scheme := range []string{"https://", "http://"} {
		if len(text) > len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
			head = len(scheme)
		}
	}
	if head == 0 {
		return 0
	}
	end := head + hostLength(text[head:])
	if rest := text[end:]; strings.HasPrefix(rest, "[") { // an IPv6 literal
		end += strings.IndexByte(rest, ']') + 1
	}
	if end < len(text) && strings.IndexByte("/?#:", text[end]) >= 0 {
		end += strings.IndexFunc(text[end:]+" ", endsLink)
	}
	if end > ids.IRIBytesMax || strings.HasPrefix(text[end:], "@") { // user information
		return 0
	}
	end = trimLink(text[:end], before)
	if _, err := ids.ParseIRI(text[:end]); err != nil {
		return 0
	}
	return end
}

// endsLink tells whether r cannot be in an address: spaces, controls, delimiters (RFC 3986 app. C)
// and quotation marks and punctuation of scripts that put no space after an address.
func endsLink(r rune) bool {
	if r <= ' ' || r == 0x7f || unicode.IsSpace(r) || unicode.IsControl(r) || isBidi(r) {
		return true
	}
	return strings.ContainsRune("<>\"`\\“”‘’«»‹›「」『』【】《》〈〉〔〕（）［］｛｝、。，．；：！？…", r)
}

// trimLink returns the end of an address without the punctuation of the sentence around it.
func trimLink(text string, before rune) int {
	for {
		n := len(text)
		if n == 0 {
			return 0
		}
		switch last := text[n-1]; {
		case strings.IndexByte(".,;:!?'*", last) >= 0,
			last == ')' && strings.Count(text, ")") > strings.Count(text, "("),
			last == ']' && strings.Count(text, "]") > strings.Count(text, "["),
			last == '_' && before == '_',
			last == '~' && before == '~':
			text = text[:n-1]
		default:
			return n
		}
	}
}
