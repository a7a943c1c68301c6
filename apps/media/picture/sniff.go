package picture

import "bytes"

// SniffBytes is how much of the beginning of a file Sniff wants to see.
const SniffBytes = 512

// signatures are how files of the types begin that are known. Nothing that is text is among them,
// so that no page, script or drawing with script (SVG) can pass for anything.
var signatures = []struct {
	at        int
	text      string
	mediaType string
}{
	{0, "\xff\xd8\xff", "image/jpeg"},
	{0, "\x89PNG\r\n\x1a\n", "image/png"},
	{0, "GIF87a", "image/gif"},
	{0, "GIF89a", "image/gif"},
	{8, "WEBP", "image/webp"},
	{8, "WAVE", "audio/wav"},
	{0, "OggS", "audio/ogg"},
	{0, "fLaC", "audio/flac"},
	{0, "ID3", "audio/mpeg"},
	{0, "\x1a\x45\xdf\xa3", "video/webm"},
}

// brands are what files of the ISO base media format (ISO/IEC 14496-12 section 4.3) say they are.
var brands = map[string]string{
	"avif": "image/avif", "avis": "image/avif", "heic": "image/heic", "heix": "image/heic", "hevc": "image/heic",
	"heim": "image/heic", "heis": "image/heic", "mif1": "image/heic", "msf1": "image/heic",
	"qt  ": "video/quicktime", "M4A ": "audio/mp4", "M4B ": "audio/mp4",
	"isom": "video/mp4", "iso2": "video/mp4", "iso3": "video/mp4", "iso4": "video/mp4", "iso5": "video/mp4",
	"iso6": "video/mp4", "mp41": "video/mp4", "mp42": "video/mp4", "avc1": "video/mp4", "M4V ": "video/mp4",
	"MSNV": "video/mp4", "3gp4": "video/mp4", "3gp5": "video/mp4", "3gp6": "video/mp4", "dash": "video/mp4", "mmp4": "video/mp4",
}

// Sniff returns the type of a file by how it begins, "" if it is none that is known.
func Sniff(head []byte) string {
	for _, s := range signatures {
		if len(head) < s.at+len(s.text) || string(head[s.at:s.at+len(s.text)]) != s.text {
			continue
		}
		if s.at == 8 && !bytes.HasPrefix(head, []byte("RIFF")) {
			continue
		}
		return s.mediaType
	}
	if len(head) >= 12 && string(head[4:8]) == "ftyp" {
		return brands[string(head[8:12])]
	}
	if len(head) >= 4 && isMPEGAudio(head) {
		return "audio/mpeg"
	}
	return ""
}

// isMPEGAudio tells whether a file begins with the header of a frame of MPEG audio (ISO/IEC 11172-3
// section 2.4.1.3) of layer III, none of whose fields has a reserved value.
func isMPEGAudio(head []byte) bool {
	return head[0] == 0xff && head[1]&0xe6 == 0xe2 && head[1]&0x18 != 0x08 &&
		head[2]&0xf0 != 0xf0 && head[2]&0xf0 != 0 && head[2]&0x0c != 0x0c
}
