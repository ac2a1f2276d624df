package train

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/vrkit"
)

// squares makes rows of pictures of this side.
type squares int

func (s squares) NewRows(n int) vrkit.Rows {
	return vrkit.Rows{tensors.FromShape(shapes.Make(dtypes.Uint8, n, int(s), int(s), 3))}
}

func (squares) Texts([]string) (vrkit.Rows, error) { return nil, errors.New("a picture is no text") }

// Batches share memory: nothing of one batch is left in the next.
func TestLastBatchIsFilledUp(t *testing.T) {
	samples := make([]datasets.Sample, 5)
	for i := range samples {
		samples[i] = datasets.Sample{Label: int32(i + 1), Image: datasets.Image{Height: 1, Width: 1, Channels: 1, Pixels: []uint8{uint8(10 * (i + 1))}}}
	}
	var pixels [][]uint8
	var present [][]float32
	var target, labels [][]int32
	for _, b := range batches(t.Context(), squares(1), samples, []int{4, 3, 2, 1, 0}, augmenter{}, 2, 0) {
		pixels = append(pixels, tensors.MustCopyFlatData[uint8](b.rows[0]))
		present = append(present, tensors.MustCopyFlatData[float32](b.present))
		target = append(target, tensors.MustCopyFlatData[int32](b.target))
		labels = append(labels, slices.Clone(b.labels))
	}
	require.Equal(t, [][]uint8{{50, 50, 50, 40, 40, 40}, {30, 30, 30, 20, 20, 20}, {10, 10, 10, 0, 0, 0}}, pixels)
	require.Equal(t, [][]float32{{1, 1}, {1, 1}, {1, 0}}, present)
	require.Equal(t, [][]int32{{5, 4}, {3, 2}, {1, 0}}, target)
	require.Equal(t, [][]int32{{5, 4}, {3, 2}, {1}}, labels)
}

// If the loop ends early, no goroutine waits for ever: synctest fails if one does.
func TestBatchesEndEarly(t *testing.T) {
	samples := []datasets.Sample{{Image: datasets.Image{Height: 1, Width: 1, Channels: 1, Pixels: []uint8{1}}}}
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			for range batches(t.Context(), squares(1), samples, make([]int, 9), augmenter{}, 1, 0) {
				break
			}
			require.Panics(t, func() {
				for range batches(t.Context(), squares(1), samples, make([]int, 9), augmenter{}, 1, 0) {
					panic("in the loop")
				}
			})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			for number := range batches(ctx, squares(1), samples, make([]int, 9), augmenter{}, 1, 0) {
				require.Less(t, number, 3)
				if number == 2 {
					cancel()
				}
			}
		})
	}
}

// BenchmarkBatch measures the time to prepare a batch, which happens beside the device's work: 16 images of side 40,
// resized for padding at side 128, and augmented for SMM at side 224.
func BenchmarkBatch(b *testing.B) {
	const size, from = 16, 40
	samples := make([]datasets.Sample, size)
	for i := range samples {
		samples[i].Image = datasets.Image{Height: from, Width: from, Channels: 3, Pixels: make([]uint8, 3*from*from)}
		for at := range samples[i].Pixels {
			samples[i].Pixels[at] = uint8(at*at/7 + i)
		}
	}
	for name, c := range map[string]struct {
		side int
		augmenter
	}{
		"pad": {side: 64},
		"smm": {224, augmenter{Augment: Augment{Margin: 32, Flip: true}}},
	} {
		b.Run(fmt.Sprintf("%s/side=%d", name, c.side), func(b *testing.B) {
			b.ReportAllocs()
			into := newBatch(squares(c.side), size)
			defer into.finalize()
			for b.Loop() {
				into.fill(squares(c.side), samples, inOrder(size), c.augmenter)
			}
		})
	}
}
