package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
)

// The mark, a round house seen from above, on a grid of 48: a wall that is open at the bottom, with
// rooms, a gallery, and a hall in the middle.
const (
	grid        = 48.0
	wallRadius  = 18.5
	wallWidth   = 7.0
	gateHalf    = 3.5 // of the opening
	rooms       = 24  // cuts are 15° apart; the two at the gate are not drawn
	cutWidth    = 1.0
	galleryR    = 10.5
	galleryW    = 2.4
	hallSide    = 6.8
	hallRadius  = 1.4
	samplesEdge = 4 // 16 samples make the edge of a pixel
)

var (
	paper = color.NRGBA{0xfd, 0xfc, 0xfa, 0xff}
	earth = color.NRGBA{0xd2, 0x95, 0x57, 0xff}
	ink   = color.NRGBA{0x26, 0x21, 0x1c, 0xff}
	clear = color.NRGBA{}
)

// markSVG is the mark for what takes vectors.
const markSVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" fill="none"><path d="M20.5 42.16A18.5 18.5 0 1 1 27.5 42.16" stroke="#d29557" stroke-width="7"/>` +
	`<circle cx="24" cy="24" r="10.5" stroke="#26211c" stroke-width="2.4"/><rect x="20.6" y="20.6" width="6.8" height="6.8" rx="1.4" fill="#26211c"/></svg>
`

// marks draws the icons of the installed app. Masks cut up to a tenth off each side, so that one
// has room around the mark; the badge is one colour, since systems fill its shape with theirs.
func marks() (map[string][]byte, error) {
	files := map[string][]byte{"mark.svg": []byte(markSVG)}
	for _, icon := range []struct {
		name   string
		pixels int
		scale  float64 // of the mark in the picture
		ground color.NRGBA
		badge  bool
	}{
		{"icon-192.png", 192, 1, clear, false},
		{"icon-512.png", 512, 1, clear, false},
		{"mask-512.png", 512, 0.72, paper, false},
		{"touch-180.png", 180, 0.84, paper, false},
		{"badge-96.png", 96, 1, clear, true},
	} {
		var b bytes.Buffer
		encoder := png.Encoder{CompressionLevel: png.BestCompression}
		if err := encoder.Encode(&b, draw(icon.pixels, icon.scale, icon.ground, icon.badge)); err != nil {
			return nil, err
		}
		files[icon.name] = b.Bytes()
	}
	return files, nil
}

// draw makes one picture.
func draw(pixels int, scale float64, ground color.NRGBA, badge bool) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, pixels, pixels))
	for y := range pixels {
		for x := range pixels {
			var r, g, b, a float64
			for i := range samplesEdge * samplesEdge {
				at := func(pixel, sample int) float64 {
					place := (float64(pixel) + (float64(sample)+0.5)/samplesEdge) / float64(pixels)
					return (place - 0.5) / scale * grid
				}
				c := sample(at(x, i%samplesEdge), at(y, i/samplesEdge), ground, badge)
				alpha := float64(c.A) / 255
				r, g, b, a = r+float64(c.R)*alpha, g+float64(c.G)*alpha, b+float64(c.B)*alpha, a+alpha
			}
			if a > 0 {
				img.SetNRGBA(x, y, color.NRGBA{uint8(math.Round(r / a)), uint8(math.Round(g / a)), uint8(math.Round(b / a)),
					uint8(math.Round(a / (samplesEdge * samplesEdge) * 255))})
			}
		}
	}
	return img
}

// sample is the colour at a place relative to the middle.
func sample(x, y float64, ground color.NRGBA, badge bool) color.NRGBA {
	r := math.Hypot(x, y)
	switch {
	case math.Abs(r-wallRadius) <= wallWidth/2:
		if y > 0 && math.Abs(x) < gateHalf || inCut(x, y) {
			return ground
		}
		if badge {
			return ink
		}
		return earth
	case badge:
		if inHall(x/1.32, y/1.32) {
			return ink
		}
	case math.Abs(r-galleryR) <= galleryW/2, inHall(x, y):
		return ink
	}
	return ground
}

// inCut tells whether a place of the wall is between two rooms.
func inCut(x, y float64) bool {
	step := 2 * math.Pi / rooms
	angle := math.Atan2(x, y) // 0 at the gate
	nearest := math.Round(angle / step)
	return nearest != 0 && math.Abs(math.Sin(angle-nearest*step))*math.Hypot(x, y) < cutWidth/2
}

// inHall tells whether a place is in the square with round corners.
func inHall(x, y float64) bool {
	half := hallSide / 2
	dx, dy := math.Max(math.Abs(x)-(half-hallRadius), 0), math.Max(math.Abs(y)-(half-hallRadius), 0)
	return math.Hypot(dx, dy) <= hallRadius
}
