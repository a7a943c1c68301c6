package storage

import (
	"context"

	"tulou/protocol/fault"
)

// Act is one thing that somebody who moderates did: the book of them is written with each, and kept
// for KeepActs.
type Act struct {
	ID          int64
	ModeratorID int64 `db:"moderator_id"` // 0: the operator, from the command line
	Action      string
	TargetID    int64   `db:"target_id"` // an account, 0 if it is about none
	Target      string  // its handle as it was, or a domain
	ReportID    int64   `db:"report_id"` // 0: none led to it
	RuleIDs     Numbers `db:"rule_ids"`
	StatusIDs   Numbers `db:"status_ids"`
	Body        string  // why, as the person was told; plain text
	Told        bool    // by mail
	CreatedAt   Millis  `db:"created_at"`
}

// Appeal is what somebody answers to an Act that concerns them, once.
type Appeal struct {
	ActID     int64 `db:"act_id"`
	AccountID int64 `db:"account_id"`
	Body      string
	CreatedAt Millis `db:"created_at"`
	DecidedAt Millis `db:"decided_at"` // 0: nobody has decided
	DecidedBy int64  `db:"decided_by"`
	Granted   bool
}

const (
	actColumns    = `id, moderator_id, action, target_id, target, report_id, rule_ids, status_ids, body, told, created_at`
	appealColumns = `act_id, account_id, body, created_at, decided_at, decided_by, granted`
)

// CreateAct writes down what was done. ID and CreatedAt are filled in.
func (tx *Tx) CreateAct(ctx context.Context, a Act) (Act, error) {
	a.ID, a.CreatedAt = tx.store.rowID(), Now()
	_, err := tx.exec(ctx, `INSERT INTO moderation_act (`+actColumns+`) VALUES `+tuples(11, 1),
		a.ID, a.ModeratorID, a.Action, a.TargetID, a.Target, a.ReportID, a.RuleIDs, a.StatusIDs, a.Body, a.Told, a.CreatedAt)
	return a, err
}

// ActByID returns an act; fault.NotFound if there is none.
func (r Reader) ActByID(ctx context.Context, id int64) (a Act, err error) {
	err = r.get(ctx, &a, `SELECT `+actColumns+` FROM moderation_act WHERE id = ?`, id)
	return a, err
}

// ActsByIDs returns acts.
func (r Reader) ActsByIDs(ctx context.Context, ids []int64) (map[int64]Act, error) {
	rows, err := listIn[Act](ctx, r, `SELECT `+actColumns+` FROM moderation_act WHERE id IN (?)`, ids)
	found := make(map[int64]Act, len(rows))
	for _, a := range rows {
		found[a.ID] = a
	}
	return found, err
}

// Acts returns a page of what was done, newest first: all of it, or what concerns one account.
func (r Reader) Acts(ctx context.Context, target int64, p Page) ([]Act, error) {
	if target == 0 {
		return paged[Act](ctx, r, p, AdminPageMax, "id", `SELECT `+actColumns+` FROM moderation_act WHERE TRUE`)
	}
	return paged[Act](ctx, r, p, AdminPageMax, "id", `SELECT `+actColumns+` FROM moderation_act WHERE target_id = ?`, target)
}

// CreateAppealLink keeps the hash of a secret by which an act can be answered until a time.
func (tx *Tx) CreateAppealLink(ctx context.Context, hash string, act int64, expires Millis) error {
	_, err := tx.exec(ctx, `INSERT INTO appeal_link (token_hash, act_id, expires_at) VALUES (?, ?, ?)`, hash, act, expires)
	return err
}

// ActToAppeal returns the act that a mailed secret answers; fault.NotFound if it does not exist or
// is over.
func (r Reader) ActToAppeal(ctx context.Context, hash string) (a Act, err error) {
	err = r.get(ctx, &a, `
		SELECT `+prefixed("a", actColumns)+` FROM appeal_link l JOIN moderation_act a ON a.id = l.act_id
		WHERE l.token_hash = ? AND l.expires_at > ?`, hash, Now())
	return a, err
}

