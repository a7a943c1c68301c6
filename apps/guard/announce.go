package guard

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/storage"
)

// AnnouncementMax bounds an announcement, in characters: it stands above a timeline.
const AnnouncementMax = 2000

// NewAnnouncement is what the operator tells everybody of this node.
type NewAnnouncement struct {
	Body             string    // Markdown
	StartsAt, EndsAt time.Time // when what it is about begins and ends; zero for nothing in particular
}

// Announce tells everybody something until it ends or is taken back. Faults are Unprocessable.
func (s *Service) Announce(ctx context.Context, n NewAnnouncement) (made storage.Announcement, err error) {
	n.Body = strings.TrimSpace(n.Body)
	if n.Body == "" || !utf8.ValidString(n.Body) || strings.ContainsRune(n.Body, 0) || utf8.RuneCountInString(n.Body) > AnnouncementMax {
		return made, fault.New(fault.Unprocessable, "an announcement has 1 to %d characters", AnnouncementMax)
	}
	if !n.EndsAt.IsZero() && (!n.EndsAt.After(n.StartsAt) || !n.EndsAt.After(time.Now())) {
		return made, fault.New(fault.Unprocessable, "an announcement ends after it begins, and not in the past")
	}
	made = storage.Announcement{Body: n.Body, Content: s.render(ctx, n.Body).HTML, StartsAt: storage.At(n.StartsAt), EndsAt: storage.At(n.EndsAt)}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		shown, err := tx.Announcements(ctx)
		if err != nil {
			return err
		}
		if len(shown) >= storage.AnnouncementsMax {
			return fault.New(fault.Unprocessable, "there are at most %d announcements", storage.AnnouncementsMax)
		}
		made, err = tx.CreateAnnouncement(ctx, made)
		return err
	})
	return made, err
}

// render makes HTML of an announcement, with the people and hashtags that it names.
func (s *Service) render(ctx context.Context, body string) markup.Post {
	known := func(h ids.Handle) (markup.Mention, bool) {
		a, err := s.Store.AccountByHandle(ctx, h.Name, h.Host)
		if err != nil || a.Hidden {
			return markup.Mention{}, false
		}
		return markup.Mention{Handle: a.Handle(), Actor: a.URI, URL: a.URL}, true
	}
	return markup.Render(body, markup.Markdown, known, s.Paths.Tag)
}

// Named returns the people and hashtags that an announcement names.
func (s *Service) Named(ctx context.Context, a storage.Announcement) (people []storage.Account, tags []string, err error) {
	post := s.render(ctx, a.Body)
	var uris []string
	for _, m := range post.Mentions {
		uris = append(uris, m.Actor)
	}
	byURI, err := s.Store.AccountsByURIs(ctx, uris)
	for _, uri := range uris {
		if person, ok := byURI[uri]; ok {
			people = append(people, person)
		}
	}
	return people, post.Tags, err
}

// Unannounce takes an announcement back; fault.NotFound if there is none.
func (s *Service) Unannounce(ctx context.Context, id int64) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.DeleteAnnouncement(ctx, id) })
}

// Dismiss notes that somebody has read an announcement; fault.NotFound if there is none.
func (s *Service) Dismiss(ctx context.Context, viewer storage.Account, announcement int64) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if _, err := tx.AnnouncementByID(ctx, announcement); err != nil {
			return err
		}
		return tx.DismissAnnouncement(ctx, viewer.ID, announcement)
	})
}

// React adds somebody's reaction to an announcement: an emoji, or the shortcode of one of this
// node. Faults: NotFound, Unprocessable for what is no emoji or one too many.
func (s *Service) React(ctx context.Context, viewer storage.Account, announcement int64, name string) error {
	if !isEmoji(name) {
		own, err := s.Store.EmojisNamed(ctx, "", []string{name})
		if err != nil {
			return err
		}
		if len(own) == 0 {
			return fault.New(fault.Unprocessable, "Validation failed: Name is not a recognized emoji")
		}
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if _, err := tx.AnnouncementByID(ctx, announcement); err != nil {
			return err
		}
		return tx.PutReaction(ctx, viewer.ID, announcement, name)
	})
}

// Unreact takes a reaction back; fault.NotFound if there is no such announcement.
func (s *Service) Unreact(ctx context.Context, viewer storage.Account, announcement int64, name string) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if _, err := tx.AnnouncementByID(ctx, announcement); err != nil {
			return err
		}
		return tx.DeleteReaction(ctx, viewer.ID, announcement, name)
	})
}

// emojiRunesMax is more than the longest emoji of Unicode has, a family with skin tones.
const emojiRunesMax = 12

// isEmoji tells whether a text is one emoji, or looks like it: symbols with what joins and colours
// them (UTS #51), or a keycap.
func isEmoji(text string) bool {
	const joiner, variation, keycap = '\u200d', '\ufe0f', '\u20e3'
	runes := []rune(text)
	if len(runes) == 0 || len(runes) > emojiRunesMax {
		return false
	}
	if strings.ContainsRune("0123456789#*", runes[0]) {
		return runes[len(runes)-1] == keycap && (len(runes) == 2 || len(runes) == 3 && runes[1] == variation)
	}
	for _, r := range runes {
		tag := r >= 0xe0020 && r <= 0xe007f
		tone := r >= 0x1f3fb && r <= 0x1f3ff
		if r != joiner && r != variation && !tag && !tone && !unicode.Is(unicode.So, r) && r != '‼' && r != '⁉' {
			return false
		}
	}
	return unicode.Is(unicode.So, runes[0]) || runes[0] == '‼' || runes[0] == '⁉'
}
