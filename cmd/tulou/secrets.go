package main

import (
	"context"
	"fmt"

	"tulou/node"
	"tulou/protocol/fault"
)

type secretsCmd struct {
	Forget secretsForget `cmd:"" help:"Delete what was sealed with a key that is lost."`
}

// Help is what 'tulou secrets --help' teaches.
func (c *secretsCmd) Help() string {
	return `The secrets of people's authenticators, and the tokens of apps that are told of notifications, are sealed in the database with a key that is not in it: the file secrets.key in the data folder, or the one of --secrets-file. Keep a copy of that file, but not beside copies of the database.

If every copy is lost, what was sealed is of no use. 'forget' deletes it: whoever used codes is signed out and signs in with the password alone, and apps subscribe anew. The next start makes a new key.`
}

type secretsForget struct {
	beside
	Yes bool `name:"yes" help:"Do it. There is no way back."`
}

// Run deletes what nobody can open.
func (c *secretsForget) Run(ctx context.Context, p *program) error {
	if !c.Yes {
		return fault.New(fault.Invalid, "this signs out everybody who uses codes, and lets them sign in without; if that is what you want, add --yes")
	}
	return c.use(ctx, p, func(n *node.Node) error {
		people, err := n.ForgetSecrets(ctx)
		if err == nil {
			_, err = fmt.Fprintf(p.stdout, "Forgotten. People who signed in with codes: %d.\n", people)
		}
		return err
	})
}
