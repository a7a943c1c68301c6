package people

import (
	"context"
	"time"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// The handlers about friends. What they look at is who signed and this node's own half; what an
// activity says of anybody else has no effect.

// offerAnswer is what becomes of an Offer.
type offerAnswer int

const (
	offerWaits    offerAnswer = iota // for the person
	offerAccepted                    // at once
	offerRefused                     // at once
)

// receiveOffer gives an Offer to somebody of this node its effects on their half, and tells what
// becomes of it. An Offer that crosses one of theirs is accepted, as is one by a friend, whose
// server seems to have lost the answer, and the first by a code that they showed.
func (s *Service) receiveOffer(ctx context.Context, tx *storage.Tx, from, to storage.Account, o offer) (offerAnswer, error) {
	relation, err := tx.Relationships(ctx, to.ID, []int64{from.ID})
	if err != nil {
		return offerRefused, err
	}
	if r := relation[from.ID]; r.Blocking || r.BlockedBy || r.DomainBlocking {
		return offerRefused, nil
	}
	before, err := tx.FriendOf(ctx, to.ID, from.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return offerRefused, err
	}
	if before.State == storage.FriendBoth {
		return offerAccepted, nil
	}
	scanned, first, err := s.takeCode(ctx, tx, to, o.link)
	if err != nil {
		return offerRefused, err
	}
	if before.State == storage.FriendAsked || first {
		return s.acceptOffer(ctx, tx, from, to, before, o, first)
	}
	if refused, err := s.tooMany(ctx, tx, from, to, scanned); err != nil || refused {
		if before.State == storage.FriendAsking {
			return offerWaits, err // what waits goes on waiting
		}
		return offerRefused, err
	}
	if before.Held, err = s.holds(ctx, tx, from, to, before, scanned); err != nil {
		return offerRefused, err
	}
	before.AccountID, before.FriendID, before.State, before.ByCode = to.ID, from.ID, storage.FriendAsking, scanned
	before.OfferURI, before.Offered, before.Greeting = o.uri, false, o.greeting
	if _, err := tx.PutFriend(ctx, before); err != nil {
		return offerRefused, err
	}
	if !from.Local() {
		if err := tx.AddFriendAsk(ctx, from.ID, to.ID); err != nil {
			return offerRefused, err
		}
	}
	if before.Held {
		return offerWaits, nil
	}
	return offerWaits, s.Notifier.Notify(ctx, tx, storage.Notification{AccountID: to.ID, FromID: from.ID, Type: storage.NotifyFriendRequest})
}

// acceptOffer makes who offered a friend of to, and tells to.
func (s *Service) acceptOffer(ctx context.Context, tx *storage.Tx, from, to storage.Account, before storage.Friend, o offer, byCode bool) (offerAnswer, error) {
	if err := hasRoom(ctx, tx, to.ID); err != nil {
		if fault.Is(err, fault.Unprocessable) {
			err = nil
		}
		return offerRefused, err
	}
	if before.State != storage.FriendAsked {
		before.OfferURI, before.Offered, before.Greeting = o.uri, false, o.greeting
	}
	before.ByCode = byCode
	if err := s.befriend(ctx, tx, to, from, before); err != nil {
		return offerRefused, err
	}
	return offerAccepted, s.notifyFriend(ctx, tx, to.ID, from.ID)
}

// holds tells whether a request waits without to being told: because they do not want to be asked
// by such people, or because so many wait already that a crowd of strangers would hide whom they
// know. Who asks does not learn of it: by an answer they could find out whose friend to is.
func (s *Service) holds(ctx context.Context, tx *storage.Tx, from, to storage.Account, before storage.Friend, scanned bool) (bool, error) {
	if scanned || before.State == storage.FriendAsking && !before.Held {
		return false, nil
	}
	by, err := tx.FriendAskedBy(ctx, to.ID)
	if err != nil {
		return true, err
	}
	waiting, err := tx.CountFriends(ctx, to.ID, storage.FriendAsking)
	if err != nil {
		return true, err
	}
	known, err := tx.FriendKnown(ctx, to.ID, from.ID)
	most := FriendRequestsMax
	if known {
		most = FriendRequestsKnownMax
	}
	if err == nil && waiting < most && (by == storage.AskedByEveryone || by == storage.AskedByKnown && known) {
		return false, nil
	}
	if err == nil && !before.Held {
		err = tx.MakeRoomForHeld(ctx, to.ID)
	}
	return true, err
}

// tooMany tells whether somebody elsewhere asks too often or too soon, or their server does. How
// often people of this node ask was looked at when they asked.
func (s *Service) tooMany(ctx context.Context, tx *storage.Tx, from, to storage.Account, scanned bool) (bool, error) {
	// Also for those of this node: they say that they scanned a code, and this is where it is
	// known.
	if wait, err := refusedFor(ctx, tx, from.ID, to.ID); err != nil || wait > 0 && !scanned {
		return true, err
	}
	if from.Local() {
		return false, nil
	}
	others, err := tx.CountFriendAsksFrom(ctx, from.Host, to.ID, time.Now().Add(-day))
	if err != nil || others >= FriendAsksHostPerDay && !scanned {
		return true, err
	}
	return tooOften(ctx, tx, from.ID, to.ID)
}

// offered handles Offer of a Relationship: somebody elsewhere asks one of us.
type offered struct{ *Service }

// Need names who is asked.
func (h offered) Need(in federation.In) []federation.Ref { return friendParty(in.Activity, false) }

// Apply keeps the request, or answers at once.
func (h offered) Apply(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) error {
	friendship := in.Activity.Friendship()
	if friendship == nil || in.Again {
		return nil
	}
	to, ok, err := h.ours(ctx, tx, got, friendship.Object)
	if err != nil || !ok || to.Friends == "" {
		return err
	}
	if err := tx.HoldPeople(ctx, to.ID, in.Actor.ID); err != nil {
		return unlessAbsent(err)
	}
	o := offer{uri: in.Activity.ID, greeting: in.Activity.Greeting(), link: in.Activity.Instrument}
	answer, err := h.receiveOffer(ctx, tx, in.Actor, to, o)
	if err != nil || answer == offerWaits {
		return err
	}
	kind := "Accept"
	if answer == offerRefused {
		kind = "Reject"
	}
	out, err := h.tell(ctx, to, in.Actor, answerOffer(kind, o.uri, in.Actor, to))
	if err != nil {
		return err
	}
	return send(ctx, tx, out)
}

// offerAnswered handles Accept and Reject of an Offer that one of us sent.
type offerAnswered struct {
	*Service
	accept bool
}

// Need names who asked.
func (h offerAnswered) Need(in federation.In) []federation.Ref { return friendParty(in.Activity, true) }

// Apply has an effect only if one of us asked exactly who answers (A106), with this Offer. A Reject
// ends a friendship that was accepted before, too.
func (h offerAnswered) Apply(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) error {
	if in.Again {
		return nil
	}
	f, err := h.half(ctx, tx, in, got)
	if err != nil || f.ID == 0 || !f.Offered || f.State == storage.FriendAsking {
		return err
	}
	owner, err := tx.AccountByID(ctx, f.AccountID)
	switch {
	case err != nil:
		return err
	case h.accept && f.State == storage.FriendAsked:
		return h.agreed(ctx, tx, owner, in.Actor, f)
	case h.accept:
		return nil
	}
	if f.State == storage.FriendAsked {
		if err := tx.PutFriendRefusal(ctx, owner.ID, in.Actor.ID); err != nil {
			return err
		}
	}
	return h.partIn(ctx, tx, owner.ID, in.Actor, f)
}

// agreed makes friends of one of us and whom they asked, unless others took the last place
// meanwhile: then it is over again, for both.
func (s *Service) agreed(ctx context.Context, tx *storage.Tx, owner, them storage.Account, f storage.Friend) error {
	if err := hasRoom(ctx, tx, owner.ID); fault.Is(err, fault.Unprocessable) {
		out, err := s.tell(ctx, owner, them, endActivity(f, owner, them))
		if err != nil {
			return err
		}
		if err := s.partIn(ctx, tx, owner.ID, them, f); err != nil {
			return err
		}
		return send(ctx, tx, out)
	} else if err != nil {
		return err
	}
	if err := s.befriend(ctx, tx, owner, them, f); err != nil {
		return err
	}
	return s.notifyFriend(ctx, tx, owner.ID, them.ID)
}

// half finds the half that an answer is about: by the id of the Offer, or by the pair if the answer
// names no id of ours. An id that is not that of the Offer that waits is an answer to an older one.
func (h offerAnswered) half(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) (storage.Friend, error) {
	if id := in.Activity.ObjectID; h.Paths.Local(id) {
		return halfByOffer(ctx, tx, in, id)
	}
	friendship := in.Activity.Friendship()
	if friendship == nil || friendship.Object != in.Actor.URI {
		return storage.Friend{}, nil
	}
	return h.halfOf(ctx, tx, in, got, friendship.Subject)
}

// halfByOffer returns the half with who speaks that began with an Offer; zero if there is none.
func halfByOffer(ctx context.Context, tx *storage.Tx, in federation.In, uri string) (storage.Friend, error) {
	f, err := tx.FriendByOffer(ctx, uri)
	if err != nil || f.FriendID != in.Actor.ID {
		return storage.Friend{}, unlessAbsent(err)
	}
	if f, err = heldHalf(ctx, tx, f.AccountID, in.Actor.ID); err != nil || f.OfferURI != uri {
		return storage.Friend{}, unlessAbsent(err)
	}
	return f, nil
}

// halfOf returns the half of a person of this node with who speaks; zero if there is none. Who is
// hidden has theirs, too: a friendship that ended meanwhile must not be there again afterwards.
func (s *Service) halfOf(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched, iri string) (storage.Friend, error) {
	owner, ok := got.Accounts[iri]
	if !ok || !owner.Local() {
		return storage.Friend{}, nil
	}
	f, err := heldHalf(ctx, tx, owner.ID, in.Actor.ID)
	return f, unlessAbsent(err)
}

// parted handles Undo of an Offer, or of the relationship itself by whoever accepted.
type parted struct{ *Service }

// Need names with whom.
func (h parted) Need(in federation.In) []federation.Ref { return friendParty(in.Activity, false) }

// Apply ends the friendship between who speaks and one of us, found by the pair or by the id of the
// Offer, or forgets the request. It ends nobody else's (A105), and nothing that we asked since.
func (h parted) Apply(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) error {
	if in.Again {
		return nil
	}
	var f storage.Friend
	var err error
	switch friendship := in.Activity.Friendship(); {
	case friendship == nil:
		f, err = halfByOffer(ctx, tx, in, in.Activity.ObjectID)
	case friendship.Subject == in.Actor.URI:
		f, err = h.halfOf(ctx, tx, in, got, friendship.Object)
	}
	if err != nil || f.ID == 0 || f.State == storage.FriendAsked {
		return err
	}
	if _, err := tx.DeleteFriend(ctx, f.AccountID, f.FriendID); err != nil {
		return unlessAbsent(err)
	}
	return forgetFriend(ctx, tx, f.AccountID, f.FriendID)
}

// friendParty is a Need for the one of the two who has to be ours: who asked, or who was asked.
func friendParty(a *vocab.Activity, asker bool) []federation.Ref {
	friendship := a.Friendship()
	switch {
	case friendship == nil:
		return nil
	case asker:
		return known(friendship.Subject)
	}
	return known(friendship.Object)
}
