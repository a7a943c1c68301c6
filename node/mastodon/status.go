package mastodon

import (
	"context"
	"encoding/json"

	"tulou/apps/social"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/storage"
)

// idempotencyBytesMax bounds the keys that clients make; a UUID has 36.
const idempotencyBytesMax = 255

// What a stranger gets to see of a thread, as Mastodon documents it: threads cost the most to read.
const (
	strangerAncestors   = 40
	strangerDescendants = 60
)

// postStatus publishes a post. What is not sent is as the person prefers it.
func (a *API) postStatus(q *query) (any, error) {
	key := q.Header.Get("Idempotency-Key")
	if len(key) > idempotencyBytesMax {
		return nil, fault.New(fault.Unprocessable, "Validation failed: the Idempotency-Key has more than %d bytes", idempotencyBytesMax)
	}
	parent, err := q.about("in_reply_to_id")
	if err != nil {
		return nil, err
	}
	quoted, err := q.about("quoted_status_id")
	if err != nil {
		return nil, err
	}
	prefers := q.who.Login
	visibility, language, policy := q.text("visibility"), q.text("language"), q.text("quote_approval_policy")
	if policy == "" {
		policy = prefers.DefaultQuotePolicy
	}
	if visibility == "" {
		visibility = prefers.DefaultVisibility
	}
	if language == "" {
		language = prefers.DefaultLanguage
	}
	at, later, err := q.instant("scheduled_at")
	if err != nil {
		return nil, err
	}
	p := social.NewPost{
		Text: q.text("status"), Spoiler: q.text("spoiler_text"), Sensitive: q.flag("sensitive", prefers.DefaultSensitive),
		Visibility: visibility, Language: language, InReplyToID: parent, QuotedID: quoted, QuotePolicy: policy, IdempotencyKey: key, Poll: q.newPoll(),
		AppName: q.who.App.Name, AppWebsite: q.who.App.Website,
	}
	if chosen := q.mediaChoices(); chosen != nil {
		p.Media = *chosen
	}
	if later {
		return a.schedule(q, p, at)
	}
	posted, err := a.Social.Post(q.Context(), q.who.Account, p)
	if err != nil {
		return nil, err
	}
	return a.status(q.Context(), q.viewer(), posted)
}

// about returns the id of the status that a parameter names, of what is answered or quoted; 0 for
// none.
func (q *query) about(parameter string) (int64, error) {
	text := q.text(parameter)
	if text == "" {
		return 0, nil
	}
	id, ok := ids.Parse(text)
	if !ok {
		return 0, errNotFound
	}
	return id, nil
}

// visible returns the status of the path if the viewer may see it.
func (a *API) visible(q *query) (storage.Status, error) {
	id, err := q.id()
	if err != nil {
		return storage.Status{}, err
	}
	return a.Social.Status(q.Context(), q.viewer(), id)
}

// own is visible for the viewer's own statuses.
func (a *API) own(q *query) (storage.Status, error) {
	s, err := a.visible(q)
	if err == nil && s.AccountID != q.viewer() {
		err = errNotFound
	}
	return s, err
}

func (a *API) getStatus(q *query) (any, error) {
	s, err := a.visible(q)
	if err != nil {
		return nil, err
	}
	return a.status(q.Context(), q.viewer(), s)
}

// listStatuses returns those of several that the viewer may see, in the order asked for.
func (a *API) listStatuses(q *query) (any, error) {
	ctx, wanted := q.Context(), q.ids("id", idsMax)
	visible, err := a.Store.Visible(ctx, q.viewer(), wanted)
	if err != nil {
		return nil, err
	}
	byID, err := a.Store.StatusesByIDs(ctx, wanted)
	if err != nil {
		return nil, err
	}
	list := make([]storage.Status, 0, len(wanted))
	for _, id := range wanted {
		if s, ok := byID[id]; ok && visible[id] {
			list = append(list, s)
		}
	}
	return a.statusList(ctx, q.viewer(), list)
}

// editStatus changes a post; what is not sent is emptied, as in Mastodon, but for the language.
func (a *API) editStatus(q *query) (any, error) {
	before, err := a.own(q)
	if err != nil {
		return nil, err
	}
	if err := a.sameQuote(q, before.ID); err != nil {
		return nil, err
	}
	language := before.Language
	if q.has("language") {
		language = q.text("language")
	}
	text := before.Source
	if q.has("status") {
		text = q.text("status")
	}
	after, err := a.Social.Edit(q.Context(), q.who.Account, before.ID, social.Changes{
		Text: text, Spoiler: q.text("spoiler_text"), Sensitive: q.flag("sensitive", false),
		Language: language, QuotePolicy: q.text("quote_approval_policy"), Poll: q.newPoll(), Media: q.mediaChoices(),
	})
	if err != nil {
		return nil, err
	}
	return a.status(q.Context(), q.viewer(), after)
}

// deleteStatus deletes a post and answers what it was, with the source, for writing it anew. Its
// media stay for a day for that, unless delete_media is sent, as in Mastodon.
func (a *API) deleteStatus(q *query) (any, error) {
	ctx := q.Context()
	s, err := a.own(q)
	if err != nil {
		return nil, err
	}
	stamps, known, err := a.stamps(ctx, []storage.Status{s})
	if err != nil {
		return nil, err
	}
	known.redrafted = true
	p, err := a.gather(ctx, q.viewer(), stamps, known)
	if err != nil {
		return nil, err
	}
	text, err := marshal(s.Source)
	if err != nil {
		return nil, err
	}
	take := a.Social.DeleteForRedraft
	if q.flag("delete_media", false) {
		take = a.Social.Delete
	}
	if _, err := take(ctx, q.who.Account, s.ID); err != nil {
		return nil, err
	}
	return raw(p.append(nil, stamps[0], `,"text":`+string(text))), nil
}

