package social

import (
	"testing"
	"time"

	"tulou/storage"
)

// Every list of hashtags would count a week's posts, or what was counted would be shown for ever,
// or be remembered without bounds.
func TestCountsOfHashtagsAreRememberedForAMoment(t *testing.T) {
	var h tagHistories
	now := time.Now()
	h.put(map[string][]storage.TagDay{"tea": {{Tag: "tea", Uses: 3}}}, now)
	known, missing := h.get([]string{"tea", "milk"}, now.Add(tagHistoryFresh-1))
	if len(known) != 1 || known["tea"][0].Uses != 3 || len(missing) != 1 || missing[0] != "milk" {
		t.Errorf("known %v, missing %v", known, missing)
	}
	if _, missing := h.get([]string{"tea"}, now.Add(tagHistoryFresh)); len(missing) != 1 {
		t.Error("old counts are shown")
	}
	for n := range tagHistoriesMax + 1 {
		h.put(map[string][]storage.TagDay{time.Duration(n).String(): nil}, now)
	}
	if len(h.of) > tagHistoriesMax {
		t.Errorf("%d are remembered", len(h.of))
	}
}
