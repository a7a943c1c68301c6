package node

import (
	"context"
	"fmt"
	"time"

	"tulou/apps/people"
	"tulou/storage"
)

// setupValid is how long the link works that makes the owner's account: long enough to notice it on
// the screen where the node was started, short enough for an old log not to be a key.
const setupValid = 24 * time.Hour

// SetupLink returns a new invitation that makes the owner's account, "" if the node has somebody
// who may run it. Every start makes one until then; earlier ones work until they are a day old.
func (n *Node) SetupLink(ctx context.Context) (string, error) {
	staff, err := n.store.Staff(ctx)
	if err != nil || len(staff) > 0 {
		return "", err
	}
	secret, _, err := n.people.Invite(ctx, people.NewInvite{Role: storage.RoleOwner, Lasts: setupValid})
	if err != nil {
		return "", fmt.Errorf("make setup link: %w", err)
	}
	return n.config.URL + people.InvitePath + secret, nil
}

// loginsPage is how many logins are read at a time.
const loginsPage = 200
