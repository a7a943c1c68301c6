package storage

import (
	"context"
	"time"

	"tulou/protocol/fault"
)

// What keeps requests for friendship civil: how often somebody asked, who refused whom, and the
// codes by which people who meet become friends.

// FriendAsks counts requests since a time.
type FriendAsks struct {
	Made int // by who asks, to anybody
	Pair int // by who asks, to this one
}

// CountFriendAsks counts how often account asked anybody, and target, since a time.
func (r Reader) CountFriendAsks(ctx context.Context, account, target int64, since time.Time) (n FriendAsks, err error) {
	err = r.get(ctx, &n, `
		SELECT COUNT(*) AS made, COUNT(CASE WHEN target_id = ?2 THEN 1 END) AS pair
		FROM friend_ask WHERE account_id = ?1 AND made_at > ?3`, account, target, At(since))
	return n, err
}

// AddFriendAsk notes that account asked target now.
func (tx *Tx) AddFriendAsk(ctx context.Context, account, target int64) error {
	_, err := tx.exec(ctx, `INSERT INTO friend_ask (id, account_id, target_id, made_at) VALUES (?, ?, ?, ?)`,
		tx.store.rowID(), account, target, Now())
	return err
}

// CountFriendAsksFrom counts how often people of a host asked target since a time.
func (r Reader) CountFriendAsksFrom(ctx context.Context, host string, target int64, since time.Time) (count int, err error) {
	err = r.get(ctx, &count, `
		SELECT COUNT(*) FROM friend_ask x JOIN account a ON a.id = x.account_id
		WHERE x.target_id = ? AND x.made_at > ? AND a.host = ?`, target, At(since), host)
	return count, err
}

// FriendKnown tells whether an account has to do with somebody: it follows them, or they are a
// friend of one of its friends, as far as this node knows.
func (r Reader) FriendKnown(ctx context.Context, account, other int64) (bool, error) {
	return r.exists(ctx, `
		SELECT 1 FROM follow w WHERE w.account_id = ?1 AND w.target_id = ?2 AND w.accepted
		UNION ALL
		SELECT 1 FROM friend f JOIN friend g ON g.account_id = f.friend_id AND g.friend_id = ?2 AND g.state = 'friend'
		WHERE f.account_id = ?1 AND f.state = 'friend'
		LIMIT 1`, account, other)
}

// HeldFriendsMax is how many requests of one person are held: what is held without anybody looking
// is worth no more room.
const HeldFriendsMax = 500

// MakeRoomForHeld ends the oldest request that is held for an account, whom the caller holds, if
// there are HeldFriendsMax.
func (tx *Tx) MakeRoomForHeld(ctx context.Context, account int64) error {
	var oldest []Friend
	if err := tx.list(ctx, &oldest, `
		SELECT `+friendColumns+` FROM friend WHERE account_id = ? AND state = 'asking' AND held ORDER BY id DESC LIMIT 1 OFFSET ?`,
		account, HeldFriendsMax-1); err != nil || len(oldest) == 0 {
		return err
	}
	return tx.endRequest(ctx, oldest[0])
}

// ForgetFriendRequests ends requests that nobody answered, and returns how many halves it looked
// at. What somebody of this node was asked ends before t; what they asked somebody elsewhere ends
// KeepFriendAnswers later, for an answer that is on its way.
func (tx *Tx) ForgetFriendRequests(ctx context.Context, t time.Time) (int64, error) {
	var old []Friend
	if err := tx.list(ctx, &old, `
		SELECT `+prefixed("f", friendColumns)+` FROM friend f JOIN account a ON a.id = f.friend_id
		WHERE f.state <> 'friend' AND (f.state = 'asking' AND f.created_at < ?1 OR a.host <> '' AND f.created_at < ?2)
		ORDER BY f.created_at LIMIT ?`, At(t), At(t.Add(-KeepFriendAnswers)), ForgetBatch); err != nil {
		return 0, err
	}
	for _, f := range old {
		if err := tx.HoldPeople(ctx, f.AccountID, f.FriendID); err != nil {
			return 0, err
		}
		now, err := tx.FriendOf(ctx, f.AccountID, f.FriendID)
		if err == nil && now.ID == f.ID { // nobody answered just now
			err = tx.endRequest(ctx, f)
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return 0, err
		}
	}
	return int64(len(old)), nil
}

