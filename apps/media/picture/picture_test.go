package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bbrks/go-blurhash"

	"tulou/protocol/fault"
)

// webpFile reads a picture that libwebp wrote of a test card of 24 × 16 pixels.
func webpFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".webp"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// cmykJPEG is a grey square in the four inks of printers: the tables of a grey JPEG, and a scan of
// four blocks that say "the same" and "end".
func cmykJPEG(t testing.TB) []byte {
	t.Helper()
	plain := jpegOf(t, image.NewGray(image.Rect(0, 0, 8, 8)))
	var out []byte
	for at := 2; plain[at+1] != 0xda; {
		size := 2 + int(be.Uint16(plain[at+2:]))
		if plain[at+1] != 0xc0 {
			out = append(out, plain[at:at+size]...)
		}
		at += size
	}
	frame := []byte{8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0}
	out = withSegment(append([]byte{0xff, 0xd8}, out...), 0xc0, frame)
	out = withSegment(out, 0xee, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00"))
	return append(out, 0xff, 0xda, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0, 0x28, 0xa2, 0x8a, 0xff, 0xd9)
}

func pngOf(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func chunk(kind string, body []byte) []byte {
	b := be.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return be.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// withChunk puts a chunk behind the header of a PNG.
func withChunk(data []byte, kind string, body []byte) []byte {
	return bytes.Join([][]byte{data[:33], chunk(kind, body), data[33:]}, nil)
}

// withSegment puts a segment behind the beginning of a JPEG.
func withSegment(data []byte, marker byte, body []byte) []byte {
	head := append([]byte{0xff, marker}, be.AppendUint16(nil, uint16(len(body)+2))...)
	return bytes.Join([][]byte{data[:2], head, body, data[2:]}, nil)
}

func deflate(body []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()
}

// exif is a block with an orientation, a place and a camera.
func exif(orientation uint16) []byte {
	b := []byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08")
	entry := func(tag, kind uint16, count uint32, value []byte) {
		b = be.AppendUint16(b, tag)
		b = be.AppendUint16(b, kind)
		b = be.AppendUint32(b, count)
		b = append(b, value...)
	}
	b = be.AppendUint16(b, 3)
	entry(0x010f, 2, 4, []byte("SEC\x00"))                               // Make
	entry(0x0112, 3, 1, append(be.AppendUint16(nil, orientation), 0, 0)) // Orientation
	entry(0x8825, 4, 1, be.AppendUint32(nil, 8+2+3*12+4))                // GPS
	b = append(b, 0, 0, 0, 0)
	b = be.AppendUint16(b, 1)
	entry(0x0001, 2, 2, []byte("N\x00\x00\x00"))
	return append(b, 0, 0, 0, 0)
}

func makeIt(t testing.TB, data []byte, p Plan) Made {
	t.Helper()
	made, err := Make(data, p)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func decodeFile(t testing.TB, f File) image.Image {
	t.Helper()
	if got := Sniff(f.Data); got != f.MediaType {
		t.Fatalf("%s is called %s", got, f.MediaType)
	}
	p, err := decode(f.Data, f.MediaType)
	if err != nil {
		t.Fatal(err)
	}
	if b := p.Bounds(); b.Dx() != f.Width || b.Dy() != f.Height {
		t.Fatalf("%v is called %d × %d", b, f.Width, f.Height)
	}
	return p
}

// near tells whether a pixel has a colour, but for what JPEG loses.
func near(p image.Image, x, y int, want color.NRGBA, within int) error {
	got := color.NRGBAModel.Convert(p.At(p.Bounds().Min.X+x, p.Bounds().Min.Y+y)).(color.NRGBA)
	for _, pair := range [][2]uint8{{got.R, want.R}, {got.G, want.G}, {got.B, want.B}, {got.A, want.A}} {
		if d := int(pair[0]) - int(pair[1]); d > within || d < -within {
			return fmt.Errorf("pixel %d,%d is %v, want %v", x, y, got, want)
		}
	}
	return nil
}

var (
	red   = color.NRGBA{220, 30, 20, 255}
	green = color.NRGBA{20, 200, 40, 255}
	blue  = color.NRGBA{20, 40, 210, 255}
	grey  = color.NRGBA{120, 120, 120, 255}
)

// quarters is a picture whose corners differ, so that turning it shows: red green / blue grey.
func quarters(w, h int) *image.NRGBA {
	p := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := [4]color.NRGBA{red, green, blue, grey}[x*2/w+2*(y*2/h)]
			p.SetNRGBA(x, y, c)
		}
	}
	return p
}

// If this failed, a page, a script or a drawing with script could be uploaded under the name of a
// picture (A007, A061).
func TestA007OnlyContentSaysWhatAFileIs(t *testing.T) {
	for body, want := range map[string]string{
		"": "", "G": "", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>": "",
		"<!doctype html><script>alert(1)</script>": "", "<?xml version='1.0'?><svg/>": "", "%PDF-1.7": "", "BM\x00\x00": "",
		"II*\x00\x00\x00\x00\x00": "", "\x00\x00\x01\x00": "", "GIF88a": "", "RIFF\x00\x00\x00\x00AVI LIST": "", "RIFX\x00\x00\x00\x00WEBPVP8 ": "",
		"MZ\x90\x00": "", "PK\x03\x04": "", "{\"@context\":1}": "", "#EXTM3U": "", "ffconcat version 1.0": "", "\xff\xfe<\x00s\x00": "", "\xff\xd8": "",
		"\xff\xd8\xff\xe0": "image/jpeg", "\x89PNG\r\n\x1a\n": "image/png", "GIF89a/*\x00": "image/gif", "RIFF\x00\x00\x00\x00WEBPVP8 ": "image/webp",
		"\x00\x00\x00\x18ftypavif": "image/avif", "\x00\x00\x00\x18ftypheic": "image/heic", "\x00\x00\x00\x18ftypmp42": "video/mp4",
		"\x00\x00\x00\x18ftypqt  ": "video/quicktime", "\x00\x00\x00\x18ftypXXXX": "", "\x1a\x45\xdf\xa3": "video/webm",
		"ID3\x04": "audio/mpeg", "\xff\xfb\x90\x00": "audio/mpeg", "\xff\xff\xff\xff": "", "OggS": "audio/ogg", "fLaC": "audio/flac", "RIFF\x00\x00\x00\x00WAVEfmt ": "audio/wav",
	} {
		if got := Sniff([]byte(body)); got != want {
			t.Errorf("%.20q is %q, want %q", body, got, want)
		}
		if _, err := Make([]byte(body), Plan{}); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("%.20q: %v", body, err)
		}
	}
}

// If this failed, photographs would lie on their side.
func TestPicturesAreTurnedUpright(t *testing.T) {
	// Corners of the upright picture, by what the corners of the stored one have to be.
	corners := map[uint16][4]color.NRGBA{
		1: {red, green, blue, grey}, 2: {green, red, grey, blue}, 3: {grey, blue, green, red}, 4: {blue, grey, red, green},
		5: {red, blue, green, grey}, 6: {blue, red, grey, green}, 7: {grey, green, blue, red}, 8: {green, grey, red, blue},
	}
	stored := quarters(80, 48)
	for orientation, want := range corners {
		files := map[string][]byte{
			"jpeg": withSegment(jpegOf(t, stored), 0xe1, exif(orientation)),
			"png":  withChunk(pngOf(t, stored), "eXIf", exif(orientation)[6:]),
		}
		for name, data := range files {
			made := makeIt(t, data, Plan{Small: true})
			for _, f := range []File{made.Large, made.Small} {
				p := decodeFile(t, f)
				w, h := 80, 48
				if orientation >= 5 {
					w, h = h, w
				}
				if f.Width != w || f.Height != h {
					t.Errorf("%s %d: %d × %d", name, orientation, f.Width, f.Height)
				}
				for i, c := range want {
					if err := near(p, 4+(w-8)*(i%2), 4+(h-8)*(i/2), c, 12); err != nil {
						t.Errorf("%s %d: %v", name, orientation, err)
					}
				}
			}
		}
	}
	for _, nonsense := range []uint16{0, 9, 65535} {
		if made := makeIt(t, withSegment(jpegOf(t, stored), 0xe1, exif(nonsense)), Plan{}); made.Large.Width != 80 {
			t.Errorf("orientation %d turns", nonsense)
		}
	}
}

// markers lists the segments of a JPEG before the picture, and chunks those of a PNG.
func parts(t *testing.T, f File) (names []string) {
	t.Helper()
	switch f.MediaType {
	case "image/jpeg":
		for at := 2; f.Data[at+1] != 0xda; at += 2 + int(be.Uint16(f.Data[at+2:])) {
			names = append(names, fmt.Sprintf("%x", f.Data[at+1]))
		}
	case "image/png":
		for at := 8; at < len(f.Data); at += 12 + int(be.Uint32(f.Data[at:])) {
			names = append(names, string(f.Data[at+4:at+8]))
		}
	}
	return names
}

// If this failed, pictures would tell where and by whom they were taken (A082).
func TestA082NothingIsLeftButThePicture(t *testing.T) {
	plain := quarters(64, 64)
	xmp := "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>SECRET</x:xmpmeta>"
	j := jpegOf(t, plain)
	for _, s := range []struct {
		marker byte
		body   string
	}{{0xfe, "SECRET comment"}, {0xed, "Photoshop 3.0\x00SECRET"}, {0xe1, xmp}, {0xe2, "MPF\x00SECRET"}, {0xeb, "SECRET c2pa"}, {0xe2, "ICC_PROFILE\x00\x01\x01SECRET"}} {
		j = withSegment(j, s.marker, []byte(s.body))
	}
	j = append(withSegment(j, 0xe1, exif(1)), "SECRET behind the end"...)
	p := pngOf(t, plain)
	for kind, body := range map[string][]byte{
		"tEXt": []byte("Comment\x00SECRET"), "zTXt": append([]byte("Comment\x00\x00"), deflate([]byte("SECRET"))...), "iTXt": []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00SECRET"),
		"eXIf": exif(1)[6:], "iCCP": append([]byte("SECRET\x00\x00"), deflate([]byte("SECRET"))...), "caBX": []byte("SECRET"), "acTL": {0, 0, 0, 9, 0, 0, 0, 0},
	} {
		p = withChunk(p, kind, body)
	}
	p = append(p, "SECRET behind the end"...)
	moving := movingGIF(t, 3, 40, 30)
	moving = append(moving[:len(moving)-1], "\x21\xfe\x06SECRET\x00\x21\xff\x0bXMP DataXMP\x06SECRET\x00;SECRET"...)
	for name, data := range map[string][]byte{"jpeg": j, "png": p, "gif": moving} {
		made := makeIt(t, data, Plan{Small: true})
		for _, f := range []File{made.Large, made.Small} {
			if bytes.Contains(f.Data, []byte("SEC")) || bytes.Contains(f.Data, []byte("Exif")) || bytes.Contains(f.Data, []byte("GPS")) {
				t.Errorf("%s: it is still there", name)
			}
			for _, part := range parts(t, f) {
				if !strings.Contains(" db c4 c0 IHDR IDAT IEND PLTE tRNS ", " "+part+" ") {
					t.Errorf("%s: %s is left", name, part)
				}
			}
			agree(t, f)
		}
	}
}

// agree asks exiftool, if it is installed, whether anything is left.
func agree(t *testing.T, f File) {
	t.Helper()
	tool, err := exec.LookPath("exiftool")
	if err != nil {
		t.Log("SKIP: exiftool is not installed")
		return
	}
	command := exec.Command(tool, "-G1", "-s", "-")
	command.Stdin = bytes.NewReader(f.Data)
	words, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(words)) {
		for _, group := range []string{"[GPS]", "[IFD0]", "[ExifIFD]", "[XMP", "[IPTC]", "[Photoshop]", "[MPF"} {
			if strings.HasPrefix(line, group) {
				t.Errorf("exiftool finds %s", line)
			}
		}
	}
}

