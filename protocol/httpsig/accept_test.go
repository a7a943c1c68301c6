package httpsig

import (
	"net/http"
	"testing"
)

// If this failed, servers would get signatures that they cannot verify, or two nodes of ours would
// pay for RSA for ever.
func TestAcceptedIsWhatTheHeaderAsksFor(t *testing.T) {
	for _, c := range []struct {
		name             string
		header           []string
		rfc9421, ed25519 bool
	}{
		{"what we say", []string{Accept}, true, true},
		{"nothing", nil, false, false},
		{"any algorithm", []string{`sig1=("@method" "@target-uri" "content-digest");created;keyid`}, true, false},
		{"RSA", []string{`sig1=("@method");alg="rsa-v1_5-sha256"`}, true, false},
		{"in two lines", []string{`a=("@method")`, `b=("@method");alg="ed25519"`}, true, true},
		{"an algorithm that is no string", []string{`a=("@method");alg=ed25519`}, true, false},
		{"no list", []string{`a=1;alg="ed25519"`}, false, false},
		{"not a dictionary", []string{`("`}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			rfc9421, ed25519 := Accepted(http.Header{"Accept-Signature": c.header})
			if rfc9421 != c.rfc9421 || ed25519 != c.ed25519 {
				t.Errorf("got %t, %t", rfc9421, ed25519)
			}
		})
	}
}
