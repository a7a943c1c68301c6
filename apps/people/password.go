package people

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"tulou/protocol/fault"
)

// The limits of passwords. Below PasswordCharsMin guessing is cheap (NIST SP 800-63B-3 section
// 5.1.1.2); PasswordBytesMax lets in every passphrase and keeps megabytes out of the hash.
const (
	PasswordCharsMin = 8
	PasswordBytesMax = 512
)

// The cost of argon2id (RFC 9106): 19 MiB in two passes on one thread, tens of milliseconds of a
// core, the least that OWASP's cheat sheet on password storage asks for. A node is meant to stay
// under 80 MB, so the 64 MiB of RFC 9106's second choice would be most of it. The figures are
// written into every hash, so that raising them leaves older hashes valid.
const (
	hashMemoryKiB = 19 * 1024
	hashPasses    = 2
	hashThreads   = 1
	saltBytes     = 16
	hashBytes     = 32
	// hashesAtOnce bounds the memory of concurrent logins to about 40 MB; the others wait, at most
	// hashWait. Whoever would wait longer is told to come back, and does not look at a page that
	// stands still.
	hashesAtOnce = 2
	hashWait     = 10 * time.Second
)

// The largest costs that are believed when a hash is read, so that a damaged row cannot take the
// whole memory. Raising the constants above stays within them for a long time.
const (
	hashMemoryKiBMax = 1 << 20
	hashPassesMax    = 16
	hashThreadsMax   = 16
)

// MakePassword returns a password for somebody who did not choose one: 100 random bits as letters
// and digits in four groups of five, so that it can be read aloud and typed.
func MakePassword() string {
	const alphabet = "abcdefghijkmnpqrstuvwxyz23456789" // 32 signs, none like another
	var b [4 * groupChars]byte
	rand.Read(b[:])
	var text strings.Builder
	for i, v := range b {
		if i > 0 && i%groupChars == 0 {
			text.WriteByte('-')
		}
		text.WriteByte(alphabet[v%32])
	}
	return text.String()
}

const groupChars = 5

func checkPassword(password string) error {
	if n := utf8.RuneCountInString(password); n < PasswordCharsMin {
		return fault.New(fault.Unprocessable, "a password has at least %d characters", PasswordCharsMin)
	}
	if len(password) > PasswordBytesMax {
		return fault.New(fault.Unprocessable, "a password has at most %d bytes", PasswordBytesMax)
	}
	return nil
}

// hasher makes and checks argon2id hashes, few at a time. It is safe for concurrent use.
type hasher struct{ slots chan struct{} }

func newHasher() hasher { return hasher{slots: make(chan struct{}, hashesAtOnce)} }

// hash returns the PHC string of a password with a fresh salt.
func (h hasher) hash(ctx context.Context, password string) (string, error) {
	p := phc{memory: hashMemoryKiB, passes: hashPasses, threads: hashThreads, salt: make([]byte, saltBytes)}
	rand.Read(p.salt)
	sum, err := h.derive(ctx, p, password)
	if err != nil {
		return "", err
	}
	p.sum = sum
	return p.String(), nil
}

// matches tells whether password made the PHC string stored. An empty or damaged one matches
// nothing and costs the same work, so that time does not tell who has an account.
func (h hasher) matches(ctx context.Context, stored, password string) (bool, error) {
	p, err := parsePHC(stored)
	known := err == nil
	if !known {
		p = phc{memory: hashMemoryKiB, passes: hashPasses, threads: hashThreads,
			salt: make([]byte, saltBytes), sum: make([]byte, hashBytes)}
	}
	sum, err := h.derive(ctx, p, password)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(sum, p.sum) == 1 && known, nil
}

func (h hasher) derive(ctx context.Context, p phc, password string) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(hashWait):
		return nil, fault.New(fault.Unavailable, "too many people are signing in; try again in a moment").After(hashWait)
	}
	defer func() { <-h.slots }()
	return argon2.IDKey([]byte(password), p.salt, p.passes, p.memory, p.threads, hashBytes), nil
}

// phc is a hash with what is needed to make it again, in the PHC string format that password tools
// share: $argon2id$v=19$m=…,t=…,p=…$salt$sum.
type phc struct {
	memory, passes uint32
	threads        uint8
	salt, sum      []byte
}

func (p phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.threads,
		b64.EncodeToString(p.salt), b64.EncodeToString(p.sum))
}

func parsePHC(text string) (p phc, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, fmt.Errorf("read a password hash: not argon2id")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.threads); err != nil {
		return phc{}, fmt.Errorf("read a password hash: bad cost")
	}
	if p.memory == 0 || p.memory > hashMemoryKiBMax || p.passes == 0 || p.passes > hashPassesMax ||
		p.threads == 0 || p.threads > hashThreadsMax {
		return phc{}, fmt.Errorf("read a password hash: cost out of bounds")
	}
	if p.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return phc{}, fmt.Errorf("read a password hash: bad salt")
	}
	if p.sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(p.sum) != hashBytes {
		return phc{}, fmt.Errorf("read a password hash: bad sum")
	}
	return p, nil
}
