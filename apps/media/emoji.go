package media

import (
	"bytes"
	"context"
	"io"
	"strings"

	"tulou/apps/media/picture"
	"tulou/protocol/fault"
	"tulou/protocol/markup"
	"tulou/storage"
)

// Limits of the emoji of a node, in the words of Mastodon, which others refuse larger ones by.
const (
	// OwnEmojiBytesMax is the largest file.
	OwnEmojiBytesMax = 256 << 10
	// OwnEmojiSideMax is the longest side in pixels; they are shown at some twenty.
	OwnEmojiSideMax = 512
	// categoryMax is how many characters the name of a category has.
	categoryMax = 50
)

// NewEmoji is an emoji that the operator adds.
type NewEmoji struct {
	Shortcode string // with or without colons
	Category  string // "" for none
	File      io.Reader
}

// AddEmoji adds an emoji to this node: the picture is made anew like an upload, with another one
// that stands still. Faults: Unprocessable with a sentence for the operator, Conflict if the
// shortcode is taken.
func (s *Service) AddEmoji(ctx context.Context, n NewEmoji) (e storage.Emoji, err error) {
	e = storage.Emoji{Shortcode: strings.Trim(n.Shortcode, ":"), Category: markup.Line(n.Category),
		Picture: storage.NewFileKey(), Still: storage.NewFileKey()}
	if !markup.ValidShortcode(e.Shortcode) {
		return e, fault.New(fault.Unprocessable, "a shortcode has %d to %d letters, digits and _", markup.ShortcodeMin, markup.ShortcodeMax)
	}
	if len([]rune(e.Category)) > categoryMax {
		return e, fault.New(fault.Unprocessable, "a category has at most %d characters", categoryMax)
	}
	data, err := io.ReadAll(io.LimitReader(n.File, OwnEmojiBytesMax+1))
	if err != nil {
		return e, err
	}
	if len(data) > OwnEmojiBytesMax {
		return e, fault.New(fault.Unprocessable, "an emoji has at most %d KB", OwnEmojiBytesMax>>10)
	}
	files, err := s.makeEmoji(ctx, e, data)
	if err != nil {
		return e, err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		made, err := tx.CreateEmoji(ctx, e)
		if err != nil {
			return err
		}
		e = made
		for _, f := range files {
			if err := tx.CreateFile(ctx, f); err != nil {
				return err
			}
		}
		return tx.Publish(ctx, storage.EventEmojisChanged, e.Shortcode)
	})
	return e, err
}

func (s *Service) makeEmoji(ctx context.Context, e storage.Emoji, data []byte) ([]storage.File, error) {
	body := bytes.NewReader(data)
	made, err := s.Make(ctx, body, picture.Plan{})
	if err != nil {
		return nil, err
	}
	if made.Large.Width > OwnEmojiSideMax || made.Large.Height > OwnEmojiSideMax {
		return nil, fault.New(fault.Unprocessable, "an emoji has at most %d pixels on a side", OwnEmojiSideMax)
	}
	still, err := s.still(ctx, made, body)
	if err != nil {
		return nil, err
	}
	return s.keepUnder(ctx, under{e.Picture, storage.MediaEmoji, made.Large}, under{e.Still, storage.WordStill, still})
}

// RemoveEmoji removes an emoji of this node, with its files. Texts that name it show the
// shortcode. The fault is NotFound.
func (s *Service) RemoveEmoji(ctx context.Context, shortcode string) (e storage.Emoji, err error) {
	err = s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		if e, err = tx.DeleteEmoji(ctx, strings.Trim(shortcode, ":")); err != nil {
			return err
		}
		if err := tx.DeleteFiles(ctx, e.Picture, e.Still); err != nil {
			return err
		}
		return tx.Publish(ctx, storage.EventEmojisChanged, e.Shortcode)
	})
	return e, err
}
