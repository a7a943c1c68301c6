package notify

import (
	"log/slog"
	"slices"
	"strings"
	"testing"

	"tulou/protocol/fault"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// house is a Service with a database.
type house struct {
	*Service
	t testing.TB
}

func each(t *testing.T, test func(t *testing.T, h house)) {
	t.Helper()
	for name, url := range map[string]func(testing.TB) string{"sqlite": storagetest.SQLite, "postgres": storagetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			store, err := storage.Open(t.Context(), url(t), slog.New(slog.DiscardHandler))
			check(t, err)
			t.Cleanup(func() { check(t, store.Close()) })
			test(t, house{New(store), t})
		})
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h house) do(fn func(tx *storage.Tx) error) {
	h.t.Helper()
	check(h.t, h.store.Tx(h.t.Context(), fn))
}

// person makes somebody of this node, or of host.
func (h house) person(name, host string) (a storage.Account) {
	h.t.Helper()
	h.do(func(tx *storage.Tx) (err error) {
		if host != "" {
			base := "https://" + host + "/users/" + name
			a, err = tx.PutRemoteAccount(h.t.Context(), storage.Account{URI: base, Name: name, Host: host, Inbox: base + "/inbox"})
			return err
		}
		if a, err = tx.CreateAccount(h.t.Context(), storage.Account{URI: "https://harbor.example/users/" + name, Name: name}); err != nil {
			return err
		}
		return tx.CreateLogin(h.t.Context(), storage.Login{AccountID: a.ID, Email: name + "@harbor.example"})
	})
	return a
}

func (h house) tell(to, from storage.Account, kind string) {
	h.t.Helper()
	h.do(func(tx *storage.Tx) error {
		return h.Notify(h.t.Context(), tx, storage.Notification{AccountID: to.ID, Type: kind, FromID: from.ID})
	})
}

func (h house) list(viewer storage.Account, f storage.NotificationFilter) (types []string) {
	h.t.Helper()
	all, err := h.List(h.t.Context(), viewer, f, storage.Page{})
	check(h.t, err)
	for _, n := range all {
		types = append(types, n.Type)
	}
	return types
}

// People would be told twice, or by those they do not want to hear of.
func TestNotifyTellsOnceAndOnlyWhomItConcerns(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ana, ben, cal, dan := h.person("ana", ""), h.person("ben", "orchard.example"), h.person("cal", ""), h.person("dan", "")
		h.do(func(tx *storage.Tx) error {
			if _, err := tx.PutBlock(t.Context(), ana.ID, cal.ID, ""); err != nil {
				return err
			}
			return tx.PutMute(t.Context(), storage.Mute{AccountID: ana.ID, TargetID: dan.ID, Notifications: true})
		})
		for range 2 {
			h.tell(ana, ben, storage.NotifyFollow)
		}
		h.tell(ana, ana, storage.NotifyFollow)
		h.tell(ana, cal, storage.NotifyFollow)
		h.tell(cal, ana, storage.NotifyFollow)
		h.tell(ana, dan, storage.NotifyFollow)
		h.tell(ben, ana, storage.NotifyFollow)
		for _, c := range []struct {
			who  storage.Account
			want []string
		}{{ana, []string{"follow"}}, {ben, nil}, {cal, nil}, {dan, nil}} {
			if got := h.list(c.who, storage.NotificationFilter{}); !slices.Equal(got, c.want) {
				t.Errorf("%s was told %v, want %v", c.who.Name, got, c.want)
			}
		}
	})
}

// A client would get other kinds than it asked for, all of them for a kind that nobody knows, or be
// shown and clear the notifications of others.
func TestListGetDismissAndClearAreOnesOwn(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ana, ben := h.person("ana", ""), h.person("ben", "")
		for _, kind := range []string{storage.NotifyFollow, storage.NotifyFollowRequest} {
			h.tell(ana, ben, kind)
			h.tell(ben, ana, kind)
		}
		for _, c := range []struct {
			f    storage.NotificationFilter
			want []string
		}{
			{storage.NotificationFilter{}, []string{"follow_request", "follow"}},
			{storage.NotificationFilter{Types: []string{"follow", "quote"}}, []string{"follow"}},
			{storage.NotificationFilter{Types: []string{"quote"}}, nil},
			{storage.NotificationFilter{ExcludeTypes: []string{"follow", "quote"}}, []string{"follow_request"}},
		} {
			if got := h.list(ana, c.f); !slices.Equal(got, c.want) {
				t.Errorf("%+v: %v, want %v", c.f, got, c.want)
			}
		}
		all, err := h.List(t.Context(), ana, storage.NotificationFilter{}, storage.Page{})
		check(t, err)
		_, err = h.Get(t.Context(), ana, all[0].ID)
		check(t, err)
		_, err = h.Get(t.Context(), ben, all[0].ID)
		if !fault.Is(err, fault.NotFound) || !fault.Is(h.Dismiss(t.Context(), ben, all[0].ID), fault.NotFound) {
			t.Errorf("ben reaches what ana was told: %v", err)
		}
		check(t, h.Dismiss(t.Context(), ana, all[0].ID))
		if got := h.list(ana, storage.NotificationFilter{}); len(got) != 1 {
			t.Errorf("after one was dismissed: %v", got)
		}
		check(t, h.Clear(t.Context(), ana))
		if a, b := h.list(ana, storage.NotificationFilter{}), h.list(ben, storage.NotificationFilter{}); len(a) != 0 || len(b) != 2 {
			t.Errorf("after ana cleared hers: %v and %v", a, b)
		}
	})
}

// Devices would not know how far another one has read.
func TestMarkersRememberHowFarOneHasRead(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ana, ben := h.person("ana", ""), h.person("ben", "")
		both := []string{TimelineHome, TimelineNotifications}
		put := func(m map[string]string) []storage.Marker {
			t.Helper()
			got, err := h.PutMarkers(t.Context(), ana, m)
			check(t, err)
			return got
		}
		if got := put(map[string]string{"home": "103", "notifications": "7"}); len(got) != 2 || got[0].LastReadID != "103" || got[0].Version != 1 {
			t.Errorf("markers %+v", got)
		}
		if got := put(map[string]string{"home": "104"}); len(got) != 1 || got[0].Version != 2 {
			t.Errorf("markers %+v", got)
		}
		got, err := h.Markers(t.Context(), ana, both)
		check(t, err)
		if len(got) != 2 || got[0].LastReadID != "104" || got[1].LastReadID != "7" {
			t.Errorf("markers %+v", got)
		}
		if got, err := h.Markers(t.Context(), ana, []string{"notifications"}); err != nil || len(got) != 1 {
			t.Errorf("asked for one: %+v, %v", got, err)
		}
		if got, err := h.Markers(t.Context(), ben, both); err != nil || len(got) != 0 {
			t.Errorf("ben: %+v, %v", got, err)
		}
		for _, bad := range []map[string]string{{"public": "1"}, {"home": ""}, {"home": strings.Repeat("9", lastReadBytesMax+1)}} {
			if _, err := h.PutMarkers(t.Context(), ana, bad); !fault.Is(err, fault.Unprocessable) {
				t.Errorf("%v: %v", bad, err)
			}
		}
	})
}
