package social

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// ask posts a poll that lasts an hour.
func (v village) ask(author storage.Account, change func(*NewPost), options ...string) storage.Status {
	v.t.Helper()
	p := NewPost{Text: "which?", Poll: &NewPoll{Options: options, Lasts: time.Hour}}
	if change != nil {
		change(&p)
	}
	return must(v.Post(v.t.Context(), author, p))
}

// end puts the end of a poll into the past, where the clock cannot be moved.
func (v village) end(asked storage.Status) {
	v.t.Helper()
	p := v.poll(asked.URI)
	p.ExpiresAt = storage.At(time.Now().Add(-2 * endsElsewhere))
	v.do(func(tx *storage.Tx) error { return tx.PutPoll(v.t.Context(), asked.ID, p) })
}

func (v village) poll(uri string) storage.Poll {
	v.t.Helper()
	s, _ := v.status(uri)
	return must(v.Store.Polls(v.t.Context(), []int64{s.ID}))[s.ID]
}

// counted compares the counts of a poll, voters first.
func (v village) counted(uri string, voters int64, votes ...int64) {
	v.t.Helper()
	p := v.poll(uri)
	var got []int64
	for _, o := range p.Options {
		got = append(got, o.Votes)
	}
	if p.Voters != voters || !slices.Equal(got, votes) {
		v.t.Errorf("%d voters chose %v; want %d, %v", p.Voters, got, voters, votes)
	}
}

func (v village) votes(voter storage.Account, uri string, choices ...int) error {
	v.t.Helper()
	s, _ := v.status(uri)
	_, err := v.Vote(v.t.Context(), voter, s.ID, choices)
	return err
}

// run does a job of polls, as if it were due.
func (v village) run(kind string, s storage.Status) {
	v.t.Helper()
	check(v.t, v.Jobs()[kind](v.t.Context(), storage.Job{Payload: storage.MarshalPayload(pollJob{s.ID})}))
}

// waiting returns how many jobs wait, be it for a later time.
func (v village) waiting() (jobs int64) {
	v.t.Helper()
	for _, d := range must(v.Store.QueueDepths(v.t.Context())) {
		if d.Queue == QueueWork {
			jobs += d.Jobs
		}
	}
	return jobs
}

// ballotOf is a vote as other servers send it.
func ballotOf(voter storage.Account, asked string, name string, n int) vocab.Activity {
	o := note(voter, fmt.Sprintf("vote%d", n), "", func(n *vocab.Note) { n.Name, n.InReplyTo, n.To, n.Cc = name, asked, nil, nil })
	return create(o)
}

// Other servers would show no poll, or the counts of one whose counts are secret.
func TestAPollIsAQuestionToOthers(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, dan, ben := v.local("ana"), v.local("dan"), v.remote("ben", "orchard.example")
		v.follow(ben, ana)
		for _, c := range []struct{ multiple, hidden bool }{{false, false}, {true, false}, {false, true}} {
			asked := v.ask(ana, func(p *NewPost) { p.Poll.Multiple, p.Poll.HideTotals = c.multiple, c.hidden }, "tea", " ", "ma  té")
			if asked.Type != "Question" {
				t.Fatalf("a %s", asked.Type)
			}
			read := func(want string, votes int, closed bool) {
				t.Helper()
				p := v.sentTo(want + " orchard.example/inbox")[0]
				end := v.poll(asked.URI).ExpiresAt.Time()
				poll := &vocab.Poll{Multiple: c.multiple, EndTime: end, Voters: votes, Options: []vocab.PollOption{{Name: "tea"}, {Name: "ma té", Votes: votes}}}
				if c.hidden && !closed {
					poll.Options[1].Votes = 0
				}
				if closed {
					poll.Closed = end
				}
				if diff := cmp.Diff(poll, p.Object.Note.Poll); diff != "" {
					t.Errorf("%+v: %s", c, diff)
				}
				if want == "Update" && p.Object.Note.Updated.IsZero() {
					t.Error("counts as of when?")
				}
			}
			read("Create", 0, false)
			check(t, v.votes(dan, asked.URI, 1))
			v.run(jobTellCounts, asked)
			read("Update", 1, false)
			v.end(asked)
			v.run(jobEndPoll, asked)
			read("Update", 1, true)
			if s, _ := v.status(asked.URI); s.EditedAt != 0 {
				t.Error("counting is no edit")
			}
		}
	})
}

