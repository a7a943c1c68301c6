package federation

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// EmojiTag is how other servers are told of an emoji of this node.
func EmojiTag(paths ids.Paths, e storage.Emoji) vocab.Tag {
	return vocab.Tag{Type: vocab.TagEmoji, ID: paths.Emoji(e.ID), Name: ":" + e.Shortcode + ":",
		Icon: paths.Media(e.Picture, "emoji"), Updated: e.UpdatedAt.Time()}
}

// EmojisOf reads the emoji that a post or an actor tells of. They belong to the host of the actor
// whose word it is, whatever ids they have: no server can change what another one's emoji look
// like.
func EmojisOf(tags []vocab.Tag) (list []storage.Emoji) {
	for _, t := range tags {
		if t.Type != vocab.TagEmoji || len(list) == storage.RemoteEmojisMax {
			continue
		}
		code := t.Name
		if n := len(code); n > 2 && code[0] == ':' && code[n-1] == ':' { // Misskey and Mastodon; others write it bare
			code = code[1 : n-1]
		}
		updated := t.Updated
		if now := time.Now(); updated.After(now) { // or nothing would ever be newer
			updated = now
		}
		if icon := webAddress(t.Icon); icon != "" && markup.ValidShortcode(code) {
			list = append(list, storage.Emoji{Shortcode: code, RemoteURL: icon, UpdatedAt: storage.At(updated)})
		}
	}
	return list
}

// EmojiCodes returns the shortcodes that a profile may name emoji by.
func EmojiCodes(a storage.Account) []string {
	texts := []string{a.DisplayName, a.Bio}
	for _, f := range a.Fields {
		texts = append(texts, f.Name, f.Value)
	}
	return markup.Shortcodes(texts...)
}

// emoji serves an emoji of this node.
func (s *server) emoji(w http.ResponseWriter, r *http.Request) error {
	id, ok := ids.Parse(chi.URLParam(r, "id"))
	if !ok {
		return missing()
	}
	if _, err := s.admit(r); err != nil {
		return err
	}
	e, err := s.store.EmojiByID(r.Context(), id)
	if fault.Is(err, fault.NotFound) {
		return missing()
	}
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, false)(vocab.BuildTag(EmojiTag(s.config.Paths, e)))
}
