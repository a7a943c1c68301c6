package social

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tulou/federation"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Second deliveries would count twice, notify twice or fill timelines with doubles.
func TestEverythingThatComesTwiceHappensOnce(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, ben := v.local("ana"), v.remote("ben", "orchard.example")
		v.follow(ana, ben)
		mine := v.say(ana, "mine", "public", 0)
		first := note(ben, "1", "<p>hello @ana</p>", func(n *vocab.Note) {
			n.Tags = []vocab.Tag{{Type: vocab.TagMention, Href: ana.URI}, {Type: vocab.TagHashtag, Name: "#Tulou"}}
			n.InReplyTo = mine.URI
		})
		like := vocab.Activity{ID: ben.URI + "#like", Type: "Like", ObjectID: mine.URI}
		boost := vocab.Activity{ID: ben.URI + "#boost", Type: "Announce", ObjectID: mine.URI, To: []string{vocab.Public}}
		twice := func(a vocab.Activity) { v.receive(ben, a); v.receive(ben, a) }
		twice(create(first))
		twice(like)
		twice(boost)
		v.counts(mine.URI, 1, 1, 1)
		v.wasTold(ana, "reblog", "favourite", "mention")
		if got := v.home(ana); len(got) != 3 {
			t.Errorf("home timeline %v, want her own post, the reply and the boost", got)
		}
		twice(vocab.Activity{ID: ben.URI + "#u1", Type: "Undo", Inner: &vocab.Activity{ID: like.ID, Type: "Like", ObjectID: mine.URI}})
		twice(vocab.Activity{ID: ben.URI + "#u2", Type: "Undo", Inner: &vocab.Activity{ID: boost.ID, Type: "Announce", ObjectID: mine.URI}})
		v.counts(mine.URI, 1, 0, 0)
		twice(vocab.Activity{ID: ben.URI + "#d", Type: "Delete", ObjectID: first.ID})
		v.counts(mine.URI, 0, 0, 0)
		v.wasTold(ana)
		v.isThere(first.ID, false)
	})
}

// What was taken back would come back, if the network turns the order round.
func TestUndoBeforeWhatItUndoes(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben := v.local("ana"), v.remote("ben", "orchard.example")
	mine := v.say(ana, "mine", "public", 0)
	like := vocab.Activity{ID: ben.URI + "#like", Type: "Like", ObjectID: mine.URI}
	boost := vocab.Activity{ID: ben.URI + "#boost", Type: "Announce", ObjectID: mine.URI, To: []string{vocab.Public}}
	for _, done := range []vocab.Activity{like, boost} {
		v.receive(ben, vocab.Activity{ID: done.ID + "-undo", Type: "Undo", Inner: &vocab.Activity{ID: done.ID, Type: done.Type, ObjectID: done.ObjectID}})
		v.receive(ben, done)
	}
	v.counts(mine.URI, 0, 0, 0)
	v.wasTold(ana)
	like.ID += "-again"
	v.receive(ben, like)
	v.counts(mine.URI, 0, 0, 1)
}

// A reaction that was taken back would count again when it comes to a second personal inbox.
func TestUndoneReactionsDoNotComeBackAtASecondInbox(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, cal, ben := v.local("ana"), v.local("cal"), v.remote("ben", "orchard.example")
		mine := v.say(ana, "mine", "public", 0)
		like := vocab.Activity{ID: ben.URI + "#like", Type: "Like", ObjectID: mine.URI}
		boost := vocab.Activity{ID: ben.URI + "#boost", Type: "Announce", ObjectID: mine.URI, To: []string{vocab.Public}}
		gone := vocab.Activity{ID: ben.URI + "#gone", Type: "Announce", ObjectID: mine.URI, To: []string{vocab.Public}}
		for _, done := range []vocab.Activity{like, boost, gone} {
			comesTo := func(recipient storage.Account, again bool) {
				a := done
				v.receiveIn(federation.In{Activity: &a, Actor: ben, Recipient: recipient.ID, Again: again})
			}
			comesTo(ana, false)
			if done.ID == gone.ID {
				v.receive(ben, vocab.Activity{ID: done.ID + "-delete", Type: "Delete", ObjectID: done.ID})
			} else {
				v.receive(ben, vocab.Activity{ID: done.ID + "-undo", Type: "Undo", ObjectID: done.ID})
			}
			comesTo(cal, true)
			v.counts(mine.URI, 0, 0, 0)
			v.wasTold(ana)
		}
	})
}

