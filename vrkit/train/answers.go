package train

import (
	"context"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// Ask runs a program over samples, size at a time, and keeps what its frozen model answers.
func Ask(ctx context.Context, c *vrkit.Compiled, samples []datasets.Sample, size int) (output.Answers, error) {
	a := output.Answers{Sources: c.Model.Sources(), Targets: c.Targets}
	err := pass(ctx, c, samples, varied{}, size, &clock{}, func(b batch, _ int) error {
		_, source, err := c.Logits(b.pixels)
		if err != nil {
			return err
		}
		a.Logits = append(a.Logits, source[:len(b.labels)*a.Sources]...)
		a.Labels = append(a.Labels, b.labels...)
		return nil
	})
	return a, err
}
