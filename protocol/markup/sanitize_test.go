package markup

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// If this fails, posts of other servers lose what they say, or look other than they were meant.
func TestSanitizeKeepsWhatPostsNeed(t *testing.T) {
	for source, want := range map[string]string{
		"":                                 ``,
		"hello <b>you</b>":                 `hello <b>you</b>`,
		"<p>a<br>b</p>\n<p>c</p>\n":        `<p>a<br/>b</p><p>c</p>`,
		"a<p>b</p>c":                       `<p>a</p><p>b</p><p>c</p>`,
		"<p>a\n  b</p>":                    `<p>a   b</p>`,
		"<p>&quot;&#39;&amp;&lt;</p>":      `<p>&quot;&#39;&amp;&lt;</p>`,
		"<h1>a</h1><h6>b</h6>":             `<p><strong>a</strong></p><p><strong>b</strong></p>`,
		"<div>a</div><div>b<p>c</p></div>": `<p>a</p><p>b</p><p>c</p>`,
		"<blockquote>a</blockquote>":       `<blockquote>a</blockquote>`,
		"<blockquote><p>a</p><ul><li>b</li></ul></blockquote>": `<blockquote><p>a</p><ul><li>b</li></ul></blockquote>`,
		"<ol start=3 reversed><li value=9>a</ol>":              `<ol start="3"><li>a</li></ol>`,
		"<ol start=x><li>a</ol>":                               `<ol><li>a</li></ol>`,
		"<ul>x<li>a<ul><li>b</ul></ul>":                        `<ul><li>x</li><li><p>a</p><ul><li>b</li></ul></li></ul>`,
		"<li>a<li>b":                                           `<p>a</p><p>b</p>`,
		"<pre>\n a\n  b</pre>":                                 "<pre> a\n  b</pre>",
		"<pre><code class='x'>a\n*b*</code></pre>":             "<pre><code>a\n*b*</code></pre>",
		"<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>":        `<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>`,
		"<rt>a</rt>": `a`,
		"H<sub>2</sub>O x<sup>2</sup> <del>d</del><s>s</s><u>u</u><i>i</i><em>e</em>":                      `H<sub>2</sub>O x<sup>2</sup> <del>d</del><s>s</s><u>u</u><i>i</i><em>e</em>`,
		"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>":                                  `<p>a b </p><p>c </p>`,
		"<img src=x alt=':cat:'> <img src=x>":                                                              `:cat: `,
		"<p lang=zh-Hans>好</p><p lang='x\"y'>a</p>":                                                        `<p lang="zh-Hans">好</p><p>a</p>`,
		"<p></p><p> </p><p><br></p><div><span></span></div>x":                                              `<p><br/></p><p>x</p>`,
		"<b><p>a</p><p>b</p></b>":                                                                          `<b>a<br/>b</b>`,
		"<center><p>a</p>b</center><font>c</font>":                                                         `<p>a</p><p>b</p><p>c</p>`,
		"<unknown>a</unknown> <custom-x>b":                                                                 `a b`,
		"<b>a<i>b</b>c</i>":                                                                                `<b>a<i>b</i></b><i>c</i>`,
		"</p></div></blockquote>a":                                                                         `<p>a</p>`,
		"<p class='quote-inline x'>RE: a</p><span class='quote-inline h-card evil'>b</span>":               `<p class="quote-inline">RE: a</p><p><span class="quote-inline h-card">b</span></p>`,
		"<span translate=no>a</span><span translate=yes dir=rtl title=x>b</span>":                          `<span translate="no">a</span><span>b</span>`,
		`<a href="https://x.example/@ana" class="u-url mention evil" rel="tag x me">@<span>ana</span></a>`: `<a href="https://x.example/@ana" class="u-url mention" rel="me tag nofollow noopener noreferrer" target="_blank">@<span>ana</span></a>`,
		`<a href="HTTP://X.example/a b?c=d&e=%20&amp;f=ü#g">x</a>`:                                         `<a href="http://X.example/a%20b?c=d&amp;e=%20&amp;f=ü#g">x</a>`,
		`<a href="gemini://x.example/">x</a>`:                                                              `<a href="gemini://x.example/">x</a>`,
	} {
		got := strings.ReplaceAll(Sanitize(source), `" rel="nofollow noopener noreferrer" target="_blank">`, `">`)
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", source, got, want)
		}
	}
}

