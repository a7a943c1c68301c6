package social

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Limits of the polls that are made here, which clients are told. Those of others are only bounded
// by what vocab reads.
const (
	// OptionsMax is more than Mastodon's 4, since there are more days in a week than that; what is
	// longer is a list and no choice.
	OptionsMax = 10
	// OptionCharactersMax is twice Mastodon's; longer ones do not fit on a telephone's screen.
	OptionCharactersMax = 100
	// PollLastsMin and PollLastsMax are Mastodon's; the latter is a mean month, a twelfth of a year.
	PollLastsMin = 5 * time.Minute
	PollLastsMax = 2629746 * time.Second
)

// NewPoll is a question with its options.
type NewPoll struct {
	Options    []string
	Lasts      time.Duration
	Multiple   bool // several options may be chosen
	HideTotals bool // nobody sees the counts before the end
}

// poll checks a poll that is to begin now. Faults are Unprocessable, in Mastodon's words.
func (n *NewPoll) poll(now time.Time) (*storage.Poll, error) {
	if n == nil {
		return nil, nil
	}
	wrong := func(format string, args ...any) (*storage.Poll, error) {
		return nil, fault.New(fault.Unprocessable, "Validation failed: Poll "+format, args...)
	}
	p := &storage.Poll{Multiple: n.Multiple, HideTotals: n.HideTotals, ExpiresAt: storage.At(now.Add(n.Lasts))}
	for _, text := range n.Options {
		title := markup.Line(text)
		if title == "" {
			continue
		}
		if slices.ContainsFunc(p.Options, func(o storage.Option) bool { return o.Title == title }) {
			return wrong("options contain duplicate items")
		}
		if utf8.RuneCountInString(title) > OptionCharactersMax {
			return wrong("options cannot be longer than %d characters each", OptionCharactersMax)
		}
		if len(p.Options) == OptionsMax {
			return wrong("options can't contain more than %d items", OptionsMax)
		}
		p.Options = append(p.Options, storage.Option{Title: title})
	}
	switch {
	case len(p.Options) < 2:
		return wrong("options must have more than one item")
	case n.Lasts <= 0:
		return wrong("expires at can't be blank")
	case n.Lasts < PollLastsMin:
		return wrong("expires at is too soon")
	case n.Lasts > PollLastsMax:
		return wrong("expires at is too far into the future")
	}
	return p, nil
}

// typeOf is the type of a post of ours.
func typeOf(p *storage.Poll) string {
	if p != nil {
		return "Question"
	}
	return "Note"
}

// samePoll tells whether an edit leaves a poll as it is.
func samePoll(before, after *storage.Poll) bool {
	if before == nil || after == nil {
		return before == after
	}
	return before.SameQuestion(*after) && before.HideTotals == after.HideTotals && before.ExpiresAt == after.ExpiresAt
}

// questionOf is how other servers see a poll of ours. They would show what they are told, so they
// are told nothing before the end of one whose counts are hidden.
func questionOf(p *storage.Poll, now time.Time) *vocab.Poll {
	if p == nil {
		return nil
	}
	question := &vocab.Poll{Multiple: p.Multiple, EndTime: p.ExpiresAt.Time(), Voters: int(p.Voters)}
	if p.Ended(now) {
		question.Closed = question.EndTime
	}
	for _, o := range p.Options {
		option := vocab.PollOption{Name: o.Title}
		if p.Ended(now) || !p.HideTotals {
			option.Votes = int(o.Votes)
		}
		question.Options = append(question.Options, option)
	}
	return question
}

// pollAt returns the poll of a post; nil if it asks nothing.
func pollAt(ctx context.Context, r storage.Reader, status int64) (*storage.Poll, error) {
	polls, err := r.Polls(ctx, []int64{status})
	if p, ok := polls[status]; ok && err == nil {
		return &p, nil
	}
	return nil, err
}

// asked returns a post that asks something, if viewer may see it, and its poll. It is NotFound
// otherwise.
func (s *Service) asked(ctx context.Context, viewer, id int64) (storage.Status, storage.Poll, error) {
	posted, err := s.Status(ctx, viewer, id)
	if err != nil {
		return posted, storage.Poll{}, err
	}
	p, err := pollAt(ctx, s.Store.Reader, id)
	if err == nil && p == nil {
		err = fault.New(fault.NotFound, "Record not found")
	}
	if err != nil {
		return posted, storage.Poll{}, err
	}
	return posted, *p, nil
}

