package demo

import (
	"hash/fnv"
	"image/color"
	"math"
	"math/rand/v2" // draws hills and leaves

	"tulou/protocol/fault"
)

// The sizes at which pictures are drawn. Headers are shown larger than this, and are soft then.
const (
	pictureWidth, pictureHeight = 960, 640
	squareSide                  = 720
	headerWidth, headerHeight   = 900, 300
)

// picture is what is to be seen on a picture, and in what shape.
type picture struct {
	scene  string // one of scenes
	seed   string // the same word makes the same picture
	square bool
	words  string // for those who do not see it
}

// draw returns the picture as a JPEG.
func (p picture) draw() ([]byte, error) {
	if p.square {
		return drawScene(p.scene, p.seed, squareSide, squareSide)
	}
	return drawScene(p.scene, p.seed, pictureWidth, pictureHeight)
}

func drawScene(scene, seed string, width, height int) ([]byte, error) {
	paint, ok := scenes[scene]
	if !ok {
		return nil, fault.New(fault.Invalid, "nobody can draw %q", scene)
	}
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(seed))
	c := newCanvas(width, height)
	paint(c, chance{rand.New(rand.NewPCG(hash.Sum64(), 0x7475_6c6f_75))})
	return c.jpeg()
}

// chance decides what a picture leaves open.
type chance struct{ *rand.Rand }

func (r chance) between(low, high float32) float32 { return low + r.Float32()*(high-low) }

// palette is the light of a day: the sky from top to bottom, what is far and what is near.
type palette [4]uint32

var (
	dawn  = palette{0x8fb0d6, 0xf3e2cf, 0xa9c0b4, 0x17352a}
	dusk  = palette{0x5b5a86, 0xf2b98f, 0xb99aa0, 0x1d1b2e}
	noon  = palette{0x7fb8de, 0xe4f1f2, 0x9fc59b, 0x24522c}
	rose  = palette{0xe98f7c, 0xfbe2cc, 0xd3a08c, 0x4c2413}
	night = palette{0x14162c, 0x3d3050, 0x2a2a48, 0x0d0c18}
)

// scenes are the things that people of the village show each other.
var scenes = map[string]func(*canvas, chance){
	"hills":   func(c *canvas, r chance) { hills(c, r, dawn) },
	"evening": func(c *canvas, r chance) { hills(c, r, rose) },
	"sea":     func(c *canvas, r chance) { sea(c, r, noon) },
	"dusk":    func(c *canvas, r chance) { sea(c, r, dusk) },
	"apples":  apples, "soup": soup, "bread": bread, "tea": tea, "moss": moss, "keel": keel,
	"market": market, "lighthouse": lighthouse, "wheel": wheel, "joint": joint,
}

func (c *canvas) sky(p palette) { c.ground(hex(p[0]), hex(p[1])) }

// ridge draws a line of hills and all below it.
func (c *canvas) ridge(r chance, colour color.RGBA, height, swing float32) {
	long, at := r.between(30, 70), r.between(0, 6)
	corners := []point{{0, unitsHigh}}
	for x := float32(0); x <= c.wide+1; x += 1.5 {
		wave := math.Sin(float64(x/long*2*math.Pi+at)) + .45*math.Sin(float64(x/long*5.1+at*3))
		corners = append(corners, point{x, height - swing*float32(wave)})
	}
	c.fill(colour, append(corners, point{c.wide + 1.5, unitsHigh})...)
}

func hills(c *canvas, r chance, p palette) {
	c.sky(p)
	x, y := r.between(.2, .8)*c.wide, r.between(20, 30)
	for i := float32(3); i > 0; i-- {
		c.oval(faded(hex(0xfff3cf), .14), x, y, 8+4*i, 8+4*i)
	}
	c.oval(hex(0xfff3cf), x, y, 7, 7)
	for i := float32(0); i < 6; i++ {
		c.ridge(r, mixed(hex(p[2]), hex(p[3]), i/5), 44+i*9.5, 7-i*.6)
	}
}

