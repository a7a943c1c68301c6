package storage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"tulou/protocol/ids"
)

// Stamp is a status of a timeline with the versions of all that its rendering depends on, so that
// one which was rendered before is not read again.
type Stamp struct {
	Key                 int64 `db:"page_key"` // for paging: the id, or that of the like or bookmark
	ID                  int64
	Version             int64
	AccountID           int64 `db:"account_id"`
	AccountVersion      int64 `db:"account_version"`
	BoostOfID           int64 `db:"boost_of_id"` // 0, and so the next three, if it is no boost
	BoostVersion        int64 `db:"boost_version"`
	BoostAccountID      int64 `db:"boost_account_id"`
	BoostAccountVersion int64 `db:"boost_account_version"`
}

// StatusIDs returns the ids of a timeline.
func StatusIDs(stamps []Stamp) []int64 {
	found := make([]int64, len(stamps))
	for i, s := range stamps {
		found[i] = s.ID
	}
	return found
}

// stampOf lists the columns of a Stamp over statusTables.
func stampOf(key string) string {
	return key + ` AS page_key, s.id, s.version, s.account_id, a.version AS account_version, s.boost_of_id,
		COALESCE(o.version, 0) AS boost_version, COALESCE(o.account_id, 0) AS boost_account_id,
		COALESCE(oa.version, 0) AS boost_account_version`
}

// Scope says whose posts a public timeline shows.
type Scope int

// The scopes.
const (
	Everywhere Scope = iota
	LocalOnly
	RemoteOnly
)

// Stamps returns the stamps of those of the statuses that exist, whoever may see them: the ids come
// from what was checked before.
func (r Reader) Stamps(ctx context.Context, statuses []int64) ([]Stamp, error) {
	return listIn[Stamp](ctx, r, `SELECT `+stampOf("s.id")+` FROM `+statusTables+` WHERE s.id IN (?)`, statuses)
}

// Statuses returns the statuses of a timeline in its order.
func (r Reader) Statuses(ctx context.Context, stamps []Stamp) ([]Status, error) {
	byID, err := r.StatusesByIDs(ctx, StatusIDs(stamps))
	found := make([]Status, 0, len(stamps))
	for _, stamp := range stamps {
		if s, ok := byID[stamp.ID]; ok {
			found = append(found, s)
		}
	}
	return found, err
}

// Home returns a page of viewer's home timeline.
func (r Reader) Home(ctx context.Context, viewer int64, p Page) ([]Stamp, error) {
	return paged[Stamp](ctx, r, p, StatusPageMax, "h.status_id", `
		SELECT `+stampOf("s.id")+` FROM home_entry h CROSS JOIN `+statusTables+`
		WHERE h.account_id = ?1 AND s.id = h.status_id AND `+wanted+` AND `+visible, viewer, Now())
}

// answersOthers is the condition that a status answers somebody else's.
const answersOthers = `(s.reply_to_uri <> '' AND s.reply_to_account <> s.account_id)`

// Public returns a page of public posts that are no boosts and answer nobody else. viewer may be 0.
func (r Reader) Public(ctx context.Context, viewer int64, scope Scope, p Page) ([]Stamp, error) {
	condition := map[Scope]string{Everywhere: ``, LocalOnly: ` AND s.local`, RemoteOnly: ` AND NOT s.local`}[scope]
	return paged[Stamp](ctx, r, p, StatusPageMax, "s.id", `
		SELECT `+stampOf("s.id")+` FROM `+statusTables+`
		WHERE s.visibility = 'public' AND s.boost_of_id = 0 AND NOT a.limited`+condition+` AND NOT `+answersOthers+`
			AND `+wanted+` AND `+visible, viewer, Now())
}

// TagsOtherMax is how many hashtags besides the first one each list of a TagFilter may have, as in
// Mastodon.
const TagsOtherMax = 4

// TagFilter is which hashtags posts have: any of some, all of others, none of others again. All are
// folded.
type TagFilter struct{ Any, All, None []string }

