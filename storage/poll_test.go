package storage

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/fault"
)

// asks makes a post with a poll.
func (v village) asks(author Account, p Poll, options ...string) Status {
	v.t.Helper()
	for _, title := range options {
		p.Options = append(p.Options, Option{Title: title})
	}
	return v.post(author, VisibilityPublic, func(n *NewStatus) { n.Type, n.Poll = "Question", &p })
}

// votes has somebody choose, as the caller of PutVotes does.
func (v village) votes(voter Account, status Status, choices ...int) error {
	return v.s.Tx(v.t.Context(), func(tx *Tx) error {
		p, err := tx.LockPoll(v.t.Context(), status.ID)
		if err != nil {
			return err
		}
		var votes []Vote
		for _, c := range choices {
			votes = append(votes, Vote{Choice: c})
		}
		return tx.PutVotes(v.t.Context(), p, voter.ID, votes)
	})
}

func (v village) poll(s Status) Poll {
	v.t.Helper()
	return must(v.s.Polls(v.t.Context(), []int64{s.ID}))[s.ID]
}

// Somebody would vote twice, or what they chose be lost.
func TestVotesAreOneForEachOptionAndActorA118(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo, cy := v.local("ana"), v.local("bo"), v.remote("cy", "orchard.example")
		one := v.asks(ana, Poll{}, "tea", "maté")
		many := v.asks(ana, Poll{Multiple: true}, "a", "b", "c")
		for _, c := range []struct {
			name    string
			voter   Account
			in      Status
			choices []int
			again   bool
		}{
			{"first", bo, one, []int{1}, false}, {"again", bo, one, []int{1}, true}, {"another", bo, one, []int{0}, true},
			{"two at once", cy, one, []int{0, 1}, true}, {"one of them", cy, one, []int{1}, false},
			{"two of many", bo, many, []int{0, 2}, false}, {"one more", bo, many, []int{1}, false}, {"one again", bo, many, []int{2}, true},
			{"twice at once", cy, many, []int{1, 1}, true}, {"nothing", cy, many, nil, false}, {"from elsewhere", cy, many, []int{1}, false},
		} {
			if err := v.votes(c.voter, c.in, c.choices...); c.again != fault.Is(err, fault.Conflict) || !c.again && err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if diff := cmp.Diff(Options{{"tea", 0}, {"maté", 2}}, v.poll(one).Options); diff != "" || v.poll(one).Voters != 2 {
			t.Errorf("%d voters, %s", v.poll(one).Voters, diff)
		}
		if diff := cmp.Diff(Options{{"a", 1}, {"b", 2}, {"c", 1}}, v.poll(many).Options); diff != "" || v.poll(many).Voters != 2 {
			t.Errorf("%d voters, %s", v.poll(many).Voters, diff)
		}
		own := must(s.VotesOf(ctx, bo.ID, []int64{one.ID, many.ID}))
		if len(own[one.ID]) != 1 || own[one.ID][0].Choice != 1 || len(own[many.ID]) != 3 || own[many.ID][2].Choice != 2 {
			t.Errorf("bo's votes: %+v", own)
		}
		if got := must(s.VotesOf(ctx, 0, []int64{one.ID})); len(got) != 0 {
			t.Errorf("a stranger's votes: %+v", got)
		}
		if got := v.poll(one); got.AccountID != ana.ID {
			t.Errorf("the author is %d", got.AccountID)
		}
	})
}

// Votes that come at once would overwrite each other's counts.
func TestVotesAtOnceAreAllCounted(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		v := village{t, s}
		poll := v.asks(v.local("ana"), Poll{}, "tea", "maté")
		var voting sync.WaitGroup
		for i := range 12 {
			voter := v.local("voter" + string(rune('a'+i)))
			for _, store := range []*Store{s, other} { // each of them twice, at two processes
				voting.Go(func() {
					if err := (village{t, store}).votes(voter, poll, i%2); err != nil && !fault.Is(err, fault.Conflict) {
						t.Error(err)
					}
				})
			}
		}
		voting.Wait()
		if p := v.poll(poll); p.Voters != 12 || p.Options[0].Votes != 6 || p.Options[1].Votes != 6 {
			t.Errorf("%+v", p)
		}
	})
}

