package storage

import (
	"context"
	"time"

	"tulou/protocol/ids"
)

// What is going around: hashtags, posts and links that several people use or like at the same time.
// A job counts now and then and keeps the order; readers check anew who may see what.

// The kinds of trends.
const (
	TrendTag    = "tag"
	TrendStatus = "status"
	TrendLink   = "link"
)

// Limits of trends: how far back is looked, at how much of it, how many different people make
// something a trend, and how many are kept.
const (
	trendWindow   = 3 * 24 * time.Hour
	trendLooksAt  = 20_000
	trendPeople   = 2
	TrendsKept    = 100
	trendsWeighed = 500
)

// Popular is something with the days on which it was used, for weighing.
type Popular struct {
	Tag, Name string
	ID        int64
	People    int64
	At        Millis // when most of it happened, about
}

// PopularTags counts the hashtags of public posts by people who want to be found, since
// trendWindow.
func (r Reader) PopularTags(ctx context.Context, now time.Time) (found []Popular, err error) {
	err = r.list(ctx, &found, `
		SELECT t.tag, MIN(t.name) AS name, COUNT(DISTINCT s.account_id) AS people, CAST(AVG(s.created_at) AS BIGINT) AS at
		FROM (SELECT id, account_id, created_at FROM status
			WHERE id > ?1 AND visibility = 'public' AND boost_of_id = 0 ORDER BY id DESC LIMIT ?2) s
		CROSS JOIN status_tag t CROSS JOIN account a
		WHERE t.status_id = s.id AND a.id = s.account_id AND a.discoverable AND NOT a.hidden AND NOT a.limited
		GROUP BY t.tag HAVING COUNT(DISTINCT s.account_id) >= ?3
		ORDER BY people DESC, t.tag LIMIT ?4`,
		ids.FloorAt(now.Add(-trendWindow)), trendLooksAt, trendPeople, trendsWeighed)
	return found, err
}

// PopularStatuses counts who likes and boosts public posts that are no answers, by people who want
// to be found, since trendWindow. The author's own does not count, nor that of hidden people.
func (r Reader) PopularStatuses(ctx context.Context, now time.Time) (found []Popular, err error) {
	err = r.list(ctx, &found, `
		SELECT s.id, COUNT(DISTINCT u.account_id) AS people, MIN(s.created_at) AS at
		FROM (
			SELECT * FROM (SELECT status_id, account_id FROM likes WHERE id > ?1 ORDER BY id DESC LIMIT ?2) l
			UNION ALL
			SELECT * FROM (SELECT boost_of_id AS status_id, account_id FROM status
				WHERE id > ?1 AND boost_of_id <> 0 ORDER BY id DESC LIMIT ?2) b
		) u CROSS JOIN status s CROSS JOIN account a CROSS JOIN account who
		WHERE s.id = u.status_id AND s.id > ?1 AND s.visibility = 'public' AND s.reply_to_uri = '' AND NOT s.sensitive
			AND a.id = s.account_id AND a.discoverable AND NOT a.hidden AND NOT a.limited AND u.account_id <> s.account_id
			AND who.id = u.account_id AND NOT who.hidden AND NOT who.limited
		GROUP BY s.id HAVING COUNT(DISTINCT u.account_id) >= ?3 ORDER BY people DESC, s.id DESC LIMIT ?4`,
		ids.FloorAt(now.Add(-trendWindow)), trendLooksAt, trendPeople, trendsWeighed)
	return found, err
}

// PopularLinks counts who posts a link in the open and wants to be found, since trendWindow. Only
// pages that were read are meant.
func (r Reader) PopularLinks(ctx context.Context, now time.Time) (found []Popular, err error) {
	err = r.list(ctx, &found, `
		SELECT c.id, COUNT(DISTINCT s.account_id) AS people, CAST(AVG(s.created_at) AS BIGINT) AS at
		FROM (SELECT id, account_id, created_at FROM status
			WHERE id > ?1 AND visibility = 'public' AND boost_of_id = 0 ORDER BY id DESC LIMIT ?2) s
		CROSS JOIN status_card k CROSS JOIN card c CROSS JOIN account a
		WHERE k.status_id = s.id AND c.id = k.card_id AND c.type <> ''
			AND a.id = s.account_id AND a.discoverable AND NOT a.hidden AND NOT a.limited
		GROUP BY c.id HAVING COUNT(DISTINCT s.account_id) >= ?3
		ORDER BY people DESC, c.id DESC LIMIT ?4`,
		ids.FloorAt(now.Add(-trendWindow)), trendLooksAt, trendPeople, trendsWeighed)
	return found, err
}

