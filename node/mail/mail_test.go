package mail

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"math/big"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"testing"
	"time"

	"tulou/apps/people"
	"tulou/node/nodetest/mailbox"
	"tulou/protocol/fault"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// certificate is for mail.example, and the pool that trusts it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.example"}, DNSNames: []string{"mail.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	check(t, err)
	leaf, err := x509.ParseCertificate(der)
	check(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

// serve runs a mail server on loopback and returns how to dial it, whatever name is asked for.
func serve(t *testing.T, s *mailbox.Server) (dial func(context.Context, string, string) (net.Conn, error), port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	done := make(chan struct{})
	go func() { s.Serve(l); close(done) }()
	t.Cleanup(func() { l.Close(); <-done })
	dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, l.Addr().String())
	}
	return dial, l.Addr().(*net.TCPAddr).Port
}

func mailer(t *testing.T, c Config) *Mailer {
	t.Helper()
	c.Host, c.From, c.Log = "harbor.example", "no-reply@harbor.example", slog.New(slog.DiscardHandler)
	m, err := New(c)
	check(t, err)
	return m
}

var confirm = people.Mail{Kind: people.MailConfirm, To: "zoe@mail.example", Locale: "en", Handle: "zoe@harbor.example",
	Link: "https://harbor.example/auth/confirm/SECRET"}

func TestMailArrivesAsTextAndHTMLOverTLS(t *testing.T) {
	// If this failed, nobody could confirm an address, or passwords of the mail server and links
	// would go over the network in the clear.
	for name, implicit := range map[string]bool{"smtp": false, "smtps": true} {
		t.Run(name, func(t *testing.T) {
			config, pool := certificate(t)
			box := &mailbox.Server{TLS: config, Implicit: implicit, User: "tulou", Password: "p@ss:word"}
			dial, _ := serve(t, box)
			server, err := ParseServer(name + "://tulou:p%40ss%3Aword@mail.example")
			check(t, err)
			m := mailer(t, Config{Server: server, DialContext: dial, RootCAs: pool})
			check(t, m.Send(t.Context(), confirm))
			got := box.Mails()
			if len(got) != 1 || got[0].From != "no-reply@harbor.example" || got[0].To != "zoe@mail.example" || !got[0].Encrypted || got[0].User != "tulou" {
				t.Fatalf("%+v", got)
			}
			letter, err := got[0].Read()
			check(t, err)
			if letter.Subject != "Confirm your address for harbor.example" || letter.Header.Get("Auto-Submitted") != "auto-generated" ||
				letter.Header.Get("Date") == "" || !strings.HasSuffix(letter.Header.Get("Message-Id"), "@harbor.example>") {
				t.Errorf("%q %v", letter.Subject, letter.Header)
			}
			if !strings.Contains(letter.Text, "\n"+confirm.Link+"\n") || !strings.Contains(letter.Text, "@zoe@harbor.example") {
				t.Errorf("text: %s", letter.Text)
			}
			if !strings.Contains(letter.HTML, `href="`+confirm.Link+`"`) || !strings.Contains(letter.HTML, `dir="ltr"`) {
				t.Errorf("html: %s", letter.HTML)
			}
		})
	}
}

func TestMailIsNotSentWithoutTLS(t *testing.T) {
	// If this failed, whoever sits between us and the mail server could strip TLS and read the
	// links.
	config, pool := certificate(t)
	stranger, _ := certificate(t)
	for name, c := range map[string]struct {
		box  *mailbox.Server
		host string
		want fault.Code
	}{
		"no TLS":              {&mailbox.Server{}, "mail.example", fault.Unavailable},
		"a stranger's":        {&mailbox.Server{TLS: stranger}, "mail.example", fault.Unavailable},
		"another name":        {&mailbox.Server{TLS: config}, "other.example", fault.Unavailable},
		"none on the machine": {&mailbox.Server{}, "127.0.0.1", ""},
	} {
		dial, port := serve(t, c.box)
		server, err := ParseServer("smtp://" + c.host + ":" + strconv.Itoa(port))
		check(t, err)
		err = mailer(t, Config{Server: server, DialContext: dial, RootCAs: pool}).Send(t.Context(), confirm)
		if fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
		if sent := len(c.box.Mails()); (sent == 1) != (c.want == "") {
			t.Errorf("%s: %d mails", name, sent)
		}
	}
}

func TestWhatAMailServerRefusesIsTriedAgainOnlyIfItMayPass(t *testing.T) {
	// If this failed, a mailbox that does not exist would be tried for a day, or one that is full
	// lost.
	for answer, want := range map[string]fault.Code{"550 no such mailbox": fault.Unprocessable, "452 too full": fault.Unavailable} {
		box := &mailbox.Server{Refuse: func(string) string { return answer }}
		dial, port := serve(t, box)
		m := mailer(t, Config{Server: Server{Host: "127.0.0.1", Port: port}, DialContext: dial})
		if err := m.Send(t.Context(), confirm); fault.CodeOf(err) != want {
			t.Errorf("%s: %v, want %s", answer, err, want)
		}
	}
	gone := mailer(t, Config{Server: Server{Host: "127.0.0.1", Port: 1}, DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, net.ErrClosed
	}})
	if err := gone.Send(t.Context(), confirm); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a server that is away: %v", err)
	}
}

