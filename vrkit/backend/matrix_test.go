package backend

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/fetch/fetchtest"
)

// tinyPlugins replaces the pinned plugins by three small libraries that pass for plugins, and returns a wheel of each.
func tinyPlugins(t *testing.T) (wheels []string) {
	t.Helper()
	saved := append([]plugin(nil), pinned...)
	t.Cleanup(func() { copy(pinned, saved) })
	for i := range pinned {
		dir := t.TempDir()
		source, library := filepath.Join(dir, "x.c"), filepath.Join(dir, "x.so")
		require.NoError(t, os.WriteFile(source, fmt.Appendf(nil, "void *GetPjrtApi(void) { return (void *)%d; }\n", i), 0o600))
		if out, err := exec.Command("cc", "-shared", "-fPIC", "-nostdlib", "-o", library, source).CombinedOutput(); err != nil {
			fetchtest.Missing(t, "no C compiler to make small plugins with: %v %s", err, out)
		}
		sum, err := fetch.SHA256(library)
		require.NoError(t, err)
		info, err := os.Stat(library)
		require.NoError(t, err)
		from := pinned[i].Sources[0].(fetch.PyPI)
		pinned[i].SHA256, pinned[i].Size = sum, info.Size()
		wheels = append(wheels, fetchtest.Package(t, from.File, map[string]string{from.Member: library}))
	}
	return wheels
}

// The matrix of plugins: each source is removed in turn, and the next is used. If none is left, one line says why,
// once, and what to do.
func TestMatrixOfPlugins(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: pip is run for each case")
	}
	if _, err := exec.LookPath("python3"); err != nil {
		fetchtest.Missing(t, "there is no python3 here")
	}
	for left := len(pinned); left >= 0; left-- {
		t.Run(fmt.Sprint(left), func(t *testing.T) {
			nothingElse(t)
			wheels := tinyPlugins(t)
			for _, setting := range fetchtest.Index(t, wheels[len(pinned)-left:]...).Environment() {
				name, value, _ := strings.Cut(setting, "=")
				t.Setenv(name, value)
			}
			info, err := Locate(t.Context(), Options{Device: "cpu"})
			if left == 0 {
				t.Log(err)
				oneLineError(t, err, "lammps-jax-pjrt-cpu 0.11.2, the Python package xla-cpu-pjrt 0.0.1, the Python package fastatomstruct",
					": pip's index has no such file; check the network and pip's settings, or set GOMLX_BACKEND=xla:/")
				return
			}
			require.NoError(t, err)
			t.Log(info)
			want := pinned[len(pinned)-left]
			require.Equal(t, want.SHA256, info.SHA256)
			require.Equal(t, want.Sources[0].String(), info.Source)
			again, err := Locate(t.Context(), Options{Device: "cpu", Offline: true})
			require.NoError(t, err)
			require.Equal(t, info, again)
		})
	}
}
