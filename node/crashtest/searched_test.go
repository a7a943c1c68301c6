package crashtest

import (
	"fmt"
	"testing"
	"time"

	"tulou/storage/storagetest"
)

// If this failed, posts that the node took would never be found, or be found twice, because it was
// killed before it read them.
func TestWhatWasPostedBeforeAKillIsFoundOnce(t *testing.T) {
	count := size(t, 60, 400)
	parallel(t)
	each(t, func(t *testing.T, database func(*testing.T) string) {
		n := newNode(t, database(t))
		n.start()
		ana := n.person("ana")
		together(count, 8, func(i int) {
			if _, err := ana.post(fmt.Sprintf("teapot note %d.", i)); err != nil {
				t.Errorf("post %d: %v", i, err)
			}
		})
		n.kill()
		n.start()
		ana.findsEach(t, count)
	})
}

// If this failed, what one of two processes was reading when it was killed would be found by
// nobody.
func TestWhatTwoProcessesReadIsFoundOnce(t *testing.T) {
	count := size(t, 60, 400)
	parallel(t)
	first, second := twoProcesses(t, storagetest.Postgres(t))
	ana := first.person("ana")
	other := *ana
	other.node = second
	together(count, 8, func(i int) {
		p := []*person{ana, &other}[i%2]
		if _, err := p.post(fmt.Sprintf("teapot note %d.", i)); err != nil {
			t.Errorf("post %d: %v", i, err)
		}
	})
	second.kill()
	ana.findsEach(t, count)
}

// findsEach demands that somebody finds each numbered note once.
func (p *person) findsEach(t *testing.T, count int) {
	t.Helper()
	eventually(t, 60*time.Second, "all posts are found", func() error {
		times := map[int]int{}
		for below := ""; ; {
			var page struct{ Statuses []status }
			if err := p.ask("GET", "/api/v2/search?type=statuses&limit=40&q=teapot"+below, nil, &page); err != nil {
				return err
			}
			for _, s := range page.Statuses {
				if m := numbered.FindStringSubmatch(s.Content); m != nil {
					times[number(m[1])]++
				}
				below = "&max_id=" + s.ID
			}
			if len(page.Statuses) == 0 {
				break
			}
		}
		for i := range count {
			if times[i] > 1 {
				t.Fatalf("note %d is found %d times", i, times[i])
			}
		}
		if len(times) != count {
			return fmt.Errorf("%d of %d are found", len(times), count)
		}
		return nil
	})
}
