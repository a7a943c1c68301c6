package mastodon

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/go-chi/chi/v5"

	"tulou/apps/notify"
	"tulou/protocol/ids"
	"tulou/storage"
)

// noticeRoutes are about notifications beside the plain list.
func (a *API) noticeRoutes(r routes) {
	r.person(get, "/api/v2/notifications", a.groupNotifications, "read:notifications")
	r.person(get, "/api/v2/notifications/unread_count", a.unreadGroups, "read:notifications")
	r.person(get, "/api/v2/notifications/policy", a.notificationPolicy, "read:notifications")
	r.person(patch, "/api/v2/notifications/policy", a.setNotificationPolicy, "write:notifications")
	r.person(put, "/api/v2/notifications/policy", a.setNotificationPolicy, "write:notifications") // masto.js 8 asks so, which Rails takes
	r.person(get, "/api/v2/notifications/{group_key}", a.getNotificationGroup, "read:notifications")
	r.person(post, "/api/v2/notifications/{group_key}/dismiss", a.dismissNotificationGroup, "write:notifications")
	r.person(get, "/api/v2/notifications/{group_key}/accounts", a.notificationGroupAccounts, "read:notifications", "write:notifications")
	r.person(get, "/api/v1/notifications/unread_count", a.unreadNotifications, "read:notifications")
	r.person(post, "/api/v1/notifications/dismiss", a.dismissByID, "write:notifications")
	r.person(get, "/api/v1/notifications/requests", a.notificationRequests, "read:notifications")
	r.person(get, "/api/v1/notifications/requests/merged", a.requestsMerged, "read:notifications")
	r.person(post, "/api/v1/notifications/requests/accept", a.acceptRequests, "write:notifications")
	r.person(post, "/api/v1/notifications/requests/dismiss", a.dismissRequests, "write:notifications")
	r.person(get, "/api/v1/notifications/requests/{id}", a.notificationRequest, "read:notifications")
	r.person(post, "/api/v1/notifications/requests/{id}/accept", a.acceptRequest, "write:notifications")
	r.person(post, "/api/v1/notifications/requests/{id}/dismiss", a.dismissRequest, "write:notifications")
}

// dismissByID is dismissNotification with the id in the form, as clients from before 1.4 send it.
func (a *API) dismissByID(q *query) (any, error) {
	id, ok := ids.Parse(q.text("id"))
	if !ok {
		return nil, errNotFound
	}
	return empty{}, a.Notify.Dismiss(q.Context(), q.who.Account, id)
}

// groupedNotifications is a page of groups, in which every account and every status is told once.
// groupSheet writes it.
type groupedNotifications struct {
	Accounts        []json.RawMessage
	PartialAccounts *[]partialAccount // nil: not asked for
	Statuses        []json.RawMessage
	Groups          []notificationGroup
}

// notificationGroup has what concerns a page only if it is of one.
type notificationGroup struct {
	GroupKey        string          `json:"group_key"`
	Count           int64           `json:"notifications_count"`
	Type            string          `json:"type"`
	MostRecentID    string          `json:"most_recent_notification_id"`
	PageMinID       *string         `json:"page_min_id,omitempty"`
	PageMaxID       *string         `json:"page_max_id,omitempty"`
	LatestAt        *string         `json:"latest_page_notification_at,omitempty"`
	SampleAccounts  []string        `json:"sample_account_ids"`
	StatusID        *string         `json:"status_id,omitempty"`
	Report          json.RawMessage `json:"report,omitempty"`
	SeveranceEvents json.RawMessage `json:"event,omitempty"`
	Warning         json.RawMessage `json:"moderation_warning,omitempty"`
}

// partialAccount is enough of somebody to show their picture.
type partialAccount struct {
	ID           string `json:"id"`
	Acct         string `json:"acct"`
	URL          string `json:"url"`
	Avatar       string `json:"avatar"`
	AvatarStatic string `json:"avatar_static"`
	Described    string `json:"avatar_description"`
	Locked       bool   `json:"locked"`
	Bot          bool   `json:"bot"`
}

type unread struct {
	Count int `json:"count"`
}

// notificationFilter reads which notifications are asked for. ok is false if nobody can have made
// them.
func (q *query) notificationFilter() (f storage.NotificationFilter, ok bool) {
	from, _ := ids.Parse(q.text("account_id"))
	f = storage.NotificationFilter{Types: q.list("types"), ExcludeTypes: q.list("exclude_types"), FromID: from,
		IncludeFiltered: q.flag("include_filtered", false)}
	return f, from != 0 || q.text("account_id") == ""
}

// groupedTypes are the types that a client can show in groups, nil if it does not say.
func (q *query) groupedTypes() []string {
	if list := q.list("grouped_types"); len(list) > 0 {
		return list
	}
	return nil
}

