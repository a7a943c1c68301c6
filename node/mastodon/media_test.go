package mastodon

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"mime/multipart"
	"net/http/httptest"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"tulou/apps/media"
	"tulou/protocol/ids"
	"tulou/storage"
)

// picturePNG is a picture of one colour.
func picturePNG(t testing.TB, w, h int, of color.Color) []byte {
	t.Helper()
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		p.Set(i%w, i/w, of)
	}
	var b bytes.Buffer
	check(t, png.Encode(&b, p))
	return b.Bytes()
}

// file is a file in a form.
type file struct {
	field, name string
	body        []byte
}

// upload sends a form with files.
func (c *client) upload(method, path string, values form, files ...file) answer {
	c.v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for key, list := range values {
		for _, value := range list {
			check(c.v.t, w.WriteField(key, value))
		}
	}
	for _, f := range files {
		head := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, f.field, f.name)}, "Content-Type": {"text/html"}}
		part, err := w.CreatePart(head)
		check(c.v.t, err)
		_, err = part.Write(f.body)
		check(c.v.t, err)
	}
	check(c.v.t, w.Close())
	r := httptest.NewRequest(method, path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return c.request(r)
}

// shows uploads a picture and returns its id.
func (c *client) shows(description string) string {
	c.v.t.Helper()
	return c.upload("POST", "/api/v2/media", form{"description": {description}}, file{"file", "x.png", picturePNG(c.v.t, 40, 30, color.Gray{uint8(len(description))})}).ok().object()["id"].(string)
}

// mediaURL is the address of a file in an answer, as far as the node's own part of it goes.
func key(t testing.TB, address any) string {
	t.Helper()
	text, _ := address.(string)
	rest, ok := strings.CutPrefix(text, "https://harbor.example/media/")
	key, _, two := strings.Cut(rest, "/")
	if !ok || !two {
		t.Fatalf("%q is no address of a file", text)
	}
	return key
}

func TestPicturesAreUploadedAndPosted(t *testing.T) {
	// If this failed, nobody could post a picture, or describe it to those who cannot see it.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	made := ana.upload("POST", "/api/v2/media", form{"description": {" a wall "}, "focus": {"-0.25,0.5"}},
		file{"file", "../../evil.html", picturePNG(t, 640, 320, color.White)}).is(200)
	uploaded := made.object()
	golden(t, "MediaAttachment", maskMedia(made))
	id := uploaded["id"].(string)
	if uploaded["type"] != "image" || uploaded["description"] != "a wall" || dig(uploaded, "meta", "focus", "x") != -0.25 ||
		dig(uploaded, "meta", "original", "width") != float64(640) || dig(uploaded, "meta", "small", "aspect") != float64(2) {
		t.Errorf("%v", uploaded)
	}
	if got := ana.get("/api/v1/media/" + id).object(); got["url"] != uploaded["url"] {
		t.Errorf("%v", got)
	}
	changed := ana.upload("PUT", "/api/v1/media/"+id, form{"description": {"a white wall"}, "focus": {"1,-1"}},
		file{"thumbnail", "t", picturePNG(t, 64, 64, color.Black)}).ok().object()
	if changed["description"] != "a white wall" || dig(changed, "meta", "small", "width") != float64(64) || changed["preview_url"] == uploaded["preview_url"] || changed["url"] != uploaded["url"] {
		t.Errorf("%v", changed)
	}
	ana.send("PUT", "/api/v1/media/"+id, form{"description": {"a wall"}}).ok() // without files
	for _, c := range []*client{ben} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			c.send(method, "/api/v1/media/"+id, nil).says(404, "Record not found")
		}
	}
	ben.send("POST", "/api/v1/statuses", form{"media_ids[]": {id}}).says(422, "Media "+id+" not found or already attached to another post")
	posted := ana.post("/api/v1/statuses", form{"media_ids[]": {id, ana.shows("")}, "sensitive": {"true"}}).object()
	seen := ben.get("/api/v1/statuses/" + posted["id"].(string)).object()["media_attachments"].([]any)
	if first := seen[0].(map[string]any); len(seen) != 2 || first["id"] != id || first["description"] != "a wall" || first["url"] != uploaded["url"] || first["remote_url"] != nil {
		t.Errorf("%v", seen)
	}
	if seen[1].(map[string]any)["description"] != nil || posted["sensitive"] != true {
		t.Errorf("%v", posted)
	}
	// It is the post's now.
	ana.send("GET", "/api/v1/media/"+id, nil).is(404)
	ana.send("PUT", "/api/v1/media/"+id, form{"description": {"x"}}).is(404)
	ana.send("DELETE", "/api/v1/media/"+id, nil).says(422, "Media attachment is currently used by a status")
	ana.send("POST", "/api/v1/statuses", form{"media_ids[]": {id}}).is(422)
	loose := ana.shows("")
	ana.send("DELETE", "/api/v1/media/"+loose, nil).ok()
	ana.send("DELETE", "/api/v1/media/"+loose, nil).is(404)
	if only := ben.get("/api/v1/accounts/" + ana.id() + "/statuses?only_media=true").list(); len(only) != 1 {
		t.Errorf("%d posts with media", len(only))
	}
}

