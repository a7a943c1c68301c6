package storage

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tulou/protocol/fault"
)

// befriendAll writes both halves of a friendship, as far as they are of this node.
func befriendAll(t testing.TB, tx *Tx, a, b Account) {
	t.Helper()
	for _, pair := range [][2]Account{{a, b}, {b, a}} {
		if !pair[0].Local() {
			continue
		}
		if _, err := tx.PutFriend(t.Context(), Friend{AccountID: pair[0].ID, FriendID: pair[1].ID, State: FriendBoth}); err != nil {
			t.Fatal(err)
		}
	}
}

// shown is a Moment of the model: who made it, for whom, and how long ago.
type shownMoment struct {
	Moment
	author  int
	age     time.Duration
	readers map[int]bool // true until the friendship ended
	gone    bool
}

type saidComment struct {
	MomentComment
	of, by, answers int // answers is -1 for nobody
	gone            bool
	untold          map[int]bool // whose notice went with a friendship
}

// circleModel says who may see what, in the words of the design and without a database.
type circleModel struct {
	people                     []Account // the first locals are of this node
	locals                     int
	friend, hideMine, hideSome map[[2]int]bool
	block                      map[[2]int]bool
	hidden                     map[int]bool
	reach                      map[int]time.Duration    // of locals
	remoteReach                map[[2]int]time.Duration // author, reader
	moments                    []*shownMoment
	comments                   []*saidComment
}

func (m *circleModel) local(n int) bool { return n < m.locals }

func (m *circleModel) blocked(a, b int) bool { return m.block[[2]int{a, b}] || m.block[[2]int{b, a}] }

func (m *circleModel) near(viewer, other int) bool {
	return m.friend[[2]int{viewer, other}] && (!m.local(other) || m.friend[[2]int{other, viewer}]) && !m.blocked(viewer, other)
}

func (m *circleModel) sees(viewer int, x *shownMoment) bool {
	if x.gone || !x.readers[viewer] || m.hidden[x.author] {
		return false
	}
	if viewer == x.author {
		return true
	}
	if !m.near(viewer, x.author) {
		return false
	}
	if m.local(x.author) {
		reach, chosen := m.reach[x.author]
		return !m.hideMine[[2]int{x.author, viewer}] && (!chosen || x.age < reach)
	}
	reach, told := m.remoteReach[[2]int{x.author, viewer}]
	return !told || x.age < reach
}

func (m *circleModel) hears(viewer int, c *saidComment) bool {
	if c.gone || !m.sees(viewer, m.moments[c.of]) {
		return false
	}
	if c.by == viewer {
		return true
	}
	known := func(who int) bool { return who == viewer || !m.hidden[who] && m.near(viewer, who) }
	return known(c.by) && (c.answers < 0 || known(c.answers))
}

// part is the end of one half of a friendship.
func (m *circleModel) part(a, b int) {
	if !m.local(a) || !m.friend[[2]int{a, b}] {
		return
	}
	pair := [2]int{a, b}
	delete(m.friend, pair)
	delete(m.hideMine, pair)
	delete(m.hideSome, pair)
	delete(m.remoteReach, [2]int{b, a})
	for _, x := range m.moments {
		if x.author == a && x.readers[b] {
			x.readers[b] = false
		}
		if x.author == b && x.readers[a] {
			x.readers[a] = false
		}
		left := false
		for _, on := range x.readers {
			left = left || on
		}
		if x.author == b && !m.local(b) && !left {
			x.gone = true
		}
	}
	known := false
	for n := range m.locals {
		known = known || m.friend[[2]int{n, b}]
	}
	for _, c := range m.comments {
		if c.by == b {
			c.untold[a] = true
		}
		if c.by == b && !m.local(b) && !known && !m.local(m.moments[c.of].author) {
			c.gone = true
		}
	}
}

// ages are those between which the choices of how far back friends may look lie.
var ages = []time.Duration{time.Hour, 10 * 24 * time.Hour, 60 * 24 * time.Hour, 400 * 24 * time.Hour}

var reaches = []time.Duration{0, ReachThreeDays, ReachMonth, ReachHalfYear, ReachAlways}

