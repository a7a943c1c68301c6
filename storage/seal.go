package storage

import (
	"bufio"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"tulou/protocol/fault"
)

// Secrets are the keys with which the database keeps what somebody who copies it must not read: the
// secrets of authenticators, recovery codes, and the tokens of programs that are told of
// notifications. They are not in the database. The first seals, all of them open. The zero value
// has none.
type Secrets struct{ keys []sealKey }

// sealKey is a key of AES-256-GCM with the name that stands before what it sealed.
type sealKey struct {
	name string
	raw  []byte
	aead cipher.AEAD
}

const (
	// sealKeyBytes is the length of a key.
	sealKeyBytes = 32
	// secretsMax is how many keys a file has: one, and some that were used before.
	secretsMax = 16
	// sealPrefix begins everything that is sealed. What was kept before there were keys never begins
	// so: base32 and base64url have no dot.
	sealPrefix = "v1."
	// settingSecrets is the key of the setting that names the key which seals at present, so that
	// processes seal with the same one, and another one is noticed at the start and not when somebody
	// cannot sign in.
	settingSecrets = "secrets"
	// sealBatch is how many rows are sealed in one transaction, some 20 ms.
	sealBatch = 200
)

// NewSecrets returns one new key.
func NewSecrets() Secrets {
	raw := make([]byte, sealKeyBytes)
	rand.Read(raw)
	return Secrets{[]sealKey{newSealKey(raw)}}
}

func newSealKey(raw []byte) sealKey {
	block, err := aes.NewCipher(raw)
	if err != nil {
		panic(err) // the length is a constant
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(append([]byte("tulou secrets\x00"), raw...))
	return sealKey{name: hex.EncodeToString(sum[:6]), raw: raw, aead: aead}
}

// ParseSecrets reads keys, one on each line in base64url without padding, the one that seals first.
// Empty lines and those that begin with # mean nothing. The fault is Invalid, and its text has
// nothing of a key.
func ParseSecrets(text string) (s Secrets, err error) {
	lines := bufio.NewScanner(strings.NewReader(text))
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(line, "="))
		if err != nil || len(raw) != sealKeyBytes {
			return Secrets{}, fault.New(fault.Invalid, "line %d is not a key: %d bytes in base64url", number, sealKeyBytes)
		}
		s.keys = append(s.keys, newSealKey(raw))
	}
	if err := lines.Err(); err != nil || len(s.keys) == 0 || len(s.keys) > secretsMax {
		return Secrets{}, fault.Wrap(err, fault.Invalid, "there is no key, or there are more than %d", secretsMax)
	}
	return s, nil
}

// Text is what ParseSecrets reads.
func (s Secrets) Text() string {
	var b strings.Builder
	for _, k := range s.keys {
		b.WriteString(base64.RawURLEncoding.EncodeToString(k.raw) + "\n")
	}
	return b.String()
}

// Name is that of the first key.
func (s Secrets) Name() string { return s.keys[0].name }

// String hides the keys from logs.
func (s Secrets) String() string { return "secrets" }

// seal returns text so that nobody reads it who has only the database. It opens only at the place
// it was sealed for, so that whoever writes into the database cannot give one row another's secret.
func (k sealKey) seal(text, place string) string {
	sealed := k.aead.Seal(nil, nil, []byte(text), []byte(place))
	return sealPrefix + k.name + "." + base64.RawURLEncoding.EncodeToString(sealed)
}

// open opens what one of the keys has sealed. The fault is Internal: whoever asks cannot help it.
func (s *Secrets) open(sealed, place string) (string, error) {
	rest, found := strings.CutPrefix(sealed, sealPrefix)
	name, body, whole := strings.Cut(rest, ".")
	if !found || !whole {
		return "", fault.New(fault.Internal, "a secret in the database is not sealed")
	}
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "a secret in the database is damaged")
	}
	for _, k := range s.keys {
		if k.name != name {
			continue
		}
		text, err := k.aead.Open(nil, nil, raw, []byte(place))
		if err != nil {
			return "", fault.Wrap(err, fault.Internal, "a secret in the database is damaged")
		}
		return string(text), nil
	}
	return "", fault.New(fault.Internal, "the key %s is missing, with which a secret in the database is sealed", name)
}

// SealedWith returns the name of the key with which there is something sealed in this database, ""
// if there is nothing.
func (r Reader) SealedWith(ctx context.Context) (string, error) {
	sealed, err := r.exists(ctx, `SELECT 1 FROM second_factor UNION ALL SELECT 1 FROM push_subscription LIMIT 1`)
	if err != nil || !sealed {
		return "", err
	}
	name, err := r.Setting(ctx, settingSecrets)
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return string(name), err
}

// seal seals text with the key that all processes seal with at present. The fault is Unavailable if
// this one does not have it.
func (tx *Tx) seal(ctx context.Context, text, place string) (string, error) {
	secrets := tx.store.secrets.Load()
	// Held: a process with another key that starts meanwhile waits and sees what is sealed here.
	var name []byte
	err := tx.get(ctx, &name, `SELECT value FROM setting WHERE key = ? {{for share}}`, settingSecrets)
	if fault.Is(err, fault.NotFound) { // nobody unlocked this database
		return secrets.keys[0].seal(text, place), nil
	}
	if err != nil {
		return "", err
	}
	for _, k := range secrets.keys {
		if k.name == string(name) {
			return k.seal(text, place), nil
		}
	}
	return "", fault.New(fault.Unavailable, "another process of this node seals secrets with another key; start this one again with the same --secrets-file")
}

