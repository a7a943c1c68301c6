package nodetest

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/color/palette"
	"image/gif"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tulou/node/nodetest/peer"
)

// picture is a PNG of one colour.
func picture(width, height int) []byte {
	p := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range p.Pix {
		p.Pix[i] = uint8(50 + i%4*60)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, p); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// flicker is a GIF of two frames.
func flicker() []byte {
	g := gif.GIF{}
	for i := range 2 {
		frame := image.NewPaletted(image.Rect(0, 0, 20, 20), palette.Plan9)
		for j := range frame.Pix {
			frame.Pix[j] = uint8(100 * (i + 1))
		}
		g.Image, g.Delay = append(g.Image, frame), append(g.Delay, 10)
	}
	var out bytes.Buffer
	if err := gif.EncodeAll(&out, &g); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// bomb is a PNG of a few kilobytes that says it has 900 million pixels.
func bomb() []byte {
	var out bytes.Buffer
	chunk := func(kind string, body []byte) {
		_ = binary.Write(&out, binary.BigEndian, uint32(len(body)))
		whole := append([]byte(kind), body...)
		out.Write(whole)
		_ = binary.Write(&out, binary.BigEndian, crc32.ChecksumIEEE(whole))
	}
	out.WriteString("\x89PNG\r\n\x1a\n")
	chunk("IHDR", []byte{0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30, 8, 2, 0, 0, 0})
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write(make([]byte, 1<<20))
	z.Close()
	chunk("IDAT", packed.Bytes())
	chunk("IEND", nil)
	return out.Bytes()
}

// seen is what tests look at of statuses and accounts beside what others do.
type seen struct {
	ID     string
	Medias []struct {
		Type       string
		URL        string
		PreviewURL string `json:"preview_url"`
		RemoteURL  string `json:"remote_url"`
		Blurhash   string
		Meta       struct {
			Original struct{ Width, Height int }
		}
	} `json:"media_attachments"`
	Account face
	Emojis  []emoji
	Content string
	Poll    *struct{ Emojis []emoji }
	Card    *card
}

type face struct {
	Avatar, Header string
	AvatarStatic   string `json:"avatar_static"`
	Emojis         []emoji
	DisplayName    string `json:"display_name"`
}

type emoji struct {
	Shortcode, URL string
	StaticURL      string `json:"static_url"`
	Visible        bool   `json:"visible_in_picker"`
	Category       *string
}

type card struct {
	URL, Title, Description, Type, HTML string
	ProviderName                        string `json:"provider_name"`
	AuthorName                          string `json:"author_name"`
	Image, Blurhash                     *string
	Width, Height                       int
	Authors                             []struct {
		Name    string
		Account *struct{ Acct string }
	}
}

// looksAt reads a post as it is now.
func (s *stage) looksAt(p *person, uri string) (got seen) {
	s.t.Helper()
	p.get("/api/v1/statuses/"+p.sees(uri).ID, &got)
	return got
}

// fetches reads a file as a stranger's browser does.
func (s *stage) fetches(address string) (status int, header http.Header, body []byte) {
	s.t.Helper()
	if !strings.HasPrefix(address, harbor+"/media/") {
		s.t.Fatalf("%q is not served here", address)
	}
	request := must(http.NewRequestWithContext(s.t.Context(), "GET", address, nil))
	request.Header.Set("Accept", "image/*")
	response, err := s.good.client.Do(request)
	check(s.t, err)
	defer response.Body.Close()
	return response.StatusCode, response.Header, must(io.ReadAll(response.Body))
}

// shows fetches a file that has to be a picture of a size.
func (s *stage) shows(address string, width, height int) string {
	s.t.Helper()
	status, header, body := s.fetches(address)
	got, _, err := image.DecodeConfig(bytes.NewReader(body))
	if status != http.StatusOK || err != nil || got.Width != width || got.Height != height {
		s.t.Errorf("%s: %d, %d × %d, %v", address, status, got.Width, got.Height, err)
	}
	if strings.Contains(header.Get("Cache-Control"), "immutable") || header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(header.Get("Content-Security-Policy"), "sandbox") {
		s.t.Errorf("%s: %v", address, header)
	}
	return header.Get("Content-Type")
}

func (s *stage) hides(address string) {
	s.t.Helper()
	if status, _, body := s.fetches(address); status != http.StatusNotFound {
		s.t.Errorf("%s: %d with %d bytes", address, status, len(body))
	}
}

// illustrated is a note of an actor with a file, which the peer serves.
func (s *stage) illustrated(a *peer.Actor, name, address, mediaType string, to []any) *post {
	note := a.Note(name, "<p>Look.</p>", nil)
	note["to"] = to
	note["attachment"] = []any{map[string]any{"type": "Document", "mediaType": mediaType, "url": address, "name": "A picture.", "width": 3, "height": 3}}
	a.Peer.Put(note)
	p := &post{uri: note["id"].(string), author: a.Name + "@good", create: a.Create(note)}
	s.takes(a, p.create)
	s.settle()
	return p
}

// If this failed, other servers would learn who reads what here, and when, or be asked for every
// picture that passes by, or for the same one again and again.
func TestPicturesOfOthersAreServedByUs(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		var mu sync.Mutex
		var asked []*http.Request
		s.good.Serve("/cat.png", peer.Document{Handle: func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			asked = append(asked, r.Clone(t.Context()))
			mu.Unlock()
			w.Header().Set("Content-Type", "text/html") // what a server says does not count
			_, _ = w.Write(picture(900, 600))
		}})
		s.good.Serve("/face.png", peer.Document{Type: "image/png", Body: picture(800, 800)})
		s.good.Serve("/wide.png", peer.Document{Type: "image/png", Body: picture(3000, 1000)})
		s.victim.Edit(func(doc map[string]any) {
			doc["icon"] = map[string]any{"type": "Image", "url": "https://good.example/face.png"}
			doc["image"] = map[string]any{"type": "Image", "url": "https://good.example/wide.png"}
		})
		var doc map[string]any
		decode(t, s.victim.Document(), &doc)
		s.takes(s.victim, s.victim.Do("Update", doc, map[string]any{"to": []any{everybody}}))
		cat := s.illustrated(s.victim, "cat", "https://good.example/cat.png", "image/png", []any{everybody})
		first := s.looksAt(s.ana, cat.uri)
		if n := s.good.Requests("/cat.png") + s.good.Requests("/face.png"); n != 0 {
			t.Errorf("%d files were asked for before anybody looked", n)
		}
		m := first.Medias[0]
		if m.Type != "image" || m.RemoteURL != "https://good.example/cat.png" || m.URL == m.PreviewURL || strings.Contains(m.URL, "cat") {
			t.Errorf("%+v", m)
		}
		var looking sync.WaitGroup
		for range 5 {
			looking.Go(func() { s.shows(m.URL, 900, 600) })
		}
		looking.Wait()
		s.shows(m.PreviewURL, 587, 391)
		s.shows(first.Account.Avatar, 400, 400)
		s.shows(first.Account.AvatarStatic, 400, 400)
		s.shows(first.Account.Header, 1500, 500)
		if s.good.Requests("/cat.png") != 1 || s.good.Requests("/face.png") != 1 {
			t.Errorf("asked %d and %d times", s.good.Requests("/cat.png"), s.good.Requests("/face.png"))
		}
		if r := asked[0]; r.Header.Get("Signature")+r.Header.Get("Cookie")+r.Header.Get("Referer")+r.Header.Get("X-Forwarded-For") != "" || !strings.HasPrefix(r.UserAgent(), "Tulou/") {
			t.Errorf("%v", r.Header)
		}
		again := s.looksAt(s.ana, cat.uri).Medias[0]
		if again.Meta.Original.Width != 900 || again.Blurhash == "" || again.URL != m.URL {
			t.Errorf("after it came: %+v", again)
		}
		time.Sleep(32 * 24 * time.Hour)
		s.settle()
		time.Sleep(2 * time.Hour)
		s.settle()
		if n := s.count("file"); n != 0 {
			t.Errorf("%d files are there after a month", n)
		}
		s.shows(m.URL, 900, 600)
		if s.good.Requests("/cat.png") != 2 {
			t.Errorf("asked %d times", s.good.Requests("/cat.png"))
		}
	})
}

