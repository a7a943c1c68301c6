package storage

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"tulou/protocol/ids"
)

// benchPosts is how many posts are searched; $TULOU_BENCH_POSTS, or -short, for a quicker look.
func benchPosts() int {
	if testing.Short() {
		return 2000
	}
	n, err := strconv.Atoi(os.Getenv("TULOU_BENCH_POSTS"))
	if err != nil {
		return 1_000_000
	}
	return n
}

// archive is a node with very many posts of very many words, in the proportions of a language: a
// few words are in most posts, most words in few.
type archive struct {
	random *rand.Rand
	words  *rand.Zipf
	signs  *rand.Zipf
}

func newArchive() archive {
	random := rand.New(rand.NewPCG(1, 2))
	return archive{random, rand.NewZipf(random, 1.1, 8, 200_000), rand.NewZipf(random, 1.1, 20, 3000)}
}

// text is what somebody says: every eighth post is Chinese.
func (a archive) text() string {
	var b strings.Builder
	if a.random.IntN(8) == 0 {
		for range 10 + a.random.IntN(60) {
			b.WriteRune(rune(0x4E00 + a.signs.Uint64()))
		}
		return b.String()
	}
	for range 5 + a.random.IntN(40) {
		b.WriteString("w" + strconv.FormatUint(a.words.Uint64(), 36) + " ")
	}
	return b.String()
}

const benchAuthors = 2000

// build fills a node with posts and reads them. Half of their authors let them be found. It returns
// who looks.
func (a archive) build(b *testing.B, s *Store, posts int) (viewer Account) {
	b.Helper()
	v, ctx := village{b, s}, b.Context()
	viewer = v.local("ana")
	authors := make([]Account, benchAuthors)
	s.do(b, func(tx *Tx) (err error) {
		for i := range authors {
			who := remoteAccount(fmt.Sprint("p", i), fmt.Sprintf("h%d.example", i%100))
			who.Indexable = i%2 == 0
			if authors[i], err = tx.PutRemoteAccount(ctx, who); err != nil {
				return err
			}
		}
		return nil
	})
	const part = 2000
	begin := time.Now().Add(-time.Duration(posts) * time.Minute / 2) // a post every half minute, some years
	for from := 0; from < posts; from += part {
		s.do(b, func(tx *Tx) error { return a.part(b, tx, authors, viewer, begin, from, min(part, posts-from)) })
	}
	if s.engine == postgres {
		if _, err := s.writer.Exec(`VACUUM ANALYZE post_words`); err != nil {
			b.Fatal(err)
		}
	}
	return viewer
}

// part stores posts in as few statements as there can be, and their words as ReadPosts would.
func (a archive) part(b *testing.B, tx *Tx, authors []Account, viewer Account, begin time.Time, from, count int) error {
	ctx := b.Context()
	var rows, likes [][]any
	var read []wordsOf
	for i := from; i < from+count; i++ {
		at := begin.Add(time.Duration(i) * time.Minute / 2)
		id, who, text := ids.FloorAt(at)+int64(i%1000), authors[a.random.IntN(len(authors))], a.text()
		uri := who.URI + "/" + strconv.Itoa(i)
		rows = append(rows, []any{id, who.ID, true, VisibilityPublic, false, id, At(at), uri, "<p>" + text + "</p>"})
		p := postRead{ID: id, AccountID: who.ID, Visibility: VisibilityPublic, Content: "<p>" + text + "</p>", Indexable: who.Indexable, Language: "en"}
		parts := postParts{}
		if i%50 == 0 {
			likes = append(likes, []any{id, viewer.ID, id, At(at)})
			parts.holders = map[int64][]holder{id: {{id, viewer.ID}}}
		}
		read = append(read, parts.wordsOf(p))
	}
	if err := tx.insertAll(ctx, `
		INSERT INTO status (id, account_id, everybody, visibility, local, thread_id, created_at, uri, content) VALUES {{rows}}`, rows); err != nil {
		return err
	}
	if err := tx.insertAll(ctx, `INSERT INTO likes (id, account_id, status_id, created_at) VALUES {{rows}}`, likes); err != nil {
		return err
	}
	return tx.putWords(ctx, read)
}

