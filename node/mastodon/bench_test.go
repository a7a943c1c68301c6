package mastodon

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"tulou/storage"
)

// busy is a village in which somebody follows ten people with twenty posts each.
func busy(b *testing.B) (*village, *client) {
	b.Helper()
	v := newVillage(b)
	ana := v.person("ana")
	for i := range 10 {
		other := v.person(fmt.Sprintf("friend%d", i))
		ana.follows(other)
		for n := range 20 {
			id := other.toot(fmt.Sprintf("Post %d of mine, about #gardens and https://example.org/%d: %s", n, n, strings.Repeat("leaves and roots. ", 10)))
			if n%3 == 0 {
				ana.post("/api/v1/statuses/"+id+"/favourite", nil)
			}
		}
	}
	return v, ana
}

// cpu is the processor time that this process has used, in all its goroutines.
func cpu() int64 {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return used.Utime.Nano() + used.Stime.Nano()
}

func benchmarkGet(b *testing.B, c *client, path string) {
	b.Helper()
	c.get(path)
	before := cpu()
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		if a := c.request(r); a.Code != 200 || a.Body.Len() < 1000 {
			b.Fatalf("%d with %d bytes", a.Code, a.Body.Len())
		}
	}
	b.ReportMetric(float64(cpu()-before)/float64(b.N)/1e6, "cpu-ms/op")
}

// Target: 0.25 ms of CPU for 20 posts that were rendered before.
func BenchmarkHomeTimeline(b *testing.B) {
	_, ana := busy(b)
	benchmarkGet(b, ana, "/api/v1/timelines/home?limit=20")
}

// Target: 0.25 ms of CPU.
func BenchmarkPublicTimeline(b *testing.B) {
	v, ana := busy(b)
	b.Run("stranger", func(b *testing.B) { benchmarkGet(b, v.stranger(), "/api/v1/timelines/public?limit=20") })
	b.Run("person", func(b *testing.B) { benchmarkGet(b, ana, "/api/v1/timelines/public?limit=20") })
}

// What a page costs that nobody has read before.
func BenchmarkColdHomeTimeline(b *testing.B) {
	v, ana := busy(b)
	for b.Loop() {
		v.bodies, v.accounts = newCache(bodiesBytes), newCache(accountsBytes)
		ana.get("/api/v1/timelines/home?limit=20")
	}
}

// Target: 2 ms of CPU with eight clients at once, whose commits are shared.
func BenchmarkPostStatus(b *testing.B) {
	_, ana := busy(b)
	before := cpu()
	b.SetParallelism(4)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			ana.toot("A post about #gardens")
		}
	})
	b.ReportMetric(float64(cpu()-before)/float64(b.N)/1e6, "cpu-ms/op")
}

// The parts of a home timeline, to see where the time goes.
func BenchmarkHomeParts(b *testing.B) {
	v, ana := busy(b)
	ctx := context.Background()
	stamps, err := v.Store.Home(ctx, ana.me.ID, storage.Page{Limit: 20})
	check(b, err)
	b.Run("ids", func(b *testing.B) {
		for b.Loop() {
			_, err := v.Store.Home(ctx, ana.me.ID, storage.Page{Limit: 20})
			check(b, err)
		}
	})
	b.Run("viewer", func(b *testing.B) {
		for b.Loop() {
			_, err := v.Store.ViewerStates(ctx, ana.me.ID, storage.StatusIDs(stamps))
			check(b, err)
		}
	})
	b.Run("render", func(b *testing.B) {
		for b.Loop() {
			sheet, err := v.timeline(ctx, 0, stamps)
			check(b, err)
			v.sheets.Put(sheet)
		}
	})
}
