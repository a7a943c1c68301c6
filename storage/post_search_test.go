package storage

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tulou/protocol/ids"
	"tulou/protocol/words"
	"tulou/storage/storagetest"
)

// readAll reads all that waits to be found.
func (v village) readAll() {
	v.t.Helper()
	for {
		more, err := v.s.ReadPosts(v.t.Context())
		if err != nil {
			v.t.Fatal(err)
		}
		if !more {
			return
		}
	}
}

// lets makes somebody of another server whose posts may be found.
func (v village) lets(name, host string) Account {
	v.t.Helper()
	a := remoteAccount(name, host)
	a.Indexable = true
	v.s.do(v.t, func(tx *Tx) (err error) {
		a, err = tx.PutRemoteAccount(v.t.Context(), a)
		return err
	})
	return a
}

func (v village) says(author Account, visibility, text string, change func(*NewStatus)) Status {
	return v.post(author, visibility, func(n *NewStatus) {
		n.Content = "<p>" + text + "</p>"
		if change != nil {
			change(n)
		}
	})
}

// asks makes needs of texts.
func asks(texts ...string) (needs []Need) {
	for _, text := range texts {
		rows, signs := words.Query(text, PostNeedsMax)
		for _, row := range rows {
			needs = append(needs, Need{Words: row})
		}
		for _, sign := range signs {
			needs = append(needs, Need{Fact: FactSign(sign)})
		}
	}
	return needs
}

func (v village) finds(viewer Account, q PostQuery) []int64 {
	v.t.Helper()
	found, err := v.s.FindPosts(v.t.Context(), viewer.ID, q, 0, 40)
	if err != nil {
		v.t.Fatal(err)
	}
	return found
}

// Posts would be found of people who did not let them be found, or by those who may not see them;
// or not in one's own library.
func TestPostsAreFoundWithConsentOrInOnesLibrary(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, dora := v.local("ana"), v.local("dora")
		ben, cem := v.remote("ben", "orchard.example"), v.lets("cem", "orchard.example")
		v.follow(ana, cem)
		open := v.says(cem, VisibilityPublic, "red tea", nil)
		closed := v.says(ben, VisibilityPublic, "red tea of Ben", nil)
		quiet := v.says(cem, VisibilityUnlisted, "red tea quietly", nil)
		followers := v.says(cem, VisibilityPrivate, "red tea for followers", nil)
		mine := v.says(ana, VisibilityDirect, "my red tea", nil)
		tome := v.says(ben, VisibilityDirect, "red tea for Ana", func(n *NewStatus) {
			n.Mentions, n.Audience = []int64{ana.ID}, []int64{ana.ID}
		})
		poll := v.says(ben, VisibilityUnlisted, "which red tea", func(n *NewStatus) {
			n.Poll = &Poll{Options: Options{{Title: "Keemun"}, {Title: "Dianhong"}}, ExpiresAt: Now() + 1e9}
		})
		v.readAll()
		check := func(what string, viewer Account, in Place, want ...int64) {
			t.Helper()
			v.readAll()
			slices.Sort(want)
			got := v.finds(viewer, PostQuery{Has: asks("RED tea"), In: in})
			if !slices.IsSortedFunc(got, func(a, b int64) int { return int(b - a) }) {
				t.Errorf("%s: not in order: %v", what, got)
			}
			slices.Sort(got)
			if diff := cmp.Diff(slices.Compact(want), slices.Compact(got)); diff != "" && len(want)+len(got) > 0 {
				t.Errorf("%s: %s", what, diff)
			}
		}
		check("a stranger", Account{}, Anywhere)
		check("dora", dora, Anywhere, open.ID)
		check("ana", ana, Anywhere, open.ID, mine.ID, tome.ID)
		check("ana's library", ana, Library, mine.ID, tome.ID)
		check("in public", ana, Findable, open.ID)
		s.do(t, func(tx *Tx) error {
			if _, err := tx.PutLike(ctx, Like{AccountID: ana.ID, StatusID: closed.ID}); err != nil {
				return err
			}
			if err := tx.PutBookmark(ctx, ana.ID, followers.ID); err != nil {
				return err
			}
			p := must(tx.Polls(ctx, []int64{poll.ID}))[poll.ID]
			return tx.PutVotes(ctx, p, ana.ID, []Vote{{Choice: 1}})
		})
		boost := v.boost(ana, quiet)
		check("ana's larger library", ana, Library, mine.ID, tome.ID, closed.ID, followers.ID, poll.ID, quiet.ID)
		if got := v.finds(ana, PostQuery{Has: asks("dianhong")}); !slices.Equal(got, []int64{poll.ID}) {
			t.Errorf("by an option of a poll: %v", got)
		}
		check("dora's did not grow", dora, Anywhere, open.ID)
		s.do(t, func(tx *Tx) error {
			if _, err := tx.DeleteLike(ctx, ana.ID, closed.ID); err != nil {
				return err
			}
			if _, err := tx.DeleteStatus(ctx, boost.ID); err != nil {
				return err
			}
			return tx.DeleteBookmark(ctx, ana.ID, followers.ID)
		})
		check("ana's library again", ana, Library, mine.ID, tome.ID, poll.ID)
		ben.Indexable = true
		s.do(t, func(tx *Tx) error { _, err := tx.PutRemoteAccount(ctx, ben); return err })
		check("ben agrees", dora, Anywhere, open.ID, closed.ID)
	})
}

