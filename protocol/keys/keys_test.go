package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/fault"
)

// The key pair of the test vectors of FEP-8b32 and of W3C vc-di-eddsa.
const (
	vectorPublic = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
	vectorSecret = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
)

// madeUpRSA returns an encoded key with a modulus that nobody can sign with; only its size matters.
func madeUpRSA(t testing.TB, bits, exponent int) string {
	t.Helper()
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	n.SetBit(n, 0, 1)
	der, err := x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: n, E: exponent})
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func generated(t testing.TB) []Private {
	t.Helper()
	r, err := GenerateRSA()
	if err != nil {
		t.Fatal(err)
	}
	e, err := GenerateEd25519()
	if err != nil {
		t.Fatal(err)
	}
	return []Private{r, e}
}

// A node could not read back its own keys after a restart, or others could not read them.
func TestKeysSurviveEncoding(t *testing.T) {
	for _, key := range generated(t) {
		t.Run(string(key.Kind()), func(t *testing.T) {
			text, err := key.PEM()
			if err != nil {
				t.Fatal(err)
			}
			again, err := ParsePrivatePEM(text)
			if err != nil {
				t.Fatal(err)
			}
			if !again.Public().Equal(key.Public()) {
				t.Error("the private key changed")
			}
			public, err := ParsePublicPEM("\r\n" + key.Public().PEM() + "\n ")
			if err != nil {
				t.Fatal(err)
			}
			if !public.Equal(key.Public()) || public.Kind() != key.Kind() {
				t.Error("the public key changed")
			}
		})
	}
}

// Servers that publish PKCS#1 could not be verified.
func TestPublicPKCS1IsAccepted(t *testing.T) {
	key := generated(t)[0]
	text := string(pem.EncodeToMemory(&pem.Block{
		Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(key.Public().rsa)}))
	public, err := ParsePublicPEM(text)
	if err != nil || !public.Equal(key.Public()) {
		t.Fatalf("got %v, %v", public.Kind(), err)
	}
}

// A key that can be forged, or that costs seconds to verify with, would be accepted.
func TestA022WeakAndOversizedKeysAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		bits, exponent int
		fine           bool
	}{
		"512 bits":               {512, 65537, false},
		"2047 bits":              {RSABitsMin - 1, 65537, false},
		"2048 bits":              {RSABitsMin, 65537, true},
		"4096 bits":              {4096, 65537, true},
		"8192 bits":              {RSABitsMax, 65537, true},
		"8193 bits":              {RSABitsMax + 1, 65537, false},
		"16384 bits":             {16384, 65537, false},
		"exponent 1":             {RSABitsMin, 1, false},
		"exponent 2":             {RSABitsMin, 2, false},
		"exponent 3":             {RSABitsMin, ExponentMin, true},
		"even exponent":          {RSABitsMin, 65536, false},
		"largest exponent":       {RSABitsMin, ExponentMax, true},
		"exponent above maximum": {RSABitsMin, ExponentMax + 2, false},
		"exponent of 41 bits":    {RSABitsMin, 1<<40 + 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := ParsePublicPEM(madeUpRSA(t, c.bits, c.exponent))
			if c.fine && err != nil {
				t.Errorf("refused: %v", err)
			}
			if !c.fine && (!fault.Is(err, fault.Invalid) || !key.IsZero()) {
				t.Errorf("got kind %q and error %v, want a fault", key.Kind(), err)
			}
		})
	}
}

// A long key text would be decoded, which costs time and memory.
func TestA022LongPEMIsRefused(t *testing.T) {
	text := madeUpRSA(t, RSABitsMin, 65537)
	if _, err := ParsePublicPEM(text + strings.Repeat("\n", PEMBytesMax-len(text))); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if _, err := ParsePublicPEM(text + strings.Repeat("\n", PEMBytesMax-len(text)+1)); !fault.Is(err, fault.Invalid) {
		t.Errorf("beyond the limit: %v", err)
	}
}

