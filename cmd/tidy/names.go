package main

import (
	"bytes"
	"go/ast"
	"path"
	"regexp"
	"strings"
)

// namePattern is how documents name code: `package.Function` or `package.Type.Method`.
var namePattern = regexp.MustCompile("`([a-z][a-z0-9]*)((?:\\.[A-Za-z][A-Za-z0-9]*){1,2})`")

// checkDocumentedNames wants every function that a document in docs names to exist, so that a guide
// through the code does not lead to where nothing is any more.
func (r *repository) checkDocumentedNames() {
	packages := map[string]bool{}
	known := map[string]bool{}
	for _, s := range r.sources {
		if s.test {
			continue
		}
		name := s.syntax.Name.Name
		packages[name] = true
		for _, declaration := range s.syntax.Decls {
			for _, declared := range declaredNames(declaration) {
				known[name+"."+declared] = true
			}
		}
	}
	for name, text := range r.files {
		if !strings.HasPrefix(name, "docs/") || path.Ext(name) != ".md" {
			continue
		}
		for _, found := range namePattern.FindAllSubmatchIndex(text, -1) {
			full := string(text[found[2]:found[5]])
			if strings.Contains(full, ".example") { // a host
				continue
			}
			if packages[string(text[found[2]:found[3]])] && !known[full] {
				r.report(name, 1+bytes.Count(text[:found[0]], []byte("\n")), "there is no %s", full)
			}
		}
	}
}

// declaredNames are what a declaration brings into its package: functions, types and their methods
// as Type.Method.
func declaredNames(declaration ast.Decl) (names []string) {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return []string{d.Name.Name}
		}
		return []string{receiver(d.Recv.List[0].Type) + "." + d.Name.Name}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if t, ok := spec.(*ast.TypeSpec); ok {
				names = append(names, t.Name.Name)
			}
		}
	}
	return names
}

func receiver(of ast.Expr) string {
	switch t := of.(type) {
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}