// If this failed, somebody would see a Moment, a like or a comment that is not for them, or miss
// one that is: under any order of friendships, ends, blocks, exceptions, limits and suspensions.
func TestWhoSeesMomentsIsWhatTheModelSays(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		world := 0
		rapid.Check(t, func(r *rapid.T) {
			world++
			m := &circleModel{locals: 4, friend: map[[2]int]bool{}, hideMine: map[[2]int]bool{}, hideSome: map[[2]int]bool{}, block: map[[2]int]bool{},
				hidden: map[int]bool{}, reach: map[int]time.Duration{}, remoteReach: map[[2]int]time.Duration{}}
			v := village{t, s}
			for n := range 4 {
				m.people = append(m.people, v.local(fmt.Sprintf("l%dw%d", n, world)))
			}
			for n := range 3 {
				m.people = append(m.people, v.remote(fmt.Sprintf("r%dw%d", n, world), fmt.Sprintf("h%d.example", n%2)))
			}
			s.do(t, func(tx *Tx) error {
				for range rapid.IntRange(15, 60).Draw(r, "steps") {
					m.step(t, r, tx)
				}
				return nil
			})
			m.compare(t, r, s)
		})
	})
}

// step does one thing, in the database and in the model.
func (m *circleModel) step(t testing.TB, r *rapid.T, tx *Tx) {
	ctx := t.Context()
	ok := func(err error) {
		if err != nil {
			r.Fatal(err)
		}
	}
	local := rapid.IntRange(0, m.locals-1).Draw(r, "local")
	other := rapid.IntRange(0, len(m.people)-1).Draw(r, "other")
	if other == local {
		other = (other + 1) % len(m.people)
	}
	a, b, pair := m.people[local], m.people[other], [2]int{local, other}
	switch rapid.SampledFrom([]string{"befriend", "befriend", "befriend", "befriend", "befriend", "befriend", "befriend", "part", "share", "share", "share", "share", "share", "say", "say", "say",
		"say", "say", "say", "hide mine", "hide mine", "hide mine", "block", "reach", "remote reach", "suspend"}).Draw(r, "what") {
	case "befriend":
		if m.blocked(local, other) || m.friend[pair] {
			return
		}
		befriendAll(t, tx, a, b)
		m.friend[pair] = true
		if m.local(other) {
			m.friend[[2]int{other, local}] = true
		}
	case "part":
		if rapid.Bool().Draw(r, "half") { // what one side says is enough
			if _, err := tx.DeleteFriend(ctx, a.ID, b.ID); !fault.Is(err, fault.NotFound) {
				ok(err)
			}
			m.part(local, other)
			return
		}
		ok(tx.partFriends(ctx, a.ID, b.ID))
		m.part(local, other)
		m.part(other, local)
	case "block":
		_, err := tx.PutBlock(ctx, a.ID, b.ID, fmt.Sprint("block", tx.store.rowID()))
		ok(err)
		ok(tx.partFriends(ctx, a.ID, b.ID))
		m.block[pair] = true
		m.part(local, other)
		m.part(other, local)
	case "hide mine":
		if !m.friend[pair] {
			return
		}
		mine, theirs := rapid.Bool().Draw(r, "mine"), rapid.Bool().Draw(r, "theirs")
		ok(tx.MarkFriend(ctx, a.ID, b.ID, FriendMarks{HideMine: mine, HideTheirs: theirs}))
		m.hideMine[pair], m.hideSome[pair] = mine, theirs
	case "reach":
		reach := rapid.SampledFrom(reaches[1:]).Draw(r, "reach")
		ok(tx.PutMomentReach(ctx, a.ID, reach))
		m.reach[local] = reach
	case "remote reach":
		if m.local(other) || !m.friend[pair] {
			return
		}
		reach := rapid.SampledFrom(reaches).Draw(r, "reach")
		ok(tx.PutRemoteReach(ctx, b.ID, []int64{a.ID}, reach))
		m.remoteReach[[2]int{other, local}] = reach
	case "suspend":
		on := rapid.IntRange(0, 3).Draw(r, "on") == 0
		ok(tx.SetSuspended(ctx, b.ID, on))
		m.hidden[other] = on
	case "share":
		m.share(t, r, tx, rapid.IntRange(0, len(m.people)-1).Draw(r, "author"))
	case "say":
		m.say(t, r, tx)
	}
}

