package storage

import (
	"context"
	"time"

	"tulou/protocol/ids"
)

// ActivityWeeks is how many weeks of a node's activity are kept and told.
const ActivityWeeks = 12

// ActivityWeek is what happened on a node from a Monday, in UTC, to the next.
type ActivityWeek struct {
	Week          Millis
	Statuses      int64 // posts and boosts of its own people
	Logins        int64 // people who used it
	Registrations int64
}

// WeekOf returns the Monday, in UTC, of the week in which t is.
func WeekOf(t time.Time) time.Time {
	day := t.UTC().Truncate(24 * time.Hour)
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}

// CountWeeks counts this week, and those before it that nobody has counted to their end. Who used
// the node in a week that is over is what was counted last while it went on.
func (tx *Tx) CountWeeks(ctx context.Context, now time.Time) error {
	var counted []Millis
	if err := tx.list(ctx, &counted, `SELECT week FROM activity_week ORDER BY week DESC`); err != nil {
		return err
	}
	known := make(map[Millis]bool, len(counted))
	for _, week := range counted {
		known[week] = true
	}
	for i := range ActivityWeeks {
		week := WeekOf(now).AddDate(0, 0, -7*i)
		if i > 1 && known[At(week)] {
			continue
		}
		if err := tx.countWeek(ctx, week); err != nil {
			return err
		}
	}
	_, err := tx.exec(ctx, `DELETE FROM activity_week WHERE week <= ?`, At(WeekOf(now).AddDate(0, 0, -7*ActivityWeeks)))
	return err
}

func (tx *Tx) countWeek(ctx context.Context, week time.Time) error {
	next := week.AddDate(0, 0, 7)
	_, err := tx.exec(ctx, `
		INSERT INTO activity_week (week, statuses, logins, registrations)
		SELECT CAST(?1 AS BIGINT),
			(SELECT COUNT(*) FROM login CROSS JOIN status s WHERE s.account_id = login.account_id AND s.id >= ?3 AND s.id < ?4),
			(SELECT COUNT(*) FROM login WHERE active_at >= ?1 AND active_at < ?2),
			(SELECT COUNT(*) FROM login WHERE created_at >= ?1 AND created_at < ?2)
		WHERE TRUE
		ON CONFLICT (week) DO UPDATE SET statuses = excluded.statuses,
			logins = {{greatest}}(activity_week.logins, excluded.logins), registrations = excluded.registrations`,
		At(week), At(next), ids.FloorAt(week), ids.FloorAt(next))
	return err
}

// Activity returns the last ActivityWeeks weeks, this one first; those that were not counted are
// zero.
func (r Reader) Activity(ctx context.Context, now time.Time) ([]ActivityWeek, error) {
	var rows []ActivityWeek
	if err := r.list(ctx, &rows, `SELECT week, statuses, logins, registrations FROM activity_week`); err != nil {
		return nil, err
	}
	weeks := make([]ActivityWeek, ActivityWeeks)
	for i := range weeks {
		weeks[i].Week = At(WeekOf(now).AddDate(0, 0, -7*i))
		for _, row := range rows {
			if row.Week == weeks[i].Week {
				weeks[i] = row
			}
		}
	}
	return weeks, nil
}

// Hosts returns the other servers that this node knows somebody of, but for those that are hidden.
func (r Reader) Hosts(ctx context.Context) (hosts []string, err error) {
	err = r.list(ctx, &hosts, `SELECT DISTINCT host FROM account WHERE host <> '' AND NOT hidden ORDER BY host`)
	return hosts, err
}
