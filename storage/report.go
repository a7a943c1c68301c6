package storage

import (
	"context"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
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
	Resolution string // what was done about it
	AssignedID int64  `db:"assigned_id"` // who looks into it, 0 for nobody
	ResolvedBy int64  `db:"resolved_by"` // 0: the operator, from the command line
	UpdatedAt  Millis `db:"updated_at"`  // the last time something was done about it
}

const reportColumns = `id, account_id, target_id, uri, category, comment, status_ids, rule_ids, forwarded, ` +
	`created_at, resolved_at, resolution, assigned_id, resolved_by, updated_at`

// CreateReport files a report, once for its URI; created is false if it was filed before. ID and
// CreatedAt are filled in if zero.
func (tx *Tx) CreateReport(ctx context.Context, r Report) (_ Report, created bool, err error) {
	if r.ID == 0 {
		r.ID = tx.store.rowID()
	}
	if r.CreatedAt == 0 {
		r.CreatedAt = Now()
	}
	r.UpdatedAt = r.CreatedAt
	n, err := tx.exec(ctx, `INSERT INTO report (`+reportColumns+`) VALUES `+tuples(15, 1)+` ON CONFLICT (uri) DO NOTHING`,
		r.ID, r.AccountID, r.TargetID, r.URI, r.Category, r.Comment, r.StatusIDs, r.RuleIDs, r.Forwarded,
		r.CreatedAt, r.ResolvedAt, r.Resolution, r.AssignedID, r.ResolvedBy, r.UpdatedAt)
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

// ReportFilter narrows reports to those that are resolved or not, by somebody, or about somebody; 0
// is everybody.
type ReportFilter struct {
	Resolved            bool
	AccountID, TargetID int64
}

// ReportPage returns a page of reports for those who moderate, newest first.
func (r Reader) ReportPage(ctx context.Context, f ReportFilter, p Page) ([]Report, error) {
	condition := ` WHERE resolved_at = 0`
	if f.Resolved {
		condition = ` WHERE resolved_at > 0`
	}
	return paged[Report](ctx, r, p, AdminPageMax, "id", `SELECT `+reportColumns+` FROM report`+condition+`
		AND (CAST(?1 AS BIGINT) = 0 OR account_id = ?1) AND (CAST(?2 AS BIGINT) = 0 OR target_id = ?2)`, f.AccountID, f.TargetID)
}

// OpenReportsAbout returns the open reports about somebody, oldest first.
func (r Reader) OpenReportsAbout(ctx context.Context, target int64) (all []Report, err error) {
	err = r.list(ctx, &all, `SELECT `+reportColumns+` FROM report WHERE target_id = ? AND resolved_at = 0 ORDER BY id`, target)
	return all, err
}

// AssignReport says who looks into a report, 0 for nobody; fault.NotFound if there is none.
func (tx *Tx) AssignReport(ctx context.Context, id, moderator int64) error {
	return tx.mustExec(ctx, `UPDATE report SET assigned_id = ?, updated_at = ? WHERE id = ?`, moderator, Now(), id)
}

// ReopenReport opens a report again, if it is closed; fault.NotFound if there is none.
func (tx *Tx) ReopenReport(ctx context.Context, id int64) error {
	return tx.mustExec(ctx, `UPDATE report SET resolved_at = 0, resolved_by = 0, resolution = '', updated_at = ? WHERE id = ?`, Now(), id)
}

// ClassifyReport says anew what a report is about; fault.NotFound if there is none.
func (tx *Tx) ClassifyReport(ctx context.Context, id int64, category string, rules Numbers) error {
	return tx.mustExec(ctx, `UPDATE report SET category = ?, rule_ids = ?, updated_at = ? WHERE id = ?`, category, rules, Now(), id)
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
		SELECT COUNT(*) FROM report r JOIN account a ON a.id = r.account_id WHERE r.id > ? AND a.host = ? AND r.created_at > ?`,
		ids.FloorAt(since.Time()), host, since) // by the ids, which are of when it was filed, few are looked at
	return count, err
}

// ResolveReport closes a report with who did what about it. It is fault.NotFound if there is none,
// fault.Conflict if it was closed before.
func (tx *Tx) ResolveReport(ctx context.Context, id, by int64, resolution string) error {
	now := Now()
	n, err := tx.exec(ctx, `
		UPDATE report SET resolved_at = ?, resolved_by = ?, resolution = ?, updated_at = ? WHERE id = ? AND resolved_at = 0`, now, by, resolution, now, id)
	if err != nil || n == 1 {
		return err
	}
	if _, err := tx.ReportByID(ctx, id); err != nil {
		return err
	}
	return fault.New(fault.Conflict, "this report was resolved before")
}
