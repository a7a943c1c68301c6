package storage

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"tulou/protocol/fault"
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
			count(tx.ForgetMoments(ctx, 0)), count(tx.ForgetMomentPointers(ctx, now)), tx.DeleteMomentComment(ctx, MomentComment{MomentID: 1}),
			tx.DeleteMoment(ctx, 1), readMuch(ctx, tx, ana.ID, bo.ID),
		} {
			if fault.Is(err, fault.NotFound) { // it was asked for all the same
				err = nil
			}
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

// readMuch asks for what people of the node look at in lists, and what other servers may have
// asked.
func readMuch(ctx context.Context, tx *Tx, account, other int64) error {
	var errs []error
	note := func(_ any, err error) { errs = append(errs, err) }
	note(tx.Friends(ctx, account, FriendFilter{Tag: 1, Starred: true}, Page{}))
	note(tx.FriendRequests(ctx, account, FriendAsking, Page{}))
	note(tx.FriendsOnHosts(ctx, account))
	note(tx.FriendsWithHost(ctx, account, "orchard.example"))
	note(tx.FriendNames(ctx, account))
	note(tx.FriendTags(ctx, account))
	note(tx.FriendsTagged(ctx, account, []int64{1}))
	note(tx.Acquaintances(ctx, account, 2, 10))
	note(tx.FriendByOffer(ctx, "x"))
	note(tx.MomentsShown(ctx, account, Page{}))
	note(tx.MomentsShownAmong(ctx, account, []int64{1}))
	note(tx.MomentsOf(ctx, account, other, Page{}))
	note(tx.MomentCommentsShown(ctx, account, []int64{1}))
	note(tx.MomentNotices(ctx, account, Page{}))
	_, _, err := tx.MomentsUnread(ctx, account, 10)
	note(nil, err)
	note(tx.MomentReaders(ctx, 1))
	note(tx.MomentTold(ctx, 1))
	note(tx.MomentFriendAt(ctx, 1, "orchard.example"))
	note(tx.MomentViewersAt(ctx, MomentMedia{AccountID: account}, "orchard.example"))
	note(tx.MomentViewersAt(ctx, MomentMedia{AccountID: account, MomentID: 1}, "orchard.example"))
	note(tx.LocalFriendsAmong(ctx, other, []string{"x"}))
	note(tx.CountReportsFrom(ctx, "orchard.example", 0))
	note(tx.AuthorisedApps(ctx, account))
	note(tx.Acts(ctx, account, Page{}))
	for i, err := range errs {
		if err != nil && !fault.Is(err, fault.NotFound) {
			return fmt.Errorf("question %d: %w", i, err)
		}
	}
	return nil
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
		"login": true, "activity_week": true, "part": true, "unread": true}
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
