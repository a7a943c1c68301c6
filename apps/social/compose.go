package social

import (
	"context"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/language"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/storage"
)

// Limits of what is written here. Clients are told the first one and those of polls (poll.go).
const (
	// CharactersMax bounds text and content warning together, counted as markup.Length does. It is
	// ten times Mastodon's, and far below what any known server refuses.
	CharactersMax = 5000
	// MentionsMax bounds the people in one post: each is an inbox, and only spam has more.
	MentionsMax = 50
	// resolveWithin is how long a post waits for servers of people whom nobody here knows yet.
	resolveWithin = 5 * time.Second
	// resolvesAtOnce is how many of them are asked at a time.
	resolvesAtOnce = 8
	// languageBytesMax is more than the longest registered language tag with script and region.
	languageBytesMax = 35
)

// words are what somebody typed.
type words struct {
	text, spoiler string
	shown         bool // there is something to see beside them
}

// cleaned returns the words as they are kept. A content warning without a text is the text, as on
// Mastodon. Faults are Unprocessable.
func (w words) cleaned() (words, error) {
	w.spoiler = markup.Line(w.spoiler)
	if strings.TrimSpace(w.text) == "" {
		w.text, w.spoiler = w.spoiler, ""
	}
	if strings.TrimSpace(w.text) == "" && !w.shown {
		return w, fault.New(fault.Unprocessable, "Validation failed: Text can't be blank")
	}
	if n := markup.Length(w.text) + markup.Length(w.spoiler); n > CharactersMax {
		return w, fault.New(fault.Unprocessable,
			"Validation failed: Text character limit of %d exceeded", CharactersMax)
	}
	return w, nil
}

// composed is a text with what was found in it.
type composed struct {
	html     string
	mentions []storage.Account // everybody once, in order
	tags     []storage.Tag
}

// compose renders a text. People whom nobody here knows are looked for at their servers; who is not
// found stays text.
func (s *Service) compose(ctx context.Context, text string) (composed, error) {
	people, err := s.peopleIn(ctx, text)
	if err != nil {
		return composed{}, err
	}
	post := markup.Render(text, markup.Markdown, func(h ids.Handle) (markup.Mention, bool) {
		a, ok := people[s.homeless(h)]
		return markup.Mention{Handle: a.Handle(), Actor: a.URI, URL: pageOf(a)}, ok
	}, s.Paths.Tag)
	c := composed{html: post.HTML}
	byURI := make(map[string]storage.Account, len(people))
	for _, a := range people {
		byURI[a.URI] = a
	}
	for _, m := range post.Mentions {
		c.mentions = append(c.mentions, byURI[m.Actor])
	}
	if len(c.mentions) > MentionsMax {
		return c, fault.New(fault.Unprocessable, "Validation failed: a post mentions at most %d people", MentionsMax)
	}
	for _, name := range post.Tags {
		c.tags = append(c.tags, storage.Tag{Tag: foldTag(name), Name: name})
	}
	return c, nil
}

// pageOf is where a mention leads people.
func pageOf(a storage.Account) string {
	if a.URL != "" {
		return a.URL
	}
	return a.URI
}

// foldTag is how hashtags are compared.
func foldTag(name string) string { return strings.ToLower(name) }

// homeless drops the host from the handle of somebody of this node.
func (s *Service) homeless(h ids.Handle) ids.Handle {
	h.Name = strings.ToLower(h.Name)
	if h.Host == s.AccountHost || h.Host == s.Paths.Host() {
		h.Host = ""
	}
	return h
}

// peopleIn finds the accounts of the handles in a text.
func (s *Service) peopleIn(ctx context.Context, text string) (map[ids.Handle]storage.Account, error) {
	found, unknown := map[ids.Handle]storage.Account{}, map[ids.Handle]bool{}
	var err error
	markup.Render(text, markup.Markdown, func(h ids.Handle) (markup.Mention, bool) {
		h = s.homeless(h)
		a, e := s.Store.AccountByHandle(ctx, h.Name, h.Host)
		switch {
		case e == nil && !a.Hidden:
			found[h] = a
			return markup.Mention{Handle: a.Handle(), Actor: a.URI, URL: pageOf(a)}, true
		case fault.Is(e, fault.NotFound):
			if h.Host != "" && len(unknown) < MentionsMax {
				unknown[h] = true
			}
		case e != nil:
			err = e
		}
		return markup.Mention{}, false
	}, s.Paths.Tag)
	if err == nil && len(unknown) > 0 {
		s.resolve(ctx, unknown, found)
	}
	return found, err
}

// resolve asks the servers of unknown people and adds those it finds.
func (s *Service) resolve(ctx context.Context, unknown map[ids.Handle]bool, found map[ids.Handle]storage.Account) {
	ctx, cancel := context.WithTimeout(ctx, resolveWithin)
	defer cancel()
	var mu sync.Mutex
	var asking sync.WaitGroup
	places := make(chan struct{}, resolvesAtOnce)
	for handle := range unknown {
		asking.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			if ctx.Err() != nil {
				return
			}
			if a, err := s.Finder.Resolve(ctx, handle); err == nil && !a.Hidden {
				mu.Lock()
				found[handle] = a
				mu.Unlock()
			}
		})
	}
	asking.Wait()
}

// cleanLanguage returns a language tag in its canonical form, "" for what is none.
func cleanLanguage(tag string) string {
	if len(tag) > languageBytesMax {
		return ""
	}
	parsed, err := language.Parse(tag)
	if err != nil || parsed == language.Und {
		return ""
	}
	return parsed.String()
}
