package storage

import (
	"context"

	"tulou/protocol/fault"
)

// Filter is what somebody wants to be warned of, or not to see, in some places.
type Filter struct {
	ID        int64
	AccountID int64 `db:"account_id"`
	Title     string
	Contexts  Texts  // home, notifications, public, thread, account
	Action    string // FilterWarn, FilterHide, FilterBlur
	ExpiresAt Millis `db:"expires_at"` // 0: never
	Keywords  []FilterKeyword
	Statuses  []FilterStatus
}

// What a client does with a status that a filter is about, by the names that clients know.
const (
	FilterWarn = "warn"
	FilterHide = "hide"
	FilterBlur = "blur" // its pictures
)

// FilterKeyword is a text that a Filter looks for.
type FilterKeyword struct {
	ID        int64
	FilterID  int64 `db:"filter_id"`
	Keyword   string
	WholeWord bool `db:"whole_word"`
}

// FilterStatus is a single status that a Filter is about.
type FilterStatus struct {
	ID       int64
	FilterID int64 `db:"filter_id"`
	StatusID int64 `db:"status_id"`
}

// Limits of one person's filters, so that looking through a page of posts for them takes a few
// milliseconds at most.
const (
	FiltersMax        = 100
	FilterKeywordsMax = 1000
	FilterStatusesMax = 1000
)

const (
	filterColumns        = `id, account_id, title, contexts, action, expires_at`
	filterKeywordColumns = `id, filter_id, keyword, whole_word`
	filterStatusColumns  = `id, filter_id, status_id`
)

// Filters returns the filters of an account with all that is in them, oldest first, those that are
// over among them.
func (r Reader) Filters(ctx context.Context, account int64) (filters []Filter, err error) {
	if err = r.list(ctx, &filters, `SELECT `+filterColumns+` FROM content_filter WHERE account_id = ? ORDER BY id`, account); err != nil {
		return nil, err
	}
	return filters, r.completeFilters(ctx, filters)
}

// FilterOf returns one filter of an account; fault.NotFound also for those of others.
func (r Reader) FilterOf(ctx context.Context, account, id int64) (f Filter, err error) {
	if err = r.get(ctx, &f, `SELECT `+filterColumns+` FROM content_filter WHERE id = ? AND account_id = ?`, id, account); err != nil {
		return f, err
	}
	one := []Filter{f}
	err = r.completeFilters(ctx, one)
	return one[0], err
}

func (r Reader) completeFilters(ctx context.Context, filters []Filter) error {
	if len(filters) == 0 {
		return nil
	}
	which := make([]int64, len(filters))
	for i, f := range filters {
		which[i] = f.ID
	}
	keywords, err := listIn[FilterKeyword](ctx, r, `SELECT `+filterKeywordColumns+` FROM filter_keyword WHERE filter_id IN (?) ORDER BY id`, which)
	if err != nil {
		return err
	}
	statuses, err := listIn[FilterStatus](ctx, r, `SELECT `+filterStatusColumns+` FROM filter_status WHERE filter_id IN (?) ORDER BY id`, which)
	if err != nil {
		return err
	}
	keywordsOf := grouped(keywords, func(k FilterKeyword) int64 { return k.FilterID })
	statusesOf := grouped(statuses, func(s FilterStatus) int64 { return s.FilterID })
	for i := range filters {
		filters[i].Keywords, filters[i].Statuses = keywordsOf[filters[i].ID], statusesOf[filters[i].ID]
	}
	return nil
}

// FilterKeywordOf returns a keyword of an account's filters; fault.NotFound also for those of
// others.
func (r Reader) FilterKeywordOf(ctx context.Context, account, id int64) (k FilterKeyword, err error) {
	err = r.get(ctx, &k, `
		SELECT `+prefixed("k", filterKeywordColumns)+` FROM filter_keyword k JOIN content_filter c ON c.id = k.filter_id
		WHERE k.id = ? AND c.account_id = ?`, id, account)
	return k, err
}

// FilterStatusOf returns a status of an account's filters; fault.NotFound also for those of others.
func (r Reader) FilterStatusOf(ctx context.Context, account, id int64) (s FilterStatus, err error) {
	err = r.get(ctx, &s, `
		SELECT `+prefixed("k", filterStatusColumns)+` FROM filter_status k JOIN content_filter c ON c.id = k.filter_id
		WHERE k.id = ? AND c.account_id = ?`, id, account)
	return s, err
}