// condition is All and None on s, with arguments from ?from on.
func (f TagFilter) condition(from int) (condition string, args []any) {
	for i, tag := range append(slices.Clone(f.All), f.None...) {
		if i >= len(f.All) {
			condition += ` AND NOT`
		} else {
			condition += ` AND`
		}
		condition += fmt.Sprintf(` EXISTS (SELECT 1 FROM status_tag o WHERE o.status_id = s.id AND o.tag = ?%d)`, from+i)
		args = append(args, tag)
	}
	return condition, args
}

// Tag returns a page of public posts with certain hashtags, none if f.Any is empty. viewer may be
// 0.
func (r Reader) Tag(ctx context.Context, viewer int64, f TagFilter, scope Scope, p Page) (stamps []Stamp, err error) {
	condition := map[Scope]string{Everywhere: ``, LocalOnly: ` AND s.local`, RemoteOnly: ` AND NOT s.local`}[scope]
	others, args := f.condition(4)
	// A page of each hashtag, in the order of its index, is merged: what is on none of them is older
	// than the page.
	for _, tag := range f.Any {
		some, err := paged[Stamp](ctx, r, p, StatusPageMax, "t.status_id", `
			SELECT `+stampOf("s.id")+` FROM status_tag t CROSS JOIN `+statusTables+`
			WHERE t.tag = ?3 AND s.id = t.status_id AND s.visibility = 'public' AND NOT a.limited`+condition+others+`
				AND `+wanted+` AND `+visible, append([]any{viewer, Now(), tag}, args...)...)
		if err != nil {
			return nil, err
		}
		stamps = append(stamps, some...)
	}
	return merged(stamps, p), nil
}

// merged makes one page of pages of statuses that were each read for p.
func merged(stamps []Stamp, p Page) []Stamp {
	slices.SortFunc(stamps, func(a, b Stamp) int { return cmp.Compare(b.Key, a.Key) })
	stamps = slices.CompactFunc(stamps, func(a, b Stamp) bool { return a.Key == b.Key })
	limit := p.Limit
	if limit <= 0 {
		limit = PageDefault
	}
	limit = min(limit, StatusPageMax, len(stamps))
	if p.MinID > 0 {
		return stamps[len(stamps)-limit:]
	}
	return stamps[:limit]
}

// AccountFilter narrows an account's statuses. Tag is folded, "" for all.
type AccountFilter struct {
	ExcludeReplies bool // but not answers to oneself
	ExcludeBoosts  bool
	Tag            string
}

// AccountStatuses returns a page of an account's statuses that viewer may see, muted or not, since
// whoever looks at a profile wants to.
func (r Reader) AccountStatuses(ctx context.Context, viewer, account int64, f AccountFilter, p Page) ([]Stamp, error) {
	return paged[Stamp](ctx, r, p, StatusPageMax, "s.id", `
		SELECT `+stampOf("s.id")+` FROM `+statusTables+`
		WHERE s.account_id = ?2 AND (s.boost_of_id = 0 OR NOT CAST(?3 AS BOOLEAN))
			AND NOT (CAST(?4 AS BOOLEAN) AND `+answersOthers+`)
			AND (?5 = '' OR EXISTS (SELECT 1 FROM status_tag t WHERE t.tag = ?5 AND t.status_id = s.id))
			AND `+visible, viewer, account, f.ExcludeBoosts, f.ExcludeReplies, f.Tag)
}

// Favourites returns a page of the statuses that viewer likes, latest like first.
func (r Reader) Favourites(ctx context.Context, viewer int64, p Page) ([]Stamp, error) {
	return paged[Stamp](ctx, r, p, StatusPageMax, "l.id", `
		SELECT `+stampOf("l.id")+` FROM likes l CROSS JOIN `+statusTables+`
		WHERE l.account_id = ?1 AND s.id = l.status_id AND `+visible, viewer)
}

// Bookmarks returns a page of the statuses that viewer has bookmarked, latest bookmark first.
func (r Reader) Bookmarks(ctx context.Context, viewer int64, p Page) ([]Stamp, error) {
	return paged[Stamp](ctx, r, p, StatusPageMax, "k.id", `
		SELECT `+stampOf("k.id")+` FROM bookmark k CROSS JOIN `+statusTables+`
		WHERE k.account_id = ?1 AND s.id = k.status_id AND `+visible, viewer)
}

