package storage

import (
	"context"
	"slices"

	"tulou/protocol/fault"
)

// Notification tells somebody of this node what FromID did.
type Notification struct {
	ID        int64
	AccountID int64 `db:"account_id"`
	Type      string
	FromID    int64  `db:"from_id"`
	StatusID  int64  `db:"status_id"` // 0 for those about follows
	CreatedAt Millis `db:"created_at"`
}

// The types of notifications, by the names that clients know.
const (
	NotifyMention       = "mention"
	NotifyStatus        = "status" // somebody with Follow.Notify posted
	NotifyBoost         = "reblog"
	NotifyFollow        = "follow"
	NotifyFollowRequest = "follow_request"
	NotifyLike          = "favourite"
	NotifyPoll          = "poll"
	NotifyUpdate        = "update" // a status that the recipient boosted was edited
)

// NotificationTypes are all of them.
func NotificationTypes() []string {
	return []string{NotifyMention, NotifyStatus, NotifyBoost, NotifyFollow, NotifyFollowRequest, NotifyLike,
		NotifyPoll, NotifyUpdate}
}

const notificationColumns = `id, account_id, type, from_id, status_id, created_at`

// CreateNotification tells a person of this node something, once. It does nothing for people of
// other servers, about oneself (but for the end of one's own poll), and if either blocks the other
// or the recipient mutes the sender's notifications or host. It returns the notification as stored,
// created false if there is none.
func (tx *Tx) CreateNotification(ctx context.Context, n Notification) (_ Notification, created bool, err error) {
	if n.AccountID == n.FromID && n.Type != NotifyPoll {
		return n, false, nil
	}
	n.ID, n.CreatedAt = tx.store.rowID(), Now()
	rows, err := tx.exec(ctx, `
		INSERT INTO notification (`+notificationColumns+`)
		SELECT CAST(?3 AS BIGINT), l.account_id, CAST(?4 AS TEXT), f.id, CAST(?5 AS BIGINT), CAST(?6 AS BIGINT)
		FROM login l CROSS JOIN account f
		WHERE l.account_id = ?1 AND f.id = ?2 AND NOT f.hidden AND `+unblocked("f.id")+`
			AND NOT EXISTS (SELECT 1 FROM mute m WHERE m.account_id = ?1 AND m.target_id = f.id AND m.notifications
				AND (m.expires_at = 0 OR m.expires_at > ?6))
			AND NOT EXISTS (SELECT 1 FROM domain_mute d WHERE d.account_id = ?1 AND d.host = f.host)
		ON CONFLICT (account_id, type, from_id, status_id, about_id) DO NOTHING`,
		n.AccountID, n.FromID, n.ID, n.Type, n.StatusID, n.CreatedAt)
	return n, rows == 1, err
}

// NotificationFilter narrows a page. Types empty means all; FromID 0 means everybody.
type NotificationFilter struct {
	Types        []string
	ExcludeTypes []string
	FromID       int64
}

// Notifications returns a page of what an account was told, leaving out hidden people and statuses
// that it may not see any more.
func (r Reader) Notifications(ctx context.Context, account int64, f NotificationFilter, p Page) ([]Notification, error) {
	var types []string
	for _, t := range NotificationTypes() {
		if (len(f.Types) == 0 || slices.Contains(f.Types, t)) && !slices.Contains(f.ExcludeTypes, t) {
			types = append(types, t)
		}
	}
	query, args := in(notificationsFrom+` AND (CAST(?2 AS BIGINT) = 0 OR n.from_id = ?2) AND n.type IN (?)`, types)
	return paged[Notification](ctx, r, p, StatusPageMax, "n.id", query, append([]any{account, f.FromID}, args...)...)
}

var notificationsFrom = `
	SELECT ` + prefixed("n", notificationColumns) + ` FROM notification n JOIN account x ON x.id = n.from_id
	LEFT JOIN status s ON s.id = n.status_id LEFT JOIN account a ON a.id = s.account_id
	LEFT JOIN status o ON o.id = s.boost_of_id LEFT JOIN account oa ON oa.id = o.account_id
	WHERE n.account_id = ?1 AND NOT x.hidden AND (n.status_id = 0 OR ` + visible + `)`

// NotificationByID returns one notification of an account, under the same rules.
func (r Reader) NotificationByID(ctx context.Context, account, id int64) (n Notification, err error) {
	err = r.get(ctx, &n, notificationsFrom+` AND n.id = ?2`, account, id)
	return n, err
}

// ClearNotifications removes all notifications of an account.
func (tx *Tx) ClearNotifications(ctx context.Context, account int64) error {
	_, err := tx.exec(ctx, `DELETE FROM notification WHERE account_id = ?`, account)
	return err
}

// DismissNotification removes one notification of an account; fault.NotFound if there is none.
func (tx *Tx) DismissNotification(ctx context.Context, account, id int64) error {
	return tx.mustExec(ctx, `DELETE FROM notification WHERE id = ? AND account_id = ?`, id, account)
}

// DeleteNotification removes what CreateNotification made, when the like or follow was taken back.
func (tx *Tx) DeleteNotification(ctx context.Context, n Notification) error {
	if n.Type == "" {
		return fault.New(fault.Invalid, "a notification has a type")
	}
	_, err := tx.exec(ctx, `DELETE FROM notification WHERE account_id = ? AND type = ? AND from_id = ? AND status_id = ?`,
		n.AccountID, n.Type, n.FromID, n.StatusID)
	return err
}
