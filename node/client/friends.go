package client

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"

	"tulou/node/edge"
	"tulou/protocol/ids"
	"tulou/storage"
)

// friendRoutes is everything about friends.
func (a *API) friendRoutes() []route {
	return []route{
		{get, "/friends", edge.ScopeRead, a.friends},
		{get, "/friends/mutuals", edge.ScopeRead, a.mutuals},
		{get, "/friends/search", edge.ScopeRead, a.searchFriends},
		{get, "/friends/counts", edge.ScopeRead, a.countFriends},
		{get, "/friends/relationships", edge.ScopeRead, a.friendRelationships},
		{post, "/friends/find", edge.ScopeRead, a.findFriend},
		{get, "/friends/suggestions", edge.ScopeRead, a.suggestFriends},
		{remove, "/friends/suggestions/{id}", edge.ScopeWrite, a.dismissSuggestion},
		{post, "/friends/code", edge.ScopeWrite, a.newFriendCode},
		{get, "/friends/settings", edge.ScopeRead, a.friendSettings},
		{patch, "/friends/settings", edge.ScopeWrite, a.changeFriendSettings},
		{get, "/friends/requests", edge.ScopeRead, a.friendRequests},
		{post, "/friends/requests", edge.ScopeWrite, a.askFriend},
		{remove, "/friends/requests/{id}", edge.ScopeWrite, a.cancelFriend},
		{post, "/friends/requests/{id}/accept", edge.ScopeWrite, a.acceptFriend},
		{post, "/friends/requests/{id}/decline", edge.ScopeWrite, a.declineFriend},
		{get, "/friends/{id}", edge.ScopeRead, a.friend},
		{patch, "/friends/{id}", edge.ScopeWrite, a.changeFriend},
		{remove, "/friends/{id}", edge.ScopeWrite, a.endFriend},
		{put, "/friends/{id}/block", edge.ScopeWrite, a.blockFriend},
		{remove, "/friends/{id}/block", edge.ScopeWrite, a.unblockFriend},
		{get, "/circles", edge.ScopeRead, a.circles},
		{post, "/circles", edge.ScopeWrite, a.createCircle},
		{patch, "/circles/{id}", edge.ScopeWrite, a.renameCircle},
		{remove, "/circles/{id}", edge.ScopeWrite, a.deleteCircle},
		{put, "/circles/{id}/friends/{friend}", edge.ScopeWrite, a.joinCircle},
		{remove, "/circles/{id}/friends/{friend}", edge.ScopeWrite, a.leaveCircle},
		{get, "/notifications", edge.ScopeRead, a.notifications},
		{remove, "/notifications/{id}", edge.ScopeWrite, a.dismissNotification},
	}
}

// friendEntity is what the viewer and somebody are to each other, as the viewer sees it.
type friendEntity struct {
	Account    jsontext.Value `json:"account"`
	State      string         `json:"state"` // none, asked, asking, friend
	Since      *string        `json:"since"`
	AskedAt    *string        `json:"asked_at"`
	Greeting   string         `json:"greeting"`
	ByCode     bool           `json:"by_code"`
	Remark     string         `json:"remark"`
	Starred    bool           `json:"starred"`
	HideTheirs bool           `json:"hide_theirs"`
	HideMine   bool           `json:"hide_mine"`
	Circles    []string       `json:"circles"`
	Mutual     bool           `json:"mutual"`  // they follow each other, which makes nobody a friend
	CanAsk     bool           `json:"can_ask"` // their server knows friends
}

// friendNone is the state of those between whom there is nothing.
const friendNone = "none"

// friendEntities renders what is between the viewer and people, in the order given. Who is hidden
// or gone is left out.
func (a *API) friendEntities(ctx context.Context, viewer int64, others []int64) ([]friendEntity, error) {
	people, err := a.Store.AccountsByIDs(ctx, others)
	if err != nil {
		return nil, err
	}
	rendered, err := a.accounts(ctx, others)
	if err != nil {
		return nil, err
	}
	halves, err := a.Store.FriendsOf(ctx, viewer, others)
	if err != nil {
		return nil, err
	}
	circles, err := a.Store.TagsOfFriends(ctx, viewer, others)
	if err != nil {
		return nil, err
	}
	between, err := a.Store.Relationships(ctx, viewer, others)
	if err != nil {
		return nil, err
	}
	list := make([]friendEntity, 0, len(others))
	for _, id := range others {
		if rendered[id] == nil {
			continue
		}
		e := friendEntityOf(halves[id], circles[id])
		e.Account, e.Mutual = rendered[id], between[id].Following && between[id].FollowedBy
		e.CanAsk = people[id].Friends != "" && id != viewer
		list = append(list, e)
	}
	return list, nil
}

func friendEntityOf(f storage.Friend, circles []int64) friendEntity {
	e := friendEntity{State: f.State, Since: instant(f.Since), AskedAt: instant(f.CreatedAt), Greeting: f.Greeting, ByCode: f.ByCode,
		Remark: f.Remark, Starred: f.Starred, HideTheirs: f.HideTheirs, HideMine: f.HideMine, Circles: make([]string, len(circles))}
	if f.ID == 0 {
		e.State = friendNone
	}
	for i, id := range circles {
		e.Circles[i] = ids.Format(id)
	}
	return e
}

// oneFriend renders what is between the viewer and one person. Faults: NotFound.
func (a *API) oneFriend(q *query, other int64) (any, error) {
	list, err := a.friendEntities(q.ctx(), q.me.ID, []int64{other})
	if err == nil && len(list) == 0 {
		err = errNotFound
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func (a *API) friend(q *query) (any, error) {
	other, err := q.id("id")
	if err != nil {
		return nil, err
	}
	return a.oneFriend(q, other)
}

func (a *API) friends(q *query) (any, error) {
	p, err := q.page(storage.FriendPageMax)
	if err != nil {
		return nil, err
	}
	filter := storage.FriendFilter{Starred: q.flag("starred")}
	if text := q.URL.Query().Get("circle"); text != "" {
		tag, ok := ids.Parse(text)
		if !ok {
			return nil, errNotFound
		}
		if _, err := a.Store.FriendTagOf(q.ctx(), q.me.ID, tag); err != nil {
			return nil, err
		}
		filter.Tag = tag
	}
	rows, err := a.Store.Friends(q.ctx(), q.me.ID, filter, p)
	if err != nil {
		return nil, err
	}
	return a.friendPage(q, rows, p)
}

// mutuals lists who follows the viewer back and is no friend.
func (a *API) mutuals(q *query) (any, error) {
	p, err := q.page(storage.FriendPageMax)
	if err != nil {
		return nil, err
	}
	rows, err := a.Store.Mutuals(q.ctx(), q.me.ID, p)
	if err != nil {
		return nil, err
	}
	others, last := make([]int64, len(rows)), int64(0)
	for i, m := range rows {
		others[i], last = m.TargetID, m.ID
	}
	items, err := a.friendEntities(q.ctx(), q.me.ID, others)
	return listOf(items, p, len(rows), last), err
}

// friendPage renders rows of one page.
func (a *API) friendPage(q *query, rows []storage.Friend, p storage.Page) (any, error) {
	others, last := make([]int64, len(rows)), int64(0)
	for i, f := range rows {
		others[i], last = f.FriendID, f.ID
	}
	items, err := a.friendEntities(q.ctx(), q.me.ID, others)
	return listOf(items, p, len(rows), last), err
}
