// Package main writes guard_gen.go and properties_gen.go of protocol/vocab from the sources of
// go-fed's streams.
//
// It reads which types the manager can deserialise and which property packages take a manager, so
// that no list of them has to be kept by hand, and writes the getters and setters of the properties
// named below as one switch by name. It runs by "go generate ./protocol/vocab"; the output is
// committed and changes only with the version of go-fed.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const module = "github.com/go-fed/activity"

var (
	method   = regexp.MustCompile(`(?m)^func \(this Manager\) (Deserialize(\w+?)(ActivityStreams|Toot|ForgeFed))\(\) func\(.*\) \(vocab\.(\w+), error\)`)
	property = regexp.MustCompile(`(?m)^\s*(property\w+) "(` + module + `/streams/impl/\w+/property_\w+)"`)
)

// byHand names the types whose guard also takes extensions; it is written in guard.go.
var byHand = map[string]bool{"Object": true, "Activity": true}

// accessors are the properties with references for which getters and setters are written, by the
// vocabulary that go-fed has them in.
var accessors = map[string]string{
	"actor": "ActivityStreams", "object": "ActivityStreams", "target": "ActivityStreams",
	"origin": "ActivityStreams", "instrument": "ActivityStreams", "result": "ActivityStreams",
	"to": "ActivityStreams", "cc": "ActivityStreams", "audience": "ActivityStreams",
	"attributedTo": "ActivityStreams", "inReplyTo": "ActivityStreams", "tag": "ActivityStreams",
	"attachment": "ActivityStreams", "url": "ActivityStreams", "icon": "ActivityStreams",
	"image": "ActivityStreams", "replies": "ActivityStreams", "likes": "ActivityStreams",
	"shares": "ActivityStreams", "oneOf": "ActivityStreams", "anyOf": "ActivityStreams",
	"first": "ActivityStreams", "last": "ActivityStreams", "next": "ActivityStreams",
	"prev": "ActivityStreams", "partOf": "ActivityStreams", "inbox": "ActivityStreams",
	"outbox": "ActivityStreams", "followers": "ActivityStreams", "following": "ActivityStreams",
	"liked": "ActivityStreams", "context": "ActivityStreams", "generator": "ActivityStreams",
	"items": "ActivityStreams", "orderedItems": "ActivityStreams",
	"subject": "ActivityStreams", "relationship": "ActivityStreams",
	"featured": "Toot", "publicKey": "W3IDSecurityV1",
}

func main() {
	if err := run(); err != nil {
		slog.Error("write the guard", "error", err)
		os.Exit(1)
	}
}

func run() error {
	files, err := generate()
	if err != nil {
		return err
	}
	for name, source := range files {
		if err := os.WriteFile(name, source, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the generated files by name.
func generate() (map[string][]byte, error) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", module, err)
	}
	streams := filepath.Join(strings.TrimSpace(string(dir)), "streams")
	manager, err := os.ReadFile(filepath.Join(streams, "gen_manager.go"))
	if err != nil {
		return nil, err
	}
	setup, err := os.ReadFile(filepath.Join(streams, "gen_init.go"))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{
		"guard_gen.go":      guard(manager, setup),
		"properties_gen.go": properties(filepath.Join(streams, "vocab")),
	}
	for name, source := range files {
		if files[name], err = format.Source(source); err != nil {
			return nil, fmt.Errorf("format %s: %w", name, err)
		}
	}
	return files, nil
}

// guard writes the table of decoders, the guarded methods, and their installation. Types of the
// manager are those whose method does not say "Property".
func guard(manager, setup []byte) []byte {
	var types [][]string
	for _, m := range method.FindAllStringSubmatch(string(manager), -1) {
		if !strings.HasSuffix(m[2], "Property") {
			types = append(types, m[1:])
		}
	}
	var packages []string
	for _, m := range property.FindAllStringSubmatch(string(setup), -1) {
		packages = append(packages, m[1]+" \""+m[2]+"\"")
	}
	slices.Sort(packages)

	b := header(append(packages, `"`+module+`/streams"`))
	b.WriteString("\n// decoders holds, for every type that go-fed knows, its deserialiser.\n")
	b.WriteString("var decoders = map[string]decoder{\n")
	for _, t := range types {
		fmt.Fprintf(b, "%q: decodeWith(streams.Manager{}.%s()),\n", t[1], t[0])
	}
	b.WriteString("}\n\nvar (\n")
	for _, t := range types {
		if !byHand[t[1]] {
			fmt.Fprintf(b, "only%s = onlyIf(%q, streams.Manager{}.%s())\n", t[1], t[1], t[0])
		}
	}
	b.WriteString(")\n")
	for _, t := range types {
		if !byHand[t[1]] {
			fmt.Fprintf(b, "\nfunc (guard) %s() func(map[string]any, map[string]string) (gofed.%s, error) {\n\treturn only%s\n}\n", t[0], t[3], t[1])
		}
	}
	b.WriteString("\n// install puts the guard into every package of go-fed that parses nested objects.\n")
	b.WriteString("func install(g guard) {\n")
	for _, p := range packages {
		name, _, _ := strings.Cut(p, " ")
		b.WriteString(name + ".SetManager(g)\n")
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// properties writes entries, which reads a property by name, and setEntries, which writes it.
func properties(vocab string) []byte {
	var names []string
	for name := range accessors {
		names = append(names, name)
	}
	slices.Sort(names)
	var get, set bytes.Buffer
	for _, name := range names {
		title := accessors[name] + strings.ToUpper(name[:1]) + name[1:]
		kind := "one"
		file := filepath.Join(vocab, "gen_property_"+strings.ToLower(accessors[name])+"_"+name+"_interface.go")
		if source, err := os.ReadFile(file); err == nil && bytes.Contains(source, []byte("type "+title+"PropertyIterator interface")) {
			kind = "many"
		}
		fmt.Fprintf(&get, "case %q:\nif t, ok := t.(interface{ Get%s() gofed.%sProperty }); ok {\nreturn %sEntries(t.Get%s())\n}\n", name, title, title, kind, title)
		fmt.Fprintf(&set, "case %q:\nif t, ok := t.(interface{ Set%s(gofed.%sProperty) }); ok {\np := streams.New%sProperty()\nerr = %sSet(p, values)\nt.Set%s(p)\n}\n", name, title, title, title, kind, title)
	}
	b := header([]string{`"` + module + `/streams"`})
	b.WriteString("\n// entries returns what a typed property holds, nil if t has no such property.\n")
	b.WriteString("func entries(t gofed.Type, name string) []entry {\nswitch name {\n" + get.String() + "}\nreturn nil\n}\n")
	b.WriteString("\n// setEntries replaces what a typed property holds; a t without it stays as it is.\n")
	b.WriteString("func setEntries(t gofed.Type, name string, values []entry) (err error) {\nswitch name {\n" + set.String() + "}\nreturn err\n}\n")
	return b.Bytes()
}

func header(imports []string) *bytes.Buffer {
	var b bytes.Buffer
	b.WriteString("// Code generated by internal/guardgen; DO NOT EDIT.\n\npackage vocab\n\nimport (\n")
	b.WriteString(strings.Join(imports, "\n"))
	b.WriteString("\ngofed \"" + module + "/streams/vocab\"\n)\n")
	return &b
}
