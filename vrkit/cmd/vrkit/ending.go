package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
)

// crash matches the line that says why a process crashed: of Go, of Go about a signal in C, and of XLA's checks.
var crash = regexp.MustCompile(`^(panic: |fatal error: |SIG[A-Z]+: |F[0-9]{4} )`)

// ending says why a run's process failed, from how it ended and from what it wrote to its standard error. Progress
// is no reason: only a line of the command itself, or of a crash. An error of waiting for it stays as it is.
func ending(ended *os.ProcessState, failed error, said string) error {
	if ended.Success() {
		return failed
	}
	if status, ok := ended.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return bySignal(status.Signal(), peakMemory(ended))
	}
	const stopped, own = 130, "vrkit train: "
	var reason, crashed string
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if text, found := strings.CutPrefix(line, own); found {
			reason = text
		} else if crashed == "" && crash.MatchString(line) {
			crashed = line
		}
	}
	switch {
	case ended.ExitCode() == stopped:
		return errors.New("its process was stopped from outside; the same command goes on from what is kept")
	case crashed != "":
		return fmt.Errorf("its process crashed: %s; the same command goes on from what is kept", crashed)
	case reason != "":
		return errors.New(reason)
	}
	return fmt.Errorf("its process ended with exit status %d and gave no reason", ended.ExitCode())
}

// bySignal is the error of a process that a signal ended, with the largest memory that it had, in bytes, if known.
func bySignal(signal syscall.Signal, peak int64) error {
	if signal != syscall.SIGKILL {
		return fmt.Errorf("its process was ended from outside (signal: %s); the same command goes on from what is kept", signal)
	}
	took := ""
	if peak > 0 {
		took = fmt.Sprintf(" (it took up to %s MB)", grouped(int(peak/1e6)))
	}
	return fmt.Errorf("its process was killed from outside, by the system if memory ran out%s; the same command goes on from what is kept, and a smaller -batch or fewer -jobs take less memory", took)
}
