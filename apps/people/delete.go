package people

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Delete ends an account of this node for good: it is hidden, signed out and taken out of every
// list at once, every server that this node knows is told, and its posts go in the background. The
// name stays taken. Its keys stay as long as the news is on its way, to sign it. Faults: NotFound,
// Forbidden for the node's own actor.
func (s *Service) Delete(ctx context.Context, id int64) error {
	return s.delete(ctx, id, func(*storage.Tx) error { return nil })
}

// delete is Delete if may, which is asked in the transaction that deletes, has nothing against it.
func (s *Service) delete(ctx context.Context, id int64, may func(*storage.Tx) error) error {
	account, err := s.Store.AccountByID(ctx, id)
	if err != nil {
		return fmt.Errorf("delete account: %w", err)
	}
	if !account.Local() || account.DeletedAt != 0 {
		return fault.New(fault.NotFound, "there is no such account on this node")
	}
	if account.URI == s.Paths.InstanceActor() {
		return fault.New(fault.Forbidden, "the node cannot do without its own account")
	}
	news, err := s.Sender.Prepare(ctx, account, vocab.Activity{
		ID: account.URI + "#delete", Type: "Delete", Actor: account.URI, ObjectID: account.URI,
		To: []string{vocab.Public}, Cc: []string{account.Followers},
	})
	if err != nil {
		return fmt.Errorf("delete account: %w", err)
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := may(tx); err != nil {
			return err
		}
		// First the news: who gets it is looked up among the followers, who are gone afterwards.
		if err := news.ToEveryone().Send(ctx, tx); err != nil {
			return err
		}
		return s.erase(ctx, tx, account)
	})
	if err != nil {
		return fmt.Errorf("delete account: %w", err)
	}
	s.Log.InfoContext(ctx, "account deleted", "actor", account.Name)
	return nil
}

// erase takes back what is known of somebody, of this node or another, and enqueues the rest.
func (s *Service) erase(ctx context.Context, tx *storage.Tx, account storage.Account) error {
	if err := tx.MarkDeleted(ctx, account.ID); err != nil {
		return err
	}
	if err := tx.PutTombstone(ctx, account.URI, account.URI); err != nil {
		return err
	}
	id := strconv.FormatInt(account.ID, 10)
	if err := tx.Publish(ctx, storage.EventAccountChanged, id); err != nil {
		return err
	}
	if account.Local() {
		forget := storage.Job{
			Queue: queueWork, Kind: jobForgetKeys, Lane: "forget keys " + id, RunAt: storage.At(time.Now().Add(keysKept)),
			Payload: storage.MarshalPayload(erasing{account.ID}),
		}
		if err := tx.Enqueue(ctx, forget); err != nil {
			return err
		}
	} else if err := tx.PutKeys(ctx, account.ID, nil); err != nil {
		return err
	}
	return tx.Enqueue(ctx, storage.Job{
		Queue: queueWork, Kind: jobDelete, Lane: "delete " + id, Payload: storage.MarshalPayload(erasing{account.ID}),
	})
}

const (
	// keysKept is a day longer than deliveries are tried, which have to be signed.
	keysKept = 8 * 24 * time.Hour
	// deletePart is how many posts are deleted in one transaction, so that others who write wait
	// for some 20 ms at most.
	deletePart = 50
)

// erasing is the payload of jobDelete and jobForgetKeys.
type erasing struct {
	Account int64 `json:"account"`
}

func readErasing(job storage.Job) (e erasing, err error) {
	if err = json.Unmarshal(job.Payload, &e); err != nil {
		err = fmt.Errorf("read %s: %w", job.Kind, err)
	}
	return e, err
}

// deletePosts deletes the posts of an account that is gone, in parts. After a crash it goes on with
// those that are left.
func (s *Service) deletePosts(ctx context.Context, job storage.Job) error {
	e, err := readErasing(job)
	if err != nil {
		return err
	}
	account, err := s.Store.AccountByID(ctx, e.Account)
	if err != nil {
		return fmt.Errorf("delete posts: %w", err)
	}
	for {
		posts, err := s.Store.StatusIDsOf(ctx, account.ID, math.MaxInt64, deletePart)
		if err != nil || len(posts) == 0 {
			return err
		}
		err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
			for _, id := range posts {
				post, err := tx.DeleteStatus(ctx, id)
				if fault.Is(err, fault.NotFound) {
					continue
				}
				if err != nil {
					return err
				}
				if err := tx.PutStatusTombstone(ctx, post, account.URI); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("delete posts: %w", err)
		}
	}
}

// forgetKeys forgets the keys of a deleted account, when nothing is left to be signed.
func (s *Service) forgetKeys(ctx context.Context, job storage.Job) error {
	e, err := readErasing(job)
	if err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.PutKeys(ctx, e.Account, nil) })
}
