package storage

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A home timeline would show answers to strangers, unwanted boosts, or miss a post.
func TestFanOutFollowsTheRules(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo, cy := v.local("ana"), v.remote("bo", "orchard.example"), v.remote("cy", "orchard.example")
		away := v.local("away")
		v.follow(ana, bo)
		v.follow(away, bo)
		s.do(t, func(tx *Tx) error {
			_, err := tx.exec(ctx, `UPDATE login SET active_at = 0 WHERE account_id = ?`, away.ID)
			return err
		})
		stranger := v.post(cy, VisibilityPublic, nil)
		mine := v.post(ana, VisibilityPublic, nil)
		for name, c := range map[string]struct {
			status NewStatus
			want   []int64
		}{
			"a public post":       {v.newStatus(bo, VisibilityPublic, nil), []int64{ana.ID}},
			"for followers":       {v.newStatus(bo, VisibilityPrivate, nil), []int64{ana.ID}},
			"direct to somebody":  {v.newStatus(bo, VisibilityDirect, func(n *NewStatus) { n.Audience = []int64{cy.ID} }), nil},
			"direct to ana":       {v.newStatus(bo, VisibilityDirect, func(n *NewStatus) { n.Audience = []int64{ana.ID} }), []int64{ana.ID}},
			"answer to stranger":  {v.newStatus(bo, VisibilityPublic, func(n *NewStatus) { n.ReplyToID = stranger.ID }), nil},
			"answer to unknown":   {v.newStatus(bo, VisibilityPublic, func(n *NewStatus) { n.ReplyToURI = "https://x/y" }), nil},
			"answer to ana":       {v.newStatus(bo, VisibilityPublic, func(n *NewStatus) { n.ReplyToID = mine.ID }), []int64{ana.ID}},
			"a boost":             {v.newStatus(bo, VisibilityPublic, func(n *NewStatus) { n.BoostOfID = stranger.ID }), []int64{ana.ID}},
			"of nobody's follow":  {v.newStatus(cy, VisibilityPublic, nil), nil},
			"of ana herself":      {v.newStatus(ana, VisibilityDirect, nil), []int64{ana.ID}},
			"quiet, to everybody": {v.newStatus(bo, VisibilityUnlisted, nil), []int64{ana.ID}},
		} {
			s.do(t, func(tx *Tx) error {
				made, err := tx.CreateStatus(ctx, c.status)
				if err != nil {
					return err
				}
				got, err := tx.FanOut(ctx, made)
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s: %s", name, diff)
				}
				if again, err := tx.FanOut(ctx, made); err != nil || len(again) != 0 {
					t.Errorf("%s, again: %v %v", name, again, err)
				}
				return err
			})
		}
		s.do(t, func(tx *Tx) error {
			if _, err := tx.PutFollow(ctx, Follow{AccountID: ana.ID, TargetID: bo.ID, Boosts: false}); err != nil {
				return err
			}
			boost, err := tx.CreateStatus(ctx, v.newStatus(bo, VisibilityPublic, func(n *NewStatus) { n.BoostOfID = mine.ID }))
			if err != nil {
				return err
			}
			got, err := tx.FanOut(ctx, boost)
			if len(got) != 0 {
				t.Errorf("an unwanted boost: %v", got)
			}
			return err
		})
	})
}

// Whoever comes back would find an old timeline, or the same posts as before in another order.
func TestRebuiltHomeIsTheWrittenOne(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo, cy := v.local("ana"), v.remote("bo", "orchard.example"), v.remote("cy", "orchard.example")
		v.follow(ana, bo)
		for n := range 6 {
			p := v.post(bo, []string{VisibilityPublic, VisibilityPrivate}[n%2], nil)
			v.post(ana, VisibilityPublic, func(n *NewStatus) { n.ReplyToID = p.ID })
			v.boost(bo, v.post(cy, VisibilityPublic, nil))
		}
		written := must(s.Home(ctx, ana.ID, Page{Limit: 40}))
		s.do(t, func(tx *Tx) error {
			if _, err := tx.exec(ctx, `DELETE FROM home_entry`); err != nil {
				return err
			}
			_, err := tx.exec(ctx, `UPDATE login SET active_at = ? WHERE account_id = ?`, At(time.Now().Add(-ActiveFor-25*time.Hour)), ana.ID)
			return err
		})
		s.do(t, func(tx *Tx) error { return tx.TouchActive(ctx, ana.ID, time.Now()) })
		if diff := cmp.Diff(written, must(s.Home(ctx, ana.ID, Page{Limit: 40}))); diff != "" || len(written) != 18 {
			t.Errorf("%d: %s", len(written), diff)
		}
		if statuses := must(s.Statuses(ctx, written)); len(statuses) != 18 || statuses[3].ID != written[3].ID {
			t.Errorf("statuses: %d", len(statuses))
		}
	})
}

