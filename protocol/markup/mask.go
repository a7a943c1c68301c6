package markup

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// People type asterisks, underscores, backslashes, dashes and brackets without a thought of
// Markdown: a_b_c, 2*3*4, *.go, __init__, ¯\_(ツ)_/¯, "1. Mai", (*^_^*). Whatever is not clearly
// markup is therefore hidden from the Markdown parser: each such piece of text, and each link,
// mention and tag, is replaced by one rune of the private planes 15 and 16, and put back, or turned
// into a link, when the parsed text is written. What the parser sees is only what was meant.
//
// The rules, all here: no backslash escapes, no HTML, no entities; '*' and '**' and '_' and '~~' at
// the edges of words only; no '__'; links with an address and a plain label; a quote is lines that
// begin with "> " and ends with them; a list is at least two lines that begin with "- " or "* ", or
// with "1. " and so on in order; code between backticks on one line or between two lines of three.
type mask struct {
	source   string
	entities []entity // still ahead
	pieces   []piece
	out      strings.Builder
	unclosed map[int]bool // runs of backticks, by length, that nothing closes on this line
}

// piece is what one private rune stands for.
type piece struct {
	kind entityKind // 0: text that stays as it is
	text string
}

const (
	firstPiece rune = 0xF0000
	lastPiece  rune = 0x10FFFF
	piecesMax       = int(lastPiece - firstPiece)
)

// maskText hides everything but markup in a normalized source. ok is false if there are more pieces
// than private runes.
func maskText(source string, entities []entity) (masked string, pieces []piece, ok bool) {
	m := &mask{source: source, entities: entities}
	m.blocks()
	return m.out.String(), m.pieces, len(m.pieces) <= piecesMax
}

// hide writes the rune that stands for a piece.
func (m *mask) hide(kind entityKind, text string) {
	m.out.WriteRune(firstPiece + rune(min(len(m.pieces), piecesMax)))
	m.pieces = append(m.pieces, piece{kind, text})
}

// lineKind is what a line is for blocks.
type lineKind int

const (
	textLine lineKind = iota
	blankLine
	quoteLine
	itemLine
	codeLine // a fence, or inside one
)

type line struct {
	kind       lineKind
	start, end int // without the newline
}

// blocks goes through the lines. Between a quote or list and text that follows it, a blank line is
// put, or Markdown would make the text a part of it ("lazy continuation").
func (m *mask) blocks() {
	previous := blankLine
	for _, l := range m.lines() {
		if l.kind != previous && l.kind != blankLine && (previous == quoteLine || previous == itemLine) {
			m.out.WriteByte('\n')
		}
		previous = l.kind
		text := strings.TrimRight(m.source[l.start:l.end], " \t")
		end, inner := l.start+len(text), l.start
		switch l.kind {
		case codeLine:
			m.verbatim(l.start, l.end)
			inner = end
		case quoteLine:
			inner += min(len("> "), len(text))
		case itemLine:
			inner += strings.IndexByte(text, ' ') + 1
		}
		if l.kind != codeLine {
			m.out.WriteString(m.source[l.start:inner])
			m.unclosed = map[int]bool{}
			m.inline(m.lineStart(inner, end), end)
		}
		m.out.WriteByte('\n')
	}
}

var (
	bulletPattern = regexp.MustCompile(`^([-*]) +\S`)
	numberPattern = regexp.MustCompile(`^([0-9]{1,3})\. +\S`)
	startPattern  = regexp.MustCompile("^(>|[-+*](?:[ \t]|$)|[0-9]+[.)]|```+|[ \t]+)")
)

// lines splits the source and says what each line is.
func (m *mask) lines() []line {
	var lines []line
	for start := 0; start <= len(m.source); {
		end := len(m.source)
		if i := strings.IndexByte(m.source[start:], '\n'); i >= 0 {
			end = start + i
		}
		text := m.source[start:end]
		l := line{start: start, end: end}
		switch {
		case strings.Trim(text, " \t") == "":
			l.kind = blankLine
		case isQuote(text, len(lines) > 0 && lines[len(lines)-1].kind == quoteLine):
			l.kind = quoteLine
		case strings.HasPrefix(text, "```"):
			l.kind = codeLine
		}
		lines = append(lines, l)
		start = end + 1
	}
	m.findCode(lines)
	m.findLists(lines)
	return lines
}

// isQuote tells whether a line is quoted. An empty one is only within a quote.
func isQuote(text string, within bool) bool {
	rest, ok := strings.CutPrefix(text, ">")
	return ok && (strings.HasPrefix(rest, " ") || rest == "") && (within || strings.Trim(rest, " \t") != "")
}

