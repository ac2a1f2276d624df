package output

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIdentity(t *testing.T) {
	m, err := Identity{}.Mapping(4, 3)
	require.NoError(t, err)
	require.Equal(t, Mapping{Sources: 4, Targets: 3, Weights: []float32{1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}}, m)
}

// RLM gives each target label a source label of its own, the same for the same seed; more target labels make the draw
// longer, and another seed gives another draw.
func TestRLM(t *testing.T) {
	few, err := RLM{Seed: 5}.Mapping(1000, 10)
	require.NoError(t, err)
	again, err := RLM{Seed: 5}.Mapping(1000, 10)
	require.NoError(t, err)
	require.Equal(t, few, again)
	many, err := RLM{Seed: 5}.Mapping(1000, 1000)
	require.NoError(t, err)
	require.Equal(t, pi(few), pi(many)[:10])
	all := slices.Sorted(slices.Values(pi(many)))
	for source, got := range all {
		require.Equal(t, source, got, "each source label once")
	}
	other, err := RLM{Seed: 6}.Mapping(1000, 10)
	require.NoError(t, err)
	require.NotEqual(t, pi(few), pi(other))
}

func TestTooFewSources(t *testing.T) {
	for _, alignment := range []Constant{RLM{}, Identity{}} {
		_, err := alignment.Mapping(3, 4)
		require.EqualError(t, err, "a one-to-one mapping needs at least as many source labels as target labels, but there are 3 for 4: take blm", alignment.Name())
	}
	logits, labels := noise(8, 3, 4)
	for _, alignment := range []Estimator{FLM{}, ILM{}} {
		s := NewStatistics(3, 4)
		require.NoError(t, alignment.Observe(s, logits, labels))
		_, err := alignment.Estimate(s)
		require.ErrorContains(t, err, "there are 3 for 4", alignment.Name())
	}
	for _, alignment := range []Estimator{BLM{Lambda: 1}, BLMPlus{Lambda: 1, Alpha: .15}} {
		m := estimated(t, alignment, logits, labels, 4) // many to many works
		require.NoError(t, m.Check())
	}
}

// pi reads a one-to-one mapping off its columns.
func pi(m Mapping) []int {
	sources := make([]int, m.Targets)
	for i, w := range m.Weights {
		if w != 0 {
			sources[i%m.Targets] = i / m.Targets
		}
	}
	return sources
}
