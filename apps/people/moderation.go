package people

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// The kinds of mails about what moderators decided, by what it was.
const (
	// DecidedMark begins them; the action follows.
	DecidedMark = "decided-"

	MailWarned       = DecidedMark + "none"
	MailSensitized   = DecidedMark + "sensitive"
	MailDisabled     = DecidedMark + "disable"
	MailSilenced     = DecidedMark + "silence"
	MailSuspended    = DecidedMark + "suspend"
	MailUnsensitized = DecidedMark + "unsensitive"
	MailEnabled      = DecidedMark + "enable"
	MailUnsilenced   = DecidedMark + "unsilence"
	MailUnsuspended  = DecidedMark + "unsuspend"
	MailGranted      = DecidedMark + "grant_appeal"
	MailNotGranted   = DecidedMark + "reject_appeal"
	MailAppeal       = "appeal" // to who runs the node: somebody answers to a decision
)

// moderationMails are all of them.
func moderationMails() []string {
	return []string{MailWarned, MailSensitized, MailDisabled, MailSilenced, MailSuspended,
		MailUnsensitized, MailEnabled, MailUnsilenced, MailUnsuspended, MailGranted, MailNotGranted, MailAppeal}
}

// Where people answer to decisions, and where the answers are read.
const (
	AppealPath  = "/auth/appeal/"
	AppealsPath = "/settings/appeals"
)

// AppealFor is how long a decision can be answered: mails are read late, on holidays, and it is
// Mastodon's figure.
const AppealFor = 20 * 24 * time.Hour

// mayAppeal are the decisions that can be answered.
func mayAppeal(kind string) bool {
	return slices.Contains([]string{MailWarned, MailSensitized, MailDisabled, MailSilenced, MailSuspended}, kind)
}

// MailDecision tells the owner of an account what moderators decided about it: why, by which rules,
// and how to answer.
func (s *Service) MailDecision(ctx context.Context, tx *storage.Tx, act storage.Act) error {
	return mail(ctx, tx, mailing{Kind: DecidedMark + act.Action, Account: act.TargetID, Act: act.ID})
}

// MailAppeal tells those who moderate that somebody answers.
func (s *Service) MailAppeal(ctx context.Context, tx *storage.Tx, act storage.Act) error {
	staff, err := tx.Moderators(ctx)
	if err != nil {
		return err
	}
	for _, who := range staff {
		if err := mail(ctx, tx, mailing{Kind: MailAppeal, Account: who, Act: act.ID}); err != nil {
			return err
		}
	}
	return nil
}

// writeDecision says what was decided, with the rules and the words of who decided, and mints the
// secret by which it can be answered.
func (s *Service) writeDecision(ctx context.Context, m mailing) (Mail, error) {
	account, login, err := s.loginByAccount(ctx, m.Account)
	if err != nil {
		return Mail{}, err
	}
	act, err := s.Store.ActByID(ctx, m.Act)
	if err != nil {
		return Mail{}, err
	}
	out := s.mailTo(m, account, login)
	if m.Kind == MailAppeal {
		answer, err := s.Store.AppealByAct(ctx, act.ID)
		out.Text, out.Link = "@"+act.Target+": "+answer.Body, s.Paths.Base+AppealsPath
		return out, err
	}
	rules, err := s.Store.RulesByIDs(ctx, act.RuleIDs)
	if err != nil {
		return Mail{}, err
	}
	var lines []string
	for _, id := range act.RuleIDs {
		if rule, ok := rules[id]; ok {
			lines = append(lines, "§ "+rule.Body)
		}
	}
	if act.Body != "" {
		lines = append(lines, act.Body)
	}
	out.Text = strings.Join(lines, "\n")
	if !mayAppeal(m.Kind) {
		return out, nil
	}
	secret, hash := NewSecret()
	out.Link = s.Paths.Base + AppealPath + secret
	return out, s.Store.Tx(ctx, func(tx *storage.Tx) error {
		return tx.CreateAppealLink(ctx, hash, act.ID, storage.At(act.CreatedAt.Time().Add(AppealFor)))
	})
}

// Remove ends an account of this node or another, as Delete does, if may, which is asked in the
// same transaction, has nothing against it. What another server has stays there. Faults: those of
// Delete and of may.
func (s *Service) Remove(ctx context.Context, id int64, may func(*storage.Tx) error) error {
	account, err := s.Store.AccountByID(ctx, id)
	if err != nil {
		return err
	}
	if account.Local() {
		return s.delete(ctx, id, may)
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := may(tx); err != nil {
			return err
		}
		now, err := tx.AccountByID(ctx, id)
		if err == nil && now.DeletedAt != 0 {
			err = fault.New(fault.NotFound, "this account was deleted")
		}
		if err != nil {
			return err
		}
		return s.erase(ctx, tx, now)
	})
	if err != nil {
		return fmt.Errorf("delete account: %w", err)
	}
	return nil
}

// Roles are what somebody may be on the node.
func Roles() []string {
	return []string{storage.RoleMember, storage.RoleModerator, storage.RoleAdmin, storage.RoleOwner}
}

// SetRole says what somebody of this node may do on it. Faults: Unprocessable for no role,
// NotFound, Forbidden if nobody would run the node any more.
func (s *Service) SetRole(ctx context.Context, account int64, role string) error {
	if !slices.Contains(Roles(), role) {
		return fault.New(fault.Unprocessable, "%q is none of the roles %s", role, strings.Join(Roles(), ", "))
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		staff, err := tx.HoldStaff(ctx)
		if err != nil {
			return err
		}
		runs := role == storage.RoleAdmin || role == storage.RoleOwner
		if !runs && len(staff) == 1 && staff[0].AccountID == account {
			return fault.New(fault.Forbidden, "nobody else runs this node; let somebody run it first")
		}
		who, err := tx.AccountByID(ctx, account)
		if err != nil {
			return err
		}
		if err := tx.SetRole(ctx, account, role); err != nil {
			return err
		}
		if _, err := tx.CreateAct(ctx, storage.Act{Action: "role", TargetID: account, Target: who.Name, Body: role}); err != nil {
			return err
		}
		return tx.Publish(ctx, storage.EventAccountChanged, ids.Format(account))
	})
}
