package storage

import (
	"context"
	"slices"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// Notification tells somebody of this node what FromID did.
type Notification struct {
	ID        int64
	AccountID int64 `db:"account_id"`
	Type      string
	FromID    int64  `db:"from_id"`
	StatusID  int64  `db:"status_id"` // 0 for those about no post
	AboutID   int64  `db:"about_id"`  // a Report, a Severance or an Act, 0 for others
	GroupKey  string `db:"group_key"` // "" if it stands alone
	Filtered  bool   // held back by the recipient's policy
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
	NotifyUpdate        = "update"                // a status that the recipient boosted was edited
	NotifyQuote         = "quote"                 // StatusID is the post that quotes one of the recipient's
	NotifyQuotedUpdate  = "quoted_update"         // a status was edited that StatusID, the recipient's, quotes
	NotifySignUp        = "admin.sign_up"         // somebody made an account; moderators are told
	NotifyReport        = "admin.report"          // AboutID is a Report; moderators are told
	NotifySevered       = "severed_relationships" // AboutID is a Severance; FromID is the recipient
	NotifyWarned        = "moderation_warning"    // AboutID is an Act; FromID is the recipient
)

// The types that Mastodon's programs do not know and are never shown; this software's own API is.
const (
	NotifyFriendRequest = "tulou.friend_request"
	NotifyFriend        = "tulou.friend"      // FromID is a friend from now on
	NotifyMomentLike    = "tulou.moment_like" // kept as a MomentNotice, in no list of notifications
	NotifyMomentComment = "tulou.moment_comment"
)

// OwnNotificationTypes are those of this software's own API.
func OwnNotificationTypes() []string {
	return []string{NotifyFriendRequest, NotifyFriend, NotifyMomentLike, NotifyMomentComment}
}

// NotificationTypes are all that Mastodon's programs know.
func NotificationTypes() []string {
	return []string{NotifyMention, NotifyStatus, NotifyBoost, NotifyFollow, NotifyFollowRequest, NotifyLike,
		NotifyPoll, NotifyUpdate, NotifyQuote, NotifyQuotedUpdate, NotifySignUp, NotifyReport, NotifySevered, NotifyWarned}
}

const notificationColumns = `id, account_id, type, from_id, status_id, about_id, group_key, filtered, created_at`

// CreateNotification tells a person of this node something, once. It does nothing for people of
// other servers, about oneself (but for the end of one's own poll, and what befell one), and if
// either blocks the other, the recipient mutes the sender's notifications or host, or the
// recipient's policy drops it. It returns the notification as stored, created false if there is
// none.
func (tx *Tx) CreateNotification(ctx context.Context, n Notification) (_ Notification, created bool, err error) {
	if n.AccountID == n.FromID && n.Type != NotifyPoll && n.Type != NotifySevered && n.Type != NotifyWarned {
		return n, false, nil
	}
	verdict, err := tx.verdict(ctx, n)
	if err != nil || verdict == PolicyDrop {
		return n, false, err
	}
	n.ID, n.CreatedAt, n.Filtered = tx.store.rowID(), Now(), verdict == PolicyFilter
	group := groupState{}
	if n.GroupKey = ""; !n.Filtered {
		if group, err = tx.groupFor(ctx, n); err != nil {
			return n, false, err
		}
		n.GroupKey = group.Key
	}
	after := group.with(n)
	rows, err := tx.exec(ctx, `
		INSERT INTO notification (`+notificationColumns+`, members, first_id, latest)
		SELECT CAST(?3 AS BIGINT), l.account_id, CAST(?4 AS TEXT), f.id, CAST(?5 AS BIGINT), CAST(?7 AS BIGINT),
			CAST(?8 AS TEXT), CAST(?9 AS BOOLEAN), CAST(?6 AS BIGINT), CAST(?10 AS BIGINT), CAST(?11 AS BIGINT), CAST(?12 AS TEXT)
		FROM `+tellable("?5", "?6")+`
		ON CONFLICT (account_id, type, from_id, status_id, about_id) DO NOTHING`,
		n.AccountID, n.FromID, n.ID, n.Type, n.StatusID, n.CreatedAt, n.AboutID, n.GroupKey, n.Filtered,
		after.Members, after.FirstID, after.Latest)
	if err != nil || rows == 0 {
		return n, false, err
	}
	if group.ID != 0 {
		_, err = tx.exec(ctx, `UPDATE notification SET newest = FALSE WHERE id = ?`, group.ID)
	}
	switch {
	case err != nil:
	case !n.Filtered:
		kind := HappenedNotification
		if slices.Contains(OwnNotificationTypes(), n.Type) {
			kind = HappenedFriend
		}
		tx.happened(Happening{Kind: kind, ID: n.ID, Accounts: []int64{n.AccountID}})
	case n.Type == NotifyMention:
		err = tx.putRequest(ctx, n)
	}
	return n, err == nil, err
}

// tellable is whom a notification concerns: person ?1 of this node, l, to be told of account ?2, f,
// and a status. Neither blocks the other, and ?1 mutes neither them, their host nor the thread.
func tellable(status, now string) string {
	return `login l CROSS JOIN account f
		WHERE l.account_id = ?1 AND f.id = ?2 AND NOT f.hidden AND ` + unblocked("f.id") + `
			AND NOT EXISTS (SELECT 1 FROM mute m WHERE m.account_id = ?1 AND m.target_id = f.id AND m.notifications
				AND (m.expires_at = 0 OR m.expires_at > ` + now + `))
			AND NOT EXISTS (SELECT 1 FROM domain_mute d WHERE d.account_id = ?1 AND d.host = f.host)
			AND ` + unmutedThread(status)
}

// NotificationFilter narrows a page. Types empty means all; FromID 0 means everybody. Those that
// the policy holds back are left out, but of one person they are shown, since who asks for them
// looks at a request.
type NotificationFilter struct {
	Types           []string
	ExcludeTypes    []string
	FromID          int64
	IncludeFiltered bool
	Own             bool // those of this software's own API, instead of Mastodon's
}

// types is which ones the filter lets through.
func (f NotificationFilter) types() []string {
	known := NotificationTypes()
	if f.Own {
		known = OwnNotificationTypes()
	}
	return slices.DeleteFunc(known, func(t string) bool {
		return len(f.Types) > 0 && !slices.Contains(f.Types, t) || slices.Contains(f.ExcludeTypes, t)
	})
}

// condition is the filter but for its types, as a condition on n. The person is argument ?2.
func (f NotificationFilter) condition() string {
	switch {
	case f.FromID != 0:
		return ` AND n.from_id = CAST(?2 AS BIGINT)`
	case f.IncludeFiltered:
		return ` AND CAST(?2 AS BIGINT) = 0`
	}
	return ` AND NOT n.filtered AND CAST(?2 AS BIGINT) = 0`
}

// NotificationPageMax is the longest page of notifications and of groups.
const NotificationPageMax = 80

// Notifications returns a page of what an account was told, leaving out hidden people and statuses
// that it may not see any more.
func (r Reader) Notifications(ctx context.Context, account int64, f NotificationFilter, p Page) ([]Notification, error) {
	query, args := in(notificationsFrom+f.condition()+` AND NOT x.hidden AND n.type IN (?)`, f.types())
	return paged[Notification](ctx, r, p, NotificationPageMax, "n.id", query, append([]any{account, f.FromID}, args...)...)
}

// notificationsFrom is every query's beginning: of what account ?1 was told, leaving out statuses
// that it may not see any more. x is who did it.
var notificationsFrom = `SELECT ` + prefixed("n", notificationColumns) + ` FROM ` + notificationTables

var notificationTables = `notification n JOIN account x ON x.id = n.from_id
	LEFT JOIN status s ON s.id = n.status_id LEFT JOIN account a ON a.id = s.account_id
	LEFT JOIN status o ON o.id = s.boost_of_id LEFT JOIN account oa ON oa.id = o.account_id
	WHERE n.account_id = ?1 AND (n.status_id = 0 OR ` + visible + `)`

// NotificationByID returns one notification of an account, under the same rules.
func (r Reader) NotificationByID(ctx context.Context, account, id int64) (n Notification, err error) {
	err = r.get(ctx, &n, notificationsFrom+` AND NOT x.hidden AND n.id = ?2`, account, id)
	return n, err
}

// CountNotifications counts those that an account has not read, to at most limit.
func (r Reader) CountNotifications(ctx context.Context, account int64, f NotificationFilter, limit int) (count int, err error) {
	read, err := r.readTo(ctx, account)
	if err != nil {
		return 0, err
	}
	query, args := in(`SELECT COUNT(*) FROM (SELECT n.id FROM `+notificationTables+f.condition()+`
		AND NOT x.hidden AND n.type IN (?) AND n.id > ? LIMIT ?) counted`, f.types())
	err = r.get(ctx, &count, query, slices.Concat([]any{account, f.FromID}, args, []any{read, limit})...)
	return count, err
}

// readTo is the last notification that an account has read.
func (r Reader) readTo(ctx context.Context, account int64) (id int64, err error) {
	var text string
	err = r.get(ctx, &text, `SELECT last_read_id FROM marker WHERE account_id = ? AND timeline = 'notifications'`, account)
	if fault.Is(err, fault.NotFound) {
		return 0, nil
	}
	id, _ = ids.Parse(text) // clients may keep what is no id
	return id, err
}

// ClearNotifications removes all notifications of an account.
func (tx *Tx) ClearNotifications(ctx context.Context, account int64) error {
	return tx.execAll(ctx, []string{
		`DELETE FROM notification WHERE account_id = ?`, `DELETE FROM notification_request WHERE account_id = ?`,
	}, account)
}

// DismissNotification removes one notification of an account; fault.NotFound if there is none.
func (tx *Tx) DismissNotification(ctx context.Context, account, id int64) error {
	gone, err := tx.dropNotifications(ctx, `id = ? AND account_id = ?`, id, account)
	if err == nil && gone == 0 {
		return fault.New(fault.NotFound, "not found")
	}
	return err
}

// DeleteNotification removes what CreateNotification made, when the like or follow was taken back.
func (tx *Tx) DeleteNotification(ctx context.Context, n Notification) error {
	if n.Type == "" {
		return fault.New(fault.Invalid, "a notification has a type")
	}
	_, err := tx.dropNotifications(ctx, `account_id = ? AND type = ? AND from_id = ? AND status_id = ? AND about_id = ?`,
		n.AccountID, n.Type, n.FromID, n.StatusID, n.AboutID)
	return err
}

// dropNotifications removes those that a condition names, and returns how many. What is told of
// their groups is worked out anew.
func (tx *Tx) dropNotifications(ctx context.Context, condition string, args ...any) (int, error) {
	type place struct {
		AccountID int64  `db:"account_id"`
		GroupKey  string `db:"group_key"`
	}
	var gone []place
	if err := tx.list(ctx, &gone, `DELETE FROM notification WHERE `+condition+` RETURNING account_id, group_key`, args...); err != nil {
		return 0, err
	}
	done := map[place]bool{}
	for _, group := range gone {
		if group.GroupKey == "" || done[group] {
			continue
		}
		done[group] = true
		if err := tx.regroup(ctx, group.AccountID, group.GroupKey); err != nil {
			return 0, err
		}
	}
	return len(gone), nil
}

// forgetPair removes what one of two people was told about the other.
func (tx *Tx) forgetPair(ctx context.Context, account, from int64) error {
	if _, err := tx.dropNotifications(ctx, `account_id = ? AND from_id = ?`, account, from); err != nil {
		return err
	}
	return tx.deleteRequest(ctx, account, from)
}

// forgetPerson removes what a person was told, what others were told of them, what both decided
// about that, and what they wrote for later, complained about or reacted to.
func (tx *Tx) forgetPerson(ctx context.Context, account int64) error {
	if _, err := tx.dropNotifications(ctx, `from_id = ?`, account); err != nil {
		return err
	}
	if err := tx.execAll(ctx, []string{
		`DELETE FROM notification WHERE account_id = ?`,
		`DELETE FROM notification_request WHERE account_id = ?`,
		`DELETE FROM notification_request WHERE from_id = ?`,
		`DELETE FROM notification_permission WHERE account_id = ?`,
		`DELETE FROM notification_permission WHERE from_id = ?`,
		`DELETE FROM notification_policy WHERE account_id = ?`,
		`DELETE FROM severance WHERE account_id = ?`,
		`DELETE FROM scheduled_status WHERE account_id = ?`,
		`DELETE FROM report WHERE account_id = ?`,
		`DELETE FROM announcement_read WHERE account_id = ?`,
		`DELETE FROM announcement_reaction WHERE account_id = ?`,
		`DELETE FROM suggestion_dismissed WHERE account_id = ?`,
		`DELETE FROM suggestion_dismissed WHERE target_id = ?`,
	}, account); err != nil {
		return err
	}
	// What others said of them is for moderators to read, and done.
	_, err := tx.exec(ctx, `
		UPDATE report SET resolved_at = ?, resolution = 'The account was deleted.' WHERE target_id = ? AND resolved_at = 0`, Now(), account)
	return err
}
