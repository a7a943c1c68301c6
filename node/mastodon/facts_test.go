package mastodon

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tulou/apps/guard"
	"tulou/protocol/ids"
	"tulou/storage"
)

func TestTheNodeSaysWhatItsOperatorWrote(t *testing.T) {
	// If this failed, people would sign up to rules and terms that they cannot read.
	onBoth(t, func(t *testing.T, v *village) {
		ctx, stranger := t.Context(), v.stranger()
		v.person("ana")
		for _, path := range []string{"privacy_policy", "terms_of_service", "terms_of_service/2026-01-01", "domain_blocks"} {
			stranger.send("GET", "/api/v1/instance/"+path, nil).says(404, "Record not found")
		}
		if got := stranger.get("/api/v1/instance/extended_description").object(); got["content"] != "" || got["updated_at"] != nil {
			t.Errorf("before: %v", got)
		}
		for name, body := range map[string]string{
			guard.TextTitle: "The harbor", guard.TextDescription: "A place by the sea", guard.TextContact: "ana", guard.TextEmail: "ana@harbor.example",
			guard.TextAbout: "**Boats**", guard.TextPrivacy: "We keep *little*.", guard.TextTerms: "Be kind.",
		} {
			check(t, v.Guard.SetText(ctx, name, body, ""))
		}
		check(t, v.Guard.SetText(ctx, guard.TextTerms, "Be kinder.", "2999-01-01"))
		_, err := v.Guard.AddRule(ctx, "Be kind", "to everybody")
		check(t, err)
		golden(t, "ExtendedDescription", stranger.get("/api/v1/instance/extended_description"))
		golden(t, "PrivacyPolicy", stranger.get("/api/v1/instance/privacy_policy"))
		golden(t, "TermsOfService", stranger.get("/api/v1/instance/terms_of_service"))
		golden(t, "TermsOfService_later", stranger.get("/api/v1/instance/terms_of_service/2999-01-01"))
		i := stranger.get("/api/v2/instance").object()
		if i["title"] != "The harbor" || i["description"] != "A place by the sea" || dig(i, "contact", "account", "username") != "ana" ||
			dig(i, "contact", "email") != "ana@harbor.example" || dig(i, "configuration", "urls", "terms_of_service") != "https://harbor.example/terms" || len(i["rules"].([]any)) != 1 {
			t.Errorf("instance %v", i)
		}
		one := stranger.get("/api/v1/instance").object()
		if one["title"] != "The harbor" || dig(one, "contact_account", "username") != "ana" || len(one["rules"].([]any)) != 1 || one["short_description"] != "A place by the sea" {
			t.Errorf("instance v1 %v", one)
		}
	})
}

func TestTheNodeCountsItself(t *testing.T) {
	// If this failed, statistics of the network would be wrong about this node.
	onBoth(t, func(t *testing.T, v *village) {
		stranger, ana := v.stranger(), v.person("ana")
		v.remote("zoe", "orchard.example")
		v.remote("yan", "orchard.example")
		ana.toot("one")
		ana.toot("two")
		v.do(func(tx *storage.Tx) error { return tx.CountWeeks(t.Context(), time.Now()) })
		weeks := stranger.get("/api/v1/instance/activity").list()
		if len(weeks) != storage.ActivityWeeks || weeks[0]["statuses"] != "2" || weeks[0]["registrations"] != "1" || weeks[0]["logins"] != "1" || weeks[1]["statuses"] != "0" {
			t.Errorf("weeks %v", weeks)
		}
		if got := decode[[]string](stranger.get("/api/v1/instance/peers")); !slices.Equal(got, []string{"orchard.example"}) {
			t.Errorf("peers %v", got)
		}
		if got := stranger.get("/api/v1/instance/translation_languages").Body.String(); got != "{}" {
			t.Errorf("translation %s", got)
		}
		names := map[string]string{}
		for _, l := range stranger.get("/api/v1/instance/languages").list() {
			names[l["code"].(string)] = l["name"].(string)
		}
		if names["en"] != "English" || names["ar"] != "Arabic" || names["zh"] != "Chinese" || len(names) < 50 {
			t.Errorf("languages %v", names)
		}
		ana.send("POST", "/api/v1/statuses/"+ana.toot("three")+"/translate", nil).is(404)
	})
}

