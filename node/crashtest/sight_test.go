package crashtest

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"time"
)

// sight is what everybody shows at the end.
type sight struct {
	times map[*deed][]int     // how often a deed is to be seen, for each place where it should be
	told  map[*deed]time.Time // when its node told the person whom it concerns; zero: it does not
}

var deedPattern = regexp.MustCompile(`deed \d+\.`)

// tally counts words.
type tally map[string]int

// look asks everybody.
func (v *village) look() (sight, error) {
	s := sight{map[*deed][]int{}, map[*deed]time.Time{}}
	homes, lists, told := map[*node]tally{}, map[*person]tally{}, map[string]time.Time{}
	for _, n := range v.nodes {
		var err error
		if homes[n], err = home(v.people[n][0]); err != nil {
			return s, err
		}
		for _, p := range v.people[n] {
			if lists[p], err = p.lists(); err != nil {
				return s, err
			}
			if err = p.told(told); err != nil {
				return s, err
			}
		}
	}
	reactions, err := v.reactions()
	if err != nil {
		return s, err
	}
	for _, d := range v.deeds {
		var times []int
		switch d.kind {
		case "post":
			for _, n := range v.nodes {
				times = append(times, homes[n][d.about])
			}
			for _, o := range v.outsiders {
				times = append(times, o.different("Create", d.by, "<p>"+d.about+"</p>"))
			}
		case "note":
			times = []int{homes[d.node][d.about]}
			s.told[d] = told["mention "+d.who.actor+" "+d.about]
		case "like":
			times = []int{lists[d.who]["like "+d.about], reactions["like "+d.about+" "+d.by]}
		case "boost":
			times = []int{lists[d.who]["boost "+d.about], reactions["boost "+d.about+" "+d.by]}
			for _, o := range v.outsiders {
				times = append(times, o.different("Announce", d.by, d.about))
			}
		case "follow":
			times = []int{lists[d.who]["follow "+d.about]}
			if d.outsider != nil {
				times = append(times, d.outsider.different("Follow", d.by, d.about))
			} else {
				times = append(times, lists[v.person(d.about)]["fan "+d.by])
			}
		case "fan":
			times = []int{lists[d.who]["fan "+d.by], min(1, d.outsider.different("Accept", d.about, d.id))}
			s.told[d] = told["follow "+d.who.actor+" "+d.by]
		}
		s.times[d] = times
	}
	return s, nil
}

// person is whoever of the village has an actor.
func (v *village) person(actor string) *person {
	for _, people := range v.people {
		for _, p := range people {
			if p.actor == actor {
				return p
			}
		}
	}
	return nil
}

// home counts the deeds in a home timeline.
func home(p *person) (tally, error) {
	statuses, err := list[status](p, "/api/v1/timelines/home")
	found := tally{}
	for _, s := range statuses {
		if s.Reblog == nil {
			found[deedPattern.FindString(s.Content)]++
		}
	}
	return found, err
}

// lists counts what a person likes and boosts, whom they follow, and who follows them.
func (p *person) lists() (tally, error) {
	found := tally{}
	liked, err := list[status](p, "/api/v1/favourites")
	for _, s := range liked {
		found["like "+s.URI]++
	}
	if err != nil {
		return nil, err
	}
	own, err := list[status](p, "/api/v1/accounts/"+p.id+"/statuses")
	for _, s := range own {
		if s.Reblog != nil {
			found["boost "+s.Reblog.URI]++
		}
	}
	if err != nil {
		return nil, err
	}
	for word, path := range map[string]string{"follow": "/following", "fan": "/followers"} {
		people, err := list[account](p, "/api/v1/accounts/"+p.id+path)
		if err != nil {
			return nil, err
		}
		for _, a := range people {
			found[word+" "+a.URI]++
		}
	}
	return found, nil
}

