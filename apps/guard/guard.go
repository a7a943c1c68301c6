// Package guard is what an operator decides about others, and says about the node: whole domains
// that are blocked or allowed, single accounts that are suspended, reports, rules and texts.
//
// Its use cases are called by the command line, the edges and the administration pages; its handler
// takes reports of other servers. What a decision means is worked out in storage (who is hidden)
// and in the engine (whom the node talks to); other processes hear of it through events. It knows
// nothing of HTTP, and tells nobody outside but of reports that are forwarded.
//
// The invariant to remember: a decision holds from the moment its transaction commits, for every
// process, also if this one dies before it has ended the follows that went with it.
package guard

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"unicode/utf8"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Deps is what a Service needs.
type Deps struct {
	Store    *storage.Store
	Sender   Sender
	Notifier Notifier
	Paths    ids.Paths
	Log      *slog.Logger
}

// Service has the use cases of moderation. It is safe for concurrent use.
type Service struct{ Deps }

// New returns a Service.
func New(deps Deps) *Service { return &Service{deps} }

// ReasonMax bounds the characters of a reason, a note of the operator to themselves.
const ReasonMax = 1000

const (
	queueWork = "work"
	jobSever  = "guard.sever"
)

// Jobs returns what is done in the background, by kind. Each may be run again after a crash.
func (s *Service) Jobs() map[string]func(context.Context, storage.Job) error {
	return map[string]func(context.Context, storage.Job) error{jobSever: s.sever}
}

// Block keeps a domain and everything under it out: nothing is taken from there, shown of it or
// sent to it. Follows between its people and ours are ended, and stay ended when the block is
// forgotten. Faults: Invalid for what is no domain, Unprocessable for a reason that is too long.
func (s *Service) Block(ctx context.Context, domain, reason string) error {
	return s.decide(ctx, domain, storage.DomainBlock, reason)
}

// Allow makes an exception under a blocked domain, or lets a domain in where only those that are
// allowed are. Faults are those of Block.
func (s *Service) Allow(ctx context.Context, domain, reason string) error {
	return s.decide(ctx, domain, storage.DomainAllow, reason)
}

func (s *Service) decide(ctx context.Context, domain, action, reason string) error {
	domain, err := normalize(domain)
	if err != nil {
		return err
	}
	if utf8.RuneCountInString(reason) > ReasonMax {
		return fault.New(fault.Unprocessable, "a reason has at most %d characters", ReasonMax)
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if action == storage.DomainBlock {
			// Before they are hidden, since hidden ones are not listed.
			if err := enqueueSever(ctx, tx, domain); err != nil {
				return err
			}
		}
		return tx.PutDomainPolicy(ctx, storage.DomainPolicy{Domain: domain, Action: action, Reason: reason})
	})
	if err != nil {
		return fmt.Errorf("%s domain: %w", action, err)
	}
	s.Log.InfoContext(ctx, "domain policy", "host", domain, "kind", action)
	return nil
}

// Forget takes the decision about a domain back. Faults: Invalid, NotFound if there was none.
func (s *Service) Forget(ctx context.Context, domain string) error {
	domain, err := normalize(domain)
	if err != nil {
		return err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.DeleteDomainPolicy(ctx, domain) })
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "nothing was decided about %s", domain)
	}
	if err != nil {
		return fmt.Errorf("forget domain: %w", err)
	}
	s.Log.InfoContext(ctx, "domain policy", "host", domain, "kind", "none")
	return nil
}

// Domains returns what was decided, by domain.
func (s *Service) Domains(ctx context.Context) ([]storage.DomainPolicy, error) {
	return s.Store.DomainPolicies(ctx)
}

// Suspend hides an account of this node or another from everybody, and signs its owner out. Faults:
// NotFound, Forbidden for the node's own actor.
func (s *Service) Suspend(ctx context.Context, account int64) error {
	return s.setSuspended(ctx, account, true)
}

// Unsuspend shows an account again. Faults are those of Suspend.
func (s *Service) Unsuspend(ctx context.Context, account int64) error {
	return s.setSuspended(ctx, account, false)
}

