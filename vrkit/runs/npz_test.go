package runs

import (
	"archive/zip"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"
)

// A file with any one byte changed, or cut off anywhere, is an error or has the saved arrays: some bytes of a zip file,
// such as its dates, do not matter.
func TestLoadArraysDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "arrays.npz")
	prompt := []float32{1, -2, .5, 4, 5, 6}
	require.NoError(t, SaveArrays(path, zip.Deflate, map[string]*tensors.Tensor{
		"learned_prompt": tensors.FromFlatDataAndDimensions(prompt, 2, 3),
		"empty":          tensors.FromFlatDataAndDimensions([]int32{}, 0),
	}))
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	arrays, err := LoadArrays(path)
	require.NoError(t, err)
	require.Equal(t, prompt, tensors.MustCopyFlatData[float32](arrays["learned_prompt"]))
	require.Equal(t, []int{2, 3}, arrays["learned_prompt"].Shape().Dimensions)
	require.Contains(t, arrays, "empty")

	damaged := func(data []byte) {
		require.NoError(t, os.WriteFile(path, data, 0o600))
		arrays, err := LoadArrays(path)
		if err != nil {
			require.ErrorContains(t, err, path)
			return
		}
		if array, ok := arrays["learned_prompt"]; ok {
			require.Equal(t, prompt, tensors.MustCopyFlatData[float32](array))
		}
	}
	for i := range whole {
		changed := append([]byte(nil), whole...)
		changed[i] ^= 0x55
		damaged(changed)
	}
	for n := range whole {
		damaged(whole[:n])
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	require.NoError(t, WriteFile(path, []byte("one"), 0o600))
	require.NoError(t, WriteFile(path, []byte("two"), 0o666))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "two", string(data))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o666), info.Mode(), "neither the umask's nor that of the file before")

	none := filepath.Join(dir, "none", "file")
	require.EqualError(t, WriteFile(none, nil, 0o600), "can't write "+none+": no such file or directory")
	require.EqualError(t, WriteFile(dir, nil, 0o600), "can't write "+dir+": file exists")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing is left beside")
}
