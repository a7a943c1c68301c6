package storage

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"tulou/storage/storagetest"
)

// A statement that is run for every post, or by retention while everybody else who writes waits,
// would read a whole table, and cost more the longer a node lives.
func TestStatementsDoNotReadWholeTables(t *testing.T) {
	s := open(t, storagetest.SQLite(t))
	v, ctx := village{t, s}, t.Context()
	ana, bo := v.local("ana"), v.remote("bo", "orchard.example")
	s.do(t, func(tx *Tx) error {
		status, err := tx.CreateStatus(ctx, v.newStatus(bo, VisibilityDirect, nil))
		if err != nil {
			return err
		}
		now := time.Now()
		count := func(_ int64, err error) error { return err }
		for _, err := range []error{
			count(tx.ForgetBodies(ctx, now)), count(tx.ForgetLarge(ctx, now)), count(tx.ForgetReceived(ctx, now)), count(tx.ForgetTombstones(ctx, now)),
			count(tx.ForgetDead(ctx, now)), count(tx.ForgetRemotePosts(ctx, now.Add(-time.Hour), 0)), tx.ForgetExpired(ctx, now), count(tx.ForgetApps(ctx, now)),
			tx.mergeThread(ctx, 1, 2), tx.rewindConversations(ctx, status), tx.CountWeeks(ctx, now), count(tx.ForgetCards(ctx, 0)),
			count(tx.ForgetHomes(ctx, 0)), count(tx.ForgetStrangers(ctx, now, 0)), tx.RebuildHome(ctx, ana.ID),
		} {
			if err != nil {
				return err
			}
		}
		if _, err := tx.DeleteStatus(ctx, status.ID); err != nil {
			return err
		}
		if _, err := tx.KindOfActivity(ctx, "x"); err != nil {
			return err
		}
		if _, err := tx.EventsSince(ctx, now, nil); err != nil {
			return err
		}
		if _, err := tx.PutBlock(ctx, ana.ID, bo.ID, "block"); err != nil {
			return err
		}
		if err := tx.MarkDeleted(ctx, bo.ID); err != nil {
			return err
		}
		for text := range tx.session.byText {
			for _, table := range scanned(t, tx, text) {
				t.Errorf("all of %s is read by %s", table, strings.Join(strings.Fields(text), " "))
			}
		}
		return nil
	})
}

// scanned returns the tables that SQLite would read from one end to the other, but for those that
// stay small: what expires within days, and what people of the node do by hand.
func scanned(t *testing.T, tx *Tx, text string) (tables []string) {
	t.Helper()
	var plan []struct {
		ID, Parent, NotUsed int
		Detail              string
	}
	small := map[string]bool{"session": true, "invite": true, "oauth_code": true, "idempotency": true, "mute": true, "CONSTANT": true,
		"login": true, "activity_week": true, "part": true}
	err := tx.session.conn.SelectContext(context.Background(), &plan, `EXPLAIN QUERY PLAN `+sqlite.text(text), arguments(text)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range plan {
		rest, whole := strings.CutPrefix(step.Detail, "SCAN ")
		table, _, _ := strings.Cut(rest, " ")
		if whole && !small[table] {
			tables = append(tables, table)
		}
	}
	return tables
}

// arguments returns as many values as a text has places for.
func arguments(text string) []any {
	last := dollars(text)
	for n := len(last); n > 0; n-- {
		if strings.Contains(last, "$"+strconv.Itoa(n)) {
			return make([]any, n)
		}
	}
	return nil
}