// count is how many rows of a table harbor has.
func (s *stage) count(table string) (n int) {
	check(s.t, s.houses["harbor"].db.QueryRow("SELECT COUNT(*) FROM "+table).Scan(&n))
	return n
}

// If this failed, this node could be made to fetch any address, for anybody.
func TestA048OnlyWhatPostsReferToIsFetched(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		s.evil.Serve("/x.png", peer.Document{Type: "image/png", Body: picture(8, 8)})
		for _, path := range []string{
			"x/y", "https%3A%2F%2Fevil.example%2Fx.png/x", "https:%2F%2Fevil.example/x.png", "?url=https://evil.example/x.png", "proxy/https://evil.example/x.png",
			"0/x.png?url=https://evil.example/x.png", strings.Repeat("a", 26) + "/image.png",
		} {
			s.hides(harbor + "/media/" + path)
		}
		if n := s.evil.Requests("/x.png"); n != 0 {
			t.Errorf("asked %d times", n)
		}
	})
}

// If this failed, a stranger's file could make this node reach inside its own network, run out of
// memory or wait for ever, or hand a page or script to readers as if it were its own.
func TestA042A043A055A057HostileFilesComeToNothing(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		far := s.peer("far")
		far.Serve("/fine.png", peer.Document{Type: "image/png", Body: picture(10, 10)})
		away := func(to string) peer.Document {
			return peer.Document{Status: http.StatusFound, Header: http.Header{"Location": {to}}}
		}
		serve := func(fn http.HandlerFunc) peer.Document { return peer.Document{Handle: fn} }
		hostile := map[string]peer.Document{
			"inside":   away("https://127.0.0.1/x.png"),
			"mapped":   away("https://[::ffff:10.0.0.1]/x.png"),
			"decimal":  away("https://2130706433/x.png"),
			"metadata": away("http://169.254.169.254/latest/meta-data/"),
			"file":     away("file:///etc/passwd"),
			"plain":    away("http://far.example/fine.png"),
			"port":     away("https://far.example:22/fine.png"),
			"userinfo": away("https://far.example@127.0.0.1/fine.png"),
			"circle":   away("https://good.example/circle"),
			"page":     {Type: "image/png", Body: []byte("<!DOCTYPE html><html><script>alert(1)</script></html>")},
			"svg":      {Type: "image/svg+xml", Body: []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)},
			"json":     {Type: "application/activity+json", Body: []byte(`{"type":"Note","id":"https://harbor.example/media/x/y"}`)},
			"broken":   {Type: "image/png", Body: picture(100, 100)[:300]},
			"bomb":     {Type: "image/png", Body: bomb()},
			"empty":    {Type: "image/png"},
			"gone":     {Status: http.StatusGone},
			"error":    {Status: http.StatusInternalServerError},
			"packed":   {Type: "image/png", Header: http.Header{"Content-Encoding": {"gzip"}}, Body: picture(10, 10)},
			"long": serve(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "10000000000")
				_, _ = w.Write(picture(10, 10))
			}),
			"endless": serve(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte("\x89PNG\r\n\x1a\n"))
				block := make([]byte, 1<<20)
				for range 200 {
					if _, err := w.Write(block); err != nil {
						return
					}
				}
			}),
			"ourselves": away("https://harbor.example/avatars/ana.png"),
			"silent":    serve(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }),
			"slow": serve(func(w http.ResponseWriter, r *http.Request) {
				for _, b := range picture(10, 10) {
					if _, err := w.Write([]byte{b}); err != nil || r.Context().Err() != nil {
						return
					}
					_ = http.NewResponseController(w).Flush()
					time.Sleep(9 * time.Second)
				}
			}),
		}
		addresses := map[string]string{}
		for name, doc := range hostile {
			s.good.Serve("/"+name, doc)
			addresses[name] = "https://good.example/" + name
		}
		addresses["own"] = "https://harbor.example/avatars/ana.png"
		addresses["literal"] = "https://127.0.0.1/x.png"
		addresses["loopback"] = "https://localhost/x.png"
		addresses["odd"] = "https://0x7f000001/x.png"
		shown := map[string]string{}
		for name, address := range addresses {
			p := s.illustrated(s.victim, "h-"+name, address, "image/png", []any{everybody})
			got := s.looksAt(s.ana, p.uri)
			if len(got.Medias) != 1 {
				t.Errorf("%s: %+v", name, got.Medias)
				continue
			}
			shown[name] = got.Medias[0].URL
		}
		before := len(s.network.dials("harbor"))
		for name, address := range shown {
			start := time.Now()
			if name == "slow" {
				if status, _, _ := s.fetches(address); status != http.StatusServiceUnavailable {
					t.Errorf("slow: %d", status)
				}
				time.Sleep(31 * time.Second)
			}
			s.hides(address)
			if took := time.Since(start); took > 62*time.Second || name != "slow" && took > 11*time.Second {
				t.Errorf("%s took %s", name, took)
			}
			s.hides(address) // and is not asked for again at once
		}
		for name := range hostile {
			if n := s.good.Requests("/" + name); n != 1 && name != "circle" {
				t.Errorf("%s was asked for %d times", name, n)
			}
		}
		for _, dialled := range s.network.dials("harbor")[before:] {
			if dialled != "good.example:443" && dialled != "harbor.example:443" { // for a redirect to itself
				t.Errorf("%s was dialled", dialled)
			}
		}
		if n := s.count("file"); n != 0 {
			t.Errorf("%d files were kept", n)
		}
		// A server that was broken for a while is not given up.
		s.good.Serve("/error", peer.Document{Type: "image/png", Body: picture(10, 10)})
		time.Sleep(2 * time.Minute)
		s.shows(shown["error"], 10, 10)
		// A redirect to another public host is followed.
		s.good.Serve("/elsewhere", away("https://far.example/fine.png"))
		p := s.illustrated(s.victim, "elsewhere", "https://good.example/elsewhere", "image/png", []any{everybody})
		s.shows(s.looksAt(s.ana, p.uri).Medias[0].URL, 10, 10)
	})
}

