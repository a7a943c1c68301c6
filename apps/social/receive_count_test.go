package social

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tulou/federation"
	"tulou/protocol/vocab"
)

// Votes and counts would be whatever anybody says they are.
func TestPollsAreCountedByTheirAuthorAloneA118(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben, eve := v.local("ana"), v.remote("ben", "orchard.example"), v.remote("eve", "pond.example")
	v.follow(ana, ben)
	question := func(yes, no int) *vocab.Object {
		o := note(ben, "1", "<p>?</p>", func(n *vocab.Note) {
			n.Type = "Question"
			n.Poll = &vocab.Poll{Options: []vocab.PollOption{{Name: "yes", Votes: yes}, {Name: "no", Votes: no}}, EndTime: time.Now().Add(time.Hour), Voters: yes + no}
		})
		return o
	}
	v.receive(ben, create(question(1, 2)))
	stored, _ := v.status(question(0, 0).ID)
	options := func() string {
		return fmt.Sprint(must(v.Store.Polls(t.Context(), []int64{stored.ID}))[stored.ID].Options)
	}
	before := options()
	for i := range 3 { // a vote is no post, and none of ours to count
		vote := note(eve, fmt.Sprintf("vote%d", i), "", func(n *vocab.Note) {
			n.Name, n.InReplyTo, n.To, n.Cc = "yes", question(0, 0).ID, []string{ben.URI}, nil
		})
		a := create(vote)
		v.receiveIn(federation.In{Activity: &a, Actor: eve, Recipient: ana.ID})
		v.isThere(vote.ID, false)
	}
	v.receive(eve, vocab.Activity{ID: eve.URI + "#u", Type: "Update", Object: question(100, 0)})
	if got := options(); got != before {
		t.Errorf("somebody else counted %s", got)
	}
	v.receive(ben, vocab.Activity{ID: ben.URI + "#u", Type: "Update", Object: question(3, 2)})
	if got := options(); got != "[{yes 3} {no 2}]" {
		t.Errorf("the author counted %s", got)
	}
	older := question(2, 2) // it was on its way for longer
	v.receive(ben, vocab.Activity{ID: ben.URI + "#o", Type: "Update", Object: older})
	fewer := question(9, 1)
	v.receive(ben, vocab.Activity{ID: ben.URI + "#f", Type: "Update", Object: fewer})
	stale := question(9, 9)
	stale.Note.Updated = stored.CreatedAt.Time().Add(-time.Hour)
	v.receive(ben, vocab.Activity{ID: ben.URI + "#s", Type: "Update", Object: stale})
	if got := options(); got != "[{yes 3} {no 2}]" {
		t.Errorf("older Updates counted %s", got)
	}
	if s, _ := v.status(stored.URI); s.EditedAt != 0 {
		t.Error("new counts are no edit")
	}
	v.counts(stored.URI, 0, 0, 0)
}

// Any stranger could have us fetch what they name from whom they like, or what people of this node
// want to see would lack what it answers or boosts.
func TestOthersAreAskedOnlyForWhatConcernsSomebodyHere(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, ben, cal := v.local("ana"), v.remote("ben", "orchard.example"), v.remote("cal", "pond.example")
		elsewhere := note(cal, "elsewhere", "<p>x</p>", nil)
		v.world.objects[elsewhere.ID] = elsewhere
		reply := create(note(ben, "reply", "<p>y</p>", func(n *vocab.Note) { n.InReplyTo = elsewhere.ID }))
		naming := create(note(ben, "naming", "<p>y</p>", func(n *vocab.Note) {
			to(ana)(n)
			n.InReplyTo = elsewhere.ID
		}))
		boost := vocab.Activity{ID: ben.URI + "#boost", Type: "Announce", ObjectID: elsewhere.ID, To: []string{vocab.Public}}
		edit := reply
		edit.ID, edit.Type = edit.ID+"-edit", "Update"
		bare := vocab.Activity{ID: ben.URI + "#bare", Type: "Create", ObjectID: ben.URI + "/statuses/bare", To: []string{vocab.Public}}
		bareToAna := bare
		bareToAna.Cc = []string{ana.URI}
		asks := func(what string, a vocab.Activity, recipient int64, want bool) {
			t.Helper()
			kind := "Object"
			if a.Type != "Announce" {
				kind = "Note"
			}
			a.Actor = ben.URI
			if a.Object != nil {
				a.ObjectID = a.Object.ID
			}
			judge := v.Handlers()[federation.Key{Activity: a.Type, Object: kind}].(federation.Relevance)
			in := federation.In{Activity: &a, Actor: ben, Recipient: recipient}
			if got := must(judge.Concerns(t.Context(), v.Store.Reader, in)); got != want {
				t.Errorf("%s concerns somebody: %t, want %t", what, got, want)
			}
		}
		asks("a stranger's reply", reply, 0, false)
		asks("a stranger's edit", edit, 0, false)
		asks("a stranger's boost", boost, 0, false)
		asks("a stranger's post by its id", bare, 0, false)
		asks("one addressed to us", bareToAna, 0, true)
		asks("a reply that names us", naming, 0, true)
		asks("a reply in a personal inbox", reply, ana.ID, true)
		asks("a boost in a personal inbox", boost, ana.ID, true)
		v.receive(ben, reply)
		v.receive(ben, boost)
		if len(v.world.asked) != 0 {
			t.Errorf("for a stranger %v was asked for", v.world.asked)
		}
		v.follow(ana, ben)
		asks("a reply of one followed", reply, 0, true)
		asks("a boost of one followed", boost, 0, true)
		v.receive(ben, boost)
		v.receive(ben, reply)
		if !slices.Equal(v.world.asked, []string{elsewhere.ID}) {
			t.Errorf("for one followed %v was asked for", v.world.asked)
		}
		v.isThere(reply.Object.ID, true)
		asks("an edit of a known post that came whole", edit, 0, false)
		edit.Object, edit.ObjectID = nil, reply.Object.ID
		asks("an edit of a known post by its id", edit, 0, true)
	})
}
