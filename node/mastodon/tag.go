package mastodon

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/apps/social"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// tag is a hashtag. They have no ids here, so they go by their names.
type tag struct {
	ID             string   `json:"id"`
	Name           string   `json:"name"`
	URL            string   `json:"url"`
	History        []tagDay `json:"history"`
	Following      *bool    `json:"following,omitempty"`
	Featuring      *bool    `json:"featuring,omitempty"`
	Trendable      bool     `json:"trendable"`
	Usable         bool     `json:"usable"`
	RequiresReview bool     `json:"requires_review"`
}

// tagDay is how much a hashtag was used on a day; all of it as strings.
type tagDay struct {
	Day      string `json:"day"` // seconds since 1970
	Accounts string `json:"accounts"`
	Uses     string `json:"uses"`
}

// featuredTag is a hashtag on a profile.
type featuredTag struct {
	ID            string  `json:"id"`
	Name          string  `json:"name"`
	URL           string  `json:"url"`
	StatusesCount string  `json:"statuses_count"`
	LastStatusAt  *string `json:"last_status_at"`
}

const (
	tagsDefault   = 100
	suggestedTags = 10 // as Mastodon documents it
	secondsOfDay  = 24 * 60 * 60
)

func (a *API) tagRoutes(r routes) {
	r.open(get, "/api/v1/tags/{tag}", a.getTag)
	r.person(post, "/api/v1/tags/{tag}/follow", a.followTag, "write:follows")
	r.person(post, "/api/v1/tags/{tag}/unfollow", a.unfollowTag, "write:follows")
	r.person(post, "/api/v1/tags/{tag}/feature", a.featureTag, "write:accounts")
	r.person(post, "/api/v1/tags/{tag}/unfeature", a.unfeatureTag, "write:accounts")
	r.person(get, "/api/v1/followed_tags", a.followedTags, "read:follows")
	r.person(get, "/api/v1/featured_tags", a.ownFeaturedTags, "read:accounts")
	r.person(post, "/api/v1/featured_tags", a.addFeaturedTag, "write:accounts")
	r.person(remove, "/api/v1/featured_tags/{id}", a.removeFeaturedTag, "write:accounts")
	r.person(get, "/api/v1/featured_tags/suggestions", a.suggestedTags, "read:accounts")
	r.open(get, "/api/v1/accounts/{id}/featured_tags", a.featuredTags, "read:accounts")
}

// tag reads a hashtag from the path.
func (q *query) tag() (string, error) {
	name := chi.URLParam(q.Request, "tag")
	if q.URL.RawPath == "" {
		return name, nil
	}
	name, err := url.PathUnescape(name) // chi matched the escaped form
	if err != nil {
		return "", errNotFound
	}
	return name, nil
}

func (a *API) tagJSON(viewer int64, of social.TagInfo) tag {
	rendered := tag{ID: of.Tag, Name: of.Name, URL: a.Paths.Tag(of.Tag), History: make([]tagDay, len(of.History)), Usable: true}
	for i, d := range of.History {
		rendered.History[i] = tagDay{Day: strconv.FormatInt(d.Day*secondsOfDay, 10),
			Accounts: strconv.FormatInt(d.Accounts, 10), Uses: strconv.FormatInt(d.Uses, 10)}
	}
	if viewer != 0 {
		rendered.Following, rendered.Featuring = &of.Following, &of.Featuring
	}
	return rendered
}

// tags renders hashtags.
func (a *API) tags(ctx context.Context, viewer int64, found []storage.Tag) ([]tag, error) {
	infos, err := a.Social.TagInfos(ctx, viewer, found)
	list := make([]tag, len(infos))
	for i, of := range infos {
		list[i] = a.tagJSON(viewer, of)
	}
	return list, err
}

// counted is tags for those that were counted.
func counted(found []storage.TagCount) []storage.Tag {
	list := make([]storage.Tag, len(found))
	for i, t := range found {
		list[i] = storage.Tag{Tag: t.Tag, Name: t.Name}
	}
	return list
}