// What somebody takes back would be found until the index was made anew: consent, a post, a word of
// it, or themselves.
func TestWhatIsTakenBackIsNotFoundAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		dora := v.local("dora")
		for what, take := range map[string]func(tx *Tx, cem Account, post Status) error{
			"consent": func(tx *Tx, cem Account, _ Status) error {
				cem.Indexable = false
				_, err := tx.PutRemoteAccount(ctx, cem)
				return err
			},
			"suspended": func(tx *Tx, cem Account, _ Status) error { return tx.SetSuspended(ctx, cem.ID, true) },
			"deleted":   func(tx *Tx, cem Account, _ Status) error { return tx.MarkDeleted(ctx, cem.ID) },
			"domain": func(tx *Tx, cem Account, _ Status) error {
				return tx.PutDomainPolicy(ctx, DomainPolicy{Domain: cem.Host, Action: "block"})
			},
			"blocked": func(tx *Tx, cem Account, _ Status) error {
				_, err := tx.PutBlock(ctx, cem.ID, dora.ID, cem.URI+"#block")
				return err
			},
			"edited": func(tx *Tx, _ Account, post Status) error {
				_, err := tx.EditStatus(ctx, Edit{StatusID: post.ID, Content: "<p>coffee</p>"})
				return err
			},
			"gone": func(tx *Tx, _ Account, post Status) error { _, err := tx.DeleteStatus(ctx, post.ID); return err },
		} {
			cem := v.lets("cem", what+".example")
			post := v.says(cem, VisibilityPublic, "tea "+what, nil)
			v.readAll()
			query := PostQuery{Has: asks("tea " + what)}
			if got := v.finds(dora, query); len(got) != 1 {
				t.Fatalf("%s: found %v before", what, got)
			}
			s.do(t, func(tx *Tx) error { return take(tx, cem, post) })
			if got := v.finds(dora, query); len(got) != 0 {
				t.Errorf("%s: found %v", what, got)
			}
			v.readAll()
			if got := v.finds(dora, query); len(got) != 0 {
				t.Errorf("%s: found %v later", what, got)
			}
			if got := v.finds(dora, PostQuery{Has: asks("coffee")}); what == "edited" && len(got) != 1 {
				t.Errorf("the new words are not found: %v", got)
			}
		}
	})
}

// A node that was upgraded would find nothing old, or begin anew at each start, or lose its place
// when it is killed.
func TestOldPostsAreReadInPartsThatSurviveKills(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		dora := v.local("dora")
		cem := v.lets("cem", "orchard.example")
		const posts = 2*readBatch + 5
		s.do(t, func(tx *Tx) error {
			for range posts {
				if _, err := tx.CreateStatus(ctx, v.newStatus(cem, VisibilityPublic, func(n *NewStatus) { n.Content = "<p>old tea</p>" })); err != nil {
					return err
				}
			}
			_, err := tx.exec(ctx, `DELETE FROM post_unread`) // as the version before left it
			if err != nil {
				return err
			}
			return tx.unreadAll(ctx, everybodysPosts)
		})
		rounds := 0
		for more := true; more; rounds++ {
			more = must(s.ReadPosts(ctx))
			_ = s.Tx(ctx, func(tx *Tx) error { // this one is killed before it commits
				_, err := tx.readOn(ctx)
				return fmt.Errorf("killed: %w", err)
			})
		}
		if rounds < 3 {
			t.Errorf("all was read in %d parts", rounds)
		}
		total := 0
		for below := int64(0); ; {
			found := v.finds(dora, PostQuery{Has: asks("tea"), Span: Span{To: below}})
			total += len(found)
			if len(found) == 0 {
				break
			}
			below = found[len(found)-1]
		}
		if total != posts {
			t.Errorf("%d of %d are found", total, posts)
		}
		if n := v.count(`SELECT COUNT(*) FROM reading`) + v.count(`SELECT COUNT(*) FROM post_unread`); n != 0 {
			t.Errorf("%d rows are left to do", n)
		}
		last := v.says(cem, VisibilityPublic, "new tea", nil)
		s.do(t, func(tx *Tx) error { // by a process of the version before
			_, err := tx.exec(ctx, `DELETE FROM post_unread`)
			return err
		})
		s.do(t, func(tx *Tx) error { return tx.ReadMissing(ctx, ids.FloorAt(time.Now().Add(-time.Hour))) })
		v.readAll()
		if got := v.finds(dora, PostQuery{Has: asks("new")}); !slices.Equal(got, []int64{last.ID}) {
			t.Errorf("what an older process wrote is not found: %v", got)
		}
	})
}

