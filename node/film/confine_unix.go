//go:build unix && !linux

package film

import (
	"os/exec"
	"syscall"
)

// confine makes a child the first of a group of processes that ends with it. Systems other than
// Linux have no namespaces.
func confine(command *exec.Cmd, _ bool) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}

// limit is for Linux alone, where the limits of another process can be set.
func limit(int) error { return nil }
