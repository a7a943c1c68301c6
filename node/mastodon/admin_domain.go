package mastodon

import (
	"strings"

	"tulou/apps/guard"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// adminDomainBlock is a server that is kept out ("suspend") or whose people are limited
// ("silence"). From one that is kept out comes nothing, so neither media nor reports do.
type adminDomainBlock struct {
	ID             string  `json:"id"`
	Domain         string  `json:"domain"`
	Digest         string  `json:"digest"`
	CreatedAt      string  `json:"created_at"`
	Severity       string  `json:"severity"`
	RejectMedia    bool    `json:"reject_media"`
	RejectReports  bool    `json:"reject_reports"`
	PrivateComment *string `json:"private_comment"`
	PublicComment  *string `json:"public_comment"`
	Obfuscate      bool    `json:"obfuscate"`
}

type adminDomainAllow struct {
	ID        string `json:"id"`
	Domain    string `json:"domain"`
	CreatedAt string `json:"created_at"`
}

// adminMailBlock is a domain of addresses that are not taken. Nobody counts who tries with one, so
// there is no history.
type adminMailBlock struct {
	ID        string     `json:"id"`
	Domain    string     `json:"domain"`
	CreatedAt string     `json:"created_at"`
	History   []struct{} `json:"history"`
}

// severities are Mastodon's words for what is decided about a domain. "noop", which does nothing by
// itself, is not kept here.
var severities = map[string]string{"suspend": storage.DomainBlock, "silence": storage.DomainLimit}

// restricting are the actions that Mastodon calls domain blocks.
func restricting() []string { return []string{storage.DomainBlock, storage.DomainLimit} }

func adminBlockOf(p storage.DomainPolicy) adminDomainBlock {
	blocked := p.Action == storage.DomainBlock
	return adminDomainBlock{ID: ids.Format(p.ID), Domain: p.Domain, Digest: digestOf(p.Domain), CreatedAt: instant(p.CreatedAt), Severity: severityOf(p),
		RejectMedia: blocked, RejectReports: blocked, PrivateComment: optionalText(p.Reason), PublicComment: optionalText(p.PublicComment),
		Obfuscate: p.Obfuscate}
}

func severityOf(p storage.DomainPolicy) string {
	if p.Action == storage.DomainBlock {
		return "suspend"
	}
	return "silence"
}

func adminAllowOf(p storage.DomainPolicy) adminDomainAllow {
	return adminDomainAllow{ID: ids.Format(p.ID), Domain: p.Domain, CreatedAt: instant(p.CreatedAt)}
}

func adminMailBlockOf(d storage.MailDomain) adminMailBlock {
	return adminMailBlock{ID: ids.Format(d.ID), Domain: d.Domain, CreatedAt: instant(d.CreatedAt), History: []struct{}{}}
}

// rendered makes a renderer of a list of one of an element.
func renderedBy[T, E any](one func(T) E) func([]T) ([]E, error) {
	return func(rows []T) (list []E, err error) {
		for _, row := range rows {
			list = append(list, one(row))
		}
		return list, nil
	}
}

func policyID(p storage.DomainPolicy) int64 { return p.ID }

func (a *API) adminBlocks(q *query) (any, error) {
	page := q.page(adminsDefault, adminsMax)
	rows, err := a.Store.DomainPolicyPage(q.Context(), restricting(), page)
	if err != nil {
		return nil, err
	}
	return listed(a, q, rows, page.Limit, policyID, renderedBy(adminBlockOf))
}

// policy returns what was decided about a domain, if it was one of some actions.
func (a *API) policy(q *query, id int64, actions ...string) (storage.DomainPolicy, error) {
	p, err := a.Store.DomainPolicyByID(q.Context(), id)
	for _, action := range actions {
		if p.Action == action {
			return p, err
		}
	}
	if err == nil {
		err = errNotFound
	}
	return p, err
}

func (a *API) adminBlockOf(q *query, id int64) (any, error) {
	p, err := a.policy(q, id, restricting()...)
	return adminBlockOf(p), err
}

// adminBlock decides about a domain; a decision that was made before is replaced.
func (a *API) adminBlock(q *query) (any, error) {
	domain := strings.TrimSpace(q.text("domain"))
	if domain == "" {
		return nil, fault.New(fault.Unprocessable, "Validation failed: Domain can't be blank")
	}
	return a.decideDomain(q, domain, storage.DomainLimit)
}

func (a *API) adminChangeBlock(q *query, id int64) (any, error) {
	p, err := a.policy(q, id, restricting()...)
	if err != nil {
		return nil, err
	}
	return a.decideDomain(q, p.Domain, p.Action)
}

// decideDomain reads what is to be so, and refuses what this node would not do.
func (a *API) decideDomain(q *query, domain, action string) (any, error) {
	if severity := q.text("severity"); severity != "" {
		if action = severities[severity]; action == "" {
			return nil, fault.New(fault.Unprocessable, "Validation failed: Severity is neither silence nor suspend")
		}
	}
	if action == storage.DomainLimit && (q.flag("reject_media", false) || q.flag("reject_reports", false)) {
		return nil, fault.New(fault.Unprocessable, "Validation failed: media and reports are taken from a server, or it is suspended")
	}
	n := guard.NewPolicy{Domain: domain, Action: action, Reason: q.optional("private_comment"), PublicComment: q.optional("public_comment")}
	if q.has("obfuscate") {
		hide := q.flag("obfuscate", false)
		n.Obfuscate = &hide
	}
	p, err := a.Guard.DecideDomain(q.Context(), q.who.Account, n)
	return adminBlockOf(p), err
}

func (a *API) adminUnblock(q *query, id int64) (any, error) {
	return a.forgetDomain(q, id, restricting()...)
}

func (a *API) forgetDomain(q *query, id int64, actions ...string) (any, error) {
	p, err := a.policy(q, id, actions...)
	if err != nil {
		return nil, err
	}
	return empty{}, a.Guard.ForgetDomain(q.Context(), q.who.Account, p.Domain, actions...)
}

func (a *API) adminAllows(q *query) (any, error) {
	page := q.page(adminsDefault, adminsMax)
	rows, err := a.Store.DomainPolicyPage(q.Context(), []string{storage.DomainAllow}, page)
	if err != nil {
		return nil, err
	}
	return listed(a, q, rows, page.Limit, policyID, renderedBy(adminAllowOf))
}

func (a *API) adminAllowOf(q *query, id int64) (any, error) {
	p, err := a.policy(q, id, storage.DomainAllow)
	return adminAllowOf(p), err
}

func (a *API) adminAllow(q *query) (any, error) {
	domain := strings.TrimSpace(q.text("domain"))
	if domain == "" {
		return nil, fault.New(fault.Unprocessable, "Validation failed: Domain can't be blank")
	}
	p, err := a.Guard.DecideDomain(q.Context(), q.who.Account, guard.NewPolicy{Domain: domain, Action: storage.DomainAllow})
	return adminAllowOf(p), err
}

func (a *API) adminDisallow(q *query, id int64) (any, error) {
	return a.forgetDomain(q, id, storage.DomainAllow)
}

func (a *API) adminMailBlocks(q *query) (any, error) {
	page := q.page(adminsDefault, adminsMax)
	rows, err := a.Store.MailDomainPage(q.Context(), page)
	if err != nil {
		return nil, err
	}
	return listed(a, q, rows, page.Limit, func(d storage.MailDomain) int64 { return d.ID }, renderedBy(adminMailBlockOf))
}

func (a *API) adminMailBlockOf(q *query, id int64) (any, error) {
	d, err := a.Store.MailDomainByID(q.Context(), id)
	return adminMailBlockOf(d), err
}

func (a *API) adminMailBlock(q *query) (any, error) {
	domain := strings.TrimSpace(q.text("domain"))
	if domain == "" {
		return nil, fault.New(fault.Unprocessable, "Validation failed: Domain can't be blank")
	}
	domain, err := a.People.BlockMailDomain(q.Context(), domain, "", a.Guard.Noting(q.Context(), q.who.Account, guard.ManageBlocks, guard.ActBlockMailDomain))
	if err != nil {
		return nil, err
	}
	d, err := a.Store.MailDomainOf(q.Context(), domain)
	return adminMailBlockOf(d), err
}

func (a *API) adminMailUnblock(q *query, id int64) (any, error) {
	d, err := a.Store.MailDomainByID(q.Context(), id)
	if err != nil {
		return nil, err
	}
	_, err = a.People.AllowMailDomain(q.Context(), d.Domain, a.Guard.Noting(q.Context(), q.who.Account, guard.ManageBlocks, guard.ActAllowMailDomain))
	return empty{}, err
}
