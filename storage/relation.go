package storage

import (
	"context"
	"time"

	"tulou/protocol/fault"
)

// Relationship is what a viewer and somebody else are to each other.
type Relationship struct {
	TargetID            int64 `db:"target_id"`
	Following           bool
	Requested           bool // the viewer asked to follow
	FollowedBy          bool `db:"followed_by"`
	RequestedBy         bool `db:"requested_by"` // asks to follow the viewer
	ShowingBoosts       bool `db:"showing_boosts"`
	Notifying           bool
	Blocking            bool
	BlockedBy           bool   `db:"blocked_by"`
	Muting              bool   // and the mute is not over
	MutingNotifications bool   `db:"muting_notifications"`
	MuteExpiresAt       Millis `db:"mute_expires_at"` // 0: for ever, or not muted
	DomainBlocking      bool   `db:"domain_blocking"`
	Endorsed            bool   // the viewer recommends them
	Note                string // what the viewer notes about them
}

// Relationships returns what viewer is to each of the targets that exist.
func (r Reader) Relationships(ctx context.Context, viewer int64, targets []int64) (map[int64]Relationship, error) {
	rows, err := listIn[Relationship](ctx, r, `
		SELECT a.id AS target_id,
			COALESCE(f.accepted, FALSE) AS following, COALESCE(NOT f.accepted, FALSE) AS requested,
			COALESCE(g.accepted, FALSE) AS followed_by, COALESCE(NOT g.accepted, FALSE) AS requested_by,
			COALESCE(f.boosts, FALSE) AS showing_boosts, COALESCE(f.notify, FALSE) AS notifying,
			b.id IS NOT NULL AS blocking, c.id IS NOT NULL AS blocked_by,
			m.id IS NOT NULL AS muting, COALESCE(m.notifications, FALSE) AS muting_notifications,
			COALESCE(m.expires_at, 0) AS mute_expires_at, d.id IS NOT NULL AS domain_blocking,
			e.id IS NOT NULL AS endorsed, COALESCE(n.text, '') AS note
		FROM account a
		LEFT JOIN follow f ON f.account_id = ?1 AND f.target_id = a.id
		LEFT JOIN follow g ON g.account_id = a.id AND g.target_id = ?1
		LEFT JOIN block b ON b.account_id = ?1 AND b.target_id = a.id
		LEFT JOIN block c ON c.account_id = a.id AND c.target_id = ?1
		LEFT JOIN mute m ON m.account_id = ?1 AND m.target_id = a.id AND (m.expires_at = 0 OR m.expires_at > ?2)
		LEFT JOIN domain_mute d ON d.account_id = ?1 AND d.host = a.host
		LEFT JOIN endorsement e ON e.account_id = ?1 AND e.target_id = a.id
		LEFT JOIN account_note n ON n.account_id = ?1 AND n.target_id = a.id
		WHERE a.id IN (?)`, targets, viewer, Now())
	found := make(map[int64]Relationship, len(rows))
	for _, row := range rows {
		found[row.TargetID] = row
	}
	return found, err
}

// Blocked tells whether either of two accounts blocks the other.
func (r Reader) Blocked(ctx context.Context, a, b int64) (bool, error) {
	return r.exists(ctx, `
		SELECT 1 FROM block WHERE (account_id = ?1 AND target_id = ?2) OR (account_id = ?2 AND target_id = ?1) LIMIT 1`, a, b)
}

// Block says that AccountID wants nothing to do with TargetID.
type Block struct {
	ID        int64
	AccountID int64 `db:"account_id"`
	TargetID  int64 `db:"target_id"`
	URI       string
	CreatedAt Millis `db:"created_at"`
}

const blockColumns = `id, account_id, target_id, uri, created_at`

// BlockOf returns the block of target by account; fault.NotFound if there is none.
func (r Reader) BlockOf(ctx context.Context, account, target int64) (b Block, err error) {
	err = r.get(ctx, &b, `SELECT `+blockColumns+` FROM block WHERE account_id = ? AND target_id = ?`, account, target)
	return b, err
}

// BlockByURI returns the block that an activity made; fault.NotFound if there is none.
func (r Reader) BlockByURI(ctx context.Context, uri string) (b Block, err error) {
	err = r.get(ctx, &b, `SELECT `+blockColumns+` FROM block WHERE uri = ?`, uri)
	return b, err
}

// PutBlock adds a block and ends what was between the two: friendship, follows both ways, what they
// brought into home timelines, and notifications. It tells whether the block is new;
// fault.NotFound if one of the two was deleted.
func (tx *Tx) PutBlock(ctx context.Context, account, target int64, uri string) (created bool, err error) {
	if account == target {
		return false, fault.New(fault.Unprocessable, "nobody blocks themselves")
	}
	if err := tx.HoldPeople(ctx, account, target); err != nil {
		return false, err
	}
	n, err := tx.exec(ctx, `
		INSERT INTO block (`+blockColumns+`) VALUES (?, ?, ?, ?, ?) ON CONFLICT (account_id, target_id) DO NOTHING`,
		tx.store.rowID(), account, target, uri, Now())
	if err != nil || n == 0 {
		return false, err
	}
	if err := tx.partFriends(ctx, account, target); err != nil {
		return false, err
	}
	for _, pair := range [][2]int64{{account, target}, {target, account}} {
		if _, err := tx.DeleteFollow(ctx, pair[0], pair[1]); err != nil && !fault.Is(err, fault.NotFound) {
			return false, err
		}
		if err := tx.forgetPair(ctx, pair[0], pair[1]); err != nil {
			return false, err
		}
	}
	return true, nil
}