// profileP3 is a profile of Display P3 as telephones write it, with words of its maker.
func profileP3() []byte {
	p := &profile{space: "RGB ", version: 4, tags: map[string][]byte{}}
	xyz := func(v ...float64) []byte {
		b := []byte("XYZ \x00\x00\x00\x00")
		for _, f := range v {
			b = be.AppendUint32(b, uint32(int32(math.Round(f*65536))))
		}
		return b
	}
	curve := []byte("para\x00\x00\x00\x00\x00\x03\x00\x00")
	for _, v := range []float64{2.4, 1 / 1.055, .055 / 1.055, 1 / 12.92, .04045} {
		curve = be.AppendUint32(curve, uint32(int32(math.Round(v*65536))))
	}
	p.tags["wtpt"] = xyz(.9642, 1, .8249)
	p.tags["rXYZ"], p.tags["gXYZ"], p.tags["bXYZ"] = xyz(.5151, .2412, -.0011), xyz(.2919, .6922, .0419), xyz(.1572, .0666, .7841)
	p.tags["rTRC"], p.tags["gTRC"], p.tags["bTRC"] = curve, curve, curve
	return p.bytes(false)
}

// If this failed, photographs of telephones would look pale: the numbers of a wide gamut would be
// taken for those of sRGB.
func TestWideColoursDoNotShift(t *testing.T) {
	icc := bytes.Replace(profileP3(), []byte("\x00c\x00o\x00l\x00o\x00u\x00r\x00s"), []byte("\x00S\x00E\x00C\x00R\x00E\x00T\x00S"), 1)
	wide := quarters(64, 64)
	for name, data := range map[string][]byte{
		"jpeg": withSegment(jpegOf(t, wide), 0xe2, append([]byte("ICC_PROFILE\x00\x01\x01"), icc...)),
		"png":  withChunk(pngOf(t, wide), "iCCP", append([]byte("P3\x00\x00"), deflate(icc)...)),
	} {
		made := makeIt(t, data, Plan{Small: true})
		for _, f := range []File{made.Large, made.Small} {
			p := decodeFile(t, f)
			if err := near(p, 8, 8, red, 8); err != nil { // the same numbers …
				t.Errorf("%s: %v", name, err)
			}
			head, err := Look(f.Data)
			if err != nil {
				t.Fatal(err)
			}
			got, want := profileOf(head.ICC), profileOf(icc) // … which mean the same
			if got == nil {
				t.Fatalf("%s: the profile is lost", name)
			}
			for _, tag := range rgbTags {
				if !bytes.Equal(got.tags[tag], want.tags[tag]) {
					t.Errorf("%s: %s is another", name, tag)
				}
			}
			if bytes.Contains(head.ICC, []byte("\x00S\x00E\x00C")) {
				t.Errorf("%s: words of the profile are left", name)
			}
			agree(t, f)
		}
	}
}

