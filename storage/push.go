package storage

import (
	"context"
	"slices"
	"strconv"
	"time"

	"tulou/protocol/fault"
)

// PushSubscription is where a program wants to be told of somebody's notifications, and of which.
// It belongs to a token and goes with it.
type PushSubscription struct {
	ID        int64
	TokenID   int64 `db:"token_id"`
	AccountID int64 `db:"account_id"`
	Endpoint  string
	P256dh    []byte // the program's public key, an uncompressed point of P-256
	Auth      []byte // 16 bytes that it shares with this node; sealed in the database
	Standard  bool   // it reads RFC 8291, not the draft before it
	Policy    string
	Alerts    Texts // types of notifications
	// AccessToken is the token itself, which is kept nowhere else: programs for several accounts find
	// out by it whom a message is for. It is sealed in the database.
	AccessToken  string `db:"access_token"`
	Failures     int    // in a row
	FailingSince Millis `db:"failing_since"`
	RetryAt      Millis `db:"retry_at"` // not to be asked before
	CreatedAt    Millis `db:"created_at"`
}

// From whom somebody wants to be told by push, by the names that clients know.
const (
	PushFromAll      = "all"
	PushFromFollowed = "followed" // whom they follow
	PushFromFollower = "follower" // who follows them
	PushFromNone     = "none"
)

const pushColumns = `id, token_id, account_id, endpoint, p256dh, auth, standard, policy, alerts, access_token, ` +
	`failures, failing_since, retry_at, created_at`

