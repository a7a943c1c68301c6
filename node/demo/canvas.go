package demo

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"

	"golang.org/x/image/vector"
)

// canvas is what the pictures of the village are drawn on: shapes in flat colours, one over the
// other, in units of which it has a hundred from top to bottom.
type canvas struct {
	picture *image.RGBA
	unit    float32 // in pixels
	wide    float32 // in units
}

// unitsHigh is how many units a canvas has from top to bottom.
const unitsHigh = 100

func newCanvas(width, height int) *canvas {
	unit := float32(height) / unitsHigh
	return &canvas{picture: image.NewRGBA(image.Rect(0, 0, width, height)), unit: unit, wide: float32(width) / unit}
}

// jpegQuality is that of a good camera's pictures.
const jpegQuality = 86

func (c *canvas) jpeg() ([]byte, error) {
	var out bytes.Buffer
	err := jpeg.Encode(&out, c.picture, &jpeg.Options{Quality: jpegQuality})
	return out.Bytes(), err
}

func (c *canvas) png() ([]byte, error) {
	var out bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, c.picture)
	return out.Bytes(), err
}

// point is a place in units.
type point struct{ x, y float32 }

// hex is a colour by its number.
func hex(rgb uint32) color.RGBA {
	return color.RGBA{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: 255}
}

// faded is a colour through which a share of what is below shows.
func faded(c color.RGBA, opaque float32) color.RGBA {
	at := func(v uint8) uint8 { return uint8(float32(v) * opaque) }
	return color.RGBA{R: at(c.R), G: at(c.G), B: at(c.B), A: at(255)}
}

// mixed lies between two colours.
func mixed(a, b color.RGBA, share float32) color.RGBA {
	at := func(x, y uint8) uint8 { return uint8(float32(x) + (float32(y)-float32(x))*share) }
	return color.RGBA{R: at(a.R, b.R), G: at(a.G, b.G), B: at(a.B, b.B), A: 255}
}

// ground fills the canvas from one colour at the top to another at the bottom.
func (c *canvas) ground(top, bottom color.RGBA) {
	size := c.picture.Bounds().Size()
	for y := range size.Y {
		row := mixed(top, bottom, float32(y)/float32(size.Y))
		line := c.picture.Pix[y*c.picture.Stride:]
		for x := range size.X {
			copy(line[4*x:], []uint8{row.R, row.G, row.B, row.A})
		}
	}
}

// fill draws a shape with these corners.
func (c *canvas) fill(colour color.RGBA, corners ...point) {
	size := c.picture.Bounds()
	low, high := point{math.MaxFloat32, math.MaxFloat32}, point{-math.MaxFloat32, -math.MaxFloat32}
	for _, p := range corners {
		low, high = point{min(low.x, p.x), min(low.y, p.y)}, point{max(high.x, p.x), max(high.y, p.y)}
	}
	// Only the part around the shape is looked at, which makes small ones cheap.
	box := image.Rect(int(low.x*c.unit)-1, int(low.y*c.unit)-1, int(high.x*c.unit)+2, int(high.y*c.unit)+2).Intersect(size)
	if box.Empty() {
		return
	}
	r := vector.NewRasterizer(box.Dx(), box.Dy())
	for i, p := range corners {
		x, y := p.x*c.unit-float32(box.Min.X), p.y*c.unit-float32(box.Min.Y)
		if i == 0 {
			r.MoveTo(x, y)
		} else {
			r.LineTo(x, y)
		}
	}
	r.ClosePath()
	r.Draw(c.picture, box, image.NewUniform(colour), image.Point{})
}

// roundness is how many corners a round shape has: more than anybody sees.
const roundness = 64

// oval returns the corners of an ellipse.
func oval(x, y, rx, ry float32) []point {
	corners := make([]point, roundness)
	for i := range corners {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / roundness)
		corners[i] = point{x + rx*float32(cos), y + ry*float32(sin)}
	}
	return corners
}

// arc returns points on an ellipse between two angles in degrees, clockwise from the right.
func arc(x, y, rx, ry float32, from, to float64) []point {
	corners := make([]point, roundness/2+1)
	for i := range corners {
		angle := (from + (to-from)*float64(i)/float64(len(corners)-1)) * math.Pi / 180
		sin, cos := math.Sincos(angle)
		corners[i] = point{x + rx*float32(cos), y + ry*float32(sin)}
	}
	return corners
}

func (c *canvas) oval(colour color.RGBA, x, y, rx, ry float32) { c.fill(colour, oval(x, y, rx, ry)...) }

func (c *canvas) box(colour color.RGBA, x, y, w, h float32) {
	c.fill(colour, point{x, y}, point{x + w, y}, point{x + w, y + h}, point{x, y + h})
}

// line draws a line of a width through points, with round ends.
func (c *canvas) line(colour color.RGBA, width float32, points ...point) {
	for i, p := range points {
		if i > 0 {
			q := points[i-1]
			dx, dy := p.x-q.x, p.y-q.y
			long := float32(math.Hypot(float64(dx), float64(dy)))
			if long == 0 {
				continue
			}
			nx, ny := -dy/long*width/2, dx/long*width/2
			c.fill(colour, point{p.x + nx, p.y + ny}, point{q.x + nx, q.y + ny}, point{q.x - nx, q.y - ny}, point{p.x - nx, p.y - ny})
		}
		c.oval(colour, p.x, p.y, width/2, width/2)
	}
}

// curve returns points on a way from a to b that bends towards a third.
func curve(a, towards, b point) []point {
	points := make([]point, 13)
	for i := range points {
		t := float32(i) / float32(len(points)-1)
		u := 1 - t
		points[i] = point{u*u*a.x + 2*u*t*towards.x + t*t*b.x, u*u*a.y + 2*u*t*towards.y + t*t*b.y}
	}
	return points
}
