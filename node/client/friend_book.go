package client

import (
	"github.com/go-json-experiment/json/jsontext"

	"tulou/apps/people"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

func (a *API) changeFriend(q *query) (any, error) {
	var sent struct {
		Remark     *string   `json:"remark"`
		Starred    *bool     `json:"starred"`
		HideTheirs *bool     `json:"hide_theirs"`
		HideMine   *bool     `json:"hide_mine"`
		Circles    *[]string `json:"circles"`
	}
	if err := q.body(&sent); err != nil {
		return nil, err
	}
	change := people.FriendChange{Remark: sent.Remark, Starred: sent.Starred, HideTheirs: sent.HideTheirs, HideMine: sent.HideMine}
	if sent.Circles != nil {
		if len(*sent.Circles) > storage.FriendTagsMax {
			return nil, fault.New(fault.Unprocessable, "nobody has more than %d circles", storage.FriendTagsMax)
		}
		circles := []int64{}
		for _, text := range *sent.Circles {
			id, ok := ids.Parse(text)
			if !ok {
				return nil, errNotFound
			}
			circles = append(circles, id)
		}
		change.Circles = &circles
	}
	return a.about(q, func(other int64) error { return a.People.ChangeFriend(q.ctx(), q.me, other, change) })
}

// friendItems is a list that is never so long that it has a second page.
func (a *API) friendItems(q *query, others []int64) (any, error) {
	items, err := a.friendEntities(q.ctx(), q.me.ID, others)
	return list[friendEntity]{Items: items}, err
}

func (a *API) searchFriends(q *query) (any, error) {
	text, err := q.text("q")
	if err != nil {
		return nil, err
	}
	found, err := a.People.SearchFriends(q.ctx(), q.me, text)
	if err != nil {
		return nil, err
	}
	return a.friendItems(q, found)
}

func (a *API) friendRelationships(q *query) (any, error) { return a.friendItems(q, q.ids("id")) }

// countFriends says how many there are, for signs beside the names of screens.
func (a *API) countFriends(q *query) (any, error) {
	var counts struct {
		Friends  int `json:"friends"`
		Requests int `json:"requests"`
	}
	var err error
	if counts.Friends, err = a.Store.CountFriends(q.ctx(), q.me.ID, storage.FriendBoth); err != nil {
		return nil, err
	}
	counts.Requests, err = a.Store.CountFriends(q.ctx(), q.me.ID, storage.FriendAsking)
	return counts, err
}

// suggestion is somebody whom friends of the viewer know.
type suggestion struct {
	Account jsontext.Value `json:"account"`
	Common  int64          `json:"friends_in_common"`
}

func (a *API) suggestFriends(q *query) (any, error) {
	found, err := a.People.SuggestFriends(q.ctx(), q.me)
	if err != nil {
		return nil, err
	}
	who := make([]int64, len(found))
	for i, f := range found {
		who[i] = f.AccountID
	}
	rendered, err := a.accounts(q.ctx(), who)
	if err != nil {
		return nil, err
	}
	items := []suggestion{}
	for _, f := range found {
		if rendered[f.AccountID] != nil {
			items = append(items, suggestion{rendered[f.AccountID], f.Common})
		}
	}
	return list[suggestion]{Items: items}, nil
}

func (a *API) dismissSuggestion(q *query) (any, error) {
	other, err := q.id("id")
	if err != nil {
		return nil, err
	}
	return nothing{}, a.Store.Tx(q.ctx(), func(tx *storage.Tx) error { return tx.DismissSuggestion(q.ctx(), q.me.ID, other) })
}

// settings are what somebody decides about how they are found.
type settings struct {
	Suggestible bool   `json:"suggestible"`
	AskedBy     string `json:"asked_by"`
}

func (a *API) friendSettings(q *query) (any, error) {
	suggestible, err := a.People.Suggestible(q.ctx(), q.me)
	if err != nil {
		return nil, err
	}
	by, err := a.People.FriendAskedBy(q.ctx(), q.me)
	return settings{suggestible, by}, err
}

func (a *API) changeFriendSettings(q *query) (any, error) {
	var sent struct {
		Suggestible *bool   `json:"suggestible"`
		AskedBy     *string `json:"asked_by"`
	}
	if err := q.body(&sent); err != nil {
		return nil, err
	}
	if sent.Suggestible != nil {
		if err := a.People.SetSuggestible(q.ctx(), q.me, *sent.Suggestible); err != nil {
			return nil, err
		}
	}
	if sent.AskedBy != nil {
		if err := a.People.SetFriendAskedBy(q.ctx(), q.me, *sent.AskedBy); err != nil {
			return nil, err
		}
	}
	return a.friendSettings(q)
}

// circle is a name that the viewer gives some friends.
type circle struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Members int64  `json:"members"`
}

func circleOf(t storage.FriendTag) circle { return circle{ids.Format(t.ID), t.Name, t.Members} }

func (a *API) circles(q *query) (any, error) {
	all, err := a.Store.FriendTags(q.ctx(), q.me.ID)
	if err != nil {
		return nil, err
	}
	items := make([]circle, len(all))
	for i, t := range all {
		items[i] = circleOf(t)
	}
	return list[circle]{Items: items}, nil
}

// circleSent is what a client says of a circle.
type circleSent struct {
	Name string `json:"name"`
}

func (a *API) createCircle(q *query) (any, error) {
	var sent circleSent
	if err := q.body(&sent); err != nil {
		return nil, err
	}
	made, err := a.People.CreateCircle(q.ctx(), q.me, sent.Name)
	return circleOf(made), err
}

func (a *API) renameCircle(q *query) (any, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	var sent circleSent
	if err := q.body(&sent); err != nil {
		return nil, err
	}
	if err := a.People.RenameCircle(q.ctx(), q.me, id, sent.Name); err != nil {
		return nil, err
	}
	renamed, err := a.Store.FriendTagOf(q.ctx(), q.me.ID, id)
	return circleOf(renamed), err
}

func (a *API) deleteCircle(q *query) (any, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	return nothing{}, a.People.DeleteCircle(q.ctx(), q.me, id)
}

func (a *API) joinCircle(q *query) (any, error) { return a.setCircle(q, true) }

func (a *API) leaveCircle(q *query) (any, error) { return a.setCircle(q, false) }

func (a *API) setCircle(q *query, in bool) (any, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	friend, err := q.id("friend")
	if err != nil {
		return nil, err
	}
	return nothing{}, a.People.SetCircle(q.ctx(), q.me, id, friend, in)
}