// If this failed, what was deleted, or is of a server that was blocked, would go on being served.
func TestPicturesGoWithWhatShowsThem(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		for _, name := range []string{"/1.png", "/2.png", "/3.png"} {
			s.good.Serve(name, peer.Document{Type: "image/png", Body: picture(30, 20)})
		}
		one := s.illustrated(s.victim, "one", "https://good.example/1.png", "image/png", []any{everybody})
		two := s.illustrated(s.victim, "two", "https://good.example/2.png", "image/png", []any{s.victim.ID + "/followers"})
		three := s.illustrated(s.victim, "three", "https://good.example/3.png", "image/png", []any{everybody})
		at := map[*post]string{}
		for _, p := range []*post{one, two, three} {
			at[p] = s.looksAt(s.ana, p.uri).Medias[0].URL
		}
		s.cannotFind(s.ben, two)
		s.shows(at[one], 30, 20)
		s.shows(at[two], 30, 20) // whoever has the path may look
		s.takes(s.victim, s.victim.Do("Delete", map[string]any{"type": "Tombstone", "id": one.uri}, map[string]any{"to": []any{everybody}}))
		s.settle()
		s.hides(at[one])
		s.shows(at[two], 30, 20)
		must(s.houses["harbor"].node.Suspend(t.Context(), "@victim@good.example", true))
		s.settle()
		s.hides(at[two])
		s.hides(at[three])
		must(s.houses["harbor"].node.Suspend(t.Context(), "@victim@good.example", false))
		s.shows(at[three], 30, 20)
		must(s.houses["harbor"].node.DecideDomain(t.Context(), "good.example", "block", ""))
		s.settle()
		s.hides(at[two])
		s.hides(at[three])
		if n := s.good.Requests("/1.png"); n != 1 {
			t.Errorf("asked %d times", n)
		}
	})
}

