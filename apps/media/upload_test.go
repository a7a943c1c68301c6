package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// studio is a Service with somebody who uploads.
type studio struct {
	*Service
	t   *testing.T
	ana storage.Account
}

func newStudio(t *testing.T, films Films) *studio {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	store, err := storage.Open(context.Background(), storagetest.SQLite(t), log)
	check(t, err)
	t.Cleanup(func() { check(t, store.Close()) })
	blobs, err := storage.OpenBlobs(t.TempDir())
	check(t, err)
	t.Cleanup(func() { check(t, blobs.Close()) })
	s := &studio{Service: New(Deps{Store: store, Blobs: blobs, Paths: ids.Paths{Base: "https://harbor.example"}, Log: log, Films: films}), t: t}
	check(t, store.Tx(t.Context(), func(tx *storage.Tx) (err error) {
		s.ana, err = tx.CreateAccount(t.Context(), storage.Account{URI: "https://harbor.example/users/ana", Name: "ana"})
		return err
	}))
	return s
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *studio) receive(body string) Received {
	s.t.Helper()
	got, err := s.Receive(s.t.Context(), s.ana.ID, strings.NewReader(body))
	check(s.t, err)
	return got
}

func picturePNG(t testing.TB, w, h int) string {
	t.Helper()
	var b bytes.Buffer
	check(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))))
	return b.String()
}

// If this failed, a node that was killed while it made a picture would never show it, or try for
// ever what kills it.
func TestProcessingGoesOnAfterACrash(t *testing.T) {
	s := newStudio(t, nil)
	ctx := t.Context()
	file := s.receive(picturePNG(t, 30, 20))
	upload := func() storage.Attachment {
		gone, cancel := context.WithCancel(ctx)
		a := storage.Attachment{AccountID: s.ana.ID, State: storage.MediaWaiting, SourceKey: storage.NewFileKey()}
		check(t, s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
			if a, err = tx.CreateUpload(ctx, a); err != nil {
				return err
			}
			return tx.CreateFile(ctx, storage.File{Key: a.SourceKey, Blob: file.Blob, MediaType: unserved + "image/png", AccountID: s.ana.ID, AttachmentID: a.ID})
		}))
		cancel()
		if err := s.process(gone, a.ID); err == nil {
			t.Error("processed for nobody")
		}
		return a
	}
	job := func(a storage.Attachment) storage.Job { return processLater(a.ID) }
	a := upload()
	if _, _, err := s.Open(ctx, a.SourceKey); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds it done
		check(t, s.runProcess(ctx, job(a)))
	}
	done, err := s.Get(ctx, s.ana.ID, a.ID)
	if err != nil || done.State != storage.MediaReady || done.Width != 30 || done.FileKey == "" || done.PreviewKey == "" || done.SourceKey != "" {
		t.Errorf("%+v %v", done, err)
	}
	if _, _, err := s.Open(ctx, a.SourceKey); !fault.Is(err, fault.NotFound) {
		t.Errorf("what was uploaded is still there: %v", err)
	}
	b := upload()
	for range triesMax {
		check(t, s.Store.Tx(ctx, func(tx *storage.Tx) error { _, err := tx.BeginProcessing(ctx, b.ID); return err }))
	}
	check(t, s.runProcess(ctx, job(b)))
	if _, err := s.Get(ctx, s.ana.ID, b.ID); !fault.Is(err, fault.Unprocessable) {
		t.Errorf("what ended the process every time: %v", err)
	}
	check(t, s.runProcess(ctx, storage.Job{Kind: jobProcess, Payload: []byte(`{"id":1}`)}))
}

// slow says one byte and then nothing.
type slow struct{ begun, end chan struct{} }

func (s slow) Read(p []byte) (int, error) {
	close(s.begun)
	<-s.end
	return 0, io.ErrUnexpectedEOF
}

// If this failed, somebody could use up the uploads of all by sending nothing.
func TestUploadsAtOnceAreBounded(t *testing.T) {
	s := newStudio(t, nil)
	ctx := t.Context()
	end := make(chan struct{})
	var results []chan error
	start := func(account int64) {
		reader := slow{make(chan struct{}), end}
		result := make(chan error, 1)
		results = append(results, result)
		go func() { _, err := s.Receive(ctx, account, reader); result <- err }()
		<-reader.begun
	}
	for range uploadsOfOne {
		start(s.ana.ID)
	}
	if _, err := s.Receive(ctx, s.ana.ID, strings.NewReader("x")); !fault.Is(err, fault.RateLimited) {
		t.Errorf("one more: %v", err)
	}
	for other := int64(1000); len(results) < uploadsAtOnce; other++ {
		start(other)
		if len(results) == uploadsAtOnce/2 { // the rest is for those who have none
			if _, err := s.Receive(ctx, other, strings.NewReader("x")); !fault.Is(err, fault.RateLimited) {
				t.Errorf("a second one: %v", err)
			}
		}
	}
	if _, err := s.Receive(ctx, 1, strings.NewReader("x")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("one too many: %v", err)
	}
	close(end)
	for _, result := range results {
		if err := <-result; !errors.Is(err, io.ErrUnexpectedEOF) && !fault.Is(err, fault.Unprocessable) {
			t.Fatal(err)
		}
	}
	s.receive(picturePNG(t, 2, 2))
	if len(s.uploading) != 1 || s.uploading[0] != 0 {
		t.Errorf("remembered: %v", s.uploading)
	}
}