func (s *Service) setSuspended(ctx context.Context, account int64, suspended bool) error {
	err := s.Store.Tx(ctx, func(tx *storage.Tx) error {
		a, err := tx.AccountByID(ctx, account)
		if err != nil {
			return err
		}
		if a.DeletedAt != 0 {
			return fault.New(fault.NotFound, "this account was deleted")
		}
		if a.Local() && a.Type == "Application" {
			return fault.New(fault.Forbidden, "the node cannot do without its own account")
		}
		if err := tx.SetSuspended(ctx, account, suspended); err != nil {
			return err
		}
		return tx.Publish(ctx, storage.EventAccountChanged, ids.Format(account))
	})
	if err != nil {
		return fmt.Errorf("suspend account: %w", err)
	}
	s.Log.InfoContext(ctx, "account suspended", "actor", account, "suspended", suspended)
	return nil
}

func normalize(domain string) (string, error) {
	return ids.NormalizeHost(strings.TrimPrefix(strings.TrimSpace(domain), "*."))
}

// severing is the payload of jobSever: hosts whose people nobody here follows any more, nor they
// us.
type severing struct {
	Domain string         `json:"domain"`
	At     storage.Millis `json:"at"` // when it was decided
	Hosts  []string       `json:"hosts"`
}

func enqueueSever(ctx context.Context, tx *storage.Tx, domain string) error {
	inboxes, err := tx.EveryInbox(ctx)
	if err != nil {
		return err
	}
	hosts := []string{domain}
	for _, inbox := range inboxes {
		if under(inbox.Host, domain) && !slices.Contains(hosts, inbox.Host) {
			hosts = append(hosts, inbox.Host)
		}
	}
	return tx.Enqueue(ctx, storage.Job{
		Queue: queueWork, Kind: jobSever, Lane: "sever " + domain, Payload: storage.MarshalPayload(severing{domain, storage.Now(), hosts}),
	})
}

// under tells whether a host, with or without a port, is a domain or below it.
func under(host, domain string) bool {
	bare := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		bare = h
	}
	return host == domain || bare == domain || strings.HasSuffix(bare, "."+domain)
}

// loginsPage is how many people of this node are looked at in one transaction.
const loginsPage = 50

// sever ends the follows between people of this node and hosts. Nobody is told: nothing is sent to
// a blocked host. After a crash it begins again and finds what is left.
func (s *Service) sever(ctx context.Context, job storage.Job) error {
	var work severing
	if err := json.Unmarshal(job.Payload, &work); err != nil {
		return fmt.Errorf("end follows with a host: %w", err)
	}
	for after := int64(0); ; {
		logins, err := s.Store.Logins(ctx, after, loginsPage)
		if err != nil || len(logins) == 0 {
			return err
		}
		err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
			for _, login := range logins {
				if err := s.severOne(ctx, tx, login.AccountID, work); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("end follows with a host: %w", err)
		}
		after = logins[len(logins)-1].AccountID
	}
}

// severOne ends the follows of one person and tells them how many those were.
func (s *Service) severOne(ctx context.Context, tx *storage.Tx, account int64, work severing) error {
	lost := storage.Severance{AccountID: account, Cause: storage.SeveredByBlock, Target: work.Domain, CreatedAt: work.At}
	for _, host := range work.Hosts {
		follows, err := tx.FollowsWithHost(ctx, account, host)
		if err != nil {
			return err
		}
		for _, f := range follows {
			switch _, err := tx.DeleteFollow(ctx, f.AccountID, f.TargetID); {
			case fault.Is(err, fault.NotFound):
			case err != nil:
				return err
			case f.AccountID == account:
				lost.Following++
			default:
				lost.Followers++
			}
		}
	}
	if lost.Following+lost.Followers == 0 {
		return nil
	}
	lost, err := tx.AddSeverance(ctx, lost)
	if err != nil {
		return err
	}
	return s.Notifier.Notify(ctx, tx, storage.Notification{
		AccountID: account, FromID: account, Type: storage.NotifySevered, AboutID: lost.ID,
	})
}
