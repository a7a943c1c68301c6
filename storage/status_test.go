package storage

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tulou/protocol/fault"
)

// A post would lose a part on the way through the database.
func TestStatusComesBackAsItWas(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.remote("bo", "orchard.example")
		n := v.newStatus(ana, VisibilityPublic, func(n *NewStatus) {
			n.Content, n.Source, n.Spoiler, n.Sensitive, n.Language = "<p>茶 “quoted” 🍵</p>", "茶", "tea", true, "zh"
			n.Mentions = []int64{bo.ID, bo.ID}
			n.Tags = []Tag{{Tag: "tea", Name: "Tea"}}
			n.Attachments = []Attachment{{RemoteURL: "https://x/1", Width: 3, Description: "d"}, {RemoteURL: "https://x/2"}}
			n.Poll = &Poll{Options: Options{{Title: "a"}}, Multiple: true, ExpiresAt: 5}
			n.AppName, n.AppWebsite = "app", "https://app.example"
		})
		var made Status
		s.do(t, func(tx *Tx) (err error) { made, err = tx.CreateStatus(ctx, n); return err })
		got := v.status(made)
		want := n.Status
		want.ThreadID, want.Version = n.ID, got.Version
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		id := []int64{made.ID}
		if m := must(s.Mentions(ctx, id))[made.ID]; !slices.Equal(m, []int64{bo.ID}) {
			t.Errorf("mentions: %v", m)
		}
		if tags := must(s.Tags(ctx, id))[made.ID]; len(tags) != 1 || tags[0].Name != "Tea" {
			t.Errorf("tags: %v", tags)
		}
		if a := must(s.Attachments(ctx, id))[made.ID]; len(a) != 2 || a[0].RemoteURL != "https://x/1" || a[0].Width != 3 || a[1].Position != 1 {
			t.Errorf("attachments: %+v", a)
		}
		if p := must(s.Polls(ctx, id))[made.ID]; !p.Multiple || p.ExpiresAt != 5 {
			t.Errorf("poll: %+v", p)
		}
		if got := must(s.SearchTags(ctx, 0, TagQuery{Beginning: "te", Limit: 5})); len(got) != 1 || got[0].Statuses != 1 {
			t.Errorf("tags by beginning: %+v", got)
		}
		for text, want := range map[string]int{"": 0, "t": 1, "%": 0, "_e": 0} {
			if got := must(s.SearchTags(ctx, bo.ID, TagQuery{Beginning: text, Limit: 5})); len(got) != want {
				t.Errorf("tags by %q: %+v", text, got)
			}
		}
		if got := must(s.StatusByURI(ctx, n.URI)); got.ID != made.ID {
			t.Errorf("by URI: %+v", got)
		}
	})
}

// Two posts of one millisecond would overwrite each other, or one be made twice.
func TestStatusIDsDoNotCollide(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.remote("bo", "orchard.example")
		first := v.post(bo, VisibilityPublic, nil)
		second := v.post(bo, VisibilityPublic, func(n *NewStatus) { n.ID, n.URI = first.ID, first.URI+"x" })
		if second.ID != first.ID+1 || second.ThreadID != second.ID {
			t.Errorf("ids %d and %d, thread %d", first.ID, second.ID, second.ThreadID)
		}
		for name, n := range map[string]NewStatus{
			"the same URI":  v.newStatus(bo, VisibilityPublic, func(n *NewStatus) { n.URI = first.URI }),
			"a local clash": v.newStatus(ana, VisibilityPublic, func(n *NewStatus) { n.ID = first.ID }),
		} {
			err := s.Tx(ctx, func(tx *Tx) error {
				_, err := tx.CreateStatus(ctx, n)
				if !fault.Is(err, fault.Conflict) {
					t.Errorf("%s: %v", name, err)
				}
				_, err = tx.Stats(ctx, n.CreatedAt.Time()) // the transaction is still of use
				return err
			})
			if err != nil {
				t.Errorf("%s, after it: %v", name, err)
			}
		}
	})
}

