package mastodon

import (
	"context"
	"testing"

	"tulou/protocol/ids"
	"tulou/storage"
)

func TestEmojiAndCardsAreAsDocumented(t *testing.T) {
	// If this failed, apps would not show custom emoji or previews of links.
	v := newVillage(t)
	ctx := context.Background()
	ana := v.person("ana")
	zoe := v.remote("zoe", "orchard.example")
	v.do(func(tx *storage.Tx) error {
		for _, e := range []storage.Emoji{{Shortcode: "wave", Category: "Hello", Picture: "movingwave", Still: "stillwave"}, {Shortcode: "plain", Picture: "plain", Still: "stillplain"}} {
			if _, err := tx.CreateEmoji(ctx, e); err != nil {
				return err
			}
		}
		return tx.PutRemoteEmojis(ctx, "orchard.example", []storage.Emoji{{Shortcode: "wave", RemoteURL: "https://orchard.example/wave.png"}})
	})
	golden(t, "CustomEmoji", v.stranger().get("/api/v1/custom_emojis"))
	id := ana.toot("Hello :wave: https://news.example/1", "spoiler_text", "not :nothing:")
	number, _ := ids.Parse(id)
	v.do(func(tx *storage.Tx) error {
		cards, err := tx.Cards(ctx, []int64{number})
		if err != nil {
			return err
		}
		c := cards[number]
		c.Type, c.Title, c.Description, c.Language, c.AuthorName, c.AuthorURL = "link", "News", "What happened", "de", "Zoe", "https://news.example/zoe"
		c.ProviderName, c.ProviderURL, c.PublishedAt = "The Paper", "https://news.example/", storage.Now()
		return tx.PutCard(ctx, c)
	})
	golden(t, "Status_card", ana.get("/api/v1/statuses/"+id))
	far := v.arrives(zoe, storage.NewStatus{Status: storage.Status{Content: "<p>:wave: :plain:</p>"}})
	theirs := ana.get("/api/v1/statuses/" + ids.Format(far.ID)).object()["emojis"].([]any)
	if len(theirs) != 1 || theirs[0].(map[string]any)["url"] == "https://harbor.example/media/movingwave/emoji" {
		t.Errorf("another server's: %v", theirs)
	}
}