func TestNothingBecomesAHeader(t *testing.T) {
	// If this failed, strangers could send mails of their own in the name of this node.
	box := &mailbox.Server{}
	dial, port := serve(t, box)
	m := mailer(t, Config{Server: Server{Host: "127.0.0.1", Port: port}, DialContext: dial})
	for _, to := range []string{"zoe@mail.example\r\nBcc: all@mail.example", "zoe@mail.example, eve@mail.example", `"a\r\nX: y"@mail.example`,
		"zoe@mail.example>", "<zoe@mail.example", "zoe@mail.example SIZE=1", ""} {
		mail := confirm
		mail.To = to
		if err := m.Send(t.Context(), mail); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("%q: %v", to, err)
		}
	}
	if len(box.Mails()) != 0 {
		t.Fatal("one was sent")
	}
	evil := "x\r\nBcc: all@mail.example\r\n\r\n<script>alert(1)</script>\r\n.\r\nMAIL FROM:<eve@mail.example>"
	check(t, m.Send(t.Context(), people.Mail{Kind: people.MailPending, To: "ana@mail.example", Locale: evil, Handle: evil, Link: "javascript:alert(1)", Text: evil}))
	got := box.Mails()
	if len(got) != 1 || got[0].To != "ana@mail.example" {
		t.Fatalf("%d mails", len(got))
	}
	letter, err := got[0].Read()
	check(t, err)
	if letter.Header.Get("Bcc") != "" || strings.Contains(letter.HTML, "<script") || strings.Contains(letter.HTML, `href="javascript`) {
		t.Errorf("%v\n%s", letter.Header, letter.HTML)
	}
	if from, err := mail.ParseAddressList(letter.Header.Get("From")); err != nil || len(from) != 1 || from[0].Address != m.From {
		t.Errorf("from %v, %v", from, err)
	}
}

func TestEveryMailIsWrittenInEveryLanguage(t *testing.T) {
	// If this failed, somebody would get a mail in a language that they did not choose, or one with
	// holes in it.
	for _, kind := range people.MailKinds() {
		subjects := map[string]bool{}
		for locale, lang := range map[string]string{"en": "en", "zh-CN": "zh-Hans", "ar": "ar", "fi": "en", "": "en", "%%": "en"} {
			l, err := write(people.Mail{Kind: kind, To: "a@b.example", Locale: locale, Handle: "ana@harbor.example", Link: "https://x.example/y", Text: "TEXT"}, "harbor.example")
			check(t, err)
			html, err := l.html()
			check(t, err)
			text := l.text()
			if l.Words.Lang() != lang || !strings.Contains(html, `lang="`+lang+`"`) {
				t.Errorf("%s in %q is in %s", kind, locale, l.Words.Lang())
			}
			for _, part := range []string{l.Subject, text, html} {
				if strings.Contains(part, "%!") || strings.Contains(part, "mail.") || part == "" {
					t.Errorf("%s in %q: %s", kind, locale, part)
				}
			}
			subjects[l.Subject] = true
		}
		if len(subjects) != 3 {
			t.Errorf("%s has %d subjects, want 3", kind, len(subjects))
		}
	}
	if _, err := write(people.Mail{Kind: "spam"}, "x"); !fault.Is(err, fault.Unprocessable) {
		t.Errorf("another kind: %v", err)
	}
}

func TestWithoutAServerMailsAreInTheLog(t *testing.T) {
	// If this failed, who tries the program out could not go on after signing up.
	var log bytes.Buffer
	m, err := New(Config{Host: "localhost:8420", From: "no-reply@node.localhost", Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err == nil {
		check(t, m.Send(t.Context(), confirm))
	}
	if m == nil || m.Delivers() || !strings.Contains(log.String(), confirm.Link) {
		t.Errorf("%v %s", err, &log)
	}
}

func TestServersAreRead(t *testing.T) {
	// If this failed, a typing error in the configuration would send mails elsewhere, or show the
	// password.
	for text, want := range map[string]Server{
		"":                                   {},
		"smtp://mail.example":                {Host: "mail.example", Port: 587},
		"smtps://mail.example/":              {Host: "mail.example", Port: 465, TLS: true},
		"smtp://a%40b:c%2Fd@mail.example:25": {Host: "mail.example", Port: 25, User: "a@b", Password: "c/d"},
		"smtp://[::1]:2525":                  {Host: "::1", Port: 2525},
	} {
		if got, err := ParseServer(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"mail.example", "mail.example:587", "http://mail.example", "smtp://", "smtp://u:hunter2@mail.example/box",
		"smtp://u:hunter2@mail.example:0", "smtp://u:hunter2@mail.example:99999", "smtp://u:hunter2@mail.example:x", "smtp://u:hunter2%@mail.example"} {
		if _, err := ParseServer(text); !fault.Is(err, fault.Invalid) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestWhatToDoIsSaidBeforeTheLink(t *testing.T) {
	// If this failed, who changed their password would take the link for a part of it and choose
	// another, since a link is followed before what is below it is read.
	for _, kind := range []string{people.MailPasswordChanged, people.MailCodesOn, people.MailCodesOff} {
		l, err := write(people.Mail{Kind: kind, Handle: "ana@harbor.example", Link: "https://harbor.example/auth/reset"}, "harbor.example")
		check(t, err)
		page, err := l.html()
		check(t, err)
		for _, text := range []string{l.text(), page} {
			condition, link := strings.Index(text, "If it was not you"), strings.Index(text, "https://harbor.example/auth/reset")
			if condition < 0 || link < condition || strings.Count(text, "If it was not you") != 1 {
				t.Errorf("%s: %s", kind, text)
			}
		}
	}
}