// Undo of what somebody else did would take it back.
func TestUndoTakesBackOnlyWhatTheActorDid(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben, eve := v.local("ana"), v.remote("ben", "orchard.example"), v.remote("eve", "orchard.example")
	mine := v.say(ana, "mine", "public", 0)
	v.receive(ben, vocab.Activity{ID: ben.URI + "#like", Type: "Like", ObjectID: mine.URI})
	v.receive(ben, vocab.Activity{ID: ben.URI + "#boost", Type: "Announce", ObjectID: mine.URI, To: []string{vocab.Public}})
	for _, kind := range []string{"like", "boost"} {
		v.receive(eve, vocab.Activity{ID: eve.URI + "#u" + kind, Type: "Undo", ObjectID: ben.URI + "#" + kind})
	}
	v.counts(mine.URI, 0, 1, 1)
	for _, kind := range []string{"like", "boost"} { // by id alone, as some servers do
		v.receive(ben, vocab.Activity{ID: ben.URI + "#u" + kind, Type: "Undo", ObjectID: ben.URI + "#" + kind})
	}
	v.counts(mine.URI, 0, 0, 0)
}

// A deleted post would come back with a Create or Update that was under way.
func TestDeletedPostsDoNotComeBackA114(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, ben, eve := v.local("ana"), v.remote("ben", "orchard.example"), v.remote("eve", "orchard.example")
		v.follow(ana, ben)
		late := note(ben, "late", "<p>late</p>", nil)
		v.receive(ben, vocab.Activity{ID: "https://orchard.example/d1", Type: "Delete", ObjectID: late.ID})
		known := note(ben, "known", "<p>known</p>", nil)
		v.receive(ben, create(known))
		v.receive(ben, vocab.Activity{ID: "https://orchard.example/d2", Type: "Delete", ObjectID: known.ID,
			Object: &vocab.Object{ID: known.ID, Type: "Tombstone", Tombstone: &vocab.Tombstone{ID: known.ID}}})
		for _, o := range []*vocab.Object{late, known} {
			v.receive(ben, create(o))
			v.receive(ben, vocab.Activity{ID: o.ID + "#u", Type: "Update", Object: o})
			v.world.objects[o.ID] = o
			v.receive(ben, vocab.Activity{ID: o.ID + "#boost", Type: "Announce", ObjectID: o.ID, To: []string{vocab.Public}})
			v.isThere(o.ID, false)
		}
		// Somebody of the same server cannot keep a post out that is not theirs.
		free := note(ben, "free", "<p>free</p>", nil)
		v.receive(eve, vocab.Activity{ID: "https://orchard.example/d3", Type: "Delete", ObjectID: free.ID})
		v.receive(ben, create(free))
		v.isThere(free.ID, true)
	})
}

// Anybody of a server could delete the posts of everybody else there.
func TestDeleteOfAnothersPostIsAskedForAtItsOriginA014(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben, eve := v.local("ana"), v.remote("ben", "orchard.example"), v.remote("eve", "orchard.example")
	mallory := v.remote("mallory", "pond.example")
	v.follow(ana, ben)
	o := note(ben, "1", "<p>a</p>", nil)
	v.receive(ben, create(o))
	v.world.objects[o.ID] = o
	v.receive(mallory, vocab.Activity{ID: mallory.URI + "#d", Type: "Delete", ObjectID: o.ID})
	if ran := v.jobs(); len(ran) != 0 {
		t.Errorf("another origin made us run %v", ran)
	}
	v.receive(eve, vocab.Activity{ID: eve.URI + "#d", Type: "Delete", ObjectID: o.ID})
	if ran := v.jobs(); !slices.Equal(ran, []string{jobVerify}) {
		t.Errorf("ran %v", ran)
	}
	v.isThere(o.ID, true)
	delete(v.world.objects, o.ID) // a moderator deleted it
	v.receive(eve, vocab.Activity{ID: eve.URI + "#d2", Type: "Delete", ObjectID: o.ID})
	v.isThere(o.ID, true)
	v.jobs()
	v.isThere(o.ID, false)
	v.receive(ben, create(o))
	v.isThere(o.ID, false)
	mine := v.say(ana, "mine", "public", 0)
	v.receive(eve, vocab.Activity{ID: eve.URI + "#d3", Type: "Delete", ObjectID: mine.URI})
	v.isThere(mine.URI, true)
}

