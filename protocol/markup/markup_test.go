package markup

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/ids"
)

// resolve knows everybody of orchard.example, ana of this node, and bo of a port.
func resolve(h ids.Handle) (Mention, bool) {
	switch {
	case h.Host == "orchard.example", h == ids.Handle{Name: "bo", Host: "orchard.localhost:8421"}:
		return Mention{h, "https://" + h.Host + "/users/" + h.Name, "https://" + h.Host + "/@" + h.Name}, true
	case h.Name == "ana" && (h.Host == "" || h.Host == "harbor.example"):
		h.Host = ""
		return Mention{h, "https://harbor.example/users/ana", "https://harbor.example/@ana"}, true
	}
	return Mention{}, false
}

func tagURL(name string) string { return "https://harbor.example/tags/" + name }

// short replaces what every link has, so that tables can be read.
var short = strings.NewReplacer(` rel="nofollow noopener noreferrer" target="_blank"`, "",
	`rel="tag nofollow noopener noreferrer" target="_blank"`, `rel="tag"`)

// If this fails, posts look different from what their authors meant.
func TestRenderWritesMarkdown(t *testing.T) {
	for source, want := range map[string]string{
		"":                                    ``,
		"\n\n":                                ``,
		"one":                                 `<p>one</p>`,
		"one\ntwo\n\n\nthree":                 `<p>one<br/>two</p><p>three</p>`,
		"a\r\nb\rc":                           `<p>a<br/>b<br/>c</p>`,
		"*a* **b** ***c*** _d_":               `<p><em>a</em> <strong>b</strong> <em><strong>c</strong></em> <em>d</em></p>`,
		"~~a~~ `b` ``c`d``":                   "<p><del>a</del> <code>b</code> <code>c`d</code></p>",
		"**_a_** _**a**_ **`a`**":             `<p><strong><em>a</em></strong> <em><strong>a</strong></em> <strong><code>a</code></strong></p>`,
		"这是**「重要」**的，*很*好":                    `<p>这是<strong>「重要」</strong>的，<em>很</em>好</p>`,
		"**важно**, *👍*":                      `<p><strong>важно</strong>, <em>👍</em></p>`,
		"(*a*) \"**b**\"":                     `<p>(<em>a</em>) &quot;<strong>b</strong>&quot;</p>`,
		"*a\nb*":                              `<p><em>a<br/>b</em></p>`,
		"> a\n> b\nc":                         `<blockquote><p>a<br/>b</p></blockquote><p>c</p>`,
		"> a\n>\n> b":                         `<blockquote><p>a</p><p>b</p></blockquote>`,
		"a\n> b":                              `<p>a</p><blockquote><p>b</p></blockquote>`,
		"> > a":                               `<blockquote><p>&gt; a</p></blockquote>`,
		"> - a\n> - b":                        `<blockquote><p>- a<br/>- b</p></blockquote>`,
		"- a\n- *b*\nc":                       `<ul><li>a</li><li><em>b</em></li></ul><p>c</p>`,
		"x\n* a\n* b":                         `<p>x</p><ul><li>a</li><li>b</li></ul>`,
		"1. a\n2. b\n3. c":                    `<ol><li>a</li><li>b</li><li>c</li></ol>`,
		"7. a\n8. b":                          `<ol start="7"><li>a</li><li>b</li></ol>`,
		"- a\n- b\n1. c\n2. d":                `<ul><li>a</li><li>b</li></ul><ol><li>c</li><li>d</li></ol>`,
		"- > a\n- - b":                        `<ul><li>&gt; a</li><li>- b</li></ul>`,
		"```\n<a> *b*\n\n  c\n```":            "<pre><code>&lt;a&gt; *b*\n\n  c</code></pre>",
		"```go\nx\n```\ny":                    `<pre><code>x</code></pre><p>y</p>`,
		"a\n```\n@ana #b\n```":                `<p>a</p><pre><code>@ana #b</code></pre>`,
		"`@ana https://a.example`":            `<p><code>@ana https://a.example</code></p>`,
		"[a *b*](https://x.example/?a=1&b=2)": `<p><a href="https://x.example/?a=1&amp;b=2">a <em>b</em></a></p>`,
		"**[a](https://x.example/_(y))**":     `<p><strong><a href="https://x.example/_(y)">a</a></strong></p>`,
		"[@ana #x](https://x.example)":        `<p><a href="https://x.example">@ana #x</a></p>`,
		"![a](https://x.example/a.png)":       `<p>!<a href="https://x.example/a.png">a</a></p>`,
	} {
		if got := short.Replace(Render(source, Markdown, resolve, tagURL).HTML); got != want {
			t.Errorf("%q\n got %s\nwant %s", source, got, want)
		}
	}
}

