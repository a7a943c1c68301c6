// Package clienttest holds answers of the client API against its description.
//
// It reads an OpenAPI 3.1 document, as far as ours goes, and tells how an answer differs from what
// is promised there. Tests of node/client and of whole nodes use it; nothing else does.
//
// The invariant to remember: what the document does not describe is wrong, so that it cannot be
// forgotten.
package clienttest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

// prefix is where every path of the API begins.
const prefix = "/api/tulou/v1"

// Document is an OpenAPI document.
type Document struct {
	Paths      map[string]map[string]Operation `json:"paths"` // by path and method in lower case
	Components struct {
		Schemas   map[string]Schema `json:"schemas"`
		Responses map[string]Answer `json:"responses"`
	} `json:"components"`
}

// Operation is what it says of one method of one path.
type Operation struct {
	ID          string                `json:"operationId"`
	Summary     string                `json:"summary"`
	Security    []map[string][]string `json:"security"`
	RequestBody *struct {
		Content map[string]Content `json:"content"`
	} `json:"requestBody"`
	Responses map[string]Answer `json:"responses"` // by status, or "default"
}

// Answer is a promised answer, or the name of one.
type Answer struct {
	Ref     string             `json:"$ref"`
	Content map[string]Content `json:"content"` // by media type
}

// Content is what a body holds.
type Content struct {
	Schema  Schema `json:"schema"`
	Example any    `json:"example"`
}

// Schema is the part of JSON Schema that the document uses: $ref, anyOf, type, enum, items,
// properties, required and additionalProperties.
type Schema map[string]any

// Read reads a document.
func Read(text []byte) (d Document, err error) {
	err = json.Unmarshal(text, &d)
	return d, err
}

// Operation returns what the document says of a request, nil if it says nothing.
func (d Document) Operation(method, path string) *Operation {
	path = strings.TrimPrefix(path, prefix)
	for template, operations := range d.Paths {
		pattern := "^" + regexp.MustCompile(`\\\{[a-z_]+\\\}`).ReplaceAllString(regexp.QuoteMeta(template), `[^/]+`) + "$"
		if o, ok := operations[strings.ToLower(method)]; ok && (template == path ||
			d.Paths[path] == nil && regexp.MustCompile(pattern).MatchString(path)) {
			return &o
		}
	}
	return nil
}

// CheckAnswer tells how an answer is not what the document promises for it, "" if it is.
func (d Document) CheckAnswer(method, path string, status int, kind string, body []byte) string {
	o := d.Operation(method, path)
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
	return d.Check(of.Schema, value, "answer")
}

// Check tells how a value is not what a schema says, "" if it is.
func (d Document) Check(s Schema, value any, at string) string {
	if ref, ok := s["$ref"].(string); ok {
		named, ok := d.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")]
		if !ok {
			return at + ": no schema " + ref
		}
		return d.Check(named, value, at)
	}
	if some, ok := s["anyOf"].([]any); ok {
		wrong := ""
		for _, one := range some {
			if wrong = d.Check(one.(map[string]any), value, at); wrong == "" {
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
			if wrong := d.Check(items, element, at+"["+strconv.Itoa(i)+"]"); wrong != "" {
				return wrong
			}
		}
	case map[string]any:
		return d.checkObject(s, v, at)
	}
	return ""
}

func (d Document) checkObject(s Schema, v map[string]any, at string) string {
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
		if wrong := d.Check(of, member, at+"."+name); wrong != "" {
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