// A chain of parents without end, or in a circle, would be followed for ever.
func TestThreadsAreFollowedUpOnlySoFarA064(t *testing.T) {
	for name, next := range map[string]func(i int) int{
		"chain":  func(i int) int { return i + 1 },
		"circle": func(i int) int { return (i + 1) % 7 },
	} {
		t.Run(name, func(t *testing.T) {
			v := newVillage(t, "harbor.example")
			ana, ben := v.local("ana"), v.remote("ben", "orchard.example")
			v.follow(ana, ben)
			link := func(i int) *vocab.Object {
				return note(ben, fmt.Sprint(i), "<p>link</p>", func(n *vocab.Note) {
					n.InReplyTo = fmt.Sprintf("%s/statuses/%d", ben.URI, next(i))
				})
			}
			for i := range 1000 {
				v.world.objects[link(i).ID] = link(i)
			}
			v.receive(ben, create(link(0)))
			for range 3 {
				v.jobs()
			}
			if got := len(v.world.asked); got > climbsMax+1 {
				t.Errorf("asked %d times, want at most %d", got, climbsMax+1)
			}
			bottom, _ := v.status(link(0).ID)
			thread := must(v.Context(t.Context(), ana.ID, bottom.ID))
			if name == "chain" && len(thread.Ancestors) != storage.AncestorsMax {
				t.Errorf("%d ancestors, want %d", len(thread.Ancestors), storage.AncestorsMax)
			}
			if name == "circle" && len(thread.Ancestors) > 7 {
				t.Errorf("%d ancestors in a circle of 7", len(thread.Ancestors))
			}
			if ran := v.jobs(); len(ran) != 0 {
				t.Errorf("still running %v", ran)
			}
		})
	}
}

// A third party, or the author by an edit, would show a post to more people than it was written
// for.
func TestAudienceIsOnlyWhatTheAuthorWroteA086(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, cal, eve := v.local("ana"), v.local("cal"), v.local("eve")
		ben, gus, mallory := v.remote("ben", "orchard.example"), v.remote("gus", "orchard.example"), v.remote("mallory", "pond.example")
		v.follow(cal, ben)
		v.do(func(tx *storage.Tx) error { // eve only asks to follow (A087)
			_, err := tx.PutFollow(t.Context(), storage.Follow{AccountID: eve.ID, TargetID: ben.ID})
			return err
		})
		direct := note(ben, "direct", "<p>d</p>", to(ana))
		private := note(ben, "private", "<p>p</p>", func(n *vocab.Note) { n.To, n.Cc = []string{ben.Followers}, nil })
		for _, o := range []*vocab.Object{direct, private} {
			a := create(o)
			a.To = append(a.To, vocab.Public) // the activity says more than the post, which counts
			v.receiveIn(federation.In{Activity: &a, Actor: ben, Recipient: ana.ID})
		}
		sees := func(uri string, anaSees, calSees bool) {
			t.Helper()
			v.sees(ana, uri, anaSees)
			v.sees(cal, uri, calSees)
			v.sees(eve, uri, false)
			v.sees(storage.Account{Name: "a stranger"}, uri, false)
		}
		sees(direct.ID, true, false)
		sees(private.ID, false, true)

		for _, o := range []*vocab.Object{direct, private} {
			open := note(ben, "", "<p>new</p>", func(n *vocab.Note) { n.ID, n.Updated = o.ID, time.Now() })
			open.ID = o.ID
			v.receive(mallory, vocab.Activity{ID: mallory.URI + "#u" + o.ID, Type: "Update", Object: open})
			v.receive(mallory, vocab.Activity{ID: mallory.URI + "#c" + o.ID, Type: "Create", Object: open})
			v.receive(mallory, vocab.Activity{ID: mallory.URI + "#a" + o.ID, Type: "Announce", ObjectID: o.ID, To: []string{vocab.Public}})
			v.receiveIn(federation.In{Activity: &vocab.Activity{ID: mallory.URI + "#x" + o.ID, Type: "Create", Object: open}, Actor: mallory, Recipient: eve.ID})
			// Somebody of the author's server claims the post for themselves.
			claimed := *open.Note
			claimed.AttributedTo = gus.URI
			for _, kind := range []string{"Create", "Update"} {
				v.receiveIn(federation.In{Actor: gus, Recipient: eve.ID, Activity: &vocab.Activity{ID: gus.URI + "#" + kind + o.ID, Type: kind,
					Object: &vocab.Object{ID: o.ID, Type: "Note", AttributedTo: gus.URI, Note: &claimed}}})
			}
			if s, _ := v.status(o.ID); s.Content == "<p>new</p>" {
				t.Error("somebody else edited it")
			}
			v.receive(ben, vocab.Activity{ID: ben.URI + "#u" + o.ID, Type: "Update", Object: open, To: []string{vocab.Public}})
			if s, _ := v.status(o.ID); s.Content != "<p>new</p>" {
				t.Error("the author could not edit it")
			}
		}
		sees(direct.ID, true, false)
		sees(private.ID, false, true)
		v.counts(private.ID, 0, 0, 0)
	})
}

