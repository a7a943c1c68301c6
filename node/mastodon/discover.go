package mastodon

import (
	"context"
	"encoding/json"
	"html"
	"strconv"
	"strings"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// What people find without knowing whom to look for: suggestions, the directory, trends.

type suggestion struct {
	Source  string          `json:"source"`
	Sources []string        `json:"sources"`
	Account json.RawMessage `json:"account"`
}

// trendingLink is a page that is going around.
type trendingLink struct {
	*previewCard
	ID      string   `json:"id"`
	History []tagDay `json:"history"`
}

// The lengths of lists of trends, as Mastodon documents them.
const (
	trendsDefault = 10
	trendsMax     = 20
)

func (a *API) discoverRoutes(r routes) {
	r.person(get, "/api/v2/suggestions", a.suggestions, "read:accounts")
	r.person(get, "/api/v1/suggestions", a.suggestionsV1, "read:accounts")
	r.person(remove, "/api/v1/suggestions/{id}", a.dismissSuggestion, "read:accounts", "write:accounts")
	r.open(get, "/api/v1/directory", a.directory, "read:accounts")
	r.open(get, "/api/v1/trends", a.trendingTags)
	r.open(get, "/api/v1/trends/tags", a.trendingTags)
	r.open(get, "/api/v1/trends/statuses", a.trendingStatuses)
	r.open(get, "/api/v1/trends/links", a.trendingLinks)
	r.open(get, "/api/v1/timelines/link", a.linkTimeline, "read:statuses")
	r.person(get, "/api/v1/timelines/direct", a.directTimeline, "read:statuses")
	r.open(get, "/api/v1/statuses/{id}/card", a.statusCard, "read:statuses")
	r.person(post, "/api/v1/statuses/{id}/translate", a.translate, "read:statuses")
	r.open(get, "/api/v1/search", a.searchV1, "read:search")
	r.open(get, "/api/oembed", a.oembed)
}

// searchV1 is search for clients from before hashtags had more than a name.
func (a *API) searchV1(q *query) (any, error) {
	answer, err := a.search(q)
	found, ok := answer.(search)
	if err != nil || !ok {
		return nil, err
	}
	names := make([]string, len(found.Hashtags))
	for i, t := range found.Hashtags {
		names[i] = t.Name
	}
	return struct {
		Accounts []json.RawMessage `json:"accounts"`
		Statuses []json.RawMessage `json:"statuses"`
		Hashtags []string          `json:"hashtags"`
	}{found.Accounts, found.Statuses, names}, nil
}

// suggested finds people whom the viewer may want to follow.
func (a *API) suggested(q *query) ([]suggestion, error) {
	ctx := q.Context()
	found, err := a.Store.Suggestions(ctx, q.viewer(), q.limit(accountsDefault, storage.SuggestionsMax))
	if err != nil {
		return nil, err
	}
	var people []int64
	for _, s := range found {
		people = append(people, s.ID)
	}
	byID, err := a.Store.AccountsByIDs(ctx, people)
	if err != nil {
		return nil, err
	}
	list := make([]suggestion, 0, len(found))
	for _, s := range found {
		of, ok := byID[s.ID]
		if !ok {
			continue
		}
		body, err := a.accountJSON(ctx, of)
		if err != nil {
			return nil, err
		}
		one := suggestion{Source: "global", Sources: []string{"most_followed"}, Account: body}
		if s.Friend {
			one.Source, one.Sources = "past_interactions", []string{"friends_of_friends"}
		}
		list = append(list, one)
	}
	return list, nil
}

func (a *API) suggestions(q *query) (any, error) { return a.suggested(q) }

// suggestionsV1 lists the people alone.
func (a *API) suggestionsV1(q *query) (any, error) {
	found, err := a.suggested(q)
	list := make([]json.RawMessage, len(found))
	for i, s := range found {
		list[i] = s.Account
	}
	return list, err
}

func (a *API) dismissSuggestion(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	return empty{}, a.Store.Tx(q.Context(), func(tx *storage.Tx) error { return tx.DismissSuggestion(q.Context(), q.viewer(), id) })
}

// limit reads how many are wanted.
func (q *query) limit(usual, most int) int {
	if n := q.number("limit", usual); n > 0 {
		return min(n, most)
	}
	return usual
}

// offset reads how many are skipped; lists that have it are short.
func (q *query) offset() int { return max(0, min(q.number("offset", 0), storage.DirectoryMax)) }

// directory lists people who want to be found.
func (a *API) directory(q *query) (any, error) {
	found, err := a.Store.Directory(q.Context(), q.viewer(), q.flag("local", false), q.text("order") == "new",
		q.offset(), q.limit(accountsDefault, accountsMax))
	if err != nil {
		return nil, err
	}
	return a.accountsJSON(q.Context(), found)
}

func (a *API) trendingTags(q *query) (any, error) {
	found, err := a.Store.TrendingTags(q.Context(), q.offset(), q.limit(trendsDefault, trendsMax))
	if err != nil {
		return nil, err
	}
	list, err := a.tags(q.Context(), q.viewer(), found)
	for i := range list {
		list[i].Trendable = true
	}
	return list, err
}

func (a *API) trendingStatuses(q *query) (any, error) {
	stamps, err := a.Store.TrendingStatuses(q.Context(), q.viewer(), q.offset(), q.limit(statusesDefault, statusesMax))
	if err != nil {
		return nil, err
	}
	return a.timeline(q.Context(), q.viewer(), stamps)
}

func (a *API) trendingLinks(q *query) (any, error) {
	found, err := a.Store.TrendingLinks(q.Context(), q.offset(), q.limit(trendsDefault, trendsMax))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	var cards []int64
	for _, c := range found {
		cards = append(cards, c.ID)
	}
	history, err := a.Store.LinkHistory(q.Context(), cards, now)
	if err != nil {
		return nil, err
	}
	rendered, err := a.renderCards(q.Context(), found)
	if err != nil {
		return nil, err
	}
	list := make([]trendingLink, len(found))
	for i, c := range found {
		list[i] = trendingLink{previewCard: rendered[c.ID], ID: ids.Format(c.ID), History: linkHistory(history[c.ID], now)}
	}
	return list, nil
}

// linkHistory lists seven days, today first, also those without a link.
func linkHistory(days []storage.LinkDay, now time.Time) []tagDay {
	today := now.Unix() / secondsOfDay
	list := make([]tagDay, 7)
	for i := range list {
		list[i] = tagDay{Day: strconv.FormatInt((today-int64(i))*secondsOfDay, 10), Accounts: "0", Uses: "0"}
	}
	for _, d := range days {
		if ago := today - d.Day; ago >= 0 && ago < int64(len(list)) {
			list[ago].Accounts, list[ago].Uses = strconv.FormatInt(d.Accounts, 10), strconv.FormatInt(d.Uses, 10)
		}
	}
	return list
}

// linkTimeline lists public posts that lead to a page.
func (a *API) linkTimeline(q *query) (any, error) {
	card, err := a.Store.CardByURL(q.Context(), q.text("url"))
	if err != nil {
		return nil, err
	}
	return a.timelineOf(q, func(ctx context.Context, p storage.Page) ([]storage.Stamp, error) {
		return a.Store.Link(ctx, q.viewer(), card.ID, p)
	})
}

// directTimeline lists direct messages, for clients from before conversations.
func (a *API) directTimeline(q *query) (any, error) {
	return a.timelineOf(q, func(ctx context.Context, p storage.Page) ([]storage.Stamp, error) {
		return a.Store.Direct(ctx, q.viewer(), p)
	})
}

// statusCard is the page to which a post leads, for clients from before statuses had it.
func (a *API) statusCard(q *query) (any, error) {
	s, err := a.visible(q)
	if err != nil {
		return nil, err
	}
	cards, err := a.cards(q.Context(), []int64{s.ID})
	if err != nil {
		return nil, err
	}
	if card := cards[s.ID]; card != nil {
		return card, nil
	}
	return empty{}, nil
}

// embedding describes a public post for pages that show it (oembed.com). It is a link and no frame:
// this node has no script that others would have to trust.
type embedding struct {
	Type         string `json:"type"`
	Version      string `json:"version"`
	Title        string `json:"title"`
	AuthorName   string `json:"author_name"`
	AuthorURL    string `json:"author_url"`
	ProviderName string `json:"provider_name"`
	ProviderURL  string `json:"provider_url"`
	CacheAge     int    `json:"cache_age"`
	HTML         string `json:"html"`
	Width        int    `json:"width"`
	Height       *int   `json:"height"`
}

// The sizes of embeddings in pixels, and how long they may be kept in seconds.
const (
	embeddingWidth    = 400
	embeddingWidthMax = 1000
	embeddingSeconds  = secondsOfDay
)

func (a *API) oembed(q *query) (any, error) {
	s, author, err := a.publicPost(q.Context(), q.text("url"))
	if err != nil {
		return nil, err
	}
	name := author.DisplayName
	if name == "" {
		name = author.Name
	}
	width := max(1, min(q.number("maxwidth", embeddingWidth), embeddingWidthMax))
	return embedding{
		Type: "rich", Version: "1.0", Title: "New status by " + author.Name, AuthorName: name, AuthorURL: pageOf(author),
		ProviderName: a.AccountHost, ProviderURL: a.Paths.Base + "/", CacheAge: embeddingSeconds, Width: width,
		HTML: quotation(s, name),
	}, nil
}

// quotation shows a post as a quote with its source. The content is safe HTML already.
func quotation(s storage.Status, author string) string {
	content := s.Content
	if s.Spoiler != "" {
		content = "<p>" + html.EscapeString(s.Spoiler) + "</p>"
	}
	page := html.EscapeString(s.URL)
	return `<blockquote cite="` + page + `">` + content + `<p>— <a href="` + page + `">` + html.EscapeString(author) + `</a></p></blockquote>`
}

// publicPost finds a public post of this node by the address of its page or its id.
func (a *API) publicPost(ctx context.Context, address string) (s storage.Status, author storage.Account, err error) {
	id, ok := ids.Parse(address[strings.LastIndexByte(address, '/')+1:])
	if !ok {
		return s, author, errNotFound
	}
	if s, err = a.Store.VisibleStatus(ctx, 0, id); err != nil {
		return s, author, err
	}
	if !s.Local || s.BoostOfID != 0 || address != s.URL && address != s.URI {
		return s, author, fault.New(fault.NotFound, "Record not found")
	}
	author, err = a.Store.AccountByID(ctx, s.AccountID)
	return s, author, err
}
