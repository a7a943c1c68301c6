package oauth

import "testing"

// If this failed, a program of a moderator could not ask for a part of what it registered for, or
// an ordinary one would be given what moderators may.
func TestAdminScopesAreApart(t *testing.T) {
	for _, c := range []struct {
		wanted, held string
		want         bool
	}{
		{"admin:read:accounts", "admin:read", true}, {"admin:read:accounts", "admin:read:accounts", true},
		{"admin:read:accounts", "admin:write", false}, {"admin:read:accounts", "read write follow push", false},
		{"admin:read", "admin:read:accounts", false}, {"read:accounts", "read", true}, {"read", "tulou:read", false},
	} {
		wanted, ok := ParseScopes(c.wanted)
		held, known := ParseScopes(c.held)
		if !ok || !known || within(wanted, held) != c.want {
			t.Errorf("%s within %s is %v", c.wanted, c.held, !c.want)
		}
	}
	if _, ok := ParseScopes("admin"); ok {
		t.Error("there is a scope for everything")
	}
}
