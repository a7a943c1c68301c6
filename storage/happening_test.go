package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestStreamsShowWhatTimelinesShow(t *testing.T) {
	// If this failed, somebody who looks at a stream would be shown what a timeline would not, or the
	// other way round: the question for many viewers at once has to have the answers of each.
	each(t, func(t *testing.T, s *Store) {
		histories(t, s, func(r *rapid.T, h *history) {
			compareStreams(r, s, h)
		})
	})
}

func compareStreams(r *rapid.T, s *Store, h *history) {
	ctx, viewers := r.Context(), append([]int64{0}, h.accounts...)
	homes, lists := map[int64][]int64{}, map[int64][]int64{}
	for _, viewer := range h.accounts {
		homes[viewer] = StatusIDs(must(s.Home(ctx, viewer, Page{Limit: StatusPageMax})))
		for _, l := range must(s.Lists(ctx, viewer)) {
			lists[l.ID] = StatusIDs(must(s.ListTimeline(ctx, viewer, l.ID, Page{Limit: StatusPageMax})))
		}
	}
	asked := []int64{}
	for id := range lists {
		asked = append(asked, id)
	}
	for _, p := range h.world.ids(func(*post) bool { return true }) {
		shown, atHome := must(s.ShownTo(ctx, p, viewers)), must(s.HomesShowing(ctx, p, viewers))
		for _, viewer := range viewers {
			want := slices.Contains(h.world.ids(func(p *post) bool { return h.world.visible(viewer, p) && h.world.wanted(viewer, p) }), p)
			if shown[viewer] != want {
				r.Fatalf("status %d is shown to %d: %v, want %v", p, viewer, shown[viewer], want)
			}
			if want := slices.Contains(homes[viewer], p); len(homes[viewer]) < StatusPageMax && atHome[viewer] != want {
				r.Fatalf("status %d at home for %d: %v, want %v", p, viewer, atHome[viewer], want)
			}
		}
		places := must(s.ListsShown(ctx, p, asked))
		for id, list := range lists {
			got := slices.ContainsFunc(places, func(place ListPlace) bool { return place.ListID == id })
			if want := slices.Contains(list, p); got != want {
				r.Fatalf("status %d in list %d: %v, want %v", p, id, got, want)
			}
		}
	}
	for _, account := range h.accounts {
		unblocked := must(s.Unblocked(ctx, account, viewers))
		for _, viewer := range viewers {
			blocked := viewer != 0 && must(s.Blocked(ctx, viewer, account))
			if unblocked[viewer] == blocked {
				r.Fatalf("%d and %d: blocked is %v", viewer, account, blocked)
			}
		}
	}
}

// diary notes what a watcher is told.
type diary struct {
	mu    sync.Mutex
	notes []Happening
}

func (d *diary) take() []Happening {
	d.mu.Lock()
	defer d.mu.Unlock()
	notes := d.notes
	d.notes = nil
	return notes
}

func (d *diary) watch(s *Store) {
	s.Watch(func(h Happening) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.notes = append(d.notes, h)
	})
}