// fakeFilms converts everything into the same.
type fakeFilms struct {
	film Film
	err  error
}

func (f fakeFilms) Convert(_ context.Context, source io.Reader, _ string) (Film, error) {
	if _, err := io.Copy(io.Discard, source); err != nil {
		return Film{}, err
	}
	f.film.Body = io.NopCloser(strings.NewReader("converted"))
	return f.film, f.err
}

const mp4Head = "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"

// If this failed, films would not be shown, or a film that cannot be converted would wait for ever.
func TestFilmsAreConvertedInTheBackground(t *testing.T) {
	poster := picturePNG(t, 64, 36)
	film := Film{Kind: storage.KindVideo, MediaType: "video/mp4", Width: 64, Height: 36, Duration: 2500 * time.Millisecond,
		FrameRate: "25/1", Bitrate: 9, AudioCodec: "aac", AudioRate: 48000, AudioLayout: "stereo", Poster: []byte(poster)}
	for _, test := range []struct {
		films fakeFilms
		state string
		retry bool
	}{
		{fakeFilms{film: film}, storage.MediaReady, false},
		{fakeFilms{err: fault.New(fault.Unprocessable, "Validation failed: damaged")}, storage.MediaFailed, false},
		{fakeFilms{err: errors.New("disk full")}, storage.MediaWaiting, true},
	} {
		s := newStudio(t, test.films)
		ctx := t.Context()
		a, err := s.Upload(ctx, s.ana.ID, s.receive(mp4Head+"…"), About{})
		if err != nil || a.State != storage.MediaWaiting {
			t.Fatalf("%+v %v", a, err)
		}
		lanes, err := s.Store.ClaimLanes(ctx, queueWork, 9)
		if err != nil || len(lanes) != 1 || len(lanes[0].Jobs) != 1 {
			t.Fatalf("%v %v", lanes, err)
		}
		if err := s.Jobs()[lanes[0].Jobs[0].Kind](ctx, lanes[0].Jobs[0]); (err != nil) != test.retry {
			t.Errorf("%v", err)
		}
		got, err := s.Store.Attachment(ctx, a.ID)
		check(t, err)
		if got.State != test.state {
			t.Errorf("%s, want %s", got.State, test.state)
		}
		waited, err := s.Wait(ctx, s.ana.ID, a.ID, 10*time.Millisecond)
		switch {
		case test.state == storage.MediaReady:
			if got.Duration != 2500 || got.PreviewWidth != 64 || got.Blurhash == "" || got.AudioRate != 48000 || err != nil || waited.FileKey == "" {
				t.Errorf("%+v %v", got, err)
			}
		case test.state == storage.MediaFailed && (!fault.Is(err, fault.Unprocessable) || fault.DetailOf(err) != "Validation failed: damaged"):
			t.Errorf("failed: %v", err)
		case test.state == storage.MediaWaiting && (err != nil || waited.State != storage.MediaWaiting):
			t.Errorf("%+v %v", waited, err)
		}
	}
}

// box is one of the ISO base media format.
// If this failed, one person could have everybody else's films wait for days behind theirs.
func TestFilmsOfOnePersonDoNotFillTheQueue(t *testing.T) {
	s := newStudio(t, fakeFilms{})
	upload := func(account int64, head string) error {
		got, err := s.Receive(t.Context(), account, strings.NewReader(head+"…"))
		check(t, err)
		_, err = s.Upload(t.Context(), account, got, About{})
		return err
	}
	for range filmsWaitingOfOne {
		check(t, upload(s.ana.ID, mp4Head))
	}
	if err := upload(s.ana.ID, mp4Head); !fault.Is(err, fault.RateLimited) || fault.RetryOf(err) == 0 {
		t.Errorf("one more: %v", err)
	}
	if err := upload(s.ana.ID, picturePNG(t, 4, 4)); err != nil {
		t.Errorf("a picture: %v", err)
	}
	var ben storage.Account
	check(t, s.Store.Tx(t.Context(), func(tx *storage.Tx) (err error) {
		ben, err = tx.CreateAccount(t.Context(), storage.Account{URI: "https://harbor.example/users/ben", Name: "ben"})
		return err
	}))
	if err := upload(ben.ID, mp4Head); err != nil {
		t.Errorf("of somebody else: %v", err)
	}
}

