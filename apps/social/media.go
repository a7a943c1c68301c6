package social

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"tulou/protocol/fault"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// MediaMax is how many media a post has, as on Mastodon: clients have room for four.
const MediaMax = 4

// MediaChoice is one of the media that a post is to have. What is nil is as its owner said before.
type MediaChoice struct {
	ID          int64
	Description *string
	Focus       *string // "x,y" as storage.ParseFocus reads it, "" for none
}

// choose finds the media of a post: uploads of its author that are ready and of no other post, but
// for those of the status, which is 0 for a new one. scheduled is the post for later that holds
// them. Faults: Unprocessable with Mastodon's sentences, which clients know.
func (s *Service) choose(ctx context.Context, author, status, scheduled int64, choices []MediaChoice, poll *NewPoll) ([]storage.Attachment, error) {
	if len(choices) == 0 {
		return nil, nil
	}
	if len(choices) > MediaMax || poll != nil {
		return nil, fault.New(fault.Unprocessable, "Cannot attach more than %d files", MediaMax)
	}
	wanted := make([]int64, len(choices))
	for i, c := range choices {
		wanted[i] = c.ID
	}
	byID, err := s.Store.AttachmentsByIDs(ctx, wanted)
	if err != nil {
		return nil, err
	}
	var missing []string
	list := make([]storage.Attachment, 0, len(choices))
	for i, c := range choices {
		a, ok := byID[c.ID]
		free := a.StatusID == 0 && (a.ScheduledID == 0 || a.ScheduledID == scheduled) || a.StatusID == status && status != 0
		if !ok || a.AccountID != author || !free || slices.Index(wanted, c.ID) != i {
			missing = append(missing, strconv.FormatInt(c.ID, 10))
			continue
		}
		if a, err = c.apply(a); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	if missing != nil {
		return nil, fault.New(fault.Unprocessable, "Media %s not found or already attached to another post", strings.Join(missing, ", "))
	}
	return list, together(list)
}

func mediaIDs(choices []MediaChoice) (list []int64) {
	for _, c := range choices {
		list = append(list, c.ID)
	}
	return list
}

// together refuses media that are not ready, and films and sounds beside anything else.
func together(list []storage.Attachment) error {
	for _, a := range list {
		switch {
		case a.State == storage.MediaFailed:
			return fault.New(fault.Unprocessable, "%s", a.Problem)
		case a.State != storage.MediaReady:
			return fault.New(fault.Unprocessable, "Cannot attach files that have not finished processing. Try again in a moment!")
		case len(list) > 1 && (a.Kind == storage.KindVideo || a.Kind == storage.KindAudio):
			return fault.New(fault.Unprocessable, "Cannot attach a video to a post that already contains images")
		}
	}
	return nil
}

func (c MediaChoice) apply(a storage.Attachment) (storage.Attachment, error) {
	if c.Description != nil {
		if a.Description = strings.TrimSpace(*c.Description); utf8.RuneCountInString(a.Description) > storage.DescriptionMax {
			return a, fault.New(fault.Unprocessable, "Validation failed: Description is too long (maximum is %d characters)", storage.DescriptionMax)
		}
	}
	if c.Focus != nil {
		a.Focus = ""
		if x, y, ok := storage.ParseFocus(*c.Focus); ok {
			a.Focus = storage.FormatFocus(x, y)
		}
	}
	return a, nil
}

// rechoose finds the media of an edit: those the post has if it says nothing of them.
func (s *Service) rechoose(ctx context.Context, before storage.Status, c Changes) (had, has []storage.Attachment, err error) {
	of, err := s.Store.Attachments(ctx, []int64{before.ID})
	if err != nil {
		return nil, nil, err
	}
	had = of[before.ID]
	if c.Media == nil {
		return had, had, nil
	}
	has, err = s.choose(ctx, before.AccountID, before.ID, 0, *c.Media, c.Poll)
	return had, has, err
}

// sameMedia tells whether a post shows the same in two forms.
func sameMedia(x, y []storage.Attachment) bool {
	return slices.EqualFunc(x, y, func(a, b storage.Attachment) bool {
		return a.ID == b.ID && a.Description == b.Description && a.Focus == b.Focus
	})
}

// mediaOf is how other servers see the media of a post of ours.
func (s *Service) mediaOf(list []storage.Attachment) (media []vocab.Attachment) {
	for _, a := range list {
		document := vocab.Attachment{
			Type: "Document", MediaType: a.MediaType, URL: s.Paths.Media(a.FileKey, a.FileName()), Name: a.Description,
			Blurhash: a.Blurhash, Width: a.Width, Height: a.Height,
		}
		if x, y, ok := storage.ParseFocus(a.Focus); ok {
			document.Focus = &[2]float64{x, y}
		}
		if a.Kind != storage.KindImage {
			document.Thumbnail = s.Paths.Media(a.PreviewKey, a.PreviewName())
		}
		media = append(media, document)
	}
	return media
}