// typed is what people type without a thought of Markdown.
var typed = []string{
	`a_b_c * 2 < 3 & "x"`, "snake_case and __init__.py and _private", "2*3*4 = 24", "2 * 3 * 4", "*.go and *.md, rm *",
	"char *p, *q; a->b", "f**k, s**t", "*footnote, see below", "5* hotel, 4* food", "¯\\_(ツ)_/¯", "C:\\*\\new",
	"(*^_^*) and (*^▽^*)", ">_< -_- T_T ;_; ._. o_O *_* ^_^", "(´･ω･`) (`･ω･´)", "# no heading", "#1 is not a tag", "1. Mai", "3) drei",
	"1986. What a year!", "- 5 degrees", "+1", "* * *", "---", "===", "***", "___", "Title\n=====", "Title\n---", "    four spaces",
	"\ttab", "one\n    two\n\tthree", "<b>bold</b> <script>alert(1)</script>", "&amp; &lt; &#39; &nbsp;", "[not a link] [nor](this) [x]: https",
	"[a]: /b", "[](x)", "![]()", "it`s nice, isn`t it", "``quoted''", "~10 ~20 ~/x ~~~", "~~~\nx\n~~~", "```\nno end", "a\\\nb", "a  b   c",
	"> ", ">", ">\n> \nx", ">implying", ">:(", ">> 5", "| a | b |\n|---|---|", "- Shakespeare", "1. a\n3. b", "01. a\n02. b",
	"“quotes” ‘single’ «guillemets» 'a' \"b\"", "你好，世界！「引号」（括号）", "　　首行缩进", "　", "日本語テキスト・ナカグロ", "한국어 텍스트", "مرحبا بالعالم", "שלום עולם",
	"👩‍👩‍👧‍👦 🏳️‍🌈 🇨🇳 👍🏽 ❤️ ☺", "e\u0301 a\u0308", "zero\u200bwidth\u200djoin", "a\u00a0b", "$x_1 + x_2$", "a^b^c ||spoiler||", "||*||", "\"*\" and \"*\"",
	"a * b_ c_ *", "x = *p * *q", "**", "****", "* a", "email ana@example.net", "@", "# ", "@nobody@nowhere.example", "http://", "https:// x", "ftp://x.example/",
	"\U000F0000 private \U0010FFFD runes \ue000", "/* comment */ /*x*/ // y", "-- \nsignature", "1.\n2.", "`", "``", "_", "_a", "a_ b_", "* \n* ",
	"2026-11-20 10:00", "10:30 a.m.-5 p.m.", "#️⃣ *️⃣", "a<br>b", "a<b>c", "<https://x>", "\u061cAB\u200fCD",
}

// If this fails, people who type plain text read something else than they wrote, here and on other
// servers.
func TestPlainTextSurvivesAsTyped(t *testing.T) {
	for _, source := range typed {
		for _, format := range []Format{Plain, Markdown} {
			html := Render(source, format, resolve, tagURL).HTML
			want := strings.Trim(source, "\n")
			if format == Markdown {
				want = trimLines(want)
			}
			if got := PlainText(html); trimLines(got) != trimLines(want) {
				t.Errorf("%s: %q reads %q\n%s", format, source, got, html)
			}
			if strings.Contains(html, "<em>") || strings.Contains(html, "<strong>") || strings.Contains(html, "<code>") {
				t.Errorf("%q has marks: %s", source, html)
			}
		}
	}
}

// trimLines cuts the white space at the ends of lines, which nobody sees.
func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n ")
}

