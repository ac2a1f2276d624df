package output

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// matrix makes an ω from its rows.
func matrix(rows ...[]float32) Mapping {
	m := Mapping{Sources: len(rows), Targets: len(rows[0])}
	for _, row := range rows {
		m.Weights = append(m.Weights, row...)
	}
	return m
}

func TestDiagnoseOneToOne(t *testing.T) {
	before, now := OneHot(8, []int{0, 3, 5, 7}), OneHot(8, []int{0, 4, 5, 6})
	d, err := Diagnose(now, before)
	require.NoError(t, err)
	require.Equal(t, Diagnostics{Entropy: 0, Sources: 1, Coverage: .5, Churn: .5}, d)
	d, err = Diagnose(now, Mapping{})
	require.NoError(t, err)
	require.Equal(t, Diagnostics{Entropy: 0, Sources: 1, Coverage: .5, Churn: -1}, d)
	d, err = Diagnose(now, now)
	require.NoError(t, err)
	require.Zero(t, d.Churn)
	d, err = Diagnose(now, OneHot(8, []int{1, 0, 4, 5}))
	require.NoError(t, err)
	require.Equal(t, 1., d.Churn, "all others")
}

func TestDiagnoseManyToMany(t *testing.T) {
	before := matrix([]float32{.5, .25}, []float32{.5, .25}, []float32{0, .25}, []float32{0, .25}, []float32{0, 0})
	now := matrix([]float32{.5, 1}, []float32{.25, 0}, []float32{.25, 0}, []float32{0, 0}, []float32{0, 0})
	require.InDeltaSlice(t, []float64{math.Ln2, 2 * math.Ln2}, before.Entropies(), 1e-12)
	require.InDeltaSlice(t, []float64{1.5 * math.Ln2, 0}, now.Entropies(), 1e-12) // ½ln2 + 2·¼ln4
	require.Equal(t, []int{2, 4}, before.SourcesUsed())
	require.Equal(t, []int{3, 1}, now.SourcesUsed())
	churns, err := now.Churns(before)
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{.25, .75}, churns, 1e-12)

	d, err := Diagnose(now, before)
	require.NoError(t, err)
	require.InDelta(t, .75*math.Ln2, d.Entropy, 1e-12)
	require.Equal(t, 2., d.Sources)
	require.InDelta(t, .6, d.Coverage, 1e-12)
	require.InDelta(t, .5, d.Churn, 1e-12)
}

// A learned ω has either sign and any sums of columns: its shares are those of the absolute values.
func TestDiagnoseLearned(t *testing.T) {
	now := matrix([]float32{-3, .1}, []float32{1, -.1})
	d, err := Diagnose(now, matrix([]float32{30, .2}, []float32{10, 0}))
	require.NoError(t, err)
	entropy := -(.75*math.Log(.75) + .25*math.Log(.25))
	require.InDelta(t, (entropy+math.Ln2)/2, d.Entropy, 1e-7)
	require.Equal(t, 2., d.Sources)
	require.Equal(t, 1., d.Coverage)
	require.InDelta(t, .25, d.Churn, 1e-7, "scale and sign don't count: 0, and ½")
}

// A column of zeros has no entropy; if it gets weights, its churn is 1.
func TestDiagnoseZeros(t *testing.T) {
	zeros, one := NewMapping(3, 2), OneHot(3, []int{2, 2})
	d, err := Diagnose(zeros, zeros)
	require.NoError(t, err)
	require.Equal(t, Diagnostics{}, d)
	for _, pair := range [][2]Mapping{{one, zeros}, {zeros, one}} {
		d, err = Diagnose(pair[0], pair[1])
		require.NoError(t, err)
		require.Equal(t, 1., d.Churn)
	}
}

func TestDiagnoseRefuses(t *testing.T) {
	_, err := Diagnose(NewMapping(3, 2), NewMapping(2, 3))
	require.EqualError(t, err, "ω of [3,2] can't be compared with one of [2,3]")
	nan := matrix([]float32{1, float32(math.NaN())})
	_, err = Diagnose(nan, Mapping{})
	require.ErrorContains(t, err, "ω[0,1] is NaN")
	_, err = Diagnose(NewMapping(1, 2), nan)
	require.ErrorContains(t, err, "ω[0,1] is NaN")
}

// The names that a run's record gives the four numbers.
func TestDiagnosticsJSON(t *testing.T) {
	data, err := json.Marshal(Diagnostics{Entropy: 1.5, Sources: 2, Coverage: .5, Churn: -1})
	require.NoError(t, err)
	require.Equal(t, `{"entropy":1.5,"sources":2,"coverage":0.5,"churn":-1}`, string(data))
}
