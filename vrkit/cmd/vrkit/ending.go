package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
)

// crash matches the line that names the cause of a crash: of Go, of Go about a signal in C, and of XLA's checks.
var crash = regexp.MustCompile(`^(panic: |fatal error: |SIG[A-Z]+: |F[0-9]{4} )`)

// ending says why a run's process failed, from its exit and its standard error. It uses only lines of the command
// itself or of a crash, because other lines are progress. It returns an error of waiting unchanged.
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
		return errors.New("its process was stopped from outside; the same command resumes it")
	case crashed != "":
		return fmt.Errorf("its process crashed: %s; the same command resumes it", crashed)
	case reason != "":
		return errors.New(reason)
	}
	return fmt.Errorf("its process ended with exit status %d and gave no reason", ended.ExitCode())
}

// bySignal is the error of a process that a signal ended, with its largest memory, in bytes, if known.
func bySignal(signal syscall.Signal, peak int64) error {
	if signal != syscall.SIGKILL {
		return fmt.Errorf("its process was ended from outside (signal: %s); the same command resumes it", signal)
	}
	took := ""
	if peak > 0 {
		took = fmt.Sprintf(" (it took up to %s MB)", grouped(int(peak/1e6)))
	}
	return fmt.Errorf("its process was killed from outside, by the system if memory ran out%s; the same command resumes it, and a smaller -batch or fewer -jobs take less memory", took)
}
