package storage

import (
	"context"

	"tulou/protocol/fault"
)

// Friend is one side's half of what is between two people: AccountID is of this node, FriendID of
// this one or another. A pair of this node has two. Only AccountID ever sees it.
type Friend struct {
	ID        int64 // what lists of friends are paged by
	AccountID int64 `db:"account_id"`
	FriendID  int64 `db:"friend_id"`
	State     string
	OfferURI  string `db:"offer_uri"`
	Offered   bool   // AccountID sent the Offer
	Greeting  string // plain text, of whoever sent it
	ByCode    bool   `db:"by_code"` // they scanned the code of AccountID
	Held      bool   // they ask, and AccountID is neither told nor shown it among those who do
	Since     Millis // friends since; 0: not yet
	CreatedAt Millis `db:"created_at"`
	FriendMarks
}

// FriendMarks is what somebody notes about a friend. The friend never learns of it.
type FriendMarks struct {
	Remark     string // the name that AccountID gives them
	Starred    bool
	HideTheirs bool `db:"hide_theirs"` // AccountID does not want to see their Moments
	HideMine   bool `db:"hide_mine"`   // they are not to see the Moments of AccountID
}

// The states of a Friend.
const (
	FriendAsked  = "asked"  // AccountID asked
	FriendAsking = "asking" // FriendID asks, and AccountID has yet to answer
	FriendBoth   = "friend" // they are friends
)

const (
	// FriendPageMax is the longest page of friends: an address book is read in a few requests.
	FriendPageMax = 200
	// FriendsMax is how many friends somebody may have, WeChat's figure; a Moment goes to all.
	FriendsMax = 5000
)

const friendColumns = `id, account_id, friend_id, state, offer_uri, offered, greeting, by_code, held, since, created_at, ` +
	`remark, starred, hide_theirs, hide_mine`

// FriendOf returns account's half of what is between two people; fault.NotFound if there is
// nothing. It is found also while the other is hidden.
func (r Reader) FriendOf(ctx context.Context, account, other int64) (f Friend, err error) {
	err = r.get(ctx, &f, `SELECT `+friendColumns+` FROM friend WHERE account_id = ? AND friend_id = ?`, account, other)
	return f, err
}

// FriendsOf is FriendOf for several, by the id of the other.
func (r Reader) FriendsOf(ctx context.Context, account int64, others []int64) (map[int64]Friend, error) {
	rows, err := listIn[Friend](ctx, r, `SELECT `+friendColumns+` FROM friend WHERE account_id = ?1 AND friend_id IN (?)`, others, account)
	found := make(map[int64]Friend, len(rows))
	for _, f := range rows {
		found[f.FriendID] = f
	}
	return found, err
}

// FriendByOffer returns a half that began with an Offer. An id is only as good as its origin: the
// caller compares both people with whoever speaks.
func (r Reader) FriendByOffer(ctx context.Context, uri string) (f Friend, err error) {
	err = r.get(ctx, &f, `SELECT `+friendColumns+` FROM friend WHERE offer_uri = ? AND offer_uri <> '' ORDER BY id LIMIT 1`, uri)
	return f, err
}

// AreFriends tells whether owner, who is of this node, holds other for a friend now, and both are
// shown. This is what opens what is for friends.
func (r Reader) AreFriends(ctx context.Context, owner, other int64) (bool, error) {
	return r.exists(ctx, `
		SELECT 1 FROM friend f JOIN account a ON a.id = f.friend_id JOIN account o ON o.id = f.account_id
		WHERE f.account_id = ? AND f.friend_id = ? AND f.state = 'friend' AND NOT a.hidden AND NOT o.hidden`, owner, other)
}

// FriendFilter narrows a page of friends; the zero value does not.
type FriendFilter struct {
	Tag     int64 // those with a tag of the owner
	Starred bool
}

