// Command tulou runs a Tulou node, and does what its operator does beside it.
//
// This package is flags, the configuration file, signals, output and exit codes; everything else is
// in node. Each file is one command. A command is a struct that kong fills and whose Run gets the
// program it belongs to: arguments, streams and environment are values, so that tests run the whole
// program in their own process.
//
// The invariant to remember: what a script reads goes to standard output, everything else to
// standard error. Exit codes: 0 done, 1 not done, 2 not understood.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"tulou/protocol/fault"
)

func main() {
	start := time.Now()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills
	p := &program{start: start, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ()}
	os.Exit(p.run(ctx, os.Args[1:]))
}

// Exit codes.
const (
	exitDone          = 0
	exitNotDone       = 1
	exitNotUnderstood = 2
)

// program is one run of the command line.
type program struct {
	start          time.Time
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string
}

// cli is the command line.
type cli struct {
	Config configFile `name:"config" env:"TULOU_CONFIG" placeholder:"FILE" help:"Read settings from a file of 'key = value' lines; keys are the names of flags."`

	Demo          demoCmd          `cmd:"" help:"Try it: several nodes with people in them, on this machine."`
	Serve         serveCmd         `cmd:"" help:"Run a node."`
	User          userCmd          `cmd:"" help:"Make and manage the accounts of a node, while it runs or not."`
	Invite        inviteCmd        `cmd:"" help:"Let others join with a link."`
	Registrations registrationsCmd `cmd:"" help:"Tell or decide who may make an account."`
	Domain        domainCmd        `cmd:"" help:"Decide which other servers a node talks to."`
	MailDomain    mailDomainCmd    `cmd:"" help:"Decide with which e-mail addresses nobody joins."`
	Emoji         emojiCmd         `cmd:"" help:"Add and remove the custom emoji of a node, while it runs or not."`
	Text          textCmd          `cmd:"" help:"Say what the node is, its privacy policy and terms."`
	Rule          ruleCmd          `cmd:"" help:"Make the rules of the node."`
	Announce      announceCmd      `cmd:"" help:"Tell everybody of the node something."`
	Report        reportCmd        `cmd:"" help:"Read what people complain about."`
	Secrets       secretsCmd       `cmd:"" help:"Go on without the key of the secrets in the database."`
	Bench         benchCmd         `cmd:"" help:"Measure a server: this program or another."`
	Version       versionCmd       `cmd:"" help:"Tell which version this is."`
}

const about = `Tulou is a node of the social web: it speaks ActivityPub with other nodes and Mastodon's API with apps.

  tulou demo      two nodes with people who already talk to each other, on this machine
  tulou serve     a node of your own at http://localhost:8420
  tulou serve --domain example.org
                  a node for the world, with its own certificate

Every setting of serve is a flag (--rate-limit), an environment variable (TULOU_RATE_LIMIT) or a line of the file given with --config (rate-limit = 300); if several say something, the flag wins, then the variable, then the file.`

// exit is what stops the program early, from within kong.
type exit int

func (p *program) run(ctx context.Context, args []string) (code int) {
	defer func() {
		if e := recover(); e != nil {
			early, ok := e.(exit)
			if !ok {
				panic(e)
			}
			code = int(early)
		}
	}()
	var c cli
	parser, err := kong.New(&c, kong.Name("tulou"), kong.Description(about), kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(code int) { panic(exit(code)) }), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(p),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}))
	if err != nil {
		panic(fmt.Sprintf("command line: %v", err)) // a broken program
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err == nil {
		err = checkEnvironment(parser.Model, p.environ)
	}
	if err != nil {
		p.complain(err)
		return exitNotUnderstood
	}
	err = parsed.Run()
	switch {
	case err == nil:
		return exitDone
	case fault.Is(err, fault.Invalid):
		p.complain(err)
		return exitNotUnderstood
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return exitDone
	}
	p.complain(err)
	return exitNotDone
}

// complain tells what went wrong, to somebody who may see everything.
func (p *program) complain(err error) {
	text := err.Error()
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Detail != "" {
		text = f.Detail
		if f.Err != nil && fault.Is(err, fault.Internal) {
			text += ": " + f.Err.Error()
		}
	}
	fmt.Fprintf(p.stderr, "tulou: %s\n", text)
}

// log returns a logger that writes to standard error.
func (p *program) log(level slog.Leveler, format string) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(p.stderr, options))
	}
	return slog.New(slog.NewTextHandler(p.stderr, options))
}
