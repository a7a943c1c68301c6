package mastodon

import (
	"context"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/storage"
)

// Which of the viewer's filters a status matches is found out when it is rendered. Filters are
// compiled once for a person and kept until they change; what a status says, in lower case, is kept
// beside its body, but only once somebody with filters has read it. Who has none pays one look into
// a map. As in Mastodon the context of a filter is for the client to look at.

// filterSet is one person's filters, ready to be matched. It is immutable.
type filterSet struct {
	filters []compiledFilter
	until   time.Time // when they are read again, should the news of a change have been missed
}

type compiledFilter struct {
	head     string // the JSON of the filter
	expires  storage.Millis
	keywords []compiledKeyword
	statuses map[int64]bool
}

type compiledKeyword struct {
	text         string // JSON
	folded       string
	begins, ends bool // no part of a word may stand before it, or after it
}

// filterSetsMax bounds how many people's filters are kept; beyond it all are read again.
const filterSetsMax = 4096

// filterSets keeps the filters of those who read. It is safe for concurrent use.
type filterSets struct {
	mu      sync.Mutex
	of      map[int64]*filterSet
	changes uint64 // so that what was read before a change is not kept after it
}

// FiltersChanged has an account's filters read again. The node calls it for changes that other
// processes made.
func (a *API) FiltersChanged(account int64) { a.filters.forget(account) }

func (f *filterSets) forget(account int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.of, account)
	f.changes++
}

func (f *filterSets) get(account int64, now time.Time) (set *filterSet, changes uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if set = f.of[account]; set != nil && now.After(set.until) {
		set = nil
	}
	return set, f.changes
}

func (f *filterSets) put(account int64, set *filterSet, changes uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.changes != changes {
		return
	}
	if f.of == nil || len(f.of) >= filterSetsMax {
		f.of = map[int64]*filterSet{}
	}
	f.of[account] = set
}

// filtersOf returns the filters of a viewer.
func (a *API) filtersOf(ctx context.Context, viewer int64) (*filterSet, error) {
	now := time.Now()
	set, changes := a.filters.get(viewer, now)
	if set != nil {
		return set, nil
	}
	found, err := a.Store.Filters(ctx, viewer)
	if err != nil {
		return nil, err
	}
	set = &filterSet{until: now.Add(renderedFresh)}
	for _, f := range found {
		compiled, err := compile(f)
		if err != nil {
			return nil, err
		}
		set.filters = append(set.filters, compiled)
	}
	a.filters.put(viewer, set, changes)
	return set, nil
}

func compile(f storage.Filter) (compiledFilter, error) {
	head, err := marshal(filterHeadOf(f))
	compiled := compiledFilter{head: string(head), expires: f.ExpiresAt, statuses: make(map[int64]bool, len(f.Statuses))}
	for _, k := range f.Keywords {
		text, err := marshal(k.Keyword)
		if err != nil {
			return compiled, err
		}
		c := compiledKeyword{text: string(text), folded: strings.ToLower(strings.TrimSpace(k.Keyword))}
		if k.WholeWord {
			first, _ := utf8.DecodeRuneInString(c.folded)
			last, _ := utf8.DecodeLastRuneInString(c.folded)
			c.begins, c.ends = markup.IsWordRune(first), markup.IsWordRune(last)
		}
		compiled.keywords = append(compiled.keywords, c)
	}
	for _, s := range f.Statuses {
		compiled.statuses[s.StatusID] = true
	}
	return compiled, err
}

// in tells whether a keyword is in a text in lower case.
func (k compiledKeyword) in(text string) bool {
	if k.folded == "" {
		return false
	}
	for from := 0; ; {
		at := strings.Index(text[from:], k.folded)
		if at < 0 {
			return false
		}
		start, end := from+at, from+at+len(k.folded)
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if !(k.begins && start > 0 && markup.IsWordRune(before)) && !(k.ends && end < len(text) && markup.IsWordRune(after)) {
			return true
		}
		_, size := utf8.DecodeRuneInString(text[start:])
		from = start + size
	}
}

