package nodetest

import (
	"fmt"
	"sync"
	"testing"

	"tulou/node/nodetest/peer"
)

// friend makes somebody of a peer's server, who is a friend of ana's.
func (c *circle) friend(host, name string) *peer.Actor {
	a := c.peers[host].Actor(name)
	c.befriends(a)
	return a
}

// comment serves a comment by an actor on a Moment, and returns its id.
func (c *circle) comment(by *peer.Actor, key, about string) string {
	return by.Peer.Put(map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": by.Peer.Base + "/c/" + key,
		"type": "MomentComment", "attributedTo": by.ID, "context": about, "inReplyTo": about, "content": "words of " + by.Name,
		"mediaType": "text/plain", "to": []any{c.ana.actor()}})
}

// names is an author's Add of comments on a Moment.
func (c *circle) names(author *peer.Actor, about string, comments ...any) map[string]any {
	return author.Do("Add", map[string]any{"type": "OrderedCollection", "orderedItems": comments},
		map[string]any{"target": about + "/comments", "to": []any{c.ana.actor()}})
}

// If this failed, a friend whose server is hostile could keep what others say about other people's
// Moments from ever being seen here, by naming its id first.
func TestNobodySuppressesACommentByNamingItFirst(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		c := newCircle(v)
		eve := c.friend("evil", "eve")
		to := map[string]any{"to": []any{c.ana.actor()}}
		pats, eves := c.moment(c.pat, "1", "by pat"), c.moment(eve, "1", "by eve")
		c.takes(c.pat, c.pat.Do("Create", pats, to))
		c.takes(eve, eve.Do("Create", eves, to))
		said := c.comment(c.pat, "1", pats["id"].(string))
		c.takes(eve, c.names(eve, eves["id"].(string), said))
		if n := c.count(`SELECT COUNT(*) FROM moment_comment`); n != 0 {
			t.Fatalf("%d comments are kept as if they were about something else", n)
		}
		c.takes(c.pat, c.names(c.pat, pats["id"].(string), said))
		if n := c.count(`SELECT COUNT(*) FROM moment_comment WHERE uri = '%s'`, said); n != 1 {
			t.Error("a comment that somebody else named first is not here")
		}
	})
}

// If this failed, what comes twice, often, at once or in another order than it was sent would be
// shown twice, told twice, or be there after its end.
func TestTheOrderAndNumberOfDeliveriesDoNotMatter(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		c := newCircle(v)
		to := map[string]any{"to": []any{c.ana.actor()}}
		about := func(key string) (moment, create, gone map[string]any) {
			moment = c.moment(c.pat, key, "by pat")
			return moment, c.pat.Do("Create", moment, to),
				c.pat.Do("Delete", map[string]any{"id": moment["id"], "type": "Tombstone", "formerType": "Moment"}, to)
		}
		_, late, gone := about("1")
		c.takes(c.pat, gone)
		c.takes(c.pat, late)
		if n := c.count(`SELECT COUNT(*) FROM moment`); n != 0 {
			t.Error("a Moment that came after its end is there")
		}
		moment, create, _ := about("2")
		said := c.comment(c.pat, "2", moment["id"].(string))
		add := c.names(c.pat, moment["id"].(string), said, said)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				for _, a := range []map[string]any{create, c.pat.Do("Create", moment, to)} {
					if _, err := c.pat.Send(t.Context(), v.peers["pal"].client, sharedInbox, a); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		c.settle()
		c.takes(c.pat, add)
		c.takes(c.pat, add)
		c.takes(c.pat, c.names(c.pat, moment["id"].(string), said))
		if n := c.count(`SELECT COUNT(*) FROM moment`); n != 1 {
			t.Errorf("there are %d Moments", n)
		}
		if n := c.count(`SELECT COUNT(*) FROM moment_comment`); n != 1 || v.peers["pal"].Requests("/c/2") != 1 {
			t.Errorf("there are %d comments, asked for %d times", n, v.peers["pal"].Requests("/c/2"))
		}
		// The end of a friendship comes twice, and so does what was before it.
		end := c.pat.Do("Undo", bond(c.pat.ID, c.ana.actor()), nil)
		for range 2 {
			c.takes(c.pat, end)
			c.takes(c.pat, create)
			c.takes(c.pat, c.pat.Do("Create", moment, to))
		}
		if n := c.count(`SELECT COUNT(*) FROM moment`) + c.count(`SELECT COUNT(*) FROM moment_comment`); n != 0 {
			t.Errorf("%d things of somebody who is no friend any more are kept", n)
		}
	})
}

// If this failed, somebody could keep the Moments of others of their server from arriving, by
// deleting them before they come.
func TestANeighbourKeepsNoMomentOut(t *testing.T) {
	bubble(t, func(t *testing.T, v *village) {
		c := newCircle(v)
		neighbour := c.peers["pal"].Actor("paul")
		to := map[string]any{"to": []any{c.ana.actor()}}
		for i, by := range []*peer.Actor{neighbour, c.pat} {
			moment := c.moment(c.pat, fmt.Sprint("early", i), "at the lake")
			c.takes(by, by.Do("Delete", map[string]any{"id": moment["id"], "type": "Tombstone", "formerType": "Moment"}, to))
			c.takes(c.pat, c.pat.Do("Create", moment, to))
			if n := c.count(`SELECT COUNT(*) FROM moment WHERE uri = '%s'`, moment["id"]); n != 1-i {
				t.Errorf("%d Moments are there after %s deleted it before it came, want %d", n, by.Name, 1-i)
			}
		}
	})
}
