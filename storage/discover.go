package storage

import "context"

// People whom somebody may want to know. Only those who want to be found (discoverable) are.

// Suggestion is somebody whom a viewer may want to follow.
type Suggestion struct {
	ID     int64
	Friend bool // people whom the viewer follows do; else many do
}

// Limits of suggestions: how many of the viewer's latest follows are looked at, and how many people
// are suggested at most.
const (
	suggestFrom    = 200
	SuggestionsMax = AccountPageMax
)

// findable is the condition that a may be shown to viewer ?1 who did not ask for them, and does not
// mute them.
var findable = `a.discoverable AND NOT a.hidden AND NOT a.limited AND a.moved_to = '' AND a.type <> 'Application' AND ` + unblocked("a.id") + `
	AND NOT EXISTS (SELECT 1 FROM mute m WHERE m.account_id = ?1 AND m.target_id = a.id)
	AND NOT EXISTS (SELECT 1 FROM domain_mute d WHERE d.account_id = ?1 AND d.host = a.host)`

// unknown is the condition that viewer ?1 has nothing to do with a, and did not say no to them.
const unknown = `a.id <> ?1
	AND NOT EXISTS (SELECT 1 FROM follow f WHERE f.account_id = ?1 AND f.target_id = a.id)
	AND NOT EXISTS (SELECT 1 FROM suggestion_dismissed x WHERE x.account_id = ?1 AND x.target_id = a.id)`

// Suggestions returns people whom viewer may want to follow: first those whom the most of the
// people do that viewer follows, then people of this node whom many follow.
func (r Reader) Suggestions(ctx context.Context, viewer int64, limit int) (found []Suggestion, err error) {
	limit = max(1, min(limit, SuggestionsMax))
	err = r.list(ctx, &found, `
		SELECT a.id, TRUE AS friend FROM (
			SELECT target_id FROM follow WHERE account_id = ?1 AND accepted ORDER BY id DESC LIMIT ?2) mine
		CROSS JOIN follow g CROSS JOIN account a
		WHERE g.account_id = mine.target_id AND g.accepted AND a.id = g.target_id AND `+findable+` AND `+unknown+`
		GROUP BY a.id, a.followers_count ORDER BY COUNT(*) DESC, a.followers_count DESC, a.id DESC LIMIT ?3`, viewer, suggestFrom, limit)
	if err != nil || len(found) == limit {
		return found, err
	}
	known := make(map[int64]bool, len(found))
	for _, s := range found {
		known[s.ID] = true
	}
	var popular []Suggestion
	err = r.list(ctx, &popular, `
		SELECT a.id, FALSE AS friend FROM account a WHERE a.host = '' AND `+findable+` AND `+unknown+`
		ORDER BY a.followers_count DESC, a.id DESC LIMIT ?2`, viewer, 2*limit)
	for _, s := range popular {
		if len(found) < limit && !known[s.ID] {
			found = append(found, s)
		}
	}
	return found, err
}

// DismissSuggestion says that viewer does not want somebody suggested again.
func (tx *Tx) DismissSuggestion(ctx context.Context, viewer, target int64) error {
	_, err := tx.exec(ctx, `
		INSERT INTO suggestion_dismissed (account_id, target_id)
		SELECT CAST(?1 AS BIGINT), id FROM account WHERE id = ?2 ON CONFLICT DO NOTHING`, viewer, target)
	return err
}

// DirectoryMax bounds how far into the directory anybody can look, since it is paged by offset.
const DirectoryMax = 2000

// Directory lists people who want to be found, those who posted last first, or those who came last;
// local ones or all. viewer is 0 for a stranger.
func (r Reader) Directory(ctx context.Context, viewer int64, local, latest bool, offset, limit int) (found []Account, err error) {
	limit = min(limit, AccountPageMax, DirectoryMax-offset)
	if limit <= 0 || offset < 0 {
		return nil, nil
	}
	where, order := ``, `a.last_status_at DESC, a.id DESC`
	if local {
		where = ` AND a.host = ''`
	}
	if latest {
		order = `a.id DESC`
	}
	err = r.list(ctx, &found, `
		SELECT `+prefixed("a", accountColumns)+` FROM account a WHERE `+findable+where+`
		ORDER BY `+order+` LIMIT ?2 OFFSET ?3`, viewer, limit, offset)
	return found, err
}

// Direct returns a page of direct messages by viewer or that mention viewer.
func (r Reader) Direct(ctx context.Context, viewer int64, p Page) ([]Stamp, error) {
	// Each is read in the order of an index, as far as the page needs.
	got, err := paged[Stamp](ctx, r, p, StatusPageMax, "m.status_id", `
		SELECT `+stampOf("s.id")+` FROM mention m CROSS JOIN `+statusTables+`
		WHERE m.account_id = ?1 AND s.id = m.status_id AND s.visibility = 'direct' AND `+wanted+` AND `+visible, viewer, Now())
	if err != nil {
		return nil, err
	}
	sent, err := paged[Stamp](ctx, r, p, StatusPageMax, "s.id", `
		SELECT `+stampOf("s.id")+` FROM `+statusTables+`
		WHERE s.account_id = ?1 AND s.visibility = 'direct' AND `+wanted+` AND `+visible, viewer, Now())
	return merged(append(got, sent...), p), err
}