func (s *stage) cannotFind(p *person, q *post) {
	s.t.Helper()
	if _, ok := p.findsPost(q.uri); ok {
		s.t.Errorf("%s finds %s", p, q.uri)
	}
}

// If this failed, films of others would be played from their servers, or something that is none
// would be kept as one.
func TestFilmsOfOthersAreKeptAsTheyAre(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		sound := append([]byte("fLaC\x00\x00\x00\x22"), make([]byte, 4096)...)
		binary.BigEndian.PutUint32(sound[18:], 44100<<12)
		s.good.Serve("/song.flac", peer.Document{Type: "audio/flac", Body: sound})
		p := s.illustrated(s.victim, "song", "https://good.example/song.flac", "audio/flac", []any{everybody})
		m := s.looksAt(s.ana, p.uri).Medias[0]
		if m.Type != "audio" {
			t.Errorf("%+v", m)
		}
		status, header, body := s.fetches(m.URL)
		if status != http.StatusOK || header.Get("Content-Type") != "audio/flac" || !bytes.Equal(body, sound) {
			t.Errorf("%d, %s, %d bytes", status, header.Get("Content-Type"), len(body))
		}
	})
}

// If this failed, emoji of others would be missing or fetched from their servers, or one server's
// emoji would stand in the texts of another.
func TestEmojiOfOthersAreShown(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		s.good.Serve("/blob.gif", peer.Document{Type: "image/gif", Body: flicker()})
		tag := func(name, icon string) map[string]any {
			return map[string]any{"type": "Emoji", "id": "https://good.example/emojis/1", "name": name, "updated": "2027-01-01T00:00:00Z",
				"icon": map[string]any{"type": "Image", "mediaType": "image/gif", "url": icon}}
		}
		s.victim.Edit(func(doc map[string]any) {
			doc["name"], doc["tag"] = "Vic :blob:", []any{tag(":blob:", "https://good.example/blob.gif")}
		})
		var doc map[string]any
		decode(t, s.victim.Document(), &doc)
		s.takes(s.victim, s.victim.Do("Update", doc, map[string]any{"to": []any{everybody}}))
		note := s.victim.Note("emoji", "<p>Hello :blob: and :nothing: at 10:30:15</p>", nil)
		note["tag"] = []any{tag(":blob:", "https://good.example/blob.gif"), tag(":bad-name:", "https://good.example/x.gif"), tag(":js:", "javascript:alert(1)")}
		note["type"], note["oneOf"] = "Question", []any{
			map[string]any{"type": "Note", "name": "Yes :blob:"}, map[string]any{"type": "Note", "name": "No"}}
		note["endTime"] = time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)
		s.good.Put(note)
		s.takes(s.victim, s.victim.Create(note))
		// Another server says that it has one of the same name.
		fake := s.mallory.Note("emoji", "<p>:blob: @ana</p>", map[string]string{s.ana.actor(): "@ana@harbor.example"})
		fake["tag"] = append(fake["tag"].([]any), tag(":blob:", "https://evil.example/other.gif"))
		s.takes(s.mallory, s.mallory.Create(fake))
		s.settle()
		got := s.looksAt(s.ana, note["id"].(string))
		if len(got.Emojis) != 1 || got.Emojis[0].Shortcode != "blob" || got.Emojis[0].Visible || len(got.Account.Emojis) != 1 || len(got.Poll.Emojis) != 1 {
			t.Fatalf("%+v", got)
		}
		e := got.Emojis[0]
		if kind := s.shows(e.URL, 20, 20); kind != "image/gif" {
			t.Errorf("it is %s", kind)
		}
		if kind := s.shows(e.StaticURL, 20, 20); kind != "image/png" {
			t.Errorf("the still one is %s", kind)
		}
		theirs := s.looksAt(s.ana, fake["id"].(string))
		if len(theirs.Emojis) != 1 || theirs.Emojis[0].URL == e.URL {
			t.Errorf("of another server: %+v", theirs.Emojis)
		}
		var own []emoji
		s.ana.get("/api/v1/custom_emojis", &own)
		if len(own) != 0 {
			t.Errorf("of this node: %+v", own)
		}
		if n := s.good.Requests("/blob.gif"); n != 1 {
			t.Errorf("asked %d times", n)
		}
	})
}

