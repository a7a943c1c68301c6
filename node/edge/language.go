package edge

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// languagePath takes the form with which somebody chooses a language.
const languagePath = "/language"

const (
	// languageFor is how long a browser remembers the choice.
	languageFor = 365 * 24 * time.Hour
	// languageBytesMax bounds that form: a name and the address of a page.
	languageBytesMax = 16 << 10
)

// chooseLanguage keeps the choice in a cookie and leads back to the page where it was made. It can
// be done to somebody by another site, and does no harm.
func chooseLanguage(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, languageBytesMax)
	back := r.PostFormValue("back")
	if !ownPath(back) {
		back = "/"
	}
	for _, words := range languages {
		if words.Lang() == r.PostFormValue("lang") {
			http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: words.Lang(), Path: "/",
				MaxAge: int(languageFor.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode})
		}
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// ownPath tells whether an address is a path on this node, so that nobody is led elsewhere (A085).
func ownPath(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "" && u.Host == "" && strings.HasPrefix(address, "/") &&
		!strings.HasPrefix(address, "//") && !strings.ContainsAny(address, "\\\r\n\t")
}

// withoutLanguage is the address of a page without the language that it may name.
func withoutLanguage(u *url.URL) string {
	query := u.Query()
	if !query.Has("lang") {
		return u.RequestURI()
	}
	query.Del("lang")
	return (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: query.Encode()}).RequestURI()
}