func (a *API) getTag(q *query) (any, error) {
	name, err := q.tag()
	if err != nil {
		return nil, err
	}
	found, err := a.Social.Tag(q.Context(), q.viewer(), name)
	return a.tagJSON(q.viewer(), found), err
}

func (a *API) followTag(q *query) (any, error)    { return a.changeTag(q, a.Social.FollowTag) }
func (a *API) unfollowTag(q *query) (any, error)  { return a.changeTag(q, a.Social.UnfollowTag) }
func (a *API) featureTag(q *query) (any, error)   { return a.changeTag(q, a.Social.FeatureTag) }
func (a *API) unfeatureTag(q *query) (any, error) { return a.changeTag(q, a.Social.UnfeatureTag) }

func (a *API) changeTag(q *query,
	change func(ctx context.Context, viewer storage.Account, text string) (social.TagInfo, error),
) (any, error) {
	name, err := q.tag()
	if err != nil {
		return nil, err
	}
	after, err := change(q.Context(), q.who.Account, name)
	return a.tagJSON(q.viewer(), after), err
}

func (a *API) followedTags(q *query) (any, error) {
	page := q.page(tagsDefault, storage.TagPageMax)
	followed, err := a.Store.FollowedTags(q.Context(), q.viewer(), page)
	if err != nil {
		return nil, err
	}
	if len(followed) > 0 {
		a.link(q, len(followed) >= page.Limit, followed[0].ID, followed[len(followed)-1].ID)
	}
	list := make([]storage.Tag, len(followed))
	for i, t := range followed {
		list[i] = storage.Tag{Tag: t.Tag, Name: t.Name}
	}
	return a.tags(q.Context(), q.viewer(), list)
}

func (a *API) suggestedTags(q *query) (any, error) {
	found, err := a.Store.SuggestedTags(q.Context(), q.viewer(), suggestedTags)
	if err != nil {
		return nil, err
	}
	return a.tags(q.Context(), q.viewer(), counted(found))
}

func (a *API) ownFeaturedTags(q *query) (any, error) {
	of, err := a.Store.AccountByID(q.Context(), q.viewer()) // as it is now
	if err != nil {
		return nil, err
	}
	return a.featuredTagsOf(q.Context(), of)
}

func (a *API) featuredTags(q *query) (any, error) {
	of, err := a.found(q)
	if err != nil {
		return nil, err
	}
	return a.featuredTagsOf(q.Context(), of)
}

// featuredTagsOf lists the hashtags that somebody shows, with how often they used them, which takes
// all their posts to count. Posting and showing another one change the account's version; what an
// edit changes is counted within renderedFresh.
func (a *API) featuredTagsOf(ctx context.Context, of storage.Account) (json.RawMessage, error) {
	now := time.Now()
	if piece, ok := a.featured.get(of.ID, of.Version, now); ok {
		return piece.json, nil
	}
	found, err := a.Store.FeaturedTags(ctx, of.ID)
	if err != nil {
		return nil, err
	}
	list := make([]featuredTag, len(found))
	for i, t := range found {
		list[i] = featuredTagOf(of, t)
	}
	body, err := marshal(list)
	if err == nil {
		a.featured.put(of.ID, rendered{version: of.Version, json: body}, now)
	}
	return body, err
}

func featuredTagOf(of storage.Account, t storage.FeaturedTag) featuredTag {
	return featuredTag{ID: ids.Format(t.ID), Name: t.Name, URL: pageOf(of) + "/tagged/" + url.PathEscape(t.Tag),
		StatusesCount: strconv.FormatInt(t.Statuses, 10), LastStatusAt: day(t.LastStatusAt)}
}

func (a *API) addFeaturedTag(q *query) (any, error) {
	if strings.TrimSpace(q.text("name")) == "" {
		return nil, fault.New(fault.Unprocessable, "Validation failed: Name can't be blank")
	}
	made, err := a.Social.AddFeaturedTag(q.Context(), q.who.Account, q.text("name"))
	return featuredTagOf(q.who.Account, made), err
}

func (a *API) removeFeaturedTag(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	return empty{}, a.Social.RemoveFeaturedTag(q.Context(), q.who.Account, id)
}