// If this failed, a node's own emoji would be nowhere, or other servers would not know them.
func TestOwnEmojiGoWithPostsAndProfiles(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		n := s.houses["harbor"].node
		must(n.AddEmoji(t.Context(), "wave", "Hello", bytes.NewReader(flicker())))
		must(n.AddEmoji(t.Context(), ":plain:", "", bytes.NewReader(picture(64, 64))))
		for code, file := range map[string][]byte{"x": picture(8, 8), "bad-name": picture(8, 8), "wave": picture(8, 8), "huge": picture(600, 20), "text": []byte("<svg/>")} {
			if _, err := n.AddEmoji(t.Context(), code, "", bytes.NewReader(file)); err == nil {
				t.Errorf("%s was taken", code)
			}
		}
		var own []emoji
		s.ana.get("/api/v1/custom_emojis", &own)
		if len(own) != 2 || own[1].Shortcode != "wave" || *own[1].Category != "Hello" || !own[1].Visible || own[0].Category != nil {
			t.Fatalf("%+v", own)
		}
		s.shows(own[0].URL, 64, 64)
		s.shows(own[1].StaticURL, 20, 20)
		var posted, profile seen
		s.ana.post("/api/v1/statuses", url.Values{"status": {"Hi :wave: @victim@good.example :other:"}}, &posted)
		if len(posted.Emojis) != 1 || posted.Emojis[0].URL != own[1].URL {
			t.Errorf("%+v", posted.Emojis)
		}
		request := must(http.NewRequestWithContext(t.Context(), "PATCH", harbor+"/api/v1/accounts/update_credentials", strings.NewReader(url.Values{"display_name": {"Ana :plain:"}}.Encode())))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response := must(s.ana.client.Do(request))
		decode(t, must(io.ReadAll(response.Body)), &profile.Account)
		response.Body.Close()
		if len(profile.Account.Emojis) != 1 || profile.Account.Emojis[0].Shortcode != "plain" {
			t.Errorf("%+v", profile.Account)
		}
		s.settle()
		said := map[string]any{}
		for _, d := range slices.Concat(s.good.Received(), s.evil.Received()) {
			object, _ := d.Activity()["object"].(map[string]any)
			tags, _ := object["tag"].([]any)
			if one, ok := object["tag"].(map[string]any); ok {
				tags = []any{one}
			}
			for _, tag := range tags {
				if tag := tag.(map[string]any); tag["type"] == "Emoji" {
					said[d.Activity()["type"].(string)+" "+tag["name"].(string)] = tag
				}
			}
		}
		for _, want := range []string{"Create :wave:", "Update :plain:"} {
			tag, _ := said[want].(map[string]any)
			if tag == nil {
				t.Errorf("nobody was told of %s: %v", want, said)
				continue
			}
			_, body := s.read(s.other, tag["id"].(string))
			if icon := fmt.Sprint(tag["icon"]); !strings.Contains(body, `"Emoji"`) || !strings.Contains(body, tag["name"].(string)) || !strings.Contains(icon, harbor+"/media/") {
				t.Errorf("%s: %s, %s", want, body, icon)
			}
		}
		if _, body := s.read(s.other, s.ana.actor()); !strings.Contains(body, ":plain:") || !strings.Contains(body, harbor+"/emojis/") {
			t.Errorf("the actor is %s", body)
		}
		must(n.RemoveEmoji(t.Context(), "wave"))
		time.Sleep(5 * time.Second)
		s.settle()
		s.hides(own[1].URL)
		if got := s.looksAt(s.ana, s.ana.sees(uriOf(s, posted.ID)).URI); len(got.Emojis) != 0 {
			t.Errorf("removed: %+v", got.Emojis)
		}
		if answer, _ := s.read(s.other, harbor+"/emojis/1"); answer.StatusCode != http.StatusNotFound {
			t.Errorf("an emoji that never was: %d", answer.StatusCode)
		}
	})
}

