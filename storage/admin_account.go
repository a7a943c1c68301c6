package storage

import (
	"context"
	"strings"
)

// What those who moderate look for among accounts.

// States of accounts, as those who moderate ask for them.
const (
	StateActive     = "active" // neither suspended, silenced nor disabled
	StateDisabled   = "disabled"
	StateSilenced   = "silenced"
	StateSuspended  = "suspended"
	StateSensitized = "sensitized"
)

// AccountQuery says which accounts are looked for. What is "" or false does not matter. Texts are
// beginnings, in any case, but for Domain and Network.
type AccountQuery struct {
	Local, Remote bool
	State         string
	Username      string
	DisplayName   string
	Email         string
	Domain        string
	Network       string   // somebody uses the node from there now: a Session's Address
	Roles         []string // who has one of them; nil: anybody
}

// adminStates are the conditions of the states on an account a with its login l.
var adminStates = map[string]string{
	StateActive:     `a.suspended_at = 0 AND a.silenced_at = 0 AND COALESCE(l.disabled_at, 0) = 0`,
	StateDisabled:   `l.disabled_at > 0`,
	StateSilenced:   `a.silenced_at > 0`,
	StateSuspended:  `a.suspended_at > 0`,
	StateSensitized: `a.sensitized_at > 0`,
}

// AdminAccounts returns a page of accounts, hidden or not, newest first; not those that were
// deleted, and not the node's own.
func (r Reader) AdminAccounts(ctx context.Context, q AccountQuery, p Page) ([]Account, error) {
	query := `SELECT ` + prefixed("a", accountColumns) + ` FROM account a LEFT JOIN login l ON l.account_id = a.id
		WHERE a.deleted_at = 0 AND (a.host <> '' OR a.type <> 'Application')`
	var args []any
	also := func(wanted bool, condition string, values ...any) {
		if wanted {
			query += ` AND ` + condition
			args = append(args, values...)
		}
	}
	begins := func(text string) string { return likeEscape(strings.ToLower(text)) + "%" }
	also(q.Local, `a.host = ''`)
	also(q.Remote, `a.host <> ''`)
	also(adminStates[q.State] != "", adminStates[q.State])
	also(q.Username != "", `a.name_key LIKE ? ESCAPE '\'`, begins(q.Username))
	also(q.DisplayName != "", `LOWER(a.display_name) LIKE ? ESCAPE '\'`, begins(q.DisplayName))
	also(q.Email != "", `LOWER(l.email) LIKE ? ESCAPE '\'`, begins(q.Email))
	also(q.Domain != "", `a.host = ?`, q.Domain)
	also(q.Network != "", `EXISTS (SELECT 1 FROM session x WHERE x.account_id = a.id AND x.address = ?)`, q.Network)
	if q.Roles != nil {
		condition, roles := in(`l.role IN (?)`, q.Roles)
		also(true, condition, roles...)
	}
	return paged[Account](ctx, r, p, AdminPageMax, "a.id", query, args...)
}

// LoginsOf returns the logins of those of the accounts that have one.
func (r Reader) LoginsOf(ctx context.Context, accounts []int64) (map[int64]Login, error) {
	rows, err := listIn[Login](ctx, r, `SELECT `+loginColumns+` FROM login WHERE account_id IN (?)`, accounts)
	found := make(map[int64]Login, len(rows))
	for _, l := range rows {
		found[l.AccountID] = l
	}
	return found, err
}

// SessionsOf returns the sessions of accounts, the last used first.
func (r Reader) SessionsOf(ctx context.Context, accounts []int64) (map[int64][]Session, error) {
	rows, err := listIn[Session](ctx, r, `
		SELECT `+sessionColumns+` FROM session WHERE expires_at > ?1 AND account_id IN (?) ORDER BY used_at DESC, id DESC`, accounts, Now())
	return grouped(rows, func(s Session) int64 { return s.AccountID }), err
}

// SignupPage returns a page of those whom somebody has to approve or reject, newest first, by the
// beginnings of their names and addresses.
func (r Reader) SignupPage(ctx context.Context, name, email string, p Page) ([]Signup, error) {
	return paged[Signup](ctx, r, p, AdminPageMax, "id", `
		SELECT `+signupColumns+` FROM signup WHERE approved_at = 0 AND expires_at > ? AND name NOT LIKE '%`+deniedMark+`%'
			AND name LIKE ? ESCAPE '\' AND LOWER(email) LIKE ? ESCAPE '\'`,
		Now(), likeEscape(strings.ToLower(name))+"%", likeEscape(strings.ToLower(email))+"%")
}
