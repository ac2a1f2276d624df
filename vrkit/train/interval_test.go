package train

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The values come from Python. The limits are those of n = 0 and of shares 0 and 1.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		right, n  int
		low, high float64
	}{{5, 10, .236593, .763407}, {0, 10, 0, .277533}, {10, 10, .722467, 1}, {721, 1000, .692396, .747912}} {
		low, high := Wilson(c.right, c.n)
		require.InDelta(t, c.low, low, 1e-5)
		require.InDelta(t, c.high, high, 1e-5)
	}
	low, high := Wilson(0, 0)
	require.Equal(t, [2]float64{0, 1}, [2]float64{low, high})
}
