package keys

import (
	"crypto/ed25519"
	"strings"

	"tulou/protocol/fault"
)

// base58 is the alphabet of base58btc: no 0, O, I or l, which people confuse.
const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// The multicodec prefix of an Ed25519 public key (0xed as a varint), and the size of the whole.
const (
	multikeyEd25519 = "\xed\x01"
	multikeyBytes   = len(multikeyEd25519) + ed25519.PublicKeySize
)

// ParseMultikey reads the publicKeyMultibase of a Multikey (FEP-521a): base58btc after a "z", of an
// Ed25519 key. Errors are fault.Invalid.
func ParseMultikey(text string) (Public, error) {
	data, err := DecodeMultibase(text, multikeyBytes)
	if err != nil {
		return Public{}, err
	}
	if len(data) != multikeyBytes || string(data[:len(multikeyEd25519)]) != multikeyEd25519 {
		return Public{}, fault.New(fault.Invalid, "the multikey is not an Ed25519 key")
	}
	return Public{ed25519: ed25519.PublicKey(data[len(multikeyEd25519):])}, nil
}

// Multikey returns the publicKeyMultibase of an Ed25519 key, "" for every other key.
func (p Public) Multikey() string {
	if p.Kind() != KindEd25519 {
		return ""
	}
	return EncodeMultibase(append([]byte(multikeyEd25519), p.ed25519...))
}

// EncodeMultibase returns data in base58btc after the "z" that says so. Time grows with the square
// of the length, so it is for keys and signatures only.
func EncodeMultibase(data []byte) string {
	var digits []byte // least significant first
	for _, b := range data {
		carry := int(b)
		for i := range digits {
			carry += int(digits[i]) << 8
			digits[i] = byte(carry % 58)
			carry /= 58
		}
		for ; carry > 0; carry /= 58 {
			digits = append(digits, byte(carry%58))
		}
	}
	var text strings.Builder
	text.WriteByte('z')
	for i := 0; i < len(data) && data[i] == 0; i++ {
		text.WriteByte(base58[0])
	}
	for i := len(digits) - 1; i >= 0; i-- {
		text.WriteByte(base58[digits[i]])
	}
	return text.String()
}

// DecodeMultibase reads base58btc after a "z", and refuses what is longer than sizeMax bytes before
// it does any work. Errors are fault.Invalid.
func DecodeMultibase(text string, sizeMax int) ([]byte, error) {
	if len(text) > 1+(sizeMax*138)/100+1 { // log(256)/log(58) is 1.366
		return nil, fault.New(fault.Invalid, "a multibase text is too long")
	}
	digits, ok := strings.CutPrefix(text, "z")
	if !ok || digits == "" {
		return nil, fault.New(fault.Invalid, "a multibase text is not base58btc")
	}
	var data []byte // least significant first
	for i := range len(digits) {
		carry := strings.IndexByte(base58, digits[i])
		if carry < 0 {
			return nil, fault.New(fault.Invalid, "a multibase text is not base58btc")
		}
		for j := range data {
			carry += int(data[j]) * 58
			data[j] = byte(carry)
			carry >>= 8
		}
		if carry > 0 {
			data = append(data, byte(carry))
		}
	}
	for i := 0; i < len(digits) && digits[i] == base58[0]; i++ {
		data = append(data, 0)
	}
	if len(data) > sizeMax {
		return nil, fault.New(fault.Invalid, "a multibase text is too long")
	}
	for i, j := 0, len(data)-1; i < j; i, j = i+1, j-1 {
		data[i], data[j] = data[j], data[i]
	}
	return data, nil
}