// Text that is not a key would become one.
func TestBrokenKeysAreRefused(t *testing.T) {
	elliptic256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&elliptic256.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	good := madeUpRSA(t, RSABitsMin, 65537)
	secret, err := generated(t)[1].PEM()
	if err != nil {
		t.Fatal(err)
	}
	even := new(big.Int).Lsh(big.NewInt(1), RSABitsMin-1)
	evenDER, err := x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: even, E: 65537})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty":            "",
		"prose":            "here is my key",
		"prose before":     "my key:\n" + good,
		"two blocks":       good + good,
		"garbage inside":   "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
		"another block":    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"elliptic curve":   string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		"even modulus":     string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: evenDER})),
		"a private key":    secret,
		"pkcs1 of nothing": "-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParsePublicPEM(text); !fault.Is(err, fault.Invalid) {
				t.Errorf("public: %v", err)
			}
			if name == "a private key" {
				return
			}
			if _, err := ParsePrivatePEM(text); !fault.Is(err, fault.Invalid) {
				t.Errorf("private: %v", err)
			}
		})
	}
}

// Signatures of this node would not verify, or those of one algorithm would pass as another.
func TestSignaturesVerifyOnlyUnderTheirAlgorithm(t *testing.T) {
	message := []byte("round houses")
	algorithms := []Algorithm{RSASHA256, RSASHA512, RSAPSSSHA512, Ed25519}
	for _, key := range generated(t) {
		for _, signed := range algorithms {
			signature, err := key.Sign(signed, message)
			if (err == nil) != (signed.Kind() == key.Kind()) {
				t.Errorf("%s with %s: %v", key.Kind(), signed, err)
			}
			for _, verified := range algorithms {
				want := err == nil && signed == verified
				if got := key.Public().Verify(verified, message, signature); got != want {
					t.Errorf("%s: signed %s, verified as %s: %v", key.Kind(), signed, verified, got)
				}
			}
			if key.Public().Verify(signed, []byte("square houses"), signature) {
				t.Errorf("%s: another message verifies", signed)
			}
		}
	}
}

// A label chosen by an attacker could make a public key act as a shared secret.
func TestA019UnknownAlgorithmsNeverVerify(t *testing.T) {
	for _, key := range generated(t) {
		for _, label := range []Algorithm{"", "none", "hmac-sha256", "hs2019", "RSA-V1_5-SHA256"} {
			if key.Public().Verify(label, nil, nil) {
				t.Errorf("%s verifies %q", key.Kind(), label)
			}
			if _, err := key.Sign(label, nil); err == nil {
				t.Errorf("%s signs %q", key.Kind(), label)
			}
		}
	}
}

// An empty key, as a failed look-up leaves it, would verify something.
func TestZeroKeysDoNothing(t *testing.T) {
	var public Public
	var private Private
	if public.Verify(RSASHA256, nil, nil) || public.Verify(Ed25519, nil, nil) || !public.IsZero() {
		t.Error("the zero public key verifies")
	}
	if public.PEM() != "" || public.Multikey() != "" || !public.Equal(private.Public()) {
		t.Error("the zero public key has an encoding")
	}
	if _, err := private.Sign(Ed25519, nil); err == nil {
		t.Error("the zero private key signs")
	}
	if _, err := private.PEM(); err == nil {
		t.Error("the zero private key has an encoding")
	}
}

// A private key would end in a log line.
func TestPrivateKeysPrintTheirKindOnly(t *testing.T) {
	for _, key := range generated(t) {
		want := "private key (" + string(key.Kind()) + ")"
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
			if got := fmt.Sprintf(verb, key); got != want {
				t.Errorf("%s prints %q", verb, got)
			}
			if got := fmt.Sprintf(verb, struct{ Key Private }{key}); !strings.Contains(got, want) {
				t.Errorf("%s of a struct prints %q", verb, got)
			}
			if got := fmt.Sprintf(verb, struct{ key Private }{key}); len(got) > 120 {
				t.Errorf("%s of a hidden field prints %q", verb, got)
			}
		}
	}
}

