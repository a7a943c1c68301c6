package node

import (
	"context"
	"strings"
	"time"

	"tulou/apps/guard"
	"tulou/apps/people"
	"tulou/node/oauth"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// What an operator does from the command line, whether the node runs or not: a running one learns
// of it through the database.

// User is an account of this node as its operator sees it.
type User struct {
	ID        int64
	Handle    string // name@host
	Actor     string
	Email     string
	Role      string
	Suspended bool
	CreatedAt time.Time
	Password  string // if it was made just now, otherwise ""
}

// NewUser is an account that the operator makes.
type NewUser struct {
	Name     string
	Email    string
	Password string // "": one is made
	Admin    bool
}

// CreateUser makes an account that can sign in at once. Faults: those of people.Create.
func (n *Node) CreateUser(ctx context.Context, u NewUser) (User, error) {
	made := ""
	if u.Password == "" {
		made = people.MakePassword()
		u.Password = made
	}
	role := storage.RoleMember
	if u.Admin {
		role = storage.RoleAdmin
	}
	account, err := n.people.Create(ctx, people.NewPerson{
		Handle: u.Name, Email: u.Email, Password: u.Password, Role: role, Confirmed: true,
	})
	if err != nil {
		return User{}, err
	}
	login, err := n.store.LoginByAccount(ctx, account.ID)
	if err != nil {
		return User{}, err
	}
	user := n.user(account, login)
	user.Password = made
	return user, nil
}

func (n *Node) user(a storage.Account, l storage.Login) User {
	return User{ID: a.ID, Handle: n.handle(a), Actor: a.URI, Email: l.Email, Role: l.Role,
		Suspended: a.SuspendedAt != 0, CreatedAt: a.CreatedAt.Time()}
}

// handle is name@host of an account, of this node or another.
func (n *Node) handle(a storage.Account) string {
	h := a.Handle()
	if h.Host == "" {
		h.Host = n.config.AccountDomain
	}
	return h.String()
}

// Users returns all accounts of this node that can sign in, oldest first.
func (n *Node) Users(ctx context.Context) ([]User, error) {
	var all []User
	for after := int64(0); ; {
		logins, err := n.store.Logins(ctx, after, loginsPage)
		if err != nil || len(logins) == 0 {
			return all, err
		}
		accounts := make([]int64, len(logins))
		for i, login := range logins {
			accounts[i] = login.AccountID
		}
		byID, err := n.store.AccountsByIDs(ctx, accounts)
		if err != nil {
			return nil, err
		}
		for _, login := range logins {
			all = append(all, n.user(byID[login.AccountID], login))
			after = login.AccountID
		}
	}
}

// LocalName returns the name in a handle of this node: "ana" and "@ana@example.org" are "ana".
func (n *Node) LocalName(handle string) (string, error) {
	h, err := ids.ParseHandle(handle)
	if err != nil {
		return "", err
	}
	if h.Host != "" && h.Host != n.config.AccountDomain {
		return "", fault.New(fault.Invalid, "that is somebody of %s, and this node is %s", h.Host, n.config.AccountDomain)
	}
	return h.Name, nil
}

// local returns an account of this node that was not deleted.
func (n *Node) local(ctx context.Context, name string) (storage.Account, error) {
	account, err := n.store.AccountByHandle(ctx, name, "")
	if fault.Is(err, fault.NotFound) || err == nil && (account.DeletedAt != 0 || account.Type == "Application") {
		return account, fault.New(fault.NotFound, "there is nobody called %s on this node", name)
	}
	return account, err
}

// Token is an access token; its secret is nowhere else.
type Token struct {
	Handle, Secret, Scopes string
}

// CreateToken makes an access token for somebody of this node.
func (n *Node) CreateToken(ctx context.Context, name, scopes string) (Token, error) {
	account, err := n.local(ctx, name)
	if err != nil {
		return Token{}, err
	}
	if scopes, err = checkScopes(scopes); err != nil {
		return Token{}, err
	}
	secret, err := n.people.IssueToken(ctx, account, scopes)
	return Token{Handle: n.handle(account), Secret: secret, Scopes: scopes}, err
}

// checkScopes returns scopes separated by single spaces, in the order in which they were asked for.
// The fault is Invalid.
func checkScopes(text string) (string, error) {
	if _, ok := oauth.ParseScopes(text); !ok {
		return "", fault.New(fault.Invalid, "%q are not scopes; there are read, write, follow, push, profile, and parts such as read:statuses", text)
	}
	if strings.TrimSpace(text) == "" {
		text = "read"
	}
	return strings.Join(strings.Fields(text), " "), nil
}

// SetPassword replaces somebody's password, or makes one if it is "", and signs them out.
func (n *Node) SetPassword(ctx context.Context, name, password string) (User, error) {
	account, err := n.local(ctx, name)
	if err != nil {
		return User{}, err
	}
	made := ""
	if password == "" {
		made = people.MakePassword()
		password = made
	}
	if err := n.people.SetPassword(ctx, account.ID, password); err != nil {
		return User{}, err
	}
	return User{ID: account.ID, Handle: n.handle(account), Actor: account.URI, Password: made}, nil
}

// Suspend hides an account of this node, or one of another server that is known here, or takes that
// back. It returns the handle.
func (n *Node) Suspend(ctx context.Context, handle string, suspended bool) (string, error) {
	h, err := ids.ParseHandle(handle)
	if err != nil {
		return "", err
	}
	if h.Host == n.config.AccountDomain {
		h.Host = ""
	}
	account, err := n.store.AccountByHandle(ctx, h.Name, h.Host)
	if fault.Is(err, fault.NotFound) || err == nil && (account.DeletedAt != 0 || account.Local() && account.Type == "Application") {
		return "", fault.New(fault.NotFound, "nobody called %s is known here", h)
	}
	if err != nil {
		return "", err
	}
	if suspended {
		err = n.guard.Suspend(ctx, account.ID)
	} else {
		err = n.guard.Unsuspend(ctx, account.ID)
	}
	return n.handle(account), err
}

// SetRole says what somebody of this node may do on it. It returns the handle. Faults: those of
// people.SetRole.
func (n *Node) SetRole(ctx context.Context, name, role string) (string, error) {
	account, err := n.local(ctx, name)
	if err != nil {
		return "", err
	}
	return n.handle(account), n.people.SetRole(ctx, account.ID, role)
}

// DeleteUser deletes an account of this node. Its posts, and what other servers know, go by a job.
func (n *Node) DeleteUser(ctx context.Context, name string) (string, error) {
	account, err := n.local(ctx, name)
	if err != nil {
		return "", err
	}
	return n.handle(account), n.people.Delete(ctx, account.ID)
}

// DecideDomain blocks ("block"), limits ("limit") or allows ("allow") a domain and everything under
// it, or forgets what was decided (""). It returns the domain in its normal form.
func (n *Node) DecideDomain(ctx context.Context, domain, action, reason string) (string, error) {
	domain, err := ids.NormalizeHost(domain)
	if err != nil {
		return "", err
	}
	if action == "" {
		return domain, n.guard.Forget(ctx, domain)
	}
	_, err = n.guard.DecideDomain(ctx, storage.Account{}, guard.NewPolicy{Domain: domain, Action: action, Reason: &reason})
	return domain, err
}

// Domains returns what was decided about domains.
func (n *Node) Domains(ctx context.Context) ([]storage.DomainPolicy, error) {
	return n.store.DomainPolicies(ctx)
}