// A boost would be counted twice, or stay when it was taken back.
func TestBoostIsCountedOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		original := v.post(ana, VisibilityPublic, nil)
		boost := v.boost(bo, original)
		err := s.Tx(ctx, func(tx *Tx) error {
			_, err := tx.CreateStatus(ctx, v.newStatus(bo, VisibilityPublic, func(n *NewStatus) { n.BoostOfID = original.ID }))
			return err
		})
		if !fault.Is(err, fault.Conflict) || v.status(original).BoostsCount != 1 {
			t.Errorf("boosted again: %v", err)
		}
		if got := must(s.BoostOf(ctx, bo.ID, original.ID)); got.ID != boost.ID {
			t.Errorf("boost: %+v", got)
		}
		if states := must(s.ViewerStates(ctx, bo.ID, []int64{original.ID})); !states[original.ID].Boosted {
			t.Errorf("state: %+v", states)
		}
		s.do(t, func(tx *Tx) error { _, err := tx.DeleteStatus(ctx, boost.ID); return err })
		if got := v.status(original); got.BoostsCount != 0 || v.account(bo).StatusesCount != 0 {
			t.Errorf("taken back: %+v", got)
		}
	})
}

// A boost of what was deleted just now would stay for ever, and be announced to other servers.
func TestWhatIsGoneCannotBeBoosted(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		for range 10 {
			original := v.post(ana, VisibilityPublic, nil)
			boost := v.newStatus(bo, VisibilityPublic, func(n *NewStatus) { n.BoostOfID = original.ID })
			var both sync.WaitGroup
			both.Go(func() {
				other.do(t, func(tx *Tx) error { _, err := tx.DeleteStatus(ctx, original.ID); return err })
			})
			err := s.Tx(ctx, func(tx *Tx) error { _, err := tx.CreateStatus(ctx, boost); return err })
			both.Wait()
			if err != nil && !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if left, err := s.StatusByURI(ctx, boost.URI); !fault.Is(err, fault.NotFound) {
				t.Errorf("left behind: %+v, %v", left, err)
			}
		}
	})
}

// A post that was being written while its author left would stay for ever, and be sent to other
// servers.
func TestNobodyPostsWhoLeft(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		v, ctx := village{t, s}, t.Context()
		for i, visibility := range []string{VisibilityPublic, VisibilityDirect, VisibilityPrivate, VisibilityDirect} {
			ana := v.local(string(rune('a' + i)))
			post := v.newStatus(ana, visibility, nil)
			var both sync.WaitGroup
			both.Go(func() { other.do(t, func(tx *Tx) error { return tx.MarkDeleted(ctx, ana.ID) }) })
			if i > 1 {
				both.Wait()
			}
			err := s.Tx(ctx, func(tx *Tx) error { _, err := tx.CreateStatus(ctx, post); return err })
			both.Wait()
			if i > 1 && !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s, after they left: %v", visibility, err)
			}
			if err := s.Tx(ctx, func(tx *Tx) error { _, err := tx.CreateStatus(ctx, v.newStatus(ana, visibility, nil)); return err }); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s: %v", visibility, err)
			}
		}
	})
}

// Threads would fall apart when replies arrive before what they answer.
func TestRepliesThatCameFirstAreJoined(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		bo := v.remote("bo", "orchard.example")
		uri := func(n int) string { return fmt.Sprintf("https://orchard.example/%d", n) }
		post := func(n, parent int) Status {
			return v.post(bo, VisibilityPublic, func(s *NewStatus) {
				s.URI = uri(n)
				if parent > 0 {
					s.ReplyToURI = uri(parent)
				}
			})
		}
		third, fourth, second, first := post(3, 2), post(4, 3), post(2, 1), post(1, 0)
		up, down, err := s.Context(ctx, 0, v.status(third))
		if err != nil || !slices.Equal(up, []int64{first.ID, second.ID}) || !slices.Equal(down, []int64{fourth.ID}) {
			t.Errorf("thread: %v %v %v", up, down, err)
		}
		for _, p := range []Status{first, second, third, fourth} {
			if got := v.status(p); got.ThreadID != first.ThreadID {
				t.Errorf("thread of %s: %d", got.URI, got.ThreadID)
			}
		}
		if got := v.status(first); got.RepliesCount != 1 {
			t.Errorf("replies: %d", got.RepliesCount)
		}
		// One is forgotten and fetched again: both its sides find it.
		s.do(t, func(tx *Tx) error { _, err := tx.DeleteStatus(ctx, second.ID); return err })
		if got := v.status(third); got.ReplyToID != 0 || got.ReplyToURI != uri(2) || v.status(first).RepliesCount != 0 {
			t.Errorf("after it went: %+v", got)
		}
		back := post(2, 1)
		up, _, err = s.Context(ctx, 0, v.status(third))
		if err != nil || !slices.Equal(up, []int64{first.ID, back.ID}) {
			t.Errorf("after it came back: %v %v", up, err)
		}
	})
}