// If this failed, a profile could be a way to keep what should go, or to break viewers.
func TestProfilesAreMadeAnewOrLeftOut(t *testing.T) {
	good := profileP3()
	if p := profileOf(good); p == nil || !bytes.Equal(p.bytes(false), good) || p.bytes(true) != nil {
		t.Error("a profile that was made anew is made anew as another")
	}
	for i := range good { // no damage makes it panic, or come through with what does not belong
		bad := bytes.Clone(good)
		bad[i] ^= 0xff
		if out := profileOf(bad).bytes(false); len(out) > len(good)+64 {
			t.Fatalf("byte %d: %d bytes", i, len(out))
		}
		profileOf(good[:i]).bytes(false)
	}
	lut := bytes.Clone(good)
	copy(lut[20:], "Lab ")
	if profileOf(lut) != nil {
		t.Error("a profile of tables is kept")
	}
	if bomb := inflateICC(append([]byte("x\x00\x00"), deflate(make([]byte, 1<<25))...)); bomb != nil {
		t.Errorf("a profile of %d bytes is unpacked", len(bomb))
	}
	var none *profile
	if none.bytes(false) != nil {
		t.Error("no profile becomes one")
	}
}

// If this failed, some cameras, scanners and programs would make pictures that look wrong here.
func TestEveryKindOfPixelIsRead(t *testing.T) {
	opaque := quarters(64, 64)
	as := func(p interface {
		image.Image
		Set(x, y int, c color.Color)
	}) image.Image {
		for y := range 64 {
			for x := range 64 {
				p.Set(x, y, opaque.At(x, y))
			}
		}
		return p
	}
	r := opaque.Rect
	cases := map[string]struct {
		data   []byte
		out    string
		within int
		tone   bool
	}{
		"8 bits":      {pngOf(t, opaque), "image/png", 0, false},
		"16 bits":     {pngOf(t, as(image.NewNRGBA64(r))), "image/png", 0, false},
		"grey":        {pngOf(t, as(image.NewGray(r))), "image/png", 0, true},
		"16 bit grey": {pngOf(t, as(image.NewGray16(r))), "image/png", 1, true},
		"palette":     {pngOf(t, as(image.NewPaletted(r, color.Palette{red, green, blue, grey}))), "image/png", 0, false},
		"jpeg":        {jpegOf(t, opaque), "image/jpeg", 8, false},
		"grey jpeg":   {jpegOf(t, as(image.NewGray(r))), "image/jpeg", 4, true},
		"one gif":     {stillGIF(t, as(image.NewPaletted(r, color.Palette{red, green, blue, grey})).(*image.Paletted)), "image/png", 0, false},
		"cmyk":        {cmykJPEG(t), "image/jpeg", 255, false},
		"webp":        {webpFile(t, "lossy"), "image/jpeg", 255, false},
		"exact webp":  {webpFile(t, "lossless"), "image/jpeg", 255, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			made := makeIt(t, c.data, Plan{Small: true})
			if made.Large.MediaType != c.out || made.Moves {
				t.Errorf("%s, moves %v", made.Large.MediaType, made.Moves)
			}
			for _, f := range []File{made.Large, made.Small} {
				p := decodeFile(t, f)
				if c.within == 255 {
					continue
				}
				for i, want := range []color.NRGBA{red, green, blue, grey} {
					if c.tone {
						y := color.GrayModel.Convert(want).(color.Gray).Y
						want = color.NRGBA{y, y, y, 255}
					}
					if err := near(p, 8+48*(i%2), 8+48*(i/2), want, max(c.within, 8*len(f.MediaType)/11)); err != nil {
						t.Error(err)
					}
				}
				if _, isGrey := p.(*image.Gray); c.tone != isGrey {
					t.Errorf("%T", p)
				}
			}
			if _, err := blurhash.Decode(made.Blurhash, 8, 8, 1); err != nil {
				t.Errorf("blurhash %q: %v", made.Blurhash, err)
			}
		})
	}
	clear := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	clear.SetNRGBA(20, 20, color.NRGBA{255, 0, 0, 128})
	made := makeIt(t, pngOf(t, clear), Plan{Small: true})
	if made.Large.MediaType != "image/png" || made.Small.MediaType != "image/png" {
		t.Error("what can be seen through was painted over")
	}
	if err := near(decodeFile(t, made.Large), 20, 20, color.NRGBA{255, 0, 0, 128}, 2); err != nil {
		t.Error(err)
	}
}

