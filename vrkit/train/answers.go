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
	a := output.Answers{Sources: c.Model.Sources(), Targets: c.Targets}
	err := pass(ctx, c, samples, augmenter{}, size, &clock{}, func(b batch, first int) error {
		_, source, err := answers(c, b, first)
		if err != nil {
			return err
		}
		a.Logits = append(a.Logits, source...)
		a.Labels = append(a.Labels, b.labels...)
		return nil
	})
	return a, err
}
