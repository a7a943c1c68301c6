package media

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// distinct is a picture of its own for each path, of some 5 kB.
func distinct(path string) []byte {
	var seed uint64
	for _, c := range path {
		seed = seed*31 + uint64(c)
	}
	p, chance := image.NewNRGBA(image.Rect(0, 0, 36, 36)), rand.New(rand.NewPCG(seed, 1))
	for i := range p.Pix {
		p.Pix[i] = byte(chance.Uint32()) | 1
	}
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// looks opens the file of a key, and tells whether it is there.
func (p process) looks(t *testing.T, key string) bool {
	t.Helper()
	_, body, err := p.Open(t.Context(), key)
	if err != nil {
		if !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		return false
	}
	body.Close()
	return true
}

// If this failed, whoever looks at much, or makes others look, could fill the disk of a node, or
// what everybody looks at would go before what nobody does.
func TestMediaOfOthersTakeOnlyTheirRoom(t *testing.T) {
	eachEngine(t, func(t *testing.T, database string) {
		asked := map[string]int{}
		folder := t.TempDir()
		a, b, address := villageIn(t, folder, database, func(w http.ResponseWriter, r *http.Request) {
			asked[r.URL.Path]++
			_, _ = w.Write(distinct(r.URL.Path))
		})
		key := func(i int) (key string) {
			check(t, a.store.Tx(t.Context(), func(tx *storage.Tx) error {
				at := fmt.Sprintf("%s/%d", address, i)
				who, err := tx.PutRemoteAccount(t.Context(), storage.Account{URI: fmt.Sprintf("https://orchard.example/users/%d", i), Name: fmt.Sprint("p", i),
					Host: "orchard.example", Type: "Person", Inbox: "https://orchard.example/inbox", Avatar: at})
				key = who.Avatar[len(ids.MediaPrefix) : len(who.Avatar)-len("/avatar")]
				return err
			}))
			return key
		}
		keys := make([]string, 8)
		for i := range keys {
			keys[i] = key(i)
		}
		a.looks(t, keys[0])
		one, err := a.store.RemoteMediaSize(t.Context())
		check(t, err)
		if one.Files != 1 || one.Bytes < 3000 {
			t.Fatalf("one picture takes %+v", one)
		}
		for _, p := range []process{a, b} {
			p.room.bytesMax = 4*one.Bytes + one.Bytes/2
		}
		for i, k := range keys[:4] { // through both processes
			if !([]process{a, b}[i%2]).looks(t, k) {
				t.Errorf("%d is not there", i)
			}
		}
		// All were last seen long ago, the second longest; then somebody looks at the first again.
		for i, k := range keys[:4] {
			m, err := a.store.RemoteMediaByKey(t.Context(), k)
			check(t, err)
			ago := time.Duration(10-i) * storage.SeenEvery
			check(t, a.store.Tx(t.Context(), func(tx *storage.Tx) error { return tx.SeenRemoteMedia(t.Context(), m.ID, time.Now().Add(-ago)) }))
		}
		blobs := map[string]string{}
		for _, k := range keys[:4] {
			file, err := a.store.File(t.Context(), k)
			check(t, err)
			blobs[k] = file.Blob
			old := time.Now().Add(-2 * settledAge)
			check(t, os.Chtimes(filepath.Join(folder, file.Blob[:2], file.Blob), old, old))
		}
		b.looks(t, keys[0])
		before := len(asked)
		for _, k := range keys[4:6] {
			a.looks(t, k)
		}
		for i, want := range []bool{true, false, false, true, true, true} {
			_, err := a.store.File(t.Context(), keys[i])
			if here := err == nil; here != want {
				t.Errorf("%d is here: %v, want %v (%v)", i, here, want, err)
			}
			if i < 4 {
				body, err := a.Blobs.Open(blobs[keys[i]])
				if on := err == nil; on != want {
					t.Errorf("%d is on the disk: %v, want %v", i, on, want)
				} else if on {
					body.Close()
				}
			}
		}
		size, err := b.store.RemoteMediaSize(t.Context())
		if err != nil || size.Bytes > b.room.bytesMax || size.Files != 4 {
			t.Errorf("%+v of %d, %v", size, b.room.bytesMax, err)
		}
		if len(asked) != before+2 {
			t.Errorf("asked for %v", asked)
		}
		if !b.looks(t, keys[1]) || asked["/x.png/1"] != 2 {
			t.Errorf("what went is fetched again %d times", asked["/x.png/1"])
		}
	})
}

// If this failed, a server with any number of names could hold all places for files that come in,
// or people who have nothing to do with each other would wait for each other.
func TestPlacesAreByOwnersOfHosts(t *testing.T) {
	for _, same := range [][2]string{
		{"a.slow.example.org", "b.slow.example.org"}, {"media.example.co.uk", "example.co.uk"}, {"example.org:8443", "example.org"},
		{"[2001:db8::1]:80", "[2001:db8::2]"}, {"192.0.2.1:80", "192.0.2.1"}, {"cdn.ana.github.io", "ana.github.io"},
	} {
		if owner(same[0]) != owner(same[1]) {
			t.Errorf("%s and %s are of %s and %s", same[0], same[1], owner(same[0]), owner(same[1]))
		}
	}
	for _, different := range [][2]string{
		{"ana.co.uk", "ben.co.uk"}, {"ana.github.io", "ben.github.io"}, {"192.0.2.1", "192.0.2.2"}, {"[2001:db8::1]", "[2001:db8:0:1::1]"}, {"localhost", "orchard.test"},
	} {
		if owner(different[0]) == owner(different[1]) {
			t.Errorf("%s and %s are both of %s", different[0], different[1], owner(different[0]))
		}
	}
	a := newArrivals()
	for i := range remoteOfHost {
		_, err := a.enter(t.Context(), fmt.Sprintf("%d.slow.example", i))
		check(t, err)
	}
	if len(a.hosts) != 1 {
		t.Errorf("%d owners", len(a.hosts))
	}
}
