// Package mail tells people what concerns their accounts at their e-mail addresses: links that
// confirm or reset something, and news of what was changed. It has no queue: apps/people calls it
// from jobs, which are tried again until the mail server has taken the mail. A mail goes out at
// least once: if the process ends after the server took it and before that is written down, it goes
// out again, with the same Message-ID, and the links in both copies work. SMTP has no way to do
// better (RFC 1047).
//
// Mails go to the one server that the operator named, over TLS unless it is on this machine. Where
// none is named they are printed to the log, which is for trying things out and for who runs a node
// alone: whoever reads the log can use the links.
//
// The invariant to remember: nothing that somebody else wrote becomes a header but an address in
// the narrow grammar of people.NormalizeEmail.
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"tulou/apps/people"
	"tulou/federation/fetch"
	"tulou/protocol/fault"
)

// sendTimeout is how long a mail server may take for one mail; RFC 5321 section 4.5.3.2 permits
// longer, but a job has other chances.
const sendTimeout = 45 * time.Second

// The ports of submission (RFC 6409) and of submission with TLS from the first byte (RFC 8314).
const (
	portStartTLS = 587
	portTLS      = 465
)

// Server is a mail server that takes our mails. The zero value is none.
type Server struct {
	Host           string
	Port           int
	TLS            bool // from the first byte; otherwise STARTTLS
	User, Password string
}

// ParseServer reads smtp://user:password@host:587 or smtps://…; "" is no server. The fault is
// Invalid, and its text has nothing of the address in it, which may hold a password.
func ParseServer(text string) (s Server, err error) {
	if text == "" {
		return s, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return s, fault.New(fault.Invalid, "the mail server is not given as smtp://user:password@mail.example.org:587 or smtps://user:password@mail.example.org")
	}
	s = Server{Host: u.Hostname(), Port: portStartTLS, TLS: u.Scheme == "smtps", User: u.User.Username()}
	s.Password, _ = u.User.Password()
	if s.TLS {
		s.Port = portTLS
	}
	if u.Port() != "" {
		if s.Port, err = strconv.Atoi(u.Port()); err != nil || s.Port < 1 || s.Port > 65535 {
			return Server{}, fault.New(fault.Invalid, "the port of the mail server is not a port")
		}
	}
	return s, nil
}

// loopback tells whether the server is on this machine, where mails may go without TLS.
func (s Server) loopback() bool {
	addr, err := netip.ParseAddr(s.Host)
	return err == nil && addr.IsLoopback() || s.Host == "localhost"
}

// Config is what a Mailer needs.
type Config struct {
	Server Server // the zero Server: mails are printed to the log
	From   string // the address of the node
	Host   string // what the node is called, in mails
	Log    *slog.Logger
	// DialContext replaces the network and RootCAs the certificate authorities, for tests; nil: the
	// real ones.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	RootCAs     *x509.CertPool
}

// Mailer sends mails. It is safe for concurrent use.
type Mailer struct{ Config }

// New makes a Mailer. The fault is Invalid for an address of the node that is none.
func New(c Config) (*Mailer, error) {
	var err error
	if c.Server.Host != "" {
		from := c.From
		if c.From, err = people.NormalizeEmail(from); err != nil {
			return nil, fault.New(fault.Invalid, "mails cannot come from %q: say from where with --mail-from", from)
		}
	}
	if c.DialContext == nil {
		c.DialContext = fetch.OperatorDialer()
	}
	return &Mailer{c}, nil
}

// Delivers tells whether there is a mail server.
func (m *Mailer) Delivers() bool { return m.Server.Host != "" }

// Send hands a mail to the server, or prints it. Faults: Unprocessable for what the server refuses
// for good, or what is no mail; Unavailable for what may go better later.
func (m *Mailer) Send(ctx context.Context, mail people.Mail) error {
	letter, err := write(mail, m.Host)
	if err != nil {
		return err
	}
	if !m.Delivers() {
		m.Log.WarnContext(ctx, "there is no mail server, so this is printed: "+letter.Subject, "to", mail.To, "text", letter.text())
		return nil
	}
	message, err := m.message(mail, letter)
	if err != nil {
		return fault.Wrap(err, fault.Unprocessable, "this mail cannot be written")
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	// go-mail 0.8 leaves a connection open that does not get as far as a mail.
	var line net.Conn
	defer func() {
		if line != nil {
			_ = line.Close()
		}
	}()
	client, err := m.client(func(ctx context.Context, network, address string) (_ net.Conn, err error) {
		line, err = m.dial(ctx, network, address)
		return line, err
	})
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	err = client.DialAndSendWithContext(ctx, message)
	if refused, ok := errors.AsType[*gomail.SendError](err); ok && !refused.IsTemp() && refused.ErrorCode() >= 500 {
		return fault.Wrap(err, fault.Unprocessable, "the mail server refuses this mail")
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "the mail server does not take mails")
	}
	return nil
}

// message is a letter as it goes over the wire.
func (m *Mailer) message(mail people.Mail, l letter) (*gomail.Msg, error) {
	to, err := people.NormalizeEmail(mail.To)
	if err != nil {
		return nil, err
	}
	msg := gomail.NewMsg()
	if err := msg.FromFormat(m.Host, m.From); err != nil {
		return nil, err
	}
	if err := msg.To(to); err != nil {
		return nil, err
	}
	msg.Subject(l.Subject)
	msg.SetDate()
	_, domain, _ := strings.Cut(m.From, "@")
	id := mail.ID
	if id == "" {
		id, _ = people.NewSecret()
	}
	msg.SetMessageIDWithValue(id + "@" + domain)
	// Nobody's holiday greeting is wanted in return (RFC 3834).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetGenHeader("Content-Language", l.Words.Lang())
	html, err := l.html()
	if err != nil {
		return nil, err
	}
	msg.SetBodyString(gomail.TypeTextPlain, l.text())
	msg.AddAlternativeString(gomail.TypeTextHTML, html)
	return msg, nil
}

// client is what speaks SMTP over a connection that dial makes.
func (m *Mailer) client(dial gomail.DialContextFunc) (*gomail.Client, error) {
	s := m.Server
	_, domain, _ := strings.Cut(m.From, "@")
	options := []gomail.Option{gomail.WithPort(s.Port), gomail.WithTLSConfig(m.tls()), gomail.WithTimeout(sendTimeout),
		gomail.WithHELO(domain), gomail.WithoutNoop(), gomail.WithDialContextFunc(dial)}
	switch {
	case s.TLS:
		options = append(options, gomail.WithSSL())
	case s.loopback():
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.User != "" {
		options = append(options, gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthPlain, gomail.SMTPAuthLogin), gomail.WithUsername(s.User), gomail.WithPassword(s.Password))
	}
	return gomail.NewClient(s.Host, options...)
}

func (m *Mailer) tls() *tls.Config {
	return &tls.Config{ServerName: m.Server.Host, RootCAs: m.RootCAs, MinVersion: tls.VersionTLS12}
}

// dial connects to the server, with TLS if it begins with it.
func (m *Mailer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	plain, err := m.DialContext(ctx, network, address)
	if err != nil || !m.Server.TLS {
		return plain, err
	}
	conn := tls.Client(plain, m.tls())
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = plain.Close()
		return nil, err
	}
	return conn, nil
}
