package edge

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
	"golang.org/x/text/number"

	"tulou/protocol/fault"
)

// What pages say is in words/LANGUAGE/AREA.json: messages by key, and a key begins with its area.
// A message has a sentence for each plural form of its language, which its first argument chooses,
// or only "other"; arguments are written as in fmt. English has a note for translators beside each.
// words_test.go says what is missing, unused or different.
//
//go:embed words
var wordFiles embed.FS

// Words is one of the languages that pages speak. It is safe for concurrent use.
type Words struct {
	tag     language.Tag
	name    string
	dir     string
	printer *message.Printer
}

// spoken are the languages there are, the first for whoever speaks none of them.
var spoken = []struct{ tag, name, dir string }{
	{"en", "English", "ltr"},
	{"zh-Hans", "简体中文", "ltr"},
	{"ar", "العربية", "rtl"},
	{"es", "Español", "ltr"},
}

var languages, matcher = loadWords()

func loadWords() (all []*Words, m language.Matcher) {
	builder := catalog.NewBuilder(catalog.Fallback(language.English))
	var tags []language.Tag
	for _, s := range spoken {
		tag := language.MustParse(s.tag)
		messages, err := readWords(s.tag)
		if err != nil {
			panic(err) // the files are part of the program
		}
		for key, forms := range messages {
			if err := builder.Set(tag, key, forms.message()...); err != nil {
				panic(fmt.Errorf("%s in %s: %w", key, s.tag, err))
			}
		}
		tags = append(tags, tag)
		all = append(all, &Words{tag, s.name, s.dir, message.NewPrinter(tag, message.Catalog(builder))})
	}
	return all, language.NewMatcher(tags)
}

// forms are the sentences of a message by plural form, and its note.
type forms map[string]string

// pluralForms are the names of plural forms in CLDR.
var pluralForms = []string{"zero", "one", "two", "few", "many", "other"}

func (f forms) message() []catalog.Message {
	var cases []any
	for _, form := range pluralForms {
		if text, ok := f[form]; ok {
			cases = append(cases, form, text)
		}
	}
	if len(cases) == 2 {
		return []catalog.Message{catalog.String(f["other"])}
	}
	return []catalog.Message{plural.Selectf(1, "%d", cases...)}
}

func readWords(tag string) (map[string]forms, error) {
	files, err := fs.Glob(wordFiles, path.Join("words", tag, "*.json"))
	if err != nil {
		return nil, err
	}
	all := map[string]forms{}
	for _, file := range files {
		body, err := fs.ReadFile(wordFiles, file)
		if err != nil {
			return nil, err
		}
		messages := map[string]forms{}
		if err := json.Unmarshal(body, &messages); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for key, f := range messages {
			all[key] = f
		}
	}
	return all, nil
}

// languageCookie is where a browser keeps the language that somebody chose.
const languageCookie = "lang"

// acceptLanguageMax is how much of an Accept-Language header is read; browsers send under 100
// bytes.
const acceptLanguageMax = 256

// WordsOf returns the language for whoever asks: the one that the address names (?lang=, which apps
// send to the consent page), the one that was chosen before, or what the browser prefers.
func WordsOf(r *http.Request) *Words {
	var wanted []string
	if name := r.URL.Query().Get("lang"); name != "" {
		wanted = append(wanted, name)
	}
	if cookie, err := r.Cookie(languageCookie); err == nil {
		wanted = append(wanted, cookie.Value)
	}
	wanted = append(wanted, r.Header.Get("Accept-Language"))
	for _, list := range wanted {
		tags, _, err := language.ParseAcceptLanguage(list[:min(len(list), acceptLanguageMax)])
		if err != nil || len(tags) == 0 {
			continue
		}
		if _, i, confidence := matcher.Match(tags...); confidence != language.No {
			return languages[i]
		}
	}
	return languages[0]
}

// Lang is the language for an attribute lang (BCP 47).
func (w *Words) Lang() string { return w.tag.String() }

// Name is what the language is called in itself.
func (w *Words) Name() string { return w.name }

// Dir is the direction in which the language is written: "ltr" or "rtl".
func (w *Words) Dir() string { return w.dir }

// T says a message. Numbers are written in the way of the language, and the first argument chooses
// the plural form if the message has several.
func (w *Words) T(key string, args ...any) string { return w.printer.Sprintf(key, args...) }

// HTML says a message that has markup. Strings among the arguments are text, set apart from the
// direction of the sentence; a template.URL is for an attribute; template.HTML stays as it is.
func (w *Words) HTML(key string, args ...any) template.HTML {
	safe := make([]any, len(args))
	for i, arg := range args {
		switch arg := arg.(type) {
		case string:
			safe[i] = "<bdi>" + html.EscapeString(arg) + "</bdi>"
		case template.URL:
			safe[i] = html.EscapeString(string(arg))
		case template.HTML:
			safe[i] = string(arg)
		default:
			safe[i] = arg
		}
	}
	return template.HTML(w.T(key, safe...))
}

