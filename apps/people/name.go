package people

import (
	"net/netip"
	"strings"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// reserved tells why a name cannot be registered: either it would be taken for the people who run
// the node, or it is a word of our addresses, and a person and a page must never be confused.
func reserved(name string) (reason string) {
	switch name {
	case "admin", "administrator", "root", "sysadmin", "owner", "operator", "staff", "team", "official",
		"moderator", "moderators", "mod", "mods", "support", "help", "helpdesk", "security", "abuse", "legal",
		"privacy", "system", "node", "server", "instance", "tulou", "bot":
		return "it would be taken for somebody who runs this node"
	case "postmaster", "hostmaster", "webmaster", "noreply", "no_reply", "mailer_daemon", "info", "contact":
		return "mail standards give it a meaning (RFC 2142)"
	case "actor", "inbox", "outbox", "users", "followers", "following", "collections", "activities", "statuses",
		"api", "oauth", "auth", "login", "logout", "signup", "register", "settings", "about", "media", "tags",
		"search", "explore", "public", "local", "home", "notifications", "nodeinfo", "well_known", "hostmeta",
		"webfinger", "metrics", "health", "static", "assets", "www", "mail", "ftp":
		return "it is part of this node's addresses"
	case "all", "everyone", "here", "channel", "followed", "nobody", "anonymous", "unknown", "deleted", "me",
		"self", "null", "nil", "undefined", "true", "false":
		return "it has a meaning of its own in texts and programs"
	}
	return ""
}

// checkName tells whether a name may be registered; the fault is Unprocessable.
func checkName(name string) error {
	if !ids.ValidLocalName(name) {
		return fault.New(fault.Unprocessable,
			"a name has 1 to %d lower case letters, digits or underscores", ids.LocalNameMax)
	}
	if reason := reserved(name); reason != "" {
		return fault.New(fault.Unprocessable, "the name %q is reserved: %s", name, reason)
	}
	return nil
}

// The limits of e-mail addresses (RFC 5321 section 4.5.3.1): 64 bytes before the @, 254 in all,
// which is what fits into the path of a mail transaction.
const (
	EmailBytesMax      = 254
	emailLocalBytesMax = 64
)

// NormalizeEmail returns an address in the one form in which it is stored and looked up: lower
// case, the domain as A-labels. The grammar is narrower than RFC 5321's, so that no two programs
// read one text as two addresses: no quoted parts, comments, routes (% and !), address literals or
// lists. The fault is Unprocessable.
func NormalizeEmail(text string) (string, error) {
	refuse := fault.New(fault.Unprocessable, "this is not an e-mail address that can be used here")
	if len(text) > EmailBytesMax {
		return "", refuse
	}
	local, domain, found := strings.Cut(text, "@")
	if !found || !validMailbox(local) || strings.ContainsAny(domain, "@:[]") {
		return "", refuse
	}
	host, err := ids.NormalizeHost(domain)
	if err != nil || strings.HasSuffix(host, ".") || strings.HasSuffix(domain, ".") { // "。" becomes a dot
		return "", refuse
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return "", refuse
	}
	address := strings.ToLower(local) + "@" + host
	if len(address) > EmailBytesMax {
		return "", refuse
	}
	return address, nil
}

// validMailbox accepts the dot-atoms that people have: words of letters, digits and a few signs,
// joined by single dots. The apostrophe is in names; the double quote is what makes addresses
// ambiguous.
func validMailbox(local string) bool {
	if len(local) > emailLocalBytesMax {
		return false
	}
	for word := range strings.SplitSeq(local, ".") {
		if word == "" {
			return false
		}
		for _, r := range word {
			switch {
			case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			case strings.ContainsRune("_-+=&~'", r):
			default:
				return false
			}
		}
	}
	return true
}
