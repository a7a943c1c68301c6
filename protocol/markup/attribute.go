package markup

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

// classList returns the classes of an element that have a meaning on it, without repetition. Parts
// of a text are never hidden or shortened by a stranger's word: see hides.
func classList(n *html.Node, on atom.Atom) string {
	var kept []string
	for _, class := range strings.Fields(attribute(n, "class")) {
		allowed := slices.Contains(classes, class) && class != "invisible" && class != "ellipsis"
		if on == atom.P {
			allowed = class == "quote-inline"
		}
		if allowed && !slices.Contains(kept, class) {
			kept = append(kept, class)
		}
	}
	return strings.Join(kept, " ")
}

func classOf(n *html.Node, on atom.Atom) string {
	if list := classList(n, on); list != "" {
		return ` class="` + list + `"`
	}
	return ""
}

func language(n *html.Node) string {
	if lang := attribute(n, "lang"); languagePattern.MatchString(lang) {
		return ` lang="` + lang + `"`
	}
	return ""
}

func untranslated(n *html.Node) string {
	if attribute(n, "translate") == "no" {
		return ` translate="no"`
	}
	return ""
}

// relOf keeps what other software reads: "me" for profiles and "tag" for hashtags.
func relOf(n *html.Node) string {
	var kept []string
	given := strings.Fields(attribute(n, "rel"))
	for _, rel := range []string{"me", "tag"} {
		if slices.Contains(given, rel) {
			kept = append(kept, rel)
		}
	}
	return strings.Join(kept, " ")
}

// hides tells whether parts of a link's text are to be hidden. That is believed only if the text is
// the address, and then done anew: otherwise a link could show one host and lead to another.
func hides(n *html.Node) bool {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		list := strings.Fields(attribute(c, "class"))
		if slices.Contains(list, "invisible") || slices.Contains(list, "ellipsis") || hides(c) {
			return true
		}
	}
	return false
}

// textOf returns all text inside a node as it will be shown within a link.
func textOf(n *html.Node) string {
	var text strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			text.WriteString(strings.Map(withoutBidi, normalize(d.Data)))
		}
	}
	return text.String()
}

func withoutBidi(r rune) rune {
	if isBidi(r) {
		return -1
	}
	return r
}

// sameAddress tells whether a text is an address that leads to href.
func sameAddress(text, href string) bool {
	cleaned, ok := cleanHref(text)
	if !ok || strings.ContainsAny(text, " \n\t") {
		return false
	}
	a, errA := url.PathUnescape(cleaned)
	b, errB := url.PathUnescape(href)
	return cleaned == href || errA == nil && errB == nil && a == b
}
