package mastodon

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tulou/protocol/ids"
	"tulou/storage"
)

// A status is put together from pieces: its body and its author, which are the same for everybody
// and kept rendered by their versions; its poll; what it boosts; and what the viewer did with it.
// A timeline whose posts were shown before costs a query for ids and versions, one for the viewer,
// and copying.

// pieces is what a page of statuses is put together from.
type pieces struct {
	viewer  int64
	bodies  map[int64]rendered
	authors map[int64]json.RawMessage
	states  map[int64]storage.ViewerState // by the status itself, not by its boosts
	polls   map[int64]json.RawMessage
	// filtered is what the viewer's filters say of what stands on the page; nil for whoever has none.
	filtered map[int64][]byte
	quotations
	shallow bool // these are quoted themselves: of what they quote the ids are told
}

// material is what the caller has read already and need not be read again.
type material struct {
	statuses map[int64]storage.Status
	accounts map[int64]storage.Account
	// quoted means that these stand within a quote; redrafted that what one of them quotes is told
	// whatever its author says to it, since it is to be written anew.
	quoted, redrafted bool
}

// statuses renders the statuses of a timeline that viewer may see, in its order. Those that were
// deleted meanwhile are left out.
func (a *API) statuses(ctx context.Context, viewer int64, stamps []storage.Stamp, known material) ([]json.RawMessage, error) {
	p, err := a.gather(ctx, viewer, stamps, known)
	if err != nil {
		return nil, err
	}
	list := make([]json.RawMessage, 0, len(stamps))
	for _, s := range stamps {
		if p.complete(s) {
			list = append(list, p.append(nil, s, ""))
		}
	}
	return list, nil
}

// timeline is statuses as one array.
func (a *API) timeline(ctx context.Context, viewer int64, stamps []storage.Stamp) (*sheet, error) {
	p, err := a.gather(ctx, viewer, stamps, material{})
	if err != nil {
		return nil, err
	}
	to := a.sheets.Get().(*sheet)
	to.json = append(to.json[:0], '[')
	for _, s := range stamps {
		if !p.complete(s) {
			continue
		}
		if len(to.json) > 1 {
			to.json = append(to.json, ',')
		}
		to.json = p.append(to.json, s, "")
	}
	to.json = append(to.json, ']')
	return to, nil
}

// status renders one status that viewer may see.
func (a *API) status(ctx context.Context, viewer int64, s storage.Status) (raw, error) {
	list, err := a.statusList(ctx, viewer, []storage.Status{s})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errNotFound
	}
	return raw(list[0]), nil
}

// statusList renders statuses that viewer may see, in their order.
func (a *API) statusList(ctx context.Context, viewer int64, statuses []storage.Status) ([]json.RawMessage, error) {
	stamps, known, err := a.stamps(ctx, statuses)
	if err != nil {
		return nil, err
	}
	return a.statuses(ctx, viewer, stamps, known)
}

// stamps makes stamps of statuses that were read whole.
func (a *API) stamps(ctx context.Context, statuses []storage.Status) ([]storage.Stamp, material, error) {
	known := material{statuses: make(map[int64]storage.Status, len(statuses))}
	var boosted, authors []int64
	for _, s := range statuses {
		known.statuses[s.ID] = s
		authors = append(authors, s.AccountID)
		if s.BoostOfID != 0 {
			boosted = append(boosted, s.BoostOfID)
		}
	}
	if len(boosted) > 0 {
		originals, err := a.Store.StatusesByIDs(ctx, boosted)
		if err != nil {
			return nil, known, err
		}
		for id, s := range originals {
			known.statuses[id] = s
			authors = append(authors, s.AccountID)
		}
	}
	var err error
	if known.accounts, err = a.Store.AccountsByIDs(ctx, distinct(authors)); err != nil {
		return nil, known, err
	}
	stamps := make([]storage.Stamp, len(statuses))
	for i, s := range statuses {
		original := known.statuses[s.BoostOfID]
		stamps[i] = storage.Stamp{
			Key: s.ID, ID: s.ID, Version: s.Version, AccountID: s.AccountID, AccountVersion: known.accounts[s.AccountID].Version,
			BoostOfID: s.BoostOfID, BoostVersion: original.Version, BoostAccountID: original.AccountID,
			BoostAccountVersion: known.accounts[original.AccountID].Version,
		}
	}
	return stamps, known, nil
}

func distinct(list []int64) []int64 {
	seen := make(map[int64]bool, len(list))
	kept := list[:0:0]
	for _, id := range list {
		if !seen[id] {
			seen[id] = true
			kept = append(kept, id)
		}
	}
	return kept
}

