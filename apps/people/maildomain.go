package people

import (
	"context"
	"fmt"
	"strings"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/storage"
)

// ErrMailDomain is the answer to an address of a domain whose addresses are not taken here.
var ErrMailDomain = fault.New(fault.Unprocessable, "addresses of this e-mail provider are not taken here")

// nowhere is the domain of the addresses that stand for none (RFC 6761 section 6.4).
const nowhere = "nobody.invalid"

// noAddress is what an account has in place of an address that is another's.
func noAddress(account int64) string { return ids.Format(account) + "@" + nowhere }

// AddressOf is the address of a login, "" if it has none.
func AddressOf(l storage.Login) string {
	if strings.HasSuffix(l.Email, "@"+nowhere) {
		return ""
	}
	return l.Email
}

// checkMailDomain refuses an address of a domain that is blocked with ErrMailDomain.
func (s *Service) checkMailDomain(ctx context.Context, email string) error {
	_, domain, _ := strings.Cut(email, "@")
	blocked, err := s.Store.MailDomainBlocked(ctx, domain)
	if err != nil {
		return fmt.Errorf("look up a mail domain: %w", err)
	}
	if blocked || domain == nowhere {
		return ErrMailDomain
	}
	return nil
}

// BlockMailDomain lets nobody join, or change their address, with an address of a domain or of one
// under it. Who has one already keeps it. It returns the domain in normal form; the fault is
// Invalid.
func (s *Service) BlockMailDomain(ctx context.Context, domain, reason string, also ...Also) (string, error) {
	domain, err := mailDomain(domain)
	if err != nil {
		return "", err
	}
	return domain, s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := all(tx, domain, also); err != nil {
			return err
		}
		return tx.PutMailDomain(ctx, storage.MailDomain{Domain: domain, Reason: markup.Line(reason)})
	})
}

// AllowMailDomain takes a block back. Faults: Invalid, NotFound.
func (s *Service) AllowMailDomain(ctx context.Context, domain string, also ...Also) (string, error) {
	domain, err := mailDomain(domain)
	if err != nil {
		return "", err
	}
	return domain, s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := all(tx, domain, also); err != nil {
			return err
		}
		return tx.DeleteMailDomain(ctx, domain)
	})
}

// mailDomain reads a domain as it stands in addresses, which may be given with their @.
func mailDomain(text string) (string, error) {
	host, err := ids.NormalizeHost(strings.TrimPrefix(strings.TrimSpace(text), "@"))
	if err != nil || strings.ContainsAny(host, ":[]@/") || strings.HasSuffix(host, ".") {
		return "", fault.New(fault.Invalid, "%q is not a domain; it looks like mail.example", text)
	}
	return host, nil
}
