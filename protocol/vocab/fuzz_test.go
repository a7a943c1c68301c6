package vocab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tulou/protocol/fault"
	"tulou/protocol/strictjson"
)

func seeds(f *testing.F) {
	for _, pattern := range []string{"testdata/interop/*/*.json", "testdata/golden/*.json"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw)
		}
	}
	f.Add([]byte(`{"@type":["as:Like"],"as:actor":[{"@id":"https://a.example/ü|"}],"object":{"id":"https://b.example/x y","actor":"https://c.example/"}}`))
	for _, object := range []string{"https://or^^chard.example/1", "https://b.example/%zz", "https://b.example:8o/1", "https://[::1/1", "https://", "https:///1", "https://b.example/" + strings.Repeat("ü", 900)} {
		f.Add([]byte(`{"type":"Like","actor":"https://a.example/ana","object":"` + object + `"}`))
	}
}

// FuzzParseActivity holds three promises: nothing panics; errors are fault.Invalid; and the gate's
// envelope never names another actor, object or type than the parsed activity does.
func FuzzParseActivity(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		n, err := read(raw) // without recover
		if err == nil {
			_, err = objectOf(n, raw, 0)
		}
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatalf("error of another kind: %v", err)
		}
		if strictjson.Check(raw, 1<<20) != nil {
			return
		}
		a, err := ParseActivity(raw)
		if err != nil {
			return
		}
		e, err := ParseEnvelope(raw)
		if err != nil {
			return // the gate refuses it, so that no job will see it
		}
		if e.ID != a.ID || e.Type != a.Type || e.Actor != a.Actor || e.ObjectID != a.ObjectID {
			t.Fatalf("the envelope %+v disagrees with %+v", e, a)
		}
	})
}

// FuzzRoundTrip holds that whatever was parsed can be built and marshalled without a panic.
func FuzzRoundTrip(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := ParseObject(raw)
		if err != nil {
			return
		}
		built, err := Build(o)
		if err != nil {
			return
		}
		if out, err := Marshal(built); err == nil {
			if _, err := ParseObject(out); err != nil && !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
		}
	})
}
