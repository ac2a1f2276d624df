package runs

import (
	"archive/zip"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"
)

// FuzzLoadArrays reads hostile .npz files: the result is an error, or arrays with as many values as their shapes say.
// An array needs no more memory than its unpacked bytes, which deflate bounds at about a thousand times the packed
// ones.
func FuzzLoadArrays(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed.npz")
	require.NoError(f, SaveArrays(path, zip.Deflate, map[string]*tensors.Tensor{
		"a": tensors.FromFlatDataAndDimensions([]float32{1, 2, 3, 4, 5, 6}, 2, 3),
		"b": tensors.FromFlatDataAndDimensions([]int32{7}, 1),
	}))
	seed, err := os.ReadFile(path)
	require.NoError(f, err)
	f.Add(seed)
	f.Fuzz(func(t *testing.T, file []byte) {
		path := filepath.Join(t.TempDir(), "fuzz.npz")
		require.NoError(t, os.WriteFile(path, file, 0o600))
		arrays, err := LoadArrays(path)
		if err != nil {
			return
		}
		total := 0
		for _, array := range arrays {
			size := 1
			for _, d := range array.Shape().Dimensions {
				size *= d
			}
			require.Equal(t, size, array.Size())
			total += int(array.ByteSize())
		}
		require.LessOrEqual(t, total, 1100*len(file)+1<<10)
	})
}
