package storage

import (
	"context"
	"time"

	"tulou/protocol/ids"
)

// How long things are kept by default. Every table that grows with what others send is here.
const (
	KeepBodies       = 7 * 24 * time.Hour  // bytes of received activities
	KeepLarge        = time.Hour           // those of large ones
	KeepReceived     = 30 * 24 * time.Hour // that an activity was received: older ones are refused by date
	KeepTombstones   = 90 * 24 * time.Hour // that an object was deleted
	KeepRemotePosts  = 90 * 24 * time.Hour // posts of other servers that nobody here has touched
	KeepDead         = 30 * 24 * time.Hour // jobs and deliveries that were given up
	KeepUnusedApps   = 24 * time.Hour      // programs that were registered: anybody may, and most sign somebody in at once
	KeepIdempotency  = 24 * time.Hour      // clients repeat within minutes
	KeepNotification = 180 * 24 * time.Hour
	KeepReports      = 365 * 24 * time.Hour     // after they were resolved
	KeepActs         = 2 * 365 * 24 * time.Hour // of moderation, for who asks what came of a report

	KeepFriendAsks     = 48 * time.Hour      // they are counted by the day
	KeepFriendRefusals = 30 * 24 * time.Hour // longer than anybody has to wait who was refused
	KeepFriendRequests = 30 * 24 * time.Hour // who has not answered by then does not want to
	KeepFriendAnswers  = 8 * 24 * time.Hour  // longer than a node tries to deliver one
)

// ForgetBatch bounds the rows that one call below removes, so that no transaction is long. Callers
// repeat while a call returns as many.
const ForgetBatch = 500

// postsBatch is how many posts are looked at in one transaction: deleting one takes ten statements,
// so that others who write wait for some 20 ms.
const postsBatch = 50

// ForgetBodies empties the bytes of applied activities received before t, and returns how many.
func (tx *Tx) ForgetBodies(ctx context.Context, t time.Time) (int64, error) {
	return tx.exec(ctx, `
		UPDATE received SET body = NULL WHERE activity_id IN (
			SELECT activity_id FROM received WHERE received_at < ? AND body IS NOT NULL AND applied_at > 0 LIMIT ?)`,
		At(t), ForgetBatch)
}

// large is which bodies are not worth KeepBodies; the index received_large says it in the same
// words. Bodies are kept to find out what went wrong, for which smaller ones serve as well. Fewer
// than one activity in a thousand has more than 64 KiB, and a server that sends nothing else would
// fill the disk.
const large = `length(r.body) > 65536`

// ForgetLarge empties the large bodies of applied activities received before t, and returns how
// many. Those of an actor of whom something waits since then stay: it may be another recipient's.
func (tx *Tx) ForgetLarge(ctx context.Context, t time.Time) (int64, error) {
	return tx.exec(ctx, `
		UPDATE received SET body = NULL WHERE received_at < ?1 AND activity_id IN (
			SELECT r.activity_id FROM received r WHERE r.received_at < ?1 AND `+large+` AND r.applied_at > 0
				AND NOT EXISTS (SELECT 1 FROM job j WHERE j.queue = 'inbox' AND j.lane = r.actor AND j.dead_at = 0 AND j.created_at <= ?1)
			LIMIT ?)`,
		At(t), ForgetBatch)
}

// ForgetReceived forgets activities received before t, and returns how many.
func (tx *Tx) ForgetReceived(ctx context.Context, t time.Time) (int64, error) {
	var gone []string
	if err := tx.list(ctx, &gone, `
		DELETE FROM received WHERE activity_id IN (
			SELECT activity_id FROM received WHERE received_at < ? AND applied_at > 0 LIMIT ?)
		RETURNING activity_id`, At(t), ForgetBatch); err != nil {
		return 0, err
	}
	query, args := in(`DELETE FROM received_for WHERE activity_id IN (?)`, gone)
	_, err := tx.exec(ctx, query, args...)
	return int64(len(gone)), err
}

// ForgetTombstones forgets deletions before t, and returns how many.
func (tx *Tx) ForgetTombstones(ctx context.Context, t time.Time) (int64, error) {
	return tx.exec(ctx, `
		DELETE FROM tombstone WHERE uri IN (SELECT uri FROM tombstone WHERE deleted_at < ? LIMIT ?)`, At(t), ForgetBatch)
}