func box(name string, parts ...string) string {
	body := strings.Join(parts, "")
	return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))) + name + body
}

func track(kind string, more ...string) string {
	tkhd := strings.Repeat("\x00", 76) + "\x02\x80\x00\x00\x01\x68\x00\x00" // 640 × 360
	return box("trak", append([]string{box("tkhd", tkhd), box("mdia", box("hdlr", "\x00\x00\x00\x00\x00\x00\x00\x00"+kind, strings.Repeat("\x00", 12)))}, more...)...)
}

func film(parts ...string) string {
	mvhd := strings.Repeat("\x00", 12) + "\x00\x00\x03\xe8\x00\x00\x09\xc4" + strings.Repeat("\x00", 80) // 2500 ms
	return mp4Head + box("moov", append([]string{box("mvhd", mvhd)}, parts...)...) + box("mdat", "pictures")
}

// If this failed, films would tell where they were taken on nodes without ffmpeg, or anything with
// the head of a film would be kept (A082).
func TestA082FilmsThatNobodyConvertsAreCheckedAndBlotted(t *testing.T) {
	secret := box("udta", box("\xa9xyz", "SECRET+48.85")) + box("meta", "SECRET") + box("uuid", "SECRET")
	whole := film(track("vide", box("udta", "SECRET")), track("soun"), track("meta", box("stbl", "SECRET")), secret) + box("meta", "SECRET")
	s := newStudio(t, nil)
	ctx := t.Context()
	a, err := s.Upload(ctx, s.ana.ID, s.receive(whole), About{})
	check(t, err)
	check(t, s.process(ctx, a.ID))
	got, err := s.Get(ctx, s.ana.ID, a.ID)
	check(t, err)
	if got.Kind != storage.KindVideo || got.MediaType != "video/mp4" || got.Width != 640 || got.Height != 360 || got.Duration != 2500 || got.PreviewKey != "" {
		t.Errorf("%+v", got)
	}
	_, body, err := s.Open(ctx, got.FileKey)
	check(t, err)
	defer body.Close()
	kept, err := io.ReadAll(body)
	check(t, err)
	if len(kept) != len(whole) || bytes.Contains(kept, []byte("SEC")) || bytes.Contains(kept, []byte("48.85")) || !bytes.Contains(kept, []byte("pictures")) {
		t.Errorf("%q", kept)
	}
	again, err := readContainer(bytes.NewReader(kept), "video/mp4")
	if err != nil || again.width != 640 {
		t.Errorf("%+v %v", again, err)
	}
	sound, err := readContainer(strings.NewReader(film(track("soun"))), "video/mp4")
	if err != nil || sound.mediaType != "audio/mp4" {
		t.Errorf("%+v %v", sound, err)
	}
	deep := "x"
	for range boxDepthMax + 2 {
		deep = box("mdia", deep)
	}
	for name, bad := range map[string]string{
		"nothing": "", "a head": mp4Head, "no pictures": film(), "cut off": whole[:len(whole)/2], "a box beyond the end": mp4Head + "\x7f\xff\xff\xffmoov",
		"a box smaller than its head": mp4Head + "\x00\x00\x00\x01moov\x00\x00\x00\x00\x00\x00\x00\x01", "deep": film(track("vide"), deep),
		"many": film(track("vide"), strings.Repeat(box("free"), boxesMax)), "a box of nothing": mp4Head + box("moov", "\x00\x00\x00\x00trak"),
		"a page": "<html>", "negative": mp4Head + "\x00\x00\x00\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff",
	} {
		if c, err := readContainer(strings.NewReader(bad), "video/mp4"); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("%s: %+v %v", name, c, err)
		}
	}
}

