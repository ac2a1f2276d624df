package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/results"
)

// TestTableKilled kills a table, then a run of it, and resumes the table: no run outlives its table, the killed run is
// reported as killed, and the table continues from what both left.
func TestTableKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a real network is trained")
	}
	backendtest.XLA(t)
	dir := t.TempDir()
	grid := []string{"table", "-o", "grid", "-seeds", "0", "-train", "400", "-test", "30", "-batch", "20", "-side", "64", "-epochs", "1", "-json"}
	run := filepath.Join(dir, "grid/squeezenet1.1/mnist/pad-blm/seed-0")
	trained := func() bool { // more than epoch 0
		metrics, _ := os.ReadFile(filepath.Join(run, "metrics.csv"))
		return bytes.Count(metrics, []byte("\n")) > 2
	}

	table := process(t, dir, grid...)
	require.NoError(t, table.Start())
	child := childOf(t, table.Process.Pid)
	await(t, "the state of epoch 0", func() bool {
		_, err := os.Stat(filepath.Join(run, "metrics.csv"))
		return err == nil
	})
	said := ticks(child)
	await(t, "work on epoch 1, where the run says nothing for a while", func() bool { return ticks(child) > said+20 })
	require.NoError(t, table.Process.Kill())
	require.Error(t, table.Wait())
	await(t, "the end of the run of a table that was killed", func() bool { return !alive(child) })
	require.False(t, trained(), "the run outlived its table")

	table = process(t, dir, grid...)
	var stderr bytes.Buffer
	table.Stderr = &stderr
	require.NoError(t, table.Start())
	require.NoError(t, syscall.Kill(childOf(t, table.Process.Pid), syscall.SIGKILL))
	require.Error(t, table.Wait())
	require.Equal(t, 1, table.ProcessState.ExitCode())
	require.Contains(t, stderr.String(), "vrkit table: mnist squeezenet1.1 pad blm seed 0: its process was killed from outside")

	t.Setenv(commandEnv, "1")
	status, stdout, failure := vrkitIn(t, dir, grid...)
	require.Equal(t, 0, status, failure)
	var rows []results.Row
	require.NoError(t, json.Unmarshal([]byte(stdout), &rows))
	require.Len(t, rows, 1)
	require.Equal(t, 1, rows[0].Epochs)
	require.True(t, trained())
}

// childOf waits for the first child of a process.
func childOf(t *testing.T, parent int) (pid int) {
	await(t, "a run's process", func() bool {
		stats, err := filepath.Glob("/proc/[0-9]*/stat")
		require.NoError(t, err)
		for _, path := range stats {
			if fields := stat(path); len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
				pid, err = strconv.Atoi(filepath.Base(filepath.Dir(path)))
				require.NoError(t, err)
				return true
			}
		}
		return false
	})
	return pid
}

// alive tells whether a process has not ended; one whose parent has not read its exit status has ended.
func alive(pid int) bool {
	fields := stat(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return len(fields) > 0 && fields[0] != "Z"
}

// ticks is the processor time of a process, in hundredths of a second.
func ticks(pid int) (sum int) {
	if fields := stat(filepath.Join("/proc", strconv.Itoa(pid), "stat")); len(fields) > 12 {
		for _, field := range fields[11:13] {
			n, _ := strconv.Atoi(field)
			sum += n
		}
	}
	return sum
}

// stat returns the fields after the process's name: its state, its parent and more; nothing if there is no such
// process.
func stat(path string) []string {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
}

// await polls until is returns true.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * patience); !is(); time.Sleep(20 * time.Millisecond) {
		require.True(t, time.Now().Before(end), "waited in vain for %s", what)
	}
}
