package oauth

import (
	"net/http"
	"strings"
	"time"

	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/storage"
)

// signedIn returns whose browser it is; the zero Account if nobody is signed in.
func (s *Server) signedIn(r *http.Request) (storage.Account, error) {
	cookie, err := r.Cookie(s.cookie)
	if err != nil {
		return storage.Account{}, nil
	}
	session, err := s.store.SessionByHash(r.Context(), people.SecretHash(cookie.Value))
	if fault.Is(err, fault.NotFound) {
		return storage.Account{}, nil
	}
	if err != nil {
		return storage.Account{}, err
	}
	account, err := s.store.AccountByID(r.Context(), session.AccountID)
	if err == nil && (account.SuspendedAt != 0 || account.DeletedAt != 0) {
		return storage.Account{}, nil
	}
	return account, err
}

// signIn checks a password, sets the session's cookie and goes on to where the person came from.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	back := r.PostFormValue("return_to")
	if !ownPage(back) {
		return edge.Tell(nil, fault.Invalid, "oauth.elsewhere")
	}
	name := r.PostFormValue("name")
	account, err := s.people.Authenticate(r.Context(), name, r.PostFormValue("password"))
	if fault.Is(err, fault.Unauthenticated) || fault.Is(err, fault.Forbidden) {
		return s.showSignIn(w, r, http.StatusUnauthorized, signInForm{Name: name, ReturnTo: back, Wrong: true})
	}
	if err != nil {
		return err
	}
	secret, hash := people.NewSecret()
	if err := s.store.Tx(r.Context(), func(tx *storage.Tx) error {
		_, err := tx.CreateSession(r.Context(), storage.Session{Hash: hash, AccountID: account.ID,
			ExpiresAt: storage.At(time.Now().Add(sessionFor))})
		return err
	}); err != nil {
		return err
	}
	s.setCookie(w, secret, int(sessionFor.Seconds()))
	http.Redirect(w, r, withoutForce(back), http.StatusSeeOther)
	return nil
}

// signOut ends the browser's session and goes back to the sign-in form.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	back := r.PostFormValue("return_to")
	if !ownPage(back) {
		return edge.Tell(nil, fault.Invalid, "oauth.elsewhere")
	}
	if cookie, err := r.Cookie(s.cookie); err == nil {
		if err := s.store.Tx(r.Context(), func(tx *storage.Tx) error {
			return tx.DeleteSession(r.Context(), people.SecretHash(cookie.Value))
		}); err != nil {
			return err
		}
	}
	s.setCookie(w, "", -1)
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}

func (s *Server) setCookie(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{Name: s.cookie, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode})
}

// ownPage tells whether a path may be gone on to: only the page where programs send people, so that
// nobody is led elsewhere (A085).
func ownPage(path string) bool {
	return strings.HasPrefix(path, "/oauth/authorize?") && !strings.ContainsAny(path, "\\\r\n\t#")
}

// withoutForce takes force_login away once somebody has signed in, or they would have to for ever.
func withoutForce(path string) string {
	return strings.NewReplacer("&force_login=true", "", "force_login=true&", "").Replace(path)
}
