package film

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"time"

	"tulou/storage"
)

// What a child may use.
const (
	// memoryMax is address space: 4K film takes under one gigabyte, its libraries map another.
	memoryMax = 4 << 30
	// cpuMax is time of all cores together, beside wallTime for what only waits.
	cpuMax = 10 * time.Minute
	// fileMax is what it may write.
	fileMax = storage.BlobBytesMax
	// filesMax is how many files it may have open; libraries are closed again once they are mapped.
	filesMax = 64
	// outputMax bounds what is read of what it says: a poster in PNG.
	outputMax = 32 << 20
	// wordsMax bounds what is kept of its complaints.
	wordsMax = 2 << 10
	// killWait is how long its pipes may stay open after it was killed.
	killWait = 5 * time.Second
	// niceness lets everybody else on the machine go first.
	niceness = 15
)

// exitError says that a program failed, or was ended.
type exitError struct {
	err   error
	words string
}

func (e *exitError) Error() string { return e.err.Error() + ": " + e.words }

// Unwrap returns the cause.
func (e *exitError) Unwrap() error { return e.err }

// run runs a program in a folder, confined as far as the system permits.
func (c *Converter) run(ctx context.Context, folder, program string, args ...string) ([]byte, error) {
	return c.start(ctx, folder, c.permitted(ctx), program, args...)
}

// start runs a program in a folder and returns what it wrote to its output. When ctx ends it is
// killed with all that it started. The error is an exitError if it failed, not if it could not be
// started.
func (c *Converter) start(ctx context.Context, folder string, confined bool, program string, args ...string) ([]byte, error) {
	// The system ends the child with the thread that started it; so that is kept until then.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	command := exec.CommandContext(ctx, program, args...)
	command.Dir = folder
	command.Env = []string{"LC_ALL=C"} // none of ours, which may have secrets
	output, words := &bounded{most: outputMax}, &bounded{most: wordsMax}
	command.Stdout, command.Stderr = output, words
	command.WaitDelay = killWait
	confine(command, confined)
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	// It has done nothing yet that a limit would have stopped: it is being loaded.
	limitErr := limit(command.Process.Pid)
	if limitErr != nil {
		_ = command.Cancel()
	}
	err := command.Wait()
	switch {
	case limitErr != nil:
		return nil, fmt.Errorf("limit %s: %w", program, limitErr)
	case err != nil:
		return nil, &exitError{err, words.kept.String()}
	case output.over:
		return nil, &exitError{fmt.Errorf("more than %d bytes of output", outputMax), words.kept.String()}
	}
	return output.kept.Bytes(), nil
}

// bounded keeps the beginning of what is written to it.
type bounded struct {
	kept bytes.Buffer // not embedded: what reads into it by itself would know no bounds
	most int
	over bool
}

// Write never fails.
func (b *bounded) Write(p []byte) (int, error) {
	room := p[:min(len(p), b.most-b.kept.Len())]
	b.over = b.over || len(room) < len(p)
	b.kept.Write(room)
	return len(p), nil
}