// hostile is what attackers send, with what is left of it.
var hostile = map[string]string{
	`<script>alert(1)</script>a`:                                    `a`,
	`<scr<script>ipt>alert(1)</script>`:                             `ipt&gt;alert(1)`,
	`<SCRIPT SRC=//evil.example></SCRIPT>a`:                         `a`,
	`<style>*{display:none}</style><p style="x" onclick=x>a`:        `<p>a</p>`,
	`<svg><script>alert(1)</script></svg>a`:                         `a`,
	`<svg onload=alert(1)>a`:                                        ``,
	`<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">`: `<p>&quot;&gt;</p>`,
	`<svg><p>a`: `<p>a</p>`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`: ``,
	`<math><annotation-xml encoding="text/html"><p>a</p></annotation-xml></math>b`:                          `b`,
	`<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`:                      ``,
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`:                                         `&quot;&gt;`,
	`<template><img src=x onerror=alert(1)>a</template>b`:                                                   `b`,
	`<select><style></select><img src=x onerror=alert(1) alt=a></style>`:                                    ``,
	`<textarea></textarea><img src=x onerror=alert(1)>a`:                                                    `a`,
	`<title></title><iframe srcdoc="<script>">x</iframe>a`:                                                  `a`,
	`<xmp><script>alert(1)</script></xmp><plaintext>a<b>`:                                                   ``,
	`<object data=x><embed src=x>a</object><applet>b</applet>`:                                              ``,
	`<form action=//evil.example><input name=pw><button>go</button>a</form>`:                                `<p>a</p>`,
	`<base href=//evil.example><meta http-equiv=refresh content=0><link rel=stylesheet href=x>a`:            `a`,
	`<video src=x onerror=alert(1)>b</video><audio>c</audio><canvas>d</canvas>a`:                            `a`,
	`<a href="javascript:alert(1)">a</a>`:                                                                   `a`,
	`<a href=" java&#10;script:alert(1)">a</a>`:                                                             `a`,
	`<a href="JaVaScRiPt:alert(1)">a</a>`:                                                                   `a`,
	`<a href="data:text/html,x">a</a><a href="vbscript:x">b</a><a href="file:///x">c</a>`:                   `abc`,
	`<a href="//evil.example">a</a><a href="/x">b</a><a href="x">c</a><a href="">d</a><a>e</a>`:             `abcde`,
	`<a href="https://bank.example@evil.example/">a</a>`:                                                    `a`,
	`<a href="https:\\evil.example">a</a><a href="https:/x">b</a><a href="https:x">c</a>`:                   `abc`,
	`<a href="magnet:?xt=x">a</a><a href="tel:1">b</a><a href="mailto:a@b">c</a>`:                           `abc`,
	`<a href="https://x.example/&quot;onmouseover=alert(1)">a</a>`:                                          `<a href="https://x.example/%22onmouseover=alert%281%29">a</a>`,
	`<a href="https://x.example/?&quot;><img src=x onerror=alert(1)>">a</a>`:                                `<a href="https://x.example/?&quot;&gt;&lt;img%20src=x%20onerror=alert(1)&gt;">a</a>`,
	`<a href="https://x.example" target=_top ping=//evil.example download style=x id=y>a</a>`:               `<a href="https://x.example">a</a>`,
	`<p id=app class="modal fixed" data-x=1 aria-label=x>a</p>`:                                             `<p>a</p>`,
	`<!--><img src=x onerror=alert(1)>-->a`:                                                                 `--&gt;a`,
	`<![CDATA[<script>]]>a<?php x ?>`:                                                                       `]]&gt;a`,
	"<p>a\x00b\x08c\u202ed\u202ce":                                                                          "<p>abcd\u202ce</p>",
	"<\x00script>alert(1)</script>":                                                                         "&lt;script&gt;alert(1)",
	`&lt;script&gt;alert(1)&lt;/script&gt;`:                                                                 `&lt;script&gt;alert(1)&lt;/script&gt;`,
	`<b>a`:                                                                                                  `<b>a</b>`,
	`<frameset><frame src=x></frameset>a`:                                                                   `a`,
	`<image src=x onerror=alert(1) alt=a>`:                                                                  `a`,
	`<isindex type=image src=1 onerror=alert(1)>a`:                                                          `a`,
}

