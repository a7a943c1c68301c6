package people

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"tulou/protocol/fault"
	"tulou/storage"
)

// If this failed, a mute for a day would last for ever, or end at once.
func TestMuteEndsWhenItsTimeIsOver(t *testing.T) {
	url := sqlite(t)
	synctest.Test(t, func(t *testing.T) {
		store := must(storage.Open(t.Context(), url, slog.New(slog.DiscardHandler)))
		defer store.Close()
		v := village{t, store, New(Deps{Store: store, Log: slog.New(slog.DiscardHandler)})}
		ana, ben := v.local("ana"), v.local("ben")
		r := must(v.Mute(t.Context(), ana, ben.ID, MuteOptions{Notifications: true, For: 24 * time.Hour}))
		if !r.Muting || !r.MutingNotifications || r.MuteExpiresAt == 0 {
			t.Errorf("relationship %+v", r)
		}
		time.Sleep(25 * time.Hour)
		if r := must(v.relationship(t.Context(), ana, ben.ID)); r.Muting {
			t.Errorf("a day later: %+v", r)
		}
		must(v.Mute(t.Context(), ana, ben.ID, MuteOptions{}))
		time.Sleep(1000 * time.Hour)
		if r := must(v.relationship(t.Context(), ana, ben.ID)); !r.Muting || r.MutingNotifications {
			t.Errorf("muted for ever: %+v", r)
		}
		if list := must(v.Mutes(t.Context(), ana, storage.Page{})); len(list) != 1 {
			t.Errorf("mutes %+v", list)
		}
		if r := must(v.Unmute(t.Context(), ana, ben.ID)); r.Muting {
			t.Errorf("after unmute: %+v", r)
		}
		if _, err := v.Mute(t.Context(), ana, ana.ID, MuteOptions{}); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("muted oneself: %v", err)
		}
		if _, err := v.Mute(t.Context(), ana, ben.ID, MuteOptions{For: -1}); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("muted into the past: %v", err)
		}
	})
}
