package idx

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRead(t *testing.T) {
	a, err := Read(bytes.NewReader([]byte{0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6}))
	require.NoError(t, err)
	require.Equal(t, Array{Shape: []int{2, 3}, Data: []byte{1, 2, 3, 4, 5, 6}}, a)
}

func TestReadRefuses(t *testing.T) {
	for want, file := range map[string][]byte{
		"too short":          {0, 0, 8},
		"not an IDX file of": {0, 0, 13, 1, 0, 0, 0, 0},
		"cut off":            {0, 0, 8, 1, 0, 0},
		"claims more":        {0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255},
		"5 or more bytes":    {0, 0, 8, 1, 0, 0, 0, 4, 1, 2, 3, 4, 5},
		"3 or more bytes":    {0, 0, 8, 1, 0, 0, 0, 4, 1, 2, 3},
	} {
		_, err := Read(bytes.NewReader(file))
		require.ErrorContains(t, err, want)
	}
}

// FuzzRead: no panic, and no more memory than eight times the file and 64 KiB, whatever the header claims.
func FuzzRead(f *testing.F) {
	f.Add([]byte{0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6})
	f.Add([]byte{0, 0, 8, 1, 0x3f, 255, 255, 255, 1, 2, 3})
	f.Fuzz(func(t *testing.T, file []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		array, err := Read(bytes.NewReader(file))
		runtime.ReadMemStats(&after)
		require.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(8*len(file)+64<<10))
		if err != nil {
			return
		}
		size := 1
		for _, d := range array.Shape {
			size *= d
		}
		require.Len(t, array.Data, size)
	})
}
