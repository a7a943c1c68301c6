package vocab

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"tulou/protocol/fault"
)

// repeat returns n comma-separated copies; %d in the text is replaced by the copy's number.
func repeat(text string, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strings.ReplaceAll(text, "%d", fmt.Sprint(i)))
	}
	return b.String()
}

// If this failed, one post could carry a hundred thousand mentions, files or languages into tables
// and pages (CVE-2026-23962).
func TestA058PostsAreCut(t *testing.T) {
	n := parseNote(t, `"name":"`+strings.Repeat("é", NameBytes)+`","summary":"`+strings.Repeat("é", SummaryBytes)+`",
		"tag":[`+repeat(`{"type":"Hashtag","name":"#%d"}`, 300)+`,`+repeat(`{"type":"Mention","href":"https://a.example/%d"}`, 300)+`],
		"attachment":[`+repeat(`{"type":"Image","url":"https://a.example/%d.png","name":"`+strings.Repeat("x", AltBytes+1)+`"}`, 100)+`],
		"contentMap":{`+repeat(`"x-a%d":"y"`, 200)+`}`)
	mentions := 0
	for _, tag := range n.Tags {
		if tag.Type == TagMention {
			mentions++
		}
	}
	for name, got := range map[string][2]int{
		"name": {len(n.Name), NameBytes}, "summary": {len(n.Summary), SummaryBytes}, "alt": {len(n.Attachments[0].Name), AltBytes},
		"hashtags": {len(n.Tags) - mentions, TagsMax}, "mentions": {mentions, MentionsMax}, "languages": {len(n.ContentMap), LanguagesMax},
		"attachments": {len(n.Attachments), AttachmentsMax},
	} {
		if got[0] > got[1] || got[0] == 0 {
			t.Errorf("%d of %s, at most %d", got[0], name, got[1])
		}
	}
	if !strings.HasSuffix(n.Name, "é") {
		t.Error("a name was cut inside a character")
	}
}

// If this failed, one profile could carry a megabyte of name or ten thousand aliases.
func TestA058ProfilesAreCut(t *testing.T) {
	long := strings.Repeat("x", 1<<18)
	a, err := ParseActor([]byte(`{"id":"https://a.example/u","type":"Person","name":"` + long + `","preferredUsername":"` + long + `","summary":"` + long + `",
		"alsoKnownAs":[` + repeat(`"https://a.example/%d"`, 10_000) + `],
		"attachment":[` + repeat(`{"type":"PropertyValue","name":"n%d","value":"`+strings.Repeat("y", FieldBytes+9)+`"}`, 90) + `],
		"publicKey":[` + repeat(`{"id":"https://a.example/u#%d","publicKeyPem":"x"}`, 90) + `],
		"assertionMethod":[` + repeat(`{"id":"https://a.example/u#m%d","type":"Multikey","publicKeyMultibase":"z"}`, 90) + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][2]int{
		"name": {len(a.Name), NameBytes}, "username": {len(a.PreferredUsername), NameBytes}, "summary": {len(a.Summary), SummaryBytes},
		"aliases": {len(a.AlsoKnownAs), AliasesMax}, "fields": {len(a.Fields), FieldsMax}, "field": {len(a.Fields[0].Value), FieldBytes},
		"keys": {len(a.Keys), KeysMax},
	} {
		if got[0] != got[1] {
			t.Errorf("%d of %s, should be %d", got[0], name, got[1])
		}
	}
}

// If this failed, what cannot be cut without changing its meaning would be cut, or eat memory.
func TestA058WhatCannotBeCutIsRefused(t *testing.T) {
	deep := strings.Repeat(`{"type":"Create","actor":"https://a.example/u","object":`, DepthMax+2) + `{}` + strings.Repeat(`}`, DepthMax+2)
	for name, raw := range map[string]string{
		"poll options": `{"type":"Question","oneOf":[` + repeat(`{"name":"%d"}`, OptionsMax+1) + `]}`,
		"recipients":   `{"type":"Like","actor":"https://a.example/u","to":[` + repeat(`"https://a.example/%d"`, RecipientsMax+1) + `]}`,
		"content":      `{"type":"Note","content":"` + strings.Repeat("x", ContentBytes+1) + `"}`,
		"objects":      `{"type":"Note","tag":[` + repeat(`{"type":"Odd","tag":[`+repeat(`{"type":"Odd"}`, 20)+`]}`, 200) + `]}`,
		"depth":        deep,
		"long id":      `{"id":"https://a.example/` + strings.Repeat("x", 3000) + `","type":"Note"}`,
		"types":        `{"type":[` + repeat(`"T%d"`, arrayMax+1) + `]}`,
	} {
		if o, err := ParseObject([]byte(raw)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, %v", name, o, err)
		}
	}
	if o, err := ParseObject([]byte(`{"type":"Question","oneOf":[` + repeat(`{"name":"%d"}`, OptionsMax) + `]}`)); err != nil || len(o.Note.Poll.Options) != OptionsMax {
		t.Errorf("%d options: %v", OptionsMax, err)
	}
}

// If this failed, activities inside activities would be followed without end.
func TestA058InnerActivitiesAreReadToALimit(t *testing.T) {
	raw := `"https://a.example/1"`
	for i := range 10 {
		raw = fmt.Sprintf(`{"id":"https://a.example/%d","type":"Announce","actor":"https://a.example/u","object":%s}`, i, raw)
	}
	a, err := ParseActivity([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	depth := 0
	for ; a.Inner != nil; a = a.Inner {
		depth++
	}
	if depth != innerMax || a.ObjectID != "https://a.example/5" {
		t.Errorf("%d inner activities, the last is about %q", depth, a.ObjectID)
	}
}

// If this failed, a large collection would be held in memory whole.
func TestA058CollectionPagesAreCut(t *testing.T) {
	o, err := ParseObject([]byte(`{"type":"OrderedCollectionPage","orderedItems":[` + repeat(`"https://a.example/%d"`, 5000) + `],"totalItems":5000}`))
	if err != nil || o.Collection == nil {
		t.Fatalf("%+v, %v", o, err)
	}
	if c := o.Collection; len(c.Items) != ItemsMax || c.TotalItems != 5000 {
		t.Errorf("%d items of %d", len(c.Items), c.TotalItems)
	}
}

// If this failed, an ordinary post would cost more than 70 KB of garbage on its way in.
func TestAnOrdinaryPostStaysWithinItsBudget(t *testing.T) {
	const runs, budget = 50, 70_000
	raw := largeCreate(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		if _, err := ParseActivity(raw); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / runs; each > budget {
		t.Errorf("%d bytes for one post, the budget is %d", each, budget)
	}
}

// If this failed, a body within the gate's limit of 1 MiB would make the parser allocate hundreds:
// go-fed types whatever it finds under any of its hundred properties.
func TestA058OneMebibyteCostsBoundedMemory(t *testing.T) {
	const fill = 1 << 20
	for _, property := range []string{"tag", "team", "source", "object", "location", "preview", "oneOf", "ticketsTrackedBy", "attachment", "closed", "orderedItems", "publicKey"} {
		element := `{"type":"Note"}`
		raw := []byte(`{"type":"Create","actor":"https://a.example/u","` + property + `":[` + repeat(element, fill/(len(element)+1)) + `]}`)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = ParseActivity(raw)
		runtime.ReadMemStats(&after)
		if spent := after.TotalAlloc - before.TotalAlloc; spent > 64<<20 {
			t.Errorf("%s: %d MiB for a body of 1 MiB", property, spent>>20)
		}
	}
}
