package storage

import (
	"context"
	"slices"
)

// Limits of what is shown of a thread, as Mastodon's for signed-in people, and of how much of one
// is looked at: beyond it a thread is shown in part.
const (
	AncestorsMax   = 50
	DescendantsMax = 500
	threadRowsMax  = 5000
)

// adopt joins replies that came before what they answer, with the threads below them, and puts them
// into the home timelines that they stayed out of as answers to something unknown. It returns how
// many count as replies, and leaves s in the thread that all are in now.
func (tx *Tx) adopt(ctx context.Context, s *Status) (replies int64, err error) {
	var orphans []struct {
		ID         int64
		ThreadID   int64 `db:"thread_id"`
		Visibility string
	}
	if err := tx.list(ctx, &orphans, `
		SELECT id, thread_id, visibility FROM status
		WHERE reply_to_uri = ? AND reply_to_uri <> '' AND reply_to_id = 0 AND boost_of_id = 0 AND id <> ? ORDER BY id`, s.URI, s.ID); err != nil {
		return 0, err
	}
	top, joined := int64(0), map[int64]bool{} // threads that are one with that of s
	for _, o := range orphans {
		if o.ThreadID == s.ThreadID || joined[o.ThreadID] {
			// Two posts that claim to answer each other must not become a circle: what stands above
			// the new one cannot stand below it, too.
			if top == 0 {
				if top, err = tx.top(ctx, *s); err != nil {
					return 0, err
				}
			}
			if o.ID == top {
				continue
			}
		}
		if _, err := tx.exec(ctx, `
			UPDATE status SET reply_to_id = ?, reply_to_account = ?, version = version + 1 WHERE id = ?`,
			s.ID, s.AccountID, o.ID); err != nil {
			return 0, err
		}
		if !joined[o.ThreadID] {
			joined[o.ThreadID], joined[s.ThreadID] = true, true
			if s.ThreadID, err = tx.joinThreads(ctx, o.ThreadID, s.ThreadID); err != nil {
				return 0, err
			}
		}
		if _, err := tx.FanOut(ctx, Status{ID: o.ID}); err != nil {
			return 0, err
		}
		if (Status{Visibility: o.Visibility}).listed() {
			replies++
		}
	}
	if replies > 0 {
		_, err = tx.exec(ctx, `UPDATE status SET replies_count = replies_count + ? WHERE id = ?`, replies, s.ID)
	}
	return replies, err
}

// top returns the first status above s that is known.
func (tx *Tx) top(ctx context.Context, s Status) (int64, error) {
	rows, err := tx.threadRows(ctx, 0, s.ThreadID)
	if err != nil {
		return 0, err
	}
	parents := make(map[int64]int64, len(rows))
	for _, row := range rows {
		parents[row.ID] = row.ReplyToID
	}
	id := s.ID
	for range len(rows) {
		parent := parents[id]
		if parent == 0 {
			break
		}
		id = parent
	}
	return id, nil
}

// joinThreads makes one of two threads and returns its id, which is that of the longer one: a
// thread whose posts come newest first would otherwise be written anew for each of them.
func (tx *Tx) joinThreads(ctx context.Context, a, b int64) (kept int64, err error) {
	if a == b {
		return a, nil
	}
	// Neither is counted further than twice the length of the shorter one.
	for most := 16; ; most *= 2 {
		var n struct{ A, B int }
		if err := tx.get(ctx, &n, `
			SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM status WHERE thread_id = ?1 AND thread_id <> 0 LIMIT ?3) AS x) AS a,
				(SELECT COUNT(*) FROM (SELECT 1 FROM status WHERE thread_id = ?2 AND thread_id <> 0 LIMIT ?3) AS y) AS b`,
			a, b, most); err != nil {
			return 0, err
		}
		switch {
		case n.A < n.B:
			return b, tx.mergeThread(ctx, a, b)
		case n.B < most:
			return a, tx.mergeThread(ctx, b, a)
		}
	}
}

// mergeThread gives a thread the id of another one.
func (tx *Tx) mergeThread(ctx context.Context, from, to int64) error {
	if from == to {
		return nil
	}
	if err := tx.execAll(ctx, []string{
		`UPDATE status SET thread_id = ?2 WHERE thread_id = ?1 AND thread_id <> 0`,
		`INSERT INTO conversation (account_id, thread_id, last_status_id, unread)
			SELECT account_id, CAST(?2 AS BIGINT), last_status_id, unread FROM conversation WHERE thread_id = ?1
			ON CONFLICT (account_id, thread_id) DO UPDATE SET
				last_status_id = {{greatest}}(conversation.last_status_id, excluded.last_status_id),
				unread = conversation.unread OR excluded.unread`,
	}, from, to); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `DELETE FROM conversation WHERE thread_id = ?`, from); err != nil {
		return err
	}
	return tx.moveThreadMutes(ctx, from, to)
}

type threadRow struct {
	ID        int64
	ReplyToID int64 `db:"reply_to_id"`
	Shown     bool
}

// threadRows returns a thread by id, with whether viewer may see each of its posts.
func (r Reader) threadRows(ctx context.Context, viewer, thread int64) (rows []threadRow, err error) {
	err = r.list(ctx, &rows, `
		SELECT s.id, s.reply_to_id, `+visible+` AS shown FROM `+statusTables+`
		WHERE s.thread_id = ?2 AND s.thread_id <> 0 ORDER BY s.id LIMIT ?3`, viewer, thread, threadRowsMax)
	return rows, err
}

// Context returns the ids of what a status answers, from the first post on, and of the answers
// below it, each followed by its own. What the viewer may not see is left out, what hangs below it
// is not.
func (r Reader) Context(ctx context.Context, viewer int64, s Status) (ancestors, descendants []int64, err error) {
	rows, err := r.threadRows(ctx, viewer, s.ThreadID)
	if err != nil {
		return nil, nil, err
	}
	byID := make(map[int64]threadRow, len(rows))
	for _, row := range rows {
		byID[row.ID] = row
	}
	for at := byID[s.ReplyToID]; at.ID != 0 && len(ancestors) < AncestorsMax; at = byID[at.ReplyToID] {
		if at.Shown {
			ancestors = append(ancestors, at.ID)
		}
		delete(byID, at.ID) // a circle would end here
	}
	slices.Reverse(ancestors)
	children := grouped(rows, func(row threadRow) int64 { return row.ReplyToID })
	return ancestors, below(children, s.ID), nil
}

// below lists what hangs below a status, depth first, without recursion: a thread may be as deep as
// it is long.
func below(children map[int64][]threadRow, id int64) (found []int64) {
	stack := slices.Clone(children[id])
	slices.Reverse(stack)
	for len(stack) > 0 && len(found) < DescendantsMax {
		row := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if row.Shown {
			found = append(found, row.ID)
		}
		next := children[row.ID]
		delete(children, row.ID)
		for _, child := range slices.Backward(next) {
			stack = append(stack, child)
		}
	}
	return found
}

// Replies returns a page of the direct answers to a status that viewer may see.
func (r Reader) Replies(ctx context.Context, viewer, status int64, p Page) ([]Stamp, error) {
	return paged[Stamp](ctx, r, p, StatusPageMax, "s.id",
		`SELECT `+stampOf("s.id")+` FROM `+statusTables+` WHERE s.reply_to_id = ?2 AND s.reply_to_id <> 0 AND `+visible, viewer, status)
}
