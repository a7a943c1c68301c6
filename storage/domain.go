package storage

import (
	"context"
	"net"
	"strings"

	"tulou/protocol/fault"
)

// Actions of a DomainPolicy.
const (
	DomainBlock = "block" // nothing is taken from it, shown of it or sent to it
	DomainAllow = "allow" // an exception under a blocked domain
	DomainLimit = "limit" // its people are shown to those who follow them or look for them
)

// DomainPolicy is what the operator decided about a host and everything under it.
type DomainPolicy struct {
	ID            int64
	Domain        string
	Action        string
	Reason        string // for those who run the node
	PublicComment string `db:"public_comment"` // for whoever may read which domains are blocked
	Obfuscate     bool   // they are not to read the whole name
	CreatedAt     Millis `db:"created_at"`
}

const policiesFrom = `SELECT id, domain, action, reason, public_comment, obfuscate, created_at FROM domain_policy`

// EventDomainPolicy is the kind of the event that says that a policy changed; its payload is the
// domain.
const EventDomainPolicy = "domain.policy"

// DomainPolicies returns all policies by domain. Operators keep thousands at most.
func (r Reader) DomainPolicies(ctx context.Context) (all []DomainPolicy, err error) {
	err = r.list(ctx, &all, policiesFrom+` ORDER BY domain`)
	return all, err
}

// DomainAction returns what was decided about a host: the policy of the nearest domain at or above
// it, "" if there is none. Ports do not matter.
func (r Reader) DomainAction(ctx context.Context, host string) (string, error) {
	domains := domainsAbove(host)
	if len(domains) == 0 {
		return "", nil
	}
	policies, err := listIn[DomainPolicy](ctx, r,
		policiesFrom+` WHERE domain IN (?)`, domains)
	nearest := DomainPolicy{}
	for _, p := range policies {
		if len(p.Domain) > len(nearest.Domain) {
			nearest = p
		}
	}
	return nearest.Action, err
}

// domainLabelsMax bounds how many parents of a host are looked up; names have at most 127 labels.
const domainLabelsMax = 127

// domainsAbove returns a host as it is, without its port, and every domain above it.
func domainsAbove(host string) []string {
	if host == "" {
		return nil
	}
	domains := []string{host}
	if bare, _, err := net.SplitHostPort(host); err == nil {
		host = bare
		domains = append(domains, host)
	}
	for len(domains) < domainLabelsMax {
		_, parent, found := strings.Cut(host, ".")
		if !found || parent == "" {
			break
		}
		host = parent
		domains = append(domains, host)
	}
	return domains
}

// DomainBlocked tells whether the operator keeps one of the hosts out.
func (r Reader) DomainBlocked(ctx context.Context, hosts ...string) (bool, error) {
	for i, host := range hosts {
		if i > 0 && host == hosts[i-1] {
			continue
		}
		action, err := r.DomainAction(ctx, host)
		if err != nil || action == DomainBlock {
			return action == DomainBlock, err
		}
	}
	return false, nil
}

// domainVerdict tells whether somebody of the hosts is to be hidden, or limited.
func (r Reader) domainVerdict(ctx context.Context, hosts ...string) (blocked, limited bool, err error) {
	for i, host := range hosts {
		if i > 0 && host == hosts[i-1] {
			continue
		}
		action, err := r.DomainAction(ctx, host)
		if err != nil {
			return false, false, err
		}
		blocked, limited = blocked || action == DomainBlock, limited || action == DomainLimit
	}
	return blocked, limited, nil
}

// DomainPolicyPage returns a page of the policies of some actions, newest first.
func (r Reader) DomainPolicyPage(ctx context.Context, actions []string, p Page) ([]DomainPolicy, error) {
	query, args := in(policiesFrom+` WHERE action IN (?)`, actions)
	return paged[DomainPolicy](ctx, r, p, AdminPageMax, "id", query, args...)
}

// DomainPolicyByID returns a policy; fault.NotFound if there is none.
func (r Reader) DomainPolicyByID(ctx context.Context, id int64) (p DomainPolicy, err error) {
	err = r.get(ctx, &p, policiesFrom+` WHERE id = ?`, id)
	return p, err
}

// DomainPolicyOf returns what was decided about a domain itself; fault.NotFound if nothing was.
func (r Reader) DomainPolicyOf(ctx context.Context, domain string) (p DomainPolicy, err error) {
	err = r.get(ctx, &p, policiesFrom+` WHERE domain = ?`, domain)
	return p, err
}

// PutDomainPolicy decides about a domain, which must be normalised, and hides or shows everybody
// there. Other processes hear of it by an event.
func (tx *Tx) PutDomainPolicy(ctx context.Context, p DomainPolicy) error {
	if p.Action != DomainBlock && p.Action != DomainAllow && p.Action != DomainLimit {
		return fault.New(fault.Invalid, "a domain is blocked, limited or allowed, not %q", p.Action)
	}
	if p.ID == 0 {
		p.ID = tx.store.rowID()
	}
	if p.CreatedAt == 0 {
		p.CreatedAt = Now()
	}
	if _, err := tx.exec(ctx, `
		INSERT INTO domain_policy (id, domain, action, reason, public_comment, obfuscate, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (domain) DO UPDATE SET action = excluded.action, reason = excluded.reason,
			public_comment = excluded.public_comment, obfuscate = excluded.obfuscate`,
		p.ID, p.Domain, p.Action, p.Reason, p.PublicComment, p.Obfuscate, p.CreatedAt); err != nil {
		return err
	}
	return tx.applyPolicy(ctx, p.Domain)
}

// DeleteDomainPolicy takes a decision back; fault.NotFound if there was none.
func (tx *Tx) DeleteDomainPolicy(ctx context.Context, domain string) error {
	if err := tx.mustExec(ctx, `DELETE FROM domain_policy WHERE domain = ?`, domain); err != nil {
		return err
	}
	return tx.applyPolicy(ctx, domain)
}

// applyPolicy works out anew who is hidden and who is limited at and under a domain.
func (tx *Tx) applyPolicy(ctx context.Context, domain string) error {
	var pairs []struct {
		Host      string
		InboxHost string `db:"inbox_host"`
	}
	if err := tx.list(ctx, &pairs, `SELECT DISTINCT host, inbox_host FROM account WHERE host <> ''`); err != nil {
		return err
	}
	for _, p := range pairs {
		if !under(p.Host, domain) && !under(p.InboxHost, domain) {
			continue
		}
		blocked, limited, err := tx.domainVerdict(ctx, p.Host, p.InboxHost)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `
			UPDATE account SET hidden = CAST(?1 AS BOOLEAN) OR suspended_at > 0 OR suspended_there OR deleted_at > 0,
				limited = CAST(?4 AS BOOLEAN) OR silenced_at > 0, version = version + 1
			WHERE host = ?2 AND inbox_host = ?3`, blocked, p.Host, p.InboxHost, limited); err != nil {
			return err
		}
	}
	return tx.Publish(ctx, EventDomainPolicy, domain)
}

// under tells whether a host is a domain or under it.
func under(host, domain string) bool {
	for _, d := range domainsAbove(host) {
		if d == domain {
			return true
		}
	}
	return false
}
