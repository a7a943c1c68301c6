package people

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Friends agree to be friends: one asks, the other accepts. The wire is docs/protocol/friends.md.
// Each side keeps its own half, and what is for friends looks at that half alone: whoever ends a
// friendship has ended it when the transaction commits, whatever the other server does.

const (
	// FriendAsksPerDay is how many people somebody may ask in a day: more than anybody meets.
	FriendAsksPerDay = 50
	// FriendAsksPairPerDay is how often one may ask the same person in a day, after taking it back.
	FriendAsksPairPerDay = 3
	// FriendAskAgain is how long whoever was refused has to wait before asking the same person
	// again.
	FriendAskAgain = 7 * 24 * time.Hour
	// FriendRequestsMax is how many may wait for one person's answer; more nobody reads.
	FriendRequestsMax = 500
	// FriendRequestsKnownMax is up to how many somebody is told of whom they have to do with.
	FriendRequestsKnownMax = 2 * FriendRequestsMax
	// FriendAsksHostPerDay is how many requests of one other server somebody gets in a day: more
	// than they meet people of it, and too few for it to hide all others.
	FriendAsksHostPerDay = 20
	// FriendRemarkMax is how many characters the name has that somebody gives a friend.
	FriendRemarkMax = 60
	// friendRefreshWithin bounds how long somebody who asks waits for the other's server to say
	// whether it knows friends.
	friendRefreshWithin = 10 * time.Second
	day                 = 24 * time.Hour
)

// Finder finds people of other servers. The engine is one.
type Finder interface {
	// Resolve finds somebody by handle.
	Resolve(ctx context.Context, handle ids.Handle) (storage.Account, error)
	// RefreshAccount reads an actor anew.
	RefreshAccount(ctx context.Context, iri string) (storage.Account, error)
}

// FriendAsk is how somebody asks.
type FriendAsk struct {
	Greeting string // plain text, at most vocab.GreetingMax characters
	Link     string // the other's friend link, if its code was scanned; ""
	Marks    storage.FriendMarks
}

// AskFriend asks somebody to be a friend. Asking whoever asks already accepts; asking again changes
// nothing, unless a code was scanned. Faults: NotFound, Unprocessable for oneself, a greeting that
// is too long or a server that does not know friends, Forbidden for whom one cannot ask (a block
// either way: which is not said), RateLimited for asking too often, or too soon after a refusal.
func (s *Service) AskFriend(ctx context.Context, actor storage.Account, target int64, ask FriendAsk) error {
	if utf8.RuneCountInString(ask.Greeting) > vocab.GreetingMax {
		return fault.New(fault.Unprocessable, "a greeting has at most %d characters", vocab.GreetingMax)
	}
	ask.Greeting = vocab.CleanGreeting(ask.Greeting)
	if err := checkRemark(ask.Marks.Remark); err != nil {
		return err
	}
	them, err := s.other(ctx, actor, target)
	if err != nil {
		return err
	}
	if !ids.SameOrigin(ask.Link, them.URI) && !ids.SameOrigin(ask.Link, them.URL) {
		ask.Link = "" // the code of one person is not shown to the server of another
	}
	if them, err = s.knowsFriends(ctx, them); err != nil {
		return err
	}
	o := offer{uri: s.newActivityID(actor), greeting: ask.Greeting, link: ask.Link}
	asking, err := s.tell(ctx, actor, them, offerActivity(o, actor, them))
	if err != nil {
		return fmt.Errorf("ask a friend: %w", err)
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error { return s.ask(ctx, tx, actor, them, o, ask.Marks, asking) })
	if err != nil {
		return fmt.Errorf("ask a friend: %w", err)
	}
	return nil
}

// knowsFriends returns somebody whose server knows friends, read anew if it did not lately.
func (s *Service) knowsFriends(ctx context.Context, them storage.Account) (storage.Account, error) {
	if them.Friends != "" {
		return them, nil
	}
	if !them.Local() && s.Finder != nil {
		ctx, cancel := context.WithTimeout(ctx, friendRefreshWithin)
		defer cancel()
		if fresh, err := s.Finder.RefreshAccount(ctx, them.URI); err == nil {
			them = fresh
		}
	}
	if them.Friends == "" {
		return them, fault.New(fault.Unprocessable, "the server of %s does not know friends; they can be followed", them.Handle())
	}
	return them, nil
}

