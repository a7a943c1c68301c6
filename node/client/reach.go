package client

import "tulou/node/edge"

// reachRoutes is what a composer says before anything is sent.
func (a *API) reachRoutes() []route {
	return []route{{get, "/reach", edge.ScopeRead, a.reach}}
}

// reach says how many people get what the viewer writes for their followers, and how many servers
// carry it, since those can read it.
func (a *API) reach(q *query) (any, error) {
	var r struct {
		Followers int64 `json:"followers"`
		Servers   int64 `json:"servers"`
	}
	var err error
	r.Followers, r.Servers, err = a.Store.FollowerPlaces(q.ctx(), q.me.ID)
	return r, err
}
