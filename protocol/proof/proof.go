// Package proof reads, checks and adds object integrity proofs (FEP-8b32): signatures inside a
// document, which stay valid wherever the document travels. They let a node believe an activity
// that somebody else forwarded.
//
// The one cryptosuite is eddsa-jcs-2022 of W3C Data Integrity EdDSA Cryptosuites v1.0: SHA-256 over
// the canonical JSON (RFC 8785) of the document and of the proof, signed with Ed25519. Parse does
// all that needs no key and says which key is needed; Verify does the rest. The package does no I/O
// and reads no clock, and it knows nothing of JSON-LD: a document is its JSON.
//
// The invariant to remember: an accepted proof covers the complete document but for the proof
// itself, and the key is of the same origin as the owner. A document whose proof cannot be checked
// here is unsigned (fault.NotFound), never valid.
package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/keys"
)

// The limits on documents with proofs.
const (
	// DocumentBytesMax is the largest document that is canonicalised, the size of the largest
	// activity that any inbox of the fediverse accepts.
	DocumentBytesMax = 1 << 20
	// SkewMax is how far in the future a proof may have been made, for fast clocks. There is no
	// greatest age: a post of last year is as authentic as one of today.
	SkewMax = 5 * time.Minute
)

// The words of the one kind of proof.
const (
	proofType    = "DataIntegrityProof"
	cryptosuite  = "eddsa-jcs-2022"
	proofPurpose = "assertionMethod"
)

const signatureBytes = 64 // of Ed25519

// Proof is a proof of a document that fulfils every requirement that can be checked without the
// key. It is immutable.
type Proof struct {
	Method  string    // the IRI of the key, verificationMethod
	Created time.Time // when it was made, by the sender's clock; UTC; zero if the sender did not say

	hashes [][]byte // of which any may have been signed
	value  []byte
}

// Parse finds the proof of a document. fault.NotFound means that the document is unsigned as far as
// this node can tell: no proof, more than one, another cryptosuite, a key that is not behind an
// http or https URL, or an expired proof. fault.Unauthenticated means a proof that is wrong.
// fault.Invalid means a document with a proof, but without a canonical form: not JSON, a member
// that is there twice, half a surrogate pair, a number that a double does not hold. fault.TooLarge
// means one beyond the limit.
func Parse(document []byte, now time.Time) (Proof, error) {
	// Most documents have no proof and need no canonical form. One that hides the name in escapes
	// counts as unsigned, which can only cost it its own authority.
	if len(document) <= DocumentBytesMax && !bytes.Contains(document, []byte(`"proof"`)) {
		return Proof{}, unsigned("the document has no proof")
	}
	whole, err := canonicalObject(document)
	if err != nil {
		return Proof{}, err
	}
	options, err := whole.proof()
	if err != nil {
		return Proof{}, err
	}
	p, err := readOptions(options, now)
	if err != nil {
		return Proof{}, err
	}
	p.hashes, err = hashes(whole, options)
	if err != nil {
		return Proof{}, err
	}
	return p, nil
}

// Value returns the signature: the same for whatever else a document is written like that has this
// proof, and another one for every other document.
func (p Proof) Value() []byte { return bytes.Clone(p.value) }

// Verify checks the proof with the public key that Method stands for. owner is the one the document
// belongs to: the actor of an activity, the attributedTo of an object. That the key is listed by
// the owner is for the caller to see; that it is of the owner's origin is checked here, too. Errors
// are fault.Unauthenticated.
func (p Proof) Verify(key keys.Public, owner string) error {
	if !ids.SameOrigin(p.Method, owner) {
		return refuse("the key of the proof is of another origin than the owner of the document")
	}
	for _, hash := range p.hashes {
		if key.Verify(keys.Ed25519, hash, p.value) {
			return nil
		}
	}
	return refuse("the proof does not match the document and the key")
}

// Add returns the document with a proof of it as its last member; the bytes before it stay as they
// are. method is the IRI under which others find the public half of key, which has to be Ed25519.
// The document should name https://w3id.org/security/data-integrity/v2 in its @context. Errors mean
// a broken caller: no JSON object, a proof already, another kind of key.
func Add(document []byte, key keys.Private, method string, created time.Time) ([]byte, error) {
	whole, err := canonicalObject(document)
	if err != nil {
		return nil, fmt.Errorf("add a proof: %v", err) // no %w: no stranger has sent this document
	}
	if whole.get("proof") != nil || whole.get("signature") != nil {
		return nil, fmt.Errorf("add a proof: the document is signed already")
	}
	options := written{
		Context: whole.get("@context"), Type: proofType, Cryptosuite: cryptosuite, Method: method,
		Purpose: proofPurpose, Created: created.UTC().Format(time.RFC3339),
	}
	config, err := options.encode()
	if err != nil {
		return nil, fmt.Errorf("add a proof: %w", err)
	}
	config, err = canonical(config)
	if err != nil {
		return nil, fmt.Errorf("add a proof: %v", err)
	}
	value, err := key.Sign(keys.Ed25519, hash(config, whole.join()))
	if err != nil {
		return nil, fmt.Errorf("add a proof: %w", err)
	}
	options.Value = keys.EncodeMultibase(value)
	text, err := options.encode()
	if err != nil {
		return nil, fmt.Errorf("add a proof: %w", err)
	}
	signed := bytes.TrimSuffix(bytes.TrimSpace(document), []byte("}"))
	signed = bytes.Clone(bytes.TrimRight(signed, " \t\r\n"))
	if len(whole) > 0 {
		signed = append(signed, ',')
	}
	return append(append(append(signed, `"proof":`...), text...), '}'), nil
}

