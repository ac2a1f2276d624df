//go:build cgo && !noblocks && !asan && !msan

package backend_test

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
)

func TestXLATakesOurBlocks(t *testing.T) {
	b := backendtest.XLA(t)
	const size = 40<<20 + 12
	_, before := backend.Blocks()
	buffer := array(t, b, size, 7)
	kept, used := backend.Blocks()
	require.GreaterOrEqual(t, used-before, int64(size), "the plugin's arrays are not in our blocks")
	require.NoError(t, buffer.Finalize())
	_, after := backend.Blocks()
	require.LessOrEqual(t, after, used-size, "the block is still in use")
	for range 5 {
		require.NoError(t, array(t, b, size, 7).Finalize())
	}
	again, _ := backend.Blocks()
	require.Equal(t, kept, again, "the block was mapped again")
}

// No more memory is kept than was in use at once, whatever the sizes.
func TestBlocksAreGivenBack(t *testing.T) {
	b := backendtest.XLA(t)
	var most int64
	for mib := 64; mib <= 256; mib += 16 { // each too large for the one before
		buffer := array(t, b, mib<<20, byte(mib))
		_, used := backend.Blocks()
		most = max(most, used)
		require.NoError(t, buffer.Finalize())
		kept, _ := backend.Blocks()
		require.LessOrEqual(t, kept, most)
	}
}

// Functions that the plugin does not call, or calls on several threads, are tested from C.
func TestBlocksFromC(t *testing.T) {
	program := filepath.Join(t.TempDir(), "blocks")
	compiler := cmp.Or(os.Getenv("CC"), "cc")
	out, err := exec.Command(compiler, "-Wall", "-Wextra", "-Werror", "-O1", "-fno-builtin", "-o", program,
		"testdata/blocks.c", "blocks_linux.c", "-ldl", "-lpthread").CombinedOutput()
	require.NoError(t, err, string(out))
	for _, value := range []string{"", "off"} {
		c := exec.Command(program)
		c.Env = append(os.Environ(), backend.BlocksEnv+"="+value)
		out, err = c.CombinedOutput()
		require.NoError(t, err, "%s=%s: %s", backend.BlocksEnv, value, out)
	}
}

// The tag leaves the definitions out, and the package still compiles.
func TestBlocksTag(t *testing.T) {
	for tags, want := range map[string]string{"": "[blocks_linux.c]", "noblocks": "[]"} {
		out, err := exec.Command("go", "list", "-tags", tags, "-f", "{{.CFiles}}", ".").CombinedOutput()
		require.NoError(t, err, string(out))
		require.Equal(t, want, strings.TrimSpace(string(out)), tags)
	}
	out, err := exec.Command("go", "vet", "-tags", "noblocks", ".").CombinedOutput()
	require.NoError(t, err, string(out))
}

// A misspelt value is an error before anything is fetched or loaded.
func TestBlocksVariable(t *testing.T) {
	who, err := backend.LargeBlocks()
	require.NoError(t, err)
	require.Contains(t, who, "kept")
	t.Setenv(backend.BlocksEnv, "of")
	_, _, err = backend.Open(t.Context(), backend.Options{Offline: true})
	require.ErrorContains(t, err, "VRKIT_BLOCKS=of is not known")
}

func array(t *testing.T, b compute.Backend, size int, value byte) compute.Buffer {
	buffer, err := b.BufferFromFlatData(0, slices.Repeat([]byte{value}, size), shapes.Make(dtypes.Uint8, size))
	require.NoError(t, err)
	return buffer
}
