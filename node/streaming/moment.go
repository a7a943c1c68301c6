package streaming

import (
	"context"

	"tulou/protocol/ids"
	"tulou/storage"
)

// momentsStream is the stream of what friends show each other. It is a channel of its own, for
// tokens with a scope of its own: none of the streams that programs for Mastodon look at has a word
// of it.
const momentsStream = "moments"

// MomentRenderer makes the JSON of Moments as the client API has it. What the viewer may not see at
// this moment is fault.NotFound.
type MomentRenderer interface {
	RenderMoment(ctx context.Context, viewer, id int64) ([]byte, error)
	// RenderMomentComment renders the Moment that a like or comment is about.
	RenderMomentComment(ctx context.Context, viewer, id int64) ([]byte, error)
	RenderMomentNotice(ctx context.Context, viewer, id int64) ([]byte, error)
	// RenderOwnNotification renders what a viewer is told of friends.
	RenderOwnNotification(ctx context.Context, viewer, id int64) ([]byte, error)
}

// showMoment brings what happened to a Moment to those of its audience who look. Events have the
// names of what happened: moment, moment.comment (the Moment as it looks now), moment.delete and
// moment.uncomment (an id, to whoever could see what had it), moment.notice, friend.notice.
func (h *Hub) showMoment(ctx context.Context, x storage.Happening) error {
	if h.Moments == nil {
		return nil
	}
	render := func(context.Context, int64, int64) ([]byte, error) { return []byte(ids.Format(x.ID)), nil }
	switch x.Kind {
	case storage.HappenedMoment:
		render = h.Moments.RenderMoment
	case storage.HappenedMomentComment:
		render = h.Moments.RenderMomentComment
	case storage.HappenedMomentNotice:
		render = h.Moments.RenderMomentNotice
	case storage.HappenedFriend:
		render = h.Moments.RenderOwnNotification
	}
	return h.showTo(ctx, x, x.Kind, render, channel{name: momentsStream})
}