// CreateFilter adds a filter with its keywords; fault.Unprocessable beyond the limits.
func (tx *Tx) CreateFilter(ctx context.Context, f Filter) (Filter, error) {
	f.ID = tx.store.rowID()
	n, err := tx.exec(ctx, `
		INSERT INTO content_filter (`+filterColumns+`)
		SELECT CAST(?1 AS BIGINT), CAST(?2 AS BIGINT), CAST(?3 AS TEXT), CAST(?4 AS TEXT), CAST(?5 AS TEXT), CAST(?6 AS BIGINT)
		WHERE (SELECT COUNT(*) FROM content_filter WHERE account_id = ?2) < CAST(?7 AS BIGINT)`,
		f.ID, f.AccountID, f.Title, f.Contexts, f.Action, f.ExpiresAt, FiltersMax)
	if err == nil && n == 0 {
		err = fault.New(fault.Unprocessable, "nobody has more than %d filters", FiltersMax)
	}
	if err != nil {
		return f, err
	}
	for i, k := range f.Keywords {
		k.FilterID = f.ID
		if f.Keywords[i], err = tx.CreateFilterKeyword(ctx, f.AccountID, k); err != nil {
			return f, err
		}
	}
	return f, tx.FiltersChanged(ctx, f.AccountID)
}

// UpdateFilter replaces title, contexts, action and end of a filter; fault.NotFound if the account
// has no such filter.
func (tx *Tx) UpdateFilter(ctx context.Context, f Filter) error {
	if err := tx.mustExec(ctx, `
		UPDATE content_filter SET title = ?, contexts = ?, action = ?, expires_at = ? WHERE id = ? AND account_id = ?`,
		f.Title, f.Contexts, f.Action, f.ExpiresAt, f.ID, f.AccountID); err != nil {
		return err
	}
	return tx.FiltersChanged(ctx, f.AccountID)
}

// DeleteFilter removes a filter; fault.NotFound if the account has no such filter.
func (tx *Tx) DeleteFilter(ctx context.Context, account, id int64) error {
	if err := tx.mustExec(ctx, `DELETE FROM content_filter WHERE id = ? AND account_id = ?`, id, account); err != nil {
		return err
	}
	return tx.FiltersChanged(ctx, account)
}

// CreateFilterKeyword adds a keyword to a filter of an account, whose filters have at most
// FilterKeywordsMax: more are fault.Unprocessable.
func (tx *Tx) CreateFilterKeyword(ctx context.Context, account int64, k FilterKeyword) (FilterKeyword, error) {
	k.ID = tx.store.rowID()
	if err := tx.roomInFilters(ctx, `
		SELECT COUNT(*) FROM filter_keyword k JOIN content_filter c ON c.id = k.filter_id WHERE c.account_id = ?`,
		account, FilterKeywordsMax); err != nil {
		return k, err
	}
	if _, err := tx.exec(ctx, `INSERT INTO filter_keyword (`+filterKeywordColumns+`) VALUES (?, ?, ?, ?)`,
		k.ID, k.FilterID, k.Keyword, k.WholeWord); err != nil {
		return k, err
	}
	return k, tx.FiltersChanged(ctx, account)
}

func (tx *Tx) roomInFilters(ctx context.Context, count string, account int64, most int) error {
	var n int
	err := tx.get(ctx, &n, count, account)
	if err == nil && n >= most {
		err = fault.New(fault.Unprocessable, "filters have at most %d entries", most)
	}
	return err
}

// UpdateFilterKeyword replaces what a keyword looks for.
func (tx *Tx) UpdateFilterKeyword(ctx context.Context, account int64, k FilterKeyword) error {
	if err := tx.mustExec(ctx, `UPDATE filter_keyword SET keyword = ?, whole_word = ? WHERE id = ?`, k.Keyword, k.WholeWord, k.ID); err != nil {
		return err
	}
	return tx.FiltersChanged(ctx, account)
}

// DeleteFilterKeyword removes a keyword.
func (tx *Tx) DeleteFilterKeyword(ctx context.Context, account, id int64) error {
	if err := tx.mustExec(ctx, `DELETE FROM filter_keyword WHERE id = ?`, id); err != nil {
		return err
	}
	return tx.FiltersChanged(ctx, account)
}

// CreateFilterStatus adds a status to a filter of an account, once: a second time is
// fault.Conflict, more than FilterStatusesMax are fault.Unprocessable.
func (tx *Tx) CreateFilterStatus(ctx context.Context, account int64, s FilterStatus) (FilterStatus, error) {
	s.ID = tx.store.rowID()
	if err := tx.roomInFilters(ctx, `
		SELECT COUNT(*) FROM filter_status k JOIN content_filter c ON c.id = k.filter_id WHERE c.account_id = ?`,
		account, FilterStatusesMax); err != nil {
		return s, err
	}
	n, err := tx.exec(ctx, `INSERT INTO filter_status (`+filterStatusColumns+`) VALUES (?, ?, ?) ON CONFLICT (filter_id, status_id) DO NOTHING`,
		s.ID, s.FilterID, s.StatusID)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "Validation failed: Status has already been taken")
	}
	if err != nil {
		return s, err
	}
	return s, tx.FiltersChanged(ctx, account)
}

// DeleteFilterStatus removes a status from a filter.
func (tx *Tx) DeleteFilterStatus(ctx context.Context, account, id int64) error {
	if err := tx.mustExec(ctx, `DELETE FROM filter_status WHERE id = ?`, id); err != nil {
		return err
	}
	return tx.FiltersChanged(ctx, account)
}
