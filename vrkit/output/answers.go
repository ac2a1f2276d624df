package output

import "fmt"

// Answers are the frozen model's source logits for all of some labelled samples, to compare mappings on a few thousand
// samples. Training does not need them, see Statistics.
type Answers struct {
	Sources, Targets int
	Logits           []float32 // z, row-major [n, Sources]
	Labels           []int32   // y, [n]
}

// First returns the answers for the first n samples, or for all if there are fewer.
func (a Answers) First(n int) Answers {
	n = min(n, len(a.Labels))
	a.Logits, a.Labels = a.Logits[:n*a.Sources], a.Labels[:n]
	return a
}

// Count counts the top answers: the joint frequency F.
func (a Answers) Count() (*Statistics, error) {
	s := NewStatistics(a.Sources, a.Targets)
	return s, s.Count(a.Logits, a.Labels)
}

// Omega computes the ω of an alignment, from the answers if it needs data.
func (a Answers) Omega(o Alignment) (Mapping, error) {
	switch o := o.(type) {
	case Constant:
		return o.Mapping(a.Sources, a.Targets)
	case Estimator:
		s, needs := NewStatistics(a.Sources, a.Targets), NeedsOf(o)
		if needs.Mean {
			if err := s.AddMean(a.Logits); err != nil {
				return Mapping{}, err
			}
		}
		if err := o.Observe(s, a.Logits, a.Labels); err != nil {
			return Mapping{}, err
		}
		return o.Estimate(s)
	}
	return Mapping{}, fmt.Errorf("%s has no ω to compute from answers: training learns it", o.Name())
}

// Accuracy is the share of samples, 0 to 1, that ω classifies right.
func (a Answers) Accuracy(m Mapping) (float64, error) { return m.Accuracy(a.Logits, a.Labels) }
