package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// at is where the client lives on a node.
const at = "/app/"

// engines are the browsers that the client is made for: those with light-dark(), 2024 and later.
var engines = []api.Engine{
	{Name: api.EngineChrome, Version: "123"}, {Name: api.EngineFirefox, Version: "121"}, {Name: api.EngineSafari, Version: "17.5"},
}

// builder makes the files of the client.
type builder struct {
	client string // its folder
	draft  bool   // messages may be missing
	dev    bool   // with names of things, and src/dev
	report string // sizes, after build
}

// build returns the files by name.
func (b *builder) build() (map[string][]byte, error) {
	locales, err := readLocales(filepath.Join(b.client, "locales"))
	if err != nil {
		return nil, err
	}
	if err := b.checkLocales(locales); err != nil {
		if !b.dev && !b.draft {
			return nil, err
		}
		fmt.Fprintln(os.Stderr, err)
	}
	files, err := marks()
	if err != nil {
		return nil, err
	}
	style, err := b.style(files)
	if err != nil {
		return nil, err
	}
	first, err := b.modules(locales, files)
	if err != nil {
		return nil, err
	}
	boot, err := b.script("src/boot.ts", "[name]-[hash]", map[string]string{"WORDS": quoted(first.words)}, files)
	if err != nil {
		return nil, err
	}
	if err := b.statics(boot, style, first, files); err != nil {
		return nil, err
	}
	if err := b.worker(boot, style, first, files); err != nil {
		return nil, err
	}
	return files, b.budget(boot, style, first, files)
}

// options are what all scripts have in common.
func (b *builder) options() api.BuildOptions {
	o := api.BuildOptions{
		AbsWorkingDir: b.client, Bundle: true, Write: false, Outdir: "out", PublicPath: at, Engines: engines,
		JSX: api.JSXAutomatic, JSXImportSource: "preact", Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone,
		MinifySyntax: !b.dev, MinifyWhitespace: !b.dev, MinifyIdentifiers: !b.dev,
		Define: map[string]string{"DEV": fmt.Sprint(b.dev)},
		// What is true in one kind of build is not a mistake in the other.
		LogOverride: map[string]api.LogLevel{"suspicious-logical-operator": api.LogLevelSilent, "suspicious-nullish-coalescing": api.LogLevelSilent},
	}
	if b.dev {
		o.Sourcemap = api.SourceMapInline
	}
	return o
}

// script bundles one file that is no module and returns its name.
func (b *builder) script(source, name string, define map[string]string, files map[string][]byte) (string, error) {
	o := b.options()
	o.EntryPoints, o.EntryNames, o.Format = []string{source}, name, api.FormatIIFE
	for key, value := range define {
		o.Define[key] = value
	}
	made, err := collect(api.Build(o), files)
	if err != nil {
		return "", err
	}
	return made[0], nil
}

// style puts every style sheet of src into one, each folder a layer, so that their order in the
// file does not matter and no component has to ask for its own.
func (b *builder) style(files map[string][]byte) (string, error) {
	var sheets []string
	for _, pattern := range []string{"*/*.css", "*/*/*.css"} {
		found, err := filepath.Glob(filepath.Join(b.client, "src", pattern))
		if err != nil {
			return "", err
		}
		sheets = append(sheets, found...)
	}
	slices.Sort(sheets)
	if err := checkSides(sheets); err != nil {
		return "", err
	}
	var all strings.Builder
	all.WriteString("@layer tokens, base, ui, app, screens, dev;\n")
	for _, sheet := range sheets {
		name, err := filepath.Rel(filepath.Join(b.client, "src"), sheet)
		if err != nil {
			return "", err
		}
		layer, _, _ := strings.Cut(filepath.ToSlash(name), "/")
		switch filepath.ToSlash(name) {
		case "ui/tokens.css":
			layer = "tokens"
		case "ui/base.css":
			layer = "base"
		}
		if layer == "dev" && !b.dev {
			continue
		}
		fmt.Fprintf(&all, "@import %q layer(%s);\n", "./"+filepath.ToSlash(name), layer)
	}
	o := b.options()
	o.Stdin = &api.StdinOptions{Contents: all.String(), ResolveDir: filepath.Join(b.client, "src"), Sourcefile: "app.css", Loader: api.LoaderCSS}
	o.EntryNames = "app-[hash]"
	o.Sourcemap = api.SourceMapNone
	made, err := collect(api.Build(o), files)
	if err != nil {
		return "", err
	}
	return made[0], nil
}

