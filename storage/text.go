package storage

import "context"

// NodeText is something that the operator says about the node. Texts of one name that have a day
// (EffectiveOn, as "2026-11-20") follow each other; others have "".
type NodeText struct {
	Name        string
	EffectiveOn string `db:"effective_on"`
	Body        string
	UpdatedAt   Millis `db:"updated_at"`
}

// PutNodeText adds a text or replaces the one of its name and day.
func (tx *Tx) PutNodeText(ctx context.Context, t NodeText) error {
	_, err := tx.exec(ctx, `
		INSERT INTO node_text (name, effective_on, body, updated_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (name, effective_on) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at`,
		t.Name, t.EffectiveOn, t.Body, Now())
	return err
}

// DeleteNodeText removes all texts of a name; fault.NotFound if there is none.
func (tx *Tx) DeleteNodeText(ctx context.Context, name string) error {
	return tx.mustExec(ctx, `DELETE FROM node_text WHERE name = ?`, name)
}

// NodeTexts returns all texts, by name and day. They are a handful.
func (r Reader) NodeTexts(ctx context.Context) (all []NodeText, err error) {
	err = r.list(ctx, &all, `SELECT name, effective_on, body, updated_at FROM node_text ORDER BY name, effective_on`)
	return all, err
}

// NodeText returns the text of a name and a day, "" for those without; fault.NotFound if there is
// none.
func (r Reader) NodeText(ctx context.Context, name, effectiveOn string) (t NodeText, err error) {
	err = r.get(ctx, &t, `SELECT name, effective_on, body, updated_at FROM node_text WHERE name = ? AND effective_on = ?`,
		name, effectiveOn)
	return t, err
}

// NodeTextVersions returns all texts of a name, the earliest day first.
func (r Reader) NodeTextVersions(ctx context.Context, name string) (all []NodeText, err error) {
	err = r.list(ctx, &all, `
		SELECT name, effective_on, body, updated_at FROM node_text WHERE name = ? ORDER BY effective_on`, name)
	return all, err
}
