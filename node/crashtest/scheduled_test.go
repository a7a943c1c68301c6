package crashtest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"testing"
	"time"

	"tulou/protocol/ids"
	"tulou/storage"
)

// What somebody wrote for later would be lost, or posted twice, because the node was killed while
// its time came.
func TestKillWhileScheduledPostsAreDue(t *testing.T) {
	count, kills := size(t, 20, 200), size(t, 4, 40)
	parallel(t)
	each(t, func(t *testing.T, database func(*testing.T) string) {
		n := newNode(t, database(t))
		n.start()
		writers := make([]*person, (count+storedForADay-1)/storedForADay)
		for i := range writers {
			writers[i] = n.person(fmt.Sprintf("ana%d", i))
		}
		var scheduled []int64
		at := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		for i := range count {
			form := url.Values{"status": {fmt.Sprintf("later %d.", i)}, "scheduled_at": {at}}
			status, answer, err := fetch(http.MethodPost, n.URL+"/api/v1/statuses", writers[i/storedForADay].token, form.Encode())
			var kept struct{ ID string }
			if err != nil || status != http.StatusOK || json.Unmarshal(answer, &kept) != nil {
				t.Fatalf("schedule: %v, %d %s", err, status, answer)
			}
			id, _ := ids.Parse(kept.ID)
			scheduled = append(scheduled, id)
		}
		n.kill()
		comesDue(t, n.database, scheduled)
		for range kills {
			n.start()
			time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond)
			n.kill()
		}
		n.start()
		eventually(t, 90*time.Second, "nothing is scheduled any more", func() error {
			for _, w := range writers {
				_, answer, err := fetch(http.MethodGet, n.URL+"/api/v1/scheduled_statuses", w.token, "")
				if err != nil || string(answer) != "[]" {
					return fmt.Errorf("%v, %s", err, answer)
				}
			}
			return nil
		})
		times := map[string]int{}
		store := opened(t, n.database)
		for i := range count {
			_, answer, err := fetch(http.MethodGet, n.URL+"/api/v1/accounts/lookup?acct="+writers[i/storedForADay].name, "", "")
			var who struct{ ID string }
			if err != nil || json.Unmarshal(answer, &who) != nil {
				t.Fatalf("lookup: %v %s", err, answer)
			}
			id, _ := ids.Parse(who.ID)
			posts, err := store.StatusIDsOf(context.Background(), id, 0, 2*storedForADay)
			if err != nil {
				t.Fatal(err)
			}
			found, err := store.StatusesByIDs(context.Background(), posts)
			if err != nil {
				t.Fatal(err)
			}
			text := fmt.Sprintf("later %d.", i)
			for _, s := range found {
				if s.Source == text {
					times[text]++
				}
			}
			if times[text] != 1 {
				t.Errorf("%q was posted %d times", text, times[text])
			}
		}
	})
}

// storedForADay is how many posts for later one person has, below the limit for a day.
const storedForADay = 20

func opened(t *testing.T, database string) *storage.Store {
	t.Helper()
	store, err := storage.Open(context.Background(), database, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// comesDue lets the hour pass for posts while their node is down, for real processes have no clock
// that a test could turn.
func comesDue(t *testing.T, database string, scheduled []int64) {
	t.Helper()
	ctx, store := context.Background(), opened(t, database)
	err := store.Tx(ctx, func(tx *storage.Tx) error {
		for _, id := range scheduled {
			kept, err := tx.ScheduledByID(ctx, id)
			if err != nil {
				return err
			}
			past := storage.At(time.Now().Add(-time.Second))
			if err := tx.MoveScheduled(ctx, kept.AccountID, id, past); err != nil {
				return err
			}
			job := storage.Job{Queue: "work", Lane: "scheduled " + ids.Format(id), Kind: "social.scheduled", Payload: []byte(ids.Format(id)), RunAt: past}
			if err := tx.Reschedule(ctx, job); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