// Limits of home timelines: how many entries are made when one is rebuilt, how far back it looks,
// how many posts somebody newly followed brings, and how many entries are kept.
const (
	homeRebuilt    = 400
	homeFilled     = 40
	homeLooksBack  = 60 * 24 * time.Hour
	HomeEntriesMax = 1000
)

// homeRule is what goes into whose home timeline: f is a follow, s a status of its target. Whoever
// is in an exclusive list is left to it.
const homeRule = followRule + ` AND ` + notElsewhere

// notElsewhere is the condition that the author of s is in no exclusive list of the owner of f.
const notElsewhere = `NOT EXISTS (SELECT 1 FROM list_member e JOIN list ex ON ex.id = e.list_id
		WHERE e.target_id = s.account_id AND e.owner_id = f.account_id AND ex.exclusive)`

// followRule is what a follow brings into timelines: boosts if the follower wants them, answers
// only to people they follow, or to themselves, and nothing they could not see. An answer to
// something unknown stays out, as its context does.
const followRule = `f.accepted AND (s.boost_of_id = 0 OR f.boosts)
	AND (s.reply_to_uri = '' OR s.reply_to_account IN (s.account_id, f.account_id)
		OR EXISTS (SELECT 1 FROM follow g WHERE g.account_id = f.account_id AND g.target_id = s.reply_to_account AND g.accepted))
	AND (s.everybody OR EXISTS (SELECT 1 FROM audience p WHERE p.status_id = s.id AND p.principal IN (-f.target_id, f.account_id)))`

// FanOut puts a status into the home timelines of its author and of those followers, of the author
// or of its hashtags, who are of this node and use it, and into their lists. It returns whose home
// timelines got it; ListsShowing says which lists.
func (tx *Tx) FanOut(ctx context.Context, s Status) (accounts []int64, err error) {
	err = tx.list(ctx, &accounts, `
		INSERT INTO home_entry (account_id, status_id, author_id)
		SELECT f.account_id, s.id, s.account_id FROM status s CROSS JOIN follow f JOIN login l ON l.account_id = f.account_id
		WHERE s.id = ?1 AND f.target_id = s.account_id AND l.active_at >= ?2 AND `+homeRule+`
		UNION ALL
		SELECT l.account_id, s.id, s.account_id FROM status s JOIN login l ON l.account_id = s.account_id WHERE s.id = ?1
		UNION ALL
		SELECT f.account_id, s.id, s.account_id FROM status s CROSS JOIN status_tag t CROSS JOIN tag_follow f
			JOIN login l ON l.account_id = f.account_id
		WHERE s.id = ?1 AND t.status_id = s.id AND f.tag = t.tag AND l.active_at >= ?2 AND `+tagRule+`
		ON CONFLICT (account_id, status_id) DO NOTHING RETURNING account_id`, s.ID, activeSince())
	if err != nil {
		return nil, err
	}
	lists, err := tx.fanOutLists(ctx, s.ID)
	if err == nil && len(accounts)+len(lists) > 0 {
		tx.happened(Happening{Kind: HappenedHome, ID: s.ID, Accounts: accounts, Lists: lists})
	}
	return accounts, err
}

// fillNew puts the latest posts of somebody newly followed into a home timeline.
func (tx *Tx) fillNew(ctx context.Context, account, target int64) error {
	return tx.fillHome(ctx, account, target, ids.FloorAt(time.Now().Add(-homeLooksBack)), homeFilled)
}

// fillHome puts the latest posts of somebody followed into the home timeline of whoever uses the
// node, at most limit of those after an id.
func (tx *Tx) fillHome(ctx context.Context, account, target, after int64, limit int) error {
	_, err := tx.exec(ctx, `
		INSERT INTO home_entry (account_id, status_id, author_id)
		SELECT f.account_id, s.id, s.account_id FROM login l JOIN follow f ON f.account_id = l.account_id
			JOIN status s ON s.account_id = f.target_id
		WHERE l.account_id = ?1 AND l.active_at >= ?3 AND f.target_id = ?2 AND s.id > ?4 AND `+homeRule+`
		ORDER BY s.id DESC LIMIT ?5
		ON CONFLICT (account_id, status_id) DO NOTHING`, account, target, activeSince(), after, limit)
	return err
}
