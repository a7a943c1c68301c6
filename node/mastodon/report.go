package mastodon

import (
	"context"
	"encoding/json"

	"tulou/apps/guard"
	"tulou/protocol/ids"
	"tulou/storage"
)

// report is a complaint. Collections are not served, so none is about one.
type report struct {
	ID            string          `json:"id"`
	ActionTaken   bool            `json:"action_taken"`
	ActionTakenAt *string         `json:"action_taken_at"`
	Category      string          `json:"category"`
	Comment       string          `json:"comment"`
	Forwarded     bool            `json:"forwarded"`
	CreatedAt     string          `json:"created_at"`
	StatusIDs     []string        `json:"status_ids"`
	CollectionIDs []string        `json:"collection_ids"`
	RuleIDs       []string        `json:"rule_ids"`
	Target        json.RawMessage `json:"target_account"`
}

// fileReport complains about somebody to the moderators.
func (a *API) fileReport(q *query) (any, error) {
	target, ok := ids.Parse(q.text("account_id"))
	if !ok {
		return nil, errNotFound
	}
	ruleIDs, category := q.ids("rule_ids", guard.RulesMax), q.text("category")
	if len(ruleIDs) > 0 {
		category = guard.CategoryViolation
	}
	filed, err := a.Guard.Report(q.Context(), q.who.Account, guard.NewReport{
		TargetID: target, StatusIDs: q.ids("status_ids", guard.ReportedStatusesMax), Comment: q.text("comment"),
		Category: category, RuleIDs: ruleIDs, Forward: q.flag("forward", false),
	})
	if err != nil {
		return nil, err
	}
	about, err := a.Store.AccountByID(q.Context(), filed.TargetID)
	if err != nil {
		return nil, err
	}
	body, err := a.reportJSON(q.Context(), filed, about)
	return raw(body), err
}

// formatted writes ids as clients read them, null for none.
func formatted(list []int64) (texts []string) {
	for _, id := range list {
		texts = append(texts, ids.Format(id))
	}
	return texts
}

// reportJSON renders a report about somebody.
func (a *API) reportJSON(ctx context.Context, r storage.Report, target storage.Account) (json.RawMessage, error) {
	about, err := a.accountJSON(ctx, target)
	if err != nil {
		return nil, err
	}
	return marshal(report{
		ID: ids.Format(r.ID), ActionTaken: r.ResolvedAt != 0, ActionTakenAt: optionalInstant(r.ResolvedAt),
		Category: r.Category, Comment: r.Comment, Forwarded: r.Forwarded, CreatedAt: instant(r.CreatedAt),
		StatusIDs: formatted(r.StatusIDs), CollectionIDs: []string{}, RuleIDs: formatted(r.RuleIDs), Target: about,
	})
}

// reportsByID renders reports; whoever they are about may be hidden by now, for moderators look.
func (a *API) reportsByID(ctx context.Context, wanted []int64) (map[int64]json.RawMessage, error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	byID, err := a.Store.ReportsByIDs(ctx, wanted)
	if err != nil {
		return nil, err
	}
	var targets []int64
	for _, r := range byID {
		targets = append(targets, r.TargetID)
	}
	accounts, err := a.Store.AccountsByIDs(ctx, distinct(targets))
	if err != nil {
		return nil, err
	}
	found := make(map[int64]json.RawMessage, len(byID))
	for id, r := range byID {
		if found[id], err = a.reportJSON(ctx, r, accounts[r.TargetID]); err != nil {
			return nil, err
		}
	}
	return found, nil
}
