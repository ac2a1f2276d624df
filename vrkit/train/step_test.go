package train

import (
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"
)

// Each step of each epoch of each seed has random numbers of its own, and always the same.
func TestRandomOfSteps(t *testing.T) {
	seen := map[[3]uint64]bool{}
	for _, seed := range []uint64{0, 1, 7, 1 << 40} {
		for epoch := range 20 {
			for step := range 20 {
				at := func() [3]uint64 {
					return [3]uint64(tensors.MustCopyFlatData[uint64](random(seed, epoch, step)))
				}
				require.Equal(t, at(), at())
				seen[at()] = true
			}
		}
	}
	require.Len(t, seen, 4*20*20)
}