// A direct post that came to a second personal inbox, or by bcc, would not be seen by its owner.
func TestDirectPostIsSeenByWhomeverItCameTo(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, cal, eve, ben := v.local("ana"), v.local("cal"), v.local("eve"), v.remote("ben", "orchard.example")
	o := note(ben, "1", "<p>psst</p>", to(ana))
	a := create(o)
	v.receiveIn(federation.In{Activity: &a, Actor: ben, Recipient: ana.ID})
	v.sees(cal, o.ID, false)
	v.receiveIn(federation.In{Activity: &a, Actor: ben, Recipient: cal.ID, Again: true})
	v.sees(cal, o.ID, true)
	v.sees(ana, o.ID, true)
	v.sees(eve, o.ID, false)
	for _, p := range []storage.Account{ana, cal} {
		if got := must(v.Store.Conversations(t.Context(), p.ID, storage.Page{})); len(got) != 1 {
			t.Errorf("%s has %d conversations, want 1", p.Name, len(got))
		}
	}
	v.wasTold(ana, "mention")
	v.do(func(tx *storage.Tx) error { return tx.ClearNotifications(t.Context(), ana.ID) })
	v.receiveIn(federation.In{Activity: &a, Actor: ben, Recipient: eve.ID, Again: true})
	v.wasTold(ana) // what she cleared does not come back because it came to somebody else
	s, _ := v.status(o.ID)
	if got := must(v.Store.Mentions(t.Context(), []int64{s.ID}))[s.ID]; !slices.Equal(got, []int64{ana.ID}) {
		t.Errorf("mentions %v tell who else got it", got)
	}
}

// Somebody who may not see a post would show that they know it, or make it public by a boost.
func TestReactionsOfOthersNeedToSeeThePostA089(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben, eve := v.local("ana"), v.remote("ben", "orchard.example"), v.remote("eve", "pond.example")
	v.follow(ben, ana)
	private := v.say(ana, "for followers", "private", 0)
	direct := v.say(ana, "for @ben@orchard.example", "direct", 0)
	for i, s := range []storage.Status{private, direct} {
		for _, who := range []storage.Account{ben, eve} {
			v.receive(who, vocab.Activity{ID: fmt.Sprintf("%s#l%d", who.URI, i), Type: "Like", ObjectID: s.URI})
			v.receive(who, vocab.Activity{ID: fmt.Sprintf("%s#b%d", who.URI, i), Type: "Announce", ObjectID: s.URI, To: []string{vocab.Public}})
		}
		v.counts(s.URI, 0, 0, 1)
	}
	v.do(func(tx *storage.Tx) error { _, err := tx.PutBlock(t.Context(), ana.ID, eve.ID, ""); return err })
	open := v.say(ana, "open", "public", 0)
	v.receive(eve, vocab.Activity{ID: eve.URI + "#lo", Type: "Like", ObjectID: open.URI})
	v.counts(open.URI, 0, 0, 0)
}

// The copy of a post inside a boost could say anything in anybody's name.
func TestBoostBringsThePostOfItsOriginA108(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, ben, eve := v.local("ana"), v.remote("ben", "orchard.example"), v.remote("eve", "pond.example")
		v.follow(ana, eve)
		o := note(ben, "1", "<p>true</p>", nil)
		forged := note(ben, "1", "<p>forged</p>", nil)
		boost := vocab.Activity{ID: eve.URI + "#b", Type: "Announce", Object: forged, To: []string{vocab.Public}}
		v.receive(eve, boost) // the origin does not have it
		v.isThere(o.ID, false)
		v.isThere(boost.ID, false)
		v.world.objects[o.ID] = o
		v.receive(eve, boost)
		if s, _ := v.status(o.ID); s.Content != "<p>true</p>" {
			t.Errorf("stored %q", s.Content)
		}
		v.counts(o.ID, 0, 1, 0)
		if got := v.home(ana); len(got) != 1 {
			t.Errorf("home timeline %v, want the boost", got)
		}
		private := note(ben, "2", "<p>private</p>", func(n *vocab.Note) { n.To, n.Cc = []string{ben.Followers}, nil })
		stolen := note(eve, "3", "<p>not hers</p>", func(n *vocab.Note) { n.AttributedTo = ben.URI })
		for _, o := range []*vocab.Object{private, stolen} {
			v.world.objects[o.ID] = o
			v.receive(eve, vocab.Activity{ID: o.ID + "#b", Type: "Announce", ObjectID: o.ID, To: []string{vocab.Public}})
			v.isThere(o.ID, false)
		}
	})
}