// share publishes a Moment for some of its author's friends.
func (m *circleModel) share(t testing.TB, r *rapid.T, tx *Tx, author int) {
	x := &shownMoment{author: author, age: rapid.SampledFrom(ages).Draw(r, "age"), readers: map[int]bool{}}
	at := time.Now().Add(-x.age)
	x.Moment = Moment{ID: tx.IDAt(at), AccountID: m.people[author].ID, CreatedAt: At(at)}
	x.URI = fmt.Sprintf("%s/moments/%d", m.people[author].URI, tx.store.rowID())
	n := NewMoment{}
	for p := range m.people {
		if p == author && m.local(author) || p != author && (m.friend[[2]int{author, p}] || !m.local(author) && m.friend[[2]int{p, author}]) && rapid.Bool().Draw(r, "reads") {
			x.readers[p] = true
			n.Readers = append(n.Readers, m.people[p].ID)
		}
	}
	if len(n.Readers) == 0 {
		return
	}
	n.Moment = x.Moment
	if err := tx.CreateMoment(t.Context(), n); err != nil {
		r.Fatal(err)
	}
	m.moments = append(m.moments, x)
}

// say has somebody like or comment on, or answer a comment on, any Moment.
func (m *circleModel) say(t testing.TB, r *rapid.T, tx *Tx) {
	if len(m.moments) == 0 {
		return
	}
	c := &saidComment{untold: map[int]bool{}, of: rapid.IntRange(0, len(m.moments)-1).Draw(r, "of"), by: rapid.IntRange(0, len(m.people)-1).Draw(r, "by"), answers: -1}
	if m.moments[c.of].gone {
		return
	}
	c.MomentComment = MomentComment{ID: tx.store.rowID(), MomentID: m.moments[c.of].ID, AccountID: m.people[c.by].ID, Kind: MomentCommented,
		Body: "words", CreatedAt: Now()}
	c.URI = fmt.Sprintf("https://x.example/%d", c.ID)
	if rapid.IntRange(0, 2).Draw(r, "answers") == 0 {
		c.answers = rapid.IntRange(0, len(m.people)-1).Draw(r, "whom")
		c.AnswersID = m.people[c.answers].ID
	}
	if _, err := tx.CreateMomentComment(t.Context(), c.MomentComment); err != nil {
		r.Fatal(err)
	}
	for _, told := range []int{m.moments[c.of].author, c.answers} {
		if told >= 0 && told != c.by {
			if _, _, err := tx.PutMomentNotice(t.Context(), m.people[told].ID, c.ID); err != nil {
				r.Fatal(err)
			}
		}
	}
	m.comments = append(m.comments, c)
}

// compare asks everything that shows a Moment to anybody.
func (m *circleModel) compare(t testing.TB, r *rapid.T, s *Store) {
	ctx := t.Context()
	for viewer := range m.locals {
		id := m.people[viewer].ID
		var feed, all, heard, told []int64
		for _, x := range m.moments {
			if m.sees(viewer, x) {
				all = append(all, x.ID)
				if !m.hideSome[[2]int{viewer, x.author}] {
					feed = append(feed, x.ID)
				}
			}
			_, err := s.MomentShown(ctx, id, x.ID)
			if (err == nil) != m.sees(viewer, x) || err != nil && !fault.Is(err, fault.NotFound) {
				r.Fatalf("viewer %d and Moment %+v: %v", viewer, x, err)
			}
		}
		for _, c := range m.comments {
			if !m.hears(viewer, c) {
				continue
			}
			heard = append(heard, c.ID)
			if c.by != viewer && !c.untold[viewer] && (m.moments[c.of].author == viewer || c.answers == viewer) {
				told = append(told, c.ID)
			}
		}
		got := must(s.MomentsShown(ctx, id, Page{Limit: MomentPageMax}))
		same(r, "feed", feed, ids2(got, func(x Moment) int64 { return x.ID }))
		var ofAll []int64
		for author := range m.people {
			for _, x := range must(s.MomentsOf(ctx, id, m.people[author].ID, Page{Limit: MomentPageMax})) {
				ofAll = append(ofAll, x.ID)
			}
		}
		same(r, "pages", all, ofAll)
		var read []int64
		for _, list := range must(s.MomentCommentsShown(ctx, id, all)) {
			read = append(read, ids2(list, func(c MomentComment) int64 { return c.ID })...)
		}
		same(r, "comments", heard, read)
		same(r, "notices", told, ids2(must(s.MomentNotices(ctx, id, Page{Limit: MomentNoticePageMax})), func(n MomentNotice) int64 { return n.ID }))
	}
	m.compareAbroad(t, r, s)
}

