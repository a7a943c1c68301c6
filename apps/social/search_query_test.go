package social

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/ids"
	"tulou/storage"
)

// What Mastodon calls operators would be read as something else than people mean, or as commands to
// the database.
func TestQueriesAreReadAsPeopleMeanThem(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben := v.local("ana"), v.remote("ben", "orchard.example")
	day := func(text string) int64 {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return ids.FloorAt(at)
	}
	end := ids.FloorAt(endOfTime)
	row := func(words ...string) storage.Need { return storage.Need{Words: words} }
	fact := func(f storage.Fact) storage.Need { return storage.Need{Fact: f} }
	all := func(n ...storage.Need) []storage.Need { return n }
	for text, want := range map[string]storage.PostQuery{
		"Red tea":             {Has: all(row("red"), row("tea"))},
		`"Red tea" pot`:       {Has: all(row("red", "tea"), row("pot"))},
		"“red tea”":           {Has: all(row("red", "tea"))},
		"「土楼 圆」":              {Has: all(row("土楼"), fact(storage.FactSign("圆")))},
		`"red tea`:            {Has: all(row("red", "tea"))},
		`red -tea -"hot pot"`: {Has: all(row("red")), HasNot: all(row("tea"), row("hot", "pot"))},
		"red-tea":             {Has: all(row("red", "tea"))},
		"土楼很圆":                {Has: all(row("土楼", "楼很", "很圆"))},
		"-猫":                  {HasNot: all(fact(storage.FactSign("猫")))},
		"#Tea -#Red_Tea":      {Has: all(fact(storage.FactTag("tea"))), HasNot: all(fact(storage.FactTag("red_tea")))},
		"from:me":             {Has: all(fact(storage.FactAuthor(ana.ID)))},
		"FROM:@ben@orchard.example -from:ana@harbor.example": {Has: all(fact(storage.FactAuthor(ben.ID))), HasNot: all(fact(storage.FactAuthor(ana.ID)))},
		"tea -from:nobody":                      {Has: all(row("tea"))},
		"mentions:ana":                          {Has: all(fact(storage.FactMention(ana.ID)))},
		"language:zh-TW -language:en":           {Has: all(fact("_gzh_tw")), HasNot: all(fact("_gen"))},
		"has:media has:poll has:link has:embed": {Has: all(fact(storage.FactMedia), fact(storage.FactPoll), fact(storage.FactLink), fact(storage.FactLink))},
		"is:reply -is:sensitive":                {Has: all(fact(storage.FactReply)), HasNot: all(fact(storage.FactSensitive))},
		"in:library":                            {In: storage.Library},
		"in:public tea":                         {In: storage.Findable, Has: all(row("tea"))},
		"in:all tea":                            {Has: all(row("tea"))},
		"before:2024-06-15":                     {Span: storage.Span{To: day("2024-06-15")}},
		"after:2024-06-15":                      {Span: storage.Span{From: day("2024-06-16"), To: end}},
		"during:2024":                           {Span: storage.Span{From: day("2024-01-01"), To: day("2025-01-01")}},
		"during:2024-02 after:2024-02-10":       {Span: storage.Span{From: day("2024-02-11"), To: day("2024-03-01")}},
		"tea -during:2024-02":                   {Has: all(row("tea")), Not: []storage.Span{{From: day("2024-02-01"), To: day("2024-03-01")}}},
		"is:round has:wings":                    {Has: all(row("is", "round"), row("has", "wings"))},
		"before:breakfast":                      {Has: all(row("before", "breakfast"))},
		"colour:red 10:30":                      {Has: all(row("colour", "red"), row("10", "30"))},
		"-in:library":                           {HasNot: all(row("in", "library"))},
		`tea" OR "x`:                            {Has: all(row("tea"), row("or"), row("x"))},
		"tea & !_c | _a1":                       {Has: all(row("tea"), row("c"), row("a1"))},
	} {
		got, ok, err := v.postQuery(t.Context(), ana, text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%q, %v: %s", text, ok, diff)
		}
	}
	for _, text := range []string{"from:nobody tea", "mentions:x@y@z", "-", `""`, "+ -", "!!!"} {
		if got, ok, err := v.postQuery(t.Context(), ana, text); ok || err != nil {
			t.Errorf("%q looks for %+v", text, got)
		}
	}
}

// One query would make the database look for a thousand things.
func TestA075QueriesAreBounded(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana := v.local("ana")
	for name, text := range map[string]string{
		"terms":     strings.Repeat("tea ", 1000),
		"negations": strings.Repeat("-tea ", 1000),
		"signs":     strings.Repeat("猫 a ", 1000),
		"a phrase":  `"` + strings.Repeat("猫 a ", 1000) + `"`,
		"one term":  strings.Repeat("猫a", 300),
	} {
		q, _, err := v.postQuery(t.Context(), ana, text)
		words := 0
		for _, n := range append(q.Has, q.HasNot...) {
			words += 1 + len(n.Words)
		}
		if err != nil || len(q.Has)+len(q.HasNot) >= storage.PostNeedsMax || words > storage.PostNeedsMax*(storage.PostNeedsMax+1) {
			t.Errorf("%s: %d needs with %d words, %v", name, len(q.Has)+len(q.HasNot), words, err)
		}
	}
	for range 3 {
		v.say(ana, "tea", "public", 0)
	}
	for v.Store != nil {
		if more := must(v.Store.ReadPosts(t.Context())); !more {
			break
		}
	}
	for _, c := range []struct {
		viewer        storage.Account
		offset, found int
	}{{ana, 0, 3}, {ana, 2, 1}, {ana, storage.PostOffsetMax + 1, 0}, {storage.Account{}, 0, 0}, {ana, -1, 0}} {
		if r := must(v.Search(t.Context(), c.viewer, Query{Text: "tea", Type: "statuses", Offset: c.offset, Limit: 40})); len(r.Statuses) != c.found {
			t.Errorf("%d, after %d: %d found, want %d", c.viewer.ID, c.offset, len(r.Statuses), c.found)
		}
	}
	if r := must(v.Search(t.Context(), ana, Query{Text: fmt.Sprint("tea ", strings.Repeat("x", queryBytesMax)), Limit: 5})); len(r.Statuses) != 0 {
		t.Error("a query without end was read")
	}
}
