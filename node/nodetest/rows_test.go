package nodetest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	rowPattern = regexp.MustCompile(`(?m)^(A\d{3}) +(\w+) +(\S+)  (\S.+)$`)
	idInTests  = regexp.MustCompile(`(?:Test|TestA\d{3}|[ ("])(A\d{3})(?:\b|[A-Z])`)
)

// If this failed, the list of attacks would name tests that do not exist, or a test would be about
// an attack that is not in the list.
func TestAttacksAreListedWithTheirTests(t *testing.T) {
	const root = "../.."
	listed := map[string]bool{}
	for _, row := range rowPattern.FindAllStringSubmatch(string(must(os.ReadFile("testdata/attacks/rows.txt"))), -1) {
		id, class, where := row[1], row[2], row[3]
		if listed[id] {
			t.Errorf("%s is listed twice", id)
		}
		listed[id] = true
		if !slices.Contains([]string{"origin", "signature", "jsonld", "ssrf", "activity", "dos", "xss", "leak", "auth", "ops"}, class) {
			t.Errorf("%s is of the class %q", id, class)
		}
		if where == "later" {
			continue
		}
		for place := range strings.SplitSeq(where, ",") {
			file, name, named := strings.Cut(place, ":")
			want := id
			if named {
				want = "func " + name + "("
			}
			if text, err := os.ReadFile(filepath.Join(root, file)); err != nil || !strings.Contains(string(text), want) {
				t.Errorf("%s: %s does not have %q (%v)", id, file, want, err)
			}
		}
	}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, found := range idInTests.FindAllStringSubmatch(string(must(os.ReadFile(path))), -1) {
			if !listed[found[1]] {
				t.Errorf("%s names %s, which is not listed", path, found[1])
				listed[found[1]] = true
			}
		}
		return nil
	})
	check(t, err)
	if len(listed) < 60 {
		t.Errorf("%d attacks are listed", len(listed))
	}
}
