package mastodon

import (
	"context"
	"encoding/json"
	"strings"

	"tulou/apps/people"
	"tulou/apps/social"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// idsMax bounds how many accounts or statuses are asked for by id at once, as Mastodon does for
// accounts; clients ask for a page of them.
const idsMax = 40

// relationshipsMax is higher, since clients ask for the followers' of a page.
const relationshipsMax = 100

// found returns an account that may be shown.
func (a *API) found(q *query) (storage.Account, error) {
	id, err := q.id()
	if err != nil {
		return storage.Account{}, err
	}
	of, err := a.Store.AccountByID(q.Context(), id)
	if err == nil && of.Hidden {
		err = errNotFound
	}
	return of, err
}

func (a *API) getAccount(q *query) (any, error) {
	of, err := a.found(q)
	if err != nil {
		return nil, err
	}
	return a.accountJSON(q.Context(), of)
}

// listAccounts returns those of several that may be shown, in the order asked for.
func (a *API) listAccounts(q *query) (any, error) {
	wanted := q.ids("id", idsMax)
	byID, err := a.Store.AccountsByIDs(q.Context(), wanted)
	if err != nil {
		return nil, err
	}
	list := make([]storage.Account, 0, len(wanted))
	for _, id := range wanted {
		if of, ok := byID[id]; ok && !of.Hidden {
			list = append(list, of)
		}
	}
	return a.accountsJSON(q.Context(), list)
}

// lookupAccount finds somebody by handle, among those whom this node knows.
func (a *API) lookupAccount(q *query) (any, error) {
	handle, err := ids.ParseHandle(q.text("acct"))
	if err != nil {
		return nil, errNotFound
	}
	if handle.Host == a.AccountHost || handle.Host == a.Paths.Host() {
		handle.Host = ""
	}
	of, err := a.Store.AccountByHandle(q.Context(), handle.Name, handle.Host)
	if err == nil && of.Hidden {
		err = errNotFound
	}
	if err != nil {
		return nil, err
	}
	return a.accountJSON(q.Context(), of)
}

func (a *API) verifyCredentials(q *query) (any, error) {
	return a.credentials(q.Context(), q.viewer())
}

func (a *API) searchAccounts(q *query) (any, error) {
	text := strings.TrimSpace(q.text("q"))
	found, err := a.Social.Search(q.Context(), q.who.Account, social.Query{
		Text: text, Type: "accounts", Resolve: q.flag("resolve", false), Following: q.flag("following", false),
		Offset: max(0, q.number("offset", 0)), Limit: q.page(accountsDefault, accountsMax).Limit,
	})
	if err != nil {
		return nil, err
	}
	return a.accountsJSON(q.Context(), found.Accounts)
}

func (a *API) relationships(q *query) (any, error) {
	found, err := a.People.Relationships(q.Context(), q.who.Account, q.ids("id", relationshipsMax))
	if err != nil {
		return nil, err
	}
	list := make([]relationship, len(found))
	for i, r := range found {
		list[i] = relationshipOf(r)
	}
	return list, nil
}

// people answers with a page of accounts, which is paged by keys of its own.
func (a *API) people(q *query, page storage.Page, list []people.Listed) (any, error) {
	all := make([]json.RawMessage, len(list))
	for i, l := range list {
		var err error
		if all[i], err = a.accountJSON(q.Context(), l.Account); err != nil {
			return nil, err
		}
	}
	if len(list) > 0 {
		a.link(q, len(list) >= page.Limit, list[0].Key, list[len(list)-1].Key)
	}
	return all, nil
}

func (a *API) followers(q *query) (any, error) { return a.listAround(q, a.People.Followers) }

func (a *API) following(q *query) (any, error) { return a.listAround(q, a.People.Following) }

func (a *API) listAround(q *query,
	of func(ctx context.Context, viewer storage.Account, account int64, p storage.Page) ([]people.Listed, error),
) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	page := q.page(accountsDefault, accountsMax)
	list, err := of(q.Context(), q.who.Account, id, page)
	if err != nil {
		return nil, err
	}
	return a.people(q, page, list)
}

func (a *API) follow(q *query) (any, error) {
	return a.relate(q, func(ctx context.Context, viewer storage.Account, id int64) (storage.Relationship, error) {
		before, err := a.Store.FollowOf(ctx, viewer.ID, id)
		if fault.Is(err, fault.NotFound) {
			before.Boosts, err = true, nil
		}
		if err != nil {
			return storage.Relationship{}, err
		}
		return a.People.Follow(ctx, viewer, id, people.FollowOptions{
			Boosts: q.flag("reblogs", before.Boosts), Notify: q.flag("notify", before.Notify),
		})
	})
}