func TestWhatHappensIsToldAfterItsCommit(t *testing.T) {
	// If this failed, streams would stand still, or show what was never committed.
	each(t, func(t *testing.T, s *Store) {
		ctx, v := t.Context(), village{t, s}
		ana, ben, far := v.local("ana"), v.local("ben"), v.remote("far", "orchard.example")
		v.follow(ana, ben)
		v.follow(ana, far)
		var d diary
		told := func(want ...Happening) {
			t.Helper()
			got := d.take()
			for i := range got {
				slices.Sort(got[i].Accounts)
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		}
		quiet := v.post(ben, VisibilityPublic, nil)
		d.watch(s)
		both := []int64{ana.ID, ben.ID}
		slices.Sort(both)
		post := v.post(ben, VisibilityPublic, func(n *NewStatus) {
			n.Tags = []Tag{{Tag: "tea", Name: "Tea"}}
			n.Attachments = []Attachment{{MediaType: "image/png", RemoteURL: "https://orchard.example/1.png"}}
		})
		told(Happening{Kind: HappenedPost, ID: post.ID}, Happening{Kind: HappenedHome, ID: post.ID, Accounts: both})
		private := v.post(far, VisibilityPrivate, nil)
		told(Happening{Kind: HappenedHome, ID: private.ID, Accounts: []int64{ana.ID}})
		boost := v.boost(far, post)
		told(Happening{Kind: HappenedHome, ID: boost.ID, Accounts: []int64{ana.ID}})
		s.do(t, func(tx *Tx) error {
			_, err := tx.EditStatus(ctx, Edit{StatusID: post.ID, Content: "new", At: post.CreatedAt + 1,
				Tags: []Tag{{Tag: "tea", Name: "Tea"}}, Attachments: []Attachment{{MediaType: "image/png", RemoteURL: "https://orchard.example/1.png"}}})
			return err
		})
		told(Happening{Kind: HappenedEdit, ID: post.ID})
		var n Notification
		s.do(t, func(tx *Tx) (err error) {
			if n, _, err = tx.CreateNotification(ctx, Notification{AccountID: ana.ID, FromID: far.ID, Type: NotifyFollow}); err != nil {
				return err
			}
			_, _, err = tx.CreateNotification(ctx, Notification{AccountID: ana.ID, FromID: far.ID, Type: NotifyFollow})
			return err
		})
		told(Happening{Kind: HappenedNotification, ID: n.ID, Accounts: []int64{ana.ID}})
		direct := v.post(far, VisibilityDirect, func(n *NewStatus) { n.Audience, n.Mentions = []int64{ana.ID}, []int64{ana.ID} })
		d.take()
		s.do(t, func(tx *Tx) error {
			_, err := tx.PutConversation(ctx, direct, []int64{ana.ID, far.ID})
			return err
		})
		told(Happening{Kind: HappenedConversation, ID: direct.ThreadID, Accounts: []int64{ana.ID}})
		// The boosts go with what they boost.
		s.do(t, func(tx *Tx) error { _, err := tx.DeleteStatus(ctx, post.ID); return err })
		told(Happening{Kind: HappenedDelete, ID: post.ID, Accounts: both,
			Gone: &Gone{AccountID: ben.ID, Local: true, Public: true, InPublic: true, Media: true, Tags: []string{"tea"}}},
			Happening{Kind: HappenedDelete, ID: boost.ID, Accounts: []int64{ana.ID}, Gone: &Gone{AccountID: far.ID}})
		// What is undone did not happen.
		undone := errors.New("undone")
		err := s.Tx(ctx, func(tx *Tx) error {
			if err := tx.Savepoint(func() error { _, err := tx.DeleteStatus(ctx, private.ID); return errors.Join(err, undone) }); !errors.Is(err, undone) {
				t.Errorf("a savepoint: %v", err)
			}
			if _, err := tx.DeleteStatus(ctx, quiet.ID); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Errorf("a transaction: %v", err)
		}
		told()
	})
}

func TestWhoHasToDoWithAStatusIsFound(t *testing.T) {
	// If this failed, somebody's own stars would be missing on streams, or those of others be there.
	each(t, func(t *testing.T, s *Store) {
		ctx, v := t.Context(), village{t, s}
		var people []int64
		for i := range 7 {
			people = append(people, v.local(fmt.Sprint("p", i)).ID)
		}
		at := func(i int) Account { return must(s.AccountByID(ctx, people[i])) }
		post := v.post(at(0), VisibilityPublic, nil)
		s.do(t, func(tx *Tx) error {
			_, err := tx.PutLike(ctx, Like{AccountID: people[1], StatusID: post.ID, URI: "x"})
			return err
		})
		v.boost(at(2), post)
		s.do(t, func(tx *Tx) error { return tx.PutBookmark(ctx, people[3], post.ID) })
		s.do(t, func(tx *Tx) error {
			_, err := tx.exec(ctx, `INSERT INTO thread_mute (account_id, thread_id) VALUES (?, ?)`, people[4], post.ThreadID)
			return err
		})
		s.do(t, func(tx *Tx) error {
			_, err := tx.exec(ctx, `INSERT INTO content_filter (id, account_id, title, contexts, action) VALUES (1, ?, '', '[]', 'warn')`, people[5])
			return err
		})
		got := must(s.Traces(ctx, post.ID, append([]int64{0}, people...)))
		for i, id := range people {
			if want := (Trace{id, i < 5, i == 5}); i < 6 && got[id] != want || i == 6 && got[id] != (Trace{}) {
				t.Errorf("person %d: %v", i, got[id])
			}
		}
		if len(got) != 6 {
			t.Errorf("also of %v", got)
		}
	})
}

func TestRelaysReachOthersAndAreForgottenSoon(t *testing.T) {
	// If this failed, streams of another process would stand still, or the table would grow with
	// every post.
	eachTwo(t, func(t *testing.T, s, other *Store) {
		ctx, seen := context.Background(), map[int64]bool{}
		start := time.Now()
		sent := Relay{From: "a", Happenings: []Happening{{Kind: HappenedDelete, ID: 1 << 60, Accounts: []int64{3}, Gone: &Gone{AccountID: 4}}}}
		s.do(t, func(tx *Tx) error { return tx.PublishRelay(ctx, sent, time.Minute) })
		s.do(t, func(tx *Tx) error { return tx.FiltersChanged(ctx, 7) })
		events := must(other.EventsSince(ctx, start, seen))
		if len(events) != 2 || events[0].Kind != EventHappened || events[1].Kind != EventFiltersChanged || events[1].Payload != "7" {
			t.Fatalf("the other sees %v", events)
		}
		var got Relay
		if err := json.Unmarshal([]byte(events[0].Payload), &got); err != nil || gocmp.Diff(sent, got) != "" {
			t.Errorf("%v %s", err, gocmp.Diff(sent, got))
		}
		s.do(t, func(tx *Tx) error { return tx.PublishRelay(ctx, Relay{From: "b"}, -time.Minute) })
		if events = must(other.EventsSince(ctx, start, seen)); len(events) != 1 || len(seen) != 2 {
			t.Errorf("then %v, of %v", events, seen)
		}
	})
}
