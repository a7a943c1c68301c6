package main

import (
	"strconv"
	"strings"
)

// layer is one storey of the house. A package imports packages of lower ranks, and of its own unit.
type layer struct {
	prefix string
	rank   int
	parts  int // how many folders of a path name the unit; units of one rank never meet
}

// layers is the house from the roof down; the first row that fits a folder counts, and a prefix
// that ends in a slash fits only what is below it.
var layers = []layer{
	{"cmd/", 9, 2},           // programs
	{"node/demo", 8, 2},      // what programs do with whole nodes
	{"node/bench", 8, 2},     //
	{"node/nodetest/", 0, 3}, // peers for tests, which share nothing with the node they test
	{"node/nodetest", 8, 2},  // many nodes in one process
	{"node/edge", 5, 2},      // what all edges share
	{"node/", 6, 2},          // the edges: mastodon, client, oauth, web …
	{"node", 7, 1},           // wiring
	{"apps/", 4, 2},          // features
	{"federation/fetch", 2, 2},
	{"federation", 3, 1},
	{"storage", 1, 1},
	{"protocol", 0, 1}, // the packages in it may use one another
}

// place returns the rank and the unit of a folder.
func place(dir string) (rank int, unit string, ok bool) {
	for _, l := range layers {
		if dir != l.prefix && !strings.HasPrefix(dir, strings.TrimSuffix(l.prefix, "/")+"/") {
			continue
		}
		folders := strings.Split(dir, "/")
		return l.rank, strings.Join(folders[:min(l.parts, len(folders))], "/"), true
	}
	return 0, "", false
}

// restriction keeps a module, or a package of the standard library, where it belongs.
type restriction struct {
	path    string   // of the import, or its beginning up to a slash
	in      []string // folders that may import it; none for nowhere
	tests   bool     // whether tests may import it anywhere
	instead string
}

var restrictions = []restriction{
	{"database/sql", []string{"storage"}, true, "ask storage, which holds every line of SQL"},
	{"github.com/jmoiron/sqlx", []string{"storage"}, false, "ask storage, which holds every line of SQL"},
	{"github.com/lib/pq", []string{"storage"}, false, "ask storage, which holds every line of SQL"},
	{"github.com/pressly/goose/v3", []string{"storage"}, false, "migrations are storage's"},
	{"modernc.org/sqlite", []string{"storage"}, false, "ask storage, which holds every line of SQL"},
	{"github.com/go-fed/activity", []string{"protocol/vocab", "federation"}, false, "use the plain structs of protocol/vocab"},
	{"github.com/go-jose/go-jose/v4", []string{"protocol", "node/oauth"}, false, "keys and signed documents are protocol's"},
	{"github.com/go-chi/chi/v5", []string{"node", "federation"}, false, "routes are made where HTTP is served"},
	{"github.com/yuin/goldmark", []string{"protocol/markup"}, false, "use protocol/markup"},
	{"github.com/microcosm-cc/bluemonday", []string{"protocol/markup"}, false, "use markup.Sanitize"},
	{"github.com/alecthomas/kong", []string{"cmd"}, false, "flags and environment are read in cmd and passed on as values"},
	{"github.com/caddyserver/certmagic", []string{"node", "cmd"}, false, "certificates are got where HTTP is served"},
	{"github.com/coder/websocket", []string{"node"}, true, "sockets are an edge's"},
	{"github.com/wneessen/go-mail", []string{"node/mail"}, false, "mails are node/mail's"},
	{"github.com/pquerna/otp", []string{"apps/people"}, true, "who signs in how is apps/people's"},
	{"log", nil, false, "use log/slog, given to the constructor"},
	{"log/slog", []string{"cmd", "node", "apps", "federation", "storage"}, true, "protocol is pure: return an error"},
	{"os", []string{"cmd", "node", "storage"}, true, "take a value or an io.Reader: only programs, the node and storage know files"},
	{"os/exec", []string{"cmd", "storage/storagetest", "node/film"}, true, "only node/film starts a program, confined"},
	{"math/rand", nil, false, "use crypto/rand for secrets and math/rand/v2 for the rest"},
	{"io/ioutil", nil, false, "use io and os"},
	{"unsafe", nil, false, "nothing here is worth it"},
	{"plugin", nil, false, "nothing is loaded at run time"},
	{"github.com/stretchr/testify", nil, false, "use testing and go-cmp"},
	{"github.com/golang/mock", nil, false, "write a fake of ten lines in the test that needs it"},
	{"go.uber.org/mock", nil, false, "write a fake of ten lines in the test that needs it"},
}

func (r *repository) checkImports(s *source) {
	for _, spec := range s.syntax.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		line := s.line(spec.Pos())
		if dir, ours := strings.CutPrefix(target, module+"/"); ours {
			r.checkDirection(s, line, dir)
			continue
		}
		for _, rule := range restrictions {
			fits := target == rule.path || strings.Contains(rule.path, ".") && strings.HasPrefix(target, rule.path+"/")
			if fits && !s.under(rule.in) && !(rule.tests && s.test) {
				r.report(s.path, line, "import of %s: %s", target, rule.instead)
			}
		}
		if target == "math/rand/v2" && !s.test && spec.Comment == nil {
			r.report(s.path, line, "import of math/rand/v2: say in a comment beside it why this need not be secret")
		}
	}
}

// checkDirection holds imports of our own packages to the order of layers.
func (r *repository) checkDirection(s *source, line int, target string) {
	rank, unit, known := place(s.dir)
	below, other, found := place(target)
	switch {
	case !known || !found:
		r.report(s.path, line, "import of %s: one of the two has no layer in cmd/tidy", target)
	case unit == other:
	case isSupport(target):
		if !s.test && rank < 8 {
			r.report(s.path, line, "import of %s: it is for tests", target)
		}
	case below == rank:
		r.report(s.path, line, "import of %s: siblings do not import each other; node introduces them", target)
	case below > rank:
		r.report(s.path, line, "import of %s: imports go downward only; declare an interface here", target)
	}
}
