package mastodon

import (
	"context"
	"slices"
	"strings"

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
		a.link(q, len(stamps) >= page.Limit, stamps[0].Key, stamps[len(stamps)-1].Key)
	}
	return a.timeline(q.Context(), q.viewer(), stamps)
}

// mediaPagesMax bounds how many pages are looked through for posts with media.
const mediaPagesMax = 10

// mediaOf is timelineOf for posts with attachments only. Where there is little media a page may be
// short, or empty, and go on all the same: after the last post that was looked at.
func (a *API) mediaOf(q *query, read reader) (any, error) {
	looked, err := a.lookForMedia(q.Context(), q.page(statusesDefault, statusesMax), read)
	if err != nil {
		return nil, err
	}
	if looked.newest != 0 {
		a.link(q, looked.more, looked.newest, looked.oldest)
	}
	return a.timeline(q.Context(), q.viewer(), looked.kept)
}

// look is what was found in a part of a timeline.
type look struct {
	kept           []storage.Stamp // newest first
	newest, oldest int64           // keys of the ends of what was looked at, 0 if that is nothing
	more           bool            // the timeline may go on
}

// lookForMedia goes through a timeline until it has a page of posts with attachments.
func (a *API) lookForMedia(ctx context.Context, p storage.Page, read reader) (l look, err error) {
	wanted, upward := p.Limit, p.MinID != 0
	p.Limit = storage.StatusPageMax
	for range mediaPagesMax {
		stamps, err := read(ctx, p)
		if err != nil {
			return l, err
		}
		attachments, err := a.Store.Attachments(ctx, storage.StatusIDs(stamps))
		if err != nil {
			return l, err
		}
		if upward {
			slices.Reverse(stamps)
		}
		l.take(stamps, attachments, wanted)
		full := len(l.kept) == wanted
		l.more = full || len(stamps) == p.Limit
		if full || !l.more {
			break
		}
		if upward {
			p.MinID = l.newest
		} else {
			p.MaxID = l.oldest
		}
	}
	if upward {
		slices.Reverse(l.kept)
	}
	return l, nil
}

// take looks at posts in their order until as many as wanted are kept.
func (l *look) take(stamps []storage.Stamp, attachments map[int64][]storage.Attachment, wanted int) {
	for _, s := range stamps {
		if len(l.kept) == wanted {
			return
		}
		if l.newest = max(l.newest, s.Key); l.oldest == 0 || s.Key < l.oldest {
			l.oldest = s.Key
		}
		if len(attachments[s.ID]) > 0 {
			l.kept = append(l.kept, s)
		}
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
	tag, err := q.tag()
	if err != nil {
		return nil, err
	}
	filter := storage.TagFilter{Any: append([]string{foldedTag(tag)}, q.otherTags("any")...), All: q.otherTags("all"), None: q.otherTags("none")}
	slices.Sort(filter.Any)
	filter.Any = slices.Compact(filter.Any)
	return a.scoped(q, func(ctx context.Context, scope storage.Scope, p storage.Page) ([]storage.Stamp, error) {
		return a.Store.Tag(ctx, q.viewer(), filter, scope, p)
	})
}

func foldedTag(text string) string {
	return strings.ToLower(strings.TrimPrefix(strings.TrimSpace(text), "#"))
}

// otherTags reads hashtags that narrow or widen the timeline of one, as many as count.
func (q *query) otherTags(key string) (tags []string) {
	for _, text := range q.list(key) {
		if tag := foldedTag(text); tag != "" && !slices.Contains(tags, tag) && len(tags) < storage.TagsOtherMax {
			tags = append(tags, tag)
		}
	}
	return tags
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
		return a.mediaOf(q, read)
	}
	return a.timelineOf(q, read)
}

// accountStatuses lists somebody's posts, or those that they have pinned.
func (a *API) accountStatuses(q *query) (any, error) {
	of, err := a.found(q)
	if err != nil {
		return nil, err
	}
	if q.flag("pinned", false) {
		return a.pinnedStatuses(q, of)
	}
	filter := storage.AccountFilter{
		ExcludeReplies: q.flag("exclude_replies", false), ExcludeBoosts: q.flag("exclude_reblogs", false),
		Tag: strings.ToLower(strings.TrimPrefix(q.text("tagged"), "#")),
	}
	read := func(ctx context.Context, p storage.Page) ([]storage.Stamp, error) {
		return a.Store.AccountStatuses(ctx, q.viewer(), of.ID, filter, p)
	}
	if q.flag("only_media", false) {
		return a.mediaOf(q, read)
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
