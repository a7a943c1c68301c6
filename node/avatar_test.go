package node

import (
	"bytes"
	"image/png"
	"testing"
)

// If this failed, people would look alike, or their pictures would change from one day to the next.
func TestAvatarsAreDistinctAndStay(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"ana", "ben", "mei", "a", "zz_9"} {
		first, err := drawAvatar(name)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := drawAvatar(name)
		if !bytes.Equal(first, again) {
			t.Errorf("%s is drawn in two ways", name)
		}
		if other, twice := seen[string(first)]; twice {
			t.Errorf("%s looks like %s", name, other)
		}
		seen[string(first)] = name
		picture, err := png.Decode(bytes.NewReader(first))
		if err != nil || picture.Bounds().Dx() != avatarSide {
			t.Errorf("%s: %v %v", name, picture.Bounds(), err)
		}
	}
}
