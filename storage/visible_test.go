package storage

import (
	"cmp"
	"context"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Somebody would see a post that is not for them, or not see one that is, on some path.
func TestEveryReadPathShowsWhatTheModelAllows(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		histories(t, s, func(r *rapid.T, h *history) {
			for _, viewer := range append([]int64{0}, h.accounts...) {
				compareReads(r, s, h.world, viewer)
			}
			compareCounts(r, s, h.world)
		})
	})
}

// clearAll empties the tables, so that a property test needs one database and not hundreds.
func clearAll(t *testing.T, s *Store) {
	s.do(t, func(tx *Tx) error {
		for _, table := range []string{"status", "notification", "conversation", "follow", "block", "mute", "domain_mute",
			"domain_policy", "list", "tag_follow", "login", "account", "event", "home_entry", "likes", "bookmark"} {
			if _, err := tx.exec(t.Context(), `DELETE FROM `+table); err != nil {
				return err
			}
		}
		return nil
	})
}

func compareReads(r *rapid.T, s *Store, w *world, viewer int64) {
	ctx, page := r.Context(), Page{Limit: StatusPageMax}
	same := func(path string, want, got []int64) {
		if diff := gocmp.Diff(want, got); diff != "" {
			r.Fatalf("%s for %d: %s", path, viewer, diff)
		}
	}
	stamps := func(path string, want []int64, got []Stamp, err error) {
		if err != nil {
			r.Fatalf("%s: %v", path, err)
		}
		same(path, want[:min(len(want), StatusPageMax)], StatusIDs(got))
	}
	seen := w.ids(func(p *post) bool { return w.visible(viewer, p) })
	all := w.ids(func(*post) bool { return true })
	visible := must(s.Visible(ctx, viewer, all))
	same("visible", seen, slices.DeleteFunc(slices.Clone(all), func(id int64) bool { return !visible[id] }))
	for _, id := range all {
		if must(s.CanSee(ctx, viewer, id)) != visible[id] {
			r.Fatalf("status %d for %d: not the same one by one", id, viewer)
		}
	}

	for scope, local := range map[Scope]func(*post) bool{Everywhere: func(*post) bool { return true },
		LocalOnly: func(p *post) bool { return p.local }, RemoteOnly: func(p *post) bool { return !p.local }} {
		got, err := s.Public(ctx, viewer, scope, page)
		stamps("public", w.ids(func(p *post) bool {
			return w.public(p) && local(p) && w.visible(viewer, p) && w.wanted(viewer, p)
		}), got, err)
		got, err = s.Tag(ctx, viewer, TagFilter{Any: []string{"tag"}}, scope, page)
		stamps("tag", w.ids(func(p *post) bool {
			return p.tagged && p.visibility == VisibilityPublic && local(p) && w.visible(viewer, p) && w.wanted(viewer, p)
		}), got, err)
	}
	for author := range w.people {
		got, err := s.AccountStatuses(ctx, viewer, author, AccountFilter{}, page)
		stamps("account", w.ids(func(p *post) bool { return p.author == author && w.visible(viewer, p) }), got, err)
		got, err = s.AccountStatuses(ctx, viewer, author, AccountFilter{ExcludeBoosts: true, ExcludeReplies: true, Tag: "tag"}, page)
		stamps("account filtered", w.ids(func(p *post) bool {
			return p.author == author && p.boostOf == nil && !p.answersOther() && p.tagged && w.visible(viewer, p)
		}), got, err)
	}
	compareThreads(r, s, w, viewer)
	if viewer != 0 {
		compareOwn(r, s, w, viewer)
	}
}

func compareThreads(r *rapid.T, s *Store, w *world, viewer int64) {
	ctx, page := r.Context(), Page{Limit: StatusPageMax}
	for _, p := range w.posts {
		if p.deleted || p.boostOf != nil {
			continue
		}
		up, down, err := s.Context(ctx, viewer, must(s.StatusByID(ctx, p.id)))
		if err != nil {
			r.Fatal(err)
		}
		var wantUp []int64
		for q := p.parent; q != nil; q = q.parent {
			if w.visible(viewer, q) {
				wantUp = append([]int64{q.id}, wantUp...)
			}
		}
		wantDown := w.ids(func(q *post) bool {
			for a := q.parent; a != nil; a = a.parent {
				if a == p {
					return w.visible(viewer, q)
				}
			}
			return false
		})
		slices.SortFunc(down, func(a, b int64) int { return cmp.Compare(b, a) })
		if !slices.Equal(wantUp, up) || !slices.Equal(wantDown, down) {
			r.Fatalf("context of %d for %d: %v %v, want %v %v", p.id, viewer, up, down, wantUp, wantDown)
		}
		replies := StatusIDs(must(s.Replies(ctx, viewer, p.id, page)))
		if want := w.ids(func(q *post) bool { return q.parent == p && w.visible(viewer, q) }); !slices.Equal(want, replies) {
			r.Fatalf("replies: %v, want %v", replies, want)
		}
		var boosters, likers []int64
		for _, q := range w.posts {
			if q.boostOf == p && !q.deleted && w.visible(viewer, q) {
				boosters = append(boosters, q.author)
			}
		}
		for a := range w.people {
			if w.likes[pair{a, p.id}] && !w.hidden(a) && !w.blocked(viewer, a) {
				likers = append(likers, a)
			}
		}
		sameSet(r, "boosters", boosters, IDs(must(s.Boosters(ctx, viewer, p.id, page))))
		sameSet(r, "likers", likers, IDs(must(s.Likers(ctx, viewer, p.id, page))))
	}
}