// maskMedia takes what is random out of an answer.
func maskMedia(a answer) answer {
	object := a.object()
	for _, name := range []string{"url", "preview_url"} {
		a.Body = bytes.NewBuffer(bytes.ReplaceAll(a.Body.Bytes(), []byte(key(a.t, object[name])), []byte("KEY")))
	}
	return a
}

func TestPostsWithMediaThatCannotBeAreRefused(t *testing.T) {
	// If this failed, apps would believe that something was posted that was not.
	v := newVillage(t)
	ana := v.person("ana")
	var five []string
	for range 5 {
		five = append(five, ana.shows(""))
	}
	for _, c := range []struct {
		body form
		says string
	}{
		{form{"media_ids[]": five}, "Cannot attach more than 4 files"},
		{form{"status": {"which"}, "media_ids[]": five[:1], "poll[options][]": {"a", "b"}, "poll[expires_in]": {"3600"}}, "Cannot attach more than 4 files"},
		{form{"media_ids[]": {five[0], five[0]}}, "Media " + five[0] + " not found or already attached to another post"},
		{form{"media_ids[]": {"123"}}, "Media 123 not found or already attached to another post"},
	} {
		ana.send("POST", "/api/v1/statuses", c.body).says(422, c.says)
	}
	films := []string{}
	for range 2 {
		id, _ := v.Store.NewID()
		v.do(func(tx *storage.Tx) error {
			_, err := tx.CreateUpload(context.Background(), storage.Attachment{ID: id, AccountID: ana.me.ID, Kind: storage.KindVideo, MediaType: "video/mp4"})
			return err
		})
		films = append(films, ids.Format(id))
	}
	ana.send("POST", "/api/v1/statuses", form{"media_ids[]": {films[0], five[0]}}).says(422, "Cannot attach a video to a post that already contains images")
	ana.send("POST", "/api/v1/statuses", form{"media_ids[]": films}).is(422)
	ana.post("/api/v1/statuses", form{"media_ids[]": {films[0]}})
	if got := ana.get("/api/v1/accounts/" + ana.id() + "/statuses").list(); len(got) != 1 {
		t.Errorf("%d posts were made", len(got))
	}
	if got := ana.post("/api/v1/statuses", form{"media_ids[]": five[:4], "status": {"four"}}).object()["media_attachments"].([]any); len(got) != 4 {
		t.Errorf("%d media", len(got))
	}
}

