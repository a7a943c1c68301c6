package nodetest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

// A story is a txtar file whose comment says what it specifies, with the lines of the story in the
// file "story". A line is a sentence of words; texts stand in quotes as in Go, options as
// key=value. Lines are done one after another; "settle" lets everything that was sent arrive.
//
//	node harbor orchard            the nodes, with the people of casts
//	peer far                       a server that is no node; its people are zoe@far and so on
//	settle | sleep 6d              let things happen; let time pass
//	down, up, restart orchard      nobody answers at its name; it comes back with its data
//	operator harbor VERB …         blocks, allows or forgets a domain; suspends, unsuspends, deletes;
//	                               opens the node to everybody
//	zoe joins harbor               somebody new; see day_test.go
//	expect 3 dead deliveries at harbor "reason"
//	ana VERB …                     see personVerbs (verbs_test.go) and friendVerbs
//	zoe@far VERB …                 see peerVerbs
type story struct {
	*village
	at       string // file and line
	visitors map[string]*visitor
}

// If one of these failed, people of two nodes would see something else of each other than what the
// file says.
func TestStories(t *testing.T) {
	files := must(filepath.Glob("testdata/*.txt"))
	if len(files) == 0 {
		t.Fatal("no stories")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, v *village) { v.play(t, file) })
		})
	}
}

// play does the lines of a story until one fails.
func (v *village) play(t *testing.T, file string) {
	s := &story{village: v}
	defer s.leaveBrowsers()
	defer func() {
		if t.Failed() {
			t.Log(s.at)
		}
	}()
	for i, line := range lines(t, file) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		s.at = fmt.Sprintf("%s, line %d: %s", filepath.Base(file), i+1, line)
		s.do(line)
		if t.Failed() {
			t.FailNow()
		}
	}
	s.at = filepath.Base(file) + ", at the end"
}

func lines(t *testing.T, file string) []string {
	archive := txtar.Parse(must(os.ReadFile(file)))
	if len(archive.Files) != 1 || archive.Files[0].Name != "story" || len(archive.Comment) < 40 {
		t.Fatalf("%s: want a comment and one file called story", file)
	}
	return strings.Split(string(archive.Files[0].Data), "\n")
}

// sentence is a line of a story, taken apart.
type sentence struct {
	words   []string
	texts   []string // what stood in quotes, in order
	options map[string]string
}

var wordPattern = regexp.MustCompile(`^(?:([a-z_]+)=)?("(?:[^"\\]|\\.)*"|[^\s"]+)(?:\s+|$)`)

func (s *story) parse(line string) sentence {
	parsed := sentence{options: map[string]string{}}
	for rest := line; rest != ""; {
		m := wordPattern.FindStringSubmatch(rest)
		if m == nil {
			s.t.Fatalf("%s: cannot be read at %q", s.at, rest)
		}
		rest = rest[len(m[0]):]
		value := m[2]
		quoted := strings.HasPrefix(value, `"`)
		if quoted {
			unquoted, err := strconv.Unquote(value)
			if err != nil {
				s.t.Fatalf("%s: %s: %v", s.at, value, err)
			}
			value = s.wholeHandles(unquoted)
		}
		switch {
		case m[1] != "":
			parsed.options[m[1]] = value
		case quoted:
			parsed.texts = append(parsed.texts, value)
		default:
			parsed.words = append(parsed.words, value)
		}
	}
	return parsed
}

var shortHandle = regexp.MustCompile(`@\w+@\w+(?:\.\w+)*`)

// wholeHandles writes the handles in a text as people do: @bob@orchard becomes
// @bob@orchard.example.
func (s *story) wholeHandles(text string) string {
	return shortHandle.ReplaceAllStringFunc(text, func(h string) string {
		name, host, _ := strings.Cut(h[1:], "@")
		return "@" + name + "@" + s.host(host)
	})
}

func (s *story) do(line string) {
	in := s.parse(line)
	verb, args := in.words[0], in.words[1:]
	if s.manage(verb, args, in) {
		return
	}
	if len(args) == 0 {
		s.t.Fatalf("%s: not a sentence", s.at)
	}
	if who := s.persons[verb]; who != nil {
		do := personVerbs[args[0]]
		if do == nil {
			do = friendVerbs[args[0]]
		}
		if do == nil {
			do = momentVerbs[args[0]]
		}
		if do == nil {
			s.t.Fatalf("%s: nobody can %q", s.at, args[0])
		}
		in.words = args[1:]
		do(s, who, in)
		return
	}
	do := peerVerbs[args[0]]
	if _, host, ok := strings.Cut(verb, "@"); !ok || s.peers[host] == nil || do == nil {
		s.t.Fatalf("%s: who or what is %q?", s.at, verb)
	}
	in.words = args[1:]
	do(s, verb, in)
}

