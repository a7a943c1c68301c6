package storage

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tulou/protocol/fault"
)

// Lists would show posts of people whom their owner left, or answers that nobody asked for, or keep
// posts out of the home timeline for ever.
func TestListsShowTheirMembersByTheirPolicy(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo, cy, di := v.local("ana"), v.remote("bo", "orchard.example"), v.remote("cy", "orchard.example"), v.remote("di", "mill.example")
		v.follow(ana, bo)
		v.follow(ana, cy)
		var l List
		s.do(t, func(tx *Tx) (err error) {
			if l, err = tx.CreateList(ctx, List{AccountID: ana.ID, Title: "Friends", RepliesPolicy: RepliesToList}); err != nil {
				return err
			}
			if err := tx.AddToList(ctx, l, di.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("somebody not followed: %v", err)
			}
			return nil
		})
		old := v.post(bo, VisibilityPublic, nil)
		s.do(t, func(tx *Tx) error { return tx.AddToList(ctx, l, bo.ID) })
		s.do(t, func(tx *Tx) error {
			if err := tx.AddToList(ctx, l, bo.ID); !fault.Is(err, fault.Conflict) {
				t.Errorf("a member again: %v", err)
			}
			return nil
		})
		private := v.post(bo, VisibilityPrivate, nil)
		others := v.post(cy, VisibilityPublic, nil)
		answer := v.post(bo, VisibilityPublic, func(n *NewStatus) { n.ReplyToID = others.ID })
		shows := func(what string, want ...Status) {
			t.Helper()
			got := StatusIDs(must(s.ListTimeline(ctx, ana.ID, l.ID, Page{})))
			ids := []int64{}
			for _, w := range slices.Backward(want) {
				ids = append(ids, w.ID)
			}
			if !slices.Equal(got, ids) {
				t.Errorf("%s: %v, want %v", what, got, ids)
			}
		}
		home := func(what string, want bool) {
			t.Helper()
			if got := slices.Contains(StatusIDs(must(s.Home(ctx, ana.ID, Page{}))), private.ID); got != want {
				t.Errorf("%s: in the home timeline %v", what, got)
			}
		}
		update := func(change func(*List)) {
			t.Helper()
			change(&l)
			s.do(t, func(tx *Tx) error { return tx.UpdateList(ctx, l) })
		}
		shows("answers to the list", old, private)
		update(func(l *List) { l.RepliesPolicy = RepliesToFollowed })
		shows("answers to the followed", old, private, answer)
		if got := must(s.ListsShowing(ctx, answer.ID)); !slices.Equal(got, []ListPlace{{l.ID, ana.ID}}) {
			t.Errorf("shown by %v", got)
		}
		update(func(l *List) { l.RepliesPolicy, l.Exclusive = RepliesToNobody, true })
		shows("no answers", old, private)
		home("exclusive", false)
		later := v.post(bo, VisibilityPublic, nil)
		if got := StatusIDs(must(s.Home(ctx, ana.ID, Page{}))); slices.Contains(got, later.ID) {
			t.Error("a new post of a member of an exclusive list is in the home timeline")
		}
		update(func(l *List) { l.Exclusive = false })
		home("not exclusive any more", true)
		s.do(t, func(tx *Tx) error { return tx.PutMute(ctx, Mute{AccountID: ana.ID, TargetID: bo.ID}) })
		shows("muted")
		s.do(t, func(tx *Tx) error { return tx.DeleteMute(ctx, ana.ID, bo.ID) })
		if got := must(s.ListsWith(ctx, bo.ID)); !slices.Equal(got, []ListPlace{{l.ID, ana.ID}}) {
			t.Errorf("member of %v", got)
		}
		s.do(t, func(tx *Tx) error { _, err := tx.DeleteFollow(ctx, ana.ID, bo.ID); return err })
		shows("unfollowed")
		if got := must(s.ListsWith(ctx, bo.ID)); len(got) != 0 {
			t.Errorf("still a member of %v", got)
		}
		s.do(t, func(tx *Tx) error {
			if _, err := tx.PutFollow(ctx, Follow{AccountID: ana.ID, TargetID: bo.ID, Boosts: true}); err != nil {
				return err
			}
			return tx.AddToList(ctx, l, bo.ID)
		})
		shows("asked for")
		v.follow(ana, bo)
		shows("accepted", old, private, later)
		s.do(t, func(tx *Tx) error {
			if err := tx.DeleteList(ctx, bo.ID, l.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("somebody else's list: %v", err)
			}
			return tx.DeleteList(ctx, ana.ID, l.ID)
		})
		if got := must(s.ListsShowing(ctx, old.ID)); len(got) != 0 {
			t.Errorf("a deleted list shows %v", got)
		}
	})
}

// Somebody could make so many lists, or such long ones, that every post would cost the node dear.
func TestListsAreBounded(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		v.follow(ana, bo)
		s.do(t, func(tx *Tx) error {
			var l List
			for n := range ListsMax {
				var err error
				if l, err = tx.CreateList(ctx, List{AccountID: ana.ID, Title: fmt.Sprint(n), RepliesPolicy: RepliesToNobody}); err != nil {
					return err
				}
			}
			if _, err := tx.CreateList(ctx, List{AccountID: ana.ID, Title: "x", RepliesPolicy: RepliesToNobody}); !fault.Is(err, fault.Unprocessable) {
				t.Errorf("one list too many: %v", err)
			}
			for n := range ListMembersMax {
				if _, err := tx.exec(ctx, `INSERT INTO account (id, uri, name, name_key, host, created_at) VALUES (?, ?, ?, ?, 'x', 0)`,
					n+1, fmt.Sprint(n), fmt.Sprint(n), fmt.Sprint(n)); err != nil {
					return err
				}
				if _, err := tx.exec(ctx, `INSERT INTO list_member (id, list_id, owner_id, target_id) VALUES (?, ?, ?, ?)`, n+1, l.ID, ana.ID, n+1); err != nil {
					return err
				}
			}
			if err := tx.AddToList(ctx, l, bo.ID); !fault.Is(err, fault.Unprocessable) {
				t.Errorf("one member too many: %v", err)
			}
			return nil
		})
	})
}

