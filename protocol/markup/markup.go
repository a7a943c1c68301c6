// Package markup turns what people write into HTML, and what strangers send as HTML into HTML that
// is safe to show.
//
// Render is for text written here: plain, or with the few marks of Markdown that nobody types by
// accident (mask.go has the rules). It finds links, mentions and hashtags as Mastodon does and
// writes them as Mastodon does, so that other servers understand them. Sanitize is for HTML from
// elsewhere: only what its allow-list names comes out, well-formed, and what Render writes passes
// it unchanged. PlainText reads HTML back as a person would; Line cleans names; Length counts.
//
// Everything is pure and safe for concurrent use, and bounded in time by the length of its input.
//
// The invariant to remember: what a person types is what others read, to the letter, except for
// marks that took effect. Nothing that anybody types or sends becomes an element, an attribute or
// an address of another scheme than those listed in sanitize.go.
package markup

import (
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"tulou/protocol/ids"
)

// Format is how a source is read.
type Format string

// The formats, named by their media types.
const (
	Plain    Format = "text/plain"
	Markdown Format = "text/markdown"
)

// MarkdownBytesMax is the longest source in which Markdown is looked for; a longer one is rendered
// as plain text. Markdown's rules for emphasis take quadratic time in the worst case.
const MarkdownBytesMax = 64 << 10

// Mention is somebody who is mentioned.
type Mention struct {
	Handle ids.Handle // shown by its name
	Actor  string     // the actor's id
	URL    string     // the profile page that people open
}

// Post is a text ready to be shown and sent.
type Post struct {
	HTML     string
	Mentions []Mention // everybody once, in order
	Tags     []string  // every tag once as first written, without its sign; case does not matter
}

// Render makes a post of a source. resolve finds the person a handle means and is asked once for
// every handle; a handle that it does not know stays text. tagURL gives the page of a tag.
func Render(source string, format Format, resolve func(ids.Handle) (Mention, bool), tagURL func(name string) string) Post {
	w := newWriter(resolve, tagURL)
	source = strings.Trim(normalize(source), "\n")
	entities := scan(source)
	if format == Markdown && len(source) <= MarkdownBytesMax {
		if masked, pieces, ok := maskText(source, entities); ok {
			w.markdown(masked, pieces)
			return w.post
		}
	}
	w.plain(source, entities)
	return w.post
}

// RenderField makes one line of HTML without a paragraph of a value in somebody's profile. If the
// whole value is an address, its link says rel="me", by which other sites confirm that the profile
// is that of their owner.
func RenderField(value string, resolve func(ids.Handle) (Mention, bool), tagURL func(name string) string) string {
	w := newWriter(resolve, tagURL)
	value = Line(value)
	entities := scan(value)
	if len(entities) == 1 && entities[0].kind == linkEntity && entities[0].end == len(value) && entities[0].start == 0 {
		w.link(value, "me")
	} else {
		w.entities(value, entities)
	}
	w.finish()
	return w.post.HTML
}

// writer writes the HTML of one post.
type writer struct {
	resolve func(ids.Handle) (Mention, bool)
	tagURL  func(string) string
	known   map[ids.Handle]Mention // what resolve said; an empty URL means nobody
	tags    map[string]bool        // folded
	out     strings.Builder
	post    Post
	inLink  bool
}

func newWriter(resolve func(ids.Handle) (Mention, bool), tagURL func(string) string) *writer {
	return &writer{resolve: resolve, tagURL: tagURL, known: map[ids.Handle]Mention{}, tags: map[string]bool{}}
}

func (w *writer) finish() { w.post.HTML = w.out.String() }