// Friends returns a page of an account's friends, those last befriended first.
func (r Reader) Friends(ctx context.Context, account int64, filter FriendFilter, p Page) ([]Friend, error) {
	return paged[Friend](ctx, r, p, FriendPageMax, "f.id", `
		SELECT `+prefixed("f", friendColumns)+` FROM friend f JOIN account a ON a.id = f.friend_id
		WHERE f.account_id = ?1 AND f.state = 'friend' AND NOT a.hidden AND (f.starred OR NOT CAST(?2 AS BOOLEAN))
			AND (CAST(?3 AS BIGINT) = 0 OR EXISTS (SELECT 1 FROM friend_tag_member m
				WHERE m.tag_id = ?3 AND m.owner_id = f.account_id AND m.friend_id = f.friend_id))`,
		account, filter.Starred, filter.Tag)
}

// FriendRequests returns a page of those who ask an account, without those that are held, or whom
// it asked: state is FriendAsking or FriendAsked.
func (r Reader) FriendRequests(ctx context.Context, account int64, state string, p Page) ([]Friend, error) {
	return paged[Friend](ctx, r, p, FriendPageMax, "f.id", `
		SELECT `+prefixed("f", friendColumns)+` FROM friend f JOIN account a ON a.id = f.friend_id
		WHERE f.account_id = ? AND f.state = ? AND f.state <> 'friend' AND NOT f.held AND NOT a.hidden`, account, state)
}

// Mutual is somebody whom a person follows and who follows them back.
type Mutual struct {
	ID       int64 // what lists are paged by, the id of the follow
	TargetID int64 `db:"target_id"`
}

// Mutuals returns a page of those who follow an account back and are no friends of it, those whom
// it followed last first. Nobody agreed to anything.
func (r Reader) Mutuals(ctx context.Context, account int64, p Page) ([]Mutual, error) {
	return paged[Mutual](ctx, r, p, FriendPageMax, "w.id", `
		SELECT w.id, w.target_id FROM follow w
		JOIN follow b ON b.account_id = w.target_id AND b.target_id = w.account_id AND b.accepted
		JOIN account a ON a.id = w.target_id
		WHERE w.account_id = ?1 AND w.accepted AND NOT a.hidden
			AND NOT EXISTS (SELECT 1 FROM friend f WHERE f.account_id = ?1 AND f.friend_id = w.target_id AND f.state = 'friend')`, account)
}

// CountFriends returns how many rows of a state an account has, hidden people among them, and
// requests that are held not.
func (r Reader) CountFriends(ctx context.Context, account int64, state string) (count int, err error) {
	err = r.get(ctx, &count, `SELECT COUNT(*) FROM friend WHERE account_id = ? AND state = ? AND NOT held`, account, state)
	return count, err
}

// FriendPlace is a friend, and where what is for friends goes.
type FriendPlace struct {
	AccountID  int64 `db:"account_id"` // the friend
	URI        string
	Host       string // of their inbox, "" for people of this node
	Inbox      string // the inbox that their server shares, or their own
	HideTheirs bool   `db:"hide_theirs"`
	HideMine   bool   `db:"hide_mine"`
}

// FriendsOnHosts returns all friends of an account that can be reached, with where they are, in the
// order of hosts and ids: what is sent to one host stands together.
func (r Reader) FriendsOnHosts(ctx context.Context, owner int64) (places []FriendPlace, err error) {
	err = r.list(ctx, &places, `
		SELECT a.id AS account_id, a.uri, a.inbox_host AS host, COALESCE(NULLIF(a.shared_inbox, ''), a.inbox) AS inbox,
			f.hide_theirs, f.hide_mine
		FROM friend f JOIN account a ON a.id = f.friend_id
		WHERE f.account_id = ?1 AND f.state = 'friend' AND NOT a.hidden AND (a.host = '' OR a.inbox_host <> '')
		ORDER BY a.inbox_host, a.id`, owner)
	return places, err
}

// FriendsWithHost returns what is between an account and people of a host, requests among them,
// which the caller ends when the account mutes the host or the operator blocks it.
func (r Reader) FriendsWithHost(ctx context.Context, account int64, host string) (friends []Friend, err error) {
	err = r.list(ctx, &friends, `
		SELECT `+prefixed("f", friendColumns)+` FROM friend f JOIN account a ON a.id = f.friend_id
		WHERE f.account_id = ? AND a.host = ? ORDER BY f.id`, account, host)
	return friends, err
}

// HiddenFriend is somebody who is hidden, and where they are.
type HiddenFriend struct {
	FriendID  int64 `db:"friend_id"`
	Host      string
	InboxHost string `db:"inbox_host"`
}

