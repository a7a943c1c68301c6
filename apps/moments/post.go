package moments

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Draft is what somebody wants to show.
type Draft struct {
	Text      string // plain text
	Link      string // a page, instead of media
	LinkTitle string
	Place     string
	Media     []int64 // uploads that are ready: up to nine pictures, or one film
	Choice    storage.MomentChoice
	// IdempotencyKey makes a repeated call return the first one's Moment; "" for none.
	IdempotencyKey string
}

// changesMax is how often a Moment is prepared again because friends came or went meanwhile.
const changesMax = 5

// Post shows a Moment to those whom its author chose, as they are now; who becomes a friend later
// is not among them. Faults: Unprocessable with a sentence for the author, Conflict for media that
// are not there or not ready, NotFound for tags and people that are not the author's.
func (s *Service) Post(ctx context.Context, author storage.Account, d Draft) (posted storage.Moment, err error) {
	key := ""
	if d.IdempotencyKey != "" {
		key = "moment " + d.IdempotencyKey
		first, err := s.Store.IdempotentStatus(ctx, author.ID, key)
		if err == nil {
			return s.Store.MomentShown(ctx, author.ID, first)
		}
		if !fault.Is(err, fault.NotFound) {
			return posted, err
		}
	}
	n, err := s.draft(ctx, author, d)
	if err != nil {
		return posted, err
	}
	for range changesMax {
		posted, changed, err := s.publish(ctx, author, n, key)
		if err != nil {
			return posted, fmt.Errorf("post a Moment: %w", err)
		}
		if !changed {
			return posted, nil
		}
	}
	return posted, fault.New(fault.Unavailable, "your friends are changing just now; try again")
}

// draft checks what somebody wants to show and gives it its id and instant.
func (s *Service) draft(ctx context.Context, author storage.Account, d Draft) (n storage.NewMoment, err error) {
	n.Moment = storage.Moment{AccountID: author.ID, Body: cleanText(d.Text), Link: strings.TrimSpace(d.Link),
		LinkTitle: markup.Line(d.LinkTitle), Place: markup.Line(d.Place), Choice: d.Choice}
	n.Uploads = d.Media
	switch {
	case n.Body == "" && n.Link == "" && len(d.Media) == 0:
		return n, fault.New(fault.Unprocessable, "a Moment has words, pictures, a film or a link")
	case utf8.RuneCountInString(n.Body) > TextMax:
		return n, fault.New(fault.Unprocessable, "a Moment has at most %d characters", TextMax)
	case utf8.RuneCountInString(n.Place) > PlaceMax:
		return n, fault.New(fault.Unprocessable, "the name of a place has at most %d characters", PlaceMax)
	case utf8.RuneCountInString(n.LinkTitle) > LinkTitleMax:
		return n, fault.New(fault.Unprocessable, "the title of a link has at most %d characters", LinkTitleMax)
	case n.Link != "" && len(d.Media) > 0:
		return n, fault.New(fault.Unprocessable, "a Moment has pictures, a film or a link")
	}
	if n.Link != "" {
		if _, err := ids.ParseIRI(n.Link); err != nil {
			return n, fault.New(fault.Unprocessable, "the link is not an address of the web")
		}
	}
	if err := s.checkChoice(ctx, author, d.Choice); err != nil {
		return n, err
	}
	if err := s.checkMedia(ctx, author, d.Media); err != nil {
		return n, err
	}
	id, at := s.Store.NewID()
	n.ID, n.URI, n.CreatedAt = id, s.Paths.Moment(author.Name, id), storage.At(at)
	return n, nil
}

// checkMedia refuses what does not go together.
func (s *Service) checkMedia(ctx context.Context, author storage.Account, media []int64) error {
	if len(media) > MediaMax {
		return fault.New(fault.Unprocessable, "a Moment has at most %d pictures", MediaMax)
	}
	found, err := s.Store.Uploads(ctx, author.ID, media)
	if err != nil {
		return err
	}
	for _, a := range found {
		switch {
		case a.Kind != storage.KindImage && len(media) > 1:
			return fault.New(fault.Unprocessable, "a Moment has pictures, or one film")
		case a.Kind == storage.KindAudio || a.State == storage.MediaReady && a.Kind == storage.KindUnknown:
			return fault.New(fault.Unprocessable, "a Moment shows pictures and films")
		}
	}
	return nil
}

// checkChoice refuses tags and people that are not the author's, rather than to show more, or less,
// than was meant.
func (s *Service) checkChoice(ctx context.Context, author storage.Account, c storage.MomentChoice) error {
	switch {
	case !slices.Contains([]string{storage.MomentForFriends, storage.MomentForTags, storage.MomentExcept, storage.MomentForMyself}, c.Kind):
		return fault.New(fault.Unprocessable, "a Moment is for friends, circles, all except some, or myself")
	case c.Kind == storage.MomentForTags && len(c.Tags) == 0, c.Kind == storage.MomentExcept && len(c.Tags)+len(c.People) == 0:
		return fault.New(fault.Unprocessable, "nobody was chosen")
	case len(c.Tags) > storage.FriendTagsMax || len(c.People) > storage.FriendsMax:
		return fault.New(fault.Unprocessable, "more were chosen than there are")
	}
	tags, err := s.Store.FriendTags(ctx, author.ID)
	if err != nil {
		return err
	}
	for _, tag := range c.Tags {
		if !slices.ContainsFunc(tags, func(t storage.FriendTag) bool { return t.ID == tag }) {
			return fault.New(fault.NotFound, "a circle that was chosen is not there")
		}
	}
	friends, err := s.Store.FriendsOf(ctx, author.ID, c.People)
	for _, person := range c.People {
		if err == nil && friends[person].State != storage.FriendBoth {
			err = fault.New(fault.NotFound, "somebody who was chosen is no friend")
		}
	}
	return err
}

