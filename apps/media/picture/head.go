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
	data = still(data)
	var decoded int64 // bytes of memory
	switch h.MediaType {
	case "image/jpeg":
		decoded, err = h.jpeg(data)
	case "image/png":
		decoded, err = h.png(data)
	case "image/webp":
		decoded, err = h.webp(data)
	case "image/gif":
		decoded, err = h.gif(data)
	default:
		return h, unknown(h.MediaType)
	}
	if err != nil {
		return h, err
	}
	if err := h.sized(); err != nil {
		return h, err
	}
	h.Cost = int64(len(data)) + decoded + h.made(int64(h.Width)*int64(h.Height))
	if h.Cost > CostMax {
		return h, fault.New(fault.Unprocessable, "Validation failed: the picture would take too much memory to decode; save it smaller, or without layers and progressive display")
	}
	if h.MediaType != "image/gif" {
		h.Orientation = orientation(data, h.MediaType)
	}
	return h, nil
}

// sized refuses what has too many pixels, or none.
func (h *Head) sized() error {
	switch {
	case h.Width < 1 || h.Height < 1:
		return broken(nil)
	case h.Width > sideMax || h.Height > sideMax || int64(h.Width)*int64(h.Height) > PixelsMax:
		return fault.New(fault.Unprocessable,
			"Validation failed: the picture has %d × %d pixels; %d million, and %d on a side, are the most", h.Width, h.Height, PixelsMax/1_000_000, sideMax)
	}
	return nil
}

// made is what the large picture takes, twice while it is turned upright, and what is written of
// it, which is as much as itself where nothing may get lost: in sheets, together, and with its
// profile.
func (h *Head) made(pixels int64) int64 {
	pixels = min(pixels, LargeMax)
	if h.MediaType == "image/jpeg" {
		return 13 * pixels
	}
	return 20 * pixels
}

var be = binary.BigEndian

// jpeg reads the segments before the picture (ITU T.81 annex B).
func (h *Head) jpeg(data []byte) (decoded int64, err error) {
	parts := map[int][]byte{}
	count, plain := 0, false
	for at := 2; at+4 <= len(data); {
		if data[at] != 0xff {
			return 0, broken(nil)
		}
		marker := data[at+1]
		if marker == 0xff { // fill
			at++
			continue
		}
		if marker >= 0xd0 && marker <= 0xd7 {
			at += 2
			continue
		}
		// The decoder passes over 0xff 0x00 and reads on right behind it: to us the frame that it finds
		// there would be in a segment.
		size := int(be.Uint16(data[at+2:]))
		if marker < 0xc0 || size < 2 || at+2+size > len(data) {
			return 0, broken(nil)
		}
		body := data[at+4 : at+2+size]
		switch {
		case marker >= 0xc0 && marker <= 0xc2:
			h.ICC = joinICC(parts, count)
			scans, late := scans(data[at+2+size:])
			if scans > scansMax {
				return 0, fault.New(fault.Unprocessable, "Validation failed: the picture is in more than %d scans; save it as baseline JPEG", scansMax)
			}
			return h.jpegFrame(body, marker == 0xc2, plain || late)
		case marker >= 0xc3 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			return 0, fault.New(fault.Unprocessable, "Validation failed: this kind of JPEG is not read here; save it as baseline or progressive")
		case marker == 0xda || marker == 0xd9:
			return 0, broken(nil)
		case marker == 0xe2 && bytes.HasPrefix(body, []byte("ICC_PROFILE\x00")) && len(body) > 14:
			parts[int(body[12])], count = body[14:], int(body[13])
		case marker == 0xee:
			plain = plain || isPlain(body)
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
// that both see the same ones; plain says that a segment among them isPlain. What is behind the
// end, as phones put films there, does not count.
func scans(data []byte) (count int, plain bool) {
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
			return count, plain
		}
		size := int(be.Uint16(data[at:]))
		switch marker {
		case 0xda:
			count++
		case 0xee:
			plain = plain || isPlain(data[at+2:max(at+2, min(len(data), at+size))])
		}
		at += size
	}
	return count, plain
}

// isPlain tells whether a segment of Adobe's says that the colours are red, green and blue, which
// the decoder then puts together beside the planes.
func isPlain(body []byte) bool {
	return len(body) >= 12 && string(body[:5]) == "Adobe" && body[11] == 0
}

// jpegFrame reads the header of a frame: its size, and how many samples there are for a pixel.
func (h *Head) jpegFrame(body []byte, progressive, plain bool) (decoded int64, err error) {
	if len(body) < 6 || len(body) < 6+3*int(body[5]) || body[5] == 0 || body[5] > 4 {
		return 0, broken(nil)
	}
	h.Height, h.Width = int(be.Uint16(body[1:])), int(be.Uint16(body[3:]))
	components := int(body[5])
	samples, across, down, names := int64(0), 1, 1, ""
	for i := range components {
		factors := body[6+3*i+1]
		names += string(body[6+3*i : 7+3*i])
		samples += int64(factors>>4) * int64(factors&15)
		across, down = max(across, int(factors>>4)), max(down, int(factors&15))
	}
	if components == 1 { // its factors mean nothing
		samples, across, down = 1, 1, 1
	}
	units := int64((h.Width+8*across-1)/(8*across)) * int64((h.Height+8*down-1)/(8*down))
	decoded = 64 * samples * units
	if progressive {
		decoded *= 5 // coefficients of 32 bits
	}
	if components == 4 || plain || names == "RGB" { // separate planes first, then together
		decoded += 4 * int64(h.Width) * int64(h.Height)
	}
	return decoded, nil
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
func (h *Head) png(data []byte) (decoded int64, err error) {
	perPixel := int64(0)
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
			return perPixel * int64(h.Width) * int64(h.Height), nil
		}
		at += 12 + size
	}
	return 0, broken(nil)
}

func pngCost(depth, kind byte, interlaced bool) (perPixel int64) {
	perPixel = 4
	switch {
	case depth == 16:
		perPixel = 8
	case kind == 3:
		perPixel = 1
	}
	if interlaced { // seven passes, which have as many pixels together, beside the whole
		perPixel *= 2
	}
	return perPixel
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
