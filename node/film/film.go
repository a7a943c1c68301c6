// Package film makes films and sounds that every browser plays, with the programs ffmpeg and
// ffprobe.
//
// What strangers send is taken apart by a program in C, which is where most holes are found. So it
// runs in a child process that can do little (run.go): in a folder of its own, with no network, no
// environment, nothing to read from, bounds on memory, time and disk, and in namespaces of its own
// where the system permits that. It is told which of its many decoders and formats to use, by what
// we found in the content, so that it follows no playlists and opens no other files. A Converter is
// a media.Films; package media decides what becomes of the result.
//
// The invariant to remember: no argument of the programs is made of anything that a stranger sent;
// names of files are ours.
package film

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"tulou/apps/media"
	"tulou/protocol/fault"
	"tulou/storage"
)

// What is made of films: 1080p at 60 frames a second, which telephones play without getting warm.
const (
	pixelsMax    = 1920 * 1080
	framesMax    = 60
	sideMax      = 4096 // of encoders in hardware, which play it
	videoBitrate = "5M"
	videoBuffer  = "10M"
	audioBitrate = "128k"
)

// wallTime is how long a film may take, from copying it to its poster: less than a job may.
const wallTime = 4 * time.Minute

// leftovers is how old a folder is that a process left behind when it was killed.
const leftovers = time.Hour

// Converter runs the programs. It is safe for concurrent use; each call takes what cores there are.
type Converter struct {
	ffmpeg, ffprobe string
	folder          string
	log             *slog.Logger
	asked           sync.Once // whether namespaces are permitted
	confined        bool      // they are
	wall            time.Duration
}

// Find looks for the programs. It is nil if they are not installed. folder is where films lie while
// they are converted; it is made.
func Find(folder string, log *slog.Logger) (*Converter, error) {
	ffmpeg, err1 := exec.LookPath("ffmpeg")
	ffprobe, err2 := exec.LookPath("ffprobe")
	if err1 != nil || err2 != nil {
		return nil, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "the folder %s cannot be made", folder)
	}
	c := &Converter{ffmpeg: ffmpeg, ffprobe: ffprobe, folder: folder, log: log, wall: wallTime}
	c.tidy()
	return c, nil
}

// permitted tells whether the system lets us start children in namespaces of their own.
func (c *Converter) permitted(ctx context.Context) bool {
	c.asked.Do(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), wallTime)
		defer cancel()
		_, err := c.start(ctx, c.folder, true, c.ffmpeg, "-version")
		if c.confined = err == nil; err != nil {
			c.log.Info("ffmpeg runs without namespaces, which are not permitted here", "err", err)
		}
	})
	return c.confined
}

// tidy removes what a process left that was killed.
func (c *Converter) tidy() {
	old, _ := filepath.Glob(filepath.Join(c.folder, "film-*"))
	for _, folder := range old {
		if info, err := os.Stat(folder); err == nil && time.Since(info.ModTime()) > leftovers {
			_ = os.RemoveAll(folder)
		}
	}
}

// formats is which format of ffmpeg reads a type.
var formats = map[string]string{
	"video/mp4": "mov", "video/quicktime": "mov", "audio/mp4": "mov", "video/webm": "matroska",
	"audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/wav": "wav", "audio/flac": "flac",
}

// Convert is media.Films.
func (c *Converter) Convert(ctx context.Context, source io.Reader, mediaType string) (media.Film, error) {
	format := formats[mediaType]
	if format == "" {
		return media.Film{}, fault.New(fault.Unprocessable, "Validation failed: %s is not converted here", mediaType)
	}
	folder, err := os.MkdirTemp(c.folder, "film-")
	if err != nil {
		return media.Film{}, err
	}
	limited, cancel := context.WithTimeout(ctx, c.wall)
	defer cancel()
	made, err := c.convert(limited, folder, format, source)
	if err != nil {
		err = errors.Join(c.judge(ctx, limited, err), os.RemoveAll(folder))
	}
	return made, err
}

// judge says whether what went wrong is the film's fault: the programs do not tell. It is not if
// the node stops, or if a file could not be written.
func (c *Converter) judge(ctx, limited context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return fault.Wrap(err, fault.Unprocessable, "Validation failed: converting the file takes longer than %s; send a shorter one, or H.264 and AAC in MP4", c.wall)
	}
	if failed, ok := errors.AsType[*exitError](err); ok {
		c.log.Debug("ffmpeg", "err", failed)
		return fault.Wrap(err, fault.Unprocessable, "Validation failed: the file is damaged, or nothing here decodes it")
	}
	return err
}

func (c *Converter) convert(ctx context.Context, folder, format string, source io.Reader) (made media.Film, err error) {
	if err := save(filepath.Join(folder, "in"), source); err != nil {
		return made, err
	}
	in, err := c.probe(ctx, folder, format, "in")
	if err != nil {
		return made, err
	}
	if err := in.check(); err != nil {
		return made, err
	}
	made, args, output := in.sound(), in.soundArguments(), "mp3"
	if in.video != nil {
		made, args, output = in.film(), in.filmArguments(), "mov"
	}
	args = append(append(input(format, "in"), args...), "out")
	if _, err := c.run(ctx, folder, c.ffmpeg, args...); err != nil {
		return made, err
	}
	out, err := c.probe(ctx, folder, output, "out")
	if err != nil {
		return made, err
	}
	out.describe(&made)
	if out.video != nil {
		poster := append(input(output, "out"), "-map", "0:v:0", "-frames:v", "1", "-c:v", "png", "-f", "image2pipe", "pipe:1")
		if made.Poster, err = c.run(ctx, folder, c.ffmpeg, poster...); err != nil {
			return made, err
		}
	}
	file, err := os.Open(filepath.Join(folder, "out"))
	made.Body = &converted{file, folder}
	return made, err
}

