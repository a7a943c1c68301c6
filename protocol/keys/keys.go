// Package keys is the key material with which nodes prove who they are: RSA keys, which every
// server of the fediverse understands, and Ed25519 keys, which the newer ones prefer.
//
// It generates keys, reads and writes their encodings (PKCS#8 and SPKI in PEM, Multikey of
// FEP-521a), and does the two primitive operations, sign and verify. What is signed, and whose key
// it is, is decided by the packages httpsig and proof and by the gate of the engine.
//
// The invariant to remember: a Public that exists is within the limits below, and an algorithm is
// used with a key only if it belongs to the kind of that key. No label that a stranger writes can
// turn a public key into a shared secret.
package keys

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"io"
)

// Kind is the family of a key.
type Kind string

// The kinds of keys that are understood.
const (
	KindRSA     Kind = "RSA"
	KindEd25519 Kind = "Ed25519"
)

// Algorithm is a way to sign. The names are those of RFC 9421 section 6.2.2, but for RSASHA512,
// which only draft-cavage has.
type Algorithm string

// The algorithms that are understood. There is no symmetric one, on purpose.
const (
	RSASHA256    Algorithm = "rsa-v1_5-sha256"
	RSASHA512    Algorithm = "rsa-v1_5-sha512"
	RSAPSSSHA512 Algorithm = "rsa-pss-sha512"
	Ed25519      Algorithm = "ed25519"
)

// Kind returns the only kind of key that can use the algorithm, "" for an unknown algorithm.
func (a Algorithm) Kind() Kind {
	switch a {
	case RSASHA256, RSASHA512, RSAPSSSHA512:
		return KindRSA
	case Ed25519:
		return KindEd25519
	}
	return ""
}

// The limits on RSA keys. Verification costs the cube of the size, so an upper limit is as needed
// as a lower one.
const (
	// RSABitsMin is the smallest modulus accepted; anything below can be factored by somebody.
	RSABitsMin = 2048
	// RSABitsMax is the largest modulus accepted: one verification takes about half a millisecond.
	RSABitsMax = 8192
	// ExponentMin is the smallest public exponent accepted. With 1 every signature would be valid.
	ExponentMin = 3
	// ExponentMax is the largest public exponent accepted, which is what crypto/rsa computes with.
	// Every key in use has 65537.
	ExponentMax = 1<<31 - 1
)

// generatedRSABits is the size of the RSA keys made here, the only one that every server accepts.
const generatedRSABits = 2048

// pssSaltBytes is the salt of rsa-pss-sha512, fixed by RFC 9421 section 3.3.1.
const pssSaltBytes = 64

// Public is a public key within the limits of this package. The zero value verifies nothing. It is
// immutable and safe for concurrent use.
type Public struct {
	rsa     *rsa.PublicKey
	ed25519 ed25519.PublicKey
}

// Kind returns the kind of the key, "" for the zero value.
func (p Public) Kind() Kind {
	switch {
	case p.rsa != nil:
		return KindRSA
	case p.ed25519 != nil:
		return KindEd25519
	}
	return ""
}

// IsZero tells whether there is no key.
func (p Public) IsZero() bool { return p.Kind() == "" }

// Equal tells whether both are the same key. Two zero values are equal.
func (p Public) Equal(other Public) bool {
	if p.Kind() != other.Kind() {
		return false
	}
	switch p.Kind() {
	case KindRSA:
		return p.rsa.Equal(other.rsa)
	case KindEd25519:
		return p.ed25519.Equal(other.ed25519)
	}
	return true
}

