package nodetest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// ownAnswer asks the own API in a browser and holds the answer against its description.
func (d desk) ownAnswer(method, path string, out any) int {
	t := d.village.t
	t.Helper()
	code, header, body := d.asks(method, own+path, nil, "X-Tulou-Client", "web", "Sec-Fetch-Site", "same-origin")
	if wrong := d.home.described().CheckAnswer(method, own+path, code, header.Get("Content-Type"), []byte(body)); wrong != "" {
		t.Errorf("%s %s: %s\n%s", method, path, wrong, body)
	}
	if out != nil && code == http.StatusOK {
		check(t, json.Unmarshal([]byte(body), out))
	}
	return code
}

type listedSession struct {
	ID, Program, System, Network string
	Current                      bool
}

// If this failed, who lost a telephone could not sign it out, or anybody could sign out others.
func TestSessionsAreListedAndEndedByTheirPersonOnly(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		v.start("harbor")
		ana, ben := v.persons["ana"], v.persons["ben"]
		desktop, telephone, bens := ana.sitsDown(), ana.sitsDown(), ben.sitsDown()
		var mine, his struct{ Items []listedSession }
		if code := desktop.ownAnswer("GET", "/sessions", &mine); code != http.StatusOK {
			t.Fatalf("listing is answered %d", code)
		}
		other := ""
		for _, s := range mine.Items {
			if !s.Current {
				other = s.ID
			}
		}
		if len(mine.Items) != 2 || other == "" {
			t.Fatalf("ana is signed in at %+v", mine.Items)
		}
		bens.ownAnswer("GET", "/sessions", &his)
		for what, c := range map[string]struct {
			at   desk
			path string
			want int
		}{
			"of somebody else":     {bens, "/sessions/" + other, http.StatusNotFound},
			"that never was":       {desktop, "/sessions/12", http.StatusNotFound},
			"with a name":          {desktop, "/sessions/ana", http.StatusNotFound},
			"by which one asks":    {bens, "/sessions/" + his.Items[0].ID, http.StatusUnprocessableEntity},
			"of oneself elsewhere": {desktop, "/sessions/" + other, http.StatusNoContent},
		} {
			if code := c.at.ownAnswer("DELETE", c.path, nil); code != c.want {
				t.Errorf("ending the session %s is answered %d, not %d", what, code, c.want)
			}
		}
		if code := telephone.ownAnswer("GET", "/sessions", nil); code != http.StatusUnauthorized {
			t.Errorf("the session that was ended is answered %d", code)
		}
	})
}

// If this failed, a program could see where its person signs in, sign them out, or throw out
// others.
func TestSessionsAndAppsAreHiddenFromPrograms(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		v.start("harbor")
		ana, ben := v.persons["ana"], v.persons["ben"]
		for _, path := range []string{"GET /sessions", "DELETE /sessions", "DELETE /sessions/12", "GET /apps", "DELETE /apps/12"} {
			method, path, _ := strings.Cut(path, " ")
			if code := ana.own(method, path, nil, nil); code != http.StatusForbidden {
				t.Errorf("%s %s by a program is answered %d", method, path, code)
			}
		}
		browser, bens := ana.sitsDown(), ben.sitsDown()
		var apps struct {
			Items []struct {
				ID, Name string
				Scopes   []string
			}
		}
		browser.ownAnswer("GET", "/apps", &apps)
		if len(apps.Items) == 0 || apps.Items[0].Name == "" || len(apps.Items[0].Scopes) == 0 {
			t.Fatalf("programs of ana are %+v", apps.Items)
		}
		bens.ownAnswer("DELETE", "/apps/"+apps.Items[0].ID, nil)
		ana.must200("GET", "/circles", nil, nil) // ben has ended nothing of hers
		if code := browser.ownAnswer("DELETE", "/sessions", nil); code != http.StatusNoContent {
			t.Errorf("ending all others is answered %d", code)
		}
		if code := ana.own("GET", "/circles", nil, nil); code != http.StatusUnauthorized {
			t.Errorf("a program that was ended is answered %d", code)
		}
		if code := browser.ownAnswer("GET", "/sessions", nil); code != http.StatusOK {
			t.Errorf("the browser that ended the others is answered %d", code)
		}
	})
}
