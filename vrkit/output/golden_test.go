package output

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// golden reads the values that a script of testdata computed.
func golden(t *testing.T, name string, to any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, to))
}

// omegaGolden is what testdata/make_omega.py writes.
type omegaGolden struct {
	Samples, Sources int
	Logits           []float32
	Cases            []struct {
		Targets int
		Labels  []int32
		FLM     []int
		BLM     []struct {
			Lambda float64
			Omega  [][]float64
		}
		BLMPlus []struct {
			Lambda, Alpha float64
			Kept          int
			Omega         [][]float64
		} `json:"blm_plus"`
	}
	Table []struct {
		Alpha float64
		Kept  []int
	}
}

// estimated observes samples a batch of 64 at a time, the last one smaller, and estimates ω.
func estimated(t *testing.T, e Estimator, logits []float32, labels []int32, targets int) Mapping {
	t.Helper()
	sources := len(logits) / len(labels)
	s := NewStatistics(sources, targets)
	for from := 0; from < len(labels); from += 64 {
		to := min(from+64, len(labels))
		require.NoError(t, e.Observe(s, logits[from*sources:to*sources], labels[from:to]))
	}
	m, err := e.Estimate(s)
	require.NoError(t, err)
	return m
}

// flat returns a matrix row-major.
func flat(rows [][]float64) (values []float64) {
	for _, row := range rows {
		values = append(values, row...)
	}
	return values
}

func TestGoldenOmega(t *testing.T) {
	var want omegaGolden
	golden(t, "omega.json", &want)
	require.Len(t, want.Logits, want.Samples*want.Sources)
	require.Len(t, want.Cases, 3)
	for _, c := range want.Cases {
		compare := func(e Estimator, omega []float64) {
			m := estimated(t, e, want.Logits, c.Labels, c.Targets)
			require.InDeltaSlice(t, omega, toFloat64(m.Weights), 1e-6, "%s %+v, %d target labels", e.Name(), e, c.Targets)
		}
		for _, e := range []Estimator{FLM{}, ILM{}} {
			compare(e, toFloat64(OneHot(want.Sources, c.FLM).Weights))
		}
		require.Len(t, c.BLM, 3)
		for _, b := range c.BLM {
			compare(BLM{Lambda: b.Lambda}, flat(b.Omega))
		}
		require.Len(t, c.BLMPlus, 4)
		for _, b := range c.BLMPlus {
			e := BLMPlus{Lambda: b.Lambda, Alpha: b.Alpha}
			require.Equal(t, b.Kept, e.kept(want.Sources, c.Targets))
			compare(e, flat(b.Omega))
		}
	}
}

// How many probabilities BLM+ keeps is Python's int(K·α), but at least 1 and at most S.
func TestGoldenKept(t *testing.T) {
	var want omegaGolden
	golden(t, "omega.json", &want)
	require.Len(t, want.Table, 4)
	for _, column := range want.Table {
		require.Len(t, column.Kept, 1000)
		for i, k := range column.Kept {
			require.Equal(t, k, BLMPlus{Alpha: column.Alpha}.kept(1000, i+1), "α=%v, K=%d", column.Alpha, i+1)
			require.Equal(t, min(k, 5), BLMPlus{Alpha: column.Alpha}.kept(5, i+1))
		}
	}
}

// randomGolden is what testdata/make_random.py writes.
type randomGolden struct {
	Permutations []struct {
		Seed    uint64
		Sources int
		Order   []int
	}
	Linear []struct {
		Seed             uint64
		Sources, Targets int
		Weights, Bias    []float64
	}
}

func TestGoldenRandom(t *testing.T) {
	var want randomGolden
	golden(t, "random.json", &want)
	require.Len(t, want.Permutations, 5)
	for _, c := range want.Permutations {
		for _, targets := range []int{1, 7, c.Sources} {
			m, err := RLM{Seed: c.Seed}.Mapping(c.Sources, targets)
			require.NoError(t, err)
			require.Equal(t, OneHot(c.Sources, c.Order[:targets]), m)
		}
	}
}
