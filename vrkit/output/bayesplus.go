package output

import (
	"cmp"
	"math"

	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// BLMPlus is BLM+: BLM from probability mass A instead of counts F. A sample adds the probabilities of its k likeliest
// source labels, where BLM counts 1 for the likeliest (docs/methods.md 2.5):
//
//	A[s,t] = Σ_{i: y_i=t} P̃[i,s]
//	V[s,t] = A[s,t] / (Σ_t' A[s,t'] + λ)        ω[s,t] = V[s,t] / Σ_s' V[s',t]
//
// P̃ is the softmax of a sample's source logits with all but the k largest values set to zero, and not normalised
// again.
type BLMPlus struct {
	// Lambda is the smoothing λ ≥ 0, as in BLM. The papers take 1.
	Lambda float64 `json:"lambda" usage:"BLM and BLM+: smoothing λ"`
	// Alpha is the ratio α > 0 of k to the number of target labels, not of source labels: k = max(1, ⌊αK⌋), and at most
	// S. The papers take 0.15; for K < 7 that gives their code a k of 0 and an ω of NaN, where k is 1 here. An α of S/K
	// or more keeps every probability.
	Alpha float64 `json:"alpha" usage:"BLM+: the share α: of each sample the α·K likeliest source labels count"`
	// Top is k itself, at most S, instead of α; 0 takes α's. A vocabulary has so many source labels, and a task of texts
	// so few target labels, that α's k is too small.
	Top int `json:"top,omitempty" usage:"BLM+: how many of each sample's likeliest source labels count, instead of α·K"`
	Centring
}

// Name is "blm+".
func (BLMPlus) Name() string { return "blm+" }

// Alignment is statistical.
func (BLMPlus) Alignment() taxonomy.Alignment { return taxonomy.Statistical }

// When is EveryEpoch.
func (BLMPlus) When() When { return EveryEpoch }

// Observe adds each sample's k largest probabilities.
func (b BLMPlus) Observe(s *Statistics, logits []float32, labels []int32) error {
	if err := checkAlpha(b.Alpha); err != nil {
		return err
	}
	return s.Mass(logits, labels, b.kept(s.Sources, s.Targets))
}

// Estimate is BLM's, from the mass.
func (b BLMPlus) Estimate(s *Statistics) (Mapping, error) { return bayes(s, b.Lambda) }

// Check returns an error unless λ and α are in their ranges.
func (b BLMPlus) Check() error {
	if b.Top < 0 {
		return registry.Wrong("top", "BLM+ counts 1 or more source labels of a sample, or with 0 as many as α says, not %d", b.Top)
	}
	return cmp.Or(checkLambda(b.Lambda), checkAlpha(b.Alpha))
}

// kept returns k. The product is computed in float64 and truncated, as in the papers' code: 0.29 of 100 gives 28.
func (b BLMPlus) kept(sources, targets int) int {
	if b.Top > 0 {
		return min(b.Top, sources)
	}
	return max(1, int(min(b.Alpha*float64(targets), float64(sources))))
}

// checkAlpha returns an error unless α is a finite number above 0.
func checkAlpha(alpha float64) error {
	if !(alpha > 0) || math.IsInf(alpha, 0) {
		return registry.Wrong("alpha", "BLM+'s α must be a number above 0, not %v", alpha)
	}
	return nil
}
