package vocab

import (
	"net/url"
	"strings"
	"time"

	"github.com/go-fed/activity/streams"
	gofed "github.com/go-fed/activity/streams/vocab"
)

func manySet(p interface {
	AppendIRI(*url.URL)
	AppendType(gofed.Type) error
}, values []entry) error {
	for _, v := range values {
		if v.typed == nil {
			p.AppendIRI(v.iri)
		} else if err := p.AppendType(v.typed); err != nil {
			return err
		}
	}
	return nil
}

func oneSet(p interface {
	SetIRI(*url.URL)
	SetType(gofed.Type) error
}, values []entry) error {
	for _, v := range values {
		if v.typed == nil {
			p.SetIRI(v.iri)
		} else if err := p.SetType(v.typed); err != nil {
			return err
		}
	}
	return nil
}

// iri makes a URL whose String is the text, byte for byte: ids of others go out as they came in.
func iri(text string) *url.URL {
	u, err := url.Parse(text)
	if err == nil && u.String() == text {
		return u
	}
	scheme, rest, _ := strings.Cut(text, ":")
	return &url.URL{Scheme: scheme, Opaque: rest}
}

var _ = streams.NewJSONLDIdProperty
var _ time.Time
