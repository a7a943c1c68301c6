package storage

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// named makes somebody of another server with a display name.
func (v village) named(name, display string) Account {
	v.t.Helper()
	a := remoteAccount(name, "orchard.example")
	a.DisplayName = display
	v.s.do(v.t, func(tx *Tx) (err error) {
		a, err = tx.PutRemoteAccount(v.t.Context(), a)
		return err
	})
	return a
}

// People would not find those whom they know among namesakes, or by a name that is not in Latin.
func TestPeopleAreFoundByTheirNamesKnownOnesFirst(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		stranger, follower := v.named("s1", "Gärtner Ada"), v.named("s2", "Ada of the gardens")
		followed, friend := v.named("s3", "ADA"), v.named("s4", "ada")
		zhang := v.named("s5", "张三丰 🍵")
		v.follow(ana, followed)
		v.follow(follower, ana)
		s.do(t, func(tx *Tx) error {
			_, err := tx.exec(ctx, `
				INSERT INTO friend (id, account_id, friend_id, state, offered, since, created_at) VALUES (1, ?, ?, 'friend', TRUE, 1, 1)`, ana.ID, friend.ID)
			return err
		})
		finds := func(q PeopleQuery) (found []string) {
			if q.Limit == 0 {
				q.Limit = 10
			}
			for _, a := range must(s.SearchPeople(ctx, ana.ID, q)) {
				found = append(found, a.Name)
			}
			return found
		}
		for _, c := range []struct {
			q    PeopleQuery
			want []string
		}{
			{PeopleQuery{Text: "ada"}, []string{"s4", "s3", "s2", "s1"}},
			{PeopleQuery{Text: "ada", Limit: 2, Offset: 1}, []string{"s3", "s2"}},
			{PeopleQuery{Text: "ada", Following: true}, []string{"s3"}},
			{PeopleQuery{Text: "gar ada"}, []string{"s2", "s1"}},
			{PeopleQuery{Text: "GÄRT"}, []string{"s1"}},
			{PeopleQuery{Text: "三丰"}, []string{"s5"}},
			{PeopleQuery{Text: "张"}, []string{"s5"}},
			{PeopleQuery{Text: "丰三"}, nil},
			{PeopleQuery{Text: "ardens"}, nil},
			{PeopleQuery{Text: "ada", Offset: PeopleOffsetMax + 1}, nil},
			{PeopleQuery{Text: "ada", Offset: -1}, nil},
		} {
			if diff := cmp.Diff(c.want, finds(c.q)); diff != "" {
				t.Errorf("%+v: %s", c.q, diff)
			}
		}
		zhang.DisplayName = "Li Si"
		s.do(t, func(tx *Tx) error {
			if _, err := tx.PutRemoteAccount(ctx, zhang); err != nil {
				return err
			}
			return tx.MarkDeleted(ctx, stranger.ID)
		})
		if got := finds(PeopleQuery{Text: "三丰"}); len(got) != 0 {
			t.Errorf("by a name of before: %v", got)
		}
		if got := finds(PeopleQuery{Text: "li s"}); !slices.Equal(got, []string{"s5"}) {
			t.Errorf("by the new name: %v", got)
		}
		if n := v.count(`SELECT COUNT(*) FROM account_word WHERE account_id = ?`, stranger.ID); n != 0 {
			t.Errorf("%d words are left of somebody deleted", n)
		}
		s.do(t, func(tx *Tx) error { // as the version before left it
			if _, err := tx.exec(ctx, `DELETE FROM account_word`); err != nil {
				return err
			}
			return tx.unreadAll(ctx, everybodysNames)
		})
		v.readAll()
		if got := finds(PeopleQuery{Text: "ada"}); len(got) != 3 {
			t.Errorf("after reading all names: %v", got)
		}
	})
}

// One letter would have the names of everybody read, or hide a friend behind a thousand namesakes.
func TestSearchForPeopleIsBounded(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		s.do(t, func(tx *Tx) error {
			for i := range peopleReadMax + 20 {
				a := remoteAccount(fmt.Sprintf("a%04d", i), "orchard.example")
				a.DisplayName = fmt.Sprintf("Ada%04d", i)
				if _, err := tx.PutRemoteAccount(ctx, a); err != nil {
					return err
				}
			}
			return nil
		})
		friend := v.named("zz", "Adazz")
		v.follow(ana, friend)
		found, err := s.peopleNamed(ctx, ana.ID, "ada", []string{"ada"}, false)
		if err != nil || len(found) > 5*peopleReadMax {
			t.Errorf("%d people are looked at, %v", len(found), err)
		}
		if got := must(s.SearchPeople(ctx, ana.ID, PeopleQuery{Text: "ada", Limit: 1})); len(got) != 1 || got[0].ID != friend.ID {
			t.Errorf("the first is %v", got)
		}
		long := v.named("long", stringOf("word ", 500)+stringOf("长", 500))
		if n := v.count(`SELECT COUNT(*) FROM account_word WHERE account_id = ?`, long.ID); n > nameWordsMax+nameRunMax {
			t.Errorf("a long name has %d words", n)
		}
	})
}

func stringOf(part string, count int) (all string) {
	for i := range count {
		all += part + fmt.Sprint(i%7)
	}
	return all
}

// A beginning of hashtags would have every use of each of them counted.
func TestSearchForHashtagsIsBounded(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		for i := range tagsReadMax + 10 {
			tag := fmt.Sprintf("tea%03d", i)
			v.post(ana, VisibilityPublic, func(n *NewStatus) { n.Tags = []Tag{{Tag: tag, Name: tag}, {Tag: "tea", Name: "Tea"}} })
		}
		for range tagUsesCounted {
			v.post(ana, VisibilityPublic, func(n *NewStatus) { n.Tags = []Tag{{Tag: "teapot", Name: "TeaPot"}, {Tag: "tea", Name: "Tea"}} })
		}
		v.post(ana, VisibilityDirect, func(n *NewStatus) { n.Tags = []Tag{{Tag: "teasecret", Name: "teasecret"}} })
		found := must(s.SearchTags(ctx, ana.ID, TagQuery{Beginning: "tea", Limit: 1000}))
		if len(found) != tagsReadMax || found[0].Tag != "tea" || found[0].Statuses != tagUsesCounted {
			t.Errorf("%d hashtags, the first is %+v", len(found), found[0])
		}
		if page := must(s.SearchTags(ctx, ana.ID, TagQuery{Beginning: "tea", Offset: 1, Limit: 2})); len(page) != 2 || page[0].Tag != found[1].Tag {
			t.Errorf("the second page is %+v", page)
		}
		for _, offset := range []int{-1, TagOffsetMax + 1, math.MaxInt} {
			if got := must(s.SearchTags(ctx, ana.ID, TagQuery{Beginning: "tea", Offset: offset, Limit: 2})); len(got) != 0 {
				t.Errorf("after %d: %v", offset, got)
			}
		}
		if got := must(s.SearchTags(ctx, ana.ID, TagQuery{Beginning: "teas", Limit: 5})); len(got) != 0 {
			t.Errorf("a hashtag of a letter: %v", got)
		}
		s.do(t, func(tx *Tx) error {
			return tx.PutTrends(ctx, TrendTag, []Popular{{Tag: "teapot", Name: "TeaPot"}})
		})
		if got := must(s.SearchTags(ctx, ana.ID, TagQuery{Beginning: "tea", Trending: true, Limit: 5})); len(got) != 1 || got[0].Name != "TeaPot" {
			t.Errorf("what is going around: %v", got)
		}
	})
}
