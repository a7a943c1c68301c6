package markup

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	// HTMLBytesMax is how much of a stranger's HTML is read. Long articles are under 200 KiB; the
	// worst HTML of this length takes half a second.
	HTMLBytesMax = 256 << 10

	// depthMax is how deep elements are nested in what comes out; deeper ones lose their tags and
	// keep their text. Quotes within lists within quotes need about six.
	depthMax = 16
)

// The elements that come out. Those of block stand in paragraphs' place, those of inline within.
// Headings become bold paragraphs, since a post must not shape the outline of the page it is in.
var (
	block  = atoms(atom.P, atom.Pre, atom.Blockquote, atom.Ul, atom.Ol, atom.Li)
	inline = atoms(atom.A, atom.B, atom.Br, atom.Code, atom.Del, atom.Em, atom.I, atom.Rp, atom.Rt, atom.Ruby,
		atom.S, atom.Span, atom.Strong, atom.Sub, atom.Sup, atom.U)
	headings = atoms(atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6)

	// paragraphs are other elements whose content stands apart from what is around it.
	paragraphs = atoms(atom.Address, atom.Article, atom.Aside, atom.Body, atom.Center, atom.Dd, atom.Details, atom.Div,
		atom.Dl, atom.Dt, atom.Fieldset, atom.Figcaption, atom.Figure, atom.Footer, atom.Form, atom.Header, atom.Hgroup,
		atom.Hr, atom.Main, atom.Nav, atom.Section, atom.Summary, atom.Table, atom.Tbody, atom.Tfoot, atom.Thead, atom.Tr)

	// dropped are elements that go with all that is in them. Everything of SVG and MathML does, too:
	// where HTML ends inside them is what parsers disagree about.
	dropped = atoms(atom.Applet, atom.Audio, atom.Button, atom.Canvas, atom.Embed, atom.Frame, atom.Frameset, atom.Head,
		atom.Iframe, atom.Input, atom.Math, atom.Meta, atom.Link, atom.Noembed, atom.Noframes, atom.Noscript, atom.Object,
		atom.Option, atom.Plaintext, atom.Script, atom.Select, atom.Style, atom.Svg, atom.Template, atom.Textarea,
		atom.Title, atom.Video, atom.Xmp)

	classes = []string{"mention", "u-url", "h-card", "hashtag", "invisible", "ellipsis", "quote-inline"}

	languagePattern = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$`)
	numberValue     = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`)
)

func atoms(list ...atom.Atom) map[atom.Atom]bool {
	set := make(map[atom.Atom]bool, len(list))
	for _, a := range list {
		set[a] = true
	}
	return set
}

// policy is the allow-list in the words of a second, independent sanitizer, through which all that
// Sanitize writes goes at last: a mistake in one of them is no hole yet.
var policy = newPolicy()

