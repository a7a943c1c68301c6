package nodetest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"tulou/node/nodetest/peer"
)

// If this failed, whoever was refused could ask again at once by saying that they scanned a code,
// or become a friend by a code that is over, used, somebody else's or made up.
func TestCodesOpenNothingButOnce(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		ana, ben := s.ana, s.ben
		knowing(s.victim, s.other, s.mallory)
		bens := ana.knows("@ben@harbor.example").ID
		asks := func(link string, want int) {
			t.Helper()
			if code := ana.own("POST", "/friends/requests", map[string]any{"account_id": bens, "link": link}, nil); code != want {
				t.Errorf("asking with %q is answered %d, not %d", link, code, want)
			}
		}
		code := func(p *person) string {
			var made struct{ Link string }
			p.must200("POST", "/friends/code", nil, &made)
			return made.Link
		}
		asks("", http.StatusOK)
		ben.must200("POST", "/friends/requests/"+ben.knows("@ana@harbor.example").ID+"/decline", nil, nil)
		asks("", http.StatusTooManyRequests)
		old := code(ben)
		time.Sleep(11 * time.Minute)
		for _, link := range []string{harbor + "/@ben?friend=made-up", harbor + "/@ben?friend=", harbor + "/@ben", old, code(ana)} {
			asks(link, http.StatusForbidden)
		}
		if got := ben.friend("@ana@harbor.example"); got.State != "none" {
			t.Errorf("after a refusal ana is %+v", got)
		}

		// Two servers scan one code at the same moment; it was seen by somebody else, too, whose
		// server says the same bytes again when the node was down and is up again.
		link := code(ana)
		scan := func(a *peer.Actor) map[string]any {
			return offerOf(a, ana.actor(), map[string]any{"instrument": link})
		}
		var both sync.WaitGroup
		for _, a := range []*peer.Actor{s.victim, s.mallory} {
			both.Go(func() { s.takes(a, scan(a)) })
		}
		both.Wait()
		s.settle()
		states := s.state(s.victim) + " " + s.state(s.mallory)
		if states != "friend asking" && states != "asking friend" {
			t.Errorf("of two who scan a code at once one is a friend: %s", states)
		}
		s.houses["harbor"].down()
		s.houses["harbor"].up()
		s.takes(s.other, scan(s.other))
		s.settle()
		if f := ana.friend("@other@good.example"); f.State != "asking" || !f.ByCode {
			t.Errorf("who scans a used code is %+v", f)
		}
		// Ended, and the same code again makes no friends.
		for _, a := range []*peer.Actor{s.victim, s.mallory} {
			s.takes(a, a.Do("Undo", bond(a.ID, ana.actor()), nil))
			s.settle()
			s.takes(a, scan(a))
			s.settle()
			if got := s.state(a); got != "asking" {
				t.Errorf("with a used code %s is %s", a.Name, got)
			}
		}
	})
}

// If this failed, an end of a friendship would be lost because one of the two is suspended when it
// comes, and they would be friends again afterwards without the other.
func TestAFriendshipThatEndsDuringASuspensionStaysEnded(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		c := newCircle(v)
		say := &story{village: v}
		say.do(`operator harbor suspends ana`)
		c.settle()
		c.takes(c.pat, c.pat.Do("Undo", bond(c.pat.ID, c.ana.actor()), nil))
		say.do(`operator harbor unsuspends ana`)
		c.settle()
		if n := c.count(`SELECT COUNT(*) FROM friend f JOIN account a ON a.id = f.friend_id WHERE a.name = 'pat'`); n != 0 {
			t.Error("pat, who ended it, is a friend again")
		}
	})
}

