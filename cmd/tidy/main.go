// Command tidy checks the rules of this repository that a person would otherwise have to repeat in
// review: who may import whom, which calls have a better replacement, that every package and every
// exported name says what it is, how long functions, files and comment lines are, which folders
// there are, and that links in documents lead somewhere.
//
// The rules are tables: layers and modules in imports.go, calls in calls.go, sizes in sizes.go,
// folders and documents in documents.go. A new rule is a new row, with the reason in its text. They
// look at syntax only, so that all of them together take a moment.
//
// `go test ./...` runs it; `go run ./cmd/tidy` does the same and shows the notes as well, which are
// about what is allowed and near its limit. The invariant to remember: a rule has no exceptions but
// those written in its table.
package main

import (
	"fmt"
	"os"
)

func main() {
	files, err := load(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	failed := false
	for _, f := range check(files) {
		fmt.Println(f)
		failed = failed || !f.note
	}
	if failed {
		os.Exit(1)
	}
}
