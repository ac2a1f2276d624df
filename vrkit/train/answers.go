package train

import (
	"context"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// Answers runs a program over samples, size at a time, and keeps what its frozen model answers. A logit
// that is not finite is an error.
func Answers(ctx context.Context, c *vrkit.Compiled, samples []datasets.Sample, size int) (output.Answers, error) {
	n := c.Model.Sources()
	a := output.Answers{Sources: n, Targets: c.Targets, Logits: make([]float32, len(samples)*n), Labels: make([]int32, len(samples))}
	err := pass(ctx, c, samples, augmenter{}, size, &clock{}, func(b batch) error {
		_, source, err := answers(c, b)
		for i, at := range b.chosen {
			if err == nil {
				copy(a.Logits[at*n:], source[i*n:(i+1)*n])
				a.Labels[at] = b.labels[i]
			}
		}
		return err
	})
	return a, err
}
