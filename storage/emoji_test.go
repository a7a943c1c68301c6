package storage

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tulou/protocol/fault"
)

// One server could change what the emoji of another look like, an old post would bring an old
// picture back, or somebody could fill the database with emoji.
func TestEmojiOfOthersBelongToTheirHosts(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		put := func(host string, told ...Emoji) {
			t.Helper()
			s.do(t, func(tx *Tx) error { return tx.PutRemoteEmojis(ctx, host, told) })
		}
		get := func(host string) Emoji {
			t.Helper()
			found := must(s.EmojisNamed(ctx, host, []string{"nothing", "blob"}))
			if len(found) != 1 {
				t.Fatalf("%s: %+v", host, found)
			}
			return found[0]
		}
		day := At(time.Now())
		put("orchard.example", Emoji{Shortcode: "blob", RemoteURL: "https://orchard.example/1.png", UpdatedAt: day})
		put("evil.example", Emoji{Shortcode: "blob", RemoteURL: "https://evil.example/1.png", UpdatedAt: day + 1})
		first := get("orchard.example")
		if first.RemoteURL != "https://orchard.example/1.png" || first.Picture == "" || first.Still == first.Picture {
			t.Errorf("%+v", first)
		}
		put("orchard.example", Emoji{Shortcode: "blob", RemoteURL: "https://orchard.example/0.png", UpdatedAt: day - 1})
		put("orchard.example", Emoji{Shortcode: "blob", RemoteURL: "https://orchard.example/1.png", UpdatedAt: day + 5})
		if got := get("orchard.example"); got != first {
			t.Errorf("an older one counts: %+v", got)
		}
		put("orchard.example", Emoji{Shortcode: "blob", RemoteURL: "https://orchard.example/2.png", UpdatedAt: day + 9})
		if got := get("orchard.example"); got.RemoteURL != "https://orchard.example/2.png" || got.Picture == first.Picture || got.ID != first.ID {
			t.Errorf("a newer one does not count: %+v", got)
		}
		var many []Emoji
		for i := range RemoteEmojisMax + 10 {
			many = append(many, Emoji{Shortcode: fmt.Sprint("many", i), RemoteURL: "https://many.example/1.png"})
		}
		put("many.example", many...)
		var codes []string
		for _, e := range many {
			codes = append(codes, e.Shortcode)
		}
		if got := must(s.EmojisNamed(ctx, "many.example", codes)); len(got) != RemoteEmojisMax {
			t.Errorf("%d were kept", len(got))
		}
		put("", Emoji{Shortcode: "own", RemoteURL: "https://evil.example/own.png"})
		if own := must(s.OwnEmojis(ctx)); len(own) != 0 {
			t.Errorf("told by another: %+v", own)
		}
	})
}

// The emoji of the node itself would be lost, doubled, or given away by their number to others.
func TestOwnEmojiAreMadeAndDeleted(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		var made Emoji
		for i, code := range []string{"wave", "blob"} {
			s.do(t, func(tx *Tx) (err error) {
				made, err = tx.CreateEmoji(ctx, Emoji{Shortcode: code, Category: []string{"b", "a"}[i], Picture: "p", Still: "s"})
				return err
			})
		}
		err := s.Tx(ctx, func(tx *Tx) error { _, err := tx.CreateEmoji(ctx, Emoji{Shortcode: "blob"}); return err })
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("again: %v", err)
		}
		if all := must(s.OwnEmojis(ctx)); len(all) != 2 || all[0].Shortcode != "blob" {
			t.Errorf("%+v", all)
		}
		if got := must(s.EmojiByID(ctx, made.ID)); got != made {
			t.Errorf("%+v, want %+v", got, made)
		}
		s.do(t, func(tx *Tx) error {
			return tx.PutRemoteEmojis(ctx, "orchard.example", []Emoji{{Shortcode: "blob", RemoteURL: "https://orchard.example/1.png"}})
		})
		theirs := must(s.EmojisNamed(ctx, "orchard.example", []string{"blob"}))[0]
		if _, err := s.EmojiByID(ctx, theirs.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another server's: %v", err)
		}
		s.do(t, func(tx *Tx) error { _, err := tx.DeleteEmoji(ctx, "blob"); return err })
		if _, err := s.EmojiByID(ctx, made.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("deleted: %v", err)
		}
		err = s.Tx(ctx, func(tx *Tx) error { _, err := tx.DeleteEmoji(ctx, "blob"); return err })
		if !fault.Is(err, fault.NotFound) || fault.DetailOf(err) != "there is no emoji :blob:" {
			t.Errorf("deleted twice: %v", err)
		}
	})
}

// Two servers' people who tell of the same emoji in different orders would wait for each other.
func TestRemoteEmojisAreWrittenInOneOrder(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		told := []Emoji{{Shortcode: "c", RemoteURL: "https://o.example/c"}, {Shortcode: "a", RemoteURL: "https://o.example/a"}, {Shortcode: "b", RemoteURL: "https://o.example/b"}}
		s.do(t, func(tx *Tx) error { return tx.PutRemoteEmojis(t.Context(), "o.example", told) })
		var written []string
		if err := s.list(t.Context(), &written, `SELECT shortcode FROM emoji WHERE host = 'o.example' ORDER BY id`); err != nil {
			t.Fatal(err)
		}
		if want := []string{"a", "b", "c"}; !slices.Equal(written, want) || told[0].Shortcode != "c" {
			t.Errorf("written in the order %v, and the sender's is %v", written, told)
		}
	})
}
