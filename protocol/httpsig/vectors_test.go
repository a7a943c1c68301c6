package httpsig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net/http"
	"testing"

	"github.com/dunglas/httpsfv"
	"github.com/google/go-cmp/cmp"

	"tulou/protocol/keys"
)

// The keys of RFC 9421 appendix B.1.
const (
	rfcRSA = `-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAhAKYdtoeoy8zcAcR874L8cnZxKzAGwd7v36APp7Pv6Q2jdsPBRrw
WEBnez6d0UDKDwGbc6nxfEXAy5mbhgajzrw3MOEt8uA5txSKobBpKDeBLOsdJKFq
MGmXCQvEG7YemcxDTRPxAleIAgYYRjTSd/QBwVW9OwNFhekro3RtlinV0a75jfZg
kne/YiktSvLG34lw2zqXBDTC5NHROUqGTlML4PlNZS5Ri2U4aCNx2rUPRcKIlE0P
uKxI4T+HIaFpv8+rdV6eUgOrB2xeI1dSFFn/nnv5OoZJEIB+VmuKn3DCUcCZSFlQ
PSXSfBDiUGhwOw76WuSSsf1D4b/vLoJ10wIDAQAB
-----END RSA PUBLIC KEY-----`
	rfcRSAPSS = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
2wIDAQAB
-----END PUBLIC KEY-----`
	rfcECC = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
-----END PUBLIC KEY-----`
	rfcEd25519 = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----`
	rfcEd25519Secret = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----`
	rfcShared = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
)

// rfcRequest is the request of RFC 9421 appendix B.2.
func rfcRequest() message {
	return message{
		method: "POST", scheme: "https", host: "example.com", target: "/foo?param=Value&Pet=dog",
		header: http.Header{
			"Date":         {"Tue, 20 Apr 2021 02:07:55 GMT"},
			"Content-Type": {"application/json"},
			"Content-Digest": {"sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BN" +
				"NyealdVLvRwEmTHWXvJwew==:"},
			"Content-Length": {"18"},
		},
	}
}

// proxiedRequest is the request of RFC 9421 section 4.3, as the proxy passes it on.
func proxiedRequest() message {
	m := rfcRequest()
	m.host = "origin.host.internal.example"
	m.header.Set("Date", "Tue, 20 Apr 2021 02:07:56 GMT")
	m.header.Set("Forwarded", "for=192.0.2.123;host=example.com;proto=https")
	return m
}

// clientCertRequest is the request of RFC 9421 appendix B.3, as the proxy passes it on.
func clientCertRequest() message {
	m := rfcRequest()
	m.host = "service.internal.example"
	m.header.Set("Client-Cert", ":MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRo"+
		"ZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNa"+
		"MA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vd"+
		"gJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSMEGDAWgBRm3WjL"+
		"a38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEP"+
		"YmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEA"+
		"x/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=:")
	return m
}

// baseOf builds the signature base for a signature input.
func baseOf(t testing.TB, m message, input string) (string, error) {
	t.Helper()
	inputs, err := httpsfv.UnmarshalDictionary([]string{"x=" + input})
	if err != nil {
		t.Fatal(err)
	}
	member, _ := inputs.Get("x")
	base, _, err := rfcBase(m, member.(httpsfv.InnerList))
	return base, err
}

