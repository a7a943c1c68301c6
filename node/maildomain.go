package node

import (
	"context"

	"tulou/storage"
)

// mailDomainsPage is how many blocked mail domains are read at a time.
const mailDomainsPage = 1000

// BlockMailDomain lets nobody join with an address of a domain, or of one under it, and returns the
// domain in normal form; Invalid.
func (n *Node) BlockMailDomain(ctx context.Context, domain, reason string) (string, error) {
	return n.people.BlockMailDomain(ctx, domain, reason)
}

// AllowMailDomain takes that back; Invalid, NotFound.
func (n *Node) AllowMailDomain(ctx context.Context, domain string) (string, error) {
	return n.people.AllowMailDomain(ctx, domain)
}

// MailDomains calls do for each blocked mail domain, in their order, and ends with its error.
func (n *Node) MailDomains(ctx context.Context, do func(storage.MailDomain) error) error {
	for after := ""; ; {
		all, err := n.store.MailDomains(ctx, after, mailDomainsPage)
		if err != nil || len(all) == 0 {
			return err
		}
		for _, d := range all {
			if err := do(d); err != nil {
				return err
			}
			after = d.Domain
		}
	}
}
