package mastodon

import (
	"context"
	"encoding/json"
	"slices"

	"tulou/protocol/ids"
	"tulou/storage"
)

// conversations lists the viewer's threads of direct messages, by their last message.
func (a *API) conversations(q *query) (any, error) {
	page := q.page(statusesDefault, statusesMax)
	found, err := a.Store.Conversations(q.Context(), q.viewer(), page)
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		a.link(q, len(found) >= page.Limit, found[0].LastStatusID, found[len(found)-1].LastStatusID)
	}
	return a.conversationList(q.Context(), q.viewer(), found)
}

// conversationList renders conversations. A last message that the viewer may not see any more, as
// when its author has blocked them, is left out with those it names.
func (a *API) conversationList(ctx context.Context, viewer int64, found []storage.Conversation) ([]conversation, error) {
	last := make([]int64, len(found))
	for i, c := range found {
		last[i] = c.LastStatusID
	}
	visible, err := a.Store.Visible(ctx, viewer, last)
	if err != nil {
		return nil, err
	}
	last = slices.DeleteFunc(last, func(id int64) bool { return !visible[id] })
	statuses, err := a.Store.StatusesByIDs(ctx, last)
	if err != nil {
		return nil, err
	}
	rendered, err := a.statusesByID(ctx, viewer, last)
	if err != nil {
		return nil, err
	}
	mentions, err := a.Store.Mentions(ctx, last)
	if err != nil {
		return nil, err
	}
	list := make([]conversation, len(found))
	for i, c := range found {
		list[i] = conversation{ID: ids.Format(c.ThreadID), Unread: c.Unread, LastStatus: rendered[c.LastStatusID]}
		others := distinct(append([]int64{statuses[c.LastStatusID].AccountID}, mentions[c.LastStatusID]...))
		others = slices.DeleteFunc(others, func(id int64) bool { return id == viewer })
		if list[i].Accounts, err = a.accountsInOrder(ctx, others); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// accountsInOrder renders those of several accounts that may be shown.
func (a *API) accountsInOrder(ctx context.Context, wanted []int64) ([]json.RawMessage, error) {
	byID, err := a.Store.AccountsByIDs(ctx, wanted)
	if err != nil {
		return nil, err
	}
	list := make([]storage.Account, 0, len(wanted))
	for _, id := range wanted {
		if of, ok := byID[id]; ok && !of.Hidden {
			list = append(list, of)
		}
	}
	return a.accountsJSON(ctx, list)
}

func (a *API) readConversation(q *query) (any, error) {
	ctx := q.Context()
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	var c storage.Conversation
	err = a.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		if err := tx.ReadConversation(ctx, q.viewer(), id); err != nil {
			return err
		}
		c, err = tx.Conversation(ctx, q.viewer(), id)
		return err
	})
	if err != nil {
		return nil, err
	}
	list, err := a.conversationList(ctx, q.viewer(), []storage.Conversation{c})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func (a *API) deleteConversation(q *query) (any, error) {
	ctx := q.Context()
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	return empty{}, a.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.DeleteConversation(ctx, q.viewer(), id) })
}