// CreateAppeal keeps an answer to an act; fault.Conflict if there is one.
func (tx *Tx) CreateAppeal(ctx context.Context, a Appeal) (Appeal, error) {
	a.CreatedAt = Now()
	n, err := tx.exec(ctx, `INSERT INTO appeal (`+appealColumns+`) VALUES `+tuples(7, 1)+` ON CONFLICT (act_id) DO NOTHING`,
		a.ActID, a.AccountID, a.Body, a.CreatedAt, a.DecidedAt, a.DecidedBy, a.Granted)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "this was answered before")
	}
	return a, err
}

// AppealByAct returns the answer to an act; fault.NotFound if there is none.
func (r Reader) AppealByAct(ctx context.Context, act int64) (a Appeal, err error) {
	err = r.get(ctx, &a, `SELECT `+appealColumns+` FROM appeal WHERE act_id = ?`, act)
	return a, err
}

// Appeals returns a page of appeals, newest act first: those that nobody has decided, or all.
func (r Reader) Appeals(ctx context.Context, open bool, p Page) ([]Appeal, error) {
	condition := ` WHERE TRUE`
	if open {
		condition = ` WHERE decided_at = 0`
	}
	return paged[Appeal](ctx, r, p, AdminPageMax, "act_id", `SELECT `+appealColumns+` FROM appeal`+condition)
}

// DecideAppeal closes an appeal. It is fault.NotFound if there is none, fault.Conflict if it was
// decided before.
func (tx *Tx) DecideAppeal(ctx context.Context, act, by int64, granted bool) error {
	n, err := tx.exec(ctx, `UPDATE appeal SET decided_at = ?, decided_by = ?, granted = ? WHERE act_id = ? AND decided_at = 0`,
		Now(), by, granted, act)
	if err != nil || n == 1 {
		return err
	}
	if _, err := tx.AppealByAct(ctx, act); err != nil {
		return err
	}
	return fault.New(fault.Conflict, "this appeal was decided before")
}

// SetSilenced limits an account, or does so no more: who does not follow it sees it only by looking
// for it.
func (tx *Tx) SetSilenced(ctx context.Context, account int64, silenced bool) error {
	if err := tx.mustExec(ctx, `UPDATE account SET silenced_at = ?, version = version + 1 WHERE id = ?`, since(silenced), account); err != nil {
		return err
	}
	return tx.hide(ctx, account)
}

// SetSensitized hides all pictures of an account behind a warning, or does so no more.
func (tx *Tx) SetSensitized(ctx context.Context, account int64, sensitized bool) error {
	if err := tx.mustExec(ctx, `UPDATE account SET sensitized_at = ?, version = version + 1 WHERE id = ?`, since(sensitized), account); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `
		UPDATE status SET version = version + 1 WHERE account_id = ?
			AND EXISTS (SELECT 1 FROM attachment x WHERE x.status_id = status.id)`, account)
	return err
}

// Sensitized returns those of the accounts whose pictures are hidden behind a warning.
func (r Reader) Sensitized(ctx context.Context, accounts []int64) (map[int64]bool, error) {
	rows, err := listIn[int64](ctx, r, `SELECT id FROM account WHERE sensitized_at > 0 AND id IN (?)`, accounts)
	found := make(map[int64]bool, len(rows))
	for _, id := range rows {
		found[id] = true
	}
	return found, err
}

// unlimited is the condition that the author a of s is not limited, or viewer ?1 follows them.
const unlimited = `(NOT a.limited OR a.id = ?1 OR EXISTS (
	SELECT 1 FROM follow lf WHERE lf.account_id = ?1 AND lf.target_id = a.id AND lf.accepted))`

// since is now for what begins, 0 for what ends.
func since(on bool) Millis {
	if on {
		return Now()
	}
	return 0
}

// forgetModeration takes back what a deleted person wrote and was told. That something was done
// stays in the book until KeepActs is over, without why.
func (tx *Tx) forgetModeration(ctx context.Context, account int64) error {
	return tx.execAll(ctx, []string{
		`DELETE FROM appeal WHERE account_id = ?`,
		`DELETE FROM appeal_link WHERE act_id IN (SELECT id FROM moderation_act WHERE target_id = ?)`,
		`UPDATE moderation_act SET body = '' WHERE target_id = ?`,
		`UPDATE report SET assigned_id = 0 WHERE assigned_id = ? AND assigned_id <> 0`,
	}, account)
}
