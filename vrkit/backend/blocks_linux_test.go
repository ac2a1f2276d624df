package backend_test

import (
	"math/rand/v2"
	"slices"
	"sync"
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
	mapped, used := backend.Blocks()
	require.GreaterOrEqual(t, used-before, int64(size), "the plugin's arrays are none of our blocks")
	require.NoError(t, buffer.Finalize())
	_, after := backend.Blocks()
	require.LessOrEqual(t, after, used-size, "the block is still in use")
	for range 5 {
		require.NoError(t, array(t, b, size, 7).Finalize())
	}
	again, _ := backend.Blocks()
	require.Equal(t, mapped, again, "the block was mapped anew")
}

// What is kept is at most a quarter more than was ever in use at once, whatever the sizes.
func TestBlocksAreGivenBack(t *testing.T) {
	b := backendtest.XLA(t)
	var most int64
	for mib := 64; mib <= 256; mib += 16 { // each too large for the one before
		buffer := array(t, b, mib<<20, byte(mib))
		_, used := backend.Blocks()
		most = max(most, used)
		require.NoError(t, buffer.Finalize())
		mapped, _ := backend.Blocks()
		require.LessOrEqual(t, mapped, most+most/4)
	}
}

// Arrays of all sizes, made and dropped by several goroutines at once, keep what was put into them.
func TestBlocksKeepTheirValues(t *testing.T) {
	b := backendtest.XLA(t)
	var group sync.WaitGroup
	for g := range 4 {
		group.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(g)))
			type held struct {
				buffer compute.Buffer
				size   int
				value  byte
			}
			var all []held
			for i := range 200 {
				h := held{size: 1 << (16 + random.IntN(8)), value: byte(i)}
				h.size += random.IntN(h.size)
				h.buffer = array(t, b, h.size, h.value)
				all = append(all, h)
				if len(all) < 8 {
					continue
				}
				k := random.IntN(len(all))
				out := make([]byte, all[k].size)
				if all[k].buffer.ToFlatData(out) != nil || slices.Min(out) != all[k].value || slices.Max(out) != all[k].value || all[k].buffer.Finalize() != nil {
					t.Errorf("an array of %d bytes does not hold what was put into it", all[k].size)
				}
				all = slices.Delete(all, k, k+1)
			}
		})
	}
	group.Wait()
}

func array(t *testing.T, b compute.Backend, size int, value byte) compute.Buffer {
	buffer, err := b.BufferFromFlatData(0, slices.Repeat([]byte{value}, size), shapes.Make(dtypes.Uint8, size))
	require.NoError(t, err)
	return buffer
}