// endRequest removes a request with what its owner was told of it, and the other half if that is
// here, too. Nobody is told: it looks as if it still waited.
func (tx *Tx) endRequest(ctx context.Context, f Friend) error {
	if err := tx.DeleteNotification(ctx, Notification{AccountID: f.AccountID, FromID: f.FriendID, Type: NotifyFriendRequest}); err != nil {
		return err
	}
	return tx.partFriends(ctx, f.AccountID, f.FriendID)
}

// FriendRefusedAt returns when target last refused account; zero if that is not so, or forgotten.
func (r Reader) FriendRefusedAt(ctx context.Context, account, target int64) (at Millis, err error) {
	err = r.get(ctx, &at, `SELECT refused_at FROM friend_refusal WHERE account_id = ? AND target_id = ?`, account, target)
	if fault.Is(err, fault.NotFound) {
		return 0, nil
	}
	return at, err
}

// PutFriendRefusal notes that target refused account now.
func (tx *Tx) PutFriendRefusal(ctx context.Context, account, target int64) error {
	_, err := tx.exec(ctx, `
		INSERT INTO friend_refusal (account_id, target_id, refused_at) VALUES (?, ?, ?)
		ON CONFLICT (account_id, target_id) DO UPDATE SET refused_at = excluded.refused_at`, account, target, Now())
	return err
}

// DeleteFriendRefusal forgets that target refused account; none is no error.
func (tx *Tx) DeleteFriendRefusal(ctx context.Context, account, target int64) error {
	_, err := tx.exec(ctx, `DELETE FROM friend_refusal WHERE account_id = ? AND target_id = ?`, account, target)
	return err
}

// FriendCodesMax is how many codes of one person count at a time: one for each of a few devices.
// Showing one more ends the oldest.
const FriendCodesMax = 5

// CreateFriendCode keeps the hash of a code until it expires.
func (tx *Tx) CreateFriendCode(ctx context.Context, hash string, account int64, expires time.Time) error {
	if _, err := tx.exec(ctx, `DELETE FROM friend_code WHERE account_id = ? AND expires_at <= ?`, account, Now()); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `
		DELETE FROM friend_code WHERE account_id = ?1 AND code_hash NOT IN (
			SELECT code_hash FROM friend_code WHERE account_id = ?1 ORDER BY expires_at DESC, code_hash LIMIT ?)`,
		account, FriendCodesMax-1); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `INSERT INTO friend_code (code_hash, account_id, expires_at) VALUES (?, ?, ?)`, hash, account, At(expires))
	return err
}

// TakeFriendCode looks a code of an account up and uses it. valid is whether it counts now; first
// is whether nobody used it before. Whoever asks twice at once is first once.
func (tx *Tx) TakeFriendCode(ctx context.Context, hash string, account int64) (valid, first bool, err error) {
	n, err := tx.exec(ctx, `
		UPDATE friend_code SET used = TRUE WHERE code_hash = ? AND account_id = ? AND expires_at > ? AND NOT used`, hash, account, Now())
	if err != nil || n == 1 {
		return n == 1, n == 1, err
	}
	valid, err = tx.exists(ctx, `SELECT 1 FROM friend_code WHERE code_hash = ? AND account_id = ? AND expires_at > ?`, hash, account, Now())
	return valid, false, err
}

// Suggestible tells whether somebody lets friends of friends be shown them, and them be shown to
// friends of friends. Who did not say so does not.
func (r Reader) Suggestible(ctx context.Context, account int64) (bool, error) {
	return r.exists(ctx, `SELECT 1 FROM friend_setting WHERE account_id = ? AND suggestible`, account)
}

// PutSuggestible says whether somebody does.
func (tx *Tx) PutSuggestible(ctx context.Context, account int64, suggestible bool) error {
	_, err := tx.exec(ctx, `
		INSERT INTO friend_setting (account_id, suggestible) VALUES (?, ?)
		ON CONFLICT (account_id) DO UPDATE SET suggestible = excluded.suggestible`, account, suggestible)
	return err
}

// The choices of who may ask somebody to be friends. Requests of others are held.
const (
	AskedByEveryone = "everyone"
	AskedByKnown    = "known" // whom they follow, and friends of their friends
	AskedByLink     = "link"  // who scanned their code
)