// If this failed, large pictures would be distorted, and small ones blown up.
func TestPicturesAreMadeSmaller(t *testing.T) {
	large := makeIt(t, jpegOf(t, image.NewGray(image.Rect(0, 0, 3600, 2700))), Plan{Small: true})
	if w, h := large.Large.Width, large.Large.Height; w*h > LargeMax || w*h < LargeMax*99/100 || math.Abs(float64(w)/float64(h)-4./3) > .001 {
		t.Errorf("%d × %d", w, h)
	}
	if w, h := large.Small.Width, large.Small.Height; w*h > SmallMax || w*h < SmallMax*98/100 || len(large.Small.Data) > 150_000 {
		t.Errorf("small: %d × %d, %d bytes", w, h, len(large.Small.Data))
	}
	tiny := makeIt(t, pngOf(t, quarters(3, 2)), Plan{Small: true})
	if tiny.Large.Width != 3 || tiny.Small.Width != 3 {
		t.Errorf("%+v", tiny.Large)
	}
	line := makeIt(t, pngOf(t, quarters(16000, 1)), Plan{Small: true, Width: 400, Height: 400})
	if line.Large.Width != 1 || line.Large.Height != 1 {
		t.Errorf("%d × %d", line.Large.Width, line.Large.Height)
	}
	// Halving takes the mean of four; thirds cover parts of pixels.
	for _, side := range []int{2, 3, 5, 7} {
		p := shrink(quarters(30, 30), image.Rect(0, 0, 30, 30), side, side)
		if err := near(p, 0, 0, red, 1); err != nil {
			t.Error(err)
		}
		if err := near(p, side-1, side-1, grey, 1); err != nil {
			t.Error(err)
		}
	}
	white := image.NewUniform(color.White)
	for _, size := range [][4]int{{4032, 3024, 3325, 2494}, {1000, 7, 999, 1}, {13, 11, 12, 10}} {
		p := shrink(white, image.Rect(0, 0, size[0], size[1]), size[2], size[3])
		for i, v := range p.Pix {
			if v != 255 {
				t.Fatalf("%v: byte %d is %d", size, i, v)
			}
		}
	}
	face := makeIt(t, jpegOf(t, quarters(800, 600)), Plan{Width: 400, Height: 400, Small: true})
	if face.Large.Width != 400 || face.Large.Height != 400 {
		t.Errorf("face: %d × %d", face.Large.Width, face.Large.Height)
	}
	header := makeIt(t, withSegment(jpegOf(t, quarters(600, 3000)), 0xe1, exif(6)), Plan{Width: 1500, Height: 500})
	if header.Large.Width != 1500 || header.Large.Height != 500 {
		t.Errorf("header: %d × %d", header.Large.Width, header.Large.Height)
	}
}

