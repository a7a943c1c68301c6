package film

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// confine makes a child the first of a group of processes that ends with it, and with us.
// namespaced gives it namespaces of its own: in that of its network there is nothing, in that of
// processes it sees nobody else, and it is nobody in that of users, so that it has no rights in
// any.
func confine(command *exec.Cmd, namespaced bool) {
	attributes := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if namespaced {
		const nobody = 65534
		attributes.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC |
			syscall.CLONE_NEWUTS | syscall.CLONE_NEWNS
		attributes.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getuid(), Size: 1}}
		attributes.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getgid(), Size: 1}}
	}
	command.SysProcAttr = attributes
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}

// limit bounds what a process may use. One that is gone already needs no limits.
func limit(pid int) error {
	for resource, most := range map[int]uint64{
		unix.RLIMIT_AS: memoryMax, unix.RLIMIT_CPU: uint64(cpuMax.Seconds()), unix.RLIMIT_FSIZE: fileMax,
		unix.RLIMIT_NOFILE: filesMax, unix.RLIMIT_CORE: 0,
	} {
		if err := unix.Prlimit(pid, resource, &unix.Rlimit{Cur: most, Max: most}, nil); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	_ = unix.Setpriority(unix.PRIO_PROCESS, pid, niceness)
	return nil
}
