package media

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tulou/protocol/fault"
	"tulou/storage"
)

// Films and sounds are converted one after another, for all processes of a node: each keeps what
// cores there are busy for minutes. One job does it, which takes the film that is next (whose that
// is decides storage.TakeFilm), and comes back as long as any waits. What a process was converting
// that was killed waits like the others; its owner had a turn, and the next is somebody else's.

const (
	jobFilms = "media.films" // convert the film that is next
	// filmPause is how long a film waits, for each time it was tried, after something went wrong that
	// was not its fault: meanwhile others go on.
	filmPause = time.Minute
	// wantedEvery is how often it is looked whether a film that is converted is still wanted. Its
	// owner may have deleted it, or themselves, at another process.
	wantedEvery = time.Second
)

// errUnwanted says that an upload was deleted while it was processed.
var errUnwanted = errors.New("nobody wants it any more")

// filmsJob is the job that converts films, the next one at an instant.
func filmsJob(at storage.Millis) storage.Job {
	return storage.Job{Queue: queueWork, Lane: "media films", Kind: jobFilms, Payload: []byte("{}"), RunAt: at}
}

// runFilms converts the film that is next and has the job come back for the others.
func (s *Service) runFilms(ctx context.Context, job storage.Job) error {
	cause := s.nextFilm(ctx)
	if ctx.Err() != nil {
		return ctx.Err() // whoever goes on has the job as it is
	}
	err := s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := tx.HoldLane(ctx, job.Queue, job.Lane); err != nil {
			return err
		}
		if err := tx.FinishJob(ctx, job.ID); err != nil {
			return err
		}
		next, waits, err := tx.NextFilm(ctx)
		if err != nil || !waits {
			return err
		}
		return tx.Schedule(ctx, filmsJob(max(next, storage.Now())))
	})
	return errors.Join(cause, err)
}

// nextFilm converts one. Something that is not its fault lets it wait for a while.
func (s *Service) nextFilm(ctx context.Context) error {
	var film storage.Attachment
	err := s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		film, err = tx.TakeFilm(ctx)
		return err
	})
	if err != nil {
		return absentIsNothing(err)
	}
	cause := s.process(ctx, film.ID)
	if cause == nil || ctx.Err() != nil {
		return cause
	}
	later := time.Now().Add(time.Duration(film.Tries+1) * filmPause)
	if err := s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.PostponeFilm(ctx, film.ID, later) }); err != nil {
		return fmt.Errorf("postpone a film: %w", err)
	}
	return cause
}

// whileWanted ends the context that it returns, with errUnwanted, when an upload that is processed
// was deleted, here or at another process. The caller calls stop.
func (s *Service) whileWanted(ctx context.Context, id int64) (wanted context.Context, stop func()) {
	wanted, end := context.WithCancelCause(ctx)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		look := time.NewTicker(wantedEvery)
		defer look.Stop()
		for {
			select {
			case <-wanted.Done():
				return
			case <-look.C:
			}
			a, err := s.Store.Attachment(wanted, id)
			if fault.Is(err, fault.NotFound) || err == nil && a.State != storage.MediaWaiting {
				end(errUnwanted)
				return
			}
		}
	}()
	return wanted, func() {
		end(nil)
		<-gone
	}
}

// convert has a film converted as long as it is wanted.
func (s *Service) convert(ctx context.Context, id int64, convert func(context.Context) (Film, error)) (Film, error) {
	wanted, stop := s.whileWanted(ctx, id)
	defer stop()
	film, err := convert(wanted)
	if err != nil && errors.Is(context.Cause(wanted), errUnwanted) {
		err = errUnwanted
	}
	return film, err
}
