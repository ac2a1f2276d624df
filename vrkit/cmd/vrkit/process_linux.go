package main

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// startOn starts a process on some of the processors, which it inherits from the thread that starts it.
func startOn(process *exec.Cmd, processors []int) error {
	if len(processors) == 0 {
		return process.Start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, chosen unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return process.Start() // without affinity the system distributes the processors
	}
	for _, p := range processors {
		chosen.Set(p)
	}
	if err := unix.SchedSetaffinity(0, &chosen); err != nil {
		return process.Start()
	}
	defer unix.SchedSetaffinity(0, &before)
	return process.Start()
}

// share lists the processors of one of several workers: every workers-th of those that this process may use. It returns
// nil, which means all, if there is nothing to share.
func share(worker, workers int) (processors []int) {
	var usable unix.CPUSet
	if workers == 1 || unix.SchedGetaffinity(0, &usable) != nil || usable.Count() < workers {
		return nil
	}
	next := 0
	for p := 0; next < usable.Count(); p++ {
		if !usable.IsSet(p) {
			continue
		}
		if next%workers == worker {
			processors = append(processors, p)
		}
		next++
	}
	return processors
}

// peakMemory is the largest resident set of an ended process, in bytes.
func peakMemory(ended *os.ProcessState) int64 {
	if usage, ok := ended.SysUsage().(*syscall.Rusage); ok {
		return usage.Maxrss * 1024
	}
	return 0
}
