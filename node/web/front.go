package web

import (
	"html/template"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/storage"
)

// SignUpPath is where an account is made.
const SignUpPath = "/auth/sign_up"

// rulesShown is how many rules the front page has in short.
const rulesShown = 5

// frontPage is what the front page shows.
type frontPage struct {
	Title, Description, Host string
	People                   int64
	Contact                  *person
	Joining                  string // people.Registrations
	SignUp                   string
	Rules                    []storage.Rule
	MoreRules                bool
	Posts                    []post
	Private                  bool
	Meta                     meta
}

// Open, Approval and Invited tell the template who may join.
func (f frontPage) Open() bool { return f.Joining == people.RegistrationsOpen }

// Approval tells whether somebody approves who joins.
func (f frontPage) Approval() bool { return f.Joining == people.RegistrationsApproval }

// Invited tells whether an invitation is needed.
func (f frontPage) Invited() bool { return f.Joining == people.RegistrationsInvite }

// front is the page of the node: what it is, who lives here, how to join, and what was said last.
// Who is signed in is sent on to the web client.
func (s *Site) front(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if there, err := s.toApp(w, r, ""); there || err != nil {
		return err
	}
	texts, err := s.Texts.Texts(ctx)
	if err != nil {
		return err
	}
	f := frontPage{Title: texts.Title, Description: texts.Description, Host: s.Host, Private: s.Private, SignUp: SignUpPath}
	if f.Title == "" {
		f.Title = s.Host
	}
	if f.Joining, err = s.Joining(ctx); err != nil {
		return err
	}
	if f.Rules, err = s.Texts.Rules(ctx); err != nil {
		return err
	}
	if f.MoreRules = len(f.Rules) > rulesShown; f.MoreRules {
		f.Rules = f.Rules[:rulesShown]
	}
	if !s.Private {
		stats, err := s.count(ctx)
		if err != nil {
			return err
		}
		f.People = stats.Users
		if f.Contact, err = s.contact(r, texts.Contact); err != nil {
			return err
		}
		stamps, err := s.Store.Public(ctx, 0, storage.LocalOnly, storage.Page{Limit: postsMax})
		if err != nil {
			return err
		}
		if f.Posts, err = s.posts(ctx, stamps); err != nil {
			return err
		}
	}
	f.Meta = meta{Kind: "website", Title: f.Title, Description: f.Description, URL: s.Paths.Base + "/", Site: f.Title}
	page := edge.Page{Site: f.Title, Shape: edge.ShapeColumn, Description: f.Description, Canonical: s.Paths.Base + "/", NoIndex: s.Private}
	return s.write(w, r, "front", page, f)
}

// contact is the person who answers for the node, nil if the operator named nobody.
func (s *Site) contact(r *http.Request, name string) (*person, error) {
	if name == "" {
		return nil, nil
	}
	account, err := s.Store.AccountByHandle(r.Context(), name, "")
	if err != nil || account.Hidden {
		return nil, nil // who is gone is shown to nobody
	}
	named, err := s.named(r.Context(), []storage.Account{account})
	if err != nil {
		return nil, err
	}
	p := named[account.ID]
	return &p, nil
}

// textPage is something to read.
type textPage struct {
	Heading  string
	Body     template.HTML // the operator's; empty: what the software says
	Updated  time.Time     // zero if the software says it
	From, To string        // the days between which terms hold
	Rules    []storage.Rule
	Site     siteFacts
}

// siteFacts is what the software can say about a node by itself.
type siteFacts struct {
	Title, Host, Email string
	Contact            *person
	Private            bool
}

func (s *Site) about(w http.ResponseWriter, r *http.Request) error {
	texts, err := s.Texts.Texts(r.Context())
	if err != nil {
		return err
	}
	t := textPage{Heading: edge.WordsOf(r).T("page.about-title", s.Title(r.Context()))}
	t.Site = siteFacts{Title: texts.Title, Host: s.Host, Email: texts.Email, Private: s.Private}
	if texts.About != nil {
		t.Body, t.Updated = template.HTML(texts.About.HTML), texts.About.UpdatedAt
	}
	if !s.Private {
		if t.Site.Contact, err = s.contact(r, texts.Contact); err != nil {
			return err
		}
	}
	return s.text(w, r, "about", t)
}

func (s *Site) rules(w http.ResponseWriter, r *http.Request) (err error) {
	t := textPage{Heading: edge.WordsOf(r).T("page.rules-title")}
	if t.Rules, err = s.Texts.Rules(r.Context()); err != nil {
		return err
	}
	return s.text(w, r, "rules", t)
}

func (s *Site) privacy(w http.ResponseWriter, r *http.Request) error {
	texts, err := s.Texts.Texts(r.Context())
	if err != nil {
		return err
	}
	t := textPage{Heading: edge.WordsOf(r).T("page.privacy-title")}
	t.Site = siteFacts{Host: s.Host, Email: texts.Email, Private: s.Private}
	if texts.Privacy != nil {
		t.Body, t.Updated = template.HTML(texts.Privacy.HTML), texts.Privacy.UpdatedAt
	}
	return s.text(w, r, "privacy", t)
}

func (s *Site) terms(w http.ResponseWriter, r *http.Request) error {
	texts, err := s.Texts.Texts(r.Context())
	if err != nil {
		return err
	}
	t := textPage{Heading: edge.WordsOf(r).T("page.terms-title"), Site: siteFacts{Host: s.Host, Email: texts.Email}}
	if texts.Terms != nil {
		t.Body, t.From, t.To = template.HTML(texts.Terms.HTML), texts.Terms.EffectiveOn, texts.Terms.SucceededBy
	}
	return s.text(w, r, "terms", t)
}

// termsOf shows the terms that begin on a day.
func (s *Site) termsOf(w http.ResponseWriter, r *http.Request) error {
	text, err := s.Texts.Terms(r.Context(), chi.URLParam(r, "day"))
	if err != nil {
		return err
	}
	return s.text(w, r, "terms", textPage{Heading: edge.WordsOf(r).T("page.terms-title"), Body: template.HTML(text.HTML),
		From: text.EffectiveOn, To: text.SucceededBy})
}

func (s *Site) text(w http.ResponseWriter, r *http.Request, name string, t textPage) error {
	return s.write(w, r, name, edge.Page{Title: t.Heading, Shape: edge.ShapeText, NoIndex: s.Private}, t)
}

// Day reads a day as terms have it, for the template.
func (t textPage) Day(text string) time.Time {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return day
}
