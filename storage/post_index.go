package storage

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"tulou/protocol/fault"
)

// Posts are read for searching after they were stored, some hundred in a transaction: on both
// engines words that are kept together cost a fraction of those that are kept one post at a time,
// and whoever waits for an answer does not wait for it. What has to be read is in post_unread, and
// whole persons in reading, from the transaction that made it necessary.

// QueueSearch names the wake signal of posts that wait to be read.
const QueueSearch = "search"

// readBatch is how many posts are read in a transaction: others who write wait for some 20 ms.
const readBatch = 100

// Whose posts reading names besides people's.
const (
	everybodysPosts = 0
	everybodysNames = -1
)

// unread notes that what a post is found by has changed, or that it is gone.
func (tx *Tx) unread(ctx context.Context, status int64) error {
	_, err := tx.exec(ctx, `INSERT INTO post_unread (status_id) VALUES (?) ON CONFLICT DO NOTHING`, status)
	tx.wake(QueueSearch)
	return err
}

// unreadBy is unread because of what an account did; nobody else's deeds are looked for.
func (tx *Tx) unreadBy(ctx context.Context, status, account int64) error {
	n, err := tx.exec(ctx, `
		INSERT INTO post_unread (status_id) SELECT CAST(?1 AS BIGINT) FROM login WHERE account_id = ?2 ON CONFLICT DO NOTHING`, status, account)
	if n > 0 {
		tx.wake(QueueSearch)
	}
	return err
}

// unreadAll notes that all posts of an account are to be read again: who may find them has changed.
func (tx *Tx) unreadAll(ctx context.Context, account int64) error {
	_, err := tx.exec(ctx, `
		INSERT INTO reading (account_id, below) VALUES (?, ?) ON CONFLICT (account_id) DO UPDATE SET below = excluded.below`,
		account, int64(math.MaxInt64))
	tx.wake(QueueSearch)
	return err
}

// Unread tells whether something waits to be found by searching.
func (r Reader) Unread(ctx context.Context) (bool, error) {
	return r.exists(ctx, `SELECT 1 WHERE EXISTS (SELECT 1 FROM post_unread) OR EXISTS (SELECT 1 FROM reading)`)
}

// UnreadMost bounds what PostsUnread counts: an operator does not need to know more exactly.
const UnreadMost = 100_000

// PostsUnread counts the posts that wait to be found by searching, up to UnreadMost. What is read
// again because of its author, or after an upgrade, is not among them.
func (r Reader) PostsUnread(ctx context.Context) (count int, err error) {
	err = r.get(ctx, &count, `SELECT COUNT(*) FROM (SELECT 1 FROM post_unread LIMIT ?) w`, UnreadMost)
	return count, err
}

// ReadPosts reads some of what waits to be found by searching, and tells whether there may be more.
// Several processes may do so at once, and a kill loses nothing: what is read is noted with it.
func (s *Store) ReadPosts(ctx context.Context) (more bool, err error) {
	waiting, err := s.Unread(ctx)
	if err != nil || !waiting {
		return false, err
	}
	err = s.Tx(ctx, func(tx *Tx) error {
		if more, err = tx.readUnread(ctx); err != nil || more {
			return err
		}
		more, err = tx.readOn(ctx)
		return err
	})
	return more, err
}

// readUnread reads the newest posts of post_unread.
func (tx *Tx) readUnread(ctx context.Context) (more bool, err error) {
	var posts []int64
	if err := tx.list(ctx, &posts, `
		SELECT status_id FROM post_unread ORDER BY status_id DESC LIMIT ? {{skip locked}}`, readBatch); err != nil || len(posts) == 0 {
		return false, err
	}
	done, err := tx.index(ctx, posts)
	if err != nil {
		return false, err
	}
	query, args := in(`DELETE FROM post_unread WHERE status_id IN (?)`, done)
	_, err = tx.exec(ctx, query, args...)
	return len(posts) == readBatch && len(done) > 0, err
}

// index keeps the words of posts and drops those of posts that are gone. It returns the posts that
// it is done with: on PostgreSQL some may be held by others, who are about to change them.
func (tx *Tx) index(ctx context.Context, posts []int64) (done []int64, err error) {
	read, err := tx.readPosts(ctx, posts)
	if err != nil {
		return nil, err
	}
	rest := make(map[int64]bool, len(posts))
	for _, id := range posts {
		rest[id] = true
	}
	for _, w := range read {
		delete(rest, w.id)
		done = append(done, w.id)
	}
	if err := tx.putWords(ctx, read); err != nil || len(rest) == 0 {
		return done, err
	}
	held, err := listIn[int64](ctx, tx.Reader, `SELECT id FROM status WHERE id IN (?) AND boost_of_id = 0`, slices.Sorted(maps.Keys(rest)))
	if err != nil {
		return done, err
	}
	for _, id := range held {
		delete(rest, id)
	}
	gone := slices.Sorted(maps.Keys(rest))
	return append(done, gone...), tx.dropWords(ctx, gone)
}

