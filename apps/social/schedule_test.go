package social

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// soon is a time for which posts may be scheduled.
func soon() time.Time { return time.Now().Add(ScheduleAhead + time.Minute) }

// due makes a scheduled post one whose time has come, and returns its job as a worker leases it.
func (v village) due(s Scheduled) storage.Job {
	v.t.Helper()
	check(v.t, v.Store.Tx(v.t.Context(), func(tx *storage.Tx) error {
		past := storage.At(time.Now().Add(-time.Second))
		if err := tx.MoveScheduled(v.t.Context(), s.AccountID, s.ID, past); err != nil {
			return err
		}
		moved := s.ScheduledStatus
		moved.ScheduledAt = past
		return tx.Reschedule(v.t.Context(), scheduledJob(moved))
	}))
	var due storage.Job
	for _, lane := range must(v.Store.ClaimLanes(v.t.Context(), QueueWork, 100)) {
		for _, job := range lane.Jobs {
			if string(job.Payload) == ids.Format(s.ID) {
				due = job
			}
		}
		check(v.t, v.Store.Tx(v.t.Context(), func(tx *storage.Tx) error { return tx.ReleaseLane(v.t.Context(), lane) }))
	}
	if due.ID == 0 {
		v.t.Fatal("no job is due")
	}
	return due
}

func (v village) posts(author storage.Account) []storage.Status {
	v.t.Helper()
	stamps := must(v.Store.AccountStatuses(v.t.Context(), author.ID, author.ID, storage.AccountFilter{}, storage.Page{}))
	return must(v.Store.Statuses(v.t.Context(), stamps))
}

// A post for later would be lost, posted twice after a crash, or not be what its author wrote.
func TestScheduledPostsAreMadeOnceAsWritten(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx := t.Context()
		ana := v.local("ana")
		parent := must(v.Post(ctx, ana, NewPost{Text: "first"}))
		p := NewPost{Text: "and #later", Spoiler: "time", Visibility: storage.VisibilityUnlisted, Language: "de", InReplyToID: parent.ID,
			Poll: &NewPoll{Options: []string{"a", "b"}, Lasts: time.Hour, Multiple: true}, AppName: "Toot"}
		kept := must(v.Schedule(ctx, ana, p, soon()))
		if got := must(v.ScheduledPost(ctx, ana, kept.ID)); got.Post.Text != p.Text || got.Post.Poll.Lasts != time.Hour || len(v.posts(ana)) != 1 {
			t.Fatalf("kept %+v", got)
		}
		job := v.due(kept)
		var running sync.WaitGroup
		for range 4 { // a worker that was thought dead is among them
			running.Go(func() {
				if err := v.runScheduled(ctx, job); err != nil {
					t.Error(err)
				}
			})
		}
		running.Wait()
		check(t, v.runScheduled(ctx, job))
		posts := v.posts(ana)
		if len(posts) != 2 {
			t.Fatalf("%d posts, want 2", len(posts))
		}
		got := posts[0]
		if got.Source != p.Text || got.Spoiler != "time" || got.Visibility != p.Visibility || got.Language != "de" || got.ReplyToID != parent.ID ||
			got.Type != "Question" || got.AppName != "Toot" || time.Since(got.CreatedAt.Time()) > time.Minute {
			t.Errorf("posted %+v", got)
		}
		if list := must(v.ScheduledPosts(ctx, ana, storage.Page{})); len(list) != 0 {
			t.Errorf("still there: %+v", list)
		}
	})
}

// Moving a post at the moment at which it is due would lose it, or post it at the old time.
func TestScheduledPostsAreMovedAndGivenUp(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx := t.Context()
		ana, ben := v.local("ana"), v.local("ben")
		kept := must(v.Schedule(ctx, ana, NewPost{Text: "later"}, soon()))
		job := v.due(kept)
		later := soon().Add(time.Hour)
		if _, err := v.MoveScheduled(ctx, ben, kept.ID, later); !fault.Is(err, fault.NotFound) {
			t.Errorf("ben moves it: %v", err)
		}
		moved := must(v.MoveScheduled(ctx, ana, kept.ID, later))
		check(t, v.runScheduled(ctx, job)) // it was leased before it was moved
		if len(v.posts(ana)) != 0 || moved.ScheduledAt != storage.At(later) {
			t.Error("it was posted at the old time")
		}
		check(t, v.runScheduled(ctx, v.due(kept)))
		if len(v.posts(ana)) != 1 {
			t.Error("it was lost")
		}
		other := must(v.Schedule(ctx, ana, NewPost{Text: "never"}, soon()))
		job = v.due(other)
		fails(t, v.DeleteScheduled(ctx, ben, other.ID), fault.NotFound)
		check(t, v.DeleteScheduled(ctx, ana, other.ID))
		check(t, v.runScheduled(ctx, job))
		if len(v.posts(ana)) != 1 {
			t.Error("what was given up was posted")
		}
	})
}