// plain writes paragraphs, which blank lines separate, of lines.
func (w *writer) plain(source string, entities []entity) {
	defer w.finish()
	lines := strings.Split(source, "\n")
	offset, inside := 0, false
	for _, text := range lines {
		end := offset + len(text)
		var here []entity
		for len(entities) > 0 && entities[0].end <= end {
			e := entities[0]
			here = append(here, entity{e.kind, e.start - offset, e.end - offset})
			entities = entities[1:]
		}
		switch blank := strings.Trim(text, " \t") == ""; {
		case blank && inside:
			w.out.WriteString("</p>")
			inside = false
		case !blank && inside:
			w.out.WriteString("<br/>")
			w.entities(text, here)
		case !blank:
			w.out.WriteString("<p>")
			w.entities(text, here)
			inside = true
		}
		offset = end + 1
	}
	if inside {
		w.out.WriteString("</p>")
	}
}

// entities writes a text and the links in it.
func (w *writer) entities(source string, entities []entity) {
	at := 0
	for _, e := range entities {
		w.text(source[at:e.start])
		w.piece(piece{e.kind, source[e.start:e.end]})
		at = e.end
	}
	w.text(source[at:])
}

func (w *writer) text(text string) { w.out.WriteString(escape(text)) }

func (w *writer) piece(p piece) {
	switch {
	case w.inLink || p.kind == 0:
		w.text(p.text)
	case p.kind == linkEntity:
		w.link(p.text, "")
	case p.kind == mentionEntity:
		w.mention(p.text)
	case p.kind == tagEntity:
		w.tag(p.text)
	}
}

func (w *writer) link(address, rel string) {
	href, ok := cleanHref(address)
	if !ok {
		w.text(address)
		return
	}
	w.out.WriteString("<a" + linkAttributes(href, "", rel) + ` translate="no">`)
	w.out.WriteString(shortened(address))
	w.out.WriteString("</a>")
}

func (w *writer) mention(typed string) {
	found, rest, ok := w.find(typed)
	href, valid := cleanHref(found.URL)
	if !ok || !valid {
		w.text(typed)
		return
	}
	w.out.WriteString(`<span class="h-card" translate="no"><a` + linkAttributes(href, "u-url mention", ""))
	w.out.WriteString(">@<span>" + escape(found.Handle.Name) + "</span></a></span>")
	w.text(rest)
}

// find resolves a typed handle. Only test peers have ports in their handles, so what looks like one
// may also be a colon and a number of the sentence, which is then returned as rest.
func (w *writer) find(typed string) (found Mention, rest string, ok bool) {
	if found, ok = w.ask(typed); ok {
		return found, "", true
	}
	if i := strings.LastIndexByte(typed, ':'); i > 0 {
		found, ok = w.ask(typed[:i])
		return found, typed[i:], ok
	}
	return found, "", false
}

func (w *writer) ask(typed string) (Mention, bool) {
	handle, err := ids.ParseHandle(typed)
	if err != nil {
		return Mention{}, false
	}
	found, asked := w.known[handle]
	if !asked {
		if found, asked = w.resolve(handle); !asked {
			found = Mention{}
		}
		w.known[handle] = found
		if found.URL != "" && !contains(w.post.Mentions, found) {
			w.post.Mentions = append(w.post.Mentions, found)
		}
	}
	return found, found.URL != ""
}

func contains(list []Mention, one Mention) bool {
	for _, m := range list {
		if m.Actor == one.Actor {
			return true
		}
	}
	return false
}

func (w *writer) tag(typed string) {
	sign, name := typed[:1], typed[1:]
	if after, ok := strings.CutPrefix(typed, "＃"); ok {
		sign, name = "＃", after
	}
	href, ok := cleanHref(w.tagURL(name))
	if !ok {
		w.text(typed)
		return
	}
	if folded := strings.ToLower(name); !w.tags[folded] {
		w.tags[folded] = true
		w.post.Tags = append(w.post.Tags, name)
	}
	w.out.WriteString("<a" + linkAttributes(href, "mention hashtag", "tag") + ">")
	w.out.WriteString(sign + "<span>" + escape(name) + "</span></a>")
}

