package mastodon

import (
	"encoding/json"
	"strconv"

	"tulou/apps/notify"
	"tulou/protocol/ids"
	"tulou/storage"
)

type notificationPolicy struct {
	NotFollowing    string        `json:"for_not_following"`
	NotFollowers    string        `json:"for_not_followers"`
	NewAccounts     string        `json:"for_new_accounts"`
	PrivateMentions string        `json:"for_private_mentions"`
	LimitedAccounts string        `json:"for_limited_accounts"`
	Summary         policySummary `json:"summary"`
}

type policySummary struct {
	Requests      int64 `json:"pending_requests_count"`
	Notifications int64 `json:"pending_notifications_count"`
}

type notificationRequest struct {
	ID         string          `json:"id"`
	CreatedAt  string          `json:"created_at"`
	UpdatedAt  string          `json:"updated_at"`
	Count      string          `json:"notifications_count"`
	Account    json.RawMessage `json:"account"`
	LastStatus json.RawMessage `json:"last_status,omitempty"`
}

func policyOf(p notify.Policy) notificationPolicy {
	return notificationPolicy{
		NotFollowing: p.NotFollowing, NotFollowers: p.NotFollowers, NewAccounts: p.NewAccounts,
		PrivateMentions: p.PrivateMentions, LimitedAccounts: p.LimitedAccounts,
		Summary: policySummary{p.Requests, p.Notifications},
	}
}

func (a *API) notificationPolicy(q *query) (any, error) {
	p, err := a.Notify.Policy(q.Context(), q.who.Account)
	return policyOf(p), err
}

func (a *API) setNotificationPolicy(q *query) (any, error) {
	p, err := a.Notify.SetPolicy(q.Context(), q.who.Account, notify.PolicyChange{
		NotFollowing: q.optional("for_not_following"), NotFollowers: q.optional("for_not_followers"),
		NewAccounts: q.optional("for_new_accounts"), PrivateMentions: q.optional("for_private_mentions"),
		LimitedAccounts: q.optional("for_limited_accounts"),
	})
	return policyOf(p), err
}

// notificationRequests lists who mentioned the viewer and was held back.
func (a *API) notificationRequests(q *query) (any, error) {
	page := q.page(notificationsDefault, accountsMax)
	found, err := a.Notify.Requests(q.Context(), q.who.Account, page)
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		a.link(q, len(found) >= page.Limit, found[0].ID, found[len(found)-1].ID)
	}
	return a.requestList(q, found)
}

func (a *API) notificationRequest(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	found, err := a.Notify.Request(q.Context(), q.who.Account, id)
	if err != nil {
		return nil, err
	}
	list, err := a.requestList(q, []storage.NotificationRequest{found})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errNotFound
	}
	return list[0], nil
}

func (a *API) requestList(q *query, found []storage.NotificationRequest) ([]notificationRequest, error) {
	ctx := q.Context()
	var people, about []int64
	for _, r := range found {
		people = append(people, r.FromID)
		about = append(about, r.LastStatusID)
	}
	byID, err := a.Store.AccountsByIDs(ctx, people)
	if err != nil {
		return nil, err
	}
	visible, err := a.Store.Visible(ctx, q.viewer(), about)
	if err != nil {
		return nil, err
	}
	statuses, err := a.statusesByID(ctx, q.viewer(), distinct(about))
	if err != nil {
		return nil, err
	}
	list := make([]notificationRequest, 0, len(found))
	for _, r := range found {
		of, ok := byID[r.FromID]
		if !ok {
			continue
		}
		body, err := a.accountJSON(ctx, of)
		if err != nil {
			return nil, err
		}
		request := notificationRequest{ID: ids.Format(r.ID), CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt),
			Count: strconv.FormatInt(r.Count, 10), Account: body}
		if visible[r.LastStatusID] {
			request.LastStatus = statuses[r.LastStatusID]
		}
		list = append(list, request)
	}
	return list, nil
}

func (a *API) acceptRequest(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	return empty{}, a.Notify.AcceptRequests(q.Context(), q.who.Account, id)
}

func (a *API) dismissRequest(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	return empty{}, a.Notify.DismissRequests(q.Context(), q.who.Account, id)
}

func (a *API) acceptRequests(q *query) (any, error) {
	return empty{}, a.Notify.AcceptRequests(q.Context(), q.who.Account, q.ids("id", accountsMax)...)
}

func (a *API) dismissRequests(q *query) (any, error) {
	return empty{}, a.Notify.DismissRequests(q.Context(), q.who.Account, q.ids("id", accountsMax)...)
}

// requestsMerged is always so: what is accepted is shown by the same transaction.
func (a *API) requestsMerged(*query) (any, error) {
	return struct {
		Merged bool `json:"merged"`
	}{true}, nil
}
