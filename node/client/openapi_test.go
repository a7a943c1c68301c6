package client

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-json-experiment/json"
)

// document is openapi.json, as far as tests look.
type document struct {
	OpenAPI    string                          `json:"openapi"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas   map[string]schema `json:"schemas"`
		Responses map[string]answer `json:"responses"`
	} `json:"components"`
}

type operation struct {
	ID          string                `json:"operationId"`
	Summary     string                `json:"summary"`
	Security    []map[string][]string `json:"security"`
	RequestBody *struct {
		Content map[string]content `json:"content"`
	} `json:"requestBody"`
	Responses  map[string]answer `json:"responses"`
	Parameters []map[string]any  `json:"parameters"`
}

type answer struct {
	Ref     string             `json:"$ref"`
	Content map[string]content `json:"content"`
}

type content struct {
	Schema  schema `json:"schema"`
	Example any    `json:"example"`
}

// schema is the part of JSON Schema that the document uses.
type schema map[string]any

func readDocument(t testing.TB) document {
	t.Helper()
	var d document
	if err := json.Unmarshal(description, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// operation returns what the document says of a request, nil if it says nothing.
func (d document) operation(method, path string) *operation {
	path = strings.TrimPrefix(path, Prefix)
	for template, operations := range d.Paths {
		pattern := "^" + regexp.MustCompile(`\\\{[a-z_]+\\\}`).ReplaceAllString(regexp.QuoteMeta(template), `[^/]+`) + "$"
		if o, ok := operations[strings.ToLower(method)]; ok && (template == path ||
			d.Paths[path] == nil && regexp.MustCompile(pattern).MatchString(path)) {
			return &o
		}
	}
	return nil
}

// checkAnswer tells how an answer is not what the document promises for it, "" if it is.
func (d document) checkAnswer(method, path string, status int, kind string, body []byte) string {
	o := d.operation(method, path)
	if o == nil {
		return "the document has no " + method + " " + path
	}
	promised, ok := o.Responses[strconv.Itoa(status)]
	if !ok {
		promised, ok = o.Responses["default"]
	}
	if !ok {
		return fmt.Sprintf("%s %s promises no %d", method, path, status)
	}
	if name := strings.TrimPrefix(promised.Ref, "#/components/responses/"); promised.Ref != "" {
		promised = d.Components.Responses[name]
	}
	kind, _, _ = strings.Cut(kind, ";")
	if len(promised.Content) == 0 {
		if len(body) > 0 {
			return fmt.Sprintf("%s %s %d promises no content", method, path, status)
		}
		return ""
	}
	of, ok := promised.Content[kind]
	if !ok {
		return fmt.Sprintf("%s %s %d promises no %s", method, path, status, kind)
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err.Error()
	}
	return d.check(of.Schema, value, "answer")
}

// check tells how a value is not what a schema says, "" if it is.
func (d document) check(s schema, value any, at string) string {
	if ref, ok := s["$ref"].(string); ok {
		named, ok := d.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")]
		if !ok {
			return at + ": no schema " + ref
		}
		return d.check(named, value, at)
	}
	if some, ok := s["anyOf"].([]any); ok {
		wrong := ""
		for _, one := range some {
			if wrong = d.check(one.(map[string]any), value, at); wrong == "" {
				return ""
			}
		}
		return wrong
	}
	if types := typesOf(s["type"]); len(types) > 0 && !slices.Contains(types, kindOf(value)) &&
		(kindOf(value) != "integer" || !slices.Contains(types, "number")) {
		return fmt.Sprintf("%s is %s, not %v", at, kindOf(value), types)
	}
	if allowed, ok := s["enum"].([]any); ok && !slices.Contains(allowed, value) {
		return fmt.Sprintf("%s is %v, not one of %v", at, value, allowed)
	}
	switch v := value.(type) {
	case []any:
		items, _ := s["items"].(map[string]any)
		for i, element := range v {
			if wrong := d.check(items, element, at+"["+strconv.Itoa(i)+"]"); wrong != "" {
				return wrong
			}
		}
	case map[string]any:
		return d.checkObject(s, v, at)
	}
	return ""
}

func (d document) checkObject(s schema, v map[string]any, at string) string {
	properties, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	for _, name := range required {
		if _, there := v[name.(string)]; !there {
			return at + " lacks " + name.(string)
		}
	}
	for name, member := range v {
		of, known := properties[name].(map[string]any)
		if !known {
			if s["additionalProperties"] == false {
				return at + " has " + name + ", which is not described"
			}
			continue
		}
		if wrong := d.check(of, member, at+"."+name); wrong != "" {
			return wrong
		}
	}
	return ""
}

func typesOf(t any) (names []string) {
	switch t := t.(type) {
	case string:
		return []string{t}
	case []any:
		for _, name := range t {
			names = append(names, name.(string))
		}
	}
	return names
}

func kindOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

// If this failed, there would be operations that nobody can read about, or read about and not use.
func TestEveryOperationIsDescribedAndEveryDescribedOneIsServed(t *testing.T) {
	d := readDocument(t)
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
		o := d.operation(r.method, Prefix+r.path)
		if o != nil && (len(o.Security) != 1 || !slices.Equal(o.Security[0]["oauth"], []string{r.scope})) {
			t.Errorf("%s %s wants %s, and the document says %v", r.method, r.path, r.scope, o.Security)
		}
	}
}

// If this failed, whoever copies an example of the document would send or expect something else.
func TestEveryExampleFitsItsSchema(t *testing.T) {
	d := readDocument(t)
	examples := 0
	fits := func(at string, all map[string]content) {
		for _, c := range all {
			if c.Example == nil {
				t.Errorf("%s has no example", at)
				continue
			}
			examples++
			if wrong := d.check(c.Schema, c.Example, at); wrong != "" {
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
