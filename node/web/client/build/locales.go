package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// base is the language in which messages are written; the others are held against it.
const base = "en"

// pseudo is base with longer, accented words in brackets: whatever is not bracketed on a screen is
// not translated, and whatever is cut would be cut in German.
const pseudo = "en-XA"

// locale is the messages of one language.
type locale struct {
	name     string
	messages map[string]string
}

// readLocales reads the messages, base first, pseudo last. Entries of base are a text with a note
// for translators.
func readLocales(dir string) ([]locale, error) {
	english := map[string]struct{ Text, Note string }{}
	if err := readJSON(filepath.Join(dir, base+".json"), &english); err != nil {
		return nil, err
	}
	first, mock := locale{base, map[string]string{}}, locale{pseudo, map[string]string{}}
	for key, m := range english {
		if m.Text == "" || m.Note == "" {
			return nil, fmt.Errorf("%s: %s: a message needs a text and a note for translators", base, key)
		}
		first.messages[key], mock.messages[key] = m.Text, pseudoOf(m.Text)
	}
	all := []locale{first}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if name == base {
			continue
		}
		l := locale{name: name}
		if err := readJSON(file, &l.messages); err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return append(all, mock), nil
}

func readJSON(file string, into any) error {
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	return nil
}

// used finds keys in sources: every one is written as a whole, in quotes, where it is used.
var used = regexp.MustCompile(`["']([a-z0-9-]+(?:\.[a-z0-9-]+)+)["']`)

// called finds those that must be keys, since they are given to t or T.
var called = regexp.MustCompile(`(?:\bt\(\s*|\bk[=:]\s*)["']([a-z0-9-]+\.[a-z0-9.-]+)["']`)

// checkLocales fails on messages that are missing, unused or differ in their placeholders.
func (b *builder) checkLocales(locales []locale) error {
	sources, wrong := map[string]bool{}, []error{}
	err := filepath.WalkDir(filepath.Join(b.client, "src"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasPrefix(filepath.Ext(path), ".ts") || filepath.Base(filepath.Dir(path)) == "dev" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range used.FindAllSubmatch(text, -1) {
			sources[string(m[1])] = true
		}
		for _, m := range called.FindAllSubmatch(text, -1) {
			if _, ok := locales[0].messages[string(m[1])]; !ok {
				wrong = append(wrong, fmt.Errorf("%s: there is no message %s", filepath.Base(path), m[1]))
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, key := range sortedKeys(locales[0].messages) {
		if !sources[key] {
			wrong = append(wrong, fmt.Errorf("%s: %s is used nowhere", base, key))
		}
	}
	for _, l := range locales[1:] {
		wrong = append(wrong, against(locales[0], l)...)
	}
	return errors.Join(wrong...)
}

// against holds the messages of a language against those of base.
func against(first, l locale) (wrong []error) {
	for _, key := range sortedKeys(first.messages) {
		message, ok := l.messages[key]
		if !ok {
			wrong = append(wrong, fmt.Errorf("%s: %s is missing", l.name, key))
			continue
		}
		got, err := placeholders(message)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %s: %w", l.name, key, err))
			continue
		}
		want, err := placeholders(first.messages[key])
		if err != nil || !slices.Equal(got, want) {
			wrong = append(wrong, fmt.Errorf("%s: %s has the placeholders %q, not %q %v", l.name, key, got, want, err))
		}
	}
	for _, key := range sortedKeys(l.messages) {
		if _, ok := first.messages[key]; !ok {
			wrong = append(wrong, fmt.Errorf("%s: %s is in no other language", l.name, key))
		}
	}
	return wrong
}

func sortedKeys(m map[string]string) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// placeholders returns the names in a message, each once, sorted. Messages are text with {name},
// {name, plural, one {…} other {…}} and {name, select, a {…} other {…}}.
func placeholders(message string) (found []string, err error) {
	for len(message) > 0 {
		open := strings.IndexAny(message, "{}")
		if open < 0 {
			break
		}
		if message[open] == '}' {
			return nil, errors.New("a } too many")
		}
		body, rest, err := braced(message[open:])
		if err != nil {
			return nil, err
		}
		message = rest
		name, cases, several := strings.Cut(body, ",")
		found = append(found, strings.TrimSpace(name))
		if !several {
			continue
		}
		inner, err := caseNames(cases)
		if err != nil {
			return nil, err
		}
		found = append(found, inner...)
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// caseNames returns the placeholders inside the cases of a plural or select, which need an "other".
func caseNames(text string) (found []string, err error) {
	kind, cases, _ := strings.Cut(text, ",")
	if kind = strings.TrimSpace(kind); kind != "plural" && kind != "select" {
		return nil, fmt.Errorf("%q is no kind of placeholder", kind)
	}
	other := false
	for cases = strings.TrimSpace(cases); cases != ""; cases = strings.TrimSpace(cases) {
		open := strings.IndexByte(cases, '{')
		if open < 0 {
			return nil, fmt.Errorf("%q is no case", cases)
		}
		other = other || strings.TrimSpace(cases[:open]) == "other"
		body, rest, err := braced(cases[open:])
		if err != nil {
			return nil, err
		}
		inner, err := placeholders(body)
		if err != nil {
			return nil, err
		}
		found, cases = append(found, inner...), rest
	}
	if !other {
		return nil, errors.New("there is no case other")
	}
	return found, nil
}

// braced splits a text that begins with { behind its }.
func braced(text string) (body, rest string, err error) {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return text[1:i], text[i+1:], nil
			}
		}
	}
	return "", "", errors.New("a } is missing")
}

// accents replaces letters by others that are read as easily.
var accents = strings.NewReplacer("a", "á", "e", "é", "i", "í", "o", "ö", "u", "ü", "A", "Å", "E", "É", "O", "Ø", "U", "Û", "n", "ñ", "s", "š", "c", "ç")

// pseudoOf is a message as in a language that needs a third more room.
func pseudoOf(message string) string {
	var b strings.Builder
	depth, start, letters := 0, 0, 0
	plain := func(end int) {
		b.WriteString(accents.Replace(message[start:end]))
		letters += end - start
		start = end
	}
	for i := range len(message) {
		switch message[i] {
		case '{':
			if depth == 0 {
				plain(i)
			}
			depth++
		case '}':
			if depth--; depth == 0 {
				b.WriteString(message[start : i+1])
				start = i + 1
			}
		}
	}
	plain(len(message))
	return "[" + b.String() + strings.Repeat("·", letters/3) + "]"
}

// localePlugin serves the messages of a language as the module "locale:NAME", so that each is a
// part of its own.
func localePlugin(locales []locale) api.Plugin {
	return api.Plugin{Name: "locale", Setup: func(build api.PluginBuild) {
		build.OnResolve(api.OnResolveOptions{Filter: `^locale:`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: "locale-" + strings.TrimPrefix(args.Path, "locale:"), Namespace: "locale"}, nil
		})
		build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "locale"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			for _, l := range locales {
				if "locale-"+l.name == args.Path {
					text, err := json.Marshal(l.messages)
					contents := "export default " + string(text)
					return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS}, err
				}
			}
			return api.OnLoadResult{}, fmt.Errorf("there is no language %s", args.Path)
		})
	}}
}