// If this fails, a stranger's post runs code, draws over the page, asks for passwords, or leads
// readers to where they did not choose to go.
func TestA077HostileHTMLIsDefused(t *testing.T) {
	for source, want := range hostile {
		got := strings.ReplaceAll(Sanitize(source), `" rel="nofollow noopener noreferrer" target="_blank">`, `">`)
		if got != want {
			t.Errorf("%q\n got %s\nwant %s", source, got, want)
		}
		if fault := outside(Sanitize(source)); fault != "" {
			t.Errorf("%q: %s", source, fault)
		}
	}
}

// If this fails, a link shows one host and leads to another.
func TestA080LinksDoNotHideWhereTheyLead(t *testing.T) {
	for source, want := range map[string]string{
		`<a href="https://evil.example"><span class="invisible">https://evil.example/</span>https://bank.example</a>`:                                                                                                 `<span>https://evil.example/</span>https://bank.example`,
		`<a href="https://evil.example/bank.example"><span class="invisible">https://evil.example/</span><span>bank.example</span></a>`:                                                                               `<span class="invisible">https://</span><span>evil.example/bank.example</span>`,
		`<a href="https://www.x.example/abcdefghijklmnopqrstuvwxyz"><span class="invisible">https://www.</span><span class="ellipsis">x.example/abcdefghijklmnopqrst</span><span class="invisible">uvwxyz</span></a>`: `<span class="invisible">https://www.</span><span class="ellipsis">x.example/abcdefghijklmnopqrst</span><span class="invisible">uvwxyz</span>`,
		`<a href="https://x.example/%E4%BD%A0"><span class="invisible">https://</span><span>x.example/你</span></a>`:                                                                                                   `<span class="invisible">https://</span><span>x.example/你</span>`,
		"<a href=\"https://x.example\">a\u202eb\u2066c\u200fd</a>":                                                                                                                                                    `abcd`,
		`<span class="invisible">https://</span>`: ``,
	} {
		_, got, _ := strings.Cut(Sanitize(source), `">`)
		got = strings.TrimSuffix(strings.TrimPrefix(got, `" target="_blank">`), "</a>")
		if strings.HasPrefix(source, "<span") {
			got = ""
			if strings.Contains(Sanitize(source), "class") {
				got = Sanitize(source)
			}
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", source, got, want)
		}
	}
}

// If this fails, some nesting or size of HTML takes the node's time, memory or stack.
func TestSanitizeIsBounded(t *testing.T) {
	deep := strings.Repeat("<blockquote>", 60) + "a<p>b</p>" + strings.Repeat("<b><span>", 20) + "c"
	clean := Sanitize(deep)
	if got := strings.Count(clean, "<blockquote>"); got != depthMax || !strings.Contains(clean, "a<br/>b<br/>c") {
		t.Errorf("%d quotes in %s", got, clean)
	}
	if Sanitize(clean) != clean {
		t.Errorf("not the same twice:\n%s\n%s", clean, Sanitize(clean))
	}
	if got := len(Sanitize(strings.Repeat("好", HTMLBytesMax))); got > HTMLBytesMax || got < HTMLBytesMax-3 {
		t.Errorf("%d bytes are left of too much text", got)
	}
	size := HTMLBytesMax
	if testing.Short() {
		size /= 8
	}
	for _, part := range []string{"<b>", "<b><i>", "<p>", "<div>", "<blockquote>", "<a href=https://x.example>", "<a href=https://x.example>x", "<span>x",
		"<ul><li>", "<table>", "<table><tr><td>", "<svg>", "<math><mi>", "<ruby><rt>", "</p>", "</b>", "<b></p>", "<!--", "<", "&", "&amp", "<font color=1>",
		"<x>", "<p><b><i><u>", "<select>", "<template>", "<pre>\n", "<br>", "<p>x</p>", "<li>", "<a href=https://x.example/><span class=invisible>"} {
		source := strings.Repeat(part, size/len(part))
		start := time.Now()
		clean := Sanitize(source)
		PlainText(source)
		if took := time.Since(start); took > boundless || outside(clean) != "" {
			t.Errorf("%s: %v %s", part, took, outside(clean))
		}
	}
}

