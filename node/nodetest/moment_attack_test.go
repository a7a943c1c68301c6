package nodetest

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tulou/node/nodetest/peer"
)

// circle is ana and ben of harbor, who are friends; pat of another server that speaks the protocol,
// a friend of ana's; fay of a server that does not, who follows ana; and mallory, who is nothing to
// anybody. Each server has an actor that speaks for it.
type circle struct {
	*village
	ana, ben          *person
	pat, fay, mallory *peer.Actor
}

func newCircle(v *village) *circle {
	v.start("harbor")
	c := &circle{village: v, ana: v.persons["ana"], ben: v.persons["ben"], pat: v.peer("pal").Actor("pat"),
		fay: v.peer("mast").Actor("fay"), mallory: v.peer("evil").Actor("mallory")}
	for _, name := range []string{"pal", "mast", "evil"} {
		v.peers[name].Actor("node").Edit(func(doc map[string]any) { doc["type"] = "Application" })
	}
	say := &story{village: v}
	say.do(`ana befriends ben`)
	say.do(`ben agrees ana`)
	c.takes(c.fay, c.fay.Do("Follow", c.ana.actor(), nil))
	c.takes(c.mallory, c.mallory.Do("Follow", c.ana.actor(), nil))
	c.settle()
	c.befriends(c.pat)
	return c
}

// befriends makes an actor of a peer a friend of ana's.
func (c *circle) befriends(a *peer.Actor) {
	c.t.Helper()
	c.takes(a, offerOf(a, c.ana.actor(), nil))
	c.settle()
	handle := "@" + a.Name + "@" + strings.TrimPrefix(a.Peer.Base, "https://")
	c.ana.must200("POST", "/friends/requests/"+c.ana.knows(handle).ID+"/accept", nil, nil)
	c.settle()
}

func (c *circle) send(a *peer.Actor, activity any) int {
	host := strings.TrimSuffix(strings.TrimPrefix(a.Peer.Base, "https://"), ".example")
	code, err := a.Send(c.t.Context(), c.peers[host].client, sharedInbox, activity)
	check(c.t, err)
	c.settle()
	return code
}

// takes has to be accepted, whatever becomes of it.
func (c *circle) takes(a *peer.Actor, activity map[string]any) {
	c.t.Helper()
	if code := c.send(a, activity); code != http.StatusAccepted {
		c.t.Errorf("%v was answered %d", activity["type"], code)
	}
}

// asks reads an address as an actor of a server, or unsigned for nil.
func (c *circle) asks(a *peer.Actor, address string) (int, http.Header, string) {
	c.t.Helper()
	reader, host := a, "evil"
	if a == nil {
		reader = c.mallory
	} else {
		host = strings.TrimSuffix(strings.TrimPrefix(a.Peer.Base, "https://"), ".example")
	}
	response, err := c.peers[host].client.Do(reader.Request(c.t.Context(), peer.Message{Method: "GET", URL: address, Unsigned: a == nil}))
	check(c.t, err)
	defer response.Body.Close()
	return response.StatusCode, response.Header, string(must(io.ReadAll(response.Body)))
}

// refusesAll demands that an address answers everybody of a list as if there was nothing.
func (c *circle) refusesAll(address string, readers ...*peer.Actor) {
	c.t.Helper()
	at := must(url.Parse(address))
	nothing := at.Scheme + "://" + at.Host + at.Path[:strings.LastIndex(at.Path, "/")+1] + "nothing"
	for _, a := range readers {
		code, _, body := c.asks(a, address)
		same, _, empty := c.asks(a, nothing)
		if code != http.StatusNotFound || same != code || body != empty {
			c.t.Errorf("%s answers %d %s, and where nothing is %d %s", address, code, body, same, empty)
		}
	}
}

// got returns the activities about Moments that a server was sent.
func (c *circle) got(name string) (list []map[string]any) {
	for _, d := range c.peers[name].Received() {
		if strings.Contains(string(d.Body), "oment") {
			list = append(list, d.Activity())
		}
	}
	return list
}