func public(t testing.TB, text string) keys.Public {
	t.Helper()
	key, err := keys.ParsePublicPEM(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// A text that differs by one byte from what others sign makes every request of theirs fail.
func TestRFC9421AppendixB(t *testing.T) {
	withKey := func(algorithm keys.Algorithm, text string) func(base, value []byte) bool {
		return func(base, value []byte) bool { return public(t, text).Verify(algorithm, base, value) }
	}
	// The two algorithms that are not accepted from strangers still check that the base is right.
	withECDSA := func(base, value []byte) bool {
		block, _ := pem.Decode([]byte(rfcECC))
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		der, err := asn1.Marshal(struct{ R, S *big.Int }{
			new(big.Int).SetBytes(value[:32]), new(big.Int).SetBytes(value[32:])})
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(base)
		return ecdsa.VerifyASN1(key.(*ecdsa.PublicKey), sum[:], der)
	}
	withHMAC := func(base, value []byte) bool {
		secret, err := base64.StdEncoding.DecodeString(rfcShared)
		if err != nil {
			t.Fatal(err)
		}
		mac := hmac.New(sha256.New, secret)
		mac.Write(base)
		return hmac.Equal(mac.Sum(nil), value)
	}
	for _, v := range []struct {
		name    string
		request message
		input   string
		lines   string // the base without its last line
		value   string
		verify  func(base, value []byte) bool
	}{
		{
			name: "B.2.1 minimal, rsa-pss-sha512", request: rfcRequest(),
			input: `();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"`,
			value: "d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8U" +
				"dx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLM" +
				"IQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8" +
				"m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==",
			verify: withKey(keys.RSAPSSSHA512, rfcRSAPSS),
		},
		{
			name: "B.2.2 selective, rsa-pss-sha512", request: rfcRequest(),
			input: `("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;` +
				`keyid="test-key-rsa-pss";tag="header-example"`,
			lines: "\"@authority\": example.com\n" +
				"\"content-digest\": sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BN" +
				"NyealdVLvRwEmTHWXvJwew==:\n" +
				"\"@query-param\";name=\"Pet\": dog\n",
			value: "LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7" +
				"KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZV" +
				"tR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjY" +
				"ErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==",
			verify: withKey(keys.RSAPSSSHA512, rfcRSAPSS),
		},
		{
			name: "B.2.3 full, rsa-pss-sha512", request: rfcRequest(),
			input: `("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length")` +
				`;created=1618884473;keyid="test-key-rsa-pss"`,
			lines: "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n" +
				"\"@query\": ?param=Value&Pet=dog\n\"@authority\": example.com\n\"content-type\": application/json\n" +
				"\"content-digest\": sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BN" +
				"NyealdVLvRwEmTHWXvJwew==:\n\"content-length\": 18\n",
			value: "bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5" +
				"p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HX" +
				"XZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39" +
				"VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==",
			verify: withKey(keys.RSAPSSSHA512, rfcRSAPSS),
		},
		{
			name: "B.2.5 hmac-sha256", request: rfcRequest(),
			input: `("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"`,
			lines: "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@authority\": example.com\n" +
				"\"content-type\": application/json\n",
			value:  "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=",
			verify: withHMAC,
		},
		{
			name: "B.2.6 ed25519", request: rfcRequest(),
			input: `("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;` +
				`keyid="test-key-ed25519"`,
			lines: "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n" +
				"\"@authority\": example.com\n\"content-type\": application/json\n\"content-length\": 18\n",
			value:  "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==",
			verify: withKey(keys.Ed25519, rfcEd25519),
		},
		{
			name: "B.3 through a proxy, ecdsa-p256-sha256", request: clientCertRequest(),
			input: `("@path" "@query" "@method" "@authority" "client-cert");created=1618884473;keyid="test-key-ecc-p256"`,
			lines: "\"@path\": /foo\n\"@query\": ?param=Value&Pet=dog\n\"@method\": POST\n" +
				"\"@authority\": service.internal.example\n" +
				"\"client-cert\": " + clientCertRequest().header.Get("Client-Cert") + "\n",
			value:  "xVMHVpawaAC/0SbHrKRs9i8I3eOs5RtTMGCWXm/9nvZzoHsIg6Mce9315T6xoklyy0yzhD9ah4JHRwMLOgmizw==",
			verify: withECDSA,
		},
		{
			name: "4.3 second signature, rsa-v1_5-sha256", request: proxiedRequest(),
			input: `("@method" "@authority" "@path" "content-digest" "content-type" "content-length" "forwarded")` +
				`;created=1618884480;keyid="test-key-rsa";alg="rsa-v1_5-sha256";expires=1618884540`,
			lines: "\"@method\": POST\n\"@authority\": origin.host.internal.example\n\"@path\": /foo\n" +
				"\"content-digest\": sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BN" +
				"NyealdVLvRwEmTHWXvJwew==:\n\"content-type\": application/json\n\"content-length\": 18\n" +
				"\"forwarded\": for=192.0.2.123;host=example.com;proto=https\n",
			value: "S6ZzPXSdAMOPjN/6KXfXWNO/f7V6cHm7BXYUh3YD/fRad4BCaRZxP+JH+8XY1I6+8Cy+CM5g92iHgxtRPz+MjniOaYmd" +
				"kDcnL9cCpXJleXsOckpURl49GwiyUpZ10KHgOEe11sx3G2gxI8S0jnxQB+Pu68U9vVcasqOWAEObtNKKZd8tSFu7LB5YAv0R" +
				"AGhB8tmpv7sFnIm9y+7X5kXQfi8NMaZaA8i2ZHwpBdg7a6CMfwnnrtflzvZdXAsD3LH2TwevU+/PBPv0B6NMNk93wUs/vfJv" +
				"ye+YuI87HU38lZHowtznbLVdp770I6VHR6WfgS9ddzirrswsE1w5o0LV/g==",
			verify: withKey(keys.RSASHA256, rfcRSA),
		},
	} {
		t.Run(v.name, func(t *testing.T) {
			base, err := baseOf(t, v.request, v.input)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v.lines+`"@signature-params": `+v.input, base); diff != "" {
				t.Errorf("signature base (-want +got):\n%s", diff)
			}
			value, err := base64.StdEncoding.DecodeString(v.value)
			if err != nil {
				t.Fatal(err)
			}
			if !v.verify([]byte(base), value) {
				t.Error("the signature does not verify")
			}
			if v.verify([]byte(base+" "), value) {
				t.Error("another base verifies")
			}
		})
	}
}

// Ed25519 is deterministic, so the same key has to give the same bytes as in the standard.
func TestRFC9421AppendixB26IsReproduced(t *testing.T) {
	key, err := keys.ParsePrivatePEM(rfcEd25519Secret)
	if err != nil {
		t.Fatal(err)
	}
	base, err := baseOf(t, rfcRequest(), `("date" "@method" "@path" "@authority" "content-type" "content-length")`+
		`;created=1618884473;keyid="test-key-ed25519"`)
	if err != nil {
		t.Fatal(err)
	}
	value, err := key.Sign(keys.Ed25519, []byte(base))
	if err != nil {
		t.Fatal(err)
	}
	want := "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
	if got := base64.StdEncoding.EncodeToString(value); got != want {
		t.Errorf("got %s", got)
	}
}

// The examples of RFC 9421 section 2: the value of each component.
func TestRFC9421Components(t *testing.T) {
	example := message{
		method: "POST", scheme: "https", host: "www.example.com", target: "/path?param=value&foo=bar&baz=batman&qux=",
		header: http.Header{
			"X-Ows-Header":   {"   Leading and trailing whitespace.   "},
			"Cache-Control":  {"max-age=60", "    must-revalidate"},
			"Example-Dict":   {"a=1,    b=2;x=1;y=2,   c=(a   b   c), d"},
			"Example-Header": {"value, with, lots", "of, commas"},
			"X-Empty-Header": {""},
			"Content-Digest": {"sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:,   sha-512=:AA==:"},
		},
	}
	encoded := message{method: "GET", scheme: "http", host: "Example.com:80",
		target: "/parameters?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something"}
	bare := message{method: "GET", scheme: "https", host: "example.com:8443", target: "/"}
	for _, c := range []struct {
		request   message
		component string
		want      string
	}{
		{example, `"@method"`, "POST"},
		{example, `"@target-uri"`, "https://www.example.com/path?param=value&foo=bar&baz=batman&qux="},
		{example, `"@authority"`, "www.example.com"},
		{example, `"@scheme"`, "https"},
		{example, `"@request-target"`, "/path?param=value&foo=bar&baz=batman&qux="},
		{example, `"@path"`, "/path"},
		{example, `"@query"`, "?param=value&foo=bar&baz=batman&qux="},
		{example, `"@query-param";name="baz"`, "batman"},
		{example, `"@query-param";name="qux"`, ""},
		{example, `"@query-param";name="param"`, "value"},
		{example, `"host"`, "www.example.com"},
		{example, `"x-ows-header"`, "Leading and trailing whitespace."},
		{example, `"cache-control"`, "max-age=60, must-revalidate"},
		{example, `"x-empty-header"`, ""},
		{example, `"example-dict"`, "a=1,    b=2;x=1;y=2,   c=(a   b   c), d"},
		{example, `"example-dict";key="a"`, "1"},
		{example, `"example-dict";key="b"`, "2;x=1;y=2"},
		{example, `"example-dict";key="c"`, "(a b c)"},
		{example, `"example-dict";key="d"`, "?1"},
		{example, `"example-header"`, "value, with, lots, of, commas"},
		{example, `"example-header";bs`, ":dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:"},
		{example, `"content-digest";sf`, "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:, sha-512=:AA==:"},
		{encoded, `"@authority"`, "example.com"},
		{encoded, `"@query-param";name="var"`, "this%20is%20a%20big%0Amultiline%20value"},
		{encoded, `"@query-param";name="bar"`, "with%20plus%20whitespace"},
		{encoded, `"@query-param";name="fa%C3%A7ade%22%3A%20"`, "something"},
		{bare, `"@authority"`, "example.com:8443"},
		{bare, `"@path"`, "/"},
		{bare, `"@query"`, "?"},
	} {
		base, err := baseOf(t, c.request, "("+c.component+")")
		if err != nil {
			t.Errorf("%s: %v", c.component, err)
			continue
		}
		want := c.component + ": " + c.want + "\n\"@signature-params\": (" + c.component + ")"
		if diff := cmp.Diff(want, base); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.component, diff)
		}
	}
}

