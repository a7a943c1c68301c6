//go:build !linux

package storage

import (
	"testing"
	"time"
)

// cpu is known on Linux only.
func (*Store) cpu(*testing.B) time.Duration { return 0 }