// written is a proof as this node writes it. It carries the document's @context, as the vectors of
// FEP-8b32 do, so that a verifier need not guess which one was hashed.
type written struct {
	Context     json.RawMessage `json:"@context,omitempty"`
	Type        string          `json:"type"`
	Cryptosuite string          `json:"cryptosuite"`
	Method      string          `json:"verificationMethod"`
	Purpose     string          `json:"proofPurpose"`
	Created     string          `json:"created"`
	Value       string          `json:"proofValue,omitempty"`
}

func (w written) encode() ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(w)
	return bytes.TrimSpace(text.Bytes()), err
}

// readOptions reads the members of a proof and holds them against what is required.
func readOptions(options object, now time.Time) (Proof, error) {
	if options.text("type") != proofType || options.text("cryptosuite") != cryptosuite {
		return Proof{}, unsigned("the proof is of a kind that is not known here")
	}
	p := Proof{Method: options.text("verificationMethod")}
	if _, err := ids.ParseIRI(p.Method); err != nil {
		return Proof{}, unsigned("the key of the proof is not behind an http or https URL")
	}
	if options.get("expires") != nil {
		expires, err := time.Parse(time.RFC3339, options.text("expires"))
		if err != nil {
			return Proof{}, refuse("the expiry of the proof is not a date")
		}
		if !now.Before(expires) {
			return Proof{}, unsigned("the proof has expired")
		}
	}
	if options.text("proofPurpose") != proofPurpose {
		return Proof{}, refuse("the purpose of the proof is not %s", proofPurpose)
	}
	if options.get("created") != nil {
		created, err := time.Parse(time.RFC3339, options.text("created"))
		if err != nil {
			return Proof{}, refuse("the date of the proof is not a date")
		}
		if created.After(now.Add(SkewMax)) {
			return Proof{}, refuse("the proof was made more than %v in the future", SkewMax)
		}
		p.Created = created.UTC()
	}
	value, err := keys.DecodeMultibase(options.text("proofValue"), signatureBytes)
	if err != nil || len(value) != signatureBytes {
		return Proof{}, refuse("the value of the proof is not a signature")
	}
	p.value = value
	return p, nil
}

// hashes returns what may have been signed (vc-di-eddsa sections 3.3.2 to 3.3.5). A proof with an
// @context says which one it means. One without may have been hashed with the document's, as
// drafts of the standard had it and Fedify does, or without any, as the standard reads now: both
// cover everything, so both are good.
func hashes(whole, options object) ([][]byte, error) {
	document := whole.without("proof", "signature")
	config := options.without("proofValue")
	meant := config.get("@context")
	if meant == nil {
		found := [][]byte{hash(config.join(), document.join())}
		if context := document.get("@context"); context != nil {
			found = append(found, hash(config.with("@context", context).join(), document.join()))
		}
		return found, nil
	}
	if !startsWith(document.get("@context"), meant) {
		return nil, refuse("the @context of the proof is not that of the document")
	}
	return [][]byte{hash(config.join(), document.with("@context", meant).join())}, nil
}

// hash returns the bytes that are signed: both hashes, the proof first.
func hash(config, document []byte) []byte {
	first, second := sha256.Sum256(config), sha256.Sum256(document)
	return append(first[:], second[:]...)
}

// startsWith tells whether the @context of a document begins with all values of another one, in
// the same order. Both are canonical JSON.
func startsWith(whole, start json.RawMessage) bool {
	all, values := elements(whole), elements(start)
	if len(values) > len(all) {
		return false
	}
	for i, value := range values {
		if !bytes.Equal(all[i], value) {
			return false
		}
	}
	return true
}

// elements returns those of an array, or the value itself if it is none.
func elements(value json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	if value == nil {
		return nil
	}
	if json.Unmarshal(value, &list) != nil {
		return []json.RawMessage{value}
	}
	return list
}

func refuse(format string, args ...any) error {
	return fault.New(fault.Unauthenticated, format, args...)
}

func unsigned(format string, args ...any) error {
	return fault.New(fault.NotFound, format, args...)
}
