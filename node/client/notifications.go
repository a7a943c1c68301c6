package client

import (
	"context"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tulou/protocol/ids"
	"tulou/storage"
)

// notification is something the viewer was told that Mastodon's API has no words for.
type notification struct {
	ID        string         `json:"id"`
	Type      string         `json:"type"`
	CreatedAt string         `json:"created_at"`
	Account   jsontext.Value `json:"account"`  // who did it
	AboutID   string         `json:"about_id"` // "" if it is about nothing else
}

// ownPrefix is what types of notifications begin with in storage that Mastodon does not know.
const ownPrefix = "tulou."

func (a *API) notifications(q *query) (any, error) {
	p, err := q.page(storage.NotificationPageMax)
	if err != nil {
		return nil, err
	}
	told, err := a.Store.Notifications(q.ctx(), q.me.ID, storage.NotificationFilter{Own: true}, p)
	if err != nil {
		return nil, err
	}
	items, err := a.notificationList(q.ctx(), told)
	if err != nil {
		return nil, err
	}
	last := int64(0)
	if len(told) > 0 {
		last = told[len(told)-1].ID
	}
	return listOf(items, p, len(told), last), nil
}

func (a *API) notificationList(ctx context.Context, told []storage.Notification) ([]notification, error) {
	who := make([]int64, len(told))
	for i, n := range told {
		who[i] = n.FromID
	}
	rendered, err := a.accounts(ctx, who)
	if err != nil {
		return nil, err
	}
	items := []notification{}
	for _, n := range told {
		if rendered[n.FromID] == nil {
			continue
		}
		about := ""
		if n.AboutID != 0 {
			about = ids.Format(n.AboutID)
		}
		items = append(items, notification{ids.Format(n.ID), strings.TrimPrefix(n.Type, ownPrefix), moment(n.CreatedAt.Time()),
			rendered[n.FromID], about})
	}
	return items, nil
}

func (a *API) dismissNotification(q *query) (any, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	n, err := a.Store.NotificationByID(q.ctx(), q.me.ID, id)
	if err == nil && !strings.HasPrefix(n.Type, ownPrefix) {
		err = errNotFound
	}
	if err != nil {
		return nil, err
	}
	return nothing{}, a.Store.Tx(q.ctx(), func(tx *storage.Tx) error { return tx.DismissNotification(q.ctx(), q.me.ID, id) })
}

// RenderOwnNotification renders one notification for a stream; fault.NotFound if it is gone, not to
// be told any more, or one of those that Mastodon's programs know.
func (a *API) RenderOwnNotification(ctx context.Context, viewer, id int64) ([]byte, error) {
	n, err := a.Store.NotificationByID(ctx, viewer, id)
	if err == nil && !strings.HasPrefix(n.Type, ownPrefix) {
		err = errNotFound
	}
	if err != nil {
		return nil, err
	}
	if still, err := a.Store.StillTold(ctx, n); err != nil || !still {
		return nil, errNotFound
	}
	items, err := a.notificationList(ctx, []storage.Notification{n})
	if err == nil && len(items) == 0 {
		err = errNotFound
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(items[0])
}