// sided finds what names a side of the screen, which is another in languages that run from right to
// left. The insets of a notch have no other names.
var sided = regexp.MustCompile(`(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right)|(?:^|[;{\s])(?:left|right)\s*:|(?:text-align|float|clear)\s*:\s*(?:left|right)`)

var notch = regexp.MustCompile(`env\(safe-area-inset-\w+`)

// checkSides fails on style sheets that name sides.
func checkSides(sheets []string) error {
	var wrong []error
	for _, sheet := range sheets {
		text, err := os.ReadFile(sheet)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(text), "\n") {
			if found := sided.FindString(notch.ReplaceAllString(line, "")); found != "" {
				wrong = append(wrong, fmt.Errorf("%s:%d: %q is a side of the screen: use inline-start or inline-end", filepath.Base(sheet), i+1, found))
			}
		}
	}
	return errors.Join(wrong...)
}

// firstLoad is what a browser needs before it shows something.
type firstLoad struct {
	main   string
	static []string          // what main imports at once, and main
	words  map[string]string // the address of the words of each language
}

// modules bundles the program, a part for each screen and each language.
func (b *builder) modules(locales []locale, files map[string][]byte) (first firstLoad, err error) {
	o := b.options()
	o.EntryPoints, o.EntryNames, o.ChunkNames = []string{"src/main.tsx"}, "[name]-[hash]", "[name]-[hash]"
	if b.dev {
		o.EntryNames, o.ChunkNames = "[name]", "[name]-[hash]"
		if parts := filepath.Join(b.client, "src/dev/parts.tsx"); exists(parts) {
			o.EntryPoints = append(o.EntryPoints, "src/dev/parts.tsx")
		}
	}
	o.Format, o.Splitting, o.Metafile = api.FormatESModule, true, true
	o.Plugins = []api.Plugin{localePlugin(locales), stylePlugin}
	result := api.Build(o)
	if _, err = collect(result, files); err != nil {
		return first, err
	}
	var meta metafile
	if err = json.Unmarshal([]byte(result.Metafile), &meta); err != nil {
		return first, err
	}
	first.main = meta.output("src/main.tsx")
	first.static = meta.closure(first.main)
	first.words = map[string]string{}
	for _, l := range locales {
		first.words[l.name] = at + meta.output("locale-"+l.name)
	}
	slices.Sort(first.static)
	return first, nil
}

// metafile is what esbuild says about what it made.
type metafile struct {
	Outputs map[string]struct {
		EntryPoint string
		Imports    []struct {
			Path, Kind string
			External   bool
		}
	}
}

// output is the file that was made of a source.
func (m metafile) output(source string) string {
	for name, o := range m.Outputs {
		if o.EntryPoint == source || strings.HasSuffix(o.EntryPoint, ":"+source) {
			return filepath.Base(name)
		}
	}
	return ""
}

// closure is a file and what it imports at once.
func (m metafile) closure(name string) (all []string) {
	all = append(all, name)
	for i := 0; i < len(all); i++ {
		for _, imported := range m.Outputs["out/"+all[i]].Imports {
			part := filepath.Base(imported.Path)
			if imported.Kind == "import-statement" && !imported.External && !slices.Contains(all, part) {
				all = append(all, part)
			}
		}
	}
	return all
}

// collect takes what esbuild made and returns the names.
func collect(result api.BuildResult, files map[string][]byte) (made []string, err error) {
	var wrong []error
	for _, m := range api.FormatMessages(result.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage}) {
		wrong = append(wrong, errors.New(m))
	}
	for _, m := range api.FormatMessages(result.Warnings, api.FormatMessagesOptions{Kind: api.WarningMessage}) {
		wrong = append(wrong, errors.New(m))
	}
	for _, file := range result.OutputFiles {
		name := filepath.Base(file.Path)
		files[name] = file.Contents
		made = append(made, name)
	}
	return made, errors.Join(wrong...)
}

// stylePlugin lets a component name its style sheet, which is in the one of all anyhow.
var stylePlugin = api.Plugin{Name: "style", Setup: func(build api.PluginBuild) {
	build.OnLoad(api.OnLoadOptions{Filter: `\.css$`}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
		nothing := ""
		return api.OnLoadResult{Contents: &nothing, Loader: api.LoaderJS}, nil
	})
}}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
