package fetch

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// With childEnv the test binary fetches the test asset from the address in it, and prints its progress: a second
// real process. With hastyEnv it does not wait long for others.
const childEnv, hastyEnv = "VRKIT_TEST_GET", "VRKIT_TEST_HASTY"

func TestMain(m *testing.M) {
	address := os.Getenv(childEnv)
	if address == "" {
		os.Exit(m.Run())
	}
	if os.Getenv(hastyEnv) != "" {
		stallTime, pause = 300*time.Millisecond, 10*time.Millisecond
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	path, err := asset(address).Get(ctx, func(p Progress) {
		fmt.Println(p.Stage, p.Done, p.Note)
	})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("path", path)
}

// childCommand returns such a process.
func childCommand(address string) *exec.Cmd {
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), childEnv+"="+address)
	return process
}

// child starts a process that fetches the asset.
func child(t *testing.T, address string) (process *exec.Cmd, lines *bufio.Scanner) {
	t.Helper()
	process = childCommand(address)
	out, err := process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	t.Cleanup(func() { _ = process.Process.Kill() })
	return process, bufio.NewScanner(out)
}

func TestTwoProcessesOneFetches(t *testing.T) {
	cache := emptyCache(t)
	s := serve(t, slowly(time.Second))
	type outcome struct {
		waited string
		path   string
	}
	outcomes := make(chan outcome, 2)
	for range 2 {
		process, lines := child(t, s.URL)
		go func() {
			var o outcome
			for lines.Scan() {
				if rest, ok := strings.CutPrefix(lines.Text(), "waiting 0 "); ok {
					o.waited = rest
				}
				if rest, ok := strings.CutPrefix(lines.Text(), "path "); ok {
					o.path = rest
				}
			}
			_ = process.Wait()
			outcomes <- o
		}()
	}
	a, b := <-outcomes, <-outcomes
	require.Equal(t, 1, s.count(), "one of the two fetches")
	require.NotEqual(t, a.waited == "", b.waited == "", "the other waits and says so: %q, %q", a.waited, b.waited)
	require.Regexp(t, `^waiting for process \d+, which is at work on it$`, a.waited+b.waited)
	path := filepath.Join(cache, "test", "file.bin")
	require.Equal(t, path, a.path)
	require.Equal(t, path, b.path)
	requireContent(t, path)
}

func TestKilledProcessLeavesNothingThatIsBelieved(t *testing.T) {
	cache := emptyCache(t)
	slow := serve(t, slowly(time.Minute))
	process, lines := child(t, slow.URL)
	for lines.Scan() { // until it downloads
		var done int
		if n, _ := fmt.Sscanf(lines.Text(), "downloading %d", &done); n == 1 && done > 0 {
			break
		}
	}
	require.NoError(t, process.Process.Kill())
	_ = process.Wait()
	left, err := filepath.Glob(filepath.Join(cache, "partial", "*", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, left, "the process was killed in the middle")
	require.NoFileExists(t, filepath.Join(cache, "test", "file.bin"))

	quick := serve(t, whole)
	path, err := asset(quick.URL).Get(t.Context(), nil)
	require.NoError(t, err)
	requireContent(t, path)
}
