package mail

import (
	"embed"
	"html/template"
	"strings"

	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/fault"
)

// letter is a mail in the reader's language.
type letter struct {
	Words   *edge.Words
	Host    string
	Subject string
	Body    string
	Quote   string // what somebody else wrote, "" for nothing
	When    string // when to follow the link, "" if that goes without saying
	Action  string // what the link does
	Link    string
	Note    string // the small print
}

// saying is the messages of one kind of mail, "" for none.
type saying struct{ subject, body, when, action, note string }

// sayings are the messages of each kind of mail. The subject takes the host; the body the handle,
// and what is written in Mail.Text if it is about that. When comes before the link, since links are
// followed before what is below them is read.
var sayings = map[string]saying{
	people.MailConfirm:         {"mail.confirm-subject", "mail.confirm", "", "mail.confirm-action", "mail.confirm-note"},
	people.MailTaken:           {"mail.taken-subject", "mail.taken", "", "mail.reset-action", "mail.nothing-to-do"},
	people.MailNameTaken:       {"mail.name-taken-subject", "mail.name-taken", "", "mail.sign-up-action", "mail.nothing-to-do"},
	people.MailReset:           {"mail.reset-subject", "mail.reset", "", "mail.reset-action", "mail.reset-note"},
	people.MailNewAddress:      {"mail.new-address-subject", "mail.new-address", "", "mail.confirm-action", "mail.nothing-to-do"},
	people.MailAddressChanged:  {"mail.address-changed-subject", "mail.address-changed", "", "", "mail.not-you"},
	people.MailPasswordChanged: {"mail.password-changed-subject", "mail.password-changed", "mail.not-you-reset", "mail.reset-action", ""},
	people.MailCodesOn:         {"mail.codes-on-subject", "mail.codes-on", "mail.not-you-reset", "mail.reset-action", ""},
	people.MailCodesOff:        {"mail.codes-off-subject", "mail.codes-off", "mail.not-you-reset", "mail.reset-action", ""},
	people.MailWelcome:         {"mail.welcome-subject", "mail.welcome", "", "mail.sign-in-action", ""},
	people.MailWarned:          {"mail.decided-none-subject", "mail.decided-none", "", "mail.appeal-action", "mail.appeal-note"},
	people.MailSensitized:      {"mail.decided-sensitive-subject", "mail.decided-sensitive", "", "mail.appeal-action", "mail.appeal-note"},
	people.MailDisabled:        {"mail.decided-disable-subject", "mail.decided-disable", "", "mail.appeal-action", "mail.appeal-note"},
	people.MailSilenced:        {"mail.decided-silence-subject", "mail.decided-silence", "", "mail.appeal-action", "mail.appeal-note"},
	people.MailSuspended:       {"mail.decided-suspend-subject", "mail.decided-suspend", "", "mail.appeal-action", "mail.appeal-note"},
	people.MailUnsensitized:    {"mail.decided-unsensitive-subject", "mail.decided-unsensitive", "", "", ""},
	people.MailEnabled:         {"mail.decided-enable-subject", "mail.decided-enable", "", "", ""},
	people.MailUnsilenced:      {"mail.decided-unsilence-subject", "mail.decided-unsilence", "", "", ""},
	people.MailUnsuspended:     {"mail.decided-unsuspend-subject", "mail.decided-unsuspend", "", "", ""},
	people.MailGranted:         {"mail.decided-grant-appeal-subject", "mail.decided-grant-appeal", "", "", ""},
	people.MailNotGranted:      {"mail.decided-reject-appeal-subject", "mail.decided-reject-appeal", "", "", ""},
	people.MailAppeal:          {"mail.appeal-subject", "mail.appeal", "", "mail.appeals-action", ""},
	people.MailPending:         {"mail.pending-subject", "mail.pending", "", "mail.requests-action", "mail.pending-note"},
}

// write says a mail in its reader's language.
func write(m people.Mail, host string) (letter, error) {
	say, ok := sayings[m.Kind]
	if !ok {
		return letter{}, fault.New(fault.Unprocessable, "there is no mail of the kind %s", m.Kind)
	}
	words := edge.WordsFor(m.Locale)
	l := letter{Words: words, Host: host, Subject: words.T(say.subject, host), Link: m.Link}
	handle := words.Isolate("@" + m.Handle)
	switch m.Kind {
	case people.MailAddressChanged:
		l.Body = words.T(say.body, handle, m.Text)
	case people.MailPending, people.MailAppeal:
		l.Body, l.Quote = words.T(say.body), m.Text
	default:
		l.Body = words.T(say.body, handle)
		if strings.HasPrefix(m.Kind, people.DecidedMark) {
			l.Quote = m.Text
		}
	}
	if say.when != "" {
		l.When = words.T(say.when)
	}
	if say.action != "" && m.Link != "" {
		l.Action = words.T(say.action)
	}
	if say.note != "" {
		l.Note = words.T(say.note)
	}
	return l, nil
}

// text is the letter for who reads mails as text: paragraphs, and the link alone on its line.
func (l letter) text() string {
	parts := []string{l.Body}
	if l.Quote != "" {
		parts = append(parts, "> "+strings.ReplaceAll(l.Quote, "\n", "\n> "))
	}
	if l.When != "" {
		parts = append(parts, l.When)
	}
	if l.Action != "" {
		parts = append(parts, l.Action+":\n"+l.Link)
	}
	if l.Note != "" {
		parts = append(parts, l.Note)
	}
	return strings.Join(append(parts, "-- \n"+l.Host), "\n\n") + "\n"
}

//go:embed letter.html
var files embed.FS

var page = template.Must(template.ParseFS(files, "letter.html"))

// html is the letter for everybody else.
func (l letter) html() (string, error) {
	var b strings.Builder
	err := page.Execute(&b, l)
	return b.String(), err
}
