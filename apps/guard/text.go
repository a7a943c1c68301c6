package guard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/storage"
)

// What an operator says about the node, by name. Title, description, contact and e-mail are one
// line of plain text; the others are Markdown.
const (
	TextTitle       = "title"       // the name of the node
	TextDescription = "description" // what it is, in a sentence or two
	TextContact     = "contact"     // the name of the person of this node who answers for it
	TextEmail       = "email"       // where strangers write to
	TextAbout       = "about"
	TextPrivacy     = "privacy"
	TextTerms       = "terms" // each version holds from a day on
)

// TextNames are all of them.
func TextNames() []string {
	return []string{TextTitle, TextDescription, TextContact, TextEmail, TextAbout, TextPrivacy, TextTerms}
}

// Limits of texts, in characters. Clients show the short ones in lists; a long one is at most what
// Markdown is looked for in.
const (
	LineMax        = 100
	DescriptionMax = 500
	TextBytesMax   = markup.MarkdownBytesMax
)

// Texts is what the operator says now. What was not said is "".
type Texts struct {
	Title, Description, Contact, Email string
	// About, Privacy and Terms have HTML ready to show, nil if they were not written.
	About, Privacy, Terms *Text
}

// Text is a longer text.
type Text struct {
	Source      string // Markdown
	HTML        string // safe
	UpdatedAt   time.Time
	EffectiveOn string // the day from which on terms hold, as "2026-11-20"; "" for others
	SucceededBy string // the day on which later terms begin, "" if there are none
}

// Texts returns what the operator says now. Terms are those that hold today.
func (s *Service) Texts(ctx context.Context) (t Texts, err error) {
	all, err := s.Store.NodeTexts(ctx)
	if err != nil {
		return t, err
	}
	lines := map[string]*string{TextTitle: &t.Title, TextDescription: &t.Description, TextContact: &t.Contact, TextEmail: &t.Email}
	today := time.Now().UTC().Format(time.DateOnly)
	var terms []storage.NodeText
	for _, text := range all {
		switch {
		case lines[text.Name] != nil:
			*lines[text.Name] = text.Body
		case text.Name == TextAbout:
			t.About = rendered(text)
		case text.Name == TextPrivacy:
			t.Privacy = rendered(text)
		case text.Name == TextTerms:
			terms = append(terms, text)
		}
	}
	for i, text := range terms {
		if text.EffectiveOn <= today {
			t.Terms = rendered(text)
			t.Terms.SucceededBy = dayAfter(terms, i)
		}
	}
	return t, nil
}

// Terms returns the terms that begin on a day; fault.NotFound if none do.
func (s *Service) Terms(ctx context.Context, day string) (Text, error) {
	versions, err := s.Store.NodeTextVersions(ctx, TextTerms)
	if err != nil {
		return Text{}, err
	}
	for i, text := range versions {
		if text.EffectiveOn == day {
			found := *rendered(text)
			found.SucceededBy = dayAfter(versions, i)
			return found, nil
		}
	}
	return Text{}, fault.New(fault.NotFound, "there are no terms of this day")
}

func dayAfter(versions []storage.NodeText, i int) string {
	if i+1 < len(versions) {
		return versions[i+1].EffectiveOn
	}
	return ""
}

func rendered(t storage.NodeText) *Text {
	nobody := func(ids.Handle) (markup.Mention, bool) { return markup.Mention{}, false }
	noTag := func(name string) string { return "/tags/" + name }
	return &Text{Source: t.Body, HTML: markup.Render(t.Body, markup.Markdown, nobody, noTag).HTML,
		UpdatedAt: t.UpdatedAt.Time(), EffectiveOn: t.EffectiveOn}
}

// SetText says something; an empty text takes it back. Terms hold from a day on, "" for today.
// Faults: Invalid for a name or a day that is none, Unprocessable for what is too long, NotFound
// for a contact whom nobody knows.
func (s *Service) SetText(ctx context.Context, name, body, day string) error {
	if !slices.Contains(TextNames(), name) {
		return fault.New(fault.Invalid, "%q is not one of %s", name, strings.Join(TextNames(), ", "))
	}
	body = strings.TrimSpace(body)
	if body == "" {
		return s.forgetText(ctx, name)
	}
	text, err := s.checkText(ctx, name, body, day)
	if err != nil {
		return err
	}
	if err := s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.PutNodeText(ctx, text) }); err != nil {
		return fmt.Errorf("set text: %w", err)
	}
	s.Log.InfoContext(ctx, "text set", "kind", name)
	return nil
}

func (s *Service) forgetText(ctx context.Context, name string) error {
	err := s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.DeleteNodeText(ctx, name) })
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

func (s *Service) checkText(ctx context.Context, name, body, day string) (storage.NodeText, error) {
	text := storage.NodeText{Name: name, Body: body}
	if day != "" && name != TextTerms {
		return text, fault.New(fault.Invalid, "only terms hold from a day on")
	}
	most := LineMax
	switch name {
	case TextAbout, TextPrivacy:
		most = TextBytesMax
	case TextTerms:
		most = TextBytesMax
		if text.EffectiveOn = day; day == "" {
			text.EffectiveOn = time.Now().UTC().Format(time.DateOnly)
		}
		if _, err := time.Parse(time.DateOnly, text.EffectiveOn); err != nil {
			return text, fault.New(fault.Invalid, "%q is not a day like 2026-11-20", day)
		}
	case TextDescription:
		most = DescriptionMax
		text.Body = markup.Line(body)
	case TextContact:
		text.Body = strings.TrimPrefix(markup.Line(body), "@")
		a, err := s.Store.AccountByHandle(ctx, text.Body, "")
		if err != nil || a.Hidden {
			return text, fault.New(fault.NotFound, "there is nobody called %s on this node", text.Body)
		}
	default:
		text.Body = markup.Line(body)
	}
	if !utf8.ValidString(body) || strings.ContainsRune(body, 0) {
		return text, fault.New(fault.Invalid, "this is not UTF-8 text")
	}
	if utf8.RuneCountInString(text.Body) > most || len(text.Body) > TextBytesMax {
		return text, fault.New(fault.Unprocessable, "%s has at most %d characters", name, most)
	}
	return text, nil
}

// The limits of rules: what fits on a page that people read before they sign up.
const (
	RulesMax    = 50
	RuleBodyMax = 500
	RuleHintMax = 1000
)

// AddRule adds a rule after the others. Faults are Unprocessable.
func (s *Service) AddRule(ctx context.Context, body, hint string) (rule storage.Rule, err error) {
	body, hint = markup.Line(body), markup.Line(hint)
	if body == "" || utf8.RuneCountInString(body) > RuleBodyMax || utf8.RuneCountInString(hint) > RuleHintMax {
		return rule, fault.New(fault.Unprocessable, "a rule has 1 to %d characters, and its hint at most %d", RuleBodyMax, RuleHintMax)
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		rules, err := tx.Rules(ctx)
		if err != nil {
			return err
		}
		if len(rules) >= RulesMax {
			return fault.New(fault.Unprocessable, "a node has at most %d rules", RulesMax)
		}
		rule, err = tx.CreateRule(ctx, body, hint)
		return err
	})
	return rule, err
}

// RemoveRule takes a rule back; fault.NotFound if there is none of this id.
func (s *Service) RemoveRule(ctx context.Context, id int64) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.RemoveRule(ctx, id) })
}

// Rules returns the rules of the node in their order.
func (s *Service) Rules(ctx context.Context) ([]storage.Rule, error) { return s.Store.Rules(ctx) }