// Verify tells whether signature is one of message under this key. An algorithm of another kind of
// key than this one is always false.
func (p Public) Verify(algorithm Algorithm, message, signature []byte) bool {
	if p.IsZero() || algorithm.Kind() != p.Kind() {
		return false
	}
	switch algorithm {
	case RSASHA256:
		sum := sha256.Sum256(message)
		return rsa.VerifyPKCS1v15(p.rsa, crypto.SHA256, sum[:], signature) == nil
	case RSASHA512:
		sum := sha512.Sum512(message)
		return rsa.VerifyPKCS1v15(p.rsa, crypto.SHA512, sum[:], signature) == nil
	case RSAPSSSHA512:
		sum := sha512.Sum512(message)
		options := &rsa.PSSOptions{SaltLength: pssSaltBytes, Hash: crypto.SHA512}
		return rsa.VerifyPSS(p.rsa, crypto.SHA512, sum[:], signature, options) == nil
	case Ed25519:
		return ed25519.Verify(p.ed25519, message, signature)
	}
	return false
}

// Private is a private key. It prints as its kind only, so that no log line can contain it. The
// zero value signs nothing. It is immutable and safe for concurrent use.
type Private struct {
	// secret is a function because fmt, which calls no method of an unexported field of another
	// struct and follows pointers for a wrong verb, prints an address for it and never the bytes.
	secret func() secret
}

type secret struct {
	rsa     *rsa.PrivateKey
	ed25519 ed25519.PrivateKey
	public  Public
}

func privateRSA(key *rsa.PrivateKey) Private {
	held := secret{rsa: key, public: Public{rsa: &key.PublicKey}}
	return Private{func() secret { return held }}
}

func privateEd25519(key ed25519.PrivateKey) Private {
	held := secret{ed25519: key, public: Public{ed25519: key.Public().(ed25519.PublicKey)}}
	return Private{func() secret { return held }}
}

// GenerateRSA returns a new RSA key of 2,048 bits. It takes a tenth of a second or more of CPU.
func GenerateRSA() (Private, error) {
	key, err := rsa.GenerateKey(rand.Reader, generatedRSABits)
	if err != nil {
		return Private{}, fmt.Errorf("generate an RSA key: %w", err)
	}
	return privateRSA(key), nil
}

// GenerateEd25519 returns a new Ed25519 key.
func GenerateEd25519() (Private, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Private{}, fmt.Errorf("generate an Ed25519 key: %w", err)
	}
	return privateEd25519(key), nil
}

// Ed25519FromSeed returns the Ed25519 key of a secret of 32 bytes (RFC 8032 section 5.1.5). It
// panics on any other length.
func Ed25519FromSeed(seed []byte) Private {
	return privateEd25519(ed25519.NewKeyFromSeed(seed))
}

// Kind returns the kind of the key, "" for the zero value.
func (k Private) Kind() Kind { return k.Public().Kind() }

// Public returns the half that is published, the zero Public for the zero value.
func (k Private) Public() Public {
	if k.secret == nil {
		return Public{}
	}
	return k.secret().public
}

// Sign returns the signature of message. It fails if the algorithm belongs to another kind of key.
func (k Private) Sign(algorithm Algorithm, message []byte) ([]byte, error) {
	if k.Kind() == "" || algorithm.Kind() != k.Kind() {
		return nil, fmt.Errorf("sign with %s: the key is of the kind %q", algorithm, k.Kind())
	}
	switch algorithm {
	case RSASHA256:
		sum := sha256.Sum256(message)
		return rsa.SignPKCS1v15(nil, k.secret().rsa, crypto.SHA256, sum[:])
	case RSASHA512:
		sum := sha512.Sum512(message)
		return rsa.SignPKCS1v15(nil, k.secret().rsa, crypto.SHA512, sum[:])
	case RSAPSSSHA512:
		sum := sha512.Sum512(message)
		options := &rsa.PSSOptions{SaltLength: pssSaltBytes, Hash: crypto.SHA512}
		return rsa.SignPSS(rand.Reader, k.secret().rsa, crypto.SHA512, sum[:], options)
	default:
		return ed25519.Sign(k.secret().ed25519, message), nil
	}
}

// Format prints the kind and nothing else, whatever the verb.
func (k Private) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, "private key ("+string(k.Kind())+")")
}