// An author would wonder where a post is that could not be made.
func TestScheduledPostsThatFailSayWhy(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx := t.Context()
		ana, ben := v.local("ana"), v.local("ben")
		parent := must(v.Post(ctx, ben, NewPost{Text: "question"}))
		kept := must(v.Schedule(ctx, ana, NewPost{Text: "answer", InReplyToID: parent.ID}, soon()))
		must(v.Delete(ctx, ben, parent.ID))
		job := v.due(kept)
		check(t, v.runScheduled(ctx, job))
		got := must(v.ScheduledPost(ctx, ana, kept.ID))
		if !strings.Contains(got.Error, "reply") || len(v.posts(ana)) != 0 {
			t.Errorf("kept %+v", got)
		}
		if got = must(v.MoveScheduled(ctx, ana, kept.ID, soon())); got.Error != "" {
			t.Errorf("after it was moved: %q", got.Error)
		}
	})
}

// A person, or a program that went wild, would fill the node; a client that repeats would post
// twice.
func TestSchedulingHasLimits(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx := t.Context()
		ana := v.local("ana")
		for _, at := range []time.Time{time.Now().Add(-time.Hour), time.Now().Add(ScheduleAhead - time.Second), time.Now().Add(ScheduleAheadMax + time.Hour)} {
			_, err := v.Schedule(ctx, ana, NewPost{Text: "x"}, at)
			fails(t, err, fault.Unprocessable)
		}
		for _, p := range []NewPost{{}, {Text: strings.Repeat("x", CharactersMax+1)}, {Text: "x", Visibility: "some"}, {Text: "x", Poll: &NewPoll{}}} {
			_, err := v.Schedule(ctx, ana, p, soon())
			fails(t, err, fault.Unprocessable)
		}
		_, err := v.Schedule(ctx, ana, NewPost{Text: "x", InReplyToID: 4711}, soon())
		fails(t, err, fault.NotFound)
		first := must(v.Schedule(ctx, ana, NewPost{Text: "x", IdempotencyKey: "k"}, soon()))
		if again := must(v.Schedule(ctx, ana, NewPost{Text: "x", IdempotencyKey: "k"}, soon())); again.ID != first.ID {
			t.Error("a repeated request made another one")
		}
		day := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 2)
		for i := range ScheduledPerDayMax {
			must(v.Schedule(ctx, ana, NewPost{Text: fmt.Sprint(i)}, day.Add(time.Duration(i)*time.Minute)))
		}
		_, err = v.Schedule(ctx, ana, NewPost{Text: "x"}, day.Add(23*time.Hour))
		fails(t, err, fault.Unprocessable)
		_, err = v.MoveScheduled(ctx, ana, first.ID, day)
		fails(t, err, fault.Unprocessable)
		list := must(v.ScheduledPosts(ctx, ana, storage.Page{Limit: 1}))
		must(v.MoveScheduled(ctx, ana, list[0].ID, day.Add(time.Hour))) // within the full day
		for i := range ScheduledMax - ScheduledPerDayMax - 1 {
			check(t, v.Store.Tx(ctx, func(tx *storage.Tx) error {
				_, _, err := tx.CreateScheduled(ctx, storage.ScheduledStatus{AccountID: ana.ID, Params: []byte("{}"),
					ScheduledAt: storage.At(day.AddDate(0, 1, i))})
				return err
			}))
		}
		_, err = v.Schedule(ctx, ana, NewPost{Text: "x"}, day.AddDate(0, 0, 1))
		fails(t, err, fault.Unprocessable)
	})
}