// ForgetRemotePosts deletes posts and boosts of other servers that are older than t and that nobody
// of this node has liked, boosted, bookmarked, answered, quoted, or been mentioned or quoted in,
// and that nobody has pinned: with a post that quotes would go what its quoted author said to that.
// It looks at ids above after and returns the last one it looked at, 0 when there are no more: what
// is kept is not looked at again in the same round.
func (tx *Tx) ForgetRemotePosts(ctx context.Context, t time.Time, after int64) (last int64, err error) {
	var old []struct {
		ID   int64
		Kept bool
	}
	if err := tx.list(ctx, &old, `
		SELECT s.id,
			EXISTS (SELECT 1 FROM likes l JOIN login p ON p.account_id = l.account_id WHERE l.status_id = s.id)
			OR EXISTS (SELECT 1 FROM bookmark k WHERE k.status_id = s.id)
			OR EXISTS (SELECT 1 FROM pin n WHERE n.status_id = s.id)
			OR EXISTS (SELECT 1 FROM quote q JOIN login p ON p.account_id = q.account_id WHERE q.quoted_id = s.id AND q.quoted_id <> 0)
			OR EXISTS (SELECT 1 FROM quote q JOIN login p ON p.account_id = q.quoted_account_id WHERE q.status_id = s.id)
			OR EXISTS (SELECT 1 FROM status c WHERE c.reply_to_id = s.id AND c.reply_to_id <> 0 AND c.local)
			OR EXISTS (SELECT 1 FROM status b WHERE b.boost_of_id = s.id AND b.boost_of_id <> 0 AND b.local)
			OR EXISTS (SELECT 1 FROM mention m JOIN login p ON p.account_id = m.account_id WHERE m.status_id = s.id) AS kept
		FROM status s WHERE s.id > ? AND s.id < ? AND NOT s.local ORDER BY s.id LIMIT ?`,
		after, ids.FloorAt(t), postsBatch); err != nil {
		return 0, err
	}
	for _, s := range old {
		last = s.ID
		if s.Kept {
			continue
		}
		if _, err := tx.DeleteStatus(ctx, s.ID); err != nil {
			return 0, err
		}
	}
	return last, nil
}

// ForgetDead deletes jobs and deliveries that were given up before t, and returns how many.
func (tx *Tx) ForgetDead(ctx context.Context, t time.Time) (int64, error) {
	jobs, err := tx.exec(ctx, `
		DELETE FROM job WHERE id IN (SELECT id FROM job WHERE dead_at > 0 AND dead_at < ? LIMIT ?)`, At(t), ForgetBatch)
	if err != nil {
		return 0, err
	}
	deliveries, err := tx.exec(ctx, `
		DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE dead_at > 0 AND dead_at < ? LIMIT ?)`, At(t), ForgetBatch)
	return jobs + deliveries, err
}

// ForgetPayloads deletes payloads that no delivery needs any more, and returns how many.
func (tx *Tx) ForgetPayloads(ctx context.Context) (int64, error) {
	return tx.exec(ctx, `
		DELETE FROM payload WHERE id IN (
			SELECT p.id FROM payload p WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.payload_id = p.id) LIMIT ?)`, ForgetBatch)
}

// ForgetLog removes what the write-ahead log of SQLite still has of changes that are in the
// database by now: also texts that were deleted there. While somebody reads an older state it does
// nothing, and is no error: the next call does. PostgreSQL recycles its own log.
func (s *Store) ForgetLog(ctx context.Context) error {
	if s.engine != sqlite {
		return nil
	}
	var busy, frames, moved int
	// Of the connections that read, since the one that writes is always held; it changes nothing.
	return s.reader.QueryRowxContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &frames, &moved)
}

// ForgetApps deletes programs that were registered before t and have neither a token nor a code,
// but the operator's, and returns how many. One that was only signed out registers again.
func (tx *Tx) ForgetApps(ctx context.Context, t time.Time) (int64, error) {
	return tx.exec(ctx, `
		DELETE FROM oauth_app WHERE id IN (
			SELECT a.id FROM oauth_app a WHERE a.id < ? AND a.client_id <> ?
				AND NOT EXISTS (SELECT 1 FROM oauth_token t WHERE t.app_id = a.id)
				AND NOT EXISTS (SELECT 1 FROM oauth_code c WHERE c.app_id = a.id)
				AND NOT EXISTS (SELECT 1 FROM signup s WHERE s.app_id = a.id AND s.app_id <> 0)
			LIMIT ?)`, ids.FloorAt(t), OperatorClientID, ForgetBatch)
}

// homesBatch is how many people one transaction of ForgetHomes looks at.
const homesBatch = 50

