package proof

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/fault"
	"tulou/protocol/keys"
)

var now = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

const (
	owner  = "https://server.example/users/alice"
	method = owner + "#ed25519-key"
)

// vectorSeed is the secret key that the vectors of FEP-8b32 and of W3C vc-di-eddsa share.
func vectorSeed(t testing.TB) []byte {
	t.Helper()
	data, err := keys.DecodeMultibase("z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq", 34)
	if err != nil {
		t.Fatal(err)
	}
	return data[2:]
}

func vectorKey(t testing.TB) keys.Private { return keys.Ed25519FromSeed(vectorSeed(t)) }

// fepDocument is the document of FEP-8b32's fep-8b32.feature, without its proof.
func fepDocument(version string) string {
	return `{
    "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/` + version + `"],
    "id": "https://server.example/activities/1",
    "type": "Create",
    "actor": "https://server.example/users/alice",
    "object": {
        "id": "https://server.example/objects/1",
        "type": "Note",
        "attributedTo": "https://server.example/users/alice",
        "content": "Hello world",
        "location": {"type": "Place", "longitude": -71.184902, "latitude": 25.273962}
    }
}`
}

const (
	fepProof = `{
    "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v2"],
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-jcs-2022",
    "verificationMethod": "https://server.example/users/alice#ed25519-key",
    "proofPurpose": "assertionMethod",
    "proofValue": "z42ffGu6AUKPCFcFPiabmUvnGLPJzC7e4DGWC52NUasSSH37UMa9c58tdgVszUcZfytxa4fQ5TYHaJENCxUDe9SdL",
    "created": "2023-02-24T23:36:38Z"}`

	// oldFepSigned is the vector of an earlier version: the proof has no @context of its own.
	oldFepSigned = `{
    "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v1"],
    "type": "Create",
    "actor": "https://server.example/users/alice",
    "object": {"type": "Note", "content": "Hello world"},
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": "https://server.example/users/alice#ed25519-key",
        "proofPurpose": "assertionMethod",
        "proofValue": "z3sXaxjKs4M3BRicwWA9peyNPJvJqxtGsDmpt1jjoHCjgeUf71TRFz56osPSfDErszyLp5Ks1EhYSgpDaNM977Rg2",
        "created": "2023-02-24T23:36:38Z"}}`

	// w3cSigned is the vector of vc-di-eddsa, "Representation: eddsa-jcs-2022".
	w3cSigned = `{
  "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
  "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
  "type": ["VerifiableCredential", "AlumniCredential"],
  "name": "Alumni Credential",
  "description": "A minimum viable example of an Alumni Credential.",
  "issuer": "https://vc.example/issuers/5678",
  "validFrom": "2023-01-01T00:00:00Z",
  "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
  "proof": {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-jcs-2022",
    "created": "2023-02-24T23:36:38Z",
    "verificationMethod": "https://vc.example/issuers/5678#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
    "proofPurpose": "assertionMethod",
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
    "proofValue": "z63t83Y53KfzJ5ZosfKTnqfMcKB2dmTrfjSaQjeNNjAD5srBowQfmWqeRb8rRjmeEuCBEsddF9LsVogtuTsijJKh4"
  }
}`
)

// withProof puts a proof into a document.
func withProof(document, proof string) string {
	return strings.TrimSuffix(strings.TrimSpace(document), "}") + `, "proof": ` + proof + "}"
}

// Documents that other servers sign would not be believed.
func TestVectorsVerify(t *testing.T) {
	for name, c := range map[string]struct{ document, owner string }{
		"FEP-8b32":                           {withProof(fepDocument("v2"), fepProof), owner},
		"FEP-8b32, no context in the proof":  {oldFepSigned, owner},
		"W3C vc-di-eddsa":                    {w3cSigned, "https://vc.example/issuers/5678"},
		"FEP-8b32, alone in an array":        {withProof(fepDocument("v2"), "["+fepProof+"]"), owner},
		"FEP-8b32, beside an old signature":  {strings.Replace(oldFepSigned, `"type": "Create"`, `"signature": {}, "type": "Create"`, 1), owner},
		"FEP-8b32, more contexts after them": {strings.Replace(withProof(fepDocument("v2"), fepProof), `/v2"]`, `/v2", {"a": "b:c"}]`, 1), owner},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Parse([]byte(c.document), now)
			if err != nil {
				t.Fatal(err)
			}
			if want := time.Date(2023, 2, 24, 23, 36, 38, 0, time.UTC); !p.Created.Equal(want) {
				t.Errorf("created %v", p.Created)
			}
			if err := p.Verify(vectorKey(t).Public(), c.owner); err != nil {
				t.Error(err)
			}
		})
	}
}

