package mastodon

import (
	"context"
	"encoding/json"
	"slices"

	"tulou/apps/notify"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/storage"
)

// pushSubscription is where a program wants to be told of notifications. ServerKey is the key of
// this node.
type pushSubscription struct {
	ID        string          `json:"id"`
	Endpoint  string          `json:"endpoint"`
	Standard  bool            `json:"standard"`
	Alerts    map[string]bool `json:"alerts"` // by type, all of them
	ServerKey string          `json:"server_key"`
	Policy    string          `json:"policy"`
}

// pushRoutes are about the subscription of the token that asks, so that nobody reaches that of
// anybody else (A095).
func (a *API) pushRoutes(r routes) {
	r.person(get, "/api/v1/push/subscription", a.getPush, "push")
	r.person(post, "/api/v1/push/subscription", a.subscribePush, "push")
	r.person(put, "/api/v1/push/subscription", a.updatePush, "push")
	r.person(remove, "/api/v1/push/subscription", a.deletePush, "push")
}

func (a *API) pushOf(s storage.PushSubscription, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	rendered := pushSubscription{ID: ids.Format(s.ID), Endpoint: s.Endpoint, Standard: s.Standard, Alerts: map[string]bool{},
		ServerKey: a.Push.PublicKey(), Policy: s.Policy}
	for _, kind := range storage.NotificationTypes() {
		rendered.Alerts[kind] = slices.Contains(s.Alerts, kind)
	}
	for _, kind := range storage.OwnNotificationTypes() {
		if slices.Contains(s.Alerts, kind) { // asked for by a token that may
			rendered.Alerts[kind] = true
		}
	}
	return rendered, nil
}

func (a *API) getPush(q *query) (any, error) {
	return a.pushOf(a.Push.Subscription(q.Context(), q.who.Token))
}

func (a *API) subscribePush(q *query) (any, error) {
	policy, alerts := q.alerts()
	return a.pushOf(a.Push.Subscribe(q.Context(), q.who.Token, notify.NewSubscription{
		Endpoint: q.text("subscription[endpoint]"), P256dh: q.text("subscription[keys][p256dh]"), Auth: q.text("subscription[keys][auth]"),
		Standard: q.flag("subscription[standard]", false), Policy: policy, Alerts: alerts, AccessToken: edge.Bearer(q.Request),
	}))
}

func (a *API) updatePush(q *query) (any, error) {
	policy, alerts := q.alerts()
	return a.pushOf(a.Push.Update(q.Context(), q.who.Token, policy, alerts))
}

func (a *API) deletePush(q *query) (any, error) {
	return empty{}, a.Push.Unsubscribe(q.Context(), q.who.Token)
}

// alerts returns of what a program wants to be told: what it does not name it does not want. Of the
// policy the documentation has two names.
func (q *query) alerts() (policy string, types []string) {
	known := storage.NotificationTypes()
	if q.who.May(edge.ScopeRead) {
		known = slices.Concat(known, storage.OwnNotificationTypes())
	}
	for _, kind := range known {
		if q.flag("data[alerts]["+kind+"]", false) {
			types = append(types, kind)
		}
	}
	if policy = q.text("data[policy]"); policy == "" {
		policy = q.text("policy")
	}
	return policy, types
}

// pushTitles are what is said of a notification, by type; %s is who did it.
var pushTitles = map[string]string{
	storage.NotifyMention: "push.mention", storage.NotifyStatus: "push.status", storage.NotifyBoost: "push.reblog",
	storage.NotifyFollow: "push.follow", storage.NotifyFollowRequest: "push.follow-request", storage.NotifyLike: "push.favourite",
	storage.NotifyPoll: "push.poll", storage.NotifyUpdate: "push.update", storage.NotifyQuote: "push.quote", storage.NotifyQuotedUpdate: "push.quoted-update", storage.NotifySignUp: "push.sign-up",
	storage.NotifyReport: "push.report", storage.NotifySevered: "push.severed", storage.NotifyWarned: "push.warned",
	storage.NotifyFriendRequest: "push.friend-request", storage.NotifyFriend: "push.friend",
	storage.NotifyMomentLike: "push.moment-like", storage.NotifyMomentComment: "push.moment-comment",
}

// WritePush says what a notification is about in the language of its recipient; fault.NotFound if
// it is gone, or a filter of theirs hides it.
func (a *API) WritePush(ctx context.Context, n storage.Notification) (note notify.PushNote, err error) {
	login, err := a.Store.LoginByAccount(ctx, n.AccountID)
	if err != nil {
		return note, err
	}
	from, err := a.Store.AccountByID(ctx, n.FromID)
	if err != nil {
		return note, err
	}
	words := edge.WordsFor(login.Locale)
	shown := a.account(from)
	note = notify.PushNote{Locale: words.Lang(), Icon: shown.AvatarStatic}
	switch {
	case n.Type == storage.NotifySevered || n.Type == storage.NotifyWarned: // by nobody
		note.Title = words.T(pushTitles[n.Type])
		return note, nil
	case n.StatusID != 0:
		note.Body, err = a.pushBody(ctx, n)
	case n.Type == storage.NotifyFriendRequest:
		var asking storage.Friend
		asking, err = a.Store.FriendOf(ctx, n.AccountID, n.FromID)
		note.Body = asking.Greeting
	case n.Type == storage.NotifyMomentLike || n.Type == storage.NotifyMomentComment: // what friends say is read in the program
	case n.Type != storage.NotifyReport:
		note.Body = markup.PlainText(from.Bio)
	}
	note.Title = words.T(pushTitles[n.Type], plainName(from))
	return note, err
}

// plainName is what somebody is called, or their name if they have said nothing.
func plainName(of storage.Account) string {
	if of.DisplayName != "" {
		return of.DisplayName
	}
	return of.Name
}

// pushBody is what a status says, or what its content warning or the recipient's filter says in its
// place.
func (a *API) pushBody(ctx context.Context, n storage.Notification) (string, error) {
	s, err := a.Store.StatusByID(ctx, n.StatusID)
	if err == nil && s.BoostOfID != 0 {
		s, err = a.Store.StatusByID(ctx, s.BoostOfID)
	}
	if err != nil {
		return "", err
	}
	stamps, known, err := a.stamps(ctx, []storage.Status{s})
	if err != nil {
		return "", err
	}
	said, err := a.filtered(ctx, n.AccountID, stamps, known)
	if err != nil {
		return "", err
	}
	warning, err := warningOf(said[s.ID])
	if err != nil || warning != "" {
		return warning, err
	}
	if s.Spoiler != "" {
		return s.Spoiler, nil
	}
	return markup.PlainText(s.Content), nil
}

// warningOf reads what filters say about a status: "" if nothing that concerns notifications,
// fault.NotFound if one hides it.
func warningOf(results []byte) (warning string, err error) {
	if results == nil {
		return "", nil
	}
	var matches []struct{ Filter filterHead }
	if err := json.Unmarshal(results, &matches); err != nil {
		return "", err
	}
	for _, m := range matches {
		switch {
		case !slices.Contains(m.Filter.Context, "notifications"):
		case m.Filter.Action == storage.FilterHide:
			return "", fault.New(fault.NotFound, "not found")
		case m.Filter.Action == storage.FilterWarn:
			warning = m.Filter.Title
		}
	}
	return warning, nil
}