// gather finds the pieces of statuses: rendered before, or read and rendered now.
func (a *API) gather(ctx context.Context, viewer int64, stamps []storage.Stamp, known material) (p pieces, err error) {
	p = pieces{viewer: viewer, shallow: known.quoted, bodies: make(map[int64]rendered, len(stamps)), authors: make(map[int64]json.RawMessage, len(stamps))}
	if len(stamps) == 0 {
		return p, nil
	}
	now := time.Now()
	var bodies, authors, originals []int64
	body := func(id, version int64) {
		if _, have := p.bodies[id]; have {
			return
		}
		piece, ok := a.bodies.get(id, version, now)
		if p.bodies[id] = piece; !ok {
			bodies = append(bodies, id)
		}
	}
	author := func(id, version int64) {
		if _, have := p.authors[id]; have {
			return
		}
		piece, ok := a.accounts.get(id, version, now)
		if p.authors[id] = piece.json; !ok {
			authors = append(authors, id)
		}
	}
	for _, s := range stamps {
		body(s.ID, s.Version)
		author(s.AccountID, s.AccountVersion)
		originals = append(originals, original(s))
		if s.BoostOfID != 0 {
			body(s.BoostOfID, s.BoostVersion)
			author(s.BoostAccountID, s.BoostAccountVersion)
		}
	}
	if err := a.renderBodies(ctx, p.bodies, bodies, known.statuses); err != nil {
		return p, err
	}
	if err := a.renderAuthors(ctx, p.authors, authors, known.accounts); err != nil {
		return p, err
	}
	if p.states, err = a.Store.ViewerStates(ctx, viewer, originals); err != nil {
		return p, err
	}
	if p.filtered, err = a.filtered(ctx, viewer, stamps, known); err != nil {
		return p, err
	}
	if err := a.addQuotations(ctx, &p, stamps, known); err != nil {
		return p, err
	}
	p.polls, err = a.pollsOf(ctx, viewer, p.bodies)
	return p, err
}

// original is the status that a stamp is about: what is boosted, or itself.
func original(s storage.Stamp) int64 {
	if s.BoostOfID != 0 {
		return s.BoostOfID
	}
	return s.ID
}

// complete tells whether every piece of a status was found.
func (p *pieces) complete(s storage.Stamp) bool {
	found := len(p.bodies[s.ID].json) > 0 && len(p.authors[s.AccountID]) > 0
	return found && (s.BoostOfID == 0 || len(p.bodies[s.BoostOfID].json) > 0 && len(p.authors[s.BoostAccountID]) > 0)
}

// append puts a status together at the end of to. more is further members, each after a comma.
func (p *pieces) append(to []byte, s storage.Stamp, more string) []byte {
	return p.appendWithin(to, s, s.ID, more)
}

// appendWithin is append for a status that stands on the page, or is boosted by what stands there.
func (p *pieces) appendWithin(to []byte, s storage.Stamp, standing int64, more string) []byte {
	body := p.bodies[s.ID]
	to = append(to, body.json...)
	to = append(to, `,"account":`...)
	to = append(to, p.authors[s.AccountID]...)
	to = append(to, `,"poll":`...)
	if poll := p.polls[s.ID]; body.poll && len(poll) > 0 {
		to = append(to, poll...)
	} else {
		to = append(to, "null"...)
	}
	to = append(to, `,"reblog":`...)
	if s.BoostOfID == 0 {
		to = append(to, "null"...)
	} else {
		to = p.appendWithin(to, storage.Stamp{ID: s.BoostOfID, AccountID: s.BoostAccountID}, standing, "")
	}
	to = p.appendQuote(append(to, `,"quote":`...), s.ID)
	to = p.appendApproval(append(to, `,"quote_approval":`...), s.ID)
	if p.viewer != 0 {
		to = p.appendViewer(to, s, p.filtered[standing])
	}
	to = append(to, more...)
	return append(to, '}')
}

// appendViewer adds what the viewer did with a status, and what their filters say about it.
func (p *pieces) appendViewer(to []byte, s storage.Stamp, filtered []byte) []byte {
	state := p.states[original(s)]
	to = appendFlag(to, `,"favourited":`, state.Liked)
	to = appendFlag(to, `,"reblogged":`, state.Boosted)
	to = appendFlag(to, `,"bookmarked":`, state.Bookmarked)
	to = appendFlag(to, `,"muted":`, state.Muted)
	to = append(to, `,"filtered":`...)
	if filtered != nil {
		to = append(to, filtered...)
	} else {
		to = append(to, "[]"...)
	}
	if s.AccountID == p.viewer && s.BoostOfID == 0 && p.bodies[s.ID].pinnable {
		to = appendFlag(to, `,"pinned":`, state.Pinned)
	}
	return to
}

func appendFlag(to []byte, name string, value bool) []byte {
	to = append(to, name...)
	if value {
		return append(to, "true"...)
	}
	return append(to, "false"...)
}

// renderAuthors renders accounts that were not at hand.
func (a *API) renderAuthors(ctx context.Context, into map[int64]json.RawMessage, missing []int64, known map[int64]storage.Account) error {
	if len(missing) == 0 {
		return nil
	}
	if known == nil {
		var err error
		if known, err = a.Store.AccountsByIDs(ctx, missing); err != nil {
			return err
		}
	}
	for _, id := range missing {
		of, ok := known[id]
		if !ok {
			continue
		}
		var err error
		if into[id], err = a.accountJSON(ctx, of); err != nil {
			return err
		}
	}
	return nil
}

