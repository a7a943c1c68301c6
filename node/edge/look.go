package edge

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net/http"
)

// The look of all pages without JavaScript: one style sheet with the colours as roles (look.css),
// one layout, and the parts of pages.
//
//go:embed look.css layout.html parts.html
var lookFiles embed.FS

//go:embed message.html
var messageFiles embed.FS

//go:embed look.css
var look []byte

// lookPath carries the hash of the style sheet, so that browsers keep it for ever.
var lookPath = "/assets/" + hashOf(look) + ".css"

// iconPath is the mark for the tab of a browser.
const iconPath = "/assets/mark.svg"

// assetAge is how long browsers keep what is under /assets.
const assetAge = "public, max-age=31536000, immutable"

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8])
}

func asset(contentType string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Cache-Control", assetAge)
		_, _ = w.Write(body)
	}
}

// mark is the sign of the project, a round house seen from above, for the head of a page. From 32
// pixels on its wall has rooms.
const mark = template.HTML(`<svg class="sign" viewBox="0 0 48 48" aria-hidden="true" fill="none">` +
	`<path class="wall" d="M20.5 42.16A18.5 18.5 0 1 1 27.5 42.16" stroke-width="7"/>` +
	`<circle cx="24" cy="24" r="10.5" stroke="currentColor" stroke-width="2.4"/>` +
	`<rect x="20.6" y="20.6" width="6.8" height="6.8" rx="1.4" fill="currentColor"/></svg>`)

// icon is the mark below 20 pixels: the wall and the hall.
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" fill="none">` +
	`<path d="M20.5 42.16A18.5 18.5 0 1 1 27.5 42.16" stroke="#d29557" stroke-width="7"/>` +
	`<rect x="19.5" y="19.5" width="9" height="9" rx="1.4" fill="#d29557"/></svg>
`
