package mastodon

import (
	"tulou/apps/social"
	"tulou/storage"
)

// search finds people, hashtags, and what is at an address. There is one page of everything: asked
// for more than that, it has nothing.
func (a *API) search(q *query) (any, error) {
	ctx := q.Context()
	var found social.Results
	if q.number("offset", 0) <= 0 {
		var err error
		found, err = a.Social.Search(ctx, q.who.Account, social.Query{
			Text: q.text("q"), Type: q.text("type"), Resolve: q.flag("resolve", false),
			Limit: q.page(statusesDefault, social.SearchMax).Limit,
		})
		if err != nil {
			return nil, err
		}
	}
	if q.flag("following", false) && q.viewer() != 0 {
		var err error
		if found.Accounts, err = a.followedBy(q, found.Accounts); err != nil {
			return nil, err
		}
	}
	accounts, err := a.accountsJSON(ctx, found.Accounts)
	if err != nil {
		return nil, err
	}
	statuses, err := a.statusList(ctx, q.viewer(), found.Statuses)
	if err != nil {
		return nil, err
	}
	return search{Accounts: accounts, Statuses: statuses, Hashtags: a.tags(q.viewer(), found.Tags)}, nil
}

// tags renders hashtags. They have no ids here, so they go by their names, and nobody follows or
// features any yet.
func (a *API) tags(viewer int64, found []storage.TagCount) []searchTag {
	tags := make([]searchTag, len(found))
	for i, t := range found {
		tags[i] = searchTag{ID: t.Tag, Name: t.Name, URL: a.Paths.Tag(t.Tag), History: []struct{}{}, Usable: true}
		if viewer != 0 {
			tags[i].Following, tags[i].Featuring = new(bool), new(bool)
		}
	}
	return tags
}
