package mastodon

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"tulou/protocol/ids"
	"tulou/storage"
	"tulou/storage/storagetest"
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

// told is a village in which somebody was told 10,000 things: likes of 100 posts by 80 people,
// boosts, follows and mentions.
func told(b *testing.B, databaseURL string) *client {
	b.Helper()
	v := newVillageOn(b, databaseURL)
	ana, ctx := v.person("ana"), context.Background()
	posts := make([]int64, 100)
	for i := range posts {
		posts[i], _ = ids.Parse(ana.toot(fmt.Sprintf("Post %d about #gardens: %s", i, strings.Repeat("leaves and roots. ", 10))))
	}
	var fans []storage.Account
	for i := range 80 {
		fans = append(fans, v.remote(fmt.Sprintf("fan%d", i), "orchard.example"))
	}
	tell := func(n storage.Notification) {
		n.AccountID = ana.me.ID
		v.do(func(tx *storage.Tx) error { return v.Notify.Notify(ctx, tx, n) })
	}
	for i, fan := range fans {
		for n, id := range posts {
			tell(storage.Notification{Type: storage.NotifyLike, FromID: fan.ID, StatusID: id})
			if (i+n)%5 == 0 {
				tell(storage.Notification{Type: storage.NotifyBoost, FromID: fan.ID, StatusID: id})
			}
		}
		tell(storage.Notification{Type: storage.NotifyFollow, FromID: fan.ID})
		for range 4 {
			said := v.arrives(fan, storage.NewStatus{Status: storage.Status{Content: "<p>hello</p>"}, Mentions: []int64{ana.me.ID}})
			tell(storage.Notification{Type: storage.NotifyMention, FromID: fan.ID, StatusID: said.ID})
		}
	}
	return ana
}

// Target: 1 ms of CPU for 40 of 10,000 notifications, plain, and 1.5 ms in groups with 160 people,
// on SQLite.
func BenchmarkNotifications(b *testing.B) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": storagetest.SQLite, "postgres": storagetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			ana := told(b, database(b))
			b.Run("v1", func(b *testing.B) { benchmarkGet(b, ana, "/api/v1/notifications?limit=40") })
			b.Run("v2", func(b *testing.B) { benchmarkGet(b, ana, "/api/v2/notifications?limit=40") })
			b.Run("v2 in part", func(b *testing.B) {
				benchmarkGet(b, ana, "/api/v2/notifications?limit=40&expand_accounts=partial_avatars")
			})
			oldest := ana.get("/api/v1/notifications?limit=80&min_id=1").list()
			deep := oldest[0]["id"].(string)
			b.Run("v1 deep", func(b *testing.B) { benchmarkGet(b, ana, "/api/v1/notifications?limit=40&max_id="+deep) })
			b.Run("unread", func(b *testing.B) {
				for b.Loop() {
					ana.get("/api/v2/notifications/unread_count")
				}
			})
		})
	}
}
