package storage

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tulou/protocol/fault"
	"tulou/storage/storagetest"
)

// More could be pinned than a profile has room for, or a server could pin what its people did not
// write, and what is for followers would be named to everybody.
func TestPinsAreBoundedAndTheAuthorsOwn(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		bo, cy := v.remote("bo", "orchard.example"), v.remote("cy", "orchard.example")
		var posts []int64
		for range PinsReadMax + 1 {
			posts = append(posts, v.post(bo, VisibilityPublic, nil).ID)
		}
		others, private := v.post(cy, VisibilityPublic, nil), v.post(bo, VisibilityPrivate, nil)
		pinned := func(viewer int64) []int64 {
			t.Helper()
			return StatusIDs(must(s.Pinned(ctx, viewer, bo.ID, Page{Limit: StatusPageMax})))
		}
		s.do(t, func(tx *Tx) error {
			if _, err := tx.PutPin(ctx, bo.ID, private.ID, PinsReadMax); err != nil {
				return err
			}
			if created := must(tx.PutPin(ctx, bo.ID, private.ID, 1)); created {
				t.Error("pinned twice")
			}
			if _, err := tx.PutPin(ctx, bo.ID, posts[0], 1); !fault.Is(err, fault.Unprocessable) {
				t.Errorf("one too many: %v", err)
			}
			return tx.ReplacePins(ctx, bo.ID, []int64{posts[2], others.ID, posts[1]})
		})
		if got := pinned(0); !slices.Equal(got, []int64{posts[2], posts[1]}) {
			t.Errorf("pinned: %v", got)
		}
		if got := pinned(bo.ID); !slices.Contains(got, private.ID) {
			t.Errorf("what is for followers was dropped: %v", got)
		}
		s.do(t, func(tx *Tx) error { return tx.ReplacePins(ctx, bo.ID, posts) })
		if got := pinned(0); !slices.Equal(got, posts[:PinsReadMax]) {
			t.Errorf("pinned: %v, want %v", got, posts[:PinsReadMax])
		}
		s.do(t, func(tx *Tx) error { _, err := tx.DeleteStatus(ctx, posts[0]); return err })
		if got := pinned(0); slices.Contains(got, posts[0]) {
			t.Error("a deleted post is pinned")
		}
		s.do(t, func(tx *Tx) error { return tx.MarkDeleted(ctx, bo.ID) })
		if found := must(s.exists(ctx, `SELECT 1 FROM pin`)); found {
			t.Error("pins of somebody who is gone")
		}
	})
}

// Strangers would be asked for pinned posts at every look at a profile.
func TestPinsAreAskedForOnceInAWhile(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		bo := remoteAccount("bo", "orchard.example")
		bo.Featured = bo.URI + "/featured"
		s.do(t, func(tx *Tx) (err error) {
			if bo, err = tx.PutRemoteAccount(ctx, bo); err != nil {
				return err
			}
			for n, want := range []bool{true, false} {
				if asked := must(tx.PinsAsked(ctx, bo.ID)); asked == want {
					t.Errorf("%d: asked %v", n, asked)
				}
				if ask := must(tx.AskForPins(ctx, bo.ID)); ask != want {
					t.Errorf("%d: ask %v", n, ask)
				}
			}
			if !must(tx.PinsAsked(ctx, ana.ID)) {
				t.Error("our own people are asked for")
			}
			return nil
		})
	})
}

// Following a hashtag would cost more the more there are, or end with the first post of somebody
// who is followed as well.
func TestFollowedTagsAreBoundedAndLeaveWhatOthersBrought(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo, cy := v.local("ana"), v.remote("bo", "orchard.example"), v.remote("cy", "orchard.example")
		v.follow(ana, bo)
		tagged := func(author Account, tags ...string) Status {
			return v.post(author, VisibilityPublic, func(n *NewStatus) {
				for _, tag := range tags {
					n.Tags = append(n.Tags, Tag{Tag: tag, Name: tag})
				}
			})
		}
		s.do(t, func(tx *Tx) error {
			if err := tx.FollowTag(ctx, ana.ID, "tea", "Tea"); err != nil {
				return err
			}
			return tx.FollowTag(ctx, ana.ID, "garden", "garden")
		})
		followed, both, one := tagged(bo, "tea"), tagged(cy, "tea", "garden"), tagged(cy, "tea")
		home := func(what string, want ...int64) {
			t.Helper()
			if got := StatusIDs(must(s.Home(ctx, ana.ID, Page{}))); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
		home("followed", one.ID, both.ID, followed.ID)
		s.do(t, func(tx *Tx) error { return tx.RebuildHome(ctx, ana.ID) })
		home("rebuilt", one.ID, both.ID, followed.ID)
		s.do(t, func(tx *Tx) error { return tx.UnfollowTag(ctx, ana.ID, "tea") })
		home("unfollowed", both.ID, followed.ID)
		s.do(t, func(tx *Tx) error {
			for n := range TagFollowsMax - 1 {
				if err := tx.FollowTag(ctx, ana.ID, fmt.Sprint("t", n), "x"); err != nil {
					return err
				}
			}
			if err := tx.FollowTag(ctx, ana.ID, "more", "more"); !fault.Is(err, fault.Unprocessable) {
				t.Errorf("one too many: %v", err)
			}
			return nil
		})
	})
}