// Polls would be made that no client can show and no server takes.
func TestPollsThatCannotBeAreRefused(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana := v.local("ana")
	many := strings.Split("a b c d e f g h i j k", " ")
	for says, p := range map[string]NewPoll{
		"options must have more than one item":              {Options: []string{"a", " "}, Lasts: time.Hour},
		"options can't contain more than 10 items":          {Options: many, Lasts: time.Hour},
		"options cannot be longer than 100 characters each": {Options: []string{"a", strings.Repeat("é", OptionCharactersMax+1)}, Lasts: time.Hour},
		"options contain duplicate items":                   {Options: []string{"a", "a "}, Lasts: time.Hour},
		"expires at can't be blank":                         {Options: many[:2]},
		"expires at is too soon":                            {Options: many[:2], Lasts: PollLastsMin - 1},
		"expires at is too far into the future":             {Options: many[:2], Lasts: PollLastsMax + 1},
		"":                                                  {Options: many[:OptionsMax], Lasts: PollLastsMax},
	} {
		_, err := v.Post(t.Context(), ana, NewPost{Text: "which?", Poll: &p})
		if says != "" {
			says = "Validation failed: Poll " + says
		}
		if says == "" && err != nil || says != "" && (!fault.Is(err, fault.Unprocessable) || fault.DetailOf(err) != says) {
			t.Errorf("%v: %v, want %q", p, err, says)
		}
	}
	_, err := v.Post(t.Context(), ana, NewPost{Text: " ", Poll: &NewPoll{Options: many[:2], Lasts: time.Hour}})
	fails(t, err, fault.Unprocessable)
	longest := v.ask(ana, func(p *NewPost) { p.Poll.Lasts = PollLastsMin }, "a", strings.Repeat("é", OptionCharactersMax))
	v.counted(longest.URI, 0, 0, 0)
}

// A vote would be a post for all to read, reach others than the author, or count twice.
func TestVotesTravelToTheAuthorAloneAndCountOnceA118(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		far := newVillage(t, "orchard.example")
		ana, ben := v.local("ana"), far.local("ben")
		anaThere, benHere := far.remote("ana", "harbor.example"), v.remote("ben", "orchard.example")
		v.remote("zoe", "pond.example")
		zoe := far.remote("zoe", "pond.example")
		far.follow(zoe, ben)
		far.follow(ben, anaThere)
		v.follow(benHere, ana)
		one := v.ask(ana, nil, "tea", "maté")
		many := v.ask(ana, func(p *NewPost) { p.Poll.Multiple = true; p.Visibility = storage.VisibilityPrivate }, "a", "b", "c")
		v.carry(far, false)
		check(t, far.votes(ben, one.URI, 1))
		check(t, far.votes(ben, many.URI, 2, 0))
		far.counted(one.URI, 0, 0, 0) // until the author says so
		far.counted(many.URI, 0, 0, 0, 0)
		if err := far.votes(ben, one.URI, 0); err != errVoted {
			t.Errorf("a second vote: %v", err)
		}
		far.carry(v, true)
		v.counted(one.URI, 1, 0, 1)
		v.counted(many.URI, 1, 1, 0, 1)
		v.wasTold(ana)
		v.counts(one.URI, 0, 0, 0)
		if posts := must(v.Store.StatusIDsOf(t.Context(), benHere.ID, 0, 10)); len(posts) != 0 {
			t.Errorf("votes became the posts %v", posts)
		}
		check(t, far.votes(ben, many.URI, 1))
		sent := far.sentTo("Create harbor.example/inbox")
		n := sent[0].Object.Note
		if !slices.Equal(n.To, []string{ana.URI}) || len(n.Cc)+len(sent[0].Cc) != 0 || !slices.Equal(sent[0].To, n.To) ||
			n.Name != "b" || n.Content != "" || n.InReplyTo != many.URI || n.AttributedTo != ben.URI || n.Type != "Note" {
			t.Errorf("the vote is %+v", n)
		}
		v.run(jobTellCounts, one)
		v.run(jobTellCounts, many)
		v.carry(far, true)
		far.counted(one.URI, 1, 0, 1)
		far.counted(many.URI, 1, 1, 0, 1)
		if s, _ := far.status(one.URI); s.EditedAt != 0 {
			t.Error("new counts are no edit")
		}
	})
}

