package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"tulou/apps/media/picture"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Received is a file that came in and is stored, but of nothing yet.
type Received struct {
	Blob      string
	MediaType string // by its content
	Bytes     int64
}

// Receive stores what somebody sends, while it comes in: neither memory nor more disk than allowed
// is used, however slowly it comes. Faults: Unprocessable for what is of no known type, which is
// refused after its first bytes; TooLarge; RateLimited beyond what somebody may send in a day or at
// once; Unavailable if too many send.
func (s *Service) Receive(ctx context.Context, account int64, r io.Reader) (got Received, err error) {
	leave, err := s.enter(account)
	if err != nil {
		return got, err
	}
	defer leave()
	if err := s.allowance(ctx, account); err != nil {
		return got, err
	}
	head := make([]byte, picture.SniffBytes)
	n, err := io.ReadFull(r, head)
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return got, fault.New(fault.Unprocessable, "Validation failed: File can't be blank")
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return got, err
	}
	if got.MediaType = picture.Sniff(head[:n]); !taken(got.MediaType) {
		return got, picture.Refused(got.MediaType)
	}
	most := int64(FilmBytesMax)
	if isPicture(got.MediaType) {
		most = PictureBytesMax
	}
	counted := &limited{r: io.MultiReader(bytes.NewReader(head[:n]), r), left: most, most: most}
	if got.Blob, err = s.Blobs.Put(ctx, counted); err != nil {
		return got, err
	}
	got.Bytes = most - counted.left
	return got, s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.CountUpload(ctx, account, got.Bytes) })
}

// limited reads up to a limit, beyond which it is an error.
type limited struct {
	r          io.Reader
	left, most int64
}

func (c *limited) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, fault.New(fault.TooLarge, "Validation failed: File is too large: it may have at most %d MB", c.most>>20)
	}
	return n, err
}

// enter takes a place for an upload; leave gives it back.
func (s *Service) enter(account int64) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.uploading[0] >= uploadsAtOnce:
		return nil, fault.New(fault.Unavailable, "too many files are being uploaded; try again in a moment")
	case s.uploading[account] >= uploadsOfOne, s.uploading[account] > 0 && s.uploading[0] >= uploadsAtOnce/2:
		return nil, fault.New(fault.RateLimited, "you are uploading %d files already; wait for one of them", s.uploading[account])
	}
	s.uploading[0]++
	s.uploading[account]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.uploading[0]--
		if s.uploading[account]--; s.uploading[account] == 0 {
			delete(s.uploading, account)
		}
	}, nil
}

// allowance refuses those who have sent enough for a day.
func (s *Service) allowance(ctx context.Context, account int64) error {
	files, bytes, err := s.Store.UploadedSince(ctx, account, time.Now().Add(-24*time.Hour))
	if err == nil && (files >= uploadsPerDay || bytes >= uploadBytesPerDay) {
		return fault.New(fault.RateLimited, "you have uploaded %d files with %d MB within a day, which is the most; go on tomorrow", files, bytes>>20).After(time.Hour)
	}
	return err
}

func isPicture(mediaType string) bool { return strings.HasPrefix(mediaType, "image/") }

// taken tells whether files of a type are taken.
func taken(mediaType string) bool {
	for _, t := range Types() {
		if t == mediaType {
			return true
		}
	}
	return false
}

// Types returns what may be uploaded, for clients to know.
func Types() []string {
	return []string{"image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4", "video/webm", "video/quicktime",
		"audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/flac"}
}

// About is what the owner of an upload says about it. What is nil stays as it is.
type About struct {
	Description *string
	Focus       *string   // "x,y" from -1 to 1; "" for none
	Thumbnail   *Received // what to show small
}

func (a About) apply(to *storage.Attachment) error {
	if a.Description != nil {
		text := strings.TrimSpace(*a.Description)
		if utf8.RuneCountInString(text) > storage.DescriptionMax {
			return fault.New(fault.Unprocessable, "Validation failed: Description is too long (maximum is %d characters)", storage.DescriptionMax)
		}
		to.Description = text
	}
	if a.Focus == nil {
		return nil
	}
	to.Focus = ""
	if x, y, ok := storage.ParseFocus(*a.Focus); ok {
		to.Focus = storage.FormatFocus(x, y)
	} else if *a.Focus != "" {
		return fault.New(fault.Unprocessable, "Validation failed: Focus is two numbers from -1 to 1 with a comma between them")
	}
	return nil
}

// Upload makes an attachment, of no post yet, of a file that was received. Pictures are made at
// once if there is room; else, and for films, the attachment waits, and its State says so. Faults:
// Unprocessable with a sentence for the owner; RateLimited while many of their films wait.
func (s *Service) Upload(ctx context.Context, account int64, file Received, about About) (storage.Attachment, error) {
	a := storage.Attachment{AccountID: account, State: storage.MediaWaiting, Kind: kindOf(file.MediaType), SourceKey: storage.NewFileKey()}
	if err := about.apply(&a); err != nil {
		return a, err
	}
	small, err := s.thumbnail(ctx, &a, about.Thumbnail)
	if err != nil {
		return a, err
	}
	a.ID, _ = s.Store.NewID()
	err = s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		if err := roomFor(ctx, tx, a); err != nil {
			return err
		}
		if a, err = tx.CreateUpload(ctx, a); err != nil {
			return err
		}
		source := storage.File{Key: a.SourceKey, Blob: file.Blob, MediaType: unserved + file.MediaType, Bytes: file.Bytes}
		for _, f := range append(small, source) {
			f.AccountID, f.AttachmentID = account, a.ID
			if err := tx.CreateFile(ctx, f); err != nil {
				return err
			}
		}
		if !isPicture(file.MediaType) {
			return tx.Reschedule(ctx, filmsJob(storage.Now()))
		}
		return tx.Enqueue(ctx, processLater(a.ID))
	})
	if err != nil || !isPicture(file.MediaType) {
		return a, err
	}
	return s.atOnce(ctx, a)
}

