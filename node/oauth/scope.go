package oauth

import (
	"slices"
	"strings"
)

// scopes are the powers a token can have, in Mastodon's words, with what people read on the consent
// page. What is under a scope ("read:statuses") needs no words of its own.
var scopes = []struct {
	name, words string
	under       []string
}{
	{"read", "Read everything in your account", []string{"accounts", "blocks", "bookmarks", "favourites", "filters",
		"follows", "lists", "mutes", "notifications", "search", "statuses"}},
	{"write", "Post, react and change your account", []string{"accounts", "blocks", "bookmarks", "conversations",
		"favourites", "filters", "follows", "lists", "media", "mutes", "notifications", "reports", "statuses"}},
	{"follow", "Follow, mute and block people", nil},
	{"push", "Send you notifications", nil},
	{"profile", "Read your name and picture", nil},
}

// scopeNames lists every scope there is.
func scopeNames() (names []string) {
	for _, scope := range scopes {
		names = append(names, scope.name)
		for _, part := range scope.under {
			names = append(names, scope.name+":"+part)
		}
	}
	return names
}

// ParseScopes reads scopes separated by spaces (some clients send '+' or ','). None is "read", as
// in Mastodon. ok is false if one does not exist.
func ParseScopes(text string) (list []string, ok bool) {
	list = strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '+' || r == ',' })
	if len(list) == 0 {
		return []string{"read"}, true
	}
	slices.Sort(list)
	list = slices.Compact(list)
	known := scopeNames()
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
		parent, _, _ := strings.Cut(name, ":")
		if !slices.Contains(held, name) && !slices.Contains(held, parent) {
			return false
		}
	}
	return true
}

// scopeWords says what scopes mean, a sentence each.
func scopeWords(list []string) (words []string) {
	for _, scope := range scopes {
		if slices.Contains(list, scope.name) {
			words = append(words, scope.words)
			continue
		}
		var parts []string
		for _, part := range scope.under {
			if slices.Contains(list, scope.name+":"+part) {
				parts = append(parts, part)
			}
		}
		if len(parts) > 0 {
			words = append(words, strings.ToUpper(scope.name[:1])+scope.name[1:]+" your "+strings.Join(parts, ", "))
		}
	}
	return words
}