// compareAbroad asks what people of other nodes may see of those of this one.
func (m *circleModel) compareAbroad(t testing.TB, r *rapid.T, s *Store) {
	for viewer := m.locals; viewer < len(m.people); viewer++ {
		for _, x := range m.moments {
			if !m.local(x.author) {
				continue
			}
			reach, chosen := m.reach[x.author]
			want := !x.gone && x.readers[viewer] && !m.hidden[x.author] && m.friend[[2]int{x.author, viewer}] && !m.blocked(viewer, x.author) &&
				!m.hideMine[[2]int{x.author, viewer}] && (!chosen || x.age < reach)
			if got := must(s.MomentShownAbroad(t.Context(), m.people[viewer].ID, x.ID)); got != want {
				r.Fatalf("viewer %d abroad and Moment %+v: %v", viewer, x, got)
			}
			told := must(s.MomentTold(t.Context(), x.ID))
			if slices.ContainsFunc(told, func(a Account) bool { return a.ID == m.people[viewer].ID }) != (want && !m.hidden[viewer]) {
				r.Fatalf("viewer %d abroad is told of Moment %+v: %v", viewer, x, !want)
			}
		}
	}
}

func ids2[T any](list []T, id func(T) int64) []int64 {
	var found []int64
	for _, x := range list {
		found = append(found, id(x))
	}
	return found
}

func same(r *rapid.T, what string, want, got []int64) {
	want, got = slices.Clone(want), slices.Clone(got)
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" && len(want)+len(got) > 0 {
		r.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

// If this failed, a picture of a Moment would be served to everybody by the address it was uploaded
// under, or its bytes would be swept away.
func TestUploadsThatBecomeMomentsLeaveThePublic(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, v := t.Context(), village{t, s}
		ana, bo, pat := v.local("ana"), v.local("bo"), v.remote("pat", "pal.example")
		upload := func(key string) (a Attachment) {
			s.do(t, func(tx *Tx) (err error) {
				a, err = tx.CreateUpload(ctx, Attachment{AccountID: ana.ID, State: MediaReady, Kind: KindImage, MediaType: "image/png", PreviewType: "image/png",
					FileKey: key, PreviewKey: key + "small", Description: "a bridge"})
				if err != nil {
					return err
				}
				for _, k := range []string{key, key + "small"} {
					if err := tx.CreateFile(ctx, File{Key: k, Blob: "blob" + k, MediaType: "image/png", Bytes: 3, AccountID: ana.ID, AttachmentID: a.ID}); err != nil {
						return err
					}
				}
				return nil
			})
			return a
		}
		picture, cover := upload("k1"), upload("k2")
		id, at := s.NewID()
		s.do(t, func(tx *Tx) error {
			befriendAll(t, tx, ana, bo)
			befriendAll(t, tx, ana, pat)
			if err := tx.PutCover(ctx, ana.ID, cover.ID); err != nil {
				return err
			}
			return tx.CreateMoment(ctx, NewMoment{Moment: Moment{ID: id, AccountID: ana.ID, URI: "https://harbor.example/m", CreatedAt: At(at)},
				Readers: []int64{ana.ID, bo.ID, pat.ID}, Uploads: []int64{picture.ID}})
		})
		for _, key := range []string{"k1", "k1small", "k2", "k2small"} {
			if _, err := s.File(ctx, key); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s is still served to everybody: %v", key, err)
			}
		}
		used := must(s.UsedBlobs(ctx, []string{"blobk1", "blobk1small", "blobk2", "other"}))
		if diff := cmp.Diff(map[string]bool{"blobk1": true, "blobk1small": true, "blobk2": true}, used); diff != "" {
			t.Error(diff)
		}
		media := must(s.MomentMediaOf(ctx, []int64{id}))[id]
		if len(media) != 1 || media[0].Description != "a bridge" || media[0].State != MediaReady {
			t.Fatalf("media %+v", media)
		}
		file, of, err := s.MomentFileByKey(ctx, media[0].PreviewKey)
		if err != nil || file.Blob != "blobk1small" || of.MomentID != id {
			t.Errorf("file %+v of %+v: %v", file, of, err)
		}
		its := must(s.CoverOf(ctx, ana.ID))
		for _, m := range []MomentMedia{media[0], its} {
			if !must(s.MomentViewersAt(ctx, m, "pal.example")) || must(s.MomentViewersAt(ctx, m, "evil.example")) {
				t.Errorf("who may see media %+v", m)
			}
		}
		if !must(s.CoverShown(ctx, bo.ID, ana.ID)) || !must(s.CoverShown(ctx, ana.ID, ana.ID)) || !must(s.CoverShownAbroad(ctx, pat.ID, ana.ID)) {
			t.Error("a friend does not see the cover")
		}
		s.do(t, func(tx *Tx) error { return tx.partFriends(ctx, ana.ID, pat.ID) })
		s.do(t, func(tx *Tx) error { return tx.partFriends(ctx, ana.ID, bo.ID) })
		if must(s.MomentViewersAt(ctx, media[0], "pal.example")) || must(s.MomentViewersAt(ctx, its, "pal.example")) || must(s.CoverShown(ctx, bo.ID, ana.ID)) {
			t.Error("a friend of before sees pictures")
		}
		if err := s.Tx(ctx, func(tx *Tx) error { return tx.PutCover(ctx, ana.ID, picture.ID) }); !fault.Is(err, fault.Conflict) {
			t.Errorf("an upload is used twice: %v", err)
		}
	})
}

