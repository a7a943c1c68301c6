package mastodon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tulou/storage"
)

func TestListsThroughTheAPI(t *testing.T) {
	// If this failed, apps could not make lists, or would see those of others.
	v := newVillage(t)
	ana, ben, carl := v.person("ana"), v.person("ben"), v.person("carl")
	ana.follows(ben)
	made := ana.post("/api/v1/lists", form{"title": {"Friends"}})
	golden(t, "List", made)
	id := made.object()["id"].(string)
	ana.send("POST", "/api/v1/lists", form{"title": {" "}}).says(422, "Validation failed: Title can't be blank")
	ana.send("POST", "/api/v1/lists", form{"title": {strings.Repeat("x", 257)}}).says(422, "Validation failed: Title is too long (maximum is 256 characters)")
	ana.send("POST", "/api/v1/lists", form{"title": {"x"}, "replies_policy": {"some"}}).says(422, "'some' is not a valid replies_policy")
	ana.send("POST", "/api/v1/lists/"+id+"/accounts", form{"account_ids[]": {ben.id(), carl.id()}}).says(404, "Record not found")
	if got := ana.get("/api/v1/lists/" + id + "/accounts").list(); len(got) != 0 {
		t.Errorf("half of the people were added: %v", got)
	}
	ana.post("/api/v1/lists/"+id+"/accounts", form{"account_ids[]": {ben.id()}})
	ana.send("POST", "/api/v1/lists/"+id+"/accounts", map[string]any{"account_ids": []string{ben.id()}}).
		says(422, "Validation failed: Account has already been taken")
	if got := each(ana.get("/api/v1/lists/"+id+"/accounts?limit=0").list(), "id"); !slices.Equal(got, []string{ben.id()}) {
		t.Errorf("members: %v", got)
	}
	if got := each(ana.get("/api/v1/accounts/"+ben.id()+"/lists").list(), "title"); !slices.Equal(got, []string{"Friends"}) {
		t.Errorf("lists of ben: %v", got)
	}
	post := ben.toot("hello")
	if got := each(ana.get("/api/v1/timelines/list/"+id).list(), "id"); !slices.Equal(got, []string{post}) {
		t.Errorf("timeline: %v", got)
	}
	changed := ana.send("PUT", "/api/v1/lists/"+id, form{"title": {"Best"}, "exclusive": {"true"}, "replies_policy": {"none"}}).ok().object()
	if changed["title"] != "Best" || changed["exclusive"] != true || changed["replies_policy"] != "none" {
		t.Errorf("changed: %v", changed)
	}
	if got := each(ana.get("/api/v1/timelines/home").list(), "id"); len(got) != 0 {
		t.Errorf("home: %v", got)
	}
	ana.send("PUT", "/api/v1/lists/"+id, form{"exclusive": {"false"}}).ok()
	if got := each(ana.get("/api/v1/timelines/home").list(), "id"); !slices.Equal(got, []string{post}) {
		t.Errorf("home: %v", got)
	}
	for _, row := range []string{"GET ", "PUT ", "DELETE ", "GET /accounts", "POST /accounts?account_ids[]=1", "DELETE /accounts?account_ids[]=1"} {
		method, path, _ := strings.Cut(row, " ")
		ben.send(method, "/api/v1/lists/"+id+path, nil).says(404, "Record not found")
	}
	ben.send("GET", "/api/v1/timelines/list/"+id, nil).says(404, "Record not found")
	ana.send("DELETE", "/api/v1/lists/"+id+"/accounts", form{"account_ids[]": {ben.id(), carl.id()}}).ok()
	if got := ana.get("/api/v1/timelines/list/" + id).list(); len(got) != 0 {
		t.Errorf("timeline: %v", got)
	}
	ana.send("DELETE", "/api/v1/lists/"+id, nil).ok()
	if got := ana.get("/api/v1/lists").list(); len(got) != 0 {
		t.Errorf("lists: %v", got)
	}
}