// If this fails, an address leads elsewhere than typed, or takes the words around it along.
func TestRenderLinksAddressesExactly(t *testing.T) {
	for source, want := range map[string]string{
		"https://x.example/?a=1&b=%20&amp;c#d":           "https://x.example/?a=1&b=%20&amp;c#d",
		"see https://x.example/a.":                       "https://x.example/a",
		"(https://x.example/a)":                          "https://x.example/a",
		"https://x.example/wiki/A_(b)":                   "https://x.example/wiki/A_(b)",
		"(https://x.example/wiki/A_(b))":                 "https://x.example/wiki/A_(b)",
		"“https://x.example/a”":                          "https://x.example/a",
		"<https://x.example/a>":                          "https://x.example/a",
		"\"https://x.example/a\", 'x'":                   "https://x.example/a",
		"看https://x.example/a，好":                         "https://x.example/a",
		"看https://x.example看":                            "https://x.example",
		"https://x.example/中文":                           "https://x.example/中文",
		"https://例子.example/路?径=值":                       "https://例子.example/路?径=值",
		"https://x.example/_a_/*b*/__c__/":               "https://x.example/_a_/*b*/__c__/",
		"*https://x.example/a*":                          "https://x.example/a",
		"_https://x.example/a_":                          "https://x.example/a",
		"~~https://x.example/a~~":                        "https://x.example/a",
		"HTTPS://X.Example/A":                            "HTTPS://X.Example/A",
		"http://localhost:8420/@ana":                     "http://localhost:8420/@ana",
		"http://[::1]:8420/x":                            "http://[::1]:8420/x",
		"https://x.example/#tag":                         "https://x.example/#tag",
		"https://x.example/@ana@orchard.example":         "https://x.example/@ana@orchard.example",
		"https://x.example/a'b\"c":                       "https://x.example/a'b",
		"https://x.example?q":                            "https://x.example?q",
		"https://x.example/" + strings.Repeat("a", 99):   "https://x.example/" + strings.Repeat("a", 99),
		"xhttps://x.example":                             "",
		"https://ana:pw@x.example/":                      "",
		"https://ana@x.example/":                         "",
		"javascript://x.example/%0aalert(1)":             "",
		"https://x.example/" + strings.Repeat("a", 3000): "",
	} {
		for _, format := range []Format{Plain, Markdown} {
			html := Render(source, format, resolve, tagURL).HTML
			_, after, found := strings.Cut(html, "<a ")
			if found != (want != "") {
				t.Errorf("%q: %s", source, html)
				continue
			}
			text, _, _ := strings.Cut(after, "</a>")
			if found && PlainText("<a "+text+"</a>") != want || PlainText(html) != strings.Trim(source, "*_~") && format == Markdown {
				t.Errorf("%q reads %q, link %q, want %q", source, PlainText(html), PlainText("<a "+text+"</a>"), want)
			}
		}
	}
	for typed, want := range map[string]string{
		"https://x.example/?a=1&b=2":  `href="https://x.example/?a=1&amp;b=2"`,
		"https://例子.example/路":        `href="https://xn--fsqu00a.example/%E8%B7%AF"`,
		"https://x.example/%2F+%20?%": `href="https://x.example/%2F+%20?%"`,
	} {
		if got := Render(typed, Markdown, resolve, tagURL).HTML; !strings.Contains(got, want) {
			t.Errorf("%s: %s", typed, got)
		}
	}
}

// If this fails, links fill the screen, or a long one hides where it leads.
func TestA080LongLinksAreShortenedAfterTheHost(t *testing.T) {
	for address, want := range map[string]string{
		"https://x.example/": `<span class="invisible">https://</span><span>x.example/</span>`,
		"https://www.x.example/abcdefghijklmnopqrstuvwxyz": `<span class="invisible">https://www.</span>` +
			`<span class="ellipsis">x.example/abcdefghijklmnopqrst</span><span class="invisible">uvwxyz</span>`,
		"https://bank.example.a-very-long-host-name.of-somebody.example/login": `<span class="invisible">https://</span>` +
			`<span class="ellipsis">bank.example.a-very-long-host-name.of-somebody.example</span><span class="invisible">/login</span>`,
		"https://bank.example.a-very-long-host-name.of-somebody.example?a": `<span class="invisible">https://</span>` +
			`<span class="ellipsis">bank.example.a-very-long-host-name.of-somebody.example</span><span class="invisible">?a</span>`,
	} {
		if got := Render(address, Plain, resolve, tagURL).HTML; !strings.Contains(got, want) {
			t.Errorf("%s: %s", address, got)
		}
	}
	for _, source := range []string{"[https://bank.example](https://evil.example)", "[www.bank.example](https://evil.example)"} {
		if got := PlainText(Render(source, Markdown, resolve, tagURL).HTML); got != source {
			t.Errorf("%s reads %s", source, got)
		}
	}
}