func TestUploadsThatAreNoMediaAreRefused(t *testing.T) {
	// If this failed, a page or a script could be put on the node, or an app would wait for ever.
	v := newVillage(t)
	ana := v.person("ana")
	for name, body := range map[string]string{
		"a page": "<!doctype html><script>alert(1)</script>", "SVG": `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`,
		"text": "hello", "half a PNG": string(picturePNG(t, 50, 50, color.White)[:60]), "HEIC": "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
		"no film": "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
	} {
		for _, path := range []string{"/api/v1/media", "/api/v2/media"} {
			if name == "no film" { // nothing runs jobs here
				continue
			}
			a := ana.upload("POST", path, nil, file{"file", "holiday.jpg", []byte(body)}).is(422)
			if sentence, _ := a.object()["error"].(string); len(sentence) < 20 {
				t.Errorf("%s: %q", name, sentence)
			}
		}
	}
	ana.upload("POST", "/api/v2/media", nil, file{"file", "x.png", nil}).says(422, "Validation failed: File can't be blank")
	ana.upload("POST", "/api/v2/media", form{"description": {"x"}}).says(422, "Validation failed: File can't be blank")
	ana.send("POST", "/api/v2/media", form{"file": {"x"}}).says(422, "Validation failed: File can't be blank")
	fine := file{"file", "x.png", picturePNG(t, 4, 4, color.White)}
	ana.upload("POST", "/api/v2/media", form{"description": {strings.Repeat("ä", media.DescriptionMax+1)}}, fine).is(422)
	ana.upload("POST", "/api/v2/media", form{"focus": {"middle"}}, fine).is(422)
	ana.upload("POST", "/api/v2/media", nil, fine, fine).is(422)
	ana.upload("POST", "/api/v2/media", nil, fine, file{"other", "y.png", fine.body}).is(422)
	ana.upload("POST", "/api/v2/media", form{"x": {strings.Repeat("x", bodyBytesMax+1)}}, fine).is(413)
	huge := file{"file", "x.png", append(bytes.Clone(fine.body), make([]byte, media.PictureBytesMax)...)}
	ana.upload("POST", "/api/v2/media", nil, huge).is(413)
	r := httptest.NewRequest("POST", "/api/v2/media", strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"+string(fine.body)))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	ana.request(r).is(400) // it breaks off
	ana.upload("POST", "/api/v2/media", form{"description": {strings.Repeat("ä", media.DescriptionMax)}}, fine).ok()
}

func TestHeadsOfPartsAreBounded(t *testing.T) {
	// If this failed, one upload could put a hundred megabytes of names into memory, and keep them
	// there for an hour.
	v := newVillage(t)
	ana := v.person("ana")
	picture := string(picturePNG(t, 4, 4, color.White))
	send := func(body string) answer {
		r := httptest.NewRequest("POST", "/api/v2/media", strings.NewReader(body+"--b--\r\n"))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		return ana.request(r)
	}
	part := func(name, head, body string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"" + head + "\r\n\r\n" + body + "\r\n"
	}
	shown := part("file", "; filename=\"a\"", picture)
	send(part("x", "\r\nX: "+strings.Repeat("x", 2*partHeadMax), "y") + shown).is(413)
	send(shown + part("x", "\r\nX: "+strings.Repeat("x", 2*partHeadMax), "y")).is(413)
	send(strings.Repeat("xx\r\n", partHeadMax) + "\r\n" + shown).is(413)
	long := strings.Repeat(part(strings.Repeat("x", partHeadMax/2), "", "y"), 2*bodyBytesMax/partHeadMax)
	send(long + shown).is(413)
	send(part("x", "\r\nX: "+strings.Repeat("x", partHeadMax/4), strings.Repeat("y", partHeadMax)) + shown).ok()
}

func TestSomebodyUploadsOnlySoMuch(t *testing.T) {
	// If this failed, one person could fill the disk within a day.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	v.do(func(tx *storage.Tx) error { return tx.CountUpload(context.Background(), ana.me.ID, 4<<30) })
	a := ana.upload("POST", "/api/v2/media", nil, file{"file", "x.png", picturePNG(t, 4, 4, color.White)}).is(429)
	if a.Header().Get("Retry-After") == "" {
		t.Error("nobody says when it goes on")
	}
	ben.shows("")
}

func TestEditsChangeMediaAndHistoryShowsThem(t *testing.T) {
	// If this failed, a picture could not be taken out of a post or described later, or the history
	// would show today's pictures for yesterday.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	first, second, third := ana.shows("one"), ana.shows("two"), ana.shows("three")
	id := ana.toot("look", "media_ids[]", first, "media_ids[]", second)
	path := "/api/v1/statuses/" + id
	shown := func(o map[string]any) []string {
		var list []string
		for _, m := range o["media_attachments"].([]any) {
			text, _ := m.(map[string]any)["description"].(string)
			list = append(list, text)
		}
		return list
	}
	if got := shown(ana.send("PUT", path, form{"status": {"look here"}}).ok().object()); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("not naming media changes them: %v", got)
	}
	same := ana.send("PUT", path, form{"status": {"look here"}, "media_ids[]": {first, second}}).ok().object()
	changed := ana.send("PUT", path, map[string]any{"status": "look here", "media_ids": []string{third, first},
		"media_attributes": []map[string]string{{"id": first, "description": "ONE", "focus": "0.5,0.5"}}}).ok().object()
	if got := shown(changed); !slices.Equal(got, []string{"three", "ONE"}) || changed["edited_at"] == same["edited_at"] {
		t.Errorf("%v", got)
	}
	if got := shown(ana.send("PUT", path, form{"status": {""}, "media_ids[]": {second}}).ok().object()); !slices.Equal(got, []string{"two"}) {
		t.Errorf("what was taken out cannot be put back: %v", got)
	}
	var history [][]string
	for _, version := range ben.get(path + "/history").list() {
		history = append(history, shown(version))
	}
	want := [][]string{{"one", "two"}, {"one", "two"}, {"three", "ONE"}, {"two"}}
	if fmt.Sprint(history) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", history, want)
	}
	if got := shown(ana.send("PUT", path, map[string]any{"status": "words", "media_ids": []string{}}).ok().object()); len(got) != 0 {
		t.Errorf("%v are left", got)
	}
	ana.send("PUT", path, form{"status": {"x"}, "media_ids[]": {ben.shows("")}}).is(422)
	other := ana.toot("other", "media_ids[]", ana.shows("of another"))
	taken := dig(ana.get("/api/v1/statuses/" + other).object()["media_attachments"].([]any)[0].(map[string]any), "id").(string)
	ana.send("PUT", path, form{"status": {"x"}, "media_ids[]": {taken}}).is(422)
}

