package mastodon

import (
	"context"
	"encoding/json"

	"tulou/protocol/ids"
	"tulou/storage"
)

// What people arrange about posts and others for themselves: pins, muted threads, recommendations,
// notes, and who of those they follow follows somebody.

// familiarFollowers is those whom the viewer follows and who follow somebody.
type familiarFollowers struct {
	ID       string            `json:"id"`
	Accounts []json.RawMessage `json:"accounts"`
}

func (a *API) arrangeRoutes(r routes) {
	r.person(post, "/api/v1/statuses/{id}/pin", a.pin, "write:accounts")
	r.person(post, "/api/v1/statuses/{id}/unpin", a.unpin, "write:accounts")
	r.person(post, "/api/v1/statuses/{id}/mute", a.muteThread, "write:mutes")
	r.person(post, "/api/v1/statuses/{id}/unmute", a.unmuteThread, "write:mutes")
	r.person(get, "/api/v1/accounts/familiar_followers", a.familiarFollowers, "read:follows")
	r.person(post, "/api/v1/accounts/{id}/note", a.note, "write:accounts")
	r.person(post, "/api/v1/accounts/{id}/endorse", a.endorse, "write:accounts")
	r.person(post, "/api/v1/accounts/{id}/unendorse", a.unendorse, "write:accounts")
	r.person(post, "/api/v1/accounts/{id}/pin", a.endorse, "write:accounts") // their names before Mastodon 4.4
	r.person(post, "/api/v1/accounts/{id}/unpin", a.unendorse, "write:accounts")
	r.open(get, "/api/v1/accounts/{id}/endorsements", a.endorsements, "read:accounts")
	r.person(get, "/api/v1/endorsements", a.ownEndorsements, "read:accounts")
}

func (a *API) pin(q *query) (any, error)          { return a.react(q, a.Social.Pin) }
func (a *API) unpin(q *query) (any, error)        { return a.react(q, a.Social.Unpin) }
func (a *API) muteThread(q *query) (any, error)   { return a.react(q, a.Social.MuteThread) }
func (a *API) unmuteThread(q *query) (any, error) { return a.react(q, a.Social.UnmuteThread) }

// pinnedStatuses lists what somebody shows at the top of their profile.
func (a *API) pinnedStatuses(q *query, of storage.Account) (any, error) {
	return a.timelineOf(q, func(ctx context.Context, p storage.Page) ([]storage.Stamp, error) {
		return a.Social.Pinned(ctx, q.viewer(), of, p)
	})
}

func (a *API) endorse(q *query) (any, error)   { return a.relate(q, a.People.Endorse) }
func (a *API) unendorse(q *query) (any, error) { return a.relate(q, a.People.Unendorse) }

func (a *API) note(q *query) (any, error) {
	return a.relate(q, func(ctx context.Context, viewer storage.Account, id int64) (storage.Relationship, error) {
		return a.People.Note(ctx, viewer, id, q.text("comment"))
	})
}

func (a *API) endorsements(q *query) (any, error) { return a.listAround(q, a.People.Endorsements) }

func (a *API) ownEndorsements(q *query) (any, error) {
	page := q.page(accountsDefault, accountsMax)
	list, err := a.People.Endorsements(q.Context(), q.who.Account, q.viewer(), page)
	if err != nil {
		return nil, err
	}
	return a.people(q, page, list)
}

func (a *API) familiarFollowers(q *query) (any, error) {
	wanted := q.ids("id", idsMax)
	known, err := a.Store.AccountsByIDs(q.Context(), wanted)
	if err != nil {
		return nil, err
	}
	shown := wanted[:0]
	for _, id := range wanted {
		if of, ok := known[id]; ok && !of.Hidden {
			shown = append(shown, id)
		}
	}
	found, err := a.People.FamiliarFollowers(q.Context(), q.who.Account, shown)
	if err != nil {
		return nil, err
	}
	list := make([]familiarFollowers, len(shown))
	for i, id := range shown {
		accounts, err := a.accountsJSON(q.Context(), found[id])
		if err != nil {
			return nil, err
		}
		list[i] = familiarFollowers{ID: ids.Format(id), Accounts: accounts}
	}
	return list, nil
}
