// Command build makes the web client: it reads node/web/client and writes node/web/dist, which is
// committed, so that 'go build' alone makes the whole product.
//
//	go run .                 build
//	go run . -draft          build although messages are missing, while a screen is being made
//	go run . -check          fail unless dist is what a build would make
//	go run . -dev -node URL  serve src, built anew for every page, in front of a running node
//
// A build fails on messages that are missing, unused or that have other placeholders in another
// language, and on a first load that is over its budget. It needs no Node.js, only the packages
// that 'npm ci' puts into node_modules. The same sources make the same bytes.
//
// It is a module of its own so that the node does not depend on a bundler.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	client := flag.String("client", "..", "folder of the client")
	out := flag.String("out", "", "folder to write to (default ../dist beside the client)")
	draft := flag.Bool("draft", false, "build although messages are missing or a budget is passed")
	check := flag.Bool("check", false, "compare with what is there instead of writing")
	dev := flag.Bool("dev", false, "serve for development")
	listen := flag.String("listen", "localhost:8430", "where -dev listens")
	node := flag.String("node", "http://harbor.localhost:8420", "the node behind -dev")
	flag.Parse()
	if err := run(*client, *out, *draft, *check, *dev, *listen, *node); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(client, out string, draft, check, dev bool, listen, node string) error {
	client, err := filepath.Abs(client)
	if err != nil {
		return err
	}
	if out == "" {
		out = filepath.Join(client, "..", "dist")
	}
	if dev {
		return serve(client, listen, node)
	}
	b := builder{client: client, draft: draft}
	files, err := b.build()
	if err != nil {
		return err
	}
	compress(files)
	if check {
		return compare(out, files)
	}
	fmt.Print(b.report)
	return write(out, files)
}
