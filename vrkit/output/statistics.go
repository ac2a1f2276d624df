package output

import (
	"fmt"
	"math"
)

// Statistics are what estimators of ω need to know of the training data, accumulated batch by batch
// so that all logits are never held at once.
type Statistics struct {
	Sources, Targets int
	Joint            []float64 // row-major [Sources, Targets]: counts F, or probability mass A
	Samples          []int     // [Targets], how many samples each target label had
}

// NewStatistics starts from nothing. targets comes from the data set's metadata, not from the labels
// seen, so that an absent class is noticed.
func NewStatistics(sources, targets int) *Statistics {
	return &Statistics{Sources: sources, Targets: targets, Joint: make([]float64, sources*targets), Samples: make([]int, targets)}
}

// Count adds a batch to the joint frequency F[s,t]: how many samples of target t the frozen model
// takes for source s. logits is row-major [n,S]; of equal logits the first source wins.
func (s *Statistics) Count(logits []float32, labels []int32) error {
	if len(logits) != len(labels)*s.Sources {
		return fmt.Errorf("%d logits are not %d samples of %d source labels", len(logits), len(labels), s.Sources)
	}
	for i, label := range labels {
		if label < 0 || int(label) >= s.Targets {
			return fmt.Errorf("sample %d has the label %d, but there are %d target labels (0 to %d)", i, label, s.Targets, s.Targets-1)
		}
		source, err := argmax(logits[i*s.Sources : (i+1)*s.Sources])
		if err != nil {
			return fmt.Errorf("sample %d: %w", i, err)
		}
		s.Joint[source*s.Targets+int(label)]++
		s.Samples[label]++
	}
	return nil
}

// argmax is the first largest logit; a logit that is not finite is an error.
func argmax(logits []float32) (best int, err error) {
	for i, v := range logits {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return 0, fmt.Errorf("source logit %d is %v: the frozen model's answer is not usable", i, v)
		}
		if v > logits[best] {
			best = i
		}
	}
	return best, nil
}

// requireEveryClass returns an error that names the first target label with no sample: no statistic
// can say which source labels stand for it.
func (s *Statistics) requireEveryClass() error {
	for t, n := range s.Samples {
		if n == 0 {
			return fmt.Errorf("target label %d has no training sample, so no mapping can be estimated for it: take more training images", t)
		}
	}
	return nil
}