func sea(c *canvas, r chance, p palette) {
	c.sky(p)
	x := r.between(.25, .75) * c.wide
	c.oval(hex(0xfff0c2), x, 33, 8, 8)
	c.box(mixed(hex(p[0]), hex(0x14506e), .7), 0, 46, c.wide+1, 60)
	for i := range 26 { // the sun on the water
		y := 48 + float32(i)*2
		c.oval(faded(hex(0xfff0c2), .34), x+r.between(-2, 2)*float32(i)*.35, y, r.between(3, 6+float32(i)*.4), .55)
	}
	for i := float32(0); i < 5; i++ {
		c.ridge(r, faded(mixed(hex(0x2d7f9f), hex(0x0d2d44), i/4), .85), 58+i*9, 1.5+i*.5)
	}
	if bx := r.between(.15, .85) * c.wide; bx < x-12 || bx > x+12 {
		c.fill(hex(0x3a2a22), point{bx - 8, 50}, point{bx + 8, 50}, point{bx + 5, 54}, point{bx - 5, 54})
		c.fill(hex(0xf5efe2), point{bx, 30}, point{bx + 8, 48}, point{bx, 48})
		c.fill(hex(0xd8573c), point{bx - 1, 34}, point{bx - 6.5, 48}, point{bx - 1, 48})
	}
}

func apples(c *canvas, r chance) {
	c.ground(hex(0x9db56d), hex(0x5c7a3c))
	for range 60 {
		c.oval(faded(hex(0x3f6230), .5), r.between(0, c.wide), r.between(0, 100), r.between(2, 5), r.between(1, 3))
	}
	left, right := c.wide*.1, c.wide*.9
	c.box(hex(0x6e4a2c), left, 34, right-left, 60)
	for row := range 4 {
		for x := left + 7; x < right-4; x += 11.5 {
			red := mixed(hex(0xc53a2e), hex(0xe6b64a), r.between(0, .75))
			ax, ay := x+r.between(-2, 2)+float32(row%2)*5, 30+float32(row)*9+r.between(-2, 2)
			c.oval(mixed(red, hex(0x000000), .2), ax+.7, ay+.8, 7.4, 7.2)
			c.oval(red, ax, ay, 7.2, 7)
			c.oval(faded(hex(0xffffff), .35), ax-2.4, ay-2.6, 1.8, 1.3)
			c.line(hex(0x4a3322), .9, point{ax, ay - 6}, point{ax + 1, ay - 9})
		}
	}
	for i := float32(0); i < 3; i++ {
		c.box(mixed(hex(0xb98a56), hex(0x8f6439), i/3), left-2, 62+i*12, right-left+4, 10)
	}
}

// bowl draws a table with a round dish on it.
func bowl(c *canvas, table, dish, inside uint32) (x, y float32) {
	c.ground(hex(table), mixed(hex(table), hex(0x000000), .25))
	for i := float32(1); i < 7; i++ {
		c.box(faded(hex(0x000000), .1), 0, i*14.5, c.wide+1, .9)
	}
	x, y = c.wide/2, 50
	c.oval(faded(hex(0x000000), .3), x+3, y+5, 41, 41)
	c.oval(hex(dish), x, y, 40, 40)
	c.oval(mixed(hex(dish), hex(0x000000), .12), x, y, 35.5, 35.5)
	c.oval(hex(inside), x, y, 34, 34)
	return x, y
}

func soup(c *canvas, r chance) {
	x, y := bowl(c, 0x8a6552, 0xf4efe6, 0xc98745)
	for range 11 { // noodles
		a, b := r.between(-24, 24), r.between(-20, 20)
		c.line(hex(0xf3dea6), 2, curve(point{x + a - 12, y + b}, point{x + a, y + b + r.between(-16, 16)}, point{x + a + 12, y + b + r.between(-6, 6)})...)
	}
	for range 14 { // leeks
		a, d := r.Float64()*2*math.Pi, r.between(4, 27)
		px, py := x+d*float32(math.Cos(a)), y+d*float32(math.Sin(a))
		c.oval(hex(0x3f8f4b), px, py, 3.6, 3.4)
		c.oval(hex(0xa9d18c), px, py, 1.8, 1.7)
	}
	c.oval(hex(0xfffaf0), x+13, y-13, 10, 8.6)
	c.oval(hex(0xf0ab3c), x+13, y-13, 5, 4.6)
}

func bread(c *canvas, r chance) {
	c.ground(hex(0xd9c7a8), hex(0xb79b70))
	for range 160 {
		c.oval(faded(hex(0xffffff), .3), r.between(0, c.wide), r.between(55, 100), .5, .4)
	}
	for i := float32(0); i < 3; i++ {
		x, y := c.wide*(.24+.26*i), 66-r.between(0, 14)
		c.oval(faded(hex(0x3b2412), .25), x+2, y+9, 23, 15)
		c.oval(hex(0x9a5a26), x, y, 22, 19)
		c.oval(hex(0xc9833d), x-.6, y-2, 19.5, 15.5)
		for k := float32(-1); k <= 1; k++ {
			c.line(hex(0xf0d6a3), 2.1, curve(point{x + k*9 - 5, y - 9}, point{x + k*9 + 2, y - 2}, point{x + k*9 + 3, y + 8})...)
		}
	}
}

