package mastodon

import (
	"context"
	"encoding/json"

	"tulou/apps/guard"
	"tulou/protocol/ids"
	"tulou/storage"
)

// adminReport is a complaint as those who moderate see it.
type adminReport struct {
	ID            string            `json:"id"`
	ActionTaken   bool              `json:"action_taken"`
	ActionTakenAt *string           `json:"action_taken_at"`
	Category      string            `json:"category"`
	Comment       string            `json:"comment"`
	Forwarded     bool              `json:"forwarded"`
	CreatedAt     string            `json:"created_at"`
	UpdatedAt     string            `json:"updated_at"`
	Account       *adminAccount     `json:"account"`
	Target        *adminAccount     `json:"target_account"`
	Assigned      *adminAccount     `json:"assigned_account"`
	ActionTakenBy *adminAccount     `json:"action_taken_by_account"`
	Statuses      []json.RawMessage `json:"statuses"`
	Rules         []rule            `json:"rules"`
	Collections   []struct{}        `json:"collections"`
}

// adminReports lists reports, those that are open if nothing else is asked for.
func (a *API) adminReports(q *query) (any, error) {
	f := storage.ReportFilter{Resolved: q.flag("resolved", false)}
	for key, to := range map[string]*int64{"account_id": &f.AccountID, "target_account_id": &f.TargetID} {
		id, ok := ids.Parse(q.text(key))
		if q.text(key) != "" && !ok {
			return []adminReport{}, nil
		}
		*to = id
	}
	page := q.page(adminsDefault, adminsMax)
	rows, err := a.Store.ReportPage(q.Context(), f, page)
	if err != nil {
		return nil, err
	}
	return listed(a, q, rows, page.Limit, func(r storage.Report) int64 { return r.ID },
		func(rows []storage.Report) ([]adminReport, error) {
			return a.renderReports(q.Context(), q.viewer(), rows)
		})
}

func (a *API) adminReport(q *query, id int64) (any, error) {
	report, err := a.Store.ReportByID(q.Context(), id)
	if err != nil {
		return nil, err
	}
	list, err := a.renderReports(q.Context(), q.viewer(), []storage.Report{report})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// renderReports renders reports with everybody and everything that they name. The posts are shown
// whoever may see them: whoever complains shows them to those who moderate.
func (a *API) renderReports(ctx context.Context, viewer int64, list []storage.Report) ([]adminReport, error) {
	var people, posts, named []int64
	for _, r := range list {
		people = append(people, r.AccountID, r.TargetID, r.AssignedID, r.ResolvedBy)
		posts, named = append(posts, r.StatusIDs...), append(named, r.RuleIDs...)
	}
	byID, err := a.adminAccountsByID(ctx, people)
	if err != nil {
		return nil, err
	}
	statuses, err := a.Store.StatusesByIDs(ctx, distinct(posts))
	if err != nil {
		return nil, err
	}
	rules, err := a.Store.RulesByIDs(ctx, distinct(named))
	if err != nil {
		return nil, err
	}
	rendered := make([]adminReport, 0, len(list))
	for _, r := range list {
		shown, err := a.statusList(ctx, viewer, chosen(statuses, r.StatusIDs))
		if err != nil {
			return nil, err
		}
		broken := []storage.Rule{}
		for _, id := range r.RuleIDs {
			if rule, ok := rules[id]; ok {
				broken = append(broken, rule)
			}
		}
		rendered = append(rendered, adminReport{
			ID: ids.Format(r.ID), ActionTaken: r.ResolvedAt != 0, ActionTakenAt: optionalInstant(r.ResolvedAt),
			Category: r.Category, Comment: r.Comment, Forwarded: r.Forwarded, CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt),
			Account: byID[r.AccountID], Target: byID[r.TargetID], Assigned: byID[r.AssignedID], ActionTakenBy: byID[r.ResolvedBy],
			Statuses: shown, Rules: rulesOf(broken), Collections: []struct{}{},
		})
	}
	return rendered, nil
}

// adminAccountsByID renders accounts, those that were deleted among them; 0 is nobody.
func (a *API) adminAccountsByID(ctx context.Context, wanted []int64) (map[int64]*adminAccount, error) {
	found, err := a.Store.AccountsByIDs(ctx, distinct(wanted))
	if err != nil {
		return nil, err
	}
	var list []storage.Account
	for _, of := range found {
		list = append(list, of)
	}
	rendered, err := a.adminAccounts(ctx, list)
	byID := make(map[int64]*adminAccount, len(list))
	for i := range rendered {
		byID[list[i].ID] = &rendered[i]
	}
	return byID, err
}

// classifyReport says anew what a report is about. What is not sent stays, but rules make it a
// violation, and another category has none.
func (a *API) classifyReport(q *query, id int64) (any, error) {
	now, err := a.Store.ReportByID(q.Context(), id)
	if err != nil {
		return nil, err
	}
	rules, category := []int64(now.RuleIDs), now.Category
	if sent := q.ids("rule_ids", guard.RulesMax); len(sent) > 0 {
		rules, category = sent, guard.CategoryViolation
	}
	q.setUnlessEmpty(&category, "category")
	return a.handled(q, id, a.Guard.ClassifyReport(q.Context(), q.who.Account, id, category, rules))
}

func (a *API) assignReport(mine bool) func(q *query, id int64) (any, error) {
	return func(q *query, id int64) (any, error) {
		return a.handled(q, id, a.Guard.AssignReport(q.Context(), q.who.Account, id, mine))
	}
}

func (a *API) resolveReport(q *query, id int64) (any, error) {
	return a.handled(q, id, a.Guard.CloseReport(q.Context(), q.who.Account, id))
}

func (a *API) reopenReport(q *query, id int64) (any, error) {
	return a.handled(q, id, a.Guard.ReopenReport(q.Context(), q.who.Account, id))
}

// handled answers with a report after something was done with it.
func (a *API) handled(q *query, id int64, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return a.adminReport(q, id)
}
