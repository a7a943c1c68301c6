package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"

	"tulou/protocol/fault"
)

// PEMBytesMax is the longest PEM text that is looked at. The largest key accepted, RSA of 8,192
// bits, takes 1.5 KiB as a public and 6.5 KiB as a private key.
const PEMBytesMax = 16 << 10

// ParsePublicPEM reads a public key: SPKI, which all servers publish, or PKCS#1, which a few old
// ones do. Text around the PEM block is refused, but for white space. Errors are fault.Invalid.
func ParsePublicPEM(text string) (Public, error) {
	block, err := decodePEM(text)
	if err != nil {
		return Public{}, err
	}
	var parsed any
	switch block.Type {
	case "PUBLIC KEY":
		parsed, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		parsed, err = x509.ParsePKCS1PublicKey(block.Bytes)
	default:
		return Public{}, fault.New(fault.Invalid, "the PEM text is not a public key")
	}
	if err != nil {
		return Public{}, fault.Wrap(err, fault.Invalid, "the public key cannot be decoded")
	}
	switch key := parsed.(type) {
	case *rsa.PublicKey:
		if err := checkRSA(key); err != nil {
			return Public{}, err
		}
		return Public{rsa: key}, nil
	case ed25519.PublicKey:
		return Public{ed25519: key}, nil
	}
	return Public{}, fault.New(fault.Invalid, "the public key is neither RSA nor Ed25519")
}

// PEM returns the key as SPKI in PEM, the publicKeyPem of an actor, and "" for the zero value.
func (p Public) PEM() string {
	var key any = p.rsa
	switch p.Kind() {
	case KindEd25519:
		key = p.ed25519
	case "":
		return ""
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic("keys: a public key within the limits has no encoding: " + err.Error())
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// ParsePrivatePEM reads a private key of this node: PKCS#8 in PEM. Errors are fault.Invalid and say
// nothing about the text.
func ParsePrivatePEM(text string) (Private, error) {
	block, err := decodePEM(text)
	if err != nil {
		return Private{}, err
	}
	if block.Type != "PRIVATE KEY" {
		return Private{}, fault.New(fault.Invalid, "the PEM text is not a private key")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Private{}, fault.New(fault.Invalid, "the private key cannot be decoded")
	}
	switch key := parsed.(type) {
	case *rsa.PrivateKey:
		if err := checkRSA(&key.PublicKey); err != nil {
			return Private{}, err
		}
		return privateRSA(key), nil
	case ed25519.PrivateKey:
		return privateEd25519(key), nil
	}
	return Private{}, fault.New(fault.Invalid, "the private key is neither RSA nor Ed25519")
}

// PEM returns the key as PKCS#8 in PEM. The result is a secret. It fails only for the zero value.
func (k Private) PEM() (string, error) {
	if k.secret == nil {
		return "", fmt.Errorf("encode a private key: there is none")
	}
	var key any = k.secret().rsa
	if k.Kind() == KindEd25519 {
		key = k.secret().ed25519
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("encode a private key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

func decodePEM(text string) (*pem.Block, error) {
	if len(text) > PEMBytesMax {
		return nil, fault.New(fault.Invalid, "a key is longer than %d bytes", PEMBytesMax)
	}
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "-----BEGIN ") {
		return nil, fault.New(fault.Invalid, "a key is not PEM text")
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || len(bytes.TrimSpace(rest)) > 0 {
		return nil, fault.New(fault.Invalid, "a key is not exactly one PEM block")
	}
	return block, nil
}

// checkRSA refuses keys that are too weak to prove anything or too large to be verified cheaply.
func checkRSA(key *rsa.PublicKey) error {
	if bits := key.N.BitLen(); bits < RSABitsMin || bits > RSABitsMax {
		return fault.New(fault.Invalid, "the RSA key has %d bits; %d to %d are accepted",
			bits, RSABitsMin, RSABitsMax)
	}
	if key.N.Bit(0) == 0 {
		return fault.New(fault.Invalid, "the RSA key has an even modulus")
	}
	if key.E < ExponentMin || key.E > ExponentMax || key.E%2 == 0 {
		return fault.New(fault.Invalid, "the exponent of the RSA key is not an odd number from %d to %d",
			ExponentMin, ExponentMax)
	}
	return nil
}
