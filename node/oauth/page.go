package oauth

import (
	"bytes"
	"crypto/rand"
	"html/template"
	"net/http"

	"tulou/node/edge"
	"tulou/protocol/fault"
)

// view is what a page shows: exactly one of its parts is set.
type view struct {
	Title      string
	FormAction string // an origin or scheme, besides this node, that a form may lead to
	SignIn     *signInForm
	Consent    *consentForm
	Code       string
	Message    string

	Host, Nonce string // set by render
}

type signInForm struct {
	Name, ReturnTo, App string
	Wrong               bool
}

type consentForm struct {
	App, Website, Handle                                  string
	Words                                                 []string
	ReturnTo, ClientID, Redirect, Scope, State, Challenge string
	OutOfBand                                             bool
}

// page adapts a handler for people: errors are pages, forms of other sites are refused (A132).
func (s *Server) page(h edge.Handler) http.HandlerFunc {
	origin := http.NewCrossOriginProtection()
	return func(w http.ResponseWriter, r *http.Request) {
		err := origin.Check(r)
		if err != nil {
			err = fault.Wrap(err, fault.Forbidden, "this form was sent by another site")
		} else if r.Method == http.MethodPost {
			r.Body = http.MaxBytesReader(w, r.Body, formBytesMax)
			if parse := r.ParseForm(); parse != nil {
				err = fault.Wrap(parse, fault.Invalid, "the form cannot be read")
			}
		}
		if err == nil {
			err = h(w, r)
		}
		if err != nil {
			status := edge.Fail(w, err)
			s.render(w, status, view{Title: "That did not work", Message: fault.DetailOf(err)})
		}
	}
}

// render writes a page. It may be framed by nobody and load nothing.
func (s *Server) render(w http.ResponseWriter, status int, v view) error {
	v.Host, v.Nonce = s.host, rand.Text()
	var page bytes.Buffer
	if err := pages.Execute(&page, v); err != nil {
		return err
	}
	target := "'self'"
	if v.FormAction != "" {
		target += " " + v.FormAction
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+v.Nonce+"'; form-action "+target+
		"; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_, err := page.WriteTo(w)
	return err
}

var pages = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{.Title}} · {{.Host}}</title>
<style nonce="{{.Nonce}}">
:root { color-scheme: light dark; --ink: oklch(.24 .012 75); --ink-2: oklch(.44 .012 80); --canvas: oklch(.966 .004 95);
  --pane: oklch(.996 .001 95); --line: oklch(.62 .01 95); --sunken: oklch(.95 .005 95); --accent: oklch(.485 .088 164);
  --on-accent: #fff; --danger: oklch(.5 .18 25); --earth: oklch(.715 .105 68); }
@media (prefers-color-scheme: dark) { :root { --ink: oklch(.93 .006 90); --ink-2: oklch(.77 .008 88); --canvas: oklch(.165 .005 80);
  --pane: oklch(.2 .005 80); --line: oklch(.56 .01 85); --sunken: oklch(.245 .006 80); --accent: oklch(.755 .098 164);
  --on-accent: oklch(.19 .03 164); --danger: oklch(.76 .125 22); --earth: oklch(.755 .095 70); } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--canvas); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { width: 100%; max-width: 26rem; background: var(--pane); border-radius: 20px; padding: 2rem 1.5rem; }
header { display: flex; align-items: center; gap: .6rem; color: var(--ink-2); font-size: .875rem; }
svg { width: 28px; height: 28px; }
h1 { font-size: 1.25rem; line-height: 1.75rem; margin: 1.25rem 0 .5rem; text-wrap: balance; overflow-wrap: anywhere; }
p { margin: .5rem 0; }
ul { margin: .75rem 0; padding-inline-start: 1.25rem; }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600; }
input:not([type=hidden]) { width: 100%; font: inherit; color: inherit; background: var(--sunken); border: 1px solid var(--line);
  border-radius: 10px; padding: .65rem .75rem; }
button { font: inherit; font-weight: 600; min-height: 44px; width: 100%; margin-top: .75rem; border-radius: 999px; border: 1px solid var(--line);
  background: transparent; color: var(--ink); cursor: pointer; padding: 0 1rem; }
button.go { background: var(--accent); border-color: var(--accent); color: var(--on-accent); margin-top: 1.25rem; }
button.quiet { border: 0; color: var(--ink-2); font-weight: 400; }
code { display: block; user-select: all; background: var(--sunken); border-radius: 10px; padding: .75rem; overflow-wrap: anywhere; }
.wrong { color: var(--danger); font-weight: 600; }
.small { color: var(--ink-2); font-size: .875rem; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
</style>
<main>
<header><svg viewBox="0 0 48 48" aria-hidden="true" fill="none"><path d="M20.5 42.16A18.5 18.5 0 1 1 27.5 42.16" stroke="var(--earth)" stroke-width="7"/>
<circle cx="24" cy="24" r="10.5" stroke="currentColor" stroke-width="2.4"/><rect x="20.6" y="20.6" width="6.8" height="6.8" rx="1.4" fill="currentColor"/></svg>
<span>{{.Host}}</span></header>
{{- with .SignIn}}
<h1>Sign in{{with .App}} to go on to {{.}}{{end}}</h1>
{{if .Wrong}}<p class="wrong" role="alert" id="wrong">That name and password do not belong together.</p>{{end}}
<form method="post" action="/auth/sign_in">
<input type="hidden" name="return_to" value="{{.ReturnTo}}">
<label for="name">E-mail or name</label>
<input id="name" name="name" value="{{.Name}}" required autocomplete="username" autocapitalize="none" spellcheck="false"{{if .Wrong}} aria-describedby="wrong"{{else}} autofocus{{end}}>
<label for="password">Password</label>
<input id="password" name="password" type="password" required autocomplete="current-password"{{if .Wrong}} autofocus{{end}}>
<button class="go">Sign in</button>
</form>
{{- end}}
{{- with .Consent}}
<h1>{{.App}} asks to use your account</h1>
<p class="small">You are signed in as <strong>@{{.Handle}}</strong>.{{with .Website}} The app says it is from {{.}}.{{end}}</p>
<p>It would be able to:</p>
<ul>{{range .Words}}<li>{{.}}</li>{{end}}</ul>
<form method="post" action="/oauth/authorize">
<input type="hidden" name="client_id" value="{{.ClientID}}">
<input type="hidden" name="redirect_uri" value="{{.Redirect}}">
<input type="hidden" name="response_type" value="code">
<input type="hidden" name="scope" value="{{.Scope}}">
<input type="hidden" name="state" value="{{.State}}">
{{- if .Challenge}}
<input type="hidden" name="code_challenge" value="{{.Challenge}}">
<input type="hidden" name="code_challenge_method" value="S256">
{{- end}}
<button class="go" name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Do not allow</button>
</form>
<p class="small">{{if .OutOfBand}}You will be shown a code to copy into the app.{{else}}Then you go to {{.Redirect}}{{end}}</p>
<form method="post" action="/auth/sign_out">
<input type="hidden" name="return_to" value="{{.ReturnTo}}">
<button class="quiet">Use another account</button>
</form>
{{- end}}
{{- with .Code}}
<h1>Copy this code into the app</h1>
<code id="code" tabindex="0">{{.}}</code>
<p class="small">It works once, for ten minutes. Give it to nobody else.</p>
{{- end}}
{{- with .Message}}
<h1>{{$.Title}}</h1>
<p>{{.}}</p>
{{- end}}
</main>
</html>
`))
