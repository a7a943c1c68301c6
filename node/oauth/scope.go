package oauth

import (
	"slices"
	"strings"

	"tulou/node/edge"
)

// ParseScopes reads scopes separated by spaces (some clients send '+' or ','). None is "read", as
// in Mastodon. ok is false if one does not exist.
func ParseScopes(text string) (list []string, ok bool) {
	list = strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '+' || r == ',' })
	if len(list) == 0 {
		return []string{"read"}, true
	}
	slices.Sort(list)
	list = slices.Compact(list)
	known := edge.ScopeNames()
	for _, name := range list {
		if !slices.Contains(known, name) {
			return nil, false
		}
	}
	return list, true
}

// within tells whether every wanted scope is among those held, by itself or through its parent.
func within(wanted, held []string) bool {
	for _, name := range wanted {
		covers := func(scope string) bool { return scope == name || strings.HasPrefix(name, scope+":") }
		if !slices.ContainsFunc(held, covers) {
			return false
		}
	}
	return true
}
