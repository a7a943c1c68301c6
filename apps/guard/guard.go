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

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Deps is what a Service needs.
type Deps struct {
	Store    *storage.Store
	Sender   Sender
	Notifier Notifier
	Letters  Letters // nil: nobody is told by mail
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
	_, err := s.DecideDomain(ctx, storage.Account{}, NewPolicy{Domain: domain, Action: storage.DomainBlock, Reason: &reason})
	return err
}

// Allow makes an exception under a blocked domain, or lets a domain in where only those that are
// allowed are. Faults are those of Block.
func (s *Service) Allow(ctx context.Context, domain, reason string) error {
	_, err := s.DecideDomain(ctx, storage.Account{}, NewPolicy{Domain: domain, Action: storage.DomainAllow, Reason: &reason})
	return err
}

// Forget takes the decision about a domain back. Faults: Invalid, NotFound if there was none.
func (s *Service) Forget(ctx context.Context, domain string) error {
	return s.ForgetDomain(ctx, storage.Account{}, domain)
}

// Domains returns what was decided, by domain.
func (s *Service) Domains(ctx context.Context) ([]storage.DomainPolicy, error) {
	return s.Store.DomainPolicies(ctx)
}

// Suspend hides an account of this node or another from everybody, and signs its owner out, as the
// operator's decision. Faults: NotFound, Forbidden for the node's own actor.
func (s *Service) Suspend(ctx context.Context, account int64) error {
	return s.Decide(ctx, storage.Account{}, account, Decision{Action: ActSuspend, Tell: true})
}

// Unsuspend shows an account again. Faults are those of Suspend.
func (s *Service) Unsuspend(ctx context.Context, account int64) error {
	return s.Decide(ctx, storage.Account{}, account, Decision{Action: ActUnsuspend, Tell: true})
}

func normalize(domain string) (string, error) {
	return ids.NormalizeHost(strings.TrimPrefix(strings.TrimSpace(domain), "*."))
}

// severing is the payload of jobSever: a domain whose people nobody here follows any more, nor they
// us.
type severing struct {
	Domain string         `json:"domain"`
	At     storage.Millis `json:"at"` // when it was decided
}

// under tells whether a host, with or without a port, is a domain or below it.
func under(host, domain string) bool {
	bare := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		bare = h
	}
	return host == domain || bare == domain || strings.HasSuffix(bare, "."+domain)
}

// loginsPage is how many people of this node are looked at in one go.
const loginsPage = 50

// severPart is how many follows are ended in one transaction, so that others who write wait for
// some 20 ms.
const severPart = 50

// sever ends the follows between people of this node and those of a blocked domain, which they
// belong to by their handles or by where deliveries to them go. Nobody is told: nothing is sent to
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
		for _, login := range logins {
			if err := s.severOne(ctx, login.AccountID, work); err != nil {
				return fmt.Errorf("end follows with a host: %w", err)
			}
		}
		after = logins[len(logins)-1].AccountID
	}
}

// severOne ends the friendships and follows of one person.
func (s *Service) severOne(ctx context.Context, account int64, work severing) error {
	if err := s.severFriends(ctx, account, work); err != nil {
		return err
	}
	hidden, err := s.Store.HiddenFollows(ctx, account)
	if err != nil {
		return err
	}
	hidden = slices.DeleteFunc(hidden, func(f storage.HiddenFollow) bool {
		return !under(f.Host, work.Domain) && !under(f.InboxHost, work.Domain)
	})
	for part := range slices.Chunk(hidden, severPart) {
		err := s.Store.Tx(ctx, func(tx *storage.Tx) error { return s.end(ctx, tx, account, part, work) })
		if err != nil {
			return err
		}
	}
	return nil
}

// end ends some follows of one person and tells them how many those were. An exception under the
// domain is not of it.
func (s *Service) end(ctx context.Context, tx *storage.Tx, account int64, some []storage.HiddenFollow, work severing) error {
	lost := storage.Severance{AccountID: account, Cause: storage.SeveredByBlock, Target: work.Domain, CreatedAt: work.At}
	for _, f := range some {
		blocked, err := tx.DomainBlocked(ctx, f.Host, f.InboxHost)
		if err != nil {
			return err
		}
		if !blocked {
			continue
		}
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