// Anybody could decide a poll.
func TestForgedLateAndUnknownVotesChangeNothingA118(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, dan, ben, eve := v.local("ana"), v.local("dan"), v.remote("ben", "orchard.example"), v.remote("eve", "pond.example")
		one := v.ask(ana, nil, "tea", "maté")
		closed := v.ask(ana, nil, "tea", "maté")
		secret := v.ask(ana, func(p *NewPost) { p.Visibility = storage.VisibilityPrivate }, "tea", "maté")
		plain := v.say(ana, "no poll", "public", 0)
		v.end(closed)
		v.receive(ben, ballotOf(ben, one.URI, "tea", 1))
		for i, a := range []vocab.Activity{
			ballotOf(ben, one.URI, "tea", 2), ballotOf(ben, one.URI, "maté", 3), // twice, and the other one
			ballotOf(eve, one.URI, "coffee", 4), ballotOf(eve, one.URI, "Tea", 5), ballotOf(eve, one.URI, "0", 6),
			ballotOf(eve, closed.URI, "tea", 7), ballotOf(eve, secret.URI, "tea", 8), ballotOf(eve, plain.URI, "tea", 9),
			ballotOf(eve, one.URI+"0", "tea", 10), ballotOf(eve, one.URI+"/activity", "tea", 11),
			ballotOf(ben, one.URI, "maté", 12), // sent by eve
		} {
			from := ben
			if i > 1 {
				from = eve
			}
			v.receiveIn(federation.In{Activity: &a, Actor: from, Recipient: ana.ID})
			v.isThere(a.Object.ID, false)
		}
		update := ballotOf(eve, one.URI, "tea", 13)
		update.Type = "Update"
		v.receive(eve, update)
		v.counted(one.URI, 1, 1, 0)
		for _, p := range []storage.Status{closed, secret} {
			v.counted(p.URI, 0, 0, 0)
		}
		v.wasTold(ana)
		v.counts(one.URI, 0, 0, 0)
		v.counts(plain.URI, 0, 0, 0)
		v.receive(eve, ballotOf(eve, one.URI, "maté", 14))
		check(t, v.votes(dan, one.URI, 1))
		v.counted(one.URI, 3, 1, 2)
	})
}

