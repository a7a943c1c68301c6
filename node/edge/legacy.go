package edge

import (
	"bytes"
	"crypto/rand"
	"html/template"
	"net/http"
)

// Look is the style that all pages without JavaScript share: one column, light and dark by the
// reader's setting, system fonts. Colours are roles; contrast of text is at least 4.5 on its
// ground.
const Look = template.CSS(`
:root { color-scheme: light dark; --ink: oklch(.24 .012 75); --ink-2: oklch(.44 .012 80); --canvas: oklch(.966 .004 95);
  --pane: oklch(.996 .001 95); --line: oklch(.915 .005 95); --line-firm: oklch(.62 .01 95); --sunken: oklch(.95 .005 95);
  --accent: oklch(.485 .088 164); --accent-ink: oklch(.44 .08 164); --on-accent: #fff; --danger: oklch(.5 .18 25); --earth: oklch(.715 .105 68); }
@media (prefers-color-scheme: dark) { :root { --ink: oklch(.93 .006 90); --ink-2: oklch(.77 .008 88); --canvas: oklch(.165 .005 80);
  --pane: oklch(.2 .005 80); --line: oklch(.29 .006 80); --line-firm: oklch(.56 .01 85); --sunken: oklch(.245 .006 80);
  --accent: oklch(.755 .098 164); --accent-ink: oklch(.8 .1 164); --on-accent: oklch(.19 .03 164); --danger: oklch(.76 .125 22);
  --earth: oklch(.755 .095 70); } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--canvas); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", sans-serif; }
a { color: var(--accent-ink); }
h1 { font-size: 1.25rem; line-height: 1.75rem; margin: 1.25rem 0 .5rem; text-wrap: balance; overflow-wrap: anywhere; }
p { margin: .5rem 0; }
.mark { display: flex; align-items: center; gap: .6rem; color: var(--ink-2); font-size: .875rem; text-decoration: none; }
.mark svg { width: 28px; height: 28px; }
.small { color: var(--ink-2); font-size: .875rem; overflow-wrap: anywhere; }
.wrong { color: var(--danger); font-weight: 600; }
form label { display: block; margin: 1rem 0 .25rem; font-weight: 600; }
input:not([type=hidden]) { width: 100%; font: inherit; color: inherit; background: var(--sunken); border: 1px solid var(--line-firm);
  border-radius: 10px; padding: .65rem .75rem; }
button { font: inherit; font-weight: 600; min-height: 44px; width: 100%; margin-top: .75rem; border-radius: 999px;
  border: 1px solid var(--line-firm); background: transparent; color: var(--ink); cursor: pointer; padding: 0 1rem; }
button.go { background: var(--accent); border-color: var(--accent); color: var(--on-accent); margin-top: 1.25rem; }
button.quiet { border: 0; color: var(--ink-2); font-weight: 400; }
main.card { max-width: 26rem; margin: 6vh auto; background: var(--pane); border-radius: 20px; padding: 2rem 1.5rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
`)

// Mark is the sign of the project, a round house seen from above, for the head of a page.
const Mark = template.HTML(`<svg viewBox="0 0 48 48" aria-hidden="true" fill="none">` +
	`<path d="M20.5 42.16A18.5 18.5 0 1 1 27.5 42.16" stroke="var(--earth)" stroke-width="7"/>` +
	`<circle cx="24" cy="24" r="10.5" stroke="currentColor" stroke-width="2.4"/>` +
	`<rect x="20.6" y="20.6" width="6.8" height="6.8" rx="1.4" fill="currentColor"/></svg>`)

// LookOf and MarkOf give templates the shared parts.
func (Page) LookOf() template.CSS { return Look }

// MarkOf is the sign of the project.
func (Page) MarkOf() template.HTML { return Mark }

// WritePage renders a page with a policy under which nothing runs, nothing is loaded but pictures
// of this node, and nobody frames it. render gets the page with its nonce, for the style element.
func WritePage(w http.ResponseWriter, status int, p Page, render func(p Page, to *bytes.Buffer) error) error {
	p.Nonce = rand.Text()
	var body bytes.Buffer
	if err := render(p, &body); err != nil {
		return err
	}
	target := "'self'"
	if p.FormAction != "" {
		target += " " + p.FormAction
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self'; style-src 'nonce-"+p.Nonce+"'; form-action "+target+
		"; frame-ancestors 'none'; base-uri 'none'")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, err := body.WriteTo(w)
	return err
}
