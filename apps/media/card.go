package media

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2" // spreads requests; nobody gains by guessing it
	"mime"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/storage"
)

// A page to which a post for everybody leads is read when the post is first looked at here, by a
// job some seconds later: a post that goes round would otherwise bring every node to the page at
// the same moment. What the page says of itself is text; nothing of it is shown as HTML
// (CVE-2023-36459).

const (
	// cardDelayMin and cardDelayMax are how long after the first look a page is read.
	cardDelayMin = time.Second
	cardDelayMax = time.Minute
	// pageBytesMax is how much of a page is read; what it says of itself stands at its beginning.
	// pageLengthMax is how long it may say that it is.
	pageBytesMax  = 1 << 20
	pageLengthMax = 64 << 20
	// embedBytesMax bounds an oEmbed answer; real ones have under 4 KiB.
	embedBytesMax = 64 << 10
	// jobCard is the kind of the job.
	jobCard = "media.card"
)

const (
	acceptPage  = "text/html, application/xhtml+xml;q=0.9"
	acceptEmbed = "application/json"
)

type cardJob struct {
	Card int64 `json:"card"`
}

// Jobs returns what runs the jobs of a Remote, by kind.
func (r *Remote) Jobs() map[string]func(context.Context, storage.Job) error {
	return map[string]func(context.Context, storage.Job) error{jobCard: r.runCard}
}

// Want has the pages of cards read that somebody looks at, once for the node, soon. Those that
// were read, or failed not long ago, are left alone.
func (r *Remote) Want(ctx context.Context, cards []storage.Card) error {
	now := time.Now()
	var due []storage.Card
	for _, c := range cards {
		if c.Due(now) {
			due = append(due, c)
		}
	}
	if len(due) == 0 {
		return nil
	}
	return r.Store.Tx(ctx, func(tx *storage.Tx) error {
		for _, c := range due {
			at := now.Add(cardDelayMin + rand.N(cardDelayMax-cardDelayMin))
			job := storage.Job{Queue: queueWork, Lane: jobCard + " " + ids.Format(c.ID), Kind: jobCard,
				Payload: storage.MarshalPayload(cardJob{c.ID}), RunAt: storage.At(at)}
			if err := tx.Schedule(ctx, job); err != nil {
				return err
			}
		}
		return nil
	})
}

// runCard reads a page. A failure is the page's and is remembered with it, not with the job.
func (r *Remote) runCard(ctx context.Context, job storage.Job) error {
	var j cardJob
	if err := json.Unmarshal(job.Payload, &j); err != nil {
		return fmt.Errorf("read a job: %w", err)
	}
	c, err := r.Store.CardByID(ctx, j.Card)
	if err != nil || !c.Due(time.Now()) {
		return absentIsNothing(err)
	}
	wanted, err := r.Store.CardInUse(ctx, c.ID)
	if err != nil || !wanted {
		return err
	}
	said, cause := r.readPage(ctx, c.URL)
	if cause != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.Log.DebugContext(ctx, "read a page", "host", ids.Host(c.URL), "err", cause)
		return r.Store.Tx(ctx, func(tx *storage.Tx) error {
			return tx.FailCard(ctx, c.ID, time.Now().Add(pause(c.Failures, cause)))
		})
	}
	said.ID, said.URL = c.ID, c.URL
	if err := r.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.PutCard(ctx, said) }); err != nil {
		return absentIsNothing(err)
	}
	r.bringImage(ctx, c.ID)
	return nil
}

func absentIsNothing(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// bringImage fetches the picture of a card, which tells its size and its colours. Without it the
// card is as good.
func (r *Remote) bringImage(ctx context.Context, card int64) {
	c, err := r.Store.CardByID(ctx, card)
	if err != nil || c.ImageKey == "" {
		return
	}
	m, err := r.Store.RemoteMediaByKey(ctx, c.ImageKey)
	if err == nil && m.FetchedAt == 0 && r.admit(ctx, m) == nil {
		err = r.bring(ctx, m)
	}
	if err != nil {
		r.Log.DebugContext(ctx, "fetch the picture of a page", "host", ids.Host(c.ImageURL), "err", err)
	}
}

// readPage fetches a page and reads what it says of itself.
func (r *Remote) readPage(ctx context.Context, address string) (storage.Card, error) {
	body, at, contentType, err := r.get(ctx, address, acceptPage, pageBytesMax)
	if err != nil {
		return storage.Card{}, err
	}
	kind, _, _ := mime.ParseMediaType(contentType)
	if kind != "text/html" && kind != "application/xhtml+xml" {
		return storage.Card{}, nil // a file, which has nothing to say of itself
	}
	p := parsePage(body, contentType, at)
	if p.embed != "" && (p.card.AuthorName == "" || p.card.Title == "") {
		r.addEmbed(ctx, &p)
	}
	if p.card.Title == "" {
		return storage.Card{}, nil
	}
	p.card.Type = "link"
	if p.creator != (ids.Handle{}) && r.people != nil {
		if author, err := r.people.Resolve(ctx, p.creator); err == nil {
			p.card.AuthorID = author.ID
		} else {
			r.Log.DebugContext(ctx, "find the author of a page", "host", p.creator.Host, "err", err)
		}
	}
	if r.ours(p.card.ImageURL) { // a page may not have us fetch from ourselves
		p.card.ImageURL = ""
	}
	return p.card, nil
}

// get reads the beginning of something and returns where it was at last.
func (r *Remote) get(ctx context.Context, address, accept string, bytesMax int64) (body []byte, at, contentType string, err error) {
	if err := r.hosts.CheckHost(ctx, ids.Host(address)); err != nil {
		return nil, "", "", err
	}
	came, err := r.fetcher.Media(ctx, address, accept, pageLengthMax)
	if err != nil {
		return nil, "", "", err
	}
	defer came.Close()
	if err := r.hosts.CheckHost(ctx, ids.Host(came.URL)); err != nil {
		return nil, "", "", err
	}
	body, err = io.ReadAll(io.LimitReader(came, bytesMax))
	return body, came.URL, came.ContentType, err
}

// addEmbed adds what the oEmbed document of a page says (oembed.com, section 2.3), where the page
// itself says nothing. Its HTML is not looked at.
func (r *Remote) addEmbed(ctx context.Context, p *page) {
	body, at, _, err := r.get(ctx, p.embed, acceptEmbed, embedBytesMax)
	var said struct {
		Title        string `json:"title"`
		AuthorName   string `json:"author_name"`
		AuthorURL    string `json:"author_url"`
		ProviderName string `json:"provider_name"`
		Thumbnail    string `json:"thumbnail_url"`
	}
	if err != nil || json.Unmarshal(body, &said) != nil {
		return
	}
	for _, one := range []struct {
		to   *string
		text string
	}{
		{&p.card.Title, words(said.Title, titleMax)}, {&p.card.AuthorName, words(said.AuthorName, nameMax)},
		{&p.card.AuthorURL, resolve(at, said.AuthorURL)}, {&p.card.ProviderName, words(said.ProviderName, nameMax)},
		{&p.card.ImageURL, resolve(at, said.Thumbnail)},
	} {
		if *one.to == "" {
			*one.to = one.text
		}
	}
}

// words cleans a text of a stranger and cuts it to so many characters.
func words(text string, most int) string {
	if len(text) > 8*most { // or cleaning would cost what it likes
		text = strings.ToValidUTF8(text[:8*most], "")
	}
	runes := []rune(markup.Line(text))
	if len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return string(runes)
}