// Unlock gives the store its keys, in place of one that it made up for itself and that dies with
// it, and seals with the first of them what is not sealed with it yet. The fault is Conflict if the
// database is sealed with a key that is not among them.
func (s *Store) Unlock(ctx context.Context, secrets Secrets) error {
	err := s.Tx(ctx, func(tx *Tx) error {
		if _, err := tx.CreateSetting(ctx, settingSecrets, []byte(secrets.Name())); err != nil {
			return err
		}
		var was []byte // held, so that nobody seals with it while another takes its place
		if err := tx.get(ctx, &was, `SELECT value FROM setting WHERE key = ? {{for update}}`, settingSecrets); err != nil {
			return err
		}
		known := slices.ContainsFunc(secrets.keys, func(k sealKey) bool { return k.name == string(was) })
		if !known {
			with, err := tx.SealedWith(ctx)
			if err != nil {
				return err
			}
			known = with == "" // or it was of no use yet
		}
		if known {
			return tx.PutSetting(ctx, settingSecrets, []byte(secrets.Name()))
		}
		return fault.New(fault.Conflict, "the secrets in the database are sealed with another key, %s", was)
	})
	if err != nil {
		return fmt.Errorf("unlock the secrets: %w", err)
	}
	s.secrets.Store(&secrets)
	for _, some := range []func(context.Context) (int, error){s.sealFactors, s.sealRecoveryCodes, s.sealPushes} {
		for n := sealBatch; n == sealBatch; {
			if n, err = some(ctx); err != nil {
				return fmt.Errorf("seal the secrets: %w", err)
			}
		}
	}
	return nil
}

// ForgetSecrets is for who has lost the keys: what was sealed is deleted, so that people whose
// codes it was sign in without, and programs subscribe anew. Whoever used codes is signed out, so
// that nobody goes on who came in by what was lost. It returns how many people used codes.
func (s *Store) ForgetSecrets(ctx context.Context) (people int, err error) {
	err = s.Tx(ctx, func(tx *Tx) error {
		var coded []int64
		if err := tx.list(ctx, &coded, `SELECT account_id FROM second_factor ORDER BY account_id`); err != nil {
			return err
		}
		people = len(coded)
		for _, account := range coded {
			if err := tx.DeleteSecondFactor(ctx, account); err != nil {
				return err
			}
			if err := tx.SignOut(ctx, account); err != nil {
				return err
			}
		}
		if _, err := tx.exec(ctx, `DELETE FROM push_subscription`); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `DELETE FROM setting WHERE key = ?`, settingSecrets)
		return err
	})
	return people, err
}

// again returns what was sealed with an older key, or not at all, as it is sealed now.
func (s *Secrets) again(text, place string) (string, error) {
	if strings.HasPrefix(text, sealPrefix) {
		var err error
		if text, err = s.open(text, place); err != nil {
			return "", err
		}
	}
	return s.keys[0].seal(text, place), nil
}

// sealFactors seals some secrets of authenticators and returns how many.
func (s *Store) sealFactors(ctx context.Context) (n int, err error) {
	secrets := s.secrets.Load()
	err = s.Tx(ctx, func(tx *Tx) error {
		var old []SecondFactor
		if err := tx.list(ctx, &old, `
			SELECT `+factorColumns+` FROM second_factor WHERE secret NOT LIKE ? ORDER BY account_id LIMIT ? {{for update}}`,
			sealPrefix+secrets.Name()+".%", sealBatch); err != nil {
			return err
		}
		n = len(old)
		for _, f := range old {
			sealed, err := secrets.again(f.Sealed, factorPlace(f.AccountID))
			if err != nil {
				return err
			}
			if _, err := tx.exec(ctx, `UPDATE second_factor SET secret = ? WHERE account_id = ?`, sealed, f.AccountID); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// sealRecoveryCodes seals some recovery codes and returns how many.
func (s *Store) sealRecoveryCodes(ctx context.Context) (n int, err error) {
	secrets := s.secrets.Load()
	err = s.Tx(ctx, func(tx *Tx) error {
		var old []struct {
			AccountID int64  `db:"account_id"`
			Hash      string `db:"code_hash"`
		}
		if err := tx.list(ctx, &old, `
			SELECT account_id, code_hash FROM recovery_code WHERE code_hash NOT LIKE ?
			ORDER BY account_id, code_hash LIMIT ? {{for update}}`, sealPrefix+secrets.Name()+".%", sealBatch); err != nil {
			return err
		}
		n = len(old)
		for _, c := range old {
			sealed, err := secrets.again(c.Hash, recoveryPlace(c.AccountID))
			if err != nil {
				return err
			}
			if _, err := tx.exec(ctx, `UPDATE recovery_code SET code_hash = ? WHERE account_id = ? AND code_hash = ?`, sealed, c.AccountID, c.Hash); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// sealPushes seals what some subscriptions hold and returns how many.
func (s *Store) sealPushes(ctx context.Context) (n int, err error) {
	secrets := s.secrets.Load()
	err = s.Tx(ctx, func(tx *Tx) error {
		var old []PushSubscription
		if err := tx.list(ctx, &old, `
			SELECT `+pushColumns+` FROM push_subscription WHERE access_token NOT LIKE ? ORDER BY id LIMIT ? {{for update}}`,
			sealPrefix+secrets.Name()+".%", sealBatch); err != nil {
			return err
		}
		n = len(old)
		for _, p := range old {
			token, err := secrets.again(p.AccessToken, pushPlace("token", p.TokenID))
			if err != nil {
				return err
			}
			auth, err := secrets.again(string(p.Auth), pushPlace("auth", p.TokenID))
			if err != nil {
				return err
			}
			if _, err := tx.exec(ctx, `UPDATE push_subscription SET access_token = ?, auth = ? WHERE id = ?`, token, []byte(auth), p.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}
