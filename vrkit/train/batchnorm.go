package train

import (
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/input"

	. "github.com/gomlx/gomlx/core/graph"
)

// BatchNorm says which mean and variance an evaluation takes for a BatchNorm in the input manipulation, such as those
// of SMM's mask generator (docs/methods.md 1.3). The frozen model's own always has its published ones.
type BatchNorm string

// The kinds. Training is the same with both: it normalises with the batch's own statistics.
const (
	// Running is PyTorch's: the running statistics move a tenth of the way to each batch's, so that they lag behind the
	// parameters, and after that many steps a share of .9^steps is still their initial value.
	Running BatchNorm = "running"
	// Precise estimates them again at the end of each epoch, by a pass of the input manipulation over the training
	// images with the parameters at that time: the mean over the batches, in order, each weighted by its images.
	Precise BatchNorm = "precise"
)

// BatchNorms lists the kinds.
var BatchNorms = []BatchNorm{Running, Precise}

// Check returns an error that lists the kinds, if k is not one of them.
func (k BatchNorm) Check() error {
	if slices.Contains(BatchNorms, k) {
		return nil
	}
	return fmt.Errorf("no kind of BatchNorm statistics is called %q; known: %s, %s", k, Running, Precise)
}

// hasStatistics tells whether the program has running statistics that training moves.
func hasStatistics(p vrkit.Program) bool {
	normed, ok := p.Input.(input.Normed)
	return ok && normed.RunningStatistics()
}

// Reestimate sets the running statistics of the program's input manipulation to those of samples, as [Precise] does at
// the end of an epoch: by a pass in batches of size, with everything else unchanged. It does nothing if the program has
// none.
func Reestimate(ctx context.Context, c *vrkit.Compiled, samples []datasets.Sample, size int, events func(Event)) error {
	r, err := newReestimator(c)
	if err != nil || r == nil {
		return err
	}
	defer r.finalize()
	return r.run(ctx, samples, augmenter{}, size, &clock{event: Event{Stage: StageStatistics}, report: events})
}

// reestimator is the compiled input manipulation in training mode, without training: it only moves running statistics.
// nil stands for a program that has no statistics.
type reestimator struct {
	program *vrkit.Compiled
	exec    *vrkit.Computation
}

func newReestimator(c *vrkit.Compiled) (*reestimator, error) {
	if !hasStatistics(c.Program) {
		return nil, nil
	}
	exec, err := model.NewExec(c.Backend, c.Store, func(root *model.Scope, pixels, present, momentum *Node) *Node {
		root.Store().SetTraining(pixels.Graph(), true)
		seen := c.Manipulate(root, models.Value{Each: pixels, Present: present, Momentum: momentum})
		return ConvertDType(ReduceAllMean(seen), dtypes.Float32) // a graph needs a result
	})
	if err != nil {
		return nil, err
	}
	return &reestimator{c, c.Computation(exec, true, true, false)}, nil
}

func (r *reestimator) finalize() {
	if r != nil {
		r.exec.Finalize()
	}
}

// run takes a pass over samples. It may be stopped and started again, because its first batch replaces the statistics.
func (r *reestimator) run(ctx context.Context, samples []datasets.Sample, v augmenter, size int, clock *clock) error {
	seen := 0
	return pass(ctx, r.program, samples, v, size, clock, func(b batch) error {
		seen += len(b.labels)
		share := tensors.FromScalar(float32(len(b.labels)) / float32(seen))
		defer share.FinalizeAll()
		values, err := r.exec.Run(b.rows[0], b.present, share)
		if err != nil {
			return err
		}
		values[0].FinalizeAll()
		return nil
	})
}

// reestimate runs it on the training samples, augmented as in a pass that estimates ω, if the run asks for it.
func (t *trainer) reestimate(ctx context.Context) error {
	if t.precise == nil {
		return nil
	}
	v := augmenter{t.Recipe.Augment, t.Seed, estimating(t.state.Epoch)}
	return t.precise.run(ctx, t.Data.Train, v, t.Batch, t.clock(StageStatistics))
}
