package storage

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"tulou/protocol/fault"
)

// Whoever comes back and follows thousands would keep everybody else on the node from writing for
// seconds, or see only some of them for ever if the node was killed meanwhile.
func TestTimelinesOfManyAreWrittenInPartsAndSurviveAKill(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		var list List
		s.do(t, func(tx *Tx) (err error) {
			list, err = tx.CreateList(ctx, List{AccountID: ana.ID, Title: "all", RepliesPolicy: RepliesToList})
			return err
		})
		const people = 2*rebuildPart + 5
		for i := range people {
			who := v.remote(fmt.Sprint("p", i), "orchard.example")
			v.follow(ana, who)
			s.do(t, func(tx *Tx) error { return tx.AddToList(ctx, list, who.ID) })
			v.post(who, VisibilityPublic, nil)
		}
		v.post(ana, VisibilityPublic, nil)
		home := func() int { return v.count(`SELECT COUNT(*) FROM home_entry WHERE account_id = ?`, ana.ID) }
		listed := func() int { return v.count(`SELECT COUNT(*) FROM list_entry WHERE list_id = ?`, list.ID) }
		if home() != people+1 || listed() != people {
			t.Fatalf("%d entries at home and %d in the list before", home(), listed())
		}
		list.RepliesPolicy = RepliesToNobody
		s.do(t, func(tx *Tx) error {
			if err := tx.RebuildHome(ctx, ana.ID); err != nil {
				return err
			}
			return tx.UpdateList(ctx, list)
		})
		if home() != rebuildPart+1 || listed() != rebuildPart {
			t.Errorf("%d entries at home and %d in the list at once", home(), listed())
		}
		lanes := must(s.ClaimLanes(ctx, QueueWork, 5))
		if len(lanes) != 2 {
			t.Fatalf("%d lanes wait, want one for each timeline", len(lanes))
		}
		for _, lane := range lanes {
			job := lane.Jobs[0]
			for range 2 { // it was killed before it said that it was done
				if err := s.Rebuild(ctx, job); job.Kind != JobRebuild || err != nil {
					t.Fatalf("%s: %v", job.Kind, err)
				}
			}
		}
		if home() != people+1 || listed() != people {
			t.Errorf("%d entries at home and %d in the list in the end", home(), listed())
		}
	})
}

// A timeline that is written anew would have room for no more than it is cut to, or lose the
// newest.
func TestTimelinesThatAreWrittenAnewKeepTheNewest(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo, cy := v.local("ana"), v.remote("bo", "orchard.example"), v.remote("cy", "orchard.example")
		v.follow(ana, bo)
		v.follow(ana, cy)
		var newest []int64
		s.do(t, func(tx *Tx) error {
			newest = nil
			for i := range homeRebuilt + 50 {
				who := bo
				if i%2 == 1 {
					who = cy
				}
				p, err := tx.CreateStatus(ctx, v.newStatus(who, VisibilityPublic, func(n *NewStatus) { n.URI = fmt.Sprint(i) }))
				if err != nil {
					return err
				}
				newest = append(newest, p.ID)
			}
			return tx.RebuildHome(ctx, ana.ID)
		})
		var entries []int64
		if err := s.list(ctx, &entries, `SELECT status_id FROM home_entry WHERE account_id = ? ORDER BY status_id`, ana.ID); err != nil {
			t.Fatal(err)
		}
		if len(entries) != homeRebuilt || entries[0] != newest[50] || entries[homeRebuilt-1] != newest[len(newest)-1] {
			t.Errorf("%d entries from %d to %d, want %d from %d", len(entries), entries[0], entries[len(entries)-1], homeRebuilt, newest[50])
		}
	})
}

