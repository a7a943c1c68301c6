package storage

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"tulou/protocol/fault"
)

// Several people who like one post within half a day are one thing to tell. The group is written
// when a notification is: its key begins with the type and the post and ends in the hour of its
// first one, so that it never changes. The newest row of a group is marked and has what is told of
// the group, so that a page of groups costs as much as a page of notifications, however many there
// are in a group.

// groupSpan is how long after its first notification a group takes more, as in Mastodon.
const groupSpan = 12

// GroupSample is how many people of a group are named at once.
const GroupSample = 8

// GroupedTypes are the types that are told in groups.
func GroupedTypes() []string { return []string{NotifyLike, NotifyBoost, NotifyFollow, NotifySignUp} }

// groupState is what the newest row of a group, ID, tells of it. The zero value is no group.
type groupState struct {
	ID      int64
	Key     string  `db:"group_key"`
	Members int64   // how many there are
	FirstID int64   `db:"first_id"`
	Latest  Numbers // who did the newest ones, at most GroupSample
}

// with is the state after one more notification.
func (g groupState) with(n Notification) groupState {
	if g.ID == 0 {
		return groupState{n.ID, n.GroupKey, 1, n.ID, Numbers{n.FromID}}
	}
	latest := append(Numbers{n.FromID}, g.Latest...)
	return groupState{n.ID, g.Key, g.Members + 1, min(g.FirstID, n.ID), latest[:min(len(latest), GroupSample)]}
}

// groupFor returns in which group a new notification is. What is liked, boosted or followed is
// locked by whoever counts that, so two transactions do not both find the same newest row; nobody
// counts who makes an account, so the login of who is told is locked. Ids were given before that,
// or by another process's clock, so the newest row is the marked one.
func (tx *Tx) groupFor(ctx context.Context, n Notification) (g groupState, err error) {
	if !slices.Contains(GroupedTypes(), n.Type) {
		return g, nil
	}
	if n.Type == NotifySignUp {
		if err := tx.holdLogin(ctx, n.AccountID); err != nil && !fault.Is(err, fault.NotFound) {
			return g, err
		}
	}
	about := n.Type + "-"
	if n.StatusID != 0 {
		about += strconv.FormatInt(n.StatusID, 10) + "-"
	}
	err = tx.get(ctx, &g, `
		SELECT id, group_key, members, first_id, latest FROM notification
		WHERE account_id = ? AND group_key >= ? AND group_key < ? AND group_key <> '' AND newest
		ORDER BY group_key DESC, id DESC LIMIT 1`, n.AccountID, about, about+beyond)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return g, err
	}
	hour := int64(n.CreatedAt) / time.Hour.Milliseconds()
	if err == nil {
		first, err := strconv.ParseInt(strings.TrimPrefix(g.Key, about), 10, 64)
		if err == nil && hour < first+groupSpan {
			return g, nil
		}
	}
	return groupState{Key: about + strconv.FormatInt(hour, 10)}, nil
}

// regroup works out anew what is told of a group after some of it is gone. The key is asked for as
// a range, and ordered by, because PostgreSQL would otherwise walk through everything that the
// account was told, in the order of ids.
func (tx *Tx) regroup(ctx context.Context, account int64, key string) error {
	var newest []struct {
		ID     int64
		FromID int64 `db:"from_id"`
	}
	if err := tx.list(ctx, &newest, `
		SELECT id, from_id FROM notification WHERE account_id = ?1 AND group_key >= ?2 AND group_key <= ?2 AND group_key <> ''
		ORDER BY group_key DESC, id DESC LIMIT ?3`, account, key, GroupSample); err != nil || len(newest) == 0 {
		return err
	}
	var latest Numbers
	for _, n := range newest {
		latest = append(latest, n.FromID)
	}
	if _, err := tx.exec(ctx, `
		UPDATE notification SET newest = FALSE WHERE account_id = ?1 AND group_key >= ?2 AND group_key <= ?2 AND group_key <> ''
			AND newest AND id <> ?3`, account, key, newest[0].ID); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `
		UPDATE notification SET newest = TRUE, latest = ?3,
			members = (SELECT COUNT(*) FROM notification g WHERE g.account_id = ?1 AND g.group_key = ?2 AND g.group_key <> ''),
			first_id = (SELECT MIN(g.id) FROM notification g WHERE g.account_id = ?1 AND g.group_key = ?2 AND g.group_key <> '')
		WHERE id = ?4`, account, key, latest, newest[0].ID)
	return err
}

// NotificationGroup is what a page of groups lists: a notification, the newest of its group, and
// what there is beside it.
type NotificationGroup struct {
	Notification
	Alone   bool    `db:"-"` // it stands for itself, whether it belongs to a group or not
	Members int64   // of the whole group
	FirstID int64   `db:"first_id"` // its oldest
	Latest  Numbers // who did the newest ones, at most GroupSample
}

var groupsFrom = `SELECT ` + prefixed("n", notificationColumns+`, members, first_id, latest`) + ` FROM ` + notificationTables

// groupRoundsMax bounds how often a page is filled up again whose groups are all of hidden people.
const groupRoundsMax = 10

