package picture

import (
	"encoding/binary"
)

var le = binary.LittleEndian

// moves is the flag of VP8X that says that a picture moves, and seenThrough that something of it
// can be seen through (RFC 9649 section 2.7).
const (
	moves       = 1 << 1
	seenThrough = 1 << 4
)

// riff walks through the chunks of a file (RFC 9649 section 2.3) as long as each wants to go on,
// and tells whether all of them were whole.
func riff(data []byte, each func(kind string, body []byte) bool) bool {
	for at := 0; at+8 <= len(data); {
		size := int(le.Uint32(data[at+4:]))
		if size < 0 || size > len(data)-at-8 {
			return false
		}
		if !each(string(data[at:at+4]), data[at+8:at+8+size]) {
			return true
		}
		at += 8 + size + size&1
	}
	return true
}

func appendChunk(to []byte, kind string, body []byte) []byte {
	to = append(le.AppendUint32(append(to, kind...), uint32(len(body))), body...)
	return append(to, make([]byte, len(body)&1)...)
}

// still is a WebP picture without movement: the first frame of one that moves, which is as much as
// the decoder reads; any other file as it is. Whoever wants the movement sends a GIF or a film.
func still(data []byte) []byte {
	if Sniff(data) != "image/webp" || len(data) < 12 {
		return data
	}
	var profile, frame []byte
	moving := false
	riff(data[12:], func(kind string, body []byte) bool {
		switch kind {
		case "VP8X":
			moving = len(body) == 10 && body[0]&moves != 0
		case "ICCP":
			profile = body
		case "ANMF":
			frame = body
		}
		return moving && frame == nil || kind == "ICCP"
	})
	const before = 16 // what a frame says about itself (section 2.7.1.1)
	if !moving || len(frame) < before {
		return data
	}
	head := make([]byte, 10)
	if rest := frame[before:]; len(rest) > 4 && string(rest[:4]) == "ALPH" {
		head[0] = seenThrough
	}
	copy(head[4:], frame[6:12]) // the size of the frame, not of the canvas
	out := appendChunk([]byte("RIFF\x00\x00\x00\x00WEBP"), "VP8X", head)
	if profile != nil {
		out = appendChunk(out, "ICCP", profile)
	}
	out = append(out, frame[before:]...)
	le.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

// webp reads the chunks of a still picture.
func (h *Head) webp(data []byte) (decoded int64, err error) {
	canvas := false // the decoder unpacks what is seen through at the size of the canvas
	fits := func(width, height int) bool {
		same := !canvas || width == h.Width && height == h.Height
		h.Width, h.Height = width, height
		return same
	}
	sound, found := true, false
	whole := riff(data[12:], func(kind string, body []byte) bool {
		switch kind {
		case "VP8X":
			if len(body) != 10 || canvas || body[0]&moves != 0 { // no frame was found in what moves
				sound = false
				return false
			}
			canvas = true
			h.Width, h.Height = 1+int(le.Uint32(body[4:])&0xffffff), 1+int(le.Uint32(body[6:])>>8)
			sound = h.sized() == nil // before anything is read that is as large
		case "ICCP":
			if len(body) <= iccBytesMax {
				h.ICC = body
			}
		case "ALPH":
			cost, ok := h.alphaCost(body)
			decoded, sound = decoded+cost, canvas && ok
		case "VP8 ":
			found = true
			if sound = len(body) >= 10 && fits(int(le.Uint16(body[6:])&0x3fff), int(le.Uint16(body[8:])&0x3fff)); sound {
				// The planes in whole blocks, and what was packed once more.
				decoded += int64(h.Width+15)*int64(h.Height+15)*3/2 + int64(len(body))
			}
		case "VP8L":
			found = true
			// Behind an ALPH chunk it is an error, which the decoder finds after it has unpacked that.
			if sound = len(body) >= 5 && decoded == 0; !sound {
				return false
			}
			bits := le.Uint32(body[1:])
			if sound = fits(1+int(bits&0x3fff), 1+int(bits>>14&0x3fff)) && h.sized() == nil; sound {
				decoded, sound = losslessCost(body[5:], h.Width, h.Height)
			}
		}
		return sound && !found
	})
	if err := h.sized(); canvas && err != nil || found && err != nil {
		return 0, err
	}
	if !whole || !sound || !found {
		return 0, broken(nil)
	}
	return decoded + int64(len(data)), nil // the frame of a moving one is a file again
}

// alphaCost is what decoding that takes which says how far a picture can be seen through (RFC 9649
// section 2.7.1.2), packed or as it is.
func (h *Head) alphaCost(body []byte) (bytes int64, ok bool) {
	if len(body) < 1 {
		return 0, false
	}
	bytes, ok = int64(h.Width)*int64(h.Height), true
	if body[0]&3 == 1 {
		var more int64
		more, ok = losslessCost(body[1:], h.Width, h.Height)
		bytes += more
	}
	return bytes, ok
}
