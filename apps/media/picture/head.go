package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"

	"github.com/bep/imagemeta"

	"tulou/protocol/fault"
)

// Head is what a picture says about itself before it is decoded.
type Head struct {
	MediaType     string
	Width, Height int    // as stored, before it is turned upright
	Frames        int    // 1 for what stands still
	Orientation   int    // of EXIF, 1 to 8
	ICC           []byte // the colour profile as it is, nil for none
	// Cost is how many bytes of memory Make takes at most.
	Cost int64
}

// Look reads the head of a picture and refuses what is too large, or no picture. It decodes
// nothing, so that a file of a few kilobytes cannot make gigabytes (A061).
func Look(data []byte) (h Head, err error) {
	h = Head{MediaType: Sniff(data), Frames: 1, Orientation: 1}
	if len(data) > BytesMax {
		return h, fault.New(fault.Unprocessable, "Validation failed: a picture may have at most %d MB", BytesMax>>20)
	}
	var perPixel float64 // bytes of memory while it is decoded
	switch h.MediaType {
	case "image/jpeg":
		perPixel, err = h.jpeg(data)
	case "image/png":
		perPixel, err = h.png(data)
	case "image/webp":
		perPixel, err = h.webp(data)
	case "image/gif":
		perPixel, err = h.gif(data)
	default:
		return h, unknown(h.MediaType)
	}
	if err != nil {
		return h, err
	}
	pixels := int64(h.Width) * int64(h.Height)
	switch {
	case h.Width < 1 || h.Height < 1:
		return h, broken(nil)
	case h.Width > sideMax || h.Height > sideMax || pixels > PixelsMax:
		return h, fault.New(fault.Unprocessable,
			"Validation failed: the picture has %d × %d pixels; %d million, and %d on a side, are the most", h.Width, h.Height, PixelsMax/1_000_000, sideMax)
	}
	h.Cost = int64(len(data)) + int64(perPixel*float64(pixels)) + h.made(pixels)
	if h.Cost > CostMax {
		return h, fault.New(fault.Unprocessable, "Validation failed: the picture would take too much memory to decode; save it smaller, or without layers and progressive display")
	}
	if h.MediaType != "image/gif" {
		h.Orientation = orientation(data, h.MediaType)
	}
	return h, nil
}

// made is what the large picture takes, twice while it is turned upright, and what is written of
// it, which is nearly as much as itself where nothing may get lost.
func (h *Head) made(pixels int64) int64 {
	pixels = min(pixels, LargeMax)
	if h.MediaType == "image/jpeg" {
		return 13 * pixels
	}
	return 20 * pixels
}

var be = binary.BigEndian

// jpeg reads the segments before the picture (ITU T.81 annex B).
func (h *Head) jpeg(data []byte) (perPixel float64, err error) {
	parts := map[int][]byte{}
	count := 0
	for at := 2; at+4 <= len(data); {
		if data[at] != 0xff {
			return 0, broken(nil)
		}
		marker := data[at+1]
		if marker == 0xff { // fill
			at++
			continue
		}
		if marker == 0x01 || marker >= 0xd0 && marker <= 0xd7 {
			at += 2
			continue
		}
		size := int(be.Uint16(data[at+2:]))
		if size < 2 || at+2+size > len(data) {
			return 0, broken(nil)
		}
		body := data[at+4 : at+2+size]
		switch {
		case marker >= 0xc0 && marker <= 0xc2:
			h.ICC = joinICC(parts, count)
			if scans(data[at+2+size:]) > scansMax {
				return 0, fault.New(fault.Unprocessable, "Validation failed: the picture is in more than %d scans; save it as baseline JPEG", scansMax)
			}
			return h.jpegFrame(body, marker == 0xc2)
		case marker >= 0xc3 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			return 0, fault.New(fault.Unprocessable, "Validation failed: this kind of JPEG is not read here; save it as baseline or progressive")
		case marker == 0xda || marker == 0xd9:
			return 0, broken(nil)
		case marker == 0xe2 && bytes.HasPrefix(body, []byte("ICC_PROFILE\x00")) && len(body) > 14:
			parts[int(body[12])], count = body[14:], int(body[13])
		}
		at += 2 + size
	}
	return 0, broken(nil)
}

// scansMax is how often a JPEG may go over its picture; encoders do so some ten times. A scan of a
// few bytes costs as much time as one of megabytes, so that a file could keep a core busy for
// hours.
const scansMax = 100

// scans counts the scans of a JPEG behind the header of its frame, in the steps of the decoder, so
// that both see the same ones. What is behind the end, as phones put films there, does not count.
func scans(data []byte) (count int) {
	for at := 0; at+1 < len(data); {
		if data[at] != 0xff { // what a scan is made of
			at++
			continue
		}
		marker := data[at+1]
		if marker == 0xff { // fill
			at++
			continue
		}
		at += 2
		if marker == 0 || marker >= 0xd0 && marker <= 0xd7 { // of a scan
			continue
		}
		if marker == 0xd9 || at+2 > len(data) {
			return count
		}
		if marker == 0xda {
			count++
		}
		at += int(be.Uint16(data[at:]))
	}
	return count
}

