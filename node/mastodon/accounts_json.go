package mastodon

import (
	"context"
	"encoding/json"

	"tulou/storage"
)

// AccountsJSON renders people as Account entities, in the order given, for edges with APIs of their
// own. Who may see them was asked before.
func (a *API) AccountsJSON(ctx context.Context, list []storage.Account) ([]json.RawMessage, error) {
	return a.accountsJSON(ctx, list)
}
