// Package media is pictures, films and sounds: what our people upload, what is made of it, and what
// is served.
//
// An upload is streamed into a blob and becomes a row that waits; processing finds out from the
// content what it is, refuses what is too large before decoding it, and writes it anew, without
// anything that was not the picture: place, camera, comments. Every file has a random key, which is
// its address for ever; several keys may name one blob. Nothing here knows of HTTP or SQL. Programs
// that convert films are run by node/film, behind the interface Films.
//
// The invariant to remember: what is served was decoded and encoded by us, or is a container that
// we checked, and its type is ours to say and never the uploader's.
package media

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"tulou/apps/media/picture"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Films makes films and sounds that every browser plays. node/film does, with ffmpeg.
type Films interface {
	// Convert reads a film or sound of a type that Sniff found. Faults: Unprocessable with a
	// sentence for whoever sent it; everything else may be tried again.
	Convert(ctx context.Context, source io.Reader, mediaType string) (Film, error)
}

// Film is a film or sound that was converted. Body is closed by whoever has it.
type Film struct {
	Body io.ReadCloser
	Kind string // storage.KindVideo, KindGifv or KindAudio
	// MediaType, Width, … say what Body is.
	MediaType     string
	Width, Height int
	Duration      time.Duration
	FrameRate     string // a fraction
	Bitrate       int64  // bits a second
	AudioCodec    string
	AudioRate     int
	AudioLayout   string
	Poster        []byte // a picture out of it, nil for sounds
}

// Deps is what a Service works with.
type Deps struct {
	Store *storage.Store
	Blobs *storage.Blobs
	Paths ids.Paths
	Log   *slog.Logger
	// Films converts films and sounds; nil: they are checked and kept as they are.
	Films Films
}

// Service keeps media. It is safe for concurrent use.
type Service struct {
	Deps
	memory *semaphore.Weighted // bytes, for decoding
	places chan struct{}       // pictures that are worked on

	mu        sync.Mutex
	uploading map[int64]int // by account; 0 is all together
}

// New makes a Service.
func New(d Deps) *Service {
	return &Service{Deps: d, memory: semaphore.NewWeighted(picture.CostMax), places: make(chan struct{}, picturesAtOnce),
		uploading: map[int64]int{}}
}

// Open returns the file of a key and its content, which the caller closes. The fault is NotFound.
func (s *Service) Open(ctx context.Context, key string) (storage.File, io.ReadSeekCloser, error) {
	file, err := s.Store.File(ctx, key)
	if err != nil {
		return file, nil, err
	}
	body, err := s.Blobs.Open(file.Blob)
	if err != nil {
		return file, nil, err
	}
	return file, body, nil
}

// Make is picture.Make of what r has, when there is memory for it. It waits for that until ctx
// ends, and reads when its turn has come.
func (s *Service) Make(ctx context.Context, r io.Reader, plan picture.Plan) (made picture.Made, err error) {
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	case <-ctx.Done():
		return made, ctx.Err()
	}
	data, err := io.ReadAll(io.LimitReader(r, picture.BytesMax+1))
	if err != nil {
		return made, err
	}
	head, err := picture.Look(data)
	if err != nil {
		return made, err
	}
	if err := s.memory.Acquire(ctx, head.Cost); err != nil {
		return made, err
	}
	defer s.memory.Release(head.Cost)
	return picture.Make(data, plan)
}

// Keep stores a picture that was made. The file has no row before CreateFile.
func (s *Service) Keep(ctx context.Context, f picture.File) (storage.File, error) {
	return s.keepAs(ctx, f, "")
}

// keepAs is Keep for a file that its address calls by a word.
func (s *Service) keepAs(ctx context.Context, f picture.File, word string) (storage.File, error) {
	blob, err := s.Blobs.Put(ctx, bytes.NewReader(f.Data))
	return storage.File{Key: storage.NewFileKey(), Blob: blob, MediaType: f.MediaType, Bytes: int64(len(f.Data)), Word: word}, err
}

// The kinds of jobs.
const (
	queueWork  = "work"
	jobProcess = "media.process" // make what is shown of what was uploaded
)

// Jobs returns what runs the jobs of this package, by kind.
func (s *Service) Jobs() map[string]func(context.Context, storage.Job) error {
	return map[string]func(context.Context, storage.Job) error{jobProcess: s.runProcess, jobFilms: s.runFilms}
}

// Forget deletes uploads that came to no post and pictures that are nobody's any more. It is for a
// job that comes back every hour.
func (s *Service) Forget(ctx context.Context) error {
	before := time.Now().Add(-storage.UploadsKept)
	for _, forget := range []func(*storage.Tx, context.Context, time.Time) (int64, error){
		(*storage.Tx).ForgetUploads, (*storage.Tx).ForgetPictures,
	} {
		for count := int64(storage.ForgetBatch); count >= storage.ForgetBatch; {
			err := s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
				count, err = forget(tx, ctx, before)
				return err
			})
			if err != nil {
				return fmt.Errorf("forget uploads: %w", err)
			}
		}
	}
	return nil
}

// Sweep removes blobs that are of no file. It is for a job that comes back every day.
func (s *Service) Sweep(ctx context.Context) error {
	removed, err := s.Blobs.Sweep(ctx, time.Now().Add(-sweepAge), s.Store.UsedBlobs)
	if err != nil {
		return fmt.Errorf("sweep blobs: %w", err)
	}
	s.Log.DebugContext(ctx, "blobs swept", "removed", removed)
	return nil
}