// listWorld is the model of what a list shows; it shares nothing with the SQL.
type listWorld struct {
	follows map[int64]bool
	members map[int64]bool
	policy  string
	posts   []listPost
	shown   map[int64]bool
}

type listPost struct{ id, author, answers int64 }

func (w *listWorld) fits(owner int64, p listPost) bool {
	if !w.members[p.author] || !w.follows[p.author] {
		return false
	}
	if p.answers == 0 || p.answers == p.author || p.answers == owner {
		return true
	}
	return w.follows[p.answers] && (w.policy == RepliesToFollowed || w.policy == RepliesToList && w.members[p.answers])
}

func (w *listWorld) fill(owner int64, of func(listPost) bool) {
	for _, p := range w.posts {
		if of(p) && w.fits(owner, p) {
			w.shown[p.id] = true
		}
	}
}

func (w *listWorld) drop(author int64) {
	for _, p := range w.posts {
		if p.author == author {
			delete(w.shown, p.id)
		}
	}
}

// Some order of following, listing and posting would leave a post in a list, or out of it, for
// good.
func TestListTimelinesAreWhatTheModelSays(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		rapid.Check(t, func(r *rapid.T) {
			clearAll(t, s)
			v, ctx := village{t, s}, t.Context()
			ana := v.local("ana")
			people := []Account{ana, v.remote("bo", "orchard.example"), v.remote("cy", "orchard.example"), v.local("di")}
			w := &listWorld{follows: map[int64]bool{}, members: map[int64]bool{}, policy: RepliesToList, shown: map[int64]bool{}}
			var l List
			s.do(t, func(tx *Tx) (err error) {
				l, err = tx.CreateList(ctx, List{AccountID: ana.ID, Title: "x", RepliesPolicy: w.policy})
				return err
			})
			for range rapid.IntRange(5, 25).Draw(r, "steps") {
				who := rapid.SampledFrom(people[1:]).Draw(r, "who")
				switch rapid.SampledFrom([]string{"post", "post", "answer", "follow", "follow", "unfollow", "add", "add", "remove", "policy", "exclusive"}).Draw(r, "kind") {
				case "post":
					p := listPost{id: v.post(who, VisibilityPublic, nil).ID, author: who.ID}
					w.posts = append(w.posts, p)
					w.fill(ana.ID, func(q listPost) bool { return q == p })
				case "answer":
					if len(w.posts) == 0 {
						continue
					}
					to := rapid.SampledFrom(w.posts).Draw(r, "to")
					p := listPost{id: v.post(who, VisibilityPublic, func(n *NewStatus) { n.ReplyToID = to.id }).ID, author: who.ID, answers: to.author}
					w.posts = append(w.posts, p)
					w.fill(ana.ID, func(q listPost) bool { return q == p })
				case "follow":
					if !w.follows[who.ID] {
						v.follow(ana, who)
						w.follows[who.ID] = true
					}
				case "unfollow":
					if w.follows[who.ID] {
						s.do(t, func(tx *Tx) error { _, err := tx.DeleteFollow(ctx, ana.ID, who.ID); return err })
						w.drop(who.ID)
						delete(w.follows, who.ID)
						delete(w.members, who.ID)
					}
				case "add":
					if w.follows[who.ID] && !w.members[who.ID] {
						s.do(t, func(tx *Tx) error { return tx.AddToList(ctx, l, who.ID) })
						w.members[who.ID] = true
						w.fill(ana.ID, func(q listPost) bool { return q.author == who.ID })
					}
				case "remove":
					if w.members[who.ID] {
						s.do(t, func(tx *Tx) error { return tx.RemoveFromList(ctx, l, who.ID) })
						w.drop(who.ID)
						delete(w.members, who.ID)
					}
				case "policy":
					l.RepliesPolicy = rapid.SampledFrom([]string{RepliesToFollowed, RepliesToList, RepliesToNobody}).Draw(r, "policy")
					s.do(t, func(tx *Tx) error { return tx.UpdateList(ctx, l) })
					if l.RepliesPolicy != w.policy {
						w.policy, w.shown = l.RepliesPolicy, map[int64]bool{}
						w.fill(ana.ID, func(listPost) bool { return true })
					}
				case "exclusive":
					l.Exclusive = !l.Exclusive
					s.do(t, func(tx *Tx) error { return tx.UpdateList(ctx, l) })
				}
				var want []int64
				for _, p := range slices.Backward(w.posts) {
					if w.shown[p.id] {
						want = append(want, p.id)
					}
				}
				if got := StatusIDs(must(s.ListTimeline(ctx, ana.ID, l.ID, Page{Limit: StatusPageMax}))); !slices.Equal(got, want) {
					r.Fatalf("list: %v, want %v", got, want)
				}
				for _, h := range must(s.Statuses(ctx, must(s.Home(ctx, ana.ID, Page{Limit: StatusPageMax})))) {
					if l.Exclusive && w.members[h.AccountID] {
						r.Fatalf("%d is in an exclusive list and in the home timeline", h.ID)
					}
				}
			}
		})
	})
}
