package picture

import (
	"bytes"
	"compress/zlib"
	"hash/crc32"
	"math"
)

// A colour profile (ICC.1:2022) says which colours the numbers in a picture mean. Telephones take
// pictures in colours that sRGB does not have, so that without their profile they would look pale.
// But a profile is also a file within the file, in which a stranger may put what they like. So the
// numbers are taken out of it, each in the form that it must have, and a new profile is made of
// them.

// profile is the numbers of a profile of primaries and curves: how screens and cameras are
// described. Those made of tables, as for printing, are left out.
type profile struct {
	space   string // "RGB " or "GRAY"
	version byte
	tags    map[string][]byte
}

// The parts of a profile that are kept.
var (
	rgbTags  = []string{"wtpt", "rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"}
	greyTags = []string{"wtpt", "kTRC"}
)

// curvePointsMax is how many points the curves of the profiles in use have at most.
const curvePointsMax = 4096

// profileOf reads a profile; nil for none, for one that is not of this kind, and for sRGB, which
// everything is taken for anyway.
func profileOf(icc []byte) *profile {
	if len(icc) < 132 || string(icc[36:40]) != "acsp" || string(icc[20:24]) != "XYZ " {
		return nil
	}
	p := &profile{space: string(icc[16:20]), version: icc[8], tags: map[string][]byte{}}
	wanted := rgbTags
	if p.space == "GRAY" {
		wanted = greyTags
	}
	if p.space != "RGB " && p.space != "GRAY" || p.version != 2 && p.version != 4 {
		return nil
	}
	count := int(min(be.Uint32(icc[128:]), 100))
	for i := range count {
		if len(icc) < 132+12*(i+1) {
			return nil
		}
		row := icc[132+12*i:]
		name, at, size := string(row[:4]), int(be.Uint32(row[4:])), int(be.Uint32(row[8:]))
		if at < 0 || size < 0 || at > len(icc) || size > len(icc)-at {
			return nil
		}
		p.tags[name] = number(name, icc[at:at+size])
	}
	for _, name := range wanted {
		if p.tags[name] == nil {
			return nil
		}
	}
	if p.space == "RGB " && p.isSRGB() {
		return nil
	}
	return p
}

// number returns the content of a part if it has the form that it must have, cut to what belongs to
// it; nil else.
func number(name string, body []byte) []byte {
	if len(body) < 8 {
		return nil
	}
	kind, size := string(body[:4]), 0
	switch {
	case kind == "XYZ " && name[1:] != "TRC":
		size = 20
	case kind == "sf32" && name == "chad":
		size = 44
	case kind == "curv" && name[1:] == "TRC" && len(body) >= 12:
		points := be.Uint32(body[8:])
		if points > curvePointsMax {
			return nil
		}
		size = 12 + 2*int(points)
	case kind == "para" && name[1:] == "TRC" && len(body) >= 12:
		sizes := []int{16, 24, 28, 32, 40}
		function := int(be.Uint16(body[8:]))
		if function >= len(sizes) {
			return nil
		}
		size = sizes[function]
	default:
		return nil
	}
	if len(body) < size {
		return nil
	}
	clean := bytes.Clone(body[:size])
	clear(clean[4:8])
	if kind == "para" {
		clear(clean[10:12])
	}
	return clean
}

// isSRGB tells whether the primaries and the middle of the curve are those of sRGB (IEC 61966-2-1),
// adapted to D50 as profiles have them.
func (p *profile) isSRGB() bool {
	want := map[string][3]float64{"rXYZ": {.4361, .2225, .0139}, "gXYZ": {.3851, .7169, .0971}, "bXYZ": {.1431, .0606, .7141}}
	for name, xyz := range want {
		for i, v := range xyz {
			if math.Abs(fixed(p.tags[name][8+4*i:])-v) > .002 {
				return false
			}
		}
	}
	for _, name := range []string{"rTRC", "gTRC", "bTRC"} {
		if math.Abs(middle(p.tags[name])-.2140) > .004 {
			return false
		}
	}
	return true
}

// fixed reads an s15Fixed16Number.
func fixed(b []byte) float64 { return float64(int32(be.Uint32(b))) / 65536 }

// middle is the value of a curve at one half.
func middle(curve []byte) float64 {
	const x = .5
	if string(curve[:4]) == "para" {
		var v [7]float64
		for i := range (len(curve) - 12) / 4 {
			v[i] = fixed(curve[12+4*i:])
		}
		switch g, a, b := v[0], v[1], v[2]; be.Uint16(curve[8:]) {
		case 0:
			return math.Pow(x, g)
		case 4:
			return math.Pow(a*x+b, g) + v[5]
		case 2:
			return math.Pow(a*x+b, g) + v[3]
		default:
			return math.Pow(a*x+b, g)
		}
	}
	switch n := int(be.Uint32(curve[8:])); n {
	case 0:
		return x
	case 1:
		return math.Pow(x, float64(be.Uint16(curve[12:]))/256)
	default:
		return float64(be.Uint16(curve[12+2*((n-1)/2):])) / 65535
	}
}

