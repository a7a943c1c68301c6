package mastodon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"tulou/apps/guard"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// What a node tells about itself beside /instance.

type rule struct {
	ID           string              `json:"id"`
	Text         string              `json:"text"`
	Hint         string              `json:"hint"`
	Translations map[string]struct{} `json:"translations"`
}

// longText is the extended description, or the privacy policy.
type longText struct {
	UpdatedAt *string `json:"updated_at"`
	Content   string  `json:"content"`
}

type termsOfService struct {
	EffectiveDate string  `json:"effective_date"`
	Effective     bool    `json:"effective"`
	Content       string  `json:"content"`
	SucceededBy   *string `json:"succeeded_by"`
}

type activityWeek struct {
	Week          string `json:"week"`
	Statuses      string `json:"statuses"`
	Logins        string `json:"logins"`
	Registrations string `json:"registrations"`
}

type domainBlock struct {
	Domain   string `json:"domain"`
	Digest   string `json:"digest"`
	Severity string `json:"severity"`
	Comment  string `json:"comment"`
}

type languageName struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// Who may read which domains are blocked.
const (
	BlocksForNobody    = "nobody"
	BlocksForPeople    = "people"
	BlocksForEverybody = "everybody"
)

// factRoutes are what a node tells about itself, and what its operator tells people.
func (a *API) factRoutes(r routes) {
	r.open(get, "/api/v1/instance/rules", a.rules)
	r.open(get, "/api/v1/instance/peers", a.peers)
	r.open(get, "/api/v1/instance/activity", a.activity)
	r.open(get, "/api/v1/instance/domain_blocks", a.publicBlocks)
	r.open(get, "/api/v1/instance/extended_description", a.extendedDescription)
	r.open(get, "/api/v1/instance/privacy_policy", a.privacyPolicy)
	r.open(get, "/api/v1/instance/terms_of_service", a.termsOfService)
	r.open(get, "/api/v1/instance/terms_of_service/{date}", a.termsOfDay)
	r.open(get, "/api/v1/instance/translation_languages", a.translationLanguages)
	r.open(get, "/api/v1/instance/languages", a.languages)
	r.person(get, "/api/v1/announcements", a.announcements)
	r.person(post, "/api/v1/announcements/{id}/dismiss", a.dismissAnnouncement, "write:accounts")
	r.person(put, "/api/v1/announcements/{id}/reactions/{name}", a.addReaction, "write:favourites")
	r.person(remove, "/api/v1/announcements/{id}/reactions/{name}", a.removeReaction, "write:favourites")
}

// said is what the operator says, as instances tell it.
type said struct {
	guard.Texts
	title                  string // the domain if there is none
	contact                *account
	rules                  []rule
	privacyPage, termsPage *string
}

