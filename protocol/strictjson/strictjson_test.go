package strictjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"tulou/protocol/fault"
)

const limit = 1 << 20

// If this failed, a document that two parsers read differently would get past the gate.
func TestA035AmbiguousDocumentsAreRefused(t *testing.T) {
	for name, body := range map[string]string{
		"duplicate key":            `{"id":"a","id":"b"}`,
		"nested duplicate key":     `{"object":{"actor":"a","x":[{"y":1,"y":2}]}}`,
		"escaped duplicate key":    `{"actor":"a","\u0061ctor":"b"}`,
		"keys differ by case":      `{"actor":"a","Actor":"b"}`,
		"keys differ by Kelvin":    "{\"key\":1,\"\u212aey\":2}",
		"keys differ by long s":    "{\"sensitive\":1,\"\u017fensitive\":2}",
		"duplicate among many":     manyKeys(100, `"k7":1`),
		"case twin among many":     manyKeys(100, `"K7":1`),
		"Kelvin twin among many":   manyKeys(100, "\"\u212a7\":1"),
		"duplicate in a context":   `{"@context":[{"a":1,"a":2}]}`,
		"many in a context":        `{"@context":` + manyKeys(100, `"k7":1`) + `}`,
		"case beside a context":    `{"actor":"a","@context":{"x":{"y":1}},"Actor":"b"}`,
		"lone high surrogate":      `{"content":"\ud800"}`,
		"lone low surrogate":       `{"content":"\udc00 x"}`,
		"surrogates turned around": `{"content":"\udc00\ud800"}`,
		"lone surrogate in a key":  `{"\ud800":1}`,
		"escaped NUL":              `{"content":"a\u0000b"}`,
		"escaped NUL in a key":     `{"a\u0000":1}`,
		"escaped NUL after escape": `{"content":"\\\u0000"}`,
		"raw NUL":                  "{\"content\":\"a\x00b\"}",
		"raw control character":    "{\"content\":\"a\nb\"}",
		"invalid UTF-8":            "{\"content\":\"\xff\xfe\"}",
		"overlong UTF-8":           "{\"content\":\"\xc0\xaf\"}",
		"encoded surrogate":        "{\"content\":\"\xed\xa0\x80\"}",
		"number 1e400":             `{"n":1e400}`,
		"number -1E+400":           `{"n":-1E+400}`,
		"number of 400 digits":     `{"n":` + strings.Repeat("9", 400) + `}`,
		"trailing data":            `{"id":"a"} {"id":"b"}`,
		"trailing brace":           `{"id":"a"}}`,
		"top-level array":          `[{"id":"a"}]`,
		"top-level string":         `"id"`,
		"top-level null":           `null`,
		"empty":                    ``,
		"byte order mark":          "\xef\xbb\xbf{}",
		"comment":                  `{/*x*/"id":"a"}`,
		"trailing comma":           `{"id":"a",}`,
		"single quotes":            `{'id':'a'}`,
		"NaN":                      `{"n":NaN}`,
		"cut off":                  `{"id":"a`,
		"cut off after array":      `{"to":["a"`,
		"65 objects deep":          strings.Repeat(`{"a":`, 65) + `1` + strings.Repeat(`}`, 65),
		"65 arrays deep":           `{"a":` + strings.Repeat(`[`, 64) + strings.Repeat(`]`, 64) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			if err := Check([]byte(body), limit); !fault.Is(err, fault.Invalid) {
				t.Errorf("%.80q gives %v, not invalid", body, err)
			}
		})
	}
}

// If this failed, a signed activity could be rearranged with JSON-LD keywords (CVE-2026-46349).
func TestA030RearrangingKeywordsAreRefused(t *testing.T) {
	for _, keyword := range []string{"@graph", "@included", "@reverse", "@nest", `\u0040graph`} {
		for _, shape := range []string{
			`{"%s":[]}`, `{"object":{"tag":[{"%s":{}}]}}`, `{"@context":[{"x":{"%s":"y"}}]}`,
		} {
			body := fmt.Sprintf(shape, keyword)
			if err := Check([]byte(body), limit); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s gives %v, not invalid", body, err)
			}
		}
	}
}

