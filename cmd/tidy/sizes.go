package main

import (
	"bytes"
	"go/ast"
)

// What is longer than Note is shown, what is longer than Max fails. Tests may have tables of any
// length. A number is no reason to split what belongs together; these are the lengths beyond which
// nobody keeps all of it in mind.
const (
	functionLinesNote = 70
	functionLinesMax  = 100
	fileLinesNote     = 500
	fileLinesMax      = 800
)

func (r *repository) checkSizes(s *source) {
	if s.test || s.machine {
		return
	}
	r.checkSize(s, 1, bytes.Count(s.text, []byte("\n")), "the file", fileLinesNote, fileLinesMax)
	for _, decl := range s.syntax.Decls {
		if d, ok := decl.(*ast.FuncDecl); ok {
			from, to := s.line(d.Pos()), s.line(d.End())
			r.checkSize(s, from, to-from+1, "func "+d.Name.Name, functionLinesNote, functionLinesMax)
		}
	}
}

func (r *repository) checkSize(s *source, line, size int, what string, note, most int) {
	if size > most {
		r.report(s.path, line, "%s has %d lines, %d is the most", what, size, most)
	} else if size > note {
		r.note(s.path, line, "%s has %d lines", what, size)
	}
}
