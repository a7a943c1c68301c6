package media

import (
	"context"
	"fmt"
	"io"

	"tulou/apps/media/picture"
	"tulou/protocol/fault"
	"tulou/storage"
)

// MakePrivate reads a picture or film of a Moment as it came from another server and keeps what is
// shown of it, as with everything that others send: it says in m what it is and returns the files
// for its keys, which have no rows yet. Faults: Unprocessable or Unsupported for what is not shown.
func (s *Service) MakePrivate(ctx context.Context, r io.Reader, m *storage.MomentMedia) ([]storage.MomentFile, error) {
	blob, err := s.Blobs.Put(ctx, r)
	if err != nil {
		return nil, err
	}
	body, err := s.Blobs.Open(blob)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	mediaType, err := sniff(body)
	if err != nil {
		return nil, err
	}
	switch storage.KindOf(mediaType) {
	case storage.KindImage:
		return s.privatePicture(ctx, body, m)
	case storage.KindVideo:
		return privateFilm(storage.MomentFile{Key: m.FileKey, Blob: blob, MediaType: mediaType}, body, m)
	}
	return nil, fault.New(fault.Unsupported, "only pictures and films are shown to friends")
}

func (s *Service) privatePicture(ctx context.Context, body io.Reader, m *storage.MomentMedia) (files []storage.MomentFile, err error) {
	made, err := s.Make(ctx, body, picture.Plan{Small: true})
	if err != nil {
		return nil, err
	}
	for key, p := range map[string]picture.File{m.FileKey: made.Large, m.PreviewKey: made.Small} {
		kept, err := s.Keep(ctx, p)
		if err != nil {
			return nil, err
		}
		files = append(files, storage.MomentFile{Key: key, Blob: kept.Blob, MediaType: kept.MediaType, Bytes: kept.Bytes})
	}
	m.Kind, m.MediaType, m.PreviewType = storage.KindImage, made.Large.MediaType, made.Small.MediaType
	m.Width, m.Height, m.Blurhash = made.Large.Width, made.Large.Height, made.Blurhash
	return files, nil
}

// privateFilm keeps a film as it is, if its container is sound.
func privateFilm(file storage.MomentFile, body io.ReadSeeker, m *storage.MomentMedia) ([]storage.MomentFile, error) {
	c, err := readContainer(body, file.MediaType)
	if err != nil {
		return nil, err
	}
	if file.Bytes, err = body.Seek(0, io.SeekEnd); err != nil {
		return nil, fmt.Errorf("read what came: %w", err)
	}
	file.MediaType = c.mediaType
	m.Kind, m.MediaType, m.Width, m.Height = storage.KindOf(c.mediaType), c.mediaType, c.width, c.height
	return []storage.MomentFile{file}, nil
}
