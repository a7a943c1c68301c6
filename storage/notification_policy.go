package storage

import (
	"context"
	"slices"
	"time"

	"tulou/protocol/fault"
)

// What a policy does with a notification.
const (
	PolicyAccept = "accept"
	PolicyFilter = "filter" // keep it out of the way; who is mentioned finds a request instead
	PolicyDrop   = "drop"   // as if nothing had happened
)

// NotificationPolicy is what somebody wants to be told by whom.
type NotificationPolicy struct {
	AccountID       int64  `db:"account_id"`
	NotFollowing    string `db:"not_following"` // by people whom they do not follow
	NotFollowers    string `db:"not_followers"` // by people who have not followed them for three days
	NewAccounts     string `db:"new_accounts"`  // by people who began less than 30 days ago
	PrivateMentions string `db:"private_mentions"`
	LimitedAccounts string `db:"limited_accounts"` // by limited people whom they do not follow
}

// Since when somebody counts as a follower, and as no newcomer; the figures are Mastodon's.
const (
	followerAfter = 3 * 24 * time.Hour
	newcomerFor   = 30 * 24 * time.Hour
)

const policyColumns = `account_id, not_following, not_followers, new_accounts, private_mentions, limited_accounts`

// Policy returns the policy of an account; who never set one is told everything.
func (r Reader) Policy(ctx context.Context, account int64) (p NotificationPolicy, err error) {
	err = r.get(ctx, &p, `SELECT `+policyColumns+` FROM notification_policy WHERE account_id = ?`, account)
	if fault.Is(err, fault.NotFound) {
		return NotificationPolicy{account, PolicyAccept, PolicyAccept, PolicyAccept, PolicyAccept, PolicyFilter}, nil
	}
	return p, err
}

// PutPolicy replaces the policy of an account.
func (tx *Tx) PutPolicy(ctx context.Context, p NotificationPolicy) error {
	_, err := tx.exec(ctx, `
		INSERT INTO notification_policy (`+policyColumns+`) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (account_id) DO UPDATE SET not_following = excluded.not_following, not_followers = excluded.not_followers,
			new_accounts = excluded.new_accounts, private_mentions = excluded.private_mentions,
			limited_accounts = excluded.limited_accounts`,
		p.AccountID, p.NotFollowing, p.NotFollowers, p.NewAccounts, p.PrivateMentions, p.LimitedAccounts)
	return err
}

// filterableTypes are what a policy is about: what others do to get somebody's attention.
func filterableTypes() []string {
	return []string{NotifyMention, NotifyStatus, NotifyBoost, NotifyFollow, NotifyFollowRequest, NotifyLike, NotifyQuote}
}

// verdict is what the recipient's policy does with a notification.
func (tx *Tx) verdict(ctx context.Context, n Notification) (string, error) {
	if !slices.Contains(filterableTypes(), n.Type) {
		return PolicyAccept, nil
	}
	var p NotificationPolicy
	err := tx.get(ctx, &p, `SELECT `+policyColumns+` FROM notification_policy WHERE account_id = ?`, n.AccountID)
	if fault.Is(err, fault.NotFound) {
		p, err = NotificationPolicy{n.AccountID, PolicyAccept, PolicyAccept, PolicyAccept, PolicyAccept, PolicyFilter}, nil
		if limited, failed := tx.exists(ctx, `SELECT 1 FROM account WHERE id = ? AND limited`, n.FromID); failed != nil || !limited {
			return PolicyAccept, failed
		}
	}
	if err != nil {
		return "", err
	}
	var facts struct {
		Permitted bool
		Following bool
		Follower  bool
		Newcomer  bool
		Private   bool
		Limited   bool
	}
	now := time.Now()
	// A private mention is no surprise in a thread in which the recipient mentioned the sender.
	err = tx.get(ctx, &facts, `
		SELECT EXISTS (SELECT 1 FROM notification_permission WHERE account_id = ?1 AND from_id = ?2) AS permitted,
			EXISTS (SELECT 1 FROM follow WHERE account_id = ?1 AND target_id = ?2 AND accepted) AS following,
			EXISTS (SELECT 1 FROM follow WHERE account_id = ?2 AND target_id = ?1 AND accepted AND created_at <= ?4) AS follower,
			EXISTS (SELECT 1 FROM account WHERE id = ?2 AND created_at > ?5) AS newcomer,
			EXISTS (SELECT 1 FROM account WHERE id = ?2 AND limited) AS limited,
			EXISTS (SELECT 1 FROM status s WHERE s.id = ?3 AND s.visibility = 'direct' AND NOT EXISTS (
				SELECT 1 FROM status mine JOIN mention m ON m.status_id = mine.id AND m.account_id = ?2
				WHERE mine.thread_id = s.thread_id AND mine.thread_id <> 0 AND mine.account_id = ?1 AND mine.id <> s.id)) AS private`,
		n.AccountID, n.FromID, n.StatusID, At(now.Add(-followerAfter)), At(now.Add(-newcomerFor)))
	if err != nil || facts.Permitted {
		return PolicyAccept, err
	}
	verdict := PolicyAccept
	apply := func(holds bool, action string) {
		if holds && (action == PolicyDrop || verdict == PolicyAccept) {
			verdict = action
		}
	}
	apply(!facts.Following, p.NotFollowing)
	apply(!facts.Follower, p.NotFollowers)
	apply(facts.Newcomer && !facts.Following, p.NewAccounts)
	apply(facts.Limited && !facts.Following, p.LimitedAccounts)
	apply(facts.Private && !facts.Following && n.Type == NotifyMention, p.PrivateMentions)
	return verdict, nil
}

