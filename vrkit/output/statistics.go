package output

import (
	"fmt"
	"math"
)

// Statistics are what estimators of ω need of the training data. They accumulate batch by batch, so that all logits are
// never in memory at once.
type Statistics struct {
	Sources, Targets int
	Joint            []float64 // row-major [Sources, Targets]: counts F, or probability mass A
	Samples          []int     // [Targets], the number of samples of each target label
	Centre           []float64 // [Sources], subtracted from each sample's source logits; nil for none
	Free             []float32 // row-major [n, Sources], the source logits of texts without content
	Labels           []string  // [Sources], the names of the source labels; nil if no estimator looks for them

	likely   []float64 // row-major [Sources, Targets], of PETAL: the sums of log probabilities
	averaged int       // samples in Centre
	row      []float32 // of a centred sample
}

// NewStatistics returns statistics of no samples. targets comes from the data set's description, not from the labels
// seen, so that a class without samples is noticed.
func NewStatistics(sources, targets int) *Statistics {
	return &Statistics{Sources: sources, Targets: targets, Joint: make([]float64, sources*targets), Samples: make([]int, targets)}
}

// Count adds a batch to the joint frequency F[s,t]: the number of samples of target t whose top answer is source s.
// logits is row-major [n,S]; of equal logits the first is the top answer. A logit that is not finite and a label
// outside 0 to K−1 are errors.
func (s *Statistics) Count(logits []float32, labels []int32) error {
	return s.each(logits, labels, func(row []float32, target int) {
		s.Joint[argmax(row)*s.Targets+target]++
	})
}

// Mass adds a batch to the joint probability mass A[s,t]: the sum, over the samples of target t, of the softmax of
// source s if it is among the sample's k largest, 1 ≤ k ≤ S. The kept probabilities are not normalised again, so that a
// sample adds a mass of 1 only if k = S. logits is row-major [n,S]; the softmax is computed in float64; of equal
// probabilities the first is kept. Errors are those of Count.
func (s *Statistics) Mass(logits []float32, labels []int32, k int) error {
	if k < 1 || k > s.Sources {
		return fmt.Errorf("a sample has 1 to %d probabilities to keep, not %d", s.Sources, k)
	}
	probabilities, kept := make([]float64, s.Sources), make([]int, k)
	return s.each(logits, labels, func(row []float32, target int) {
		softmax(probabilities, row)
		largest(kept, probabilities)
		for _, source := range kept {
			s.Joint[source*s.Targets+target] += probabilities[source]
		}
	})
}

// each calls visit for the samples of a batch, with their source logits, [S] and finite, and their target labels. It
// counts the samples of each target label.
func (s *Statistics) each(logits []float32, labels []int32, visit func(row []float32, target int)) error {
	if len(logits) != len(labels)*s.Sources {
		return fmt.Errorf("%d logits are not %d samples of %d source labels", len(logits), len(labels), s.Sources)
	}
	for i, label := range labels {
		if label < 0 || int(label) >= s.Targets {
			return fmt.Errorf("sample %d has the label %d, but there are %d target labels (0 to %d)", i, label, s.Targets, s.Targets-1)
		}
		row := logits[i*s.Sources : (i+1)*s.Sources]
		if err := usable(row, i); err != nil {
			return err
		}
		visit(s.centred(row), int(label))
		s.Samples[label]++
	}
	return nil
}

// usable returns an error if a source logit of the sample of that number is not finite.
func usable(row []float32, sample int) error {
	for source, v := range row {
		if !Finite(v) {
			return fmt.Errorf("sample %d: source logit %d is %v: the frozen model's answer is not usable", sample, source, v)
		}
	}
	return nil
}

// Finite tells whether a logit or a weight is neither NaN nor infinite.
func Finite(v float32) bool { return v-v == 0 }

// argmax is the index of the largest logit, the first of equal ones.
func argmax(logits []float32) int {
	best := 0
	for i, v := range logits {
		if v > logits[best] {
			best = i
		}
	}
	return best
}

// softmax writes the softmax of logits into p, of the same length.
func softmax(p []float64, logits []float32) {
	top := float64(logits[argmax(logits)])
	total := 0.
	for i, v := range logits {
		p[i] = math.Exp(float64(v) - top)
		total += p[i]
	}
	for i := range p {
		p[i] /= total
	}
}

// largest fills kept with the indices of the len(kept) largest values of p, in no order; of equal values the first are
// kept. kept is a heap with its smallest value at the root, so that most values of p are too small to enter it and cost
// one comparison each.
func largest(kept []int, p []float64) {
	goesBefore := func(a, b int) bool { return p[a] < p[b] || p[a] == p[b] && a > b }
	sink := func(at int) {
		for {
			first := 2*at + 1
			if first >= len(kept) {
				return
			}
			if other := first + 1; other < len(kept) && goesBefore(kept[other], kept[first]) {
				first = other
			}
			if !goesBefore(kept[first], kept[at]) {
				return
			}
			kept[at], kept[first] = kept[first], kept[at]
			at = first
		}
	}
	for i := range kept {
		kept[i] = i
	}
	for at := len(kept)/2 - 1; at >= 0; at-- {
		sink(at)
	}
	for i := len(kept); i < len(p); i++ {
		if p[i] > p[kept[0]] { // of equal values the first is kept
			kept[0] = i
			sink(0)
		}
	}
}

// requireEveryClass returns an error that names the first target label without samples: no statistic can say which
// source labels stand for it.
func (s *Statistics) requireEveryClass() error {
	for t, n := range s.Samples {
		if n == 0 {
			return fmt.Errorf("target label %d has no training sample, so no mapping can be estimated for it: take more training images", t)
		}
	}
	return nil
}
