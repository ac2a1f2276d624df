package output

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Worked by hand: greedy takes the 5, and then only 0 is left for the other target; the best assignment takes 4 and 4.
func TestExpect(t *testing.T) {
	s := observed([][]float64{{5, 4}, {4, 0}, {1, 2}})
	e, err := Expect(s)
	require.NoError(t, err)
	require.InDelta(t, 7./16, e.Greedy, 1e-12)   // 5 + 2
	require.InDelta(t, 8./16, e.OneToOne, 1e-12) // 4 + 4
	require.InDelta(t, 11./16, e.Likeliest, 1e-12)
	require.InDelta(t, (41./9+4+5./3)/16, e.Drawn, 1e-12)
	require.Equal(t, []int{1, 0}, Assign(s.Joint, 3, 2))
}

// A draw from the probabilities can be worse than a one-to-one mapping; the likeliest cannot.
func TestDrawnCanBeLower(t *testing.T) {
	e, err := Expect(observed([][]float64{{6, 4}, {4, 6}}))
	require.NoError(t, err)
	require.Equal(t, Expected{Greedy: .6, OneToOne: .6, Drawn: .52, Likeliest: .6}, e)
}

// Assign finds the best of all assignments, compared by trying all of them, and the four accuracies have their
// documented order.
func TestAssignIsBest(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		targets := 1 + random.IntN(4)
		sources := targets + random.IntN(3)
		s := NewStatistics(sources, targets)
		for i := range s.Joint {
			s.Joint[i] = float64(random.IntN(9))
		}
		s.Joint[0]++
		e, err := Expect(s)
		require.NoError(t, err)
		n := 0.
		for _, count := range s.Joint {
			n += count
		}
		require.InDelta(t, bestOfAll(s, 0, make([]bool, sources))/n, e.OneToOne, 1e-12)
		require.LessOrEqual(t, e.Greedy, e.OneToOne+1e-12)
		require.LessOrEqual(t, e.OneToOne, e.Likeliest+1e-12)
		require.LessOrEqual(t, e.Drawn, e.Likeliest+1e-12)
	}
}

func bestOfAll(s *Statistics, target int, taken []bool) (best float64) {
	if target == s.Targets {
		return 0
	}
	for source := range s.Sources {
		if !taken[source] {
			taken[source] = true
			best = max(best, s.Joint[source*s.Targets+target]+bestOfAll(s, target+1, taken))
			taken[source] = false
		}
	}
	return best
}

func TestExpectRefuses(t *testing.T) {
	_, err := Expect(NewStatistics(3, 2))
	require.ErrorContains(t, err, "nothing was counted")
	_, err = Expect(NewStatistics(1, 2))
	require.ErrorContains(t, err, "at least as many source labels")
}