// One search would read a whole node's posts.
func TestSearchesAreBounded(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v := village{t, s}
		dora := v.local("dora")
		cem := v.lets("cem", "orchard.example")
		for range 5 {
			v.says(cem, VisibilityPublic, "tea", nil)
		}
		v.readAll()
		many := make([]Need, PostNeedsMax+1)
		for i := range many {
			many[i] = Need{Words: []string{"tea"}}
		}
		for name, q := range map[string]PostQuery{"needs": {Has: many}, "negations": {HasNot: many}} {
			if got := v.finds(dora, q); len(got) != 0 {
				t.Errorf("more than the most %s found %v", name, got)
			}
		}
		if got := v.finds(dora, PostQuery{Has: many[:PostNeedsMax]}); len(got) != 5 {
			t.Errorf("the most needs found %v", got)
		}
		for offset, want := range map[int]int{0: 2, 4: 1, 5: 0, -1: 0, PostOffsetMax + 1: 0} {
			if got := must(s.FindPosts(t.Context(), dora.ID, PostQuery{Has: asks("tea")}, offset, 2)); len(got) != want {
				t.Errorf("after %d there are %v", offset, got)
			}
		}
		hostile := PostQuery{Has: []Need{{Words: []string{`tea" OR "a`, `x' | 'y`, "\x00"}}, {Fact: `_c" NOT`}}}
		if got := v.finds(dora, hostile); len(got) != 0 {
			t.Errorf("a word was read as a command: %v", got)
		}
		for _, text := range []string{"*", "***", "t*", "te:*", "^tea", "NEAR(tea cup, 2)", "tea AND NOT tea", "((((tea))))", "{words}: tea", "tea & !tea | (", "<->", "tea <2> tea",
			"\\", "'", "''", "a'b", "%", "_", "猫", "一", "あ", "가", "ก", "猫 猫 猫 猫", "\u200b", "\u202e tea", "\x00", "\xff\xfe", "👩‍👩‍👧", strings.Repeat("(", 2000),
			strings.Repeat("tea ", 5000), strings.Repeat("猫", 5000), strings.Repeat("a\u0301", 1000)} {
			for _, in := range []Place{Anywhere, Library, Findable} {
				needs := asks(text)
				v.finds(dora, PostQuery{Has: needs[:min(len(needs), PostNeedsMax)], In: in})
				v.finds(dora, PostQuery{HasNot: needs[:min(len(needs), PostNeedsMax)], In: in})
			}
		}
	})
}

