package oauth

import (
	"context"
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tulou/apps/people"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/storage"
)

const (
	// appNameMax and websiteMax bound what the consent page shows; redirectsMax what is stored.
	appNameMax   = 120
	websiteMax   = 2000
	redirectsMax = 20
)

// register makes a client program known: POST /api/v1/apps. Anybody may.
func (s *Server) register(w http.ResponseWriter, r *http.Request) error {
	in, err := params(r)
	if err != nil {
		return err
	}
	app := storage.App{Name: markup.Line(in.Get("client_name")), Website: strings.TrimSpace(in.Get("website"))}
	redirects, err := checkApp(app, in["redirect_uris"])
	if err != nil {
		return err
	}
	scopes, ok := ParseScopes(strings.Join(append(in["scopes"], in["scope"]...), " "))
	if !ok {
		return invalidApp("Scopes doesn't match configured on the server.")
	}
	secret, hash := people.NewSecret()
	app.ClientID, _ = people.NewSecret()
	app.SecretHash, app.Scopes, app.RedirectURIs = hash, strings.Join(scopes, " "), strings.Join(redirects, "\n")
	if err := s.store.Tx(r.Context(), func(tx *storage.Tx) (err error) {
		app, err = tx.CreateApp(r.Context(), app)
		return err
	}); err != nil {
		return err
	}
	var website any
	if app.Website != "" {
		website = app.Website
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"id": ids.Format(app.ID), "name": app.Name, "website": website, "scopes": scopes,
		"redirect_uri": app.RedirectURIs, "redirect_uris": redirects,
		"client_id": app.ClientID, "client_secret": secret, "client_secret_expires_at": 0, "vapid_key": s.pushKey,
	})
	return nil
}

// checkApp validates a registration and returns its redirect addresses.
func checkApp(app storage.App, lists []string) (redirects []string, err error) {
	if app.Name == "" {
		return nil, invalidApp("Name can't be blank")
	}
	if len(app.Name) > appNameMax || len(app.Website) > websiteMax {
		return nil, invalidApp("Name or website is too long")
	}
	if app.Website != "" {
		if _, err := ids.ParseIRI(app.Website); err != nil {
			return nil, invalidApp("Website must be a valid URL")
		}
	}
	for _, list := range lists {
		redirects = append(redirects, strings.Fields(list)...)
	}
	if len(redirects) == 0 {
		return nil, invalidApp("Redirect URI can't be blank")
	}
	if len(redirects) > redirectsMax {
		return nil, invalidApp("Too many redirect URIs")
	}
	for _, redirect := range redirects {
		if !redirectable(redirect) {
			return nil, invalidApp("Redirect URI must be an absolute URI.")
		}
	}
	return redirects, nil
}

func invalidApp(what string) error {
	return refuse(http.StatusUnprocessableEntity, "Validation failed: "+what, what)
}

// redirectable tells whether a program may name an address to be sent back to: absolute, without a
// fragment (RFC 6749 §3.1.2), and of no scheme that a browser would run or read from disk.
func redirectable(address string) bool {
	if address == OutOfBand {
		return true
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" || u.Fragment != "" || len(address) > ids.IRIBytesMax {
		return false
	}
	switch u.Scheme {
	case "javascript", "data", "vbscript", "file", "about", "blob", "urn":
		return false
	case "http", "https":
		// The host goes into the policy of the consent page, where these signs end a part of it.
		return u.Host != "" && u.User == nil && !strings.ContainsAny(u.Host, ";,'\"<>*")
	}
	return true
}

// allowedRedirect tells whether an address is one of those registered: byte for byte (RFC 9700
// §2.1), but for the port of a loopback address, which native programs learn when they start
// (RFC 8252 §7.3).
func allowedRedirect(app storage.App, address string) bool {
	registered := strings.Fields(app.RedirectURIs)
	if slices.Contains(registered, address) {
		return true
	}
	plain, ok := withoutPort(address)
	return ok && slices.ContainsFunc(registered, func(known string) bool {
		other, ok := withoutPort(known)
		return ok && other == plain
	})
}

func withoutPort(address string) (plain string, loopback bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Fragment != "" {
		return "", false
	}
	if host := u.Hostname(); host != "127.0.0.1" && host != "::1" {
		return "", false
	}
	u.Host = u.Hostname()
	return u.String(), true
}

// client authenticates a program by the secret it was given, in the body or by HTTP Basic.
func (s *Server) client(ctx context.Context, r *http.Request, in url.Values) (storage.App, error) {
	id, secret := in.Get("client_id"), in.Get("client_secret")
	if name, password, ok := r.BasicAuth(); ok {
		id, secret = formDecoded(name), formDecoded(password)
	}
	app, err := s.store.AppByClientID(ctx, id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return storage.App{}, err
	}
	given := people.SecretHash(secret)
	if subtle.ConstantTimeCompare([]byte(given), []byte(app.SecretHash)) != 1 || app.ID == 0 {
		return storage.App{}, refuse(http.StatusUnauthorized, "invalid_client",
			"Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.")
	}
	return app, nil
}

// formDecoded undoes the encoding that RFC 6749 §2.3.1 asks for and some clients forget.
func formDecoded(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}
