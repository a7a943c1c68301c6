package mastodon

import (
	"tulou/apps/social"
	"tulou/protocol/ids"
)

// search finds people, hashtags, posts, and what is at an address.
func (a *API) search(q *query) (any, error) {
	ctx := q.Context()
	page := q.page(statusesDefault, social.SearchMax)
	wanted := social.Query{
		Text: q.text("q"), Type: q.text("type"), Resolve: q.flag("resolve", false), Following: q.flag("following", false) && q.viewer() != 0,
		Trending: q.flag("exclude_unreviewed", false), Before: page.MaxID, After: max(page.MinID, page.SinceID),
		Offset: max(0, q.number("offset", 0)), Limit: page.Limit,
	}
	if by := q.text("account_id"); by != "" {
		var ok bool
		if wanted.By, ok = ids.Parse(by); !ok {
			return nil, errNotFound
		}
	}
	found, err := a.Social.Search(ctx, q.who.Account, wanted)
	if err != nil {
		return nil, err
	}
	accounts, err := a.accountsJSON(ctx, found.Accounts)
	if err != nil {
		return nil, err
	}
	statuses, err := a.statusList(ctx, q.viewer(), found.Statuses)
	if err != nil {
		return nil, err
	}
	hashtags, err := a.tags(ctx, q.viewer(), counted(found.Tags))
	return search{Accounts: accounts, Statuses: statuses, Hashtags: hashtags}, err
}
