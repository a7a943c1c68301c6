package node

import (
	"bytes"
	"context"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2" // draws hills
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// People who have not chosen a picture get a drawn one: hills under a sun, whose colours and shapes
// follow from their name. It is the same on every node.

// avatarPath is where drawn pictures are.
const avatarPath = "/avatars/"

// avatarSide is the size of a drawn picture in pixels; clients show avatars at up to 200.
const avatarSide = 200

// avatarURL is where the drawn picture of a local name is.
func (n *Node) avatarURL(name string) string { return n.config.URL + avatarPath + name + ".png" }

func (n *Node) avatarRoutes(r chi.Router) {
	r.Get(avatarPath+"{name}.png", edge.Problem(n.avatar))
}

func (n *Node) avatar(w http.ResponseWriter, r *http.Request) error {
	if n.config.Private {
		return anybodysAvatar(w, chi.URLParam(r, "name"))
	}
	account, err := n.store.AccountByHandle(r.Context(), chi.URLParam(r, "name"), "")
	if err != nil {
		return err
	}
	if account.Hidden {
		return fault.New(fault.NotFound, "not found")
	}
	key, err := n.drawn(r.Context(), account.Name)
	if err != nil {
		return err
	}
	file, err := n.blobs.Open(key)
	if fault.Is(err, fault.NotFound) { // swept, as nobody's
		n.pictures.Delete(account.Name)
		if key, err = n.drawn(r.Context(), account.Name); err == nil {
			file, err = n.blobs.Open(key)
		}
	}
	if err != nil {
		return err
	}
	defer file.Close()
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Cache-Control", "public, max-age=86400")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("ETag", `"`+key+`"`)
	http.ServeContent(w, r, "", time.Time{}, file)
	return nil
}

// anybodysAvatar draws a picture for whatever name is asked for, and keeps nothing: on a private
// node nobody finds out by it who lives there.
func anybodysAvatar(w http.ResponseWriter, name string) error {
	if !ids.ValidLocalName(name) {
		return fault.New(fault.NotFound, "not found")
	}
	picture, err := drawAvatar(name)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Cache-Control", "public, max-age=86400")
	h.Set("Access-Control-Allow-Origin", "*")
	_, err = w.Write(picture)
	return err
}

// drawn returns the blob of a name's picture, which is drawn once in the life of a process.
func (n *Node) drawn(ctx context.Context, name string) (key string, err error) {
	if key, ok := n.pictures.Load(name); ok {
		return key.(string), nil
	}
	picture, err := drawAvatar(name)
	if err != nil {
		return "", err
	}
	if key, err = n.blobs.Put(ctx, bytes.NewReader(picture)); err == nil {
		n.pictures.Store(name, key)
	}
	return key, err
}

// landscape is what a name decides: colours, the sun, and the waves of three hills.
type landscape struct {
	hue        float64 // of the sky; the hills stand opposite
	sunX, sunY float64 // within 0…1
	sunSize    float64
	waves      [3]wave
	aspect     float64 // width for height
	scale      float64 // pixels of the height
}

type wave struct{ height, swing, length, phase float64 }

func landscapeOf(name string) landscape {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(name))
	random := rand.New(rand.NewPCG(hash.Sum64(), 0x7475_6c6f_75))
	between := func(low, high float64) float64 { return low + random.Float64()*(high-low) }
	l := landscape{hue: between(0, 360), sunX: between(.25, .75), sunY: between(.2, .42), sunSize: between(.1, .17)}
	for i := range l.waves {
		l.waves[i] = wave{height: .5 + .16*float64(i), swing: between(.04, .1), length: between(.5, 1.3), phase: between(0, 2*math.Pi)}
	}
	return l
}

// drawAvatar returns the picture of a name as PNG.
func drawAvatar(name string) ([]byte, error) { return Landscape(name, avatarSide, avatarSide) }

// Landscape draws hills under a sun, as a PNG of a size in pixels. Their colours and shapes follow
// from a name.
func Landscape(name string, width, height int) ([]byte, error) {
	l := landscapeOf(name)
	l.aspect, l.scale = float64(width)/float64(height), float64(height)
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for py := range height {
		for px := range width {
			picture.SetNRGBA(px, py, l.at((float64(px)+.5)/float64(width), (float64(py)+.5)/float64(height)))
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// at is the colour of a point; edges are blended over a pixel.
func (l landscape) at(x, y float64) color.NRGBA {
	c := hsl(l.hue+30*y, .55, .62+.28*y)
	sun := l.sunSize - math.Hypot((x-l.sunX)*l.aspect, y-l.sunY)
	c = blend(c, hsl(l.hue+40, .9, .93), sun*l.scale)
	for i, w := range l.waves {
		top := w.height + w.swing*math.Sin(2*math.Pi*x*l.aspect/w.length+w.phase)
		c = blend(c, hsl(l.hue+150+18*float64(i), .38, .58-.15*float64(i)), (y-top)*l.scale)
	}
	return color.NRGBA{R: channel(c[0]), G: channel(c[1]), B: channel(c[2]), A: 255}
}

// rgb is a colour with channels within 0…1.
type rgb [3]float64

// blend covers under with over where depth, in pixels inside an edge, is positive.
func blend(under, over rgb, depth float64) rgb {
	share := min(1, max(0, depth+.5))
	for i := range under {
		under[i] += (over[i] - under[i]) * share
	}
	return under
}

func channel(v float64) uint8 { return uint8(math.Round(255 * min(1, max(0, v)))) }

// hsl converts hue in degrees, saturation and lightness within 0…1 (CSS Color 4, section 7.1).
func hsl(hue, saturation, lightness float64) rgb {
	at := func(n float64) float64 {
		k := math.Mod(n+hue/30, 12)
		a := saturation * min(lightness, 1-lightness)
		return lightness - a*max(-1, min(k-3, 9-k, 1))
	}
	return rgb{at(0), at(8), at(4)}
}
