package guard

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// What can be done about an account. The first five are Mastodon's types of actions.
const (
	ActNone        = "none"      // a warning, and nothing else
	ActSensitive   = "sensitive" // all its pictures are hidden behind a warning
	ActDisable     = "disable"   // its owner is kept out; everybody is still shown it
	ActSilence     = "silence"   // who does not follow it sees it only by looking for it
	ActSuspend     = "suspend"   // it is shown to nobody, here or elsewhere, and its owner is kept out
	ActUnsensitive = "unsensitive"
	ActEnable      = "enable"
	ActUnsilence   = "unsilence"
	ActUnsuspend   = "unsuspend"
	ActDelete      = "delete"
)

// What else stands in the book.
const (
	ActApprove         = "approve"
	ActReject          = "reject"
	ActAssign          = "assign"
	ActUnassign        = "unassign"
	ActResolve         = "resolve"
	ActReopen          = "reopen"
	ActClassify        = "classify"
	ActGrantAppeal     = "grant_appeal"
	ActRejectAppeal    = "reject_appeal"
	ActDomain          = "domain_" // with storage.DomainBlock and so on, or "forget"
	ActBlockMailDomain = "block_mail_domain"
	ActAllowMailDomain = "allow_mail_domain"
	ActRole            = "role"
)

// DecisionMax bounds what somebody is told about a decision, in characters.
const DecisionMax = 2000

// ErrNotAllowed is the answer to who may not do something, in Mastodon's words.
var ErrNotAllowed = fault.New(fault.Forbidden, "This action is not allowed")

// Letters tells people by mail, in the transaction in which something was decided.
type Letters interface {
	// MailDecision tells the owner of act.TargetID what was decided, why, and how to answer.
	MailDecision(ctx context.Context, tx *storage.Tx, act storage.Act) error
	// MailAppeal tells those who run the node that somebody answers.
	MailAppeal(ctx context.Context, tx *storage.Tx, act storage.Act) error
}

// Decision is what a moderator does about an account.
type Decision struct {
	Action   string // ActNone to ActUnsuspend
	ReportID int64  // what led to it, 0 for nothing
	Text     string // why, for the person
	Tell     bool   // by mail; people of other servers are not told
}

// Decide does something about an account of this node or another, writes it into the book, closes
// the reports about it (for a warning, the one that led to it) and tells its owner. by is who
// decides, the zero Account for the operator. Other servers hear of a suspension and of its end
// (https://docs.joinmastodon.org/spec/activitypub/#suspended). What is so already is not written
// again. Faults: NotFound, ErrNotAllowed, Unprocessable.
func (s *Service) Decide(ctx context.Context, by storage.Account, target int64, d Decision) error {
	if d.Text = cleanComment(d.Text); utf8.RuneCountInString(d.Text) > DecisionMax {
		return fault.New(fault.Unprocessable, "Validation failed: Text is too long (maximum is %d characters)", DecisionMax)
	}
	account, err := s.Store.AccountByID(ctx, target)
	if err != nil {
		return err
	}
	news, err := s.suspensionNews(ctx, account, d.Action)
	if err != nil {
		return fmt.Errorf("decide about account: %w", err)
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		account, err := mayActOn(ctx, tx, by, target, ManageUsers)
		if err != nil {
			return err
		}
		return s.decideAbout(ctx, tx, by, account, d, news)
	})
	if err != nil {
		return fmt.Errorf("decide about account: %w", err)
	}
	s.Log.InfoContext(ctx, "account moderated", "actor", target, "kind", d.Action)
	return nil
}