func TestAPostThatIsDeletedFreesItsMedia(t *testing.T) {
	// If this failed, what was taken back would stay to be seen, or could not be posted again
	// corrected.
	v := newVillage(t)
	ctx := context.Background()
	ana := v.person("ana")
	open := func(key string) error {
		_, body, err := v.Media.Open(ctx, key)
		if err == nil {
			body.Close()
		}
		return err
	}
	posted := func() (id, picture, url string) {
		picture = ana.shows("a wall")
		o := ana.post("/api/v1/statuses", form{"status": {"x"}, "media_ids[]": {picture}}).object()
		return o["id"].(string), picture, key(t, o["media_attachments"].([]any)[0].(map[string]any)["url"])
	}
	id, picture, url := posted()
	redraft := ana.send("DELETE", "/api/v1/statuses/"+id, nil).ok().object()
	if len(redraft["media_attachments"].([]any)) != 1 || open(url) != nil {
		t.Errorf("there is nothing to write anew with: %v", redraft["media_attachments"])
	}
	ana.toot("corrected", "media_ids[]", picture)
	id, _, url = posted()
	ana.send("DELETE", "/api/v1/statuses/"+id+"?delete_media=true", nil).ok()
	if open(url) == nil {
		t.Error("the picture is still there")
	}
	// What comes to no post goes after a day, and then its bytes do; what is posted stays.
	kept := key(t, ana.get("/api/v1/accounts/" + ana.id() + "/statuses").list()[0]["media_attachments"].([]any)[0].(map[string]any)["url"])
	loose := ana.shows("loose")
	looseKey := key(t, ana.get("/api/v1/media/" + loose).object()["url"])
	v.do(func(tx *storage.Tx) error { _, err := tx.ForgetUploads(ctx, time.Now().Add(-time.Hour)); return err })
	if open(looseKey) != nil {
		t.Error("an upload of this minute is gone")
	}
	v.do(func(tx *storage.Tx) error { _, err := tx.ForgetUploads(ctx, time.Now().Add(time.Hour)); return err })
	if open(looseKey) == nil || open(kept) != nil {
		t.Errorf("%v, %v", open(looseKey), open(kept))
	}
	blobs := v.Media.Blobs
	if n, err := blobs.Sweep(ctx, time.Now().Add(-time.Hour), v.Store.UsedBlobs); n != 0 || err != nil {
		t.Errorf("%d young blobs were swept (%v)", n, err)
	}
	if n, err := blobs.Sweep(ctx, time.Now().Add(time.Hour), v.Store.UsedBlobs); n == 0 || err != nil {
		t.Errorf("%d blobs were swept (%v)", n, err)
	}
	if err := open(kept); err != nil {
		t.Errorf("a picture of a post was swept: %v", err)
	}
}

