package mastodon

import (
	"context"
	"encoding/json"
	"slices"

	"tulou/apps/guard"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// adminAccount is somebody as those who moderate see them. Somebody who waits to be let in has the
// id of their wish, and no profile yet. Who invited somebody and with what program they joined is
// not kept; of addresses it is the network.
type adminAccount struct {
	ID            string          `json:"id"`
	Username      string          `json:"username"`
	Domain        *string         `json:"domain"`
	CreatedAt     string          `json:"created_at"`
	Email         *string         `json:"email"` // null for people of other servers, as in Mastodon
	IP            *string         `json:"ip"`
	IPs           []adminIP       `json:"ips"`
	Locale        *string         `json:"locale"`
	InviteRequest *string         `json:"invite_request"`
	Role          *role           `json:"role"`
	Confirmed     bool            `json:"confirmed"`
	Approved      bool            `json:"approved"`
	Disabled      bool            `json:"disabled"`
	Silenced      bool            `json:"silenced"`
	Suspended     bool            `json:"suspended"`
	Sensitized    bool            `json:"sensitized"`
	Account       json.RawMessage `json:"account"`
}

// adminIP is a network from which somebody uses the node.
type adminIP struct {
	IP     string `json:"ip"`
	UsedAt string `json:"used_at"`
}

// staffRoles are the roles that may manage reports, and roleIDs their ids for programs.
var (
	staffRoles = []string{storage.RoleModerator, storage.RoleAdmin, storage.RoleOwner}
	roleIDs    = map[string]string{"-99": storage.RoleMember, "1": storage.RoleModerator, "2": storage.RoleAdmin, "3": storage.RoleOwner}
)

// adminAccountsV1 lists accounts by the filters of the first version, which are flags.
func (a *API) adminAccountsV1(q *query) (any, error) {
	f := a.accountQuery(q)
	f.Local, f.Remote = q.flag("local", false), q.flag("remote", false)
	for _, state := range []string{storage.StateActive, storage.StateDisabled, storage.StateSilenced, storage.StateSuspended, storage.StateSensitized} {
		if q.flag(state, false) {
			f.State = state
		}
	}
	if q.flag("staff", false) {
		f.Roles = staffRoles
	}
	return a.listAdminAccounts(q, f, q.flag("pending", false))
}

// adminAccountsV2 lists accounts by the filters of the second version.
func (a *API) adminAccountsV2(q *query) (any, error) {
	f := a.accountQuery(q)
	f.Local, f.Remote, f.State = q.text("origin") == "local", q.text("origin") == "remote", q.text("status")
	if q.text("permissions") == "staff" {
		f.Roles = staffRoles
	}
	if asked := q.list("role_ids"); len(asked) > 0 {
		named := []string{}
		for _, id := range asked {
			if name := roleIDs[id]; name != "" && (f.Roles == nil || slices.Contains(f.Roles, name)) {
				named = append(named, name)
			}
		}
		f.Roles = named
	}
	if q.text("invited_by") != "" {
		return []adminAccount{}, nil // nobody knows who invited whom
	}
	return a.listAdminAccounts(q, f, f.State == "pending")
}

// accountQuery reads the filters that both versions have.
func (a *API) accountQuery(q *query) storage.AccountQuery {
	f := storage.AccountQuery{Username: q.text("username"), DisplayName: q.text("display_name"), Email: q.text("email"), Domain: q.text("by_domain")}
	if ip := q.text("ip"); ip != "" {
		f.Network = edge.Place(ip)
	}
	return f
}

func (a *API) listAdminAccounts(q *query, f storage.AccountQuery, pending bool) (any, error) {
	page := q.page(adminsDefault, adminsMax)
	if pending {
		if f.Remote || f.Domain != "" || f.Network != "" || f.Roles != nil {
			return []adminAccount{}, nil // nobody who waits is any of these
		}
		rows, err := a.Store.SignupPage(q.Context(), f.Username, f.Email, page)
		if err != nil {
			return nil, err
		}
		return listed(a, q, rows, page.Limit, func(s storage.Signup) int64 { return s.ID },
			func(rows []storage.Signup) (list []adminAccount, err error) {
				for _, wish := range rows {
					list = append(list, a.adminWish(wish))
				}
				return list, nil
			})
	}
	rows, err := a.Store.AdminAccounts(q.Context(), f, page)
	if err != nil {
		return nil, err
	}
	return listed(a, q, rows, page.Limit, func(of storage.Account) int64 { return of.ID },
		func(rows []storage.Account) ([]adminAccount, error) { return a.adminAccounts(q.Context(), rows) })
}

// adminAccounts renders accounts for those who moderate.
func (a *API) adminAccounts(ctx context.Context, list []storage.Account) ([]adminAccount, error) {
	var local []int64
	for _, of := range list {
		if of.Local() {
			local = append(local, of.ID)
		}
	}
	logins, err := a.Store.LoginsOf(ctx, local)
	if err != nil {
		return nil, err
	}
	sessions, err := a.Store.SessionsOf(ctx, local)
	if err != nil {
		return nil, err
	}
	rendered := make([]adminAccount, 0, len(list))
	for _, of := range list {
		profile, err := a.accountJSON(ctx, of)
		if err != nil {
			return nil, err
		}
		one := adminAccount{ID: ids.Format(of.ID), Username: of.Name, Domain: optionalText(of.Host), CreatedAt: instant(of.CreatedAt),
			Silenced: of.SilencedAt != 0, Suspended: of.SuspendedAt != 0, Sensitized: of.SensitizedAt != 0, IPs: []adminIP{}, Account: profile}
		if login, ok := logins[of.ID]; ok {
			role := roleOf(login.Role)
			one.Email, one.Locale, one.Role = &login.Email, optionalText(login.Locale), &role
			one.Confirmed, one.Approved, one.Disabled = login.ConfirmedAt != 0, true, login.DisabledAt != 0
		}
		for _, s := range sessions[of.ID] {
			if s.Address != "" && !slices.ContainsFunc(one.IPs, func(ip adminIP) bool { return ip.IP == s.Address }) {
				one.IPs = append(one.IPs, adminIP{s.Address, instant(s.UsedAt)})
			}
		}
		if len(one.IPs) > 0 {
			one.IP = &one.IPs[0].IP
		}
		rendered = append(rendered, one)
	}
	return rendered, nil
}

// adminWish renders somebody who waits to be let in.
func (a *API) adminWish(wish storage.Signup) adminAccount {
	profile := a.account(storage.Account{ID: wish.ID, Name: wish.Name, Type: "Person", CreatedAt: wish.CreatedAt,
		URI: a.Paths.Actor(wish.Name), URL: a.Paths.Profile(wish.Name)})
	body, _ := marshal(profile)
	none := roleOf(wish.Role)
	return adminAccount{ID: ids.Format(wish.ID), Username: wish.Name, CreatedAt: instant(wish.CreatedAt), Email: &wish.Email,
		IPs: []adminIP{}, Locale: optionalText(wish.Locale), InviteRequest: optionalText(wish.Reason), Role: &none,
		Confirmed: wish.ConfirmedAt != 0, Approved: wish.ApprovedAt != 0, Account: body}
}

// adminAccount answers with an account that was not deleted, or with a wish.
func (a *API) adminAccount(q *query, id int64) (any, error) {
	of, err := a.Store.AccountByID(q.Context(), id)
	if fault.Is(err, fault.NotFound) {
		wish, err := a.waiting(q.Context(), id)
		if err != nil {
			return nil, err
		}
		return a.adminWish(wish), nil
	}
	if err == nil && of.DeletedAt != 0 {
		err = errNotFound
	}
	if err != nil {
		return nil, err
	}
	list, err := a.adminAccounts(q.Context(), []storage.Account{of})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// waiting returns a wish that somebody has to decide about; fault.NotFound if it is none.
func (a *API) waiting(ctx context.Context, id int64) (storage.Signup, error) {
	wish, err := a.Store.SignupByID(ctx, id)
	if _, denied := wish.Wanted(); err == nil && (denied || wish.ApprovedAt != 0) {
		err = errNotFound
	}
	return wish, err
}

// adminAct does something about an account. The person is told unless send_email_notification says
// that they are not.
func (a *API) adminAct(q *query, id int64) (any, error) {
	d := guard.Decision{Action: q.text("type"), Text: q.text("text"), Tell: q.flag("send_email_notification", true)}
	if q.text("report_id") != "" {
		report, ok := ids.Parse(q.text("report_id"))
		if !ok {
			return nil, errNotFound
		}
		d.ReportID = report
	}
	if !slices.Contains([]string{guard.ActNone, guard.ActSensitive, guard.ActDisable, guard.ActSilence, guard.ActSuspend}, d.Action) {
		return nil, fault.New(fault.Unprocessable, "Validation failed: Type is not included in the list")
	}
	return empty{}, a.Guard.Decide(q.Context(), q.who.Account, id, d)
}

// adminUndo makes a handler that takes a measure back.
func (a *API) adminUndo(action string) func(q *query, id int64) (any, error) {
	return func(q *query, id int64) (any, error) {
		if err := a.Guard.Decide(q.Context(), q.who.Account, id, guard.Decision{Action: action, Tell: true}); err != nil {
			return nil, err
		}
		return a.adminAccount(q, id)
	}
}

// adminDelete deletes an account that is suspended, and answers with what it was.
func (a *API) adminDelete(q *query, id int64) (any, error) {
	before, err := a.adminAccount(q, id)
	if err != nil {
		return nil, err
	}
	return before, a.People.Remove(q.Context(), id, a.Guard.Removal(q.Context(), q.who.Account, id))
}

// adminApprove lets somebody in. Whose address is not confirmed yet is let in when it is.
func (a *API) adminApprove(q *query, id int64) (any, error) {
	wish, err := a.undecided(q, id)
	if err != nil {
		return nil, err
	}
	made, err := a.People.Approve(q.Context(), id, a.Guard.Noting(q.Context(), q.who.Account, guard.ManageUsers, guard.ActApprove))
	if err != nil {
		return nil, err
	}
	if made.ID == 0 {
		wish.ApprovedAt = storage.Now()
		return a.adminWish(wish), nil
	}
	return a.adminAccount(q, made.ID)
}

// adminReject does not let somebody in, and answers with what they asked for.
func (a *API) adminReject(q *query, id int64) (any, error) {
	wish, err := a.undecided(q, id)
	if err != nil {
		return nil, err
	}
	return a.adminWish(wish), a.People.Reject(q.Context(), id, a.Guard.Noting(q.Context(), q.who.Account, guard.ManageUsers, guard.ActReject))
}

// undecided is waiting for who decides: an account that is there already is not to be decided
// about.
func (a *API) undecided(q *query, id int64) (storage.Signup, error) {
	wish, err := a.waiting(q.Context(), id)
	if fault.Is(err, fault.NotFound) {
		if of, known := a.Store.AccountByID(q.Context(), id); known == nil && of.DeletedAt == 0 {
			err = guard.ErrNotAllowed
		}
	}
	return wish, err
}