// decideAbout is Decide in its transaction.
func (s *Service) decideAbout(ctx context.Context, tx *storage.Tx, by, account storage.Account, d Decision, news *federation.Outgoing) error {
	changed, err := apply(ctx, tx, account, d.Action, func() error {
		switch {
		case news != nil:
			return news.Send(ctx, tx)
		case account.Local(): // it was so already when the news was made; nobody would hear of it
			return fault.New(fault.Unavailable, "somebody else decides about this account just now; try again")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !changed && d.ReportID == 0 && d.Action != ActNone {
		return nil
	}
	act := storage.Act{ModeratorID: by.ID, Action: d.Action, TargetID: account.ID, Target: account.Handle().String(),
		Body: d.Text, Told: d.Tell && account.Local() && s.Letters != nil}
	if err := closeReports(ctx, tx, &act, d); err != nil {
		return err
	}
	if act, err = tx.CreateAct(ctx, act); err != nil {
		return err
	}
	if act.Told {
		if err := s.Letters.MailDecision(ctx, tx, act); err != nil {
			return err
		}
	}
	if err := s.warn(ctx, tx, act, d.Tell && account.Local()); err != nil {
		return err
	}
	return tx.Publish(ctx, storage.EventAccountChanged, ids.Format(account.ID))
}

// warn notifies who was measured, besides by mail: also who has not confirmed their address, or
// reads no mail.
func (s *Service) warn(ctx context.Context, tx *storage.Tx, act storage.Act, tell bool) error {
	if measures := []string{ActNone, ActSensitive, ActDisable, ActSilence, ActSuspend}; !tell || !slices.Contains(measures, act.Action) {
		return nil
	}
	return s.Notifier.Notify(ctx, tx, storage.Notification{AccountID: act.TargetID, FromID: act.TargetID, Type: storage.NotifyWarned, AboutID: act.ID})
}

// mayActOn returns an account as it is now, if a moderator may do something about it: they have the
// permissions now, and stand higher than it does.
func mayActOn(ctx context.Context, tx *storage.Tx, by storage.Account, target int64, need Permissions) (storage.Account, error) {
	role, err := authority(ctx, tx, by, need)
	if err != nil {
		return storage.Account{}, err
	}
	if err := tx.HoldPeople(ctx, target); err != nil { // what two decide at once is decided one after the other
		return storage.Account{}, err
	}
	account, err := tx.AccountByID(ctx, target)
	if err == nil && account.Local() && account.Type == "Application" {
		err = fault.New(fault.Forbidden, "the node cannot do without its own account")
	}
	if err != nil || by.ID == 0 || !account.Local() {
		return account, err
	}
	login, err := tx.LoginByAccount(ctx, target)
	if err == nil && rank(login.Role) >= rank(role) {
		err = ErrNotAllowed
	}
	return account, err
}

// authority returns the role of a moderator if it has permissions now; ErrNotAllowed if not.
func authority(ctx context.Context, tx *storage.Tx, by storage.Account, need Permissions) (role string, err error) {
	if by.ID == 0 {
		return storage.RoleOwner, nil
	}
	login, err := tx.HoldLogin(ctx, by.ID)
	if fault.Is(err, fault.NotFound) || err == nil && !PermissionsOf(login.Role).May(need) {
		return "", ErrNotAllowed
	}
	return login.Role, err
}

// apply does it, and tells whether anything was different before. first comes before what hides.
func apply(ctx context.Context, tx *storage.Tx, a storage.Account, action string, first func() error) (changed bool, err error) {
	switch action {
	case ActNone:
		return false, nil
	case ActSensitive, ActUnsensitive:
		on := action == ActSensitive
		if on == (a.SensitizedAt != 0) {
			return false, nil
		}
		return true, tx.SetSensitized(ctx, a.ID, on)
	case ActSilence, ActUnsilence:
		on := action == ActSilence
		if on == (a.SilencedAt != 0) {
			return false, nil
		}
		return true, tx.SetSilenced(ctx, a.ID, on)
	case ActSuspend, ActUnsuspend:
		on := action == ActSuspend
		if on == (a.SuspendedAt != 0) {
			return false, nil
		}
		if err := first(); err != nil {
			return false, err
		}
		return true, tx.SetSuspended(ctx, a.ID, on)
	case ActDisable, ActEnable:
		if !a.Local() {
			return false, fault.New(fault.Unprocessable, "Validation failed: Type is for people of this node alone")
		}
		login, err := tx.LoginByAccount(ctx, a.ID)
		if on := action == ActDisable; err != nil || on == (login.DisabledAt != 0) {
			return false, err
		}
		return true, tx.SetDisabled(ctx, a.ID, action == ActDisable)
	}
	return false, fault.New(fault.Unprocessable, "Validation failed: Type is not included in the list")
}

// closeReports resolves what a decision answers, and notes the rules and posts that led to it.
func closeReports(ctx context.Context, tx *storage.Tx, act *storage.Act, d Decision) error {
	if d.ReportID != 0 {
		report, err := tx.ReportByID(ctx, d.ReportID)
		if err != nil {
			return err
		}
		if report.TargetID != act.TargetID {
			return fault.New(fault.Unprocessable, "Validation failed: Report is about somebody else")
		}
		act.ReportID, act.RuleIDs, act.StatusIDs = report.ID, report.RuleIDs, report.StatusIDs
		if err := tx.ResolveReport(ctx, report.ID, act.ModeratorID, d.Action); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	switch d.Action {
	case ActSensitive, ActDisable, ActSilence, ActSuspend:
	default:
		return nil
	}
	open, err := tx.OpenReportsAbout(ctx, act.TargetID)
	if err != nil {
		return err
	}
	for _, report := range open {
		if err := tx.ResolveReport(ctx, report.ID, act.ModeratorID, d.Action); err != nil {
			return err
		}
	}
	return nil
}

// suspensionNews is what every server is told of somebody of this node who is suspended, or is no
// more: their profile says so, and nothing else while it lasts. It is nil if there is nothing to
// tell.
func (s *Service) suspensionNews(ctx context.Context, a storage.Account, action string) (*federation.Outgoing, error) {
	suspend := action == ActSuspend
	if !a.Local() || a.Type == "Application" || a.DeletedAt != 0 || !suspend && action != ActUnsuspend || suspend == (a.SuspendedAt != 0) {
		return nil, nil
	}
	keys, err := s.Store.KeysOf(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	shown := a
	if suspend {
		shown.DisplayName, shown.Bio, shown.Avatar, shown.Header, shown.Fields = "", "", "", "", nil
	}
	emojis, err := s.Store.EmojisNamed(ctx, "", federation.EmojiCodes(shown))
	if err != nil {
		return nil, err
	}
	doc := s.Sender.ActorDocument(shown, keys, emojis...)
	doc.Suspended, doc.Updated = suspend, storage.Now().Time()
	news, err := s.Sender.Prepare(ctx, a, vocab.Activity{
		ID: s.Paths.Activity(a.Name, ids.Format(int64(storage.Now()))+"-"+action), Type: "Update", Actor: a.URI, Updated: doc.Updated,
		To: []string{vocab.Public}, Cc: []string{a.Followers},
		Object: &vocab.Object{ID: doc.ID, Type: doc.Type, Known: true, Actor: &doc},
	})
	if err != nil {
		return nil, err
	}
	return news.ToEveryone(), nil
}

// Removal returns what people.Remove asks in its transaction: whether a moderator may delete an
// account, which has to be suspended, and that it stands in the book.
func (s *Service) Removal(ctx context.Context, by storage.Account, target int64) func(*storage.Tx) error {
	return func(tx *storage.Tx) error {
		account, err := mayActOn(ctx, tx, by, target, DeleteUserData)
		if err == nil && account.SuspendedAt == 0 {
			err = ErrNotAllowed
		}
		if err != nil {
			return err
		}
		_, err = tx.CreateAct(ctx, storage.Act{ModeratorID: by.ID, Action: ActDelete, TargetID: account.ID, Target: account.Handle().String()})
		return err
	}
}

// Noting returns what other apps call in a transaction in which a moderator does something: it asks
// whether they may, and writes it into the book.
func (s *Service) Noting(ctx context.Context, by storage.Account, need Permissions, action string) func(tx *storage.Tx, what string) error {
	return func(tx *storage.Tx, what string) error {
		if _, err := authority(ctx, tx, by, need); err != nil {
			return err
		}
		_, err := tx.CreateAct(ctx, storage.Act{ModeratorID: by.ID, Action: action, Target: what})
		return err
	}
}
