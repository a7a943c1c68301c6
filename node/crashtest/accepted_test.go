package crashtest

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// A server that got 202 never sends the note again, so what is lost here is lost for ever.
func TestKillAfter1000Accepted(t *testing.T) {
	count := size(t, 100, 1000)
	parallel(t)
	each(t, func(t *testing.T, database func(*testing.T) string) {
		n := newNode(t, database(t))
		n.start()
		ana := n.person("ana")
		const writers = 10
		var others []*outsider
		for i := range writers {
			o := newOutsider(t, fmt.Sprintf("writer%d", i), nil)
			others = append(others, o)
			ana.follow(o.handle())
		}
		together(count, 16, func(i int) {
			o := others[i%writers]
			if err := o.send(n, o.Create(o.Note(strconv.Itoa(i), fmt.Sprintf("<p>note %d.</p>", i), nil))); err != nil {
				t.Errorf("note %d: %v", i, err)
			}
		})
		n.kill()
		if t.Failed() {
			return
		}
		n.start()
		early := len(seen(t, ana))
		var all map[int]int
		eventually(t, 90*time.Second, "all notes are in the timeline", func() error {
			if all = seen(t, ana); len(all) < count {
				return fmt.Errorf("%d of %d", len(all), count)
			}
			return nil
		})
		for i := range count {
			if all[i] != 1 {
				t.Errorf("note %d is there %d times", i, all[i])
			}
		}
		t.Logf("%d notes were answered 202, the node was killed at once; %d were there when it answered again, all at the end, once each",
			count, early)
	})
}

var numbered = regexp.MustCompile(`note (\d+)\.`)

// seen counts the numbered notes of a home timeline.
func seen(t *testing.T, p *person) map[int]int {
	t.Helper()
	statuses, err := list[status](p, "/api/v1/timelines/home")
	if err != nil {
		t.Fatal(err)
	}
	found := map[int]int{}
	for _, s := range statuses {
		if m := numbered.FindStringSubmatch(s.Content); m != nil {
			found[number(m[1])]++
		}
	}
	return found
}

func number(text string) int {
	i, err := strconv.Atoi(text)
	if err != nil {
		panic(err) // it matched
	}
	return i
}
