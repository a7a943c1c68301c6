package edge

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tulou/protocol/fault"
)

func messagesOf(t *testing.T, tag string) map[string]forms {
	t.Helper()
	messages, err := readWords(tag)
	check(t, err)
	return messages
}

func TestEveryMessageIsThereInEveryLanguage(t *testing.T) {
	// If this failed, somebody would read a key, or another language than theirs.
	english := messagesOf(t, "en")
	needed := map[string][]string{
		"en": {"one", "other"}, "es": {"one", "other"}, "zh-Hans": {"other"}, "ar": {"zero", "one", "two", "few", "many", "other"},
	}
	for _, s := range spoken {
		messages := messagesOf(t, s.tag)
		for key, original := range english {
			have, ok := messages[key]
			if !ok {
				t.Errorf("%s: %s is missing", s.tag, key)
				continue
			}
			want := []string{"other"}
			if _, counted := original["one"]; counted {
				want = needed[s.tag]
			}
			got := slices.Sorted(maps.Keys(have))
			got = slices.DeleteFunc(got, func(form string) bool { return form == "note" })
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s has the forms %v, want %v", s.tag, key, got, want)
			}
			for form, text := range have {
				if strings.TrimSpace(text) != text || text == "" {
					t.Errorf("%s: %s %s is empty or has space around it", s.tag, key, form)
				}
			}
		}
		for key := range messages {
			if _, ok := english[key]; !ok {
				t.Errorf("%s: %s is not in English", s.tag, key)
			}
		}
	}
}

func TestEveryMessageHasANoteForTranslators(t *testing.T) {
	// If this failed, translators would have to guess where a message is shown.
	for key, message := range messagesOf(t, "en") {
		if len(message["note"]) < 20 {
			t.Errorf("%s has the note %q", key, message["note"])
		}
	}
}

func TestAMessageIsInTheFileOfItsAreaOnce(t *testing.T) {
	// If this failed, a message could stand in two files and be one or the other by chance.
	for _, s := range spoken {
		files, err := fs.Glob(wordFiles, path.Join("words", s.tag, "*.json"))
		check(t, err)
		for _, file := range files {
			body, err := fs.ReadFile(wordFiles, file)
			check(t, err)
			decoder := json.NewDecoder(strings.NewReader(string(body)))
			area, seen, depth := strings.TrimSuffix(path.Base(file), ".json"), map[string]bool{}, 0
			for {
				token, err := decoder.Token()
				if err != nil {
					break
				}
				switch token := token.(type) {
				case json.Delim:
					depth += map[json.Delim]int{'{': 1, '}': -1}[token]
				case string:
					if depth != 1 {
						continue
					}
					if seen[token] || !strings.HasPrefix(token, area+".") {
						t.Errorf("%s: %s is twice, or not of this area", file, token)
					}
					seen[token] = true
				}
			}
		}
	}
}

// verb is an argument in a message; tag is markup.
var (
	verb = regexp.MustCompile(`%(\[\d+\])?[a-z%]`)
	tag  = regexp.MustCompile(`</?[a-z]+`)
)

func TestTranslationsTakeTheSameArguments(t *testing.T) {
	// If this failed, a name or a number would be missing in a translation, or come out as %!s.
	english := messagesOf(t, "en")
	sorted := func(re *regexp.Regexp, text string) []string {
		found := re.FindAllString(text, -1)
		slices.Sort(found)
		return found
	}
	for _, s := range spoken {
		for key, message := range messagesOf(t, s.tag) {
			for form, text := range message {
				if form == "note" {
					continue
				}
				want, got := sorted(verb, english[key]["other"]), sorted(verb, text)
				number := slices.IndexFunc(got, func(v string) bool { return v == "%d" || v == "%[1]d" })
				if number < 0 && (form == "zero" || form == "one" || form == "two") { // the form says how many
					want = slices.DeleteFunc(want, func(v string) bool { return v == "%d" || v == "%[1]d" })
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: %s %s takes %v, want %v", s.tag, key, form, got, want)
				}
				if len(got) > 1 && strings.Contains(strings.Join(got, " "), "%s") {
					t.Errorf("%s: %s %s has several arguments without numbers", s.tag, key, form)
				}
				if got, want := sorted(tag, text), sorted(tag, english[key]["other"]); !slices.Equal(got, want) {
					t.Errorf("%s: %s %s has the markup %v, want %v", s.tag, key, form, got, want)
				}
			}
		}
	}
}

func TestKeysAreThereAndUsed(t *testing.T) {
	// If this failed, a page would show a key instead of a sentence, or translators would work for
	// nothing.
	english := messagesOf(t, "en")
	areas := map[string]bool{}
	for key := range english {
		area, _, _ := strings.Cut(key, ".")
		areas[area] = true
	}
	used := map[string]bool{}
	literal := regexp.MustCompile("[\"`]([a-z]+)\\.([a-z0-9-]+)[\"`]")
	check(t, filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		ext := filepath.Ext(file)
		if err != nil || entry.IsDir() || strings.HasSuffix(file, "_test.go") || ext != ".go" && ext != ".html" {
			return err
		}
		body, err := os.ReadFile(file)
		if err != nil || ext == ".go" && !strings.Contains(string(body), "edge") {
			return err
		}
		for _, match := range literal.FindAllStringSubmatch(string(body), -1) {
			key := match[1] + "." + match[2]
			if ending := match[2]; !areas[match[1]] || ending == "html" || ending == "json" {
				continue
			}
			used[key] = true
			if _, ok := english[key]; !ok && !strings.Contains(file, "mastodon") {
				t.Errorf("%s: there is no message %s", file, key)
			}
		}
		return nil
	}))
	for key := range english {
		if !used[key] {
			t.Errorf("%s is not used", key)
		}
	}
}

