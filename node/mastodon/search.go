package mastodon

import (
	"tulou/apps/social"
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
	hashtags, err := a.tags(ctx, q.viewer(), counted(found.Tags))
	return search{Accounts: accounts, Statuses: statuses, Hashtags: hashtags}, err
}
