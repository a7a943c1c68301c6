package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"testing"
)

// photo is a picture of hills and noise, about as hard to pack as a photograph.
func photo(width, height int) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, width, height))
	seed := uint32(1)
	for y := range height {
		for x := range width {
			seed = seed*1664525 + 1013904223
			grain := float64(seed>>28) - 8
			wave := 40 * math.Sin(float64(x)/90+float64(y)/250)
			p.SetRGBA(x, y, color.RGBA{clip(120 + wave + grain), clip(float64(y*200/height) + grain), clip(200 - wave + grain), 255})
		}
	}
	return p
}

func clip(v float64) uint8 { return uint8(max(0, min(255, v))) }

// The cost of what people upload most: a photograph of 12 megapixels.
func BenchmarkPhotograph(b *testing.B) {
	var data bytes.Buffer
	if err := jpeg.Encode(&data, photo(4032, 3024), &jpeg.Options{Quality: 92}); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(data.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Make(data.Bytes(), Plan{Small: true}); err != nil {
			b.Fatal(err)
		}
	}
}
