package nodetest

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// rebuilt reads an activity of another server from testdata/interop; pairs are replaced in it.
func rebuilt(t *testing.T, file string, pairs ...string) (activity map[string]any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "interop", file))
	check(t, err)
	decode(t, []byte(strings.NewReplacer(pairs...).Replace(string(text))), &activity)
	return activity
}

// second is an instant as GoToSocial tells it.
func second(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// If this failed, the second edit of a post by people of GoToSocial would be taken for a copy of
// the first, whose id it has, and an edit in the second in which the post was made for an old one.
func TestEveryEditByGoToSocialArrives(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
		published := time.Now()
		note := func(file string, pairs ...string) map[string]any {
			return rebuilt(t, "gotosocial-0.20/"+file, append(pairs, "ACTOR", s.victim.ID, "PUBLISHED", second(published))...)
		}
		uri := s.victim.ID + "/statuses/01M7WNSAQ0FK19TERCVAK8N343"
		send := func(activity map[string]any) {
			s.both(s.victim, activity)
			s.settle()
		}
		send(note("create-note.json"))
		var edits []map[string]any
		for i, name := range []string{"rice", "tea", "plums"} { // two of them in the second of the post
			edits = append(edits, note("update-note.json", "PICTURE", name, "UPDATED", second(published.Add(time.Duration(i/2)*time.Second))))
			send(edits[i])
			if got := pictured(s, uri); !slices.Equal(got, []string{name}) {
				t.Errorf("edit %d: %v", i, got)
			}
		}
		for _, again := range edits[:2] {
			send(again)
		}
		if got := pictured(s, uri); !slices.Equal(got, []string{"plums"}) {
			t.Errorf("after copies: %v", got)
		}
		var history []struct{}
		s.ana.get("/api/v1/statuses/"+s.ana.sees(uri).ID+"/history", &history)
		if len(history) != 4 {
			t.Errorf("%d versions", len(history))
		}
	})
}

// pictured is what ana reads about the pictures of a post.
func pictured(s *stage, uri string) (names []string) {
	var got struct {
		Medias []struct{ Description string } `json:"media_attachments"`
	}
	s.ana.get("/api/v1/statuses/"+s.ana.sees(uri).ID, &got)
	for _, m := range got.Medias {
		names = append(names, m.Description)
	}
	return names
}

// If this failed, a poll of GoToSocial would show the first vote and none after it.
func TestEveryCountByGoToSocialArrives(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s, now := newStage(v), time.Now()
		uri := s.victim.ID + "/statuses/01M7WPCGET7J1C93DRH34WTBF2"
		for count, kind := range []string{"Create", "Update", "Update", "Update"} {
			s.both(s.victim, rebuilt(t, "gotosocial-0.20/question.json", "ACTOR", s.victim.ID, "KIND", kind,
				"COUNT", strconv.Itoa(count), "PUBLISHED", second(now), "ENDS", second(now.Add(time.Hour))))
			s.settle()
			_, q := s.ana.pollOf(uri, false)
			if got := q.Options[1].Votes; got == nil || *got != count {
				t.Errorf("%+v, want %d votes", q, count)
			}
		}
	})
}