// People could vote for themselves, after the end or without being asked, and apps would not know
// why it does not work.
func TestVotesThatCannotBeAreRefusedInMastodonsWordsA118(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, dan, eve := v.local("ana"), v.local("dan"), v.local("eve")
	one := v.ask(ana, nil, "tea", "maté")
	many := v.ask(ana, func(p *NewPost) { p.Poll.Multiple = true }, "a", "b", "c")
	closed := v.ask(ana, nil, "tea", "maté")
	secret := v.ask(ana, func(p *NewPost) { p.Visibility = storage.VisibilityDirect }, "tea", "maté")
	v.end(closed)
	check(t, v.votes(dan, one.URI, 0))
	check(t, v.votes(dan, many.URI, 0))
	for _, c := range []struct {
		who     storage.Account
		in      storage.Status
		choices []int
		says    string
	}{
		{dan, one, []int{0}, "You have already voted on this poll"}, {dan, one, []int{1}, "You have already voted on this poll"},
		{eve, one, []int{0, 1}, "You have already voted on this poll"}, {eve, many, []int{1, 1}, "You have already voted on this poll"},
		{dan, many, []int{1, 0}, "You have already voted on this poll"}, {eve, closed, []int{0}, "The poll has already ended"},
		{eve, one, []int{2}, "The chosen vote option does not exist"}, {eve, many, []int{0, -1}, "The chosen vote option does not exist"},
		{ana, one, []int{0}, "You cannot vote in your own polls"},
	} {
		if err := v.votes(c.who, c.in.URI, c.choices...); !fault.Is(err, fault.Unprocessable) || fault.DetailOf(err) != "Validation failed: "+c.says {
			t.Errorf("%s chooses %v: %v, want %q", c.who.Name, c.choices, err, c.says)
		}
	}
	for _, s := range []storage.Status{secret, v.say(ana, "no poll", "public", 0)} {
		fails(t, v.votes(eve, s.URI, 0), fault.NotFound)
	}
	check(t, v.votes(eve, one.URI))
	v.counted(one.URI, 1, 1, 0)
	v.counted(many.URI, 1, 1, 0, 0)
	v.counted(closed.URI, 0, 0, 0)
}

// Every vote would be hundreds of deliveries, or the last ones be never told.
func TestCountsAreToldOnceForManyVotes(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, fan := v.local("ana"), v.remote("fan", "meadow.example")
		v.follow(fan, ana)
		one := v.ask(ana, nil, "tea", "maté")
		hidden := v.ask(ana, func(p *NewPost) { p.Poll.HideTotals = true }, "tea", "maté")
		v.sentTo("Create meadow.example/inbox", "Create meadow.example/inbox")
		before := v.waiting() // for the ends
		var voters []storage.Account
		for i, host := range []string{"orchard.example", "orchard.example", "pond.example"} {
			voter := v.remote(fmt.Sprintf("v%d", i), host)
			voters = append(voters, voter)
			v.receive(voter, ballotOf(voter, one.URI, "tea", 1))
			v.receive(voter, ballotOf(voter, hidden.URI, "tea", 2))
		}
		if got := v.waiting() - before; got != 1 {
			t.Errorf("%d jobs for three votes", got)
		}
		v.sentTo()
		v.run(jobTellCounts, one)
		for _, p := range v.sentTo("Update meadow.example/inbox", "Update orchard.example/users/"+voters[0].Name+"/inbox", "Update pond.example/users/v2/inbox") {
			if p.Object.Note.Poll.Options[0].Votes != 3 || p.Object.Type != "Question" {
				t.Errorf("told %+v", p.Object.Note.Poll)
			}
		}
	})
}

// lateSender votes while the counts are being prepared.
type lateSender struct {
	Sender
	meanwhile func()
}

func (l *lateSender) Prepare(ctx context.Context, from storage.Account, a vocab.Activity, also ...string) (*federation.Outgoing, error) {
	if do := l.meanwhile; do != nil {
		l.meanwhile = nil
		do()
	}
	return l.Sender.Prepare(ctx, from, a, also...)
}

// A vote or an edit that comes while the counts are being told would be lost to other servers.
func TestWhatHappensWhileCountsAreToldIsToldLater(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, dan, fan := v.local("ana"), v.local("dan"), v.remote("fan", "meadow.example")
		v.follow(fan, ana)
		one := v.ask(ana, nil, "tea", "maté")
		late := &lateSender{Sender: v.Sender}
		v.Sender = late
		jobs := v.waiting()
		late.meanwhile = func() { check(t, v.votes(dan, one.URI, 0)) }
		v.run(jobTellCounts, one)
		if got := v.waiting() - jobs; got != 1 {
			t.Errorf("%d jobs wait to tell the vote", got)
		}
		v.sent()
		late.meanwhile = func() {
			_, err := v.Edit(t.Context(), ana, one.ID, Changes{Text: "and now?", Poll: &NewPoll{Options: []string{"tea", "maté"}, Lasts: time.Hour}})
			check(t, err)
		}
		v.run(jobTellCounts, one)
		for _, p := range v.sent() {
			if p.Object.Note.Content != "<p>and now?</p>" {
				t.Errorf("the edit is taken back by %q", p.Object.Note.Content)
			}
		}
	})
}

