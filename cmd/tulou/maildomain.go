package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"tulou/node"
	"tulou/storage"
)

type mailDomainCmd struct {
	Block  mailDomainBlock  `cmd:"" help:"Let nobody join with an address of a domain."`
	Forget mailDomainForget `cmd:"" help:"Take a block back."`
	List   mailDomainList   `cmd:"" help:"List the domains whose addresses are not taken."`
}

// Help is what 'tulou mail-domain --help' teaches.
func (c *mailDomainCmd) Help() string {
	return `Nobody can join with an e-mail address of a blocked domain or of one under it, nor change theirs to one. Who has such an address keeps it. It has nothing to do with which servers a node talks to; that is 'tulou domain'. A running node follows at once.

Examples:

    tulou mail-domain block throwaway.example --reason "addresses for ten minutes"
    tulou mail-domain block $(cat disposable-domains.txt)
    tulou mail-domain forget throwaway.example`
}

// mailDomainLine is a block as scripts read it.
type mailDomainLine struct {
	Domain string `json:"domain"`
	Action string `json:"action"`
	Reason string `json:"reason,omitempty"`
}

// mailDomains are what commands change.
type mailDomains struct {
	Domains []string `arg:"" name:"domain" help:"Domains of addresses: mail.example."`
	JSON    bool     `name:"json" help:"Print one JSON object for each domain."`
}

// each decides about every domain and says so.
func (m mailDomains) each(p *program, line mailDomainLine, said string, decide func(domain string) (string, error)) error {
	for _, domain := range m.Domains {
		domain, err := decide(domain)
		if err != nil {
			return err
		}
		if line.Domain = domain; m.JSON {
			err = p.json(line)
		} else {
			_, err = fmt.Fprintf(p.stdout, "Addresses of %s %s.\n", domain, said)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type mailDomainBlock struct {
	beside
	mailDomains
	Reason string `name:"reason" placeholder:"TEXT" help:"Why, for you and your successors."`
}

// Run blocks domains.
func (c *mailDomainBlock) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		return c.each(p, mailDomainLine{Action: "block", Reason: c.Reason}, "are not taken", func(domain string) (string, error) {
			return n.BlockMailDomain(ctx, domain, c.Reason)
		})
	})
}

type mailDomainForget struct {
	beside
	mailDomains
}

// Run takes blocks back.
func (c *mailDomainForget) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		return c.each(p, mailDomainLine{Action: "none"}, "are like any others again", func(domain string) (string, error) {
			return n.AllowMailDomain(ctx, domain)
		})
	})
}

type mailDomainList struct {
	beside
	JSON bool `name:"json" help:"Print one JSON object for each domain."`
}

// Run lists the blocks.
func (c *mailDomainList) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		err := n.MailDomains(ctx, func(d storage.MailDomain) error {
			if c.JSON {
				return p.json(mailDomainLine{d.Domain, "block", d.Reason})
			}
			_, err := fmt.Fprintf(table, "%s\t%s\n", d.Domain, d.Reason)
			return err
		})
		if err != nil {
			return err
		}
		return table.Flush()
	})
}
