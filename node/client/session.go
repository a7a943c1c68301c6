package client

import (
	"strings"

	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// sessionRoutes is where somebody is signed in, and which programs may act for them. They are for
// the web client alone: a program must not learn where its person signs in, nor sign them out.
func (a *API) sessionRoutes() []route {
	return []route{
		{get, "/sessions", edge.ScopeRead, a.ofSession(a.sessions)},
		{remove, "/sessions", edge.ScopeWrite, a.ofSession(a.endOthers)},
		{remove, "/sessions/{id}", edge.ScopeWrite, a.ofSession(a.endSession)},
		{get, "/apps", edge.ScopeRead, a.ofSession(a.apps)},
		{remove, "/apps/{id}", edge.ScopeWrite, a.ofSession(a.endApp)},
	}
}

// sessionEntity is a browser in which somebody is signed in.
type sessionEntity struct {
	ID        string `json:"id"`
	Program   string `json:"program"` // "Firefox", "" if it is not known
	System    string `json:"system"`
	Network   string `json:"network"` // where it was used last, "" for this machine
	CreatedAt string `json:"created_at"`
	UsedAt    string `json:"used_at"`
	Current   bool   `json:"current"`
}

// appEntity is a program that may act for somebody.
type appEntity struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Website   string   `json:"website"`
	Scopes    []string `json:"scopes"`
	CreatedAt string   `json:"created_at"`
	UsedAt    *string  `json:"used_at"` // the day, null if never
}

// ownSession is by which session the web client asks, and from where.
type ownSession struct {
	storage.Session
	from people.From
}

// ofSession makes an operation of one that needs to know by which session the web client asks.
func (a *API) ofSession(do func(q *query, own ownSession) (any, error)) endpoint {
	return func(q *query) (any, error) {
		session, from, err := a.Auth.OwnSession(q.Request)
		if err != nil {
			return nil, err
		}
		return do(q, ownSession{session, from})
	}
}

func (a *API) sessions(q *query, own ownSession) (any, error) {
	found, err := a.Store.Sessions(q.ctx(), q.me.ID)
	items := make([]sessionEntity, len(found))
	for i, s := range found {
		items[i] = sessionEntity{ID: ids.Format(s.ID), Network: s.Address, CreatedAt: moment(s.CreatedAt.Time()),
			UsedAt: moment(s.UsedAt.Time()), Current: s.ID == own.ID}
		items[i].Program, items[i].System = edge.Device(s.Agent)
		if edge.Here(s.Address) {
			items[i].Network = ""
		}
	}
	return list[sessionEntity]{Items: items}, err
}

// endSession ends one of the others: one's own is ended by signing out.
func (a *API) endSession(q *query, own ownSession) (any, error) {
	id, err := q.id("id")
	if err == nil && id == own.ID {
		err = fault.New(fault.Unprocessable, "this is the session that asks; sign out to end it")
	}
	if err != nil {
		return nil, err
	}
	return nothing{}, a.People.EndSession(q.ctx(), own.Session, id)
}

func (a *API) endOthers(q *query, own ownSession) (any, error) {
	return nothing{}, a.People.EndOthers(q.ctx(), own.from, own.Session)
}

func (a *API) apps(q *query, _ ownSession) (any, error) {
	found, err := a.Store.AuthorisedApps(q.ctx(), q.me.ID)
	items := make([]appEntity, len(found))
	for i, app := range found {
		items[i] = appEntity{ID: ids.Format(app.TokenID), Name: app.App, Website: app.Website, Scopes: strings.Fields(app.Scopes),
			CreatedAt: moment(app.CreatedAt.Time()), UsedAt: instant(app.UsedAt)}
	}
	return list[appEntity]{Items: items}, err
}

func (a *API) endApp(q *query, own ownSession) (any, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	return nothing{}, a.People.EndApp(q.ctx(), own.Session, id)
}