func uriOf(s *stage, id string) string {
	var got status
	s.ana.get("/api/v1/statuses/"+id, &got)
	return got.URI
}

const newsPage = `<!DOCTYPE html><html lang="de"><head><title>Old title</title>
<meta property="og:title" content="News &amp; <b>views</b>"><meta property="og:description" content="What   happened.">
<meta property="og:site_name" content="The Paper"><meta name="author" content="Zoe">
<meta property="og:image" content="/front.png"><meta property="og:image:alt" content="A house">
<meta property="og:video" content="https://evil.example/player"><meta property="og:type" content="video.other">
<link rel="alternate" type="application/json+oembed" href="/oembed"></head><body><meta property="og:title" content="Late"></body></html>`

// If this failed, links would have no preview, every node would read a page at the moment it is
// posted, or again and again, or what a page says could run in readers' apps.
func TestA076CardsSayWhatPagesSayInWords(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		news := s.peer("news")
		news.Serve("/1", peer.Document{Type: "text/html; charset=utf-8", Body: []byte(newsPage)})
		news.Serve("/front.png", peer.Document{Type: "image/png", Body: picture(1200, 630)})
		news.Serve("/oembed", peer.Document{Type: "application/json", Body: []byte(`{"type":"rich","html":"<script>alert(1)</script>","author_name":"Another"}`)})
		link := s.note(s.victim, "link", `See <a href="https://good.example/@victim" class="u-url mention">@victim</a> <a href="https://news.example/1">there</a>`, []any{everybody}, []any{})
		s.takes(s.victim, link.create)
		s.settle()
		time.Sleep(10 * time.Minute)
		s.settle()
		if n := news.Requests("/1"); n != 0 {
			t.Errorf("read %d times before anybody looked", n)
		}
		if got := s.looksAt(s.ana, link.uri); got.Card != nil {
			t.Errorf("at once: %+v", got.Card)
		}
		s.settle()
		if n := news.Requests("/1"); n != 0 {
			t.Error("read at the very moment")
		}
		s.wait(poll + time.Minute)
		for range 3 {
			got := s.looksAt(s.ana, link.uri).Card
			if got == nil {
				t.Fatal("there is no card")
			}
			if got.URL != "https://news.example/1" || got.Title != "News & <b>views</b>" || got.Description != "What happened." || got.Type != "link" ||
				got.HTML != "" || got.ProviderName != "The Paper" || got.AuthorName != "Zoe" || got.Image == nil || got.Blurhash == nil || got.Width != 662 || got.Height != 347 {
				t.Errorf("%+v", got)
			}
			s.shows(*got.Image, 662, 347)
		}
		s.ana.post("/api/v1/statuses", url.Values{"status": {"Me too: https://news.example/1"}}, nil)
		s.wait(poll + time.Minute)
		if news.Requests("/1") != 1 || news.Requests("/front.png") != 1 || news.Requests("/oembed") != 0 {
			t.Errorf("read %d, %d, %d times", news.Requests("/1"), news.Requests("/front.png"), news.Requests("/oembed"))
		}
	})
}