// If this failed, people would not be told at once, at every device, of who wants to be a friend;
// or a device would be told of what is over, or a program that may not know of it.
func TestStreamsShowWhoWantsToBeAFriend(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		knowing(s.victim)
		watch := func(stream string) *watcher { return s.ana.dials("?stream="+stream, websocket.DialOptions{}) }
		one, two, other, known := watch("moments"), watch("moments"), s.ben.dials("?stream=moments", websocket.DialOptions{}), watch("user")
		all := []*watcher{one, two, other, known}
		defer func() {
			for _, w := range all {
				w.stop()
			}
		}()
		sees := func(hers ...string) {
			t.Helper()
			s.settle()
			time.Sleep(5 * time.Second)
			one.sees(hers...)
			two.sees(hers...)
			other.sees()
			known.sees()
		}
		s.takes(s.victim, offerOf(s.victim, s.ana.actor(), nil))
		sees("moments: friend.notice")
		s.takes(s.victim, s.victim.Do("Undo", bond(s.victim.ID, s.ana.actor()), nil))
		sees()
		s.ana.must200("POST", "/friends/requests", map[string]any{"address": "@victim@good.example"}, nil)
		sees()
		s.takes(s.victim, s.victim.Do("Accept", s.got(s.victim, "Offer"), nil))
		sees("moments: friend.notice")
		// What a friend shows comes to both devices, and what comes after the end to none.
		moment := func(key string) map[string]any {
			return s.victim.Do("Create", map[string]any{"id": s.victim.ID + "/moments/" + key, "type": "Moment", "attributedTo": s.victim.ID,
				"content": "hello", "mediaType": "text/plain", "to": []any{s.ana.actor()}}, map[string]any{"to": []any{s.ana.actor()}})
		}
		s.takes(s.victim, moment("1"))
		sees("moments: moment")
		s.ana.must200("DELETE", "/friends/"+s.ana.knows("@victim@good.example").ID, nil, nil)
		s.takes(s.victim, moment("2"))
		sees()
	})
}

// If this failed, a friend's node would be told that somebody hides from them though there was
// nothing to take back, or over and over; or what was shown before would not be taken back.
func TestWhoIsHiddenFromIsToldOnlyWhatTakesSomethingBack(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		c := newCircle(v)
		say := &story{village: v}
		pats := "/friends/" + c.ana.knows("@pat@pal.example").ID
		hide := func(on bool) {
			c.ana.must200("PATCH", pats, map[string]any{"hide_mine": on}, nil)
			c.settle()
		}
		told := func(want string) {
			t.Helper()
			var got []string
			for _, a := range c.got("pal") {
				object, _ := a["object"].(map[string]any)
				got = append(got, strings.TrimSpace(fmt.Sprint(a["type"], " ", object["type"], " ", object["visibleFor"])))
			}
			if text := strings.ReplaceAll(strings.Join(got, ", "), " <nil>", ""); text != want {
				t.Errorf("a friend's node was told %q, not %q", text, want)
			}
		}
		hide(true)
		say.do(`ana shares m1 "Not for pat." with friends`)
		say.do(`ana lookback month`)
		hide(false)
		told("Update MomentBook P30D")
		say.do(`ana shares m2 "For pat." with friends`)
		hide(true)
		told("Update MomentBook P30D, Create Moment P30D, Update MomentBook P0D")
		say.do(`ana lookback three_days`)
		c.settle()
		told("Update MomentBook P30D, Create Moment P30D, Update MomentBook P0D")
		hide(false)
		told("Update MomentBook P30D, Create Moment P30D, Update MomentBook P0D, Update MomentBook P3D")
	})
}

// If this failed, a node without a reader of a Moment could have what is said about it, by an id
// that it heard from another one.
func TestCommentsGoToNodesWithAReader(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		c := newCircle(v)
		say := &story{village: v}
		eve := v.peers["evil"].Actor("eve")
		c.befriends(eve)
		c.ana.must200("PATCH", "/friends/"+c.ana.knows("@eve@evil.example").ID, map[string]any{"hide_mine": true}, nil)
		say.do(`ana shares m1 "Not for eve." with friends`)
		say.do(`ana remarks c1 on m1 "by ana"`)
		say.do(`sleep 10s`)
		say.do(`settle`)
		pal, evil := v.peers["pal"].Actor("node"), v.peers["evil"].Actor("node")
		c.refusesAll(v.posts["c1"].uri, evil, eve)
		if code, _, body := c.asks(pal, v.posts["c1"].uri); code != http.StatusOK || !strings.Contains(body, "by ana") {
			t.Errorf("a reader's node gets %d %s", code, body)
		}
	})
}