// renderBodies renders the bodies of statuses that were not at hand and keeps them.
func (a *API) renderBodies(ctx context.Context, into map[int64]rendered, missing []int64, known map[int64]storage.Status) error {
	if len(missing) == 0 {
		return nil
	}
	if known == nil {
		var err error
		if known, err = a.Store.StatusesByIDs(ctx, missing); err != nil {
			return err
		}
	}
	parts, err := a.parts(ctx, missing)
	if err != nil {
		return err
	}
	if parts.emojis, err = a.statusEmojis(ctx, chosen(known, missing)); err != nil {
		return err
	}
	if parts.cards, err = a.cards(ctx, missing); err != nil {
		return err
	}
	quotes, err := a.Store.QuotesBy(ctx, missing)
	if err != nil {
		return err
	}
	if parts.sensitized, err = a.Store.Sensitized(ctx, authorsOf(chosen(known, missing))); err != nil {
		return err
	}
	now := time.Now()
	for _, id := range missing {
		s, ok := known[id]
		if !ok {
			continue
		}
		body, err := marshal(a.statusBody(s, parts))
		if err != nil {
			return fmt.Errorf("render status: %w", err)
		}
		// The closing brace comes after what is appended.
		piece := rendered{version: s.Version, json: bytes.TrimSuffix(body, []byte("}")), poll: s.Type == "Question",
			pinnable: s.Visibility != storage.VisibilityDirect, policy: quotability{s.QuotePolicy, s.Visibility, s.BoostOfID != 0}}
		if q, quoting := quotes[id]; quoting {
			piece.quote = &q
		}
		if piece.approval, err = approvalHead(s.QuotePolicy); err != nil {
			return fmt.Errorf("render status: %w", err)
		}
		a.bodies.put(id, piece, now)
		into[id] = piece
	}
	return nil
}

// parts is what belongs to statuses.
type parts struct {
	mentions    map[int64][]int64
	people      map[int64]storage.Account
	tags        map[int64][]storage.Tag
	attachments map[int64][]storage.Attachment
	emojis      map[int64][]customEmoji
	cards       map[int64]*previewCard
	sensitized  map[int64]bool // authors whose pictures moderators hide behind a warning
}

// chosen returns those of the statuses that are there.
func chosen(from map[int64]storage.Status, wanted []int64) (list []storage.Status) {
	for _, id := range wanted {
		if s, ok := from[id]; ok {
			list = append(list, s)
		}
	}
	return list
}

func (a *API) parts(ctx context.Context, statuses []int64) (p parts, err error) {
	if p.mentions, err = a.Store.Mentions(ctx, statuses); err != nil {
		return p, err
	}
	var people []int64
	for _, list := range p.mentions {
		people = append(people, list...)
	}
	if len(people) > 0 {
		if p.people, err = a.Store.AccountsByIDs(ctx, distinct(people)); err != nil {
			return p, err
		}
	}
	if p.tags, err = a.Store.Tags(ctx, statuses); err != nil {
		return p, err
	}
	p.attachments, err = a.Store.Attachments(ctx, statuses)
	return p, err
}

// authorsOf returns who wrote statuses, each once.
func authorsOf(statuses []storage.Status) (authors []int64) {
	for _, s := range statuses {
		authors = append(authors, s.AccountID)
	}
	return distinct(authors)
}

func (a *API) statusBody(s storage.Status, p parts) statusBody {
	body := statusBody{
		ID: ids.Format(s.ID), CreatedAt: instant(s.CreatedAt), SpoilerText: s.Spoiler,
		Sensitive:  s.Sensitive || p.sensitized[s.AccountID] && len(p.attachments[s.ID]) > 0,
		Visibility: s.Visibility, Language: optionalText(s.Language), URI: s.URI, URL: optionalText(s.URL),
		RepliesCount: s.RepliesCount, ReblogsCount: s.BoostsCount, FavouritesCount: s.LikesCount, QuotesCount: s.QuotesCount,
		EditedAt: optionalInstant(s.EditedAt), Content: s.Content,
		MediaAttachments: a.mediaAttachments(p.attachments[s.ID]), Mentions: []mention{}, Tags: []statusTag{},
		Emojis: []customEmoji{}, Card: p.cards[s.ID], TaggedCollections: []struct{}{},
	}
	if named := p.emojis[s.ID]; len(named) > 0 {
		body.Emojis = named
	}
	if s.ReplyToID != 0 {
		parent, author := ids.Format(s.ReplyToID), ids.Format(s.ReplyToAccount)
		body.InReplyToID, body.InReplyToAccountID = &parent, &author
	}
	if s.AppName != "" {
		body.Application = &application{Name: s.AppName, Website: optionalText(s.AppWebsite)}
	}
	for _, id := range p.mentions[s.ID] {
		if of, ok := p.people[id]; ok {
			body.Mentions = append(body.Mentions, mention{ID: ids.Format(id), Username: of.Name, URL: pageOf(of), Acct: acct(of)})
		}
	}
	for _, t := range p.tags[s.ID] {
		body.Tags = append(body.Tags, statusTag{Name: t.Tag, URL: a.Paths.Tag(t.Tag)})
	}
	return body
}
