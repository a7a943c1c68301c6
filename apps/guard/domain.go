package guard

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"tulou/protocol/fault"
	"tulou/storage"
)

// NewPolicy is what is decided about a domain and everything under it. What is nil stays as it is.
type NewPolicy struct {
	Domain        string
	Action        string // storage.DomainBlock, DomainLimit or DomainAllow
	Reason        *string
	PublicComment *string
	Obfuscate     *bool
}

// DecideDomain decides about a domain, in the name of a moderator or, if by is the zero Account,
// of the operator. What was decided about it before is replaced. Faults: Invalid for what is no
// domain, Unprocessable for words that are too long and for what this node is of, ErrNotAllowed.
func (s *Service) DecideDomain(ctx context.Context, by storage.Account, n NewPolicy) (made storage.DomainPolicy, err error) {
	domain, err := normalize(n.Domain)
	if err != nil {
		return made, err
	}
	if n.Action != storage.DomainAllow && under(s.Paths.Host(), domain) {
		return made, fault.New(fault.Unprocessable, "this node is of %s itself and cannot be kept out", domain)
	}
	for _, text := range []*string{n.Reason, n.PublicComment} {
		if text != nil && utf8.RuneCountInString(*text) > ReasonMax {
			return made, fault.New(fault.Unprocessable, "a reason has at most %d characters", ReasonMax)
		}
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if _, err := authority(ctx, tx, by, ManageFederation); err != nil {
			return err
		}
		before, err := tx.DomainPolicyOf(ctx, domain)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		p := storage.DomainPolicy{Domain: domain, Action: n.Action, Reason: before.Reason,
			PublicComment: before.PublicComment, Obfuscate: before.Obfuscate}
		if n.Reason != nil {
			p.Reason = cleanComment(*n.Reason)
		}
		if n.PublicComment != nil {
			p.PublicComment = cleanComment(*n.PublicComment)
		}
		if n.Obfuscate != nil {
			p.Obfuscate = *n.Obfuscate
		}
		if err := s.putPolicy(ctx, tx, by, p); err != nil {
			return err
		}
		made, err = tx.DomainPolicyOf(ctx, domain)
		return err
	})
	if err != nil {
		return made, fmt.Errorf("%s domain: %w", n.Action, err)
	}
	s.Log.InfoContext(ctx, "domain policy", "host", domain, "kind", n.Action)
	return made, nil
}

// putPolicy writes a decision, that it was made, and what follows from it.
func (s *Service) putPolicy(ctx context.Context, tx *storage.Tx, by storage.Account, p storage.DomainPolicy) error {
	if err := tx.PutDomainPolicy(ctx, p); err != nil {
		return err
	}
	if _, err := tx.CreateAct(ctx, storage.Act{ModeratorID: by.ID, Action: ActDomain + p.Action, Target: p.Domain, Body: p.Reason}); err != nil {
		return err
	}
	if p.Action != storage.DomainBlock {
		return nil
	}
	return tx.Enqueue(ctx, storage.Job{
		Queue: queueWork, Kind: jobSever, Lane: "sever " + p.Domain, Payload: storage.MarshalPayload(severing{p.Domain, storage.Now()}),
	})
}

// ForgetDomain takes a decision about a domain back, if it was one of some actions; of any if none
// is named. Faults: Invalid, NotFound if there was none, ErrNotAllowed.
func (s *Service) ForgetDomain(ctx context.Context, by storage.Account, domain string, actions ...string) error {
	domain, err := normalize(domain)
	if err != nil {
		return err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if _, err := authority(ctx, tx, by, ManageFederation); err != nil {
			return err
		}
		p, err := tx.DomainPolicyOf(ctx, domain)
		if err == nil && len(actions) > 0 && !slices.Contains(actions, p.Action) {
			err = fault.New(fault.NotFound, "not found")
		}
		if err != nil {
			return err
		}
		if err := tx.DeleteDomainPolicy(ctx, domain); err != nil {
			return err
		}
		_, err = tx.CreateAct(ctx, storage.Act{ModeratorID: by.ID, Action: ActDomain + "forget", Target: domain})
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "nothing was decided about %s", domain)
	}
	if err != nil {
		return fmt.Errorf("forget domain: %w", err)
	}
	s.Log.InfoContext(ctx, "domain policy", "host", domain, "kind", "none")
	return nil
}
