package mastodon

import (
	"cmp"
	"context"
	"slices"
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
	traces, err := a.Store.Traces(ctx, original(stamps[0]), viewers)
	if err != nil {
		return nil, err
	}
	byViewer, shared := make(map[int64][]byte, len(viewers)), map[int64][]byte{}
	for _, viewer := range viewers {
		as := viewer
		if viewer != 0 && viewer != s.AccountID && !traces[viewer].Touched {
			if as, err = a.unlessFiltered(ctx, traces[viewer], stamps, known); err != nil {
				return nil, err
			}
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

// unlessFiltered is someone, but the viewer if their filters say something about a status.
func (a *API) unlessFiltered(ctx context.Context, t storage.Trace, stamps []storage.Stamp, known material) (int64, error) {
	if !t.Filters {
		return someone, nil
	}
	results, err := a.filtered(ctx, t.ViewerID, stamps, known)
	if err != nil || len(results) > 0 {
		return t.ViewerID, err
	}
	return someone, nil
}

// RenderNotification renders a notification of a viewer; fault.NotFound if it is gone, or is not to
// be seen.
func (a *API) RenderNotification(ctx context.Context, viewer, id int64) ([]byte, error) {
	told, err := a.Store.NotificationByID(ctx, viewer, id)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(storage.NotificationTypes(), told.Type) {
		return nil, errNotFound
	}
	// Somebody may have been blocked or muted since, as when it is pushed.
	if still, err := a.Store.StillTold(ctx, told); err != nil || !still {
		return nil, cmp.Or[error](err, errNotFound)
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

// RenderAnnouncement renders an announcement, or of it one reaction if that has a name, as it is to
// everybody. It is fault.NotFound if it is not shown any more.
func (a *API) RenderAnnouncement(ctx context.Context, id int64, reaction string) ([]byte, error) {
	of, err := a.Store.AnnouncementByID(ctx, id)
	if err != nil {
		return nil, err
	}
	reactions, err := a.Store.Reactions(ctx, 0, []int64{id})
	if err != nil {
		return nil, err
	}
	rendered, err := a.announcement(ctx, of, reactions[id])
	if err != nil || reaction == "" {
		return marshalled(rendered, err)
	}
	one := streamedReaction{Name: reaction, AnnouncementID: rendered.ID} // nobody's, if it is not found
	for _, r := range rendered.Reactions {
		if r.Name == reaction {
			one.Count, one.URL, one.StaticURL = r.Count, r.URL, r.StaticURL
		}
	}
	return marshal(one)
}

// streamedReaction is how often an announcement got a reaction.
type streamedReaction struct {
	Name           string  `json:"name"`
	Count          int64   `json:"count"`
	AnnouncementID string  `json:"announcement_id"`
	URL            *string `json:"url,omitempty"`
	StaticURL      *string `json:"static_url,omitempty"`
}

func marshalled(v any, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return marshal(v)
}

// streamingURL is where streams are: at this node, by WebSocket.
func (a *API) streamingURL() string { return "ws" + strings.TrimPrefix(a.Paths.Base, "http") }
