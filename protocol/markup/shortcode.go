package markup

import "slices"

// Custom emoji stand in a text as :shortcode:. Their pictures are told beside the text.
const (
	// ShortcodeMin and ShortcodeMax bound the letters of a shortcode. Mastodon finds none of a
	// single letter, and no server is known to have one of more than 60.
	ShortcodeMin = 2
	ShortcodeMax = 100
	// ShortcodesMax is how many different ones are looked for in one post or profile.
	ShortcodesMax = 64
)

// ValidShortcode tells whether a text can be the shortcode of a custom emoji: letters and digits
// of ASCII and "_", as on Mastodon.
func ValidShortcode(code string) bool {
	if len(code) < ShortcodeMin || len(code) > ShortcodeMax {
		return false
	}
	for i := range len(code) {
		if !isCode(code[i]) {
			return false
		}
	}
	return true
}

func isCode(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// Shortcodes returns what stands between colons in texts, plain or HTML, and may be a shortcode:
// each once, in order, at most ShortcodesMax. A colon right behind a letter or a colon begins none
// ("10:30:15", "std::vector::at").
func Shortcodes(texts ...string) (codes []string) {
	for _, text := range texts {
		start := -1 // behind the colon that may begin one
		for i := range len(text) {
			c := text[i]
			if c != ':' {
				if !isCode(c) {
					start = -1
				}
				continue
			}
			if start >= 0 && ValidShortcode(text[start:i]) {
				if code := text[start:i]; !slices.Contains(codes, code) {
					codes = append(codes, code)
				}
				if len(codes) == ShortcodesMax {
					return codes
				}
				start = -1
				continue
			}
			start = -1
			if i == 0 || text[i-1] != ':' && !isLetter(text[i-1]) {
				start = i + 1
			}
		}
	}
	return codes
}

// isLetter takes bytes of other scripts for letters of none: emoji follow Chinese without a space.
func isLetter(c byte) bool { return isCode(c) && c != '_' }