// roomFor refuses films of somebody of whose too many wait.
func roomFor(ctx context.Context, tx *storage.Tx, a storage.Attachment) error {
	if a.Kind == storage.KindImage {
		return nil
	}
	waiting, err := tx.FilmsWaiting(ctx, a.AccountID)
	if err == nil && waiting >= filmsWaitingOfOne {
		err = fault.New(fault.RateLimited, "%d of your films and sounds are being converted; wait for one of them", waiting).After(time.Minute)
	}
	return err
}

// unserved begins the type of a file that is kept for processing and never served.
const unserved = "source:"

// processLater is the job that makes what is shown of a picture, unless that is done by then.
func processLater(id int64) storage.Job {
	return storage.Job{Queue: queueWork, Lane: "media " + ids.Format(id), Kind: jobProcess,
		Payload: storage.MarshalPayload(processing{id}), RunAt: storage.At(time.Now().Add(jobAfter))}
}

// atOnce processes an upload while its owner waits. What cannot be a picture is not kept.
func (s *Service) atOnce(ctx context.Context, a storage.Attachment) (storage.Attachment, error) {
	wait, cancel := context.WithTimeout(ctx, processedInline)
	defer cancel()
	if err := s.process(wait, a.ID); err != nil && wait.Err() == nil {
		return a, err
	}
	done, err := s.Store.Attachment(ctx, a.ID)
	if err != nil || done.State != storage.MediaFailed {
		return done, err
	}
	return done, errors.Join(failure(done), s.Delete(ctx, a.AccountID, a.ID))
}

// failure is what the owner of an upload is told that failed.
func failure(a storage.Attachment) error { return fault.New(fault.Unprocessable, "%s", a.Problem) }

// thumbnail makes the small picture that the owner chose.
func (s *Service) thumbnail(ctx context.Context, a *storage.Attachment, chosen *Received) ([]storage.File, error) {
	if chosen == nil {
		return nil, nil
	}
	if !isPicture(chosen.MediaType) {
		return nil, fault.New(fault.Unprocessable, "Validation failed: Thumbnail is not a picture")
	}
	body, err := s.Blobs.Open(chosen.Blob)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	made, err := s.Make(ctx, body, picture.Plan{Small: true, Still: true})
	if err != nil {
		return nil, err
	}
	small, err := s.keepAs(ctx, made.Small, storage.WordSmall)
	a.Blurhash = made.Blurhash
	a.PreviewKey, a.PreviewType, a.PreviewWidth, a.PreviewHeight = small.Key, small.MediaType, made.Small.Width, made.Small.Height
	return []storage.File{small}, err
}

// own returns an upload of somebody, of no post yet; fault.NotFound else.
func (s *Service) own(ctx context.Context, account, id int64) (storage.Attachment, error) {
	found, err := s.Store.Uploads(ctx, account, []int64{id})
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "Record not found")
	}
	if err != nil {
		return storage.Attachment{}, err
	}
	return found[0], nil
}

// Get returns an upload of somebody's own, of no post yet. Faults: NotFound; Unprocessable, with
// the reason, if it could not be processed.
func (s *Service) Get(ctx context.Context, account, id int64) (storage.Attachment, error) {
	a, err := s.own(ctx, account, id)
	if err == nil && a.State == storage.MediaFailed {
		err = failure(a)
	}
	return a, err
}

// Update changes what is said about an upload of somebody's own, of no post yet.
func (s *Service) Update(ctx context.Context, account, id int64, about About) (storage.Attachment, error) {
	a, err := s.own(ctx, account, id)
	if err != nil {
		return a, err
	}
	before := a.PreviewKey
	if err := about.apply(&a); err != nil {
		return a, err
	}
	small, err := s.thumbnail(ctx, &a, about.Thumbnail)
	if err != nil {
		return a, err
	}
	return a, s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := tx.UpdateUpload(ctx, a); err != nil {
			return err
		}
		for _, f := range small {
			f.AccountID, f.AttachmentID = account, a.ID
			if err := tx.CreateFile(ctx, f); err != nil {
				return err
			}
			if err := tx.DeleteFiles(ctx, before); err != nil {
				return err
			}
		}
		return nil
	})
}

// Delete removes an upload of somebody's own. Faults: NotFound; Unprocessable if it is of a post.
func (s *Service) Delete(ctx context.Context, account, id int64) error {
	a, err := s.Store.Attachment(ctx, id)
	if err != nil || a.AccountID != account {
		return fault.Wrap(err, fault.NotFound, "Record not found")
	}
	if a.StatusID != 0 || a.ScheduledID != 0 {
		return fault.New(fault.Unprocessable, "Media attachment is currently used by a status")
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.DeleteUpload(ctx, account, id) })
}

func kindOf(mediaType string) string {
	switch kind, _, _ := strings.Cut(mediaType, "/"); kind {
	case "image":
		return storage.KindImage
	case "video":
		return storage.KindVideo
	case "audio":
		return storage.KindAudio
	}
	return storage.KindUnknown
}
