package node

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tulou/apps/people"
	"tulou/protocol/fault"
)

// If this failed, a slip in the configuration would open a node to the world, or lose its mails.
func TestJoiningIsChecked(t *testing.T) {
	for name, c := range map[string]Joining{
		"another word":     {Registrations: "everybody"},
		"an age":           {MinAge: 1000},
		"no server":        {SMTPURL: "mail.example:587"},
		"a password alone": {SMTPPasswordFile: "/nowhere"},
		"no address":       {MailFrom: "nobody"},
	} {
		if _, err := (Config{Joining: c}).Complete(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir := t.TempDir()
	secret := filepath.Join(dir, "password")
	if err := os.WriteFile(secret, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	n := newNode(t, Config{URL: "https://social.example.org", AccountDomain: "example.org", Joining: Joining{SMTPURL: "smtp://tulou@mail.example", SMTPPasswordFile: secret}})
	mailer, err := n.newMailer(Deps{})
	if err != nil || mailer.Server.Password != "hunter2" || mailer.From != "no-reply@example.org" || !mailer.Delivers() {
		t.Errorf("%+v %v", mailer, err)
	}
	if text := n.config.String(); strings.Contains(text, "hunter2") {
		t.Errorf("the password is shown: %s", text)
	}
	n.config.SMTPPasswordFile = filepath.Join(dir, "gone")
	if _, err := n.newMailer(Deps{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a file that is gone: %v", err)
	}
}

// If this failed, a node that was opened by a command would never tell why nobody can join it.
func TestOpenNodeWithoutMailSaysSo(t *testing.T) {
	n := newNode(t, Config{})
	said := &strings.Builder{}
	n.log = slog.New(slog.NewTextHandler(said, nil))
	for _, c := range []struct {
		mode string
		warn bool
	}{{people.RegistrationsInvite, false}, {people.RegistrationsOpen, true}} {
		if err := n.SetRegistrations(t.Context(), c.mode); err != nil {
			t.Fatal(err)
		}
		if err := n.warnOfMail(t.Context()); err != nil || strings.Contains(said.String(), "no mail server") != c.warn {
			t.Errorf("%s: %q %v", c.mode, said, err)
		}
	}
}

// If this failed, a restart would forget what was decided while the node ran, or a flag would not
// count.
func TestRegistrationsStayAsDecided(t *testing.T) {
	dir := t.TempDir()
	for i, c := range []struct{ flag, then, want string }{
		{"", "", people.RegistrationsInvite},
		{"", people.RegistrationsOpen, people.RegistrationsOpen},
		{"", "", people.RegistrationsOpen},
		{people.RegistrationsClosed, "", people.RegistrationsClosed},
		{"", "", people.RegistrationsClosed},
	} {
		n := newNode(t, Config{Place: Place{DataDir: dir}, Joining: Joining{Registrations: c.flag}})
		if c.then != "" {
			if err := n.SetRegistrations(t.Context(), c.then); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := n.Registrations(t.Context()); got != c.want || err != nil {
			t.Errorf("%d: %s %v, want %s", i, got, err, c.want)
		}
		n.Close()
	}
}
