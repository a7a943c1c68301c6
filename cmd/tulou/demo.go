package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"tulou/node/demo"
)

type demoCmd struct {
	Nodes       int    `name:"nodes" default:"2" placeholder:"N" help:"How many nodes, 2 to 6."`
	Port        int    `name:"port" default:"8420" placeholder:"N" help:"Port of the first node; the others have the next ones."`
	Dir         string `name:"dir" placeholder:"DIR" help:"Keep everything here, and go on with it next time. Default: a temporary folder."`
	DatabaseURL string `name:"database-url" placeholder:"URL" help:"PostgreSQL server on which each node gets a database of its own. Default: SQLite."`
	JSON        bool   `name:"json" help:"Print one JSON object a line, for scripts."`
	Verbose     bool   `name:"verbose" help:"Show what the nodes log."`
}

// Help is what 'tulou demo --help' teaches.
func (c *demoCmd) Help() string {
	return `Starts several whole nodes on this machine, each with its own database and five people, who follow each other across the nodes, have begun to talk, and show their friends Moments. It prints where they are, how to sign in, and what to try; Ctrl-C ends it and removes everything.

Examples:

    tulou demo
        harbor at http://harbor.localhost:8420, orchard at http://orchard.localhost:8421

    tulou demo --nodes 4 --port 9000 --dir ./village
        a larger village that is still there next time

    tulou demo --json
        the same for scripts: {"event":"node",…}, {"event":"account",…}, and at last {"event":"ready",…}`
}

// Run runs a village until the program is told to stop.
func (c *demoCmd) Run(ctx context.Context, p *program) error {
	level := slog.LevelError
	if c.Verbose {
		level = slog.LevelDebug
	}
	if !c.JSON {
		fmt.Fprintf(p.stderr, "Building a village of %d nodes …\n", c.Nodes)
	}
	village, err := demo.Start(ctx, demo.Config{
		Nodes: c.Nodes, Port: c.Port, Dir: c.Dir, DatabaseURL: c.DatabaseURL, Log: p.log(level, "text"),
	})
	if err != nil {
		return err
	}
	took := time.Since(p.start)
	if c.JSON {
		err = p.reportVillage(village, took)
	} else {
		err = describe(ctx, p.stdout, village, c, took)
	}
	if err == nil {
		err = village.Wait(ctx)
	}
	if closing := village.Close(); err == nil {
		err = closing
	}
	return err
}

// The lines of demo --json.
type (
	nodeEvent struct {
		Event string `json:"event"`
		Name  string `json:"name"`
		URL   string `json:"url"`
	}
	accountEvent struct {
		Event       string `json:"event"`
		Handle      string `json:"handle"`
		Actor       string `json:"actor"`
		Email       string `json:"email"`
		Password    string `json:"password"`
		AccessToken string `json:"access_token"`
		Node        string `json:"node"`
	}
	readyEvent struct {
		Event     string `json:"event"`
		StartupMS int64  `json:"startup_ms"`
	}
)

func (p *program) reportVillage(v *demo.Village, took time.Duration) error {
	for _, home := range v.Homes {
		if err := p.json(nodeEvent{"node", home.Name, home.URL}); err != nil {
			return err
		}
	}
	for _, person := range v.Founders() {
		err := p.json(accountEvent{"account", person.Handle, person.Actor, person.Email, person.Password, person.AccessToken, person.Node})
		if err != nil {
			return err
		}
	}
	return p.json(readyEvent{"ready", took.Milliseconds()})
}

// describe shows a village to somebody who sees it for the first time.
func describe(ctx context.Context, w io.Writer, v *demo.Village, c *demoCmd, took time.Duration) error {
	invitation, err := v.Invitation(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\n  A village of %d nodes and %d people is ready (%.1f s).\n", len(v.Homes), len(v.People), took.Seconds())
	for _, home := range v.Homes {
		fmt.Fprintf(w, "\n  %s  %s\n", home.Name, home.URL)
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, person := range v.Founders() {
			if person.Node == home.Name {
				fmt.Fprintf(table, "    @%s\t%s\t%s\n", person.Handle, person.Email, person.Password)
			}
		}
		_ = table.Flush()
	}
	founders := v.Founders()
	reader, writer := founders[0], founders[len(founders)/len(v.Homes)]
	here, there := v.Homes[0].URL, v.Homes[1].URL
	name, _, _ := strings.Cut(reader.Handle, "@")
	fmt.Fprintf(w, `
  Try
    look around in a browser:
      %[3]s/@%[1]s
    sign in there, with the address and password of %[1]s above:
      %[3]s/app/
    make an account of your own:
      %[8]s
    read what reached %[1]s:
      curl -H "Authorization: Bearer %[2]s" %[3]s/api/v1/timelines/home
    write to %[1]s from the other node, then read again:
      curl -H "Authorization: Bearer %[4]s" -d "status=@%[5]s hello from next door" %[6]s/api/v1/statuses
    see how other servers see %[1]s:
      curl -H "Accept: application/activity+json" %[7]s
    sign in with an app for Mastodon that accepts plain http: the server is %[3]s
`, name, reader.AccessToken, here, writer.AccessToken, reader.Handle, there, reader.Actor, invitation)
	if c.Dir == "" {
		fmt.Fprintf(w, "\n  Ctrl-C ends the village and removes it; --dir keeps one.\n\n")
	} else {
		fmt.Fprintf(w, "\n  Ctrl-C ends the village; it stays in %s.\n\n", c.Dir)
	}
	return nil
}
