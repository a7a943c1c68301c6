package mastodon

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/ids"
	"tulou/storage"
)

// walk follows the next (or prev) links of a list and returns what name is of everything on the
// way.
func walk(t *testing.T, c *client, path, rel, name string) (found []string) {
	t.Helper()
	for range 20 {
		a := c.get(path)
		page := each(a.list(), strings.Split(name, ".")...)
		if rel == "prev" {
			slices.Reverse(page)
		}
		found = append(found, page...)
		next := ""
		for link := range strings.SplitSeq(a.Header().Get("Link"), ", ") {
			if address, ok := strings.CutSuffix(link, `>; rel="`+rel+`"`); ok {
				next = strings.TrimPrefix(address, "<https://harbor.example")
			}
		}
		if next == "" {
			return found
		}
		if u, err := url.Parse(next); err != nil || u.Query().Get("limit") != "2" {
			t.Fatalf("the link %q lost the limit", next)
		}
		path = next
	}
	t.Fatalf("%s has no end", path)
	return nil
}

func TestEveryListIsPagedWithoutGapOrRepetition(t *testing.T) {
	// If this failed, scrolling would skip posts, show them twice, or never end.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	ben.follows(ana)
	var posts, names, hosts, direct []string
	for i := range 5 {
		id := ana.toot(fmt.Sprintf("post %d #tag", i))
		posts = append(posts, id)
		ben.post("/api/v1/statuses/"+id+"/favourite", nil)
		ben.post("/api/v1/statuses/"+id+"/bookmark", nil)
		name := fmt.Sprintf("fan%d", i)
		names = append(names, name)
		fan := v.person(name)
		fan.follows(ana)
		ana.follows(fan)
		fan.post("/api/v1/statuses/"+posts[0]+"/favourite", nil)
		fan.post("/api/v1/statuses/"+posts[0]+"/reblog", nil)
		hosts = append(hosts, fmt.Sprintf("h%d.example", i))
		ben.post("/api/v1/domain_blocks", form{"domain": {hosts[i]}})
		direct = append(direct, ben.toot("@ana psst", "visibility", "direct"))
		ben.post("/api/v1/accounts/"+fan.id()+"/mute", nil)
	}
	for _, list := range [][]string{posts, names, hosts, direct} {
		slices.Reverse(list)
	}
	oldestLikes, homes := append(slices.Clone(names), "ben"), posts
	for _, c := range []struct {
		who        *client
		path, name string
		want       []string
	}{
		{v.stranger(), "/api/v1/timelines/public?limit=2", "id", posts},
		{v.stranger(), "/api/v1/timelines/public?limit=2&local=true", "id", posts},
		{v.stranger(), "/api/v1/timelines/tag/TAG?limit=2", "id", posts},
		{v.stranger(), "/api/v1/accounts/" + ana.id() + "/statuses?limit=2", "id", posts},
		{ben, "/api/v1/favourites?limit=2", "id", posts},
		{ben, "/api/v1/bookmarks?limit=2", "id", posts},
		{ben, "/api/v1/accounts/" + ana.id() + "/following?limit=2", "acct", names},
		{v.stranger(), "/api/v1/accounts/" + ana.id() + "/followers?limit=2", "acct", append(slices.Clone(names), "ben")},
		{v.stranger(), "/api/v1/statuses/" + posts[len(posts)-1] + "/favourited_by?limit=2", "acct", oldestLikes},
		{v.stranger(), "/api/v1/statuses/" + posts[len(posts)-1] + "/reblogged_by?limit=2", "acct", names},
		{ana, "/api/v1/conversations?limit=2", "last_status.id", direct},
		{ana, "/api/v1/notifications?limit=2&types[]=mention", "status.id", direct},
		{ana, "/api/v1/notifications?limit=2&types[]=reblog", "account.acct", names},
		{ben, "/api/v1/mutes?limit=2", "acct", names},
		{ben, "/api/v1/timelines/home?limit=2", "id", nil},
	} {
		forward := walk(t, c.who, c.path, "next", c.name)
		if c.want == nil { // ben's own direct posts are among ana's
			c.want = slices.DeleteFunc(slices.Clone(forward), func(id string) bool { return false })
			if kept := slices.DeleteFunc(slices.Clone(forward), func(id string) bool { return slices.Contains(direct, id) }); !cmp.Equal(kept, homes) {
				t.Errorf("home: %v", kept)
			}
		}
		if diff := cmp.Diff(c.want, forward); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.path, diff)
		}
		backward := walk(t, c.who, c.path+"&min_id=1", "prev", c.name)
		slices.Reverse(backward)
		if diff := cmp.Diff(c.want, backward); diff != "" {
			t.Errorf("%s upwards (-want +got):\n%s", c.path, diff)
		}
	}
	a := ben.get("/api/v1/domain_blocks?limit=2")
	if got := decode[[]string](a); !cmp.Equal(got, hosts[:2]) || !strings.Contains(a.Header().Get("Link"), `limit=2&max_id=`) {
		t.Errorf("hosts: %v, %s", got, a.Header().Get("Link"))
	}
	ana.send("PATCH", "/api/v1/accounts/update_credentials", form{"locked": {"true"}}).ok()
	for i := range 3 {
		v.person(fmt.Sprintf("asks%d", i)).post("/api/v1/accounts/"+ana.id()+"/follow", nil)
	}
	if got := walk(t, ana, "/api/v1/follow_requests?limit=2", "next", "acct"); !cmp.Equal(got, []string{"asks2", "asks1", "asks0"}) {
		t.Errorf("requests: %v", got)
	}
}