// Whoever muted a thread would be told of it again once two threads turn out to be one.
func TestMutedThreadsStayMutedWhenTheyAreJoined(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.remote("bo", "orchard.example")
		orphan := v.post(bo, VisibilityPublic, func(n *NewStatus) { n.ReplyToURI = "https://orchard.example/root" })
		told := func(status int64) bool {
			var created bool
			s.do(t, func(tx *Tx) (err error) {
				_, created, err = tx.CreateNotification(ctx, Notification{AccountID: ana.ID, Type: NotifyMention, FromID: bo.ID, StatusID: status})
				return err
			})
			return created
		}
		s.do(t, func(tx *Tx) error { return tx.MuteThread(ctx, ana.ID, v.status(orphan).ThreadID) })
		root := v.post(bo, VisibilityPublic, func(n *NewStatus) { n.URI = "https://orchard.example/root" })
		if told(root.ID) {
			t.Error("told of the root")
		}
		if state := must(s.ViewerStates(ctx, ana.ID, []int64{root.ID})); !state[root.ID].Muted {
			t.Errorf("states %v", state)
		}
		if other := v.post(bo, VisibilityPublic, nil); !told(other.ID) {
			t.Error("not told of another thread")
		}
		s.do(t, func(tx *Tx) error {
			for _, id := range []int64{orphan.ID, root.ID} {
				if _, err := tx.DeleteStatus(ctx, id); err != nil {
					return err
				}
			}
			return nil
		})
		if must(s.exists(ctx, `SELECT 1 FROM thread_mute`)) {
			t.Error("a thread is muted of which nothing is left")
		}
	})
}

// Somebody could keep so many filters that every page they read costs the node dear.
func TestFiltersAreBoundedAndToldOf(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		post := v.post(bo, VisibilityPublic, nil)
		since := time.Now()
		var f Filter
		s.do(t, func(tx *Tx) (err error) {
			if f, err = tx.CreateFilter(ctx, Filter{AccountID: ana.ID, Title: "x", Contexts: Texts{"home"}, Action: FilterWarn,
				Keywords: []FilterKeyword{{Keyword: "a"}}}); err != nil {
				return err
			}
			if _, err := tx.CreateFilterStatus(ctx, ana.ID, FilterStatus{FilterID: f.ID, StatusID: post.ID}); err != nil {
				return err
			}
			for range FilterKeywordsMax - 1 {
				if _, err := tx.exec(ctx, `INSERT INTO filter_keyword (id, filter_id, keyword, whole_word) VALUES (?, ?, 'x', FALSE)`,
					tx.store.rowID(), f.ID); err != nil {
					return err
				}
			}
			if _, err := tx.CreateFilterKeyword(ctx, ana.ID, FilterKeyword{FilterID: f.ID, Keyword: "x"}); !fault.Is(err, fault.Unprocessable) {
				t.Errorf("one keyword too many: %v", err)
			}
			for range FiltersMax - 1 {
				if _, err := tx.CreateFilter(ctx, Filter{AccountID: ana.ID, Title: "x", Action: FilterWarn}); err != nil {
					return err
				}
			}
			if _, err := tx.CreateFilter(ctx, Filter{AccountID: ana.ID, Title: "x", Action: FilterWarn}); !fault.Is(err, fault.Unprocessable) {
				t.Errorf("one filter too many: %v", err)
			}
			return nil
		})
		told := slices.ContainsFunc(must(s.EventsSince(ctx, since, nil)), func(e Event) bool {
			return e.Kind == EventFiltersChanged && e.Payload == fmt.Sprint(ana.ID)
		})
		if !told {
			t.Error("other processes are not told")
		}
		s.do(t, func(tx *Tx) error { _, err := tx.DeleteStatus(ctx, post.ID); return err })
		if got := must(s.FilterOf(ctx, ana.ID, f.ID)); len(got.Statuses) != 0 {
			t.Errorf("a filter has a deleted post: %v", got.Statuses)
		}
		if _, err := s.FilterOf(ctx, bo.ID, f.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody else's filter: %v", err)
		}
		s.do(t, func(tx *Tx) error { return tx.MarkDeleted(ctx, ana.ID) })
		if must(s.exists(ctx, `SELECT 1 FROM content_filter UNION ALL SELECT 1 FROM filter_keyword`)) {
			t.Error("filters of somebody who is gone")
		}
	})
}

