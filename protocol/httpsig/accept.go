package httpsig

import (
	"net/http"

	"github.com/dunglas/httpsfv"
)

// Accept is what this node asks of those who send it something, in the header Accept-Signature
// (RFC 9421 §5.1): the components, and that Ed25519 will do besides RSA.
const Accept = `sig1=("@method" "@target-uri" "content-digest");created;keyid, ` +
	`sig2=("@method" "@target-uri" "content-digest");created;keyid;alg="ed25519"`

// Accepted is which signatures a server asks for in Accept-Signature. That it has a key of a kind
// says nothing about it: Fedify 2 lists Ed25519 keys, which it verifies in proofs only.
func Accepted(header http.Header) (rfc9421, ed25519 bool) {
	asked, err := httpsfv.UnmarshalDictionary(header.Values("Accept-Signature"))
	if err != nil {
		return false, false
	}
	for _, name := range asked.Names() {
		member, _ := asked.Get(name)
		if list, ok := member.(httpsfv.InnerList); ok {
			rfc9421 = true
			algorithm, _ := list.Params.Get("alg")
			ed25519 = ed25519 || algorithm == "ed25519"
		}
	}
	return rfc9421, ed25519
}
