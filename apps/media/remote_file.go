package media

import (
	"context"
	"fmt"
	"io"

	"tulou/apps/media/picture"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

const (
	// emojiBytesMax is four times what Mastodon takes for emoji; they come by the dozen.
	emojiBytesMax = 1 << 20
	// acceptMedia asks for what can be decoded first: some servers choose by it.
	acceptMedia = "image/png, image/jpeg, image/gif, image/webp;q=0.9, video/mp4, video/webm, audio/*, */*;q=0.1"
)

// plans is what is made of a picture of another server, by what it is for. Those of people stand
// still: they are on every page.
var plans = map[string]picture.Plan{
	storage.MediaAvatar:     {Width: avatarSide, Height: avatarSide, Still: true},
	storage.MediaHeader:     {Width: headerWidth, Height: headerHeight, Still: true},
	storage.MediaAttachment: {Small: true},
	storage.MediaCard:       {Small: true, Still: true},
	storage.MediaEmoji:      {},
}

// bytesMax is the largest file for a purpose.
func bytesMax(purpose string) int64 {
	switch purpose {
	case storage.MediaAttachment:
		return FilmBytesMax
	case storage.MediaEmoji:
		return emojiBytesMax
	}
	return PictureBytesMax
}

// fetch gets a file, makes what is to be served of it, and keeps that. The file itself goes into a
// blob of nobody's first, so that a slow server holds neither memory nor a place among those that
// decode.
func (r *Remote) fetch(ctx context.Context, m storage.RemoteMedia) error {
	if r.ours(m.URL) {
		return fault.New(fault.Forbidden, "a file of this node is no file of another")
	}
	came, err := r.fetcher.Media(ctx, m.URL, acceptMedia, bytesMax(m.Purpose))
	if err != nil {
		return err
	}
	defer came.Close()
	// A redirect may have led here, or to a host that the operator wants nothing of.
	if blocked, err := r.blocked(ctx, came.URL); err != nil || blocked || r.ours(came.URL) {
		return orRefused(err, "nothing is fetched from %s", ids.Host(came.URL))
	}
	blob, err := r.Blobs.Put(ctx, came)
	if err != nil {
		return err
	}
	body, err := r.Blobs.Open(blob)
	if err != nil {
		return err
	}
	defer body.Close()
	files, err := r.keepRemote(ctx, &m, blob, body)
	if err != nil {
		return err
	}
	if err := r.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.FinishRemoteMedia(ctx, m, files...) }); err != nil {
		return err
	}
	var taken int64
	for _, f := range files {
		taken += f.Bytes
	}
	r.filled(ctx, taken)
	return nil
}

// ours tells whether an address is of this node, which would ask itself in a circle.
func (r *Remote) ours(address string) bool {
	return r.Paths.Local(address) || r.Paths.MediaBase != "" && ids.SameOrigin(r.Paths.MediaBase, address)
}

// orRefused returns an error, or a fault if there is none.
func orRefused(err error, format string, args ...any) error {
	if err == nil {
		err = fault.New(fault.Forbidden, format, args...)
	}
	return err
}

// keepRemote makes the files of something that came, by what its content is, and says in m what it
// is.
func (r *Remote) keepRemote(ctx context.Context, m *storage.RemoteMedia, blob string, body io.ReadSeeker) ([]storage.File, error) {
	mediaType, err := sniff(body)
	if err != nil {
		return nil, err
	}
	switch {
	case storage.KindOf(mediaType) == storage.KindImage:
		return r.keepPicture(ctx, m, body)
	case mediaType != "" && m.Purpose == storage.MediaAttachment:
		return r.keepStream(m, storage.File{Key: m.FileKey, Blob: blob, MediaType: mediaType, Word: storage.WordOriginal}, body)
	}
	return nil, fault.New(fault.Unsupported, "%s sent something that is not shown here", ids.Host(m.URL))
}

// sniff tells what the content of something is, "" if it is nothing known, and goes back to where
// it begins.
func sniff(body io.ReadSeeker) (mediaType string, err error) {
	head := make([]byte, picture.SniffBytes)
	n, err := io.ReadFull(body, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return "", fmt.Errorf("read what came: %w", err)
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("read what came: %w", err)
	}
	return picture.Sniff(head[:n]), nil
}

// keepStream keeps a film or a sound as it is, if its container is sound.
func (r *Remote) keepStream(m *storage.RemoteMedia, file storage.File, body io.ReadSeeker) ([]storage.File, error) {
	c, err := readContainer(body, file.MediaType)
	if err != nil {
		return nil, err
	}
	if file.Bytes, err = body.Seek(0, io.SeekEnd); err != nil {
		return nil, fmt.Errorf("read what came: %w", err)
	}
	file.MediaType = c.mediaType
	m.MediaType, m.Width, m.Height, m.Blurhash = c.mediaType, c.width, c.height, ""
	return []storage.File{file}, nil
}

// keepPicture makes pictures of one.
func (r *Remote) keepPicture(ctx context.Context, m *storage.RemoteMedia, body io.ReadSeeker) ([]storage.File, error) {
	made, err := r.Make(ctx, body, plans[m.Purpose])
	if err != nil {
		return nil, err
	}
	shown, preview := made.Large, made.Small
	switch m.Purpose {
	case storage.MediaCard:
		shown, preview = made.Small, picture.File{}
	case storage.MediaEmoji:
		if preview, err = r.still(ctx, made, body); err != nil {
			return nil, err
		}
	}
	m.MediaType, m.Width, m.Height, m.Blurhash = shown.MediaType, shown.Width, shown.Height, made.Blurhash
	word, small := called(m.Purpose)
	return r.keepUnder(ctx, under{m.FileKey, word, shown}, under{m.PreviewKey, small, preview})
}

// still is what of an emoji does not move.
func (s *Service) still(ctx context.Context, made picture.Made, body io.ReadSeeker) (picture.File, error) {
	if !made.Moves {
		return made.Large, nil
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return picture.File{}, fmt.Errorf("read a picture again: %w", err)
	}
	again, err := s.Make(ctx, body, picture.Plan{Still: true})
	return again.Large, err
}

// called returns the words by which the addresses of a file for a purpose, and of its preview, call
// them.
func called(purpose string) (file, preview string) {
	switch purpose {
	case storage.MediaAttachment:
		return storage.WordOriginal, storage.WordSmall
	case storage.MediaEmoji:
		return purpose, storage.WordStill
	}
	return purpose, storage.WordSmall
}

// under is a picture, the key that it gets, and the word by which its address calls it.
type under struct {
	key, word string
	picture.File
}

// keepUnder stores pictures; those without data are left out.
func (s *Service) keepUnder(ctx context.Context, pictures ...under) (files []storage.File, err error) {
	for _, p := range pictures {
		if len(p.Data) == 0 {
			continue
		}
		file, err := s.keepAs(ctx, p.File, p.word)
		if err != nil {
			return nil, err
		}
		file.Key = p.key
		files = append(files, file)
	}
	return files, nil
}