// An Update would turn a post into a person, move it to another author or undo a newer one.
func TestUpdateChangesNeitherOwnerNorKindA112(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben, eve := v.local("ana"), v.remote("ben", "orchard.example"), v.remote("eve", "orchard.example")
	v.follow(ana, ben)
	o := note(ben, "1", "<p>first</p>", func(n *vocab.Note) { n.Published = time.Now().Add(-time.Hour) })
	v.receive(ben, create(o))
	before, _ := v.status(o.ID)
	update := func(from storage.Account, change func(*vocab.Note)) {
		changed := note(ben, "1", "<p>changed</p>", change)
		v.receive(from, vocab.Activity{ID: fmt.Sprintf("%s#%d", from.URI, time.Now().UnixNano()), Type: "Update", Object: changed})
	}
	update(ben, func(n *vocab.Note) { n.Updated = time.Time{} })
	update(ben, func(n *vocab.Note) { n.Updated = before.CreatedAt.Time().Add(-time.Second) })
	update(eve, func(n *vocab.Note) { n.Updated, n.AttributedTo = time.Now(), eve.URI })
	update(ben, func(n *vocab.Note) { n.Updated, n.AttributedTo = time.Now(), eve.URI })
	if _, has := v.Handlers()[federation.Key{Activity: "Update", Object: "Person"}]; has {
		t.Error("this package updates people")
	}
	if now, _ := v.status(o.ID); now != before {
		t.Errorf("%+v became %+v", before, now)
	}
	at := before.CreatedAt.Time().Add(time.Minute)
	update(ben, func(n *vocab.Note) { n.Updated, n.Type, n.Name = at, "Article", "Title" })
	after, _ := v.status(o.ID)
	if after.Content != "<p><strong>Title</strong></p><p>changed</p>" || after.AccountID != ben.ID || after.ID != before.ID || after.EditedAt != storage.At(at) {
		t.Errorf("after a real edit: %+v", after)
	}
	update(ben, func(n *vocab.Note) { n.Updated, n.Content = at.Add(-time.Second), "<p>older</p>" })
	if now, _ := v.status(o.ID); now != after {
		t.Errorf("an older edit made %+v", now)
	}
	if got := must(v.Store.Edits(t.Context(), before.ID)); len(got) != 1 {
		t.Errorf("%d versions, want 1", len(got))
	}
}

// Of two edits in one second the older one would win if it came again, or one that says by the
// millisecond that it is older.
func TestOlderEditOfTheSameSecondLoses(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben := v.local("ana"), v.remote("ben", "orchard.example")
	v.follow(ana, ben)
	second := time.Now().Add(-time.Hour).Truncate(time.Second)
	for name, c := range map[string]struct {
		published time.Time
		edits     []string
		at        []time.Duration
		want      string
	}{
		"seconds":      {second, []string{"first", "second"}, []time.Duration{0, 0}, "second"},
		"again":        {second, []string{"first", "second", "first"}, []time.Duration{0, 0, 0}, "second"},
		"milliseconds": {second.Add(-9 * time.Millisecond), []string{"second", "first"}, []time.Duration{500 * time.Millisecond, 0}, "second"},
	} {
		o := note(ben, name, "<p>as it was</p>", func(n *vocab.Note) { n.Published = c.published })
		v.receive(ben, create(o))
		for i, text := range c.edits {
			edit := note(ben, name, "<p>"+text+"</p>", func(n *vocab.Note) { n.Published, n.Updated = c.published, second.Add(time.Minute+c.at[i]) })
			v.receive(ben, vocab.Activity{ID: fmt.Sprintf("%s#%s%d", ben.URI, name, i), Type: "Update", Object: edit})
		}
		if s, _ := v.status(o.ID); s.Content != "<p>"+c.want+"</p>" {
			t.Errorf("%s: it says %s, want %s", name, s.Content, c.want)
		}
	}
}

// The page that a private post links to would be asked for, and shown beside it, because an Update
// says that the post is public.
func TestUpdateGivesPrivatePostNoCard(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben := v.local("ana"), v.remote("ben", "orchard.example")
	v.follow(ana, ben)
	o := note(ben, "1", "<p>for you</p>", func(n *vocab.Note) { n.To, n.Cc = []string{ben.Followers}, nil })
	o.Note.Published = time.Now().Add(-time.Hour)
	v.receive(ben, create(o))
	edit := note(ben, "1", `<p><a href="https://page.example/secret">this</a></p>`, func(n *vocab.Note) { n.Published, n.Updated = o.Note.Published, time.Now() })
	v.receive(ben, vocab.Activity{ID: ben.URI + "#u", Type: "Update", Object: edit})
	s, _ := v.status(o.ID)
	if s.Content == o.Note.Content || s.Visibility != storage.VisibilityPrivate {
		t.Fatalf("the edit made %+v", s)
	}
	open := note(ben, "2", `<p><a href="https://page.example/open">this</a></p>`, nil)
	v.receive(ben, create(open))
	public, _ := v.status(open.ID)
	cards := must(v.Store.Cards(t.Context(), []int64{s.ID, public.ID}))
	if _, has := cards[s.ID]; has || len(cards) != 1 {
		t.Errorf("cards are %+v, want one of the post for everybody", cards)
	}
}

