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
	"github.com/vrkit-go/reprogram/vrkit"
)

// batch is the input of one step. All batches of a run have the same size, so that every graph compiles once: the last
// batch is filled up, with the sample weight 0.
type batch struct {
	rows    vrkit.Rows      // the samples
	present *tensors.Tensor // float32 [size], the sample weight: 1 for a sample, 0 for filling
	target  *tensors.Tensor // int32 [size]
	labels  []int32         // of the samples only
	chosen  []int           // the samples' numbers
	err     error           // of a sample that can't be a row
}

func newBatch(p rowed, size int) *batch {
	return &batch{
		rows:    p.NewRows(size),
		present: tensors.FromShape(shapes.Make(dtypes.Float32, size)),
		target:  tensors.FromShape(shapes.Make(dtypes.Int32, size)),
	}
}

func (b batch) finalize() {
	b.rows.Finalize()
	b.present.FinalizeAll()
	b.target.FinalizeAll()
}

// rowed makes the rows of a program: it is the [vrkit.Compiled].
type rowed interface {
	NewRows(n int) vrkit.Rows
	Texts(texts []string) (vrkit.Rows, error)
}

// batches yields samples in the given order as rows of p, augmented; first is the number of the first batch. It
// prepares the next batch while the loop uses the current one. Batches share memory, so that a batch is valid only in
// the body of the loop. It ends early if the context does.
func batches(ctx context.Context, p rowed, samples []datasets.Sample, order []int, v augmenter, size, first int) iter.Seq2[int, batch] {
	return func(yield func(int, batch) bool) {
		ctx, cancel := context.WithCancel(ctx)
		both := [2]*batch{newBatch(p, size), newBatch(p, size)}
		ready, spare := make(chan *batch), make(chan *batch, len(both))
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
				b.fill(p, samples, order[start:min(start+size, len(order))], v)
				select {
				case ready <- b:
				case <-ctx.Done():
					return
				}
			}
		})
		number := first
		for b := range ready {
			proceed := ctx.Err() == nil && yield(number, *b)
			spare <- b
			if !proceed {
				return
			}
			number++
		}
	}
}

// fill puts the chosen samples into the batch.
func (b *batch) fill(p rowed, samples []datasets.Sample, chosen []int, v augmenter) {
	b.labels, b.chosen, b.err = b.labels[:0], chosen, nil
	for _, index := range chosen {
		b.labels = append(b.labels, samples[index].Label)
	}
	if len(b.rows) == 1 {
		b.fillPictures(samples, chosen, v)
	} else {
		b.fillTexts(p, samples, chosen)
	}
	tensors.MustMutableFlatData(b.present, func(all []float32) {
		clear(all)
		for i := range chosen {
			all[i] = 1
		}
	})
	tensors.MustMutableFlatData(b.target, func(all []int32) { clear(all[copy(all, b.labels):]) })
}

// fillPictures fills up with black pictures.
func (b *batch) fillPictures(samples []datasets.Sample, chosen []int, v augmenter) {
	side := b.rows[0].Shape().Dim(1)
	tensors.MustMutableFlatData(b.rows[0], func(all []uint8) {
		for i, index := range chosen {
			v.resize(all[i*side*side*3:(i+1)*side*side*3], samples[index], index, side)
		}
		clear(all[len(chosen)*side*side*3:])
	})
}

// fillTexts fills up with the first text, because a text without tokens has no place to read the answer at.
func (b *batch) fillTexts(p rowed, samples []datasets.Sample, chosen []int) {
	texts := make([]string, b.rows.Len())
	for i := range texts {
		index := chosen[0]
		if i < len(chosen) {
			index = chosen[i]
		}
		texts[i] = samples[index].Text
	}
	rows, err := p.Texts(texts)
	if err != nil {
		b.err = err
		return
	}
	b.rows.Finalize()
	b.rows = rows
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
