package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"tulou/node"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

type registrationsCmd struct {
	beside
	Who  string `arg:"" optional:"" help:"open (everybody), approval (whom you approve), invite (who has an invitation) or closed (nobody). Nothing: tell what holds."`
	JSON bool   `name:"json" help:"Print one JSON object."`
}

// Help is what 'tulou registrations --help' teaches.
func (c *registrationsCmd) Help() string {
	return `It holds at once, on a running node too, until somebody decides otherwise here or a start with serve --registrations does.

Examples:

    tulou registrations
    tulou registrations approval`
}

// Run tells or decides who may make an account.
func (c *registrationsCmd) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		if c.Who != "" {
			if err := n.SetRegistrations(ctx, c.Who); err != nil {
				return err
			}
		}
		who, err := n.Registrations(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			return p.json(struct {
				Registrations string `json:"registrations"`
			}{who})
		}
		said := map[string]string{"open": "everybody may join", "approval": "whom you approve may join (tulou user approve)",
			"invite": "who has an invitation may join (tulou invite create)", "closed": "nobody may join"}
		_, err = fmt.Fprintf(p.stdout, "%s: %s.\n", who, said[who])
		return err
	})
}

type inviteCmd struct {
	Create inviteCreate `cmd:"" help:"Make a link with which others can join."`
	List   inviteList   `cmd:"" help:"List the links that can still be used."`
	Revoke inviteRevoke `cmd:"" help:"End a link."`
}

// inviteLine is an invitation as scripts read it.
type inviteLine struct {
	ID        string `json:"id"`
	Link      string `json:"link,omitempty"`
	From      string `json:"from,omitempty"`
	Role      string `json:"role"`
	Uses      int    `json:"uses"`
	UsesMax   int    `json:"uses_max"`
	ExpiresAt string `json:"expires_at"`
}

type inviteCreate struct {
	beside
	Uses    int    `name:"uses" default:"1" placeholder:"N" help:"How many people can join with it, up to 100."`
	Expires string `name:"expires" default:"7d" placeholder:"TIME" help:"How long it is good: 12h, 7d, up to 90d."`
	Admin   bool   `name:"admin" help:"Let them run the node."`
	JSON    bool   `name:"json" help:"Print one JSON object."`
}

// Run makes an invitation.
func (c *inviteCreate) Run(ctx context.Context, p *program) error {
	lasts, err := days(c.Expires)
	if err == nil && c.Uses < 1 {
		err = fault.New(fault.Invalid, "--uses %d lets nobody join; it is from 1 to 100", c.Uses)
	}
	if err != nil {
		return err
	}
	return c.use(ctx, p, func(n *node.Node) error {
		if !c.Admin { // who is to run the node may join always
			if err := warnIfClosed(ctx, n, p); err != nil {
				return err
			}
		}
		made, err := n.CreateInvite(ctx, c.Uses, lasts, c.Admin)
		if err != nil {
			return err
		}
		return p.tell(c.JSON, inviteLine{ids.Format(made.ID), made.Link, made.From, made.Role, made.Uses, made.UsesMax, made.ExpiresAt.Format(time.RFC3339)}, "%s\n", made.Link)
	})
}

// warnIfClosed says that an invitation cannot be used while nobody may join, beside the output that
// scripts read.
func warnIfClosed(ctx context.Context, n *node.Node, p *program) error {
	who, err := n.Registrations(ctx)
	if err == nil && who == "closed" {
		_, err = fmt.Fprintln(p.stderr, "Nobody may join at present, so nobody can use this link before 'tulou registrations' lets them: invite, approval or open.")
	}
	return err
}

// days reads a duration that may be in days.
func days(text string) (time.Duration, error) {
	var n int
	if _, err := fmt.Sscanf(text+"\n", "%dd\n", &n); err == nil && n > 0 && n <= 1000 {
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fault.New(fault.Invalid, "%q is not a time like 12h or 7d", text)
	}
	return d, nil
}

type inviteList struct {
	beside
	JSON bool `name:"json" help:"Print one JSON object for each."`
}

