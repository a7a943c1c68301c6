package node

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// If this failed, people who come too often, or meet a fault of ours, would read JSON in English.
func TestErrorsOfTheServerArePagesForBrowsers(t *testing.T) {
	n := newNode(t, Config{RateLimit: 12})
	browser := func(r *http.Request) {
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Accept-Language", "zh")
	}
	var w *httptest.ResponseRecorder
	for range 3 { // one form in five minutes
		w = ask(n, "POST", "/auth/sign_in", browser)
	}
	if w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), "请求太多") || w.Header().Get("Retry-After") == "" {
		t.Errorf("too many: %d %s", w.Code, w.Body)
	}
	if w := ask(n, "POST", "/auth/sign_in", nil); w.Code != http.StatusTooManyRequests || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("too many from a program: %d %v", w.Code, w.Header())
	}
	handler := n.around(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("the password is hunter2") }))
	r := httptest.NewRequest("GET", "/", nil)
	browser(r)
	w = httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "服务器出错了") || strings.Contains(w.Body.String(), "hunter2") {
		t.Errorf("a panic: %d %s", w.Code, w.Body)
	}
}

// If this failed, pages that refuse something would call the node by an address that its people do
// not know it by.
func TestPagesThatRefuseHaveTheNameOfTheNode(t *testing.T) {
	n := newNode(t, Config{})
	n.heading.title, n.heading.until = "The Harbor", time.Now().Add(time.Minute)
	handler := n.around(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a mistake") }))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept", "text/html")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "The Harbor") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
