package guard

import (
	"context"
	"slices"
	"unicode/utf8"

	"tulou/protocol/fault"
	"tulou/storage"
)

// What moderators do with the queue of reports.

// AssignReport says that a moderator looks into a report, or that nobody does any more. Faults:
// NotFound, ErrNotAllowed.
func (s *Service) AssignReport(ctx context.Context, by storage.Account, id int64, mine bool) error {
	action, to := ActUnassign, int64(0)
	if mine {
		action, to = ActAssign, by.ID
	}
	return s.handle(ctx, by, id, action, func(tx *storage.Tx, r storage.Report) (bool, error) {
		return r.AssignedID != to, tx.AssignReport(ctx, id, to)
	})
}

// CloseReport closes a report about which nothing else is done; one that is closed stays so. Faults
// are those of AssignReport.
func (s *Service) CloseReport(ctx context.Context, by storage.Account, id int64) error {
	return s.handle(ctx, by, id, ActResolve, func(tx *storage.Tx, r storage.Report) (bool, error) {
		if r.ResolvedAt != 0 {
			return false, nil
		}
		return true, tx.ResolveReport(ctx, id, by.ID, "")
	})
}

// ReopenReport opens a report again. Faults are those of AssignReport.
func (s *Service) ReopenReport(ctx context.Context, by storage.Account, id int64) error {
	return s.handle(ctx, by, id, ActReopen, func(tx *storage.Tx, r storage.Report) (bool, error) {
		if r.ResolvedAt == 0 {
			return false, nil
		}
		return true, tx.ReopenReport(ctx, id)
	})
}

// ClassifyReport says anew what a report is about: a category, or rules, which make it a violation.
// Faults: those of AssignReport, Unprocessable.
func (s *Service) ClassifyReport(ctx context.Context, by storage.Account, id int64, category string, rules []int64) error {
	report, err := s.checkReport(ctx, NewReport{Category: category, RuleIDs: rules})
	if err != nil {
		return err
	}
	return s.handle(ctx, by, id, ActClassify, func(tx *storage.Tx, r storage.Report) (bool, error) {
		if r.Category == report.Category && slices.Equal(r.RuleIDs, report.RuleIDs) {
			return false, nil
		}
		return true, tx.ClassifyReport(ctx, id, report.Category, report.RuleIDs)
	})
}

// handle does something with a report and writes into the book what changed it.
func (s *Service) handle(ctx context.Context, by storage.Account, id int64, action string, do func(*storage.Tx, storage.Report) (bool, error)) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if _, err := authority(ctx, tx, by, ManageReports); err != nil {
			return err
		}
		report, err := tx.ReportByID(ctx, id)
		if err != nil {
			return err
		}
		changed, err := do(tx, report)
		if err != nil || !changed {
			return err
		}
		about, err := tx.AccountByID(ctx, report.TargetID)
		if err != nil {
			return err
		}
		_, err = tx.CreateAct(ctx, storage.Act{ModeratorID: by.ID, Action: action, TargetID: about.ID,
			Target: about.Handle().String(), ReportID: id})
		return err
	})
}

// AppealMax bounds what somebody answers to a decision, in characters; Mastodon's limit.
const AppealMax = 2000

// ActToAppeal returns the decision that a mailed link answers, by the hash of its secret, and what
// was answered; an answer with ActID 0 is none. The fault is NotFound.
func (s *Service) ActToAppeal(ctx context.Context, hash string) (act storage.Act, answer storage.Appeal, err error) {
	if act, err = s.Store.ActToAppeal(ctx, hash); err != nil {
		return act, answer, err
	}
	answer, err = s.Store.AppealByAct(ctx, act.ID)
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return act, answer, err
}

// Appeal keeps what somebody answers to a decision, once, and tells those who run the node. Faults:
// NotFound for a link that is over, Conflict if it was answered, Unprocessable for what is too long
// or says nothing.
func (s *Service) Appeal(ctx context.Context, hash, text string) error {
	text = cleanComment(text)
	if n := utf8.RuneCountInString(text); n == 0 || n > AppealMax {
		return fault.New(fault.Unprocessable, "an answer has 1 to %d characters", AppealMax)
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		act, err := tx.ActToAppeal(ctx, hash)
		if err != nil {
			return err
		}
		if _, err := tx.CreateAppeal(ctx, storage.Appeal{ActID: act.ID, AccountID: act.TargetID, Body: text}); err != nil || s.Letters == nil {
			return err
		}
		return s.Letters.MailAppeal(ctx, tx, act)
	})
}

// undoes is what takes a decision back; a warning cannot be.
var undoes = map[string]string{ActSensitive: ActUnsensitive, ActDisable: ActEnable, ActSilence: ActUnsilence, ActSuspend: ActUnsuspend}

// DecideAppeal grants an appeal, which takes the decision back if it still holds, or rejects it.
// The person is told either way. Faults: NotFound, Conflict if it was decided, ErrNotAllowed.
func (s *Service) DecideAppeal(ctx context.Context, by storage.Account, id int64, grant bool) error {
	act, err := s.Store.ActByID(ctx, id)
	if err != nil {
		return err
	}
	account, err := s.Store.AccountByID(ctx, act.TargetID)
	if err != nil {
		return err
	}
	undo, action := "", ActRejectAppeal
	if grant {
		undo, action = undoes[act.Action], ActGrantAppeal
	}
	news, err := s.suspensionNews(ctx, account, undo)
	if err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		account, err := mayActOn(ctx, tx, by, act.TargetID, ManageAppeals)
		if err != nil {
			return err
		}
		if err := tx.DecideAppeal(ctx, id, by.ID, grant); err != nil {
			return err
		}
		if undo != "" {
			if err := s.decideAbout(ctx, tx, by, account, Decision{Action: undo}, news); err != nil {
				return err
			}
		}
		note, err := tx.CreateAct(ctx, storage.Act{ModeratorID: by.ID, Action: action, TargetID: account.ID,
			Target: account.Handle().String(), ReportID: act.ReportID, Told: account.Local() && s.Letters != nil})
		if err != nil || !note.Told {
			return err
		}
		return s.Letters.MailDecision(ctx, tx, note)
	})
}
