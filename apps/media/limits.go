package media

import (
	"time"

	"tulou/apps/media/picture"
	"tulou/storage"
)

// Limits of what is uploaded. Clients are told the first ones.
const (
	// DescriptionMax is how many characters describe something.
	DescriptionMax = storage.DescriptionMax
	// PictureBytesMax is the largest picture.
	PictureBytesMax = picture.BytesMax
	// FilmBytesMax is the largest film or sound, as on Mastodon.
	FilmBytesMax = 99 << 20
	// FilmPixelsMax is the largest frame of a film, 4K, and FramesMax how many there are in a
	// second.
	FilmPixelsMax = 3840 * 2160
	FramesMax     = 120
	// The sizes of pictures of people, as on Mastodon.
	avatarSide                = 400
	headerWidth, headerHeight = 1500, 500
	// movingAvatarSide and movingAvatarBytes bound the moving pictures that stay as they are.
	movingAvatarSide  = 800
	movingAvatarBytes = 2 << 20
)

// Limits of what somebody may upload within a day; an album of holidays is less.
const (
	uploadsPerDay     = 600
	uploadBytesPerDay = 3 << 30
)

const (
	// uploadsAtOnce is how many uploads come in at the same time: each holds a connection, a file
	// and some 100 kB of memory, for as long as it likes. uploadsOfOne are those of one person: an
	// app sends the four of a post, and somebody may have two apps. When half of all places are
	// taken, the others are for those who have none, so that a few who send slowly do not shut
	// everybody else out.
	uploadsAtOnce = 1024
	uploadsOfOne  = 8
	// filmsWaitingOfOne is how many films and sounds of one person wait to be converted, which is
	// done one after another and may take minutes for each: as many as go with two posts.
	filmsWaitingOfOne = 8
	// picturesAtOnce is how many pictures are worked on at the same time, if their memory
	// (picture.CostMax for all together) allows it.
	picturesAtOnce = 4
	// processedInline is how long a client waits for its picture before it is told to ask again.
	processedInline = 15 * time.Second
	// jobAfter is when a job looks whether a picture that should have been made at once was: later
	// than processedInline, soon enough after a crash.
	jobAfter = 30 * time.Second
	// triesMax is how often processing is begun: what ended the process three times would do it
	// again.
	triesMax = 3
	// settledAge is how old a blob is when every row that names it is written, or never will be:
	// uploads and jobs take minutes. When the last file of an older one goes, it may go at once.
	settledAge = time.Hour
	// sweepAge is how old a blob is before it is looked whether anybody uses it: by then its rows
	// are written, or never will be.
	sweepAge = 24 * time.Hour
)