// If this fails, notifications, search and previews show something else than the post.
func TestPlainTextReadsAsAPerson(t *testing.T) {
	for source, want := range map[string]string{
		"":                                      "",
		"a &amp; b":                             "a & b",
		"<p>a<br>b</p><p>c</p>":                 "a\nb\n\nc",
		"<ul><li>a</li><li><p>b</p>c</li></ul>": "- a\n- b\n  c",
		"<ol start=9><li>a<li>b</ol>":           "9. a\n10. b",
		"<blockquote><p>a</p><p>b</p></blockquote>c": "> a\n>\n> b\n\nc",
		"<pre>a\n  b</pre>":                          "a\n  b",
		"<script>x</script><h2>a</h2>":               "a",
		`<a href="https://www.x.example/a"><span class="invisible">https://www.</span><span>x.example/a</span></a>`: "https://www.x.example/a",
		"<ruby>漢<rt>かん</rt></ruby>": "漢かん",
	} {
		if got := PlainText(source); got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}

// outside names the first thing in sanitized HTML that is on no list. It knows the lists by heart,
// so that a slip in them is found.
func outside(clean string) string {
	elements := " p pre blockquote ul ol li a b br code del em i rp rt ruby s span strong sub sup u "
	attributes := " a.href a.class a.rel a.target a.translate span.class span.translate span.lang p.class p.lang ol.start "
	words := " mention u-url h-card hashtag invisible ellipsis quote-inline "
	z := html.NewTokenizer(strings.NewReader(clean))
	var open []string
	for {
		kind := z.Next()
		token := z.Token()
		switch kind {
		case html.ErrorToken:
			if len(open) > 0 {
				return fmt.Sprintf("%v not closed", open)
			}
			return ""
		case html.CommentToken, html.DoctypeToken:
			return token.String()
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				return "unbalanced " + token.Data
			}
			open = open[:len(open)-1]
		case html.StartTagToken, html.SelfClosingTagToken:
			if !strings.Contains(elements, " "+token.Data+" ") {
				return "element " + token.Data
			}
			if kind == html.StartTagToken {
				open = append(open, token.Data)
			}
			for _, a := range token.Attr {
				if !strings.Contains(attributes, " "+token.Data+"."+a.Key+" ") {
					return "attribute " + a.Key
				}
				if a.Key == "href" && !strings.HasPrefix(a.Val, "https://") && !strings.HasPrefix(a.Val, "http://") && !strings.HasPrefix(a.Val, "gemini://") {
					return "address " + a.Val
				}
				for _, class := range strings.Fields(a.Val) {
					if a.Key == "class" && !strings.Contains(words, " "+class+" ") {
						return "class " + class
					}
				}
			}
			if token.Data == "a" && !strings.Contains(token.String(), `nofollow noopener noreferrer" target="_blank"`) {
				return "a link that tells where it comes from"
			}
		}
	}
}

// If this fails, some HTML gets through, or is another one when it is cleaned again on showing.
func FuzzSanitize(f *testing.F) {
	for source := range hostile {
		f.Add(source)
	}
	f.Add(`<p class="quote-inline">a<a href="https://x.example/?a&b=1" rel="me"><b>c</b></a></p><ol start="3"><li><pre>` + "\n\n" + `x</pre></li></ol><ruby>a<rt>b</ruby>`)
	f.Fuzz(func(t *testing.T, source string) {
		clean := Sanitize(source)
		if fault := outside(clean); fault != "" {
			t.Errorf("%q\nclean %s\n%s", source, clean, fault)
		}
		if again := Sanitize(clean); again != clean {
			t.Errorf("%q\n once %q\ntwice %q", source, clean, again)
		}
		PlainText(source)
	})
}

func BenchmarkSanitize(b *testing.B) {
	source := Render("Hello @eve@orchard.example, *see* https://x.example/a?b=1&c=2 #标签\n\n> quoted\n\nand the rest of an ordinary post.", Markdown, resolve, tagURL).HTML
	for b.Loop() {
		Sanitize(source)
	}
}