// Posts of suspended people and blocked servers would come in by boosts and threads of others.
func TestNothingOfHiddenPeopleComesInA115(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben := v.local("ana"), v.remote("ben", "orchard.example")
	bad, worse := v.remote("bad", "pond.example"), v.remote("worse", "swamp.example")
	v.follow(ana, ben)
	known := note(bad, "known", "<p>k</p>", nil)
	v.do(func(tx *storage.Tx) error {
		a := arrival{NewStatus: storage.NewStatus{Status: storage.Status{URI: known.ID, AccountID: bad.ID, Type: "Note",
			Visibility: storage.VisibilityPublic}, Audience: []int64{storage.Everybody}}}
		_, err := tx.CreateStatus(t.Context(), a.NewStatus)
		return err
	})
	v.do(func(tx *storage.Tx) error {
		if err := tx.SetSuspended(t.Context(), bad.ID, true); err != nil {
			return err
		}
		return tx.PutDomainPolicy(t.Context(), storage.DomainPolicy{Domain: "swamp.example", Action: storage.DomainBlock})
	})
	for i, o := range []*vocab.Object{known, note(bad, "1", "<p>b</p>", nil), note(worse, "1", "<p>w</p>", nil)} {
		v.world.objects[o.ID] = o
		boost := vocab.Activity{ID: fmt.Sprintf("%s#b%d", ben.URI, i), Type: "Announce", ObjectID: o.ID, To: []string{vocab.Public}}
		v.receive(ben, boost)
		v.isThere(boost.ID, false)
		reply := note(ben, fmt.Sprint(i), "<p>re</p>", func(n *vocab.Note) { n.InReplyTo = o.ID })
		v.receive(ben, create(reply))
		v.isThere(reply.ID, true)
		if o != known {
			v.isThere(o.ID, false)
		}
		found := must(v.Search(t.Context(), ana, Query{Text: o.ID, Resolve: true}))
		if len(found.Statuses) != 0 {
			t.Errorf("search finds %+v", found.Statuses)
		}
	}
	v.jobs()
}

// Relays and spammers would fill the database with posts that concern nobody here.
func TestPostsThatConcernNobodyAreNotKept(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben, eve := v.local("ana"), v.remote("ben", "orchard.example"), v.remote("eve", "pond.example")
	v.follow(ana, ben)
	mine := v.say(ana, "mine", "public", 0)
	stray := note(eve, "stray", "<p>s</p>", nil)
	v.receive(eve, create(stray))
	v.isThere(stray.ID, false)
	v.receive(eve, vocab.Activity{ID: stray.ID + "#u", Type: "Update", Object: stray})
	v.isThere(stray.ID, false)
	foreign := note(ben, "foreign", "<p>f</p>", nil)
	v.world.objects[foreign.ID] = foreign
	v.receive(eve, vocab.Activity{ID: eve.URI + "#b", Type: "Announce", ObjectID: foreign.ID, To: []string{vocab.Public}})
	v.isThere(foreign.ID, false)

	for name, o := range map[string]*vocab.Object{
		"followed":  note(ben, "followed", "<p>a</p>", nil),
		"mentions":  note(eve, "mentions", "<p>a</p>", func(n *vocab.Note) { n.Tags = []vocab.Tag{{Type: vocab.TagMention, Href: ana.URI}} }),
		"addressed": note(eve, "addressed", "<p>a</p>", func(n *vocab.Note) { n.Cc = append(n.Cc, ana.URI) }),
		"replies":   note(eve, "replies", "<p>a</p>", func(n *vocab.Note) { n.InReplyTo = mine.URI }),
	} {
		v.receive(map[bool]storage.Account{true: ben, false: eve}[name == "followed"], create(o))
		v.isThere(o.ID, true)
	}
	personal := create(note(eve, "personal", "<p>a</p>", nil))
	v.receiveIn(federation.In{Activity: &personal, Actor: eve, Recipient: ana.ID})
	v.isThere(personal.ObjectID, true)
	v.wasTold(ana, "mention") // an address alone is no mention
}

