package output

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// FLM is frequent label mapping: each target label gets one source label of its own, the most frequent top answer for
// its samples. It is estimated once, with the initial prompt (docs/methods.md 2.3).
type FLM struct{ Centring }

// Name is "flm".
func (FLM) Name() string { return "flm" }

// Alignment is statistical.
func (FLM) Alignment() taxonomy.Alignment { return taxonomy.Statistical }

// When is Once.
func (FLM) When() When { return Once }

// Observe counts.
func (FLM) Observe(s *Statistics, logits []float32, labels []int32) error {
	return s.Count(logits, labels)
}

// Estimate computes the greedy one-to-one mapping, as one-hot columns.
func (FLM) Estimate(s *Statistics) (Mapping, error) { return oneToOne(s) }

// oneToOne is the greedy mapping of the joint frequency, as a matrix of one-hot columns.
func oneToOne(s *Statistics) (Mapping, error) {
	if err := requireSources(s.Sources, s.Targets); err != nil {
		return Mapping{}, err
	}
	if err := s.requireEveryClass(); err != nil {
		return Mapping{}, err
	}
	return s.withCentre(OneHot(s.Sources, Greedy(s.Joint, s.Sources, s.Targets))), nil
}

// requireSources returns an error if there are not enough source labels for each target label to have
// one of its own.
func requireSources(sources, targets int) error {
	if targets > sources {
		return fmt.Errorf("a one-to-one mapping needs at least as many source labels as target labels, but there are %d for %d: take blm", sources, targets)
	}
	return nil
}

// Greedy gives each target one source of its own, π[target] = source, from the joint frequency, row-major [sources,
// targets] with sources ≥ targets: it takes the largest cell, removes its row and column, and repeats. Of equal cells
// the one with the smaller source comes first, then the smaller target. It is not the best assignment, because the
// papers' mapping is not.
func Greedy(joint []float64, sources, targets int) []int {
	var cells []int
	for cell, n := range joint {
		if n > 0 {
			cells = append(cells, cell)
		}
	}
	slices.SortFunc(cells, func(a, b int) int {
		return cmp.Or(cmp.Compare(joint[b], joint[a]), cmp.Compare(a, b)) // row-major order breaks ties
	})
	pi := slices.Repeat([]int{-1}, targets)
	taken := make([]bool, sources)
	for _, cell := range cells {
		if source, target := cell/targets, cell%targets; pi[target] < 0 && !taken[source] {
			pi[target], taken[source] = source, true
		}
	}
	free := 0 // the cells that are left are zeros; smaller sources and targets come first here too
	for target, source := range pi {
		if source >= 0 {
			continue
		}
		for taken[free] {
			free++
		}
		pi[target], taken[free] = free, true
	}
	return pi
}
