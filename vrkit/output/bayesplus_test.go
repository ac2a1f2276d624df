package output

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// The worked example of docs/methods.md 2.6.
func TestBLMPlus(t *testing.T) {
	var logits []float32
	for _, p := range []float64{.7, .2, .1 /**/, .1, .6, .3 /**/, .2, .3, .5} {
		logits = append(logits, float32(math.Log(p)+3))
	}
	b := BLMPlus{Lambda: 1, Alpha: 1} // 1·2: k = 2
	s := NewStatistics(3, 2)
	require.NoError(t, b.Observe(s, logits, []int32{0, 0, 1}))
	require.InDeltaSlice(t, []float64{.7, 0, .8, .3, .3, .5}, s.Joint, 1e-6)
	require.Equal(t, []int{2, 1}, s.Samples)
	m, err := b.Estimate(s)
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{.429197, 0, .397080, .339623, .173723, .660377}, toFloat64(m.Weights), 1e-6)
}

// The values of docs/methods.md 2.5, except K < 7, where the papers' code keeps none.
func TestKept(t *testing.T) {
	b := BLMPlus{Lambda: 1, Alpha: .15}
	for targets, want := range map[int]int{1: 1, 2: 1, 6: 1, 7: 1, 10: 1, 20: 3, 37: 5, 43: 6, 47: 7, 100: 15, 101: 15, 102: 15, 196: 29, 397: 59} {
		require.Equal(t, want, b.kept(1000, targets), "%d target labels", targets)
	}
	require.Equal(t, 28, BLMPlus{Alpha: .29}.kept(1000, 100), "truncated, as floating point has it")
	require.Equal(t, 30, BLMPlus{Alpha: 1e300}.kept(30, 10), "never more than there are")
	require.Equal(t, 1, BLMPlus{Alpha: 1e-300}.kept(30, 10))
}

// With fewer than 7 target labels ω is finite: each sample's largest probability counts.
func TestBLMPlusOfFewTargets(t *testing.T) {
	logits := []float32{0, 2, 1 /**/, 3, 0, 0 /**/, 0, 0, 1}
	s := NewStatistics(3, 3)
	require.NoError(t, BLMPlus{Lambda: 1, Alpha: .15}.Observe(s, logits, []int32{0, 1, 2}))
	e := math.E
	require.InDeltaSlice(t, []float64{0, e * e * e / (e*e*e + 2), 0 /**/, e * e / (1 + e + e*e), 0, 0 /**/, 0, 0, e / (e + 2)}, s.Joint, 1e-12)
	m, err := BLMPlus{Lambda: 1, Alpha: .15}.Estimate(s)
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{0, 1, 0 /**/, 1, 0, 0 /**/, 0, 0, 1}, toFloat64(m.Weights), 1e-7)
}

func TestMass(t *testing.T) {
	// Of equal probabilities the first are kept, also at the k-th place.
	s := NewStatistics(4, 1)
	require.NoError(t, s.Mass([]float32{0, 0, 0, 0}, []int32{0}, 2))
	require.Equal(t, []float64{.25, .25, 0, 0}, s.Joint)
	s = NewStatistics(4, 1)
	require.NoError(t, s.Mass([]float32{-1, 5, 0, 5}, []int32{0}, 1))
	require.Zero(t, s.Joint[3])
	require.NotZero(t, s.Joint[1])

	// Large logits don't overflow, and tiny probabilities are finite.
	s = NewStatistics(3, 1)
	require.NoError(t, s.Mass([]float32{3e38, 3e38, -3e38}, []int32{0}, 3))
	require.Equal(t, []float64{.5, .5, 0}, s.Joint)

	require.EqualError(t, s.Mass([]float32{1, 2, 3}, []int32{0}, 0), "a sample has 1 to 3 probabilities to keep, not 0")
	require.EqualError(t, s.Mass([]float32{1, 2, 3}, []int32{0}, 4), "a sample has 1 to 3 probabilities to keep, not 4")
	require.ErrorContains(t, s.Mass([]float32{1, 2}, []int32{0}, 1), "2 logits are not 1 samples of 3")
	require.ErrorContains(t, s.Mass([]float32{1, 2, 3}, []int32{1}, 1), "label 1")
	require.ErrorContains(t, s.Mass([]float32{1, 2, float32(math.NaN())}, []int32{0}, 1), "sample 0: source logit 2 is NaN")
	require.ErrorContains(t, s.Mass([]float32{1, float32(math.Inf(-1)), 3}, []int32{0}, 1), "sample 0: source logit 1 is -Inf")
}

// If every probability is kept, each sample adds a mass of 1.
func TestMassIsOneASample(t *testing.T) {
	const n, sources, targets = 60, 23, 5
	logits, labels := noise(n, sources, targets)
	s := NewStatistics(sources, targets)
	require.NoError(t, BLMPlus{Alpha: sources / float64(targets)}.Observe(s, logits, labels))
	require.InDelta(t, n, sum(s.Joint), 1e-9)
	for target, samples := range s.Samples {
		column := 0.
		for source := range sources {
			column += s.Joint[source*targets+target]
		}
		require.InDelta(t, samples, column, 1e-9)
	}
}

// The selection keeps what would come first after a stable sort.
func TestLargest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		p := make([]float64, 1+r.IntN(40))
		for i := range p {
			p[i] = float64(r.IntN(9)) // few values, many ties
		}
		order := make([]int, len(p))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) })
		kept := make([]int, 1+r.IntN(len(p)))
		largest(kept, p)
		require.ElementsMatch(t, order[:len(kept)], kept)
	}
}

// A batch allocates its two rows of scratch memory, however many samples it has.
func TestMassAllocates(t *testing.T) {
	logits, labels := noise(50, 1000, 100)
	s := NewStatistics(1000, 100)
	require.LessOrEqual(t, testing.AllocsPerRun(10, func() {
		if err := s.Mass(logits, labels, 15); err != nil {
			t.Fatal(err)
		}
	}), 4.)
}

func BenchmarkMass(b *testing.B) {
	logits, labels := noise(50, 1000, 397)
	s := NewStatistics(1000, 397)
	for b.Loop() {
		if err := s.Mass(logits, labels, 59); err != nil {
			b.Fatal(err)
		}
	}
}

// noise makes random logits, [n,S], and labels, [n], in turn.
func noise(n, sources, targets int) (logits []float32, labels []int32) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range n {
		labels = append(labels, int32(i%targets))
		for range sources {
			logits = append(logits, float32(3*r.NormFloat64()))
		}
	}
	return logits, labels
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}