// HiddenFriends returns with whom of other servers an account has something as friends, requests
// among them, who is hidden.
func (r Reader) HiddenFriends(ctx context.Context, account int64) (friends []HiddenFriend, err error) {
	err = r.list(ctx, &friends, `
		SELECT f.friend_id, a.host, a.inbox_host FROM friend f JOIN account a ON a.id = f.friend_id
		WHERE f.account_id = ? AND a.hidden AND a.host <> '' ORDER BY f.id`, account)
	return friends, err
}

// PutFriend writes one half, of an account of this node: a new one, or another state of the one
// that is there, whose marks stay. Since is filled in when they become friends.
func (tx *Tx) PutFriend(ctx context.Context, f Friend) (Friend, error) {
	if f.AccountID == f.FriendID {
		return f, fault.New(fault.Unprocessable, "nobody is their own friend")
	}
	if f.State == FriendBoth && f.Since == 0 {
		f.Since = Now()
	}
	err := tx.get(ctx, &f, `
		INSERT INTO friend (`+friendColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (account_id, friend_id) DO UPDATE SET id = excluded.id, state = excluded.state,
			offer_uri = excluded.offer_uri, offered = excluded.offered, greeting = excluded.greeting,
			by_code = excluded.by_code, held = excluded.held, since = excluded.since, created_at = excluded.created_at
		RETURNING `+friendColumns,
		tx.store.rowID(), f.AccountID, f.FriendID, f.State, f.OfferURI, f.Offered, f.Greeting, f.ByCode, f.Held && f.State == FriendAsking, f.Since, Now(),
		f.Remark, f.Starred, f.HideTheirs, f.HideMine)
	if err != nil || f.State != FriendBoth {
		return f, err
	}
	return f, tx.TellMomentBook(ctx, MomentBookJob{Account: f.AccountID, Friend: f.FriendID, New: true})
}

// MarkFriend replaces what an account notes about somebody who is, or shall become, their friend;
// fault.NotFound if there is nothing between them.
func (tx *Tx) MarkFriend(ctx context.Context, account, other int64, m FriendMarks) error {
	if err := tx.hideMoments(ctx, account, other, m.HideMine); err != nil {
		return err
	}
	return tx.mustExec(ctx, `
		UPDATE friend SET remark = ?, starred = ?, hide_theirs = ?, hide_mine = ? WHERE account_id = ? AND friend_id = ?`,
		m.Remark, m.Starred, m.HideTheirs, m.HideMine, account, other)
}

// DeleteFriend ends one half, with the tags that somebody had; fault.NotFound if there was none.
func (tx *Tx) DeleteFriend(ctx context.Context, account, other int64) (f Friend, err error) {
	if err = tx.get(ctx, &f, `
		DELETE FROM friend WHERE account_id = ? AND friend_id = ? RETURNING `+friendColumns, account, other); err != nil {
		return f, err
	}
	if _, err = tx.exec(ctx, `DELETE FROM friend_tag_member WHERE owner_id = ? AND friend_id = ?`, account, other); err != nil {
		return f, err
	}
	return f, tx.partMoments(ctx, account, other)
}

// partFriends ends both halves of whatever is between two people.
func (tx *Tx) partFriends(ctx context.Context, a, b int64) error {
	for _, pair := range [][2]int64{{a, b}, {b, a}} {
		if _, err := tx.DeleteFriend(ctx, pair[0], pair[1]); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}

// FriendName is a friend by the names they are looked for.
type FriendName struct {
	FriendID    int64 `db:"friend_id"`
	Name        string
	Host        string
	DisplayName string `db:"display_name"`
	Remark      string
}

// FriendNames returns the names of all friends of an account, starred ones first.
func (r Reader) FriendNames(ctx context.Context, account int64) (names []FriendName, err error) {
	err = r.list(ctx, &names, `
		SELECT f.friend_id, a.name, a.host, a.display_name, f.remark FROM friend f JOIN account a ON a.id = f.friend_id
		WHERE f.account_id = ? AND f.state = 'friend' AND NOT a.hidden
		ORDER BY CASE WHEN f.starred THEN 0 ELSE 1 END, f.id DESC`, account)
	return names, err
}
