package node

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
)

// parameter is a variable part of a path: {id} in the routes, :x in the list.
var parameter = regexp.MustCompile(`\{[^}]+\}|:x`)

// If this failed, an operation of Mastodon's API that apps use would be gone without anybody
// noticing, or testdata/operations.txt would not say what is served.
func TestOperationsAreServedAsListed(t *testing.T) {
	served := map[string]bool{}
	err := chi.Walk(newNode(t, Config{}).Handler().(chi.Routes), func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		served[method+" "+parameter.ReplaceAllString(path, "*")] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile("testdata/operations.txt")
	if err != nil {
		t.Fatal(err)
	}
	count, all, listed := map[string]int{}, map[string]int{}, map[string]bool{}
	for line := range strings.Lines(string(list)) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		method, path, tier, state := words[0], words[1], words[2], words[3]
		operation := method + " " + parameter.ReplaceAllString(path, "*")
		if listed[operation] {
			t.Errorf("%s %s is listed twice", method, path)
		}
		listed[operation] = true
		all[tier]++
		switch {
		case served[operation]:
			count[tier]++
			if state != "served" {
				t.Errorf("%s %s is served, and the list says %s", method, path, state)
			}
		case state == "served":
			t.Errorf("%s %s is not served any more", method, path)
		case state != "missing":
			t.Errorf("%s %s is %q, which is neither served nor missing", method, path, state)
		}
	}
	for _, tier := range slices.Sorted(maps.Keys(all)) {
		fmt.Printf("operations of tier %s: %d of %d are served\n", tier, count[tier], all[tier])
	}
	if all["T0"] < 48 || all["T1"] < 95 {
		t.Errorf("%d operations of T0 and %d of T1 are listed", all["T0"], all["T1"])
	}
}
