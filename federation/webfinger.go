package federation

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

const (
	jrdType = "application/jrd+json; charset=utf-8"
	xrdType = "application/xrd+xml; charset=utf-8"
	// resourceBytesMax is the longest resource that is asked for; ids are shorter.
	resourceBytesMax = ids.IRIBytesMax
	// wellKnownAge is how long these answers may be kept; they change when people come and go.
	wellKnownAge = "public, max-age=300"
)

// wellKnown adds what every server asks for first: WebFinger (RFC 7033), host-meta (RFC 6415) and
// NodeInfo.
func (s *server) wellKnown(r chi.Router) {
	s.get(r, "/.well-known/webfinger", s.webFinger)
	s.get(r, "/.well-known/host-meta", s.hostMeta)
	s.get(r, "/.well-known/host-meta.json", s.hostMetaJSON)
	s.get(r, "/.well-known/nodeinfo", s.nodeInfoLinks)
	s.get(r, "/nodeinfo/{version}", s.nodeInfo)
}

// jrd is a JSON resource descriptor (RFC 7033 section 4.4).
type jrd struct {
	Subject string    `json:"subject,omitempty"`
	Aliases []string  `json:"aliases,omitempty"`
	Links   []jrdLink `json:"links"`
}

type jrdLink struct {
	Rel      string `json:"rel"`
	Type     string `json:"type,omitempty"`
	Href     string `json:"href,omitempty"`
	Template string `json:"template,omitempty"`
}

func (s *server) webFinger(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Access-Control-Allow-Origin", "*") // RFC 7033 section 5
	answer, err := s.finger(r.Context(), r.URL.Query().Get("resource"))
	if err != nil {
		return err
	}
	return writeJSON(w, jrdType, answer)
}

// finger describes who a resource stands for. Faults: Invalid for none, NotFound for nobody, Gone
// for somebody who was deleted.
func (e *Engine) finger(ctx context.Context, resource string) (jrd, error) {
	if resource == "" {
		return jrd{}, fault.New(fault.Invalid, "the parameter resource is missing")
	}
	name, err := e.resourceName(resource)
	if err != nil {
		return jrd{}, err
	}
	paths := e.config.Paths
	if name == e.instanceName() {
		return descriptor(name+"@"+e.config.AccountHost, paths.InstanceActor(), ""), nil
	}
	if e.config.Private { // whose name it is, is told to those who sign, at the actor
		return e.follows(descriptor(name+"@"+e.config.AccountHost, paths.Actor(name), "")), nil
	}
	account, err := e.store.AccountByHandle(ctx, name, "")
	switch {
	case err != nil:
		return jrd{}, err
	case account.DeletedAt != 0:
		return jrd{}, fault.New(fault.Gone, "this account was deleted")
	case account.Hidden:
		return jrd{}, nobody()
	}
	return e.follows(descriptor(account.Name+"@"+e.config.AccountHost, paths.Actor(account.Name), paths.Profile(account.Name))), nil
}

// follows adds where somebody of this node follows whom a page elsewhere shows them: by OStatus's
// relation, which Mastodon and most others look for, and by that of FEP-3b86.
func (e *Engine) follows(answer jrd) jrd {
	answer.Links = append(answer.Links,
		jrdLink{Rel: fetch.RelSubscribe, Template: e.config.Paths.Interaction("{uri}")},
		jrdLink{Rel: fetch.RelFollow, Template: e.config.Paths.Interaction("{object}")})
	return answer
}

func nobody() error { return fault.New(fault.NotFound, "nobody of this name is here") }

func descriptor(handle, actor, profile string) jrd {
	answer := jrd{Subject: "acct:" + handle}
	if profile != "" {
		answer.Aliases = append(answer.Aliases, profile)
		answer.Links = append(answer.Links, jrdLink{Rel: "http://webfinger.net/rel/profile-page", Type: "text/html", Href: profile})
	}
	answer.Aliases = append(answer.Aliases, actor)
	answer.Links = append(answer.Links, jrdLink{Rel: "self", Type: fetch.ActivityJSON, Href: actor})
	return answer
}

// resourceName returns the name that a resource stands for: acct:name@host with the host of the
// handles or of the node, the id of an actor, or the address of a profile page. The fault is
// NotFound for everything else.
func (e *Engine) resourceName(resource string) (string, error) {
	if len(resource) > resourceBytesMax {
		return "", nobody()
	}
	paths := e.config.Paths
	if strings.Contains(resource, "://") {
		if resource == paths.InstanceActor() || resource == paths.Base || resource == paths.Base+"/" {
			return e.instanceName(), nil
		}
		name, ok := paths.ActorName(resource)
		if !ok {
			if name, ok = strings.CutPrefix(resource, paths.Base+"/@"); ok {
				name = strings.ToLower(name)
				ok = ids.ValidLocalName(name)
			}
		}
		if !ok {
			return "", nobody()
		}
		return name, nil
	}
	handle, err := ids.ParseHandle(resource)
	if err != nil || handle.Host != e.config.AccountHost && handle.Host != paths.Host() {
		return "", nobody()
	}
	name := strings.ToLower(handle.Name)
	if name != e.instanceName() && !ids.ValidLocalName(name) {
		return "", nobody()
	}
	return name, nil
}

// fingerTemplate is where WebFinger is asked on this node.
func (e *Engine) fingerTemplate() string {
	return e.config.Paths.Base + "/.well-known/webfinger?resource={uri}"
}

func (s *server) hostMeta(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Vary", "Accept")
	if strings.Contains(r.Header.Get("Accept"), "json") {
		return s.hostMetaJSON(w, r)
	}
	type link struct {
		Rel      string `xml:"rel,attr"`
		Template string `xml:"template,attr"`
	}
	body, err := xml.Marshal(struct {
		XMLName struct{} `xml:"http://docs.oasis-open.org/ns/xri/xrd-1.0 XRD"`
		Link    link     `xml:"Link"`
	}{Link: link{"lrdd", s.fingerTemplate()}})
	if err != nil {
		return err
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	write(w, http.StatusOK, xrdType, wellKnownAge, append([]byte(xml.Header), body...))
	return nil
}

func (s *server) hostMetaJSON(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	return writeJSON(w, jrdType, jrd{Links: []jrdLink{{Rel: "lrdd", Template: s.fingerTemplate()}}})
}

// writeJSON writes one of the small answers above.
func writeJSON(w http.ResponseWriter, contentType string, v any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // some readers of WebFinger do not expect escapes in addresses
	err := encoder.Encode(v)
	if err == nil {
		write(w, http.StatusOK, contentType, wellKnownAge, text.Bytes())
	}
	return err
}
