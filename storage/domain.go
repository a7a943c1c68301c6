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
)

// DomainPolicy is what the operator decided about a host and everything under it.
type DomainPolicy struct {
	Domain    string
	Action    string
	Reason    string
	CreatedAt Millis `db:"created_at"`
}

// EventDomainPolicy is the kind of the event that says that a policy changed; its payload is the
// domain.
const EventDomainPolicy = "domain.policy"

// DomainPolicies returns all policies by domain. Operators keep thousands at most.
func (r Reader) DomainPolicies(ctx context.Context) (all []DomainPolicy, err error) {
	err = r.list(ctx, &all, `SELECT domain, action, reason, created_at FROM domain_policy ORDER BY domain`)
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
		`SELECT domain, action, reason, created_at FROM domain_policy WHERE domain IN (?)`, domains)
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

// PutDomainPolicy decides about a domain, which must be normalised, and hides or shows everybody
// there. Other processes hear of it by an event.
func (tx *Tx) PutDomainPolicy(ctx context.Context, p DomainPolicy) error {
	if p.Action != DomainBlock && p.Action != DomainAllow {
		return fault.New(fault.Invalid, "a domain is blocked or allowed, not %q", p.Action)
	}
	if p.CreatedAt == 0 {
		p.CreatedAt = Now()
	}
	if _, err := tx.exec(ctx, `
		INSERT INTO domain_policy (domain, action, reason, created_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (domain) DO UPDATE SET action = excluded.action, reason = excluded.reason`,
		p.Domain, p.Action, p.Reason, p.CreatedAt); err != nil {
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

// applyPolicy works out anew who is hidden at and under a domain.
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
		blocked, err := tx.DomainBlocked(ctx, p.Host, p.InboxHost)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `
			UPDATE account SET hidden = ?1 OR suspended_at > 0 OR deleted_at > 0, version = version + 1
			WHERE host = ?2 AND inbox_host = ?3`, blocked, p.Host, p.InboxHost); err != nil {
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
