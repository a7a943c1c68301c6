package social

import (
	"context"
	"strings"
	"time"
	"unicode"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	wordlist "tulou/protocol/words"
	"tulou/storage"
)

// What people type to find posts: words, "rows of words", #tags, and what Mastodon calls operators,
// each of which may be turned round by a - before it. What is not understood is words.

// queryTermsMax is how many terms of a query count, more are left out; storage.PostNeedsMax bounds
// into how many needs they may fall.
const queryTermsMax = 20

// term is a piece of a query.
type term struct {
	negated bool
	quoted  bool
	name    string // of an operator, "" for words
	text    string
}

// terms takes a query apart.
func terms(text string) (list []term) {
	for len(list) < queryTermsMax {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
		if text == "" {
			return list
		}
		var t term
		if rest, ok := strings.CutPrefix(text, "-"); ok {
			t.negated, text = true, rest
		} else {
			text = strings.TrimPrefix(text, "+")
		}
		name, rest, ok := strings.Cut(text, ":")
		if ok && operators[strings.ToLower(name)] {
			t.name, text = strings.ToLower(name), rest
		}
		t.text, t.quoted, text = piece(text)
		if t.text != "" {
			list = append(list, t)
		}
	}
	return list
}

// operators are the names of those that are understood.
var operators = map[string]bool{"from": true, "mentions": true, "before": true, "after": true, "during": true,
	"language": true, "has": true, "is": true, "in": true}

// piece returns the beginning of a text: what is in quotes, or up to the next space.
func piece(text string) (first string, quoted bool, rest string) {
	for open, closing := range quotes {
		if inside, ok := strings.CutPrefix(text, open); ok {
			if end := strings.IndexAny(inside, closing); end >= 0 {
				_, size := cutRune(inside[end:])
				return inside[:end], true, inside[end+size:]
			}
			return inside, true, "" // somebody is still typing
		}
	}
	end := strings.IndexFunc(text, unicode.IsSpace)
	if end < 0 {
		return text, false, ""
	}
	return text[:end], false, text[end:]
}

// quotes are the marks that keyboards make, each with those that end it.
var quotes = map[string]string{`"`: `"`, "“": `”"`, "„": `“”"`, "«": "»", "「": "」", "『": "』"}

// cutRune returns the first character of a text and its length in bytes.
func cutRune(text string) (first rune, size int) {
	for i, r := range text {
		if i > 0 {
			return first, i
		}
		first = r
	}
	return first, len(text)
}

// postQuery reads a query for posts. ok is false if there is nothing to look for, or nobody from
// whom or to whom it should be.
func (s *Service) postQuery(ctx context.Context, viewer storage.Account, text string) (q storage.PostQuery, ok bool, err error) {
	list := terms(text)
	for _, t := range list {
		found, err := s.readTerm(ctx, viewer, &q, t)
		if err != nil || !found {
			return q, false, err
		}
	}
	q.HasNot = q.HasNot[:min(len(q.HasNot), storage.PostNeedsMax/2)]
	q.Has = q.Has[:min(len(q.Has), storage.PostNeedsMax/2-1)] // and one for whose they are
	return q, len(q.Has)+len(q.HasNot)+len(q.Not) > 0 || q.Span != storage.Span{} || q.In != storage.Anywhere, nil
}

// readTerm adds a term to a query. found is false if nothing can have it.
func (s *Service) readTerm(ctx context.Context, viewer storage.Account, q *storage.PostQuery, t term) (found bool, err error) {
	switch t.name {
	case "from", "mentions":
		account, err := s.accountNamed(ctx, viewer, t.text)
		if fault.Is(err, fault.NotFound) {
			return t.negated, nil
		}
		if err != nil {
			return false, err
		}
		fact := storage.FactAuthor(account)
		if t.name == "mentions" {
			fact = storage.FactMention(account)
		}
		t.put(q, storage.Need{Fact: fact})
		return true, nil
	case "before", "after", "during":
		if from, to, ok := spanOf(t.text); ok {
			t.putSpan(q, from, to)
			return true, nil
		}
	case "language":
		t.put(q, storage.Need{Fact: storage.FactLanguage(t.text)})
		return true, nil
	case "has", "is":
		if fact, ok := facts[t.name+":"+strings.ToLower(t.text)]; ok {
			t.put(q, storage.Need{Fact: fact})
			return true, nil
		}
	case "in":
		if in, ok := places[strings.ToLower(t.text)]; ok && !t.negated {
			q.In = in
			return true, nil
		}
	}
	if tag, ok := strings.CutPrefix(t.text, "#"); ok && t.name == "" && !t.quoted {
		if folded, _, err := tagNamed(tag); err == nil {
			t.put(q, storage.Need{Fact: storage.FactTag(folded)})
			return true, nil
		}
	}
	t.putWords(q)
	return true, nil
}

