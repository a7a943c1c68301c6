package picture

import (
	"bytes"
	"errors"
	"image"
	"image/draw"
	"image/gif"

	"tulou/protocol/fault"
)

// gif walks through the blocks of a GIF (GIF89a) and adds up its frames, without unpacking any.
func (h *Head) gif(data []byte) (decoded int64, err error) {
	if len(data) < 13 {
		return 0, broken(nil)
	}
	h.Width, h.Height, h.Frames = int(le.Uint16(data[6:])), int(le.Uint16(data[8:])), 0
	at, area, twice := 13+colourTable(data[10]), int64(0), int64(0)
	for at < len(data) {
		switch data[at] {
		case 0x21: // extension: a label, then sub-blocks
			if !extension(data[at+1:]) {
				return 0, broken(nil)
			}
			at = skipBlocks(data, at+2)
		case 0x2c: // a frame
			if at+10 > len(data) {
				return 0, broken(nil)
			}
			h.Frames++
			pixels := int64(le.Uint16(data[at+5:])) * int64(le.Uint16(data[at+7:]))
			area += pixels
			if data[at+9]&0x40 != 0 { // its rows are put in order in a second one
				twice += pixels
			}
			at = skipBlocks(data, at+10+colourTable(data[at+9])+1)
		case 0x3b:
			return h.gifCost(area, twice)
		default:
			return 0, broken(nil)
		}
		if h.Frames > FramesMax || area > AreaMax {
			return 0, fault.New(fault.Unprocessable,
				"Validation failed: a moving picture has at most %d frames and %d million pixels in all of them; send a film", FramesMax, AreaMax/1_000_000)
		}
	}
	return 0, broken(nil)
}

// frameCost is what a frame takes beside its pixels: its colours, which are values of their own,
// and the tables by which it is unpacked and packed.
const frameCost = 112 << 10

// gifCost is what all frames take, what is written of them, and the first one with all its colours.
func (h *Head) gifCost(area, twice int64) (decoded int64, err error) {
	if h.Frames == 0 || h.Width == 0 || h.Height == 0 {
		return 0, broken(nil)
	}
	written := 2 * min(movingBytesMax, 2*area)
	return area + twice + written + frameCost*int64(h.Frames) + 4*int64(h.Width)*int64(h.Height), nil
}

func colourTable(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (1 + flags&7)
}

// extension tells whether the first sub-block of an extension is as long as its label wants. The
// decoder takes that for granted where it could be read, and would find frames in what else
// belongs to an extension.
func extension(data []byte) bool {
	if len(data) < 2 {
		return false
	}
	switch label, size := data[0], data[1]; label {
	case 0x01: // text
		return size == 12
	case 0xf9: // how a frame is shown
		return size == 4
	case 0xff: // of an application; some write 10 instead of 11
		return size > 0
	case 0xfe: // comment
		return true
	}
	return false
}

// skipBlocks returns where a chain of sub-blocks ends.
func skipBlocks(data []byte, at int) int {
	for at < len(data) && data[at] != 0 {
		at += 1 + int(data[at])
	}
	return at + 1
}

// moving writes a moving picture anew, with its frames and without what else was in the file.
func moving(data []byte, p Plan) (made Made, err error) {
	whole, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		return made, broken(err)
	}
	clean := &gif.GIF{Image: whole.Image, Delay: whole.Delay, Disposal: whole.Disposal, LoopCount: whole.LoopCount,
		Config: whole.Config, BackgroundIndex: whole.BackgroundIndex}
	out := &sheets{most: movingBytesMax}
	if err := gif.EncodeAll(out, clean); errors.Is(err, errFull) {
		return made, fault.New(fault.Unprocessable, "Validation failed: the moving picture has more than %d MB; send a film", movingBytesMax>>20)
	} else if err != nil {
		return made, broken(err)
	}
	first := image.NewRGBA(image.Rect(0, 0, whole.Config.Width, whole.Config.Height))
	draw.Draw(first, whole.Image[0].Bounds(), whole.Image[0], whole.Image[0].Bounds().Min, draw.Src)
	made.Moves = true
	made.Large = File{Data: out.bytes(), MediaType: "image/gif", Width: whole.Config.Width, Height: whole.Config.Height}
	return made, made.preview(first, first, p, nil)
}
