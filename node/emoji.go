package node

import (
	"context"
	"io"

	"tulou/apps/media"
	"tulou/storage"
)

// Emoji is a custom emoji of this node as its operator sees it.
type Emoji struct {
	Shortcode string
	Category  string
	URL       string
}

// AddEmoji adds a custom emoji, whose picture is read from file. Faults: those of media.AddEmoji.
func (n *Node) AddEmoji(ctx context.Context, shortcode, category string, file io.Reader) (Emoji, error) {
	made, err := n.media.AddEmoji(ctx, media.NewEmoji{Shortcode: shortcode, Category: category, File: file})
	return n.emoji(made), err
}

// RemoveEmoji removes a custom emoji. The fault is NotFound.
func (n *Node) RemoveEmoji(ctx context.Context, shortcode string) (Emoji, error) {
	gone, err := n.media.RemoveEmoji(ctx, shortcode)
	return n.emoji(gone), err
}

// Emojis returns the custom emoji of this node, by category and shortcode.
func (n *Node) Emojis(ctx context.Context) ([]Emoji, error) {
	own, err := n.store.OwnEmojis(ctx)
	list := make([]Emoji, len(own))
	for i, e := range own {
		list[i] = n.emoji(e)
	}
	return list, err
}

func (n *Node) emoji(e storage.Emoji) Emoji {
	return Emoji{Shortcode: e.Shortcode, Category: e.Category, URL: n.engine.Paths().Media(e.Picture, "emoji")}
}
