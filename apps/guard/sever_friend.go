package guard

import (
	"context"
	"slices"

	"tulou/protocol/fault"
	"tulou/storage"
)

// severFriends ends what one person had with people of a blocked domain as friends: friendships and
// requests, either way. They were hidden when it was blocked; now they stay ended when the block is
// forgotten.
func (s *Service) severFriends(ctx context.Context, account int64, work severing) error {
	hidden, err := s.Store.HiddenFriends(ctx, account)
	if err != nil {
		return err
	}
	hidden = slices.DeleteFunc(hidden, func(f storage.HiddenFriend) bool {
		return !under(f.Host, work.Domain) && !under(f.InboxHost, work.Domain)
	})
	for part := range slices.Chunk(hidden, severPart) {
		err := s.Store.Tx(ctx, func(tx *storage.Tx) error {
			for _, f := range part {
				blocked, err := tx.DomainBlocked(ctx, f.Host, f.InboxHost)
				if err != nil {
					return err
				}
				if !blocked {
					continue
				}
				if _, err := tx.DeleteFriend(ctx, account, f.FriendID); err != nil && !fault.Is(err, fault.NotFound) {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
