package storage

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// Limits of a search for posts.
const (
	// PostNeedsMax is how many words, rows of words and facts somebody may look for at once; the
	// engines' work grows with each.
	PostNeedsMax = 20
	// PostOffsetMax bounds how far into the found posts anybody can look by counting; by ids there
	// is no end.
	PostOffsetMax = 400
	// postReadsMax is how many posts that have the words one search looks at, to see whether the
	// viewer may find them: some ten milliseconds. Consent is a fact, so that few are looked at for
	// nothing.
	postReadsMax = 4000
	// postReadsFirst is how many are looked at first; most searches need no more.
	postReadsFirst = 60
	// SearchWithin ends a search, whatever it waits for.
	SearchWithin = 3 * time.Second
)

// Place is where somebody looks for posts.
type Place int

// The places: public posts of people who let theirs be found (FEP-5feb); the viewer's library,
// which is their own posts, those that mention them, and those that they like, boosted, bookmarked
// or voted in; or both.
const (
	Anywhere Place = iota
	Library
	Findable
)

// Need is what a post has, or has not: a fact, or words that stand side by side.
type Need struct {
	Fact  Fact
	Words []string
}

// Span is a range of time, or of ids; To does not belong to it.
type Span struct {
	From int64 `db:"from_id"`
	To   int64 `db:"to_id"`
}

// Days returns the ids of posts of a time.
func Days(from, to time.Time) Span { return Span{ids.FloorAt(from), ids.FloorAt(to)} }

// PostQuery is which posts somebody looks for.
type PostQuery struct {
	Has    []Need // all of these
	HasNot []Need // none of these
	In     Place
	Span   Span   // of ids; To 0 is without end
	Not    []Span // and of none of these
}

// FindPosts returns ids of posts that a viewer may find, newest first, leaving out the first
// offset. It finds nothing for strangers. What was posted or changed a moment ago is found once
// ReadPosts has read it; what must not be found any more is not found at once.
func (r Reader) FindPosts(ctx context.Context, viewer int64, q PostQuery, offset, limit int) (found []int64, err error) {
	if viewer == 0 || offset < 0 || offset > PostOffsetMax || len(q.Has)+len(q.HasNot) > PostNeedsMax {
		return nil, nil
	}
	within, cancel := context.WithTimeout(ctx, SearchWithin)
	defer cancel()
	found, err = r.findPosts(within, viewer, q, offset+max(0, min(limit, StatusPageMax)))
	if err != nil && ctx.Err() == nil && within.Err() != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "the search took too long; look for something less common")
	}
	return found[min(offset, len(found)):], err
}

// findPosts returns the first posts that a viewer may find, as many as are wanted.
func (r Reader) findPosts(ctx context.Context, viewer int64, q PostQuery, want int) (found []int64, err error) {
	span := q.Span
	if span.To == 0 {
		span.To = math.MaxInt64
	}
	c := r.candidates(q.match(viewer))
	for read, part := 0, max(postReadsFirst, 2*want); len(found) < want && read < postReadsMax; part = postReadsMax / 4 {
		some, err := c.newest(ctx, span, part)
		if err != nil {
			return nil, err
		}
		shown, err := r.findable(ctx, viewer, q.In, some)
		if err != nil {
			return nil, err
		}
		for _, id := range some {
			if shown[id] && !slices.ContainsFunc(q.Not, func(not Span) bool { return id >= not.From && id < not.To }) {
				found = append(found, id)
			}
		}
		if len(some) < part {
			break
		}
		read += len(some)
		span.To = some[len(some)-1]
	}
	return found[:min(want, len(found))], nil
}

// Consent and library are the conditions that viewer ?1 may find status s of account a, besides
// being allowed to see it (visible).
const (
	consent = `(s.visibility = 'public' AND a.indexable)`
	library = `(s.account_id = ?1
		OR EXISTS (SELECT 1 FROM mention x WHERE x.status_id = s.id AND x.account_id = ?1)
		OR EXISTS (SELECT 1 FROM likes x WHERE x.account_id = ?1 AND x.status_id = s.id)
		OR EXISTS (SELECT 1 FROM bookmark x WHERE x.account_id = ?1 AND x.status_id = s.id)
		OR EXISTS (SELECT 1 FROM status x WHERE x.boost_of_id = s.id AND x.boost_of_id <> 0 AND x.account_id = ?1)
		OR EXISTS (SELECT 1 FROM poll_vote x WHERE x.status_id = s.id AND x.account_id = ?1))`
)