// bytes writes the profile for a picture with or without colours; nil if it is for the other kind,
// or there is none.
func (p *profile) bytes(grey bool) []byte {
	if p == nil || grey != (p.space == "GRAY") {
		return nil
	}
	names := rgbTags
	if grey {
		names = greyTags
	}
	if p.tags["chad"] != nil {
		names = append(names[:len(names):len(names)], "chad")
	}
	parts := [][]byte{p.text("desc", "colours"), p.text("cprt", "none")}
	names = append([]string{"desc", "cprt"}, names...)
	for _, name := range names[2:] {
		parts = append(parts, p.tags[name])
	}
	return assemble(p.header(), names, parts)
}

func (p *profile) header() []byte {
	head := make([]byte, 128)
	head[8] = p.version
	if head[9] = 0x10; p.version == 4 {
		head[9] = 0x30
	}
	copy(head[12:], "mntr"+p.space+"XYZ ")
	copy(head[36:], "acsp")
	for i, v := range []uint32{0xf6d6, 0x10000, 0xd32d} { // D50, which all profiles refer to
		be.PutUint32(head[68+4*i:], v)
	}
	return head
}

// text writes a name in the form of the profile's version.
func (p *profile) text(tag, word string) []byte {
	var b bytes.Buffer
	switch {
	case p.version == 4: // multiLocalizedUnicodeType, one record in English
		b.WriteString("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS")
		b.Write(be.AppendUint32(nil, uint32(2*len(word))))
		b.Write(be.AppendUint32(nil, 28))
		for _, c := range word {
			b.Write(be.AppendUint16(nil, uint16(c)))
		}
	case tag == "desc": // textDescriptionType, with empty other scripts
		b.WriteString("desc\x00\x00\x00\x00")
		b.Write(be.AppendUint32(nil, uint32(len(word)+1)))
		b.WriteString(word + "\x00")
		b.Write(make([]byte, 78))
	default:
		b.WriteString("text\x00\x00\x00\x00" + word + "\x00")
	}
	return b.Bytes()
}

// assemble puts a table of parts and the parts behind a header. Equal parts are there once.
func assemble(head []byte, names []string, parts [][]byte) []byte {
	table := be.AppendUint32(nil, uint32(len(names)))
	start := len(head) + 4 + 12*len(names)
	var body []byte
	placed := map[string]int{}
	for i, part := range parts {
		at, known := placed[string(part)]
		if !known {
			at = start + len(body)
			placed[string(part)] = at
			body = append(body, part...)
			body = append(body, make([]byte, -len(body)&3)...)
		}
		table = append(table, names[i]...)
		table = be.AppendUint32(table, uint32(at))
		table = be.AppendUint32(table, uint32(len(part)))
	}
	whole := append(append(head, table...), body...)
	be.PutUint32(whole, uint32(len(whole)))
	return whole
}

// jpegWithProfile puts a profile behind the beginning of a JPEG (ICC.1 annex B.4).
func jpegWithProfile(data, icc []byte) []byte {
	if icc == nil || len(icc) > 65000 || len(data) < 2 {
		return data
	}
	segment := append([]byte{0xff, 0xe2}, be.AppendUint16(nil, uint16(len(icc)+16))...)
	segment = append(segment, "ICC_PROFILE\x00\x01\x01"...)
	return bytes.Join([][]byte{data[:2], segment, icc, data[2:]}, nil)
}

// pngWithProfile puts a profile behind the header of a PNG.
func pngWithProfile(data, icc []byte) ([]byte, error) {
	const header = 8 + 12 + 13
	if icc == nil || len(data) < header {
		return data, nil
	}
	var chunk bytes.Buffer
	chunk.WriteString("iCCPcolours\x00\x00")
	packed := zlib.NewWriter(&chunk)
	if _, err := packed.Write(icc); err != nil {
		return nil, err
	}
	if err := packed.Close(); err != nil {
		return nil, err
	}
	size := be.AppendUint32(nil, uint32(chunk.Len()-4))
	sum := be.AppendUint32(nil, crc32.ChecksumIEEE(chunk.Bytes()))
	return bytes.Join([][]byte{data[:header], size, chunk.Bytes(), sum, data[header:]}, nil), nil
}
