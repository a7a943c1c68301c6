package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/caddyserver/certmagic"

	"tulou/protocol/fault"
)

// Listeners are where a node is reached. Run closes them.
type Listeners struct {
	Public []net.Listener // Run adds TLS if the node has a certificate
	Admin  net.Listener   // metrics and profiles; nil for none
	// Redirect answers plain http on port 80 for a node with its own certificate: it proves to the
	// certificate authority that the name is ours, and sends browsers to https. Nil for none.
	Redirect net.Listener
}

// Close closes all of them; for listeners that never got to Run.
func (l Listeners) Close() {
	for _, each := range append(l.Public, l.Admin, l.Redirect) {
		if each != nil {
			_ = each.Close()
		}
	}
}

// Listen opens what the configuration asks for. Errors are fault.Unavailable and say which address
// could not be had.
func (n *Node) Listen(ctx context.Context) (l Listeners, err error) {
	defer func() {
		if err != nil {
			l.Close()
		}
	}()
	if n.locked != nil {
		return l, n.locked
	}
	for _, address := range n.config.Listen {
		listener, err := listen(ctx, address)
		if err != nil && strings.HasPrefix(address, "[::1]:") && len(l.Public) > 0 && !errors.Is(err, syscall.EADDRINUSE) {
			continue // a machine without IPv6
		}
		if err != nil {
			return l, err
		}
		l.Public = append(l.Public, listener)
	}
	if n.config.AdminListen != Off {
		if l.Admin, err = listen(ctx, n.config.AdminListen); err != nil {
			return l, err
		}
	}
	if n.config.Domain != "" && n.config.listensOn443() {
		l.Redirect, err = listen(ctx, ":80")
	}
	return l, err
}

func (c Config) listensOn443() bool {
	for _, address := range c.Listen {
		if strings.HasSuffix(address, ":443") {
			return true
		}
	}
	return false
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fault.Wrap(err, fault.Unavailable, "%s is in use: is another node running? --url or --listen, and --admin-listen, choose other ports", address)
	case errors.Is(err, syscall.EACCES):
		return nil, fault.Wrap(err, fault.Unavailable, "%s needs more rights than this process has (ports below 1024: CAP_NET_BIND_SERVICE)", address)
	case err != nil:
		return nil, fault.Wrap(err, fault.Unavailable, "%s cannot be listened on", address)
	}
	return listener, nil
}

// secure counts the connections of strangers and puts TLS into the public listeners: with a
// certificate from files, or one that is got and renewed by itself; plain http stays as it is.
// Without certificate files that work there is no start.
func (n *Node) secure(ctx context.Context, l *Listeners) (err error) {
	for i, listener := range l.Public {
		l.Public[i] = n.conns.around(listener)
	}
	l.Redirect = n.conns.around(l.Redirect)
	var config *tls.Config
	switch {
	case n.files != nil:
		config = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: n.files.get, NextProtos: []string{"h2", "http/1.1"}}
	case n.config.Domain != "":
		if config, err = n.acme(ctx); err != nil {
			return err
		}
	default:
		return nil
	}
	for i, listener := range l.Public {
		l.Public[i] = tls.NewListener(listener, config)
	}
	return nil
}

// acme manages a certificate for --domain with certmagic, which keeps it in the data folder.
func (n *Node) acme(ctx context.Context) (*tls.Config, error) {
	var magic *certmagic.Config
	cache := certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return magic, nil },
	})
	n.closers = append(n.closers, cache.Stop)
	magic = certmagic.New(cache, certmagic.Config{
		Storage: &certmagic.FileStorage{Path: filepath.Join(n.config.DataDir, "certificates")},
		OnEvent: func(ctx context.Context, event string, data map[string]any) error {
			switch event {
			case "cert_obtained":
				n.log.InfoContext(ctx, "certificate obtained", "host", n.config.Domain)
			case "cert_failed":
				n.log.ErrorContext(ctx, "certificate not obtained", "host", n.config.Domain, "err", data["error"])
			}
			return nil
		},
	})
	// The authority asks on our listener, which certmagic is told of so that it opens no other.
	host, port, err := net.SplitHostPort(n.config.Listen[0])
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fault.New(fault.Invalid, "--listen %q has no number for a port", n.config.Listen[0])
	}
	issuer := certmagic.NewACMEIssuer(magic, certmagic.ACMEIssuer{CA: n.config.ACMEDirectory, Agreed: true,
		ListenHost: host, AltTLSALPNPort: number})
	magic.Issuers = []certmagic.Issuer{issuer}
	if err := magic.ManageAsync(ctx, n.config.certified()); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "no certificate can be got for %s", n.config.Domain)
	}
	n.redirect = issuer.HTTPChallengeHandler(http.HandlerFunc(n.toHTTPS))
	config := magic.TLSConfig()
	config.NextProtos = append([]string{"h2", "http/1.1"}, config.NextProtos...)
	return config, nil
}

