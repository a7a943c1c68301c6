package mastodon

import (
	"tulou/apps/guard"
)

// What those who moderate work with: Mastodon's admin operations. Two things have to be so: the
// token has an admin scope, which "read write" never covers, and the person's role has the
// permission (guard.PermissionsOf), which is looked at again in the transaction that does
// something.

// adminsDefault and adminsMax are the lengths of pages, as Mastodon documents them.
const (
	adminsDefault = 100
	adminsMax     = 200
)

// staff adds an endpoint for people whose role has permissions.
func (r routes) staff(method, path string, need guard.Permissions, e endpoint, scope string) {
	r.person(method, path, func(q *query) (any, error) {
		if !guard.PermissionsOf(q.who.Login.Role).May(need) {
			return nil, guard.ErrNotAllowed
		}
		return e(q)
	}, scope)
}

func (a *API) adminRoutes(r routes) {
	const readAccounts, writeAccounts = "admin:read:accounts", "admin:write:accounts"
	r.staff(get, "/api/v1/admin/accounts", guard.ManageUsers, a.adminAccountsV1, readAccounts)
	r.staff(get, "/api/v2/admin/accounts", guard.ManageUsers, a.adminAccountsV2, readAccounts)
	r.staff(get, "/api/v1/admin/accounts/{id}", guard.ManageUsers, about(a.adminAccount), readAccounts)
	r.staff(remove, "/api/v1/admin/accounts/{id}", guard.DeleteUserData, about(a.adminDelete), writeAccounts)
	r.staff(post, "/api/v1/admin/accounts/{id}/action", guard.ManageUsers|guard.ManageReports, about(a.adminAct), writeAccounts)
	r.staff(post, "/api/v1/admin/accounts/{id}/approve", guard.ManageUsers, about(a.adminApprove), writeAccounts)
	r.staff(post, "/api/v1/admin/accounts/{id}/reject", guard.ManageUsers, about(a.adminReject), writeAccounts)
	for _, undo := range []string{guard.ActEnable, guard.ActUnsilence, guard.ActUnsuspend, guard.ActUnsensitive} {
		r.staff(post, "/api/v1/admin/accounts/{id}/"+undo, guard.ManageUsers, about(a.adminUndo(undo)), writeAccounts)
	}
	a.adminReportRoutes(r)
	a.adminDomainRoutes(r)
	a.adminAppealRoutes(r)
}

func (a *API) adminReportRoutes(r routes) {
	const read, write = "admin:read:reports", "admin:write:reports"
	r.staff(get, "/api/v1/admin/reports", guard.ManageReports, a.adminReports, read)
	r.staff(get, "/api/v1/admin/reports/{id}", guard.ManageReports, about(a.adminReport), read)
	r.staff(put, "/api/v1/admin/reports/{id}", guard.ManageReports, about(a.classifyReport), write)
	r.staff(post, "/api/v1/admin/reports/{id}/assign_to_self", guard.ManageReports, about(a.assignReport(true)), write)
	r.staff(post, "/api/v1/admin/reports/{id}/unassign", guard.ManageReports, about(a.assignReport(false)), write)
	r.staff(post, "/api/v1/admin/reports/{id}/resolve", guard.ManageReports, about(a.resolveReport), write)
	r.staff(post, "/api/v1/admin/reports/{id}/reopen", guard.ManageReports, about(a.reopenReport), write)
}

func (a *API) adminDomainRoutes(r routes) {
	const readBlocks, writeBlocks = "admin:read:domain_blocks", "admin:write:domain_blocks"
	r.staff(get, "/api/v1/admin/domain_blocks", guard.ManageFederation, a.adminBlocks, readBlocks)
	r.staff(post, "/api/v1/admin/domain_blocks", guard.ManageFederation, a.adminBlock, writeBlocks)
	r.staff(get, "/api/v1/admin/domain_blocks/{id}", guard.ManageFederation, about(a.adminBlockOf), readBlocks)
	r.staff(put, "/api/v1/admin/domain_blocks/{id}", guard.ManageFederation, about(a.adminChangeBlock), writeBlocks)
	r.staff(remove, "/api/v1/admin/domain_blocks/{id}", guard.ManageFederation, about(a.adminUnblock), writeBlocks)
	const readAllows, writeAllows = "admin:read:domain_allows", "admin:write:domain_allows"
	r.staff(get, "/api/v1/admin/domain_allows", guard.ManageFederation, a.adminAllows, readAllows)
	r.staff(post, "/api/v1/admin/domain_allows", guard.ManageFederation, a.adminAllow, writeAllows)
	r.staff(get, "/api/v1/admin/domain_allows/{id}", guard.ManageFederation, about(a.adminAllowOf), readAllows)
	r.staff(remove, "/api/v1/admin/domain_allows/{id}", guard.ManageFederation, about(a.adminDisallow), writeAllows)
	const readMail, writeMail = "admin:read:email_domain_blocks", "admin:write:email_domain_blocks"
	r.staff(get, "/api/v1/admin/email_domain_blocks", guard.ManageBlocks, a.adminMailBlocks, readMail)
	r.staff(post, "/api/v1/admin/email_domain_blocks", guard.ManageBlocks, a.adminMailBlock, writeMail)
	r.staff(get, "/api/v1/admin/email_domain_blocks/{id}", guard.ManageBlocks, about(a.adminMailBlockOf), readMail)
	r.staff(remove, "/api/v1/admin/email_domain_blocks/{id}", guard.ManageBlocks, about(a.adminMailUnblock), writeMail)
}

// adminAppealRoutes are what Mastodon has on its pages alone: what people answer, and the book.
func (a *API) adminAppealRoutes(r routes) {
	r.staff(get, "/api/v1/admin/appeals", guard.ManageAppeals, a.adminAppeals, "admin:read:reports")
	r.staff(post, "/api/v1/admin/appeals/{id}/approve", guard.ManageAppeals, about(a.decideAppeal(true)), "admin:write:reports")
	r.staff(post, "/api/v1/admin/appeals/{id}/reject", guard.ManageAppeals, about(a.decideAppeal(false)), "admin:write:reports")
	r.staff(get, "/api/v1/admin/audit_log", guard.ViewAuditLog, a.auditLog, "admin:read:reports")
}

// listed answers with a page of a list and links to the pages beside it.
func listed[T, E any](a *API, q *query, rows []T, limit int, key func(T) int64, render func([]T) ([]E, error)) (any, error) {
	if len(rows) > 0 {
		a.link(q, len(rows) == limit, key(rows[0]), key(rows[len(rows)-1]))
	}
	list, err := render(rows)
	if list == nil {
		list = []E{}
	}
	return list, err
}
