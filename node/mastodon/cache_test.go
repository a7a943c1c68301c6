package mastodon

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/ids"
	"tulou/storage"
)

// fresh is the same API with nothing rendered yet.
func (v *village) fresh() *village {
	again := *v
	again.API = New(v.Deps)
	router := again.router()
	again.handler = router
	return &again
}

func TestWhatWasRenderedBeforeIsAsIfRenderedNow(t *testing.T) {
	// If this failed, people would see old counts, old names, deleted posts or somebody else's hearts.
	v := newVillage(t)
	people := []*client{v.person("ana"), v.person("ben"), v.person("carl")}
	zoe := v.remote("zoe", "orchard.example")
	for _, a := range people {
		for _, b := range people {
			if a != b {
				a.follows(b)
			}
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	posts := []string{people[0].toot("@ben the first #tag"), ids.Format(v.arrives(zoe, storage.NewStatus{
		Status: storage.Status{Content: "far", Type: "Question"}, Poll: &storage.Poll{Options: storage.Options{{Title: "a", Votes: 1}}, CountedAt: storage.Now()}}).ID)}
	somebody := func() *client { return people[random.IntN(len(people))] }
	some := func() string { return posts[random.IntN(len(posts))] }
	acts := []func() string{
		func() string { id := somebody().toot("@ana a post #tag"); posts = append(posts, id); return "post" },
		func() string {
			id, parent := "", some()
			if a := somebody().send("POST", "/api/v1/statuses", form{"status": {"a reply"}, "in_reply_to_id": {parent}}); a.Code == 200 {
				id = a.object()["id"].(string)
				posts = append(posts, id)
			}
			return "reply"
		},
		func() string {
			do := []string{"favourite", "unfavourite", "reblog", "unreblog", "bookmark", "unbookmark"}[random.IntN(6)]
			somebody().send("POST", "/api/v1/statuses/"+some()+"/"+do, nil)
			return do
		},
		func() string {
			somebody().send("PUT", "/api/v1/statuses/"+some(), form{"status": {fmt.Sprint("edited @carl ", random.Int())}})
			return "edit"
		},
		func() string {
			if len(posts) > 6 {
				somebody().send("DELETE", "/api/v1/statuses/"+some(), nil)
			}
			return "delete"
		},
		func() string {
			somebody().send("PATCH", "/api/v1/accounts/update_credentials", form{"display_name": {fmt.Sprint("Name ", random.Int())}}).ok()
			return "profile"
		},
		func() string {
			moved := zoe
			moved.DisplayName = fmt.Sprint("ZOE ", random.Int())
			v.do(func(tx *storage.Tx) error { _, err := tx.PutRemoteAccount(context.Background(), moved); return err })
			return "remote profile"
		},
		func() string {
			v.do(func(tx *storage.Tx) error {
				id, _ := ids.Parse(posts[1])
				return tx.PutPoll(context.Background(), id, storage.Poll{Options: storage.Options{{Title: "a", Votes: random.Int64N(99)}}, CountedAt: storage.Now()})
			})
			return "poll"
		},
		func() string {
			somebody().send("POST", "/api/v1/polls/"+some()+"/votes", form{"choices[]": {fmt.Sprint(random.IntN(2))}})
			return "vote"
		},
		func() string {
			id := somebody().toot("which", "poll[options][]", "a", "poll[options][]", "b", "poll[expires_in]", "3600")
			posts = append(posts, id)
			return "question"
		},
		func() string {
			a, b := somebody(), somebody()
			if a != b {
				a.post("/api/v1/accounts/"+b.id()+"/"+[]string{"mute", "unmute", "unfollow", "follow"}[random.IntN(4)], nil)
			}
			return "relation"
		},
	}
	for step := range 40 {
		did := acts[random.IntN(len(acts))]()
		clean := v.fresh()
		for _, path := range []string{"/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/notifications", "/api/v1/favourites",
			"/api/v1/accounts/" + people[0].id() + "/statuses", "/api/v1/statuses/" + posts[0] + "/context", "/api/v1/statuses/" + posts[1]} {
			for _, who := range []*client{people[step%3], v.stranger()} {
				again := *who
				again.v = clean
				kept, now := who.send("GET", path, nil), again.send("GET", path, nil)
				if diff := cmp.Diff(now.Body.String(), kept.Body.String()); diff != "" {
					t.Fatalf("step %d, after %s, %s: %s", step, did, path, diff)
				}
			}
		}
	}
}

func TestCachedPiecesAreOfTheAskedVersionAndAge(t *testing.T) {
	// If this failed, what was changed would be shown as it was.
	synctest.Test(t, func(t *testing.T) {
		c := newCache(1 << 20)
		c.put(1, rendered{version: 2, json: []byte("two")}, time.Now())
		for version, want := range map[int64]bool{1: false, 2: true, 3: false} {
			if _, ok := c.get(1, version, time.Now()); ok != want {
				t.Errorf("version %d: %v", version, ok)
			}
		}
		time.Sleep(renderedFresh - 1)
		if _, ok := c.get(1, 2, time.Now()); !ok {
			t.Error("it is forgotten too early")
		}
		time.Sleep(time.Nanosecond)
		if _, ok := c.get(1, 2, time.Now()); ok {
			t.Error("it is kept for too long")
		}
	})
}

func TestTheCacheKeepsWhatIsUsedWithinItsBound(t *testing.T) {
	// If this failed, a node's memory would grow with every post that anybody reads.
	c, now := newCache(64<<10), time.Now()
	piece := rendered{version: 1, json: []byte(strings.Repeat("x", 1000))}
	c.put(0, piece, now)
	for id := range int64(10_000) {
		c.put(id+1, piece, now)
		if _, ok := c.get(0, 1, now); !ok {
			t.Fatalf("what is used all the time is forgotten after %d others", id)
		}
		kept := 0
		for _, generation := range []map[int64]rendered{c.young, c.old} {
			for _, p := range generation {
				kept += len(p.json) + pieceOverhead
			}
		}
		if kept > c.bytes+2*(len(piece.json)+pieceOverhead) {
			t.Fatalf("%d bytes are kept", kept)
		}
	}
	if _, ok := c.get(1, 1, now); ok {
		t.Error("what nobody uses is kept")
	}
	c.put(0, piece, now)
	c.put(0, piece, now)
	if c.size != 0 && c.size%(len(piece.json)+pieceOverhead) != 0 {
		t.Errorf("the size is counted as %d", c.size)
	}
}

func TestReadersDoNotDisturbEachOther(t *testing.T) {
	// If this failed (or the race detector complained), readers at once would get torn answers.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	for range 5 {
		id := ana.toot("x")
		ben.post("/api/v1/statuses/"+id+"/favourite", nil)
	}
	want := map[*client]string{}
	clients := []*client{ana, ben, v.stranger()}
	for _, c := range clients {
		want[c] = c.get("/api/v1/timelines/public").Body.String()
	}
	var readers sync.WaitGroup
	for range 4 {
		for _, c := range clients {
			readers.Go(func() {
				for range 20 {
					if got := c.send("GET", "/api/v1/timelines/public", nil).Body.String(); got != want[c] {
						t.Error("another answer than alone")
					}
				}
			})
		}
	}
	readers.Wait()
}