func TestBlockedDomainsAreShownToWhomTheOperatorLets(t *testing.T) {
	// If this failed, the operator's notes, or the list, would be public.
	v := newVillage(t)
	ana := v.person("ana")
	check(t, v.Guard.Block(t.Context(), "spam.example", "a note to myself"))
	said := func() bool {
		return decode[struct {
			Configuration struct {
				Blocks struct{ Enabled bool } `json:"domain_blocks"`
			}
		}](ana.get("/api/v2/instance")).Configuration.Blocks.Enabled
	}
	if ana.send("GET", "/api/v1/instance/domain_blocks", nil).is(404); said() {
		t.Error("clients are told to ask for what they are not answered")
	}
	v.ShowBlocks = BlocksForPeople
	if !said() {
		t.Error("clients are not told that there is a list")
	}
	v.stranger().send("GET", "/api/v1/instance/domain_blocks", nil).is(401)
	golden(t, "DomainBlock", ana.get("/api/v1/instance/domain_blocks"))
	v.ShowBlocks = BlocksForEverybody
	v.stranger().get("/api/v1/instance/domain_blocks")
	v.AllowListOnly = true
	v.stranger().send("GET", "/api/v1/instance/peers", nil).is(404)
	v.stranger().send("GET", "/api/v1/instance/activity", nil).is(404)
}

func TestAnnouncementsAreReadAndReactedTo(t *testing.T) {
	// If this failed, an operator could not tell people of the node that it will be down.
	onBoth(t, func(t *testing.T, v *village) {
		ctx, ana, ben := t.Context(), v.person("ana"), v.person("ben")
		made, err := v.Guard.Announce(ctx, guard.NewAnnouncement{Body: "We **move** on Sunday. <b>x</b> @ana #news", EndsAt: time.Now().Add(time.Hour)})
		check(t, err)
		_, err = v.Guard.Announce(ctx, guard.NewAnnouncement{Body: "x", EndsAt: time.Now().Add(-time.Hour)})
		if err == nil {
			t.Error("an announcement ends before it is made")
		}
		base := "/api/v1/announcements/" + ids.Format(made.ID)
		smile := base + "/reactions/%F0%9F%98%80"
		ana.send("PUT", smile, nil).ok()
		ana.send("PUT", smile, nil).ok()
		ben.send("PUT", smile, nil).ok()
		ben.send("PUT", base+"/reactions/%E2%9D%A4%EF%B8%8F", nil).ok()
		ana.post(base+"/dismiss", nil)
		golden(t, "Announcement", ana.get("/api/v1/announcements"))
		ben.send("DELETE", smile, nil).ok()
		got := ben.get("/api/v1/announcements").list()[0]
		if got["read"] != false || len(got["reactions"].([]any)) != 2 {
			t.Errorf("ben sees %v", got)
		}
		for _, wrong := range []string{"x", "nonsense", "%F0%9F%98%80%20x", "1", "%00"} {
			if a := ana.send("PUT", base+"/reactions/"+wrong, nil); a.Code < 400 || a.Code >= 500 {
				t.Errorf("%s: %d", wrong, a.Code)
			}
		}
		for i := range storage.ReactionsMax - 2 {
			ana.send("PUT", base+fmt.Sprintf("/reactions/%%F0%%9F%%8D%%8%d", i), nil).ok()
		}
		ana.send("PUT", base+"/reactions/%F0%9F%9A%80", nil).is(422)
		ana.send("PUT", "/api/v1/announcements/4711/reactions/%F0%9F%98%80", nil).is(404)
		ana.send("POST", "/api/v1/announcements/4711/dismiss", nil).is(404)
		check(t, v.Guard.Unannounce(ctx, made.ID))
		if got := ana.get("/api/v1/announcements").list(); len(got) != 0 {
			t.Errorf("after it was taken back: %v", got)
		}
	})
}

// wants makes people findable, or not.
func (c *client) wants(discoverable bool) *client {
	c.v.t.Helper()
	c.send("PATCH", "/api/v1/accounts/update_credentials", map[string]any{"discoverable": discoverable}).ok()
	return c
}

