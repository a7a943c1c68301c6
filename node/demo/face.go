package demo

import (
	"image/color"
)

// look is what somebody looks like.
type look struct {
	ground, skin, hair, shirt uint32
	style                     string // of the hair: one of styles
	beard, glasses            bool
}

// faceSide is the size of a portrait in pixels.
const faceSide = 320

// portrait draws somebody, as a PNG.
func (l look) portrait() ([]byte, error) {
	c := newCanvas(faceSide, faceSide)
	ground, skin, hair, shirt := hex(l.ground), hex(l.skin), hex(l.hair), hex(l.shirt)
	shade := mixed(skin, hex(0x5a2a1a), .22)
	c.ground(mixed(ground, hex(0xffffff), .25), ground)
	style := styles[l.style]
	if style.behind != nil {
		style.behind(c, hair)
	}
	c.oval(shirt, 50, 112, 37, 33)
	c.fill(shade, point{42, 62}, point{58, 62}, point{60, 84}, point{50, 90}, point{40, 84})
	if l.style != "scarf" {
		c.oval(skin, 27, 51, 4.5, 6.5)
		c.oval(skin, 73, 51, 4.5, 6.5)
	}
	c.oval(skin, 50, 49, 22.5, 27)
	if l.beard {
		c.fill(hair, append(arc(50, 52, 22.3, 25.4, 6, 174), curve(point{27.8, 54}, point{50, 70}, point{72.2, 54})...)...)
	}
	l.features(c, hair, shade)
	if style.over != nil {
		style.over(c, hair)
	}
	return c.png()
}

// features draws eyes, brows, nose, mouth and what is worn on the nose.
func (l look) features(c *canvas, hair, shade color.RGBA) {
	dark := hex(0x2a1d18)
	brow := mixed(hair, dark, .4)
	for _, x := range []float32{40.5, 59.5} {
		c.oval(dark, x, 50, 2.3, 2.9)
		c.oval(hex(0xffffff), x+.8, 48.9, .8, .8)
		c.line(brow, 1.7, curve(point{x - 4, 43.6}, point{x, 41}, point{x + 4, 43.6})...)
		c.oval(faded(hex(0xd9534a), .16), x+(x-50)*.42, 58, 4.6, 3.2)
	}
	c.line(shade, 1.7, curve(point{50, 51}, point{53, 56}, point{49, 57})...)
	c.fill(hex(0x9c3d36), append(curve(point{43.5, 62.5}, point{50, 66}, point{56.5, 62.5}), curve(point{56.5, 62.5}, point{50, 70.5}, point{43.5, 62.5})...)...)
	if !l.glasses {
		return
	}
	for _, x := range []float32{40.5, 59.5} {
		c.line(dark, 1.3, oval(x, 50, 7.2, 6.6)...)
	}
	c.line(dark, 1.3, point{47.6, 49}, point{52.4, 49})
}

// hairdo is drawn in two parts, behind the face and over it.
type hairdo struct {
	behind, over func(*canvas, color.RGBA)
}

// styles are the ways in which people of the village wear their hair, or what is on it.
var styles = map[string]hairdo{
	"bald": {},
	"short": {over: func(c *canvas, hair color.RGBA) {
		c.fill(hair, append(arc(50, 44, 24, 24, 180, 360), curve(point{73, 46}, point{66, 30}, point{50, 33})...)...)
		c.fill(hair, append(arc(50, 44, 24, 24, 180, 300), curve(point{58, 32}, point{38, 30}, point{26.5, 47})...)...)
	}},
	"curly": {behind: func(c *canvas, hair color.RGBA) {
		for _, p := range arc(50, 45, 25, 25, 150, 390)[:33] {
			c.oval(hair, p.x, p.y, 7.5, 7.5)
		}
	}, over: func(c *canvas, hair color.RGBA) {
		for i, p := range arc(50, 46, 19, 21, 195, 345) {
			if i%3 == 0 {
				c.oval(hair, p.x, p.y-2, 6.4, 6)
			}
		}
	}},
	"long": {behind: func(c *canvas, hair color.RGBA) {
		c.oval(hair, 50, 46, 29, 30)
		c.fill(hair, point{21, 46}, point{79, 46}, point{82, 88}, point{66, 94}, point{34, 94}, point{18, 88})
	}, over: fringe},
	"bob": {behind: func(c *canvas, hair color.RGBA) {
		c.oval(hair, 50, 46, 28, 28)
		c.fill(hair, point{22, 46}, point{78, 46}, point{77, 72}, point{23, 72})
	}, over: fringe},
	"bun": {behind: func(c *canvas, hair color.RGBA) {
		c.oval(hair, 50, 15, 10.5, 10)
		c.oval(hair, 50, 43, 25.5, 25)
	}, over: fringe},
	"scarf": {behind: func(c *canvas, cloth color.RGBA) {
		c.oval(cloth, 50, 50, 30, 34)
		c.fill(cloth, point{24, 60}, point{76, 60}, point{84, 100}, point{16, 100})
	}, over: func(c *canvas, cloth color.RGBA) {
		c.fill(cloth, append(arc(50, 50, 24.5, 29, 168, 372), arc(50, 52, 19, 22.5, 372, 168)...)...)
		fold := mixed(cloth, hex(0x000000), .18)
		c.line(fold, 1.2, curve(point{31, 70}, point{48, 86}, point{70, 88})...)
	}},
	"cap": {over: func(c *canvas, cloth color.RGBA) {
		c.fill(cloth, append(arc(50, 38, 24.5, 21, 180, 360), point{74.5, 40}, point{25.5, 40})...)
		c.fill(mixed(cloth, hex(0x000000), .25), curve(point{24, 40}, point{50, 32}, point{88, 43})...)
	}},
	"hat": {over: func(c *canvas, straw color.RGBA) {
		c.fill(straw, append(arc(50, 36, 21, 24, 180, 360), point{71, 38}, point{29, 38})...)
		c.box(mixed(straw, hex(0x7a2f1c), .75), 28.6, 31, 42.8, 5)
		c.oval(straw, 50, 37.5, 40, 6)
	}},
}

// fringe is hair that falls over the forehead.
func fringe(c *canvas, hair color.RGBA) {
	c.fill(hair, append(arc(50, 45, 25, 25, 178, 362), curve(point{75, 46}, point{70, 33}, point{57, 31})...)...)
	c.fill(hair, append(arc(50, 45, 25, 25, 178, 320), curve(point{62, 30}, point{40, 33}, point{25, 48})...)...)
}
