// Package mastodon is Mastodon's client API, so that every app for Mastodon works with this node.
//
// It reads requests in the forms that clients send (query, form, multipart, JSON), calls the apps
// or reads from storage, and renders Mastodon's entities. It decides nothing about people or
// posts: who may see what is storage's predicate, what may be done is the apps'. Tokens are made
// by node/oauth and checked by node/edge. What is not served answers 404 in Mastodon's shape, and
// instance.go announces nothing that is not served.
//
// The invariant to remember: what must not be seen and what does not exist get the same bytes, and
// a status rendered before is never shown to anybody with what another viewer did with it.
package mastodon

import (
	"net/http"
	"sync"

	"github.com/go-chi/chi/v5"

	"tulou/apps/guard"
	"tulou/apps/media"
	"tulou/apps/notify"
	"tulou/apps/people"
	"tulou/apps/social"
	"tulou/node/edge"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Deps is what an API works with; all of it.
type Deps struct {
	Store  *storage.Store
	People *people.Service
	Social *social.Service
	Media  *media.Service
	Notify *notify.Service
	Push   *notify.Push
	Guard  *guard.Service
	Auth   *edge.Auth
	Paths  ids.Paths
	// AccountHost is the host in the handles of this node.
	AccountHost string
	// AvatarURL is the picture of a local name without one.
	AvatarURL func(name string) string
	// Version is the version of this program.
	Version string
	// SourceURL is where the source of this program is, "" if that is not known.
	SourceURL string
	// Cards reads the pages to which posts lead; nil: they are not read.
	Cards CardReader
	// Private shows strangers nothing about anybody.
	Private bool
	// AllowListOnly tells clients that the node talks only to servers that were chosen.
	AllowListOnly bool
	// ShowBlocks says who may read which domains are blocked: BlocksForNobody (or ""),
	// BlocksForPeople or BlocksForEverybody.
	ShowBlocks string
}

// API answers clients. It is safe for concurrent use.
type API struct {
	Deps
	bodies   *cache // of statuses
	accounts *cache
	texts    *cache // of statuses, in lower case, for filters
	featured *cache // hashtags on profiles, by account
	filters  filterSets
	counts   counts
	hosts    hosts
	sheets   sync.Pool // of *sheet
}

// How much rendered JSON is kept: about 4,000 statuses and 2,500 accounts, which is what people of
// a small node read in a day.
const (
	bodiesBytes   = 8 << 20
	accountsBytes = 4 << 20
	textsBytes    = 4 << 20
	featuredBytes = 1 << 20
	sheetBytes    = 64 << 10 // a timeline of 20 statuses, with some room
)

// New makes an API.
func New(d Deps) *API {
	return &API{
		Deps: d, bodies: newCache(bodiesBytes), accounts: newCache(accountsBytes), texts: newCache(textsBytes),
		featured: newCache(featuredBytes),
		sheets:   sync.Pool{New: func() any { return &sheet{make([]byte, 0, sheetBytes)} }},
	}
}

// Routes adds everything that is served, with who may use it. Anything else under /api is answered
// with 404, so other edges under /api add longer paths of their own.
func (a *API) Routes(router chi.Router) {
	router.Get(missingAvatar, missingPicture(missingGrey))
	router.Get(missingHeader, missingPicture(missingNothing))
	router.Group(func(r chi.Router) {
		r.Use(cors)
		a.accountRoutes(routes{r, a})
		a.statusRoutes(routes{r, a})
		a.mediaRoutes(routes{r, a})
		a.timelineRoutes(routes{r, a})
		a.listRoutes(routes{r, a})
		a.filterRoutes(routes{r, a})
		a.tagRoutes(routes{r, a})
		a.arrangeRoutes(routes{r, a})
		a.nodeRoutes(routes{r, a})
		a.signUpRoutes(routes{r, a})
		a.profileRoutes(routes{r, a})
		a.noticeRoutes(routes{r, a})
		a.laterRoutes(routes{r, a})
		a.quoteRoutes(routes{r, a})
		a.factRoutes(routes{r, a})
		a.discoverRoutes(routes{r, a})
		a.pushRoutes(routes{r, a})
		a.adminRoutes(routes{r, a})
		r.HandleFunc("/api/*", func(w http.ResponseWriter, _ *http.Request) { writeError(w, errNotFound) })
	})
}

// routes adds endpoints: public ones, those for client programs, and those for people.
type routes struct {
	chi.Router
	api *API
}

func (r routes) open(method, path string, e endpoint, scopes ...string) {
	need := anybody
	if r.api.Private && !aboutTheNode(path) {
		need = person
	}
	r.Method(method, path, r.api.serve(access{need: need, scopes: scopes}, e))
}

func (r routes) program(method, path string, e endpoint) {
	r.Method(method, path, r.api.serve(access{need: program}, e))
}

func (r routes) person(method, path string, e endpoint, scopes ...string) {
	r.Method(method, path, r.api.serve(access{need: person, scopes: scopes}, e))
}

// The methods, short, since the tables are read as tables.
const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	patch  = http.MethodPatch
	remove = http.MethodDelete
)

