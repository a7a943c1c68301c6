package nodetest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"tulou/protocol/markup"
)

// complains files a report: ana complains of @bob@orchard about q1 q2 "text" forward=true.
func complains(s *story, p *person, in sentence) {
	form := url.Values{"account_id": {p.knows(s.handle(in.words[1])).ID}, "comment": {strings.Join(in.texts, "\n")}}
	if len(in.words) > 3 {
		for _, name := range in.words[3:] {
			form.Add("status_ids[]", p.sees(s.post(name).uri).ID)
		}
	}
	if in.options["forward"] != "" {
		form.Set("forward", in.options["forward"])
	}
	var filed struct{ Forwarded bool }
	p.post("/api/v1/reports", form, &filed)
	if want, asked := in.options["forwarded"]; asked && want != fmt.Sprint(filed.Forwarded) {
		s.t.Errorf("forwarded is %v, want %s", filed.Forwarded, want)
	}
}

// readsReports checks what an operator reads: operator orchard reads 1 reports about @bob@orchard
// by @harbor.example@harbor with 1 posts.
func (s *story) readsReports(h *house, args []string) {
	s.t.Helper()
	about, by := strings.TrimPrefix(s.handle(args[3]), "@"), strings.TrimPrefix(s.handle(args[5]), "@")
	count := 0
	for _, r := range must(h.node.Reports(s.t.Context(), true)) {
		if r.About == about && r.By == by && fmt.Sprint(len(r.Posts)) == args[7] {
			count++
		} else {
			s.t.Logf("a report about %s by %s with %d posts", r.About, r.By, len(r.Posts))
		}
	}
	if fmt.Sprint(count) != args[0] {
		s.t.Errorf("%d reports, want %s", count, args[0])
	}
}

// schedules writes for later: ana schedules "text" in 2h.
func schedules(s *story, p *person, in sentence) {
	at := time.Now().Add(s.duration(in.words[1])).UTC().Format(time.RFC3339)
	form := words(in)
	form.Set("scheduled_at", at)
	p.post("/api/v1/statuses", form, nil)
}

// scheduled finds what was written for later among somebody's own posts: ana scheduled p1 "text";
// or that it is not there: ana scheduled nothing "text".
func scheduled(s *story, p *person, in sentence) {
	var own []status
	p.get("/api/v1/accounts/"+p.knows("@"+p.name).ID+"/statuses", &own)
	own = slices.DeleteFunc(own, func(st status) bool { return markup.PlainText(st.Content) != in.texts[0] })
	switch {
	case in.words[0] == "nothing" && len(own) == 0:
	case in.words[0] != "nothing" && len(own) == 1:
		s.posts[in.words[0]] = &post{uri: own[0].URI, author: p.name, shown: own[0]}
	default:
		s.t.Errorf("%s has posted %q %d times", p, in.texts[0], len(own))
	}
}
