package account

import (
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/apps/guard"
	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// settings is the list of everything that can be changed here.
func (p *Pages) settings(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
	words := edge.WordsOf(r)
	login, err := p.Store.LoginByAccount(r.Context(), b.Account.ID)
	if err != nil {
		return err
	}
	coded, err := p.People.AsksCodes(r.Context(), b.Account)
	if err != nil {
		return err
	}
	invites, err := p.People.MayInvite(r.Context(), b.Account)
	if err != nil {
		return err
	}
	codes := words.T("account.codes-are-off")
	if coded {
		codes = words.T("account.codes-are-on")
	}
	safety := []row{
		{Title: words.T("account.change-password"), Path: "/settings/password"},
		{Title: words.T("account.change-email"), Text: people.AddressOf(login), Path: "/settings/email"},
		{Title: words.T("account.codes"), Text: codes, Path: "/settings/codes"},
		{Title: words.T("account.sessions"), Text: words.T("account.sessions-text"), Path: "/settings/sessions"},
	}
	var others []row
	if invites {
		others = append(others, row{Title: words.T("account.invites"), Text: words.T("account.invites-text"), Path: "/settings/invites"})
	}
	if runs(login) {
		others = append(others, row{Title: words.T("account.requests"), Text: words.T("account.requests-text"), Path: people.RequestsPath})
	}
	if appeals(login) {
		others = append(others, row{Title: words.T("account.appeals"), Text: words.T("account.appeals-text"), Path: people.AppealsPath})
	}
	others = append(others, row{Title: words.T("account.delete"), Text: words.T("account.delete-short"), Path: "/settings/delete"})
	return p.list(w, r, http.StatusOK, list{Heading: words.T("account.settings"), Intro: p.handle(words, b.Account.Name),
		Groups: []group{{Rows: append(safety, others...)}}, Form: &form{Button: words.T("account.sign-out"), Action: "/auth/sign_out"}})
}

func runs(l storage.Login) bool { return guard.PermissionsOf(l.Role).May(guard.ManageUsers) }

func (p *Pages) showPassword(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
	return p.askPassword(w, r, http.StatusOK, "")
}

func (p *Pages) askPassword(w http.ResponseWriter, r *http.Request, status int, wrong string) error {
	words := edge.WordsOf(r)
	return p.show(w, r, status, form{Heading: words.T("account.change-password"), Intro: []string{words.T("account.change-password-text")},
		Fields: []edge.Field{newPassword(words, words.T("account.new-password"), wrong)}, Button: words.T("account.save"), Links: toSettings(words)})
}

func toSettings(words *edge.Words) []link { return []link{{home, words.T("account.to-settings")}} }

// changePassword signs everybody out, and this browser in again.
func (p *Pages) changePassword(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
	words := edge.WordsOf(r)
	in, err := p.People.ChangePassword(r.Context(), b.Session, b.Account, r.PostFormValue("password"))
	if fault.Is(err, fault.Unprocessable) {
		return p.askPassword(w, r, http.StatusUnprocessableEntity, words.T("account.flaw-too-short"))
	}
	if err == nil {
		err = p.Browsers.Open(w, r, in)
	}
	if err != nil {
		return err
	}
	return p.say(w, r, words.T("account.password-changed"), words.T("account.signed-out-everywhere"), toSettings(words)[0])
}

func (p *Pages) showEmail(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
	return p.askEmail(w, r, b, http.StatusOK, "", "")
}

func (p *Pages) askEmail(w http.ResponseWriter, r *http.Request, b edge.Browser, status int, email, wrong string) error {
	words := edge.WordsOf(r)
	login, err := p.Store.LoginByAccount(r.Context(), b.Account.ID)
	if err != nil {
		return err
	}
	return p.show(w, r, status, form{Heading: words.T("account.change-email"), Intro: []string{addressText(words, login)},
		Fields: []edge.Field{{Name: "email", Type: "email", Label: words.T("account.new-email"), Value: email, Autocomplete: "email", MaxLength: people.EmailBytesMax, Error: wrong}},
		Button: words.T("account.send-link"), Links: toSettings(words)})
}

// addressText says which address somebody has.
func addressText(words *edge.Words, l storage.Login) string {
	if address := people.AddressOf(l); address != "" {
		return words.T("account.change-email-text", address)
	}
	return words.T("account.no-email-text")
}

func (p *Pages) askAddress(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
	words := edge.WordsOf(r)
	email := r.PostFormValue("email")
	err := p.People.AskAddress(r.Context(), p.Browsers.From(r), b.Session, email)
	if errors.Is(err, people.ErrMailDomain) {
		return p.askEmail(w, r, b, http.StatusUnprocessableEntity, email, words.T("account.flaw-blocked"))
	}
	if fault.Is(err, fault.Unprocessable) {
		return p.askEmail(w, r, b, http.StatusUnprocessableEntity, email, words.T("account.flaw-invalid"))
	}
	if err != nil {
		return err
	}
	return p.sent(w, r, words.T("account.address-sent"), toSettings(words)[0])
}

// showAddress asks to press the button of a link in a mail to a new address.
func (p *Pages) showAddress(w http.ResponseWriter, r *http.Request) error {
	words := edge.WordsOf(r)
	email, err := p.People.NewAddress(r.Context(), chi.URLParam(r, "secret"))
	if err != nil {
		return spent(err)
	}
	return p.show(w, r, http.StatusOK, form{Heading: words.T("account.change-email"), Intro: []string{words.T("account.address-text", email)}, Button: words.T("account.confirm")})
}

func (p *Pages) changeAddress(w http.ResponseWriter, r *http.Request) error {
	words := edge.WordsOf(r)
	if _, err := p.People.ChangeAddress(r.Context(), chi.URLParam(r, "secret")); err != nil {
		return spent(err)
	}
	return p.say(w, r, words.T("account.email-changed"), words.T("account.email-changed-text"), toSettings(words)[0])
}

// showCodes shows what can be done about codes: begin, finish beginning, or end.
func (p *Pages) showCodes(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
	return p.askCodes(w, r, b, http.StatusOK, "")
}

func (p *Pages) askCodes(w http.ResponseWriter, r *http.Request, b edge.Browser, status int, wrong string) error {
	words := edge.WordsOf(r)
	coded, err := p.People.AsksCodes(r.Context(), b.Account)
	if err != nil {
		return err
	}
	if coded {
		left, err := p.Store.RecoveryCodes(r.Context(), b.Account.ID)
		if err != nil {
			return err
		}
		return p.list(w, r, status, list{Heading: words.T("account.codes"), Intro: words.T("account.codes-are-on"), Groups: []group{{Rows: []row{
			{Title: words.T("account.recovery"), Text: words.T("account.recovery-left", left), Name: "do", Value: "renew", Button: words.T("account.renew")},
			{Title: words.T("account.stop-codes"), Text: words.T("account.stop-codes-text"), Name: "do", Value: "stop", Button: words.T("account.stop")},
		}}}, Links: toSettings(words)})
	}
	secret, _, err := p.People.OfferedCodes(r.Context(), b.Account)
	if fault.Is(err, fault.NotFound) {
		return p.show(w, r, status, form{Heading: words.T("account.codes"), Intro: []string{words.T("account.codes-text"), words.T("account.codes-are-off")},
			Hidden: map[string]string{"do": "offer"}, Button: words.T("account.begin"), Links: toSettings(words)})
	}
	if err != nil {
		return err
	}
	field := codeField(words, wrong)
	field.Hint = ""
	return p.show(w, r, status, form{Heading: words.T("account.scan"), Intro: []string{words.T("account.scan-text")}, Picture: "/settings/codes/picture.png",
		Secret: inFours(secret), Hidden: map[string]string{"do": "use"}, Fields: []edge.Field{field}, Button: words.T("account.use-codes"), Links: toSettings(words)})
}

// inFours writes a secret as it is typed: apps pass over the spaces.
func inFours(secret string) string {
	var fours []string
	for part := range slices.Chunk([]byte(secret), 4) {
		fours = append(fours, string(part))
	}
	return strings.Join(fours, " ")
}

func (p *Pages) changeCodes(w http.ResponseWriter, r *http.Request, b edge.Browser) (err error) {
	words := edge.WordsOf(r)
	var recovery []string
	switch r.PostFormValue("do") {
	case "offer":
		err = p.People.OfferCodes(r.Context(), b.Session, b.Account)
	case "use":
		recovery, err = p.People.UseCodes(r.Context(), b.Session, b.Account, r.PostFormValue("code"))
		if fault.Is(err, fault.Unauthenticated) {
			return p.askCodes(w, r, b, http.StatusUnprocessableEntity, words.T("account.wrong-code"))
		}
	case "renew":
		recovery, err = p.People.RenewRecoveryCodes(r.Context(), b.Session, b.Account)
	case "stop":
		err = p.People.StopCodes(r.Context(), b.Session, b.Account)
	}
	if err != nil {
		return err
	}
	if recovery != nil {
		return p.show(w, r, http.StatusOK, form{Heading: words.T("account.recovery"), Intro: []string{words.T("account.recovery-text")}, Secrets: recovery, Links: toSettings(words)})
	}
	http.Redirect(w, r, "/settings/codes", http.StatusSeeOther)
	return nil
}

// codePicture is the picture that is scanned. It comes from a path of its own, for the browser
// alone that asks for it, because pages load nothing but pictures of this node.
func (p *Pages) codePicture(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
	_, picture, err := p.People.OfferedCodes(r.Context(), b.Account)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(picture)))
	_, err = w.Write(picture)
	return err
}

