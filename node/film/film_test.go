package film

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"tulou/apps/media"
	"tulou/apps/media/picture"
	"tulou/protocol/fault"
	"tulou/storage"
)

// converter returns a Converter. Without ffmpeg the test is skipped, or fails if CI=true, so that
// nobody mistakes a machine without it for one where everything works.
func converter(t testing.TB) *Converter {
	t.Helper()
	c, err := Find(t.TempDir(), slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	if c == nil && os.Getenv("CI") == "true" {
		t.Fatal("ffmpeg and ffprobe are not installed")
	}
	if c == nil {
		t.Skip("SKIP: ffmpeg and ffprobe are not installed")
	}
	return c
}

// film makes one with ffmpeg itself: args are its inputs and encoders.
func (c *Converter) sample(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	words, err := exec.Command(c.ffmpeg, append(append([]string{"-loglevel", "error"}, args...), path)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, words)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func moving(size string, seconds int) []string {
	return []string{"-f", "lavfi", "-i", fmt.Sprintf("testsrc=size=%s:rate=25:duration=%d", size, seconds)}
}

func sounding(seconds int) []string {
	return []string{"-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=440:duration=%d", seconds)}
}

// secrets are what must not be in what comes out.
var secrets = []string{"-metadata", "title=SECRET", "-metadata", "location=+48.85+002.35/", "-metadata", "comment=SECRET"}

func (c *Converter) must(t *testing.T, body []byte) (media.Film, []byte) {
	t.Helper()
	film, err := c.Convert(t.Context(), bytes.NewReader(body), picture.Sniff(body))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(film.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := film.Body.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(c.folder, "*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	for _, secret := range []string{"SECRET", "48.85"} {
		if bytes.Contains(out, []byte(secret)) {
			t.Errorf("%s is in what was made", secret)
		}
	}
	return film, out
}

// If this failed, films would not play in browsers, or tell where they were taken.
func TestFilmsBecomeWhatBrowsersPlay(t *testing.T) {
	c := converter(t)
	for _, test := range []struct {
		name          string
		args          []string
		kind          string
		width, height int
	}{
		{"copied.mp4", slices.Concat(moving("320x240", 2), sounding(2), secrets, []string{"-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"}), storage.KindVideo, 320, 240},
		{"telephone.mov", slices.Concat(moving("320x240", 1), sounding(1), secrets, []string{"-c:v", "mpeg4"}), storage.KindVideo, 320, 240},
		{"silent.webm", slices.Concat(moving("322x242", 1), secrets, []string{"-c:v", "libvpx", "-deadline", "realtime"}), storage.KindGifv, 322, 242},
		{"large.mp4", slices.Concat(moving("2560x1440", 1), []string{"-r", "10", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv444p"}), storage.KindGifv, 1920, 1080},
	} {
		t.Run(test.name, func(t *testing.T) {
			film, out := c.must(t, c.sample(t, test.name, test.args...))
			if picture.Sniff(out) != "video/mp4" || film.MediaType != "video/mp4" || film.Kind != test.kind {
				t.Errorf("%s %s %s", picture.Sniff(out), film.MediaType, film.Kind)
			}
			if film.Width != test.width || film.Height != test.height || film.Duration < 900*time.Millisecond || film.FrameRate == "" {
				t.Errorf("%+v", film)
			}
			poster, err := png.DecodeConfig(bytes.NewReader(film.Poster))
			if err != nil || poster.Width != test.width {
				t.Errorf("poster: %v %v", poster, err)
			}
			if loud := film.Kind == storage.KindVideo; loud != (film.AudioCodec == "aac") {
				t.Errorf("sound %q", film.AudioCodec)
			}
		})
	}
}

// If this failed, sounds would not play, or tell who made them.
func TestSoundsBecomeWhatBrowsersPlay(t *testing.T) {
	c := converter(t)
	for _, name := range []string{"a.mp3", "a.ogg", "a.m4a"} {
		film, out := c.must(t, c.sample(t, name, append(sounding(2), secrets...)...))
		if film.Kind != storage.KindAudio || film.MediaType != "audio/mpeg" || picture.Sniff(out) != "audio/mpeg" || film.Poster != nil ||
			film.AudioCodec != "mp3" || film.AudioRate == 0 || film.Duration < 1900*time.Millisecond {
			t.Errorf("%s: %+v", name, film)
		}
	}
}

// If this failed, what is no film would be served as one, or read other files of this machine.
func TestA083WhatIsNoFilmIsRefused(t *testing.T) {
	c := converter(t)
	whole := c.sample(t, "a.mp4", append(moving("320x240", 1), "-movflags", "+faststart")...)
	playlist := "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
	for name, body := range map[string][]byte{
		"nothing": nil, "text": []byte("hello"), "a playlist": []byte(playlist),
		"a list of files": []byte("ffconcat version 1.0\nfile /etc/passwd\n"), "half a head": whole[:200],
		"a head and noise": append(bytes.Clone(whole[:400]), bytes.Repeat([]byte{7}, 100_000)...),
	} {
		for _, mediaType := range []string{"video/mp4", "audio/mpeg", "audio/ogg"} {
			film, err := c.Convert(t.Context(), bytes.NewReader(body), mediaType)
			if !fault.Is(err, fault.Unprocessable) {
				t.Errorf("%s as %s: %+v %v", name, mediaType, film, err)
			}
		}
	}
	if _, err := c.Convert(t.Context(), bytes.NewReader(whole), "image/svg+xml"); !fault.Is(err, fault.Unprocessable) {
		t.Errorf("another type: %v", err)
	}
	for name, v := range map[string]stream{
		"too many pixels": {Width: 4096, Height: 4096, Rate: "25/1"}, "too many frames": {Width: 64, Height: 64, Rate: "1000/1"}, "no pixels": {Rate: "25/1"},
	} {
		if err := (probe{video: &v}).check(); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(c.folder, "*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// If this failed, a film could keep the node's processors busy for ever.
func TestFilmsThatTakeForEverAreEnded(t *testing.T) {
	c := converter(t)
	c.wall = 300 * time.Millisecond
	body := c.sample(t, "long.mp4", append(moving("1280x720", 8), "-c:v", "mpeg4")...)
	_, err := c.Convert(t.Context(), bytes.NewReader(body), "video/mp4")
	if !fault.Is(err, fault.Unprocessable) || !strings.Contains(fault.DetailOf(err), "takes longer") {
		t.Errorf("%v", err)
	}
	stopping, stop := context.WithCancel(t.Context())
	stop()
	if _, err := c.Convert(stopping, bytes.NewReader(body), "video/mp4"); !errors.Is(err, context.Canceled) {
		t.Errorf("a node that stops blames the film: %v", err)
	}
}

// If this failed, a film that its owner deleted would keep the node's processors busy to its end.
func TestFilmsThatNobodyWantsAreEnded(t *testing.T) {
	c := converter(t)
	body := c.sample(t, "long.mp4", append(moving("1280x720", 20), "-c:v", "mpeg4", "-q:v", "9")...)
	c.permitted(t.Context()) // asked once, which takes a moment
	wanted, end := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		film, err := c.Convert(wanted, bytes.NewReader(body), "video/mp4")
		if err == nil {
			film.Body.Close()
		}
		ended <- err
	}()
	for { // until the encoder has begun to write
		if begun, _ := filepath.Glob(filepath.Join(c.folder, "film-*", "out")); len(begun) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	start := time.Now()
	end()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it was ended with %v", err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it was ended after %s", took)
	}
	if left, _ := filepath.Glob(filepath.Join(c.folder, "*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// shell runs a script as a child of a Converter.
func (c *Converter) shell(ctx context.Context, script string) (string, error) {
	out, err := c.run(ctx, c.folder, "/bin/sh", "-c", script)
	return string(out), err
}

// If this failed, a hole in ffmpeg would be a hole in the node: it could read secrets from the
// environment, reach the network, fill memory and disk, or go on after it was ended.
func TestChildrenCanDoLittle(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SKIP: limits and namespaces are Linux's")
	}
	c := converter(t)
	t.Setenv("TULOU_DATABASE_URL", "postgres://secret")
	for want, script := range map[string]string{
		"LC_ALL=C": "env | grep -v PWD | grep -v _= | grep -v SHLVL | grep -v OLDPWD", "4194304": "ulimit -v", "600": "ulimit -t",
		"262144": "ulimit -f", "64": "ulimit -n", "0": "ulimit -c",
	} {
		// The limits are set right after the start.
		if got, err := c.shell(t.Context(), "sleep 0.2; "+script); strings.TrimSpace(got) != want || err != nil {
			t.Errorf("%s: %q %v, want %s", script, got, err, want)
		}
	}
	if _, err := c.shell(t.Context(), "sleep 0.2; head -c 300000000 /dev/zero > filled"); err == nil {
		t.Error("a child filled the disk")
	}
	if info, err := os.Stat(filepath.Join(c.folder, "filled")); err != nil || info.Size() > fileMax {
		t.Errorf("%v %v", info, err)
	}
	if !c.permitted(t.Context()) {
		t.Log("SKIP: namespaces are not permitted here")
		return
	}
	if got, err := c.shell(t.Context(), "ls /proc/self/net/../../self/ns >/dev/null; tail -n +3 /proc/self/net/dev | grep -cv lo:; id -u; echo $$"); strings.Fields(got)[0] != "0" || strings.Fields(got)[1] != "65534" || strings.Fields(got)[2] != "1" {
		t.Errorf("a child sees %q (%v)", got, err)
	}
}

// If this failed, what a child started would go on when it is ended.
func TestChildrenAreEndedWithTheirChildren(t *testing.T) {
	c := converter(t)
	for _, confined := range []bool{c.permitted(t.Context()), false} {
		c.confined = confined
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, err := c.shell(ctx, "(sleep 86400; echo late > late) & sleep 86400") // or the test would last as long
		cancel()
		if err == nil {
			t.Error("it was not ended")
		}
	}
}

// If this failed, what a child writes to its output would fill our memory.
func TestOutputIsBounded(t *testing.T) {
	c := converter(t)
	if out, err := c.shell(t.Context(), "head -c 40000000 /dev/zero"); err == nil || len(out) > outputMax {
		t.Errorf("%d bytes, %v", len(out), err)
	}
}
