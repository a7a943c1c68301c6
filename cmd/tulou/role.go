package main

import (
	"context"

	"tulou/node"
)

type userRole struct {
	beside
	named
	Role string `arg:"" enum:"member,moderator,admin,owner" help:"member, moderator (looks after people and reports), admin (servers, too) or owner (everything)."`
	JSON bool   `name:"json" help:"Print one JSON object."`
}

// Run says what somebody may do on the node.
func (c *userRole) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		name, err := localName(n, c.Handle)
		if err != nil {
			return err
		}
		handle, err := n.SetRole(ctx, name, c.Role)
		if err != nil {
			return err
		}
		return p.tell(c.JSON, map[string]string{"handle": handle, "role": c.Role}, "@%s is %s now.\n", handle, c.Role)
	})
}