func stillGIF(t testing.TB, p *image.Paletted) []byte {
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{p}, Delay: []int{0}}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func movingGIF(t testing.TB, frames, w, h int) []byte {
	t.Helper()
	g := &gif.GIF{LoopCount: 3}
	for i := range frames {
		p := image.NewPaletted(image.Rect(0, 0, w, h), palette.WebSafe)
		p.Pix[i%len(p.Pix)] = uint8(i)
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 4)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// If this failed, moving pictures would stand still, or tell more than they show.
func TestMovingPicturesGoOnMoving(t *testing.T) {
	data := movingGIF(t, 5, 60, 40)
	made := makeIt(t, data, Plan{Small: true})
	if !made.Moves || made.Large.MediaType != "image/gif" || made.Small.MediaType == "image/gif" || made.Large.Width != 60 {
		t.Errorf("%+v", made.Large)
	}
	whole, err := gif.DecodeAll(bytes.NewReader(made.Large.Data))
	if err != nil || len(whole.Image) != 5 || whole.Delay[2] != 4 || whole.LoopCount != 3 {
		t.Errorf("%d frames: %v", len(whole.Image), err)
	}
	if still := makeIt(t, data, Plan{Still: true}); still.Moves || still.Large.MediaType != "image/png" {
		t.Errorf("%s", still.Large.MediaType)
	}
}

// header is a PNG that is nothing but its head and some packed nothing.
func headPNG(w, h uint32, depth, kind byte) []byte {
	ihdr := append(be.AppendUint32(be.AppendUint32(nil, w), h), depth, kind, 0, 0, 0)
	return bytes.Join([][]byte{[]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", ihdr), chunk("IDAT", deflate(make([]byte, 1<<20))), chunk("IEND", nil)}, nil)
}

// If this failed, a small file could fill the memory of the node (A061).
func TestA061BombsAreRefusedByTheirHeads(t *testing.T) {
	le := binary.LittleEndian
	huge := jpegOf(t, quarters(16, 16))
	sof := bytes.Index(huge, []byte{0xff, 0xc0})
	be.PutUint16(huge[sof+5:], 60000)
	be.PutUint16(huge[sof+7:], 60000)
	progressive := bytes.Clone(huge)
	progressive[sof+1] = 0xc2
	be.PutUint16(progressive[sof+5:], 5500)
	be.PutUint16(progressive[sof+7:], 6000)
	progressive[sof+11] = 0x11 // no subsampling: three planes of coefficients
	webp := []byte("RIFF\x40\x00\x00\x00WEBPVP8L\x20\x00\x00\x00\x2f")
	webp = append(le.AppendUint32(webp, 16382|16382<<14), make([]byte, 40)...)
	vp8x := []byte("RIFF\x40\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xffVP8L\x10\x00\x00\x00\x2f")
	vp8x = append(le.AppendUint32(vp8x, 16382|16382<<14), make([]byte, 40)...)
	film := bytes.Clone(vp8x)
	film[20] |= 2
	many := movingGIF(t, FramesMax+1, 2, 2)
	wide := movingGIF(t, 2, 16, 16)
	at := bytes.IndexByte(wide[13+3*256:], 0x2c) + 13 + 3*256
	le.PutUint16(wide[at+5:], 65535)
	le.PutUint16(wide[at+7:], 65535)
	text := withChunk(pngOf(t, quarters(8, 8)), "zTXt", append([]byte("a\x00\x00"), deflate(make([]byte, 1<<26))...))
	for name, data := range map[string][]byte{
		"png": headPNG(60000, 60000, 8, 6), "png of 2^31": headPNG(1<<31-1, 1<<31-1, 1, 0), "long png": headPNG(16384, 10, 8, 6), "deep png": headPNG(6000, 5500, 16, 6),
		"jpeg": huge, "progressive jpeg": progressive, "webp": webp, "webp with a larger canvas": vp8x, "moving webp": film,
		"gif of many frames": many, "gif with a huge frame": wide, "large file": append(pngOf(t, quarters(8, 8)), make([]byte, BytesMax)...),
	} {
		var err error
		if used := heap(func() { _, err = Make(data, Plan{Small: true}) }); used > 64<<20 {
			t.Errorf("%s: %d MB", name, used>>20)
		}
		if !fault.Is(err, fault.Unprocessable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What unpacks to much without being the picture is never unpacked.
	var err error
	if used := heap(func() { _, err = Make(text, Plan{}) }); used > 16<<20 || err != nil {
		t.Errorf("text: %d MB, %v", used>>20, err)
	}
}

// manyScans is a progressive JPEG without colours whose scans after the first say nothing.
func manyScans(side, scans int) []byte {
	segment := func(to []byte, marker byte, body ...byte) []byte {
		to = append(to, 0xff, marker, byte((len(body)+2)>>8), byte(len(body)+2))
		return append(to, body...)
	}
	table := func(class, symbol byte) []byte { return append(append([]byte{class, 1}, make([]byte, 15)...), symbol) }
	d := segment([]byte{0xff, 0xd8}, 0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...)
	d = segment(d, 0xc2, 8, byte(side>>8), byte(side), byte(side>>8), byte(side), 1, 1, 0x11, 0)
	d = segment(segment(d, 0xc4, table(0, 0)...), 0xc4, table(0x10, 0xe0)...)
	blocks := (side + 7) / 8 * ((side + 7) / 8)
	d = append(segment(d, 0xda, 1, 1, 0, 0, 0, 0), make([]byte, blocks/8+1)...) // the same grey everywhere
	for range scans - 1 {
		d = segment(d, 0xda, 1, 1, 0, 1, 63, 0)
		var bits string
		for left := blocks; left > 0; left -= 1 << 14 {
			bits += "0" + strings.Repeat("0", 14)
		}
		d = append(d, make([]byte, len(bits)/8+1)...)
	}
	return append(d, 0xff, 0xd9)
}

func TestA061PicturesThatTakeForEverAreRefused(t *testing.T) {
	// If this failed, a file of some megabytes would keep a core busy for an hour: every scan goes
	// over the whole picture, however little it says.
	makeIt(t, manyScans(64, scansMax), Plan{})
	if _, err := Make(manyScans(64, scansMax+1), Plan{}); !fault.Is(err, fault.Unprocessable) {
		t.Errorf("%d scans: %v", scansMax+1, err)
	}
	behind := append(manyScans(64, 10), bytes.Repeat([]byte("\xff\xda"), 1000)...)
	makeIt(t, behind, Plan{}) // the film of a phone, which is not read
}

// riffOf is a file of chunks.
func riffOf(chunks ...string) []byte {
	body := "WEBP" + strings.Join(chunks, "")
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func riffChunk(kind, body string) string {
	return kind + string(binary.LittleEndian.AppendUint32(nil, uint32(len(body)))) + body + strings.Repeat("\x00", len(body)&1)
}

func TestA061CanvasOfWebPIsThatOfItsPicture(t *testing.T) {
	// If this failed, 68 bytes would be unpacked to a gigabyte: what is seen through of a picture of
	// 16 by 16 is decoded at the size of the canvas, before anything is compared.
	canvas := func(side int) string {
		size := string([]byte{byte(side - 1), byte((side - 1) >> 8), 0})
		return riffChunk("VP8X", "\x10\x00\x00\x00"+size+size)
	}
	// Lossless, no transforms, and five codes of one symbol each: not one bit for a pixel.
	alpha := riffChunk("ALPH", "\x01\x88\x88\x08\x00\x00\x00\x00\x00")
	small := riffChunk("VP8 ", "\x10\x00\x00\x9d\x01\x2a\x10\x00\x10\x00\x00\x00")
	lossless := riffChunk("VP8L", "\x2f\x0f\xc0\x03\x00\x88\x88\x08\x00\x00")
	for name, data := range map[string][]byte{
		"large canvas":            riffOf(canvas(16383), alpha, small),
		"large canvas, lossless":  riffOf(canvas(16383), alpha, lossless),
		"large canvas, then none": riffOf(canvas(16383), alpha, canvas(16), small),
	} {
		if head, err := Look(data); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("%s: %v, %v", name, head, err)
		}
	}
	if _, err := Look(riffOf(canvas(16), alpha, small)); err != nil {
		t.Errorf("its own size: %v", err)
	}
}

func TestA061FramesOfGIFDoNotHide(t *testing.T) {
	// If this failed, frames would hide in what is skipped as a text or as data of a program, where
	// the decoder finds them: any number, for gigabytes.
	frame := "\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00"
	begin := "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff" + frame + frame
	inside := strings.Repeat("x", 12) + "\x00" + strings.Repeat(frame, 10) + "\x21\xfe"
	rest := 255 - len(inside) - 1
	for name, data := range map[string]string{
		"text":    begin + "\x21\x01\xff" + inside + string([]byte{byte(rest + 1)}) + strings.Repeat("y", rest) + "\x00\x21\xfe\x03zzz\x00;",
		"program": begin + "\x21\xff\x00\x2c" + strings.Repeat("\x00", 4) + ";",
	} {
		head, err := Look([]byte(data))
		if whole, decoded := gif.DecodeAll(strings.NewReader(data)); err == nil && (decoded != nil || len(whole.Image) != head.Frames) {
			t.Errorf("%s: %d frames by the head, %d by the decoder (%v)", name, head.Frames, len(whole.Image), decoded)
		}
	}
	if _, err := Look([]byte(begin + "\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00\x21\xfe\x03abc\x00\x21\xf9\x04\x00\x00\x00\x00\x00;")); err != nil {
		t.Errorf("what programs write: %v", err)
	}
}

// heap returns how much memory f took altogether.
func heap(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// If this failed, the memory that callers hand out would not be what is taken.
func TestMakeTakesNoMoreMemoryThanLookSays(t *testing.T) {
	for name, data := range map[string][]byte{
		"jpeg": jpegOf(t, photo(1600, 1200)), "png": pngOf(t, photo(700, 600)), "turned": withSegment(jpegOf(t, photo(1000, 800)), 0xe1, exif(6)),
		"gif": movingGIF(t, 50, 300, 200), "small": pngOf(t, quarters(10, 10)),
	} {
		head, err := Look(data)
		if err != nil {
			t.Fatal(err)
		}
		const tables = 4 << 20 // of encoders, whatever the size
		if used := heap(func() { makeIt(t, data, Plan{Small: true}) }); used > uint64(head.Cost)+tables {
			t.Errorf("%s: took %d kB, said %d kB", name, used>>10, head.Cost>>10)
		}
	}
}

// If this failed, half a picture would be shown as a whole one, or end the node.
func TestWhatIsCutOffOrDamagedIsRefused(t *testing.T) {
	for name, data := range map[string][]byte{
		"jpeg": jpegOf(t, quarters(64, 64)), "png": pngOf(t, quarters(64, 64)), "gif": movingGIF(t, 3, 20, 20), "webp": webpFile(t, "lossy"),
	} {
		for _, part := range []int{0, 1, 8, 12, 20, 40, len(data) / 2, len(data) * 3 / 4} {
			if part >= len(data) {
				continue
			}
			if _, err := Make(data[:part], Plan{Small: true}); !fault.Is(err, fault.Unprocessable) {
				t.Errorf("%s cut off at %d: %v", name, part, err)
			}
		}
	}
	if _, err := Make([]byte("\x00\x00\x00\x18ftypheic"), Plan{}); !strings.Contains(fault.DetailOf(err), "HEIC") {
		t.Errorf("HEIC: %v", err)
	}
}

// If this failed, a file that is a picture and something else at once would stay the other thing.
func TestPolyglotsBecomePicturesAlone(t *testing.T) {
	const script = "/*<script>alert(1)</script><?php system($_GET[0]) ?>*/=1;alert(1)//"
	j := append(withSegment(jpegOf(t, quarters(16, 16)), 0xfe, []byte(script)), script...)
	p := append(withChunk(pngOf(t, quarters(16, 16)), "tEXt", []byte("a\x00"+script)), "PK\x03\x04"+script...)
	g := append(movingGIF(t, 2, 8, 8), script...)
	for name, data := range map[string][]byte{"jpeg": j, "png": p, "gif": g} {
		made := makeIt(t, data, Plan{Small: true})
		for _, f := range []File{made.Large, made.Small} {
			if bytes.Contains(f.Data, []byte("script")) || bytes.Contains(f.Data, []byte("php")) || bytes.Contains(f.Data, []byte("PK\x03\x04")) {
				t.Errorf("%s is still something else", name)
			}
		}
	}
}

// If this failed, a stranger could end the node with a picture, or have one served that is none.
func FuzzMake(f *testing.F) {
	f.Add(jpegOf(f, quarters(16, 8)))
	f.Add(withSegment(jpegOf(f, quarters(16, 8)), 0xe1, exif(6)))
	f.Add(withSegment(jpegOf(f, quarters(8, 8)), 0xe2, append([]byte("ICC_PROFILE\x00\x01\x01"), profileP3()...)))
	f.Add(pngOf(f, quarters(16, 8)))
	f.Add(withChunk(pngOf(f, quarters(8, 8)), "iCCP", append([]byte("P3\x00\x00"), deflate(profileP3())...)))
	f.Add(movingGIF(f, 3, 8, 8))
	f.Add(webpFile(f, "lossy"))
	f.Add(webpFile(f, "lossless"))
	f.Add(cmykJPEG(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		if head, err := Look(data); err == nil && head.Width*head.Height*head.Frames > 1<<20 {
			return // slow, not different
		}
		made, err := Make(data, Plan{Small: true})
		if err != nil {
			if !fault.Is(err, fault.Unprocessable) {
				t.Fatal(err)
			}
			return
		}
		for _, file := range []File{made.Large, made.Small} {
			if Sniff(file.Data) != file.MediaType {
				t.Fatalf("%s is called %s", Sniff(file.Data), file.MediaType)
			}
			if again, err := Make(file.Data, Plan{}); err != nil || again.Large.Width != file.Width {
				t.Fatalf("what was made cannot be read: %v", err)
			}
		}
	})
}