// findCode marks the lines between two fences. A fence without a second one is text.
func (m *mask) findCode(lines []line) {
	ahead := make([]int, len(lines)+1) // the longest closing fence from a line on
	for i := len(lines) - 1; i >= 0; i-- {
		ahead[i] = ahead[i+1]
		if ticks, info := m.fence(lines[i]); info == "" {
			ahead[i] = max(ahead[i], ticks)
		}
	}
	open := 0
	for i := range lines {
		switch ticks, info := m.fence(lines[i]); {
		case open > 0:
			lines[i].kind = codeLine
			if ticks >= open && info == "" {
				open = 0
			}
		case lines[i].kind != codeLine:
		case ahead[i+1] >= ticks && !strings.Contains(info, "`"):
			open = ticks
		default:
			lines[i].kind = textLine
		}
	}
}

// fence returns how many backticks, at least three, a line begins with, and what follows them.
func (m *mask) fence(l line) (ticks int, info string) {
	text := m.source[l.start:l.end]
	tail := strings.TrimLeft(text, " ")
	info = strings.TrimLeft(tail, "`")
	if ticks = len(tail) - len(info); ticks < 3 || len(text)-len(tail) > 3 {
		return 0, text
	}
	return ticks, strings.TrimSpace(info)
}

// findLists marks list items: lines next to another of the same kind, numbers in order, so that
// nothing that is read differs from what was typed.
func (m *mask) findLists(lines []line) {
	markers := make([]string, len(lines)+1)
	for i, l := range lines {
		if l.kind == textLine {
			markers[i] = marker(m.source[l.start:l.end])
		}
	}
	last := "" // the marker of the last line with text, if that is an item
	for i := range lines {
		if lines[i].kind == blankLine {
			continue
		}
		current := markers[i]
		adjacent := i > 0 && lines[i-1].kind == itemLine && follows(markers[i-1], current)
		begins := follows(current, markers[i+1]) && (!isNumber(last) || !isNumber(current) || follows(last, current))
		if last = ""; adjacent || begins {
			lines[i].kind, last = itemLine, current
		}
	}
}

// marker returns "-", "*" or the number that a list item begins with, or "".
func marker(text string) string {
	if found := bulletPattern.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	if found := numberPattern.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}

func isNumber(marker string) bool { return marker != "" && marker != "-" && marker != "*" }

// follows tells whether a list goes on from one marker to the next.
func follows(one, next string) bool {
	if !isNumber(one) || !isNumber(next) {
		return one != "" && one == next
	}
	number, _ := strconv.Atoi(one) // at most three digits
	return next == strconv.Itoa(number+1) && one == strconv.Itoa(number)
}

// verbatim copies code, in which only runes that would be taken for pieces are hidden.
func (m *mask) verbatim(start, end int) {
	for _, r := range m.source[start:end] {
		if r >= firstPiece {
			m.hide(0, string(r))
		} else {
			m.out.WriteRune(r)
		}
	}
	m.skip(end)
}

// lineStart hides what would begin a block at i, and returns where the rest of the line starts.
func (m *mask) lineStart(i, end int) int {
	for {
		n := len(startPattern.FindString(m.source[i:end]))
		if n == 0 {
			return i
		}
		m.hide(0, m.source[i:i+n])
		i += n
	}
}

// skip drops the entities that begin before i.
func (m *mask) skip(i int) {
	for len(m.entities) > 0 && m.entities[0].start < i {
		m.entities = m.entities[1:]
	}
}

// entityAt returns the entity that begins at i.
func (m *mask) entityAt(i int) (entity, bool) {
	m.skip(i)
	if len(m.entities) > 0 && m.entities[0].start == i {
		return m.entities[0], true
	}
	return entity{}, false
}

// inline hides what is not markup between start and end, which are on one line.
func (m *mask) inline(start, end int) {
	for i := start; i < end; {
		if e, ok := m.entityAt(i); ok && e.end <= end {
			m.hide(e.kind, m.source[e.start:e.end])
			i = e.end
			continue
		}
		r, size := utf8.DecodeRuneInString(m.source[i:end])
		switch {
		case r == '*' || r == '_' || r == '~':
			i = m.delimiter(i, start, end)
			continue
		case r == '`':
			i = m.code(i, start, end)
			continue
		case r == '[':
			if n := m.link(i, end); n > 0 {
				i = n
				continue
			}
			m.hide(0, "[")
		case r == '\\', r == '!' && i+1 < end && m.source[i+1] == '[', r >= firstPiece:
			m.hide(0, string(r))
		default:
			m.out.WriteRune(r)
		}
		i += size
	}
}

// labelPattern is a link up to its address. A label that looks like an address is none: it would
// show one place and lead to another.
var labelPattern = regexp.MustCompile(`^\[([^\[\]\n]*[^\[\]\s][^\[\]\n]*)\]\(`)