// Run lists invitations.
func (c *inviteList) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		all, err := n.Invites(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		if !c.JSON {
			fmt.Fprintln(table, "ID\tFROM\tROLE\tUSED\tUNTIL\t")
		}
		for _, i := range all {
			if c.JSON {
				if err := p.json(inviteLine{ids.Format(i.ID), "", i.From, i.Role, i.Uses, i.UsesMax, i.ExpiresAt.Format(time.RFC3339)}); err != nil {
					return err
				}
				continue
			}
			from := i.From
			if from == "" {
				from = "you"
			}
			fmt.Fprintf(table, "%d\t%s\t%s\t%d/%d\t%s\t\n", i.ID, from, i.Role, i.Uses, i.UsesMax, i.ExpiresAt.Format("2006-01-02 15:04"))
		}
		return table.Flush()
	})
}

type inviteRevoke struct {
	beside
	ID   string `arg:"" help:"The id that 'tulou invite list' shows."`
	JSON bool   `name:"json" help:"Print one JSON object."`
}

// Run ends an invitation.
func (c *inviteRevoke) Run(ctx context.Context, p *program) error {
	id, ok := ids.Parse(c.ID)
	if !ok {
		return fault.New(fault.Invalid, "%q is not an id of an invitation", c.ID)
	}
	return c.use(ctx, p, func(n *node.Node) error {
		if err := n.RevokeInvite(ctx, id); err != nil {
			return err
		}
		return p.tell(c.JSON, struct {
			ID      string `json:"id"`
			Revoked bool   `json:"revoked"`
		}{c.ID, true}, "Nobody can join with it any more.\n")
	})
}

// waitingLine is somebody who waits for an account, as scripts read it.
type waitingLine struct {
	Handle    string `json:"handle"`
	Email     string `json:"email"`
	Reason    string `json:"reason"`
	Confirmed bool   `json:"confirmed"`
	Approved  bool   `json:"approved"`
	CreatedAt string `json:"created_at"`
}

// listWaiting lists who waits for an account.
func (c *userList) listWaiting(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		all, err := n.Waiting(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		if !c.JSON {
			fmt.Fprintln(table, "HANDLE\tE-MAIL\tSINCE\tWAITS FOR\tREASON")
		}
		for _, w := range all {
			if c.JSON {
				if err := p.json(waitingLine{w.Handle, w.Email, w.Reason, w.Confirmed, w.Approved, w.CreatedAt.Format(time.RFC3339)}); err != nil {
					return err
				}
				continue
			}
			waits := "you"
			if !w.Confirmed {
				waits = "confirmation"
			}
			fmt.Fprintf(table, "@%s\t%s\t%s\t%s\t%q\n", w.Handle, w.Email, w.CreatedAt.Format("2006-01-02"), waits, w.Reason)
		}
		return table.Flush()
	})
}

type userApprove struct {
	beside
	named
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Run lets somebody join.
func (c *userApprove) Run(ctx context.Context, p *program) error {
	return c.decideUser(ctx, p, c.Handle, true, c.JSON)
}

type userReject struct {
	beside
	named
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Run does not let somebody join. They are not told.
func (c *userReject) Run(ctx context.Context, p *program) error {
	return c.decideUser(ctx, p, c.Handle, false, c.JSON)
}

func (b beside) decideUser(ctx context.Context, p *program, handle string, approve, asJSON bool) error {
	return b.use(ctx, p, func(n *node.Node) error {
		name, err := localName(n, handle)
		if err != nil {
			return err
		}
		made, err := n.Decide(ctx, name, approve)
		if err != nil {
			return err
		}
		if asJSON {
			return p.json(struct {
				Handle   string `json:"handle"`
				Approved bool   `json:"approved"`
				Made     bool   `json:"made"`
			}{name, approve, made})
		}
		said := "is not let in; the name is free again"
		switch {
		case made:
			said = "has an account now"
		case approve:
			said = "is approved, and has an account as soon as the address is confirmed"
		}
		_, err = fmt.Fprintf(p.stdout, "%s %s.\n", name, said)
		return err
	})
}

type userCodesOff struct {
	beside
	named
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Run ends the use of codes of somebody who has lost them.
func (c *userCodesOff) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		name, err := localName(n, c.Handle)
		if err != nil {
			return err
		}
		handle, err := n.StopCodes(ctx, name)
		if err != nil {
			return err
		}
		return p.tell(c.JSON, struct {
			Handle string `json:"handle"`
			Codes  bool   `json:"codes"`
		}{handle, false}, "@%s signs in with the password alone.\n", handle)
	})
}
