package output

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// Every alignment has its own settings only, is one of the three kinds, has its place in the taxonomy, and can be made
// again from its settings after JSON, as in a run's record.
func TestNew(t *testing.T) {
	o := Options{Lambda: 2, Alpha: .3, Restrict: SigmoidOnly, Seed: MaxSeed}
	for name, want := range map[string]struct {
		settings map[string]any
		place    taxonomy.Alignment
	}{
		"rlm":      {map[string]any{"seed": uint64(MaxSeed)}, taxonomy.RuleBased},
		"flm":      {nil, taxonomy.Statistical},
		"ilm":      {nil, taxonomy.Statistical},
		"blm":      {map[string]any{"lambda": 2.}, taxonomy.Statistical},
		"blm+":     {map[string]any{"lambda": 2., "alpha": .3}, taxonomy.Statistical},
		"linear":   {map[string]any{"restrict": "sigmoid", "seed": uint64(MaxSeed)}, taxonomy.Linear},
		"identity": {nil, taxonomy.Identity},
	} {
		require.Contains(t, Names(), name)
		alignment, err := New(name, o)
		require.NoError(t, err, name)
		require.Equal(t, name, alignment.Name())
		require.Equal(t, want.settings, alignment.Settings(), name)
		require.Equal(t, want.place, alignment.Alignment(), name)

		kinds := 0
		for _, is := range []func() bool{
			func() bool { _, ok := alignment.(Fixed); return ok },
			func() bool { _, ok := alignment.(Estimator); return ok },
			func() bool { _, ok := alignment.(Learned); return ok },
		} {
			if is() {
				kinds++
			}
		}
		require.Equal(t, 1, kinds, name)

		var record any // numbers become float64, as when a record is read
		data, err := json.Marshal(alignment.Settings())
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &record))
		data, err = json.Marshal(record)
		require.NoError(t, err)
		var restored Options
		require.NoError(t, json.Unmarshal(data, &restored))
		again, err := New(name, restored)
		require.NoError(t, err, name)
		require.Equal(t, alignment, again)
	}
	require.Len(t, Names(), 7)
}

func TestDefaultOptions(t *testing.T) {
	for _, name := range Names() {
		alignment, err := New(name, DefaultOptions())
		require.NoError(t, err, name)
		switch a := alignment.(type) {
		case BLM:
			require.Equal(t, BLM{Lambda: 1}, a)
		case BLMPlus:
			require.Equal(t, BLMPlus{Lambda: 1, Alpha: .15}, a)
		case Linear:
			require.Equal(t, Linear{Restrict: NoBias}, a)
			require.Equal(t, a.Settings(), Linear{}.Settings(), "no restriction named is the same one")
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		name           string
		o              Options
		setting, cause string
	}{
		{"nope", Options{}, "", `no output alignment is called "nope"; known: rlm, flm, ilm, blm, blm+, linear, identity`},
		{"blm", Options{Lambda: -1}, "lambda", "BLM's λ must be a number of at least 0, not -1"},
		{"blm", Options{Lambda: math.NaN()}, "lambda", "BLM's λ must be a number of at least 0, not NaN"},
		{"blm", Options{Lambda: math.Inf(1)}, "lambda", "BLM's λ must be a number of at least 0, not +Inf"},
		{"blm+", Options{Lambda: -1, Alpha: .15}, "lambda", "BLM's λ must be a number of at least 0, not -1"},
		{"blm+", Options{Lambda: 1}, "alpha", "BLM+'s α must be a number above 0, not 0"},
		{"blm+", Options{Lambda: 1, Alpha: -.1}, "alpha", "BLM+'s α must be a number above 0, not -0.1"},
		{"blm+", Options{Lambda: 1, Alpha: math.NaN()}, "alpha", "BLM+'s α must be a number above 0, not NaN"},
		{"blm+", Options{Lambda: 1, Alpha: math.Inf(1)}, "alpha", "BLM+'s α must be a number above 0, not +Inf"},
		{"linear", Options{Restrict: "bias"}, "restrict", `a linear layer has no restriction "bias"; known: nobias, none, sigmoid`},
		{"linear", Options{Seed: MaxSeed + 1}, "seed", "a seed is at most 2⁵³ = 9007199254740992, not 9007199254740993"},
		{"rlm", Options{Seed: math.MaxUint64}, "seed", "a seed is at most 2⁵³ = 9007199254740992, not 18446744073709551615"},
	} {
		alignment, err := New(c.name, c.o)
		require.EqualError(t, err, c.cause)
		setting := &taxonomy.SettingError{}
		require.Equal(t, c.setting != "", errors.As(err, &setting))
		require.Equal(t, c.setting, setting.Setting)
		require.Nil(t, alignment)
	}
	_, err := New("flm", Options{Lambda: -1, Alpha: -1, Restrict: "x", Seed: math.MaxUint64})
	require.NoError(t, err, "what is not its own doesn't matter")
}
