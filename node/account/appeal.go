package account

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"tulou/apps/guard"
	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// The pages on which people answer to what moderators decided about them, by a link that was
// mailed, since some cannot sign in any more; and on which moderators read it.

// showAppeal asks somebody what they want to say. Who has said it is told that it arrived.
func (p *Pages) showAppeal(w http.ResponseWriter, r *http.Request) error {
	return p.askAppeal(w, r, http.StatusOK, "", "")
}

func (p *Pages) askAppeal(w http.ResponseWriter, r *http.Request, status int, text, wrong string) error {
	words := edge.WordsOf(r)
	act, answer, err := p.Guard.ActToAppeal(r.Context(), people.SecretHash(chi.URLParam(r, "secret")))
	if err != nil {
		return spent(err)
	}
	if answer.ActID != 0 {
		return p.sayAppealed(w, r)
	}
	intro := []string{words.T("account.appeal-text", p.handle(words, act.Target))}
	if act.Body != "" {
		intro = append(intro, act.Body)
	}
	return p.show(w, r, status, form{Heading: words.T("account.appeal"), Intro: intro,
		Fields: []edge.Field{{Name: "text", Label: words.T("account.appeal-label"), Value: text, Rows: 8, MaxLength: guard.AppealMax, Error: wrong}},
		Button: words.T("account.appeal-send")})
}

func (p *Pages) appeal(w http.ResponseWriter, r *http.Request) error {
	words, text := edge.WordsOf(r), r.PostFormValue("text")
	err := p.Guard.Appeal(r.Context(), people.SecretHash(chi.URLParam(r, "secret")), text)
	switch {
	case fault.Is(err, fault.Unprocessable):
		return p.askAppeal(w, r, http.StatusUnprocessableEntity, text, words.T("account.appeal-length"))
	case err != nil && !fault.Is(err, fault.Conflict): // sent twice
		return spent(err)
	}
	return p.sayAppealed(w, r)
}

func (p *Pages) sayAppealed(w http.ResponseWriter, r *http.Request) error {
	words := edge.WordsOf(r)
	return p.say(w, r, words.T("account.appeal-sent"), words.T("account.appeal-sent-text"), link{people.SignInPath, words.T("mail.sign-in-action")})
}

// appealsPage is how many answers are shown at a time: the latest; the others follow as these are
// decided.
const appealsPage = 50

// appeals tells whether somebody decides about answers.
func appeals(l storage.Login) bool { return guard.PermissionsOf(l.Role).May(guard.ManageAppeals) }

// moderating refuses whoever does not moderate, as if there were no such page.
func (p *Pages) moderating(h member) member {
	return func(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
		login, err := p.Store.LoginByAccount(r.Context(), b.Account.ID)
		if err == nil && !appeals(login) {
			err = fault.New(fault.NotFound, "there is no such page")
		}
		if err != nil {
			return err
		}
		return h(w, r, b)
	}
}

// showAppeals lists the answers that nobody has decided about.
func (p *Pages) showAppeals(w http.ResponseWriter, r *http.Request, _ edge.Browser) error {
	words := edge.WordsOf(r)
	open, err := p.Store.Appeals(r.Context(), true, storage.Page{Limit: appealsPage})
	if err != nil {
		return err
	}
	var acts []int64
	for _, a := range open {
		acts = append(acts, a.ActID)
	}
	byID, err := p.Store.ActsByIDs(r.Context(), acts)
	if err != nil {
		return err
	}
	rows := group{None: words.T("account.no-appeals")}
	for _, a := range open {
		about, id := byID[a.ActID], ids.Format(a.ActID)
		rows.Rows = append(rows.Rows, row{Title: "@" + about.Target + " · " + about.Action, Text: a.Body, Name: "grant", Value: id,
			Button: words.T("account.grant"), Also: &act{"keep", id, words.T("account.keep-decision")}})
	}
	return p.list(w, r, http.StatusOK, list{Heading: words.T("account.appeals"), Intro: words.T("account.appeals-text"),
		Groups: []group{rows}, Links: toSettings(words)})
}

func (p *Pages) decideAppeal(w http.ResponseWriter, r *http.Request, b edge.Browser) (err error) {
	if id, ok := ids.Parse(r.PostFormValue("grant")); ok {
		err = p.Guard.DecideAppeal(r.Context(), b.Account, id, true)
	} else if id, ok := ids.Parse(r.PostFormValue("keep")); ok {
		err = p.Guard.DecideAppeal(r.Context(), b.Account, id, false)
	}
	if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Conflict) { // decided already
		return err
	}
	http.Redirect(w, r, people.AppealsPath, http.StatusSeeOther)
	return nil
}
