package mastodon

import (
	"context"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"tulou/storage"
)

// reader reads a page of a timeline.
type reader func(ctx context.Context, p storage.Page) ([]storage.Stamp, error)

// timelineOf answers with a page of a timeline and where it goes on.
func (a *API) timelineOf(q *query, read reader) (any, error) {
	page := q.page(statusesDefault, statusesMax)
	stamps, err := read(q.Context(), page)
	if err != nil {
		return nil, err
	}
	if len(stamps) > 0 {
		a.link(q, page, len(stamps), stamps[0].Key, stamps[len(stamps)-1].Key)
	}
	return a.timeline(q.Context(), q.viewer(), stamps)
}

// mediaPagesMax bounds how many pages are looked through for posts with media.
const mediaPagesMax = 10

// withMedia leaves out posts without attachments, going on until a page is full. A timeline with
// little media may end early; the next page goes on from there.
func (a *API) withMedia(read reader) reader {
	return func(ctx context.Context, p storage.Page) (kept []storage.Stamp, err error) {
		wanted := p.Limit
		for range mediaPagesMax {
			p.Limit = storage.StatusPageMax
			stamps, err := read(ctx, p)
			if err != nil || len(stamps) == 0 {
				return kept, err
			}
			attachments, err := a.Store.Attachments(ctx, storage.StatusIDs(stamps))
			if err != nil {
				return kept, err
			}
			for _, s := range stamps {
				if len(attachments[s.ID]) > 0 && len(kept) < wanted {
					kept = append(kept, s)
				}
			}
			if len(kept) == wanted || p.MinID != 0 || len(stamps) < p.Limit {
				break
			}
			p.MaxID = stamps[len(stamps)-1].Key
		}
		return kept, nil
	}
}

func (a *API) homeTimeline(q *query) (any, error) {
	return a.timelineOf(q, func(ctx context.Context, p storage.Page) ([]storage.Stamp, error) {
		return a.Store.Home(ctx, q.viewer(), p)
	})
}

func (a *API) publicTimeline(q *query) (any, error) {
	return a.scoped(q, func(ctx context.Context, scope storage.Scope, p storage.Page) ([]storage.Stamp, error) {
		return a.Store.Public(ctx, q.viewer(), scope, p)
	})
}

func (a *API) tagTimeline(q *query) (any, error) {
	tag := chi.URLParam(q.Request, "tag")
	if q.URL.RawPath != "" { // chi matched the escaped form
		var err error
		if tag, err = url.PathUnescape(tag); err != nil {
			return nil, errNotFound
		}
	}
	tag = strings.ToLower(strings.TrimPrefix(tag, "#"))
	return a.scoped(q, func(ctx context.Context, scope storage.Scope, p storage.Page) ([]storage.Stamp, error) {
		return a.Store.Tag(ctx, q.viewer(), tag, scope, p)
	})
}

// scoped reads the options that public timelines share.
func (a *API) scoped(q *query,
	of func(ctx context.Context, scope storage.Scope, p storage.Page) ([]storage.Stamp, error),
) (any, error) {
	scope := storage.Everywhere
	switch {
	case q.flag("local", false):
		scope = storage.LocalOnly
	case q.flag("remote", false):
		scope = storage.RemoteOnly
	}
	read := func(ctx context.Context, p storage.Page) ([]storage.Stamp, error) { return of(ctx, scope, p) }
	if q.flag("only_media", false) {
		read = a.withMedia(read)
	}
	return a.timelineOf(q, read)
}

// accountStatuses lists somebody's posts. Nothing can be pinned yet, so nothing is.
func (a *API) accountStatuses(q *query) (any, error) {
	of, err := a.found(q)
	if err != nil {
		return nil, err
	}
	if q.flag("pinned", false) {
		return raw("[]"), nil
	}
	filter := storage.AccountFilter{
		ExcludeReplies: q.flag("exclude_replies", false), ExcludeBoosts: q.flag("exclude_reblogs", false),
		Tag: strings.ToLower(strings.TrimPrefix(q.text("tagged"), "#")),
	}
	read := func(ctx context.Context, p storage.Page) ([]storage.Stamp, error) {
		return a.Store.AccountStatuses(ctx, q.viewer(), of.ID, filter, p)
	}
	if q.flag("only_media", false) {
		read = a.withMedia(read)
	}
	return a.timelineOf(q, read)
}

func (a *API) favourites(q *query) (any, error) {
	return a.timelineOf(q, func(ctx context.Context, p storage.Page) ([]storage.Stamp, error) {
		return a.Store.Favourites(ctx, q.viewer(), p)
	})
}

func (a *API) bookmarks(q *query) (any, error) {
	return a.timelineOf(q, func(ctx context.Context, p storage.Page) ([]storage.Stamp, error) {
		return a.Store.Bookmarks(ctx, q.viewer(), p)
	})
}
