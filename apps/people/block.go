package people

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Block ends everything between actor and somebody: friendship, follows both ways, with what they
// brought into home timelines, and notifications. The other server is told, so that it does the
// same; the person there is not (A111). Blocking twice is no error. Faults: NotFound, Unprocessable
// for oneself.
func (s *Service) Block(ctx context.Context, actor storage.Account, target int64) (storage.Relationship, error) {
	them, err := s.other(ctx, actor, target)
	if err != nil {
		return storage.Relationship{}, err
	}
	block := blockActivity(s.newActivityID(actor), actor, them)
	out, err := s.tell(ctx, actor, them, block)
	if err != nil {
		return storage.Relationship{}, fmt.Errorf("block: %w", err)
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		created, err := tx.PutBlock(ctx, actor.ID, target, block.ID)
		if err != nil || !created {
			return err
		}
		return send(ctx, tx, out)
	})
	if err != nil {
		return storage.Relationship{}, fmt.Errorf("block: %w", err)
	}
	return s.relationship(ctx, actor, target)
}

// Unblock takes a block back; none is no error. The follows it ended stay ended.
func (s *Service) Unblock(ctx context.Context, actor storage.Account, target int64) (storage.Relationship, error) {
	b, err := s.Store.BlockOf(ctx, actor.ID, target)
	if fault.Is(err, fault.NotFound) {
		return s.relationship(ctx, actor, target)
	}
	if err != nil {
		return storage.Relationship{}, err
	}
	them, err := s.Store.AccountByID(ctx, target)
	if err != nil {
		return storage.Relationship{}, err
	}
	undone := blockActivity(b.URI, actor, them)
	out, err := s.tell(ctx, actor, them, vocab.Activity{Type: "Undo", Inner: &undone})
	if err != nil {
		return storage.Relationship{}, fmt.Errorf("unblock: %w", err)
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		_, err := tx.DeleteBlock(ctx, actor.ID, target)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return send(ctx, tx, out)
	})
	if err != nil {
		return storage.Relationship{}, fmt.Errorf("unblock: %w", err)
	}
	return s.relationship(ctx, actor, target)
}

func blockActivity(uri string, actor, target storage.Account) vocab.Activity {
	return vocab.Activity{ID: uri, Type: "Block", Actor: actor.URI, ObjectID: target.URI}
}

// MuteOptions is how somebody is muted.
type MuteOptions struct {
	Notifications bool          // their notifications are not wanted either
	For           time.Duration // zero: until it is taken back
}

// Mute hides somebody's posts from actor's timelines. Nobody is told. Muting again changes the
// options. Faults: NotFound, Unprocessable for oneself or a time in the past.
func (s *Service) Mute(ctx context.Context, actor storage.Account, target int64, o MuteOptions) (storage.Relationship, error) {
	if _, err := s.other(ctx, actor, target); err != nil {
		return storage.Relationship{}, err
	}
	mute := storage.Mute{AccountID: actor.ID, TargetID: target, Notifications: o.Notifications}
	switch {
	case o.For < 0:
		return storage.Relationship{}, fault.New(fault.Unprocessable, "a mute cannot end before it begins")
	case o.For > 0:
		mute.Expires = time.Now().Add(o.For)
	}
	err := s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.PutMute(ctx, mute) })
	if err != nil {
		return storage.Relationship{}, fmt.Errorf("mute: %w", err)
	}
	return s.relationship(ctx, actor, target)
}

// Unmute shows somebody again; not muted is no error.
func (s *Service) Unmute(ctx context.Context, actor storage.Account, target int64) (storage.Relationship, error) {
	err := s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.DeleteMute(ctx, actor.ID, target) })
	if err != nil {
		return storage.Relationship{}, fmt.Errorf("unmute: %w", err)
	}
	return s.relationship(ctx, actor, target)
}

// DomainMute hides a whole host from actor and ends friendships and follows, either way, between
// the two. There may be thousands, and every one has to be told, so a job does that. Faults:
// Invalid for what is no host, Unprocessable for this node.
func (s *Service) DomainMute(ctx context.Context, actor storage.Account, host string) error {
	host, err := ids.NormalizeHost(host)
	if err != nil {
		return err
	}
	if host == s.Paths.Host() || host == s.AccountHost {
		return fault.New(fault.Unprocessable, "this node cannot be hidden")
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := tx.PutDomainMute(ctx, actor.ID, host); err != nil {
			return err
		}
		return tx.Enqueue(ctx, storage.Job{
			Queue: queueWork, Kind: jobPart, Lane: "part " + strconv.FormatInt(actor.ID, 10),
			Payload: storage.MarshalPayload(parting{Account: actor.ID, Host: host}),
		})
	})
	if err != nil {
		return fmt.Errorf("mute a domain: %w", err)
	}
	return nil
}

// DomainUnmute shows a host again; not muted is no error. The follows that it ended stay ended.
func (s *Service) DomainUnmute(ctx context.Context, actor storage.Account, host string) error {
	host, err := ids.NormalizeHost(host)
	if err != nil {
		return err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.DeleteDomainMute(ctx, actor.ID, host) })
	if err != nil {
		return fmt.Errorf("unmute a domain: %w", err)
	}
	return nil
}

// parting is the payload of jobPart.
type parting struct {
	Account int64  `json:"account"`
	Host    string `json:"host"`
}

// part ends the follows between somebody and a host, each in its own transaction with what tells of
// it. After a crash it goes on with those that are left.
func (s *Service) part(ctx context.Context, job storage.Job) error {
	var p parting
	if err := json.Unmarshal(job.Payload, &p); err != nil {
		return fmt.Errorf("part with a host: %w", err)
	}
	account, err := s.Store.AccountByID(ctx, p.Account)
	if err != nil {
		return fmt.Errorf("part with a host: %w", err)
	}
	follows, err := s.Store.FollowsWithHost(ctx, p.Account, p.Host)
	if err != nil {
		return fmt.Errorf("part with a host: %w", err)
	}
	for _, f := range follows {
		if err := s.endFollow(ctx, account, f); err != nil {
			return fmt.Errorf("part with a host: %w", err)
		}
	}
	friends, err := s.Store.FriendsWithHost(ctx, p.Account, p.Host)
	if err != nil {
		return fmt.Errorf("part with a host: %w", err)
	}
	for _, f := range friends {
		if err := s.endFriend(ctx, account, f.FriendID, f.State); err != nil && !fault.Is(err, fault.NotFound) {
			return fmt.Errorf("part with a host: %w", err)
		}
	}
	return nil
}
