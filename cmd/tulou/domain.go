package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"tulou/node"
	"tulou/protocol/fault"
)

type domainCmd struct {
	Block  domainBlock  `cmd:"" help:"Take nothing from a domain, show nothing of it, send nothing to it."`
	Limit  domainLimit  `cmd:"" help:"Show the people of a domain to those alone who follow them or look for them."`
	Allow  domainAllow  `cmd:"" help:"Allow a domain: under a blocked one, or with serve --allow-list-only."`
	Forget domainForget `cmd:"" help:"Take a decision back."`
	List   domainList   `cmd:"" help:"List what was decided."`
}

// Help is what 'tulou domain --help' teaches.
func (c *domainCmd) Help() string {
	return `A decision about a domain holds for every host under it, too; the nearest one counts. A running node notices within two seconds.

Examples:

    tulou domain block spam.example --reason "sends nothing but advertisements"
    tulou domain limit noisy.example
    tulou domain allow kind.spam.example
    tulou domain forget spam.example`
}

// about names a domain.
type aboutDomain struct {
	Domain string `arg:"" help:"A domain: example.org."`
}

// domainDecision is what is said with every decision about a domain.
type domainDecision struct {
	beside
	aboutDomain
	Reason string `name:"reason" placeholder:"TEXT" help:"Why, for you and your successors."`
	JSON   bool   `name:"json" help:"Print one JSON object."`
}

type domainBlock struct{ domainDecision }

// Run blocks a domain.
func (c *domainBlock) Run(ctx context.Context, p *program) error {
	return c.made(ctx, p, "block")
}

type domainLimit struct{ domainDecision }

// Run limits a domain.
func (c *domainLimit) Run(ctx context.Context, p *program) error {
	return c.made(ctx, p, "limit")
}

type domainAllow struct{ domainDecision }

// Run allows a domain.
func (c *domainAllow) Run(ctx context.Context, p *program) error {
	return c.made(ctx, p, "allow")
}

type domainForget struct {
	beside
	aboutDomain
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Run takes a decision back.
func (c *domainForget) Run(ctx context.Context, p *program) error {
	return c.decide(ctx, p, c.Domain, "", "", c.JSON)
}

// domainLine is a decision as scripts read it.
type domainLine struct {
	Domain string `json:"domain"`
	Action string `json:"action"`
	Reason string `json:"reason,omitempty"`
}

func (d domainDecision) made(ctx context.Context, p *program, action string) error {
	return d.decide(ctx, p, d.Domain, action, d.Reason, d.JSON)
}

func (b beside) decide(ctx context.Context, p *program, domain, action, reason string, asJSON bool) error {
	if strings.Contains(domain, "/") {
		return fault.New(fault.Invalid, "%q is an address; give the domain alone, like example.org", domain)
	}
	return b.use(ctx, p, func(n *node.Node) error {
		domain, err := n.DecideDomain(ctx, domain, action, reason)
		if err != nil {
			return err
		}
		if action == "" {
			action = "none"
		}
		if asJSON {
			return p.json(domainLine{domain, action, reason})
		}
		said := map[string]string{"block": "is blocked", "limit": "is limited", "allow": "is allowed", "none": "is like any other again"}
		_, err = fmt.Fprintf(p.stdout, "%s %s.\n", domain, said[action])
		return err
	})
}

type domainList struct {
	beside
	JSON bool `name:"json" help:"Print one JSON object for each decision."`
}

// Run lists the decisions.
func (c *domainList) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		all, err := n.Domains(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		for _, d := range all {
			if c.JSON {
				if err := p.json(domainLine{d.Domain, d.Action, d.Reason}); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(table, "%s\t%s\t%s\n", d.Action, d.Domain, d.Reason)
		}
		return table.Flush()
	})
}
