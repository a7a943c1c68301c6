package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tulou/node"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

type reportCmd struct {
	List    reportList    `cmd:"" help:"List the reports that nobody has resolved."`
	Resolve reportResolve `cmd:"" help:"Close a report."`
}

// Help is what 'tulou report --help' teaches.
func (c *reportCmd) Help() string {
	return `Reports are complaints: of people of the node, and of other servers about them. What to do about one is up to you: suspend somebody ('tulou user suspend'), block a domain ('tulou domain block'), or nothing.

Examples:

    tulou report list
    tulou report resolve 7529536295052251136 --note "talked to ana"`
}

// reportLine is a report as scripts read it.
type reportLine struct {
	ID        string   `json:"id"`
	By        string   `json:"by"`
	About     string   `json:"about"`
	Category  string   `json:"category"`
	Comment   string   `json:"comment"`
	Posts     []string `json:"posts,omitempty"`
	Rules     []string `json:"rules,omitempty"`
	Forwarded bool     `json:"forwarded,omitempty"`
	CreatedAt string   `json:"created_at"`
	Resolved  string   `json:"resolved_at,omitempty"`
	Note      string   `json:"note,omitempty"`
}

type reportList struct {
	beside
	All  bool `name:"all" help:"Also those that are resolved."`
	JSON bool `name:"json" help:"Print one JSON object for each report."`
}

// Run lists reports, newest first.
func (c *reportList) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		reports, err := n.Reports(ctx, !c.All)
		if err != nil {
			return err
		}
		for _, r := range reports {
			if c.JSON {
				err = p.json(lineOf(r))
			} else {
				err = printReport(p, r)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func lineOf(r node.Report) reportLine {
	line := reportLine{ID: ids.Format(r.ID), By: r.By, About: r.About, Category: r.Category, Comment: r.Comment,
		Posts: r.Posts, Rules: r.Rules, Forwarded: r.Forwarded, CreatedAt: r.CreatedAt.Time().Format(time.RFC3339), Note: r.Resolution}
	if r.ResolvedAt != 0 {
		line.Resolved = r.ResolvedAt.Time().Format(time.RFC3339)
	}
	return line
}

// printReport shows a report to people. Its words were cleaned of what steers a terminal when it
// was filed.
func printReport(p *program, r node.Report) error {
	lines := []string{fmt.Sprintf("%s  %s  %s about %s, by %s", ids.Format(r.ID), r.CreatedAt.Time().Format(time.DateTime), r.Category, r.About, r.By)}
	for _, rule := range r.Rules {
		lines = append(lines, "rule: "+rule)
	}
	for line := range strings.Lines(r.Comment) {
		lines = append(lines, "> "+strings.TrimSuffix(line, "\n"))
	}
	lines = append(lines, r.Posts...)
	if r.ResolvedAt != 0 {
		lines = append(lines, "resolved "+r.ResolvedAt.Time().Format(time.DateTime)+" "+r.Resolution)
	}
	_, err := fmt.Fprintf(p.stdout, "%s\n\n", strings.Join(lines, "\n    "))
	return err
}

type reportResolve struct {
	beside
	ID   string `arg:"" help:"The id that 'tulou report list' shows."`
	Note string `name:"note" placeholder:"TEXT" help:"What was done, for you and your successors."`
}

// Run closes a report.
func (c *reportResolve) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		if err := n.ResolveReport(ctx, c.ID, c.Note); err != nil {
			return err
		}
		_, err := fmt.Fprintf(p.stdout, "Report %s is resolved.\n", c.ID)
		return err
	})
}

type announceCmd struct {
	Add    announceAdd    `cmd:"" help:"Tell everybody of the node something."`
	List   announceList   `cmd:"" help:"List what is announced now."`
	Remove announceRemove `cmd:"" help:"Take an announcement back."`
}

// Help is what 'tulou announce --help' teaches.
func (c *announceCmd) Help() string {
	return `Apps show announcements above timelines until somebody has read them. They are Markdown.

Examples:

    tulou announce add --text "The node moves on **Sunday** and is away for an hour." --for 72h
    tulou announce remove 7529536295052251136`
}

// announcementLine is an announcement as scripts read it.
type announcementLine struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	EndsAt string `json:"ends_at,omitempty"`
}

type announceAdd struct {
	beside
	source
	For  time.Duration `name:"for" placeholder:"TIME" help:"For how long it is shown: 72h. Default: until it is removed."`
	JSON bool          `name:"json" help:"Print one JSON object."`
}

// Run announces something.
func (c *announceAdd) Run(ctx context.Context, p *program) error {
	body, err := c.read(p)
	if err != nil {
		return err
	}
	if c.For < 0 {
		return fault.New(fault.Invalid, "--for is a time like 72h")
	}
	until := time.Time{}
	if c.For > 0 {
		until = time.Now().Add(c.For)
	}
	return c.use(ctx, p, func(n *node.Node) error {
		made, err := n.Announce(ctx, body, until)
		if err != nil {
			return err
		}
		if c.JSON {
			line := announcementLine{ID: ids.Format(made.ID), Text: made.Body}
			if made.EndsAt != 0 {
				line.EndsAt = made.EndsAt.Time().Format(time.RFC3339)
			}
			return p.json(line)
		}
		_, err = fmt.Fprintf(p.stdout, "This is announcement %s.\n", ids.Format(made.ID))
		return err
	})
}

type announceList struct {
	beside
	JSON bool `name:"json" help:"Print one JSON object for each announcement."`
}

// Run lists what is announced.
func (c *announceList) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		all, err := n.Announcements(ctx)
		if err != nil {
			return err
		}
		for _, a := range all {
			line := announcementLine{ID: ids.Format(a.ID), Text: a.Body}
			if a.EndsAt != 0 {
				line.EndsAt = a.EndsAt.Time().Format(time.RFC3339)
			}
			if c.JSON {
				err = p.json(line)
			} else {
				_, err = fmt.Fprintf(p.stdout, "%s  %s  %s\n", line.ID, line.EndsAt, beginning(line.Text))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

type announceRemove struct {
	beside
	ID string `arg:"" help:"The id that 'tulou announce list' shows."`
}

// Run takes an announcement back.
func (c *announceRemove) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		if err := n.Unannounce(ctx, c.ID); err != nil {
			return err
		}
		_, err := fmt.Fprintf(p.stdout, "Announcement %s is gone.\n", c.ID)
		return err
	})
}
