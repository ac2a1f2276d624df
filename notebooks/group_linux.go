package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ownGroup starts the command in a process group of its own, so that Ctrl-C reaches only the launcher, which then ends
// the command. The kernel ends the command if the launcher is killed.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

// signalGroup sends a signal to a command started by ownGroup and to all in its
// group.
func signalGroup(cmd *exec.Cmd, signal syscall.Signal) error {
	return syscall.Kill(-cmd.Process.Pid, signal)
}

// endWithGo makes the kernel end this process when a signal ends the "go run" that started it, because go does not pass
// the signal on.
func endWithGo() {
	name, err := os.ReadFile("/proc/" + strconv.Itoa(os.Getppid()) + "/comm")
	if err == nil && strings.TrimSpace(string(name)) == "go" {
		_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGTERM), 0, 0, 0)
	}
}

// alive tells whether there is a process with this number.
func alive(pid string) bool {
	_, err := os.Stat("/proc/" + pid + "/stat")
	return err == nil
}

// endMarked ends every process whose environment has this scratch folder as its TMPDIR: the kernels, which Jupyter puts
// into sessions of their own, and their cells, whatever their parent is.
func endMarked(scratch string) {
	for wait := 0; wait < 30; wait++ {
		signal := syscall.SIGTERM
		if wait >= 10 {
			signal = syscall.SIGKILL
		}
		pids := marked(scratch)
		if len(pids) == 0 {
			return
		}
		for _, pid := range pids {
			_ = syscall.Kill(pid, signal)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func marked(scratch string) (pids []int) {
	mark := []byte("TMPDIR=" + filepath.Join(scratch, "tmp"))
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		environ, err := os.ReadFile(file) // empty for zombies, an error for others' processes
		if err != nil {
			continue
		}
		for _, variable := range bytes.Split(environ, []byte{0}) {
			if bytes.Equal(variable, mark) {
				pid, _ := strconv.Atoi(strings.Split(file, "/")[2])
				if pid != os.Getpid() {
					pids = append(pids, pid)
				}
			}
		}
	}
	return pids
}