// readOn reads the next posts, or names, of the next row of reading.
func (tx *Tx) readOn(ctx context.Context) (more bool, err error) {
	var row struct {
		AccountID int64 `db:"account_id"`
		Below     int64
	}
	err = tx.get(ctx, &row, `SELECT account_id, below FROM reading ORDER BY account_id DESC LIMIT 1 {{skip locked}}`)
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			err = nil
		}
		return false, err
	}
	var last int64
	switch row.AccountID {
	case everybodysNames:
		last, err = tx.readNames(ctx, row.Below)
	case everybodysPosts:
		last, err = tx.readBelow(ctx, `SELECT id FROM status WHERE id < ?1 AND boost_of_id = 0 ORDER BY id DESC LIMIT ?2`, row.Below, readBatch)
	default:
		last, err = tx.readBelow(ctx, `
			SELECT id FROM status WHERE account_id = ?3 AND id < ?1 AND boost_of_id = 0 ORDER BY id DESC LIMIT ?2`, row.Below, readBatch, row.AccountID)
	}
	switch {
	case err != nil:
	case last == 0:
		_, err = tx.exec(ctx, `DELETE FROM reading WHERE account_id = ?`, row.AccountID)
	default:
		_, err = tx.exec(ctx, `UPDATE reading SET below = ? WHERE account_id = ?`, last, row.AccountID)
	}
	return true, err
}

// readBelow reads the posts of a query; those that are held by others are left for later. It
// returns the last of them, 0 if there were none.
func (tx *Tx) readBelow(ctx context.Context, query string, args ...any) (last int64, err error) {
	var posts []int64
	if err := tx.list(ctx, &posts, query, args...); err != nil || len(posts) == 0 {
		return 0, err
	}
	done, err := tx.index(ctx, posts)
	if err != nil {
		return 0, err
	}
	for _, id := range posts {
		if !slices.Contains(done, id) {
			if err := tx.unread(ctx, id); err != nil {
				return 0, err
			}
		}
	}
	return posts[len(posts)-1], nil
}

// ReadMissing notes the posts since an id that nobody read: a process of an older version, beside
// which this one was started, does not know that they are to be read.
func (tx *Tx) ReadMissing(ctx context.Context, since int64) error {
	read := `SELECT 1 FROM post_words_docsize w WHERE w.id = s.id`
	if tx.store.engine == postgres {
		read = `SELECT 1 FROM post_words w WHERE w.status_id = s.id`
	}
	n, err := tx.exec(ctx, `
		INSERT INTO post_unread (status_id) SELECT s.id FROM status s
		WHERE s.id > ? AND s.boost_of_id = 0 AND NOT EXISTS (`+read+`) ON CONFLICT DO NOTHING`, since)
	if n > 0 {
		tx.wake(QueueSearch)
	}
	return err
}

// putWords keeps the words of posts in place of those before.
func (tx *Tx) putWords(ctx context.Context, posts []wordsOf) error {
	if tx.store.engine == sqlite {
		for _, p := range posts {
			if _, err := tx.exec(ctx, `INSERT OR REPLACE INTO post_words (rowid, words) VALUES (?, ?)`, p.id, p.fts()); err != nil {
				return err
			}
		}
		return nil
	}
	slices.SortFunc(posts, func(a, b wordsOf) int { return int(min(1, max(-1, a.id-b.id))) }) // one order for all who lock
	rows := make([][]any, len(posts))
	for i, p := range posts {
		rows[i] = []any{p.id, p.tsvector()}
	}
	return tx.insertAll(ctx, `
		INSERT INTO post_words (status_id, words) VALUES {{rows}} ON CONFLICT (status_id) DO UPDATE SET words = excluded.words`, rows)
}

// dropWords forgets the words of posts. Who edits a post calls it in the same transaction, so that
// nobody finds it by what it does not say any more.
func (tx *Tx) dropWords(ctx context.Context, posts []int64) error {
	if len(posts) == 0 {
		return nil
	}
	column := "rowid"
	if tx.store.engine == postgres {
		column = "status_id"
	}
	for part := range slices.Chunk(posts, inMax) {
		query, args := in(`DELETE FROM post_words WHERE `+column+` IN (?)`, part)
		if _, err := tx.exec(ctx, query, args...); err != nil {
			return err
		}
	}
	return nil
}

// fts is what FTS5 reads, which takes words apart at spaces.
func (p wordsOf) fts() string {
	var b strings.Builder
	for _, word := range p.words {
		b.WriteString(word)
		b.WriteByte(' ')
	}
	for _, f := range p.facts {
		b.WriteString(string(f))
		b.WriteByte(' ')
	}
	return b.String()
}

// tsvector is PostgreSQL's text of words with their places. No word has a quote in it.
func (p wordsOf) tsvector() string {
	var b strings.Builder
	for i, word := range p.words {
		b.WriteString("'" + word + "':" + strconv.Itoa(i+1) + " ")
	}
	for _, f := range p.facts {
		b.WriteString("'" + string(f) + "' ")
	}
	for level := range agePeriods {
		b.WriteString("'" + string(factAge(level, p.id)) + "' ")
	}
	return b.String()
}