func TestPagesAreBoundedAndSayWhereTheyGoOn(t *testing.T) {
	// If this failed, one request could read everything, or clients could not fill gaps.
	v := newVillage(t)
	ana := v.person("ana")
	var posts []string
	for i := range 45 {
		posts = append(posts, ana.toot(fmt.Sprint(i)))
	}
	slices.Reverse(posts)
	get := func(query string) []string {
		t.Helper()
		return each(ana.get("/api/v1/timelines/home?"+query).list(), "id")
	}
	for query, want := range map[string][]string{
		"":                                  posts[:20],
		"limit=1000":                        posts[:40],
		"limit=0":                           posts[:20],
		"limit=-3":                          posts[:20],
		"limit=x":                           posts[:20],
		"max_id=" + posts[3]:                posts[4:24],
		"since_id=" + posts[2] + "&limit=5": posts[:2],
		"min_id=" + posts[9] + "&limit=3":   posts[6:9],
		"max_id=nonsense&limit=1":           posts[:1],
	} {
		if diff := cmp.Diff(want, get(query)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	a := ana.get("/api/v1/timelines/home?limit=2&max_id=" + posts[3] + "&extra=a%20b")
	want := fmt.Sprintf(`<https://harbor.example/api/v1/timelines/home?extra=a+b&limit=2&max_id=%s>; rel="next", `+
		`<https://harbor.example/api/v1/timelines/home?extra=a+b&limit=2&min_id=%s>; rel="prev"`, posts[5], posts[4])
	if got := a.Header().Get("Link"); got != want {
		t.Errorf("link\n%s\nwant\n%s", got, want)
	}
	if got := ana.get("/api/v1/timelines/home?limit=20&max_id=" + posts[40]).Header().Get("Link"); strings.Contains(got, "next") {
		t.Errorf("the last page goes on: %s", got)
	}
	if got := ana.get("/api/v1/timelines/home?max_id=1").Header().Get("Link"); got != "" {
		t.Errorf("an empty page links to %s", got)
	}
}

func TestTimelinesShowWhatTheyAreFor(t *testing.T) {
	// If this failed, people would see posts that were not meant for that place, or miss theirs.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	zoe := v.remote("zoe", "orchard.example")
	public := ana.toot("local #Grün", "visibility", "public")
	quiet := ana.toot("quiet #grün", "visibility", "unlisted")
	private := ana.toot("private", "visibility", "private")
	reply := ana.toot("a reply", "in_reply_to_id", ben.toot("ben's"))
	far := ids.Format(v.arrives(zoe, storage.NewStatus{Status: storage.Status{Content: "far"}, Tags: []storage.Tag{{Tag: "grün", Name: "Grün"}},
		Attachments: []storage.Attachment{{RemoteURL: "https://orchard.example/a.png"}}}).ID)
	boost := ben.post("/api/v1/statuses/"+public+"/reblog", nil).object()["id"].(string)
	account := "/api/v1/accounts/" + ana.id() + "/statuses"
	for _, c := range []struct {
		who  *client
		path string
		in   []string
		out  []string
	}{
		{v.stranger(), "/api/v1/timelines/public", []string{public, far}, []string{quiet, private, reply, boost}},
		{v.stranger(), "/api/v1/timelines/public?local=true", []string{public}, []string{far}},
		{v.stranger(), "/api/v1/timelines/public?remote=1", []string{far}, []string{public}},
		{v.stranger(), "/api/v1/timelines/public?only_media=true", []string{far}, []string{public}},
		{v.stranger(), "/api/v1/timelines/tag/GR%C3%9CN", []string{public, far}, []string{quiet, private}},
		{v.stranger(), "/api/v1/timelines/tag/grün?local=true", []string{public}, []string{far}},
		{v.stranger(), "/api/v1/timelines/tag/grün?only_media=true", []string{far}, []string{public}},
		{v.stranger(), account, []string{public, quiet, reply}, []string{private, boost}},
		{v.stranger(), account + "?exclude_replies=true", []string{public, quiet}, []string{reply}},
		{v.stranger(), account + "?tagged=Grün", []string{public, quiet}, []string{reply}},
		{v.stranger(), account + "?only_media=true", nil, []string{public}},
		{v.stranger(), account + "?pinned=true", nil, []string{public}},
		{v.stranger(), "/api/v1/accounts/" + ids.Format(zoe.ID) + "/statuses?only_media=true", []string{far}, nil},
		{v.stranger(), "/api/v1/accounts/" + ben.id() + "/statuses", []string{boost}, nil},
		{v.stranger(), "/api/v1/accounts/" + ben.id() + "/statuses?exclude_reblogs=true", nil, []string{boost}},
		{ana, account, []string{public, quiet, private, reply}, nil},
		{ben, account, []string{public, quiet, reply}, []string{private}},
		{ana, "/api/v1/timelines/home", []string{public, quiet, private, reply}, []string{far, boost}},
		{ben, "/api/v1/timelines/home", []string{boost}, []string{far, private}},
	} {
		got := each(c.who.get(c.path).list(), "id")
		for _, id := range c.in {
			if !slices.Contains(got, id) {
				t.Errorf("%s lacks %s: %v", c.path, id, got)
			}
		}
		for _, id := range c.out {
			if slices.Contains(got, id) {
				t.Errorf("%s has %s", c.path, id)
			}
		}
	}
	ben.post("/api/v1/accounts/"+ana.id()+"/mute", nil)
	if got := each(ben.get("/api/v1/timelines/public").list(), "id"); slices.Contains(got, public) {
		t.Error("somebody muted is in the public timeline")
	}
}

func TestMediaAreFoundPagesAway(t *testing.T) {
	// If this failed, the media tab of somebody who mostly writes would be empty.
	v := newVillage(t)
	zoe := v.remote("zoe", "orchard.example")
	picture := v.arrives(zoe, storage.NewStatus{Attachments: []storage.Attachment{{RemoteURL: "https://orchard.example/a.png"}}})
	for range storage.StatusPageMax + 5 {
		v.arrives(zoe, storage.NewStatus{})
	}
	got := v.stranger().get("/api/v1/accounts/" + ids.Format(zoe.ID) + "/statuses?only_media=true&limit=1").list()
	if len(got) != 1 || got[0]["id"] != ids.Format(picture.ID) {
		t.Errorf("%d found", len(got))
	}
}

func TestAPageWithLittleMediaGoesOn(t *testing.T) {
	// If this failed, clients would take a short page for the last one and older media be lost.
	v := newVillage(t)
	zoe := v.remote("zoe", "orchard.example")
	var pictures []string
	picture := func() {
		s := v.arrives(zoe, storage.NewStatus{Attachments: []storage.Attachment{{RemoteURL: "https://orchard.example/a.png"}}})
		pictures = append(pictures, ids.Format(s.ID))
	}
	oldest := v.arrives(zoe, storage.NewStatus{})
	for range 3 {
		picture()
	}
	v.do(func(tx *storage.Tx) error { // more than is looked at for one page
		for range mediaPagesMax*storage.StatusPageMax + 5 {
			n := storage.NewStatus{Audience: []int64{storage.Everybody}}
			n.ID = tx.IDAt(time.Now())
			n.AccountID, n.CreatedAt, n.Visibility = zoe.ID, storage.Now(), storage.VisibilityPublic
			n.URI = zoe.URI + "/statuses/" + ids.Format(n.ID)
			if _, err := tx.CreateStatus(t.Context(), n); err != nil {
				return err
			}
		}
		return nil
	})
	for range 3 {
		picture()
	}
	path := "/api/v1/accounts/" + ids.Format(zoe.ID) + "/statuses?only_media=true&limit=2"
	up := walk(t, v.stranger(), path+"&min_id="+ids.Format(oldest.ID), "prev", "id")
	if diff := cmp.Diff(pictures, up); diff != "" {
		t.Errorf("upwards (-want +got):\n%s", diff)
	}
	slices.Reverse(pictures)
	if diff := cmp.Diff(pictures, walk(t, v.stranger(), path, "next", "id")); diff != "" {
		t.Errorf("downwards (-want +got):\n%s", diff)
	}
}

func TestAStatusThatGoesMeanwhileLeavesTheOthers(t *testing.T) {
	// If this failed, one deleted post would empty a whole page of notifications.
	v := newVillage(t)
	ana := v.person("ana")
	zoe := v.remote("zoe", "orchard.example")
	here := v.arrives(zoe, storage.NewStatus{})
	stamps, err := v.Store.Stamps(t.Context(), []int64{here.ID})
	check(t, err)
	boost, orphan := stamps[0], stamps[0] // of a post, and by an author, that went after it was read
	boost.ID, boost.BoostOfID, boost.BoostAccountID = here.ID+1, here.ID+2, zoe.ID
	orphan.ID, orphan.AccountID = here.ID+3, zoe.ID+1
	got, err := v.API.stampedByID(t.Context(), ana.me.ID, []storage.Stamp{boost, stamps[0], orphan})
	if err != nil || len(got) != 1 || len(got[here.ID]) == 0 {
		t.Errorf("%d are left of which one is here: %v", len(got), err)
	}
}

func TestNotificationsTellWhatHappened(t *testing.T) {
	// If this failed, people would not learn who answered them.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	id := ana.toot("hello")
	ben.follows(ana)
	ben.post("/api/v1/statuses/"+id+"/favourite", nil)
	ben.post("/api/v1/statuses/"+id+"/reblog", nil)
	reply := ben.toot("@ana hi", "in_reply_to_id", id)
	carl := v.person("carl")
	carl.follows(ana)
	types := func(query string) []string {
		t.Helper()
		return each(ana.get("/api/v1/notifications?"+query).list(), "type")
	}
	for query, want := range map[string][]string{
		"":                             {"follow", "mention", "reblog", "favourite", "follow"},
		"types[]=mention":              {"mention"},
		"types[]=unheard_of":           {},
		"exclude_types[]=follow":       {"mention", "reblog", "favourite"},
		"account_id=" + carl.id():      {"follow"},
		"account_id=nonsense":          {},
		"types[]=mention&types=follow": {"follow", "mention", "follow"},
	} {
		if diff := cmp.Diff(want, types(query)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	mention := ana.get("/api/v1/notifications?types[]=mention").list()[0]
	if dig(mention, "status", "id") != reply || dig(mention, "account", "acct") != "ben" || dig(mention, "status", "in_reply_to_id") != id {
		t.Errorf("%v", mention)
	}
	path := "/api/v1/notifications/" + mention["id"].(string)
	if diff := cmp.Diff(mention, ana.get(path).object()); diff != "" {
		t.Error(diff)
	}
	ana.post(path+"/dismiss", nil)
	ana.send("GET", path, nil).says(404, "Record not found")
	ana.post("/api/v1/notifications/clear", nil)
	if got := types(""); len(got) != 0 {
		t.Errorf("%v are left", got)
	}
}

func TestMarkersStayWhereTheyWerePut(t *testing.T) {
	// If this failed, people would lose their place between devices.
	v := newVillage(t)
	ana := v.person("ana")
	if got := ana.get("/api/v1/markers?timeline[]=home").object(); len(got) != 0 {
		t.Errorf("%v", got)
	}
	for i, body := range []any{
		form{"home[last_read_id]": {"123"}, "notifications[last_read_id]": {"9"}},
		map[string]any{"home": map[string]any{"last_read_id": "456"}},
	} {
		got := ana.post("/api/v1/markers", body).object()
		if dig(got, "home", "version") != float64(i+1) {
			t.Errorf("%v", got)
		}
	}
	got := ana.get("/api/v1/markers?timeline[]=home&timeline[]=notifications").object()
	if dig(got, "home", "last_read_id") != "456" || dig(got, "notifications", "last_read_id") != "9" {
		t.Errorf("%v", got)
	}
	if got := ana.get("/api/v1/markers").object(); len(got) != 0 {
		t.Errorf("asked for none: %v", got)
	}
	ana.send("POST", "/api/v1/markers", form{"home[last_read_id]": {""}}).is(422)
}

func TestConversationsAreReadAndRemoved(t *testing.T) {
	// If this failed, direct messages would stay unread for ever.
	v := newVillage(t)
	ana, ben, carl := v.person("ana"), v.person("ben"), v.person("carl")
	first := ben.toot("@ana @carl psst", "visibility", "direct")
	one := ana.get("/api/v1/conversations").list()[0]
	if one["unread"] != true || dig(one, "last_status", "id") != first || ben.get("/api/v1/conversations").list()[0]["unread"] != false {
		t.Errorf("%v", one)
	}
	var others []string
	for _, a := range one["accounts"].([]any) {
		others = append(others, dig(a.(map[string]any), "acct").(string))
	}
	if diff := cmp.Diff([]string{"ben", "carl"}, others); diff != "" {
		t.Error(diff)
	}
	path := "/api/v1/conversations/" + one["id"].(string)
	if got := ana.post(path+"/read", nil).object(); got["unread"] != false || got["id"] != one["id"] {
		t.Errorf("%v", got)
	}
	answer := carl.toot("@ana @ben yes?", "visibility", "direct", "in_reply_to_id", first)
	two := ana.get("/api/v1/conversations").list()
	if len(two) != 1 || two[0]["id"] != one["id"] || two[0]["unread"] != true || dig(two[0], "last_status", "id") != answer {
		t.Errorf("%v", two)
	}
	// If this failed, whoever is blocked could go on reading what they may not see.
	carl.post("/api/v1/accounts/"+ids.Format(ana.me.ID)+"/block", nil).ok()
	if got := ana.post(path+"/read", nil).object(); got["last_status"] != nil || len(got["accounts"].([]any)) != 0 {
		t.Errorf("%v", got)
	}
	ana.send("DELETE", path, nil).ok()
	if got := ana.get("/api/v1/conversations").list(); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if got := ben.get("/api/v1/conversations").list(); len(got) != 1 {
		t.Error("it is gone for ben, too")
	}
}

func TestThePreferencesAreThePersonsOwn(t *testing.T) {
	// If this failed, apps would post with another visibility than the person chose.
	v := newVillage(t)
	ana := v.person("ana")
	v.do(func(tx *storage.Tx) error {
		return tx.UpdatePreferences(context.Background(), storage.Login{AccountID: ana.me.ID, Locale: "en", DefaultVisibility: "private", DefaultSensitive: true, DefaultLanguage: "pt"})
	})
	got := ana.get("/api/v1/preferences").object()
	if got["posting:default:visibility"] != "private" || got["posting:default:sensitive"] != true || got["posting:default:language"] != "pt" {
		t.Errorf("%v", got)
	}
	for _, path := range []string{"/api/v1/custom_emojis", "/api/v1/announcements", "/api/v2/filters", "/api/v1/instance/rules"} {
		if got := ana.get(path).list(); len(got) != 0 {
			t.Errorf("%s: %v", path, got)
		}
	}
	program := &client{v: v, token: v.issue(0, "read")}
	if got := program.get("/api/v1/apps/verify_credentials").object(); got["name"] != "Toot" {
		t.Errorf("%v", got)
	}
	for _, path := range []string{missingAvatar, missingHeader} {
		if a := v.stranger().get(path); a.Header().Get("Content-Type") != "image/png" || a.Body.Len() == 0 {
			t.Errorf("%s: %v", path, a.Header())
		}
	}
}

func TestANodeCountsItselfOnceAMinute(t *testing.T) {
	// If this failed, strangers could have whole tables read as often as they like.
	v := newVillage(t)
	v.person("ana")
	users := func() any { return dig(v.stranger().get("/api/v1/instance").object(), "stats", "user_count") }
	first := users()
	v.person("ben")
	if again := users(); again != first || first != float64(1) {
		t.Errorf("%v, then %v", first, again)
	}
	v.counts.until = v.counts.until.Add(-countsFresh)
	if later := users(); later != float64(2) {
		t.Errorf("a minute later: %v", later)
	}
}

func TestTagTimelinesTakeMoreTags(t *testing.T) {
	// If this failed, columns of several hashtags would show only those of the first one.
	v := newVillage(t)
	ana := v.person("ana")
	tea, both, milk := ana.toot("#tea"), ana.toot("#Tea #milk"), ana.toot("#milk")
	for _, c := range []struct {
		query string
		want  []string
	}{
		{"", []string{both, tea}},
		{"?any[]=milk", []string{milk, both, tea}},
		{"?any[]=%23MILK&limit=2", []string{milk, both}},
		{"?any[]=milk&limit=2&max_id=" + both, []string{tea}},
		{"?all[]=milk", []string{both}},
		{"?none[]=milk", []string{tea}},
		{"?any[]=milk&none[]=tea", []string{milk}},
		{"?any[]=milk&local=true", []string{milk, both, tea}},
		{"?any[]=milk&remote=true", []string{}},
		{"?any[]=milk&only_media=true", []string{}},
		{"?all[]=a&all[]=b&all[]=c&all[]=d&all[]=e", []string{}},
		{"?none[]=a&none[]=b&none[]=c&none[]=d&none[]=tea", []string{both, tea}}, // as many as count
	} {
		if got := each(v.stranger().get("/api/v1/timelines/tag/tea"+c.query).list(), "id"); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.query, got, c.want)
		}
	}
	a := v.stranger().get("/api/v1/timelines/tag/tea?any[]=milk&limit=2")
	if link := a.Header().Get("Link"); !strings.Contains(link, "any%5B%5D=milk") || !strings.Contains(link, "max_id="+both) {
		t.Errorf("the next page is %s", link)
	}
}
