package figure_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

func ExampleDiagnostics() {
	f, err := figure.Diagnostics("", "A one-to-one mapping has no entropy.",
		figure.OmegaHistory{
			Name: "ILM", Epochs: []float64{0, 1, 2},
			Entropy: []float64{0, 0, 0},
			Churn:   []float64{-1, .4, .1}, // there is no ω before epoch 0
		})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Width, f.Caption)
	// Output: 900 A one-to-one mapping has no entropy.
}

// histories returns made-up measures over the given number of epochs.
func histories(epochs int) []figure.OmegaHistory {
	all := []figure.OmegaHistory{{Name: "FLM"}, {Name: "ILM"}, {Name: "BLM"}, {Name: "BLM+"}}
	for i := range all {
		h := &all[i]
		for e := range epochs {
			x := float64(e)
			h.Epochs = append(h.Epochs, x)
			h.Entropy = append(h.Entropy, []float64{0, 0, 3.1 + math.Exp(-x/4), 1.9 + .5*math.Exp(-x/3)}[i])
			h.Sources = append(h.Sources, []float64{1, 1, 180 * math.Exp(-x/40), 60 * math.Exp(-x/30)}[i])
			h.Coverage = append(h.Coverage, []float64{.01, .01, .62 * math.Exp(-x/50), .31 * math.Exp(-x/30)}[i])
			h.Churn = append(h.Churn, []float64{0, .5 * math.Exp(-x/3), .3 * math.Exp(-x/4), .25 * math.Exp(-x/3)}[i])
		}
		h.Churn[0] = -1
	}
	return all
}

func TestDiagnostics(t *testing.T) {
	all := histories(13)
	for e := 5; e < 8; e++ {
		all[2].Entropy[e] = -1 // not measured: a gap
	}
	f, err := figure.Diagnostics("GTSRB, SMM, seed 0", "FLM never changes; ILM changes less and less; BLM spreads each target label over many sources.", all...)
	golden(t, "diagnostics", f, err)
}

// A gap in a line is drawn as a gap.
func TestDiagnosticsGap(t *testing.T) {
	draw := func(missing float64) []byte {
		h := figure.OmegaHistory{Name: "BLM"}
		for e := range 90 { // so many points are drawn without dots
			h.Epochs, h.Entropy = append(h.Epochs, float64(e)), append(h.Entropy, 2)
			if e >= 40 && e < 50 {
				h.Entropy[e] = missing
			}
		}
		f, err := figure.Diagnostics("", "", h)
		require.NoError(t, err)
		return f.PNG
	}
	require.NotEqual(t, draw(2), draw(-1))
}

func TestDiagnosticsOfAnyMeasures(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: many figures are drawn")
	}
	for _, epochs := range []int{1, 2, 60, 200} {
		for keep := 1; keep <= 4; keep++ {
			all := histories(epochs)
			for i := range all {
				if keep < 4 {
					all[i].Entropy = nil
				}
				if keep < 3 {
					all[i].Sources = nil
				}
				if keep < 2 {
					all[i].Churn = nil
				}
			}
			f, err := figure.Diagnostics("", "", all...)
			require.NoError(t, err)
			proper(t, f)
		}
	}
}

func TestDiagnosticsErrors(t *testing.T) {
	draw := func(h ...figure.OmegaHistory) error {
		_, err := figure.Diagnostics("", "", h...)
		return err
	}
	epochs := []float64{0, 1}
	require.ErrorContains(t, draw(), "0 mappings")
	require.ErrorContains(t, draw(make([]figure.OmegaHistory, 8)...), "8 mappings")
	require.ErrorContains(t, draw(figure.OmegaHistory{Name: "ILM"}), `epochs of ω of "ILM"`)
	require.ErrorContains(t, draw(figure.OmegaHistory{Name: "ILM", Epochs: []float64{1, 0}}), "in order")
	require.ErrorContains(t, draw(figure.OmegaHistory{Name: "ILM", Epochs: epochs, Entropy: epochs[:1]}), `of "ILM" has 1 values for 2 epochs`)
	require.ErrorContains(t, draw(figure.OmegaHistory{Epochs: epochs, Entropy: []float64{0, -2}}), "has the value -2")
	require.ErrorContains(t, draw(figure.OmegaHistory{Epochs: epochs, Churn: []float64{0, 40}}), "divide per cent")
	require.ErrorContains(t, draw(figure.OmegaHistory{Epochs: epochs, Churn: []float64{0, math.NaN()}}), "NaN")
	require.ErrorContains(t, draw(figure.OmegaHistory{Epochs: epochs, Churn: []float64{-1, -1}}), "nothing to draw")
}
