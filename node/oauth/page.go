package oauth

import (
	"bytes"
	"html/template"
	"net/http"

	"tulou/node/edge"
	"tulou/protocol/fault"
)

// view is what a page shows: exactly one of its parts is set.
type view struct {
	edge.Page
	SignIn  *signInForm
	Consent *consentForm
	Code    string
	Message string
	Back    template.URL // where the app gets the answer that Message is about
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
			s.render(w, status, view{Page: edge.Page{Title: "That did not work"}, Message: fault.DetailOf(err)})
		}
	}
}

func (s *Server) render(w http.ResponseWriter, status int, v view) error {
	v.Host = s.host
	return edge.WritePage(w, status, v.Page, func(p edge.Page, to *bytes.Buffer) error {
		v.Page = p
		return pages.Execute(to, v)
	})
}

var pages = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{.Title}} · {{.Host}}</title>
<style nonce="{{.Nonce}}">{{.LookOf}}
code { display: block; user-select: all; background: var(--sunken); border-radius: 10px; padding: .75rem; overflow-wrap: anywhere; }
</style>
<main class="card">
<header class="mark">{{.MarkOf}}<span>{{.Host}}</span></header>
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
{{with $.Back}}<p><a href="{{.}}" rel="noreferrer">Back to the app</a></p>{{end}}
{{- end}}
</main>
</html>
`))