// link writes [label](address) if that stands at i, and returns its end, or 0.
func (m *mask) link(i, end int) int {
	found := labelPattern.FindStringSubmatch(m.source[i:end])
	if found == nil || strings.Contains(found[1], "://") || strings.HasPrefix(strings.ToLower(found[1]), "www.") {
		return 0
	}
	at := i + len(found[0])
	for _, e := range m.entities {
		if e.start > at {
			break
		}
		if e.start == at && e.kind == linkEntity && e.end < end && m.source[e.end] == ')' {
			m.out.WriteByte('[')
			m.inline(i+1, at-len("]("))
			m.out.WriteString("](")
			m.hide(linkEntity, m.source[e.start:e.end])
			m.out.WriteByte(')')
			return e.end + 1
		}
	}
	return 0
}

// code writes `code` if that stands at i, else hides the backticks at i. It returns what comes
// next. It begins and ends at the edge of a word and on one line, and not with a bracket turned
// away from it, so that it`s no code, and neither is (´･ω･`) (`･ω･´).
func (m *mask) code(i, start, end int) int {
	ticks := ticksAt(m.source[i:end])
	after := i + ticks
	opens := !isWord(runeBefore(m.source[start:i])) && !strings.ContainsRune(")]}", runeAfter(m.source[after:end]))
	if stop := m.sameTicks(after, end, ticks); opens && stop > 0 {
		before := runeBefore(m.source[after : stop-ticks])
		if !isWord(runeAfter(m.source[stop:end])) && !strings.ContainsRune("([{", before) {
			m.verbatim(i, stop)
			return stop
		}
	}
	m.hide(0, m.source[i:after])
	return after
}

// sameTicks returns the end of the next run of just as many backticks, or 0.
func (m *mask) sameTicks(at, end, ticks int) int {
	for !m.unclosed[ticks] && at < end {
		run := ticksAt(m.source[at:end])
		if run == ticks {
			return at + run
		}
		at += max(run, 1)
	}
	m.unclosed[ticks] = true
	return 0
}

func ticksAt(text string) int { return len(text) - len(strings.TrimLeft(text, "`")) }

// delimiter writes a run of '*', '_' or '~' at i if it can begin or end emphasis, else hides it. It
// returns the end of the run.
func (m *mask) delimiter(i, start, end int) int {
	char := m.source[i]
	stop := i
	for stop < end && m.source[stop] == char {
		stop++
	}
	run := m.source[i:stop]
	if len(run) > 3 || char == '_' && len(run) > 1 || char == '~' && len(run) != 2 {
		m.hide(0, run)
		return stop
	}
	// Delimiters side by side, as in **_both_**, are looked through.
	before := runeBefore(strings.TrimRight(m.source[start:i], "*_~"))
	after := runeAfter(strings.TrimLeft(m.source[stop:end], "*_~"))
	opens := isEdge(before, char) && beginsText(after) && !(isPunctuation(before) && isPunctuation(after))
	closes := isEdge(after, char) && endsText(before) && !(isPunctuation(before) && isPunctuation(after))
	if m.entityEnds(i) {
		opens, closes = false, isEdge(after, char)
	}
	if !opens && !closes {
		m.hide(0, run)
		return stop
	}
	// An empty piece stands for a letter, so that punctuation inside 「重要」 does not matter.
	if closes && isPunctuation(before) {
		m.hide(0, "")
	}
	m.out.WriteString(run)
	if opens && isPunctuation(after) {
		m.hide(0, "")
	}
	return stop
}

// entityEnds tells whether a link, mention or tag was just written.
func (m *mask) entityEnds(i int) bool {
	if len(m.pieces) == 0 || m.pieces[len(m.pieces)-1].kind == 0 {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(m.out.String())
	return last >= firstPiece
}

func runeBefore(text string) rune {
	if text == "" {
		return ' '
	}
	r, _ := utf8.DecodeLastRuneInString(text)
	return r
}

func runeAfter(text string) rune {
	if text == "" {
		return ' '
	}
	r, _ := utf8.DecodeRuneInString(text)
	return r
}

func isPunctuation(r rune) bool {
	return !unicode.IsSpace(r) && (unicode.IsPunct(r) || unicode.IsSymbol(r))
}

// isEdge tells whether emphasis may stand next to r on its outer side.
func isEdge(r rune, char byte) bool {
	if r <= unicode.MaxASCII {
		return unicode.IsSpace(r) || strings.ContainsRune(`"'([{-,.;:!?>)]}`, r)
	}
	return !isWord(r) && (char != '_' || !isWordRune(r))
}

// beginsText tells whether r may be the first character that is emphasised.
func beginsText(r rune) bool {
	if r <= unicode.MaxASCII {
		return isASCIIWord(r) || strings.ContainsRune("\"'([{@#:&$<`", r)
	}
	return !unicode.IsSpace(r) && !unicode.Is(unicode.Sk, r)
}

// endsText tells whether r may be the last character that is emphasised.
func endsText(r rune) bool {
	if r <= unicode.MaxASCII {
		return isASCIIWord(r) || strings.ContainsRune("\"')]}.,!?:;%&>`", r)
	}
	return !unicode.IsSpace(r) && !unicode.Is(unicode.Sk, r)
}