// converted is the converted file, which takes its folder with it.
type converted struct {
	*os.File
	folder string
}

func (o *converted) Close() error { return errors.Join(o.File.Close(), os.RemoveAll(o.folder)) }

func save(path string, source io.Reader) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, io.LimitReader(source, storage.BlobBytesMax))
	return errors.Join(err, file.Close())
}

// decoders are those that may be used: what cameras, telephones and browsers write.
const decoders = "h264,hevc,vp8,vp9,av1,libdav1d,mpeg4,theora,aac,mp3,mp3float,opus,libopus,vorbis,flac,alac," +
	"pcm_s16le,pcm_s24le,pcm_s32le,pcm_s16be,pcm_s24be,pcm_f32le,pcm_u8,pcm_alaw,pcm_mulaw,amrnb,h263,png,mjpeg"

// guards is what every call begins with: it reads nothing but the file, as nothing but the format.
func guards(format string) []string {
	return []string{"-loglevel", "error", "-protocol_whitelist", "file", "-format_whitelist", format,
		"-codec_whitelist", decoders, "-max_pixels", strconv.Itoa(media.FilmPixelsMax), "-f", format}
}

func input(format, name string) []string {
	return append(append([]string{"-nostdin", "-hide_banner", "-threads", "2", "-err_detect", "crccheck"}, guards(format)...),
		"-i", "file:"+name)
}

// anonymous leaves out everything that is not picture or sound.
var anonymous = []string{"-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn", "-fflags", "+bitexact",
	"-flags:v", "+bitexact", "-flags:a", "+bitexact", "-fs", strconv.Itoa(storage.BlobBytesMax), "-y"}

// filmArguments is how a film becomes H.264 and AAC in MP4. What is so already is copied, without
// the notes of its encoder (SEI).
func (p probe) filmArguments() []string {
	args := []string{"-map", "0:" + strconv.Itoa(p.video.Index)}
	if p.copies() {
		args = append(args, "-c:v", "copy", "-bsf:v", "filter_units=remove_types=6")
	} else {
		width, height := p.size()
		args = append(args, "-vf", fmt.Sprintf("scale=%d:%d,format=yuv420p", width, height), "-c:v", "libx264", "-preset", "veryfast",
			"-crf", "24", "-maxrate", videoBitrate, "-bufsize", videoBuffer, "-threads", "2")
		if p.video.rate() > framesMax {
			args = append(args, "-r", strconv.Itoa(framesMax))
		}
	}
	if p.audio != nil {
		args = append(args, "-map", "0:"+strconv.Itoa(p.audio.Index), "-c:a", "aac", "-b:a", audioBitrate, "-ac", "2")
	}
	return append(append(args, anonymous...), "-movflags", "+faststart", "-f", "mp4")
}

// soundArguments is how a sound becomes MP3.
func (p probe) soundArguments() []string {
	codec := []string{"-c:a", "libmp3lame", "-q:a", "2"}
	if p.audio != nil && p.audio.Codec == "mp3" {
		codec = []string{"-c:a", "copy"}
	}
	args := append([]string{"-map", "0:a:0", "-vn"}, codec...)
	return append(append(args, anonymous...), "-id3v2_version", "0", "-f", "mp3")
}

// size is the size of a film as it is shown, if it is larger than is kept the largest of that
// shape, in even numbers, as the encoder wants.
func (p probe) size() (width, height int) {
	w, h := p.video.shown()
	scale := min(1, math.Sqrt(pixelsMax/(float64(w)*float64(h))), sideMax/float64(w), sideMax/float64(h))
	even := func(v int) int { return max(2, int(float64(v)*scale)&^1) }
	return even(w), even(h)
}

// copies tells whether the pictures of a film are such as every browser plays.
func (p probe) copies() bool {
	v := p.video
	return v.Codec == "h264" && (v.Format == "yuv420p" || v.Format == "yuvj420p") && v.Width*v.Height <= pixelsMax*11/10 &&
		v.Width <= sideMax && v.Height <= sideMax && v.rate() <= framesMax+1
}

func (p probe) film() media.Film {
	kind := storage.KindVideo
	if p.audio == nil {
		kind = storage.KindGifv
	}
	return media.Film{Kind: kind, MediaType: "video/mp4"}
}

func (p probe) sound() media.Film {
	return media.Film{Kind: storage.KindAudio, MediaType: "audio/mpeg"}
}

func (p probe) describe(f *media.Film) {
	f.Duration = p.duration
	f.Bitrate = p.bitrate
	if p.video != nil {
		f.Width, f.Height = p.video.shown()
		f.FrameRate = p.video.Rate
		if strings.HasPrefix(f.FrameRate, "0/") {
			f.FrameRate = ""
		}
	}
	if p.audio != nil {
		f.AudioCodec, f.AudioLayout = p.audio.Codec, p.audio.Layout
		f.AudioRate, _ = strconv.Atoi(p.audio.SampleRate)
	}
}
