package vocab

import (
	"os"
	"testing"
)

func largeCreate(tb testing.TB) []byte {
	tb.Helper()
	raw, err := os.ReadFile("testdata/create-large.json")
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// BenchmarkParseCreate measures one inbound post from bytes to the plain struct: the budget is
// 150 µs of CPU and 70 KB (it runs once per note in the inbox job).
func BenchmarkParseCreate(b *testing.B) {
	raw := largeCreate(b)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseActivity(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEnvelope measures the gate's first look: the budget is 30 µs.
func BenchmarkEnvelope(b *testing.B) {
	raw := largeCreate(b)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseEnvelope(raw); err != nil {
			b.Fatal(err)
		}
	}
}
