package backend

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A program that tunes its memory stays the same process, keeps its arguments, and ends with the settings,
// or with the user's own.
func TestTuneMemory(t *testing.T) {
	const asked = "VRKIT_TEST_TUNE"
	if os.Getenv(asked) != "" {
		TuneMemory()
		t.Logf("tuned: %d %s", os.Getpid(), os.Getenv(mallocEnv))
		return
	}
	for _, own := range []string{"", "glibc.malloc.arena_max=3"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestTuneMemory$", "-test.v")
		cmd.Env = append(without(os.Environ(), mallocEnv), asked+"=1")
		want := malloc
		if own != "" {
			want, cmd.Env = own, append(cmd.Env, mallocEnv+"="+own)
		}
		var said strings.Builder
		cmd.Stdout, cmd.Stderr = &said, &said
		require.NoError(t, cmd.Run(), said.String())
		require.Contains(t, said.String(), "tuned: "+strconv.Itoa(cmd.Process.Pid)+" "+want+"\n")
	}
}

// without is an environment less one variable.
func without(environment []string, name string) (rest []string) {
	for _, e := range environment {
		if !strings.HasPrefix(e, name+"=") {
			rest = append(rest, e)
		}
	}
	return rest
}

// The notebooks' kernel starts its cells with the same settings, but for the single arena.
func TestKernelTunesMemory(t *testing.T) {
	script, err := os.ReadFile("../../notebooks/jupyter/kernels/gonb/launch.sh")
	require.NoError(t, err)
	require.Contains(t, string(script), mallocEnv+"="+keepMemory+"}")
}