func (a *API) said(ctx context.Context) (s said, err error) {
	if s.Texts, err = a.Guard.Texts(ctx); err != nil {
		return s, err
	}
	rules, err := a.Guard.Rules(ctx)
	if err != nil {
		return s, err
	}
	s.rules, s.title = rulesOf(rules), s.Title
	if s.title == "" {
		s.title = a.AccountHost
	}
	if s.Privacy != nil {
		s.privacyPage = optionalText(a.Paths.Base + "/privacy")
	}
	if s.Terms != nil {
		s.termsPage = optionalText(a.Paths.Base + "/terms")
	}
	if s.Contact == "" || a.Private { // strangers read this
		return s, nil
	}
	of, err := a.Store.AccountByHandle(ctx, s.Contact, "")
	if fault.Is(err, fault.NotFound) || err == nil && of.Hidden {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	full, err := a.fullAccount(ctx, of)
	s.contact = &full
	return s, err
}

func (a *API) rules(q *query) (any, error) {
	rules, err := a.Guard.Rules(q.Context())
	return rulesOf(rules), err
}

func rulesOf(rules []storage.Rule) []rule {
	list := make([]rule, len(rules))
	for i, r := range rules {
		list[i] = rule{ID: ids.Format(r.ID), Text: r.Body, Hint: r.Hint, Translations: map[string]struct{}{}}
	}
	return list
}

// peers lists the servers that this node knows. A node that talks only to chosen ones does not say
// which.
func (a *API) peers(q *query) (any, error) {
	if a.AllowListOnly {
		return nil, errNotFound
	}
	return a.hosts.get(q.Context(), a.Store)
}

// hosts keeps which servers the node knows, since reading that takes long and strangers may ask.
type hosts struct {
	mu    sync.Mutex
	list  []string
	until time.Time
}

func (h *hosts) get(ctx context.Context, store *storage.Store) ([]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if now.Before(h.until) {
		return h.list, nil
	}
	list, err := store.Hosts(ctx)
	if err == nil {
		h.list, h.until = append([]string{}, list...), now.Add(countsFresh)
	}
	return h.list, err
}

func (a *API) activity(q *query) (any, error) {
	if a.AllowListOnly {
		return nil, errNotFound
	}
	weeks, err := a.Store.Activity(q.Context(), time.Now())
	list := make([]activityWeek, len(weeks))
	for i, w := range weeks {
		number := func(n int64) string { return strconv.FormatInt(n, 10) }
		list[i] = activityWeek{number(w.Week.Time().Unix()), number(w.Statuses), number(w.Logins), number(w.Registrations)}
	}
	return list, err
}

// digestOf lets who knows a domain find it in a list that does not name it.
func digestOf(domain string) string {
	digest := sha256.Sum256([]byte(domain))
	return hex.EncodeToString(digest[:])
}

// publicName is how a domain is called in public: with its middle left out if it is not to be
// named.
func publicName(p storage.DomainPolicy) string {
	if !p.Obfuscate {
		return p.Domain
	}
	hidden := []rune(p.Domain)
	for i := range hidden {
		if i >= len(hidden)/4 && i < len(hidden)-len(hidden)/4 && hidden[i] != '.' {
			hidden[i] = '*'
		}
	}
	return string(hidden)
}

// publicBlocks lists the blocked and the limited domains to whom the operator lets read them, with
// what is said about them in public.
func (a *API) publicBlocks(q *query) (any, error) {
	switch {
	case a.ShowBlocks == BlocksForEverybody:
	case a.ShowBlocks != BlocksForPeople:
		return nil, errNotFound
	case !q.who.Person():
		return nil, errNobody
	}
	policies, err := a.Guard.Domains(q.Context())
	list := []domainBlock{}
	for _, p := range policies {
		if p.Action == storage.DomainBlock || p.Action == storage.DomainLimit {
			list = append(list, domainBlock{Domain: publicName(p), Digest: digestOf(p.Domain), Severity: severityOf(p), Comment: p.PublicComment})
		}
	}
	return list, err
}

// extendedDescription is empty if the operator wrote none, as in Mastodon.
func (a *API) extendedDescription(q *query) (any, error) {
	texts, err := a.Guard.Texts(q.Context())
	return longTextOf(texts.About), err
}

// privacyPolicy is not there if the operator wrote none: Mastodon has one ready, which would
// promise what this node does not know of its operator.
func (a *API) privacyPolicy(q *query) (any, error) {
	texts, err := a.Guard.Texts(q.Context())
	if err == nil && texts.Privacy == nil {
		err = errNotFound
	}
	return longTextOf(texts.Privacy), err
}

func longTextOf(t *guard.Text) longText {
	if t == nil {
		return longText{}
	}
	return longText{UpdatedAt: optionalInstant(storage.At(t.UpdatedAt)), Content: t.HTML}
}

func (a *API) termsOfService(q *query) (any, error) {
	texts, err := a.Guard.Texts(q.Context())
	if err == nil && texts.Terms == nil {
		err = errNotFound
	}
	if err != nil {
		return nil, err
	}
	return termsOf(*texts.Terms), nil
}

func (a *API) termsOfDay(q *query) (any, error) {
	terms, err := a.Guard.Terms(q.Context(), chi.URLParam(q.Request, "date"))
	if fault.Is(err, fault.NotFound) {
		err = errNotFound
	}
	return termsOf(terms), err
}

func termsOf(t guard.Text) termsOfService {
	return termsOfService{EffectiveDate: t.EffectiveOn, Content: t.HTML, SucceededBy: optionalText(t.SucceededBy),
		Effective: t.EffectiveOn <= time.Now().UTC().Format(time.DateOnly)}
}

// translationLanguages is empty: nothing is translated here.
func (a *API) translationLanguages(*query) (any, error) { return empty{}, nil }

// languages lists what posts may be written in, as far as there are names for it.
func (a *API) languages(*query) (any, error) {
	names := display.English.Languages()
	list := []languageName{}
	for _, tag := range display.Supported.Tags() {
		if base, confidence := tag.Base(); confidence == language.Exact && tag == language.Make(base.String()) && len(base.String()) == 2 {
			list = append(list, languageName{Code: base.String(), Name: names.Name(tag)})
		}
	}
	return list, nil
}

// translate is refused: this node has nobody who translates.
func (a *API) translate(q *query) (any, error) {
	if _, err := a.visible(q); err != nil {
		return nil, err
	}
	return nil, errNotFound
}