// Number writes a whole number in the way of the language.
func (w *Words) Number(n int64) string { return w.printer.Sprint(number.Decimal(n)) }

// plain writes a number without separators, with digits as many as least.
func (w *Words) plain(n, least int) string {
	return w.printer.Sprint(number.Decimal(n, number.NoSeparator(), number.MinIntegerDigits(least)))
}

// List writes several things one after another.
func (w *Words) List(things []string) (list string) {
	for i, thing := range things {
		if i == 0 {
			list = thing
			continue
		}
		list = w.T("base.list", list, thing)
	}
	return list
}

// Month writes a month with its year.
func (w *Words) Month(t time.Time) string {
	t = t.UTC()
	return w.T("time.month-of-year", w.month(t), w.plain(t.Year(), 1))
}

// Date writes a day.
func (w *Words) Date(t time.Time) string {
	t = t.UTC()
	return w.T("time.date", w.plain(t.Day(), 1), w.month(t), w.plain(t.Year(), 1))
}

// Moment writes a day and the time, in UTC, since a page without a program does not know where its
// reader is.
func (w *Words) Moment(t time.Time) string {
	t = t.UTC()
	return w.T("time.moment", w.Date(t), w.plain(t.Hour(), 2)+":"+w.plain(t.Minute(), 2))
}

func (w *Words) month(t time.Time) string {
	return strings.Fields(w.T("time.months"))[t.Month()-1]
}

// Ago says how long ago something was, or on which day if that is longer than a week.
func (w *Words) Ago(t time.Time) string {
	switch d := time.Since(t); {
	case d < time.Minute:
		return w.T("time.now")
	case d < time.Hour:
		return w.T("time.minutes", int(d.Minutes()))
	case d < 24*time.Hour:
		return w.T("time.hours", int(d.Hours()))
	case d < 7*24*time.Hour:
		return w.T("time.days", int(d.Hours()/24))
	}
	return w.Date(t)
}

// told is a fault whose sentence is a message.
type told struct {
	fault *fault.Error
	key   string
	args  []any
}

// Error is that of the fault.
func (t *told) Error() string { return t.fault.Error() }

// Unwrap returns the fault.
func (t *told) Unwrap() error { return t.fault }

// Tell returns a fault that pages explain with a message, in the language of whoever reads them;
// everybody else reads it in English. cause goes to the log; it may be nil.
func Tell(cause error, code fault.Code, key string, args ...any) error {
	return &told{fault.Wrap(cause, code, "%s", languages[0].T(key, args...)), key, args}
}

// Reason says why something failed, in a sentence that a stranger may read.
func (w *Words) Reason(err error) string {
	if t, ok := errors.AsType[*told](err); ok {
		return w.T(t.key, t.args...)
	}
	code := fault.CodeOf(err)
	detailed := code == fault.Invalid || code == fault.Unprocessable || code == fault.Conflict || code == fault.Forbidden
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Detail != "" && detailed && w == languages[0] {
		return sentence(f.Detail)
	}
	return w.T(explained(code).reason)
}

// Failure is a heading for something that failed.
func (w *Words) Failure(err error) string {
	return w.T(explained(fault.CodeOf(err)).title)
}

func explained(code fault.Code) failure {
	if f, ok := failures[code]; ok {
		return f
	}
	return failures[fault.Internal]
}

// failure names the messages about a code.
type failure struct{ title, reason string }

// failures are what pages say of faults that say nothing themselves.
var failures = map[fault.Code]failure{
	fault.Internal:        {"error.internal", "error.internal-reason"},
	fault.Invalid:         {"error.invalid", "error.invalid-reason"},
	fault.Unprocessable:   {"error.invalid", "error.unprocessable-reason"},
	fault.Conflict:        {"error.invalid", "error.conflict-reason"},
	fault.TooLarge:        {"error.invalid", "error.too-large-reason"},
	fault.Unauthenticated: {"error.unauthenticated", "error.unauthenticated-reason"},
	fault.Forbidden:       {"error.forbidden", "error.forbidden-reason"},
	fault.NotFound:        {"error.not-found", "error.not-found-reason"},
	fault.Gone:            {"error.gone", "error.gone-reason"},
	fault.NotImplemented:  {"error.not-found", "error.not-found-reason"},
	fault.RateLimited:     {"error.rate-limited", "error.rate-limited-reason"},
	fault.Unavailable:     {"error.unavailable", "error.unavailable-reason"},
}

// sentence begins with a capital and ends with a full stop.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}
