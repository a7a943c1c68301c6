package peer

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"regexp"
	"strings"
)

var parameter = regexp.MustCompile(`(\w+)="([^"]*)"`)

// Signed returns the parameters of a request's Signature in the draft's form, empty if it has none.
func Signed(r *http.Request) map[string]string {
	parameters := map[string]string{}
	for _, match := range parameter.FindAllStringSubmatch(r.Header.Get("Signature"), -1) {
		parameters[match[1]] = match[2]
	}
	return parameters
}

// Verify checks the draft signature of a request, as it came to an http.Handler, by an RSA key in
// PEM. It looks at nothing but what is signed: it has to cover target, host and date.
func Verify(r *http.Request, publicPEM string) error {
	block, _ := pem.Decode([]byte(publicPEM))
	if block == nil {
		return errors.New("no PEM")
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return err
	}
	key, ok := public.(*rsa.PublicKey)
	if !ok {
		return errors.New("not an RSA key")
	}
	signed := Signed(r)
	covered := strings.Fields(signed["headers"])
	var lines []string
	for _, name := range covered {
		value := r.Header.Get(name)
		switch name {
		case "(request-target)":
			value = strings.ToLower(r.Method) + " " + r.URL.RequestURI()
		case "host":
			value = r.Host
		}
		lines = append(lines, name+": "+value)
	}
	for _, name := range []string{"(request-target)", "host", "date"} {
		if !strings.Contains(" "+signed["headers"]+" ", " "+name+" ") {
			return errors.New(name + " is not signed")
		}
	}
	signature, err := base64.StdEncoding.DecodeString(signed["signature"])
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature)
}