func (a *API) context(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	around, err := a.Social.Context(q.Context(), q.viewer(), id)
	if err != nil {
		return nil, err
	}
	above, below := around.Ancestors, around.Descendants
	if q.viewer() == 0 {
		above = above[max(0, len(above)-strangerAncestors):]
		below = below[:min(len(below), strangerDescendants)]
	}
	var t thread
	if t.Ancestors, err = a.statusList(q.Context(), q.viewer(), above); err != nil {
		return nil, err
	}
	t.Descendants, err = a.statusList(q.Context(), q.viewer(), below)
	return t, err
}

func (a *API) statusSource(q *query) (any, error) {
	s, err := a.own(q)
	if err != nil {
		return nil, err
	}
	return statusSource{ID: ids.Format(s.ID), Text: s.Source, SpoilerText: s.Spoiler}, nil
}

// statusHistory lists what a post said, oldest first, what it says now being the last.
func (a *API) statusHistory(q *query) (any, error) {
	ctx := q.Context()
	s, err := a.visible(q)
	if err != nil {
		return nil, err
	}
	author, err := a.Store.AccountByID(ctx, s.AccountID)
	if err != nil {
		return nil, err
	}
	by, err := a.accountJSON(ctx, author)
	if err != nil {
		return nil, err
	}
	versions, err := a.Store.Edits(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	versions = append(versions, storage.Version{
		CreatedAt: max(s.CreatedAt, s.EditedAt), Content: s.Content, Spoiler: s.Spoiler, Sensitive: s.Sensitive,
	})
	shown, err := a.shownBefore(ctx, versions)
	if err != nil {
		return nil, err
	}
	quote, err := a.quoteOf(ctx, q.viewer(), s)
	if err != nil {
		return nil, err
	}
	history := make([]statusEdit, len(versions))
	for i, v := range versions {
		emojis, err := a.emojisIn(ctx, s.EmojiHost(), v.Content, v.Spoiler)
		if err != nil {
			return nil, err
		}
		history[i] = statusEdit{
			Content: v.Content, SpoilerText: v.Spoiler, Sensitive: v.Sensitive, CreatedAt: instant(v.CreatedAt),
			Account: by, MediaAttachments: a.versionMedia(v.Media, shown), Emojis: emojis, Quote: quote,
		}
	}
	return history, a.completeLast(ctx, &history[len(history)-1], s.ID)
}

// completeLast adds to the present version what is kept of that one only.
func (a *API) completeLast(ctx context.Context, last *statusEdit, status int64) error {
	attachments, err := a.Store.Attachments(ctx, []int64{status})
	if err != nil {
		return err
	}
	last.MediaAttachments = a.mediaAttachments(attachments[status])
	polls, err := a.Store.Polls(ctx, []int64{status})
	asked, ok := polls[status]
	if err != nil || !ok {
		return err
	}
	last.Poll = &editPoll{Options: make([]editOption, len(asked.Options))}
	for i, o := range asked.Options {
		last.Poll.Options[i].Title = markup.Line(o.Title)
	}
	return nil
}

func (a *API) favourite(q *query) (any, error)   { return a.react(q, a.Social.Like) }
func (a *API) unfavourite(q *query) (any, error) { return a.react(q, a.Social.Unlike) }
func (a *API) unreblog(q *query) (any, error)    { return a.react(q, a.Social.Unboost) }
func (a *API) bookmark(q *query) (any, error)    { return a.react(q, a.Social.Bookmark) }
func (a *API) unbookmark(q *query) (any, error)  { return a.react(q, a.Social.Unbookmark) }

func (a *API) reblog(q *query) (any, error) {
	return a.react(q, func(ctx context.Context, viewer storage.Account, id int64) (storage.Status, error) {
		return a.Social.Boost(ctx, viewer, id, q.text("visibility"))
	})
}

// react does something with a post and answers the post.
func (a *API) react(q *query,
	do func(ctx context.Context, viewer storage.Account, id int64) (storage.Status, error),
) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	s, err := do(q.Context(), q.who.Account, id)
	if err != nil {
		return nil, err
	}
	return a.status(q.Context(), q.viewer(), s)
}

func (a *API) favouritedBy(q *query) (any, error) { return a.reactors(q, a.Store.Likers) }

func (a *API) rebloggedBy(q *query) (any, error) { return a.reactors(q, a.Store.Boosters) }

func (a *API) reactors(q *query,
	of func(ctx context.Context, viewer, status int64, p storage.Page) ([]storage.Entry, error),
) (any, error) {
	ctx := q.Context()
	s, err := a.visible(q)
	if err != nil {
		return nil, err
	}
	page := q.page(accountsDefault, accountsMax)
	entries, err := of(ctx, q.viewer(), s.ID, page)
	if err != nil {
		return nil, err
	}
	byID, err := a.Store.AccountsByIDs(ctx, storage.IDs(entries))
	if err != nil {
		return nil, err
	}
	list := make([]json.RawMessage, 0, len(entries))
	for _, e := range entries {
		of, ok := byID[e.ID]
		if !ok {
			continue
		}
		body, err := a.accountJSON(ctx, of)
		if err != nil {
			return nil, err
		}
		list = append(list, body)
	}
	if len(entries) > 0 {
		a.link(q, len(entries) >= page.Limit, entries[0].Key, entries[len(entries)-1].Key)
	}
	return list, nil
}