// A long thread that arrives newest first would be written anew for every post of it, while
// everybody else who writes waits.
func TestThreadsThatArriveNewestFirstAreNotRewritten(t *testing.T) {
	const posts = 500
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		bo := v.remote("bo", "orchard.example")
		uri := func(n int) string { return fmt.Sprintf("https://orchard.example/%d", n) }
		written := map[engine]string{
			sqlite:   `SELECT total_changes()`,
			postgres: `SELECT n_tup_ins + n_tup_upd FROM pg_stat_xact_user_tables WHERE relname = 'status'`,
		}[s.engine]
		var last Status
		s.do(t, func(tx *Tx) error {
			var before, after int
			if err := tx.get(ctx, &before, written); err != nil {
				return err
			}
			for n := posts; n > 0; n-- {
				post := v.newStatus(bo, VisibilityPublic, func(s *NewStatus) {
					if s.URI = uri(n); n > 1 {
						s.ReplyToURI = uri(n - 1)
					}
				})
				made, err := tx.CreateStatus(ctx, post)
				if err != nil {
					return err
				}
				last = made
			}
			if err := tx.get(ctx, &after, written); err != nil {
				return err
			}
			if rows := after - before; rows < posts || rows > 8*posts {
				t.Errorf("%d posts wrote %d rows", posts, rows)
			}
			return nil
		})
		up, down, err := s.Context(ctx, 0, v.status(last))
		if err != nil || len(up) != 0 || len(down) != posts-1 {
			t.Errorf("thread: %d above, %d below, %v", len(up), len(down), err)
		}
		if got := v.status(last); got.ThreadID != last.ThreadID {
			t.Errorf("the thread is %d, not %d", got.ThreadID, last.ThreadID)
		}
	})
}

// The replies to a post would end in several threads, depending on which of them is the longest.
func TestAPostJoinsThreadsOfAnyLength(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		bo := v.remote("bo", "orchard.example")
		post := func(uri, parent string) Status {
			return v.post(bo, VisibilityPublic, func(n *NewStatus) { n.URI, n.ReplyToURI = "https://o/"+uri, "https://o/"+parent })
		}
		var all []Status
		post("first", "unknown")
		lengths := map[string]int{"a": 2, "b": 40, "c": 1, "d": 17}
		for _, name := range []string{"a", "b", "c", "d"} {
			parent := "middle"
			for i := range lengths[name] {
				child := fmt.Sprint(name, i)
				all = append(all, post(child, parent))
				parent = child
			}
		}
		middle := post("middle", "first")
		for _, p := range append(all, middle) {
			if got := v.status(p); got.ThreadID != middle.ThreadID {
				t.Errorf("%s is in thread %d, not %d", p.URI, got.ThreadID, middle.ThreadID)
			}
		}
		up, down, err := s.Context(ctx, 0, v.status(middle))
		if err != nil || len(up) != 1 || len(down) != len(all) || v.status(middle).RepliesCount != int64(len(lengths)) {
			t.Errorf("thread: %d above, %d below, %v", len(up), len(down), err)
		}
		// Its answers stay in one thread while it is away, and find it again.
		s.do(t, func(tx *Tx) error { _, err := tx.DeleteStatus(ctx, middle.ID); return err })
		middle = post("middle", "first")
		if up, down, err = s.Context(ctx, 0, v.status(middle)); err != nil || len(up) != 1 || len(down) != len(all) {
			t.Errorf("thread again: %d above, %d below, %v", len(up), len(down), err)
		}
	})
}

