package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"testing"

	"tulou/protocol/fault"
)

// noise is a picture that nothing packs.
func noise(w, h int) *image.NRGBA {
	p := image.NewNRGBA(image.Rect(0, 0, w, h))
	chance := rand.New(rand.NewPCG(1, 2))
	for i := range p.Pix {
		p.Pix[i] = byte(chance.Uint32())
	}
	return p
}

// noisyGIF is a moving picture of noise, its rows in order or not.
func noisyGIF(t testing.TB, frames, side int, interlaced bool) []byte {
	t.Helper()
	colours := make(color.Palette, 256)
	for i := range colours {
		colours[i] = color.RGBA{byte(i), byte(i), byte(255 - i), 255}
	}
	g := &gif.GIF{}
	chance := rand.New(rand.NewPCG(1, 2))
	for range frames {
		p := image.NewPaletted(image.Rect(0, 0, side, side), colours)
		for i := range p.Pix {
			p.Pix[i] = byte(chance.Uint32())
		}
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 4)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	for at := 13 + colourTable(data[10]); interlaced && data[at] != 0x3b; {
		if data[at] == 0x21 {
			at = skipBlocks(data, at+2)
			continue
		}
		data[at+9] |= 0x40
		at = skipBlocks(data, at+10+colourTable(data[at+9])+1)
	}
	return data
}

