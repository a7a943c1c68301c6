package federation

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"tulou/federation/fetch"
	"tulou/storage"
)

// Each class of answer must be read as what it means; a wrong one loses messages or hammers a
// server.
func TestJudge(t *testing.T) {
	status := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer server.Close()
	client := fetch.New(fetch.Config{AllowPrivate: true})
	defer client.Close()
	for want, statuses := range map[verdict][]int{
		delivered: {200, 201, 202, 204},
		refused:   {301, 302, 307, 308, 401, 403},
		gone:      {404, 410},
		hopeless:  {400, 405, 406, 413, 415, 421, 422, 451},
		hostDown:  {429, 502, 503, 504, 521, 522, 530},
		again:     {408, 425, 500, 501, 507},
	} {
		for _, status = range statuses {
			_, err := client.Post(t.Context(), server.URL, fetch.ActivityJSON, []byte("{}"), nil)
			if got := judge(err); got != want {
				t.Errorf("%d means %d, want %d", status, got, want)
			}
		}
	}
	server.Close()
	if _, err := client.Post(t.Context(), server.URL, fetch.ActivityJSON, []byte("{}"), nil); judge(err) != hostDown {
		t.Errorf("a refused connection means %d, want hostDown", judge(err))
	}
	strict := fetch.New(fetch.Config{})
	defer strict.Close()
	if _, err := strict.Post(t.Context(), "https://127.0.0.1/inbox", fetch.ActivityJSON, []byte("{}"), nil); judge(err) != refused {
		t.Errorf("an address that is not public means %d, want refused", judge(err))
	}
}

// The times between attempts are promised to people: what they send arrives within a week.
func TestRetrySchedule(t *testing.T) {
	now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	aged := func(attempts int, age time.Duration) storage.Delivery {
		return storage.Delivery{Attempts: attempts, CreatedAt: storage.At(now.Add(-age))}
	}
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		v      verdict
		d      storage.Delivery
		asked  time.Duration
		want   time.Duration
		giveUp bool
	}{
		"first":                         {v: again, d: aged(0, 0), want: time.Minute},
		"second":                        {v: again, d: aged(1, 0), want: 5 * time.Minute},
		"third":                         {v: again, d: aged(2, 0), want: 15 * time.Minute},
		"fourth":                        {v: again, d: aged(3, 0), want: time.Hour},
		"fifth":                         {v: again, d: aged(4, 0), want: 3 * time.Hour},
		"sixth":                         {v: again, d: aged(5, 0), want: 6 * time.Hour},
		"seventh":                       {v: again, d: aged(6, 0), want: 12 * time.Hour},
		"twentieth":                     {v: again, d: aged(19, 6*day), want: 12 * time.Hour},
		"just before a week":            {v: again, d: aged(19, 7*day-time.Second), want: 12 * time.Hour},
		"after a week":                  {v: again, d: aged(3, 7*day), giveUp: true},
		"asked for a time":              {v: again, d: aged(0, 0), asked: 3 * time.Hour, want: 3 * time.Hour},
		"refused once":                  {v: refused, d: aged(0, 0), want: 5 * time.Minute},
		"refused twice":                 {v: refused, d: aged(1, 0), want: 6 * time.Hour},
		"refused three times":           {v: refused, d: aged(2, 0), giveUp: true},
		"refused after other failures":  {v: refused, d: aged(9, 0), giveUp: true},
		"malformed":                     {v: hopeless, d: aged(0, 0), giveUp: true},
		"no such inbox, first day":      {v: gone, d: aged(0, 0), want: day},
		"no such inbox, second day":     {v: gone, d: aged(1, 30*time.Hour), want: day},
		"no such inbox, third day":      {v: gone, d: aged(2, 50*time.Hour), giveUp: true},
		"no such inbox, after failures": {v: gone, d: aged(20, day), want: day},
	} {
		wait, ok := nextTry(c.v, c.d, now, c.asked, 0.5)
		if ok == c.giveUp {
			t.Errorf("%s: tried again is %v", name, ok)
			continue
		}
		if c.v == gone {
			wait, _ = nextTry(c.v, c.d, now, c.asked, 0)
		}
		if !c.giveUp && wait != c.want {
			t.Errorf("%s: %v, want %v", name, wait, c.want)
		}
	}
}

// Without jitter everything that failed at one time would come back at one time; with too much the
// schedule would mean nothing.
func TestJitterIsAQuarter(t *testing.T) {
	for random, want := range map[float64]time.Duration{0: 45 * time.Second, 0.5: time.Minute, 1: 75 * time.Second} {
		if got := jitter(time.Minute, random); got != want {
			t.Errorf("jitter(%v) = %v, want %v", random, got, want)
		}
	}
	// Three answers that an inbox is gone must be on three days whatever the jitter.
	if wait, _ := nextTry(gone, storage.Delivery{CreatedAt: storage.Now()}, time.Now(), 0, 0); wait < 24*time.Hour {
		t.Errorf("asked again after %v, want a day", wait)
	}
}

// A host that is away must be asked less and less, and soon enough after it comes back.
func TestHostWait(t *testing.T) {
	total := time.Duration(0)
	for failures := range openAfter - 1 {
		total += hostWait(failures, 0, 0, 1) // the longest that jitter makes it
	}
	if total > 10*time.Minute {
		t.Errorf("the fifth failure comes after %v, want at most ten minutes", total)
	}
	for failures, want := range map[int]time.Duration{
		4: 5 * time.Minute, 5: 10 * time.Minute, 6: 20 * time.Minute, 9: 160 * time.Minute, 10: 320 * time.Minute,
		11: 6 * time.Hour, 1000: 6 * time.Hour,
	} {
		if got := hostWait(failures, time.Hour, 0, 0.5); got != want {
			t.Errorf("after %d failures: %v, want %v", failures, got, want)
		}
	}
	if got := hostWait(1000, 14*24*time.Hour, 0, 0.5); got != 24*time.Hour {
		t.Errorf("a dormant host is asked after %v, want a day", got)
	}
	if got := hostWait(0, 0, 7*time.Second, 0.5); got != 7*time.Second {
		t.Errorf("a host that asks for 7 s is left alone for %v", got)
	}
}
