package node

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// authority is a certificate authority that speaks as much ACME (RFC 8555) as one client with one
// name needs. It does not verify the client's signatures; it does verify, by TLS-ALPN (RFC 8737),
// that whoever answers at the address has the name.
type authority struct {
	t         *testing.T
	base      string
	validates string // the address it asks, instead of looking the name up
	key       *ecdsa.PrivateKey
	root      *x509.Certificate
	chain     []byte
	validated bool
}

func newAuthority(t *testing.T, validates string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{t: t, validates: validates, key: key}
	if a.root, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.base = server.URL
	return a
}

// ServeHTTP answers the requests of an ACME client in the order in which one makes them.
func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Replay-Nonce", rand.Text())
	object := func(status int, location string, v any) {
		w.Header().Set("Content-Type", "application/json")
		if location != "" {
			w.Header().Set("Location", a.base+location)
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	payload := func() (v struct{ CSR string }) {
		var jws struct{ Payload string }
		_ = json.NewDecoder(r.Body).Decode(&jws)
		text, _ := base64.RawURLEncoding.DecodeString(jws.Payload)
		_ = json.Unmarshal(text, &v)
		return v
	}
	name := map[string]any{"type": "dns", "value": "example.org"}
	state := func() string {
		switch {
		case a.chain != nil:
			return "valid"
		case a.validated:
			return "ready"
		}
		return "pending"
	}
	order := func() map[string]any {
		return map[string]any{"status": state(), "identifiers": []any{name}, "authorizations": []string{a.base + "/authz"},
			"finalize": a.base + "/finalize", "certificate": a.base + "/certificate"}
	}
	challenge := map[string]any{"type": "tls-alpn-01", "url": a.base + "/challenge", "token": "a-token", "status": "pending"}
	switch r.URL.Path {
	case "/directory":
		object(200, "", map[string]any{"newNonce": a.base + "/nonce", "newAccount": a.base + "/account", "newOrder": a.base + "/new"})
	case "/nonce":
	case "/account":
		object(201, "/account/1", map[string]any{"status": "valid"})
	case "/new":
		object(201, "/order", order())
	case "/order":
		object(200, "/order", order())
	case "/authz":
		status := "pending"
		if a.validated {
			status = "valid"
		}
		object(200, "", map[string]any{"status": status, "identifier": name, "challenges": []any{challenge}})
	case "/challenge":
		if err := a.validate(r.Context()); err != nil {
			a.t.Errorf("validate: %v", err)
		}
		a.validated = true
		object(200, "", challenge)
	case "/finalize":
		if err := a.issue(payload().CSR); err != nil {
			a.t.Errorf("issue: %v", err)
		}
		object(200, "/order", order())
	case "/certificate":
		w.Header().Set("Content-Type", "application/pem-certificate-chain")
		_, _ = w.Write(a.chain)
	default:
		http.NotFound(w, r)
	}
}

// validate asks the server for the certificate that only the owner of the name can show.
func (a *authority) validate(ctx context.Context) error {
	dialer := tls.Dialer{Config: &tls.Config{ServerName: "example.org", NextProtos: []string{"acme-tls/1"}, InsecureSkipVerify: true}}
	conn, err := dialer.DialContext(ctx, "tcp", a.validates)
	if err != nil {
		return err
	}
	defer conn.Close()
	shown := conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
	for _, extension := range shown.Extensions {
		if extension.Id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 31}) {
			return nil
		}
	}
	return errors.New("no acmeIdentifier")
}

func (a *authority) issue(encoded string) error {
	der, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return err
	}
	request, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: request.DNSNames, NotBefore: time.Now().Add(-time.Minute),
		NotAfter: time.Now().Add(90 * 24 * time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	leaf, err := x509.CreateCertificate(rand.Reader, template, a.root, request.PublicKey, a.key)
	if err != nil {
		return err
	}
	var chain bytes.Buffer
	for _, block := range [][]byte{leaf, a.root.Raw} {
		if err := pem.Encode(&chain, &pem.Block{Type: "CERTIFICATE", Bytes: block}); err != nil {
			return err
		}
	}
	a.chain = chain.Bytes()
	return nil
}

// If this failed, --domain would not be enough to be reached over https.
func TestDomainGetsItsOwnCertificate(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	a := newAuthority(t, address)
	n := newNode(t, Config{Domain: "example.org", Listen: []string{address}, ACMEDirectory: a.base + "/directory"})
	listeners, err := n.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error)
	go func() { stopped <- n.Run(ctx, listeners) }()
	defer func() {
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	}()
	roots := x509.NewCertPool()
	roots.AddCert(a.root)
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}}
	defer client.CloseIdleConnections()
	if err := eventually(ctx, func() error {
		res, err := client.Get("https://example.org/livez")
		if err != nil {
			return err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if res.StatusCode != http.StatusOK || res.ProtoMajor != 2 || res.Header.Get("Strict-Transport-Security") == "" {
			return fmt.Errorf("%s %s %v: %w", res.Proto, body, res.Header, err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// eventually repeats what depends on a program that nobody here can wait for.
func eventually(ctx context.Context, do func() error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = do(); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}