// showSessions lists the browsers and programs that may act for somebody.
func (p *Pages) showSessions(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
	words := edge.WordsOf(r)
	sessions, err := p.Store.Sessions(r.Context(), b.Account.ID)
	if err != nil {
		return err
	}
	apps, err := p.Store.AuthorisedApps(r.Context(), b.Account.ID)
	if err != nil {
		return err
	}
	browsers := group{Heading: words.T("account.browsers")}
	for _, s := range sessions {
		line := row{Title: deviceOf(words, s.Agent), Text: placeOf(words, s), Name: "session", Value: ids.Format(s.ID), Button: words.T("account.end")}
		if s.ID == b.Session.ID {
			line.Text, line.Button = words.T("account.this-browser"), ""
		}
		browsers.Rows = append(browsers.Rows, line)
	}
	programs := group{Heading: words.T("account.apps"), None: words.T("account.no-apps")}
	for _, a := range apps {
		used := words.T("account.not-used")
		if a.UsedAt != 0 {
			used = words.T("account.last-used", words.Date(a.UsedAt.Time()))
		}
		programs.Rows = append(programs.Rows, row{Title: a.App, Text: strings.Join(append(words.Powers(strings.Fields(a.Scopes)), used), " · "), Name: "app", Value: ids.Format(a.TokenID), Button: words.T("account.end")})
	}
	return p.list(w, r, http.StatusOK, list{Heading: words.T("account.sessions"), Intro: words.T("account.sessions-text"), Groups: []group{browsers, programs},
		Form: &form{Heading: words.T("account.end-others"), Hidden: map[string]string{"others": "1"}, Button: words.T("account.end-others-button"), Danger: true}, Links: toSettings(words)})
}

