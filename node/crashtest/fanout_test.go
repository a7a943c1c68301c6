package crashtest

import (
	"fmt"
	"testing"
	"time"
)

// Somebody would be told that their post is published, and most of the world would never see it.
func TestKillAfterPostTo200Hosts(t *testing.T) {
	count := size(t, 30, 200)
	parallel(t)
	each(t, func(t *testing.T, database func(*testing.T) string) {
		n := newNode(t, database(t))
		n.start()
		ana := n.person("ana")
		hosts := followers(t, ana, count, thinks(20*time.Millisecond))
		posted, err := ana.post("hello to everybody")
		if err != nil {
			t.Fatal(err)
		}
		n.kill()
		early := 0
		for _, o := range hosts {
			early += min(1, len(o.times(ana.actor, posted.URI)))
		}
		n.start()
		eventually(t, 90*time.Second, "every host has the post", func() error {
			for _, o := range hosts {
				if len(o.times(ana.actor, posted.URI)) == 0 {
					return fmt.Errorf("%s has not", o.Peer.Base)
				}
			}
			return nil
		})
		twice := 0
		for _, o := range hosts {
			if got := o.count("Create"); got != 1 {
				t.Errorf("%s got %d different activities", o.Peer.Base, got)
			}
			if len(o.times(ana.actor, posted.URI)) > 1 {
				twice++
			}
		}
		t.Logf("%d of %d hosts had the post when the node was killed; all have it now, %d twice under the same id", early, count, twice)
	})
}

// followers starts servers of which somebody follows a person each.
func followers(t *testing.T, who *person, count int, slow func() time.Duration) []*outsider {
	t.Helper()
	hosts := make([]*outsider, count)
	for i := range hosts {
		hosts[i] = newOutsider(t, "reader", slow)
	}
	together(count, 16, func(i int) {
		if err := hosts[i].follow(who); err != nil {
			t.Errorf("follow: %v", err)
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	return hosts
}

func thinks(d time.Duration) func() time.Duration { return func() time.Duration { return d } }
