package train

import (
	"context"
	"iter"
	"math/rand/v2"
	"sync"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/vrkit-go/reprogram/datasets"
)

// batch is the input of one step. All batches of a run have the same size, so that every graph compiles once: black
// images fill up the last batch, with the sample weight 0.
type batch struct {
	pixels  *tensors.Tensor // uint8 [size, side, side, 3]
	present *tensors.Tensor // float32 [size], the sample weight: 1 for a sample, 0 for filling
	target  *tensors.Tensor // int32 [size]
	labels  []int32         // of the samples only
}

func newBatch(size, side int) batch {
	return batch{
		pixels:  tensors.FromShape(shapes.Make(dtypes.Uint8, size, side, side, 3)),
		present: tensors.FromShape(shapes.Make(dtypes.Float32, size)),
		target:  tensors.FromShape(shapes.Make(dtypes.Int32, size)),
	}
}

func (b batch) finalize() {
	b.pixels.FinalizeAll()
	b.present.FinalizeAll()
	b.target.FinalizeAll()
}

// batches yields samples in the given order, augmented and resized to side; first is the number of the first batch. It
// prepares the next batch while the loop uses the current one. Batches share memory, so that a batch is valid only in
// the body of the loop. It ends early if the context does.
func batches(ctx context.Context, samples []datasets.Sample, order []int, v augmenter, size, side, first int) iter.Seq2[int, batch] {
	return func(yield func(int, batch) bool) {
		ctx, cancel := context.WithCancel(ctx)
		both := [2]batch{newBatch(size, side), newBatch(size, side)}
		ready, spare := make(chan batch), make(chan batch, len(both))
		var ended sync.WaitGroup
		defer func() {
			cancel()
			ended.Wait()
			for _, b := range both {
				b.finalize()
			}
		}()
		for _, b := range both {
			spare <- b
		}
		ended.Go(func() {
			defer close(ready)
			for start := first * size; start < len(order); start += size {
				b := <-spare
				b.fill(samples, order[start:min(start+size, len(order))], v)
				select {
				case ready <- b:
				case <-ctx.Done():
					return
				}
			}
		})
		number := first
		for b := range ready {
			proceed := ctx.Err() == nil && yield(number, b)
			spare <- b
			if !proceed {
				return
			}
			number++
		}
	}
}

// fill puts the chosen samples into the batch.
func (b *batch) fill(samples []datasets.Sample, chosen []int, v augmenter) {
	side := b.pixels.Shape().Dim(1)
	b.labels = b.labels[:0]
	tensors.MustMutableFlatData(b.pixels, func(all []uint8) {
		for i, index := range chosen {
			v.resize(all[i*side*side*3:(i+1)*side*side*3], samples[index], index, side)
			b.labels = append(b.labels, samples[index].Label)
		}
		clear(all[len(chosen)*side*side*3:])
	})
	tensors.MustMutableFlatData(b.present, func(all []float32) {
		clear(all)
		for i := range chosen {
			all[i] = 1
		}
	})
	tensors.MustMutableFlatData(b.target, func(all []int32) { clear(all[copy(all, b.labels):]) })
}

// steps returns the number of batches of n samples.
func steps(n, size int) int { return (n + size - 1) / size }

// inOrder returns 0 to n−1.
func inOrder(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// shuffled returns the order of an epoch's samples. Only seed and epoch decide it, so that a resumed run has the same
// order.
func shuffled(n int, seed uint64, epoch int) []int {
	return rand.New(rand.NewPCG(seed, uint64(epoch))).Perm(n)
}