// If this fails, people are not told that they were mentioned, or others are.
func TestRenderFindsMentions(t *testing.T) {
	const ana, eve = "ana", "eve@orchard.example"
	for source, want := range map[string]string{
		"@ana":                               ana,
		"@ana@harbor.example":                ana,
		"@ana, @ana and @ANA@harbor.example": ana,
		"(@eve@orchard.example)":             eve,
		"@eve@orchard.example.":              eve,
		"@eve@orchard.example: hi":           eve,
		"@eve@orchard.example:5 things":      eve,
		"@eve@ORCHARD.example":               eve,
		"你好@ana你好":                           ana,
		"@eve@orchard.example你好":             eve,
		"**@ana**, _@eve@orchard.example_":   ana + " " + eve,
		"> @ana":                             ana,
		"- @ana\n- b":                        ana,
		"@bo@orchard.localhost:8421":         "bo@orchard.localhost:8421",
		"@a_b_c@orchard.example":             "a_b_c@orchard.example",
		"@a.b-c@orchard.example-":            "a.b-c@orchard.example",
		"mail ana@harbor.example":            "",
		"x@ana":                              "",
		"/@ana =@ana":                        "",
		"@nobody @nobody@elsewhere.example":  "",
		"https://x.example/@ana":             "",
		"`@ana`":                             "",
		"@@ana":                              ana,
		"@ana@":                              ana,
	} {
		post := Render(source, Markdown, resolve, tagURL)
		var got []string
		for _, m := range post.Mentions {
			got = append(got, m.Handle.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
	}
	got := short.Replace(Render("@eve@orchard.example:5", Plain, resolve, tagURL).HTML)
	want := `<p><span class="h-card" translate="no"><a href="https://orchard.example/@eve" class="u-url mention">@<span>eve</span></a></span>:5</p>`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// If this fails, every spelling of a handle costs a look-up at a stranger's server.
func TestEveryHandleIsResolvedOnce(t *testing.T) {
	asked := map[ids.Handle]int{}
	Render(strings.Repeat("@eve@orchard.example @no@x.example ", 9), Markdown, func(h ids.Handle) (Mention, bool) {
		asked[h]++
		return resolve(h)
	}, tagURL)
	want := map[ids.Handle]int{{Name: "eve", Host: "orchard.example"}: 1, {Name: "no", Host: "x.example"}: 1}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

// If this fails, posts are not found by their tags, or tags differ from those on other servers.
func TestRenderFindsTags(t *testing.T) {
	for source, want := range map[string]string{
		"#tag":                     "tag",
		"#Tag #tag #TAG":           "Tag",
		"#标签，你好":                   "标签",
		"看#标签 #标签#你好":              "标签",
		"＃タグ":                      "タグ",
		"#a_b #_x #1a #2026年":      "a_b _x 1a 2026年",
		"#ab·cd #ab· #ナカ・グロ":       "ab·cd ab ナカ・グロ",
		"#é #нет #עברית #한국어":      "é нет עברית 한국어",
		"(#tag) \"#b\" **#c**":     "tag b c",
		"#1 #123":                  "",
		"a#b /#c =#d )#e &#x27; ":  "",
		"# #. ##":                  "",
		"##tag":                    "tag",
		"#tag-x #tag.y":            "tag",
		"#👍":                       "",
		"`#x` https://x.example#y": "",
	} {
		if got := strings.Join(Render(source, Markdown, resolve, tagURL).Tags, " "); got != want {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
	}
	got := short.Replace(Render("#标签", Plain, resolve, tagURL).HTML)
	want := `<p><a href="https://harbor.example/tags/%E6%A0%87%E7%AD%BE" class="mention hashtag" rel="tag">#<span>标签</span></a></p>`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// If this fails, a site cannot confirm that a profile is its owner's, or a field breaks the table.
func TestRenderFieldIsOneLine(t *testing.T) {
	for value, want := range map[string]string{
		"https://ana.example": `<a href="https://ana.example" rel="me nofollow noopener noreferrer" target="_blank" translate="no">` +
			`<span class="invisible">https://</span><span>ana.example</span></a>`,
		"x https://ana.example": `x <a href="https://ana.example" translate="no"><span class="invisible">https://</span><span>ana.example</span></a>`,
		"she\nher *x* <b>":      `she her *x* &lt;b&gt;`,
		"@nobody":               `@nobody`,
	} {
		if got := short.Replace(RenderField(value, resolve, tagURL)); got != want {
			t.Errorf("%q: %s", value, got)
		}
	}
}

// If this fails, posts are refused, or cut, that Mastodon's clients counted as short enough.
func TestLengthCountsAsMastodon(t *testing.T) {
	for source, want := range map[string]int{
		"":       0,
		"hello":  5,
		"a\r\nb": 3,
		"你好":     2,
		"https://x.example/" + strings.Repeat("a", 99): 23,
		"see https://x.example.":                       4 + 23 + 1,
		"http://x.example":                             23,
		"@ana@harbor.example hi":                       7,
		"@ana hi":                                      7,
		"#tag":                                         4,
		"ana@example.net":                              15,
		"👍":                                            1,
		"👍🏽👍🏽":                                         2,
		"👩‍👩‍👧‍👦":                                      1,
		"🏳️‍🌈":                                         1,
		"🇨🇳🇩🇪🇫":                                        3,
		"🏴󠁧󠁢󠁥󠁮󠁧󠁿":                                      1,
		"#️⃣":                                          1,
		"e\u0301":                                      1,
		"\u0301":                                       1,
		"각\u11a8":                                      1,
		"\u1112\u1161\u11ab\u1100\u1173\u11af":         2,
		"한국":                                           2,
		"नि":                                           1,
	} {
		if got := Length(source); got != want {
			t.Errorf("%q: %d, want %d", source, got, want)
		}
	}
}

// If this fails, a name can carry line breaks, or letters that run backwards over its surroundings.
func TestA080LineRemovesControls(t *testing.T) {
	for text, want := range map[string]string{
		"  Ana\n\tMaria ":           "Ana Maria",
		"ana\u202egro.knab\u202c":   "anagro.knab",
		"a\u2066b\u2069\u200e\x00c": "abc",
		"<b>&amp;":                  "<b>&amp;",
		"a\xffb":                    "a\ufffdb",
		"👩‍👧":                       "👩‍👧",
		"":                          "",
	} {
		if got := Line(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// boundless is far beyond what the largest input takes on a busy machine, and far below what it
// takes when the time grows with the square of the length.
const boundless = 15 * time.Second

// If this fails, somebody's own text keeps a server busy for seconds.
func TestRenderIsFastOnHostileText(t *testing.T) {
	for _, part := range []string{"*a ", "a* ", "*a*", "_a ", "**a", "`", "`` ` ", "[", "[a](", "[a](https://x", "> ", "- \n", "- a\n", "```\n",
		"```x\n", "1. a\n", "\\", "@", "@a", "@a.", "#", "#1", "https://", "https://a.b/(", "h", "\U000F0000", "~~a ", "~~", "***a** ", "\n", ":)", "a-."} {
		for _, size := range []int{MarkdownBytesMax, MarkdownBytesMax + 1} {
			source := strings.Repeat(part, size/len(part)+1)[:size]
			start := time.Now()
			Render(source, Markdown, resolve, tagURL)
			Length(source)
			if took := time.Since(start); took > boundless {
				t.Errorf("%d bytes of %q take %v", size, part, took)
			}
		}
	}
}

// If this fails, some text crashes the node, loses letters, or becomes HTML that was not meant.
func FuzzRender(f *testing.F) {
	for _, source := range typed {
		f.Add(source)
	}
	f.Add("**a** _b_ ~~c~~ `d`\n> e\n- f\n- g\n1. h\n2. i\n```\nj\n```\n[k](https://x.example/?a&b) @ana #标签 @eve@orchard.example:5")
	f.Fuzz(func(t *testing.T, source string) {
		for _, format := range []Format{Plain, Markdown} {
			html := Render(source, format, resolve, tagURL).HTML
			if !utf8.ValidString(html) {
				t.Errorf("%q is not UTF-8", html)
			}
			if clean := Sanitize(html); clean != html {
				t.Errorf("%q\n  wrote %s\ncleaned %s", source, html, clean)
			}
			// A mention shows less than was typed, so nobody is known here.
			html = Render(source, format, nobody, tagURL).HTML
			if got, want := letters(PlainText(html)), letters(source); format == Plain && got != want {
				t.Errorf("%q reads %q\n%s", source, got, html)
			} else if format == Markdown && len(got) > len(want) {
				t.Errorf("%q reads more: %q\n%s", source, got, html)
			}
		}
		RenderField(source, resolve, tagURL)
		Length(source)
	})
}

func nobody(ids.Handle) (Mention, bool) { return Mention{}, false }

// letters is what a text says apart from white space.
func letters(text string) string { return strings.Join(strings.Fields(normalize(text)), "") }

func BenchmarkRender(b *testing.B) {
	const source = "Hello @eve@orchard.example, *see* https://x.example/a?b=1&c=2 #标签\n\n> quoted\n\nand the rest of an ordinary post of a few lines."
	for b.Loop() {
		Render(source, Markdown, resolve, tagURL)
	}
}
