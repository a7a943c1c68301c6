package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path"
	"strings"
	"sync"
	"time"
)

// devPolicy is the content policy of a development page: that of the node (node/web/app.go), whose
// tests hold it.
const devPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: http: https:; media-src 'self' blob: http: https:; " +
	"connect-src 'self' ws: wss:; manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; " +
	"require-trusted-types-for 'script'; trusted-types tulou"

// devServer builds for every page and hands the rest to a node.
type devServer struct {
	client string
	node   *url.URL
	proxy  *httputil.ReverseProxy

	mu    sync.Mutex
	files map[string][]byte
}

func serve(client, listen, node string) error {
	behind, err := url.Parse(node)
	if err != nil {
		return err
	}
	s := &devServer{client: client, node: behind}
	s.proxy = &httputil.ReverseProxy{Transport: &http.Transport{DialContext: dial}, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(behind) // which also says the node's name, so that its cookies and links fit
		for _, name := range []string{"Origin", "Referer"} {
			if value := r.In.Header.Get(name); value != "" {
				r.Out.Header.Set(name, strings.Replace(value, "http://"+r.In.Host, behind.Scheme+"://"+behind.Host, 1))
			}
		}
	}}
	fmt.Printf("http://%s/app/ in front of %s; components at http://%[1]s/app/parts.html\n", listen, node)
	return (&http.Server{Addr: listen, Handler: s, ReadHeaderTimeout: 10 * time.Second}).ListenAndServe()
}

// dial knows that names under localhost are this machine (RFC 6761 section 6.3), which not every
// resolver does.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err == nil && strings.HasSuffix(host, ".localhost") {
		address = net.JoinHostPort("localhost", port)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// ServeHTTP answers for the client, and has the node answer for the rest.
func (s *devServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, mine := strings.CutPrefix(r.URL.Path, at)
	if !mine || r.Method == http.MethodPost {
		s.proxy.ServeHTTP(w, r)
		return
	}
	page := path.Ext(name) == "" || path.Ext(name) == ".html" || strings.HasPrefix(name, "@") // addresses of people have dots
	files, err := s.made(page)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if page && name != "parts.html" {
		name = "index.html"
	}
	body, ok := files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", map[string]string{".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8", ".svg": "image/svg+xml",
		".png": "image/png", ".webmanifest": "application/manifest+json"}[path.Ext(name)])
	if page {
		h.Set("Content-Security-Policy", devPolicy)
	}
	_, _ = w.Write(body)
}

// made returns the files, built anew or as they were built last.
func (s *devServer) made(anew bool) (map[string][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !anew && s.files != nil {
		return s.files, nil
	}
	b := builder{client: s.client, dev: true}
	files, err := b.build()
	if err == nil {
		s.files = files
	}
	return files, err
}
