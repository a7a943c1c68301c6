package edge

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// rgb is a colour in linear light, 0 to 1.
type rgb [3]float64

// oklch converts as in CSS Color 4, section 10.
func oklch(l, c, h float64) rgb {
	a, b := c*math.Cos(h*math.Pi/180), c*math.Sin(h*math.Pi/180)
	x := math.Pow(l+0.3963377774*a+0.2158037573*b, 3)
	y := math.Pow(l-0.1055613458*a-0.0638541728*b, 3)
	z := math.Pow(l-0.0894841775*a-1.2914855480*b, 3)
	return rgb{
		+4.0767416621*x - 3.3077115913*y + 0.2309699292*z,
		-1.2684380046*x + 2.6097574011*y - 0.3413193965*z,
		-0.0041960863*x - 0.7034186147*y + 1.7076147010*z,
	}
}

// gamutSlack is how far outside sRGB rounding may lead.
const gamutSlack = .002

func (c rgb) inside() bool {
	for _, v := range c {
		if v < -gamutSlack || v > 1+gamutSlack {
			return false
		}
	}
	return true
}

// contrast is that of WCAG 2, section 1.4.3.
func contrast(a, b rgb) float64 {
	luminance := func(c rgb) float64 {
		clip := func(v float64) float64 { return max(0, min(1, v)) }
		return 0.2126*clip(c[0]) + 0.7152*clip(c[1]) + 0.0722*clip(c[2])
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + .05) / (min(x, y) + .05)
}

var (
	token  = regexp.MustCompile(`--([a-z0-9-]+):\s*oklch\(([0-9.]+) ([0-9.]+) ([0-9.]+)\)`)
	figure = regexp.MustCompile(`--(person-[a-z-]+):\s*([0-9.]+)`)
)

// themes reads the colours of the style sheet, light and dark, by role.
func themes(t *testing.T) map[string]map[string]rgb {
	t.Helper()
	css := string(look)
	light, rest, ok := strings.Cut(css, "@media (prefers-color-scheme: dark)")
	dark, _, more := strings.Cut(rest, "@media (prefers-contrast: more)")
	if !ok || !more {
		t.Fatal("the style sheet has no themes")
	}
	number := func(text string) float64 {
		n, err := strconv.ParseFloat(text, 64)
		check(t, err)
		return n
	}
	found := map[string]map[string]rgb{}
	for name, part := range map[string]string{"light": light, "dark": dark} {
		found[name] = map[string]rgb{}
		for _, m := range token.FindAllStringSubmatch(part, -1) {
			found[name][m[1]] = oklch(number(m[2]), number(m[3]), number(m[4]))
		}
		person := map[string]float64{}
		for _, m := range figure.FindAllStringSubmatch(part, -1) {
			person[m[1]] = number(m[2])
		}
		for i, hue := range []float64{25, 65, 105, 150, 200, 245, 295, 345} {
			if !strings.Contains(css, fmt.Sprintf(".hue-%d { --hue: %v; }", i, hue)) {
				t.Errorf("hue %d is not %v", i, hue)
			}
			found[name][fmt.Sprint("person-", i)] = oklch(person["person-l"], person["person-c"], hue)
			found[name][fmt.Sprint("person-ink-", i)] = oklch(person["person-ink-l"], person["person-ink-c"], hue)
		}
	}
	return found
}

func TestTextCanBeReadOnItsGround(t *testing.T) {
	// If this failed, people with weak eyes, or in the sun, could not read the pages.
	pairs := []struct {
		ink     string
		grounds string
		least   float64
	}{
		{"ink", "canvas pane sunken raised hover accent-soft", 7},
		{"ink-2", "canvas pane sunken raised hover", 4.5},
		{"ink-3", "canvas pane sunken raised hover", 4.5},
		{"accent-ink", "canvas pane sunken accent-soft", 4.5},
		{"on-accent", "accent accent-hover", 4.5},
		{"on-danger", "danger", 4.5},
		{"danger-ink", "pane canvas danger-soft", 4.5},
		{"warn-ink", "warn-soft pane", 4.5},
		{"ok-ink", "ok-soft pane", 4.5},
		{"info-ink", "info-soft pane", 4.5},
		{"line-firm", "pane sunken", 2.9}, // the border of a field, beside its label and its ground
		{"focus", "canvas pane raised", 3},
	}
	for i := range 8 {
		pairs = append(pairs, struct {
			ink     string
			grounds string
			least   float64
		}{fmt.Sprint("person-ink-", i), fmt.Sprint("person-", i), 4.5})
	}
	for theme, colours := range themes(t) {
		for name, colour := range colours {
			if !colour.inside() {
				t.Errorf("%s: %s is no colour of sRGB: %v", theme, name, colour)
			}
		}
		for _, p := range pairs {
			for ground := range strings.FieldsSeq(p.grounds) {
				ink, ok := colours[p.ink]
				under, known := colours[ground]
				if !ok || !known {
					t.Errorf("%s: %s or %s is not in the style sheet", theme, p.ink, ground)
				} else if got := contrast(ink, under); got < p.least {
					t.Errorf("%s: %s on %s is %.2f, want %v", theme, p.ink, ground, got, p.least)
				}
			}
		}
	}
}

func TestTheLookNamesNoSides(t *testing.T) {
	// If this failed, pages in Arabic would have margins and lines on the wrong side.
	sides := regexp.MustCompile(`(?m)\b(left|right)\b|(?:margin|padding|border)-(?:left|right|top|bottom)|text-align: (?:left|right)`)
	for i, line := range strings.Split(string(look), "\n") {
		if found := sides.FindString(line); found != "" {
			t.Errorf("look.css:%d names a side: %s", i+1, line)
		}
	}
}

func TestTheLookUsesRolesOnly(t *testing.T) {
	// If this failed, a colour would be the same in the dark, or nobody would check its contrast.
	_, components, _ := strings.Cut(string(look), "/* Ground */")
	colour := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(|oklch\([^v]`)
	for line := range strings.Lines(components) {
		if found := colour.FindString(line); found != "" {
			t.Errorf("a component names a colour: %s", line)
		}
	}
	roles := map[string]bool{}
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+):`).FindAllStringSubmatch(string(look), -1) {
		roles[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`var\(--([a-z0-9-]+)\)`).FindAllStringSubmatch(string(look), -1) {
		if !roles[m[1]] {
			t.Errorf("there is no role %s", m[1])
		}
	}
}