// NotificationGroups returns a page of what an account was told, by the newest of each group. Only
// grouped types are in groups; of one person (f.FromID) nothing is. A short page is the last one,
// unless hidden people did nearly everything.
func (r Reader) NotificationGroups(ctx context.Context, account int64, f NotificationFilter, grouped []string, p Page) (page []NotificationGroup, err error) {
	limit := p.Limit
	if limit <= 0 {
		limit = PageDefault
	}
	limit = min(limit, NotificationPageMax)
	upward := p.MinID > 0
	for range groupRoundsMax {
		read, shown, err := r.notificationGroups(ctx, account, f, grouped, p)
		if err != nil {
			return nil, err
		}
		if upward {
			page = append(shown, page...)
		} else {
			page = append(page, shown...)
		}
		if len(read) < limit || len(page) >= limit {
			break
		}
		if upward {
			p.MinID = read[0]
		} else {
			p.MaxID = read[len(read)-1]
		}
	}
	if upward {
		return page[max(0, len(page)-limit):], nil
	}
	return page[:min(len(page), limit)], nil
}

// notificationGroups reads a page, and tells what is shown of it.
func (r Reader) notificationGroups(ctx context.Context, account int64, f NotificationFilter, grouped []string, p Page,
) (read []int64, shown []NotificationGroup, err error) {
	query, args := groupsQuery(groupsFrom, account, f, grouped)
	groups, err := paged[NotificationGroup](ctx, r, p, NotificationPageMax, "n.id", query, args...)
	if err != nil {
		return nil, nil, err
	}
	for i := range groups {
		g := &groups[i]
		read = append(read, g.ID)
		if g.GroupKey == "" || f.FromID != 0 || !slices.Contains(grouped, g.Type) {
			*g = alone(g.Notification)
		}
	}
	shown, err = r.shown(ctx, groups)
	return read, shown, err
}

func alone(n Notification) NotificationGroup {
	return NotificationGroup{Notification: n, Alone: true, Members: 1, FirstID: n.ID, Latest: Numbers{n.FromID}}
}

// shown leaves out people who are hidden, and groups in which nobody is left.
func (r Reader) shown(ctx context.Context, groups []NotificationGroup) ([]NotificationGroup, error) {
	var people []int64
	for _, g := range groups {
		if !g.Alone {
			people = append(people, g.Latest...)
		}
	}
	slices.Sort(people)
	hidden, err := listIn[int64](ctx, r, `SELECT id FROM account WHERE hidden AND id IN (?)`, slices.Compact(people))
	if err != nil || len(hidden) == 0 {
		return groups, err
	}
	for i := range groups {
		groups[i].Latest = slices.DeleteFunc(groups[i].Latest, func(id int64) bool { return slices.Contains(hidden, id) })
	}
	return slices.DeleteFunc(groups, func(g NotificationGroup) bool { return len(g.Latest) == 0 }), nil
}

// groupsQuery selects the newest of each group. Whoever did the newest may be hidden, and others of
// the group are not.
func groupsQuery(from string, account int64, f NotificationFilter, grouped []string) (string, []any) {
	query, args := in(from+f.condition()+` AND n.type IN (?)`, f.types())
	args = append([]any{account, f.FromID}, args...)
	apart := slices.DeleteFunc(GroupedTypes(), func(t string) bool { return slices.Contains(grouped, t) })
	switch {
	case f.FromID != 0:
		query += ` AND NOT x.hidden`
	case len(apart) == 0:
		query += ` AND n.newest AND (n.group_key <> '' OR NOT x.hidden)`
	default:
		more, types := in(` AND (n.newest AND n.group_key <> '' AND n.type NOT IN (?)`, apart)
		query, args = query+more, append(args, types...)
		more, types = in(` OR NOT x.hidden AND (n.group_key = '' OR n.type IN (?)))`, apart)
		query, args = query+more, append(args, types...)
	}
	return query, args
}

// CountNotificationGroups counts the groups with something that an account has not read, to at most
// limit.
func (r Reader) CountNotificationGroups(ctx context.Context, account int64, f NotificationFilter, grouped []string, limit int) (count int, err error) {
	read, err := r.readTo(ctx, account)
	if err != nil {
		return 0, err
	}
	query, args := groupsQuery(`SELECT COUNT(*) FROM (SELECT n.id FROM `+notificationTables, account, f, grouped)
	err = r.get(ctx, &count, query+` AND n.id > ? LIMIT ?) counted`, append(args, read, limit)...)
	return count, err
}

// NotificationGroup returns one group of an account; fault.NotFound if nothing of it is to be
// shown.
func (r Reader) NotificationGroup(ctx context.Context, account int64, key string) (g NotificationGroup, err error) {
	if err := r.get(ctx, &g, groupsFrom+` AND n.group_key = ?2 AND n.group_key <> '' AND n.newest LIMIT 1`, account, key); err != nil {
		return g, err
	}
	groups, err := r.shown(ctx, []NotificationGroup{g})
	if err == nil && len(groups) == 0 {
		return g, fault.New(fault.NotFound, "not found")
	}
	return groups[0], err
}

// NotificationGroupAccounts returns a page of who is in a group.
func (r Reader) NotificationGroupAccounts(ctx context.Context, account int64, key string, p Page) ([]Entry, error) {
	return paged[Entry](ctx, r, p, AccountPageMax, "n.id", `
		SELECT n.id AS page_key, n.from_id AS id FROM notification n JOIN account x ON x.id = n.from_id
		WHERE n.account_id = ?1 AND n.group_key = ?2 AND n.group_key <> '' AND NOT x.hidden`, account, key)
}

// DismissNotificationGroup removes a whole group of an account; none is no error.
func (tx *Tx) DismissNotificationGroup(ctx context.Context, account int64, key string) error {
	_, err := tx.exec(ctx, `DELETE FROM notification WHERE account_id = ? AND group_key = ? AND group_key <> ''`, account, key)
	return err
}
