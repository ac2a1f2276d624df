package train

import (
	"context"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// Ask runs a program over samples in batches of size, and returns the frozen model's logits. A logit that is not finite
// is an error.
func Ask(ctx context.Context, c *vrkit.Compiled, samples []datasets.Sample, size int) (output.Answers, error) {
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