// If this failed, somebody without the friendship could find out by the answers of any operation
// that there is a Moment, a comment, a picture or a request of others.
func TestAnswersDoNotTellWhatThereIs(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		c := newCircle(v)
		say := &story{village: v}
		ben := c.ben
		say.do(`ben unfriends ana`)
		say.do(`settle`)
		made := c.ana.sharesFiles(map[string]any{"text": "xyzzy"}, picture(64, 48))
		var files struct{ Media []struct{ ID string } }
		c.ana.must200("GET", "/moments/"+made.ID, nil, &files)
		file := files.Media[0].ID
		var comment commentSeen
		c.ana.must200("POST", "/moments/"+made.ID+"/comments", map[string]any{"text": "hm"}, &comment)
		var private struct{ ID string }
		c.ana.must200("POST", "/circles", map[string]any{"name": "Family"}, &private)
		none := "1" + strings.Repeat("0", len(made.ID)-1)
		word := map[string]any{"text": "a word"}
		answers := map[string]any{"text": "a word", "answers": comment.ID}
		noAnswers := map[string]any{"text": "a word", "answers": none}
		for _, x := range []struct {
			method, there, absent string
			in, other             any
		}{
			{"GET", "/moments/" + made.ID, "/moments/" + none, nil, nil},
			{"DELETE", "/moments/" + made.ID, "/moments/" + none, nil, nil},
			{"POST", "/moments/" + made.ID + "/like", "/moments/" + none + "/like", nil, nil},
			{"DELETE", "/moments/" + made.ID + "/like", "/moments/" + none + "/like", nil, nil},
			{"POST", "/moments/" + made.ID + "/comments", "/moments/" + none + "/comments", word, word},
			{"POST", "/moments/" + made.ID + "/comments", "/moments/" + made.ID + "/comments", answers, noAnswers},
			{"DELETE", "/moments/" + made.ID + "/comments/" + comment.ID, "/moments/" + made.ID + "/comments/" + none, nil, nil},
			{"DELETE", "/moments/" + none + "/comments/" + comment.ID, "/moments/" + none + "/comments/" + none, nil, nil},
			{"GET", "/friends?circle=" + private.ID, "/friends?circle=" + none, nil, nil},
			{"DELETE", "/circles/" + private.ID, "/circles/" + none, nil, nil},
			{"GET", "/accounts/" + ben.knows("@ana@harbor.example").ID + "/cover", "/accounts/" + none + "/cover", nil, nil},
			{"GET", "/accounts/" + ben.knows("@ana@harbor.example").ID + "/moments", "/accounts/" + none + "/moments", nil, nil},
			{"PUT", "/moments/cover", "/moments/cover", map[string]any{"media": file}, map[string]any{"media": none}},
			{"POST", "/moments", "/moments", map[string]any{"text": "x", "media": []string{file}}, map[string]any{"text": "x", "media": []string{none}}},
			{"POST", "/moments", "/moments", map[string]any{"text": "x", "audience": map[string]any{"kind": "circles", "circles": []string{private.ID}}},
				map[string]any{"text": "x", "audience": map[string]any{"kind": "circles", "circles": []string{none}}}},
		} {
			one, first := ben.raw(x.method, own+x.there, x.in)
			two, second := ben.raw(x.method, own+x.absent, x.other)
			if one != two || first != second {
				t.Errorf("%s %s is answered %d %s\n%s: %d %s", x.method, x.there, one, first, x.absent, two, second)
			}
		}
		// Nor do the operations of Mastodon: the ids of Moments and their files are nothing to
		// them.
		for _, path := range []string{"/api/v1/statuses/%s", "/api/v1/statuses/%s/context", "/api/v1/statuses/%s/card", "/api/v1/statuses/%s/history",
			"/api/v1/media/%s", "/api/v1/polls/%s", "/@ana/%s", "/users/ana/statuses/%s", "/users/ana/moments/%s", "/@ana/%s/embed"} {
			for there, absent := range map[string]string{made.ID: none, comment.ID: none, file: none} {
				for _, p := range []*person{ben, c.ana} {
					one, first := p.raw("GET", fmt.Sprintf(path, there), nil)
					two, second := p.raw("GET", fmt.Sprintf(path, absent), nil)
					if one != two || strings.ReplaceAll(first, there, absent) != second {
						t.Errorf("%s tells %s of %s: %d %s\n%d %s", path, p, there, one, first, two, second)
					}
				}
			}
		}
		var before, after any
		ben.get("/api/v1/accounts/"+ben.knows("@ana@harbor.example").ID, &before)
		c.ana.must200("DELETE", "/moments/"+made.ID, nil, nil)
		ben.get("/api/v1/accounts/"+ben.knows("@ana@harbor.example").ID, &after)
		if fmt.Sprint(before) != fmt.Sprint(after) {
			t.Errorf("an account tells of a Moment: %v\n%v", before, after)
		}
		for _, path := range []string{"/@ana.atom", "/@ana.rss", "/@ana", "/users/ana/outbox", "/.well-known/webfinger?resource=" +
			url.QueryEscape("acct:ana@harbor.example"), "/nodeinfo/2.1"} {
			if _, body := ben.raw("GET", path, nil); strings.Contains(body, "xyzzy") {
				t.Errorf("%s has a Moment: %s", path, body)
			}
		}
	})
}