// match returns the JSON of what the filters say about a status: its text and, of a boost, both
// ids. It is nil if they say nothing.
func (f *filterSet) match(text string, now storage.Millis, statuses ...int64) []byte {
	var results []byte
	for _, filter := range f.filters {
		if filter.expires != 0 && filter.expires <= now {
			continue
		}
		var words, found []byte
		for _, k := range filter.keywords {
			if k.in(text) {
				words = append(append(words, ','), k.text...)
			}
		}
		for _, id := range statuses {
			if filter.statuses[id] {
				found = append(append(found, ','), `"`+ids.Format(id)+`"`...)
			}
		}
		if words == nil && found == nil {
			continue
		}
		results = append(append(results, `,{"filter":`...), filter.head...)
		results = appendMatches(results, `,"keyword_matches":`, words)
		results = append(appendMatches(results, `,"status_matches":`, found), '}')
	}
	if results == nil {
		return nil
	}
	results[0] = '['
	return append(results, ']')
}

// appendMatches adds a member whose value is a list that begins with a comma, or null.
func appendMatches(to []byte, name string, list []byte) []byte {
	to = append(to, name...)
	if list == nil {
		return append(to, "null"...)
	}
	list[0] = '['
	return append(append(to, list...), ']')
}

// filtered returns what the viewer's filters say of each of the stamps, by status; what is boosted
// matches within a boost as the boost does, and by itself as itself. It is nil for who has none.
func (a *API) filtered(ctx context.Context, viewer int64, stamps []storage.Stamp, known material) (map[int64][]byte, error) {
	if viewer == 0 {
		return nil, nil
	}
	set, err := a.filtersOf(ctx, viewer)
	if err != nil || len(set.filters) == 0 {
		return nil, err
	}
	texts, err := a.textsOf(ctx, stamps, known)
	if err != nil {
		return nil, err
	}
	now, found := storage.Now(), map[int64][]byte{}
	for _, s := range stamps {
		about := []int64{s.ID}
		if s.BoostOfID != 0 {
			about = append(about, s.BoostOfID)
		}
		if results := set.match(texts[original(s)], now, about...); results != nil {
			found[s.ID] = results
		}
	}
	return found, nil
}

// textsOf returns what statuses say, in lower case: of boosts, what is boosted.
func (a *API) textsOf(ctx context.Context, stamps []storage.Stamp, known material) (map[int64]string, error) {
	now, texts := time.Now(), make(map[int64]string, len(stamps))
	var missing []int64
	for _, s := range stamps {
		id, version := s.ID, s.Version
		if s.BoostOfID != 0 {
			id, version = s.BoostOfID, s.BoostVersion
		}
		if piece, ok := a.texts.get(id, version, now); ok {
			texts[id] = string(piece.json)
		} else {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return texts, nil
	}
	statuses := known.statuses
	if statuses == nil {
		var err error
		if statuses, err = a.Store.StatusesByIDs(ctx, missing); err != nil {
			return nil, err
		}
	}
	attachments, err := a.Store.Attachments(ctx, missing)
	if err != nil {
		return nil, err
	}
	polls, err := a.Store.Polls(ctx, missing)
	if err != nil {
		return nil, err
	}
	for _, id := range missing {
		s, ok := statuses[id]
		if !ok {
			continue
		}
		said := []string{s.Spoiler, markup.PlainText(s.Content)}
		for _, o := range polls[id].Options {
			said = append(said, o.Title)
		}
		for _, m := range attachments[id] {
			said = append(said, m.Description)
		}
		texts[id] = strings.ToLower(strings.Join(said, "\n\n"))
		a.texts.put(id, rendered{version: s.Version, json: []byte(texts[id])}, now)
	}
	return texts, nil
}
