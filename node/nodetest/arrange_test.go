package nodetest

import (
	"net/http"
	"net/url"
	"strings"
)

// tracks has somebody follow a hashtag, or not any more: ben tracks #garden.
func tracks(how string) func(*story, *person, sentence) {
	return func(_ *story, p *person, in sentence) {
		p.post("/api/v1/tags/"+url.PathEscape(strings.TrimPrefix(in.words[0], "#"))+"/"+how, nil, nil)
	}
}

// pinned checks what somebody sees pinned on a profile: bob pinned of ana is p2 p1; … is none.
func pinned(s *story, p *person, in sentence) {
	var list []status
	p.get("/api/v1/accounts/"+p.knows(s.handle(in.words[1])).ID+"/statuses?pinned=true", &list)
	var got []string
	for _, one := range list {
		got = append(got, one.URI)
	}
	want := in.words[3:]
	if len(want) == 1 && want[0] == "none" {
		want = nil
	}
	s.compare(p, got, want)
}

// pins pins a post, or has it refused: ana pins p1; ana pins p9 refused=true.
func pins(s *story, p *person, in sentence) {
	code := p.call("POST", "/api/v1/statuses/"+p.sees(s.post(in.words[0]).uri).ID+"/pin", nil, nil)
	want := http.StatusOK
	if in.options["refused"] == "true" {
		want = http.StatusUnprocessableEntity
	}
	if code != want {
		s.t.Errorf("%s pins %s: %d, want %d", p, in.words[0], code, want)
	}
}