func TestPinsThroughTheAPI(t *testing.T) {
	// If this failed, people could pin what is not theirs, or profiles would show what is not for
	// all.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	public, private := ana.toot("for all"), ana.toot("for followers", "visibility", "private")
	direct, others := ana.toot("to myself", "visibility", "direct"), ben.toot("mine")
	boost := ana.post("/api/v1/statuses/"+others+"/reblog", nil).object()["id"].(string)
	for id, sentence := range map[string]string{
		direct: "Validation failed: Posts that are only visible to mentioned users cannot be pinned",
		others: "Validation failed: Someone else's post cannot be pinned", boost: "Validation failed: A boost cannot be pinned",
	} {
		ana.send("POST", "/api/v1/statuses/"+id+"/pin", nil).says(422, sentence)
	}
	golden(t, "Status_pinned", ana.post("/api/v1/statuses/"+public+"/pin", nil))
	ana.post("/api/v1/statuses/"+private+"/pin", nil)
	ana.post("/api/v1/statuses/"+public+"/pin", nil)
	if _, there := ana.get("/api/v1/statuses/" + direct).object()["pinned"]; there {
		t.Error("a direct post says whether it is pinned")
	}
	pinned := func(c *client) []string {
		return each(c.get("/api/v1/accounts/"+ana.id()+"/statuses?pinned=true").list(), "id")
	}
	if got := pinned(ana); !slices.Equal(got, []string{private, public}) {
		t.Errorf("pinned: %v", got)
	}
	for _, c := range []*client{ben, v.stranger()} {
		if got := pinned(c); !slices.Equal(got, []string{public}) {
			t.Errorf("pinned for others: %v", got)
		}
	}
	for n := range storage.PinsMax - 2 {
		ana.post("/api/v1/statuses/"+ana.toot(fmt.Sprint(n))+"/pin", nil)
	}
	ana.send("POST", "/api/v1/statuses/"+ana.toot("too many")+"/pin", nil).says(422, "Validation failed: You have already pinned the maximum number of posts")
	if got := ana.post("/api/v1/statuses/"+public+"/unpin", nil).object()["pinned"]; got != false {
		t.Errorf("unpinned: %v", got)
	}
	ana.send("DELETE", "/api/v1/statuses/"+private, nil).ok()
	if got := pinned(ana); slices.Contains(got, public) || slices.Contains(got, private) {
		t.Errorf("still pinned: %v", got)
	}
}

func TestMutedThreadsTellNothing(t *testing.T) {
	// If this failed, who mutes a thread would hear of it all the same.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	root := ana.toot("hello")
	reply := ben.toot("@ana one", "in_reply_to_id", root)
	if got := ana.post("/api/v1/statuses/"+reply+"/mute", nil).object()["muted"]; got != true {
		t.Errorf("muted: %v", got)
	}
	if got := ana.get("/api/v1/statuses/" + root).object()["muted"]; got != true {
		t.Errorf("the root is muted: %v", got)
	}
	if got := ben.get("/api/v1/statuses/" + root).object()["muted"]; got != false {
		t.Errorf("muted for ben: %v", got)
	}
	told := func() int { return len(ana.get("/api/v1/notifications").list()) }
	before := told()
	ben.toot("@ana two", "in_reply_to_id", reply)
	ben.post("/api/v1/statuses/"+root+"/favourite", nil)
	if got := told(); got != before {
		t.Errorf("%d notifications, %d before", got, before)
	}
	ana.post("/api/v1/statuses/"+root+"/unmute", nil)
	ben.toot("@ana three", "in_reply_to_id", reply)
	if got := told(); got != before+1 {
		t.Errorf("%d notifications, want %d", got, before+1)
	}
}

func TestFollowedTagsComeHome(t *testing.T) {
	// If this failed, following a hashtag would bring nothing, or what is not for everybody, or
	// posts of people whom one does not want to see.
	v := newVillage(t)
	ana, ben, carl, dora := v.person("ana"), v.person("ben"), v.person("carl"), v.person("dora")
	early := ben.toot("early #Garden")
	if got := ana.get("/api/v1/tags/Garden").object(); got["following"] != false || got["name"] != "Garden" {
		t.Errorf("tag: %v", got)
	}
	ana.post("/api/v1/tags/Garden/follow", nil)
	ana.post("/api/v1/tags/garden/follow", nil)
	golden(t, "Tag", ana.get("/api/v1/tags/GARDEN"))
	golden(t, "Tag_stranger", v.stranger().get("/api/v1/tags/garden"))
	golden(t, "Tag_followed", ana.get("/api/v1/followed_tags"))
	public := ben.toot("public #garden")
	ben.toot("quiet #garden", "visibility", "unlisted")
	ben.toot("private #garden", "visibility", "private")
	ben.toot("no tag")
	ana.post("/api/v1/accounts/"+carl.id()+"/mute", nil)
	carl.toot("muted #garden")
	ana.post("/api/v1/accounts/"+dora.id()+"/block", nil)
	dora.toot("blocked #garden")
	home := func() []string { return each(ana.get("/api/v1/timelines/home").list(), "id") }
	if got := home(); !slices.Equal(got, []string{public, early}) {
		t.Errorf("home: %v, want %v", got, []string{public, early})
	}
	ana.post("/api/v1/tags/garden/unfollow", nil)
	if got := home(); len(got) != 0 {
		t.Errorf("home after: %v", got)
	}
	if got := ana.get("/api/v1/followed_tags").list(); len(got) != 0 {
		t.Errorf("followed: %v", got)
	}
	for _, bad := range []string{"%20", "12345", "a-b", strings.Repeat("x", 101)} {
		ana.send("POST", "/api/v1/tags/"+bad+"/follow", nil).says(404, "Record not found")
	}
}

