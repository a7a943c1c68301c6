package demo

import (
	"bytes"
	"context"

	"tulou/apps/media"
	"tulou/apps/social"
)

// receive uploads a file, as an app would.
func (p *player) receive(ctx context.Context, file []byte) (media.Received, error) {
	return p.node.Media().Receive(ctx, p.self.ID, bytes.NewReader(file))
}

// shows draws and uploads pictures with the words that go with them.
func (p *player) shows(ctx context.Context, pictures []picture) (uploads []int64, err error) {
	for _, drawing := range pictures {
		drawn, err := drawing.draw()
		if err != nil {
			return nil, err
		}
		file, err := p.receive(ctx, drawn)
		if err != nil {
			return nil, err
		}
		made, err := p.node.Media().Upload(ctx, p.self.ID, file, media.About{Description: &drawing.words})
		if err != nil {
			return nil, err
		}
		uploads = append(uploads, made.ID)
	}
	return uploads, nil
}

// choices are uploads as a post wants them.
func choices(uploads []int64) (all []social.MediaChoice) {
	for _, id := range uploads {
		all = append(all, social.MediaChoice{ID: id})
	}
	return all
}

// portraits draws somebody's face and what stands above their profile, and returns the addresses.
func (p *player) portraits(ctx context.Context) (avatar, header string, err error) {
	face, err := p.look.portrait()
	if err != nil {
		return "", "", err
	}
	if avatar, err = p.portrait(ctx, media.Avatar, face); err != nil {
		return "", "", err
	}
	drawn, err := drawScene(p.character.header, p.name, headerWidth, headerHeight)
	if err != nil {
		return "", "", err
	}
	header, err = p.portrait(ctx, media.Header, drawn)
	return avatar, header, err
}

func (p *player) portrait(ctx context.Context, which string, drawn []byte) (string, error) {
	file, err := p.receive(ctx, drawn)
	if err != nil {
		return "", err
	}
	return p.node.Media().Portrait(ctx, p.self.ID, which, file)
}