func tea(c *canvas, r chance) {
	c.ground(hex(0x3d4a3a), hex(0x232b22))
	for range 40 {
		c.oval(faded(hex(0x5f7a4e), .35), r.between(0, c.wide), r.between(0, 60), r.between(3, 9), r.between(2, 6))
	}
	c.box(hex(0x6b4a33), 0, 72, c.wide+1, 30)
	for i, x := range []float32{c.wide * .32, c.wide * .66} {
		w := 20 - float32(i)*5
		c.oval(faded(hex(0x000000), .35), x, 82, w*1.15, 4)
		c.fill(hex(0xe9e3d3), append(append(arc(x, 54, w, 28, 0, 180), point{x - w, 52}), point{x + w, 52})...)
		c.oval(hex(0xcfc7b2), x, 53, w, 4.4)
		c.oval(hex(0x9a7a2c), x, 53.4, w*.88, 3.5)
		for k := float32(-1); k <= 1; k++ {
			c.line(hex(0x6f7d6a), 1.4, curve(point{x + k*5, 46}, point{x + k*5 + r.between(-9, 9), 34}, point{x + k*5 + r.between(-3, 3), 20})...)
		}
	}
}

func moss(c *canvas, r chance) {
	c.ground(hex(0x6f6a62), hex(0x4b463f))
	for y := float32(0); y < 100; y += 20 {
		for x := float32(int(y/20)%2) * -14; x < c.wide; x += 28 {
			c.box(mixed(hex(0x9a8f82), hex(0x7c7166), r.Float32()), x+1, y+1, 26, 18)
		}
	}
	for range 460 {
		x, y := r.between(0, c.wide), r.between(0, 1)
		c.oval(mixed(hex(0x2f6a35), hex(0xb9c95a), r.Float32()), x, 100-y*y*64, r.between(1.4, 4), r.between(1.2, 3.4))
	}
}

func keel(c *canvas, r chance) {
	c.ground(hex(0xd9c9ae), hex(0xa98a63))
	for x := float32(0); x < c.wide; x += 13 {
		c.box(faded(hex(0x5a4026), .16), x, 0, 1.2, 66)
	}
	c.box(hex(0x7b6042), 0, 80, c.wide+1, 22)
	left, right := c.wide*.08, c.wide*.92
	for i := range 9 { // ribs
		x := left + (right-left)*(float32(i)+1)/10
		high := float32(34 + 4*math.Abs(float64(i-4)))
		c.line(mixed(hex(0x8a5a2e), hex(0xc08a4c), r.Float32()), 2.6, curve(point{x, 80}, point{x + 7, 66}, point{x + 4, high})...)
		c.line(hex(0x6d4522), 2.6, curve(point{x, 80}, point{x - 7, 66}, point{x - 4, high})...)
	}
	c.line(hex(0x5d3a1c), 4.4, curve(point{left, 44}, point{left + 8, 78}, point{c.wide / 2, 80})...)
	c.line(hex(0x5d3a1c), 4.4, curve(point{c.wide / 2, 80}, point{right - 8, 78}, point{right, 44})...)
	for range 120 { // shavings
		c.oval(hex(0xe7c993), r.between(0, c.wide), r.between(86, 99), r.between(.4, 1.6), .5)
	}
}

func market(c *canvas, r chance) {
	c.ground(hex(0x1b1c33), hex(0x8a5a34))
	for range 26 {
		x, w := r.between(0, c.wide), r.between(5, 12)
		c.box(faded(hex(0x120f1c), .8), x, r.between(48, 70), w, 60)
		c.box(faded(hex(0xffc46b), .8), x+w*.3, 72+r.between(0, 14), w*.3, 3)
	}
	for i := range 9 {
		x, y, size := c.wide*(float32(i)+.5)/9, r.between(18, 56), r.between(5, 10)
		c.line(hex(0x0e0a0a), .5, point{x, 0}, point{x, y})
		c.oval(faded(hex(0xffb25e), .16), x, y, size*2, size*2)
		c.oval(hex(0xd83a2a), x, y, size, size*.95)
		c.oval(hex(0xff7a3f), x, y, size*.45, size*.95)
		c.box(hex(0xe8c872), x-size*.4, y-size*1.15, size*.8, size*.22)
		c.box(hex(0xe8c872), x-size*.4, y+size*.95, size*.8, size*.22)
	}
}

