package backend

import (
	"debug/elf"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/go-xla/pjrt"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// A flag that the plugin's file does not hold is refused before the plugin ends the process.
func TestCheckFlags(t *testing.T) {
	plugin := filepath.Join(t.TempDir(), "plugin.so")
	const size = 4 << 20
	long := "xla_" + strings.Repeat("x", 60)
	content := make([]byte, 2*size+100)
	copy(content[7:], "xla_cpu_fast")
	copy(content[size+40:], long) // across two blocks
	copy(content[len(content)-9:], "xla_at_end")
	content = append(content, "d"...)
	require.NoError(t, os.WriteFile(plugin, content, 0o600))
	for flags, want := range map[string]string{
		"":                             "",
		"--xla_cpu_fast=true":          "",
		" --xla_cpu_fast --xla_at_en":  "",
		"--" + long + "=1":             "",
		"/some/file":                   "",
		"--nonsense":                   "XLA_FLAGS has --nonsense, which the plugin does not know: correct it, or unset XLA_FLAGS",
		"--xla_cpu_fast=1 --odd=2 --o": "XLA_FLAGS has --odd, which",
		"--" + long + "x":              "x, which the plugin does not know",
	} {
		err := checkFlags(plugin, flags)
		if want == "" {
			require.NoError(t, err, flags)
		} else {
			require.ErrorContains(t, err, want, flags)
		}
	}
	require.ErrorIs(t, checkFlags(plugin+"x", "--a"), os.ErrNotExist)
}

// A plugin that is looked for on this machine, and then to be fetched, is refused once.
func TestSameReasonOnce(t *testing.T) {
	nothingElse(t)
	broken := library(t, elf.EM_S390)
	_, err := fetch.Once(t.Context(), "plugins/go-xla-cpu", pjrt.DefaultCPUVersion, nil, func(dir string) error {
		return os.Rename(broken, filepath.Join(dir, filepath.Base(broken)))
	})
	require.NoError(t, err)
	var notes []string
	_, err = Locate(t.Context(), Options{Device: "cpu", Offline: true, Report: func(p fetch.Progress) { notes = append(notes, p.Note) }})
	oneLineError(t, err, "go-xla's release: ", "EM_S390")
	require.Equal(t, 1, strings.Count(err.Error(), "EM_S390"), "%v", err)
	require.Len(t, notes, 1)
}
