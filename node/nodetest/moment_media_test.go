package nodetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"tulou/node/nodetest/peer"
)

// sharesFiles shows friends pictures, all in one request.
func (p *person) sharesFiles(about map[string]any, files ...[]byte) (made momentSeen) {
	t := p.village.t
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	check(t, w.WriteField("moment", string(must(json.Marshal(about)))))
	for i, file := range files {
		head := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="a.png"`}, "Content-Description": {fmt.Sprint("picture ", i+1)}}
		_ = must(must(w.CreatePart(head)).Write(file))
	}
	check(t, w.Close())
	request := must(http.NewRequestWithContext(t.Context(), "POST", p.home.base+own+"/moments", &form))
	request.Header.Set("Content-Type", w.FormDataContentType())
	response := must(p.client.Do(request))
	defer response.Body.Close()
	answer := must(io.ReadAll(response.Body))
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s shares pictures: %d %s", p, response.StatusCode, answer)
	}
	check(t, json.Unmarshal(answer, &made))
	return made
}

// If this failed, somebody who is not in the audience of a Moment would see its pictures, by an
// address that was passed on, a signature of their server, or from a cache; or friends would not.
func TestPicturesOfMomentsAreForTheirAudience(t *testing.T) {
	bubble(t, func(t *testing.T, v *village) {
		for _, name := range []string{"harbor", "orchard", "meadow"} {
			v.start(name)
		}
		ana, ben, bob, iris := v.persons["ana"], v.persons["ben"], v.persons["bob"], v.persons["iris"]
		say := &story{village: v}
		for _, line := range []string{`ana befriends @bob@orchard`, `ana befriends ben`, `settle`, `bob agrees ana`, `ben agrees ana`, `settle`} {
			say.do(line)
		}
		made := ana.sharesFiles(map[string]any{"text": "Three pictures."}, picture(640, 480), picture(300, 400), picture(50, 50))
		say.do(`settle`)
		if len(made.Media) != 3 || made.Media[1].Description != "picture 2" || made.Media[0].Width != 640 {
			t.Fatalf("media %+v", made.Media)
		}
		var uri string
		check(t, ana.home.db.QueryRow(`SELECT uri FROM moment WHERE id = `+made.ID).Scan(&uri))
		v.posts["m1"] = &post{uri: uri, author: "ana"}
		say.do(`bob looks at m1 "Three pictures."`)

		var seen momentSeen
		bob.must200("GET", "/moments/"+bob.momentID(v.posts["m1"]), nil, &seen)
		stranger := &person{village: v, name: "stranger", home: ana.home, client: v.client("stranger", "")}
		defer stranger.client.CloseIdleConnections()
		evil := v.peer("evil")
		evil.Actor("node").Edit(func(doc map[string]any) { doc["type"] = "Application" })
		for i := range made.Media {
			for _, address := range []string{made.Media[i].URL, made.Media[i].PreviewURL, seen.Media[i].URL, seen.Media[i].PreviewURL} {
				home, others := ana, []*person{bob, iris, stranger}
				if strings.HasPrefix(address, bob.home.base) {
					home, others = bob, []*person{ana, ben, iris, stranger}
				}
				code, header, body := home.fetches(address)
				if _, _, err := image.DecodeConfig(bytes.NewReader(body)); code != http.StatusOK || err != nil {
					t.Fatalf("%s does not see %s: %d %v", home, address, code, err)
				}
				if kept := header.Get("Cache-Control"); !strings.Contains(kept, "private") || strings.Contains(kept, "public") ||
					header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(header.Get("Content-Security-Policy"), "sandbox") {
					t.Errorf("%s: %v", address, header)
				}
				for _, p := range others {
					if code, _, body := p.fetches(address); code != http.StatusNotFound || bytes.Contains(body, []byte("PNG")) {
						t.Errorf("%s sees %s: %d", p, address, code)
					}
				}
				for _, name := range []string{"node", "mallory"} {
					request := evil.Actor(name).Request(t.Context(), peer.Message{Method: "GET", URL: address,
						Edit: func(r *http.Request) { r.Header.Set("Accept", "image/*") }})
					response := must(evil.client.Do(request))
					response.Body.Close()
					if response.StatusCode != http.StatusNotFound {
						t.Errorf("%s of another server sees %s: %d", name, address, response.StatusCode)
					}
				}
			}
		}
		if code, _, _ := ben.fetches(made.Media[0].URL); code != http.StatusOK {
			t.Errorf("a friend at home does not see a picture: %d", code)
		}
		if !strings.HasPrefix(seen.Media[0].URL, bob.home.base) {
			t.Errorf("bob is sent to ana's node: %s", seen.Media[0].URL)
		}
		covers(t, v, say)

		say.do(`ana unfriends @bob@orchard`)
		say.do(`settle`)
		if code, _, _ := bob.fetches(seen.Media[0].URL); code != http.StatusNotFound {
			t.Errorf("who is no friend any more sees a picture: %d", code)
		}
		ana.must200("DELETE", "/moments/"+made.ID, nil, nil)
		say.do(`settle`)
		for _, p := range []*person{ana, ben} {
			if code, _, _ := p.fetches(made.Media[0].URL); code != http.StatusNotFound {
				t.Errorf("%s sees a picture that was taken back: %d", p, code)
			}
		}
	})
}

// covers looks at the picture above ana's Moments, as friends do and others do not.
func covers(t *testing.T, v *village, say *story) {
	t.Helper()
	ana, bob, iris := v.persons["ana"], v.persons["bob"], v.persons["iris"]
	for _, p := range []*person{ana, bob, iris} {
		var none *mediaSeen
		if p.must200("GET", "/accounts/"+p.knows("@ana@harbor.example").ID+"/cover", nil, &none); none != nil {
			t.Errorf("%s sees a cover where there is none: %+v", p, none)
		}
	}
	var upload struct{ ID string }
	ana.uploads("POST", "/api/v2/media", "file", picture(900, 300), nil, &upload)
	none := &mediaSeen{}
	if ana.must200("GET", "/accounts/"+ana.id()+"/cover", nil, &none); none != nil {
		t.Errorf("ana has a cover before she chose one: %+v", none)
	}
	var cover mediaSeen
	ana.must200("PUT", "/moments/cover", map[string]any{"media": upload.ID}, &cover)
	say.do(`settle`)
	var atBobs mediaSeen
	bob.must200("GET", "/accounts/"+bob.knows("@ana@harbor.example").ID+"/cover", nil, &atBobs)
	if code, _, _ := bob.fetches(atBobs.URL); code != http.StatusOK {
		t.Errorf("a friend does not see the cover: %d", code)
	}
	var atIris *mediaSeen
	iris.must200("GET", "/accounts/"+iris.knows("@ana@harbor.example").ID+"/cover", nil, &atIris)
	if atIris != nil {
		t.Errorf("a stranger learns of the cover: %+v", atIris)
	}
	for _, address := range []string{cover.URL, atBobs.URL} {
		if code, _, _ := iris.fetches(address); code != http.StatusNotFound {
			t.Errorf("a stranger sees the cover: %d", code)
		}
	}
}
