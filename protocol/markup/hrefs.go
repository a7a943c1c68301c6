package markup

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Hrefs returns where the links of safe HTML lead that stand for themselves, in order: not those
// of mentions and hashtags, nor that to a quoted post, which are told apart by their classes.
func Hrefs(source string) (hrefs []string) {
	if !strings.Contains(source, "<a ") {
		return nil
	}
	quote := 0 // elements open within one that leads to a quoted post
	for z := html.NewTokenizer(strings.NewReader(source)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			return hrefs
		}
		token := z.Token()
		switch {
		case kind == html.EndTagToken && quote > 0:
			quote--
		case kind != html.StartTagToken:
		case quote > 0 && token.DataAtom != atom.Br, hasClass(token, "quote-inline"):
			quote++
		case token.DataAtom == atom.A && quote == 0 && !hasClass(token, "mention", "hashtag", "u-url"):
			if href := attributeOf(token, "href"); href != "" {
				hrefs = append(hrefs, href)
			}
		}
	}
}

func hasClass(token html.Token, names ...string) bool {
	for class := range strings.FieldsSeq(attributeOf(token, "class")) {
		if slices.Contains(names, class) {
			return true
		}
	}
	return false
}

func attributeOf(token html.Token, name string) string {
	for _, a := range token.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
