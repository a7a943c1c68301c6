package storage

import "context"

// Rule is one rule of the node.
type Rule struct {
	ID   int64
	Body string // plain text
	Hint string // more about it, plain text
}

// CreateRule adds a rule after the others and returns it.
func (tx *Tx) CreateRule(ctx context.Context, body, hint string) (Rule, error) {
	rule := Rule{ID: tx.store.rowID(), Body: body, Hint: hint}
	_, err := tx.exec(ctx, `INSERT INTO rule (id, body, hint) VALUES (?, ?, ?)`, rule.ID, rule.Body, rule.Hint)
	return rule, err
}

// RemoveRule takes a rule back; reports that name it can still be read. It is fault.NotFound if
// there is no such rule.
func (tx *Tx) RemoveRule(ctx context.Context, id int64) error {
	return tx.mustExec(ctx, `UPDATE rule SET removed_at = ? WHERE id = ? AND removed_at = 0`, Now(), id)
}

// Rules returns the rules that hold, in the order in which they were made.
func (r Reader) Rules(ctx context.Context) (all []Rule, err error) {
	err = r.list(ctx, &all, `SELECT id, body, hint FROM rule WHERE removed_at = 0 ORDER BY id`)
	return all, err
}

// RulesByIDs returns rules, also those that were taken back.
func (r Reader) RulesByIDs(ctx context.Context, ids []int64) (map[int64]Rule, error) {
	rows, err := listIn[Rule](ctx, r, `SELECT id, body, hint FROM rule WHERE id IN (?)`, ids)
	found := make(map[int64]Rule, len(rows))
	for _, rule := range rows {
		found[rule.ID] = rule
	}
	return found, err
}