func (n *Node) toHTTPS(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, n.config.URL+r.URL.RequestURI(), http.StatusPermanentRedirect)
}

// ReloadCertificate reads the files of --tls-cert and --tls-key again, as on SIGHUP. If they cannot
// be used the old certificate stays.
func (n *Node) ReloadCertificate() {
	if n.files == nil {
		return
	}
	if err := n.files.load(); err != nil {
		n.log.Error("certificate not reloaded", "err", err)
		return
	}
	n.log.Info("certificate reloaded")
}

// loadCertificate makes certificateFiles of the configuration, nil if it names none.
func (n *Node) loadCertificate() error {
	if n.config.TLSCert == "" {
		return nil
	}
	n.files = &certificateFiles{cert: n.config.TLSCert, key: n.config.TLSKey, log: n.log}
	return n.files.load()
}

// certificateFiles serves a certificate from files and notices, at handshakes, when they change.
type certificateFiles struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	changed time.Time // of the files that current is from
	looked  time.Time
}

// lookEvery is how often the files are looked at.
const lookEvery = 10 * time.Second

func (c *certificateFiles) load() error {
	changed := c.modified()
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "the certificate in %s and %s cannot be used: %v", c.cert, c.key, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current, c.changed, c.looked = &pair, changed, time.Now()
	return nil
}

// modified is when the files changed last.
func (c *certificateFiles) modified() (at time.Time) {
	for _, name := range []string{c.cert, c.key} {
		if info, err := os.Stat(name); err == nil && info.ModTime().After(at) {
			at = info.ModTime()
		}
	}
	return at
}

func (c *certificateFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if c.due() {
		if err := c.load(); err != nil {
			c.log.Error("changed certificate not loaded", "err", err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current, nil
}

func (c *certificateFiles) due() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < lookEvery {
		return false
	}
	c.looked = time.Now()
	return c.modified().After(c.changed)
}

// serve answers on all listeners until ctx ends, then stops as gently as there is time for.
func (n *Node) serve(ctx context.Context, l Listeners) error {
	public := newServer(n.handler, n.log)
	servers := []*http.Server{public}
	failed := make(chan error, len(l.Public)+2)
	var running sync.WaitGroup
	start := func(server *http.Server, listener net.Listener) {
		running.Go(func() {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serve %s: %w", listener.Addr(), err)
			}
		})
	}
	for _, listener := range l.Public {
		start(public, listener)
	}
	for _, extra := range []struct {
		listener net.Listener
		handler  http.Handler
	}{{l.Admin, n.AdminHandler()}, {l.Redirect, n.redirect}} {
		if extra.listener != nil {
			server := newServer(extra.handler, n.log)
			servers = append(servers, server)
			start(server, extra.listener)
		}
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	n.drain(servers)
	running.Wait()
	return err
}

// How a node stops, in less than the 30 seconds that service managers give: it says that it is not
// ready, stops accepting, and lets requests under way finish.
const (
	// announceStop is how long a load balancer has to notice that the node is not ready. A node that
	// is alone has nobody to tell.
	announceStop = 5 * time.Second
	// drainTimeout is how long requests under way may take.
	drainTimeout = 15 * time.Second
)

func (n *Node) drain(servers []*http.Server) {
	n.stopping.Store(true)
	if n.store.Postgres() && !loopbackHost(n.engine.Paths().Host()) {
		<-time.After(announceStop)
	}
	n.client.Close() // what is idle would keep peers waiting that stop, too
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	for _, server := range servers {
		if err := server.Shutdown(ctx); err != nil {
			_ = server.Close()
		}
	}
}