// PutPushSubscription keeps a subscription in place of any that the token or session has. The fault
// is Unauthenticated if that was ended: edges remember tokens for a moment longer, and what is kept
// for none would never end.
func (tx *Tx) PutPushSubscription(ctx context.Context, s PushSubscription) (PushSubscription, error) {
	s.ID, s.CreatedAt, s.Failures, s.FailingSince, s.RetryAt = tx.store.rowID(), Now(), 0, 0, 0
	var held []int64 // until it is written
	for _, query := range []string{`SELECT id FROM oauth_token WHERE id = ? {{for share}}`, `SELECT id FROM session WHERE id = ? {{for share}}`} {
		if len(held) > 0 {
			break
		}
		if err := tx.list(ctx, &held, query, s.TokenID); err != nil {
			return s, err
		}
	}
	if len(held) == 0 {
		return s, fault.New(fault.Unauthenticated, "The access token is invalid")
	}
	auth, err := tx.seal(ctx, string(s.Auth), pushPlace("auth", s.TokenID))
	if err != nil {
		return s, err
	}
	token, err := tx.seal(ctx, s.AccessToken, pushPlace("token", s.TokenID))
	if err != nil {
		return s, err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO push_subscription (`+pushColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?)
		ON CONFLICT (token_id) DO UPDATE SET id = excluded.id, endpoint = excluded.endpoint, p256dh = excluded.p256dh,
			auth = excluded.auth, standard = excluded.standard, policy = excluded.policy, alerts = excluded.alerts,
			access_token = excluded.access_token, failures = 0, failing_since = 0, retry_at = 0, created_at = excluded.created_at`,
		s.ID, s.TokenID, s.AccountID, s.Endpoint, s.P256dh, []byte(auth), s.Standard,
		s.Policy, s.Alerts, token, s.CreatedAt)
	return s, err
}

// pushPlace is where something of the subscription of a token is sealed: it opens nowhere else.
func pushPlace(what string, token int64) string {
	return "push_subscription " + what + " " + strconv.FormatInt(token, 10)
}

// OpenPush returns a subscription with what is sealed of it opened.
func (s *Store) OpenPush(p PushSubscription) (PushSubscription, error) {
	secrets := s.secrets.Load()
	token, err := secrets.open(p.AccessToken, pushPlace("token", p.TokenID))
	if err != nil {
		return p, err
	}
	auth, err := secrets.open(string(p.Auth), pushPlace("auth", p.TokenID))
	p.AccessToken, p.Auth = token, []byte(auth)
	return p, err
}

// PushSubscriptionOf returns the subscription of a token.
func (r Reader) PushSubscriptionOf(ctx context.Context, token int64) (s PushSubscription, err error) {
	err = r.get(ctx, &s, `SELECT `+pushColumns+` FROM push_subscription WHERE token_id = ?`, token)
	return s, err
}

// PushSubscription returns a subscription of somebody who may still sign in, as it is in the
// database (OpenPush); fault.NotFound for any other.
func (r Reader) PushSubscription(ctx context.Context, id int64) (s PushSubscription, err error) {
	err = r.get(ctx, &s, `
		SELECT `+prefixed("p", pushColumns)+` FROM push_subscription p
		JOIN login l ON l.account_id = p.account_id JOIN account a ON a.id = p.account_id
		WHERE p.id = ? AND NOT a.hidden AND (EXISTS (SELECT 1 FROM oauth_token t WHERE t.id = p.token_id)
			OR EXISTS (SELECT 1 FROM session s WHERE s.id = p.token_id AND s.expires_at > ?))`, id, Now())
	return s, err
}

// UpdatePushSubscription changes what the program of a token wants to be told; fault.NotFound if it
// has no subscription.
func (tx *Tx) UpdatePushSubscription(ctx context.Context, token int64, policy string, alerts Texts) error {
	return tx.mustExec(ctx, `UPDATE push_subscription SET policy = ?, alerts = ? WHERE token_id = ?`, policy, alerts, token)
}

// DeletePushSubscription removes the subscription of a token, if it has one.
func (tx *Tx) DeletePushSubscription(ctx context.Context, token int64) error {
	_, err := tx.exec(ctx, `DELETE FROM push_subscription WHERE token_id = ?`, token)
	return err
}

// DropPushSubscription removes one whose endpoint is gone, unless the program has made another.
func (tx *Tx) DropPushSubscription(ctx context.Context, id int64) error {
	_, err := tx.exec(ctx, `DELETE FROM push_subscription WHERE id = ?`, id)
	return err
}

// PushFailed notes that an endpoint did not take a message, and until when it is left alone.
func (tx *Tx) PushFailed(ctx context.Context, id int64, retry time.Time) error {
	_, err := tx.exec(ctx, `
		UPDATE push_subscription SET failures = failures + 1, retry_at = ?,
			failing_since = CASE WHEN failing_since = 0 THEN ? ELSE failing_since END WHERE id = ?`, At(retry), Now(), id)
	return err
}

// PushWorked notes that an endpoint that had failed took a message.
func (tx *Tx) PushWorked(ctx context.Context, id int64) error {
	_, err := tx.exec(ctx, `UPDATE push_subscription SET failures = 0, failing_since = 0, retry_at = 0 WHERE id = ?`, id)
	return err
}

// PushesOf returns the subscriptions that a notification is to be pushed to: none if the policy of
// its recipient holds it back.
func (r Reader) PushesOf(ctx context.Context, n Notification) ([]PushSubscription, error) {
	if n.Filtered {
		return nil, nil
	}
	var all []PushSubscription
	err := r.list(ctx, &all, `
		SELECT `+pushColumns+` FROM push_subscription WHERE account_id = ?1 AND CASE policy
			WHEN 'all' THEN TRUE
			WHEN 'followed' THEN EXISTS (SELECT 1 FROM follow WHERE account_id = ?1 AND target_id = ?2 AND accepted)
			WHEN 'follower' THEN EXISTS (SELECT 1 FROM follow WHERE account_id = ?2 AND target_id = ?1 AND accepted)
			ELSE FALSE END ORDER BY id`, n.AccountID, n.FromID)
	return slices.DeleteFunc(all, func(s PushSubscription) bool { return !slices.Contains(s.Alerts, n.Type) }), err
}

// StillTold tells whether a notification would be made now: nobody blocked or muted anybody since,
// and it was not held back.
func (r Reader) StillTold(ctx context.Context, n Notification) (bool, error) {
	if n.Filtered {
		return false, nil
	}
	return r.exists(ctx, `SELECT 1 FROM `+tellable("?3", "?4"), n.AccountID, n.FromID, n.StatusID, Now())
}