// The refusals of votes, in Mastodon's words.
var (
	errPollEnded = fault.New(fault.Unprocessable, "Validation failed: The poll has already ended")
	errNoOption  = fault.New(fault.Unprocessable, "Validation failed: The chosen vote option does not exist")
	errSelfVote  = fault.New(fault.Unprocessable, "Validation failed: You cannot vote in your own polls")
	errVoted     = fault.New(fault.Unprocessable, "Validation failed: You have already voted on this poll")
)

// Vote chooses options of the poll of a post, by their places from 0, and returns the poll. No
// options are no vote. Faults: NotFound for what is no poll or not for the actor to see (A089),
// Unprocessable with a sentence for the voter, Conflict if the question was changed just now.
func (s *Service) Vote(ctx context.Context, actor storage.Account, id int64, choices []int) (p storage.Poll, err error) {
	posted, before, err := s.asked(ctx, actor.ID, id)
	if err != nil || len(choices) == 0 {
		return before, err
	}
	// What can be said without the lock is said before anything is made and signed.
	if err := mayVote(before, actor.ID, choices); err != nil {
		return before, err
	}
	votes, send, err := s.ballots(ctx, actor, posted, before, choices)
	if err != nil {
		return before, err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		locked, err := tx.LockPoll(ctx, id)
		if err != nil {
			return err
		}
		if !locked.SameQuestion(before) {
			return fault.New(fault.Conflict, "Validation failed: The poll has just been changed")
		}
		if err := s.cast(ctx, tx, locked, actor.ID, votes); err != nil {
			return err
		}
		if err := send(tx); err != nil {
			return err
		}
		if !posted.Local {
			if err := s.endLater(ctx, tx, id, locked); err != nil {
				return err
			}
		}
		polls, err := tx.Polls(ctx, []int64{id})
		p = polls[id]
		return err
	})
	return p, err
}

// mayVote tells why somebody may not vote so.
func mayVote(p storage.Poll, voter int64, choices []int) error {
	if p.Ended(time.Now()) {
		return errPollEnded
	}
	chosen := map[int]bool{}
	for _, c := range choices {
		if c < 0 || c >= len(p.Options) {
			return errNoOption
		}
		chosen[c] = true
	}
	if voter == p.AccountID {
		return errSelfVote
	}
	if len(chosen) < len(choices) || len(choices) > 1 && !p.Multiple {
		return errVoted
	}
	return nil
}

// ballots makes the votes of somebody of this node, and what sends them if they are counted
// elsewhere: each is an activity of its own (FEP-9967), to the author and nobody else.
func (s *Service) ballots(ctx context.Context, actor storage.Account, posted storage.Status, p storage.Poll, choices []int) (
	votes []storage.Vote, send func(*storage.Tx) error, err error,
) {
	author, err := s.Store.AccountByID(ctx, posted.AccountID)
	if err != nil {
		return nil, nil, err
	}
	var sending []func(context.Context, *storage.Tx) error
	for _, choice := range choices {
		vote := storage.Vote{Choice: choice}
		if !posted.Local {
			key, _ := s.Store.NewID()
			vote.URI = s.Paths.Activity(actor.Name, "vote-"+ids.Format(key))
			out, err := s.Sender.Prepare(ctx, actor, voteActivity(vote.URI, actor, author, posted, p.Options[choice].Title))
			if err != nil {
				return nil, nil, err
			}
			sending = append(sending, out.Send)
		}
		votes = append(votes, vote)
	}
	return votes, func(tx *storage.Tx) error {
		for _, one := range sending {
			if err := one(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func voteActivity(uri string, actor, author storage.Account, posted storage.Status, title string) vocab.Activity {
	note := vocab.Note{ID: uri, Type: "Note", AttributedTo: actor.URI, InReplyTo: posted.URI, Name: title, To: []string{author.URI}}
	return vocab.Activity{ID: uri + "/activity", Type: "Create", Actor: actor.URI, To: note.To,
		Object: &vocab.Object{ID: uri, Type: note.Type, Note: &note, AttributedTo: actor.URI}}
}

// cast adds votes of anybody to a poll that is locked, each once (A118), and has the counts told if
// they are counted here and no secret.
func (s *Service) cast(ctx context.Context, tx *storage.Tx, p storage.Poll, voter int64, votes []storage.Vote) error {
	choices := make([]int, len(votes))
	for i, v := range votes {
		choices[i] = v.Choice
	}
	if err := mayVote(p, voter, choices); err != nil {
		return err
	}
	err := tx.PutVotes(ctx, p, voter, votes)
	if fault.Is(err, fault.Conflict) {
		return errVoted
	}
	if err != nil || p.CountedAt != 0 || p.HideTotals {
		return err
	}
	return s.tellLater(ctx, tx, p.StatusID)
}