// placeOf says where and when a browser was used last.
func placeOf(words *edge.Words, s storage.Session) string {
	ago := words.Ago(s.UsedAt.Time())
	if edge.Here(s.Address) {
		return words.T("account.session-here", ago)
	}
	return words.T("account.session-line", words.Isolate(s.Address), ago)
}

// endSession ends one session or app, or all others.
func (p *Pages) endSession(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
	session, _ := ids.Parse(r.PostFormValue("session"))
	app, _ := ids.Parse(r.PostFormValue("app"))
	var err error
	switch {
	case r.PostFormValue("others") != "":
		err = p.People.EndOthers(r.Context(), p.Browsers.From(r), b.Session)
	case session != 0:
		err = p.People.EndSession(r.Context(), b.Session, session)
	case app != 0:
		err = p.People.EndApp(r.Context(), b.Session, app)
	}
	if err != nil && !fault.Is(err, fault.NotFound) { // ended already
		return err
	}
	http.Redirect(w, r, "/settings/sessions", http.StatusSeeOther)
	return nil
}

// What an invitation may be made for here.
const (
	inviteDays    = 7 // unless somebody says otherwise
	inviteDaysMax = int(people.InviteLastsMax / (24 * time.Hour))
)

// invitation is what was written into the form of a new invitation.
type invitation struct{ Uses, Days string }

