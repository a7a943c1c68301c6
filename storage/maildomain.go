package storage

import (
	"context"
	"strings"

	"tulou/protocol/fault"
)

// MailDomain is a domain of e-mail addresses, with those under it, of which nobody may join.
type MailDomain struct {
	ID        int64
	Domain    string // as A-labels, in lower case
	Reason    string // for the operator
	CreatedAt Millis `db:"created_at"`
}

// PutMailDomain blocks a domain, or changes why.
func (tx *Tx) PutMailDomain(ctx context.Context, d MailDomain) error {
	_, err := tx.exec(ctx, `
		INSERT INTO mail_domain (id, domain, reason, created_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (domain) DO UPDATE SET reason = excluded.reason`, tx.store.rowID(), d.Domain, d.Reason, Now())
	return err
}

// DeleteMailDomain allows a domain again; fault.NotFound if it was not blocked itself.
func (tx *Tx) DeleteMailDomain(ctx context.Context, domain string) error {
	n, err := tx.exec(ctx, `DELETE FROM mail_domain WHERE domain = ?`, domain)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "the mail domain %s is not blocked", domain)
	}
	return err
}

const mailDomainsFrom = `SELECT id, domain, reason, created_at FROM mail_domain`

// MailDomainPage returns a page of the blocked domains, newest first.
func (r Reader) MailDomainPage(ctx context.Context, p Page) ([]MailDomain, error) {
	return paged[MailDomain](ctx, r, p, AdminPageMax, "id", mailDomainsFrom+` WHERE TRUE`)
}

// MailDomainByID returns a blocked domain; fault.NotFound if there is none.
func (r Reader) MailDomainByID(ctx context.Context, id int64) (d MailDomain, err error) {
	err = r.get(ctx, &d, mailDomainsFrom+` WHERE id = ?`, id)
	return d, err
}

// MailDomainOf returns a blocked domain; fault.NotFound if it is not blocked itself.
func (r Reader) MailDomainOf(ctx context.Context, domain string) (d MailDomain, err error) {
	err = r.get(ctx, &d, mailDomainsFrom+` WHERE domain = ?`, domain)
	return d, err
}

// MailDomains returns the blocked domains after one, in their order.
func (r Reader) MailDomains(ctx context.Context, after string, limit int) (all []MailDomain, err error) {
	err = r.list(ctx, &all, mailDomainsFrom+` WHERE domain > ? ORDER BY domain LIMIT ?`, after, limit)
	return all, err
}

// MailDomainBlocked tells whether a domain or one above it is blocked. Lists of such domains have a
// hundred thousand rows, so each name above is looked up by itself.
func (r Reader) MailDomainBlocked(ctx context.Context, domain string) (bool, error) {
	for above := true; above; _, domain, above = strings.Cut(domain, ".") {
		blocked, err := r.exists(ctx, `SELECT 1 FROM mail_domain WHERE domain = ?`, domain)
		if err != nil || blocked {
			return blocked, err
		}
	}
	return false, nil
}
