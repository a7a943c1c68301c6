package storage

import (
	"context"
	"slices"

	"tulou/protocol/fault"
)

// FriendTag is a name that somebody gives some of their friends: a circle. Nobody else sees it.
type FriendTag struct {
	ID        int64
	AccountID int64 `db:"account_id"`
	Name      string
	Members   int64 // how many friends have it
}

// FriendTagsMax is how many tags somebody may have: more than anybody finds their way in.
const FriendTagsMax = 100

const friendTagsFrom = `
	SELECT t.id, t.account_id, t.name, (SELECT COUNT(*) FROM friend_tag_member m JOIN account a ON a.id = m.friend_id
		WHERE m.tag_id = t.id AND NOT a.hidden) AS members
	FROM friend_tag t WHERE t.account_id = ?1`

// FriendTags returns the tags of an account, by their folded names.
func (r Reader) FriendTags(ctx context.Context, account int64) (tags []FriendTag, err error) {
	err = r.list(ctx, &tags, friendTagsFrom+` ORDER BY t.name_key`, account)
	return tags, err
}

// FriendTagOf returns one tag of an account; fault.NotFound also for those of others.
func (r Reader) FriendTagOf(ctx context.Context, account, id int64) (t FriendTag, err error) {
	err = r.get(ctx, &t, friendTagsFrom+` AND t.id = ?2`, account, id)
	return t, err
}

// FriendTagging says that a friend has a tag.
type FriendTagging struct {
	FriendID int64 `db:"friend_id"`
	TagID    int64 `db:"tag_id"`
}

// TagsOfFriends returns the ids of the tags that an account gave to friends, by friend.
func (r Reader) TagsOfFriends(ctx context.Context, account int64, friends []int64) (map[int64][]int64, error) {
	rows, err := listIn[FriendTagging](ctx, r, `
		SELECT friend_id, tag_id FROM friend_tag_member WHERE owner_id = ?1 AND friend_id IN (?) ORDER BY tag_id`, friends, account)
	found := map[int64][]int64{}
	for _, row := range rows {
		if !slices.Contains(found[row.FriendID], row.TagID) {
			found[row.FriendID] = append(found[row.FriendID], row.TagID)
		}
	}
	return found, err
}

// FriendsTagged returns the friends, and nobody else, to whom an account gave one of its tags: whom
// a circle is now. Tags of others have no members.
func (r Reader) FriendsTagged(ctx context.Context, account int64, tags []int64) ([]int64, error) {
	found, err := listIn[int64](ctx, r, `
		SELECT DISTINCT m.friend_id FROM friend_tag_member m
		JOIN friend f ON f.account_id = m.owner_id AND f.friend_id = m.friend_id AND f.state = 'friend'
		JOIN account a ON a.id = m.friend_id AND NOT a.hidden
		WHERE m.owner_id = ?1 AND m.tag_id IN (?)`, tags, account)
	slices.Sort(found)
	return slices.Compact(found), err
}

// CreateFriendTag adds a tag without members; key is the name folded. It is fault.Conflict if the
// account has one of that name, fault.Unprocessable if it has FriendTagsMax.
func (tx *Tx) CreateFriendTag(ctx context.Context, account int64, name, key string) (FriendTag, error) {
	var count int
	if err := tx.get(ctx, &count, `SELECT COUNT(*) FROM friend_tag WHERE account_id = ?`, account); err != nil {
		return FriendTag{}, err
	}
	if count >= FriendTagsMax {
		return FriendTag{}, fault.New(fault.Unprocessable, "nobody has more than %d circles", FriendTagsMax)
	}
	t := FriendTag{ID: tx.store.rowID(), AccountID: account, Name: name}
	n, err := tx.exec(ctx, `
		INSERT INTO friend_tag (id, account_id, name, name_key, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		t.ID, account, name, key, Now())
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "there is a circle of this name")
	}
	return t, err
}

// RenameFriendTag gives a tag another name; fault.NotFound if the account has no such tag,
// fault.Conflict if it has another of that name.
func (tx *Tx) RenameFriendTag(ctx context.Context, account, id int64, name, key string) error {
	taken, err := tx.exists(ctx, `SELECT 1 FROM friend_tag WHERE account_id = ? AND name_key = ? AND id <> ?`, account, key, id)
	if err != nil {
		return err
	}
	if taken {
		return fault.New(fault.Conflict, "there is a circle of this name")
	}
	return tx.mustExec(ctx, `UPDATE friend_tag SET name = ?, name_key = ? WHERE id = ? AND account_id = ?`, name, key, id, account)
}

// DeleteFriendTag removes a tag from everybody; fault.NotFound if the account has no such tag.
func (tx *Tx) DeleteFriendTag(ctx context.Context, account, id int64) error {
	return tx.mustExec(ctx, `DELETE FROM friend_tag WHERE id = ? AND account_id = ?`, id, account)
}

// TagFriend gives a tag of its owner to a friend of theirs; having it already is no error. It is
// fault.NotFound for whoever is no friend.
func (tx *Tx) TagFriend(ctx context.Context, t FriendTag, friend int64) error {
	f, err := tx.FriendOf(ctx, t.AccountID, friend)
	if err == nil && f.State != FriendBoth {
		err = fault.New(fault.NotFound, "not found")
	}
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO friend_tag_member (id, tag_id, owner_id, friend_id) VALUES (?, ?, ?, ?) ON CONFLICT (tag_id, friend_id) DO NOTHING`,
		tx.store.rowID(), t.ID, t.AccountID, friend)
	return err
}

// UntagFriend takes a tag from somebody; not having it is no error.
func (tx *Tx) UntagFriend(ctx context.Context, t FriendTag, friend int64) error {
	_, err := tx.exec(ctx, `DELETE FROM friend_tag_member WHERE tag_id = ? AND owner_id = ? AND friend_id = ?`, t.ID, t.AccountID, friend)
	return err
}
