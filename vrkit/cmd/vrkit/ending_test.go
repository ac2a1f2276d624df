package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Real processes end in every way in which a run can end.
func TestEnding(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no shell to end in many ways")
	}
	const progress = "echo 'SqueezeNet 1.1 on MNIST: before training, test 36.7 %' >&2; "
	for script, want := range map[string]string{
		progress + "kill -9 $$":    "was killed from outside, by the system if memory ran out",
		progress + "kill -TERM $$": "was ended from outside (signal: terminated); the same command resumes",
		progress + "kill -SEGV $$": "(signal: segmentation fault)",
		progress + "exit 3":        "its process ended with exit status 3 and gave no reason",
		"exit 1":                   "its process ended with exit status 1 and gave no reason",
		progress + "echo 'vrkit train: no place is left' >&2; exit 1":                                         "no place is left",
		"echo 'vrkit train: no place is left' >&2; " + progress + "exit 1":                                    "no place is left",
		progress + "echo 'vrkit train: stopped; the same command resumes it' >&2; exit 130":                   "its process was stopped from outside; the same",
		progress + "printf 'panic: index out of range\\n\\ngoroutine 1 [running]:\\nexit status' >&2; exit 2": "its process crashed: panic: index out of range;",
		progress + "printf 'fatal error: out of memory\\n\\nr15 0x0\\n' >&2; exit 2":                          "its process crashed: fatal error: out of memory;",
		"printf 'F0000 00:00:1 t.cc:3] Check failed: ok\\nSIGABRT: abort\\nPC=0x1\\n' >&2; exit 2":            "its process crashed: F0000 00:00:1 t.cc:3] Check failed: ok;",
	} {
		process := exec.Command("sh", "-c", script)
		var said strings.Builder
		process.Stderr = &said
		failed := process.Run()
		require.Error(t, failed, script)
		err := ending(process.ProcessState, failed, said.String())
		require.ErrorContains(t, err, want, script)
		require.NotContains(t, err.Error(), "before training", script)
		require.NotContains(t, err.Error(), "\n", script)
	}
}