// Nobody would hear of the end of a poll.
func TestTheEndIsToldToAuthorAndVotersOnce(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, dan, eve, ben := v.local("ana"), v.local("dan"), v.local("eve"), v.remote("ben", "orchard.example")
		one := v.ask(ana, nil, "tea", "maté")
		v.follow(dan, ben)
		theirs := note(ben, "1", "<p>?</p>", func(n *vocab.Note) {
			n.Type = "Question"
			n.Poll = &vocab.Poll{Options: []vocab.PollOption{{Name: "yes"}, {Name: "no"}}, EndTime: time.Now().Add(time.Hour)}
		})
		v.receive(ben, create(theirs))
		far, _ := v.status(theirs.ID)
		for _, asked := range []storage.Status{one, far} {
			check(t, v.votes(dan, asked.URI, 0))
			v.run(jobEndPoll, asked) // of an end that was put off
		}
		v.wasTold(dan)
		final := *theirs.Note
		final.Poll = &vocab.Poll{Options: []vocab.PollOption{{Name: "yes", Votes: 8}, {Name: "no"}}, EndTime: time.Now().Add(-time.Hour), Voters: 8}
		v.world.objects[theirs.ID] = &vocab.Object{ID: theirs.ID, Type: "Question", AttributedTo: ben.URI, Note: &final}
		for range 2 {
			for _, asked := range []storage.Status{one, far} {
				v.end(asked)
				v.run(jobEndPoll, asked)
			}
		}
		v.wasTold(ana, storage.NotifyPoll)
		v.wasTold(dan, storage.NotifyPoll, storage.NotifyPoll)
		v.wasTold(eve)
		v.counted(far.URI, 8, 8, 0)
		v.counted(one.URI, 1, 1, 0)
	})
}

// Counts of other servers would stay old, be asked for by strangers, or come from somebody else.
func TestOldCountsAreAskedForAtTheOriginA118(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, ben, eve := v.local("ana"), v.remote("ben", "orchard.example"), v.remote("eve", "orchard.example")
		v.follow(ana, ben)
		question := func(author storage.Account, yes int) *vocab.Object {
			o := note(author, "1", "<p>?</p>", func(n *vocab.Note) {
				n.Type = "Question"
				n.Poll = &vocab.Poll{Options: []vocab.PollOption{{Name: "yes", Votes: yes}, {Name: "no"}}, EndTime: time.Now().Add(time.Hour), Voters: yes}
			})
			return o
		}
		v.receive(ben, create(question(ben, 1)))
		asked, _ := v.status(question(ben, 0).ID)
		age := func() {
			p := v.poll(asked.URI)
			p.CountedAt = storage.At(time.Now().Add(-2 * countsFresh))
			v.do(func(tx *storage.Tx) error { return tx.PutPoll(t.Context(), asked.ID, p) })
		}
		look := func(viewer storage.Account, want int64) {
			t.Helper()
			if p := must(v.Poll(t.Context(), viewer, asked.ID)); p.Options[0].Votes != want {
				t.Errorf("%d votes, want %d", p.Options[0].Votes, want)
			}
		}
		v.world.objects[asked.URI] = question(ben, 7)
		look(ana, 1) // fresh
		age()
		look(storage.Account{}, 1)
		look(ana, 7)
		age()
		v.world.objects[asked.URI] = question(ben, 9)
		look(ana, 7) // asked less than a minute ago
		forged := question(eve, 99)
		forged.ID, forged.Note.ID = asked.URI, asked.URI
		v.world.objects[asked.URI] = forged
		if err := v.askCounts(t.Context(), asked); !fault.Is(err, fault.Forbidden) {
			t.Errorf("somebody else's counts: %v", err)
		}
		v.world.objects[asked.URI] = nil
		fails(t, v.askCounts(t.Context(), asked), fault.Gone)
		v.counted(asked.URI, 7, 7, 0)
	})
}

