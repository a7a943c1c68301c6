package client

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"tulou/node/client/clienttest"
)

func document(t testing.TB) clienttest.Document {
	t.Helper()
	d, err := clienttest.Read(description)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// If this failed, there would be operations that nobody can read about, or read about and not use.
func TestEveryOperationIsDescribedAndEveryDescribedOneIsServed(t *testing.T) {
	d := document(t)
	described := map[string]bool{}
	for path, operations := range d.Paths {
		for method, o := range operations {
			described[strings.ToUpper(method)+" "+Prefix+path] = true
			if o.ID == "" || o.Summary == "" || len(o.Responses) == 0 {
				t.Errorf("%s %s lacks a name, a summary or answers", method, path)
			}
		}
	}
	api := New(Deps{})
	router := chi.NewRouter()
	api.Routes(router)
	served := map[string]bool{}
	walk := func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if !strings.HasSuffix(path, "/*") {
			served[method+" "+path] = true
		}
		return nil
	}
	if err := chi.Walk(router, walk); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(served)) {
		if !described[name] {
			t.Errorf("%s is served and not described", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(described)) {
		if !served[name] {
			t.Errorf("%s is described and not served", name)
		}
	}
	for _, r := range api.table() {
		o := d.Operation(r.method, Prefix+r.path)
		if o != nil && (len(o.Security) != 1 || !slices.Equal(o.Security[0]["oauth"], []string{r.scope})) {
			t.Errorf("%s %s wants %s, and the document says %v", r.method, r.path, r.scope, o.Security)
		}
	}
}

// If this failed, whoever copies an example of the document would send or expect something else.
func TestEveryExampleFitsItsSchema(t *testing.T) {
	d := document(t)
	examples := 0
	fits := func(at string, all map[string]clienttest.Content) {
		for _, c := range all {
			if c.Example == nil {
				t.Errorf("%s has no example", at)
				continue
			}
			examples++
			if wrong := d.Check(c.Schema, c.Example, at); wrong != "" {
				t.Error(wrong)
			}
		}
	}
	for path, operations := range d.Paths {
		for method, o := range operations {
			at := method + " " + path
			if o.RequestBody != nil {
				fits(at, o.RequestBody.Content)
			}
			for status, a := range o.Responses {
				fits(at+" "+status, a.Content)
			}
		}
	}
	for name, a := range d.Components.Responses {
		fits(name, a.Content)
	}
	if examples == 0 {
		t.Error("no examples")
	}
}
