package oauth

import (
	"slices"
	"strings"

	"tulou/node/edge"
)

// scopes are the powers a token can have, in Mastodon's words, with the message that people read on
// the consent page, and the one for some of its parts.
var scopes = []struct {
	name, whole, some string
	under             []string
}{
	{"read", "oauth.may-read", "oauth.may-read-some", []string{"accounts", "blocks", "bookmarks", "favourites", "filters",
		"follows", "lists", "mutes", "notifications", "search", "statuses"}},
	{"write", "oauth.may-write", "oauth.may-write-some", []string{"accounts", "blocks", "bookmarks", "conversations",
		"favourites", "filters", "follows", "lists", "media", "mutes", "notifications", "reports", "statuses"}},
	{"follow", "oauth.may-follow", "", nil},
	{"push", "oauth.may-push", "", nil},
	{"profile", "oauth.may-see-profile", "", nil},
}

// parts are the messages for what is under a scope.
var parts = map[string]string{
	"accounts": "oauth.part-accounts", "blocks": "oauth.part-blocks", "bookmarks": "oauth.part-bookmarks",
	"conversations": "oauth.part-conversations", "favourites": "oauth.part-favourites", "filters": "oauth.part-filters",
	"follows": "oauth.part-follows", "lists": "oauth.part-lists", "media": "oauth.part-media", "mutes": "oauth.part-mutes",
	"notifications": "oauth.part-notifications", "reports": "oauth.part-reports", "search": "oauth.part-search",
	"statuses": "oauth.part-statuses",
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

// powers says what scopes allow, a sentence each.
func powers(words *edge.Words, list []string) (sentences []string) {
	for _, scope := range scopes {
		if slices.Contains(list, scope.name) {
			sentences = append(sentences, words.T(scope.whole))
			continue
		}
		var some []string
		for _, part := range scope.under {
			if slices.Contains(list, scope.name+":"+part) {
				some = append(some, words.T(parts[part]))
			}
		}
		if len(some) > 0 {
			sentences = append(sentences, words.T(scope.some, words.List(some)))
		}
	}
	return sentences
}
