package guard

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/markup"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Sender is the part of the engine that tells other servers.
type Sender interface {
	Prepare(ctx context.Context, from storage.Account, a vocab.Activity, also ...string) (*federation.Outgoing, error)
	// ActorDocument is what a local account looks like to others.
	ActorDocument(account storage.Account, keys []storage.ActorKey, emojis ...storage.Emoji) vocab.Actor
}

// Notifier tells people of this node what concerns them, in the transaction that does it.
type Notifier interface {
	Notify(ctx context.Context, tx *storage.Tx, n storage.Notification) error
	NotifyModerators(ctx context.Context, tx *storage.Tx, n storage.Notification) error
}

// The categories of reports.
const (
	CategorySpam      = "spam"
	CategoryLegal     = "legal"
	CategoryViolation = "violation" // of rules that are named
	CategoryOther     = "other"
)

const (
	// CommentMax bounds the words of a report, in characters; it is Mastodon's.
	CommentMax = 1000
	// ReportedStatusesMax bounds the posts of one report: enough to show a habit.
	ReportedStatusesMax = 40
	// ReportsPerDayMax bounds the reports of one person, or one other server, in a day: more is a
	// quarrel or an attack, and moderators read each.
	ReportsPerDayMax = 100
)

// NewReport is what somebody complains about.
type NewReport struct {
	TargetID  int64
	StatusIDs []int64 // those that are not the target's, or not for the reporter to see, are left out
	Comment   string
	Category  string // "" is other, or violation if there are rules
	RuleIDs   []int64
	Forward   bool // tell the server of a target of another one, too
}

// Report files a complaint of somebody of this node and tells the moderators. What is forwarded is
// sent by the node, so that the other server does not learn who complained. Faults: NotFound for a
// target who is not there, Unprocessable for what does not fit, RateLimited.
func (s *Service) Report(ctx context.Context, reporter storage.Account, n NewReport) (report storage.Report, err error) {
	target, err := s.Store.AccountByID(ctx, n.TargetID)
	if err == nil && (target.Hidden || target.Type == "Application" && target.Local()) {
		err = fault.New(fault.NotFound, "there is no such account")
	}
	if err != nil {
		return report, err
	}
	if report, err = s.checkReport(ctx, n); err != nil {
		return report, err
	}
	statuses, err := s.reportedBy(ctx, reporter, target, n.StatusIDs)
	if err != nil {
		return report, err
	}
	report.AccountID, report.TargetID = reporter.ID, target.ID
	report.URI = s.Paths.InstanceActor() + "#flags/" + rand.Text()
	report.Forwarded = n.Forward && !target.Local()
	for _, status := range statuses {
		report.StatusIDs = append(report.StatusIDs, status.ID)
	}
	var flag *federation.Outgoing
	if report.Forwarded {
		if flag, err = s.flag(ctx, report, target, statuses); err != nil {
			return report, err
		}
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		count, err := tx.CountReports(ctx, reporter.ID, since())
		if err != nil {
			return err
		}
		if count >= ReportsPerDayMax {
			return fault.New(fault.RateLimited, "you have made too many reports today").After(time.Hour)
		}
		if report, err = s.file(ctx, tx, report); err != nil || flag == nil {
			return err
		}
		return flag.Send(ctx, tx)
	})
	return report, err
}

func since() storage.Millis { return storage.At(time.Now().Add(-24 * time.Hour)) }

// checkReport reads what needs nobody else.
func (s *Service) checkReport(ctx context.Context, n NewReport) (report storage.Report, err error) {
	report.Comment, report.Category = cleanComment(n.Comment), n.Category
	if utf8.RuneCountInString(report.Comment) > CommentMax {
		return report, fault.New(fault.Unprocessable, "Validation failed: Comment is too long (maximum is %d characters)", CommentMax)
	}
	switch {
	case report.Category == "" && len(n.RuleIDs) > 0:
		report.Category = CategoryViolation
	case report.Category == "":
		report.Category = CategoryOther
	case !slices.Contains([]string{CategorySpam, CategoryLegal, CategoryViolation, CategoryOther}, report.Category):
		return report, fault.New(fault.Unprocessable, "Validation failed: Category is none of spam, legal, violation and other")
	}
	if report.Category != CategoryViolation {
		return report, nil
	}
	rules, err := s.Store.Rules(ctx)
	if err != nil {
		return report, err
	}
	for _, id := range n.RuleIDs {
		if !slices.ContainsFunc(rules, func(r storage.Rule) bool { return r.ID == id }) {
			return report, fault.New(fault.Unprocessable, "Validation failed: Rules does not reference valid rules")
		}
	}
	report.RuleIDs = n.RuleIDs
	return report, nil
}

// cleanComment leaves the lines of a comment and nothing that steers a terminal or a page.
func cleanComment(text string) string {
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(text, "\r\n", "\n")) {
		lines = append(lines, markup.Line(line))
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// reportedBy returns those of the posts that are the target's and that the reporter may see: nobody
// reads by reporting (A096).
func (s *Service) reportedBy(ctx context.Context, reporter, target storage.Account, wanted []int64) (found []storage.Status, err error) {
	wanted = wanted[:min(len(wanted), ReportedStatusesMax)]
	visible, err := s.Store.Visible(ctx, reporter.ID, wanted)
	if err != nil {
		return nil, err
	}
	byID, err := s.Store.StatusesByIDs(ctx, wanted)
	for _, id := range wanted {
		if status, ok := byID[id]; ok && visible[id] && status.AccountID == target.ID && !slices.ContainsFunc(found, func(f storage.Status) bool { return f.ID == id }) {
			found = append(found, status)
		}
	}
	return found, err
}

// flag is what the target's server is told.
func (s *Service) flag(ctx context.Context, report storage.Report, target storage.Account, statuses []storage.Status) (*federation.Outgoing, error) {
	node, err := s.Store.AccountByURI(ctx, s.Paths.InstanceActor())
	if err != nil {
		return nil, fmt.Errorf("forward a report: %w", err)
	}
	objects := []string{target.URI}
	for _, status := range statuses {
		objects = append(objects, status.URI)
	}
	return s.Sender.Prepare(ctx, node, vocab.Activity{
		ID: report.URI, Type: "Flag", Actor: node.URI, ObjectIDs: objects, Content: report.Comment, To: []string{target.URI},
	})
}

// file stores a report, once, and tells the moderators.
func (s *Service) file(ctx context.Context, tx *storage.Tx, report storage.Report) (storage.Report, error) {
	report, created, err := tx.CreateReport(ctx, report)
	if err != nil || !created {
		return report, err
	}
	return report, s.Notifier.NotifyModerators(ctx, tx, storage.Notification{
		Type: storage.NotifyReport, FromID: report.AccountID, AboutID: report.ID,
	})
}

// Reports returns a page of reports, newest first, all or those that are open.
func (s *Service) Reports(ctx context.Context, open bool, p storage.Page) ([]storage.Report, error) {
	return s.Store.Reports(ctx, open, p)
}

// Resolve closes a report with a note on what was done. Faults: NotFound, Conflict if it was closed
// before, Unprocessable for a note that is too long.
func (s *Service) Resolve(ctx context.Context, id int64, note string) error {
	note = cleanComment(note)
	if utf8.RuneCountInString(note) > ReasonMax {
		return fault.New(fault.Unprocessable, "a note has at most %d characters", ReasonMax)
	}
	if err := s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.ResolveReport(ctx, id, 0, note) }); err != nil {
		return err
	}
	s.Log.InfoContext(ctx, "report resolved", "report", id)
	return nil
}