// offer is an Offer of friendship, as it was sent or came.
type offer struct {
	uri, greeting, link string
}

func (s *Service) ask(ctx context.Context, tx *storage.Tx, actor, them storage.Account, o offer, marks storage.FriendMarks, asking *federation.Outgoing) error {
	them, err := askable(ctx, tx, actor.ID, them.ID)
	if err != nil {
		return err
	}
	before, err := tx.FriendOf(ctx, actor.ID, them.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	switch {
	case before.State == storage.FriendBoth, before.State == storage.FriendAsked && o.link == "":
		return nil
	case before.State == storage.FriendAsking:
		if marks != (storage.FriendMarks{}) {
			if err := tx.MarkFriend(ctx, actor.ID, them.ID, marks); err != nil {
				return err
			}
		}
		return s.acceptIn(ctx, tx, actor, them, before)
	}
	if err := s.mayAsk(ctx, tx, actor.ID, them.ID, o.link != ""); err != nil {
		return err
	}
	if err := tx.AddFriendAsk(ctx, actor.ID, them.ID); err != nil {
		return err
	}
	half := storage.Friend{AccountID: actor.ID, FriendID: them.ID, State: storage.FriendAsked, OfferURI: o.uri, Offered: true,
		Greeting: o.greeting, FriendMarks: marks}
	if _, err := tx.PutFriend(ctx, half); err != nil {
		return err
	}
	if !them.Local() {
		return send(ctx, tx, asking)
	}
	switch answer, err := s.receiveOffer(ctx, tx, actor, them, o); {
	case err != nil:
		return err
	case answer == offerAccepted:
		return s.befriend(ctx, tx, actor, them, half)
	case answer == offerRefused:
		return fault.New(fault.Forbidden, "this person cannot be asked")
	}
	return nil
}

// askable returns whom somebody wants to ask, unless one of the two wants nothing of it.
func askable(ctx context.Context, tx *storage.Tx, account, target int64) (storage.Account, error) {
	if err := tx.HoldPeople(ctx, account, target); err != nil {
		return storage.Account{}, err
	}
	them, err := tx.AccountByID(ctx, target)
	if err != nil {
		return them, err
	}
	blocked, err := tx.Blocked(ctx, account, target)
	if err == nil && (blocked || them.Hidden || them.MovedTo != "") {
		err = fault.New(fault.Forbidden, "this person cannot be asked")
	}
	return them, err
}

// mayAsk keeps the limits of somebody of this node. A scanned code is asked of by whom it belongs
// to, so that a refusal before it does not count.
func (s *Service) mayAsk(ctx context.Context, tx *storage.Tx, account, target int64, scanned bool) error {
	count, err := tx.CountFriends(ctx, account, storage.FriendBoth)
	if err != nil {
		return err
	}
	waiting, err := tx.CountFriends(ctx, account, storage.FriendAsked) // any of them can become one
	if err != nil {
		return err
	}
	if count+waiting >= storage.FriendsMax {
		return fault.New(fault.Unprocessable, "nobody has more than %d friends", storage.FriendsMax)
	}
	if wait, err := refusedFor(ctx, tx, account, target); err != nil || wait > 0 && !scanned {
		if err == nil {
			err = fault.New(fault.RateLimited, "they cannot be asked again yet").After(wait)
		}
		return err
	}
	often, err := tooOften(ctx, tx, account, target)
	if err == nil && often && !s.Unlimited {
		err = fault.New(fault.RateLimited, "nobody asks more than %d people in a day, or one more than %d times",
			FriendAsksPerDay, FriendAsksPairPerDay).After(day)
	}
	return err
}

// refusedFor returns how long account has to wait before it asks target again; 0: not at all.
func refusedFor(ctx context.Context, tx *storage.Tx, account, target int64) (time.Duration, error) {
	at, err := tx.FriendRefusedAt(ctx, account, target)
	if err != nil || at == 0 {
		return 0, err
	}
	return max(0, time.Until(at.Time().Add(FriendAskAgain))), nil
}

func tooOften(ctx context.Context, tx *storage.Tx, account, target int64) (bool, error) {
	n, err := tx.CountFriendAsks(ctx, account, target, time.Now().Add(-day))
	return n.Made >= FriendAsksPerDay || n.Pair >= FriendAsksPairPerDay, err
}

// AcceptFriend accepts somebody who asks. Who is a friend already stays one; the fault is NotFound
// if they do not ask.
func (s *Service) AcceptFriend(ctx context.Context, actor storage.Account, other int64) error {
	them, err := s.other(ctx, actor, other)
	if err != nil {
		return err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		f, err := heldHalf(ctx, tx, actor.ID, other)
		if err == nil && f.State == storage.FriendAsked {
			err = fault.New(fault.NotFound, "they did not ask")
		}
		if err != nil || f.State == storage.FriendBoth {
			return err
		}
		if them, err = tx.AccountByID(ctx, other); err != nil || them.Hidden {
			return err
		}
		return s.acceptIn(ctx, tx, actor, them, f)
	})
	if err != nil {
		return fmt.Errorf("accept a friend: %w", err)
	}
	return nil
}