func TestTagsHaveAHistory(t *testing.T) {
	// If this failed, apps would draw wrong curves of how much a hashtag is used.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	for range 2 {
		ana.toot("#garden")
	}
	ben.toot("#Garden")
	ben.toot("#garden", "visibility", "unlisted")
	zoe := v.remote("zoe", "orchard.example")
	v.arrives(zoe, storage.NewStatus{Status: storage.Status{ID: v.Store.IDAt(time.Now().Add(-48 * time.Hour)), Content: "old"},
		Tags: []storage.Tag{{Tag: "garden", Name: "garden"}}})
	v.do(func(tx *storage.Tx) error {
		_, err := tx.CreateStatus(context.Background(), storage.NewStatus{Status: storage.Status{URI: zoe.URI + "/very-old", AccountID: zoe.ID,
			ID: v.Store.IDAt(time.Now().Add(-48 * time.Hour)), CreatedAt: storage.At(time.Now().Add(-48 * time.Hour)), Visibility: "public"},
			Audience: []int64{storage.Everybody}, Tags: []storage.Tag{{Tag: "garden", Name: "garden"}}})
		return err
	})
	history := ana.get("/api/v1/tags/garden").object()["history"].([]any)
	if len(history) != 7 {
		t.Fatalf("%d days", len(history))
	}
	day := func(n int) string {
		return fmt.Sprintf("%v %v", dig(history[n].(map[string]any), "uses"), dig(history[n].(map[string]any), "accounts"))
	}
	if day(0) != "4 3" || day(1) != "0 0" || day(2) != "1 1" {
		t.Errorf("history: %v", history)
	}
}

func TestFeaturedTagsThroughTheAPI(t *testing.T) {
	// If this failed, profiles would not show hashtags, or count what is not for everybody.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	ana.toot("#Garden #tea")
	ana.toot("#garden", "visibility", "private")
	ana.toot("#garden")
	golden(t, "Tag_suggestions", ana.get("/api/v1/featured_tags/suggestions"))
	made := ana.post("/api/v1/featured_tags", form{"name": {"Garden"}})
	golden(t, "FeaturedTag", made)
	ana.send("POST", "/api/v1/featured_tags", form{"name": {"garden"}}).says(422, "Validation failed: Tag has already been taken")
	ana.send("POST", "/api/v1/featured_tags", form{"name": {"a b"}}).says(422, "Validation failed: Tag name is invalid")
	if got := each(ana.get("/api/v1/featured_tags/suggestions").list(), "name"); !slices.Equal(got, []string{"tea"}) {
		t.Errorf("suggested: %v", got)
	}
	for _, c := range []*client{ben, v.stranger()} {
		if got := each(c.get("/api/v1/accounts/"+ana.id()+"/featured_tags").list(), "statuses_count"); !slices.Equal(got, []string{"2"}) {
			t.Errorf("featured: %v", got)
		}
	}
	if got := ana.get("/api/v1/tags/garden").object(); got["featuring"] != true {
		t.Errorf("tag: %v", got)
	}
	id := made.object()["id"].(string)
	ben.send("DELETE", "/api/v1/featured_tags/"+id, nil).says(404, "Record not found")
	ana.send("DELETE", "/api/v1/featured_tags/"+id, nil).ok()
	ana.post("/api/v1/tags/tea/feature", nil)
	ana.post("/api/v1/tags/tea/feature", nil)
	if got := each(ana.get("/api/v1/featured_tags").list(), "name"); !slices.Equal(got, []string{"tea"}) {
		t.Errorf("featured: %v", got)
	}
	ana.post("/api/v1/tags/tea/unfeature", nil)
	for n := range storage.FeaturedTagsMax {
		ana.post("/api/v1/tags/"+fmt.Sprintf("tag%d", n)+"/feature", nil)
	}
	ana.send("POST", "/api/v1/tags/more/feature", nil).is(422)
}