func TestTheLanguageIsWhatTheReaderPrefers(t *testing.T) {
	// If this failed, people would read pages in a language that they do not know, though theirs is
	// there.
	for _, c := range []struct{ query, cookie, header, want string }{
		{"", "", "", "en"},
		{"", "", "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"},
		{"", "", "zh-TW", "zh-Hans"},
		{"", "", "es-MX,en;q=0.5", "es"},
		{"", "", "ar-EG,en;q=0.5", "ar"},
		{"", "", "fr,ar;q=0.3,en;q=0.2", "ar"},
		{"", "", "fi", "en"},
		{"", "", "*", "en"},
		{"", "", "nonsense;;;q=q", "en"},
		{"", "", strings.Repeat("ar,", 5000), "en"},
		{"", "ar", "zh", "ar"},
		{"", "xx", "zh", "zh-Hans"},
		{"?lang=zh-Hans", "ar", "en", "zh-Hans"},
		{"?lang=fi", "ar", "en", "ar"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/"+c.query, nil)
		r.Header.Set("Accept-Language", c.header)
		if c.cookie != "" {
			r.AddCookie(&http.Cookie{Name: languageCookie, Value: c.cookie})
		}
		if got := WordsOf(r).Lang(); got != c.want && len(c.header) < 1000 {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestNumbersAndDaysFollowTheLanguage(t *testing.T) {
	// If this failed, people would read dates and plurals as no speaker writes them.
	at := time.Date(2026, time.November, 5, 9, 4, 0, 0, time.UTC)
	for i, want := range []struct{ date, moment, days string }{
		{"5 November 2026", "5 November 2026, 09:04 UTC", "1 day 2 days 3 days 5 days"},
		{"2026年11月5日", "2026年11月5日 09:04 UTC", "1天前 2天前 3天前 5天前"},
		{"٥ نوفمبر ٢٠٢٦", "٥ نوفمبر ٢٠٢٦، ٠٩:٠٤ UTC", "يوم يومان ٣ أيام ٥ أيام"},
		{"5 de noviembre de 2026", "5 de noviembre de 2026, 09:04 UTC", "1 día 2 días 3 días 5 días"},
	} {
		w := languages[i]
		var days []string
		for _, n := range []int{1, 2, 3, 5} {
			days = append(days, w.T("time.days", n))
		}
		if got := w.Date(at); got != want.date {
			t.Errorf("%s: %q", w.Lang(), got)
		}
		if got := w.Moment(at); got != want.moment {
			t.Errorf("%s: %q", w.Lang(), got)
		}
		if got := strings.Join(days, " "); got != want.days {
			t.Errorf("%s: %q", w.Lang(), got)
		}
		for month := range 12 {
			if w.month(at.AddDate(0, month, 0)) == "" {
				t.Error("a month without a name")
			}
		}
		if n := len(strings.Fields(w.T("time.months"))); n != 12 {
			t.Errorf("%s has %d months", w.Lang(), n)
		}
	}
	if got := languages[0].Number(1234567); got != "1,234,567" {
		t.Error(got)
	}
}

func TestAgesAreShort(t *testing.T) {
	// If this failed, the age of a post would be wrong on every page.
	synctest.Test(t, func(t *testing.T) {
		at := time.Now()
		w := languages[0]
		for _, c := range []struct {
			wait time.Duration
			want string
		}{
			{0, "now"}, {time.Minute, "1 min"}, {58 * time.Minute, "59 min"}, {time.Minute, "1 h"}, {23 * time.Hour, "1 day"},
			{5 * 24 * time.Hour, "6 days"}, {24 * time.Hour, w.Date(at)},
		} {
			time.Sleep(c.wait)
			if got := w.Ago(at); got != c.want {
				t.Errorf("after %v: %q, want %q", time.Since(at), got, c.want)
			}
		}
	})
}

func TestArgumentsOfMarkupAreText(t *testing.T) {
	// If this failed, a name could run as code in somebody's browser.
	got := string(languages[2].HTML("time.date", "<b>", "a&b", "x"))
	if strings.Contains(got, "<b>") || !strings.Contains(got, "<bdi>&lt;b&gt;</bdi>") || !strings.Contains(got, "a&amp;b") {
		t.Error(got)
	}
}

func TestFailuresAreToldInTheReadersLanguage(t *testing.T) {
	// If this failed, people would read English, or the cause of an error that is for the log alone.
	secret := errors.New("password is hunter2")
	for code := range failures {
		for _, w := range languages {
			err := error(fault.Wrap(secret, code, ""))
			if title, reason := w.Failure(err), w.Reason(err); title == "" || reason == "" ||
				strings.Contains(title+reason, "error.") || strings.Contains(reason, "hunter2") {
				t.Errorf("%s in %s: %q %q", code, w.Lang(), title, reason)
			}
		}
	}
	told := Tell(secret, fault.Forbidden, "error.other-site")
	if fault.CodeOf(told) != fault.Forbidden || fault.DetailOf(told) != languages[0].Reason(told) || !errors.Is(told, secret) {
		t.Errorf("%v: %q", told, fault.DetailOf(told))
	}
	if languages[1].Reason(told) == languages[0].Reason(told) {
		t.Error("it is told in English only")
	}
	if got := languages[0].Reason(fault.New(fault.Conflict, "the name ana is taken")); got != "The name ana is taken." {
		t.Error(got)
	}
	if got := languages[0].Reason(secret); strings.Contains(got, "hunter2") {
		t.Error(got)
	}
}
