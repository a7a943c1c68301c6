package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Budgets of the first load, gzipped: on a middling phone over 4G it is there in a second.
const (
	scriptBytesMax = 90 << 10
	styleBytesMax  = 20 << 10
	// scriptFilesMax bounds the requests: each costs half a kilobyte of headers, and over HTTP/1.1
	// only six are under way at once.
	scriptFilesMax = 6
)

// statics fills in the page and copies what is served as it is.
func (b *builder) statics(boot, style string, first firstLoad, files map[string][]byte) error {
	page, err := os.ReadFile(filepath.Join(b.client, "src/index.html"))
	if err != nil {
		return err
	}
	var preload strings.Builder
	for _, name := range first.static {
		if name != first.main {
			fmt.Fprintf(&preload, "<link rel=\"modulepreload\" href=\"%s%s\">\n", at, name)
		}
	}
	files["index.html"] = []byte(strings.NewReplacer(
		"{{boot}}", at+boot, "{{style}}", at+style, "{{main}}", at+first.main, "{{preload}}\n", preload.String(),
	).Replace(string(page)))
	if b.dev {
		files["parts.html"] = []byte(strings.NewReplacer(
			"{{boot}}", at+boot, "{{style}}", at+style, "{{main}}", at+"parts.js", "{{preload}}\n", "",
		).Replace(string(page)))
	}
	manifest, err := os.ReadFile(filepath.Join(b.client, "src/manifest.webmanifest"))
	files["manifest.webmanifest"] = manifest
	return err
}

// worker bundles the service worker with the list of what it keeps: the shell, without which
// nothing starts, and the rest, which it fetches when there is time.
func (b *builder) worker(boot, style string, first firstLoad, files map[string][]byte) error {
	shell := append([]string{boot, style}, first.static...)
	slices.Sort(shell)
	var rest []string
	for _, name := range names(files) {
		if filepath.Ext(name) == ".js" && !slices.Contains(shell, name) && !strings.HasPrefix(name, "locale-") {
			rest = append(rest, name)
		}
	}
	all := sha256.New()
	for _, name := range names(files) {
		fmt.Fprintln(all, name)
	}
	all.Write(files["index.html"])
	define := map[string]string{"BUILD": quoted(hex.EncodeToString(all.Sum(nil)[:6])), "SHELL": quoted(shell), "REST": quoted(rest)}
	_, err := b.script("src/sw.ts", "[name]", define, files)
	return err
}

func quoted(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// budget fails on a first load that is too much, and says how much it is.
func (b *builder) budget(boot, style string, first firstLoad, files map[string][]byte) error {
	needed := slices.Concat([]string{boot, path.Base(first.words[base])}, first.static)
	scripts := 0
	for _, name := range needed {
		scripts += len(zip(files[name]))
	}
	styles := len(zip(files[style]))
	b.report = fmt.Sprintf("first load, gzip: %d B of scripts (at most %d) in %d files (at most %d), %d B of style (at most %d); %d files\n",
		scripts, scriptBytesMax, len(needed), scriptFilesMax, styles, styleBytesMax, len(files))
	if !b.dev && !b.draft && (scripts > scriptBytesMax || len(needed) > scriptFilesMax || styles > styleBytesMax) {
		return fmt.Errorf("over budget: %s", b.report)
	}
	return nil
}
