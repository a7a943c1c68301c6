package storage

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tulou/protocol/words"
)

// Limits of searching for people.
const (
	// nameWordsMax is how many words of a display name people are found by, and nameRunMax how long
	// a run without spaces is taken apart; names of other servers may be longer than any of ours.
	nameWordsMax = 16
	nameRunMax   = 24
	// queryNamesMax is how many words of a name somebody looks for.
	queryNamesMax = 4
	// peopleReadMax is how many names of each kind one search reads: beyond it are those whom the
	// viewer has to do with, and for the others more has to be typed.
	peopleReadMax = 500
	// PeopleOffsetMax bounds how far into the found people anybody can look.
	PeopleOffsetMax = 400
)

// PeopleQuery is whom somebody looks for.
type PeopleQuery struct {
	Text      string
	Following bool // only whom the viewer follows
	Offset    int  // up to PeopleOffsetMax
	Limit     int
}

// nameWords returns what a display name is found by: the beginnings of its words, which are all
// parts of it in scripts without spaces.
func nameWords(name string) []string {
	found := map[string]bool{}
	for _, run := range words.Runs(name, nameWordsMax) {
		if !run.Dense {
			found[cut(run.Text, words.LengthMax)] = true
			continue
		}
		text := cut(run.Text, nameRunMax)
		for i := range text {
			found[text[i:]] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// cut returns the first count characters of a text.
func cut(text string, count int) string {
	for i := range text {
		if count == 0 {
			return text[:i]
		}
		count--
	}
	return text
}

// putNameWords keeps what an account's display name is found by.
func (tx *Tx) putNameWords(ctx context.Context, account int64, name string) error {
	want := nameWords(name)
	var have []string
	if err := tx.list(ctx, &have, `SELECT word FROM account_word WHERE account_id = ? ORDER BY word`, account); err != nil || slices.Equal(have, want) {
		return err
	}
	if _, err := tx.exec(ctx, `DELETE FROM account_word WHERE account_id = ?`, account); err != nil {
		return err
	}
	rows := make([][]any, len(want))
	for i, word := range want {
		rows[i] = []any{word, account}
	}
	return tx.insertAll(ctx, `INSERT INTO account_word (word, account_id) VALUES {{rows}} ON CONFLICT DO NOTHING`, rows)
}

// searchedAs keeps what somebody is found by, and has their posts read again if they change their
// mind about who may find these. before is zero if the account is new.
func (tx *Tx) searchedAs(ctx context.Context, before, now Account) error {
	if now.DisplayName != before.DisplayName {
		if err := tx.putNameWords(ctx, now.ID, now.DisplayName); err != nil {
			return err
		}
	}
	if before.ID == 0 || now.Indexable == before.Indexable {
		return nil
	}
	return tx.unreadAll(ctx, now.ID)
}

// readNames is putNameWords for the newest accounts below an id. It returns the last of them, 0 if
// there were none.
func (tx *Tx) readNames(ctx context.Context, below int64) (last int64, err error) {
	var accounts []struct {
		ID          int64
		DisplayName string `db:"display_name"`
	}
	if err := tx.list(ctx, &accounts, `
		SELECT id, display_name FROM account WHERE id < ? ORDER BY id DESC LIMIT ?`, below, readBatch); err != nil {
		return 0, err
	}
	for _, a := range accounts {
		last = a.ID
		if err := tx.putNameWords(ctx, a.ID, a.DisplayName); err != nil {
			return 0, err
		}
	}
	return last, nil
}

// SearchPeople finds people whose handle, or a word of whose display name, begins with a text:
// friends of the viewer first, then whom they follow, then who follows them. "ana@harbor" finds
// names by the beginning of their host, too. Strangers, for whom viewer is 0, find handles alone,
// of which they have to know a beginning. Whoever is hidden, or blocks the viewer, is not found;
// whoever is limited by who follows them or knows the whole name.
func (r Reader) SearchPeople(ctx context.Context, viewer int64, q PeopleQuery) (found []Account, err error) {
	name, host, hasHost := strings.Cut(strings.TrimPrefix(nameKey(strings.TrimSpace(q.Text)), "@"), "@")
	q.Limit = min(q.Limit, AccountPageMax)
	if name == "" || tooShort(viewer, name) || q.Offset < 0 || q.Offset > PeopleOffsetMax || q.Limit <= 0 || q.Following && viewer == 0 {
		return nil, nil
	}
	var named []string
	if viewer != 0 && !hasHost {
		for _, run := range words.Runs(name, queryNamesMax) {
			named = append(named, run.Text)
		}
	}
	candidates, err := r.peopleNamed(ctx, viewer, name, named, q.Following)
	if err != nil || len(candidates) == 0 {
		return nil, err
	}
	args := []any{viewer, likeEscape(host) + "%", name, name + beyond, q.Limit, q.Offset}
	match := `a.name_key >= ?3 AND a.name_key < ?4`
	if len(named) > 0 {
		match += ` OR (1 = 1`
		for _, word := range named {
			args = append(args, word, word+beyond)
			match += fmt.Sprintf(` AND EXISTS (SELECT 1 FROM account_word w WHERE w.account_id = a.id AND w.word >= ?%d AND w.word < ?%d)`, len(args)-1, len(args))
		}
		match += `)`
	}
	if q.Following {
		match = `f.id IS NOT NULL AND (` + match + `)`
	}
	query, chosen := in(`
		SELECT `+prefixed("a", accountColumns)+` FROM account a
		LEFT JOIN follow f ON f.account_id = ?1 AND f.target_id = a.id AND f.accepted
		LEFT JOIN follow g ON g.account_id = a.id AND g.target_id = ?1 AND g.accepted
		LEFT JOIN friend d ON d.account_id = ?1 AND d.friend_id = a.id AND d.state = 'friend'
		WHERE (`+match+`) AND a.host LIKE ?2 ESCAPE '\' AND NOT a.hidden AND a.type <> 'Application'
			AND (NOT a.limited OR a.id = ?1 OR f.id IS NOT NULL OR d.id IS NOT NULL OR a.name_key = ?3)
			AND NOT EXISTS (SELECT 1 FROM block b WHERE b.account_id = a.id AND b.target_id = ?1)
			AND a.id IN (?)
		ORDER BY CASE WHEN d.id IS NOT NULL THEN 0 WHEN f.id IS NOT NULL THEN 1 WHEN g.id IS NOT NULL THEN 2 ELSE 3 END,
			CASE WHEN a.name_key = ?3 THEN 0 ELSE 1 END, a.followers_count DESC, a.id LIMIT ?5 OFFSET ?6`, candidates)
	// Those of the list come after all that are numbered, wherever they stand.
	query = strings.Replace(query, "a.id IN (?", fmt.Sprintf("a.id IN (?%d", len(args)+1), 1)
	err = r.list(ctx, &found, query, append(args, chosen...)...)
	return found, err
}

// peopleNamed returns accounts whose handle, or a word of whose display name, begins as a name
// does: the first peopleReadMax of each and, if there may be more, everybody of some size whom the
// viewer has to do with.
func (r Reader) peopleNamed(ctx context.Context, viewer int64, name string, named []string, following bool) (found []int64, err error) {
	more := following
	if !following {
		if err := r.list(ctx, &found, `
			SELECT a.id FROM account a WHERE a.name_key >= ?1 AND a.name_key < ?2 ORDER BY a.name_key LIMIT ?3`,
			name, name+beyond, peopleReadMax); err != nil {
			return nil, err
		}
		more = len(found) == peopleReadMax
	}
	if !following && len(named) > 0 {
		longest := slices.MaxFunc(named, func(a, b string) int { return len(a) - len(b) }) // the fewest have it
		var some []int64
		if err := r.list(ctx, &some, `
			SELECT w.account_id FROM account_word w WHERE w.word >= ?1 AND w.word < ?2 ORDER BY w.word LIMIT ?3`,
			longest, longest+beyond, peopleReadMax); err != nil {
			return nil, err
		}
		more = more || len(some) == peopleReadMax
		found = append(found, some...)
	}
	if more && viewer != 0 {
		var known []int64
		if err := r.list(ctx, &known, `
			SELECT * FROM (SELECT target_id AS id FROM follow WHERE account_id = ?1 AND accepted ORDER BY follow.id DESC LIMIT ?2) x
			UNION SELECT * FROM (SELECT account_id AS id FROM follow WHERE target_id = ?1 AND accepted ORDER BY follow.id DESC LIMIT ?2) y
			UNION SELECT * FROM (SELECT friend_id AS id FROM friend WHERE account_id = ?1 AND state = 'friend' ORDER BY friend.id DESC LIMIT ?2) z`,
			viewer, peopleReadMax); err != nil {
			return nil, err
		}
		found = append(found, known...)
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}
