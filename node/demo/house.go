package demo

import (
	"context"

	"golang.org/x/sync/errgroup"

	"tulou/apps/guard"
)

// house is what a node says of itself, and how one is to behave there.
type house struct {
	title, description, about string
	rules                     []rule
}

// rule is what everybody agrees to, and what it means.
type rule struct{ text, hint string }

// The rules that all nodes of the village have; each has one more of its own.
var common = []rule{
	{"Talk to people as you would across a table.", "Disagree with what was said, not with who said it."},
	{"Ask before you show somebody else's face or letter.", "Pictures of crowds and of the sea need no asking."},
	{"Say what a picture shows.", "Some of us listen to the timeline."},
}

var houses = map[string]house{
	"harbor": {"Harbor", "Boats, bakeries and a ferry at six. A small server for people who live near the water, or would like to.",
		"Harbor began with three people who shared a pier and a pot of coffee.\n\nWe speak English, 中文, español and français; nobody minds mistakes.",
		[]rule{{"No engines before seven.", "Also not in capital letters."}}},
	"orchard": {"The Orchard", "Forty kinds of apples and as many opinions. Growers, cooks and people who measure twice.",
		"The Orchard is looked after by whoever is on the ladder. Come for the harvest, stay for the soup.",
		[]rule{{"Recipes name their source.", "Grandmothers count as a source."}}},
	"meadow": {"Meadow", "Small plants, long walks, one donkey.", "Meadow is for those who stop and look down.",
		[]rule{{"Say roughly where a rare plant grows, never exactly.", "It would like to stay there."}}},
	"lighthouse": {"Lighthouse", "Weather, tides and long letters, 21 miles out.", "The light keeps itself these days. So, mostly, does the server.",
		[]rule{{"Warnings of storms are not for jokes.", "Somebody may be at sea."}}},
	"workshop": {"The Workshop", "Things that were broken and are not any more.", "If it has screws, somebody here has opened it.",
		[]rule{{"Show the failures, too.", "They are how the rest of us learn."}}},
	"teahouse": {"茶馆 Teahouse", "坐下来慢慢说。Stories, poems and cups, no hurry.", "水开之前，先听一个故事。Tea first, then news.",
		[]rule{{"Let people finish.", "故事讲完再喝彩。"}}},
}

// furnish has every node say what it is, and name its first person as the one to ask.
func (s *stage) furnish(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for i, n := range s.village.nodes {
		group.Go(func() error {
			name := s.village.Homes[i].Name
			h, host := houses[name], s.players[i*perNode]
			for _, said := range []struct{ name, text string }{
				{guard.TextTitle, h.title}, {guard.TextDescription, h.description}, {guard.TextAbout, h.about},
				{guard.TextContact, host.name}, {guard.TextEmail, "hello@" + name + ".example"},
			} {
				if err := n.SetText(ctx, said.name, said.text, ""); err != nil {
					return err
				}
			}
			for _, r := range append(h.rules, common...) {
				if _, err := n.AddRule(ctx, r.text, r.hint); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}
