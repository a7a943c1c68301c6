package mastodon

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"tulou/apps/social"
	"tulou/protocol/ids"
	"tulou/storage"
)

// mediaAttachment is a picture, film or sound of a post. What is not known of one is left out of
// its meta, as in Mastodon.
type mediaAttachment struct {
	ID          string    `json:"id"`
	Type        string    `json:"type"`
	URL         *string   `json:"url"` // null: it is being processed
	PreviewURL  *string   `json:"preview_url"`
	RemoteURL   *string   `json:"remote_url"`
	Meta        mediaMeta `json:"meta"`
	Description *string   `json:"description"`
	Blurhash    *string   `json:"blurhash"`
}

type mediaMeta struct {
	Length        string      `json:"length,omitempty"` // 0:01:28.65
	Duration      float64     `json:"duration,omitempty"`
	FPS           int         `json:"fps,omitempty"`
	Size          string      `json:"size,omitempty"`
	Width         int         `json:"width,omitempty"`
	Height        int         `json:"height,omitempty"`
	Aspect        float64     `json:"aspect,omitempty"`
	AudioEncode   string      `json:"audio_encode,omitempty"`
	AudioBitrate  string      `json:"audio_bitrate,omitempty"`
	AudioChannels string      `json:"audio_channels,omitempty"`
	Original      *mediaSize  `json:"original,omitempty"`
	Small         *mediaSize  `json:"small,omitempty"`
	Focus         *mediaFocus `json:"focus,omitempty"`
}

type mediaSize struct {
	Width     int     `json:"width,omitempty"`
	Height    int     `json:"height,omitempty"`
	Size      string  `json:"size,omitempty"`
	Aspect    float64 `json:"aspect,omitempty"`
	FrameRate string  `json:"frame_rate,omitempty"`
	Duration  float64 `json:"duration,omitempty"`
	Bitrate   int64   `json:"bitrate,omitempty"`
}

type mediaFocus struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

func (a *API) mediaAttachments(of []storage.Attachment) []mediaAttachment {
	list := make([]mediaAttachment, len(of))
	for i, m := range of {
		list[i] = a.mediaAttachment(m)
	}
	return list
}

// mediaAttachment renders one. What is not here has no address but its own.
func (a *API) mediaAttachment(m storage.Attachment) mediaAttachment {
	url := a.Paths.Media(m.FileKey, m.FileName())
	if url == "" {
		url = m.RemoteURL
	}
	rendered := mediaAttachment{
		ID: ids.Format(m.ID), Type: m.Kind, URL: optionalText(url), RemoteURL: optionalText(m.RemoteURL),
		PreviewURL:  optionalText(a.Paths.Media(m.PreviewKey, m.PreviewName())),
		Description: optionalText(m.Description), Blurhash: optionalText(m.Blurhash),
	}
	// A film of another server is not fetched for the sake of its small picture.
	if rendered.PreviewURL == nil && m.Kind != storage.KindAudio && (m.RemoteURL == "" || m.Kind == storage.KindImage) {
		rendered.PreviewURL = rendered.URL
	}
	rendered.Meta = metaOf(m)
	return rendered
}

func metaOf(m storage.Attachment) (meta mediaMeta) {
	meta.Small = sizeOf(m.PreviewWidth, m.PreviewHeight)
	if x, y, ok := storage.ParseFocus(m.Focus); ok {
		meta.Focus = &mediaFocus{x, y}
	}
	meta.Original = sizeOf(m.Width, m.Height)
	if m.Kind != storage.KindVideo && m.Kind != storage.KindGifv && m.Kind != storage.KindAudio {
		return meta
	}
	seconds := float64(m.Duration) / 1000
	if m.Duration > 0 {
		meta.Duration = math.Round(seconds*100) / 100
		meta.Length = fmt.Sprintf("%d:%02d:%05.2f", m.Duration/3_600_000, m.Duration/60_000%60, float64(m.Duration%60_000)/1000)
	}
	meta.AudioEncode, meta.AudioChannels = m.AudioCodec, m.AudioLayout
	if m.AudioRate > 0 {
		meta.AudioBitrate = strconv.Itoa(m.AudioRate) + " Hz"
	}
	if whole := meta.Original; whole != nil {
		meta.Width, meta.Height, meta.Size, meta.Aspect = whole.Width, whole.Height, whole.Size, whole.Aspect
		meta.FPS = framesOf(m.FrameRate)
		meta.Original = &mediaSize{Width: m.Width, Height: m.Height, FrameRate: m.FrameRate}
	}
	if meta.Original == nil && (m.Duration > 0 || m.Bitrate > 0) {
		meta.Original = &mediaSize{}
	}
	if meta.Original != nil {
		meta.Original.Duration, meta.Original.Bitrate = seconds, m.Bitrate
	}
	return meta
}

func sizeOf(width, height int) *mediaSize {
	if width <= 0 || height <= 0 {
		return nil
	}
	return &mediaSize{Width: width, Height: height, Size: fmt.Sprintf("%dx%d", width, height), Aspect: float64(width) / float64(height)}
}

// framesOf is a fraction of frames in a second as a whole number.
func framesOf(rate string) int {
	above, below, _ := strings.Cut(rate, "/")
	n, _ := strconv.ParseFloat(above, 64)
	d, err := strconv.ParseFloat(below, 64)
	if err != nil || d == 0 {
		return 0
	}
	return int(math.Round(n / d))
}

// shownBefore reads what the versions of a post showed.
func (a *API) shownBefore(ctx context.Context, versions []storage.Version) (map[int64]storage.Attachment, error) {
	var shown []int64
	for _, v := range versions {
		for _, m := range v.Media {
			shown = append(shown, m.ID)
		}
	}
	return a.Store.AttachmentsByIDs(ctx, distinct(shown))
}

// versionMedia is what a version of a post showed, as far as it is still there.
func (a *API) versionMedia(shown storage.VersionMedias, known map[int64]storage.Attachment) []mediaAttachment {
	list := []mediaAttachment{}
	for _, v := range shown {
		if m, ok := known[v.ID]; ok {
			m.Description = v.Description
			list = append(list, a.mediaAttachment(m))
		}
	}
	return list
}

// mediaChoices reads media_ids, and what media_attributes says about them; nil if neither was sent.
func (q *query) mediaChoices() *[]social.MediaChoice {
	const key = "media_attributes"
	wanted := q.mediaIDs()
	_, emptied := q.sent["media_ids[]"]
	if wanted == nil && !emptied && !q.has("media_ids") && len(q.indexes(key)) == 0 {
		return nil
	}
	list := []social.MediaChoice{}
	for _, id := range wanted {
		list = append(list, social.MediaChoice{ID: id})
	}
	about := func(id string, description, focus *string) {
		for i := range list {
			if ids.Format(list[i].ID) == id {
				list[i].Description, list[i].Focus = description, focus
			}
		}
	}
	for _, index := range q.indexes(key) {
		prefix := key + "[" + index + "]"
		about(q.text(prefix+"[id]"), q.optional(prefix+"[description]"), q.optional(prefix+"[focus]"))
	}
	return &list
}
