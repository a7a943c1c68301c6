package web_test

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// sheets is where the style sheets of the client are, tokens first of all.
const sheets = "client/src"

// oklch is a colour by lightness, chroma and hue in degrees.
type oklch struct{ l, c, h float64 }

// linear converts to linear sRGB by the matrices of CSS Color 4 §10; outside 0…1 it is out of
// gamut.
func (o oklch) linear() [3]float64 {
	a, b := o.c*math.Cos(o.h*math.Pi/180), o.c*math.Sin(o.h*math.Pi/180)
	l := math.Pow(o.l+0.3963377774*a+0.2158037573*b, 3)
	m := math.Pow(o.l-0.1055613458*a-0.0638541728*b, 3)
	s := math.Pow(o.l-0.0894841775*a-1.2914855480*b, 3)
	return [3]float64{
		4.0767416621*l - 3.3077115913*m + 0.2309699292*s,
		-1.2684380046*l + 2.6097574011*m - 0.3413193965*s,
		-0.0041960863*l - 0.7034186147*m + 1.7076147010*s,
	}
}

// contrast is that of WCAG 2 §1.4.3.
func contrast(a, b oklch) float64 {
	luminance := func(o oklch) float64 {
		v := o.linear()
		return 0.2126*v[0] + 0.7152*v[1] + 0.0722*v[2]
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// tokens are the colours by name, light and dark; those with a hue of their own once for each
// person.
type tokens map[string][2]oklch

var (
	tokenLine = regexp.MustCompile(`--([a-z0-9-]+): (light-dark\((.*)\)|oklch\([^)]*\));`)
	colour    = regexp.MustCompile(`oklch\(([\d.]+) ([\d.]+) ([\d.]+|var\(--hue\))( / [\d.]+)?\)`)
	person    = regexp.MustCompile(`\[data-person="(\d)"\] \{ --hue: (\d+); \}`)
)

func readTokens(t *testing.T) tokens {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(sheets, "ui/tokens.css"))
	if err != nil {
		t.Fatal(err)
	}
	hues := person.FindAllStringSubmatch(string(text), -1)
	if len(hues) != 8 {
		t.Fatalf("%d people have a hue, not 8", len(hues))
	}
	all := tokens{}
	for _, line := range tokenLine.FindAllStringSubmatch(string(text), -1) {
		name, found := line[1], colour.FindAllStringSubmatch(line[2], -1)
		if len(found) == 0 || strings.HasPrefix(line[2], "light-dark(") && len(found) != 2 {
			continue // a length or an edge that is transparent in one theme
		}
		if found[0][3] != "var(--hue)" {
			all[name] = [2]oklch{parse(t, found[0], ""), parse(t, found[len(found)-1], "")}
			continue
		}
		for _, hue := range hues {
			all[name+"-"+hue[1]] = [2]oklch{parse(t, found[0], hue[2]), parse(t, found[1], hue[2])}
		}
	}
	return all
}

func parse(t *testing.T, parts []string, hue string) oklch {
	t.Helper()
	if hue == "" {
		hue = parts[3]
	}
	var v [3]float64
	for i, text := range []string{parts[1], parts[2], hue} {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		v[i] = n
	}
	return oklch{v[0], v[1], v[2]}
}

// pair is two roles that are allowed to meet, and the least contrast between them, light and dark.
type pair struct {
	front, back string
	least       [2]float64
}

// pairs are what the design promises. Text has at least 4.5; what is no text but must be seen, 3.
func pairs() []pair {
	all := []pair{
		{"on-accent", "accent", [2]float64{6.1, 8.7}}, {"on-accent", "accent-hover", [2]float64{7.4, 10.5}},
		{"on-earth", "earth", [2]float64{6.8, 8.3}}, {"on-danger", "danger", [2]float64{5.8, 6.1}},
		{"on-lantern", "lantern", [2]float64{5.2, 4.7}}, {"on-lantern", "lantern-deep", [2]float64{5.2, 4.7}},
		{"gold", "lantern", [2]float64{3.6, 3.3}}, {"lantern", "pane", [2]float64{5.3, 3.6}},
		{"accent", "chat-bg", [2]float64{5.3, 9.0}}, {"ink", "bubble-own", [2]float64{12.9, 8.7}},
		{"bubble-own-meta", "bubble-own", [2]float64{5.8, 5.7}}, {"accent-ink", "bubble-own", [2]float64{5.8, 5.9}},
		{"ink", "bubble-other", [2]float64{16, 12}}, {"ink-3", "bubble-other", [2]float64{4.6, 4.7}},
		{"line-firm", "press", [2]float64{3, 3}}, {"line-firm", "sunken", [2]float64{3.1, 3.4}},
		{"pane", "ink", [2]float64{12, 8}}, // the toast: the page turned over
		{"on-shade", "print", [2]float64{12, 12}}, {"on-shade", "black", [2]float64{12, 12}},
		{"print", "paper", [2]float64{12, 12}}, {"print-2", "paper", [2]float64{5, 5}},
		{"earth-ink", "earth-soft", [2]float64{6, 8}}, {"danger-ink", "danger-soft", [2]float64{5.7, 6.5}},
		{"warn-ink", "warn-soft", [2]float64{5.8, 8.3}}, {"ok-ink", "ok-soft", [2]float64{5.9, 8}}, {"info-ink", "info-soft", [2]float64{5.8, 7.8}},
	}
	for _, back := range []string{"canvas", "pane", "chat-bg", "sunken", "raised", "hover", "press", "accent-soft"} {
		for front, least := range map[string][2]float64{
			"ink": {12.9, 8.8}, "ink-2": {6.6, 6.6}, "ink-3": {4.5, 4.7}, "accent-ink": {5.8, 5.9}, "focus": {5.8, 5.9},
			"love-ink": {4.7, 4.7}, "danger-ink": {5.6, 6}, "warn-ink": {5.6, 6}, "ok-ink": {5.7, 6}, "info-ink": {5.7, 6}, "earth-ink": {5.9, 6},
		} {
			all = append(all, pair{front, back, least})
		}
	}
	for i := range 8 {
		bg, ink, name := fmt.Sprintf("person-bg-%d", i), fmt.Sprintf("person-ink-%d", i), fmt.Sprintf("person-name-%d", i)
		all = append(all, pair{ink, bg, [2]float64{6.3, 7.3}}, pair{name, "pane", [2]float64{5.7, 7.6}}, pair{name, "bubble-other", [2]float64{5.7, 7.6}},
			pair{name, "sunken", [2]float64{4.9, 7.6}})
	}
	return all
}

// Text and signs would be too faint to read for many, in one theme or on one surface, without
// anybody noticing.
func TestColoursKeepTheirContrast(t *testing.T) {
	all := readTokens(t)
	for _, p := range pairs() {
		front, ok := all[p.front]
		back, found := all[p.back]
		if !ok || !found {
			t.Errorf("there is no %s or no %s", p.front, p.back)
			continue
		}
		for theme, name := range []string{"light", "dark"} {
			if got := contrast(front[theme], back[theme]); got < p.least[theme]-0.005 {
				t.Errorf("%s on %s, %s: %.2f, not %.2f", p.front, p.back, name, got, p.least[theme])
			}
		}
	}
}

// Screens would show another colour than the one that was measured.
func TestColoursAreWithinSRGB(t *testing.T) {
	const slack = 0.0015 // of a channel: less than half a step of 8 bits
	for name, themes := range readTokens(t) {
		for _, c := range themes {
			for _, v := range c.linear() {
				if v < -slack || v > 1+slack {
					t.Errorf("%s: oklch(%v %v %v) is outside sRGB", name, c.l, c.c, c.h)
					break
				}
			}
		}
	}
}

// physical finds what is on one side whatever way the text runs. Insets of the screen are really
// there.
var physical = regexp.MustCompile(`(?i)(?:^|[^a-z-])(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right)\b|` +
	`(?:^|[;{\s])(?:left|right)\s*:|(?:text-align|float|clear)\s*:\s*(?:left|right)|border-(?:top|bottom)-(?:left|right)-radius`)

// A mirrored page would have margins, corners and texts on the wrong side.
func TestStyleSheetsNameNoPhysicalSide(t *testing.T) {
	eachSheet(t, func(name, text string) {
		for i, line := range strings.Split(text, "\n") {
			if found := physical.FindString(line); found != "" {
				t.Errorf("%s:%d: %q: say start and end", name, i+1, strings.TrimSpace(found))
			}
		}
	})
}

// literal finds colours that no role stands behind.
var literal = regexp.MustCompile(`(?i)#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|oklch|oklab|lab|lch)\(|:\s*(?:white|black|gr[ae]y|red|green|blue)\b`)

// A colour outside the tokens would have no dark twin and no contrast that a test holds.
func TestComponentsNameOnlyRoles(t *testing.T) {
	eachSheet(t, func(name, text string) {
		if name == "ui/tokens.css" || strings.HasPrefix(name, "dev/") {
			return
		}
		for i, line := range strings.Split(text, "\n") {
			if found := literal.FindString(line); found != "" {
				t.Errorf("%s:%d: %q is no role of tokens.css", name, i+1, found)
			}
		}
	})
}

// defined and used find custom properties.
var (
	defined = regexp.MustCompile(`(--[a-z0-9-]+)\s*:`)
	used    = regexp.MustCompile(`var\((--[a-z0-9-]+)\s*(,)?`)
)

// A misspelled token would silently leave a property at its first value.
func TestEveryTokenThatIsUsedIsDefined(t *testing.T) {
	known := map[string]bool{}
	eachSheet(t, func(_, text string) {
		for _, m := range defined.FindAllStringSubmatch(text, -1) {
			known[m[1]] = true
		}
	})
	eachSheet(t, func(name, text string) {
		for _, m := range used.FindAllStringSubmatch(text, -1) {
			if !known[m[1]] && m[2] == "" {
				t.Errorf("%s: there is no %s", name, m[1])
			}
		}
	})
}

func eachSheet(t *testing.T, check func(name, text string)) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir(sheets, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".css" {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(sheets, path)
		seen++
		check(filepath.ToSlash(name), string(text))
		return err
	})
	if err != nil || seen == 0 {
		t.Fatalf("%d style sheets were read: %v", seen, err)
	}
}

// heads finds the class that a rule begins with, except where it is styled for what it holds: a
// screen may change the pane that it is in.
var heads = regexp.MustCompile(`(?m)^\.([a-z][a-z0-9-]*)(?:[ \[,{]|:[^h]|:ho)`)

// Two folders would style the same class, and a change in one would be seen in the other.
func TestEachClassBelongsToOneFolder(t *testing.T) {
	owner := map[string]string{}
	eachSheet(t, func(name, text string) {
		folder := filepath.ToSlash(filepath.Dir(name))
		for _, m := range heads.FindAllStringSubmatch(text, -1) {
			if first, ok := owner[m[1]]; ok && first != folder {
				t.Errorf("%s: .%s is styled in %s", name, m[1], first)
			}
			owner[m[1]] = folder
		}
	})
}