// told adds when a person was told of mentions and follows.
func (p *person) told(at map[string]time.Time) error {
	all, err := p.notifications()
	for _, n := range all {
		switch {
		case n.Type == "mention" && n.Status != nil:
			at["mention "+p.actor+" "+deedPattern.FindString(n.Status.Content)] = n.CreatedAt
		case n.Type == "follow":
			at["follow "+p.actor+" "+n.Account.URI] = n.CreatedAt
		}
	}
	return err
}

// reactions counts who likes and boosts the posts that were reacted to, where their authors are.
func (v *village) reactions() (tally, error) {
	found, asked := tally{}, map[string]bool{}
	for _, d := range v.deeds {
		path := map[string]string{"like": "/favourited_by", "boost": "/reblogged_by"}[d.kind]
		if path == "" || asked[d.kind+d.about] {
			continue
		}
		asked[d.kind+d.about] = true
		var by []account
		if err := v.author[d.about].ask(http.MethodGet, "/api/v1/statuses/"+v.made[d.about]+path+"?limit=80", nil, &by); err != nil {
			return nil, err
		}
		for _, a := range by {
			found[d.kind+" "+d.about+" "+a.URI]++
		}
	}
	return found, nil
}

// hits counts the kills by what they hit, as far as it shows from outside. What was begun hits the
// first kill after that, whenever it was done in the end: it may rest while others die, too.
func (v *village) hits() counts {
	c := counts{}
	for i, k := range v.kills {
		hit := map[string]bool{}
		for _, d := range v.deeds {
			if d.node != k.node || d.repeated {
				continue
			}
			inFlight := d.begun.Before(k.at) && d.ended.After(k.at) && !d.done
			there := v.end.times[d][0] > 0
			hit[uncommitted] = hit[uncommitted] || inFlight && !there
			hit[unanswered] = hit[unanswered] || inFlight && there
			accepted := d.done && d.ended.After(v.killBefore(i)) && d.ended.Before(k.at)
			hit[unapplied] = hit[unapplied] || accepted && v.end.told[d].After(k.gone)
		}
		hit[halfSent] = v.sentTwice(k, v.killBefore(i))
		for kind, yes := range hit {
			if yes {
				c[kind]++
			}
		}
	}
	return c
}

// killBefore is when the process was gone that ran before the one that kill i hit.
func (v *village) killBefore(i int) (gone time.Time) {
	for _, k := range v.kills[:i] {
		if k.node == v.kills[i].node {
			gone = k.gone
		}
	}
	return gone
}

// sentTwice tells whether somebody got an activity of the killed process, and again after the kill:
// had the process lived to note that it was sent, nobody would have sent it again.
func (v *village) sentTwice(k kill, before time.Time) bool {
	for _, o := range v.outsiders {
		for id, at := range o.arrivals() {
			for i := 1; i < len(at); i++ {
				if k.node.owns(id) && at[i-1].After(before) && at[i-1].Before(k.gone) && at[i].After(k.gone) {
					return true
				}
			}
		}
	}
	return false
}

// report logs what was asked for and what came of it.
func (v *village) report() {
	type line struct{ done, there, nowhere, again int }
	kinds := map[string]*line{}
	for _, d := range v.deeds {
		l := kinds[d.kind]
		if l == nil {
			l = &line{}
			kinds[d.kind] = l
		}
		switch {
		case d.repeated:
			l.again++
		case d.done:
			l.done++
		case v.end.times[d][0] > 0:
			l.there++
		default:
			l.nowhere++
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		l := kinds[kind]
		v.t.Logf("%-6s: %d answered, all there once; %d cut off and there once, %d cut off and nowhere; %d asked for again, all there once",
			kind, l.done, l.there, l.nowhere, l.again)
	}
	twice, all := 0, 0
	for _, o := range v.outsiders {
		for _, at := range o.arrivals() {
			twice += len(at) - 1
			all++
		}
	}
	v.t.Logf("%d activities came to outsiders, %d of them once more under the same id", all, twice)
}
