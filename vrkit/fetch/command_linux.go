package fetch

import (
	"os/exec"
	"syscall"
)

// endWithUs makes the kernel end the command if this process is killed, so that it does not write where the next
// process starts again.
func endWithUs(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