// Votes for one thing would count for another, or get lost when a word is corrected.
func TestAnotherQuestionBeginsWithoutVotesA118(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		far := newVillage(t, "orchard.example")
		ana, ben := v.local("ana"), far.local("ben")
		anaThere := far.remote("ana", "harbor.example")
		benHere := v.remote("ben", "orchard.example")
		far.follow(ben, anaThere)
		v.follow(benHere, ana)
		asked := v.ask(ana, nil, "tea", "maté")
		v.carry(far, false)
		check(t, far.votes(ben, asked.URI, 0))
		far.carry(v, false)
		edit := func(text string, p *NewPoll) {
			t.Helper()
			_, err := v.Edit(t.Context(), ana, asked.ID, Changes{Text: text, Poll: p})
			check(t, err)
			v.carry(far, true)
		}
		edit("Which, please?", &NewPoll{Options: []string{"tea", "maté"}, Lasts: 2 * time.Hour})
		v.counted(asked.URI, 1, 1, 0)
		far.counted(asked.URI, 1, 1, 0)
		if here, there := v.poll(asked.URI), far.poll(asked.URI); here.ExpiresAt != there.ExpiresAt {
			t.Errorf("it ends at %d and %d", here.ExpiresAt, there.ExpiresAt)
		}
		edit("Which, please?", &NewPoll{Options: []string{"coffee", "maté"}, Lasts: 2 * time.Hour})
		v.counted(asked.URI, 0, 0, 0)
		far.counted(asked.URI, 0, 0, 0)
		check(t, far.votes(ben, asked.URI, 0)) // anew
		far.carry(v, false)
		v.counted(asked.URI, 1, 1, 0)
		edit("Never mind.", nil)
		for _, node := range []village{v, far} {
			if s, _ := node.status(asked.URI); s.Type != "Note" || len(node.poll(asked.URI).Options) != 0 {
				t.Errorf("%s has the %s %+v", node.host, s.Type, node.poll(asked.URI))
			}
		}
		edit("After all?", &NewPoll{Options: []string{"a", "b"}, Lasts: time.Hour})
		far.counted(asked.URI, 0, 0, 0)
	})
}

// A poll would be open for ever, or over before it began; a vote would name what nobody offered.
func TestPollsOfOthersAreKeptAsTheyAre(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben := v.local("ana"), v.remote("ben", "orchard.example")
	v.follow(ana, ben)
	soon, late := time.Now().Add(time.Minute).Truncate(time.Millisecond), time.Now().Add(time.Hour).Truncate(time.Millisecond)
	for i, c := range []struct{ end, closed, want time.Time }{{late, time.Time{}, late}, {time.Time{}, soon, soon}, {late, soon, soon}, {soon, late, soon}, {}} {
		o := note(ben, fmt.Sprint(i), "<p>?</p>", func(n *vocab.Note) {
			n.Type, n.Published, n.Updated = "Question", time.Now().Add(-time.Hour), time.Now().Add(-time.Minute)
			n.Poll = &vocab.Poll{Options: []vocab.PollOption{{Name: " two  spaces\u202e"}, {Name: "no"}}, EndTime: c.end, Closed: c.closed}
		})
		v.receive(ben, create(o))
		if got := v.poll(o.ID).ExpiresAt; got != storage.At(c.want) {
			t.Errorf("%d: it ends at %v, want %v", i, got.Time(), c.want)
		}
		if s, _ := v.status(o.ID); s.EditedAt != 0 {
			t.Error("a poll that was counted seems edited")
		}
		check(t, v.votes(ana, o.ID, 0))
		if p := v.sentTo("Create orchard.example/inbox"); p[0].Object.Note.Name != " two  spaces\u202e" {
			t.Errorf("the vote names %q", p[0].Object.Note.Name)
		}
	}
}