// Answers that came before what they answer would be in no home timeline until it is rebuilt.
func TestRepliesThatCameFirstReachHome(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.remote("bo", "orchard.example")
		cy, stranger := v.remote("cy", "pond.example"), v.remote("di", "pond.example")
		v.follow(ana, bo)
		v.follow(ana, cy)
		post := func(author Account, uri, parent string) Status {
			return v.post(author, VisibilityPublic, func(n *NewStatus) { n.URI, n.ReplyToURI = uri, parent })
		}
		post(bo, "https://orchard.example/aside", "https://pond.example/strange")
		third := post(bo, "https://orchard.example/3", "https://pond.example/2")
		if got := must(s.Home(ctx, ana.ID, Page{})); len(got) != 0 {
			t.Errorf("an answer to something unknown: %v", got)
		}
		post(stranger, "https://pond.example/strange", "")
		var second Status // fetched, to show what the third answers
		s.do(t, func(tx *Tx) (err error) {
			second, err = tx.CreateStatus(ctx, v.newStatus(cy, VisibilityPublic, func(n *NewStatus) {
				n.URI, n.ReplyToURI = "https://pond.example/2", "https://orchard.example/1"
			}))
			return err
		})
		if got, want := StatusIDs(must(s.Home(ctx, ana.ID, Page{}))), []int64{third.ID}; !slices.Equal(got, want) {
			t.Errorf("with its parent: %v, want %v", got, want)
		}
		first := post(bo, "https://orchard.example/1", "")
		if got, want := StatusIDs(must(s.Home(ctx, ana.ID, Page{}))), []int64{first.ID, second.ID, third.ID}; !slices.Equal(got, want) {
			t.Errorf("with the whole thread: %v, want %v", got, want)
		}
	})
}

// Following somebody would show nothing until they write, unfollowing leave their posts.
func TestFollowingFillsAndEmptiesHome(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.remote("bo", "orchard.example")
		var posts []int64
		for range 3 {
			posts = append([]int64{v.post(bo, VisibilityPublic, nil).ID}, posts...)
		}
		v.follow(ana, bo)
		if got := StatusIDs(must(s.Home(ctx, ana.ID, Page{}))); !slices.Equal(got, posts) {
			t.Errorf("after following: %v, want %v", got, posts)
		}
		s.do(t, func(tx *Tx) error { _, err := tx.DeleteFollow(ctx, ana.ID, bo.ID); return err })
		if got := must(s.Home(ctx, ana.ID, Page{})); len(got) != 0 {
			t.Errorf("after unfollowing: %v", got)
		}
	})
}

// The edge would show an old name, count or text from what it remembers.
func TestStampsChangeWithWhatIsShown(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		original := v.post(bo, VisibilityPublic, nil)
		v.boost(ana, original)
		stamp := func() Stamp {
			page := must(s.Home(ctx, ana.ID, Page{}))
			if len(page) != 1 || page[0].BoostOfID != original.ID || page[0].BoostAccountID != bo.ID || page[0].Key != page[0].ID {
				t.Fatalf("home: %+v", page)
			}
			return page[0]
		}
		before := stamp()
		for name, change := range map[string]func(tx *Tx) error{
			"a like": func(tx *Tx) error {
				_, err := tx.PutLike(ctx, Like{AccountID: ana.ID, StatusID: original.ID})
				return err
			},
			"an edit": func(tx *Tx) error {
				_, err := tx.EditStatus(ctx, Edit{StatusID: original.ID, Content: "new"})
				return err
			},
			"a profile": func(tx *Tx) error { _, err := tx.UpdateProfile(ctx, bo); return err },
			"a reply": func(tx *Tx) error {
				_, err := tx.CreateStatus(ctx, v.newStatus(bo, VisibilityPublic, func(n *NewStatus) { n.ReplyToID = original.ID }))
				return err
			},
		} {
			s.do(t, change)
			after := stamp()
			if after == before {
				t.Errorf("%s changed nothing", name)
			}
			before = after
		}
	})
}

// A mute that is over would go on hiding, one that is not would not hide.
func TestMutesEnd(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		v.post(bo, VisibilityPublic, nil)
		for _, c := range []struct {
			expires time.Time
			want    int
		}{{time.Time{}, 0}, {time.Now().Add(time.Hour), 0}, {time.Now().Add(-time.Second), 1}} {
			s.do(t, func(tx *Tx) error {
				return tx.PutMute(ctx, Mute{AccountID: ana.ID, TargetID: bo.ID, Expires: c.expires})
			})
			if got := must(s.Public(ctx, ana.ID, Everywhere, Page{})); len(got) != c.want {
				t.Errorf("muted until %v: %d posts", c.expires, len(got))
			}
			if got := must(s.Mutes(ctx, ana.ID, Page{})); len(got) != 1-c.want {
				t.Errorf("mutes: %v", got)
			}
		}
	})
}

// Home timelines would grow for ever.
func TestHomesAreCut(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		s.do(t, func(tx *Tx) error {
			for n := range HomeEntriesMax + 5 {
				p, err := tx.CreateStatus(ctx, v.newStatus(ana, VisibilityPublic, func(s *NewStatus) { s.URI = fmt.Sprint(n) }))
				if err != nil {
					return err
				}
				if _, err := tx.FanOut(ctx, p); err != nil {
					return err
				}
			}
			return nil
		})
		forgetHomes(t, s)
		var n int
		if err := s.get(ctx, &n, `SELECT COUNT(*) FROM home_entry`); err != nil || n != HomeEntriesMax {
			t.Errorf("%d entries, %v", n, err)
		}
	})
}

// forgetHomes cuts all timelines, as the job does.
func forgetHomes(t *testing.T, s *Store) {
	t.Helper()
	for last := int64(0); ; {
		var next int64
		s.do(t, func(tx *Tx) (err error) {
			next, err = tx.ForgetHomes(t.Context(), last)
			return err
		})
		if next == 0 {
			return
		}
		last = next
	}
}
