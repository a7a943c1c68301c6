package picture

import (
	"image"
	"image/color"
	"image/draw"
	"math"
)

// fit returns the size of a picture of the same shape with at most so many pixels.
func fit(width, height, pixels int) (int, int) {
	if width*height <= pixels {
		return width, height
	}
	scale := math.Sqrt(float64(pixels) / (float64(width) * float64(height)))
	return max(1, int(float64(width)*scale)), max(1, int(float64(height)*scale))
}

// cover returns the middle part of a picture that has a shape, and the size to make it: that of the
// shape, or its own if it is smaller. The shape is of the picture turned upright.
func (h Head) cover(whole image.Rectangle, width, height int) (part image.Rectangle, w, ht int) {
	if h.Orientation >= 5 {
		width, height = height, width
	}
	w, ht = whole.Dx(), whole.Dy()
	if w*height > ht*width {
		w = max(1, ht*width/height)
	} else {
		ht = max(1, w*height/width)
	}
	left, top := whole.Min.X+(whole.Dx()-w)/2, whole.Min.Y+(whole.Dy()-ht)/2
	return image.Rect(left, top, left+w, top+ht), min(w, width), min(ht, height)
}

// shrink makes a part of a picture smaller, or copies it if it is to stay as large. Every new pixel
// is the mean of the area that it covers. It reads the source row by row, so that it needs no more
// memory than the result.
func shrink(source image.Image, part image.Rectangle, width, height int) *image.RGBA {
	result := image.NewRGBA(image.Rect(0, 0, width, height))
	if part.Dx() == width && part.Dy() == height {
		draw.Draw(result, result.Rect, source, part.Min, draw.Src)
		return result
	}
	columns := overlaps(part.Dx(), width)
	rows := overlaps(part.Dy(), height)
	line := image.NewRGBA(image.Rect(0, 0, part.Dx(), 1))
	sums := [2][]float32{make([]float32, 4*(width+1)), make([]float32, 4*(width+1))} // this row and the next
	wide := make([]float32, 4*(width+1))
	for y, row := range rows {
		draw.Draw(line, line.Rect, source, image.Pt(part.Min.X, part.Min.Y+y), draw.Src)
		clear(wide)
		squeeze(wide, line.Pix, columns)
		for i, v := range wide {
			sums[0][i] += v * row.first
			sums[1][i] += v * row.second
		}
		if y+1 == len(rows) || rows[y+1].to != row.to {
			write(result.Pix[row.to*result.Stride:], sums[0][:4*width])
			sums[0], sums[1] = sums[1], sums[0]
			clear(sums[1])
		}
	}
	return result
}

// overlap says into which new pixel an old one goes, with which part of it, and with which part it
// goes into the next one. The parts of all that go into one add up to 1.
type overlap struct {
	to            int
	first, second float32
}

func overlaps(from, to int) []overlap {
	list := make([]overlap, from)
	scale := float64(to) / float64(from)
	for i := range list {
		start := float64(i) * scale
		at := min(int(start), to-1)
		inside := math.Min(scale, float64(at+1)-start)
		list[i] = overlap{at, float32(inside), float32(scale - inside)}
	}
	return list
}

// squeeze adds the pixels of a row to those of a narrower one.
func squeeze(sums []float32, pix []uint8, columns []overlap) {
	for x, c := range columns {
		p, s := pix[4*x:4*x+4:4*x+4], sums[4*c.to:4*c.to+8:4*c.to+8]
		r, g, b, a := float32(p[0]), float32(p[1]), float32(p[2]), float32(p[3])
		s[0] += r * c.first
		s[1] += g * c.first
		s[2] += b * c.first
		s[3] += a * c.first
		if c.second > 0 {
			s[4] += r * c.second
			s[5] += g * c.second
			s[6] += b * c.second
			s[7] += a * c.second
		}
	}
}

func write(pix []uint8, sums []float32) {
	for i, v := range sums {
		pix[i] = uint8(min(255, v+.5))
	}
}

// upright turns a picture by the orientation of EXIF (TIFF 6.0, tag 274).
func upright(p *image.RGBA, orientation int) *image.RGBA {
	w, h := p.Rect.Dx(), p.Rect.Dy()
	turned := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		turned = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range turned.Rect.Dy() {
		for x := range turned.Rect.Dx() {
			fx, fy := x, y
			switch orientation {
			case 2:
				fx = w - 1 - x
			case 3:
				fx, fy = w-1-x, h-1-y
			case 4:
				fy = h - 1 - y
			case 5:
				fx, fy = y, x
			case 6:
				fx, fy = y, h-1-x
			case 7:
				fx, fy = w-1-y, h-1-x
			case 8:
				fx, fy = w-1-y, x
			}
			copy(turned.Pix[y*turned.Stride+4*x:][:4], p.Pix[fy*p.Stride+4*fx:][:4])
		}
	}
	return turned
}

// tone returns a picture without colours if its source had none, since its profile has none then.
func tone(p *image.RGBA, source image.Image) image.Image {
	switch source.ColorModel() {
	case color.GrayModel, color.Gray16Model:
	default:
		return p
	}
	grey := image.NewGray(p.Rect)
	for i := range grey.Pix {
		grey.Pix[i] = p.Pix[4*i]
	}
	return grey
}

// onWhite puts a picture that can be seen through on white, as most pages are.
func onWhite(p *image.RGBA) *image.RGBA {
	white := image.NewRGBA(p.Rect)
	draw.Draw(white, white.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(white, white.Rect, p, p.Rect.Min, draw.Over)
	return white
}