// If this failed, posts that arrive by thousands would be found twice or never, where several
// processes read them and one of them is killed over it.
func TestPostsThatArriveAtOnceAreReadOnceByTwoProcesses(t *testing.T) {
	const posts = 10_000
	eachTwo(t, func(t *testing.T, s, other *Store) {
		v, ctx := village{t, s}, t.Context()
		dora := v.local("dora")
		cem := v.lets("cem", "orchard.example")
		s.do(t, func(tx *Tx) error {
			var rows, waiting [][]any
			for range posts {
				id, at := tx.NewID()
				rows = append(rows, []any{id, cem.ID, true, VisibilityPublic, false, id, At(at), fmt.Sprint(cem.URI, "/", id), "<p>flood tea</p>"})
				waiting = append(waiting, []any{id})
			}
			if err := tx.insertAll(ctx, `
				INSERT INTO status (id, account_id, everybody, visibility, local, thread_id, created_at, uri, content) VALUES {{rows}}`, rows); err != nil {
				return err
			}
			return tx.insertAll(ctx, `INSERT INTO post_unread (status_id) VALUES {{rows}}`, waiting)
		})
		if waits := must(s.PostsUnread(ctx)); waits != posts {
			t.Errorf("%d posts wait, want %d", waits, posts)
		}
		if found := v.finds(dora, PostQuery{Has: asks("tea")}); len(found) != 0 {
			t.Errorf("found before they were read: %v", found)
		}
		for range 3 { // killed before it commits
			_ = other.Tx(ctx, func(tx *Tx) error {
				_, err := tx.readUnread(ctx)
				return fmt.Errorf("killed: %w", err)
			})
		}
		var reading sync.WaitGroup
		for _, process := range []*Store{s, other} {
			reading.Go(func() {
				for more := true; more; {
					var err error
					if more, err = process.ReadPosts(ctx); err != nil {
						t.Error(err)
					}
				}
			})
		}
		reading.Wait()
		v.readAll()
		if waits := must(s.PostsUnread(ctx)); waits != 0 {
			t.Errorf("%d posts wait in the end", waits)
		}
		found := map[int64]bool{}
		for below := int64(0); ; {
			page := v.finds(dora, PostQuery{Has: asks("flood"), Span: Span{To: below}})
			if len(page) == 0 {
				break
			}
			for _, id := range page {
				if found[id] {
					t.Fatalf("%d is found twice", id)
				}
				found[id] = true
			}
			below = page[len(page)-1]
		}
		if len(found) != posts {
			t.Errorf("%d of %d are found", len(found), posts)
		}
	})
}

// People would find what they did not ask for, or miss what they did: the engines answer as if
// every post had been read.
func TestFindPostsAnswersLikeAReader(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		people := []Account{ana, v.lets("cem", "orchard.example"), v.lets("dag", "mill.example"), v.remote("eva", "mill.example")}
		vocabulary := []string{"tea", "Café", "red", "土楼", "很圆", "猫", "한국어", "x1"}
		texts, facts := map[int64]string{}, map[int64][]Fact{}
		library := map[int64]bool{}
		consents := map[int64]bool{}
		rounds := 0
		rapid.Check(t, func(r *rapid.T) {
			if rounds++; rounds > 60 {
				return
			}
			for range rapid.IntRange(0, 4).Draw(r, "new") {
				who := rapid.SampledFrom(people).Draw(r, "author")
				text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(vocabulary), 1, 6).Draw(r, "text"), " ")
				visibility := rapid.SampledFrom([]string{VisibilityPublic, VisibilityPublic, VisibilityUnlisted}).Draw(r, "visibility")
				sensitive, language := rapid.Bool().Draw(r, "sensitive"), rapid.SampledFrom([]string{"en", "zh-TW", ""}).Draw(r, "language")
				p := v.says(who, visibility, text, func(n *NewStatus) {
					n.Sensitive, n.Language = sensitive, language
					if strings.Contains(text, "red") {
						n.Tags = []Tag{{Tag: "red", Name: "Red"}}
					}
				})
				texts[p.ID] = text
				facts[p.ID] = []Fact{FactAuthor(who.ID), FactLanguage(language)}
				if language == "zh-TW" {
					facts[p.ID] = append(facts[p.ID], FactLanguage("zh"))
				}
				if sensitive {
					facts[p.ID] = append(facts[p.ID], FactSensitive)
				}
				if strings.Contains(text, "red") {
					facts[p.ID] = append(facts[p.ID], FactTag("red"))
				}
				consents[p.ID] = visibility == VisibilityPublic && who.Indexable
				library[p.ID] = who.ID == ana.ID
				if !library[p.ID] && rapid.IntRange(0, 3).Draw(r, "liked") == 0 {
					library[p.ID] = true
					s.do(t, func(tx *Tx) error { _, err := tx.PutLike(ctx, Like{AccountID: ana.ID, StatusID: p.ID}); return err })
				}
			}
			v.readAll()
			q := PostQuery{In: rapid.SampledFrom([]Place{Anywhere, Library, Findable}).Draw(r, "in")}
			draw := func(label string, most int) (needs []Need) {
				for range rapid.IntRange(0, most).Draw(r, label) {
					if rapid.Bool().Draw(r, "word") {
						needs = append(needs, asks(strings.Join(rapid.SliceOfN(rapid.SampledFrom(append(vocabulary, "楼很", "圆")), 1, 3).Draw(r, "phrase"), " "))...)
						continue
					}
					f := rapid.SampledFrom([]Fact{FactSensitive, FactTag("red"), FactLanguage("zh"), FactLanguage("en"), FactAuthor(people[1].ID), FactMedia}).Draw(r, "fact")
					needs = append(needs, Need{Fact: f})
				}
				return needs
			}
			q.Has, q.HasNot = draw("has", 2), draw("has not", 2)
			all := slices.Sorted(maps.Keys(texts))
			if len(all) > 2 && rapid.Bool().Draw(r, "span") {
				q.Span = Span{rapid.SampledFrom(all).Draw(r, "from"), rapid.SampledFrom(all).Draw(r, "to")}
			}
			slices.Reverse(all)
			want := []int64{}
			for _, id := range all {
				in := map[Place]bool{Anywhere: consents[id] || library[id], Library: library[id], Findable: consents[id]}[q.In]
				has := func(n Need) bool { return modelHas(texts[id], facts[id], n) }
				if in && (q.Span.To == 0 || id >= q.Span.From && id < q.Span.To) && !slices.ContainsFunc(q.HasNot, has) &&
					!slices.ContainsFunc(q.Has, func(n Need) bool { return !has(n) }) {
					want = append(want, id)
				}
			}
			if len(q.Has)+len(q.HasNot) > PostNeedsMax {
				want = nil
			}
			got := v.finds(ana, q)
			if diff := cmp.Diff(want[:min(40, len(want))], append([]int64{}, got...)); diff != "" {
				r.Fatalf("%+v: %s", q, diff)
			}
		})
	})
}

