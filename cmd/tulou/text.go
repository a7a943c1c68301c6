package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"tulou/node"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

type textCmd struct {
	Set  textSet  `cmd:"" help:"Say something about the node, or take it back."`
	List textList `cmd:"" help:"List what is said about the node."`
}

// Help is what 'tulou text --help' teaches.
func (c *textCmd) Help() string {
	return `What people read about a node before they join it. title, description, contact (the name of somebody of the node) and email are one line of plain text; about, privacy and terms are Markdown. Terms hold from a day on. An empty one, --text "", takes back what was said. A running node shows it at once.

Examples:

    tulou text set title --text "The harbor"
    tulou text set about --file about.md
    tulou text set terms --file terms.md --from 2027-01-01`
}

// source says where a text comes from.
type source struct {
	Text *string `name:"text" placeholder:"TEXT" xor:"source" help:"The text itself; \"\" takes back what was said."`
	File string  `name:"file" placeholder:"FILE" xor:"source" help:"A file with the text; - for standard input."`
}

// textFileMax bounds what is read; longer texts are refused anyway.
const textFileMax = 1 << 20

// read returns the text. Somebody who names no source may have meant to read, not to take back.
func (s source) read(p *program) (string, error) {
	switch {
	case s.Text != nil:
		return *s.Text, nil
	case s.File == "":
		return "", fault.New(fault.Invalid, `say the text with --text or --file; --text "" takes back what was said, 'tulou text list' shows it`)
	}
	from := p.stdin
	if s.File != "-" {
		file, err := os.Open(s.File)
		if err != nil {
			return "", fault.Wrap(err, fault.Invalid, "the file %s cannot be read", s.File)
		}
		defer file.Close()
		from = file
	}
	body, err := io.ReadAll(io.LimitReader(from, textFileMax))
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "the file %s cannot be read", s.File)
	}
	return string(body), nil
}

type textSet struct {
	beside
	source
	Name string `arg:"" help:"title, description, contact, email, about, privacy or terms."`
	From string `name:"from" placeholder:"DAY" help:"The day from which on terms hold: 2027-01-01. Default: today."`
}

// Run says something.
func (c *textSet) Run(ctx context.Context, p *program) error {
	body, err := c.read(p)
	if err != nil {
		return err
	}
	return c.use(ctx, p, func(n *node.Node) error {
		if err := n.SetText(ctx, c.Name, body, c.From); err != nil {
			return err
		}
		said := "is said"
		if strings.TrimSpace(body) == "" {
			said = "is taken back"
		}
		_, err := fmt.Fprintf(p.stdout, "%s %s.\n", c.Name, said)
		return err
	})
}

type textList struct {
	beside
	JSON bool `name:"json" help:"Print one JSON object for each text, whole."`
}

// textLine is a text as scripts read it.
type textLine struct {
	Name string `json:"name"`
	From string `json:"from,omitempty"`
	Text string `json:"text"`
}

// Run lists the texts, by their beginnings.
func (c *textList) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		all, err := n.Texts(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		for _, t := range all {
			if c.JSON {
				if err := p.json(textLine{t.Name, t.EffectiveOn, t.Body}); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(table, "%s\t%s\t%s\n", t.Name, t.EffectiveOn, beginning(t.Body))
		}
		return table.Flush()
	})
}

// beginningRunes is how much of a text a line of a list has room for.
const beginningRunes = 60

// beginning returns the first words of a text, on one line.
func beginning(text string) string {
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > beginningRunes {
		return string(line[:beginningRunes-1]) + "…"
	}
	return string(line)
}

type ruleCmd struct {
	Add    ruleAdd    `cmd:"" help:"Add a rule after the others."`
	List   ruleList   `cmd:"" help:"List the rules of the node."`
	Remove ruleRemove `cmd:"" help:"Take a rule back."`
}

// Help is what 'tulou rule --help' teaches.
func (c *ruleCmd) Help() string {
	return `Rules are what people of the node agree to, one sentence each. Reports can name them.

Examples:

    tulou rule add "Be kind." --hint "Also when others are not."
    tulou rule remove 7529536295052251136`
}

// ruleLine is a rule as scripts read it.
type ruleLine struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	Hint string `json:"hint,omitempty"`
}

type ruleAdd struct {
	beside
	Text string `arg:"" help:"The rule."`
	Hint string `name:"hint" placeholder:"TEXT" help:"More about it."`
	JSON bool   `name:"json" help:"Print one JSON object."`
}

// Run adds a rule.
func (c *ruleAdd) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		rule, err := n.AddRule(ctx, c.Text, c.Hint)
		if err != nil {
			return err
		}
		return p.tell(c.JSON, ruleLine{ids.Format(rule.ID), rule.Body, rule.Hint}, "This is rule %s.\n", ids.Format(rule.ID))
	})
}

type ruleList struct {
	beside
	JSON bool `name:"json" help:"Print one JSON object for each rule."`
}

// Run lists the rules.
func (c *ruleList) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		rules, err := n.Rules(ctx)
		if err != nil {
			return err
		}
		for _, r := range rules {
			if c.JSON {
				err = p.json(ruleLine{ids.Format(r.ID), r.Body, r.Hint})
			} else {
				_, err = fmt.Fprintf(p.stdout, "%s  %s\n", ids.Format(r.ID), r.Body)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

type ruleRemove struct {
	beside
	ID string `arg:"" help:"The id that 'tulou rule list' shows."`
}

// Run takes a rule back.
func (c *ruleRemove) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		if err := n.RemoveRule(ctx, c.ID); err != nil {
			return err
		}
		_, err := fmt.Fprintf(p.stdout, "Rule %s does not hold any more.\n", c.ID)
		return err
	})
}
