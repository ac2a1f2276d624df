package output

import (
	"math"

	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// BLM is Bayesian-guided label mapping: every source label votes for every target label with the probability of the
// target, given that the source is the frozen model's top answer. The probabilities are estimated from counts (BLM,
// NeurIPS 2024; docs/methods.md 2.4):
//
//	V[s,t] = F[s,t] / (Σ_t' F[s,t'] + λ)        ω[s,t] = V[s,t] / Σ_s' V[s',t]
//
// Each column of ω sums to one, so a target logit is an average of source logits.
type BLM struct {
	// Lambda is the Laplace smoothing λ ≥ 0: it makes rare source labels count less. The papers take 1. With 0, a
	// source label that was never a top answer votes for nothing.
	Lambda float64 `json:"lambda" usage:"BLM and BLM+: smoothing λ"`
	Centring
}

// Name is "blm".
func (BLM) Name() string { return "blm" }

// Alignment is statistical.
func (BLM) Alignment() taxonomy.Alignment { return taxonomy.Statistical }

// When is EveryEpoch.
func (BLM) When() When { return EveryEpoch }

// Observe counts.
func (BLM) Observe(s *Statistics, logits []float32, labels []int32) error {
	return s.Count(logits, labels)
}

// Estimate computes ω from the counts.
func (b BLM) Estimate(s *Statistics) (Mapping, error) { return bayes(s, b.Lambda) }

// Check returns an error unless λ is a finite number of at least 0.
func (b BLM) Check() error { return checkLambda(b.Lambda) }

// bayes smooths the rows of the joint statistic, counts or probability mass, by λ and normalises its columns.
func bayes(s *Statistics, lambda float64) (Mapping, error) {
	if err := checkLambda(lambda); err != nil {
		return Mapping{}, err
	}
	if err := s.requireEveryClass(); err != nil {
		return Mapping{}, err
	}
	votes := make([]float64, len(s.Joint))
	columns := make([]float64, s.Targets)
	for source := range s.Sources {
		row := s.Joint[source*s.Targets : (source+1)*s.Targets]
		total := lambda
		for _, n := range row {
			total += n
		}
		if total == 0 {
			continue // never a top answer, and no smoothing: no vote
		}
		for target, n := range row {
			votes[source*s.Targets+target] = n / total
			columns[target] += n / total
		}
	}
	m := NewMapping(s.Sources, s.Targets)
	for i, v := range votes {
		m.Weights[i] = float32(v / columns[i%s.Targets])
	}
	m = s.withCentre(m)
	return m, m.Check()
}

// checkLambda returns an error unless λ is a finite number of at least 0.
func checkLambda(lambda float64) error {
	if !(lambda >= 0) || math.IsInf(lambda, 0) {
		return registry.Wrong("lambda", "BLM's λ must be a number of at least 0, not %v", lambda)
	}
	return nil
}