func (p *Pages) showInvites(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
	return p.listInvites(w, r, b, http.StatusOK, invitation{"1", strconv.Itoa(inviteDays)}, "")
}

// listInvites lists somebody's invitations; secret is that of one which was made just now. A number
// in the form that is out of bounds has the bounds below it.
func (p *Pages) listInvites(w http.ResponseWriter, r *http.Request, b edge.Browser, status int, was invitation, secret string) error {
	words := edge.WordsOf(r)
	mine, err := p.Store.Invites(r.Context(), b.Account.ID, people.InvitesMax)
	if err != nil {
		return err
	}
	l := list{Heading: words.T("account.invites"), Intro: words.T("account.invites-text"), Links: toSettings(words)}
	rows := group{None: words.T("account.no-invites")}
	for _, i := range mine {
		rows.Rows = append(rows.Rows, row{Title: words.T("account.invite-line", i.Uses, i.UsesMax), Text: words.T("account.until", words.Moment(i.ExpiresAt.Time())),
			Name: "end", Value: ids.Format(i.ID), Button: words.T("account.end")})
	}
	l.Groups = []group{rows}
	if secret != "" {
		l.Notice, l.Kind, l.Secret = words.T("account.invite-made"), "ok", p.Paths.Base+people.InvitePath+secret
	}
	l.Form = &form{Heading: words.T("account.new-invite"), Button: words.T("account.make-invite"), Fields: []edge.Field{
		{Name: "uses", Type: "number", Label: words.T("account.invite-uses"), Value: was.Uses, Mode: "numeric", MaxLength: 3},
		{Name: "days", Type: "number", Label: words.T("account.invite-days"), Value: was.Days, Mode: "numeric", MaxLength: 2},
	}}
	for i, most := range []int{people.InviteUsesMax, inviteDaysMax} {
		if field := &l.Form.Fields[i]; within(field.Value, most) == 0 {
			field.Error = words.T("account.invite-bounds", most)
		}
	}
	return p.list(w, r, status, l)
}

// within reads a number from 1 to most, 0 if it is none.
func within(text string, most int) int {
	if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= most {
		return n
	}
	return 0
}

func (p *Pages) changeInvites(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
	if id, ok := ids.Parse(r.PostFormValue("end")); ok {
		if err := p.People.EndInvite(r.Context(), b.Account.ID, id); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		http.Redirect(w, r, "/settings/invites", http.StatusSeeOther)
		return nil
	}
	was := invitation{r.PostFormValue("uses"), r.PostFormValue("days")}
	uses, days := within(was.Uses, people.InviteUsesMax), within(was.Days, inviteDaysMax)
	if uses == 0 || days == 0 {
		return p.listInvites(w, r, b, http.StatusUnprocessableEntity, was, "")
	}
	secret, _, err := p.People.Invite(r.Context(), people.NewInvite{From: b.Account, Uses: uses, Lasts: time.Duration(days) * 24 * time.Hour})
	if err != nil {
		return err
	}
	return p.listInvites(w, r, b, http.StatusOK, invitation{"1", strconv.Itoa(inviteDays)}, secret)
}

// staff is for those who run the node.
func (p *Pages) staff(h member) member {
	return func(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
		login, err := p.Store.LoginByAccount(r.Context(), b.Account.ID)
		if err != nil {
			return err
		}
		if !runs(login) {
			return fault.New(fault.NotFound, "there is no such page")
		}
		return h(w, r, b)
	}
}