// FriendAskedBy returns who may ask somebody of this node: everyone, unless they said otherwise.
func (r Reader) FriendAskedBy(ctx context.Context, account int64) (choice string, err error) {
	err = r.get(ctx, &choice, `SELECT asked_by FROM friend_setting WHERE account_id = ?`, account)
	if fault.Is(err, fault.NotFound) {
		return AskedByEveryone, nil
	}
	return choice, err
}

// PutFriendAskedBy says who may ask somebody, by one of the choices.
func (tx *Tx) PutFriendAskedBy(ctx context.Context, account int64, choice string) error {
	_, err := tx.exec(ctx, `
		INSERT INTO friend_setting (account_id, asked_by) VALUES (?, ?)
		ON CONFLICT (account_id) DO UPDATE SET asked_by = excluded.asked_by`, account, choice)
	return err
}

// Acquaintance is somebody whom several friends of a person have for a friend.
type Acquaintance struct {
	AccountID int64 `db:"account_id"`
	Common    int64 // friends in common who let it be known
}

// Acquaintances returns people of this node whom at least least friends of an account have for
// friends, most of them first. Only those count, and are found, who let it be: one friend in common
// would tell whose friend they are. Left out is everybody with whom there is something already: a
// request, a refusal, a block, a mute, or who was not wanted in suggestions.
func (r Reader) Acquaintances(ctx context.Context, account int64, least, limit int) (found []Acquaintance, err error) {
	err = r.list(ctx, &found, `
		SELECT g.friend_id AS account_id, COUNT(*) AS common
		FROM friend f
		JOIN account m ON m.id = f.friend_id AND m.host = '' AND NOT m.hidden
		JOIN friend_setting ms ON ms.account_id = m.id AND ms.suggestible
		JOIN friend g ON g.account_id = m.id AND g.state = 'friend' AND g.friend_id <> ?1
		JOIN account x ON x.id = g.friend_id AND x.host = '' AND NOT x.hidden
		JOIN friend_setting xs ON xs.account_id = x.id AND xs.suggestible
		WHERE f.account_id = ?1 AND f.state = 'friend'
			AND NOT EXISTS (SELECT 1 FROM friend h WHERE h.account_id = ?1 AND h.friend_id = x.id)
			AND NOT EXISTS (SELECT 1 FROM friend_refusal e WHERE e.account_id = ?1 AND e.target_id = x.id)
			AND NOT EXISTS (SELECT 1 FROM friend_refusal e WHERE e.account_id = x.id AND e.target_id = ?1)
			AND NOT EXISTS (SELECT 1 FROM block b WHERE b.account_id = ?1 AND b.target_id = x.id)
			AND NOT EXISTS (SELECT 1 FROM block b WHERE b.account_id = x.id AND b.target_id = ?1)
			AND NOT EXISTS (SELECT 1 FROM mute u WHERE u.account_id = ?1 AND u.target_id = x.id)
			AND NOT EXISTS (SELECT 1 FROM suggestion_dismissed d WHERE d.account_id = ?1 AND d.target_id = x.id)
		GROUP BY g.friend_id HAVING COUNT(*) >= CAST(?2 AS BIGINT)
		ORDER BY common DESC, account_id LIMIT ?`, account, least, limit)
	return found, err
}

// forgetFriends removes what is between a person and everybody else, both halves.
func (tx *Tx) forgetFriends(ctx context.Context, account int64) error {
	return tx.execAll(ctx, []string{
		`DELETE FROM friend WHERE account_id = ?`,
		`DELETE FROM friend WHERE friend_id = ?`,
		`DELETE FROM friend_tag_member WHERE friend_id = ?`,
		`DELETE FROM friend_tag WHERE account_id = ?`,
		`DELETE FROM friend_ask WHERE account_id = ?`,
		`DELETE FROM friend_ask WHERE target_id = ?`,
		`DELETE FROM friend_refusal WHERE account_id = ?`,
		`DELETE FROM friend_refusal WHERE target_id = ?`,
		`DELETE FROM friend_code WHERE account_id = ?`,
		`DELETE FROM friend_setting WHERE account_id = ?`,
	}, account)
}