func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	for _, set := range []map[atom.Atom]bool{block, inline} {
		for a := range set {
			p.AllowElements(a.String())
		}
	}
	p.AllowNoAttrs().OnElements("span")
	p.AllowURLSchemes(schemes...)
	p.RequireParseableURLs(true)
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("target").Matching(regexp.MustCompile(`^_blank$`)).OnElements("a")
	p.AllowAttrs("rel").Matching(regexp.MustCompile(`^((me|tag) )*nofollow noopener noreferrer$`)).OnElements("a")
	p.AllowAttrs("translate").Matching(regexp.MustCompile(`^no$`)).OnElements("a", "span")
	p.AllowAttrs("lang").Matching(languagePattern).OnElements("p", "span")
	p.AllowAttrs("start").Matching(numberValue).OnElements("ol")
	class := strings.Join(classes, "|")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(`+class+`)( (`+class+`))*$`)).OnElements("a", "p", "span")
	return p
}

// Sanitize returns the part of a stranger's HTML that may be shown: about twenty elements, balanced
// and nested as browsers do, links to http, https and gemini, the classes that other servers give
// meaning to. Everything else loses its tags and keeps its text, or goes with its content where
// that is no text for people. Links open elsewhere and tell nothing. Sanitizing twice is the same
// as once.
func Sanitize(source string) string {
	source = strings.ToValidUTF8(source, "\ufffd")
	if len(source) > HTMLBytesMax {
		source = strings.ToValidUTF8(source[:HTMLBytesMax], "")
	}
	body := &html.Node{Type: html.ElementNode, DataAtom: atom.Body, Data: "body"}
	nodes, err := html.ParseFragment(strings.NewReader(source), body)
	if err != nil { // nested deeper than the parser goes along with: an attack
		return ""
	}
	for _, n := range nodes {
		body.AppendChild(n)
	}
	s := sanitizer{hasBlock: map[*html.Node]bool{}, fresh: true}
	s.survey(body)
	s.flow(body, false)
	return quoted(policy.Sanitize(string(s.out)))
}

// sanitizer writes a tree anew. Blocks are only ever written in blocks, so that what it writes is
// parsed again into the same tree.
type sanitizer struct {
	out      []byte
	hasBlock map[*html.Node]bool
	depth    int
	inLink   bool
	inPre    bool
	fresh    bool // nothing was written yet in the innermost block
	pending  bool // a line break is due before the next text
}

// survey notes, for elements without a place of their own, whether there is a block inside.
func (s *sanitizer) survey(n *html.Node) bool {
	found := false
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode && !drops(c) {
			inside := s.survey(c)
			found = found || inside || isBlockElement(c)
		}
	}
	s.hasBlock[n] = found
	return found
}

func drops(n *html.Node) bool { return dropped[n.DataAtom] || n.Namespace != "" }

func isBlockElement(n *html.Node) bool {
	return block[n.DataAtom] || headings[n.DataAtom] || paragraphs[n.DataAtom]
}

// standsApart tells whether a node is written as one or more blocks.
func (s *sanitizer) standsApart(n *html.Node) bool {
	if n.Type != html.ElementNode || drops(n) {
		return false
	}
	return isBlockElement(n) || !inline[n.DataAtom] && s.hasBlock[n]
}

// flow writes the children of a block that may hold blocks. Where there are some, or wrap says so,
// what stands between them becomes paragraphs.
func (s *sanitizer) flow(n *html.Node, wrap bool) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		wrap = wrap || s.standsApart(c)
	}
	if !wrap {
		s.inlines(n)
		return
	}
	for c := n.FirstChild; c != nil; {
		if s.standsApart(c) {
			s.block(c)
			c = c.NextSibling
			continue
		}
		next := c
		for next != nil && !s.standsApart(next) {
			next = next.NextSibling
		}
		s.element("p", "", func() {
			for ; c != next; c = c.NextSibling {
				s.inline(c)
			}
		})
	}
}

// block writes an element that stands apart.
func (s *sanitizer) block(n *html.Node) {
	switch {
	case n.DataAtom == atom.P:
		s.element("p", classOf(n, atom.P)+language(n), func() { s.inlines(n) })
	case headings[n.DataAtom]:
		s.element("p", "", func() { s.wrap("strong", "", func() { s.inlines(n) }) })
	case n.DataAtom == atom.Pre:
		s.inPre = true
		s.element("pre", "", func() { s.inlines(n) })
		s.inPre = false
	case n.DataAtom == atom.Blockquote:
		s.element("blockquote", "", func() { s.flow(n, false) })
	case n.DataAtom == atom.Ul:
		s.element("ul", "", func() { s.items(n) })
	case n.DataAtom == atom.Ol:
		start := attribute(n, "start")
		if numberValue.MatchString(start) && start != "1" {
			start = ` start="` + start + `"`
		} else {
			start = ""
		}
		s.element("ol", start, func() { s.items(n) })
	default:
		s.flow(n, true)
	}
}

// items writes the children of a list; whatever is not an item becomes one.
func (s *sanitizer) items(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.DataAtom == atom.Li:
			s.element("li", "", func() { s.flow(c, false) })
		case s.standsApart(c):
			s.element("li", "", func() { s.block(c) })
		default:
			s.element("li", "", func() { s.inline(c) })
		}
	}
}

// element writes a block around content, and nothing at all if there is no text in it.
func (s *sanitizer) element(name, attributes string, content func()) {
	if s.depth >= depthMax {
		s.pending = true
		content()
		s.pending = true
		return
	}
	mark := len(s.out)
	s.fresh, s.pending = true, false
	s.depth++
	s.out = append(s.out, "<"+name+attributes+">"...)
	inner := len(s.out)
	content()
	s.depth--
	if len(bytes.Trim(s.out[inner:], " \n\t")) == 0 {
		s.out = s.out[:mark]
	} else {
		s.out = append(s.out, "</"+name+">"...)
	}
	s.fresh, s.pending = true, false
}

func (s *sanitizer) inlines(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		s.inline(c)
	}
}

// inline writes a node within a line. Blocks lose their tags here and get a line of their own.
func (s *sanitizer) inline(n *html.Node) {
	switch {
	case n.Type == html.TextNode:
		s.text(n.Data)
	case n.Type != html.ElementNode || drops(n):
	case n.DataAtom == atom.Img: // emoji are pictures on some blogs
		s.text(attribute(n, "alt"))
	case n.DataAtom == atom.Br:
		s.out = append(s.out, "<br/>"...)
		s.pending = false
	case isBlockElement(n):
		s.pending = true
		s.inlines(n)
		s.pending = true
	case n.DataAtom == atom.Td || n.DataAtom == atom.Th:
		s.inlines(n)
		s.text(" ")
	case n.DataAtom == atom.A:
		s.link(n)
	case !inline[n.DataAtom] || (n.DataAtom == atom.Rt || n.DataAtom == atom.Rp) && !isRuby(n.Parent):
		s.inlines(n)
	default:
		attributes := ""
		if n.DataAtom == atom.Span {
			attributes = classOf(n, atom.Span) + language(n) + untranslated(n)
		}
		s.wrap(n.Data, attributes, func() { s.inlines(n) })
	}
}

func isRuby(n *html.Node) bool { return n != nil && n.DataAtom == atom.Ruby }

// wrap writes an element within a line.
func (s *sanitizer) wrap(name, attributes string, content func()) {
	if s.depth >= depthMax {
		content()
		return
	}
	s.breakLine()
	mark := len(s.out)
	s.out = append(s.out, "<"+name+attributes+">"...)
	inner := len(s.out)
	s.depth++
	content()
	s.depth--
	if len(s.out) == inner {
		s.out = s.out[:mark]
		return
	}
	s.out = append(s.out, "</"+name+">"...)
}

// breakLine writes the line break that is due, if anything stands before it.
func (s *sanitizer) breakLine() {
	if s.pending && !s.fresh {
		s.out = append(s.out, "<br/>"...)
	}
	s.pending = false
}

func (s *sanitizer) text(text string) {
	text = normalize(text)
	blank := strings.Trim(text, " \n\t") == ""
	if blank && !s.inPre && (s.pending || s.fresh && strings.Contains(text, "\n")) {
		return // the indentation of the source
	}
	if s.inLink {
		text = strings.Map(withoutBidi, text)
	}
	if !s.inPre {
		text = strings.ReplaceAll(text, "\n", " ")
	} else if s.fresh {
		text = strings.TrimLeft(text, "\n") // a parser would drop the first
	}
	if text == "" {
		return
	}
	s.breakLine()
	s.out = append(s.out, escape(text)...)
	s.fresh = s.fresh && blank
}

// link writes a link with its text, or the text alone if it may not lead there.
func (s *sanitizer) link(n *html.Node) {
	href, ok := cleanHref(attribute(n, "href"))
	if !ok || s.inLink {
		s.inlines(n)
		return
	}
	attributes := linkAttributes(href, classList(n, atom.A), relOf(n)) + untranslated(n)
	s.inLink = true
	s.wrap("a", attributes, func() {
		if shown := strings.TrimSpace(textOf(n)); hides(n) && sameAddress(shown, href) && s.depth < depthMax {
			s.out = append(s.out, shortened(shown)...)
			s.fresh = false
		} else {
			s.inlines(n)
		}
	})
	s.inLink = false
}
