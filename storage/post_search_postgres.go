package storage

import "context"

// PostgreSQL's GIN knows no order: whoever asks it for the newest posts with a common word reads
// all of them. So a search goes back in time by periods that grow, each of which is a fact of its
// posts (factAge), and by shorter ones where there are too many.
const (
	// ageRowsMax is how many posts of a period are read before it is taken apart.
	ageRowsMax = 2000
	// ageQueriesMax ends a search that meets nothing but such periods: it found plenty, or will
	// not.
	ageQueriesMax = 60
)

// aging is one such search.
type aging struct {
	candidates
	want    int
	found   []int64
	queries int
}

func (c candidates) newestByAge(ctx context.Context, span Span, want int) ([]int64, error) {
	var all Span
	if err := c.get(ctx, &all, `
		SELECT COALESCE(MIN(status_id), 0) AS from_id, COALESCE(MAX(status_id), -1) + 1 AS to_id FROM post_words`); err != nil {
		return nil, err
	}
	span = Span{max(span.From, all.From), min(span.To, all.To)}
	a := aging{candidates: c, want: want}
	for level, high := 0, span.To; level <= len(agePeriods) && high > span.From && len(a.found) < want; level++ {
		low := span.From
		if level < len(agePeriods) { // the period and the one before
			low = max(low, ((high-1)>>agePeriods[level]-1)<<agePeriods[level])
		}
		if err := a.read(ctx, level, Span{low, high}); err != nil {
			return nil, err
		}
		high = low
	}
	return a.found[:min(want, len(a.found))], nil
}

// read adds the newest of a span that lies within two periods of a level; len(agePeriods) is all of
// time.
func (a *aging) read(ctx context.Context, level int, span Span) error {
	if span.From >= span.To || len(a.found) >= a.want || a.queries >= ageQueriesMax {
		return nil
	}
	a.queries++
	text := a.text
	if level < len(agePeriods) {
		text += " & " + match{in: []Need{{Fact: factAge(level, span.From)}, {Fact: factAge(level, span.To-1)}}}.text(postgres)
	}
	var some []int64
	// The sums keep PostgreSQL from reading the primary key instead, row by row.
	if err := a.list(ctx, &some, `
		SELECT x.status_id FROM (SELECT w.status_id FROM post_words w
			WHERE w.words @@ CAST(?1 AS tsquery) AND w.status_id + 0 >= ?2 AND w.status_id + 0 < ?3 LIMIT ?4) x
		ORDER BY x.status_id DESC`, text, span.From, span.To, ageRowsMax); err != nil {
		return err
	}
	if len(some) < ageRowsMax {
		a.found = append(a.found, some...)
		return nil
	}
	if level == 0 { // every other post has it: then reading them in order is fast
		some = nil
		err := a.list(ctx, &some, `
			SELECT w.status_id FROM post_words w WHERE w.words @@ CAST(?1 AS tsquery) AND w.status_id >= ?2 AND w.status_id < ?3
			ORDER BY w.status_id DESC LIMIT ?4`, text, span.From, span.To, a.want-len(a.found))
		a.found = append(a.found, some...)
		return err
	}
	return a.readShorter(ctx, level-1, span)
}

// readShorter reads a span by the periods of a level, newest first.
func (a *aging) readShorter(ctx context.Context, level int, span Span) error {
	for high := span.To; high > span.From && len(a.found) < a.want && a.queries < ageQueriesMax; {
		low := max(span.From, (high-1)>>agePeriods[level]<<agePeriods[level])
		if err := a.read(ctx, level, Span{low, high}); err != nil {
			return err
		}
		high = low
	}
	return nil
}
