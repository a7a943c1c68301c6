package nodetest

import (
	"net/url"
	"slices"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// unreadRefused is what must not be left of searching, once all was read.
var unreadRefused = map[string]string{
	"words of nothing":         `SELECT COUNT(*) FROM post_words_docsize x WHERE NOT EXISTS (SELECT 1 FROM status s WHERE s.id = x.id AND s.boost_of_id = 0)`,
	"post that nobody read":    `SELECT COUNT(*) FROM status s WHERE s.boost_of_id = 0 AND NOT EXISTS (SELECT 1 FROM post_words_docsize x WHERE x.id = s.id)`,
	"post that is to be read":  `SELECT COUNT(*) FROM post_unread`,
	"somebody is to be read":   `SELECT COUNT(*) FROM reading`,
	"named and found by none":  `SELECT COUNT(*) FROM account a WHERE a.display_name <> '' AND LOWER(a.display_name) GLOB '[a-z]*' AND NOT EXISTS (SELECT 1 FROM account_word x WHERE x.account_id = a.id)`,
	"found by an earlier name": `SELECT COUNT(*) FROM account_word x JOIN account a ON a.id = x.account_id WHERE a.display_name = ''`,
}

// seeks checks what somebody finds by words, a moment after it was said.
func seeks(s *story, p *person, in sentence) {
	time.Sleep(3 * time.Second)
	var found struct{ Statuses []struct{ URI string } }
	p.get("/api/v2/search?type=statuses&limit=40&q="+url.QueryEscape(in.texts[0]), &found)
	want, got := []string{}, []string{}
	for _, name := range in.words[:slices.Index(in.words, "by")] {
		want = append(want, s.post(name).uri)
	}
	for _, one := range found.Statuses {
		got = append(got, one.URI)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		s.t.Errorf("%s seeks %q (-want +got): %s", p, in.texts[0], diff)
	}
}
