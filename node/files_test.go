package node

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io/fs"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tulou/protocol/fault"
)

func checkMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != want {
		t.Errorf("%s: %v %v, want %v", path, info, err, want)
	}
}

// writeCertificate puts a self-signed certificate into two files.
func writeCertificate(t *testing.T, cert, key string, serial int64) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"},
		DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// If this failed, a renewed certificate would be used only after a restart, or a broken file would
// take a running node down.
func TestCertificateFilesAreReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		files := &certificateFiles{cert: cert, key: key, log: slog.New(slog.DiscardHandler)}
		if err := files.load(); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), cert) {
			t.Errorf("missing files: %v", err)
		}
		served := func() int64 {
			pair, err := files.get(nil)
			if err != nil {
				t.Fatal(err)
			}
			return serialOf(t, pair)
		}
		writeCertificate(t, cert, key, 1)
		if err := files.load(); err != nil {
			t.Fatal(err)
		}
		writeCertificate(t, cert, key, 2)
		later := time.Now().AddDate(100, 0, 0)
		os.Chtimes(cert, later, later)
		if got := served(); got != 1 {
			t.Errorf("looked at once: serial %d", got)
		}
		time.Sleep(lookEvery)
		if got := served(); got != 2 {
			t.Errorf("after a while: serial %d", got)
		}
		os.WriteFile(key, []byte("not a key"), 0o600)
		even := later.AddDate(1, 0, 0)
		os.Chtimes(key, even, even)
		time.Sleep(lookEvery)
		if got := served(); got != 2 {
			t.Errorf("with a broken file: serial %d", got)
		}
	})
}

func serialOf(t *testing.T, pair *tls.Certificate) int64 {
	t.Helper()
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return leaf.SerialNumber.Int64()
}
