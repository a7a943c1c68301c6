package storage

import (
	"context"
	"slices"
	"strings"
)

// Limits of searching for hashtags: how many of those with a beginning are looked at, besides those
// that are going around, and how many uses of each are counted, which is enough to put them in
// order.
const (
	tagsReadMax    = 60
	tagUsesCounted = 100
	// TagOffsetMax bounds how far into the found hashtags anybody can look.
	TagOffsetMax = 400
)

// TagQuery is which hashtags somebody looks for.
type TagQuery struct {
	Beginning string // folded
	Trending  bool   // only those that are going around
	Offset    int    // up to TagOffsetMax
	Limit     int
}

// SearchTags finds hashtags of public posts by their beginning: the one that is it, then the most
// used. viewer is 0 for a stranger, who has to know more than one character.
func (r Reader) SearchTags(ctx context.Context, viewer int64, q TagQuery) (found []TagCount, err error) {
	if q.Beginning == "" || tooShort(viewer, q.Beginning) || q.Offset < 0 || q.Offset > TagOffsetMax {
		return nil, nil
	}
	tags, err := r.tagsBeginning(ctx, q)
	if err != nil || len(tags) == 0 {
		return nil, err
	}
	for _, tag := range tags {
		var one TagCount
		err := r.get(ctx, &one, `
			SELECT CAST(?1 AS TEXT) AS tag, COALESCE(MAX(u.name), '') AS name, COUNT(*) AS statuses FROM (
				SELECT t.name FROM status_tag t CROSS JOIN status s CROSS JOIN account a
				WHERE t.tag = ?1 AND s.id = t.status_id AND a.id = s.account_id AND s.visibility = 'public' AND NOT a.hidden
				ORDER BY t.status_id DESC LIMIT ?2) u`, tag, tagUsesCounted)
		if err != nil {
			return nil, err
		}
		if one.Statuses > 0 {
			found = append(found, one)
		}
	}
	slices.SortFunc(found, func(a, b TagCount) int {
		switch {
		case a.Tag == q.Beginning:
			return -1
		case b.Tag == q.Beginning:
			return 1
		case a.Statuses != b.Statuses:
			return int(b.Statuses - a.Statuses)
		}
		return strings.Compare(a.Tag, b.Tag)
	})
	return found[min(q.Offset, len(found)):min(q.Offset+max(0, q.Limit), len(found))], nil
}

// tagsBeginning returns hashtags with a beginning: those that are going around, and the first
// tagsReadMax, one step of the index for each.
func (r Reader) tagsBeginning(ctx context.Context, q TagQuery) (tags []string, err error) {
	if err := r.list(ctx, &tags, `
		SELECT tag FROM trend WHERE kind = 'tag' AND tag >= ? AND tag < ? ORDER BY place`, q.Beginning, q.Beginning+beyond); err != nil || q.Trending {
		return tags, err
	}
	next := q.Beginning
	for range tagsReadMax {
		var one []string
		if err := r.list(ctx, &one, `
			SELECT tag FROM status_tag WHERE tag >= ? AND tag < ? ORDER BY tag LIMIT 1`, next, q.Beginning+beyond); err != nil {
			return nil, err
		}
		if len(one) == 0 {
			break
		}
		tags = append(tags, one[0])
		next = one[0] + " " // no hashtag has a space: after all of this one
	}
	slices.Sort(tags)
	return slices.Compact(tags), nil
}