// modelHas reads a text from one end to the other.
func modelHas(text string, facts []Fact, n Need) bool {
	if sign, ok := strings.CutPrefix(string(n.Fact), "_u"); ok {
		return strings.Contains(text, sign)
	}
	if n.Fact != "" {
		return slices.Contains(facts, n.Fact)
	}
	list := words.List(text, 100)
	for i := range list {
		if i+len(n.Words) <= len(list) && slices.Equal(list[i:i+len(n.Words)], n.Words) {
			return true
		}
	}
	return false
}

// PostgreSQL would read every post with a common word, or lose some between two periods of time.
func TestCommonWordsAreFoundByPeriods(t *testing.T) {
	s := open(t, storagetest.Postgres(t))
	v, ctx := village{t, s}, t.Context()
	dora := v.local("dora")
	cem := v.lets("cem", "orchard.example")
	var all []int64
	now := time.Now()
	s.do(t, func(tx *Tx) error {
		for i := range 3 * ageRowsMax {
			at := now.Add(-time.Duration(i) * time.Minute) // four days
			if i >= 2*ageRowsMax {
				at = now.Add(-time.Duration(i) * 5 * time.Hour) // three years
			}
			made, err := tx.CreateStatus(ctx, NewStatus{Status: Status{ID: ids.FloorAt(at) + int64(i), URI: fmt.Sprintf("%s/%d", cem.URI, i),
				AccountID: cem.ID, Type: "Note", Visibility: VisibilityPublic, Content: "<p>tea</p>", CreatedAt: At(at)}, Audience: []int64{Everybody}})
			if err != nil {
				return err
			}
			all = append(all, made.ID)
		}
		return nil
	})
	v.readAll()
	for _, to := range []int64{0, all[10], all[ageRowsMax], all[2*ageRowsMax+5], all[len(all)-3]} {
		want := []int64{}
		for _, id := range all {
			if to == 0 || id < to {
				want = append(want, id)
			}
		}
		got := v.finds(dora, PostQuery{Has: asks("tea"), Span: Span{To: to}})
		if diff := cmp.Diff(want[:min(40, len(want))], got); diff != "" {
			t.Errorf("below %d: %s", to, diff)
		}
	}
	// The whole of it, many at a time.
	c := s.candidates(PostQuery{Has: asks("tea")}.match(dora.ID))
	got, err := c.newest(context.Background(), Span{0, 1<<63 - 1}, 2*ageRowsMax+100)
	if err != nil || len(got) < 2*ageRowsMax {
		t.Errorf("%d, %v", len(got), err)
	}
	if diff := cmp.Diff(all[:len(got)], got); diff != "" {
		t.Error(diff)
	}
}
