package output

import "fmt"

// Answers are the frozen model's source logits for labelled samples, all of them: for comparing mappings
// on a few thousand samples. A training run needs no such thing, see Statistics.
type Answers struct {
	Sources, Targets int
	Logits           []float32 // z, row-major [n, Sources]
	Labels           []int32   // y, [n]
}

// First are the answers for the first n samples, or for all if there are fewer.
func (a Answers) First(n int) Answers {
	n = min(n, len(a.Labels))
	a.Logits, a.Labels = a.Logits[:n*a.Sources], a.Labels[:n]
	return a
}

// Count counts the first answers, the joint frequency F.
func (a Answers) Count() (*Statistics, error) {
	s := NewStatistics(a.Sources, a.Targets)
	return s, s.Count(a.Logits, a.Labels)
}

// Omega is ω of an alignment: estimated from the answers or, where it needs no data, without them.
func (a Answers) Omega(o Alignment) (Mapping, error) {
	switch o := o.(type) {
	case Fixed:
		return o.Mapping(a.Sources, a.Targets)
	case Estimator:
		s := NewStatistics(a.Sources, a.Targets)
		if err := o.Observe(s, a.Logits, a.Labels); err != nil {
			return Mapping{}, err
		}
		return o.Estimate(s)
	}
	return Mapping{}, fmt.Errorf("%s has no ω to compute from answers: training learns it", o.Name())
}

// Accuracy is the share, 0 to 1, of the samples that ω reads right.
func (a Answers) Accuracy(m Mapping) (float64, error) { return m.Accuracy(a.Logits, a.Labels) }