// facts are what posts are asked for by has and is. A link is what a card is made of, so embed is
// another word for it.
var facts = map[string]storage.Fact{"has:media": storage.FactMedia, "has:image": storage.FactImage, "has:video": storage.FactVideo,
	"has:audio": storage.FactAudio, "has:poll": storage.FactPoll, "has:link": storage.FactLink, "has:embed": storage.FactLink,
	"is:reply": storage.FactReply, "is:sensitive": storage.FactSensitive}

var places = map[string]storage.Place{"all": storage.Anywhere, "library": storage.Library, "public": storage.Findable}

func (t term) put(q *storage.PostQuery, n storage.Need) {
	if t.negated {
		q.HasNot = append(q.HasNot, n)
	} else {
		q.Has = append(q.Has, n)
	}
}

// putWords has the words of a term side by side. One that is negated is not there as a whole: if it
// falls into several needs, the last of them stands for it.
func (t term) putWords(q *storage.PostQuery) {
	text := t.text
	if t.name != "" {
		text = t.name + ":" + text
	}
	rows, signs := wordlist.Query(text, storage.PostNeedsMax)
	var needs []storage.Need
	for _, row := range rows {
		needs = append(needs, storage.Need{Words: row})
	}
	for _, sign := range signs {
		needs = append(needs, storage.Need{Fact: storage.FactSign(sign)})
	}
	if t.negated && len(needs) > 1 {
		needs = needs[len(needs)-1:]
	}
	for _, n := range needs {
		t.put(q, n)
	}
}

// putSpan has a query ask for a time: before its beginning, after its end, or within it.
func (t term) putSpan(q *storage.PostQuery, from, to time.Time) {
	var span storage.Span
	switch t.name {
	case "before":
		span = storage.Days(time.Unix(0, 0), from)
	case "after":
		span = storage.Days(to, endOfTime)
	default:
		span = storage.Days(from, to)
	}
	if t.negated {
		q.Not = append(q.Not, span)
		return
	}
	if q.Span.To == 0 {
		q.Span.To = storage.Days(endOfTime, endOfTime).To
	}
	q.Span = storage.Span{From: max(q.Span.From, span.From), To: min(q.Span.To, span.To)}
}

// endOfTime is the last year that ids can tell.
var endOfTime = time.Date(2039, 1, 1, 0, 0, 0, 0, time.UTC)

// spanOf reads a year, a month, a day or an instant, in UTC.
func spanOf(text string) (from, to time.Time, ok bool) {
	for layout, length := range map[string]struct{ years, months, days int }{"2006": {1, 0, 0}, "2006-01": {0, 1, 0}, "2006-01-02": {0, 0, 1}, time.RFC3339: {}} {
		at, err := time.Parse(layout, text)
		if err == nil && at.Year() >= 1970 && at.Before(endOfTime) {
			return at, at.AddDate(length.years, length.months, length.days), true
		}
	}
	return from, to, false
}

// accountNamed finds the account of a handle among those that are known; "me" is whoever asks.
func (s *Service) accountNamed(ctx context.Context, viewer storage.Account, text string) (int64, error) {
	if strings.EqualFold(text, "me") {
		return viewer.ID, nil
	}
	handle, err := ids.ParseHandle(strings.TrimPrefix(text, "@"))
	if err != nil {
		return 0, fault.New(fault.NotFound, "nobody has this name")
	}
	handle = s.homeless(handle)
	a, err := s.Store.AccountByHandle(ctx, handle.Name, handle.Host)
	if err == nil && a.Hidden {
		err = fault.New(fault.NotFound, "nobody has this name")
	}
	return a.ID, err
}