// manage does the lines that are not about what somebody does or sees.
func (s *story) manage(verb string, args []string, in sentence) bool {
	switch verb {
	case "node":
		for _, name := range args {
			if !s.real { // real ones stand already
				s.start(name)
			}
		}
	case "peer":
		for _, name := range args {
			s.peer(name)
		}
	case "settle":
		s.settle()
	case "sleep":
		time.Sleep(s.duration(args[0]))
	case "down":
		s.house(args[0]).down()
	case "up":
		s.house(args[0]).up()
	case "restart":
		s.house(args[0]).down()
		s.house(args[0]).up()
	case "operator":
		s.operate(s.house(args[0]), args[1], args[2:])
	case "counts":
		s.counts(in)
	case "expect":
		s.expectDead(args, in.texts)
	default:
		if len(args) == 2 && args[0] == "joins" { // zoe joins harbor
			s.joins(verb, s.house(args[1]))
			return true
		}
		return false
	}
	return true
}

func (s *story) house(name string) *house {
	h := s.houses[name]
	if h == nil {
		s.t.Fatalf("%s: there is no node called %q", s.at, name)
	}
	return h
}

// duration reads 6d, 3h, 90s.
func (s *story) duration(text string) time.Duration {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		return time.Duration(must(strconv.ParseFloat(days, 64)) * float64(24*time.Hour))
	}
	return must(time.ParseDuration(text))
}

// operate does what the operator of a node does from the command line.
func (s *story) operate(h *house, verb string, args []string) {
	ctx := s.t.Context()
	switch verb {
	case "blocks", "allows", "forgets":
		action := map[string]string{"blocks": "block", "allows": "allow"}[verb]
		must(h.node.DecideDomain(ctx, s.host(args[0]), action, "a story"))
	case "suspends", "unsuspends":
		must(h.node.Suspend(ctx, strings.TrimPrefix(s.handle(args[0]), "@"), verb == "suspends"))
	case "deletes":
		must(h.node.DeleteUser(ctx, args[0]))
	case "opens":
		check(s.t, h.node.SetRegistrations(ctx, "open"))
	case "reads":
		s.readsReports(h, args)
	default:
		s.t.Fatalf("%s: an operator cannot %q", s.at, verb)
	}
}

// counts checks the counts of a post as those see it whom the line names, or everybody who does.
func (s *story) counts(in sentence) {
	q, viewers := s.post(in.words[1]), s.persons
	if len(in.words) > 2 { // counts p1 for ana bob
		viewers = map[string]*person{}
		for _, name := range in.words[3:] {
			viewers[name] = s.who(name)
		}
	}
	seen := 0
	for _, p := range viewers {
		got, ok := p.findsPost(q.uri)
		if !ok {
			continue
		}
		seen++
		for key, value := range map[string]int{"replies": got.Replies, "boosts": got.Boosts, "likes": got.Likes} {
			if want, asked := in.options[key]; asked && want != fmt.Sprint(value) {
				s.t.Errorf("%s sees %d %s, want %s", p, value, key, want)
			}
		}
	}
	if seen == 0 || len(in.words) > 2 && seen != len(viewers) {
		s.t.Errorf("%d of those asked see the post", seen)
	}
}

func (s *story) who(name string) *person {
	p := s.persons[name]
	if p == nil {
		s.t.Fatalf("%s: there is nobody called %q", s.at, name)
	}
	return p
}

func (s *story) post(name string) *post {
	q := s.posts[name]
	if q == nil {
		s.t.Fatalf("%s: there is no post called %q", s.at, name)
	}
	return q
}

// expectDead checks what was given up at a node: expect 3 dead deliveries at harbor.
func (s *story) expectDead(args, reasons []string) {
	want, at := must(strconv.Atoi(args[0])), args[4]
	s.expected[at] = want
	dead := must(s.house(at).node.Store().DeadDeliveries(s.t.Context(), 100))
	if len(dead) != want {
		s.t.Errorf("%d dead deliveries, want %d", len(dead), want)
	}
	for _, d := range dead {
		for _, reason := range reasons {
			if !strings.Contains(d.Error, reason) {
				s.t.Errorf("given up because of %q, want %q", d.Error, reason)
			}
		}
	}
}