// Searching among a million posts: what is common, what is rare, and what is nowhere.
func BenchmarkSearch(b *testing.B) {
	eachBench(b, func(b *testing.B, s *Store) {
		posts := benchPosts()
		began, before := time.Now(), s.cpu(b)
		viewer := newArchive().build(b, s, posts)
		took, cost := time.Since(began), s.cpu(b)-before
		size := s.wordsSize(b)
		rows := func(text string) []Need { return asks(text) }
		for _, c := range []struct {
			name string
			q    PostQuery
		}{
			{"common", PostQuery{Has: rows("w0")}},
			{"usual", PostQuery{Has: rows("wb4")}},
			{"rare", PostQuery{Has: rows("wffk")}},
			{"nowhere", PostQuery{Has: rows("nowhere")}},
			{"two common", PostQuery{Has: asks("w1", "w2")}},
			{"common and rare", PostQuery{Has: asks("w0", "w2s0")}},
			{"phrase", PostQuery{Has: rows("w0 w1 w2")}},
			{"without", PostQuery{Has: rows("w5"), HasNot: asks("w0", "w1")}},
			{"chinese", PostQuery{Has: rows("一丁")}},
			{"chinese phrase", PostQuery{Has: rows("一丁七")}},
			{"one sign", PostQuery{Has: rows("一")}},
			{"library", PostQuery{Has: rows("w9"), In: Library}},
			{"library, all", PostQuery{In: Library, Has: []Need{{Fact: FactLanguage("en")}}}},
			{"old", PostQuery{Has: rows("w0"), Span: Days(time.Unix(0, 0), time.Now().Add(-time.Duration(posts)*time.Minute/3))}},
		} {
			b.Run(c.name, func(b *testing.B) {
				found, before := 0, s.cpu(b)
				for b.Loop() {
					list, err := s.FindPosts(b.Context(), viewer.ID, c.q, 0, 20)
					if err != nil {
						b.Fatal(err)
					}
					found = len(list)
				}
				b.ReportMetric(float64((s.cpu(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/search")
				b.ReportMetric(float64(found), "found")
				b.ReportMetric(float64(size)/float64(posts), "bytes/post")
				b.ReportMetric(float64(cost.Microseconds())/float64(posts), "build-cpu-µs/post")
				b.ReportMetric(took.Seconds(), "build-s")
			})
		}
	})
}

// What it costs to have a post found: reading it and keeping its words, a hundred at a time.
func BenchmarkReadPosts(b *testing.B) {
	eachBench(b, func(b *testing.B, s *Store) {
		v := village{b, s}
		a, cem := newArchive(), v.lets("cem", "orchard.example")
		for made := 0; made < b.N; made += readBatch {
			s.do(b, func(tx *Tx) error {
				for range min(readBatch, b.N-made) {
					if _, err := tx.CreateStatus(b.Context(), v.newStatus(cem, VisibilityPublic, func(n *NewStatus) { n.Content = "<p>" + a.text() + "</p>" })); err != nil {
						return err
					}
				}
				return nil
			})
		}
		before := s.cpu(b)
		b.ResetTimer()
		v.readAll()
		b.ReportMetric(float64((s.cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/post")
	})
}

// wordsSize is how many bytes the index takes.
func (s *Store) wordsSize(b *testing.B) (bytes int64) {
	b.Helper()
	query := `SELECT (SELECT SUM(LENGTH(block)) FROM post_words_data) + (SELECT SUM(LENGTH(sz) + 12) FROM post_words_docsize)`
	if s.engine == postgres {
		query = `SELECT pg_total_relation_size('post_words')`
	}
	if err := s.get(b.Context(), &bytes, query); err != nil {
		b.Fatal(err)
	}
	return bytes
}
