package storage

import (
	"context"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

const (
	// TagFollowsMax is how many hashtags somebody may follow: more than anybody can read, and few
	// enough that a home timeline is rebuilt in a moment.
	TagFollowsMax = 500
	// FeaturedTagsMax is how many hashtags somebody may show on their profile, as in Mastodon.
	FeaturedTagsMax = 10
	// TagPageMax bounds a page of followed hashtags, as in Mastodon.
	TagPageMax = 200
	// tagHistoryDays is how many days TagHistory counts, with today.
	tagHistoryDays = 7
	// suggestedFrom is how many of somebody's latest posts hashtags are suggested from.
	suggestedFrom = 1000
)

// FollowedTag is a hashtag whose public posts come into somebody's home timeline.
type FollowedTag struct {
	ID   int64  // what lists are paged by
	Tag  string // folded
	Name string // as written
}

// FollowedTags returns a page of the hashtags that an account follows.
func (r Reader) FollowedTags(ctx context.Context, account int64, p Page) ([]FollowedTag, error) {
	return paged[FollowedTag](ctx, r, p, TagPageMax, "id", `SELECT id, tag, name FROM tag_follow WHERE account_id = ?`, account)
}

// tagRule is which posts with a followed hashtag go into home timelines: s is the post, f the
// tag_follow. Whom their owner blocks or mutes is left out when they are read.
const tagRule = `s.visibility = 'public' AND s.boost_of_id = 0 AND ` + notElsewhere

// FollowTag brings public posts with a folded hashtag into a home timeline from now on, and the
// latest that are there. Following twice is no error; more than TagFollowsMax are
// fault.Unprocessable.
func (tx *Tx) FollowTag(ctx context.Context, account int64, tag, name string) error {
	var count int
	if err := tx.get(ctx, &count, `SELECT COUNT(*) FROM tag_follow WHERE account_id = ? AND tag <> ?`, account, tag); err != nil {
		return err
	}
	if count >= TagFollowsMax {
		return fault.New(fault.Unprocessable, "nobody follows more than %d hashtags", TagFollowsMax)
	}
	n, err := tx.exec(ctx, `
		INSERT INTO tag_follow (id, account_id, tag, name) VALUES (?, ?, ?, ?) ON CONFLICT (account_id, tag) DO NOTHING`,
		tx.store.rowID(), account, tag, name)
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO home_entry (account_id, status_id, author_id)
		SELECT f.account_id, s.id, s.account_id FROM tag_follow f JOIN status_tag t ON t.tag = f.tag JOIN status s ON s.id = t.status_id
		WHERE f.account_id = ?1 AND f.tag = ?2 AND t.status_id > ?3 AND `+tagRule+`
		ORDER BY t.status_id DESC LIMIT ?4
		ON CONFLICT (account_id, status_id) DO NOTHING`,
		account, tag, ids.FloorAt(time.Now().Add(-homeLooksBack)), homeFilled)
	return err
}

// UnfollowTag ends FollowTag, and takes the posts out of the home timeline that nothing else
// brought there; not followed is no error.
func (tx *Tx) UnfollowTag(ctx context.Context, account int64, tag string) error {
	n, err := tx.exec(ctx, `DELETE FROM tag_follow WHERE account_id = ? AND tag = ?`, account, tag)
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.exec(ctx, `
		DELETE FROM home_entry WHERE account_id = ?1 AND author_id <> ?1
			AND EXISTS (SELECT 1 FROM status_tag t WHERE t.tag = ?2 AND t.status_id = home_entry.status_id)
			AND NOT EXISTS (SELECT 1 FROM follow f WHERE f.account_id = ?1 AND f.target_id = home_entry.author_id AND f.accepted)
			AND NOT EXISTS (SELECT 1 FROM status_tag o JOIN tag_follow g ON g.tag = o.tag
				WHERE o.status_id = home_entry.status_id AND g.account_id = ?1)`, account, tag)
	return err
}

// TagRelation is what a viewer does with a hashtag.
type TagRelation struct {
	Tag       string
	Following bool
	Featuring bool
}

// TagRelations returns what viewer does with each of the folded hashtags; nothing is left out.
func (r Reader) TagRelations(ctx context.Context, viewer int64, tags []string) (map[string]TagRelation, error) {
	rows, err := listIn[TagRelation](ctx, r, `
		SELECT x.tag, MAX(x.following) > 0 AS following, MAX(x.featuring) > 0 AS featuring FROM (
			SELECT tag, 1 AS following, 0 AS featuring FROM tag_follow WHERE account_id = ?1
			UNION ALL
			SELECT tag, 0 AS following, 1 AS featuring FROM featured_tag WHERE account_id = ?1) x
		WHERE x.tag IN (?) GROUP BY x.tag`, tags, viewer)
	found := make(map[string]TagRelation, len(rows))
	for _, row := range rows {
		found[row.Tag] = row
	}
	return found, err
}

// TagDay is how much a hashtag was used on a day, in public.
type TagDay struct {
	Tag      string
	Day      int64 // days since 1970, UTC
	Uses     int64 // posts
	Accounts int64 // who wrote them
}

// TagHistory counts public posts with each of the folded hashtags on each of the last seven days,
// today first; days without any are there, too.
func (r Reader) TagHistory(ctx context.Context, tags []string) (map[string][]TagDay, error) {
	const day = int64(24 * time.Hour / time.Millisecond)
	today := int64(Now()) / day
	first := today - tagHistoryDays + 1
	rows, err := listIn[TagDay](ctx, r, `
		SELECT t.tag, s.created_at / ?1 AS day, COUNT(*) AS uses, COUNT(DISTINCT s.account_id) AS accounts
		FROM status_tag t CROSS JOIN status s JOIN account a ON a.id = s.account_id
		WHERE t.status_id >= ?2 AND s.id = t.status_id AND s.visibility = 'public' AND NOT a.hidden AND t.tag IN (?)
		GROUP BY t.tag, s.created_at / ?1`, tags, day, ids.FloorAt(time.UnixMilli(first*day)))
	history := make(map[string][]TagDay, len(tags))
	for _, tag := range tags {
		days := make([]TagDay, tagHistoryDays)
		for i := range days {
			days[i] = TagDay{Tag: tag, Day: today - int64(i)}
		}
		history[tag] = days
	}
	for _, row := range rows {
		if ago := today - row.Day; ago >= 0 && ago < tagHistoryDays {
			history[row.Tag][ago] = row
		}
	}
	return history, err
}

// FeaturedTag is a hashtag that somebody shows on their profile.
type FeaturedTag struct {
	ID           int64
	AccountID    int64 `db:"account_id"`
	Tag          string
	Name         string
	Statuses     int64  // their posts with it that everybody may see
	LastStatusAt Millis `db:"last_status_at"`
}

// FeaturedTags returns the hashtags that an account shows, oldest first.
func (r Reader) FeaturedTags(ctx context.Context, account int64) (tags []FeaturedTag, err error) {
	err = r.list(ctx, &tags, `
		SELECT g.id, g.account_id, g.tag, g.name, COALESCE(c.statuses, 0) AS statuses, COALESCE(c.last_status_at, 0) AS last_status_at
		FROM featured_tag g LEFT JOIN (
			SELECT t.tag, COUNT(*) AS statuses, MAX(s.created_at) AS last_status_at
			FROM status s CROSS JOIN status_tag t JOIN featured_tag w ON w.account_id = s.account_id AND w.tag = t.tag
			WHERE s.account_id = ?1 AND t.status_id = s.id AND s.everybody
				AND EXISTS (SELECT 1 FROM featured_tag WHERE account_id = ?1) -- or all posts are read for nothing
			GROUP BY t.tag) c ON c.tag = g.tag
		WHERE g.account_id = ?1 ORDER BY g.id`, account)
	return tags, err
}

// PutFeaturedTag shows a folded hashtag on a profile, once. It tells whether that is new; more than
// FeaturedTagsMax are fault.Unprocessable.
func (tx *Tx) PutFeaturedTag(ctx context.Context, account int64, tag, name string) (created bool, err error) {
	var count int
	if err := tx.get(ctx, &count, `SELECT COUNT(*) FROM featured_tag WHERE account_id = ? AND tag <> ?`, account, tag); err != nil {
		return false, err
	}
	if count >= FeaturedTagsMax {
		return false, fault.New(fault.Unprocessable, "nobody features more than %d hashtags", FeaturedTagsMax)
	}
	n, err := tx.exec(ctx, `
		INSERT INTO featured_tag (id, account_id, tag, name) VALUES (?, ?, ?, ?) ON CONFLICT (account_id, tag) DO NOTHING`,
		tx.store.rowID(), account, tag, name)
	if err != nil || n == 0 {
		return false, err
	}
	return true, tx.mustExec(ctx, `UPDATE account SET version = version + 1 WHERE id = ?`, account)
}

// DeleteFeaturedTag takes a hashtag from a profile, by id; fault.NotFound if it is not there.
func (tx *Tx) DeleteFeaturedTag(ctx context.Context, account, id int64) (t FeaturedTag, err error) {
	err = tx.get(ctx, &t, `DELETE FROM featured_tag WHERE account_id = ? AND id = ? RETURNING id, account_id, tag, name`, account, id)
	if err != nil {
		return t, err
	}
	return t, tx.mustExec(ctx, `UPDATE account SET version = version + 1 WHERE id = ?`, account)
}

// SuggestedTags returns the hashtags that an account used most of late and does not show.
func (r Reader) SuggestedTags(ctx context.Context, account int64, limit int) (found []TagCount, err error) {
	err = r.list(ctx, &found, `
		SELECT t.tag, MAX(t.name) AS name, COUNT(*) AS statuses
		FROM (SELECT s.id FROM status s WHERE s.account_id = ?1 AND s.everybody AND s.boost_of_id = 0 ORDER BY s.id DESC LIMIT ?2) latest
		CROSS JOIN status_tag t
		WHERE t.status_id = latest.id AND NOT EXISTS (SELECT 1 FROM featured_tag g WHERE g.account_id = ?1 AND g.tag = t.tag)
		GROUP BY t.tag ORDER BY statuses DESC, t.tag LIMIT ?3`, account, suggestedFrom, limit)
	return found, err
}