// ForgetHomes cuts the home timelines and lists of those who are away, or longer than
// HomeEntriesMax. It looks at people above after and removes at most some ForgetBatch entries; it
// returns the last one it is done with, 0 when there are no more.
func (tx *Tx) ForgetHomes(ctx context.Context, after int64) (last int64, err error) {
	var people []struct {
		AccountID int64 `db:"account_id"`
		Away      bool
	}
	if err := tx.list(ctx, &people, `
		SELECT account_id, active_at < ? AS away FROM login WHERE account_id > ? ORDER BY account_id LIMIT ?`,
		activeSince(), after, homesBatch); err != nil {
		return 0, err
	}
	if len(people) == 0 {
		return 0, nil
	}
	room := ForgetBatch
	for _, p := range people {
		keep := HomeEntriesMax
		if p.Away {
			keep = 0
		}
		if room, err = tx.cutTimelines(ctx, p.AccountID, keep, room); err != nil {
			return 0, err
		}
		if room <= 0 {
			return p.AccountID - 1, nil // there may be more of theirs
		}
		last = p.AccountID
	}
	return last, nil
}

// cutTimelines removes entries of somebody's home timeline and lists beyond the latest ones, at
// most as many as there is room for. It returns how many more could be removed.
func (tx *Tx) cutTimelines(ctx context.Context, account int64, keep, room int) (int, error) {
	n, err := tx.exec(ctx, `
		DELETE FROM home_entry WHERE account_id = ?1 AND status_id IN (
			SELECT h.status_id FROM home_entry h WHERE h.account_id = ?1 ORDER BY h.status_id DESC LIMIT ?2 OFFSET ?3)`,
		account, room, keep)
	if err != nil {
		return 0, err
	}
	room -= int(n)
	var lists []int64
	if err := tx.list(ctx, &lists, `SELECT id FROM list WHERE account_id = ? ORDER BY id`, account); err != nil {
		return 0, err
	}
	for _, list := range lists {
		if room <= 0 {
			break
		}
		n, err := tx.exec(ctx, `
			DELETE FROM list_entry WHERE list_id = ?1 AND status_id IN (
				SELECT e.status_id FROM list_entry e WHERE e.list_id = ?1 ORDER BY e.status_id DESC LIMIT ?2 OFFSET ?3)`,
			list, room, keep)
		if err != nil {
			return 0, err
		}
		room -= int(n)
	}
	return room, nil
}

// ForgetExpired deletes codes, sessions, invites and mutes that are over, keys of posting again and
// old notifications.
func (tx *Tx) ForgetExpired(ctx context.Context, now time.Time) error {
	for _, expired := range []struct {
		command string
		before  time.Time
	}{
		{`DELETE FROM oauth_code WHERE expires_at < ?`, now},
		{`DELETE FROM push_subscription WHERE token_id IN (SELECT id FROM session WHERE expires_at < ?)`, now},
		{`DELETE FROM session WHERE expires_at < ?`, now},
		{`DELETE FROM invite WHERE expires_at < ?`, now},
		{`DELETE FROM one_time WHERE expires_at < ?`, now},
		{`DELETE FROM device WHERE used_at < ?`, now.Add(-KeepDevice)},
		{`DELETE FROM attempt WHERE made_at < ?`, now.Add(-KeepAttempts)},
		{`DELETE FROM mute WHERE expires_at > 0 AND expires_at < ?`, now},
		{`DELETE FROM idempotency WHERE created_at < ?`, now.Add(-KeepIdempotency)},
		{`DELETE FROM friend_code WHERE expires_at < ?`, now},
		{`DELETE FROM friend_ask WHERE made_at < ?`, now.Add(-KeepFriendAsks)},
		{`DELETE FROM friend_refusal WHERE refused_at < ?`, now.Add(-KeepFriendRefusals)},
		{`DELETE FROM notification_request WHERE updated_at < ?`, now.Add(-KeepNotification)},
		{`DELETE FROM appeal_link WHERE expires_at < ?`, now},
		{`DELETE FROM moderation_act WHERE created_at < ?`, now.Add(-KeepActs)},
		{`DELETE FROM report WHERE resolved_at > 0 AND resolved_at < ?`, now.Add(-KeepReports)},
	} {
		if _, err := tx.exec(ctx, expired.command, At(expired.before)); err != nil {
			return err
		}
	}
	if err := tx.forgetSignups(ctx, now); err != nil {
		return err
	}
	// Ids of notifications are of the time at which they were made.
	if err := tx.execAll(ctx, []string{`DELETE FROM notification WHERE id < ?`, `DELETE FROM severance WHERE id < ?`}, ids.FloorAt(now.Add(-KeepNotification))); err != nil {
		return err
	}
	return tx.ForgetEvents(ctx)
}