func (a *API) accountRoutes(r routes) {
	r.person(get, "/api/v1/accounts/verify_credentials", a.verifyCredentials, "read:accounts", "profile")
	r.upload(patch, "/api/v1/accounts/update_credentials", a.updateCredentials, "write:accounts")
	r.person(get, "/api/v1/accounts/relationships", a.relationships, "read:follows")
	r.person(get, "/api/v1/accounts/search", a.searchAccounts, "read:accounts")
	r.open(get, "/api/v1/accounts/lookup", a.lookupAccount, "read:accounts")
	r.open(get, "/api/v1/accounts", a.listAccounts, "read:accounts")
	r.open(get, "/api/v1/accounts/{id}", a.getAccount, "read:accounts")
	r.open(get, "/api/v1/accounts/{id}/statuses", a.accountStatuses, "read:statuses")
	r.open(get, "/api/v1/accounts/{id}/followers", a.followers, "read:accounts")
	r.open(get, "/api/v1/accounts/{id}/following", a.following, "read:accounts")
	r.person(post, "/api/v1/accounts/{id}/follow", a.follow, "write:follows")
	r.person(post, "/api/v1/accounts/{id}/unfollow", a.unfollow, "write:follows")
	r.person(post, "/api/v1/accounts/{id}/remove_from_followers", a.removeFollower, "write:follows")
	r.person(post, "/api/v1/accounts/{id}/block", a.block, "write:blocks")
	r.person(post, "/api/v1/accounts/{id}/unblock", a.unblock, "write:blocks")
	r.person(post, "/api/v1/accounts/{id}/mute", a.mute, "write:mutes")
	r.person(post, "/api/v1/accounts/{id}/unmute", a.unmute, "write:mutes")
	r.person(get, "/api/v1/follow_requests", a.followRequests, "read:follows")
	r.person(post, "/api/v1/follow_requests/{id}/authorize", a.authorizeFollow, "write:follows")
	r.person(post, "/api/v1/follow_requests/{id}/reject", a.rejectFollow, "write:follows")
	r.person(get, "/api/v1/blocks", a.blocks, "read:blocks")
	r.person(get, "/api/v1/mutes", a.mutes, "read:mutes")
	r.person(get, "/api/v1/domain_blocks", a.domainBlocks, "read:blocks")
	r.person(post, "/api/v1/domain_blocks", a.blockDomain, "write:blocks")
	r.person(remove, "/api/v1/domain_blocks", a.unblockDomain, "write:blocks")
	r.person(get, "/api/v1/preferences", a.preferences, "read:accounts")
}

func (a *API) statusRoutes(r routes) {
	r.person(post, "/api/v1/statuses", a.postStatus, "write:statuses")
	r.open(get, "/api/v1/statuses", a.listStatuses, "read:statuses")
	r.open(get, "/api/v1/statuses/{id}", a.getStatus, "read:statuses")
	r.person(put, "/api/v1/statuses/{id}", a.editStatus, "write:statuses")
	r.person(remove, "/api/v1/statuses/{id}", a.deleteStatus, "write:statuses")
	r.open(get, "/api/v1/statuses/{id}/context", a.context, "read:statuses")
	r.person(get, "/api/v1/statuses/{id}/source", a.statusSource, "read:statuses")
	r.open(get, "/api/v1/statuses/{id}/history", a.statusHistory, "read:statuses")
	r.open(get, "/api/v1/statuses/{id}/favourited_by", a.favouritedBy, "read:accounts")
	r.open(get, "/api/v1/statuses/{id}/reblogged_by", a.rebloggedBy, "read:accounts")
	r.person(post, "/api/v1/statuses/{id}/favourite", a.favourite, "write:favourites")
	r.person(post, "/api/v1/statuses/{id}/unfavourite", a.unfavourite, "write:favourites")
	r.person(post, "/api/v1/statuses/{id}/reblog", a.reblog, "write:statuses")
	r.person(post, "/api/v1/statuses/{id}/unreblog", a.unreblog, "write:statuses")
	r.person(post, "/api/v1/statuses/{id}/bookmark", a.bookmark, "write:bookmarks")
	r.person(post, "/api/v1/statuses/{id}/unbookmark", a.unbookmark, "write:bookmarks")
	r.open(get, "/api/v1/polls/{id}", a.getPoll, "read:statuses")
	r.person(post, "/api/v1/polls/{id}/votes", a.vote, "write:statuses")
}

func (a *API) timelineRoutes(r routes) {
	r.person(get, "/api/v1/timelines/home", a.homeTimeline, "read:statuses")
	r.open(get, "/api/v1/timelines/public", a.publicTimeline, "read:statuses")
	r.open(get, "/api/v1/timelines/tag/{tag}", a.tagTimeline, "read:statuses")
	r.person(get, "/api/v1/favourites", a.favourites, "read:favourites")
	r.person(get, "/api/v1/bookmarks", a.bookmarks, "read:bookmarks")
	r.person(get, "/api/v1/notifications", a.notifications, "read:notifications")
	r.person(get, "/api/v1/notifications/{id}", a.getNotification, "read:notifications")
	r.person(post, "/api/v1/notifications/clear", a.clearNotifications, "write:notifications")
	r.person(post, "/api/v1/notifications/{id}/dismiss", a.dismissNotification, "write:notifications")
	r.person(get, "/api/v1/markers", a.markers, "read:statuses")
	r.person(post, "/api/v1/markers", a.putMarkers, "write:statuses")
	r.person(get, "/api/v1/conversations", a.conversations, "read:statuses")
	r.person(remove, "/api/v1/conversations/{id}", a.deleteConversation, "write:conversations")
	r.person(post, "/api/v1/conversations/{id}/read", a.readConversation, "write:conversations")
	r.open(get, "/api/v2/search", a.search, "read:search")
}

func (a *API) nodeRoutes(r routes) {
	r.open(get, "/api/v1/instance", a.instanceV1)
	r.open(get, "/api/v2/instance", a.instance)
	r.open(get, "/api/v1/custom_emojis", a.customEmojis)
	r.program(get, "/api/v1/apps/verify_credentials", a.verifyApp)
}
