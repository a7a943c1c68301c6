package markup

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"tulou/protocol/ids"
)

// linkRunes is how much of an address is shown before it is cut, after scheme and "www.", as in
// Mastodon. The host is always shown whole, so that its end cannot be hidden.
const linkRunes = 30

// hrefBytesMax bounds the address of a link.
const hrefBytesMax = 4096

// schemes is where links may lead: what a browser opens as a page, and Gemini's pages. Others start
// programs on the reader's machine.
var schemes = []string{"http", "https", "gemini"}

// cleanHref returns an address in the form in which it is written, ok false if it may not be
// linked: another scheme, no host, or user information, which serves only to pass for another host.
func cleanHref(address string) (href string, ok bool) {
	address = strings.ReplaceAll(strings.TrimSpace(address), " ", "%20")
	if len(address) > hrefBytesMax || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f || isBidi(r) }) {
		return "", false
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || !slices.Contains(schemes, u.Scheme) {
		return "", false
	}
	if strings.ContainsFunc(u.Host, func(r rune) bool { return r >= utf8.RuneSelf }) {
		if u.Host, err = ids.NormalizeHost(u.Host); err != nil {
			return "", false
		}
	}
	return u.String(), true
}

// QuoteLink is the paragraph that stands before a post which quotes another one, for programs that
// know no quotes: others leave it out by its class (FEP-044f). It is "" for an address that may not
// be linked.
func QuoteLink(address string) string {
	href, ok := cleanHref(address)
	if !ok {
		return ""
	}
	return `<p class="quote-inline">RE: <a` + linkAttributes(href, "", "") + `>` + shortened(href) + `</a></p>`
}

// linkAttributes is what stands in the start tag of every link. rel may name "me" or "tag" besides.
func linkAttributes(href, class, rel string) string {
	attributes := ` href="` + escape(href) + `"`
	if class != "" {
		attributes += ` class="` + class + `"`
	}
	if rel != "" {
		rel += " "
	}
	return attributes + ` rel="` + rel + `nofollow noopener noreferrer" target="_blank"`
}

// shortened is the text of a link that shows its own address: whole for whoever copies it or lacks
// our style sheet, and otherwise without its scheme and the rest of a long path.
func shortened(address string) string {
	head := strings.Index(address, "://") + len("://")
	if strings.HasPrefix(address[head:], "www.") {
		head += len("www.")
	}
	shown := address[head:]
	host := shown[:strings.IndexAny(shown+"/", "/?#")]
	cut, class := len(shown), ""
	if utf8.RuneCountInString(shown) > max(linkRunes, utf8.RuneCountInString(host)) {
		class = ` class="ellipsis"`
		cut = max(len(host), len(string([]rune(shown)[:linkRunes])))
	}
	text := `<span class="invisible">` + escape(address[:head]) + `</span>` +
		`<span` + class + `>` + escape(shown[:cut]) + `</span>`
	if cut < len(shown) {
		text += `<span class="invisible">` + escape(shown[cut:]) + `</span>`
	}
	return text
}
