//go:build !linux

package main

import (
	"os"
	"os/exec"
)

// startOn starts a process; the system chooses its processors.
func startOn(process *exec.Cmd, _ []int) error { return process.Start() }

// share returns nil, which means all processors.
func share(_, _ int) []int { return nil }

// peakMemory returns 0, because it is not known on this system.
func peakMemory(*os.ProcessState) int64 { return 0 }
