package federation

import (
	"context"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// PrivateMedia fetches a file that is not for everybody, in the name of this node: its host finds
// out by the signature whose people may see it. Faults are those of fetch.Client.Media, Forbidden
// for a host that is kept out, Unavailable while this node has no actor.
func (e *Engine) PrivateMedia(ctx context.Context, iri, accept string, bytesMax int64) (*fetch.Media, error) {
	if err := e.CheckHost(ctx, ids.Host(iri)); err != nil {
		return nil, err
	}
	signers := e.signers(ctx)
	if len(signers) == 0 {
		return nil, fault.New(fault.Unavailable, "this node cannot sign just now")
	}
	// Whoever speaks this protocol reads both kinds of signature, so one knock is enough.
	return e.client.SignedMedia(ctx, iri, accept, bytesMax, signers[0])
}
