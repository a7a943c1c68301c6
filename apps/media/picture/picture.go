// Package picture makes pictures of bytes that a stranger calls a picture: decoded, turned upright,
// made smaller and written anew, so that nothing is left of them but what is to be seen.
//
// It is pure: bytes come in and go out. What something is says its content (Sniff); what decoding
// it would cost says its head (Look), which is read before anything is decoded, so that a small
// file cannot become a large one. Place, camera, author and comments go; colours stay, by a colour
// profile that is written anew from the numbers of the old one (profile.go).
//
// The invariant to remember: Make never uses more memory than Head.Cost says, whatever comes in.
// Callers add up costs and wait (apps/media does).
package picture

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/bbrks/go-blurhash"
	"golang.org/x/image/webp"

	"tulou/protocol/fault"
)

// Limits of what is decoded. Clients are told the first two.
const (
	// BytesMax is the largest file: the cameras of telephones write up to 12 MB.
	BytesMax = 16 << 20
	// PixelsMax is what decoding costs at most some 130 MB of memory for, and more than 8K film
	// has.
	PixelsMax = 33_177_600
	// CostMax bounds the memory for one picture; those that would need more have many pixels in a
	// form that no camera writes.
	CostMax = 384 << 20
	// FramesMax and AreaMax bound moving pictures: frames, and the pixels of all frames together.
	FramesMax = 300
	AreaMax   = 128_000_000
	// movingBytesMax is how large a moving picture may become when it is written anew: its frames may
	// have been packed in a way that only its own program knows.
	movingBytesMax = 2 * BytesMax
	// LargeMax is how many pixels a large picture has at most, as many as Mastodon keeps: 4K film.
	LargeMax = 8_294_400
	// SmallMax is how many a small one has, as on Mastodon: 640 by 360.
	SmallMax = 230_400
	// sideMax is the longest side; what is longer is no picture that anybody could look at.
	sideMax = 16_383
)

// jpegQuality is where nobody sees a difference any more at the sizes that are kept.
const jpegQuality = 88

// Plan says what to make of a picture.
type Plan struct {
	// Width and Height, if they are not 0, are the shape and the size of the large picture: what is
	// too much is cut off at the edges, what is smaller stays smaller. Else it keeps its shape, and
	// has at most LargeMax pixels.
	Width, Height int
	// Small asks for a small picture, of at most SmallMax pixels.
	Small bool
	// Still lets moving pictures stand still.
	Still bool
}

// File is a picture that was made.
type File struct {
	Data          []byte
	MediaType     string
	Width, Height int
}

// Made is what was made of a picture. Small is empty if none was wanted. Moves says that Large
// does; Small never does.
type Made struct {
	Large, Small File
	Blurhash     string
	Moves        bool
}

// Make decodes a picture and makes new ones of it. Faults are Unprocessable with a sentence for
// whoever sent it.
func Make(data []byte, p Plan) (made Made, err error) {
	data = still(data)
	head, err := Look(data)
	if err != nil {
		return made, err
	}
	if head.Frames > 1 && !p.Still && p.Width == 0 {
		return moving(data, p)
	}
	// What the decoder takes memory for is what was counted, however the two read the file.
	if seen, err := config(data, head.MediaType); err != nil || seen.Width != head.Width || seen.Height != head.Height {
		return made, broken(err)
	}
	source, err := decode(data, head.MediaType)
	if err != nil {
		return made, broken(err)
	}
	if b := source.Bounds(); b.Dx() != head.Width || b.Dy() != head.Height {
		return made, broken(nil) // its head lied
	}
	return head.make(source, p)
}

// make makes the pictures of a decoded one.
func (h Head) make(source image.Image, p Plan) (made Made, err error) {
	colours := profileOf(h.ICC)
	lossless := h.MediaType == "image/png" || h.MediaType == "image/gif"
	large, plain := h.large(source, p)
	if plain { // it stays as it is, with its palette
		made.Large, err = encode(source, lossless, colours)
	} else {
		made.Large, err = encode(tone(large, source), lossless || !large.Opaque(), colours)
	}
	if err != nil {
		return made, err
	}
	return made, made.preview(large, source, p, colours)
}

