package notify

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"

	"tulou/storage"
)

// Programs that do not say that they know RFC 8291 expect what Mastodon before 4.4 sent, and relays
// to the services of Apple and Google read its headers: draft-ietf-webpush-encryption-04, with the
// key in the headers of draft-ietf-webpush-vapid-01.

// redress encrypts a message anew in the old way and says so in the headers. The token of the
// signature is the same in both.
func (r *request) redress(message []byte, s storage.PushSubscription, keys vapid) error {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	if r.body, err = sealLegacy(message, s.P256dh, s.Auth, key, salt); err != nil {
		return err
	}
	encode := base64.RawURLEncoding.EncodeToString
	token, _, _ := strings.Cut(strings.TrimPrefix(r.header.Get("Authorization"), "vapid t="), ",")
	r.header.Set("Content-Encoding", "aesgcm")
	r.header.Set("Encryption", "salt="+encode(salt))
	r.header.Set("Crypto-Key", "dh="+encode(key.PublicKey().Bytes())+";p256ecdsa="+keys.public)
	r.header.Set("Authorization", "WebPush "+token)
	return nil
}

// sealLegacy encrypts a message for a program, with a key and a salt that are used once.
func sealLegacy(message, program, auth []byte, key *ecdh.PrivateKey, salt []byte) ([]byte, error) {
	theirs, err := ecdh.P256().NewPublicKey(program)
	if err != nil {
		return nil, err
	}
	shared, err := key.ECDH(theirs)
	if err != nil {
		return nil, err
	}
	secret, err := hkdf.Key(sha256.New, shared, auth, "Content-Encoding: auth\x00", 32)
	if err != nil {
		return nil, err
	}
	context := "P-256\x00" + withLength(program) + withLength(key.PublicKey().Bytes())
	contentKey, err := hkdf.Key(sha256.New, secret, salt, "Content-Encoding: aesgcm\x00"+context, 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, secret, salt, "Content-Encoding: nonce\x00"+context, 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(contentKey)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	const noPadding = "\x00\x00"
	return gcm.Seal(nil, nonce, slices.Concat([]byte(noPadding), message), nil), nil
}

// withLength is bytes after their number.
func withLength(b []byte) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(len(b)))) + string(b)
}