// Actors of other servers that publish Multikeys could not be verified.
func TestMultikeyVector(t *testing.T) {
	secret, err := DecodeMultibase(vectorSecret, 34)
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(secret[:2]); got != "8026" {
		t.Fatalf("prefix of the secret key: %s", got)
	}
	key := Ed25519FromSeed(secret[2:])
	if got := key.Public().Multikey(); got != vectorPublic {
		t.Errorf("got %s, want %s", got, vectorPublic)
	}
	public, err := ParseMultikey(vectorPublic)
	if err != nil || !public.Equal(key.Public()) {
		t.Errorf("got %v, %v", public.Kind(), err)
	}
	if got := generated(t)[0].Public().Multikey(); got != "" {
		t.Errorf("an RSA key has the multikey %s", got)
	}
}

// Something that is no Ed25519 key would become one, or a long text would cost time.
func TestBrokenMultikeysAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"empty":           "",
		"prefix only":     "z",
		"other base":      "u" + vectorPublic[1:],
		"bad letter":      "z0" + vectorPublic[2:],
		"short":           vectorPublic[:40],
		"long":            vectorPublic + "1",
		"secret key":      vectorSecret,
		"leading zero":    "z1" + vectorPublic[1:],
		"very long":       "z" + strings.Repeat("2", 1<<20),
		"many zeros":      "z" + strings.Repeat("1", 47),
		"text around it":  " " + vectorPublic,
		"not even ASCII":  "zé" + vectorPublic[3:],
		"with a NUL byte": vectorPublic + "\x00",
	} {
		if key, err := ParseMultikey(text); !fault.Is(err, fault.Invalid) || !key.IsZero() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Multibase would differ from what others compute.
func TestBase58Vectors(t *testing.T) {
	for plain, text := range map[string]string{
		"":                         "z",
		"\x00":                     "z1",
		"\x00\x00\x28\x7f\xb4\xcd": "z11233QC4",
		"Hello World!":             "z2NEpo7TZRRrLZSi2U",
		"The quick brown fox jumps over the lazy dog.": "zUSm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
	} {
		if got := EncodeMultibase([]byte(plain)); got != text {
			t.Errorf("encode %q: got %s, want %s", plain, got, text)
		}
		if plain == "" {
			continue
		}
		data, err := DecodeMultibase(text, len(plain))
		if err != nil {
			t.Errorf("decode %s: %v", text, err)
		}
		if diff := cmp.Diff(plain, string(data)); diff != "" {
			t.Errorf("decode %s (-want +got):\n%s", text, diff)
		}
		if _, err := DecodeMultibase(text, len(plain)-1); !fault.Is(err, fault.Invalid) {
			t.Errorf("decode %s with a smaller limit: %v", text, err)
		}
	}
}

// If this failed, a key that a stranger published could stop the node.
func FuzzDecodeMultibase(f *testing.F) {
	f.Add(vectorPublic)
	f.Add("z11233QC4")
	f.Add("z")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		const sizeMax = 64
		data, err := DecodeMultibase(text, sizeMax)
		if err != nil {
			return
		}
		if len(data) > sizeMax {
			t.Fatalf("%d bytes", len(data))
		}
		if got := EncodeMultibase(data); got != text {
			t.Fatalf("%q is decoded and encoded as %q", text, got)
		}
	})
}

// If this failed, a key that a stranger published could stop the node.
func FuzzParsePublicPEM(f *testing.F) {
	f.Add(madeUpRSA(f, RSABitsMin, 65537))
	f.Add("-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParsePublicPEM(text)
		if err != nil {
			return
		}
		again, err := ParsePublicPEM(key.PEM())
		if err != nil || !again.Equal(key) {
			t.Fatalf("the key does not survive encoding: %v", err)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	for _, key := range generated(b) {
		algorithm := RSASHA256
		if key.Kind() == KindEd25519 {
			algorithm = Ed25519
		}
		b.Run(string(algorithm), func(b *testing.B) {
			for b.Loop() {
				if _, err := key.Sign(algorithm, []byte("round houses")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