// large turns, cuts and shrinks. plain says that there was nothing to do, so that the source may be
// written as it is.
func (h Head) large(source image.Image, p Plan) (picture *image.RGBA, plain bool) {
	whole := source.Bounds()
	part, width, height := whole, 0, 0
	if p.Width != 0 {
		part, width, height = h.cover(whole, p.Width, p.Height)
	} else {
		width, height = fit(whole.Dx(), whole.Dy(), LargeMax)
	}
	picture = shrink(source, part, width, height)
	if h.Orientation > 1 {
		return upright(picture, h.Orientation), false
	}
	_, palette := source.(*image.Paletted)
	_, grey := source.(*image.Gray)
	return picture, (palette || grey) && part == whole && width == whole.Dx() && height == whole.Dy()
}

// preview makes the small picture and the few colours that are shown before it comes.
func (made *Made) preview(large *image.RGBA, source image.Image, p Plan, colours *profile) (err error) {
	small := large
	if p.Small {
		width, height := fit(large.Rect.Dx(), large.Rect.Dy(), SmallMax)
		small = shrink(large, large.Rect, width, height)
		if made.Small, err = encode(tone(small, source), !small.Opaque(), colours); err != nil {
			return err
		}
	}
	width, height := fit(small.Rect.Dx(), small.Rect.Dy(), blurPixels)
	made.Blurhash, err = blurhash.Encode(blurParts, blurParts, onWhite(shrink(small, small.Rect, width, height)))
	return err
}

// A blurhash has 4 by 4 parts, as Mastodon's; it is made of a picture that has hardly more pixels
// than it can tell apart.
const (
	blurParts  = 4
	blurPixels = 32 * 32
)

// codec reads pictures of one format: the whole, or what its decoder finds in the head.
type codec struct {
	decode func(io.Reader) (image.Image, error)
	config func(io.Reader) (image.Config, error)
}

func codecOf(mediaType string) (codec, error) {
	switch mediaType {
	case "image/jpeg":
		return codec{jpeg.Decode, jpeg.DecodeConfig}, nil
	case "image/png":
		return codec{png.Decode, png.DecodeConfig}, nil
	case "image/gif":
		return codec{gif.Decode, gif.DecodeConfig}, nil
	case "image/webp":
		return codec{webp.Decode, webp.DecodeConfig}, nil
	}
	return codec{}, unknown(mediaType)
}

func decode(data []byte, mediaType string) (image.Image, error) {
	c, err := codecOf(mediaType)
	if err != nil {
		return nil, err
	}
	return c.decode(bytes.NewReader(data))
}

// config is what the decoder finds in the head of a picture.
func config(data []byte, mediaType string) (image.Config, error) {
	c, err := codecOf(mediaType)
	if err != nil {
		return image.Config{}, err
	}
	return c.config(bytes.NewReader(data))
}

// encode writes a picture: what must not change, or can be seen through, as PNG, the rest as JPEG.
func encode(picture image.Image, lossless bool, colours *profile) (f File, err error) {
	out := &sheets{}
	f.Width, f.Height = picture.Bounds().Dx(), picture.Bounds().Dy()
	_, grey := picture.(*image.Gray)
	icc := colours.bytes(grey)
	if lossless {
		f.MediaType = "image/png"
		if err = (&png.Encoder{CompressionLevel: png.DefaultCompression}).Encode(out, picture); err == nil {
			f.Data, err = pngWithProfile(out.bytes(), icc)
		}
		return f, err
	}
	f.MediaType = "image/jpeg"
	err = jpeg.Encode(out, picture, &jpeg.Options{Quality: jpegQuality})
	f.Data = jpegWithProfile(out.bytes(), icc)
	return f, err
}

// broken is the answer for what cannot be decoded. The cause is for the log.
func broken(cause error) error {
	return fault.Wrap(cause, fault.Unprocessable, "Validation failed: the picture is damaged or incomplete")
}

func unknown(mediaType string) error {
	switch mediaType {
	case "image/heic", "image/avif":
		return fault.New(fault.Unprocessable, "Validation failed: HEIC and AVIF pictures are not read here, because no decoder that can be trusted keeps their colours and their orientation; send JPEG, PNG or WebP")
	case "":
		return fault.New(fault.Unprocessable, "Validation failed: File is of no type that is taken here: its content is no picture, film or sound that is known")
	}
	return fault.New(fault.Unprocessable, "Validation failed: %s is not taken here", mediaType)
}

// Refused is the fault for content of a type that Sniff found and nobody decodes.
func Refused(mediaType string) error { return unknown(mediaType) }