// Two posts that claim to answer each other would send a reader round for ever.
func TestThreadsHaveNoCircles(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		bo := v.remote("bo", "orchard.example")
		reply := func(uri, to string) Status {
			return v.post(bo, VisibilityPublic, func(n *NewStatus) { n.URI, n.ReplyToURI = uri, to })
		}
		a, b, self := reply("https://o/a", "https://o/b"), reply("https://o/b", "https://o/a"), reply("https://o/c", "https://o/c")
		if got := v.status(a); got.ReplyToID != 0 {
			t.Errorf("a circle: %+v", got)
		}
		if got := v.status(self); got.ReplyToID != 0 || got.ReplyToURI != "" {
			t.Errorf("an answer to itself: %+v", got)
		}
		up, down, err := s.Context(ctx, 0, v.status(b))
		if err != nil || !slices.Equal(up, []int64{a.ID}) || len(down) != 0 {
			t.Errorf("context: %v %v %v", up, down, err)
		}
	})
}

// A long thread would be shown without end.
func TestContextLimits(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		bo := v.remote("bo", "orchard.example")
		var chain []Status
		s.do(t, func(tx *Tx) error {
			for n := range DescendantsMax + AncestorsMax + 10 {
				made, err := tx.CreateStatus(ctx, v.newStatus(bo, VisibilityPublic, func(s *NewStatus) {
					if n > 0 {
						s.ReplyToID = chain[n-1].ID
					}
				}))
				if err != nil {
					return err
				}
				chain = append(chain, made)
			}
			return nil
		})
		_, down, err := s.Context(ctx, 0, chain[0])
		if err != nil || len(down) != DescendantsMax || down[0] != chain[1].ID {
			t.Errorf("below: %d, %v", len(down), err)
		}
		up, _, err := s.Context(ctx, 0, chain[len(chain)-1])
		if err != nil || len(up) != AncestorsMax || up[AncestorsMax-1] != chain[len(chain)-2].ID {
			t.Errorf("above: %d, %v", len(up), err)
		}
	})
}

// An edit would lose what was said before, or an old one overwrite a new one.
func TestEditKeepsHistoryAndOrder(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		first := v.post(ana, VisibilityPrivate, func(n *NewStatus) { n.Tags = []Tag{{Tag: "old", Name: "old"}} })
		edit := func(text string, at Millis) (got Status, err error) {
			err = s.Tx(ctx, func(tx *Tx) (err error) {
				got, err = tx.EditStatus(ctx, Edit{StatusID: first.ID, Content: text, At: at, Audience: []int64{bo.ID},
					Mentions: []int64{bo.ID}, Tags: []Tag{{Tag: "new", Name: "new"}}})
				return err
			})
			return got, err
		}
		second, err := edit("two", first.CreatedAt+10)
		if err != nil || second.Content != "two" || second.EditedAt != first.CreatedAt+10 || second.Version <= first.Version {
			t.Errorf("edited: %+v %v", second, err)
		}
		for _, at := range []Millis{first.CreatedAt + 10, first.CreatedAt + 5, first.CreatedAt} {
			if _, err := edit("late", at); !fault.Is(err, fault.Conflict) {
				t.Errorf("an older edit: %v", err)
			}
		}
		if _, err := edit("three", first.CreatedAt+20); err != nil {
			t.Error(err)
		}
		got := must(s.Edits(ctx, first.ID))
		want := []Version{{StatusID: first.ID, CreatedAt: first.CreatedAt, Content: first.Content},
			{StatusID: first.ID, CreatedAt: first.CreatedAt + 10, Content: "two"}}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
		if tags := must(s.Tags(ctx, []int64{first.ID}))[first.ID]; len(tags) != 1 || tags[0].Tag != "new" {
			t.Errorf("tags: %v", tags)
		}
		if !must(s.CanSee(ctx, bo.ID, first.ID)) {
			t.Error("whom the edit mentions cannot see it")
		}
		if audience := must(s.Audience(ctx, first.ID)); len(audience) != 2 {
			t.Errorf("audience: %v", audience)
		}
	})
}