// DeleteBlock takes a block back and returns it; fault.NotFound if there was none.
func (tx *Tx) DeleteBlock(ctx context.Context, account, target int64) (b Block, err error) {
	err = tx.get(ctx, &b, `DELETE FROM block WHERE account_id = ? AND target_id = ? RETURNING `+blockColumns, account, target)
	return b, err
}

// Blocks returns a page of whom an account blocks.
func (r Reader) Blocks(ctx context.Context, account int64, p Page) ([]Entry, error) {
	return paged[Entry](ctx, r, p, AccountPageMax, "b.id", `
		SELECT b.id AS page_key, b.target_id AS id FROM block b WHERE b.account_id = ?`, account)
}

// Mute says that AccountID does not want to see TargetID, who is not told.
type Mute struct {
	AccountID     int64
	TargetID      int64
	Notifications bool      // theirs are not wanted either
	Expires       time.Time // zero: never
}

// PutMute adds or changes a mute; fault.NotFound if one of the two was deleted.
func (tx *Tx) PutMute(ctx context.Context, m Mute) error {
	if m.AccountID == m.TargetID {
		return fault.New(fault.Unprocessable, "nobody mutes themselves")
	}
	if err := tx.HoldPeople(ctx, m.AccountID, m.TargetID); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `
		INSERT INTO mute (id, account_id, target_id, notifications, expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (account_id, target_id) DO UPDATE SET notifications = excluded.notifications, expires_at = excluded.expires_at`,
		tx.store.rowID(), m.AccountID, m.TargetID, m.Notifications, At(m.Expires), Now())
	return err
}

// DeleteMute takes a mute back; none is no error.
func (tx *Tx) DeleteMute(ctx context.Context, account, target int64) error {
	_, err := tx.exec(ctx, `DELETE FROM mute WHERE account_id = ? AND target_id = ?`, account, target)
	return err
}

// Mutes returns a page of whom an account mutes now.
func (r Reader) Mutes(ctx context.Context, account int64, p Page) ([]Entry, error) {
	return paged[Entry](ctx, r, p, AccountPageMax, "m.id", `
		SELECT m.id AS page_key, m.target_id AS id FROM mute m
		WHERE m.account_id = ? AND (m.expires_at = 0 OR m.expires_at > ?)`, account, Now())
}

// DomainMute is a host of which somebody wants to see nothing.
type DomainMute struct {
	ID   int64
	Host string
}

// PutDomainMute hides a normalised host from an account. The caller ends the follows between the
// two (FollowsWithHost), since their servers have to be told.
func (tx *Tx) PutDomainMute(ctx context.Context, account int64, host string) error {
	_, err := tx.exec(ctx, `
		INSERT INTO domain_mute (id, account_id, host, created_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (account_id, host) DO NOTHING`, tx.store.rowID(), account, host, Now())
	return err
}

// DeleteDomainMute shows a host again; none is no error.
func (tx *Tx) DeleteDomainMute(ctx context.Context, account int64, host string) error {
	_, err := tx.exec(ctx, `DELETE FROM domain_mute WHERE account_id = ? AND host = ?`, account, host)
	return err
}

// DomainMutes returns a page of the hosts that an account does not want to see.
func (r Reader) DomainMutes(ctx context.Context, account int64, p Page) ([]DomainMute, error) {
	return paged[DomainMute](ctx, r, p, AccountPageMax, "id", `SELECT id, host FROM domain_mute WHERE account_id = ?`, account)
}

// FollowsWithHost returns the follows, either way, between an account and people of a host, which
// the caller ends when the account mutes the host.
func (r Reader) FollowsWithHost(ctx context.Context, account int64, host string) (follows []Follow, err error) {
	err = r.list(ctx, &follows, `
		SELECT `+prefixed("f", followColumns)+` FROM follow f JOIN account a ON a.id = f.target_id
		WHERE f.account_id = ?1 AND a.host = ?2
		UNION ALL
		SELECT `+prefixed("f", followColumns)+` FROM follow f JOIN account a ON a.id = f.account_id
		WHERE f.target_id = ?1 AND a.host = ?2`, account, host)
	return follows, err
}

// HiddenFollow is a follow between somebody and an account that nobody is shown, and where the
// account is: in its handle, and where deliveries to it go.
type HiddenFollow struct {
	Follow
	Host      string
	InboxHost string `db:"inbox_host"`
}

// HiddenFollows returns the follows, either way, between an account and people of other servers who
// are hidden.
func (r Reader) HiddenFollows(ctx context.Context, account int64) (follows []HiddenFollow, err error) {
	err = r.list(ctx, &follows, `
		SELECT `+prefixed("f", followColumns)+`, a.host, a.inbox_host FROM follow f JOIN account a ON a.id = f.target_id
		WHERE f.account_id = ?1 AND a.hidden AND a.host <> ''
		UNION ALL
		SELECT `+prefixed("f", followColumns)+`, a.host, a.inbox_host FROM follow f JOIN account a ON a.id = f.account_id
		WHERE f.target_id = ?1 AND a.hidden AND a.host <> ''`, account)
	return follows, err
}