func (c *circle) moment(a *peer.Actor, key, text string) map[string]any {
	return map[string]any{"id": a.ID + "/moments/" + key, "type": "Moment", "attributedTo": a.ID, "content": text, "mediaType": "text/plain",
		"to": []any{c.ana.actor()}}
}

func (c *circle) count(query string, args ...any) (n int) {
	check(c.t, c.houses["harbor"].db.QueryRow(fmt.Sprintf(query, args...)).Scan(&n))
	return n
}

// If this failed, a byte of a Moment would reach an actor without the friend handshake: sent to it,
// by asking for it with a signature, or through any part of what servers and strangers can read.
func TestMomentsStayAmongFriends(t *testing.T) {
	bubble(t, func(t *testing.T, v *village) {
		c := newCircle(v)
		say := &story{village: v}
		say.do(`ana shares m1 "xyzzy for friends" with friends place="Old bridge"`)
		say.do(`settle`)
		say.do(`ben remarks c1 on m1 "xyzzy by ben"`)
		say.do(`ana remarks c2 on m1 "xyzzy by ana"`)
		say.do(`sleep 10s`)
		say.do(`settle`)
		sent := c.got("pal")
		if len(sent) != 2 || sent[0]["type"] != "Create" || fmt.Sprint(sent[0]["to"]) != "["+c.pat.ID+"]" {
			t.Fatalf("a friend's server got %v", sent)
		}
		add, target := sent[1], v.posts["m1"].uri+"/comments"
		text := fmt.Sprint(add)
		if add["type"] != "Add" || add["target"] != target || strings.Contains(text, "xyzzy") || strings.Contains(text, "ben") {
			t.Errorf("it was told of comments with %v", add)
		}
		for _, other := range []string{"mast", "evil"} {
			for _, d := range v.peers[other].Received() {
				if strings.Contains(string(d.Body), "xyzzy") || strings.Contains(string(d.Body), "oment") {
					t.Errorf("%s got %s", other, d.Body)
				}
			}
		}
		palNode, mastNode, evilNode := v.peers["pal"].Actor("node"), v.peers["mast"].Actor("node"), v.peers["evil"].Actor("node")
		// A Moment is served to nobody; a comment to nodes of its maker's friends, by their own
		// actor.
		c.refusesAll(v.posts["m1"].uri, nil, c.fay, c.mallory, c.pat, palNode, mastNode, evilNode)
		c.refusesAll(v.posts["c1"].uri, nil, c.fay, c.mallory, c.pat, palNode, mastNode, evilNode)
		c.refusesAll(v.posts["c2"].uri, nil, c.fay, c.mallory, c.pat, mastNode, evilNode)
		code, header, body := c.asks(palNode, v.posts["c2"].uri)
		if code != http.StatusOK || !strings.Contains(body, "xyzzy by ana") || !strings.Contains(body, `"to":["`+c.pat.ID+`"]`) {
			t.Errorf("the node of a friend reads %d %s", code, body)
		}
		if !strings.Contains(header.Get("Cache-Control"), "no-store") {
			t.Errorf("it may be kept: %v", header)
		}
		for _, path := range []string{"/outbox?page=true", "/followers", "/moments", "/moments?page=true", "/collections/featured"} {
			for _, a := range []*peer.Actor{nil, c.fay, c.pat, palNode} {
				if _, _, body := c.asks(a, c.ana.actor()+path); strings.Contains(body, "xyzzy") || strings.Contains(body, "/moments/") {
					t.Errorf("%s tells of a Moment: %s", path, body)
				}
			}
		}
		for _, p := range []*person{c.ana, c.ben} {
			for _, path := range []string{"/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/notifications", "/api/v2/search?q=xyzzy",
				"/api/v1/conversations", "/api/v1/accounts/verify_credentials", "/api/v1/bookmarks", "/api/v1/favourites"} {
				var answer any
				p.call("GET", path, nil, &answer)
				if strings.Contains(fmt.Sprint(answer), "xyzzy by") {
					t.Errorf("%s has a Moment: %v", path, answer)
				}
			}
			p.hasNoPost(v.posts["m1"])
		}
		// Deleted, and everybody who has something is told.
		say.do(`ana retracts c2`)
		say.do(`ana retracts m1`)
		say.do(`settle`)
		var ends []string
		for _, a := range c.got("pal")[2:] {
			ends = append(ends, fmt.Sprint(a["type"]))
		}
		if strings.Join(ends, " ") != "Delete Delete" {
			t.Errorf("a friend's server was told %v", ends)
		}
		c.refusesAll(v.posts["c2"].uri, palNode)
	})
}