// A request that is repeated would ask twice.
func TestAPollIsMadeOnceForAKey(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana := v.local("ana")
	key := func(p *NewPost) { p.IdempotencyKey = "k" }
	if a, b := v.ask(ana, key, "a", "b"), v.ask(ana, key, "a", "b"); a.ID != b.ID || v.waiting() != 1 {
		t.Errorf("posts %d and %d, %d jobs", a.ID, b.ID, v.waiting())
	}
}

// endNow lets the job at the end of a poll be due.
func (v village) endNow(asked storage.Status) {
	v.t.Helper()
	v.end(asked)
	p := v.poll(asked.URI)
	v.do(func(tx *storage.Tx) error { return v.endLater(v.t.Context(), tx, asked.ID, p) })
}

// next is when the next job is due.
func (v village) next() storage.Millis {
	v.t.Helper()
	at, _, err := v.Store.NextLane(v.t.Context(), QueueWork)
	check(v.t, err)
	return storage.At(at)
}

// Every vote, and every word of another server about the end, would leave a job for years.
func TestOneJobWaitsForTheEnd(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, dan, ben := v.local("ana"), v.local("dan"), v.remote("ben", "orchard.example")
		v.follow(ana, ben)
		question := func(hours int) *vocab.Object {
			return note(ben, "1", "<p>?</p>", func(n *vocab.Note) {
				n.Type = "Question"
				n.Poll = &vocab.Poll{Multiple: true, Options: []vocab.PollOption{{Name: "yes"}, {Name: "no"}},
					EndTime: time.Now().Add(time.Duration(hours) * time.Hour)}
			})
		}
		v.receive(ben, create(question(5)))
		uri := question(0).ID
		if v.waiting() != 0 {
			t.Error("a job for a poll that nobody here voted in")
		}
		for i, voter := range []storage.Account{ana, dan, ana} {
			check(t, v.votes(voter, uri, i/2))
		}
		for i, hours := range []int{9, 1, 7} {
			v.receive(ben, vocab.Activity{ID: fmt.Sprint(ben.URI, "#u", i), Type: "Update", Object: question(hours)})
		}
		want := storage.At(v.poll(uri).ExpiresAt.Time().Add(endsElsewhere))
		if got := v.next(); v.waiting() != 1 || got != want {
			t.Errorf("%d jobs, the next at %s, want %s", v.waiting(), got.Time(), want.Time())
		}
	})
}

// A poll that is put off at its very end would end without a word.
func TestAnEndThatIsPutOffIsToldThen(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana := v.local("ana")
		one := v.ask(ana, nil, "tea", "maté")
		late := &lateSender{Sender: v.Sender}
		v.Sender = late
		later := func() {
			_, err := v.Edit(t.Context(), ana, one.ID, Changes{Text: "and now?", Poll: &NewPoll{Options: []string{"tea", "maté"}, Lasts: time.Hour}})
			check(t, err)
		}
		v.endNow(one)
		late.meanwhile = later
		if ran := v.jobs(); !slices.Equal(ran, []string{jobEndPoll}) {
			t.Fatalf("ran %v", ran)
		}
		p := v.poll(one.URI)
		if p.Ended(time.Now()) || v.waiting() != 2 || v.next() <= storage.Now() { // for the counts, and the end
			t.Errorf("%d jobs, the next at %s, the end at %s", v.waiting(), v.next().Time(), p.ExpiresAt.Time())
		}
		v.endNow(one)
		if ran := v.jobs(); !slices.Equal(ran, []string{jobEndPoll}) || len(v.jobs()) != 0 {
			t.Errorf("ran %v", ran)
		}
		v.wasTold(ana, storage.NotifyPoll)
	})
}
