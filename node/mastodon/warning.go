package mastodon

import (
	"context"
	"encoding/json"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// warning tells somebody what was decided about them, and what became of their answer
// (https://docs.joinmastodon.org/entities/AccountWarning/). The answer is written on the pages of
// one's account, /settings/appeals.
type warning struct {
	ID        string          `json:"id"`
	Action    string          `json:"action"`
	Text      string          `json:"text"`
	StatusIDs []string        `json:"status_ids"`
	Target    json.RawMessage `json:"target_account"`
	Appeal    *warningAppeal  `json:"appeal"`
	CreatedAt string          `json:"created_at"`
}

type warningAppeal struct {
	Text  string `json:"text"`
	State string `json:"state"` // pending, approved, rejected
}

// stateOf is what became of an appeal, in Mastodon's words.
func stateOf(p storage.Appeal) string {
	switch {
	case p.Granted:
		return "approved"
	case p.DecidedAt != 0:
		return "rejected"
	}
	return "pending"
}

// warnings renders acts as those read them whom they are about. What the book does not keep any
// more is left out.
func (a *API) warnings(ctx context.Context, acts []int64) (map[int64]json.RawMessage, error) {
	kept, err := a.Store.ActsByIDs(ctx, acts)
	if err != nil {
		return nil, err
	}
	var people []int64
	for _, act := range kept {
		people = append(people, act.TargetID)
	}
	accounts, err := a.accountsByID(ctx, distinct(people))
	if err != nil {
		return nil, err
	}
	found := make(map[int64]json.RawMessage, len(kept))
	for id, act := range kept {
		w := warning{ID: ids.Format(id), Action: act.Action, Text: act.Body, StatusIDs: formatted(act.StatusIDs),
			Target: accounts[act.TargetID], CreatedAt: instant(act.CreatedAt)}
		answer, err := a.Store.AppealByAct(ctx, id)
		if err == nil {
			w.Appeal = &warningAppeal{answer.Body, stateOf(answer)}
		} else if !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		if found[id], err = marshal(w); err != nil {
			return nil, err
		}
	}
	return found, nil
}
