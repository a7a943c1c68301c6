package mastodon

import (
	"context"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"tulou/protocol/ids"
	"tulou/storage"
)

// announcement is something that the operator tells everybody of this node. Posts that it links to
// are links of its text only.
type announcement struct {
	ID          string        `json:"id"`
	Content     string        `json:"content"`
	StartsAt    *string       `json:"starts_at"`
	EndsAt      *string       `json:"ends_at"`
	AllDay      bool          `json:"all_day"`
	PublishedAt string        `json:"published_at"`
	UpdatedAt   string        `json:"updated_at"`
	Read        bool          `json:"read"`
	Mentions    []mention     `json:"mentions"`
	Statuses    []struct{}    `json:"statuses"`
	Tags        []statusTag   `json:"tags"`
	Emojis      []customEmoji `json:"emojis"`
	Reactions   []reaction    `json:"reactions"`
}

// reaction has addresses only if it is an emoji of this node.
type reaction struct {
	Name      string  `json:"name"`
	Count     int64   `json:"count"`
	Me        bool    `json:"me"`
	URL       *string `json:"url,omitempty"`
	StaticURL *string `json:"static_url,omitempty"`
}

// announcements lists what the operator tells everybody now.
func (a *API) announcements(q *query) (any, error) {
	ctx := q.Context()
	shown, err := a.Store.Announcements(ctx)
	if err != nil {
		return nil, err
	}
	read, err := a.Store.AnnouncementsRead(ctx, q.viewer())
	if err != nil {
		return nil, err
	}
	var wanted []int64
	for _, one := range shown {
		wanted = append(wanted, one.ID)
	}
	reactions, err := a.Store.Reactions(ctx, q.viewer(), wanted)
	if err != nil {
		return nil, err
	}
	list := make([]announcement, len(shown))
	for i, one := range shown {
		if list[i], err = a.announcement(ctx, one, reactions[one.ID]); err != nil {
			return nil, err
		}
		list[i].Read = read[one.ID]
	}
	return list, nil
}

func (a *API) announcement(ctx context.Context, of storage.Announcement, reactions []storage.Reaction) (announcement, error) {
	rendered := announcement{
		ID: ids.Format(of.ID), Content: of.Content, StartsAt: optionalInstant(of.StartsAt), EndsAt: optionalInstant(of.EndsAt),
		PublishedAt: instant(of.CreatedAt), UpdatedAt: instant(of.UpdatedAt), Mentions: []mention{}, Statuses: []struct{}{},
		Tags: []statusTag{}, Reactions: []reaction{},
	}
	people, tags, err := a.Guard.Named(ctx, of)
	if err != nil {
		return rendered, err
	}
	for _, p := range people {
		rendered.Mentions = append(rendered.Mentions, mention{ID: ids.Format(p.ID), Username: p.Name, URL: pageOf(p), Acct: acct(p)})
	}
	for _, name := range tags {
		rendered.Tags = append(rendered.Tags, statusTag{Name: strings.ToLower(name), URL: a.Paths.Tag(name)})
	}
	if rendered.Emojis, err = a.emojisIn(ctx, "", of.Content); err != nil {
		return rendered, err
	}
	var names []string
	for _, r := range reactions {
		names = append(names, r.Name)
	}
	own, err := a.Store.EmojisNamed(ctx, "", names)
	if err != nil {
		return rendered, err
	}
	pictures := map[string]customEmoji{}
	for _, e := range a.renderEmojis(own) {
		pictures[e.Shortcode] = e
	}
	for _, r := range reactions {
		one := reaction{Name: r.Name, Count: r.Count, Me: r.Me}
		if e, ok := pictures[r.Name]; ok {
			one.URL, one.StaticURL = &e.URL, &e.StaticURL
		}
		rendered.Reactions = append(rendered.Reactions, one)
	}
	return rendered, nil
}

func (a *API) dismissAnnouncement(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	return empty{}, a.Guard.Dismiss(q.Context(), q.who.Account, id)
}

// reactionName reads the emoji in the path, which is mostly escaped.
func (q *query) reactionName() (string, error) {
	name := chi.URLParam(q.Request, "name")
	if q.URL.RawPath == "" {
		return name, nil
	}
	name, err := url.PathUnescape(name) // chi matched the escaped form
	if err != nil {
		return "", errNotFound
	}
	return name, nil
}

func (a *API) addReaction(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	name, err := q.reactionName()
	if err != nil {
		return nil, err
	}
	return empty{}, a.Guard.React(q.Context(), q.who.Account, id, name)
}

func (a *API) removeReaction(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	name, err := q.reactionName()
	if err != nil {
		return nil, err
	}
	return empty{}, a.Guard.Unreact(q.Context(), q.who.Account, id, name)
}
