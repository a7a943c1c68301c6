package main

import (
	"go/ast"
	"path"
	"strconv"
	"strings"
)

// ban is a name of another package that has a better replacement.
type ban struct {
	path    string
	names   string   // separated by spaces
	in      []string // folders that may use it, with all below
	exactly []string // folders that may use it, without those below
	tests   bool     // whether tests may use it anywhere
	instead string
}

var bans = []ban{
	{"net/http", "DefaultClient DefaultTransport Get Head Post PostForm", nil, nil, true,
		"use federation/fetch, which knows limits and private addresses"},
	{"net/http", "Client Transport", []string{"federation/fetch", "cmd", "node/demo", "node/bench"}, nil, true,
		"use federation/fetch, which knows limits and private addresses"},
	{"net/http", "DefaultServeMux Handle HandleFunc ListenAndServe ListenAndServeTLS", nil, nil, true, "two nodes fit in one process: use a router and server of one's own"},
	{"net", "Dial DialTimeout DialTCP DialUDP DialUnix Dialer DefaultResolver LookupHost LookupIP LookupAddr LookupTXT",
		[]string{"federation/fetch", "cmd", "node/demo", "node/bench"}, nil, true, "use federation/fetch, which checks the address that is dialled"},
	{"tulou/federation/fetch", "OperatorDialer", []string{"node/mail"}, nil, true,
		"it checks no address: only for a host that the operator named"},
	{"time", "Sleep", nil, nil, true, "wait for a timer and the context, or write a job with a later time"},
	{"time", "Tick", nil, nil, true, "use time.NewTicker and stop it"},
	{"time", "Now Since Until", []string{"cmd", "node", "apps", "federation", "storage"}, nil, true, "protocol has no clock: take the time as a parameter"},
	{"fmt", "Print Printf Println", []string{"cmd"}, nil, true, "return a value; only programs write to standard output"},
	{"os", "Getenv LookupEnv Environ Setenv Exit", []string{"cmd"}, nil, true, "only programs know the environment; take a value"},
	{"context", "TODO", nil, nil, false, "take the context as the first parameter"},
	{"context", "Background", []string{"cmd", "node/demo", "node/bench", "storage"}, []string{"node"}, true,
		"take the context as the first parameter; context.WithoutCancel for what outlives a request"},
}

// initsIn is the one package whose init may do something: it installs the guards of go-fed.
var initsIn = []string{"protocol/vocab"}

func (r *repository) checkCalls(s *source) {
	names := importNames(s.syntax)
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Name.Name == "init" && n.Recv == nil && !s.under(initsIn) {
				r.report(s.path, s.line(n.Pos()), "func init: do it in a constructor, so that two nodes fit in one process")
			}
		case *ast.SelectorExpr:
			left, ok := n.X.(*ast.Ident)
			if ok && left.Obj == nil && names[left.Name] != "" {
				r.checkUse(s, s.line(n.Pos()), names[left.Name], n.Sel.Name)
			}
		}
		return true
	})
}

func (r *repository) checkUse(s *source, line int, target, name string) {
	for _, b := range bans {
		if b.path != target || !strings.Contains(" "+b.names+" ", " "+name+" ") {
			continue
		}
		if s.under(b.in) || b.tests && s.test || strings.Contains(" "+strings.Join(b.exactly, " ")+" ", " "+s.dir+" ") {
			continue
		}
		r.report(s.path, line, "%s.%s: %s", path.Base(target), name, b.instead)
	}
}

// importNames maps the names of imports in a file to their paths.
func importNames(f *ast.File) map[string]string {
	names := map[string]string{}
	for _, spec := range f.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(target)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = target
	}
	return names
}