// acceptIn accepts in a transaction: everybody is known, so that the answer is prepared inside it.
func (s *Service) acceptIn(ctx context.Context, tx *storage.Tx, actor, them storage.Account, f storage.Friend) error {
	if err := hasRoom(ctx, tx, actor.ID); err != nil {
		return err
	}
	if them.Local() {
		if err := hasRoom(ctx, tx, them.ID); err != nil {
			return err
		}
	}
	out, err := s.tell(ctx, actor, them, answerOffer("Accept", f.OfferURI, them, actor))
	if err != nil {
		return err
	}
	if err := s.befriend(ctx, tx, actor, them, f); err != nil {
		return err
	}
	if them.Local() {
		theirs, err := tx.FriendOf(ctx, them.ID, actor.ID)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		theirs.AccountID, theirs.FriendID, theirs.OfferURI, theirs.Offered = them.ID, actor.ID, f.OfferURI, true
		if err := s.befriend(ctx, tx, them, actor, theirs); err != nil {
			return err
		}
		return s.notifyFriend(ctx, tx, them.ID, actor.ID)
	}
	return send(ctx, tx, out)
}

// hasRoom is fault.Unprocessable if somebody has as many friends as anybody may.
func hasRoom(ctx context.Context, tx *storage.Tx, account int64) error {
	count, err := tx.CountFriends(ctx, account, storage.FriendBoth)
	if err == nil && count >= storage.FriendsMax {
		err = fault.New(fault.Unprocessable, "nobody has more than %d friends", storage.FriendsMax)
	}
	return err
}

// befriend makes one half that of a friend: of owner, who is of this node.
func (s *Service) befriend(ctx context.Context, tx *storage.Tx, owner, other storage.Account, f storage.Friend) error {
	f.AccountID, f.FriendID, f.State, f.Since = owner.ID, other.ID, storage.FriendBoth, storage.Now()
	if _, err := tx.PutFriend(ctx, f); err != nil {
		return err
	}
	for _, pair := range [][2]int64{{owner.ID, other.ID}, {other.ID, owner.ID}} {
		if err := tx.DeleteFriendRefusal(ctx, pair[0], pair[1]); err != nil {
			return err
		}
	}
	return forgetFriend(ctx, tx, owner.ID, other.ID)
}

// notifyFriend tells account that other is a friend now.
func (s *Service) notifyFriend(ctx context.Context, tx *storage.Tx, account, other int64) error {
	return s.Notifier.Notify(ctx, tx, storage.Notification{AccountID: account, FromID: other, Type: storage.NotifyFriend})
}

// forgetFriend removes what account was told about other as a friend.
func forgetFriend(ctx context.Context, tx *storage.Tx, account, other int64) error {
	for _, kind := range []string{storage.NotifyFriend, storage.NotifyFriendRequest} {
		if err := tx.DeleteNotification(ctx, storage.Notification{AccountID: account, FromID: other, Type: kind}); err != nil {
			return err
		}
	}
	return nil
}

// DeclineFriend refuses somebody who asks. They may ask again after FriendAskAgain, and are not
// told who refused, only that nothing waits any more. The fault is NotFound if they do not ask.
func (s *Service) DeclineFriend(ctx context.Context, actor storage.Account, other int64) error {
	return s.endFriend(ctx, actor, other, storage.FriendAsking)
}