func lighthouse(c *canvas, r chance) {
	c.sky(night)
	for range 70 {
		c.oval(faded(hex(0xffffff), r.between(.3, .9)), r.between(0, c.wide), r.between(0, 60), .28, .28)
	}
	x := c.wide * r.between(.3, .7)
	c.fill(faded(hex(0xfff1b8), .28), point{x, 29}, point{c.wide + 1, 8}, point{c.wide + 1, 36})
	c.fill(faded(hex(0xfff1b8), .16), point{x, 29}, point{-1, 20}, point{-1, 40})
	c.ridge(r, hex(0x11131f), 84, 5)
	c.fill(hex(0xece5d8), point{x - 5, 34}, point{x + 5, 34}, point{x + 9, 86}, point{x - 9, 86})
	for i := float32(0); i < 3; i++ {
		c.fill(hex(0xb23a2e), point{x - 5.6 - i*1.3, 42 + i*16}, point{x + 5.6 + i*1.3, 42 + i*16}, point{x + 6.3 + i*1.3, 50 + i*16}, point{x - 6.3 - i*1.3, 50 + i*16})
	}
	c.box(hex(0x2a2730), x-7, 32, 14, 2.6)
	c.box(hex(0xfff1b8), x-4, 25, 8, 7)
	c.fill(hex(0x8d2c24), point{x - 6, 25}, point{x, 17}, point{x + 6, 25})
	c.ridge(r, hex(0x0b1a2b), 92, 1.4)
}

func wheel(c *canvas, r chance) {
	c.ground(hex(0xe8d8b8), hex(0xc9ad7e))
	c.box(hex(0x8c7a5c), 0, 84, c.wide+1, 20)
	for _, x := range []float32{c.wide * .3, c.wide * .7} {
		c.line(hex(0x2c2824), 2.6, append(oval(x, 62, 20, 20), point{x + 20, 62})...)
		for i := range 12 {
			sin, cos := math.Sincos(float64(i) * math.Pi / 6)
			c.line(hex(0x8d8a86), .4, point{x, 62}, point{x + 19*float32(cos), 62 + 19*float32(sin)})
		}
	}
	frame := hex([]uint32{0xb3322b, 0x1f6f78, 0x3d6b35}[r.IntN(3)])
	a, b, seat, head, crank := point{c.wide * .3, 62}, point{c.wide * .7, 62}, point{c.wide * .41, 34}, point{c.wide * .64, 33}, point{c.wide * .48, 62}
	c.line(frame, 2.8, a, seat, head, b)
	c.line(frame, 2.8, a, crank, head)
	c.line(frame, 2.8, crank, seat)
	c.line(hex(0x2c2824), 2.4, point{seat.x - 6, 30}, point{seat.x + 5, 30})
	c.line(hex(0x2c2824), 2.2, head, point{head.x - 1, 26}, point{head.x + 8, 26})
	c.box(hex(0x8a5a2e), c.wide*.68, 36, 24, 15)
}

func joint(c *canvas, r chance) {
	c.ground(hex(0xcbb491), hex(0x9b7d55))
	for side, wood := range []uint32{0xa8623a, 0xdcb27e} {
		left := float32(side) * c.wide / 2
		c.box(hex(wood), left, 18, c.wide/2+1, 64)
		for range 22 {
			y := r.between(19, 81)
			c.line(faded(mixed(hex(wood), hex(0x3b2210), .7), .35), .5, curve(point{left, y}, point{left + c.wide/4, y + r.between(-4, 4)}, point{left + c.wide/2, y})...)
		}
	}
	for i := float32(0); i < 4; i++ { // dovetails
		y, x := 20+i*16, c.wide/2
		c.fill(hex(0xdcb27e), point{x + 1, y + 2}, point{x - 16, y - 1}, point{x - 16, y + 13}, point{x + 1, y + 10})
		c.line(faded(hex(0x3b2210), .6), .5, point{x, y + 2}, point{x - 16, y - 1}, point{x - 16, y + 13}, point{x, y + 10})
	}
}