// PutTrends replaces the trends of a kind by a list in its order, at most TrendsKept.
func (tx *Tx) PutTrends(ctx context.Context, kind string, list []Popular) error {
	if _, err := tx.exec(ctx, `DELETE FROM trend WHERE kind = ?`, kind); err != nil {
		return err
	}
	for i, t := range list[:min(len(list), TrendsKept)] {
		if _, err := tx.exec(ctx, `INSERT INTO trend (kind, place, tag, name, id) VALUES (?, ?, ?, ?, ?)`,
			kind, i+1, t.Tag, t.Name, t.ID); err != nil {
			return err
		}
	}
	return nil
}

// TrendingTags returns hashtags that are going around, after offset of them.
func (r Reader) TrendingTags(ctx context.Context, offset, limit int) (tags []Tag, err error) {
	err = r.list(ctx, &tags, `
		SELECT tag, name FROM trend WHERE kind = 'tag' AND place > ? ORDER BY place LIMIT ?`, offset, limit)
	return tags, err
}

// TrendingStatuses returns posts that are going around and that viewer may see and wants to.
func (r Reader) TrendingStatuses(ctx context.Context, viewer int64, offset, limit int) (stamps []Stamp, err error) {
	err = r.list(ctx, &stamps, `
		SELECT `+stampOf("s.id")+` FROM trend t CROSS JOIN `+statusTables+`
		WHERE t.kind = 'status' AND s.id = t.id AND s.visibility = 'public' AND a.discoverable AND NOT a.limited AND `+wanted+` AND `+visible+`
		ORDER BY t.place LIMIT ?3 OFFSET ?4`, viewer, Now(), limit, offset)
	return stamps, err
}

// TrendingLinks returns cards of pages that are going around.
func (r Reader) TrendingLinks(ctx context.Context, offset, limit int) (cards []Card, err error) {
	err = r.list(ctx, &cards, `
		SELECT `+prefixed("c", cardColumns)+` FROM trend t JOIN card c ON c.id = t.id
		WHERE t.kind = 'link' AND t.place > ? AND c.type <> '' ORDER BY t.place LIMIT ?`, offset, limit)
	return cards, err
}

// LinkDay says how often a page was linked to on a day.
type LinkDay struct {
	CardID   int64 `db:"card_id"`
	Day      int64 // since 1970
	Uses     int64
	Accounts int64
}

// LinkHistory counts the public posts that link to pages on each of the last seven days, but for
// those of hidden people.
func (r Reader) LinkHistory(ctx context.Context, cards []int64, now time.Time) (map[int64][]LinkDay, error) {
	const day = 24 * time.Hour
	since := now.UTC().Truncate(day).Add(-6 * day)
	rows, err := listIn[LinkDay](ctx, r, `
		SELECT k.card_id, s.created_at / 86400000 AS day, COUNT(*) AS uses, COUNT(DISTINCT s.account_id) AS accounts
		FROM status_card k CROSS JOIN status s CROSS JOIN account a
		WHERE s.id = k.status_id AND a.id = s.account_id AND NOT a.hidden AND s.visibility = 'public' AND s.created_at >= ?1 AND k.card_id IN (?)
		GROUP BY k.card_id, s.created_at / 86400000`, cards, At(since))
	return grouped(rows, func(d LinkDay) int64 { return d.CardID }), err
}

// CardByURL returns what is known of a page; fault.NotFound if nobody linked to it.
func (r Reader) CardByURL(ctx context.Context, url string) (c Card, err error) {
	err = r.get(ctx, &c, `SELECT `+cardColumns+` FROM card WHERE url = ?`, url)
	return c, err
}

// Link returns a page of public posts that link to a page, by people who want to be found.
func (r Reader) Link(ctx context.Context, viewer, card int64, p Page) ([]Stamp, error) {
	return paged[Stamp](ctx, r, p, StatusPageMax, "k.status_id", `
		SELECT `+stampOf("s.id")+` FROM status_card k CROSS JOIN `+statusTables+`
		WHERE k.card_id = ?3 AND s.id = k.status_id AND s.visibility = 'public' AND a.discoverable AND NOT a.limited
			AND `+wanted+` AND `+visible, viewer, Now(), card)
}
