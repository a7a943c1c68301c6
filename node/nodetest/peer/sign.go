package peer

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Message is a signed request in the making. The zero values give what an honest server sends;
// tests change one thing at a time.
type Message struct {
	Method    string // "" is POST
	URL       string
	Body      []byte
	Type      string    // of the body; "" is application/activity+json
	Date      time.Time // zero is now
	KeyID     string    // "" is the actor's
	Key       *rsa.PrivateKey
	Covered   []string // draft: what is signed; nil is (request-target) host date digest content-type
	Algorithm string   // draft: the label; "" is rsa-sha256
	Digest    string   // the Digest or Content-Digest field; "" is the right one, "-" is none
	RFC9421   bool
	Unsigned  bool
	// Edit changes the finished request, after it was signed.
	Edit func(*http.Request)
}

// Request builds a message as the actor.
func (a *Actor) Request(ctx context.Context, m Message) *http.Request {
	if m.Method == "" {
		m.Method = http.MethodPost
	}
	if m.KeyID == "" {
		m.KeyID = a.KeyID
	}
	if m.Key == nil {
		m.Key = a.Key
	}
	if m.Date.IsZero() {
		m.Date = time.Now()
	}
	if m.Type == "" {
		m.Type = "application/activity+json"
	}
	r, err := http.NewRequestWithContext(ctx, m.Method, m.URL, bytes.NewReader(m.Body))
	if err != nil {
		panic(err)
	}
	r.Header.Set("User-Agent", "peer/1.0")
	r.Header.Set("Accept", "application/activity+json")
	r.Header.Set("Date", m.Date.UTC().Format(http.TimeFormat))
	if m.Method == http.MethodPost {
		r.Header.Set("Content-Type", m.Type)
	}
	switch {
	case m.Unsigned:
	case m.RFC9421:
		signRFC9421(r, m)
	default:
		signDraft(r, m)
	}
	if m.Edit != nil {
		m.Edit(r)
	}
	return r
}

// Send signs an activity and posts it to an inbox; the status is 0 if there was no answer.
func (a *Actor) Send(ctx context.Context, client *http.Client, inbox string, activity any) (status int, err error) {
	res, err := client.Do(a.Request(ctx, Message{URL: inbox, Body: JSON(activity)}))
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	return res.StatusCode, nil
}

func signDraft(r *http.Request, m Message) {
	covered := m.Covered
	if covered == nil {
		covered = []string{"(request-target)", "host", "date"}
		if m.Method == http.MethodPost {
			covered = append(covered, "digest", "content-type")
		}
	}
	if m.Method == http.MethodPost && m.Digest != "-" {
		r.Header.Set("Digest", "SHA-256="+digest(m.Body))
		if m.Digest != "" {
			r.Header.Set("Digest", m.Digest)
		}
	}
	var lines []string
	for _, name := range covered {
		value := r.Header.Get(name)
		switch name {
		case "(request-target)":
			value = strings.ToLower(r.Method) + " " + r.URL.RequestURI()
		case "host":
			value = r.URL.Host
		}
		lines = append(lines, name+": "+value)
	}
	label := m.Algorithm
	if label == "" {
		label = "rsa-sha256"
	}
	r.Header.Set("Signature", fmt.Sprintf(`keyId="%s",algorithm="%s",headers="%s",signature="%s"`,
		m.KeyID, label, strings.Join(covered, " "), rsaSign(m.Key, strings.Join(lines, "\n"))))
}

func signRFC9421(r *http.Request, m Message) {
	covered := m.Covered
	if covered == nil {
		covered = []string{"@method", "@target-uri"}
		if m.Method == http.MethodPost {
			covered = append(covered, "content-digest")
		}
	}
	if m.Method == http.MethodPost && m.Digest != "-" {
		r.Header.Set("Content-Digest", "sha-256=:"+digest(m.Body)+":")
		if m.Digest != "" {
			r.Header.Set("Content-Digest", m.Digest)
		}
	}
	var base, list strings.Builder
	for i, name := range covered {
		value := r.Header.Get(name)
		switch name {
		case "@method":
			value = r.Method
		case "@target-uri":
			value = r.URL.String()
		case "@authority":
			value = r.URL.Host
		case "@path":
			value = r.URL.EscapedPath()
		}
		fmt.Fprintf(&base, "%q: %s\n", name, value)
		if i > 0 {
			list.WriteByte(' ')
		}
		fmt.Fprintf(&list, "%q", name)
	}
	params := fmt.Sprintf(`(%s);created=%d;keyid="%s"`, list.String(), m.Date.Unix(), m.KeyID)
	if m.Algorithm != "" {
		params += fmt.Sprintf(`;alg="%s"`, m.Algorithm)
	}
	fmt.Fprintf(&base, `"@signature-params": %s`, params)
	r.Header.Set("Signature-Input", "sig="+params)
	r.Header.Set("Signature", "sig=:"+rsaSign(m.Key, base.String())+":")
}

func rsaSign(key *rsa.PrivateKey, text string) string {
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}
