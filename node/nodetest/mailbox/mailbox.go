// Package mailbox is a mail server for tests: it takes mails by SMTP (RFC 5321), with TLS from the
// first byte or after STARTTLS and with AUTH PLAIN, and keeps them for the test to read. It shares
// nothing with the code it tests, and delivers nothing anywhere.
//
// The invariant to remember: what it keeps is what came over the wire, byte for byte.
package mailbox

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
)

// Server keeps mails. Set its fields before Serve. It is safe for concurrent use.
type Server struct {
	// TLS is what the server proves itself with; nil: it has no TLS. Implicit begins with it.
	TLS      *tls.Config
	Implicit bool
	// User and Password are asked for if User is not "".
	User, Password string
	// Refuse answers RCPT for an address, "" to take it: "550 no such mailbox".
	Refuse func(to string) string

	mu    sync.Mutex
	mails []Mail
	conns sync.WaitGroup
}

// Mail is a mail as it came.
type Mail struct {
	From, To  string // of the envelope
	Encrypted bool
	User      string // who signed in
	Raw       []byte
}

// Serve takes connections until the listener is closed, then waits for those under way.
func (s *Server) Serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			break
		}
		s.conns.Go(func() {
			defer conn.Close()
			if s.Implicit {
				conn = tls.Server(conn, s.TLS)
			}
			s.talk(&session{conn: conn, in: bufio.NewReader(conn), encrypted: s.Implicit})
		})
	}
	s.conns.Wait()
}

// Mails returns what came so far.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// session is one connection.
type session struct {
	conn      net.Conn
	in        *bufio.Reader
	encrypted bool
	user      string
	from, to  string
}

func (c *session) say(format string, args ...any) { fmt.Fprintf(c.conn, format+"\r\n", args...) }

func (s *Server) talk(c *session) {
	c.say("220 mail.example ESMTP")
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		switch strings.ToUpper(verb) {
		case "EHLO", "HELO":
			s.greet(c)
		case "STARTTLS":
			c.say("220 go on")
			conn := tls.Server(c.conn, s.TLS)
			*c = session{conn: conn, in: bufio.NewReader(conn), encrypted: true}
		case "AUTH":
			s.auth(c, rest)
		case "MAIL":
			if s.User != "" && c.user == "" {
				c.say("530 sign in first")
				continue
			}
			c.from = address(rest)
			c.say("250 ok")
		case "RCPT":
			c.to = address(rest)
			if s.Refuse != nil && s.Refuse(c.to) != "" {
				c.say("%s", s.Refuse(c.to))
				continue
			}
			c.say("250 ok")
		case "DATA":
			c.say("354 go on")
			if !s.take(c) {
				return
			}
			c.say("250 taken")
		case "RSET", "NOOP":
			c.say("250 ok")
		case "QUIT":
			c.say("221 bye")
			return
		default:
			c.say("500 what?")
		}
	}
}

func (s *Server) greet(c *session) {
	c.say("250-mail.example")
	if s.TLS != nil && !c.encrypted {
		c.say("250-STARTTLS")
	}
	if s.User != "" {
		c.say("250-AUTH PLAIN")
	}
	c.say("250 8BITMIME")
}

func (s *Server) auth(c *session, rest string) {
	_, encoded, _ := strings.Cut(rest, " ")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	parts := strings.Split(string(raw), "\x00")
	if err != nil || len(parts) != 3 || parts[1] != s.User || parts[2] != s.Password {
		c.say("535 no")
		return
	}
	c.user = parts[1]
	c.say("235 yes")
}

// take reads a mail up to the dot.
func (s *Server) take(c *session) bool {
	var raw bytes.Buffer
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		raw.WriteString(strings.TrimPrefix(line, "."))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, Mail{From: c.from, To: c.to, Encrypted: c.encrypted, User: c.user, Raw: raw.Bytes()})
	return true
}

// address is what stands between < and >.
func address(text string) string {
	_, rest, _ := strings.Cut(text, "<")
	inner, _, _ := strings.Cut(rest, ">")
	return inner
}

// Letter is a mail as people read it.
type Letter struct {
	Header  mail.Header
	Subject string
	Text    string
	HTML    string
}

// Read decodes a mail that has a text and an HTML part.
func (m Mail) Read() (l Letter, err error) {
	message, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		return l, err
	}
	l.Header = message.Header
	if l.Subject, err = new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject")); err != nil {
		return l, err
	}
	kind, options, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		return l, fmt.Errorf("the mail is %q: %v", kind, err)
	}
	parts := multipart.NewReader(message.Body, options["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return l, nil
		}
		if err != nil {
			return l, err
		}
		var body io.Reader = part
		if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
			body = quotedprintable.NewReader(part)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			return l, err
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			l.HTML = string(text)
		} else {
			l.Text = strings.ReplaceAll(string(text), "\r\n", "\n")
		}
	}
}