func TestPeopleAreFoundWhoWantToBe(t *testing.T) {
	// If this failed, nobody would find anybody, or people would be shown who do not want to be.
	onBoth(t, func(t *testing.T, v *village) {
		ana, ben, cal := v.person("ana"), v.person("ben").wants(true), v.person("cal").wants(true)
		dan, shy, rude := v.person("dan").wants(true), v.person("shy"), v.person("rude").wants(true)
		ana.follows(ben)
		ben.follows(cal)
		ben.follows(shy)
		rude.post("/api/v1/accounts/"+ana.id()+"/block", nil)
		names := func(path ...string) []string { t.Helper(); return each(ana.get(path[0]).list(), path[1:]...) }
		if got := names("/api/v2/suggestions", "account", "username"); !slices.Equal(got, []string{"cal", "dan"}) {
			t.Errorf("suggested %v", got)
		}
		golden(t, "Suggestion", ana.get("/api/v2/suggestions?limit=2"))
		if got := names("/api/v1/suggestions", "username"); len(got) != 2 {
			t.Errorf("suggested in v1 %v", got)
		}
		ana.send("DELETE", "/api/v1/suggestions/"+dan.id(), nil).ok()
		if got := names("/api/v2/suggestions", "account", "username"); !slices.Equal(got, []string{"cal"}) {
			t.Errorf("suggested after one was refused %v", got)
		}
		cal.toot("hello")
		zoe := v.remote("zoe", "orchard.example")
		v.do(func(tx *storage.Tx) error {
			zoe.Discoverable = true
			_, err := tx.PutRemoteAccount(t.Context(), zoe)
			return err
		})
		for path, want := range map[string][]string{
			"local=true":           {"cal", "dan", "ben"},
			"local=true&order=new": {"dan", "cal", "ben"},
			"order=new&limit=1":    {"zoe"},
			"order=new&offset=3":   {"ben"},
			"offset=100000":        {},
			"local=1&offset=-1":    {"cal", "dan", "ben"},
		} {
			if got := names("/api/v1/directory?"+path, "username"); !slices.Equal(got, want) {
				t.Errorf("directory %s: %v, want %v", path, got, want)
			}
		}
		if got := v.stranger().get("/api/v1/directory?local=1").list(); len(got) != 4 {
			t.Errorf("a stranger finds %d", len(got))
		}
	})
}

func TestTrendsAreWhatSeveralPeopleDo(t *testing.T) {
	// If this failed, one person could make a trend, or hidden people be shown.
	onBoth(t, func(t *testing.T, v *village) {
		ana, ben, cal, shy := v.person("ana").wants(true), v.person("ben").wants(true), v.person("cal").wants(true), v.person("shy")
		count := func() { t.Helper(); check(t, v.Social.Recount(t.Context(), storage.Job{})) }
		for range 3 {
			ana.toot("#lonely")
		}
		good := ana.toot("about #Gardens", "visibility", "public")
		ben.toot("also #gardens", "visibility", "public")
		hidden := shy.toot("about #gardens", "visibility", "public")
		for _, c := range []*client{ben, cal} {
			c.post("/api/v1/statuses/"+good+"/favourite", nil)
			c.post("/api/v1/statuses/"+hidden+"/favourite", nil)
		}
		mine := cal.toot("mine", "visibility", "public")
		cal.post("/api/v1/statuses/"+mine+"/favourite", nil)
		ben.post("/api/v1/statuses/"+mine+"/reblog", nil)
		count()
		golden(t, "Trend_tags", v.stranger().get("/api/v1/trends/tags"))
		if got := each(ana.get("/api/v1/trends").list(), "name"); len(got) != 1 {
			t.Errorf("tags %v", got)
		}
		if got := each(v.stranger().get("/api/v1/trends/statuses").list(), "id"); !slices.Equal(got, []string{good}) {
			t.Errorf("statuses %v, want %s", got, good)
		}
		if got := ana.get("/api/v1/trends/statuses?offset=1").list(); len(got) != 0 {
			t.Errorf("after the first %v", got)
		}
		ben.post("/api/v1/accounts/"+ana.id()+"/mute", nil)
		if got := ben.get("/api/v1/trends/statuses").list(); len(got) != 0 {
			t.Errorf("ben mutes ana and sees %v", got)
		}
		ana.wants(false)
		if got := v.stranger().get("/api/v1/trends/statuses").list(); len(got) != 0 {
			t.Errorf("ana is not to be found: %v", got)
		}
		count()
		if got := v.stranger().get("/api/v1/trends/tags").list(); len(got) != 0 {
			t.Errorf("of one person %v", got)
		}
	})
}

