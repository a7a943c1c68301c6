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
// first one, so that it never changes. Only the newest row of a group is marked, and a page of
// groups is a page of marked rows, whatever else there is.

// groupSpan is how long after its first notification a group takes more, as in Mastodon.
const groupSpan = 12

// GroupSample is how many people of a group are named at once.
const GroupSample = 8

// GroupedTypes are the types that are told in groups.
func GroupedTypes() []string { return []string{NotifyLike, NotifyBoost, NotifyFollow, NotifySignUp} }

// groupFor returns in which group a new notification is, "" for none, and the newest one there, 0
// if it is the first. What is liked, boosted or followed is locked by whoever counts that, so two
// transactions do not both find the same newest.
func (tx *Tx) groupFor(ctx context.Context, n Notification) (key string, newest int64, err error) {
	if !slices.Contains(GroupedTypes(), n.Type) {
		return "", 0, nil
	}
	about := n.Type + "-"
	if n.StatusID != 0 {
		about += strconv.FormatInt(n.StatusID, 10) + "-"
	}
	var last Notification
	err = tx.get(ctx, &last, `
		SELECT id, group_key FROM notification
		WHERE account_id = ? AND group_key >= ? AND group_key < ? AND group_key <> ''
		ORDER BY group_key DESC, id DESC LIMIT 1`, n.AccountID, about, about+beyond)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", 0, err
	}
	hour := int64(n.CreatedAt) / time.Hour.Milliseconds()
	if err == nil {
		first, err := strconv.ParseInt(strings.TrimPrefix(last.GroupKey, about), 10, 64)
		if err == nil && hour < first+groupSpan {
			return last.GroupKey, last.ID, nil
		}
	}
	return about + strconv.FormatInt(hour, 10), 0, nil
}

// NotificationGroup is what a page of groups lists: a notification, the newest of its group, and
// what there is beside it.
type NotificationGroup struct {
	Notification
	Alone bool    // it stands for itself, whether it belongs to a group or not
	Count int64   // of the whole group
	MinID int64   // its oldest
	MaxID int64   // its newest that is to be shown
	From  []int64 // the latest people, at most GroupSample
}

// NotificationGroups returns a page of what an account was told, by the newest of each group. Only
// grouped types are in groups; of one person (f.FromID) nothing is.
func (r Reader) NotificationGroups(ctx context.Context, account int64, f NotificationFilter, grouped []string, p Page) ([]NotificationGroup, error) {
	query, args := groupsQuery(notificationsFrom, account, f, grouped)
	rows, err := paged[Notification](ctx, r, p, NotificationPageMax, "n.id", query, args...)
	if err != nil {
		return nil, err
	}
	groups := make([]NotificationGroup, len(rows))
	for i, n := range rows {
		groups[i] = alone(n)
		groups[i].Alone = n.GroupKey == "" || f.FromID != 0 || !slices.Contains(grouped, n.Type)
	}
	if err := r.fillGroups(ctx, account, groups); err != nil {
		return nil, err
	}
	// A group of hidden people has nobody to show.
	return slices.DeleteFunc(groups, func(g NotificationGroup) bool { return len(g.From) == 0 }), nil
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

func alone(n Notification) NotificationGroup {
	return NotificationGroup{Notification: n, Alone: true, Count: 1, MinID: n.ID, MaxID: n.ID, From: []int64{n.FromID}}
}

// fillGroups reads what there is in groups beside their newest.
func (r Reader) fillGroups(ctx context.Context, account int64, groups []NotificationGroup) error {
	var keys []string
	for _, g := range groups {
		if !g.Alone {
			keys = append(keys, g.GroupKey)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	type total struct {
		GroupKey string `db:"group_key"`
		Count    int64
		MinID    int64 `db:"min_id"`
	}
	totals, err := listIn[total](ctx, r, `
		SELECT group_key, COUNT(*) AS count, MIN(id) AS min_id FROM notification
		WHERE account_id = ?1 AND group_key IN (?) AND group_key <> '' GROUP BY group_key`, keys, account)
	if err != nil {
		return err
	}
	byKey := make(map[string]total, len(totals))
	for _, t := range totals {
		byKey[t.GroupKey] = t
	}
	latest, err := r.latestOf(ctx, account, keys)
	if err != nil {
		return err
	}
	for i := range groups {
		g := &groups[i]
		if g.Alone {
			continue
		}
		g.Count, g.MinID, g.From = byKey[g.GroupKey].Count, byKey[g.GroupKey].MinID, nil
		for _, n := range latest[g.GroupKey] {
			if len(g.From) == 0 {
				g.MaxID, g.CreatedAt = n.ID, n.CreatedAt
			}
			g.From = append(g.From, n.FromID)
		}
	}
	return nil
}

// latestOf returns the newest notifications of each group, at most GroupSample, by people who are
// not hidden. It is one query of as many parts as there are groups, so that of a group of ten
// thousand eight are read. The key is asked for as a range, and ordered by, because PostgreSQL would
// otherwise walk through everything that the account was told, in the order of ids.
func (r Reader) latestOf(ctx context.Context, account int64, keys []string) (map[string][]Notification, error) {
	part := `SELECT * FROM (
		SELECT n.id, n.group_key, n.from_id, n.created_at FROM notification n JOIN account x ON x.id = n.from_id
		WHERE n.account_id = ?1 AND n.group_key >= ? AND n.group_key <= ? AND n.group_key <> '' AND NOT x.hidden
		ORDER BY n.group_key DESC, n.id DESC LIMIT ` + strconv.Itoa(GroupSample) + `) found`
	parts := 1
	for parts < len(keys) {
		parts *= 2 // few different statements
	}
	args := []any{account}
	for i := range parts {
		key := "" // of no group
		if i < len(keys) {
			key = keys[i]
		}
		args = append(args, key, key)
	}
	var rows []Notification
	err := r.list(ctx, &rows, part+strings.Repeat(` UNION ALL `+part, parts-1), args...)
	slices.SortStableFunc(rows, func(a, b Notification) int { return int(max(-1, min(1, b.ID-a.ID))) })
	return grouped(rows, func(n Notification) string { return n.GroupKey }), err
}

// NotificationGroup returns one group of an account; fault.NotFound if nothing of it is to be
// shown.
func (r Reader) NotificationGroup(ctx context.Context, account int64, key string) (NotificationGroup, error) {
	var n Notification
	if err := r.get(ctx, &n, notificationsFrom+` AND n.group_key = ?2 AND n.group_key <> '' AND n.newest LIMIT 1`, account, key); err != nil {
		return NotificationGroup{}, err
	}
	group := alone(n)
	group.Alone = false
	groups := []NotificationGroup{group}
	err := r.fillGroups(ctx, account, groups)
	if err == nil && len(groups[0].From) == 0 {
		err = fault.New(fault.NotFound, "not found")
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
