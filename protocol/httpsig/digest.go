package httpsig

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"strings"

	"github.com/dunglas/httpsfv"
)

// Digest is the SHA-256 of a body that will be sent. A body that goes to many servers is hashed
// once. The zero value stands for a request without a body.
type Digest struct {
	base64 string
}

// DigestOf hashes a body. An empty body has a digest, too.
func DigestOf(body []byte) Digest {
	sum := sha256.Sum256(body)
	return Digest{base64.StdEncoding.EncodeToString(sum[:])}
}

// IsZero tells whether there is no body.
func (d Digest) IsZero() bool { return d.base64 == "" }

// legacy returns the value of the Digest field (RFC 3230), which goes with draft-cavage.
func (d Digest) legacy() string { return "SHA-256=" + d.base64 }

// content returns the value of the Content-Digest field (RFC 9530), which goes with RFC 9421.
func (d Digest) content() string { return "sha-256=:" + d.base64 + ":" }

// checkDigest holds the values of a Digest field against the body. There has to be exactly one,
// and it has to be SHA-256, the only one that servers send: with two, somebody on the way might
// have checked the other one.
func checkDigest(values []string, body []byte) error {
	if len(values) == 0 {
		return refuse("there is no digest of the body")
	}
	if len(values) > 1 || strings.Contains(values[0], ",") {
		return refuse("there is more than one digest of the body")
	}
	algorithm, text, found := strings.Cut(strings.TrimSpace(values[0]), "=")
	if !found || !strings.EqualFold(algorithm, "SHA-256") {
		return refuse("the digest of the body is not SHA-256")
	}
	sum, err := base64.StdEncoding.Strict().DecodeString(text)
	want := sha256.Sum256(body)
	if err != nil || !bytes.Equal(sum, want[:]) {
		return refuse("the digest is not that of the body")
	}
	return nil
}

// checkContentDigest holds the values of a Content-Digest field against the body: one field, with
// SHA-256 or SHA-512 or both, each of which has to match. Other algorithms say nothing.
func checkContentDigest(values []string, body []byte) error {
	if len(values) == 0 {
		return refuse("there is no content digest of the body")
	}
	if len(values) > 1 {
		return refuse("there is more than one content digest of the body")
	}
	digests, err := dictionary("Content-Digest", values)
	if err != nil {
		return err
	}
	checked := false
	for _, name := range digests.Names() {
		var want []byte
		switch name {
		case "sha-256":
			sum := sha256.Sum256(body)
			want = sum[:]
		case "sha-512":
			sum := sha512.Sum512(body)
			want = sum[:]
		default:
			continue
		}
		member, _ := digests.Get(name)
		item, _ := member.(httpsfv.Item)
		if sum, ok := item.Value.([]byte); !ok || !bytes.Equal(sum, want) {
			return refuse("the content digest is not that of the body")
		}
		checked = true
	}
	if !checked {
		return refuse("the content digest is neither SHA-256 nor SHA-512")
	}
	return nil
}