// If this failed, something of a person would be left of Moments after they left, a node would ask
// twice for a comment or never again, or notices would be lost.
func TestMomentsAreForgottenAndNamedOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, v := t.Context(), village{t, s}
		ana, bo, pat := v.local("ana"), v.local("bo"), v.remote("pat", "pal.example")
		id, at := s.NewID()
		like := MomentComment{ID: id + 1, MomentID: id, AccountID: bo.ID, Kind: MomentLiked, URI: "https://harbor.example/moments/comments/1", CreatedAt: At(at)}
		s.do(t, func(tx *Tx) error {
			befriendAll(t, tx, ana, bo)
			befriendAll(t, tx, ana, pat)
			if err := tx.CreateMoment(ctx, NewMoment{Moment: Moment{ID: id, AccountID: ana.ID, URI: "https://harbor.example/m", CreatedAt: At(at)},
				Readers: []int64{ana.ID, bo.ID, pat.ID}}); err != nil {
				return err
			}
			if _, err := tx.CreateMomentComment(ctx, like); err != nil {
				return err
			}
			_, _, err := tx.PutMomentNotice(ctx, ana.ID, like.ID)
			return err
		})
		again := like
		again.ID, again.URI = id+2, "https://harbor.example/moments/comments/2"
		for _, c := range []MomentComment{like, again} {
			if err := s.Tx(ctx, func(tx *Tx) error { _, err := tx.CreateMomentComment(ctx, c); return err }); !fault.Is(err, fault.Conflict) {
				t.Errorf("a second like: %v", err)
			}
		}
		if moments, notices, err := s.MomentsUnread(ctx, ana.ID, 10); err != nil || moments != 0 || notices != 1 {
			t.Errorf("unread %d %d %v", moments, notices, err)
		}
		if moments, _, err := s.MomentsUnread(ctx, bo.ID, 10); err != nil || moments != 1 {
			t.Errorf("unread %d %v", moments, err)
		}
		notice := must(s.MomentNotices(ctx, ana.ID, Page{}))[0]
		s.do(t, func(tx *Tx) error { return tx.MarkMomentsSeen(ctx, ana.ID, id, notice.NoticeID) })
		s.do(t, func(tx *Tx) error { return tx.MarkMomentsSeen(ctx, ana.ID, 1, 1) })
		if _, notices, err := s.MomentsUnread(ctx, ana.ID, 10); err != nil || notices != 0 {
			t.Errorf("unread %d %v", notices, err)
		}
		unnamed := must(s.UnnamedComments(ctx, id, 10))
		s.do(t, func(tx *Tx) error { return tx.MarkCommentsNamed(ctx, []int64{like.ID}) })
		if len(unnamed) != 1 || len(must(s.UnnamedComments(ctx, id, 10))) != 0 {
			t.Errorf("unnamed were %+v", unnamed)
		}
		for n, want := range []bool{true, false} {
			s.do(t, func(tx *Tx) error {
				fresh, err := tx.PutMomentPointer(ctx, id, "https://pal.example/c")
				if fresh != want {
					t.Errorf("pointer %d is fresh: %v", n, fresh)
				}
				return err
			})
			s.do(t, func(tx *Tx) error {
				was, err := tx.SettleMomentPointer(ctx, id, "https://pal.example/c")
				if was != want {
					t.Errorf("pointer %d waited: %v", n, was)
				}
				return err
			})
		}
		s.do(t, func(tx *Tx) error { return tx.PutMomentFetch(ctx, like.ID, pat.ID) })
		if readers := must(s.MomentFetchers(ctx, like.ID)); len(readers) != 1 || readers[0].ID != pat.ID {
			t.Errorf("fetchers %+v", readers)
		}
		s.do(t, func(tx *Tx) error { return tx.MarkDeleted(ctx, bo.ID) })
		if len(must(s.MomentCommentsShown(ctx, ana.ID, []int64{id}))[id]) != 0 || len(must(s.MomentNotices(ctx, ana.ID, Page{}))) != 0 {
			t.Error("what a deleted person said is there")
		}
		s.do(t, func(tx *Tx) error { return tx.MarkDeleted(ctx, ana.ID) })
		for _, table := range []string{"moment", "moment_audience", "moment_media", "moment_file", "moment_comment", "moment_fetch", "moment_pointer",
			"moment_notice", "moment_setting", "moment_reach"} {
			var count int
			if err := s.get(ctx, &count, `SELECT COUNT(*) FROM `+table); err != nil || count != 0 {
				t.Errorf("%d rows are left in %s: %v", count, table, err)
			}
		}
	})
}

