package storage

import (
	"context"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// JobMomentBook is the kind of the job that tells a friend elsewhere how far back they may look,
// and where the cover is. It is enqueued with whatever changes that, so that it is told whoever did
// it.
const JobMomentBook = "moments.book"

// MomentBookJob is the payload of JobMomentBook.
type MomentBookJob struct {
	Account int64 `json:"account"`
	Friend  int64 `json:"friend"`        // 0: all friends
	New     bool  `json:"new,omitempty"` // they know nothing yet, so that only what is unusual is told
}

// TellMomentBook enqueues JobMomentBook, one after another for each person.
func (tx *Tx) TellMomentBook(ctx context.Context, j MomentBookJob) error {
	owner, err := tx.AccountByID(ctx, j.Account)
	if err != nil || !owner.Local() {
		return err
	}
	if j.Friend != 0 {
		friend, err := tx.AccountByID(ctx, j.Friend)
		if err != nil || friend.Local() {
			return err
		}
	}
	return tx.Enqueue(ctx, Job{Queue: "work", Lane: "moments book " + ids.Format(j.Account), Kind: JobMomentBook, Payload: MarshalPayload(j)})
}

// hideMoments notes that a friend is not to see somebody's Moments any more, or is again.
func (tx *Tx) hideMoments(ctx context.Context, account, other int64, hide bool) error {
	f, err := tx.FriendOf(ctx, account, other)
	if err != nil || f.State != FriendBoth || f.HideMine == hide {
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		return err
	}
	return tx.TellMomentBook(ctx, MomentBookJob{Account: account, Friend: other})
}
