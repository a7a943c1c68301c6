package edge

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestNetworkIsWhatOneHouseholdHas(t *testing.T) {
	// If this failed, one person would have as many budgets as addresses, or a city share one.
	for address, want := range map[string][2]string{
		"203.0.113.7:4000":          {"203.0.113.7", "203.0.113.0/24"},
		"203.0.113.7":               {"203.0.113.7", "203.0.113.0/24"},
		"[2001:db8:1:2:3::4]:4000":  {"2001:db8:1:2::/64", "2001:db8:1::/48"},
		"2001:db8:1:2:9::1%eth0":    {"2001:db8:1:2::/64", "2001:db8:1::/48"},
		"[::ffff:203.0.113.7]:4000": {"203.0.113.7", "203.0.113.0/24"},
		"harbor.example":            {"harbor.example", ""},
	} {
		if got := [2]string{Network(address), Place(address)}; got != want {
			t.Errorf("%s is %v, want %v", address, got, want)
		}
	}
}

func TestCookiesOfTwoNodesDoNotMeet(t *testing.T) {
	// If this failed, two nodes on one machine would sign each other's people out, or cookies of a
	// public one go over plain http.
	one, two, public := NewBrowsers("http://localhost:8420", nil, nil), NewBrowsers("http://localhost:8421", nil, nil), NewBrowsers("https://harbor.example", nil, nil)
	if one.session == two.session || one.device == two.device || one.session == one.device || one.secure || !public.secure ||
		public.session != "__Host-tulou_session" {
		t.Errorf("%+v %+v %+v", one, two, public)
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: one.device, Value: "secret"})
	r.RemoteAddr = "203.0.113.7:1"
	if from := one.From(r); from.Device != "secret" || from.Network != "203.0.113.7" {
		t.Errorf("%+v", from)
	}
	if from := two.From(r); from.Device != "" {
		t.Errorf("%+v", from)
	}
	if b, err := one.Of(r); err != nil || b.Known() {
		t.Errorf("%+v %v", b, err)
	}
}
