package mastodon

import (
	"context"
	"strings"

	"tulou/storage"
)

// Streams show what REST answers with: node/streaming asks for it here, through an interface of its
// own.

// someone is a viewer who has an account and has done nothing: no account has this id.
const someone int64 = -1

// RenderStatus renders a status for each of the viewers, who may all see it; 0 is a stranger. Those
// who have not to do with it share one rendering. It is fault.NotFound if the status is gone.
func (a *API) RenderStatus(ctx context.Context, id int64, viewers []int64) (map[int64][]byte, error) {
	s, err := a.Store.StatusByID(ctx, id)
	if err != nil {
		return nil, err
	}
	stamps, known, err := a.stamps(ctx, []storage.Status{s})
	if err != nil {
		return nil, err
	}
	traces, err := a.Store.WithTraces(ctx, original(stamps[0]), viewers)
	if err != nil {
		return nil, err
	}
	byViewer, shared := make(map[int64][]byte, len(viewers)), map[int64][]byte{}
	for _, viewer := range viewers {
		as := viewer
		if viewer != 0 && !traces[viewer] && viewer != s.AccountID {
			as = someone
		}
		rendered, ok := shared[as]
		if !ok {
			list, err := a.statuses(ctx, as, stamps, known)
			if err != nil {
				return nil, err
			}
			if len(list) == 0 {
				return nil, errNotFound
			}
			rendered = list[0]
			shared[as] = rendered
		}
		byViewer[viewer] = rendered
	}
	return byViewer, nil
}

// RenderNotification renders a notification of a viewer; fault.NotFound if it is gone, or is not to
// be seen.
func (a *API) RenderNotification(ctx context.Context, viewer, id int64) ([]byte, error) {
	told, err := a.Store.NotificationByID(ctx, viewer, id)
	if err != nil {
		return nil, err
	}
	list, err := a.notificationList(ctx, viewer, []storage.Notification{told})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errNotFound
	}
	return marshal(list[0])
}

// RenderConversation renders a conversation of a viewer; fault.NotFound if it is gone, or its last
// message is not to be seen.
func (a *API) RenderConversation(ctx context.Context, viewer, id int64) ([]byte, error) {
	c, err := a.Store.Conversation(ctx, viewer, id)
	if err != nil {
		return nil, err
	}
	list, err := a.conversationList(ctx, viewer, []storage.Conversation{c})
	if err != nil {
		return nil, err
	}
	if list[0].LastStatus == nil {
		return nil, errNotFound
	}
	return marshal(list[0])
}

// streamingURL is where streams are: at this node, by WebSocket.
func (a *API) streamingURL() string { return "ws" + strings.TrimPrefix(a.Paths.Base, "http") }
