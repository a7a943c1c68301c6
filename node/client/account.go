package client

import (
	"context"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"tulou/storage"
)

// accounts renders people by id. Who is hidden or gone is left out.
func (a *API) accounts(ctx context.Context, list []int64) (map[int64]jsontext.Value, error) {
	known, err := a.Store.AccountsByIDs(ctx, list)
	if err != nil {
		return nil, err
	}
	shown := make([]storage.Account, 0, len(known))
	for _, of := range known {
		if !of.Hidden {
			shown = append(shown, of)
		}
	}
	return a.render(ctx, shown)
}

func (a *API) render(ctx context.Context, list []storage.Account) (map[int64]jsontext.Value, error) {
	rendered, err := a.Accounts.AccountsJSON(ctx, list)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]jsontext.Value, len(list))
	for i, of := range list {
		byID[of.ID] = jsontext.Value(rendered[i])
	}
	return byID, nil
}

// instant is a time as it appears in answers, nil for one that has not come.
func instant(at storage.Millis) *string {
	if at == 0 {
		return nil
	}
	text := at.Time().UTC().Format("2006-01-02T15:04:05.000Z07:00")
	return &text
}

// moment is instant for a time that is never absent.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
