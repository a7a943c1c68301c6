package mastodon

import (
	"context"

	"tulou/protocol/ids"
	"tulou/storage"
)

// adminAct is a line of the book of what those who moderate did.
type adminAct struct {
	ID            string        `json:"id"`
	Action        string        `json:"action"`
	Target        string        `json:"target"` // the handle of an account, or a domain
	Text          string        `json:"text"`
	Told          bool          `json:"told"` // by mail
	ReportID      *string       `json:"report_id"`
	RuleIDs       []string      `json:"rule_ids"`
	CreatedAt     string        `json:"created_at"`
	Moderator     *adminAccount `json:"moderator_account"` // null: the operator, from the command line
	TargetAccount *adminAccount `json:"target_account"`
}

// adminAppeal is what somebody answers to a decision. Its id is that of the decision.
type adminAppeal struct {
	ID        string        `json:"id"`
	Text      string        `json:"text"`
	State     string        `json:"state"` // pending, approved, rejected: Mastodon's words
	CreatedAt string        `json:"created_at"`
	DecidedAt *string       `json:"decided_at"`
	DecidedBy *adminAccount `json:"decided_by_account"`
	Decision  adminAct      `json:"decision"`
}

func (a *API) auditLog(q *query) (any, error) {
	about := int64(0)
	if text := q.text("target_account_id"); text != "" {
		var ok bool
		if about, ok = ids.Parse(text); !ok {
			return []adminAct{}, nil
		}
	}
	page := q.page(adminsDefault, adminsMax)
	rows, err := a.Store.Acts(q.Context(), about, page)
	if err != nil {
		return nil, err
	}
	return listed(a, q, rows, page.Limit, func(act storage.Act) int64 { return act.ID },
		func(rows []storage.Act) ([]adminAct, error) { return a.adminActs(q.Context(), rows) })
}

func (a *API) adminActs(ctx context.Context, list []storage.Act) ([]adminAct, error) {
	var people []int64
	for _, act := range list {
		people = append(people, act.ModeratorID, act.TargetID)
	}
	byID, err := a.adminAccountsByID(ctx, people)
	if err != nil {
		return nil, err
	}
	var rendered []adminAct
	for _, act := range list {
		one := adminAct{ID: ids.Format(act.ID), Action: act.Action, Target: act.Target, Text: act.Body, Told: act.Told,
			RuleIDs: append([]string{}, formatted(act.RuleIDs)...), CreatedAt: instant(act.CreatedAt),
			Moderator: byID[act.ModeratorID], TargetAccount: byID[act.TargetID]}
		if act.ReportID != 0 {
			one.ReportID = optionalText(ids.Format(act.ReportID))
		}
		rendered = append(rendered, one)
	}
	return rendered, nil
}

// adminAppeals lists what people answer, those that nobody has decided about if nothing else is
// asked for.
func (a *API) adminAppeals(q *query) (any, error) {
	page := q.page(adminsDefault, adminsMax)
	rows, err := a.Store.Appeals(q.Context(), !q.flag("resolved", false), page)
	if err != nil {
		return nil, err
	}
	return listed(a, q, rows, page.Limit, func(p storage.Appeal) int64 { return p.ActID },
		func(rows []storage.Appeal) ([]adminAppeal, error) { return a.renderAppeals(q.Context(), rows) })
}

func (a *API) renderAppeals(ctx context.Context, list []storage.Appeal) ([]adminAppeal, error) {
	var wanted, people []int64
	for _, p := range list {
		wanted, people = append(wanted, p.ActID), append(people, p.DecidedBy)
	}
	found, err := a.Store.ActsByIDs(ctx, wanted)
	if err != nil {
		return nil, err
	}
	byID, err := a.adminAccountsByID(ctx, people)
	if err != nil {
		return nil, err
	}
	var acts []storage.Act
	for _, p := range list {
		acts = append(acts, found[p.ActID])
	}
	decisions, err := a.adminActs(ctx, acts)
	if err != nil {
		return nil, err
	}
	var rendered []adminAppeal
	for i, p := range list {
		rendered = append(rendered, adminAppeal{ID: ids.Format(p.ActID), Text: p.Body, State: stateOf(p), CreatedAt: instant(p.CreatedAt),
			DecidedAt: optionalInstant(p.DecidedAt), DecidedBy: byID[p.DecidedBy], Decision: decisions[i]})
	}
	return rendered, nil
}

// decideAppeal makes a handler that grants an appeal or does not.
func (a *API) decideAppeal(grant bool) func(q *query, id int64) (any, error) {
	return func(q *query, id int64) (any, error) {
		if err := a.Guard.DecideAppeal(q.Context(), q.who.Account, id, grant); err != nil {
			return nil, err
		}
		now, err := a.Store.AppealByAct(q.Context(), id)
		if err != nil {
			return nil, err
		}
		list, err := a.renderAppeals(q.Context(), []storage.Appeal{now})
		if err != nil {
			return nil, err
		}
		return list[0], nil
	}
}
