package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// module is the import path before every package of ours.
const module = "tulou"

// finding is one thing that is not as it should be, or, as a note, nearly so.
type finding struct {
	path string
	line int // 0 for the file as a whole
	text string
	note bool
}

// String is the form in which editors find the place.
func (f finding) String() string {
	mark := ""
	if f.note {
		mark = "note: "
	}
	return fmt.Sprintf("%s:%d: %s%s", f.path, max(f.line, 1), mark, f.text)
}

// repository is what the rules look at.
type repository struct {
	files    map[string][]byte // by path with forward slashes
	sources  []*source         // the Go files, by path
	findings []finding
}

// source is one Go file.
type source struct {
	path    string
	dir     string // of its package, "" for the root
	text    []byte
	fset    *token.FileSet
	syntax  *ast.File
	test    bool // a test, or a package that only tests and the programs around nodes use
	program bool // a command, wherever it lies
	machine bool // generated, so that its style is another program's
}

func (r *repository) report(path string, line int, format string, args ...any) {
	r.findings = append(r.findings, finding{path, line, fmt.Sprintf(format, args...), false})
}

func (r *repository) note(path string, line int, format string, args ...any) {
	r.findings = append(r.findings, finding{path, line, fmt.Sprintf(format, args...), true})
}

func (s *source) line(at token.Pos) int { return s.fset.Position(at).Line }

// check applies every rule and returns what it found, in the order of files.
func check(files map[string][]byte) []finding {
	r := &repository{files: files}
	r.parse()
	for _, s := range r.sources {
		r.checkImports(s)
		r.checkCalls(s)
		r.checkNames(s)
		r.checkTests(s)
		r.checkSizes(s)
		r.checkComments(s)
	}
	r.checkPackages()
	r.checkFolders()
	r.checkLinks()
	r.checkDocumentedNames()
	slices.SortStableFunc(r.findings, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.line, b.line))
	})
	return r.findings
}

// parse reads the Go files; one that is not Go is a finding, too.
func (r *repository) parse() {
	fset := token.NewFileSet()
	for name, text := range r.files {
		if path.Ext(name) != ".go" || within(name, "testdata") {
			continue
		}
		syntax, err := parser.ParseFile(fset, name, text, parser.ParseComments)
		if err != nil {
			r.report(name, 0, "%v", err)
			continue
		}
		dir := path.Dir(name)
		if dir == "." {
			dir = ""
		}
		r.sources = append(r.sources, &source{
			path: name, dir: dir, text: text, fset: fset, syntax: syntax,
			test:    strings.HasSuffix(name, "_test.go") || isSupport(dir),
			program: syntax.Name.Name == "main",
			machine: ast.IsGenerated(syntax),
		})
	}
	slices.SortFunc(r.sources, func(a, b *source) int { return cmp.Compare(a.path, b.path) })
}

// isSupport tells whether a package exists for tests: a folder on its path is called …test.
func isSupport(dir string) bool {
	return slices.ContainsFunc(strings.Split(dir, "/"), func(part string) bool { return strings.HasSuffix(part, "test") })
}

// within tells whether one of the folders of a path has that name.
func within(name, folder string) bool {
	return slices.Contains(strings.Split(path.Dir(name), "/"), folder)
}

// under tells whether a file is in one of the folders or below one. Programs are at home in cmd.
func (s *source) under(roots []string) bool {
	dir := s.dir
	if s.program {
		dir = "cmd"
	}
	return slices.ContainsFunc(roots, func(root string) bool { return dir == root || strings.HasPrefix(dir, root+"/") })
}

// load reads the files of the repository that dir is in: those that git knows or would add, or all
// where there is no git.
func load(dir string) (map[string][]byte, error) {
	root, err := findRoot(dir)
	if err != nil {
		return nil, err
	}
	names, err := tracked(root)
	if err != nil {
		if names, err = walk(root); err != nil {
			return nil, err
		}
	}
	files := make(map[string][]byte, len(names))
	for _, name := range names {
		at := filepath.Join(root, filepath.FromSlash(name))
		if is, err := os.Lstat(at); err == nil && !is.Mode().IsRegular() {
			return nil, fmt.Errorf("%s is a link, which leads nowhere in somebody else's folder", name)
		}
		text, err := os.ReadFile(at)
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and not committed yet
		} else if err != nil {
			return nil, err
		}
		files[name] = text
	}
	return files, nil
}

// findRoot returns the folder of go.mod, upward from dir.
func findRoot(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod here or above")
		}
		dir = parent
	}
}

func tracked(root string) ([]string, error) {
	git := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	git.Dir = root
	out, err := git.Output()
	if err != nil {
		return nil, err
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 }), nil
}

func walk(root string) ([]string, error) {
	var names []string
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "node_modules"):
			return fs.SkipDir
		case entry.Type().IsRegular():
			names = append(names, name)
		}
		return nil
	})
	return names, err
}