// If this failed, an article would not lead to its author in the fediverse, or, worse, to whomever
// a page likes to name.
func TestCardsCreditWhoSaysThatTheyWriteThere(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		for host, creator := range map[string]string{"news": "@ana@harbor.example", "evil": "@ana@harbor.example", "pond": "nobody", "quay": "@ghost@quay.example"} {
			s.peer(host).Serve("/1", peer.Document{Type: "text/html", Body: []byte(
				`<title>T</title><meta name="author" content="A. N."><meta name="fediverse:creator" content="` + creator + `">`)})
		}
		s.ana.call("PATCH", "/api/v1/accounts/update_credentials", url.Values{"attribution_domains[]": {"news.example"}}, nil)
		for host, want := range map[string]string{"news": "ana", "evil": "", "pond": "", "quay": ""} {
			var posted status
			s.ana.post("/api/v1/statuses", url.Values{"status": {"Read https://" + host + ".example/1"}}, &posted)
			s.looksAt(s.ana, posted.URI)
			s.wait(poll + time.Minute)
			got := s.looksAt(s.ana, posted.URI).Card
			if got == nil || len(got.Authors) != 1 || got.Authors[0].Name != "A. N." {
				t.Fatalf("%s: %+v", host, got)
			}
			if account := got.Authors[0].Account; (account != nil) != (want != "") || account != nil && account.Acct != want {
				t.Errorf("%s credits %+v", host, account)
			}
		}
	})
}

// wait lets time pass and everything happen that becomes due.
func (s *stage) wait(d time.Duration) {
	time.Sleep(d)
	s.settle()
}

// If this failed, links that were sent to some would be opened by the node, and counted or used up.
func TestLinksOfPrivatePostsAreNotOpened(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		news := s.peer("news")
		news.Serve("/secret", peer.Document{Type: "text/html", Body: []byte(newsPage)})
		closed := s.note(s.victim, "closedlink", `<a href="https://news.example/secret">there</a>`, []any{s.victim.ID + "/followers"}, []any{})
		s.takes(s.victim, closed.create)
		s.settle()
		for _, visibility := range []string{"private", "direct"} {
			var posted seen
			s.ana.post("/api/v1/statuses", url.Values{"status": {"@ben https://news.example/secret"}, "visibility": {visibility}}, &posted)
			s.ben.call("GET", "/api/v1/statuses/"+posted.ID, nil, nil)
		}
		s.looksAt(s.ana, closed.uri)
		s.wait(poll + time.Hour)
		if got := s.looksAt(s.ana, closed.uri); got.Card != nil || news.Requests("/secret") != 0 {
			t.Errorf("%+v, read %d times", got.Card, news.Requests("/secret"))
		}
	})
}