func sameSet(r *rapid.T, path string, want, got []int64) {
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		r.Fatalf("%s: %v, want %v", path, got, want)
	}
}

// compareOwn compares what only somebody signed in has.
func compareOwn(r *rapid.T, s *Store, w *world, viewer int64) {
	ctx, page := r.Context(), Page{Limit: StatusPageMax}
	byID := map[int64]*post{}
	for _, p := range w.posts {
		byID[p.id] = p
	}
	sameSet(r, "favourites", w.ids(func(p *post) bool { return w.likes[pair{viewer, p.id}] && w.visible(viewer, p) }),
		StatusIDs(must(s.Favourites(ctx, viewer, page))))
	sameSet(r, "bookmarks", w.ids(func(p *post) bool { return w.bookmarks[pair{viewer, p.id}] && w.visible(viewer, p) }),
		StatusIDs(must(s.Bookmarks(ctx, viewer, page))))

	var entries []int64
	if err := s.list(ctx, &entries, `SELECT status_id FROM home_entry WHERE account_id = ? ORDER BY status_id DESC`, viewer); err != nil {
		r.Fatal(err)
	}
	want := slices.DeleteFunc(entries, func(id int64) bool { return !w.visible(viewer, byID[id]) || !w.wanted(viewer, byID[id]) })
	if got := StatusIDs(must(s.Home(ctx, viewer, page))); !slices.Equal(want[:min(len(want), StatusPageMax)], got) {
		r.Fatalf("home of %d: %v, want %v", viewer, got, want)
	}
	for _, n := range must(s.Notifications(ctx, viewer, NotificationFilter{}, page)) {
		if w.hidden(n.FromID) || w.blocked(viewer, n.FromID) || !w.visible(viewer, byID[n.StatusID]) {
			r.Fatalf("notification about what is not to be seen: %+v", n)
		}
	}
	for _, c := range must(s.Conversations(ctx, viewer, page)) {
		if !w.visible(viewer, byID[c.LastStatusID]) {
			r.Fatalf("conversation that ends with what is not to be seen: %+v", c)
		}
	}
}

// compareCounts compares every count with what it counts.
func compareCounts(r *rapid.T, s *Store, w *world) {
	ctx := context.WithoutCancel(r.Context())
	var stored []int64
	if err := s.list(ctx, &stored, `SELECT id FROM status ORDER BY id DESC`); err != nil {
		r.Fatal(err)
	}
	if want := w.ids(func(*post) bool { return true }); !slices.Equal(want, stored) && len(want)+len(stored) > 0 {
		r.Fatalf("statuses %v, want %v", stored, want)
	}
	for id, p := range w.people {
		var followers, following, statuses int64
		for f, accepted := range w.follows {
			if accepted && f.to == id {
				followers++
			}
			if accepted && f.from == id {
				following++
			}
		}
		for _, q := range w.posts {
			if !q.deleted && q.author == id && q.visibility != VisibilityDirect {
				statuses++
			}
		}
		a := must(s.AccountByID(ctx, id))
		if a.FollowersCount != followers || a.FollowingCount != following || a.StatusesCount != statuses || a.Hidden != w.hidden(id) {
			r.Fatalf("account %+v: want %d followers, %d following, %d statuses, hidden %v (%+v)", a, followers, following, statuses, w.hidden(id), p)
		}
	}
	for _, p := range w.posts {
		if p.deleted {
			continue
		}
		var replies, boosts, likes int64
		for _, q := range w.posts {
			if !q.deleted && q.parent == p && (q.visibility == VisibilityPublic || q.visibility == VisibilityUnlisted) {
				replies++
			}
			if !q.deleted && q.boostOf == p {
				boosts++
			}
		}
		for l := range w.likes {
			if l.to == p.id {
				likes++
			}
		}
		if got := must(s.StatusByID(ctx, p.id)); got.RepliesCount != replies || got.BoostsCount != boosts || got.LikesCount != likes {
			r.Fatalf("status %+v: want %d replies, %d boosts, %d likes", got, replies, boosts, likes)
		}
	}
}