// CancelFriend takes back that actor asked; the fault is NotFound if they did not.
func (s *Service) CancelFriend(ctx context.Context, actor storage.Account, other int64) error {
	return s.endFriend(ctx, actor, other, storage.FriendAsked)
}

// EndFriend ends a friendship: at once here, and at the other's server when it hears of it. The
// fault is NotFound if they are no friends.
func (s *Service) EndFriend(ctx context.Context, actor storage.Account, other int64) error {
	return s.endFriend(ctx, actor, other, storage.FriendBoth)
}

// endFriend ends what is between two people if it is in a state, in the name of one of this node.
func (s *Service) endFriend(ctx context.Context, by storage.Account, other int64, state string) error {
	them, err := s.Store.AccountByID(ctx, other)
	if err != nil {
		return err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		f, err := heldHalf(ctx, tx, by.ID, other)
		if err == nil && f.State != state {
			err = fault.New(fault.NotFound, "there is nothing like this")
		}
		if err != nil {
			return err
		}
		out, err := s.tell(ctx, by, them, endActivity(f, by, them))
		if err != nil {
			return err
		}
		if err := s.partIn(ctx, tx, by.ID, them, f); err != nil {
			return err
		}
		return send(ctx, tx, out)
	})
	if err != nil {
		return fmt.Errorf("end a friendship: %w", err)
	}
	return nil
}

// heldHalf is FriendOf for a half that is about to be changed, which nobody else does meanwhile: an
// Accept that comes while somebody takes their request back must not make them friends.
func heldHalf(ctx context.Context, tx *storage.Tx, account, other int64) (storage.Friend, error) {
	if err := tx.HoldPeople(ctx, account, other); err != nil {
		return storage.Friend{}, err
	}
	return tx.FriendOf(ctx, account, other)
}

// partIn removes account's half, and that of the other if they are of this node, too.
func (s *Service) partIn(ctx context.Context, tx *storage.Tx, account int64, them storage.Account, f storage.Friend) error {
	if f.State == storage.FriendAsking {
		if err := tx.PutFriendRefusal(ctx, them.ID, account); err != nil {
			return err
		}
	}
	pairs := [][2]int64{{account, them.ID}}
	if them.Local() {
		pairs = append(pairs, [2]int64{them.ID, account})
	}
	for _, pair := range pairs {
		if _, err := tx.DeleteFriend(ctx, pair[0], pair[1]); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err := forgetFriend(ctx, tx, pair[0], pair[1]); err != nil {
			return err
		}
	}
	return nil
}

// offerActivity is the Offer by which from asks to.
func offerActivity(o offer, from, to storage.Account) vocab.Activity {
	return vocab.Activity{
		ID: o.uri, Type: "Offer", Actor: from.URI, TargetID: to.URI, Content: o.greeting, Instrument: o.link,
		Object: &vocab.Object{Relationship: friendship(from, to)},
	}
}

func friendship(subject, object storage.Account) *vocab.Relationship {
	return &vocab.Relationship{Subject: subject.URI, Kind: vocab.FriendOf, Object: object.URI}
}

// answerOffer is an Accept or Reject of the Offer with this id, without greeting and code.
func answerOffer(kind, uri string, from, to storage.Account) vocab.Activity {
	asked := offerActivity(offer{uri: uri}, from, to)
	return vocab.Activity{Type: kind, Inner: &asked}
}

// endActivity is what ends one half in the name of its owner: who offered undoes the Offer, who
// was asked and has not answered rejects it, and whoever accepted undoes the relationship.
func endActivity(f storage.Friend, by, them storage.Account) vocab.Activity {
	switch {
	case f.Offered:
		undone := offerActivity(offer{uri: f.OfferURI}, by, them)
		return vocab.Activity{Type: "Undo", Inner: &undone}
	case f.State == storage.FriendAsking:
		return answerOffer("Reject", f.OfferURI, them, by)
	}
	return vocab.Activity{Type: "Undo", Object: &vocab.Object{Relationship: friendship(by, them)}}
}

// checkRemark keeps the limit of a remark.
func checkRemark(remark string) error {
	if utf8.RuneCountInString(remark) > FriendRemarkMax {
		return fault.New(fault.Unprocessable, "a remark has at most %d characters", FriendRemarkMax)
	}
	return nil
}