// If this failed, something of a person who is gone would be left: at home, or at a friend's node.
func TestNothingOfFriendsIsLeftOfWhoIsGone(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		v.start("harbor")
		v.start("orchard")
		say := &story{village: v}
		for _, line := range []string{`ana befriends ben`, `ana befriends @bob@orchard`, `bob befriends @ben@harbor`, `settle`, `ben agrees ana`, `bob agrees ana`,
			`ben agrees bob`, `settle`, `ana notes bob circles=Family`, `ben notes ana circles=Work`, `ana shows c0`, `iris befriends @ana@harbor`, `settle`,
			`ana shares m1 "xyzzy one" with friends`, `ben shares m2 "xyzzy two" with friends`, `bob shares m3 "three" with friends`, `settle`,
			`ana remarks c1 on m2 "xyzzy"`, `ana remarks c2 on m3 "xyzzy"`, `bob remarks c3 on m1 "hm"`, `ben remarks c4 on m2 answering c1 "hm"`, `ana hearts m3`,
			`sleep 10s`, `settle`, `bob remarks c5 on m2 answering c1 "hm"`, `sleep 10s`, `settle`, `ana lookback month`, `settle`} {
			say.do(line)
		}
		v.persons["ana"].sharesFiles(map[string]any{"text": "xyzzy"}, picture(64, 48))
		say.do(`settle`)
		say.do(`operator harbor deletes ana`)
		say.do(`settle`)
		for _, name := range []string{"harbor", "orchard"} {
			house := v.houses[name]
			var id int64
			check(t, house.db.QueryRow(`SELECT id FROM account WHERE uri = 'https://harbor.example/users/ana'`).Scan(&id))
			for table, columns := range map[string]string{"friend": "account_id friend_id", "friend_tag": "account_id", "friend_tag_member": "owner_id friend_id",
				"friend_ask": "account_id target_id", "friend_refusal": "account_id target_id", "friend_code": "account_id", "friend_setting": "account_id",
				"moment": "account_id", "moment_audience": "account_id", "moment_media": "account_id", "moment_comment": "account_id answers_id",
				"moment_fetch": "account_id", "moment_notice": "account_id", "moment_setting": "account_id", "moment_reach": "author_id reader_id",
				"notification": "account_id from_id"} {
				for column := range strings.FieldsSeq(columns) {
					var n int
					check(t, house.db.QueryRow(fmt.Sprintf(`SELECT COUNT(*) FROM %s WHERE %s = %d`, table, column, id)).Scan(&n))
					if n != 0 {
						t.Errorf("%s: %d rows of %s have who is gone as %s", name, n, table, column)
					}
				}
			}
			for _, left := range []string{`moment WHERE body LIKE '%xyzzy%' AND body <> 'xyzzy two'`, `moment_comment WHERE body LIKE '%xyzzy%'`,
				`moment_file f WHERE NOT EXISTS (SELECT 1 FROM moment_media m WHERE m.id = f.media_id)`, `moment_pointer WHERE waiting`} {
				var n int
				check(t, house.db.QueryRow(`SELECT COUNT(*) FROM `+left).Scan(&n))
				if n != 0 {
					t.Errorf("%s: %d of %s", name, n, left)
				}
			}
		}
	})
}
