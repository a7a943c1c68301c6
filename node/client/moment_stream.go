package client

import (
	"context"

	"github.com/go-json-experiment/json"

	"tulou/storage"
)

// What streams show of Moments, to those who may see it at that moment: what is not to be seen is
// fault.NotFound, and no event says that there was something.

// RenderMoment renders a new Moment for a viewer who wants to see its author's.
func (a *API) RenderMoment(ctx context.Context, viewer, id int64) ([]byte, error) {
	m, err := a.Store.MomentByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if half, err := a.Store.FriendOf(ctx, viewer, m.AccountID); err == nil && half.HideTheirs {
		return nil, errNotFound
	}
	e, err := a.oneMoment(ctx, viewer, id)
	if err != nil {
		return nil, err
	}
	return json.Marshal(e)
}

// RenderMomentComment renders the Moment that somebody liked or commented on, if the viewer may see
// what they said.
func (a *API) RenderMomentComment(ctx context.Context, viewer, id int64) ([]byte, error) {
	c, err := a.Store.MomentCommentShown(ctx, viewer, id)
	if err != nil {
		return nil, err
	}
	return a.RenderMoment(ctx, viewer, c.MomentID)
}

// RenderMomentNotice renders what a viewer is told.
func (a *API) RenderMomentNotice(ctx context.Context, viewer, id int64) ([]byte, error) {
	n, err := a.Store.MomentNoticeByID(ctx, viewer, id)
	if err != nil {
		return nil, err
	}
	entities, err := a.noticeEntities(ctx, viewer, []storage.MomentNotice{n})
	if err == nil && len(entities) == 0 {
		err = errNotFound
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(entities[0])
}
