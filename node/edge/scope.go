package edge

import (
	"slices"
	"strings"
)

// The scopes of this software's own API. No other scope covers them.
const (
	ScopeRead  = "tulou:read"
	ScopeWrite = "tulou:write"
)

// scopes are the powers a token can have, in Mastodon's words, with the message that people read
// about it, and the one for some of its parts.
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
	// For those who moderate; what they may is their role's (apps/guard).
	{"admin:read", "oauth.may-admin-read", "oauth.may-admin-read-some", adminParts},
	{"admin:write", "oauth.may-admin-write", "oauth.may-admin-write-some", adminParts},
	// Friends and Moments: nobody who allowed a program to read or write posts meant these.
	{ScopeRead, "oauth.may-tulou-read", "", nil},
	{ScopeWrite, "oauth.may-tulou-write", "", nil},
}

var adminParts = []string{"accounts", "reports", "domain_blocks", "domain_allows", "email_domain_blocks"}

// partMessage is what people read of a part of a scope.
func partMessage(scope, part string) string {
	if strings.HasPrefix(scope, "admin:") {
		return adminWords[part]
	}
	return parts[part]
}

// adminWords are the messages for what is under the scopes of those who moderate.
var adminWords = map[string]string{
	"accounts": "oauth.part-admin-accounts", "reports": "oauth.part-admin-reports",
	"domain_blocks": "oauth.part-admin-domain-blocks", "domain_allows": "oauth.part-admin-domain-allows",
	"email_domain_blocks": "oauth.part-admin-email-domain-blocks",
}

// parts are the messages for what is under a scope.
var parts = map[string]string{
	"accounts": "oauth.part-accounts", "blocks": "oauth.part-blocks", "bookmarks": "oauth.part-bookmarks",
	"conversations": "oauth.part-conversations", "favourites": "oauth.part-favourites", "filters": "oauth.part-filters",
	"follows": "oauth.part-follows", "lists": "oauth.part-lists", "media": "oauth.part-media", "mutes": "oauth.part-mutes",
	"notifications": "oauth.part-notifications", "reports": "oauth.part-reports", "search": "oauth.part-search",
	"statuses": "oauth.part-statuses",
}

// ScopeNames lists every scope there is.
func ScopeNames() (names []string) {
	for _, scope := range scopes {
		names = append(names, scope.name)
		for _, part := range scope.under {
			names = append(names, scope.name+":"+part)
		}
	}
	return names
}

// Powers says what scopes allow, a sentence each.
func (w *Words) Powers(list []string) (sentences []string) {
	for _, scope := range scopes {
		if slices.Contains(list, scope.name) {
			sentences = append(sentences, w.T(scope.whole))
			continue
		}
		var some []string
		for _, part := range scope.under {
			if slices.Contains(list, scope.name+":"+part) {
				some = append(some, w.T(partMessage(scope.name, part)))
			}
		}
		if len(some) > 0 {
			sentences = append(sentences, w.T(scope.some, w.List(some)))
		}
	}
	return sentences
}
