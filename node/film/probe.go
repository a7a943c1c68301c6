package film

import (
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"tulou/apps/media"
	"tulou/protocol/fault"
)

// probe is what ffprobe found.
type probe struct {
	video, audio *stream // the first of each, nil for none
	duration     time.Duration
	bitrate      int64
}

type stream struct {
	Index       int    `json:"index"`
	Type        string `json:"codec_type"`
	Codec       string `json:"codec_name"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	Format      string `json:"pix_fmt"`
	Rate        string `json:"avg_frame_rate"`
	SampleRate  string `json:"sample_rate"`
	Layout      string `json:"channel_layout"`
	Disposition struct {
		Picture int `json:"attached_pic"` // the cover of a record
	} `json:"disposition"`
	SideData []struct {
		Rotation float64 `json:"rotation"`
	} `json:"side_data_list"`
}

// probe asks ffprobe about a file in the folder.
func (c *Converter) probe(ctx context.Context, folder, format, name string) (p probe, err error) {
	args := append(guards(format), "-show_entries",
		"format=duration,bit_rate:stream=index,codec_type,codec_name,width,height,pix_fmt,avg_frame_rate,sample_rate,channel_layout"+
			":stream_disposition=attached_pic:stream_side_data=rotation", "-of", "json", "-i", "file:"+name)
	text, err := c.run(ctx, folder, c.ffprobe, args...)
	if err != nil {
		return p, err
	}
	var found struct {
		Streams []stream `json:"streams"`
		Format  struct {
			Duration string `json:"duration"`
			Bitrate  string `json:"bit_rate"`
		} `json:"format"`
	}
	if err := json.Unmarshal(text, &found); err != nil {
		return p, &exitError{err, "ffprobe said no JSON"}
	}
	for i, s := range found.Streams {
		switch {
		case s.Type == "video" && s.Disposition.Picture == 0 && p.video == nil:
			p.video = &found.Streams[i]
		case s.Type == "audio" && p.audio == nil:
			p.audio = &found.Streams[i]
		}
	}
	length, _ := strconv.ParseFloat(found.Format.Duration, 64)
	if length > 0 && length < math.MaxInt32 {
		p.duration = time.Duration(length * float64(time.Second))
	}
	p.bitrate, _ = strconv.ParseInt(found.Format.Bitrate, 10, 64)
	return p, nil
}

// check refuses what is too large to be converted, and what is neither film nor sound.
func (p probe) check() error {
	if p.video == nil && p.audio == nil {
		return fault.New(fault.Unprocessable, "Validation failed: the file has neither pictures nor sound")
	}
	if v := p.video; v != nil {
		switch {
		case v.Width < 1 || v.Height < 1:
			return fault.New(fault.Unprocessable, "Validation failed: nothing here decodes the pictures of this film")
		case v.Width*v.Height > media.FilmPixelsMax:
			return fault.New(fault.Unprocessable, "Validation failed: the film has %d × %d pixels, and %d are the most", v.Width, v.Height, media.FilmPixelsMax)
		case v.rate() > media.FramesMax:
			return fault.New(fault.Unprocessable, "Validation failed: the film has more than %d frames a second", media.FramesMax)
		}
	}
	return nil
}

// shown is the size of a film as it is shown: telephones write films lying on their side.
func (s *stream) shown() (width, height int) {
	for _, d := range s.SideData {
		if math.Mod(math.Abs(d.Rotation), 180) == 90 {
			return s.Height, s.Width
		}
	}
	return s.Width, s.Height
}

// rate is the frames in a second, 0 if unknown.
func (s *stream) rate() float64 {
	above, below, _ := strings.Cut(s.Rate, "/")
	n, _ := strconv.ParseFloat(above, 64)
	d, _ := strconv.ParseFloat(below, 64)
	if d == 0 {
		return 0
	}
	return n / d
}
