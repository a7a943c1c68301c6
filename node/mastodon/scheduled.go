package mastodon

import (
	"strings"
	"time"

	"tulou/apps/social"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// scheduledStatus is a post for later. Error is not Mastodon's: why it could not be posted at its
// time, null while it waits.
type scheduledStatus struct {
	ID               string            `json:"id"`
	ScheduledAt      string            `json:"scheduled_at"`
	Params           scheduledParams   `json:"params"`
	MediaAttachments []mediaAttachment `json:"media_attachments"`
	Error            *string           `json:"error"`
}

// scheduledParams is what was sent. Mastodon documents the id of what is answered as a number; ours
// are longer than the numbers of browsers, so it is text like all ids.
type scheduledParams struct {
	Text          string         `json:"text"`
	Poll          *scheduledPoll `json:"poll"`
	MediaIDs      []string       `json:"media_ids"`
	Sensitive     bool           `json:"sensitive"`
	SpoilerText   *string        `json:"spoiler_text"`
	Visibility    string         `json:"visibility"`
	InReplyToID   *string        `json:"in_reply_to_id"`
	QuotedID      *string        `json:"quoted_status_id"`
	QuotePolicy   *string        `json:"quote_approval_policy"`
	Language      *string        `json:"language"`
	ApplicationID *int           `json:"application_id"`
	ScheduledAt   *string        `json:"scheduled_at"`
	Idempotency   *string        `json:"idempotency"`
	WithRateLimit bool           `json:"with_rate_limit"`
}

type scheduledPoll struct {
	Options    []string `json:"options"`
	ExpiresIn  int      `json:"expires_in"`
	Multiple   bool     `json:"multiple"`
	HideTotals bool     `json:"hide_totals"`
}

// laterRoutes are about posts for later and reports.
func (a *API) laterRoutes(r routes) {
	r.person(get, "/api/v1/scheduled_statuses", a.scheduledStatuses, "read:statuses")
	r.person(get, "/api/v1/scheduled_statuses/{id}", a.scheduledStatus, "read:statuses")
	r.person(put, "/api/v1/scheduled_statuses/{id}", a.moveScheduled, "write:statuses")
	r.person(remove, "/api/v1/scheduled_statuses/{id}", a.deleteScheduled, "write:statuses")
	r.person(post, "/api/v1/reports", a.fileReport, "write:reports")
}

// The forms in which clients send an instant; those without a zone are in UTC.
var instantForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05", time.DateOnly}

// instant reads an instant; ok is false if none was sent.
func (q *query) instant(key string) (at time.Time, ok bool, err error) {
	text := strings.TrimSpace(q.text(key))
	if text == "" {
		return at, false, nil
	}
	for _, form := range instantForms {
		if at, err = time.Parse(form, text); err == nil {
			return at, true, nil
		}
	}
	return at, true, fault.New(fault.Unprocessable, "Validation failed: %s is not a time", key)
}

// schedule keeps a post for later.
func (a *API) schedule(q *query, p social.NewPost, at time.Time) (any, error) {
	kept, err := a.Social.Schedule(q.Context(), q.who.Account, p, at)
	if err != nil {
		return nil, err
	}
	return a.scheduled(q, kept)
}

func (a *API) scheduled(q *query, kept social.Scheduled) (scheduledStatus, error) {
	p := kept.Post
	rendered := scheduledStatus{
		ID: ids.Format(kept.ID), ScheduledAt: instant(kept.ScheduledAt), Error: optionalText(kept.Error),
		Params: scheduledParams{
			Text: p.Text, Sensitive: p.Sensitive, SpoilerText: optionalText(p.Spoiler), Visibility: p.Visibility,
			Language: optionalText(p.Language), QuotePolicy: optionalText(p.QuotePolicy), Idempotency: optionalText(kept.IdempotencyKey),
		},
	}
	var wanted []int64
	for _, m := range p.Media {
		wanted = append(wanted, m.ID)
		rendered.Params.MediaIDs = append(rendered.Params.MediaIDs, ids.Format(m.ID))
	}
	shown, err := a.Store.Uploads(q.Context(), kept.AccountID, wanted)
	if err != nil {
		return rendered, err
	}
	rendered.MediaAttachments = a.mediaAttachments(shown)
	if p.InReplyToID != 0 {
		rendered.Params.InReplyToID = optionalText(ids.Format(p.InReplyToID))
	}
	if p.QuotedID != 0 {
		rendered.Params.QuotedID = optionalText(ids.Format(p.QuotedID))
	}
	if p.Poll != nil {
		rendered.Params.Poll = &scheduledPoll{Options: p.Poll.Options, ExpiresIn: int(p.Poll.Lasts.Seconds()),
			Multiple: p.Poll.Multiple, HideTotals: p.Poll.HideTotals}
	}
	return rendered, nil
}

func (a *API) scheduledStatuses(q *query) (any, error) {
	page := q.page(statusesDefault, statusesMax)
	kept, err := a.Social.ScheduledPosts(q.Context(), q.who.Account, page)
	if err != nil {
		return nil, err
	}
	if len(kept) > 0 {
		a.link(q, len(kept) >= page.Limit, kept[0].ID, kept[len(kept)-1].ID)
	}
	list := make([]scheduledStatus, len(kept))
	for i, one := range kept {
		if list[i], err = a.scheduled(q, one); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (a *API) scheduledStatus(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	kept, err := a.Social.ScheduledPost(q.Context(), q.who.Account, id)
	if err != nil {
		return nil, err
	}
	return a.scheduled(q, kept)
}

// moveScheduled gives a post another time.
func (a *API) moveScheduled(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	kept, err := a.Social.ScheduledPost(q.Context(), q.who.Account, id)
	if err != nil {
		return nil, err
	}
	at, given, err := q.instant("scheduled_at")
	if err != nil {
		return nil, err
	}
	if given {
		if kept, err = a.Social.MoveScheduled(q.Context(), q.who.Account, id, at); err != nil {
			return nil, err
		}
	}
	return a.scheduled(q, kept)
}

func (a *API) deleteScheduled(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	return empty{}, a.Social.DeleteScheduled(q.Context(), q.who.Account, id)
}