// groupNotifications lists what the viewer was told, in groups.
func (a *API) groupNotifications(q *query) (any, error) {
	page := q.page(notificationsDefault, storage.NotificationPageMax)
	filter, ok := q.notificationFilter()
	if !ok {
		return a.groupsOf(q, nil, true)
	}
	groups, err := a.Notify.Groups(q.Context(), q.who.Account, filter, q.groupedTypes(), page)
	if err != nil {
		return nil, err
	}
	if len(groups) > 0 {
		a.link(q, len(groups) >= page.Limit, groups[0].ID, groups[len(groups)-1].ID)
	}
	return a.groupsOf(q, groups, true)
}

// groupKey reads the key of a group from the path. Keys have no signs that are escaped.
func (q *query) groupKey() string { return chi.URLParam(q.Request, "group_key") }

func (a *API) getNotificationGroup(q *query) (any, error) {
	group, err := a.Notify.Group(q.Context(), q.who.Account, q.groupKey())
	if err != nil {
		return nil, err
	}
	return a.groupsOf(q, []storage.NotificationGroup{group}, false)
}

func (a *API) dismissNotificationGroup(q *query) (any, error) {
	return empty{}, a.Notify.DismissGroup(q.Context(), q.who.Account, q.groupKey())
}

// notificationGroupAccounts lists who is in a group.
func (a *API) notificationGroupAccounts(q *query) (any, error) {
	page := q.page(accountsDefault, accountsMax)
	entries, err := a.Notify.GroupAccounts(q.Context(), q.who.Account, q.groupKey(), page)
	if err != nil {
		return nil, err
	}
	return a.entryAccounts(q, entries, page)
}

// entryAccounts renders a page of accounts and tells where it goes on.
func (a *API) entryAccounts(q *query, entries []storage.Entry, page storage.Page) (any, error) {
	byID, err := a.Store.AccountsByIDs(q.Context(), storage.IDs(entries))
	if err != nil {
		return nil, err
	}
	list := make([]storage.Account, 0, len(entries))
	for _, e := range entries {
		if of, ok := byID[e.ID]; ok && !of.Hidden {
			list = append(list, of)
		}
	}
	if len(entries) > 0 {
		a.link(q, len(entries) >= page.Limit, entries[0].Key, entries[len(entries)-1].Key)
	}
	return a.accountsJSON(q.Context(), list)
}

// unreadNotifications counts what the viewer has not read.
func (a *API) unreadNotifications(q *query) (any, error) {
	filter, ok := q.notificationFilter()
	if !ok {
		return unread{}, nil
	}
	count, err := a.Notify.Unread(q.Context(), q.who.Account, filter, q.unreadLimit())
	return unread{count}, err
}

// unreadGroups counts groups with something that the viewer has not read.
func (a *API) unreadGroups(q *query) (any, error) {
	filter, ok := q.notificationFilter()
	if !ok {
		return unread{}, nil
	}
	count, err := a.Notify.UnreadGroups(q.Context(), q.who.Account, filter, q.groupedTypes(), q.unreadLimit())
	return unread{count}, err
}

func (q *query) unreadLimit() int {
	if limit := q.number("limit", notify.UnreadDefault); limit > 0 {
		return limit
	}
	return notify.UnreadDefault
}

// groupsOf renders groups with what they refer to.
func (a *API) groupsOf(q *query, groups []storage.NotificationGroup, ofPage bool) (*sheet, error) {
	ctx, partly := q.Context(), q.text("expand_accounts") == "partial_avatars"
	var told []storage.Notification
	var whole, others, about []int64
	for _, g := range groups {
		told = append(told, g.Notification)
		whole = append(whole, g.Latest[0])
		others = append(others, g.Latest[1:]...)
		if g.StatusID != 0 {
			about = append(about, g.StatusID)
		}
	}
	subjects, err := a.subjects(ctx, told)
	if err != nil {
		return nil, err
	}
	statuses, err := a.statusesByID(ctx, q.viewer(), distinct(about))
	if err != nil {
		return nil, err
	}
	answer := groupedNotifications{Groups: []notificationGroup{}}
	for _, id := range distinct(about) {
		if body := statuses[id]; body != nil {
			answer.Statuses = append(answer.Statuses, body)
		}
	}
	for _, g := range groups {
		if g.StatusID != 0 && statuses[g.StatusID] == nil {
			continue // it was deleted meanwhile
		}
		answer.Groups = append(answer.Groups, groupOf(g, subjects[g.Notification.ID], ofPage))
	}
	if err := a.addPeople(ctx, &answer, whole, others, partly); err != nil {
		return nil, err
	}
	return a.groupSheet(answer)
}

