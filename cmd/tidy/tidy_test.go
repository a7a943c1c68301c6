package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// If this fails, the repository breaks one of its rules; each line says where, and what to do.
func TestRepositoryKeepsItsRules(t *testing.T) {
	files, err := load(".")
	if err != nil {
		t.Fatal(err)
	}
	if files["cmd/tidy/tidy.go"] == nil {
		t.Fatalf("only %d files were found", len(files))
	}
	for _, f := range check(files) {
		if f.note {
			t.Log(f)
		} else {
			t.Error(f)
		}
	}
}

// If this fails, a rule does not find what it is for, or finds what is fine. Each fixture is a
// small repository whose comment is the list of findings.
func TestRulesFindWhatTheyAreFor(t *testing.T) {
	fixtures, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(fixtures) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, fixture := range fixtures {
		t.Run(filepath.Base(fixture), func(t *testing.T) {
			archive, err := txtar.ParseFile(fixture)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string][]byte{}
			for _, f := range archive.Files {
				files[f.Name] = f.Data
			}
			var got []string
			for _, f := range check(files) {
				got = append(got, f.String())
			}
			want := strings.Split(strings.TrimSpace(string(archive.Comment)), "\n")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// If this fails, very long functions and files go unseen.
func TestSizesAreNotedAndThenRefused(t *testing.T) {
	head := "// Package a is one.\n// It has\n// three lines.\npackage a\n\n"
	for _, test := range []struct {
		function, file int
		want           string
	}{
		{functionLinesNote, fileLinesNote, ""},
		{functionLinesNote + 1, fileLinesNote + 1, "storage/a.go:1: note: the file has 501 lines storage/a.go:6: note: func f has 71 lines"},
		{functionLinesMax, fileLinesMax, "storage/a.go:1: note: the file has 800 lines storage/a.go:6: note: func f has 100 lines"},
		{functionLinesMax + 1, fileLinesMax + 1, "storage/a.go:1: the file has 801 lines, 800 is the most " +
			"storage/a.go:6: func f has 101 lines, 100 is the most"},
	} {
		text := head + "func f() {" + strings.Repeat("\n", test.function-1) + "}\n"
		text += strings.Repeat("\n", test.file-strings.Count(text, "\n"))
		var got []string
		for _, f := range check(map[string][]byte{"storage/a.go": []byte(text), "storage/a_test.go": []byte("package a\n\n" + strings.Repeat("\n", 900))}) {
			got = append(got, f.String())
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%d and %d lines: %q", test.function, test.file, got)
		}
	}
}

// If this fails, the rules do not run where a copy of the repository has no git.
func TestFilesAreFoundWithoutGit(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"go.mod", "cmd/a/main.go", ".git/config", "node_modules/x.go"} {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := findRoot(filepath.Join(root, "cmd", "a")); err != nil || found != root {
		t.Errorf("the root is %s, %v", found, err)
	}
	names, err := walk(root)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"cmd/a/main.go", "go.mod"}, names); diff != "" {
		t.Error(diff)
	}
}

// If this failed, a link to what one person has on a disk could be committed, and replace it.
func TestLinksAreRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(t.TempDir(), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"init", "-q"}, {"add", "node_modules"}} {
		git := exec.Command("git", command...)
		git.Dir = dir
		if out, err := git.CombinedOutput(); err != nil {
			t.Skipf("SKIP: no git: %v %s", err, out)
		}
	}
	if _, err := load(dir); err == nil || !strings.Contains(err.Error(), "node_modules is a link") {
		t.Errorf("a link was read: %v", err)
	}
}