// The keys and requests of draft-cavage-http-signatures-12 appendix C. Its key has 1,024 bits and
// is not accepted, so only the signing string and the signature are compared.
func TestDraftAppendixC(t *testing.T) {
	const pemText = `-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C3
6rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6
Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJw
oYi+1hqp1fIekaxsyQIDAQAB
-----END PUBLIC KEY-----`
	block, _ := pem.Decode([]byte(pemText))
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	request := message{
		method: "POST", scheme: "http", host: "example.com", target: "/foo?param=value&pet=dog",
		header: http.Header{
			"Date":           {"Sun, 05 Jan 2014 21:31:40 GMT"},
			"Content-Type":   {"application/json"},
			"Digest":         {"SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="},
			"Content-Length": {"18"},
		},
	}
	for _, v := range []struct {
		name    string
		covered []string
		value   string
	}{
		{"C.2 basic", []string{"(request-target)", "host", "date"},
			"qdx+H7PHHDZgy4y/Ahn9Tny9V3GP6YgBPyUXMmoxWtLbHpUnXS2mg2+SbrQDMCJypxBLSPQR2aAjn7ndmw2iicw3HMbe8VfEdKFY" +
				"Rqzic+efkb3nndiv/x1xSHDJWeSWkx3ButlYSuBskLu6kd9Fswtemr3lgdDEmn04swr2Os0="},
		{"C.3 all headers", []string{"(request-target)", "host", "date", "content-type", "digest", "content-length"},
			"vSdrb+dS3EceC9bcwHSo4MlyKS59iFIrhgYkz8+oVLEEzmYZZvRs8rgOp+63LEM3v+MFHB32NfpB2bEKBIvB1q52LaEUHFv120V0" +
				"1IL+TAD48XaERZFukWgHoBTLMhYS2Gb51gWxpeIq8knRmPnYePbF5MOkR0Zkly4zKH7s1dE="},
	} {
		t.Run(v.name, func(t *testing.T) {
			bases, err := draftBases(request, v.covered, nil)
			if err != nil {
				t.Fatal(err)
			}
			value, err := base64.StdEncoding.DecodeString(v.value)
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256([]byte(bases[0]))
			if err := rsa.VerifyPKCS1v15(key.(*rsa.PublicKey), crypto.SHA256, sum[:], value); err != nil {
				t.Errorf("%v: %q", err, bases[0])
			}
		})
	}
	if err := checkDigest(request.header.Values("Digest"), []byte(`{"hello": "world"}`)); err != nil {
		t.Error(err)
	}
	if got := DigestOf([]byte(`{"hello": "world"}`)).legacy(); got != request.header.Get("Digest") {
		t.Errorf("digest %s", got)
	}
}

// The SHA-512 digest of the standard's body has to be recognised.
func TestRFC9530DigestOfAppendixB(t *testing.T) {
	values := rfcRequest().header.Values("Content-Digest")
	if err := checkContentDigest(values, []byte(`{"hello": "world"}`)); err != nil {
		t.Error(err)
	}
	if err := checkContentDigest(values, []byte(`{"hello": "w0rld"}`)); err == nil {
		t.Error("another body is accepted")
	}
}