// What this node signs would not be believed by others: the same key has to give the same bytes.
func TestAddReproducesTheVector(t *testing.T) {
	created := time.Date(2023, 2, 25, 0, 36, 38, 999, time.FixedZone("", 3600))
	signed, err := Add([]byte(fepDocument("v2")), vectorKey(t), method, created)
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(signed, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(withProof(fepDocument("v2"), fepProof)), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if start := strings.TrimSuffix(fepDocument("v2"), "\n}"); !strings.HasPrefix(string(signed), start) {
		t.Errorf("the bytes of the document changed: %s", signed)
	}
}

// The hashes of the standard's vector, so that a failure says which half is wrong.
func TestHashesOfTheW3CVector(t *testing.T) {
	p, err := Parse([]byte(w3cSigned), now)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.hashes) != 1 {
		t.Fatalf("%d hashes", len(p.hashes))
	}
	if got := hex.EncodeToString(p.hashes[0][32:]); got != "59b7cb6251b8991add1ce0bc83107e3db9dbbab5bd2c28f687db1a03abc92f19" {
		t.Errorf("document: %s", got)
	}
	config := `{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"],` +
		`"created":"2023-02-24T23:36:38Z","cryptosuite":"eddsa-jcs-2022","proofPurpose":"assertionMethod",` +
		`"type":"DataIntegrityProof",` +
		`"verificationMethod":"https://vc.example/issuers/5678#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"}`
	if want := sha256.Sum256([]byte(config)); string(p.hashes[0][:32]) != string(want[:]) {
		t.Error("the proof is hashed differently")
	}
}

// A document of any shape that this node signs has to verify, here and with another key not.
func TestAddedProofsVerify(t *testing.T) {
	key, err := keys.GenerateEd25519()
	if err != nil {
		t.Fatal(err)
	}
	other, err := keys.GenerateEd25519()
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range []string{
		`{}`, " {\n} ", `{"a":1}`, `{"zebra":[],"@context":"https://www.w3.org/ns/activitystreams","#":{"b":[{}]}}`,
		`{"content":"<p>\u4f60\u597d \ud83c\udfee & \"so\" \u2028</p>","\u20ac":1e2,"\ud83d\ude00":-0.0,"\ufb33":9007199254740991}`,
		`{"@context":[],"A":true,"proofs":null}`,
	} {
		signed, err := Add([]byte(document), key, "https://server.example/k?a=1&b=<c>", now)
		if err != nil {
			t.Errorf("%s: %v", document, err)
			continue
		}
		p, err := Parse(signed, now)
		if err != nil {
			t.Errorf("%s: %v", signed, err)
			continue
		}
		if p.Method != "https://server.example/k?a=1&b=<c>" || !p.Created.Equal(now) {
			t.Errorf("%s: got %+v", signed, p)
		}
		if err := p.Verify(key.Public(), owner); err != nil {
			t.Errorf("%s: %v", signed, err)
		}
		if err := p.Verify(other.Public(), owner); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: another key: %v", signed, err)
		}
		if err := p.Verify(keys.Public{}, owner); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: no key: %v", signed, err)
		}
	}
}

// A key of one server could sign in the name of people of another.
func TestA026TheKeyHasToBeOfTheOwnersOrigin(t *testing.T) {
	p, err := Parse([]byte(withProof(fepDocument("v2"), fepProof)), now)
	if err != nil {
		t.Fatal(err)
	}
	for who, fine := range map[string]bool{
		owner:                                true,
		"https://SERVER.example/users/bob":   true, // the same origin; whose key it is, the caller looks up
		"https://server.example:443/":        true,
		"https://evil.example/users/alice":   false,
		"http://server.example/users/alice":  false,
		"https://server.example:8443/alice":  false,
		"https://server.example.evil.org/":   false,
		"https://server.example@evil.org/":   false,
		"https://a.server.example/users/bob": false,
		"":                                   false,
		"alice":                              false,
	} {
		err := p.Verify(vectorKey(t).Public(), who)
		if fine && err != nil || !fine && !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%q: %v", who, err)
		}
	}
}

