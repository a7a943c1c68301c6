package main

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// packageLinesMin is what it takes to say what a package is, what it is not and what to remember.
	packageLinesMin = 3

	// commentColumnsMax lets two files stand side by side. Code may be wider: breaking a line does not
	// make it simpler.
	commentColumnsMax = 100
)

// checkPackages wants exactly one comment on every package that is not only tests.
func (r *repository) checkPackages() {
	firsts := map[string]*source{} // by folder
	counts := map[string]int{}
	for _, s := range r.sources {
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		if firsts[s.dir] == nil {
			firsts[s.dir] = s
		}
		if s.syntax.Doc == nil || s.machine {
			continue
		}
		if counts[s.dir]++; counts[s.dir] == 2 {
			r.report(s.path, s.line(s.syntax.Doc.Pos()), "the package has a comment in another file already")
		}
		want, text := "Package "+s.syntax.Name.Name, s.syntax.Doc.Text()
		if command := "Command " + path.Base(s.dir); s.program && strings.HasPrefix(text, command) {
			want = command
		}
		if !strings.HasPrefix(text, want+" ") {
			r.report(s.path, s.line(s.syntax.Doc.Pos()), "the package comment begins with %q", want)
		} else if strings.Count(text, "\n") < packageLinesMin {
			r.report(s.path, s.line(s.syntax.Doc.Pos()), "the package comment says what this is, what it is not and what to remember, in %d lines or more", packageLinesMin)
		}
	}
	for dir, s := range firsts {
		if counts[dir] == 0 && !s.machine {
			r.report(s.path, 0, "the package has no comment")
		}
	}
}

// checkNames wants a comment that begins with the name on everything exported. In a group of
// constants or variables, a comment on the group or beside the name is enough.
func (r *repository) checkNames(s *source) {
	if s.machine || strings.HasSuffix(s.path, "_test.go") || s.program {
		return
	}
	for _, decl := range s.syntax.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && isExportedMethod(d) {
				r.checkName(s, d.Name, d.Doc)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				r.checkSpec(s, d, spec)
			}
		}
	}
}

func (r *repository) checkSpec(s *source, group *ast.GenDecl, spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		doc := spec.Doc
		if doc == nil && !group.Lparen.IsValid() {
			doc = group.Doc
		}
		if spec.Name.IsExported() && (doc != nil || group.Doc == nil || !group.Lparen.IsValid()) {
			r.checkName(s, spec.Name, doc)
		}
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			if !name.IsExported() || spec.Comment != nil && group.Lparen.IsValid() {
				continue
			}
			doc := spec.Doc
			if !group.Lparen.IsValid() {
				doc = group.Doc
			}
			if doc == nil && group.Doc != nil || doc != nil && len(spec.Names) > 1 {
				continue
			}
			r.checkName(s, name, doc)
		}
	}
}

func (r *repository) checkName(s *source, name *ast.Ident, doc *ast.CommentGroup) {
	if doc == nil {
		r.report(s.path, s.line(name.Pos()), "%s has no comment", name.Name)
	} else if rest, ok := strings.CutPrefix(doc.Text(), name.Name); !ok || strings.IndexAny(rest, " ,\n") != 0 {
		r.report(s.path, s.line(doc.Pos()), "the comment on %s does not begin with its name", name.Name)
	}
}

// isExportedMethod tells whether a function is no method, or one of an exported type.
func isExportedMethod(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	receiver := d.Recv.List[0].Type
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	switch generic := receiver.(type) {
	case *ast.IndexExpr:
		receiver = generic.X
	case *ast.IndexListExpr:
		receiver = generic.X
	}
	name, ok := receiver.(*ast.Ident)
	return ok && name.IsExported()
}

// checkTests wants every test to say what would be broken if it failed.
func (r *repository) checkTests(s *source) {
	if !strings.HasSuffix(s.path, "_test.go") {
		return
	}
	for _, decl := range s.syntax.Decls {
		d, ok := decl.(*ast.FuncDecl)
		if !ok || d.Recv != nil || d.Name.Name == "TestMain" {
			continue
		}
		if (strings.HasPrefix(d.Name.Name, "Test") || strings.HasPrefix(d.Name.Name, "Fuzz")) && d.Doc == nil && !opensWithComment(s, d) {
			r.report(s.path, s.line(d.Pos()), "%s does not say in a comment what is broken if it fails", d.Name.Name)
		}
	}
}

// opensWithComment tells whether the first thing in a function is a comment.
func opensWithComment(s *source, d *ast.FuncDecl) bool {
	if d.Body == nil {
		return false
	}
	first := d.Body.Rbrace
	if len(d.Body.List) > 0 {
		first = d.Body.List[0].Pos()
	}
	return slices.ContainsFunc(s.syntax.Comments, func(c *ast.CommentGroup) bool {
		return c.Pos() > d.Body.Lbrace && c.Pos() < first
	})
}

// debtPattern is what people write when they leave something for later. It is put together here so
// that this file does not find itself.
var debtPattern = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b`)

// checkComments wants comments that can be read beside others, and no promises.
func (r *repository) checkComments(s *source) {
	if s.machine {
		return
	}
	lines := strings.Split(string(s.text), "\n")
	for _, group := range s.syntax.Comments {
		for _, c := range group.List {
			from, to := s.line(c.Pos()), s.line(c.End()-1)
			for n := from; n <= to; n++ {
				r.checkCommentLine(s, c.Pos(), n, lines[n-1])
			}
		}
	}
}

func (r *repository) checkCommentLine(s *source, at token.Pos, n int, line string) {
	if debt := debtPattern.FindString(comment(line)); debt != "" {
		r.report(s.path, n, "%s: do it now, or write the test that fails without it", debt)
	}
	own := s.line(at) != n || strings.HasPrefix(strings.TrimSpace(line), "/")
	width := utf8.RuneCountInString(line)
	if own && width > commentColumnsMax && !strings.Contains(line, "://") && !strings.Contains(line, "//go:") {
		r.report(s.path, n, "a comment line has %d columns, %d is the most", width, commentColumnsMax)
	}
}

// comment returns a line from its comment on, or all of it inside a longer comment.
func comment(line string) string {
	if i := strings.Index(line, "//"); i >= 0 {
		return line[i:]
	}
	return line
}
