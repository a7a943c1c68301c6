package markup

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// PlainText returns what a person reads in HTML, a stranger's or our own: paragraphs apart by a
// blank line, "- " and numbers before list items, "> " before quoted lines, addresses in full. Of
// what Render wrote it is the text that was typed, without the marks that took effect.
func PlainText(source string) string {
	body := &html.Node{Type: html.ElementNode, DataAtom: atom.Body, Data: "body"}
	nodes, err := html.ParseFragment(strings.NewReader(Sanitize(source)), body)
	if err != nil {
		return ""
	}
	for _, n := range nodes {
		body.AppendChild(n)
	}
	return strings.Join(readBlocks(body), "\n\n")
}

// readBlocks returns the text of each block in n, whose text outside blocks is a block, too.
func readBlocks(n *html.Node) []string {
	var blocks []string
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			blocks = append(blocks, text.String())
			text.Reset()
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.DataAtom {
		case atom.P, atom.Pre:
			flush()
			readInline(c, &text)
			flush()
		case atom.Blockquote:
			flush()
			quoted := strings.ReplaceAll(strings.Join(readBlocks(c), "\n\n"), "\n", "\n> ")
			blocks = append(blocks, strings.ReplaceAll("> "+quoted, "> \n", ">\n"))
		case atom.Ul, atom.Ol:
			flush()
			blocks = append(blocks, strings.Join(readItems(c), "\n"))
		default:
			readNode(c, &text)
		}
	}
	flush()
	return blocks
}

func readItems(list *html.Node) []string {
	var items []string
	number, err := strconv.Atoi(attribute(list, "start"))
	if err != nil {
		number = 1
	}
	for item := range list.ChildNodes() {
		mark := "- "
		if list.DataAtom == atom.Ol {
			mark = strconv.Itoa(number) + ". "
			number++
		}
		indent := "\n" + strings.Repeat(" ", len(mark))
		items = append(items, mark+strings.ReplaceAll(strings.Join(readBlocks(item), "\n"), "\n", indent))
	}
	return items
}

func readInline(n *html.Node, text *strings.Builder) {
	for c := range n.ChildNodes() {
		readNode(c, text)
	}
}

func readNode(n *html.Node, text *strings.Builder) {
	switch {
	case n.Type == html.TextNode:
		text.WriteString(n.Data)
	case n.DataAtom == atom.Br:
		text.WriteByte('\n')
	default:
		readInline(n, text)
	}
}