// If this failed, a hostile page could reach inside, cost what it likes, or be asked for at every
// look; or a card would go on showing what an edit took away, or a server that was blocked.
func TestA038A043HostilePagesGiveNoCard(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		news := s.peer("news")
		pages := map[string]peer.Document{
			"inside":   {Status: http.StatusFound, Header: http.Header{"Location": {"https://10.0.0.1/"}}},
			"ours":     {Status: http.StatusFound, Header: http.Header{"Location": {"https://127.0.0.1:8420/"}}},
			"file":     {Type: "application/pdf", Body: []byte("%PDF")},
			"untitled": {Type: "text/html", Body: []byte("<p>hello</p>")},
			"missing":  {Status: http.StatusNotFound},
			"deep":     {Type: "text/html", Body: []byte(strings.Repeat("<div>", 1<<18))},
			"long":     {Type: "text/html", Body: []byte("<title>" + strings.Repeat("x", 2<<20))},
			"hostile":  {Type: "text/html", Body: []byte(`<title>T</title><meta property="og:image" content="https://harbor.example/media/x/y"><meta name=author content="` + strings.Repeat("y", 5000) + `"><base href="javascript:x">`)},
			"inner":    {Type: "text/html", Body: []byte(`<title>T</title><meta property="og:image" content="https://127.0.0.1/x.png"><link rel=alternate type="application/json+oembed" href="https://[::1]/o">`)},
		}
		posts := map[string]*post{}
		for name, doc := range pages {
			news.Serve("/"+name, doc)
			posts[name] = s.note(s.victim, "page-"+name, `<a href="https://news.example/`+name+`">x</a>`, []any{everybody}, []any{})
			s.takes(s.victim, posts[name].create)
		}
		s.settle()
		for _, p := range posts {
			s.looksAt(s.ana, p.uri)
		}
		before := len(s.network.dials("harbor"))
		s.wait(poll + time.Minute)
		for name, p := range posts {
			got := s.looksAt(s.ana, p.uri).Card
			titled := name == "hostile" || name == "inner" || name == "long"
			if (got != nil) != titled || got != nil && (len([]rune(got.Title)) > 300 || len([]rune(got.AuthorName)) > 200) {
				t.Errorf("%s: %+v", name, got)
			}
			if got != nil && name == "inner" && got.Image != nil {
				s.hides(*got.Image)
			}
		}
		for _, dialled := range s.network.dials("harbor")[before:] {
			if dialled != "news.example:443" {
				t.Errorf("%s was dialled", dialled)
			}
		}
		s.wait(30 * time.Minute)
		for name := range pages {
			s.looksAt(s.ana, posts[name].uri)
		}
		s.wait(poll + time.Minute)
		for name := range pages {
			if n := news.Requests("/" + name); n != 1 {
				t.Errorf("%s was read %d times", name, n)
			}
		}
		edited := s.victim.Note("page-hostile", `<p>Nothing.</p>`, nil)
		edited["updated"] = time.Now().Add(time.Second).UTC().Format(time.RFC3339)
		s.takes(s.victim, s.victim.Do("Update", edited, map[string]any{"to": []any{everybody}}))
		must(s.houses["harbor"].node.DecideDomain(t.Context(), "blocked.example", "block", ""))
		bad := s.peer("blocked")
		bad.Serve("/x", peer.Document{Type: "text/html", Body: []byte(newsPage)})
		unwanted := s.note(s.victim, "unwanted", `<a href="https://blocked.example/x">x</a>`, []any{everybody}, []any{})
		s.takes(s.victim, unwanted.create)
		s.settle()
		s.looksAt(s.ana, unwanted.uri)
		s.wait(poll + time.Minute)
		if got := s.looksAt(s.ana, posts["hostile"].uri); got.Card != nil {
			t.Errorf("after an edit: %+v", got.Card)
		}
		if got := s.looksAt(s.ana, unwanted.uri); got.Card != nil || bad.Requests("/x") != 0 {
			t.Errorf("of a blocked server: %+v", got.Card)
		}
	})
}

func decode(t *testing.T, body []byte, to any) {
	t.Helper()
	check(t, json.Unmarshal(body, to))
}