func TestLinksGoAround(t *testing.T) {
	// If this failed, a page that everybody talks about could not be followed.
	onBoth(t, func(t *testing.T, v *village) {
		ctx, ana, ben := t.Context(), v.person("ana").wants(true), v.person("ben").wants(true)
		const page = "https://news.example/story"
		first := ana.toot("see "+page, "visibility", "public")
		ben.toot("read "+page, "visibility", "public")
		if v.stranger().send("GET", "/api/v1/timelines/link?url=https://news.example/other", nil).Code != 404 {
			t.Error("a page that nobody links to has a timeline")
		}
		id, _ := ids.Parse(first)
		cards, err := v.Store.Cards(ctx, []int64{id})
		check(t, err)
		card, ok := cards[id]
		if !ok {
			t.Fatal("the post has no card")
		}
		if got := v.stranger().get("/api/v1/statuses/" + first + "/card").Body.String(); got != "{}" {
			t.Errorf("before the page was read: %s", got)
		}
		v.do(func(tx *storage.Tx) error {
			card.Type, card.Title, card.FetchedAt = "link", "A story", storage.Now()
			return tx.PutCard(ctx, card)
		})
		check(t, v.Social.Recount(ctx, storage.Job{}))
		golden(t, "Trends_Link", v.stranger().get("/api/v1/trends/links"))
		if got := v.stranger().get("/api/v1/timelines/link?url=" + page).list(); len(got) != 2 {
			t.Errorf("%d posts", len(got))
		}
		if got := v.stranger().get("/api/v1/statuses/" + first + "/card").object(); got["title"] != "A story" {
			t.Errorf("card %v", got)
		}
	})
}

func TestOldListsAndEmbeddings(t *testing.T) {
	// If this failed, pages could not show posts of this node, or private ones would leak.
	onBoth(t, func(t *testing.T, v *village) {
		ana, ben := v.person("ana"), v.person("ben")
		open, private := ana.toot("hello <world>", "visibility", "public"), ana.toot("secret", "visibility", "private")
		direct := ana.toot("@ben psst", "visibility", "direct")
		golden(t, "OEmbed", v.stranger().get("/api/oembed?url=https://harbor.example/@ana/"+open))
		for _, address := range []string{"https://harbor.example/@ana/" + private, "https://elsewhere.example/@ana/" + open, "", "x/"} {
			v.stranger().send("GET", "/api/oembed?url="+address, nil).says(404, "Record not found")
		}
		for _, c := range []*client{ana, ben} {
			if got := each(c.get("/api/v1/timelines/direct").list(), "id"); !slices.Equal(got, []string{direct}) {
				t.Errorf("%s reads %v", c.me.Name, got)
			}
		}
		ana.toot("about #gardens", "visibility", "public")
		if got := ana.get("/api/v1/search?q=gard").object(); fmt.Sprint(got["hashtags"]) != "[gardens]" || got["accounts"] == nil {
			t.Errorf("search %v", got)
		}
		note := ben.get("/api/v1/notifications").list()[0]["id"].(string)
		ben.post("/api/v1/notifications/dismiss", form{"id": {note}})
		if got := ben.get("/api/v1/notifications").list(); len(got) != 0 {
			t.Errorf("after dismissal %v", got)
		}
	})
}

func TestClientsAreToldWhatIsServed(t *testing.T) {
	// If this failed, apps would not use grouped notifications, or try what is not there.
	v := newVillage(t)
	var i struct {
		Version     string         `json:"version"`
		APIVersions map[string]int `json:"api_versions"`
	}
	check(t, json.Unmarshal(v.stranger().get("/api/v2/instance").Body.Bytes(), &i))
	if i.APIVersions["mastodon"] != 7 || !strings.HasPrefix(i.Version, "4.5.") {
		t.Errorf("%+v", i)
	}
}