// groupSheet puts a page together without reading what is finished JSON again.
func (a *API) groupSheet(page groupedNotifications) (*sheet, error) {
	groups, err := marshal(page.Groups)
	if err != nil {
		return nil, err
	}
	to := a.sheets.Get().(*sheet)
	to.json = appendRaw(append(to.json[:0], `{"accounts":`...), page.Accounts)
	if page.PartialAccounts != nil {
		part, err := marshal(*page.PartialAccounts)
		if err != nil {
			return nil, err
		}
		to.json = append(append(to.json, `,"partial_accounts":`...), part...)
	}
	to.json = appendRaw(append(to.json, `,"statuses":`...), page.Statuses)
	to.json = append(append(to.json, `,"notification_groups":`...), groups...)
	to.json = append(to.json, '}')
	return to, nil
}

// appendRaw appends a list of finished JSON.
func appendRaw(to []byte, list []json.RawMessage) []byte {
	to = append(to, '[')
	for i, one := range list {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(to, one...)
	}
	return append(to, ']')
}

// addPeople adds the accounts of groups, those in others only with their pictures if that is asked
// for.
func (a *API) addPeople(ctx context.Context, answer *groupedNotifications, whole, others []int64, partly bool) error {
	whole = distinct(whole)
	others = slices.DeleteFunc(distinct(others), func(id int64) bool { return slices.Contains(whole, id) })
	if !partly {
		whole, others = append(whole, others...), nil
	}
	rendered, err := a.accountsByID(ctx, whole)
	if err != nil {
		return err
	}
	for _, id := range whole {
		if body := rendered[id]; body != nil {
			answer.Accounts = append(answer.Accounts, body)
		}
	}
	if !partly {
		return nil
	}
	byID, err := a.Store.AccountsByIDs(ctx, others)
	if err != nil {
		return err
	}
	answer.PartialAccounts = &[]partialAccount{}
	for _, id := range others {
		if of, ok := byID[id]; ok {
			full := a.account(of)
			*answer.PartialAccounts = append(*answer.PartialAccounts, partialAccount{ID: full.ID, Acct: full.Acct, URL: full.URL,
				Avatar: full.Avatar, AvatarStatic: full.AvatarStatic, Described: full.AvatarDescription, Locked: full.Locked, Bot: full.Bot})
		}
	}
	return nil
}

func groupOf(g storage.NotificationGroup, about subject, ofPage bool) notificationGroup {
	group := notificationGroup{
		GroupKey: notify.GroupKey(g), Count: g.Members, Type: g.Type, MostRecentID: ids.Format(g.ID),
		Report: about.report, SeveranceEvents: about.event, Warning: about.warning,
	}
	for _, id := range g.Latest {
		group.SampleAccounts = append(group.SampleAccounts, ids.Format(id))
	}
	if ofPage {
		oldest, newest := ids.Format(g.FirstID), ids.Format(g.ID)
		group.PageMinID, group.PageMaxID, group.LatestAt = &oldest, &newest, optionalInstant(g.CreatedAt)
	}
	if g.StatusID != 0 {
		group.StatusID = optionalText(ids.Format(g.StatusID))
	}
	return group
}

// subject is what a notification is about if that is no post, as JSON.
type subject struct{ report, event, warning json.RawMessage }

// subjects reads what notifications are about, by their ids.
func (a *API) subjects(ctx context.Context, told []storage.Notification) (map[int64]subject, error) {
	var reports, severances, acts []int64
	for _, n := range told {
		switch n.Type {
		case storage.NotifyReport:
			reports = append(reports, n.AboutID)
		case storage.NotifySevered:
			severances = append(severances, n.AboutID)
		case storage.NotifyWarned:
			acts = append(acts, n.AboutID)
		}
	}
	if len(reports)+len(severances)+len(acts) == 0 {
		return nil, nil
	}
	filed, err := a.reportsByID(ctx, reports)
	if err != nil {
		return nil, err
	}
	severed, err := a.Store.SeverancesByIDs(ctx, severances)
	if err != nil {
		return nil, err
	}
	warned, err := a.warnings(ctx, acts)
	if err != nil {
		return nil, err
	}
	found := make(map[int64]subject, len(told))
	for _, n := range told {
		switch n.Type {
		case storage.NotifyWarned:
			found[n.ID] = subject{warning: warned[n.AboutID]}
		case storage.NotifyReport:
			found[n.ID] = subject{report: filed[n.AboutID]}
		case storage.NotifySevered:
			body, err := marshal(severanceOf(severed[n.AboutID]))
			if err != nil {
				return nil, err
			}
			found[n.ID] = subject{event: body}
		}
	}
	return found, nil
}

// severance tells that a decision of the operator ended follows.
type severance struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Purged    bool   `json:"purged"`
	Target    string `json:"target_name"`
	Followers int64  `json:"followers_count"`
	Following int64  `json:"following_count"`
	CreatedAt string `json:"created_at"`
}

func severanceOf(s storage.Severance) severance {
	// Whom it was about is not kept, only how many.
	return severance{ID: ids.Format(s.ID), Type: s.Cause, Purged: true, Target: s.Target, Followers: s.Followers,
		Following: s.Following, CreatedAt: instant(s.CreatedAt)}
}
