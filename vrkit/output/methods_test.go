package output

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// Every alignment is one of the three kinds, has its place in the taxonomy, and is restored from its settings after
// JSON, as in a run's record.
func TestRestore(t *testing.T) {
	for _, want := range []struct {
		Alignment
		settings map[string]any
		place    taxonomy.Alignment
	}{
		{RLM{Seed: registry.MaxSeed}, map[string]any{"seed": float64(registry.MaxSeed)}, taxonomy.RuleBased},
		{FLM{}, map[string]any{}, taxonomy.Statistical},
		{ILM{}, map[string]any{}, taxonomy.Statistical},
		{BLM{Lambda: 2}, map[string]any{"lambda": 2.}, taxonomy.Statistical},
		{BLMPlus{Lambda: 2, Alpha: .3}, map[string]any{"lambda": 2., "alpha": .3}, taxonomy.Statistical},
		{Linear{Restrict: SigmoidOnly, Seed: registry.MaxSeed}, map[string]any{"restrict": "sigmoid", "seed": float64(registry.MaxSeed)}, taxonomy.Linear},
		{Identity{}, map[string]any{}, taxonomy.Identity},
	} {
		name := want.Name()
		require.Contains(t, Names(), name)
		settings, err := registry.Settings(want.Alignment)
		require.NoError(t, err, name)
		require.Equal(t, want.settings, settings, name)
		require.Equal(t, want.place, want.Alignment.Alignment(), name)

		kinds := 0
		for _, is := range []func() bool{
			func() bool { _, ok := want.Alignment.(Constant); return ok },
			func() bool { _, ok := want.Alignment.(Estimator); return ok },
			func() bool { _, ok := want.Alignment.(Learned); return ok },
		} {
			if is() {
				kinds++
			}
		}
		require.Equal(t, 1, kinds, name)

		again, err := Restore(name, settings)
		require.NoError(t, err, name)
		require.Equal(t, want.Alignment, again)
	}
}

// The default settings are the papers'.
func TestNew(t *testing.T) {
	for _, want := range []Alignment{BLM{Lambda: 1}, BLMPlus{Lambda: 1, Alpha: .15}, Linear{Restrict: NoBias}} {
		alignment, err := New(want.Name())
		require.NoError(t, err)
		require.Equal(t, want, alignment)
	}
	none, err := registry.Settings(Linear{})
	require.NoError(t, err)
	require.Equal(t, NoBias, none["restrict"], "no restriction is the same as this one")
	_, err = New("nope")
	require.ErrorContains(t, err, `no output alignment is called "nope"; known: rlm, flm, ilm, blm, blm+, linear, identity`)
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		registry.Checked
		setting, cause string
	}{
		{BLM{Lambda: -1}, "lambda", "BLM's λ must be a number of at least 0, not -1"},
		{BLM{Lambda: math.NaN()}, "lambda", "BLM's λ must be a number of at least 0, not NaN"},
		{BLM{Lambda: math.Inf(1)}, "lambda", "BLM's λ must be a number of at least 0, not +Inf"},
		{BLMPlus{Lambda: -1, Alpha: .15}, "lambda", "BLM's λ must be a number of at least 0, not -1"},
		{BLMPlus{Lambda: 1}, "alpha", "BLM+'s α must be a number above 0, not 0"},
		{BLMPlus{Lambda: 1, Alpha: -.1}, "alpha", "BLM+'s α must be a number above 0, not -0.1"},
		{BLMPlus{Lambda: 1, Alpha: math.NaN()}, "alpha", "BLM+'s α must be a number above 0, not NaN"},
		{BLMPlus{Lambda: 1, Alpha: math.Inf(1)}, "alpha", "BLM+'s α must be a number above 0, not +Inf"},
		{Linear{Restrict: "bias"}, "restrict", `a linear layer has no restriction "bias"; known: nobias, none, sigmoid`},
		{Linear{Seed: registry.MaxSeed + 1}, "seed", "a seed is at most 2⁵³ = 9007199254740992, not 9007199254740993"},
		{RLM{Seed: math.MaxUint64}, "seed", "a seed is at most 2⁵³ = 9007199254740992, not 18446744073709551615"},
	} {
		err := c.Check()
		require.EqualError(t, err, c.cause)
		setting := &registry.SettingError{}
		require.ErrorAs(t, err, &setting)
		require.Equal(t, c.setting, setting.Setting)
	}
	_, err := Restore("blm", map[string]any{"lambda": -1})
	require.EqualError(t, err, "BLM's λ must be a number of at least 0, not -1")
}
