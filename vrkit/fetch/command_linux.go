package fetch

import (
	"os/exec"
	"syscall"
)

// endWithUs has the kernel end the command should this process be killed, so
// that it does not go on writing where the next start begins anew.
func endWithUs(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