func (a *API) unfollow(q *query) (any, error)        { return a.relate(q, a.People.Unfollow) }
func (a *API) removeFollower(q *query) (any, error)  { return a.relate(q, a.People.RemoveFollower) }
func (a *API) authorizeFollow(q *query) (any, error) { return a.relate(q, a.People.AcceptRequest) }
func (a *API) rejectFollow(q *query) (any, error)    { return a.relate(q, a.People.RejectRequest) }
func (a *API) block(q *query) (any, error)           { return a.relate(q, a.People.Block) }
func (a *API) unblock(q *query) (any, error)         { return a.relate(q, a.People.Unblock) }
func (a *API) unmute(q *query) (any, error)          { return a.relate(q, a.People.Unmute) }

func (a *API) mute(q *query) (any, error) {
	return a.relate(q, func(ctx context.Context, viewer storage.Account, id int64) (storage.Relationship, error) {
		return a.People.Mute(ctx, viewer, id, people.MuteOptions{
			Notifications: q.flag("notifications", true), For: q.seconds("duration"),
		})
	})
}

// relate does something between the viewer and somebody, and answers what they are to each other.
func (a *API) relate(q *query,
	do func(ctx context.Context, viewer storage.Account, id int64) (storage.Relationship, error),
) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	between, err := do(q.Context(), q.who.Account, id)
	if fault.Is(err, fault.Forbidden) {
		err = fault.Wrap(err, fault.Forbidden, "This action is not allowed")
	}
	if err != nil {
		return nil, err
	}
	return relationshipOf(between), nil
}

func (a *API) followRequests(q *query) (any, error) { return a.listOwn(q, a.People.FollowRequests) }

func (a *API) blocks(q *query) (any, error) { return a.listOwn(q, a.People.Blocks) }

func (a *API) listOwn(q *query,
	of func(ctx context.Context, viewer storage.Account, p storage.Page) ([]people.Listed, error),
) (any, error) {
	page := q.page(accountsDefault, accountsMax)
	list, err := of(q.Context(), q.who.Account, page)
	if err != nil {
		return nil, err
	}
	return a.people(q, page, list)
}

// mutes lists whom the viewer mutes, with when each mute ends.
func (a *API) mutes(q *query) (any, error) {
	ctx, page := q.Context(), q.page(accountsDefault, accountsMax)
	list, err := a.People.Mutes(ctx, q.who.Account, page)
	if err != nil {
		return nil, err
	}
	targets := make([]int64, len(list))
	for i, l := range list {
		targets[i] = l.Account.ID
	}
	between, err := a.Store.Relationships(ctx, q.viewer(), targets)
	if err != nil {
		return nil, err
	}
	muted := make([]mutedAccount, len(list))
	for i, l := range list {
		full, err := a.fullAccount(ctx, l.Account)
		if err != nil {
			return nil, err
		}
		muted[i] = mutedAccount{full, optionalInstant(between[l.Account.ID].MuteExpiresAt)}
	}
	if len(list) > 0 {
		a.link(q, len(list) >= page.Limit, list[0].Key, list[len(list)-1].Key)
	}
	return muted, nil
}

func (a *API) domainBlocks(q *query) (any, error) {
	page := q.page(domainsDefault, domainsDefault)
	list, err := a.Store.DomainMutes(q.Context(), q.viewer(), page)
	if err != nil {
		return nil, err
	}
	hosts := make([]string, len(list))
	for i, d := range list {
		hosts[i] = d.Host
	}
	if len(list) > 0 {
		a.link(q, len(list) >= page.Limit, list[0].ID, list[len(list)-1].ID)
	}
	return hosts, nil
}

func (a *API) blockDomain(q *query) (any, error) { return a.domain(q, a.People.DomainMute) }

func (a *API) unblockDomain(q *query) (any, error) { return a.domain(q, a.People.DomainUnmute) }

func (a *API) domain(q *query, do func(ctx context.Context, viewer storage.Account, host string) error) (any, error) {
	host := strings.TrimSpace(q.text("domain"))
	if host == "" {
		return nil, fault.New(fault.Unprocessable, "Validation failed: Domain can't be blank")
	}
	err := do(q.Context(), q.who.Account, host)
	if fault.Is(err, fault.Invalid) {
		err = fault.Wrap(err, fault.Unprocessable, "Validation failed: Domain is not a valid domain name")
	}
	return empty{}, err
}
