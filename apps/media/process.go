package media

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"tulou/apps/media/picture"
	"tulou/protocol/fault"
	"tulou/storage"
)

// processing is the payload of jobProcess.
type processing struct {
	ID int64 `json:"id"`
}

func (s *Service) runProcess(ctx context.Context, job storage.Job) error {
	var p processing
	if err := json.Unmarshal(job.Payload, &p); err != nil {
		return fmt.Errorf("read %s: %w", job.Kind, err)
	}
	return s.process(ctx, p.ID)
}

// process makes what is shown of an upload that waits. Doing it again does nothing. What cannot be
// shown fails for good, with a reason for its owner; other errors are for trying again.
func (s *Service) process(ctx context.Context, id int64) error {
	var a storage.Attachment
	err := s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		a, err = tx.BeginProcessing(ctx, id)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return nil // it is done, or gone
	}
	if err != nil {
		return err
	}
	files, err := s.make(ctx, &a)
	switch {
	case errors.Is(err, errUnwanted):
		return nil
	case fault.Is(err, fault.Unprocessable):
		a.State, a.Problem = storage.MediaFailed, fault.DetailOf(err)
		s.Log.DebugContext(ctx, "an upload cannot be shown", "err", err)
	case err != nil:
		return fmt.Errorf("process an upload: %w", err)
	default:
		a.State = storage.MediaReady
	}
	return s.finish(ctx, a, files)
}

// finish writes down what became of an upload, unless it is gone or somebody else was faster.
func (s *Service) finish(ctx context.Context, a storage.Attachment, files []storage.File) error {
	err := s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := tx.FinishProcessing(ctx, a); err != nil {
			return err
		}
		for _, f := range files {
			f.AccountID, f.AttachmentID = a.AccountID, a.ID
			if err := tx.CreateFile(ctx, f); err != nil {
				return err
			}
		}
		return tx.DeleteFiles(ctx, a.SourceKey)
	})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// make makes the files of an upload and says in a what they are.
func (s *Service) make(ctx context.Context, a *storage.Attachment) ([]storage.File, error) {
	if a.Tries > triesMax {
		return nil, fault.New(fault.Unprocessable, "Validation failed: the file could not be processed")
	}
	file, body, err := s.Open(ctx, a.SourceKey)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	mediaType := strings.TrimPrefix(file.MediaType, unserved)
	switch {
	case isPicture(mediaType):
		return s.makePicture(ctx, a, body)
	case s.Films != nil:
		return s.makeFilm(ctx, a, body, mediaType)
	}
	return s.keepFilm(ctx, a, body, mediaType)
}

func (s *Service) makePicture(ctx context.Context, a *storage.Attachment, body io.Reader) ([]storage.File, error) {
	made, err := s.Make(ctx, body, picture.Plan{Small: true})
	if err != nil {
		return nil, err
	}
	large, err := s.keepAs(ctx, made.Large, storage.WordOriginal)
	if err != nil {
		return nil, err
	}
	a.Kind, a.MediaType, a.FileKey, a.Width, a.Height = storage.KindImage, large.MediaType, large.Key, made.Large.Width, made.Large.Height
	small, err := s.preview(ctx, a, made)
	return append(small, large), err
}

// preview keeps the small picture, unless the owner chose one.
func (s *Service) preview(ctx context.Context, a *storage.Attachment, made picture.Made) ([]storage.File, error) {
	if a.PreviewKey != "" {
		return nil, nil
	}
	small, err := s.keepAs(ctx, made.Small, storage.WordSmall)
	a.PreviewKey, a.PreviewType, a.Blurhash = small.Key, small.MediaType, made.Blurhash
	a.PreviewWidth, a.PreviewHeight = made.Small.Width, made.Small.Height
	return []storage.File{small}, err
}

func (s *Service) makeFilm(ctx context.Context, a *storage.Attachment, body io.Reader, mediaType string) (files []storage.File, err error) {
	film, err := s.convert(ctx, a.ID, func(ctx context.Context) (Film, error) { return s.Films.Convert(ctx, body, mediaType) })
	if err != nil {
		return nil, err
	}
	defer film.Body.Close()
	file := storage.File{Key: storage.NewFileKey(), MediaType: film.MediaType, Word: storage.WordOriginal}
	counted := &limited{r: film.Body, left: storage.BlobBytesMax, most: storage.BlobBytesMax}
	if file.Blob, err = s.Blobs.Put(ctx, counted); err != nil {
		return nil, err
	}
	file.Bytes = counted.most - counted.left
	a.Kind, a.MediaType, a.FileKey, a.Width, a.Height = film.Kind, film.MediaType, file.Key, film.Width, film.Height
	a.Duration, a.FrameRate, a.Bitrate = film.Duration.Milliseconds(), film.FrameRate, film.Bitrate
	a.AudioCodec, a.AudioRate, a.AudioLayout = film.AudioCodec, film.AudioRate, film.AudioLayout
	if film.Poster == nil {
		return []storage.File{file}, nil
	}
	made, err := s.Make(ctx, bytes.NewReader(film.Poster), picture.Plan{Small: true, Still: true})
	if err != nil {
		return nil, err
	}
	small, err := s.preview(ctx, a, made)
	return append(small, file), err
}

// keepFilm keeps a film or sound as it is, where no program converts it: its container is checked,
// and what says where and by whom it was made is taken out of those of the kinds that telephones
// write. There is no small picture.
func (s *Service) keepFilm(ctx context.Context, a *storage.Attachment, body io.ReadSeeker, mediaType string) (files []storage.File, err error) {
	c, err := readContainer(body, mediaType)
	if err != nil {
		return nil, err
	}
	file := storage.File{Key: storage.NewFileKey(), MediaType: c.mediaType, Word: storage.WordOriginal}
	clean, err := c.clean(body)
	if err != nil {
		return nil, err
	}
	counted := &limited{r: clean, left: storage.BlobBytesMax, most: storage.BlobBytesMax}
	if file.Blob, err = s.Blobs.Put(ctx, counted); err != nil {
		return nil, err
	}
	file.Bytes = counted.most - counted.left
	a.Kind, a.MediaType, a.FileKey = kindOf(c.mediaType), c.mediaType, file.Key
	a.Width, a.Height, a.Duration = c.width, c.height, c.duration.Milliseconds()
	return []storage.File{file}, nil
}

// Wait returns an upload once it waits no more, or as it is when the time is over.
func (s *Service) Wait(ctx context.Context, account, id int64, most time.Duration) (storage.Attachment, error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	tick := time.NewTicker(waitEvery)
	defer tick.Stop()
	for {
		a, err := s.Get(context.WithoutCancel(ctx), account, id)
		if err != nil || a.State != storage.MediaWaiting {
			return a, err
		}
		select {
		case <-ctx.Done():
			return a, nil
		case <-tick.C:
		}
	}
}

// waitEvery is how often Wait looks.
const waitEvery = 250 * time.Millisecond