func TestNotesAndEndorsements(t *testing.T) {
	// If this failed, private notes would get lost or be shown to others, or people would be shown
	// on profiles who are not followed any more.
	v := newVillage(t)
	ana, ben, carl := v.person("ana"), v.person("ben"), v.person("carl")
	path := "/api/v1/accounts/" + ben.id()
	if got := ana.post(path+"/note", form{"comment": {"from work"}}).object()["note"]; got != "from work" {
		t.Errorf("note: %v", got)
	}
	between := func(c *client, of string, what string) any {
		return c.get("/api/v1/accounts/relationships?id[]=" + of).list()[0][what]
	}
	if got := between(carl, ben.id(), "note"); got != "" {
		t.Errorf("the note of another: %v", got)
	}
	ana.send("POST", path+"/note", form{"comment": {strings.Repeat("x", 2001)}}).is(422)
	ana.post(path+"/note", nil)
	if got := between(ana, ben.id(), "note"); got != "" {
		t.Errorf("note after: %v", got)
	}
	ana.send("POST", path+"/endorse", nil).says(422, "Validation failed: You must be already following the person you want to endorse")
	ana.follows(ben)
	ana.post(path+"/endorse", nil)
	ana.post(path+"/pin", nil)
	if got := between(ana, ben.id(), "endorsed"); got != true {
		t.Errorf("endorsed: %v", got)
	}
	endorsed := func(c *client, path string) []string { return each(c.get(path).list(), "username") }
	for _, got := range [][]string{endorsed(ana, "/api/v1/endorsements"), endorsed(v.stranger(), "/api/v1/accounts/"+ana.id()+"/endorsements")} {
		if !slices.Equal(got, []string{"ben"}) {
			t.Errorf("endorsed: %v", got)
		}
	}
	ana.post(path+"/unpin", nil)
	ana.post(path+"/endorse", nil)
	ana.post(path+"/unfollow", nil)
	if got := endorsed(ana, "/api/v1/endorsements"); len(got) != 0 {
		t.Errorf("endorsed and not followed: %v", got)
	}
}

func TestFamiliarFollowersAreThoseWhomOneFollows(t *testing.T) {
	// If this failed, one would be shown strangers, or followers of somebody who blocks one.
	v := newVillage(t)
	ana, ben, carl, dora := v.person("ana"), v.person("ben"), v.person("carl"), v.person("dora")
	ana.follows(ben)
	ben.follows(dora)
	carl.follows(dora)
	path := "/api/v1/accounts/familiar_followers?id[]=" + dora.id() + "&id[]=" + carl.id() + "&id[]=123456789"
	golden(t, "FamiliarFollowers", ana.get(path))
	got := ana.get(path).list()
	if len(got) != 2 || len(got[0]["accounts"].([]any)) != 1 || len(got[1]["accounts"].([]any)) != 0 {
		t.Errorf("familiar: %v", got)
	}
	dora.post("/api/v1/accounts/"+ana.id()+"/block", nil)
	if got := ana.get(path).list(); len(got[0]["accounts"].([]any)) != 0 {
		t.Errorf("familiar to whom blocks: %v", got)
	}
}

func TestDomainBlocksArePaged(t *testing.T) {
	// If this failed, whoever hides many hosts could not see them all.
	v := newVillage(t)
	ana := v.person("ana")
	var want []string
	for n := range 7 {
		host := fmt.Sprintf("h%d.example", n)
		ana.post("/api/v1/domain_blocks", form{"domain": {host}})
		want = append([]string{host}, want...)
	}
	var got []string
	for path := "/api/v1/domain_blocks?limit=3"; path != ""; {
		a := ana.get(path)
		got = append(got, decode[[]string](a)...)
		_, next, _ := strings.Cut(strings.Split(a.Header().Get("Link"), ",")[0], v.Paths.Base)
		path, _, _ = strings.Cut(next, ">")
		if !strings.Contains(a.Header().Get("Link"), `rel="next"`) {
			path = ""
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("domains: %v, want %v", got, want)
	}
}

func TestMutesEnd(t *testing.T) {
	// If this failed, a mute for an hour would last for ever.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	ana.follows(ben)
	post := ben.toot("hello")
	ana.post("/api/v1/accounts/"+ben.id()+"/mute", form{"duration": {"3600"}})
	muted := ana.get("/api/v1/mutes").list()
	ends, err := time.Parse(time.RFC3339, muted[0]["mute_expires_at"].(string))
	if err != nil || time.Until(ends) < 59*time.Minute || time.Until(ends) > time.Hour {
		t.Errorf("ends at %v %v", muted[0]["mute_expires_at"], err)
	}
	if got := ana.get("/api/v1/timelines/home").list(); len(got) != 0 {
		t.Errorf("home: %v", got)
	}
	v.do(func(tx *storage.Tx) error {
		return tx.PutMute(context.Background(), storage.Mute{AccountID: ana.me.ID, TargetID: ben.me.ID, Expires: time.Now().Add(-time.Second)})
	})
	if got := ana.get("/api/v1/mutes").list(); len(got) != 0 {
		t.Errorf("mutes: %v", got)
	}
	if got := each(ana.get("/api/v1/timelines/home").list(), "id"); !slices.Equal(got, []string{post}) {
		t.Errorf("home: %v", got)
	}
}
