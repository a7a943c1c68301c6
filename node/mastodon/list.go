package mastodon

import (
	"context"

	"tulou/protocol/ids"
	"tulou/storage"
)

// list is a timeline of chosen people.
type list struct {
	ID            string `json:"id"`
	Title         string `json:"title"`
	RepliesPolicy string `json:"replies_policy"`
	Exclusive     bool   `json:"exclusive"`
}

func listOf(l storage.List) list {
	return list{ID: ids.Format(l.ID), Title: l.Title, RepliesPolicy: l.RepliesPolicy, Exclusive: l.Exclusive}
}

func listsOf(found []storage.List) []list {
	all := make([]list, len(found))
	for i, l := range found {
		all[i] = listOf(l)
	}
	return all
}

func (a *API) listRoutes(r routes) {
	r.person(get, "/api/v1/lists", a.lists, "read:lists")
	r.person(post, "/api/v1/lists", a.createList, "write:lists")
	r.person(get, "/api/v1/lists/{id}", a.getList, "read:lists")
	r.person(put, "/api/v1/lists/{id}", about(a.updateList), "write:lists")
	r.person(remove, "/api/v1/lists/{id}", about(a.deleteList), "write:lists")
	r.person(get, "/api/v1/lists/{id}/accounts", about(a.listMembers), "read:lists")
	r.person(post, "/api/v1/lists/{id}/accounts", a.addToList, "write:lists")
	r.person(remove, "/api/v1/lists/{id}/accounts", a.removeFromList, "write:lists")
	r.person(get, "/api/v1/accounts/{id}/lists", a.listsOfMember, "read:lists")
	r.person(get, "/api/v1/timelines/list/{id}", a.listTimeline, "read:lists")
}

func (a *API) lists(q *query) (any, error) {
	found, err := a.Store.Lists(q.Context(), q.viewer())
	return listsOf(found), err
}

// ownList returns the list of the path, if it is the viewer's.
func (a *API) ownList(q *query) (storage.List, error) {
	id, err := q.id()
	if err != nil {
		return storage.List{}, err
	}
	return a.Store.ListOf(q.Context(), q.viewer(), id)
}

func (a *API) getList(q *query) (any, error) {
	l, err := a.ownList(q)
	return listOf(l), err
}

// readList takes over what was sent about a list.
func (q *query) readList(l *storage.List) {
	q.set(&l.Title, "title")
	q.setUnlessEmpty(&l.RepliesPolicy, "replies_policy")
	l.Exclusive = q.flag("exclusive", l.Exclusive)
}

func (a *API) createList(q *query) (any, error) {
	l := storage.List{RepliesPolicy: storage.RepliesToList}
	q.readList(&l)
	made, err := a.People.CreateList(q.Context(), q.who.Account, l)
	return listOf(made), err
}

func (a *API) updateList(q *query, id int64) (any, error) {
	l, err := a.People.ChangeList(q.Context(), q.who.Account, id, q.readList)
	return listOf(l), err
}

func (a *API) deleteList(q *query, id int64) (any, error) {
	return empty{}, a.People.DeleteList(q.Context(), q.who.Account, id)
}

// listMembers lists who is in a list; with limit=0 all of them, as Mastodon documents it.
func (a *API) listMembers(q *query, id int64) (any, error) {
	page := q.page(accountsDefault, accountsMax)
	if q.text("limit") == "0" {
		page = storage.Page{Limit: storage.ListMembersMax}
	}
	members, err := a.People.ListMembers(q.Context(), q.who.Account, id, page)
	if err != nil {
		return nil, err
	}
	return a.people(q, page, members)
}

func (a *API) addToList(q *query) (any, error) { return a.changeMembers(q, a.People.AddToList) }

func (a *API) removeFromList(q *query) (any, error) {
	return a.changeMembers(q, a.People.RemoveFromList)
}

func (a *API) changeMembers(q *query,
	change func(ctx context.Context, viewer storage.Account, list int64, members []int64) error,
) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	return empty{}, change(q.Context(), q.who.Account, id, q.ids("account_ids", storage.ListMembersMax))
}

func (a *API) listsOfMember(q *query) (any, error) {
	of, err := a.found(q)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.ListsOfMember(q.Context(), q.viewer(), of.ID)
	return listsOf(found), err
}

func (a *API) listTimeline(q *query) (any, error) {
	l, err := a.ownList(q)
	if err != nil {
		return nil, err
	}
	return a.timelineOf(q, func(ctx context.Context, p storage.Page) ([]storage.Stamp, error) {
		return a.Store.ListTimeline(ctx, q.viewer(), l.ID, p)
	})
}
