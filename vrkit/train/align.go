package train

import (
	"context"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/vrkit-go/reprogram/vrkit/output"
)

// watch starts new statistics for the training steps, if the next ω is estimated from them.
func (t *trainer) watch() {
	estimator, ok := t.Program.Output.(output.Estimator)
	if ok && estimator.When() == output.EveryEpoch && t.Schedule == Fast {
		t.seen = newStatistics(t.program)
	}
}

// observe adds a training step's source logits to the statistics for the next epoch's ω.
func (t *trainer) observe(said stepped, labels []int32) error {
	if t.seen == nil {
		return nil
	}
	logits, err := tensors.CopyFlatData[float32](said.source)
	if err != nil {
		return err
	}
	estimator := t.Program.Output.(output.Estimator)
	return estimator.Observe(t.seen, logits[:len(labels)*t.program.Model.Sources()], labels)
}

// align estimates ω for the coming epoch, if its schedule asks for it and the state does not have it: before the first
// epoch, and on the exact ω schedule, by a separate pass; else from the statistics of the training steps of the epoch
// before.
func (t *trainer) align(ctx context.Context) error {
	first := len(t.state.Metrics) == 0
	estimator, ok := t.Program.Output.(output.Estimator)
	if !ok || t.state.Estimated || (!first && estimator.When() == output.Once) {
		return nil
	}
	var mapping output.Mapping
	var err error
	if t.seen != nil && !first {
		mapping, err = mapped(t.program, estimator, t.seen)
		t.watch() // new statistics
	} else {
		v := augmenter{t.Recipe.Augment, t.Seed, estimating(t.state.Epoch)}
		mapping, err = estimate(ctx, t.program, t.Data.Train, v, t.Batch, t.clock(StageEstimate))
	}
	if err != nil {
		return err
	}
	t.state.Estimated = true
	return t.program.SetMapping(mapping)
}