// A profile could recommend thousands, whom the node would have to look up for whoever asks.
func TestEndorsementsAreBounded(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		v.follow(ana, bo)
		s.do(t, func(tx *Tx) error {
			for n := range EndorsementsMax {
				if _, err := tx.exec(ctx, `INSERT INTO account (id, uri, name, name_key, host, created_at) VALUES (?, ?, ?, ?, 'x', 0)`,
					n+1, fmt.Sprint(n), fmt.Sprint(n), fmt.Sprint(n)); err != nil {
					return err
				}
				if _, err := tx.exec(ctx, `INSERT INTO endorsement (id, account_id, target_id) VALUES (?, ?, ?)`, n+1, ana.ID, n+1); err != nil {
					return err
				}
			}
			if err := tx.PutEndorsement(ctx, ana.ID, bo.ID); !fault.Is(err, fault.Unprocessable) {
				t.Errorf("one too many: %v", err)
			}
			return nil
		})
	})
}

// What people arrange would cost every post, and every page that is read, more the longer a node
// lives.
func TestArrangementsDoNotReadWholeTables(t *testing.T) {
	s := open(t, storagetest.SQLite(t))
	v, ctx := village{t, s}, t.Context()
	ana, bo := v.local("ana"), v.remote("bo", "orchard.example")
	v.follow(ana, bo)
	post := v.post(bo, VisibilityPublic, func(n *NewStatus) { n.Tags = []Tag{{Tag: "tea", Name: "tea"}} })
	s.do(t, func(tx *Tx) error {
		l, err := tx.CreateList(ctx, List{AccountID: ana.ID, Title: "x", RepliesPolicy: RepliesToList})
		if err != nil {
			return err
		}
		f, err := tx.CreateFilter(ctx, Filter{AccountID: ana.ID, Title: "x", Contexts: Texts{"home"}, Action: FilterWarn, Keywords: []FilterKeyword{{Keyword: "x"}}})
		if err != nil {
			return err
		}
		ok := func(_ any, err error) error { return err }
		changed := l
		changed.Exclusive, changed.RepliesPolicy = true, RepliesToNobody
		for _, err := range []error{
			tx.AddToList(ctx, l, bo.ID), tx.UpdateList(ctx, changed), tx.UpdateList(ctx, l), tx.FollowTag(ctx, ana.ID, "tea", "tea"),
			ok(tx.FanOut(ctx, post)), ok(tx.ListTimeline(ctx, ana.ID, l.ID, Page{})), ok(tx.ListMembers(ctx, l.ID, Page{})),
			ok(tx.ListsWith(ctx, bo.ID)), ok(tx.ListsShowing(ctx, post.ID)), ok(tx.Home(ctx, ana.ID, Page{})), tx.rebuildLists(ctx, ana.ID),
			ok(tx.PutPin(ctx, bo.ID, post.ID, PinsReadMax)), ok(tx.Pinned(ctx, ana.ID, bo.ID, Page{})), ok(tx.AskForPins(ctx, bo.ID)),
			tx.ReplacePins(ctx, bo.ID, []int64{post.ID}), tx.MuteThread(ctx, ana.ID, post.ThreadID), ok(tx.ViewerStates(ctx, ana.ID, []int64{post.ID})),
			ok(tx.PutFeaturedTag(ctx, ana.ID, "tea", "tea")), ok(tx.FeaturedTags(ctx, ana.ID)), ok(tx.SuggestedTags(ctx, ana.ID, 10)),
			ok(tx.TagHistory(ctx, []string{"tea"})), ok(tx.TagRelations(ctx, ana.ID, []string{"tea"})), ok(tx.FollowedTags(ctx, ana.ID, Page{})),
			tx.PutEndorsement(ctx, ana.ID, bo.ID), ok(tx.Endorsements(ctx, 0, ana.ID, Page{})), tx.PutNote(ctx, ana.ID, bo.ID, "x"),
			ok(tx.FamiliarFollowers(ctx, ana.ID, bo.ID, 10)), ok(tx.Relationships(ctx, ana.ID, []int64{bo.ID})), ok(tx.Filters(ctx, ana.ID)),
			ok(tx.CreateFilterStatus(ctx, ana.ID, FilterStatus{FilterID: f.ID, StatusID: post.ID})), tx.DeleteFilter(ctx, ana.ID, f.ID),
			tx.UnfollowTag(ctx, ana.ID, "tea"), ok(tx.DeleteFollow(ctx, ana.ID, bo.ID)), ok(tx.DeleteStatus(ctx, post.ID)),
			tx.DeleteList(ctx, ana.ID, l.ID), tx.MarkDeleted(ctx, ana.ID), tx.MarkDeleted(ctx, bo.ID),
		} {
			if err != nil {
				return err
			}
		}
		for text := range tx.session.byText {
			for _, table := range scanned(t, tx, text) {
				// What one person has, and what expires within hours, are short.
				if slices.Contains([]string{"x", "latest", "one_time"}, table) {
					continue
				}
				t.Errorf("all of %s is read by %s", table, strings.Join(strings.Fields(text), " "))
			}
		}
		return nil
	})
}
