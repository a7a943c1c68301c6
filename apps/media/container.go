package media

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"strings"
	"time"

	"tulou/protocol/fault"
)

// Films and sounds that nothing converts are kept as they came. That they are what they begin like
// is checked as far as their boxes go, and how large and long they are is read from there. What
// telephones and music programs write about place and person (the boxes udta, meta and uuid, tracks
// of neither picture nor sound, ID3 tags) is blotted out; WebM, Ogg, FLAC and WAV stay as they are.

// container is what was found out about a film or sound.
type container struct {
	mediaType     string
	width, height int
	duration      time.Duration
	blots         []blot // in order
	from, to      int64  // what is kept, to < 0: all that follows
}

// blot is a part that is overwritten, with a word and then with zeros.
type blot struct {
	from, to int64
	word     string
}

const (
	// boxesMax and boxDepthMax bound the walk through a film; an hour of film has some hundred boxes.
	boxesMax    = 20_000
	boxDepthMax = 6
)

func damaged() error {
	return fault.New(fault.Unprocessable, "Validation failed: the file is damaged, incomplete, or of a kind that is not taken here")
}

// readContainer checks a film or sound by its boxes. The fault is Unprocessable.
func readContainer(r io.ReadSeeker, mediaType string) (c container, err error) {
	c = container{mediaType: mediaType, to: -1}
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return c, err
	}
	switch mediaType {
	case "video/mp4", "video/quicktime", "audio/mp4":
		return readBoxes(r, size, c)
	case "audio/mpeg":
		return readMP3(r, size, c)
	}
	head, err := readAt(r, 0, min(size, 4096))
	switch {
	case err != nil:
		return c, err
	case mediaType == "video/webm" && bytes.Contains(head[:min(64, len(head))], []byte("webm")),
		mediaType == "audio/wav" && bytes.Contains(head, []byte("fmt ")),
		mediaType == "audio/ogg" && (bytes.Contains(head, []byte("\x01vorbis")) || bytes.Contains(head, []byte("OpusHead"))):
		return c, nil
	case mediaType == "audio/flac" && len(head) >= 42 && head[4]&0x7f == 0:
		rate := int64(binary.BigEndian.Uint32(head[18:])) >> 12
		samples := int64(binary.BigEndian.Uint64(head[18:])) & (1<<36 - 1)
		if rate == 0 {
			return c, damaged()
		}
		c.duration = seconds(float64(samples) / float64(rate))
		return c, nil
	}
	return c, damaged()
}

// durationMax is more than any file of the sizes that are taken plays.
const durationMax = 100 * time.Hour

func seconds(s float64) time.Duration {
	if math.IsNaN(s) || s < 0 {
		return 0
	}
	return time.Duration(min(s, durationMax.Seconds()) * float64(time.Second))
}

func readAt(r io.ReadSeeker, at, size int64) ([]byte, error) {
	if _, err := r.Seek(at, io.SeekStart); err != nil {
		return nil, err
	}
	b := make([]byte, size)
	_, err := io.ReadFull(r, b)
	return b, err
}

// readMP3 finds the frames between the tags before and behind them (ID3v2.4 section 3.1).
func readMP3(r io.ReadSeeker, size int64, c container) (container, error) {
	c.to = size
	for range 8 { // programs put one tag before another
		head, err := readAt(r, c.from, 10)
		if err != nil {
			return c, damaged()
		}
		if string(head[:3]) != "ID3" {
			break
		}
		length := int64(head[6]&0x7f)<<21 | int64(head[7]&0x7f)<<14 | int64(head[8]&0x7f)<<7 | int64(head[9]&0x7f)
		c.from += 10 + length
	}
	if frame, err := readAt(r, c.from, 2); err != nil || frame[0] != 0xff || frame[1]&0xe0 != 0xe0 {
		return c, damaged()
	}
	if tail, err := readAt(r, max(c.from, size-128), 3); err == nil && string(tail) == "TAG" {
		c.to = size - 128
	}
	return c, nil
}

// boxes walks through a film of the ISO base media format (ISO/IEC 14496-12).
type boxes struct {
	r     io.ReadSeeker
	c     container
	count int
	seen  map[string]bool
	track string // the kind of the track that is read
}

