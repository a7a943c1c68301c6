package storage

import (
	"context"
	"database/sql/driver"
	"slices"
	"time"

	"tulou/protocol/fault"
)

// Poll is the question that a status asks. Its votes are counted at the server of its author and
// nowhere else: of a poll of this node Options and Voters are the count of what PutVotes added, of
// any other they are what its author's server said last.
type Poll struct {
	StatusID   int64 `db:"status_id"`
	AccountID  int64 `db:"account_id"` // the author; read only
	Options    Options
	Multiple   bool   // whether several options may be chosen
	HideTotals bool   `db:"hide_totals"` // whether the counts are secret until the end
	Voters     int64  // how many people voted
	ExpiresAt  Millis `db:"expires_at"` // 0: never
	CountedAt  Millis `db:"counted_at"` // when the author's server told the counts; 0: counted here
}

// Option is one choice of a poll. The title is plain text as its author wrote it, since a vote
// names it byte for byte.
type Option struct {
	Title string `json:"title"`
	Votes int64  `json:"votes"`
}

// Options is a column of JSON.
type Options []Option

// Scan reads the column.
func (o *Options) Scan(column any) error { return scanJSON(column, o) }

// Value writes the column.
func (o Options) Value() (driver.Value, error) { return jsonValue(o) }

// Ended tells whether nobody may vote any more.
func (p Poll) Ended(now time.Time) bool { return p.ExpiresAt != 0 && At(now) >= p.ExpiresAt }

// SameQuestion tells whether two polls offer the same choice, so that votes in one count in the
// other.
func (p Poll) SameQuestion(other Poll) bool {
	return p.Multiple == other.Multiple &&
		slices.EqualFunc(p.Options, other.Options, func(a, b Option) bool { return a.Title == b.Title })
}

// SameCounts tells whether as many voted in the same way.
func (p Poll) SameCounts(other Poll) bool {
	return p.Voters == other.Voters && slices.Equal(p.Options, other.Options)
}

const pollsFrom = `
	SELECT p.status_id, s.account_id, p.options, p.multiple, p.hide_totals, p.voters, p.expires_at, p.counted_at
	FROM poll p JOIN status s ON s.id = p.status_id `

// Polls returns the polls of those of the statuses that have one.
func (r Reader) Polls(ctx context.Context, statuses []int64) (map[int64]Poll, error) {
	rows, err := listIn[Poll](ctx, r, pollsFrom+`WHERE p.status_id IN (?)`, statuses)
	found := make(map[int64]Poll, len(rows))
	for _, p := range rows {
		found[p.StatusID] = p
	}
	return found, err
}

// LockPoll returns the poll of a status and lets nobody vote in it, count it or edit the status
// until the transaction ends; fault.NotFound if there is none.
func (tx *Tx) LockPoll(ctx context.Context, status int64) (p Poll, err error) {
	var id int64
	if err := tx.get(ctx, &id, `SELECT id FROM status WHERE id = ? {{for no key update}}`, status); err != nil {
		return p, err
	}
	err = tx.get(ctx, &p, pollsFrom+`WHERE p.status_id = ?`, status)
	return p, err
}

// PutPoll adds the poll of a status or replaces it. Votes for another question are forgotten. Of
// the same question that is counted here, the counts stay.
func (tx *Tx) PutPoll(ctx context.Context, status int64, p Poll) error {
	before, err := tx.LockPoll(ctx, status)
	switch {
	case fault.Is(err, fault.NotFound):
	case err != nil:
		return err
	case !before.SameQuestion(p):
		if err := tx.forgetVotes(ctx, status); err != nil {
			return err
		}
	case p.CountedAt == 0:
		p.Options, p.Voters = before.Options, before.Voters
	}
	if _, err := tx.exec(ctx, `
		INSERT INTO poll (status_id, options, multiple, hide_totals, voters, expires_at, counted_at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (status_id) DO UPDATE SET options = excluded.options, multiple = excluded.multiple,
			hide_totals = excluded.hide_totals, voters = excluded.voters, expires_at = excluded.expires_at,
			counted_at = excluded.counted_at`,
		status, p.Options, p.Multiple, p.HideTotals, p.Voters, p.ExpiresAt, p.CountedAt); err != nil {
		return err
	}
	return tx.pollChanged(ctx, status)
}

func (tx *Tx) pollChanged(ctx context.Context, status int64) error {
	_, err := tx.exec(ctx, `UPDATE status SET version = version + 1 WHERE id = ?`, status)
	return err
}

// forgetVotes also forgets that people were told of the end: there will be another one.
func (tx *Tx) forgetVotes(ctx context.Context, status int64) error {
	if _, err := tx.exec(ctx, `DELETE FROM poll_vote WHERE status_id = ?`, status); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `DELETE FROM notification WHERE status_id = ? AND status_id <> 0 AND type = ?`, status, NotifyPoll)
	return err
}

