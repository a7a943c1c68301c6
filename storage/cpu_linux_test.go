package storage

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cpu is the time that this process took, with that of its connections' processes on a PostgreSQL
// of the same machine.
func (s *Store) cpu(b *testing.B) (took time.Duration) {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	took = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	if s.engine == sqlite {
		return took
	}
	var pids []int
	if err := s.list(b.Context(), &pids, `SELECT pid FROM pg_stat_activity WHERE datname = current_database()`); err != nil {
		b.Fatal(err)
	}
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // gone, or another machine's
		}
		_, fields, _ := strings.Cut(string(stat), ") ")
		var user, system int64
		if _, err := fmt.Sscanf(fields, "%s %d %d %d %d %d %d %d %d %d %d %d %d", new(string), new(int), new(int), new(int), new(int), new(int),
			new(uint), new(uint), new(uint), new(uint), new(uint), &user, &system); err == nil {
			took += time.Duration(user+system) * 10 * time.Millisecond // in hundredths of a second (proc(5))
		}
	}
	return took
}
