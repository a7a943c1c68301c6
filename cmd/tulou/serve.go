package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"tulou/node"
	"tulou/protocol/fault"
)

type serveCmd struct {
	node.Config `embed:""`
}

// Help is what 'tulou serve --help' teaches.
func (c *serveCmd) Help() string {
	return `The first start makes the database and the keys, and prints a link that works once: open it to make the owner's account. Then sign in with any app for Mastodon.

Examples:

    tulou serve
        a node at http://localhost:8420, with its data in your data folder

    tulou serve --domain example.org --data-dir /var/lib/tulou
        a node for the world; it gets its own certificate, and needs ports 443 and 80

    tulou serve --url https://social.example.org --account-domain example.org --trusted-proxy 127.0.0.1
        behind a proxy that has the certificate; people are called @ana@example.org

    tulou serve --url http://localhost:8421 --allow-private-peers --data-dir ./second
        a second node on this machine, for tests; it federates with others that allow it, too

    tulou serve --url https://example.org --database-url postgres://tulou@db/tulou
        one of several processes on one database

Stop it with Ctrl-C or SIGTERM. SIGHUP reads the files of --tls-cert and --tls-key again.`
}

// Run runs a node until the program is told to stop.
func (c *serveCmd) Run(ctx context.Context, p *program) error {
	config := c.Config
	if err := place(&config.Place); err != nil {
		return err
	}
	log := p.log(config.Level(), config.LogFormat)
	n, err := node.New(ctx, config, node.Deps{Log: log})
	if err != nil {
		return err
	}
	defer n.Close()
	config = n.Config()
	listeners, err := n.Listen(ctx)
	if err != nil {
		return err
	}
	link, err := n.SetupLink(ctx)
	if err != nil {
		listeners.Close()
		return err
	}
	p.greet(config, link)
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			select {
			case <-hangup:
				n.ReloadCertificate()
			case <-done:
				return
			}
		}
	}()
	return n.Run(ctx, listeners)
}

// greet tells an operator what runs where.
func (p *program) greet(config node.Config, link string) {
	w := p.stdout
	fmt.Fprintf(w, "\n  Tulou %s runs at %s\n", node.Version, config.URL)
	fmt.Fprintf(w, "  listening on   %s\n", strings.Join(config.Listen, ", "))
	if config.AdminListen != node.Off {
		fmt.Fprintf(w, "  metrics        http://%s/metrics\n", config.AdminListen)
	}
	if config.DatabaseURL == "" {
		fmt.Fprintf(w, "  data           %s\n", config.DataDir)
	}
	if config.AllowPrivatePeers {
		fmt.Fprintf(w, "  federates with nodes on this machine and network, for tests\n")
	}
	if link != "" {
		fmt.Fprintf(w, "\n  Nobody owns this node yet. Make your account here (the link works once, for a day):\n  %s\n", link)
	}
	fmt.Fprintln(w)
}

// place fills in the data folder.
func place(p *node.Place) (err error) {
	if p.DataDir == "" {
		p.DataDir, err = dataDir()
	}
	if err != nil && p.DatabaseURL != "" {
		return nil // a folder is not needed
	}
	return err
}

// beside is what commands need that work on a node's database, whether the node runs or not.
type beside struct {
	node.Place `embed:""`
	URL        string `name:"url" env:"TULOU_URL" group:"Data" placeholder:"URL" help:"Public address of the node, if it never ran. Default: http://localhost:8420."`
}

// open opens the database of a node that is there, without serving anything.
func (b beside) open(ctx context.Context, p *program) (*node.Node, error) {
	if err := place(&b.Place); err != nil {
		return nil, err
	}
	if path, isFile := strings.CutPrefix(b.Database(), "sqlite:"); isFile {
		if _, err := os.Stat(path); err != nil {
			return nil, fault.Wrap(err, fault.NotFound, "there is no node in %s; say where it is with --data-dir or --database-url", path)
		}
	}
	return b.openOrCreate(ctx, p)
}

// use does something with a node that is there, without serving anything.
func (b beside) use(ctx context.Context, p *program, do func(n *node.Node) error) error {
	n, err := b.open(ctx, p)
	if err != nil {
		return err
	}
	defer n.Close()
	return do(n)
}

// openOrCreate is open that makes the database if there is none.
func (b beside) openOrCreate(ctx context.Context, p *program) (*node.Node, error) {
	if err := place(&b.Place); err != nil {
		return nil, err
	}
	config := node.Config{Place: b.Place, URL: b.URL, AdminListen: node.Off}
	return node.New(ctx, config, node.Deps{Log: p.log(quiet, "text")})
}

// localName reads --handle: a name, or a handle of this node.
func localName(n *node.Node, handle string) (string, error) {
	name, err := n.LocalName(handle)
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "--handle %q: %s", handle, fault.DetailOf(err))
	}
	return name, nil
}