// NotificationRequest says that somebody was mentioned by FromID and was not told.
type NotificationRequest struct {
	ID           int64
	FromID       int64  `db:"from_id"`
	LastStatusID int64  `db:"last_status_id"`
	Count        int64  // of all that is held back of FromID
	CreatedAt    Millis `db:"created_at"`
	UpdatedAt    Millis `db:"updated_at"`
}

func (tx *Tx) putRequest(ctx context.Context, n Notification) error {
	_, err := tx.exec(ctx, `
		INSERT INTO notification_request (id, account_id, from_id, last_status_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (account_id, from_id) DO UPDATE SET last_status_id = excluded.last_status_id, updated_at = excluded.updated_at`,
		tx.store.rowID(), n.AccountID, n.FromID, n.StatusID, n.CreatedAt, n.CreatedAt)
	return err
}

const requestsFrom = `
	SELECT r.id, r.from_id, r.last_status_id, r.created_at, r.updated_at,
		(SELECT COUNT(*) FROM notification n WHERE n.account_id = r.account_id AND n.from_id = r.from_id AND n.filtered) AS count
	FROM notification_request r JOIN account x ON x.id = r.from_id WHERE r.account_id = ?1 AND NOT x.hidden`

// NotificationRequests returns a page of requests of an account.
func (r Reader) NotificationRequests(ctx context.Context, account int64, p Page) ([]NotificationRequest, error) {
	return paged[NotificationRequest](ctx, r, p, AccountPageMax, "r.id", requestsFrom, account)
}

// NotificationRequestByID returns one request of an account; fault.NotFound for those of others.
func (r Reader) NotificationRequestByID(ctx context.Context, account, id int64) (found NotificationRequest, err error) {
	err = r.get(ctx, &found, requestsFrom+` AND r.id = ?2`, account, id)
	return found, err
}

// RequestsPendingMax is the most that CountRequests counts.
const RequestsPendingMax = 100

// CountRequests counts the requests of an account, to at most RequestsPendingMax, and what is held
// back of those people.
func (r Reader) CountRequests(ctx context.Context, account int64) (requests, notifications int64, err error) {
	var counted struct{ Requests, Notifications int64 }
	err = r.get(ctx, &counted, `
		SELECT COUNT(*) AS requests, CAST(COALESCE(SUM((
			SELECT COUNT(*) FROM notification n WHERE n.account_id = ?1 AND n.from_id = pending.from_id AND n.filtered)), 0) AS BIGINT) AS notifications
		FROM (SELECT r.from_id FROM notification_request r JOIN account x ON x.id = r.from_id
			WHERE r.account_id = ?1 AND NOT x.hidden ORDER BY r.id DESC LIMIT ?2) pending`, account, RequestsPendingMax)
	return counted.Requests, counted.Notifications, err
}

// AcceptNotificationRequest shows what was held back of a person, and everything of theirs from now
// on; fault.NotFound if there is no such request.
func (tx *Tx) AcceptNotificationRequest(ctx context.Context, account, id int64) error {
	from, err := tx.takeRequest(ctx, account, id)
	if err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `
		INSERT INTO notification_permission (account_id, from_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, account, from); err != nil {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE notification SET filtered = FALSE WHERE account_id = ? AND from_id = ? AND filtered`, account, from)
	tx.happened(Happening{Kind: HappenedMerge, Accounts: []int64{account}})
	return err
}

// DismissNotificationRequest removes a request and what was held back; fault.NotFound if there is
// no such request.
func (tx *Tx) DismissNotificationRequest(ctx context.Context, account, id int64) error {
	from, err := tx.takeRequest(ctx, account, id)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `DELETE FROM notification WHERE account_id = ? AND from_id = ? AND filtered`, account, from)
	return err
}

func (tx *Tx) takeRequest(ctx context.Context, account, id int64) (from int64, err error) {
	err = tx.get(ctx, &from, `DELETE FROM notification_request WHERE id = ? AND account_id = ? RETURNING from_id`, id, account)
	return from, err
}

func (tx *Tx) deleteRequest(ctx context.Context, account, from int64) error {
	_, err := tx.exec(ctx, `DELETE FROM notification_request WHERE account_id = ? AND from_id = ?`, account, from)
	return err
}

// Moderators returns the people of this node who are told of reports and sign-ups.
func (r Reader) Moderators(ctx context.Context) (accounts []int64, err error) {
	err = r.list(ctx, &accounts, `
		SELECT l.account_id FROM login l JOIN account a ON a.id = l.account_id
		WHERE l.role IN ('moderator', 'admin', 'owner') AND NOT a.hidden AND l.disabled_at = 0 ORDER BY l.account_id`)
	return accounts, err
}
