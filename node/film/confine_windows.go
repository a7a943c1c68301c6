package film

import "os/exec"

// confine has nothing to offer here; the time is limited all the same.
func confine(*exec.Cmd, bool) {}

func limit(int) error { return nil }