// Parts of a deleted post would stay behind.
func TestDeleteLeavesNothingBehind(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		v.follow(bo, ana)
		original := v.post(ana, VisibilityPublic, func(n *NewStatus) {
			n.Mentions, n.Tags, n.Attachments = []int64{bo.ID}, []Tag{{Tag: "a", Name: "a"}}, []Attachment{{RemoteURL: "x"}}
			n.Poll = &Poll{}
		})
		v.boost(bo, original)
		reply := v.post(bo, VisibilityPublic, func(n *NewStatus) { n.ReplyToID = original.ID })
		s.do(t, func(tx *Tx) error {
			if _, err := tx.PutLike(ctx, Like{AccountID: bo.ID, StatusID: original.ID, URI: "like"}); err != nil {
				return err
			}
			if err := tx.PutBookmark(ctx, bo.ID, original.ID); err != nil {
				return err
			}
			if _, _, err := tx.CreateNotification(ctx, Notification{AccountID: bo.ID, Type: NotifyMention, FromID: ana.ID, StatusID: original.ID}); err != nil {
				return err
			}
			if err := tx.PutDocument(ctx, Document{URI: original.URI, StatusID: original.ID, Body: []byte("{}")}); err != nil {
				return err
			}
			_, err := tx.EditStatus(ctx, Edit{StatusID: original.ID, Content: "x"})
			return err
		})
		s.do(t, func(tx *Tx) error {
			gone, err := tx.DeleteStatus(ctx, original.ID)
			if gone.URI != original.URI {
				t.Errorf("deleted: %+v", gone)
			}
			return err
		})
		for _, table := range []string{"mention", "status_tag", "attachment", "poll", "poll_vote", "likes", "bookmark", "notification",
			"document", "status_edit"} {
			var n int
			if err := s.get(ctx, &n, `SELECT COUNT(*) FROM `+table); err != nil || n != 0 {
				t.Errorf("%s has %d rows, %v", table, n, err)
			}
		}
		if a, b := v.account(ana), v.account(bo); a.StatusesCount != 0 || b.StatusesCount != 1 {
			t.Errorf("counts: %d and %d", a.StatusesCount, b.StatusesCount)
		}
		if ids := must(s.StatusIDsOf(ctx, bo.ID, 0, 10)); !slices.Equal(ids, []int64{reply.ID}) {
			t.Errorf("what is left: %v", ids)
		}
		if err := s.Tx(ctx, func(tx *Tx) error { _, err := tx.DeleteStatus(ctx, original.ID); return err }); !fault.Is(err, fault.NotFound) {
			t.Errorf("again: %v", err)
		}
	})
}

// A like would be counted twice, or not be found by the activity that takes it back.
func TestLikeIsCountedOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.remote("bo", "orchard.example")
		post := v.post(ana, VisibilityPublic, nil)
		for _, want := range []bool{true, false} {
			s.do(t, func(tx *Tx) error {
				created, err := tx.PutLike(ctx, Like{AccountID: bo.ID, StatusID: post.ID, URI: "https://o/like"})
				if created != want {
					t.Errorf("created: %v", created)
				}
				return err
			})
		}
		if got := v.status(post); got.LikesCount != 1 {
			t.Errorf("likes: %d", got.LikesCount)
		}
		if l := must(s.LikeByURI(ctx, bo.ID, "https://o/like")); l.StatusID != post.ID {
			t.Errorf("by URI: %+v", l)
		}
		if _, err := s.LikeByURI(ctx, ana.ID, "https://o/like"); !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody else's: %v", err)
		}
		s.do(t, func(tx *Tx) error { _, err := tx.DeleteLike(ctx, bo.ID, post.ID); return err })
		if err := s.Tx(ctx, func(tx *Tx) error { _, err := tx.DeleteLike(ctx, bo.ID, post.ID); return err }); !fault.Is(err, fault.NotFound) {
			t.Errorf("again: %v", err)
		}
		if got := v.status(post); got.LikesCount != 0 {
			t.Errorf("likes: %d", got.LikesCount)
		}
	})
}
