package social

import (
	"context"
	"slices"
	"testing"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// featured has somebody of another server keep pinned posts.
func (v village) featured(a storage.Account) storage.Account {
	v.t.Helper()
	v.do(func(tx *storage.Tx) (err error) {
		a.Featured = a.URI + ids.Featured
		a, err = tx.PutRemoteAccount(v.t.Context(), a)
		return err
	})
	return a
}

func (v village) pinned(viewer int64, of storage.Account) []int64 {
	v.t.Helper()
	return storage.StatusIDs(must(v.Store.Pinned(v.t.Context(), viewer, of.ID, storage.Page{Limit: storage.StatusPageMax})))
}

// Other servers would not know what somebody pins, or would be told of what is not theirs to see.
func TestPinsAreToldToThoseWhoSeeThePost(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben := v.local("ana"), v.remote("ben", "orchard.example")
	v.follow(ben, ana)
	public, private := v.say(ana, "for all", "public", 0), v.say(ana, "for followers", "private", 0)
	v.sent()
	for _, post := range []storage.Status{public, private} {
		must(v.Pin(t.Context(), ana, post.ID))
		must(v.Pin(t.Context(), ana, post.ID))
		for _, p := range v.sentTo("Add orchard.example/inbox") {
			if p.ObjectID != post.URI || p.TargetID != ana.URI+ids.Featured || slices.Contains(p.To, vocab.Public) != (post.ID == public.ID) {
				t.Errorf("told of %s: %+v", post.URI, p.Activity)
			}
		}
	}
	must(v.Unpin(t.Context(), ana, public.ID))
	must(v.Unpin(t.Context(), ana, public.ID))
	v.sentTo("Remove orchard.example/inbox")
	if got := v.pinned(ana.ID, ana); !slices.Equal(got, []int64{private.ID}) {
		t.Errorf("pinned: %v", got)
	}
}

// A server could put its words on the profiles of others, or have us fetch whatever it names.
func TestA109OnlyTheOwnerPinsOnlyTheirOwn(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, ben, eve := v.local("ana"), v.featured(v.remote("ben", "orchard.example")), v.featured(v.remote("eve", "orchard.example"))
		v.follow(ana, ben)
		mine, his, hers := v.say(ana, "mine", "public", 0), note(ben, "1", "<p>his</p>", nil), note(eve, "1", "<p>hers</p>", nil)
		v.world.objects[hers.ID] = hers
		v.receive(ben, create(his))
		add := func(from storage.Account, kind, object, target string) {
			v.receive(from, vocab.Activity{ID: from.URI + "#" + kind + object, Type: kind, ObjectID: object, TargetID: target})
		}
		add(eve, "Add", his.ID, ben.Featured)
		add(eve, "Add", his.ID, eve.Featured)
		add(ben, "Add", mine.URI, ben.Featured)
		add(ben, "Add", hers.ID, ben.Featured)
		add(ben, "Add", his.ID, ben.URI+"/collections/other")
		add(ben, "Add", ben.URI+"/statuses/none", ben.Featured)
		for _, a := range []storage.Account{ana, ben, eve} {
			if got := v.pinned(a.ID, a); len(got) != 0 {
				t.Errorf("%s has pinned %v", a.Name, got)
			}
		}
		add(ben, "Add", his.ID, ben.Featured)
		stored, _ := v.status(his.ID)
		if got := v.pinned(0, ben); !slices.Equal(got, []int64{stored.ID}) {
			t.Errorf("pinned: %v", got)
		}
		add(eve, "Remove", his.ID, ben.Featured)
		if got := v.pinned(0, ben); len(got) != 1 {
			t.Error("another took it away")
		}
		add(ben, "Remove", his.ID, ben.Featured)
		if got := v.pinned(0, ben); len(got) != 0 {
			t.Error("it was not taken away")
		}
		v.world.asked = nil
		add(eve, "Add", hers.ID, eve.Featured) // nobody here follows her
		if len(v.world.asked) != 0 || len(v.pinned(0, eve)) != 0 {
			t.Errorf("asked for %v", v.world.asked)
		}
	})
}

// collections answers for the collections of other servers.
type collections map[string][]string

func (c collections) ItemIDs(_ context.Context, iri string, most int) ([]string, error) {
	items, known := c[iri]
	if !known {
		return nil, fault.New(fault.Unavailable, "not now")
	}
	return items[:min(most, len(items))], nil
}

// Profiles of others would show nothing pinned, or what is not theirs; or a stranger's looks would
// have the node ask other servers all day.
func TestPinsOfOthersAreReadWhenSomebodyLooks(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben, eve := v.local("ana"), v.featured(v.remote("ben", "orchard.example")), v.remote("eve", "orchard.example")
	first, second, hers := note(ben, "1", "<p>one</p>", nil), note(ben, "2", "<p>two</p>", nil), note(eve, "1", "<p>hers</p>", nil)
	secret := note(ben, "3", "<p>for followers</p>", func(n *vocab.Note) { n.To, n.Cc = []string{ben.Followers}, nil })
	for _, o := range []*vocab.Object{first, second, hers, secret} {
		v.world.objects[o.ID] = o
	}
	v.Collections = collections{ben.Featured: {second.ID, hers.ID, ben.URI + "/gone", secret.ID, first.ID}}
	look := func(viewer int64) []storage.Stamp {
		t.Helper()
		return must(v.Pinned(t.Context(), viewer, ben, storage.Page{}))
	}
	if len(look(0)) != 0 || len(v.jobs()) != 0 {
		t.Error("a stranger's look had the node ask")
	}
	look(ana.ID)
	look(ana.ID)
	if ran := v.jobs(); !slices.Equal(ran, []string{jobPins}) {
		t.Errorf("ran %v", ran)
	}
	var got []string
	for _, s := range must(v.Store.Statuses(t.Context(), look(0))) {
		got = append(got, s.URI)
	}
	if !slices.Equal(got, []string{second.ID, first.ID}) {
		t.Errorf("pinned: %v", got)
	}
	v.Collections = collections{}
	check(t, v.runPins(t.Context(), storage.Job{Payload: storage.MarshalPayload(pinsJob{ben.ID})}))
	if len(look(0)) != 2 {
		t.Error("a server that is away lost its people's pins")
	}
}