// A post that was fetched before its Create came would be in nobody's timeline.
func TestPostThatWasFetchedFirstStillReachesEverybody(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, ben, eve := v.local("ana"), v.remote("ben", "orchard.example"), v.remote("eve", "pond.example")
		v.follow(ana, ben)
		v.follow(ana, eve)
		first := note(ben, "1", "<p>first for @ana</p>", func(n *vocab.Note) {
			n.Published, n.Tags = time.Now().Add(-time.Minute), []vocab.Tag{{Type: vocab.TagMention, Href: ana.URI}}
		})
		v.world.objects[first.ID] = first
		reply := note(eve, "1", "<p>second</p>", func(n *vocab.Note) { n.InReplyTo = first.ID })
		v.receive(eve, create(reply))
		v.isThere(first.ID, true)
		v.wasTold(ana)
		v.receive(ben, create(first))
		v.wasTold(ana, "mention")
		top, _ := v.status(first.ID)
		below, _ := v.status(reply.ID)
		if got := v.home(ana); !slices.Equal(got, []int64{below.ID, top.ID}) {
			t.Errorf("home timeline %v, want %d and %d", got, below.ID, top.ID)
		}
		v.counts(first.ID, 1, 0, 0)
	})
}

// A post whose Create comes before the climb up its thread found what it answers would be in
// nobody's timeline.
func TestClimbBringsWhatItJoinsIntoTimelines(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, ben, cal := v.local("ana"), v.remote("ben", "orchard.example"), v.remote("cal", "pond.example")
		v.follow(ana, ben)
		v.follow(ana, cal)
		var thread []*vocab.Object
		for i, author := range []storage.Account{ben, cal, ben} {
			o := note(author, fmt.Sprint(i), "<p>one of them</p>", func(n *vocab.Note) {
				n.Published = time.Now().Add(time.Duration(i-10) * time.Minute)
				if i > 0 {
					n.InReplyTo = thread[i-1].ID
				}
			})
			v.world.objects[o.ID] = o
			thread = append(thread, o)
		}
		v.receive(ben, create(thread[2]))
		v.receive(cal, create(thread[1]))
		v.jobs()
		v.receive(ben, create(thread[0]))
		var want []int64
		for _, o := range thread {
			s, _ := v.status(o.ID)
			want = append([]int64{s.ID}, want...)
		}
		if got := v.home(ana); !slices.Equal(got, want) {
			t.Errorf("home timeline %v, want %v", got, want)
		}
	})
}

// Two activities at once that bring the same post would fail each other.
func TestPostThatIsBroughtByManyAtOnceIsOne(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, ben := v.local("ana"), v.remote("ben", "orchard.example")
		v.follow(ana, ben)
		o := note(ben, "1", "<p>a</p>", nil)
		v.world.objects[o.ID] = o
		var at sync.WaitGroup
		at.Go(func() { v.receive(ben, create(o)) })
		for i := range 4 {
			eve := v.remote(fmt.Sprintf("eve%d", i), "pond.example")
			v.follow(ana, eve)
			at.Go(func() {
				v.receive(eve, vocab.Activity{ID: eve.URI + "#b", Type: "Announce", ObjectID: o.ID, To: []string{vocab.Public}})
			})
		}
		at.Wait()
		v.counts(o.ID, 0, 4, 0)
		if got := v.home(ana); len(got) != 5 {
			t.Errorf("home timeline %v, want the post and four boosts", got)
		}
	})
}

// A thread whose posts come in the wrong order would stay in pieces.
func TestThreadIsWholeInWhateverOrderItComes(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben := v.local("ana"), v.remote("ben", "orchard.example")
	v.follow(ana, ben)
	var thread []*vocab.Object
	for i := range 3 {
		thread = append(thread, note(ben, fmt.Sprint(i), fmt.Sprintf("<p>%d</p>", i), func(n *vocab.Note) {
			n.Published = time.Now().Add(time.Duration(i-10) * time.Second)
			if i > 0 {
				n.InReplyTo = thread[i-1].ID
			}
		}))
	}
	for _, i := range []int{2, 0, 1} {
		v.receive(ben, create(thread[i]))
	}
	middle, _ := v.status(thread[1].ID)
	around := must(v.Context(t.Context(), 0, middle.ID))
	if len(around.Ancestors) != 1 || around.Ancestors[0].URI != thread[0].ID || len(around.Descendants) != 1 || around.Descendants[0].URI != thread[2].ID {
		t.Errorf("around the middle: %+v", around)
	}
}

