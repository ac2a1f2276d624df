package train

import (
	"context"
	"iter"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/vrkit-go/reprogram/datasets"
)

// batch is what one step takes. All batches of a run have the same size, so that every graph compiles
// once: a last partial batch is filled up with black images, which present leaves out.
type batch struct {
	pixels  *tensors.Tensor // uint8 [size, side, side, 3]
	present *tensors.Tensor // float32 [size], 1 for a sample and 0 for filling
	target  *tensors.Tensor // int32 [size]
	labels  []int32         // of the samples alone
}

func (b batch) finalize() {
	b.pixels.FinalizeAll()
	b.present.FinalizeAll()
	b.target.FinalizeAll()
}

// batches yields samples in the given order, varied and resized to side, from the batch numbered first
// on. The next one is prepared while the current one is in use. It ends early if the context does.
func batches(ctx context.Context, samples []datasets.Sample, order []int, v varied, size, side, first int) iter.Seq2[int, batch] {
	return func(yield func(int, batch) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		ready := make(chan batch)
		go func() {
			defer close(ready)
			for start := first * size; start < len(order); start += size {
				b := assemble(samples, order[start:min(start+size, len(order))], v, size, side)
				select {
				case ready <- b:
				case <-ctx.Done():
					return
				}
			}
		}()
		number := first
		for b := range ready {
			proceed := ctx.Err() == nil && yield(number, b)
			b.finalize()
			if !proceed {
				return
			}
			number++
		}
	}
}

func assemble(samples []datasets.Sample, chosen []int, v varied, size, side int) batch {
	pixels := tensors.FromShape(shapes.Make(dtypes.Uint8, size, side, side, 3))
	present := make([]float32, size)
	labels := make([]int32, size)
	tensors.MustMutableFlatData(pixels, func(all []uint8) { // in place: a batch may be some megabytes
		for i, index := range chosen {
			v.resize(all[i*side*side*3:(i+1)*side*side*3], samples[index], index, side)
			present[i], labels[i] = 1, samples[index].Label
		}
	})
	return batch{
		pixels:  pixels,
		present: tensors.FromFlatDataAndDimensions(present, size),
		target:  tensors.FromFlatDataAndDimensions(labels, size),
		labels:  append([]int32(nil), labels[:len(chosen)]...),
	}
}

// steps is the number of batches of n samples.
func steps(n, size int) int { return (n + size - 1) / size }

// inOrder is 0 to n−1.
func inOrder(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// shuffled is the order of an epoch's samples: a function of seed and epoch alone, so that a resumed
// run takes the same.
func shuffled(n int, seed uint64, epoch int) []int {
	return rand.New(rand.NewPCG(seed, uint64(epoch))).Perm(n)
}
