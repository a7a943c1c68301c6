package words

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// People would not find what they typed a little differently: with accents, in capitals, in another
// width, without spaces.
func TestWordsAreFoundAsPeopleTypeThem(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"Hello, WORLD!":                  "hello world",
		"Café Ångström naïve":            "cafe angstrom naive",
		"Straße STRASSE":                 "strasse strasse",
		"ﬁne ＦＵＬＬ １２":                    "fine full 12",
		"Ёлка й":                         "елка и",
		"ΣΊΣΥΦΟΣ σίσυφος":                "σισυφοσ σισυφοσ",
		"مُحَمَّد محمـد":                 "محمد محمد",
		"don't l'eau foo-bar_baz":        "don t l eau foo bar baz",
		"हिन्दी में":                     "हिन्दी में",
		"土楼很圆":                           "土楼 楼很 很圆",
		"猫":                              "猫",
		"猫 犬":                            "猫 犬",
		"カーがガー":                          "カー ーが がガ ガー",
		"ｶﾞ":                             "ガ",
		"한국어 검색":                         "한국 국어 검색",
		"iPhone壳15":                      "iphone 壳 15",
		"สวัสดี":                         "สว วั ัส สด ดี",
		"🍵 tea\u200dpot":                 "tea pot",
		"\u0301":                         "",
		"a\xffb":                         "a b",
		strings.Repeat("x", 2*LengthMax): strings.Repeat("x", LengthMax),
	} {
		got := List(text, 100)
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// What somebody looks for as a whole would be found in pieces, or not at all where it is one sign.
func TestQueriesAreRowsAndSigns(t *testing.T) {
	for text, want := range map[string]string{
		"土楼很圆": "[[土楼 楼很 很圆]] []", "猫": "[] [猫]", "red Tea": "[[red tea]] []", "a 猫 b": "[[a] [b]] [猫]", "!": "[] []",
	} {
		rows, signs := Query(text, 100)
		if got := fmt.Sprint(rows, signs); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	if got := Signs("猫犬猫 cat", 100); !slices.Equal(got, []string{"犬", "猫"}) {
		t.Errorf("signs %q", got)
	}
}

// A long text would fill the index.
func TestWordsAreAtMost(t *testing.T) {
	long := strings.Repeat("word 土楼很圆 ", 1000)
	rows, signs := Query(long, 7)
	if len(List(long, 7)) != 7 || len(Signs(long, 3)) != 3 || len(Runs(long, 7)) != 7 || len(rows) > 7 || len(signs) > 7 {
		t.Error("more than was asked for")
	}
}

// A part of a text that is copied out of it would not find it.
func TestEveryPieceFindsItsText(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		pieces := rapid.SliceOfN(rapid.SampledFrom([]string{"tea", "Café", "土楼", "很圆", "ガ", "한국어", "x1"}), 1, 8).Draw(r, "pieces")
		from := rapid.IntRange(0, len(pieces)-1).Draw(r, "from")
		to := rapid.IntRange(from+1, len(pieces)).Draw(r, "to")
		text := " " + strings.Join(List(strings.Join(pieces, " "), 1000), " ") + " "
		rows, signs := Query(strings.Join(pieces[from:to], " "), 1000)
		for _, row := range rows {
			if !strings.Contains(text, " "+strings.Join(row, " ")+" ") {
				r.Fatalf("%v is not in %q", row, text)
			}
		}
		for _, sign := range signs {
			if !slices.Contains(Signs(strings.Join(pieces, " "), 1000), sign) {
				r.Fatalf("no sign %q", sign)
			}
		}
	})
}

// A hostile text would stop the node that reads it, or break the query that its words are put into.
func FuzzWords(f *testing.F) {
	f.Add("Ångström 土楼 \xff\u0301ﷺ")
	f.Fuzz(func(t *testing.T, text string) {
		rows, signs := Query(text, 50)
		for _, word := range slices.Concat(append(rows, signs, List(text, 50), Signs(text, 50))...) {
			if word == "" || !utf8.ValidString(word) || strings.ContainsAny(word, " '\"\\_\x00*():") || utf8.RuneCountInString(word) > LengthMax {
				t.Errorf("%q has the word %q", text, word)
			}
		}
	})
}
