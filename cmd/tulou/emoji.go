package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"tulou/node"
	"tulou/protocol/fault"
)

type emojiCmd struct {
	Add    emojiAdd    `cmd:"" help:"Add a custom emoji."`
	List   emojiList   `cmd:"" help:"List the custom emoji of the node."`
	Remove emojiRemove `cmd:"" help:"Remove a custom emoji; posts then show its shortcode."`
}

// Help is what 'tulou emoji --help' teaches.
func (c *emojiCmd) Help() string {
	return `Custom emoji are small pictures that people write as :shortcode:. They are PNG, GIF, WebP or JPEG of at most 256 KB and 512 pixels on a side. A running node notices within two seconds.

Examples:

    tulou emoji add --shortcode wave --file wave.png --category Hello
    tulou emoji remove --shortcode wave`
}

// emojiLine is an emoji as scripts read it.
type emojiLine struct {
	Shortcode string `json:"shortcode"`
	Category  string `json:"category,omitempty"`
	URL       string `json:"url,omitempty"`
	Removed   bool   `json:"removed,omitempty"`
}

type emojiAdd struct {
	beside
	Shortcode string `name:"shortcode" required:"" placeholder:"NAME" help:"What people write between colons: letters, digits and _."`
	File      string `name:"file" required:"" placeholder:"FILE" help:"The picture."`
	Category  string `name:"category" placeholder:"NAME" help:"Under what apps list it."`
	JSON      bool   `name:"json" help:"Print one JSON object."`
}

// Run adds an emoji.
func (c *emojiAdd) Run(ctx context.Context, p *program) error {
	file, err := os.Open(c.File)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "the file %s cannot be read", c.File)
	}
	defer file.Close()
	return c.use(ctx, p, func(n *node.Node) error {
		made, err := n.AddEmoji(ctx, c.Shortcode, c.Category, file)
		if err != nil {
			return err
		}
		return p.tell(c.JSON, emojiLine{Shortcode: made.Shortcode, Category: made.Category, URL: made.URL}, ":%s: is there.\n", made.Shortcode)
	})
}

type emojiRemove struct {
	beside
	Shortcode string `name:"shortcode" required:"" placeholder:"NAME" help:"What people write between colons."`
	JSON      bool   `name:"json" help:"Print one JSON object."`
}

// Run removes an emoji.
func (c *emojiRemove) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		gone, err := n.RemoveEmoji(ctx, c.Shortcode)
		if err != nil {
			return err
		}
		return p.tell(c.JSON, emojiLine{Shortcode: gone.Shortcode, Removed: true}, ":%s: is gone.\n", gone.Shortcode)
	})
}

type emojiList struct {
	beside
	JSON bool `name:"json" help:"Print one JSON object for each emoji."`
}

// Run lists the emoji.
func (c *emojiList) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		all, err := n.Emojis(ctx)
		if err != nil {
			return err
		}
		return listEmojis(p, all, c.JSON)
	})
}

func listEmojis(p *program, all []node.Emoji, asJSON bool) error {
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, e := range all {
		if asJSON {
			if err := p.json(emojiLine{Shortcode: e.Shortcode, Category: e.Category, URL: e.URL}); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(table, ":%s:\t%s\t%s\n", e.Shortcode, e.Category, e.URL)
	}
	return table.Flush()
}