// If this failed, a hostile server could show people here what nobody they know made, put words
// into somebody's mouth, have comments read that are none, or bring back what was deleted.
func TestHostilePeersHaveNoSayInMoments(t *testing.T) {
	bubble(t, func(t *testing.T, v *village) {
		c := newCircle(v)
		to := map[string]any{"to": []any{c.ana.actor()}}
		create := func(a *peer.Actor, object map[string]any) map[string]any { return a.Do("Create", object, to) }

		c.takes(c.mallory, create(c.mallory, c.moment(c.mallory, "1", "from a stranger")))
		c.takes(c.fay, create(c.fay, c.moment(c.fay, "1", "from a follower")))
		if n := c.count(`SELECT COUNT(*) FROM moment`); n != 0 {
			t.Fatalf("%d Moments of strangers are kept", n)
		}
		real := c.moment(c.pat, "1", "from a friend")
		forged := create(c.mallory, real)
		if code := c.send(c.mallory, forged); code == http.StatusAccepted {
			t.Error("a Create of another's Moment is taken")
		}
		forged["actor"] = c.pat.ID
		if code := c.send(c.mallory, forged); code == http.StatusAccepted {
			t.Error("a Create in another's name is taken")
		}
		first := create(c.pat, real)
		c.takes(c.pat, first)
		if n := c.count(`SELECT COUNT(*) FROM moment`); n != 1 {
			t.Fatalf("%d Moments of a friend are kept", n)
		}
		id := func(m map[string]any) string { return m["id"].(string) }
		list := func(items ...any) map[string]any {
			return map[string]any{"type": "OrderedCollection", "orderedItems": items}
		}
		add := func(a *peer.Actor, items ...any) map[string]any {
			return a.Do("Add", list(items...), map[string]any{"target": id(real) + "/comments", "to": []any{c.ana.actor()}})
		}

		// Only the author's node says that there are comments; only whoever made one says what it
		// is.
		evil := v.peers["evil"]
		comment := func(key, by, about string) string {
			return evil.Put(map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": "https://evil.example/c/" + key,
				"type": "MomentComment", "attributedTo": by, "context": about, "inReplyTo": about, "content": "words", "mediaType": "text/plain",
				"to": []any{c.ana.actor()}})
		}
		if code := c.send(c.mallory, add(c.mallory, comment("0", c.mallory.ID, id(real)))); code == http.StatusAccepted {
			t.Error("an Add of somebody who is not the author is taken")
		}
		named := []any{comment("1", c.pat.ID, id(real)), comment("2", c.mallory.ID, id(real)),
			comment("3", c.mallory.ID, "https://pal.example/users/pat/moments/9"), "https://evil.example/c/none", harbor + "/moments/comments/x"}
		// Where no reader has a friend there is nothing for anybody here: nobody is asked, and an
		// author cannot have this node knock at doors of their choice.
		c.takes(c.pat, add(c.pat, append(named, "https://mast.example/c/1", "https://localhost/c/1", "https://127.0.0.1/c/1", "https://[::1]/c/1")...))
		if n := c.count(`SELECT COUNT(*) FROM moment_pointer`); n != 0 || evil.Requests("/c/1")+v.peers["mast"].Requests("/c/1") != 0 {
			t.Errorf("of %d comments is asked where nobody is a friend", n)
		}
		c.befriends(evil.Actor("eve"))
		c.takes(c.pat, add(c.pat, named...))
		if n := c.count(`SELECT COUNT(*) FROM moment_comment`); n != 0 {
			t.Errorf("%d comments are kept that nobody here may see, or that are forged", n)
		}
		for key, want := range map[string]int{"0": 0, "1": 1, "2": 1, "3": 1} {
			if n := evil.Requests("/c/" + key); n != want {
				t.Errorf("comment %s was asked for %d times", key, n)
			}
		}
		c.takes(c.pat, add(c.pat, "https://evil.example/c/1"))
		if n := evil.Requests("/c/1"); n != 1 {
			t.Errorf("a comment was asked for %d times", n)
		}

		// Comments by those who may not see a Moment.
		say := &story{village: v}
		say.do(`ana shares m1 "For friends." with friends`)
		say.do(`settle`)
		about := v.posts["m1"].uri
		word := func(a *peer.Actor, key string) map[string]any {
			return create(a, map[string]any{"id": a.Peer.Base + "/c/" + key, "type": "MomentComment", "attributedTo": a.ID, "context": about,
				"inReplyTo": about, "content": "a word", "mediaType": "text/plain"})
		}
		c.takes(c.mallory, word(c.mallory, "9"))
		c.takes(c.fay, word(c.fay, "9"))
		if n := c.count(`SELECT COUNT(*) FROM moment_comment`); n != 0 {
			t.Errorf("%d comments of strangers are kept", n)
		}
		c.takes(c.pat, word(c.pat, "8"))
		if n := c.count(`SELECT COUNT(*) FROM moment_comment`); n != 1 {
			t.Fatalf("%d comments of a friend are kept", n)
		}
		v.posts["c8"] = &post{uri: "https://pal.example/c/8", author: "pat@pal"}
		say.do(`ana reads of m1: c8`)
		say.do(`ben reads of m1: nothing`)

		// What was deleted does not come back, nor does anybody delete for others.
		gone := func(a *peer.Actor, iri, kind string) map[string]any {
			return a.Do("Delete", map[string]any{"id": iri, "type": "Tombstone", "formerType": kind}, to)
		}
		c.send(c.mallory, gone(c.mallory, id(real), "Moment"))
		c.send(c.mallory, gone(c.mallory, "https://pal.example/c/8", "MomentComment"))
		if c.count(`SELECT COUNT(*) FROM moment WHERE uri = '%s'`, id(real)) != 1 || c.count(`SELECT COUNT(*) FROM moment_comment`) != 1 {
			t.Error("somebody else deleted something")
		}
		c.takes(c.pat, gone(c.pat, id(real), "Moment"))
		say.do(`ana retracts c8`)
		c.settle()
		c.takes(c.pat, first)
		c.takes(c.pat, create(c.pat, real))
		c.takes(c.pat, word(c.pat, "8"))
		if c.count(`SELECT COUNT(*) FROM moment WHERE uri = '%s'`, id(real)) != 0 || c.count(`SELECT COUNT(*) FROM moment_comment`) != 0 {
			t.Error("what was deleted came back")
		}

		// The friendship ends there: what they showed is dropped, and what they say has no effect.
		c.takes(c.pat, create(c.pat, c.moment(c.pat, "2", "soon gone")))
		say.do(`ana unfriends @pat@pal`)
		c.settle()
		c.takes(c.pat, create(c.pat, c.moment(c.pat, "3", "too late")))
		c.takes(c.pat, word(c.pat, "7"))
		if c.count(`SELECT COUNT(*) FROM moment WHERE account_id IN (SELECT id FROM account WHERE host <> '')`) != 0 ||
			c.count(`SELECT COUNT(*) FROM moment_comment`) != 0 {
			t.Error("something of somebody who is no friend any more is kept")
		}
	})
}