func TestPeopleChooseTheirPictures(t *testing.T) {
	// If this failed, everybody would look like hills, or an old picture would stay to be found.
	v := newVillage(t)
	ana := v.person("ana")
	const path = "/api/v1/accounts/update_credentials"
	a := ana.upload("PATCH", path, form{"display_name": {"Ana"}}, file{"avatar", "me.png", picturePNG(t, 900, 600, color.White)},
		file{"header", "sea.png", picturePNG(t, 2000, 2000, color.Black)}).ok().object()
	if a["display_name"] != "Ana" || a["avatar"] != a["avatar_static"] {
		t.Errorf("%v", a)
	}
	for name, size := range map[string][2]int{"avatar": {400, 400}, "header": {1500, 500}} {
		f, body, err := v.Media.Open(t.Context(), key(t, a[name]))
		check(t, err)
		config, err := png.DecodeConfig(body)
		body.Close()
		if err != nil || config.Width != size[0] || config.Height != size[1] || f.AccountID != ana.me.ID {
			t.Errorf("%s: %v %v", name, config, err)
		}
	}
	moving := &gif.GIF{Delay: []int{5, 5}}
	for range 2 {
		moving.Image = append(moving.Image, image.NewPaletted(image.Rect(0, 0, 50, 50), color.Palette{color.White, color.Black}))
	}
	var body bytes.Buffer
	check(t, gif.EncodeAll(&body, moving))
	b := ana.upload("PATCH", path, nil, file{"avatar", "me.gif", body.Bytes()}).ok().object()
	if !strings.HasSuffix(b["avatar"].(string), ".gif") || !strings.HasSuffix(b["avatar_static"].(string), ".png") {
		t.Errorf("%v %v", b["avatar"], b["avatar_static"])
	}
	for _, name := range []string{"avatar", "avatar_static"} {
		_, body, err := v.Media.Open(t.Context(), key(t, b[name]))
		check(t, err)
		body.Close()
	}
	if _, _, err := v.Media.Open(t.Context(), key(t, a["avatar"])); err == nil {
		t.Error("the picture before is still there")
	}
	ana.upload("PATCH", path, nil, file{"avatar", "x.png", []byte("<svg/>")}).is(422)
	b = ana.upload("PATCH", "/api/v1/profile", form{"display_name": {"Ana R."}}, file{"avatar", "new.png", picturePNG(t, 500, 500, color.Black)}).ok().object()
	if address, _ := b["avatar_static"].(string); b["display_name"] != "Ana R." || !strings.HasSuffix(address, ".png") || address != b["avatar"] {
		t.Errorf("%v", b)
	}
	_, kept, err := v.Media.Open(t.Context(), key(t, b["avatar_static"]))
	check(t, err)
	kept.Close()
	for _, which := range []string{"avatar", "header"} {
		c := ana.send("DELETE", "/api/v1/profile/"+which, nil).ok().object()
		if !strings.Contains(c[which].(string), "/avatars/ana.png") && !strings.Contains(c[which].(string), "missing") {
			t.Errorf("%s is %v", which, c[which])
		}
	}
	if mine := ana.get("/api/v1/profile").ok().object(); mine["avatar"] != nil || mine["avatar_static"] != nil || mine["header"] != nil {
		t.Errorf("pictures that nobody chose: %v", mine)
	}
	if _, _, err := v.Media.Open(t.Context(), key(t, b["avatar_static"])); err == nil {
		t.Error("the deleted picture is still there")
	}
	v.do(func(tx *storage.Tx) error { return tx.MarkDeleted(context.Background(), ana.me.ID) })
	if rest, err := v.Store.UsedBlobs(t.Context(), nil); err != nil || len(rest) != 0 {
		t.Errorf("%v %v", rest, err)
	}
}

