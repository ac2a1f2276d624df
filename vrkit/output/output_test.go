package output

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// observed returns statistics with this joint count matrix.
func observed(joint [][]float64) *Statistics {
	s := NewStatistics(len(joint), len(joint[0]))
	for source, row := range joint {
		for target, n := range row {
			s.Joint[source*s.Targets+target] = n
			s.Samples[target] += int(n)
		}
	}
	return s
}

// The worked examples of docs/methods.md 2.3 and 2.6.
func TestGreedy(t *testing.T) {
	for _, c := range []struct {
		name  string
		joint [][]float64
		want  []int
	}{
		{"ties and a zero row", [][]float64{{5, 5, 0}, {5, 2, 0}, {0, 0, 0}, {0, 0, 3}, {0, 0, 0}}, []int{0, 1, 3}},
		{"targets with no hit take the lowest free source", [][]float64{{0, 0, 0}, {0, 0, 9}, {0, 0, 8}}, []int{0, 2, 1}},
		{"greedy, not the best assignment", [][]float64{{5, 5}, {4, 0}}, []int{0, 1}},
		{"nothing seen", [][]float64{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}}, []int{0, 1, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := observed(c.joint)
			require.Equal(t, c.want, Greedy(s.Joint, s.Sources, s.Targets))
		})
	}
}

// naiveGreedy is the papers' procedure, step by step: K times the global maximum, then its row and column are removed.
func naiveGreedy(joint []float64, sources, targets int) []int {
	left := append([]float64(nil), joint...)
	pi := make([]int, targets)
	for range targets {
		best := 0
		for cell := range left {
			if left[cell] > left[best] {
				best = cell
			}
		}
		source, target := best/targets, best%targets
		pi[target] = source
		for i := range sources {
			left[i*targets+target] = -1
		}
		for j := range targets {
			left[source*targets+j] = -1
		}
	}
	return pi
}

func FuzzGreedy(f *testing.F) {
	f.Add([]byte{1, 2, 3, 0, 0, 5, 5, 5, 1}, uint8(3))
	f.Fuzz(func(t *testing.T, counts []byte, k uint8) {
		targets := int(k%8) + 1
		sources := len(counts) / targets
		if sources < targets || sources > 64 {
			return
		}
		joint := make([]float64, sources*targets)
		for i := range joint {
			joint[i] = float64(counts[i] % 5) // few values, many ties
		}
		require.Equal(t, naiveGreedy(joint, sources, targets), Greedy(joint, sources, targets))
	})
}

func TestBLM(t *testing.T) {
	s := observed([][]float64{{4, 1, 0}, {1, 0, 2}, {0, 0, 0}, {0, 1, 1}})
	for _, c := range []struct {
		lambda float64
		want   []float64
	}{
		{1, []float64{8. / 11, 1. / 3, 0, 3. / 11, 0, 3. / 5, 0, 0, 0, 0, 2. / 3, 2. / 5}},
		{10, []float64{.776119, .444444, 0, .223881, 0, .648649, 0, 0, 0, 0, .555556, .351351}},
	} {
		m, err := BLM{Lambda: c.lambda}.Estimate(s)
		require.NoError(t, err)
		require.InDeltaSlice(t, c.want, toFloat64(m.Weights), 1e-6)
	}
}

// Without smoothing the formula divides 0 by 0 for a source label that was never a top answer; here it has no vote.
func TestBLMWithoutSmoothing(t *testing.T) {
	for _, e := range []Estimator{BLM{Lambda: 0}, BLMPlus{Lambda: 0, Alpha: .15}} {
		m, err := e.Estimate(observed([][]float64{{4, 1}, {0, 0}, {0, 3}}))
		require.NoError(t, err)
		require.InDeltaSlice(t, []float64{1, .2 / 1.2, 0, 0, 0, 1 / 1.2}, toFloat64(m.Weights), 1e-6, e.Name())
	}
}

func TestColumnsSumToOne(t *testing.T) {
	s := NewStatistics(50, 7)
	for i := range s.Joint {
		s.Joint[i] = float64((i * 7919) % 13)
		s.Samples[i%7] += int(s.Joint[i])
	}
	for _, alignment := range []Estimator{FLM{}, ILM{}, BLM{Lambda: 1}, BLMPlus{Lambda: 1, Alpha: .15}} {
		m, err := alignment.Estimate(s)
		require.NoError(t, err, alignment.Name())
		for target := range m.Targets {
			sum := 0.
			for source := range m.Sources {
				sum += float64(m.At(source, target))
			}
			require.InDelta(t, 1, sum, 1e-5, "%s, column %d", alignment.Name(), target)
		}
	}
}

func TestCount(t *testing.T) {
	s := NewStatistics(3, 2)
	require.NoError(t, s.Count([]float32{1, 5, 5 /**/, 2, 0, 1 /**/, 0, 0, 9}, []int32{0, 1, 1}))
	require.NoError(t, s.Count([]float32{0, 0, 9}, []int32{1}))
	require.Equal(t, []float64{0, 1 /**/, 1, 0 /**/, 0, 2}, s.Joint, "of equal logits the first wins")
	require.Equal(t, []int{1, 3}, s.Samples)
}

func TestBadInput(t *testing.T) {
	s := NewStatistics(2, 3)
	require.ErrorContains(t, s.Count([]float32{1, 2, 3}, []int32{0}), "3 logits are not 1 samples")
	require.ErrorContains(t, s.Count([]float32{1, 2}, []int32{3}), "label 3")
	require.ErrorContains(t, s.Count([]float32{1, float32(math.NaN())}, []int32{0}), "logit 1 is NaN")
	require.ErrorContains(t, s.Count([]float32{float32(math.Inf(1)), 0}, []int32{0}), "logit 0 is +Inf")

	_, err := FLM{}.Estimate(s)
	require.ErrorContains(t, err, "at least as many source labels")
	for _, e := range []Estimator{BLM{Lambda: -1}, BLMPlus{Lambda: math.NaN(), Alpha: 1}} {
		_, err = e.Estimate(s)
		require.ErrorContains(t, err, "λ must be a number of at least 0, not", e.Name())
	}
	require.ErrorContains(t, BLMPlus{Lambda: 1}.Observe(s, []float32{1, 2}, []int32{0}), "α must be a number above 0, not 0")
}

// A target label without samples is an error for every estimator, and the error names it.
func TestAbsentClass(t *testing.T) {
	for _, e := range []Estimator{FLM{}, ILM{}, BLM{Lambda: 1}, BLMPlus{Lambda: 1, Alpha: .15}} {
		s := NewStatistics(4, 3)
		require.NoError(t, e.Observe(s, []float32{4, 3, 2, 1, 1, 2, 3, 4}, []int32{0, 2}))
		_, err := e.Estimate(s)
		require.ErrorContains(t, err, "target label 1 has no training sample, so no mapping can be estimated for it", e.Name())
	}
}

// A logit that is not finite is an error for every estimator.
func TestNonFiniteLogits(t *testing.T) {
	for _, e := range []Estimator{FLM{}, ILM{}, BLM{Lambda: 1}, BLMPlus{Lambda: 1, Alpha: .15}} {
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			err := e.Observe(NewStatistics(2, 2), []float32{1, 2 /**/, 3, float32(bad)}, []int32{0, 1})
			require.ErrorContains(t, err, "sample 1: source logit 1 is", e.Name())
		}
	}
}

func toFloat64(values []float32) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}