// newParser has only the marks that mask.go knows. There is nothing in it that passes HTML on.
func newParser() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewEmphasisParser(), 500),
			util.Prioritized(extension.NewStrikethroughParser(), 500),
		),
	)
}

func (w *writer) markdown(masked string, pieces []piece) {
	defer w.finish()
	source := []byte(masked)
	root := newParser().Parse(text.NewReader(source))
	m := markdownWriter{w, source, pieces}
	m.children(root)
}

// markdownWriter writes a Markdown tree, putting the hidden pieces back.
type markdownWriter struct {
	*writer
	source []byte
	pieces []piece
}

func (m markdownWriter) children(n ast.Node) {
	for child := n.FirstChild(); child != nil; child = child.NextSibling() {
		m.node(child)
	}
}

func (m markdownWriter) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.Paragraph:
		if n.Parent().Kind() == ast.KindListItem {
			m.children(n)
		} else {
			m.element("p", n)
		}
	case *ast.Blockquote:
		m.element("blockquote", n)
	case *ast.List:
		m.list(n)
	case *ast.ListItem:
		m.element("li", n)
	case *ast.FencedCodeBlock:
		m.codeBlock(n)
	case *ast.CodeSpan:
		m.out.WriteString("<code>")
		for child := n.FirstChild(); child != nil; child = child.NextSibling() {
			if t, ok := child.(*ast.Text); ok {
				m.raw(strings.ReplaceAll(string(t.Segment.Value(m.source)), "\n", " "))
			}
		}
		m.out.WriteString("</code>")
	case *ast.Emphasis:
		m.element([]string{"em", "strong"}[min(n.Level, 2)-1], n)
	case *extast.Strikethrough:
		m.element("del", n)
	case *ast.Link:
		m.label(n)
	case *ast.Text:
		m.unmask(string(n.Segment.Value(m.source)), m.piece)
		if n.SoftLineBreak() || n.HardLineBreak() {
			m.out.WriteString("<br/>")
		}
	default: // a text block, or what goldmark adds later: its text counts
		m.children(n)
	}
}

func (m markdownWriter) element(name string, n ast.Node) {
	m.out.WriteString("<" + name + ">")
	m.children(n)
	m.out.WriteString("</" + name + ">")
}

func (m markdownWriter) codeBlock(n *ast.FencedCodeBlock) {
	var code strings.Builder
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		code.Write(line.Value(m.source))
	}
	if shown := strings.Trim(code.String(), "\n"); strings.Trim(shown, " \n\t") != "" {
		m.out.WriteString("<pre><code>")
		m.raw(shown)
		m.out.WriteString("</code></pre>")
	}
}

func (m markdownWriter) list(n *ast.List) {
	if !n.IsOrdered() {
		m.element("ul", n)
		return
	}
	m.out.WriteString("<ol")
	if n.Start != 1 {
		m.out.WriteString(` start="` + strconv.Itoa(n.Start) + `"`)
	}
	m.out.WriteString(">")
	m.children(n)
	m.out.WriteString("</ol>")
}

// label writes a link with a label; its address is one piece, or the mask would have hidden it.
func (m markdownWriter) label(n *ast.Link) {
	address := ""
	m.unmask(string(n.Destination), func(p piece) { address += p.text })
	href, ok := cleanHref(address)
	if ok {
		m.out.WriteString("<a" + linkAttributes(href, "", "") + ">")
	}
	m.inLink = true
	m.children(n)
	m.inLink = false
	if ok {
		m.out.WriteString("</a>")
	}
}

// raw writes code, in which pieces are the text they were.
func (m markdownWriter) raw(masked string) { m.unmask(masked, func(p piece) { m.text(p.text) }) }

// unmask writes text and hands every piece in it to put.
func (m markdownWriter) unmask(masked string, put func(piece)) {
	at := 0
	for i, r := range masked {
		if r >= firstPiece {
			m.text(masked[at:i])
			put(m.pieces[r-firstPiece])
			at = i + len(string(r))
		}
	}
	m.text(masked[at:])
}