func TestScheduledPostsKeepTheirMedia(t *testing.T) {
	// If this failed, a post for later would come without its picture.
	v := newVillage(t)
	ana := v.person("ana")
	picture := ana.shows("for later")
	at := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	later := ana.post("/api/v1/statuses", form{"status": {"later"}, "media_ids[]": {picture}, "scheduled_at": {at}}).object()
	if len(later["media_attachments"].([]any)) != 1 || fmt.Sprint(dig(later, "params", "media_ids")) != "["+picture+"]" {
		t.Errorf("%v", later)
	}
	v.do(func(tx *storage.Tx) error {
		_, err := tx.ForgetUploads(t.Context(), time.Now().Add(time.Hour))
		return err
	})
	ana.get("/api/v1/media/" + picture)
	ana.send("POST", "/api/v1/statuses", form{"media_ids[]": {picture}}).is(422)
	ana.send("DELETE", "/api/v1/media/"+picture, nil).is(422)
	ana.send("DELETE", "/api/v1/scheduled_statuses/"+later["id"].(string), nil).ok()
	ana.toot("now", "media_ids[]", picture)
}

// If this failed, apps that use the older call would be told of a file that is not there yet, which
// they would post and fail, or films that nobody knows of would be converted.
func TestOlderUploadsAnswerWhenAllIsDone(t *testing.T) {
	v := newVillage(t) // nothing runs jobs here
	ana := v.person("ana")
	if picture := ana.upload("POST", "/api/v1/media", nil, file{"file", "x.png", picturePNG(t, 40, 30, color.Black)}).ok().object(); picture["url"] == nil {
		t.Errorf("a picture: %v", picture)
	}
	film := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\r\n--b--\r\n"
	send := func(path string, within time.Duration) answer {
		patient, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		r := httptest.NewRequestWithContext(patient, "POST", path, strings.NewReader(film))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		return ana.request(r)
	}
	if sentence := send("/api/v1/media", 500*time.Millisecond).is(503).object()["error"]; !strings.Contains(fmt.Sprint(sentence), "/api/v2/media") {
		t.Errorf("%v", sentence)
	}
	id, _ := ids.Parse(ana.get("/api/v1/accounts/verify_credentials").object()["id"].(string))
	if waiting, err := v.Store.FilmsWaiting(t.Context(), id); waiting != 0 || err != nil {
		t.Errorf("%d films wait: %v", waiting, err)
	}
	if waits := send("/api/v2/media", time.Minute).is(202).object(); waits["url"] != nil {
		t.Errorf("the newer call: %v", waits)
	}
}
