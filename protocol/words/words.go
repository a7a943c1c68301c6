// Package words finds the words in a text, for searching: the same in what is searched and in what
// is searched for. It knows no language and no database.
//
// Words are runs of letters, digits and marks, in lower case, without accents and in one of the
// several ways in which Unicode writes them. Scripts that put no spaces between words (Chinese,
// Japanese, Thai; Korean too, whose spaces do not stand between words alone) are dense: a run of
// them is taken as all pairs of neighbouring signs, so that every part of it is found by the pairs
// in it, and each sign counts by itself besides.
//
// storage keeps words of posts and names, and looks for them. The invariant to remember: what List
// returned is in databases. A change of it makes what is there unfindable until it is read again.
package words

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// LengthMax is how many characters of a word count: more than any word of a language has, and few
// enough that junk does not fill an index.
const LengthMax = 40

// Run is letters, digits and marks that stand together, folded.
type Run struct {
	Text  string
	Dense bool // of a script that puts no spaces between words
}

// Runs returns the first runs of a text, at most most.
func Runs(text string, most int) (runs []Run) {
	var within bool
	var start int
	var dense bool
	text = Fold(text)
	end := func(at int) {
		if within && len(runs) < most {
			runs = append(runs, Run{text[start:at], dense})
		}
		within = false
	}
	for i, r := range text {
		if len(runs) == most {
			return runs
		}
		switch {
		case !isPart(r):
			end(i)
		case within && (unicode.IsMark(r) || isDense(r) == dense):
		case unicode.IsMark(r): // on nothing
		default:
			end(i)
			within, start, dense = true, i, isDense(r)
		}
	}
	end(len(text))
	return runs
}

func isPart(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

// prolonged is the long vowel of both kana, which Unicode gives to neither.
const prolonged = 'ー'

// firstDense is before all dense scripts, so that most characters are told by one comparison.
const firstDense = 0x0E00

func isDense(r rune) bool {
	return r >= firstDense && (r == prolonged || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar))
}

// Fold makes texts equal that people take for the same: it drops case, accents and the vowel signs
// of Arabic and Hebrew, and compatible forms become the usual ones.
func Fold(text string) string {
	if isPlain(text) {
		return strings.ToLower(text)
	}
	text = strings.Map(func(r rune) rune {
		if isAccent(r) {
			return -1
		}
		return r
	}, norm.NFKD.String(strings.ToValidUTF8(text, " ")))
	return norm.NFKC.String(cases.Fold().String(text))
}

func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isAccent tells marks that people leave out when they type from those that make another letter,
// such as the vowels of Indian scripts and the voicing of kana.
func isAccent(r rune) bool {
	return 0x0300 <= r && r <= 0x036F || // combining diacritical marks
		0x0591 <= r && r <= 0x05C7 && unicode.IsMark(r) || // Hebrew points
		0x064B <= r && r <= 0x065F || r == 0x0670 || r == 0x0640 // Arabic vowels, and the line that stretches words
}

// List returns the words of a text in order, at most most: what is kept to find it by.
func List(text string, most int) (list []string) {
	for _, run := range Runs(text, most) {
		if len(list) >= most {
			break
		}
		if !run.Dense {
			list = append(list, first(run.Text, LengthMax))
			continue
		}
		list = append(list, pairs(run.Text)...)
	}
	return list[:min(len(list), most)]
}

// Signs returns the signs of dense runs of a text, each once and in order, at most most: they are
// kept besides List, to find what somebody looks for by one of them.
func Signs(text string, most int) (signs []string) {
	seen := map[rune]bool{}
	for _, run := range Runs(text, most) {
		if !run.Dense {
			continue
		}
		for _, r := range run.Text {
			if len(signs) < most && !seen[r] {
				seen[r] = true
				signs = append(signs, string(r))
			}
		}
	}
	slices.Sort(signs)
	return signs
}

// Query returns what a text has to have in which somebody looks for another one as a whole: rows of
// words that stand side by side in it, and signs. A sign that stands alone is in no pair, so it
// breaks a row.
func Query(text string, most int) (rows [][]string, signs []string) {
	var row []string
	end := func() {
		if len(row) > 0 {
			rows = append(rows, row)
		}
		row = nil
	}
	for _, run := range Runs(text, most) {
		switch {
		case !run.Dense:
			row = append(row, first(run.Text, LengthMax))
		case utf8.RuneCountInString(run.Text) == 1:
			end()
			signs = append(signs, run.Text)
		default:
			row = append(row, pairs(run.Text)...)
		}
	}
	end()
	return rows, signs
}

// pairs returns the neighbours in a dense run; of a single sign it is that.
func pairs(run string) (list []string) {
	before := 0
	for i := range run {
		if i > 0 {
			_, size := utf8.DecodeRuneInString(run[i:])
			list = append(list, run[before:i+size])
		}
		before = i
	}
	if len(list) == 0 {
		return []string{run}
	}
	return list
}

// first returns the beginning of a text, count characters of it.
func first(text string, count int) string {
	for i := range text {
		if count == 0 {
			return text[:i]
		}
		count--
	}
	return text
}