// A page of Moments as a client asks for it: 20 Moments with media, likes and comments, of a person
// with 500 friends who showed 20,000.
func BenchmarkMomentsFeed(b *testing.B) {
	eachBench(b, func(b *testing.B, s *Store) {
		ana := momentTown(b, s)
		read := func() {
			page, err := s.MomentsShown(b.Context(), ana.ID, Page{Limit: 20})
			if err != nil || len(page) != 20 {
				b.Fatalf("%d Moments, %v", len(page), err)
			}
			found := ids2(page, func(m Moment) int64 { return m.ID })
			if _, err := s.MomentMediaOf(b.Context(), found); err != nil {
				b.Fatal(err)
			}
			comments, err := s.MomentCommentsShown(b.Context(), ana.ID, found)
			if err != nil || len(comments) == 0 {
				b.Fatalf("%d with comments, %v", len(comments), err)
			}
		}
		read()
		b.ResetTimer()
		before := s.cpu(b)
		for b.Loop() {
			read()
		}
		b.ReportMetric(float64((s.cpu(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/page")
	})
}

// momentTown is ana and 500 friends, each with 40 Moments for ana; friends comment on them, half of
// whom ana knows.
func momentTown(b *testing.B, s *Store) (ana Account) {
	v := village{b, s}
	ana = v.local("ana")
	s.do(b, func(tx *Tx) error {
		ctx := b.Context()
		var people []Account
		for n := range 1000 {
			a, err := tx.PutRemoteAccount(ctx, remoteAccount(fmt.Sprintf("p%d", n), fmt.Sprintf("h%d.example", n%50)))
			if err != nil {
				return err
			}
			people = append(people, a)
			if n < 500 {
				befriendAll(b, tx, ana, a)
			}
		}
		start := time.Now().Add(-20_000 * time.Second)
		for n := range 20_000 {
			at := start.Add(time.Duration(n) * time.Second)
			id := tx.IDAt(at)
			m := NewMoment{Moment: Moment{ID: id, AccountID: people[n%500].ID, URI: fmt.Sprintf("https://h.example/m/%d", n), Body: "words", CreatedAt: At(at)},
				Readers: []int64{ana.ID}}
			if n%4 == 0 {
				m.Media = []MomentMedia{{Kind: KindImage, RemoteURL: "https://h.example/p"}, {Kind: KindImage, RemoteURL: "https://h.example/q"}}
			}
			if err := tx.CreateMoment(ctx, m); err != nil {
				return err
			}
			for c := range n % 7 {
				if _, err := tx.CreateMomentComment(ctx, MomentComment{ID: tx.store.rowID(), MomentID: id, AccountID: people[(n*7+c*250)%1000].ID,
					Kind: MomentCommented, URI: fmt.Sprintf("https://h.example/c/%d/%d", n, c), Body: "a word", CreatedAt: At(at)}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return ana
}

// If this failed, one friend could say so much about a Moment that nobody else can say anything, or
// somebody who is gone would say or show something.
func TestNobodyFillsAMomentAlone(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo, cy := v.local("ana"), v.remote("bo", "orchard.example"), v.remote("cy", "orchard.example")
		m := Moment{ID: s.IDAt(time.Now()), AccountID: ana.ID, URI: ana.URI + "/moments/1", CreatedAt: Now()}
		say := func(tx *Tx, by Account, n int) error {
			_, err := tx.CreateMomentComment(ctx, MomentComment{ID: tx.IDAt(time.Now()), MomentID: m.ID, AccountID: by.ID, Kind: MomentCommented,
				URI: fmt.Sprint(by.URI, "/", n), CreatedAt: Now()})
			return err
		}
		s.do(t, func(tx *Tx) error {
			if err := tx.CreateMoment(ctx, NewMoment{Moment: m, Readers: []int64{ana.ID, bo.ID, cy.ID}}); err != nil {
				return err
			}
			for n := range MomentSaidMax {
				if err := say(tx, bo, n); err != nil {
					return err
				}
			}
			return nil
		})
		if err := s.Tx(ctx, func(tx *Tx) error { return say(tx, bo, MomentSaidMax) }); !fault.Is(err, fault.Conflict) {
			t.Errorf("one comment too many of one person: %v", err)
		}
		s.do(t, func(tx *Tx) error { return say(tx, cy, 1) })
		s.do(t, func(tx *Tx) error { return tx.MarkDeleted(ctx, cy.ID) })
		if err := s.Tx(ctx, func(tx *Tx) error { return say(tx, cy, 2) }); !fault.Is(err, fault.NotFound) {
			t.Errorf("who is gone says something: %v", err)
		}
		late := Moment{ID: s.IDAt(time.Now()), AccountID: cy.ID, URI: cy.URI + "/moments/1", CreatedAt: Now()}
		err := s.Tx(ctx, func(tx *Tx) error { return tx.CreateMoment(ctx, NewMoment{Moment: late, Readers: []int64{ana.ID}}) })
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("who is gone shows something: %v", err)
		}
	})
}

// If this failed, a process whose clock is behind would show what its author does not let be seen
// any more.
func TestNothingMeansNothingByAnyClock(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.remote("bo", "orchard.example")
		v.befriend(ana, bo)
		ahead := time.Now().Add(time.Minute) // as another process wrote it
		m := Moment{ID: s.IDAt(ahead), AccountID: bo.ID, URI: bo.URI + "/moments/1", CreatedAt: At(ahead)}
		s.do(t, func(tx *Tx) error { return tx.CreateMoment(ctx, NewMoment{Moment: m, Readers: []int64{ana.ID}}) })
		if _, err := s.MomentShown(ctx, ana.ID, m.ID); err != nil {
			t.Fatal(err)
		}
		s.do(t, func(tx *Tx) error { return tx.PutRemoteReach(ctx, bo.ID, []int64{ana.ID}, 0) })
		if _, err := s.MomentShown(ctx, ana.ID, m.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("with a reach of nothing it is shown: %v", err)
		}
	})
}
