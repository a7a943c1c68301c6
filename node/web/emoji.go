package web

import (
	"context"
	"html/template"
	"strings"

	"tulou/protocol/markup"
	"tulou/storage"
)

// emojis are custom emoji by the host whose people write them ("" for this node) and shortcode,
// with the address of the picture.
type emojis map[string]map[string]string

// emojisOf finds the emoji in the names and words of accounts, and in texts by host.
func (s *Site) emojisOf(ctx context.Context, accounts []storage.Account, texts map[string][]string) (emojis, error) {
	by := map[string][]string{}
	for host, list := range texts {
		by[host] = append(by[host], list...)
	}
	for _, a := range accounts {
		by[a.EmojiHost()] = append(by[a.EmojiHost()], a.DisplayName, a.Bio)
		for _, f := range a.Fields {
			by[a.EmojiHost()] = append(by[a.EmojiHost()], f.Name, f.Value)
		}
	}
	found := emojis{}
	for host, list := range by {
		codes := markup.Shortcodes(list...)
		if len(codes) == 0 {
			continue
		}
		named, err := s.Store.EmojisNamed(ctx, host, codes)
		if err != nil {
			return nil, err
		}
		for _, e := range named {
			if address := s.Paths.Media(e.Still, storage.WordStill); address != "" {
				if found[host] == nil {
					found[host] = map[string]string{}
				}
				found[host][e.Shortcode] = address
			}
		}
	}
	return found, nil
}

// in puts pictures where safe HTML names emoji of a host: in its text, not inside of tags.
func (e emojis) in(host string, source template.HTML) template.HTML {
	known := e[host]
	if len(known) == 0 || !strings.Contains(string(source), ":") {
		return source
	}
	var out strings.Builder
	for rest := string(source); rest != ""; {
		text, tag := rest, ""
		if open := strings.IndexByte(rest, '<'); open >= 0 {
			end := strings.IndexByte(rest[open:], '>')
			if end < 0 {
				end = len(rest) - open - 1
			}
			text, tag = rest[:open], rest[open:open+end+1]
		}
		rest = rest[len(text)+len(tag):]
		for _, code := range markup.Shortcodes(text) {
			if address, ok := known[code]; ok {
				quoted := template.HTMLEscapeString(":" + code + ":")
				text = strings.ReplaceAll(text, ":"+code+":",
					`<img class="emoji" src="`+template.HTMLEscapeString(address)+`" alt="`+quoted+`" title="`+quoted+`" width="20" height="20" loading="lazy">`)
			}
		}
		out.WriteString(text)
		out.WriteString(tag)
	}
	return template.HTML(out.String())
}