// deletePoll removes the poll of a status, if there is one, with its votes.
func (tx *Tx) deletePoll(ctx context.Context, status int64) error {
	n, err := tx.exec(ctx, `DELETE FROM poll WHERE status_id = ?`, status)
	if err != nil || n == 0 {
		return err
	}
	return tx.forgetVotes(ctx, status)
}

// ClaimPoll tells whether the counts of a poll of another server may be asked for now: they were
// not since before. Then nobody else may, for as long.
func (tx *Tx) ClaimPoll(ctx context.Context, status int64, before time.Time) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE poll SET asked_at = ? WHERE status_id = ? AND asked_at <= ?`, Now(), status, At(before))
	return n == 1, err
}

// Vote says that an account chose an option of a poll, by its place among the options. URI is that
// of the note which said so, "" for votes of our people in polls of this node.
type Vote struct {
	StatusID  int64 `db:"status_id"`
	AccountID int64 `db:"account_id"`
	Choice    int
	URI       string
	CreatedAt Millis `db:"created_at"`
}

// PutVotes adds what one account chooses in p, which the transaction has locked and which has those
// options, and counts it if p is counted here. Every account chooses an option once, and in a poll
// that is not Multiple one option: anything more is fault.Conflict. Then nothing was written if
// there is one vote; with several, the transaction must not commit. Nor must it after
// fault.NotFound, which is for an account that was deleted.
func (tx *Tx) PutVotes(ctx context.Context, p Poll, account int64, votes []Vote) error {
	before, err := tx.exists(ctx, `SELECT 1 FROM poll_vote WHERE status_id = ? AND account_id = ? LIMIT 1`, p.StatusID, account)
	if err != nil {
		return err
	}
	again := fault.New(fault.Conflict, "this account has voted already")
	if !p.Multiple && (before || len(votes) > 1) {
		return again
	}
	options := slices.Clone(p.Options)
	for _, v := range votes {
		n, err := tx.exec(ctx, `
			INSERT INTO poll_vote (status_id, account_id, choice, uri, created_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (status_id, account_id, choice) DO NOTHING`, p.StatusID, account, v.Choice, v.URI, Now())
		if err != nil {
			return err
		}
		if n == 0 {
			return again
		}
		options[v.Choice].Votes++
	}
	if len(votes) == 0 {
		return nil
	}
	if err := tx.HoldPeople(ctx, account); err != nil {
		return err
	}
	if err := tx.unreadBy(ctx, p.StatusID, account); err != nil || p.CountedAt != 0 {
		return err
	}
	if !before {
		p.Voters++
	}
	if _, err := tx.exec(ctx, `UPDATE poll SET options = ?, voters = ? WHERE status_id = ?`, options, p.Voters, p.StatusID); err != nil {
		return err
	}
	return tx.pollChanged(ctx, p.StatusID)
}

// VotesOf returns what an account chose in each of the polls, in the order of the options.
func (r Reader) VotesOf(ctx context.Context, account int64, statuses []int64) (map[int64][]Vote, error) {
	if account == 0 {
		return nil, nil
	}
	rows, err := listIn[Vote](ctx, r, `
		SELECT status_id, account_id, choice, uri, created_at FROM poll_vote
		WHERE account_id = ?1 AND status_id IN (?) ORDER BY status_id, choice`, statuses, account)
	return grouped(rows, func(v Vote) int64 { return v.StatusID }), err
}

// VotersHere returns people of this node who voted in a poll, by id, those above after.
func (r Reader) VotersHere(ctx context.Context, status, after int64, limit int) (accounts []int64, err error) {
	err = r.list(ctx, &accounts, `
		SELECT DISTINCT v.account_id FROM poll_vote v JOIN login l ON l.account_id = v.account_id
		WHERE v.status_id = ? AND v.account_id > ? ORDER BY v.account_id LIMIT ?`, status, after, limit)
	return accounts, err
}

// VotersElsewhere returns one voter of every other server that somebody voted from, so that each is
// told of the counts once, as far as they and the author do not block each other.
func (r Reader) VotersElsewhere(ctx context.Context, author, status int64, limit int) (accounts []int64, err error) {
	err = r.list(ctx, &accounts, `
		SELECT MIN(a.id) AS id FROM poll_vote v JOIN account a ON a.id = v.account_id
		WHERE v.status_id = ?2 AND a.host <> '' AND NOT a.hidden AND `+unblocked("a.id")+`
		GROUP BY COALESCE(NULLIF(a.shared_inbox, ''), a.inbox) ORDER BY id LIMIT ?3`, author, status, limit)
	return accounts, err
}
