package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tulou/node/bench"
	"tulou/protocol/fault"
)

// Variables that spare tokens from the command line, where every user of the machine could read
// them. They are no settings of a node and have no place in a configuration file.
const (
	envBenchToken      = "TULOU_BENCH_TOKEN"
	envBenchOtherToken = "TULOU_BENCH_OTHER_TOKEN"
)

type benchCmd struct {
	URL     string        `name:"url" default:"http://localhost:8420" placeholder:"URL" help:"The server to measure."`
	Token   string        `name:"token" placeholder:"TOKEN" help:"Access token of somebody there, with the scopes read write follow. Default: what TULOU_BENCH_TOKEN holds."`
	PID     int           `name:"pid" placeholder:"N" help:"Process of the server, if it runs on this machine: adds its CPU time and memory."`
	Only    []string      `name:"only" placeholder:"RUN" help:"Measure only this: post, home, public, search, inbox, fanout, fanout-ed25519, notifications, moments, visible. May be given several times."`
	Notes   int           `name:"notes" default:"1000" placeholder:"N" help:"Notes sent to the inbox."`
	Hosts   int           `name:"hosts" default:"200" placeholder:"N" help:"Other servers that a post goes to."`
	Delay   time.Duration `name:"delay" default:"0s" placeholder:"TIME" help:"How long each of them takes to answer, as 200ms."`
	Reads   int           `name:"reads" default:"2000" placeholder:"N" help:"Timelines read."`
	Posts   int           `name:"posts" default:"500" placeholder:"N" help:"Posts written."`
	Clients int           `name:"clients" default:"8" placeholder:"N" help:"Clients at once."`
	Other   string        `name:"other-url" placeholder:"URL" help:"A second server, for the run visible."`
	There   string        `name:"other-token" placeholder:"TOKEN" help:"Access token of somebody there. Default: what TULOU_BENCH_OTHER_TOKEN holds."`
	JSON    bool          `name:"json" help:"Print one JSON object for each run, with times in nanoseconds."`
}

// Help is what 'tulou bench --help' teaches.
func (c *benchCmd) Help() string {
	return `Measures a server from outside, this program or any other that speaks Mastodon's API and ActivityPub, and prints a table. For the other servers it opens ports on this machine, so the measured one has to be here, too, and be allowed to federate with its own machine. Everything is written by the account whose token it is; take a new server, and turn its rate limits off.

The runs:

    post     write posts, --clients at once
    home     read 20 posts of the home timeline; it needs posts
    public   read 20 posts of the public timeline
    search   look for a word of the posts of the run post
    inbox    send --notes signed notes of somebody whom the account follows, until all are to be seen
    fanout   write one post to followers on --hosts servers, until all have it
    fanout-ed25519
             the same, where those servers ask for Ed25519 signatures
    notifications
             read 20 notifications, as fanout makes some
    moments  read 20 Moments of a Tulou node, some of them made for oneself alone; the token needs tulou:read and tulou:write, too
    visible  write --posts posts one after another, until each is in the home timeline of a follower on --other-url

What a server does not have is left out: another one that speaks Mastodon's API has no Moments, and may not let posts be found.

CPU time is the figure to compare; it is the server's own, for each operation, in user and kernel. The rest depends on what else the machine does.

Examples:

    tulou serve --allow-private-peers --rate-limit 0 --data-dir ./measured &
    tulou user create --data-dir ./measured --handle ana --email ana@example.org
    export TULOU_BENCH_TOKEN=$(tulou user token --data-dir ./measured --handle ana --scopes "read write follow")
    tulou bench --pid $!
        everything, against a new node

    tulou bench --only fanout --hosts 200 --delay 200ms
        one post to 200 servers that take their time

    tulou bench --only visible --posts 100 --other-url http://localhost:8440 --other-token …
        how long a post is on its way from one server to the next

    tulou bench --url http://localhost:3000 --json
        another server, for scripts`
}

// Run measures.
func (c *benchCmd) Run(ctx context.Context, p *program) error {
	options := bench.Options{URL: c.URL, Token: c.Token, PID: c.PID, Only: c.Only, Notes: c.Notes, Hosts: c.Hosts,
		Delay: c.Delay, Reads: c.Reads, Posts: c.Posts, Clients: c.Clients, OtherURL: c.Other, OtherToken: c.There}
	if options.OtherToken == "" {
		options.OtherToken = p.variable(envBenchOtherToken)
	}
	if options.Token == "" {
		options.Token = p.variable(envBenchToken)
	}
	if options.Token == "" {
		return fault.New(fault.Invalid, "there is no token: give --token or set %s; 'tulou user token --scopes \"read write follow\"' makes one", envBenchToken)
	}
	for _, count := range []struct {
		flag  string
		value int
	}{{"notes", c.Notes}, {"hosts", c.Hosts}, {"reads", c.Reads}, {"posts", c.Posts}, {"clients", c.Clients}} {
		if count.value < 1 {
			return fault.New(fault.Invalid, "--%s has to be above 0", count.flag)
		}
	}
	fmt.Fprintf(p.stderr, "Measuring %s …\n", c.URL)
	head := bench.Header + "\n"
	return bench.Measure(ctx, options, func(r bench.Result) {
		if c.JSON {
			_ = p.json(r)
			return
		}
		fmt.Fprintf(p.stdout, "%s%s\n", head, r)
		head = ""
	})
}

// variable returns a variable of the program's environment, "" if it is not set.
func (p *program) variable(name string) string {
	for _, line := range p.environ {
		if value, found := strings.CutPrefix(line, name+"="); found {
			return value
		}
	}
	return ""
}
