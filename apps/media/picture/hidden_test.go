package picture

import (
	"bytes"
	"testing"

	"tulou/protocol/fault"
)

// If this failed, a small picture could be shown to us and a huge one to the decoder, which reads
// on right behind what is no segment: a file of a kilobyte would take gigabytes (A061).
func TestA061NoFrameIsHiddenFromTheHead(t *testing.T) {
	small := jpegOf(t, quarters(16, 8))
	at := bytes.Index(small, []byte{0xff, 0xc0})
	sof := bytes.Clone(small[at : at+2+int(be.Uint16(small[at+2:]))])
	be.PutUint16(sof[5:], 4000)
	be.PutUint16(sof[7:], 4000)
	scan := small[bytes.Index(small, []byte{0xff, 0xda}):]
	tables := small[2:at]
	for name, marker := range map[string]byte{"nothing": 0x00, "TEM": 0x01, "reserved": 0x02, "reserved, the last": 0xbf, "JPEG-LS": 0xf7} {
		hidden := bytes.Join([][]byte{tables, sof, small[at+len(sof) : len(small)-len(scan)], scan}, nil)
		length := be.AppendUint16(nil, uint16(2+len(hidden)))
		data := bytes.Join([][]byte{{0xff, 0xd8, 0xff, marker}, length, hidden, small[2:]}, nil)
		head, err := Look(data)
		if err != nil {
			if !fault.Is(err, fault.Unprocessable) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var made Made
		used := heap(func() { made, err = Make(data, Plan{Small: true}) })
		if used > uint64(head.Cost)+4<<20 || err == nil && made.Large.Width != head.Width {
			t.Errorf("%s: %d × %d is read as %d × %d, takes %d kB, said %d kB: %v", name, head.Width, head.Height,
				made.Large.Width, made.Large.Height, used>>10, head.Cost>>10, err)
		}
	}
}
