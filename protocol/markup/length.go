package markup

import (
	"strings"
	"unicode"
)

// linkCharacters is what every link counts, however long it is, as in Mastodon.
const linkCharacters = 23

// Length counts the characters of a source as Mastodon and its clients do: a link counts 23, a
// mention only its name with the sign, and everything else what people see as characters, so that
// a family emoji or a letter with marks is one.
func Length(source string) int {
	source = normalize(source)
	count, at := 0, 0
	for _, e := range scan(source) {
		count += characters(source[at:e.start])
		typed := source[e.start:e.end]
		switch e.kind {
		case linkEntity:
			count += linkCharacters
		case mentionEntity:
			name, _, _ := strings.Cut(typed[1:], "@")
			count += 1 + len(name)
		default:
			count += characters(typed)
		}
		at = e.end
	}
	return count + characters(source[at:])
}

// characters counts grapheme clusters by the rules of UAX #29 that matter in practice: marks, emoji
// sequences, flags and Hangul syllables.
func characters(text string) int {
	count := 0
	before, joins, flags := rune(0), false, 0
	for _, r := range text {
		flag := r >= '\U0001F1E6' && r <= '\U0001F1FF'
		switch {
		case before == 0, before == '\n' || r == '\n':
			count++
		case extends(r), joins && isPictograph(r), isHangulPart(before, r):
		case flag && flags%2 == 1:
		default:
			count++
		}
		if flags++; !flag {
			flags = 0
		}
		joins = r == '\u200d'
		before = r
	}
	return count
}

// extends tells whether r belongs to the character before it: marks, joiners, variation selectors,
// skin tones, tags of subdivision flags.
func extends(r rune) bool {
	return r > unicode.MaxLatin1 && (unicode.IsMark(r) || r == '\u200c' || r == '\u200d' ||
		r >= '\U0001F3FB' && r <= '\U0001F3FF' || r >= '\U000E0020' && r <= '\U000E007F')
}

// isPictograph tells whether r joins an emoji sequence after a zero-width joiner.
func isPictograph(r rune) bool {
	return unicode.Is(unicode.So, r) || r >= '\U0001F000' && r <= '\U0001FAFF'
}

// isHangulPart tells whether r completes a syllable of conjoining letters (UAX #29 GB6 to GB8).
func isHangulPart(before, r rune) bool {
	lead := before >= 0x1100 && before <= 0x115f
	vowel := before >= 0x1160 && before <= 0x11a7
	tail := before >= 0x11a8 && before <= 0x11ff
	syllable := before >= 0xac00 && before <= 0xd7a3
	switch {
	case r >= 0x1100 && r <= 0x115f, r >= 0xac00 && r <= 0xd7a3:
		return lead
	case r >= 0x1160 && r <= 0x11a7:
		return lead || vowel || syllable && (before-0xac00)%28 == 0
	case r >= 0x11a8 && r <= 0x11ff:
		return vowel || tail || syllable
	}
	return false
}