// If this failed, honest servers could not reach this node.
func TestRealDocumentsPass(t *testing.T) {
	for name, body := range map[string]string{
		"empty object":      `{}`,
		"white space":       " \r\n\t{ \"a\" : [ 1 , 2 ] } \n",
		"surrogate pair":    `{"content":"\ud83d\udef6"}`,
		"escaped backslash": `{"content":"\\u0000"}`,
		"emoji and Chinese": `{"content":"🛶 船"}`,
		"class and property (Fedify 2.3.6)": `{"@context":[{"QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization",` +
			`"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"}}]}`,
		"case twin among many terms": `{"@context":` + manyKeys(100, `"K7":1`) + `}`,
		"same key elsewhere":         `{"id":"a","object":{"id":"b","tag":[{"id":"c"},{"id":"d"}]}}`,
		"numbers":                    `{"a":-0,"b":1.5e3,"c":1e308,"d":0.000001,"e":` + strings.Repeat("9", 300) + `}`,
		"keywords in values":         `{"content":"@graph","summary":"@reverse"}`,
		"64 deep":                    strings.Repeat(`{"a":`, 64) + `1` + strings.Repeat(`}`, 64),
		"many keys":                  manyKeys(1000, `"last":1`),
		"key after nested keys":      `{"a":{"b":1},"b":{"a":1},"c":[{"a":1,"b":2}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if err := Check([]byte(body), limit); err != nil {
				t.Errorf("%.80q gives %v", body, err)
			}
		})
	}
}

// If this failed, the caller's limit would not hold.
func TestBodyBeyondTheLimitIsTooLarge(t *testing.T) {
	body := []byte(`{"a":"b"}`)
	if err := Check(body, len(body)); err != nil {
		t.Error(err)
	}
	if err := Check(body, len(body)-1); !fault.Is(err, fault.TooLarge) {
		t.Errorf("got %v", err)
	}
}

// If this failed, a body full of keys would cost quadratic time: 1 MiB of keys took minutes.
func TestManyKeysCostLinearTime(t *testing.T) {
	cost := func(keys int) time.Duration {
		body := []byte(manyKeys(keys, `"last":1`))
		least := time.Hour
		for range 3 {
			start := processorTime(t)
			if err := Check(body, 64<<20); err != nil {
				t.Fatal(err)
			}
			least = min(least, max(processorTime(t)-start, time.Microsecond))
		}
		return least
	}
	small, large := cost(16_000), cost(512_000)
	if large > 200*small { // linear is 32, quadratic 1,024
		t.Errorf("32 times the keys cost %d times the time", large/small)
	}
}

// processorTime is what this process has used of the processor, which does not depend on what else
// the machine does.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func manyKeys(n int, last string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		fmt.Fprintf(&b, `"k%d":1,`, i)
	}
	b.WriteString(last)
	b.WriteByte('}')
	return b.String()
}

// FuzzCheck holds Check against encoding/json: what passes must be valid JSON whose decoding and
// encoding loses no key at any depth.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":1,"A":2}`, `{"a":"\ud800"}`, `{"a":[{"b":{}},"\u0000"]}`, `{"n":1e400}`, `{"@graph":[]}`,
		"{\"k\":1,\"\u212a\":2}", `{"a":1}x`, manyKeys(40, `"K3":1`),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		err := Check(body, limit)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		var m map[string]any
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatalf("passes, but encoding/json says %v", err)
		}
		if got, want := countKeys(m), bytes.Count(tokens(t, body), []byte{':'}); got != want {
			t.Fatalf("the document has %d keys, encoding/json keeps %d", want, got)
		}
	})
}

func countKeys(v any) int {
	n := 0
	switch v := v.(type) {
	case map[string]any:
		n = len(v)
		for _, child := range v {
			n += countKeys(child)
		}
	case []any:
		for _, child := range v {
			n += countKeys(child)
		}
	}
	return n
}

// tokens returns the document without its strings, so that its colons can be counted.
func tokens(t *testing.T, body []byte) []byte {
	t.Helper()
	var out []byte
	inside := false
	for i := 0; i < len(body); i++ {
		switch {
		case inside && body[i] == '\\':
			i++
		case body[i] == '"':
			inside = !inside
		case !inside:
			out = append(out, body[i])
		}
	}
	return out
}

// BenchmarkCheck measures the gate's check of a 4 KB Create: the budget is 25 µs.
func BenchmarkCheck(b *testing.B) {
	body, err := os.ReadFile("testdata/create.json")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Check(body, limit); err != nil {
			b.Fatal(err)
		}
	}
}
