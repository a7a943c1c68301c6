package storage

import (
	"context"
	"slices"
	"strings"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// Emoji is a small picture that texts name as :shortcode:. Each server has its own; the name of
// one means nothing in the texts of another.
type Emoji struct {
	ID        int64
	Host      string // of the actors who use it, "" for this node's own
	Shortcode string
	Category  string // "" for none; own ones only
	Picture   string // the key of its file
	Still     string // the key of the one that does not move
	RemoteURL string `db:"remote_url"` // where it is, if it is another server's
	UpdatedAt Millis `db:"updated_at"` // by its own server
}

const emojiColumns = `id, host, shortcode, category, picture, still, remote_url, updated_at`

// Limits of what other servers have kept here.
const (
	// RemoteEmojisMax is how many one object can tell of. Mastodon's posts have a handful.
	RemoteEmojisMax = 64
	// HostEmojisMax is how many a host has; later ones are not kept. The largest servers have
	// 15,000.
	HostEmojisMax = 20_000
)

// OwnEmojis returns the emoji of this node, by category and shortcode.
func (r Reader) OwnEmojis(ctx context.Context) (all []Emoji, err error) {
	err = r.list(ctx, &all, `SELECT `+emojiColumns+` FROM emoji WHERE host = '' ORDER BY category, shortcode`)
	return all, err
}

// EmojiByID returns an emoji of this node; fault.NotFound if there is none.
func (r Reader) EmojiByID(ctx context.Context, id int64) (e Emoji, err error) {
	err = r.get(ctx, &e, `SELECT `+emojiColumns+` FROM emoji WHERE id = ? AND host = ''`, id)
	return e, err
}

// EmojisNamed returns those of the shortcodes that are emoji of a host, "" for this node, by
// shortcode.
func (r Reader) EmojisNamed(ctx context.Context, host string, shortcodes []string) ([]Emoji, error) {
	if len(shortcodes) == 0 {
		return nil, nil
	}
	return listIn[Emoji](ctx, r, `
		SELECT `+emojiColumns+` FROM emoji WHERE host = ?1 AND shortcode IN (?) ORDER BY shortcode`, shortcodes, host)
}

// CreateEmoji adds an emoji of this node; ID and UpdatedAt are filled in. It is fault.Conflict if
// the shortcode is taken.
func (tx *Tx) CreateEmoji(ctx context.Context, e Emoji) (Emoji, error) {
	id, at := tx.NewID()
	e.ID, e.Host, e.RemoteURL, e.UpdatedAt = id, "", "", At(at)
	n, err := tx.exec(ctx, `INSERT INTO emoji (`+emojiColumns+`) VALUES `+tuples(8, 1)+` ON CONFLICT DO NOTHING`,
		e.ID, e.Host, e.Shortcode, e.Category, e.Picture, e.Still, e.RemoteURL, e.UpdatedAt)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "there is an emoji :%s: already", e.Shortcode)
	}
	return e, err
}

// DeleteEmoji removes an emoji of this node and returns it, so that its files can go, too. The
// fault is NotFound.
func (tx *Tx) DeleteEmoji(ctx context.Context, shortcode string) (e Emoji, err error) {
	err = tx.get(ctx, &e, `DELETE FROM emoji WHERE host = '' AND shortcode = ? RETURNING `+emojiColumns, shortcode)
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.NotFound, "there is no emoji :%s:", shortcode)
	}
	return e, err
}

// PutRemoteEmojis keeps what somebody of a host tells of its emoji: new ones, and known ones whose
// picture is another now, unless what is told is older than what is known. Their pictures are
// fetched when somebody looks.
func (tx *Tx) PutRemoteEmojis(ctx context.Context, host string, told []Emoji) error {
	if host == "" || len(told) == 0 {
		return nil
	}
	// In one order, since the sender's would have two who tell of the same ones wait for each other.
	told = slices.Clone(told[:min(len(told), RemoteEmojisMax)])
	slices.SortStableFunc(told, func(a, b Emoji) int { return strings.Compare(a.Shortcode, b.Shortcode) })
	codes := make([]string, len(told))
	for i, e := range told {
		codes[i] = e.Shortcode
	}
	rows, err := tx.EmojisNamed(ctx, host, codes)
	if err != nil {
		return err
	}
	known := make(map[string]Emoji, len(rows))
	for _, e := range rows {
		known[e.Shortcode] = e
	}
	for _, e := range told {
		before, has := known[e.Shortcode]
		if has && (before.RemoteURL == e.RemoteURL || e.UpdatedAt != 0 && e.UpdatedAt < before.UpdatedAt) {
			continue
		}
		if err := tx.putRemoteEmoji(ctx, host, e, has); err != nil {
			return err
		}
		known[e.Shortcode] = e
	}
	return nil
}

func (tx *Tx) putRemoteEmoji(ctx context.Context, host string, e Emoji, known bool) error {
	if !known {
		var count int
		if err := tx.get(ctx, &count, `SELECT COUNT(*) FROM emoji WHERE host = ?`, host); err != nil || count >= HostEmojisMax {
			return err
		}
	}
	media, err := tx.PutRemoteMedia(ctx, e.RemoteURL, MediaEmoji)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO emoji (`+emojiColumns+`) VALUES `+tuples(8, 1)+`
		ON CONFLICT (host, shortcode) DO UPDATE SET picture = excluded.picture, still = excluded.still,
			remote_url = excluded.remote_url,
			updated_at = excluded.updated_at`,
		tx.store.rowID(), host, e.Shortcode, "", media.FileKey, media.PreviewKey, e.RemoteURL, e.UpdatedAt)
	return err
}

// EventEmojisChanged is the kind of the event that says that this node has another emoji, or one
// less; its payload is the shortcode. What was rendered is rendered again.
const EventEmojisChanged = "emojis.changed"

// EmojiHost is whose emoji the texts of somebody mean: the host of their actor, "" for this node.
func (a Account) EmojiHost() string {
	if a.Local() {
		return ""
	}
	return ids.Host(a.URI)
}

// EmojiHost is Account.EmojiHost of the author of a status.
func (s Status) EmojiHost() string {
	if s.Local {
		return ""
	}
	return ids.Host(s.URI)
}