// A property that the proof does not cover could be added, changed or removed on the way.
func TestA026TheWholeDocumentIsCovered(t *testing.T) {
	good := withProof(fepDocument("v2"), fepProof)
	for name, document := range map[string]string{
		"value changed":          strings.Replace(good, "Hello world", "Hello moon", 1),
		"member added":           strings.Replace(good, `"type": "Create"`, `"type": "Create", "bto": "x"`, 1),
		"member removed":         strings.Replace(good, `"content": "Hello world",`, "", 1),
		"member renamed":         strings.Replace(good, `"content"`, `"summary"`, 1),
		"nested proof added":     strings.Replace(good, `"type": "Note"`, `"type": "Note", "proof": {}`, 1),
		"nested signature added": strings.Replace(good, `"type": "Note"`, `"type": "Note", "signature": {}`, 1),
		"number changed":         strings.Replace(good, "25.273962", "25.273963", 1),
		"type of a value":        strings.Replace(good, `"Hello world"`, `["Hello world"]`, 1),
		"date of the proof":      strings.Replace(good, "2023-02-24", "2023-02-25", 1),
		"key of the proof":       strings.Replace(good, "#ed25519-key", "#other-key", 1),
		"more in the proof":      strings.Replace(good, `"proofPurpose"`, `"domain": "x", "proofPurpose"`, 1),
		"context in both": strings.ReplaceAll(good, `"https://w3id.org/security/data-integrity/v2"]`,
			`"https://w3id.org/security/data-integrity/v2", {"content": "a:b"}]`),
		"context of neither": strings.ReplaceAll(good, `"https://w3id.org/security/data-integrity/v2"`, `"https://w3id.org/security/data-integrity/v1"`),
	} {
		t.Run(name, func(t *testing.T) {
			if document == good {
				t.Fatal("nothing changed")
			}
			p, err := Parse([]byte(document), now)
			if err == nil {
				err = p.Verify(vectorKey(t).Public(), owner)
			}
			if !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("got %v", err)
			}
		})
	}
	for name, document := range map[string]string{
		"spaces":        strings.ReplaceAll(good, " \"", "\""),
		"escapes":       strings.Replace(good, "Hello world", `\u0048ello\u0020world`, 1),
		"other numeral": strings.Replace(good, "25.273962", "2.5273962e1", 1),
	} {
		p, err := Parse([]byte(document), now)
		if err == nil {
			err = p.Verify(vectorKey(t).Public(), owner)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The @context decides what the words mean, so a stranger's must not slip under the proof.
func TestA026TheContextHasToBeginWithTheProofs(t *testing.T) {
	good := withProof(fepDocument("v2"), fepProof)
	first := `"@context": ["https://www.w3.org/ns/activitystreams", `
	for name, document := range map[string]string{
		"another first": strings.Replace(good, first, `"@context": [{"content": "a:b"}, "https://www.w3.org/ns/activitystreams", `, 1),
		"fewer":         strings.Replace(good, first, `"@context": [`, 1),
		"none":          strings.Replace(good, `"@context"`, `"context"`, 1),
		"only one":      strings.Replace(good, first+`"https://w3id.org/security/data-integrity/v2"]`, `"@context": "https://www.w3.org/ns/activitystreams"`, 1),
	} {
		if _, err := Parse([]byte(document), now); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A proof that cannot be checked would count as a good one, or as a forgery.
func TestA026WhatCannotBeCheckedIsUnsigned(t *testing.T) {
	change := func(old, new string) string {
		return withProof(fepDocument("v2"), strings.Replace(fepProof, old, new, 1))
	}
	for name, document := range map[string]string{
		"no proof":            fepDocument("v2"),
		"name in escapes":     strings.Replace(withProof(fepDocument("v2"), fepProof), `"proof"`, `"\u0070roof"`, 1),
		"no document":         "",
		"null":                withProof(fepDocument("v2"), "null"),
		"an IRI":              withProof(fepDocument("v2"), `"https://server.example/proof"`),
		"no proofs":           withProof(fepDocument("v2"), "[]"),
		"two proofs":          withProof(fepDocument("v2"), "["+fepProof+","+fepProof+"]"),
		"empty":               withProof(fepDocument("v2"), "{}"),
		"unknown cryptosuite": change("eddsa-jcs-2022", "eddsa-rdfc-2022"),
		"no cryptosuite":      change(`"cryptosuite"`, `"Cryptosuite"`),
		"other type":          change("DataIntegrityProof", "JcsEd25519Signature2020"),
		"list of types":       change(`"DataIntegrityProof"`, `["DataIntegrityProof"]`),
		"decentralised id":    change("https://server.example/users/alice#ed25519-key", "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"),
		"key inside":          change(`"https://server.example/users/alice#ed25519-key"`, `{"type":"Multikey"}`),
		"no key":              change(`"verificationMethod"`, `"method"`),
		"expired":             change(`"created"`, `"expires": "2023-02-25T00:00:00Z", "created"`),
		"expires now":         change(`"created"`, `"expires": "2026-11-20T09:00:00Z", "created"`),
	} {
		if _, err := Parse([]byte(document), now); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A proof made for another purpose, or from the future, would count.
func TestWrongProofsAreRefused(t *testing.T) {
	for name, c := range map[string][2]string{
		"other purpose":      {"assertionMethod", "authentication"},
		"no purpose":         {`"proofPurpose"`, `"purpose"`},
		"in the future":      {"2023-02-24T23:36:38Z", "2026-11-20T09:05:01Z"},
		"created is text":    {"2023-02-24T23:36:38Z", "yesterday"},
		"created is a count": {`"2023-02-24T23:36:38Z"`, "5"},
		"expires is text":    {`"created"`, `"expires": "soon", "created"`},
		"no value":           {`"proofValue"`, `"value"`},
		"value not base58":   {"z42ff", "z0lIO"},
		"other multibase":    {"z42ff", "u42ff"},
		"value too short":    {"z42ff", "z"},
		"value too long":     {"z42ff", "z42ff42ff"},
	} {
		document := withProof(fepDocument("v2"), strings.Replace(fepProof, c[0], c[1], 1))
		if _, err := Parse([]byte(document), now); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	fine := strings.Replace(fepProof, "2023-02-24T23:36:38Z", "2026-11-20T09:05:00Z", 1)
	if _, err := Parse([]byte(withProof(fepDocument("v2"), fine)), now); err != nil {
		t.Errorf("at the limit: %v", err)
	}
}

// What was hashed would not be what another parser reads.
func TestA026AmbiguousDocumentsAreRefused(t *testing.T) {
	for name, value := range map[string]string{
		"integer beyond a double":  "9007199254740993",
		"first such integer":       "9007199254740992",
		"negative":                 "-9007199254740992",
		"large":                    "1e20",
		"infinite":                 "1e999",
		"lost in rounding":         "1e-999",
		"lost and negative":        "-0.0000001E-999",
		"half a surrogate pair":    `"\ud800"`,
		"other half":               `"\udc00"`,
		"halves in wrong order":    `"\udc00\ud800"`,
		"half in a name":           `{"\ud800": 1}`,
		"member twice":             `{"a": 1, "a": 2}`,
		"member twice, escaped":    `{"a": 1, "\u0061": 2}`,
		"not UTF-8":                "\"\xff\"",
		"leading zero":             "01",
		"no JSON":                  "maybe",
		"number after text":        `["say \"1\" \\", 9007199254740993]`,
		"number as a second value": `1, "b": 9007199254740993`,
	} {
		document := withProof(`{"value": `+value+`}`, fepProof)
		if _, err := Parse([]byte(document), now); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, document := range []string{`["proof"]`, `"proof"`, `{"proof":`, `{"proof":{}}{}`, `{"proof"}`, `{"proof":{},}`} {
		if _, err := Parse([]byte(document), now); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", document, err)
		}
	}
	for _, value := range []string{"9007199254740991", "-9007199254740991", "0.1", "0e-999", "-0", "1e-300", "3.141592653589793238462643"} {
		signed, err := Add([]byte(`{"value": `+value+`}`), vectorKey(t), method, now)
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		if p, err := Parse(signed, now); err != nil || p.Verify(vectorKey(t).Public(), owner) != nil {
			t.Errorf("%s: %v", value, err)
		}
	}
}

// A large document would cost time and memory before anybody knows who sent it.
func TestLargeDocumentsAreRefused(t *testing.T) {
	document := func(size int) []byte {
		const frame = `{"proof":[],"a":""}`
		return []byte(`{"proof":[],"a":"` + strings.Repeat("x", size-len(frame)) + `"}`)
	}
	if _, err := Parse(document(DocumentBytesMax), now); !fault.Is(err, fault.NotFound) {
		t.Errorf("at the limit: %v", err)
	}
	if _, err := Parse(document(DocumentBytesMax+1), now); !fault.Is(err, fault.TooLarge) {
		t.Errorf("beyond the limit: %v", err)
	}
}

// A mistake of the caller would leave the node as a document that nobody believes.
func TestAddRefusesWhatItCannotSign(t *testing.T) {
	key, err := keys.GenerateRSA()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		document string
		key      keys.Private
	}{
		"signed already": {withProof(fepDocument("v2"), fepProof), vectorKey(t)},
		"old signature":  {`{"signature": {}}`, vectorKey(t)},
		"no object":      {`[]`, vectorKey(t)},
		"no JSON":        {`{`, vectorKey(t)},
		"RSA":            {fepDocument("v2"), key},
		"no key":         {fepDocument("v2"), keys.Private{}},
	} {
		if signed, err := Add([]byte(c.document), c.key, method, now); fault.CodeOf(err) != fault.Internal || signed != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Add would write into memory that belongs to the caller.
func TestAddLeavesTheDocumentAlone(t *testing.T) {
	buffer := append(make([]byte, 0, 4096), `{"a":1}`...)
	spare := buffer[:64]
	if _, err := Add(buffer, vectorKey(t), method, now); err != nil {
		t.Fatal(err)
	}
	if string(buffer) != `{"a":1}` || strings.Trim(string(spare[7:]), "\x00") != "" {
		t.Errorf("changed to %q", spare)
	}
}

// FuzzParse throws documents at the reader: nothing may panic, and whatever verifies has to be what
// the one honest signer signed, but for spelling.
func FuzzParse(f *testing.F) {
	f.Add([]byte(withProof(fepDocument("v2"), fepProof)))
	f.Add([]byte(oldFepSigned))
	f.Add([]byte(w3cSigned))
	f.Add([]byte(`{"proof":[{"type":"DataIntegrityProof","@context":null}],"@context":{},"a\"":-0.1e-5}`))
	genuine := map[string]bool{}
	for _, document := range []string{withProof(fepDocument("v2"), fepProof), oldFepSigned, w3cSigned} {
		whole, err := canonicalObject([]byte(document))
		if err != nil {
			f.Fatal(err)
		}
		genuine[string(whole.without("proof", "signature", "@context").join())] = true
	}
	key := vectorKey(f).Public()
	f.Fuzz(func(t *testing.T, document []byte) {
		p, err := Parse(document, now)
		if err != nil {
			return
		}
		if len(p.value) != ed25519.SignatureSize || p.Method == "" || len(p.hashes) == 0 {
			t.Fatalf("accepted %+v", p)
		}
		if p.Verify(key, p.Method) != nil {
			return
		}
		whole, err := canonicalObject(document)
		if err != nil {
			t.Fatal(err)
		}
		if !genuine[string(whole.without("proof", "signature", "@context").join())] {
			t.Fatalf("verifies though nobody signed it: %s", document)
		}
	})
}

// FuzzAdd signs whatever is an object and reads it back.
func FuzzAdd(f *testing.F) {
	f.Add([]byte(fepDocument("v2")))
	f.Add([]byte(`{"€":1,"😀":2,"@":3,"@context":null,"ﬃ":[1e2]}`))
	key := vectorKey(f)
	f.Fuzz(func(t *testing.T, document []byte) {
		signed, err := Add(document, key, method, now)
		if err != nil {
			return
		}
		p, err := Parse(signed, now)
		if fault.Is(err, fault.TooLarge) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", signed, err)
		}
		if err := p.Verify(key.Public(), owner); err != nil {
			t.Fatalf("%s: %v", signed, err)
		}
	})
}

// benchmarkDocument is about the size of a Create with a Note.
func benchmarkDocument() []byte {
	return []byte(strings.Replace(fepDocument("v2"), "Hello world",
		fmt.Sprintf("<p>%s</p>", strings.Repeat("Hello round world. ", 80)), 1))
}

func BenchmarkAdd(b *testing.B) {
	document, key := benchmarkDocument(), vectorKey(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Add(document, key, method, now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseAndVerify(b *testing.B) {
	key := vectorKey(b)
	document, err := Add(benchmarkDocument(), key, method, now)
	if err != nil {
		b.Fatal(err)
	}
	public := key.Public()
	b.ReportAllocs()
	for b.Loop() {
		p, err := Parse(document, now)
		if err != nil {
			b.Fatal(err)
		}
		if err := p.Verify(public, owner); err != nil {
			b.Fatal(err)
		}
	}
}