// What strangers write would run in readers' browsers, or lead them elsewhere than it says.
func TestWhatStrangersWriteIsMadeSafe(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben := v.local("ana"), v.remote("ben", "orchard.example")
	v.follow(ana, ben)
	o := note(ben, "1", `<p onclick="x()">hi<script>alert(1)</script> <a href="javascript:x()">a</a></p>`, func(n *vocab.Note) {
		n.Summary, n.URL, n.Language = "<b>CW</b> &amp; more", "https://pond.example/@ben/1", "not a language"
		n.Published = time.Now().Add(24 * time.Hour)
		n.Attachments = []vocab.Attachment{{URL: "ftp://x.example/a.png"}, {URL: "https://orchard.example/a.png", MediaType: "image/png", Name: " cat "}}
		n.Tags = []vocab.Tag{{Type: vocab.TagHashtag, Name: "#Round"}, {Type: vocab.TagHashtag, Name: "#"}}
	})
	v.receive(ben, create(o))
	s, _ := v.status(o.ID)
	if s.Content != "<p>hi a</p>" && s.Content != `<p>hi <a>a</a></p>` {
		t.Errorf("content %q", s.Content)
	}
	if s.Spoiler != "CW & more" || !s.Sensitive || s.Language != "" || s.URL != o.ID {
		t.Errorf("stored %+v", s)
	}
	if s.CreatedAt.Time().After(time.Now().Add(ids.AheadMax)) {
		t.Errorf("published in the future: %s", s.CreatedAt.Time())
	}
	files := must(v.Store.Attachments(t.Context(), []int64{s.ID}))[s.ID]
	if len(files) != 1 || files[0].Description != "cat" {
		t.Errorf("attachments %+v", files)
	}
	if tags := must(v.Store.Tags(t.Context(), []int64{s.ID}))[s.ID]; len(tags) != 1 || tags[0].Tag != "round" {
		t.Errorf("tags %+v", tags)
	}
}

// A content warning would lose what looks like HTML, or show the HTML that some servers write.
func TestContentWarningsArePlainText(t *testing.T) {
	for summary, want := range map[string]string{
		`<y> & "z"`:                      `<y> & "z"`,
		`Fish &amp; Chips`:               `Fish &amp; Chips`,
		"  two \n lines ":                "two lines",
		`<p>Fish &amp; <b>Chips</b></p>`: `Fish & Chips`,
	} {
		for _, kind := range []string{"Note", "Question"} {
			if got := spoilerOf(&vocab.Note{Type: kind, Summary: summary}); got != want {
				t.Errorf("%s: %q becomes %q, want %q", kind, summary, got, want)
			}
		}
	}
	if got := spoilerOf(&vocab.Note{Type: "Page", Summary: "Fish &amp; Chips<br>"}); got != "Fish & Chips" {
		t.Errorf("of a page: %q", got)
	}
}

// Posts and boosts that were made at once would lose their order, since their instants are ahead of
// the clock by some milliseconds, and so would edits of posts from a clock that is ahead.
func TestWhatWasMadeAtOnceKeepsItsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t, "harbor.example")
		ana, ben := v.local("ana"), v.remote("ben", "orchard.example")
		v.follow(ana, ben)
		mine := v.say(ana, "mine", "public", 0)
		now := time.Now().Truncate(time.Millisecond)
		after := func(ms int) time.Time { return now.Add(time.Duration(ms) * time.Millisecond) }
		at := func(uri string) time.Time {
			s, _ := v.status(uri)
			if at := s.CreatedAt.Time(); s.ID < ids.FloorAt(at) || s.ID >= ids.FloorAt(at.Add(time.Millisecond)) {
				t.Errorf("the id of %s is %d, its instant %v", uri, s.ID, at)
			}
			return s.CreatedAt.Time()
		}
		boost := vocab.Activity{ID: ben.URI + "#boost", Type: "Announce", ObjectID: mine.URI, To: []string{vocab.Public}, Published: after(5)}
		v.receive(ben, boost)
		second := note(ben, "2", "<p>2</p>", func(n *vocab.Note) { n.Published = after(4) })
		first := note(ben, "1", "<p>1</p>", func(n *vocab.Note) { n.Published = after(3) })
		v.receive(ben, create(second))
		v.receive(ben, create(first))
		for uri, want := range map[string]time.Time{first.ID: after(3), second.ID: after(4), boost.ID: after(5)} {
			if got := at(uri); !got.Equal(want) {
				t.Errorf("%s is of %v, want %v", uri, got, want)
			}
		}

		wrong := note(ben, "wrong", "<p>3</p>", func(n *vocab.Note) { n.Published = now.Add(time.Hour) })
		v.receive(ben, create(wrong))
		if got, want := at(wrong.ID), now.Add(ids.AheadMax); !got.Equal(want) {
			t.Errorf("from an hour ahead: %v, want %v", got, want)
		}
		time.Sleep(100 * time.Millisecond)
		edited := note(ben, "wrong", "<p>4</p>", func(n *vocab.Note) {
			n.Published, n.Updated = now.Add(time.Hour), now.Add(time.Hour+time.Second)
		})
		v.receive(ben, vocab.Activity{ID: ben.URI + "#u", Type: "Update", Object: edited})
		if s, _ := v.status(wrong.ID); s.Content != "<p>4</p>" {
			t.Errorf("its edit was not taken: %q", s.Content)
		}
	})
}
