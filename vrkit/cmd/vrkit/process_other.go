//go:build !linux

package main

import (
	"os"
	"os/exec"
)

// startOn starts a process; which processors it gets is for the system to say.
func startOn(process *exec.Cmd, _ []int) error { return process.Start() }

// share lists no processors, which means all.
func share(_, _ int) []int { return nil }

// peakMemory is not known here.
func peakMemory(*os.ProcessState) int64 { return 0 }