// Cutting timelines would hold the writer for as long as somebody was away, or never come to an end
// with whoever has more than fits into one transaction.
func TestTimelinesOfTheAwayAreForgottenInBatches(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		s.do(t, func(tx *Tx) error {
			for i := range ForgetBatch + 10 {
				p, err := tx.CreateStatus(ctx, v.newStatus(ana, VisibilityPublic, func(n *NewStatus) { n.URI = fmt.Sprint(i) }))
				if err != nil {
					return err
				}
				if _, err := tx.FanOut(ctx, p); err != nil {
					return err
				}
			}
			_, err := tx.exec(ctx, `UPDATE login SET active_at = ? WHERE account_id = ?`, At(time.Now().Add(-2*ActiveFor)), ana.ID)
			return err
		})
		mine := v.post(bo, VisibilityPublic, nil)
		s.do(t, func(tx *Tx) error {
			last, err := tx.ForgetHomes(ctx, 0)
			if last == 0 || last >= ana.ID {
				t.Errorf("went on after %d although %d was not finished, %v", last, ana.ID, err)
			}
			return err
		})
		if left := v.count(`SELECT COUNT(*) FROM home_entry WHERE account_id = ?`, ana.ID); left != 10 {
			t.Errorf("%d entries are left after one batch", left)
		}
		forgetHomes(t, s)
		if left := v.count(`SELECT COUNT(*) FROM home_entry WHERE account_id = ?`, ana.ID); left != 0 {
			t.Errorf("%d entries of somebody who is away are left", left)
		}
		if v.count(`SELECT COUNT(*) FROM home_entry WHERE account_id = ? AND status_id = ?`, bo.ID, mine.ID) != 1 {
			t.Error("who is here lost an entry")
		}
	})
}

// What was being written about somebody while they left would stay for ever, and their counts of
// others with it.
func TestNothingIsWrittenAboutThoseWhoLeft(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		v, ctx := village{t, s}, t.Context()
		ok := func(_ bool, err error) error { return err }
		for i, write := range []func(tx *Tx, ana, bo Account, post Status) error{
			func(tx *Tx, ana, bo Account, _ Status) error {
				_, err := tx.PutFollow(ctx, Follow{AccountID: bo.ID, TargetID: ana.ID, Accepted: true})
				return err
			},
			func(tx *Tx, ana, bo Account, _ Status) error {
				_, err := tx.PutFollow(ctx, Follow{AccountID: ana.ID, TargetID: bo.ID})
				return err
			},
			func(tx *Tx, ana, _ Account, post Status) error {
				return ok(tx.PutLike(ctx, Like{AccountID: ana.ID, StatusID: post.ID}))
			},
			func(tx *Tx, ana, _ Account, post Status) error { return tx.PutBookmark(ctx, ana.ID, post.ID) },
			func(tx *Tx, ana, bo Account, _ Status) error { return ok(tx.PutBlock(ctx, ana.ID, bo.ID, "b")) },
			func(tx *Tx, ana, bo Account, _ Status) error {
				return tx.PutMute(ctx, Mute{AccountID: bo.ID, TargetID: ana.ID})
			},
		} {
			ana, bo := v.local(fmt.Sprint("ana", i)), v.remote(fmt.Sprint("bo", i), "orchard.example")
			post := v.post(bo, VisibilityPublic, nil)
			var both sync.WaitGroup
			both.Go(func() { other.do(t, func(tx *Tx) error { return tx.MarkDeleted(ctx, ana.ID) }) })
			err := s.Tx(ctx, func(tx *Tx) error { return write(tx, ana, bo, post) })
			both.Wait()
			if err != nil && !fault.Is(err, fault.NotFound) {
				t.Errorf("%d: %v", i, err)
			}
			for _, table := range []string{"follow", "likes", "bookmark", "block", "mute"} {
				if left := v.count(`SELECT COUNT(*) FROM ` + table); left != 0 {
					t.Fatalf("%d: %d rows of %s are left", i, left, table)
				}
			}
			if now := v.account(bo); now.FollowersCount != 0 || now.FollowingCount != 0 || v.status(post).LikesCount != 0 {
				t.Errorf("%d: still counted: %+v", i, now)
			}
			if err := s.Tx(ctx, func(tx *Tx) error { return write(tx, ana, bo, post) }); !fault.Is(err, fault.NotFound) {
				t.Errorf("%d, after they left: %v", i, err)
			}
		}
	})
}