// interlacedPNG is one of seven passes (PNG third edition, section 8), of 16 bits a sample.
func interlacedPNG(w, h int) []byte {
	var rows []byte
	chance := rand.New(rand.NewPCG(1, 2))
	for _, p := range [7][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
		across, down := (w-p[0]+p[2]-1)/p[2], (h-p[1]+p[3]-1)/p[3]
		for range down {
			rows = append(rows, 0)
			for range across * 8 {
				rows = append(rows, byte(chance.Uint32()))
			}
		}
	}
	ihdr := append(be.AppendUint32(be.AppendUint32(nil, uint32(w)), uint32(h)), 16, 6, 0, 0, 1)
	return bytes.Join([][]byte{[]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", ihdr), chunk("IDAT", deflate(rows)), chunk("IEND", nil)}, nil)
}

// adobe is a segment that says that a JPEG has red, green and blue.
var adobe = []byte("Adobe\x00\x64\x00\x00\x00\x00\x00")

// behindFrame puts a segment behind the header of the frame of a JPEG.
func behindFrame(data []byte, marker byte, body []byte) []byte {
	at := bytes.Index(data, []byte{0xff, 0xc0})
	at += 2 + int(be.Uint16(data[at+2:]))
	segment := append([]byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}, body...)
	return bytes.Join([][]byte{data[:at], segment, data[at:]}, nil)
}

// bits are written the lowest first.
type bits struct {
	data []byte
	n    int
}

func (b *bits) write(v, n int) {
	for i := range n {
		if b.n%8 == 0 {
			b.data = append(b.data, 0)
		}
		b.data[b.n/8] |= byte(v>>i&1) << (b.n % 8)
		b.n++
	}
}

// simple writes a code of one symbol.
func (b *bits) simple(symbol int) { b.write(1, 1); b.write(0, 1); b.write(1, 1); b.write(symbol, 8) }

// code writes a code of words of one or two lengths that follow each other, a for the first
// symbols.
func (b *bits) code(a, countA, c, countC, alphabet int) {
	b.write(0, 1)
	b.write(15, 4) // all nineteen lengths
	for _, length := range lengthOrder {
		used := 0
		switch {
		case length == a || length == c:
			used = 1
		}
		b.write(used, 3)
	}
	if countA+countC == alphabet {
		b.write(0, 1)
	} else {
		b.write(1, 1)
		b.write(7, 3)
		b.write(countA+countC-2, 16)
	}
	for i := range countA + countC {
		length, other := a, c
		if i >= countA {
			length, other = c, a
		}
		if a == c {
			continue // no bits for the only length there is
		}
		word := 0
		if length > other {
			word = 1
		}
		b.write(word, 1)
	}
}

// manyCodes is a lossless picture of side by side pixels with as many groups of the largest codes
// as the decoder bears, without its head.
func manyCodes(side, groups int) []byte {
	b := &bits{}
	b.write(0, 1) // no transforms
	b.write(1, 1)
	b.write(11, 4) // 2048 colours are remembered
	b.write(1, 1)
	b.write(0, 3) // groups for squares of 4 by 4
	b.write(0, 1)
	b.code(8, 256, 8, 0, literals+lengths)
	b.code(4, 16, 4, 0, literals)
	b.simple(0)
	b.simple(0)
	b.simple(0)
	reversed := func(v, n int) (r int) {
		for i := range n {
			r |= v >> i & 1 << (n - 1 - i)
		}
		return r
	}
	count := tiles(side, 2)
	for i := range count * count {
		group := min(i, groups-1)
		b.write(reversed(group&255, 8), 8)
		b.write(reversed(group>>8, 4), 4)
	}
	for range groups {
		b.code(11, 1768, 12, 560, literals+lengths+2048)
		for range 3 {
			b.code(8, 256, 8, 0, literals)
		}
		b.code(5, 24, 6, 16, distances)
	}
	return append(b.data, make([]byte, side*side*35/8+8)...)
}

func losslessWebP(side, groups int) []byte {
	head := append([]byte{0x2f}, binary.LittleEndian.AppendUint32(nil, uint32(side-1|(side-1)<<14))...)
	return riffOf(riffChunk("VP8L", string(head)+string(manyCodes(side, groups))))
}

func alphaWebP(t testing.TB, groups int) []byte {
	lossy := webpFile(t, "lossy")
	var frame string
	riff(lossy[12:], func(kind string, body []byte) bool { frame = string(body); return kind != "VP8 " })
	size := "\xcb\x00\x00\xcb\x00\x00" // 204 by 204
	patched := []byte(frame)
	binary.LittleEndian.PutUint16(patched[6:], 204)
	binary.LittleEndian.PutUint16(patched[8:], 204)
	return riffOf(riffChunk("VP8X", "\x10\x00\x00\x00"+size), riffChunk("ALPH", "\x01"+string(manyCodes(204, groups))), riffChunk("VP8 ", string(patched)))
}

// If this failed, files that look cheap would take memory that nobody counted: several at once
// would end the node (A061).
func TestA061HeadsCountAllMemory(t *testing.T) {
	var rgb, large bytes.Buffer
	if err := jpeg.Encode(&rgb, noise(1500, 1500), &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&large, noise(1200, 1100)); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"noise in PNG": large.Bytes(), "noise in JPEG": rgb.Bytes(), "interlaced PNG": interlacedPNG(1000, 900),
		"turned PNG":       withChunk(large.Bytes(), "eXIf", exif(6)[6:]),
		"JPEG without YUV": withSegment(rgb.Bytes(), 0xee, adobe), "JPEG that says so late": behindFrame(rgb.Bytes(), 0xee, adobe),
		"progressive JPEG": manyScans(2000, 3), "narrow JPEG": jpegOf(t, photo(3, 9000)),
		"noise in GIF": noisyGIF(t, 12, 500, false), "interlaced GIF": noisyGIF(t, 12, 500, true), "many frames": noisyGIF(t, FramesMax, 40, false),
		"lossless WebP": losslessWebP(204, 2600), "lossless WebP of fewer codes": losslessWebP(204, 300), "what is seen through": alphaWebP(t, 2600),
		"plain lossless WebP": webpFile(t, "lossless"), "lossy WebP": webpFile(t, "lossy"),
	} {
		head, err := Look(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		const tables = 4 << 20 // of encoders, whatever the size
		used := heap(func() { _, err = Make(data, Plan{Small: true}) })
		if used > uint64(head.Cost)+tables {
			t.Errorf("%s: took %d kB, said %d kB", name, used>>10, head.Cost>>10)
		}
		if err != nil && name != "what is seen through" { // its picture is too short for its size
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: took %d kB, said %d kB", name, used>>10, head.Cost>>10)
	}
}

// If this failed, what is dear would be hidden before something cheap that is never reached, and
// any number of such files be decoded at once (A061).
func TestA061WhatIsDearIsNotHiddenBeforeWhatIsCheap(t *testing.T) {
	var cheap string
	riff(losslessWebP(204, 2)[12:], func(kind string, body []byte) bool { cheap = string(body); return false })
	size := "\xcb\x00\x00\xcb\x00\x00" // 204 by 204
	alpha := riffChunk("ALPH", "\x01"+string(manyCodes(204, 2600)))
	for name, data := range map[string][]byte{
		"a lossless picture": riffOf(riffChunk("VP8X", "\x10\x00\x00\x00"+size), alpha, riffChunk("VP8L", cheap)),
		"in a moving one": riffOf(riffChunk("VP8X", "\x12\x00\x00\x00"+size), riffChunk("ANMF",
			"\x00\x00\x00\x00\x00\x00"+size+"\x64\x00\x00\x00"+string(alpha)+string(riffChunk("VP8L", cheap)))),
		"twice": riffOf(riffChunk("VP8X", "\x10\x00\x00\x00"+size), alpha, riffChunk("ALPH", "\x00"), riffChunk("VP8L", cheap)),
	} {
		head, err := Look(data)
		if err != nil {
			if !fault.Is(err, fault.Unprocessable) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		used := heap(func() { _, err = Make(data, Plan{Small: true}) })
		t.Errorf("%s: is read, takes %d kB, said %d kB: %v", name, used>>10, head.Cost>>10, err)
	}
}

// If this failed, our reading of lossless WebP and the decoder's would part, and one of them count
// what the other does not take.
func TestCodesOfLosslessWebPAreReadLikeTheDecoderDoes(t *testing.T) {
	data := losslessWebP(204, 2600)
	for cut := 30; cut < len(data); cut += 100_001 {
		short := bytes.Clone(data[:cut])
		binary.LittleEndian.PutUint32(short[16:], uint32(cut-20))
		if _, err := Make(short, Plan{}); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("cut off at %d: %v", cut, err)
		}
	}
	if _, ok := losslessCost(nil, 10, 10); ok {
		t.Error("nothing is a picture")
	}
	few, _ := losslessCost(manyCodes(204, 2), 204, 204)
	many, _ := losslessCost(manyCodes(204, 2600), 204, 204)
	if few > 1<<20 || many < 150<<20 {
		t.Errorf("two groups cost %d kB, 2,600 cost %d kB", few>>10, many>>10)
	}
}

// If this failed, a moving picture of a few megabytes could become a file of hundreds.
func TestMovingPicturesThatGrowAreRefused(t *testing.T) {
	s := &sheets{most: 100_000}
	for range 10 {
		if _, err := s.Write(make([]byte, 10_000)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Write([]byte{1}); err == nil || len(s.bytes()) != 100_000 {
		t.Errorf("%v, %d bytes", err, len(s.bytes()))
	}
}

// If this failed, moving WebP pictures, which telephones send as stickers, would be refused instead
// of standing still.
func TestMovingWebPStandsStill(t *testing.T) {
	for _, name := range []string{"lossy", "lossless"} {
		still := webpFile(t, name)
		size := "\x17\x00\x00\x0f\x00\x00" // 24 by 16
		frame := "\x00\x00\x00\x00\x00\x00" + size + "\x64\x00\x00\x00" + string(still[12:])
		moving := riffOf(riffChunk("VP8X", "\x02\x00\x00\x00\xff\x00\x00\xff\x00\x00"), riffChunk("ANIM", "\x00\x00\x00\x00\x00\x00"),
			riffChunk("ANMF", frame), riffChunk("ANMF", frame))
		want, got := makeIt(t, still, Plan{Small: true}), makeIt(t, moving, Plan{Small: true})
		if got.Moves || got.Large.Width != 24 || got.Large.Height != 16 || !bytes.Equal(got.Large.Data, want.Large.Data) {
			t.Errorf("%s: %d × %d", name, got.Large.Width, got.Large.Height)
		}
		for _, bad := range [][]byte{moving[:60], riffOf(riffChunk("VP8X", "\x02\x00\x00\x00"+size)), riffOf(riffChunk("VP8X", "\x02\x00\x00\x00"+size), riffChunk("ANMF", "short"))} {
			if _, err := Make(bad, Plan{}); !fault.Is(err, fault.Unprocessable) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
