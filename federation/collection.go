package federation

import (
	"context"

	"github.com/go-json-experiment/json"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// ItemIDs reads a collection of another server and returns the ids of its first items, at most
// most. What is embedded is not believed, not even from the same origin: whoever wants an item asks
// for it by Object. Faults are those of Account, and NotFound for a collection of this node.
func (e *Engine) ItemIDs(ctx context.Context, iri string, most int) ([]string, error) {
	if e.config.Paths.Local(iri) {
		return nil, fault.New(fault.NotFound, "there is no such collection elsewhere")
	}
	if err := e.CheckHost(ctx, ids.Host(iri)); err != nil {
		return nil, err
	}
	read, err := e.client.Walk(ctx, iri, e.signers(ctx)...)
	if err != nil && (len(read.Items) == 0 || !fetch.Temporary(err)) {
		return nil, err
	}
	found := make([]string, 0, most)
	for _, item := range read.Items {
		var id string
		if item.Kind() == '{' {
			var object struct {
				ID string `json:"id"`
			}
			_ = json.Unmarshal(item, &object) // without an id there is nothing to ask for
			id = object.ID
		} else {
			_ = json.Unmarshal(item, &id)
		}
		if _, err := ids.ParseIRI(id); err == nil && len(found) < most {
			found = append(found, id)
		}
	}
	return found, nil
}
