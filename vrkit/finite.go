package vrkit

import (
	"fmt"
	"slices"

	"github.com/vrkit-go/reprogram/vrkit/output"
)

// CheckLogits returns an error if a logit is not finite. The error names the first such sample, and the cause. target is
// [n,K] and source [n,S], row-major; target may be nil. samples has the number of each row's sample; nil counts from 0.
func (c *Compiled) CheckLogits(target, source []float32, samples []int) error {
	row, err := c.unusable(target, source)
	if err != nil && samples != nil {
		row = samples[row]
	}
	if err != nil {
		return fmt.Errorf("sample %d: %w", row, err)
	}
	return nil
}

// unusable is CheckLogits with the samples counted from 0.
func (c *Compiled) unusable(target, source []float32) (sample int, err error) {
	cause := "the prompt or the weights are damaged, or too large"
	if c.Precision == BF16 {
		cause += " for " + BF16
	}
	if sample, err = unusable("source", source, c.Model.Sources(), cause); err != nil {
		return sample, err
	}
	return unusable("target", target, c.Targets, "ω is damaged, or too large")
}

// unusable returns the index of the first sample with a logit that is not finite, of logits [n,labels], and an error
// that names it.
func unusable(kind string, logits []float32, labels int, cause string) (sample int, err error) {
	at := slices.IndexFunc(logits, notFinite)
	if at < 0 {
		return 0, nil
	}
	return at / labels, fmt.Errorf("%s logit %d is %v: no answer can be read from it, because %s", kind, at%labels, logits[at], cause)
}

func notFinite(v float32) bool { return !output.Finite(v) }