// requestsPage is how many who wait are shown at a time.
const requestsPage = 100

// showRequests lists who waits to be let in by those who run the node, oldest first, a page at a
// time; not whom they let in already and who has to confirm the address.
func (p *Pages) showRequests(w http.ResponseWriter, r *http.Request, _ edge.Browser) error {
	words := edge.WordsOf(r)
	after, _ := ids.Parse(r.URL.Query().Get("after"))
	all, err := p.Store.SignupsUndecided(r.Context(), after, requestsPage+1)
	if err != nil {
		return err
	}
	links := toSettings(words)
	if len(all) > requestsPage {
		all = all[:requestsPage]
		links = append([]link{{people.RequestsPath + "?after=" + ids.Format(all[requestsPage-1].ID), words.T("account.more-requests")}}, links...)
	}
	rows := group{None: words.T("account.no-requests")}
	for _, s := range all {
		state := words.T("account.address-confirmed")
		if s.ConfirmedAt == 0 {
			state = words.T("account.address-unconfirmed")
		}
		rows.Rows = append(rows.Rows, row{Title: "@" + s.Name + " · " + s.Email, Text: s.Reason + " — " + state, Name: "approve", Value: ids.Format(s.ID), Button: words.T("account.approve"),
			Also: &act{"reject", ids.Format(s.ID), words.T("account.reject")}})
	}
	return p.list(w, r, http.StatusOK, list{Heading: words.T("account.requests"), Intro: words.T("account.requests-text"), Groups: []group{rows}, Links: links})
}

func (p *Pages) decideRequest(w http.ResponseWriter, r *http.Request, b edge.Browser) (err error) {
	noting := func(action string) people.Also {
		return p.Guard.Noting(r.Context(), b.Account, guard.ManageUsers, action)
	}
	if id, ok := ids.Parse(r.PostFormValue("approve")); ok {
		_, err = p.People.Approve(r.Context(), id, noting(guard.ActApprove))
	} else if id, ok := ids.Parse(r.PostFormValue("reject")); ok {
		err = p.People.Reject(r.Context(), id, noting(guard.ActReject))
	}
	if err != nil && !fault.Is(err, fault.NotFound) { // decided already
		return err
	}
	http.Redirect(w, r, people.RequestsPath, http.StatusSeeOther)
	return nil
}

// showDelete says what deleting an account means, and asks for everything again.
func (p *Pages) showDelete(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
	return p.askDelete(w, r, b, http.StatusOK, "")
}

func (p *Pages) askDelete(w http.ResponseWriter, r *http.Request, b edge.Browser, status int, notice string) error {
	words := edge.WordsOf(r)
	fields, err := p.proofFields(r, b)
	if err != nil {
		return err
	}
	sure := tick{Name: "sure", Label: template.HTML(template.HTMLEscapeString(words.T("account.sure", p.handle(words, b.Account.Name))))}
	return p.show(w, r, status, form{Heading: words.T("account.delete"), Intro: []string{words.T("account.delete-text"), words.T("account.delete-name")},
		Notice: notice, Kind: "wrong", Fields: fields, Checks: []tick{sure}, Button: words.T("account.delete-button"), Danger: true, Links: toSettings(words)})
}

func (p *Pages) delete(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
	words := edge.WordsOf(r)
	if r.PostFormValue("sure") == "" {
		return p.askDelete(w, r, b, http.StatusUnprocessableEntity, words.T("account.be-sure"))
	}
	err := p.People.Leave(r.Context(), p.Browsers.From(r), b.Account, r.PostFormValue("password"), r.PostFormValue("code"))
	if notice, status := unproved(words, err); notice != "" {
		edge.Fail(w, err)
		return p.askDelete(w, r, b, status, notice)
	}
	if fault.Is(err, fault.Forbidden) {
		return edge.Tell(err, fault.Forbidden, "account.last-owner")
	}
	if err == nil {
		err = p.Browsers.Close(w, r)
	}
	if err != nil {
		return err
	}
	return p.say(w, r, words.T("account.deleted"), words.T("account.deleted-text"), link{})
}
