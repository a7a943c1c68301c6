package storage

import (
	"context"

	"tulou/protocol/fault"
)

// Report is a complaint about somebody, by one of our people or by another server.
type Report struct {
	ID         int64
	AccountID  int64 `db:"account_id"` // who reports
	TargetID   int64 `db:"target_id"`
	URI        string
	Category   string  // spam, legal, violation, other
	Comment    string  // plain text
	StatusIDs  Numbers `db:"status_ids"`
	RuleIDs    Numbers `db:"rule_ids"`
	Forwarded  bool
	CreatedAt  Millis `db:"created_at"`
	ResolvedAt Millis `db:"resolved_at"` // 0: it is open
	Resolution string // what the operator did about it
}

const reportColumns = `id, account_id, target_id, uri, category, comment, status_ids, rule_ids, forwarded, ` +
	`created_at, resolved_at, resolution`

// CreateReport files a report, once for its URI; created is false if it was filed before. ID and
// CreatedAt are filled in if zero.
func (tx *Tx) CreateReport(ctx context.Context, r Report) (_ Report, created bool, err error) {
	if r.ID == 0 {
		r.ID = tx.store.rowID()
	}
	if r.CreatedAt == 0 {
		r.CreatedAt = Now()
	}
	n, err := tx.exec(ctx, `INSERT INTO report (`+reportColumns+`) VALUES `+tuples(12, 1)+` ON CONFLICT (uri) DO NOTHING`,
		r.ID, r.AccountID, r.TargetID, r.URI, r.Category, r.Comment, r.StatusIDs, r.RuleIDs, r.Forwarded,
		r.CreatedAt, r.ResolvedAt, r.Resolution)
	return r, n == 1, err
}

// Reports returns a page of reports, all or those that are open.
func (r Reader) Reports(ctx context.Context, open bool, p Page) ([]Report, error) {
	condition := ` WHERE TRUE`
	if open {
		condition = ` WHERE resolved_at = 0`
	}
	return paged[Report](ctx, r, p, AccountPageMax, "id", `SELECT `+reportColumns+` FROM report`+condition)
}

// ReportByID returns a report; fault.NotFound if there is none.
func (r Reader) ReportByID(ctx context.Context, id int64) (found Report, err error) {
	err = r.get(ctx, &found, `SELECT `+reportColumns+` FROM report WHERE id = ?`, id)
	return found, err
}

// ReportsByIDs returns reports.
func (r Reader) ReportsByIDs(ctx context.Context, ids []int64) (map[int64]Report, error) {
	rows, err := listIn[Report](ctx, r, `SELECT `+reportColumns+` FROM report WHERE id IN (?)`, ids)
	found := make(map[int64]Report, len(rows))
	for _, report := range rows {
		found[report.ID] = report
	}
	return found, err
}

// CountReports counts the reports of somebody since an instant.
func (r Reader) CountReports(ctx context.Context, account int64, since Millis) (count int, err error) {
	err = r.get(ctx, &count, `SELECT COUNT(*) FROM report WHERE account_id = ? AND created_at > ?`, account, since)
	return count, err
}

// CountReportsFrom counts the reports of a whole host since an instant.
func (r Reader) CountReportsFrom(ctx context.Context, host string, since Millis) (count int, err error) {
	err = r.get(ctx, &count, `
		SELECT COUNT(*) FROM account a CROSS JOIN report r WHERE a.host = ? AND r.account_id = a.id AND r.created_at > ?`, host, since)
	return count, err
}

// ResolveReport closes a report with what was done about it. It is fault.NotFound if there is none,
// fault.Conflict if it was closed before.
func (tx *Tx) ResolveReport(ctx context.Context, id int64, resolution string) error {
	n, err := tx.exec(ctx, `UPDATE report SET resolved_at = ?, resolution = ? WHERE id = ? AND resolved_at = 0`, Now(), resolution, id)
	if err != nil || n == 1 {
		return err
	}
	if _, err := tx.ReportByID(ctx, id); err != nil {
		return err
	}
	return fault.New(fault.Conflict, "this report was resolved before")
}