// If this failed, sounds would not be taken on nodes without ffmpeg, or would say who made them.
func TestSoundsThatNobodyConvertsAreChecked(t *testing.T) {
	tag := "ID3\x04\x00\x00\x00\x00\x00\x06SECRET"
	frames := "\xff\xfb\x90\x00" + strings.Repeat("f", 400)
	c, err := readContainer(strings.NewReader(tag+tag+frames+"TAG"+strings.Repeat("S", 125)), "audio/mpeg")
	check(t, err)
	clean, err := c.clean(strings.NewReader(tag + tag + frames + "TAG" + strings.Repeat("S", 125)))
	check(t, err)
	if kept, err := io.ReadAll(clean); string(kept) != frames || err != nil {
		t.Errorf("%q %v", kept, err)
	}
	flac := "fLaC\x00\x00\x00\x22" + strings.Repeat("\x00", 10) + "\x0a\xc4\x42\xf0\x00\x01\x58\x88" + strings.Repeat("\x00", 40) // 44100 Hz, 88200 samples
	if c, err := readContainer(strings.NewReader(flac), "audio/flac"); err != nil || c.duration != 2*time.Second {
		t.Errorf("%v %v", c.duration, err)
	}
	for mediaType, good := range map[string]string{
		"audio/ogg": "OggS" + strings.Repeat("\x00", 24) + "\x01vorbis", "audio/wav": "RIFF\x00\x00\x00\x00WAVEfmt ", "video/webm": "\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm",
	} {
		if _, err := readContainer(strings.NewReader(good), mediaType); err != nil {
			t.Errorf("%s: %v", mediaType, err)
		}
	}
	for mediaType, bad := range map[string]string{
		"audio/ogg": "OggS", "audio/wav": "RIFF", "video/webm": "\x1a\x45\xdf\xa3\x42\x82\x88matroska", "audio/flac": "fLaC", "audio/mpeg": "ID3\x04\x00\x00\x7f\x7f\x7f\x7f",
	} {
		if _, err := readContainer(strings.NewReader(bad), mediaType); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("%s: %v", mediaType, err)
		}
	}
}

// If this failed, a stranger could end the node with a film.
func FuzzContainer(f *testing.F) {
	f.Add([]byte(film(track("vide"), track("soun"))), uint8(0))
	f.Add([]byte("ID3\x04\x00\x00\x00\x00\x00\x06SECRET\xff\xfb\x90\x00"), uint8(1))
	types := []string{"video/mp4", "audio/mpeg", "audio/flac", "audio/ogg", "video/webm"}
	f.Fuzz(func(t *testing.T, data []byte, kind uint8) {
		r := bytes.NewReader(data)
		c, err := readContainer(r, types[int(kind)%len(types)])
		if err != nil {
			if !fault.Is(err, fault.Unprocessable) {
				t.Fatal(err)
			}
			return
		}
		clean, err := c.clean(r)
		if err != nil {
			t.Fatal(err)
		}
		if kept, err := io.ReadAll(clean); err != nil || len(kept) > len(data) {
			t.Fatalf("%d bytes of %d: %v", len(kept), len(data), err)
		}
	})
}

// photograph is a JPEG of 12 megapixels, about as hard to pack as one of a camera.
func photograph(t testing.TB) []byte {
	t.Helper()
	p := image.NewRGBA(image.Rect(0, 0, 4032, 3024))
	seed := uint32(1)
	for i := 0; i < len(p.Pix); i += 4 {
		seed = seed*1664525 + 1013904223
		x, y := i/4%4032, i/4/4032
		wave, grain := 40*math.Sin(float64(x)/90+float64(y)/250), float64(seed>>28)
		copy(p.Pix[i:], []byte{uint8(120 + wave + grain), uint8(float64(y)/17 + grain), uint8(180 - wave - grain), 255})
	}
	var b bytes.Buffer
	check(t, jpeg.Encode(&b, p, &jpeg.Options{Quality: 92}))
	return b.Bytes()
}

// The cost of a picture of 12 megapixels from the first byte to the row that says it is ready.
func BenchmarkUpload(b *testing.B) {
	log := slog.New(slog.DiscardHandler)
	store, err := storage.Open(context.Background(), storagetest.SQLite(b), log)
	check(b, err)
	defer store.Close()
	blobs, err := storage.OpenBlobs(b.TempDir())
	check(b, err)
	defer blobs.Close()
	s := New(Deps{Store: store, Blobs: blobs, Log: log})
	var ana storage.Account
	check(b, store.Tx(b.Context(), func(tx *storage.Tx) (err error) {
		ana, err = tx.CreateAccount(b.Context(), storage.Account{URI: "https://harbor.example/users/ana", Name: "ana"})
		return err
	}))
	photo := photograph(b)
	b.SetBytes(int64(len(photo)))
	b.ReportAllocs()
	for b.Loop() {
		got, err := s.Receive(b.Context(), ana.ID, bytes.NewReader(photo))
		check(b, err)
		a, err := s.Upload(b.Context(), ana.ID, got, About{})
		if err != nil || a.State != storage.MediaReady {
			b.Fatalf("%s %v", a.State, err)
		}
		check(b, store.Tx(b.Context(), func(tx *storage.Tx) error {
			_, err := tx.ForgetUploads(b.Context(), time.Now().Add(time.Hour))
			return err
		}))
	}
}
