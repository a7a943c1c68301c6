package crashtest

import (
	"os/exec"
	"syscall"
)

// tether has the kernel end a process with the thread that started it, so that a test program which
// is itself killed leaves no node behind.
func tether(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
