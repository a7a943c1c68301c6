package node

import (
	"context"
	"strings"

	"tulou/apps/notify"
)

// newPush makes what tells programs of notifications. Push services learn where this node is, which
// is also where its operator is to be found; an address that is not https has nobody to write to.
func (n *Node) newPush(ctx context.Context) (*notify.Push, error) {
	subscriber := n.config.URL
	if !strings.HasPrefix(subscriber, "https:") {
		subscriber = "operator@" + n.config.AccountDomain
	}
	return notify.NewPush(ctx, notify.PushDeps{Store: n.store, Client: n.client, Subscriber: subscriber, Log: n.log})
}