func readBoxes(r io.ReadSeeker, size int64, c container) (container, error) {
	b := &boxes{r: r, c: c, seen: map[string]bool{}}
	if err := b.walk(0, size, 0); err != nil {
		return c, err
	}
	if !b.seen["moov"] || !b.seen["mdat"] || !b.seen["vide"] && !b.seen["soun"] {
		return c, damaged()
	}
	if !b.seen["vide"] {
		b.c.mediaType = "audio/mp4"
	}
	return b.c, nil
}

func (b *boxes) walk(at, end int64, depth int) error {
	for at < end {
		if b.count++; b.count > boxesMax || depth > boxDepthMax {
			return damaged()
		}
		head, err := readAt(b.r, at, min(16, end-at))
		if err != nil || len(head) < 8 {
			return damaged()
		}
		size, body := int64(binary.BigEndian.Uint32(head)), int64(8)
		switch {
		case size == 1 && len(head) == 16:
			size, body = int64(binary.BigEndian.Uint64(head[8:])), 16
		case size == 0 && depth == 0: // to the end of the file
			size = end - at
		}
		if size < body || size > end-at {
			return damaged()
		}
		if err := b.box(string(head[4:8]), at, at+body, at+size, depth); err != nil {
			return err
		}
		at += size
	}
	return nil
}

func (b *boxes) box(name string, at, body, end int64, depth int) error {
	switch name {
	case "moov", "mdia":
		b.seen[name] = true
		return b.walk(body, end, depth+1)
	case "trak":
		b.track = ""
		blots := len(b.c.blots)
		if err := b.walk(body, end, depth+1); err != nil {
			return err
		}
		if b.track != "vide" && b.track != "soun" {
			b.c.blots = append(b.c.blots[:blots], blot{at + 4, at + 8, "free"}, blot{body, end, ""})
		}
	case "mdat":
		b.seen[name] = true
	case "udta", "meta", "uuid":
		b.c.blots = append(b.c.blots, blot{at + 4, at + 8, "free"}, blot{body, end, ""})
	case "mvhd", "tkhd", "hdlr":
		content, err := readAt(b.r, body, min(end-body, 128))
		if err != nil {
			return damaged()
		}
		b.field(name, content)
	}
	return nil
}

// field reads what films say about themselves.
func (b *boxes) field(name string, v []byte) {
	switch {
	case name == "hdlr" && len(v) >= 12:
		if kind := string(v[8:12]); kind == "vide" || kind == "soun" {
			b.track, b.seen[kind] = kind, true
		}
	case name == "tkhd" && len(v) >= 84:
		// Version 1 has longer times; width and height are the last two numbers, of 16.16 bits.
		at := 76
		if v[0] == 1 && len(v) >= 96 {
			at = 88
		}
		width, height := int(binary.BigEndian.Uint16(v[at:])), int(binary.BigEndian.Uint16(v[at+4:]))
		if width*height > b.c.width*b.c.height {
			b.c.width, b.c.height = width, height
		}
	case name == "mvhd" && len(v) >= 32:
		scale, length := binary.BigEndian.Uint32(v[12:]), uint64(binary.BigEndian.Uint32(v[16:]))
		if v[0] == 1 {
			scale, length = binary.BigEndian.Uint32(v[20:]), binary.BigEndian.Uint64(v[24:])
		}
		if scale > 0 {
			b.c.duration = seconds(float64(length) / float64(scale))
		}
	}
}

// clean returns the content without what was blotted out.
func (c container) clean(r io.ReadSeeker) (io.Reader, error) {
	if _, err := r.Seek(c.from, io.SeekStart); err != nil {
		return nil, err
	}
	if c.to >= 0 {
		return io.LimitReader(r, c.to-c.from), nil
	}
	var parts []io.Reader
	at := int64(0)
	for _, b := range c.blots {
		parts = append(parts, io.LimitReader(r, b.from-at), &over{r: io.LimitReader(r, b.to-b.from), word: strings.NewReader(b.word)})
		at = b.to
	}
	return io.MultiReader(append(parts, r)...), nil
}

// over reads as much as r has, and gives a word and zeros instead.
type over struct {
	r    io.Reader
	word *strings.Reader
}

func (o *over) Read(p []byte) (int, error) {
	n, err := o.r.Read(p)
	clear(p[:n])
	_, _ = o.word.Read(p[:n])
	return n, err
}
