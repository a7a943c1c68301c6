package nodetest

import (
	"bytes"
	"encoding/json"
	"image"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"
)

// uploads sends a form with a file, and reads the answer.
func (p *person) uploads(method, path, field string, body []byte, values map[string]string, out any) {
	t := p.village.t
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for key, value := range values {
		check(t, w.WriteField(key, value))
	}
	part := must(w.CreateFormFile(field, "holiday.jpg"))
	_ = must(part.Write(body))
	check(t, w.Close())
	request := must(http.NewRequestWithContext(t.Context(), method, p.home.base+path, &form))
	request.Header.Set("Content-Type", w.FormDataContentType())
	response := must(p.client.Do(request))
	defer response.Body.Close()
	answer := must(io.ReadAll(response.Body))
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s: %d %s", p, method, path, response.StatusCode, answer)
	}
	check(t, json.Unmarshal(answer, out))
}

// media is what a post shows, as clients see it.
type media []struct {
	ID          string
	Type        string
	URL         string
	RemoteURL   *string `json:"remote_url"`
	Description string
	Blurhash    string
	Meta        struct {
		Original struct{ Width, Height int }
		Focus    *struct{ X, Y float64 }
	}
}

func (p *person) media(uri string) media {
	p.village.t.Helper()
	var got struct {
		Media media `json:"media_attachments"`
	}
	p.get("/api/v1/statuses/"+p.sees(uri).ID, &got)
	return got.Media
}

// looks fetches a file and returns its size, or the status if there is none.
func (p *person) looks(address string) (status int, size image.Point) {
	t := p.village.t
	t.Helper()
	request := must(http.NewRequestWithContext(t.Context(), "GET", address, nil))
	response := must(p.client.Do(request))
	defer response.Body.Close()
	config, _, err := image.DecodeConfig(response.Body)
	if response.StatusCode == http.StatusOK {
		check(t, err)
	}
	return response.StatusCode, image.Pt(config.Width, config.Height)
}

// If this failed, pictures that people post would not be shown on other nodes, or stay after they
// were taken back.
func TestPicturesTravelBetweenNodes(t *testing.T) {
	bubble(t, func(t *testing.T, v *village) {
		v.start("harbor")
		v.start("orchard")
		ana, bob := v.persons["ana"], v.persons["bob"]
		bob.post("/api/v1/accounts/"+bob.knows(ana.handle()).ID+"/follow", nil, nil)
		v.settle()
		var uploaded struct{ ID, URL string }
		ana.uploads("POST", "/api/v2/media", "file", picture(600, 300), map[string]string{"description": "A sea & a <boat>.", "focus": "0.5,-0.25"}, &uploaded)
		var posted status
		ana.post("/api/v1/statuses", map[string][]string{"status": {"Look."}, "media_ids[]": {uploaded.ID}}, &posted)
		v.settle()
		shown := bob.media(posted.URI)
		if len(shown) != 1 {
			t.Fatalf("bob sees %d pictures", len(shown))
		}
		first := shown[0]
		if first.Type != "image" || first.Description != "A sea & a <boat>." || len(first.Blurhash) < 10 || first.Meta.Original.Width != 600 ||
			first.Meta.Focus == nil || first.Meta.Focus.Y != -0.25 ||
			first.RemoteURL == nil || *first.RemoteURL != uploaded.URL || !strings.HasPrefix(first.URL, bob.home.base) {
			t.Errorf("bob sees %+v", first)
		}
		if code, size := bob.looks(first.URL); code != http.StatusOK || size != image.Pt(600, 300) {
			t.Errorf("bob is shown %v (%d)", size, code)
		}
		var other struct{ ID, URL string }
		ana.uploads("POST", "/api/v2/media", "file", picture(20, 20), map[string]string{"description": "Small."}, &other)
		if code := ana.call("PUT", "/api/v1/statuses/"+posted.ID, map[string][]string{"status": {"Look here."}, "media_ids[]": {other.ID, uploaded.ID}}, nil); code != http.StatusOK {
			t.Errorf("the edit: %d", code)
		}
		v.settle()
		if now := bob.media(posted.URI); len(now) != 2 || now[0].Description != "Small." || now[1].ID != first.ID || now[1].URL != first.URL {
			t.Errorf("after the edit bob sees %+v", now)
		}
		var profile face
		ana.uploads("PATCH", "/api/v1/accounts/update_credentials", "avatar", picture(900, 700), map[string]string{"display_name": "Ana"}, &profile)
		v.settle()
		var seen face
		bob.get("/api/v1/accounts/"+bob.knows(ana.handle()).ID, &seen)
		if code, size := bob.looks(seen.Avatar); code != http.StatusOK || size != image.Pt(400, 400) || !strings.HasPrefix(seen.Avatar, bob.home.base) {
			t.Errorf("bob sees ana as %s: %v (%d)", seen.Avatar, size, code)
		}
		if code := ana.call("DELETE", "/api/v1/statuses/"+posted.ID+"?delete_media=true", nil, nil); code != http.StatusOK {
			t.Errorf("deleting: %d", code)
		}
		v.settle()
		if code, _ := ana.looks(uploaded.URL); code != http.StatusNotFound {
			t.Errorf("the picture of a deleted post: %d", code)
		}
		time.Sleep(50 * time.Hour)
		v.settle()
		if code, _ := ana.looks(profile.Avatar); code != http.StatusOK {
			t.Errorf("ana's picture after two days: %d", code)
		}
	})
}
