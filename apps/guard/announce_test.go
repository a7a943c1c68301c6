package guard

import (
	"strings"
	"testing"
	"time"

	"tulou/protocol/fault"
	"tulou/storage"
)

// An announcement would not end, or say more than anybody reads.
func TestAnnouncementsHaveLimits(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx := t.Context()
		for _, wrong := range []NewAnnouncement{{}, {Body: strings.Repeat("x", AnnouncementMax+1)}, {Body: "a\x00"},
			{Body: "x", EndsAt: time.Now().Add(-time.Hour)}, {Body: "x", StartsAt: time.Now().Add(2 * time.Hour), EndsAt: time.Now().Add(time.Hour)}} {
			if _, err := v.Announce(ctx, wrong); !fault.Is(err, fault.Unprocessable) {
				t.Errorf("%.20q: %v", wrong.Body, err)
			}
		}
		for range storage.AnnouncementsMax {
			must(v.Announce(ctx, NewAnnouncement{Body: "x"}))
		}
		if _, err := v.Announce(ctx, NewAnnouncement{Body: "x"}); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("one too many: %v", err)
		}
		if err := v.Unannounce(ctx, 4711); !fault.Is(err, fault.NotFound) {
			t.Errorf("nothing was taken back: %v", err)
		}
	})
}

// People would react with words, or could not with a flag.
func TestReactionsAreEmoji(t *testing.T) {
	for text, want := range map[string]bool{
		"😀": true, "❤️": true, "👩‍👩‍👧‍👦": true, "👍🏽": true, "🇩🇪": true, "1️⃣": true, "🏴󠁧󠁢󠁳󠁣󠁴󠁿": true, "‼️": true, "☕": true,
		"": false, "x": false, "12": false, "😀x": false, "\u200d": false, "1": false, "#": false, strings.Repeat("😀", emojiRunesMax+1): false,
	} {
		if isEmoji(text) != want {
			t.Errorf("%q is an emoji: %v", text, !want)
		}
	}
}
