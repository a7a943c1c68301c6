package node

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// If this failed, an operator would look for metrics that are not there, or wonder what one means.
func TestManualListsEveryMetric(t *testing.T) {
	page, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var written []string
	for _, cells := range regexp.MustCompile("(?m)^\\| `(tulou_\\w+)` \\|(.*?)\\|(.*)\\|$").FindAllStringSubmatch(string(page), -1) {
		written = append(written, cells[1]+" "+strings.TrimSpace(cells[2]))
	}
	var known []string
	described := make(chan *prometheus.Desc)
	n := newNode(t, Config{})
	go func() {
		n.metrics.registry.Describe(described)
		close(described)
	}()
	parts := regexp.MustCompile(`fqName: "(\w+)".*variableLabels: \{([^}]*)\}`)
	for desc := range described {
		found := parts.FindStringSubmatch(desc.String())
		if found == nil {
			t.Fatalf("what is %s", desc)
		}
		if strings.HasPrefix(found[1], "go_") || strings.HasPrefix(found[1], "process_") {
			continue
		}
		known = append(known, found[1]+" "+strings.ReplaceAll(found[2], ",", ", "))
	}
	slices.Sort(written)
	slices.Sort(known)
	for _, name := range known {
		if !slices.Contains(written, name) {
			t.Errorf("the manual does not explain %s", name)
		}
	}
	for _, name := range written {
		if !slices.Contains(known, name) {
			t.Errorf("there is no metric %s", name)
		}
	}
}

// If this failed, strangers could make the node keep a series for each path or method they invent.
func TestRequestsOfStrangersMakeBoundedSeries(t *testing.T) {
	n := newNode(t, Config{})
	for _, path := range []string{"/nothing/1", "/nothing/2", "/users/a", "/users/b", "/api/v1/none", "/api/v1/none2"} {
		for _, method := range []string{"GET", "BREW", "POUR"} {
			n.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, path, nil))
		}
	}
	w := httptest.NewRecorder()
	n.AdminHandler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body := w.Body.String()
	if w.Code != http.StatusOK || !strings.Contains(body, `route="/users/{name}/"`) && !strings.Contains(body, `route="/users/{name}"`) {
		t.Errorf("no route of actors:\n%.2000s", body)
	}
	for _, invented := range []string{"BREW", "POUR", "nothing", "none"} {
		if strings.Contains(strings.ReplaceAll(body, `route="none"`, ""), invented) {
			t.Errorf("%q became a label", invented)
		}
	}
}