// findable returns those of the posts that viewer may see, wants to, and may find in a place.
func (r Reader) findable(ctx context.Context, viewer int64, in Place, posts []int64) (map[int64]bool, error) {
	where := map[Place]string{Anywhere: `(` + consent + ` OR ` + library + `)`, Library: library, Findable: consent}[in]
	rows, err := listIn[int64](ctx, r, `
		SELECT s.id FROM `+statusTables+`
		WHERE `+where+` AND `+wanted+` AND `+visible+` AND `+unlimited+` AND s.boost_of_id = 0 AND s.id IN (?)`, posts, viewer, Now())
	found := make(map[int64]bool, len(rows))
	for _, id := range rows {
		found[id] = true
	}
	return found, err
}

// match returns what the index is asked for: all of some needs, of which the first is one of
// several facts, and none of others.
func (q PostQuery) match(viewer int64) match {
	mine := []Need{{Fact: FactAuthor(viewer)}, {Fact: FactMention(viewer)}, {Fact: factHolder(viewer)}}
	in := map[Place][]Need{Anywhere: append([]Need{{Fact: FactPublic}}, mine...), Library: mine, Findable: {{Fact: FactPublic}}}[q.In]
	return match{in: in, has: q.Has, hasNot: q.HasNot}
}

// match is a question to the index.
type match struct{ in, has, hasNot []Need }

// text writes a match in the language of an engine.
func (m match) text(e engine) string {
	words := matchWords{and: " AND ", or: " OR ", not: " NOT ", quote: `"`, beside: " + "}
	if e == postgres {
		words = matchWords{and: " & ", or: " | ", not: " & !", quote: `'`, beside: " <-> "}
	}
	all := []string{words.any(m.in)}
	for _, n := range m.has {
		all = append(all, words.one(n))
	}
	text := "(" + strings.Join(all, words.and) + ")"
	if len(m.hasNot) > 0 {
		text += words.not + words.any(m.hasNot)
	}
	return text
}

// matchWords is how an engine writes a match.
type matchWords struct{ and, or, not, quote, beside string }

func (w matchWords) any(needs []Need) string {
	all := make([]string, len(needs))
	for i, n := range needs {
		all[i] = w.one(n)
	}
	return "(" + strings.Join(all, w.or) + ")"
}

// one writes a need. Words and facts are letters, marks, digits and _, so that quotes need no
// escape; what is something else is in no post.
func (w matchWords) one(n Need) string {
	row := n.Words
	if n.Fact != "" {
		row = []string{string(n.Fact)}
	}
	all := make([]string, max(1, len(row)))
	all[0] = w.quote + nowhere + w.quote
	for i, word := range row {
		if word == "" || strings.ContainsFunc(word, isNoWord) {
			word = nowhere
		}
		all[i] = w.quote + word + w.quote
	}
	return "(" + strings.Join(all, w.beside) + ")"
}

// nowhere is a word that no post has.
const nowhere = "_x"

func isNoWord(r rune) bool {
	return r != '_' && !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r)
}

// candidates are the posts that the index has for a match, whoever may see them.
type candidates struct {
	Reader
	engine engine
	match  match
	text   string
}

func (r Reader) candidates(m match) candidates {
	e := r.q.kind()
	return candidates{Reader: r, engine: e, match: m, text: m.text(e)}
}

// newest returns the newest count ids in a span, fewer only if there are no more.
func (c candidates) newest(ctx context.Context, span Span, count int) (found []int64, err error) {
	if c.engine == sqlite { // FTS5 keeps rows in order and stops when it has enough
		err = c.list(ctx, &found, `
			SELECT rowid FROM post_words WHERE post_words MATCH ?1 AND rowid >= ?2 AND rowid < ?3 ORDER BY rowid DESC LIMIT ?4`,
			c.text, span.From, span.To, count)
		return found, err
	}
	return c.newestByAge(ctx, span, count)
}