// audience returns for whom a choice is now: friends, whom the author does not hide from, and
// nobody else.
func audience(ctx context.Context, r storage.Reader, author int64, c storage.MomentChoice) ([]storage.FriendPlace, error) {
	if c.Kind == storage.MomentForMyself {
		return nil, nil
	}
	friends, err := r.FriendsOnHosts(ctx, author)
	if err != nil {
		return nil, err
	}
	tagged, err := r.FriendsTagged(ctx, author, c.Tags)
	if err != nil {
		return nil, err
	}
	chosen := make(map[int64]bool, len(tagged)+len(c.People))
	for _, id := range append(tagged, c.People...) {
		chosen[id] = true
	}
	return slices.DeleteFunc(friends, func(f storage.FriendPlace) bool {
		return f.HideMine || c.Kind == storage.MomentForTags && !chosen[f.AccountID] || c.Kind == storage.MomentExcept && chosen[f.AccountID]
	}), nil
}

// publish stores a Moment and sends it, unless friends came or went since it was prepared.
func (s *Service) publish(ctx context.Context, author storage.Account, n storage.NewMoment, key string) (posted storage.Moment, changed bool, err error) {
	before, err := audience(ctx, s.Store.Reader, author.ID, n.Choice)
	if err != nil {
		return posted, false, err
	}
	n.Readers = []int64{author.ID}
	var abroad []addressee
	for _, f := range before {
		n.Readers = append(n.Readers, f.AccountID)
		if f.Host != "" {
			abroad = append(abroad, addressee{f.URI, ids.Host(f.URI)})
		}
	}
	to := byNode(abroad)
	var out outgoing
	if len(n.Uploads) == 0 { // the keys of media are made in the transaction
		if out, err = s.prepareMoment(ctx, s.Store.Reader, author, n.Moment, to); err != nil {
			return posted, false, err
		}
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := tx.HoldPeople(ctx, author.ID); err != nil { // nobody ends a friendship with them meanwhile
			return err
		}
		after, err := audience(ctx, tx.Reader, author.ID, n.Choice)
		if err != nil {
			return err
		}
		if changed = !slices.Equal(before, after); changed {
			return nil
		}
		if key != "" {
			first, err := tx.ClaimIdempotency(ctx, author.ID, key, n.ID)
			if err != nil {
				return err
			}
			if first != n.ID {
				posted, err = tx.MomentByID(ctx, first)
				return err
			}
		}
		if err := tx.CreateMoment(ctx, n); err != nil {
			return err
		}
		posted = n.Moment
		if len(n.Uploads) > 0 {
			if out, err = s.prepareMoment(ctx, tx.Reader, author, n.Moment, to); err != nil {
				return err
			}
		}
		return out.send(ctx, tx)
	})
	return posted, changed, err
}

// prepareMoment makes the Create of a Moment for each node.
func (s *Service) prepareMoment(ctx context.Context, r storage.Reader, author storage.Account, m storage.Moment, to nodes) (outgoing, error) {
	if len(to) == 0 {
		return nil, nil
	}
	media, err := r.MomentMediaOf(ctx, []int64{m.ID})
	if err != nil {
		return nil, err
	}
	setting, err := r.MomentSettingOf(ctx, author.ID)
	if err != nil {
		return nil, err
	}
	wire := s.momentOf(author, m, media[m.ID], reachOf(setting))
	return s.prepare(ctx, author, to, func(to []string) vocab.Activity {
		wire := wire
		wire.To = to
		return vocab.Activity{Type: "Create", Object: object(wire), Published: wire.Published}
	})
}

// Delete takes a Moment back, from everybody who got it. The fault is NotFound for those of others.
func (s *Service) Delete(ctx context.Context, author storage.Account, id int64) error {
	err := s.Store.Tx(ctx, func(tx *storage.Tx) error {
		m, err := tx.MomentByID(ctx, id)
		if err == nil && m.AccountID != author.ID {
			err = absent()
		}
		if err != nil {
			return err
		}
		readers, err := tx.MomentReaders(ctx, id)
		if err != nil {
			return err
		}
		if err := s.tell(ctx, tx, author, addressees(readers), func([]string) vocab.Activity {
			return gone(m.URI, vocab.TypeMoment, storage.Now().Time())
		}); err != nil {
			return err
		}
		return tx.DeleteMoment(ctx, id)
	})
	if err != nil {
		return fmt.Errorf("delete a Moment: %w", err)
	}
	return nil
}

func addressees(accounts []storage.Account) []addressee {
	list := make([]addressee, len(accounts))
	for i, a := range accounts {
		list[i] = addresseeOf(a)
	}
	return list
}

// absent is the answer for what is not there and for what somebody may not see: the same bytes.
func absent() error { return fault.New(fault.NotFound, "there is nothing here") }

// cleanText is plain text as it is kept.
func cleanText(text string) string {
	const leftToRight, rightToLeft = '\u202d', '\u202e' // overrides, which disguise names and addresses
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) || r == leftToRight || r == rightToLeft {
			return -1
		}
		return r
	}, strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\r\n", "\n")))
}

// newKey returns 130 random bits for an id that nobody is to guess.
func newKey() string { return strings.ToLower(rand.Text()) }