// jpegFrame reads the header of a frame: size, and how many samples there are for a pixel.
func (h *Head) jpegFrame(body []byte, progressive bool) (perPixel float64, err error) {
	if len(body) < 6 || len(body) < 6+3*int(body[5]) || body[5] == 0 || body[5] > 4 {
		return 0, broken(nil)
	}
	h.Height, h.Width = int(be.Uint16(body[1:])), int(be.Uint16(body[3:]))
	components := int(body[5])
	samples, most := 0, 1
	for i := range components {
		factors := body[6+3*i+1]
		area := int(factors>>4) * int(factors&15)
		samples, most = samples+area, max(most, area)
	}
	perPixel = float64(samples) / float64(most)
	if components == 4 {
		perPixel = 8 // separate planes first, then together
	}
	if progressive {
		perPixel += 4 * float64(samples) / float64(most) // coefficients of 32 bits
	}
	return perPixel * 1.1, nil // blocks at the edges
}

func joinICC(parts map[int][]byte, count int) []byte {
	var whole []byte
	for i := 1; i <= count; i++ {
		part, ok := parts[i]
		if !ok || len(whole)+len(part) > iccBytesMax {
			return nil
		}
		whole = append(whole, part...)
	}
	return whole
}

// iccBytesMax bounds colour profiles; those of cameras and screens have at most some kilobytes,
// those of printers, which no picture on a screen needs, up to a megabyte.
const iccBytesMax = 1 << 20

// png reads the chunks before the picture (PNG third edition, section 5).
func (h *Head) png(data []byte) (perPixel float64, err error) {
	for at := 8; at+12 <= len(data); {
		size, kind := int(be.Uint32(data[at:])), string(data[at+4:at+8])
		if size < 0 || size > len(data)-at-12 {
			return 0, broken(nil)
		}
		body := data[at+8 : at+8+size]
		switch {
		case at == 8 && kind == "IHDR" && size == 13:
			width, height := be.Uint32(body), be.Uint32(body[4:])
			h.Width, h.Height = int(min(width, 1<<30)), int(min(height, 1<<30))
			perPixel = pngCost(body[8], body[9], body[12] != 0)
		case at == 8:
			return 0, broken(nil)
		case kind == "iCCP":
			h.ICC = inflateICC(body)
		case kind == "IDAT":
			return perPixel, nil
		}
		at += 12 + size
	}
	return 0, broken(nil)
}

func pngCost(depth, kind byte, interlaced bool) float64 {
	cost := 4.0
	switch {
	case depth == 16:
		cost = 8
	case kind == 3: // without colours there may be a transparent one, which makes it four bytes
		cost = 2
	}
	if interlaced { // passes are decoded beside the whole
		cost *= 1.6
	}
	return cost
}

// inflateICC unpacks the profile of an iCCP chunk; one that unpacks to too much is none.
func inflateICC(body []byte) []byte {
	_, packed, ok := bytes.Cut(body, []byte{0})
	if !ok || len(packed) < 2 || packed[0] != 0 {
		return nil
	}
	r, err := zlib.NewReader(bytes.NewReader(packed[1:]))
	if err != nil {
		return nil
	}
	whole, err := io.ReadAll(io.LimitReader(r, iccBytesMax+1))
	if err != nil || len(whole) > iccBytesMax {
		return nil
	}
	return whole
}

// webp reads the chunks of RIFF (RFC 9649 section 2).
func (h *Head) webp(data []byte) (perPixel float64, err error) {
	le := binary.LittleEndian
	canvas := false // the decoder unpacks what is seen through at the size of the canvas
	fits := func(width, height int) bool {
		same := !canvas || width == h.Width && height == h.Height
		h.Width, h.Height = width, height
		return same
	}
	for at := 12; at+8 <= len(data); {
		kind, size := string(data[at:at+4]), int(le.Uint32(data[at+4:]))
		if size < 0 || size > len(data)-at-8 {
			return 0, broken(nil)
		}
		body := data[at+8 : at+8+size]
		switch kind {
		case "VP8X":
			if size != 10 || canvas {
				return 0, broken(nil)
			}
			canvas = true
			if body[0]&2 != 0 {
				return 0, fault.New(fault.Unprocessable, "Validation failed: moving WebP pictures are not read here; send GIF or a film")
			}
			h.Width, h.Height = 1+int(le.Uint32(body[4:])&0xffffff), 1+int(le.Uint32(body[6:])>>8)
		case "ICCP":
			if size <= iccBytesMax {
				h.ICC = body
			}
		case "VP8 ":
			if size < 10 || !fits(int(le.Uint16(body[6:])&0x3fff), int(le.Uint16(body[8:])&0x3fff)) {
				return 0, broken(nil)
			}
			return 7, nil // planes, and what is seen through by way of a second picture
		case "VP8L":
			if size < 5 {
				return 0, broken(nil)
			}
			bits := le.Uint32(body[1:])
			if !fits(1+int(bits&0x3fff), 1+int(bits>>14&0x3fff)) {
				return 0, broken(nil)
			}
			return 10, nil // two pictures, while it is transformed, and their codes
		}
		at += 8 + size + size&1
	}
	return 0, broken(nil)
}

// orientation reads how the camera was held from EXIF; 1 is upright, as without any.
func orientation(data []byte, mediaType string) int {
	formats := map[string]imagemeta.ImageFormat{
		"image/jpeg": imagemeta.JPEG, "image/png": imagemeta.PNG, "image/webp": imagemeta.WebP,
	}
	found := 1
	_, _ = imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(data), ImageFormat: formats[mediaType], Sources: imagemeta.EXIF,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool { return tag.Tag == "Orientation" && tag.Namespace == "IFD0" },
		HandleTag: func(tag imagemeta.TagInfo) error {
			if v, ok := tag.Value.(uint16); ok && v >= 1 && v <= 8 {
				found = int(v)
			}
			return errFound
		},
		LimitNumTags: 500, LimitTagSize: 64,
	})
	return found
}

// errFound ends the reading of EXIF.
var errFound = errors.New("found")
