package demo

import (
	"bytes"
	"context"

	"tulou/apps/media"
	"tulou/apps/social"
	"tulou/node"
)

// The sizes at which pictures are drawn. Headers are shown larger than this, and are soft then.
const (
	pictureWidth, pictureHeight = 960, 640
	headerWidth, headerHeight   = 900, 300
)

// draw draws a picture after a word and uploads it, as an app would.
func (p *player) draw(ctx context.Context, word string, width, height int) (media.Received, error) {
	picture, err := node.Landscape(word, width, height)
	if err != nil {
		return media.Received{}, err
	}
	return p.node.Media().Receive(ctx, p.self.ID, bytes.NewReader(picture))
}

// draws draws the picture of a line, if it has one.
func (p *player) draws(ctx context.Context, l line) ([]social.MediaChoice, error) {
	if l.shows == "" {
		return nil, nil
	}
	file, err := p.draw(ctx, l.as, pictureWidth, pictureHeight)
	if err != nil {
		return nil, err
	}
	made, err := p.node.Media().Upload(ctx, p.self.ID, file, media.About{Description: &l.shows})
	return []social.MediaChoice{{ID: made.ID}}, err
}

// header draws what stands above a player's profile, and returns its address.
func (p *player) header(ctx context.Context) (string, error) {
	file, err := p.draw(ctx, p.display, headerWidth, headerHeight)
	if err != nil {
		return "", err
	}
	return p.node.Media().Portrait(ctx, p.self.ID, media.Header, file)
}
