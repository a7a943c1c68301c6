package guard

import (
	"strings"
	"testing"
	"time"

	"tulou/protocol/fault"
	"tulou/storage"
)

// What an operator wrote would not be on the node's pages, or unsafe there.
func TestTextsAreWhatTheOperatorSaidLast(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx := t.Context()
		v.local("ana")
		for name, body := range map[string]string{
			TextTitle: " The  harbor ", TextDescription: "A place\nby the sea", TextContact: "@ana", TextEmail: "ana@harbor.example",
			TextAbout: "**Boats** <script>alert(1)</script> at https://harbor.example/", TextPrivacy: "We keep little.", TextTerms: "Be kind.",
		} {
			check(t, v.SetText(ctx, name, body, ""))
		}
		check(t, v.SetText(ctx, TextTerms, "Be kinder.", "2999-01-01"))
		texts, err := v.Texts(ctx)
		check(t, err)
		if texts.Title != "The harbor" || texts.Description != "A place by the sea" || texts.Contact != "ana" || texts.Email != "ana@harbor.example" {
			t.Errorf("lines %+v", texts)
		}
		if !strings.Contains(texts.About.HTML, "<strong>Boats</strong>") || strings.Contains(texts.About.HTML, "<script") {
			t.Errorf("about %s", texts.About.HTML)
		}
		today := time.Now().UTC().Format(time.DateOnly)
		if texts.Terms.Source != "Be kind." || texts.Terms.EffectiveOn != today || texts.Terms.SucceededBy != "2999-01-01" || texts.Privacy.UpdatedAt.IsZero() {
			t.Errorf("terms %+v", texts.Terms)
		}
		later, err := v.Terms(ctx, "2999-01-01")
		check(t, err)
		if later.Source != "Be kinder." || later.SucceededBy != "" {
			t.Errorf("later %+v", later)
		}
		check(t, v.SetText(ctx, TextAbout, " ", ""))
		if texts, err = v.Texts(ctx); err != nil || texts.About != nil {
			t.Errorf("after it was taken back: %+v, %v", texts.About, err)
		}
	})
}

// An operator would set what nobody reads, or a client be sent megabytes.
func TestTextsThatDoNotFitAreRefused(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		for _, c := range []struct {
			name, body, day string
			want            fault.Code
		}{
			{"motto", "x", "", fault.Invalid},
			{TextAbout, "x", "2026-01-01", fault.Invalid},
			{TextTerms, "x", "tomorrow", fault.Invalid},
			{TextTerms, "a\x00b", "", fault.Invalid},
			{TextTitle, strings.Repeat("x", LineMax+1), "", fault.Unprocessable},
			{TextDescription, strings.Repeat("x", DescriptionMax+1), "", fault.Unprocessable},
			{TextPrivacy, strings.Repeat("x", TextBytesMax+1), "", fault.Unprocessable},
			{TextContact, "nobody", "", fault.NotFound},
		} {
			if err := v.SetText(t.Context(), c.name, c.body, c.day); !fault.Is(err, c.want) {
				t.Errorf("%s %.20q: %v, want %v", c.name, c.body, err, c.want)
			}
		}
		_, err := v.Terms(t.Context(), "2026-01-01")
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("terms of no day: %v", err)
		}
	})
}

// People would be asked to agree to rules that do not hold, or in another order.
func TestRulesAreListedInTheirOrder(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx := t.Context()
		var made []storage.Rule
		for _, body := range []string{"Be kind", "No spam", "Sign  pictures"} {
			rule, err := v.AddRule(ctx, body, "")
			check(t, err)
			made = append(made, rule)
		}
		check(t, v.RemoveRule(ctx, made[1].ID))
		if err := v.RemoveRule(ctx, made[1].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("removed twice: %v", err)
		}
		rules, err := v.Rules(ctx)
		check(t, err)
		if len(rules) != 2 || rules[0].Body != "Be kind" || rules[1].Body != "Sign pictures" {
			t.Errorf("rules %+v", rules)
		}
		for range RulesMax - 2 {
			_, err := v.AddRule(ctx, "x", "")
			check(t, err)
		}
		for _, body := range []string{"", "x", strings.Repeat("x", RuleBodyMax+1)} {
			if _, err := v.AddRule(ctx, body, ""); !fault.Is(err, fault.Unprocessable) {
				t.Errorf("%.10q: %v", body, err)
			}
		}
	})
}