// A rendered post would stay what it was, counts of another server be made up here, or counts of
// this node be lost when a post is edited.
func TestPollsKeepWhatIsCountedWhereItIsCounted(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo, cy := v.local("ana"), v.local("bo"), v.remote("cy", "orchard.example")
		put := func(status Status, p Poll) { s.do(t, func(tx *Tx) error { return tx.PutPoll(ctx, status.ID, p) }) }
		told := func(n int) bool {
			return len(must(s.Notifications(ctx, ana.ID, NotificationFilter{Types: []string{NotifyPoll}}, Page{}))) == n
		}
		here, there := v.asks(ana, Poll{ExpiresAt: 5}, "a", "b"), v.asks(cy, Poll{CountedAt: 1}, "a", "b")
		for _, status := range []Status{here, there} {
			before := v.status(status).Version
			mustDo(t, v.votes(bo, status, 1))
			if grown := v.status(status).Version > before; grown != status.Local {
				t.Errorf("the version grew: %t", grown)
			}
		}
		if p := v.poll(there); p.Voters != 0 || p.Options[1].Votes != 0 {
			t.Errorf("counted here: %+v", p)
		}
		put(there, Poll{Options: Options{{"a", 7}, {"b", 8}}, Voters: 15, CountedAt: 2})
		if p := v.poll(there); p.Voters != 15 || p.Options[1].Votes != 8 || p.CountedAt != 2 {
			t.Errorf("told by its author: %+v", p)
		}
		put(here, Poll{Options: Options{{"a", 0}, {"b", 0}}, HideTotals: true, ExpiresAt: 9})
		if p := v.poll(here); p.Voters != 1 || p.Options[1].Votes != 1 || !p.HideTotals || p.ExpiresAt != 9 {
			t.Errorf("the same question: %+v", p)
		}
		s.do(t, func(tx *Tx) error {
			_, _, err := tx.CreateNotification(ctx, Notification{AccountID: ana.ID, Type: NotifyPoll, FromID: ana.ID, StatusID: here.ID})
			return err
		})
		if !told(1) {
			t.Error("nobody is told of the end of their own poll")
		}
		put(here, Poll{Options: Options{{"a", 0}, {"c", 0}}})
		if p, own := v.poll(here), must(s.VotesOf(ctx, bo.ID, []int64{here.ID})); p.Voters != 0 || p.Options[1].Votes != 0 || len(own) != 0 || !told(0) {
			t.Errorf("another question: %+v, votes %+v", p, own)
		}
		mustDo(t, v.votes(bo, here, 0))
		s.do(t, func(tx *Tx) error { _, err := tx.EditStatus(ctx, Edit{StatusID: here.ID, Content: "x"}); return err })
		if got := must(s.Polls(ctx, []int64{here.ID})); len(got) != 0 {
			t.Errorf("an edit without a poll left %+v", got)
		}
	})
}

// A server with many voters would be told of every count many times, its people of the end never.
func TestVotersAreFoundOncePerServer(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		poll := v.asks(ana, Poll{Multiple: true}, "a", "b")
		bo, cy := v.local("bo"), v.local("cy")
		far, same, hidden := v.remote("x", "orchard.example"), v.remote("y", "orchard.example"), v.remote("z", "pond.example")
		foe := v.remote("foe", "mire.example")
		for _, voter := range []Account{bo, cy, far, same, hidden, foe} {
			mustDo(t, v.votes(voter, poll, 0, 1))
		}
		s.do(t, func(tx *Tx) error {
			if _, err := tx.PutBlock(ctx, ana.ID, foe.ID, ""); err != nil {
				return err
			}
			return tx.SetSuspended(ctx, hidden.ID, true)
		})
		if got := must(s.VotersElsewhere(ctx, ana.ID, poll.ID, 10)); !slices.Equal(got, []int64{min(far.ID, same.ID)}) {
			t.Errorf("elsewhere: %v", got)
		}
		if got := must(s.VotersHere(ctx, poll.ID, 0, 10)); !slices.Equal(got, []int64{bo.ID, cy.ID}) {
			t.Errorf("here: %v", got)
		}
		if got := must(s.VotersHere(ctx, poll.ID, bo.ID, 1)); !slices.Equal(got, []int64{cy.ID}) {
			t.Errorf("after bo: %v", got)
		}
		s.do(t, func(tx *Tx) error { return tx.MarkDeleted(ctx, bo.ID) })
		if own := must(s.VotesOf(ctx, bo.ID, []int64{poll.ID})); len(own) != 0 || v.poll(poll).Voters != 6 {
			t.Errorf("after bo was deleted: %+v, %+v", own, v.poll(poll))
		}
	})
}

// Every reader of a poll would make a request to its author's server.
func TestAPollIsAskedForOnceAMinute(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		poll := v.asks(v.remote("cy", "orchard.example"), Poll{CountedAt: 1}, "a", "b")
		for i, want := range []bool{true, false} {
			s.do(t, func(tx *Tx) error {
				got, err := tx.ClaimPoll(ctx, poll.ID, time.Now().Add(-time.Minute))
				if got != want {
					t.Errorf("claim %d: %t", i, got)
				}
				return err
			})
		}
		s.do(t, func(tx *Tx) error {
			got, err := tx.ClaimPoll(ctx, poll.ID, time.Now().Add(time.Minute))
			if !got {
				t.Error("never again")
			}
			return err
		})
	})
}

// Work would be done at its old time, or twice.
func TestRescheduleMovesTheOneJob(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for _, at := range []Millis{Now() + 50_000, Now() + 90_000, Now() + 10_000, Now() - 1} {
			s.do(t, func(tx *Tx) error {
				return tx.Reschedule(ctx, Job{Queue: "work", Lane: "end 1", Kind: "end", Payload: []byte("{}"), RunAt: at})
			})
			if next, ok, err := s.NextLane(ctx, "work"); err != nil || !ok || At(next) != at {
				t.Errorf("due at %d (%t, %v), want %d", At(next), ok, err, at)
			}
		}
		lanes := must(s.ClaimLanes(ctx, "work", 10))
		if len(lanes) != 1 || len(lanes[0].Jobs) != 1 {
			t.Errorf("claimed %+v", lanes)
		}
	})
}

func mustDo(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
