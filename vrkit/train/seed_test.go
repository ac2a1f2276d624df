package train_test

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// recordedSeeds trains one epoch and returns the recorded seeds of input, output and run.
func recordedSeeds(t *testing.T, c train.Config) [3]any {
	c.Epochs = 1
	_, err := train.Train(t.Context(), c)
	require.NoError(t, err)
	m, err := runs.ReadManifest(c.Run)
	require.NoError(t, err)
	return [3]any{m.Input.Settings["seed"], m.Output.Settings["seed"], m.Training.Seed}
}

// One seed is enough: a part without a seed draws from the run's seed, as if it had been given it.
func TestOneSeed(t *testing.T) {
	smm := input.SMM{Patch: 4, Multiplier: .125}
	for name, parts := range map[string]struct {
		in, own input.Manipulation
		out     output.Alignment
		outOwn  output.Alignment
	}{
		"rlm":    {input.Padding{Image: 4}, input.Padding{Image: 4}, output.RLM{}, output.RLM{Seed: 3}},
		"linear": {input.Padding{Image: 4}, input.Padding{Image: 4}, output.Linear{}, output.Linear{Seed: 3}},
		"smm":    {smm, input.SMM{Patch: 4, Multiplier: .125, Seed: 3}, output.FLM{}, output.FLM{}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			configured := func(run string, in input.Manipulation, out output.Alignment) train.Config { // of seed 3
				c := quick(t, filepath.Join(dir, run), 1)
				c.Program.Input, c.Program.Output = in, out
				return c
			}
			one, several := configured("one", parts.in, parts.out), configured("several", parts.own, parts.outOwn)
			require.Equal(t, recordedSeeds(t, several), recordedSeeds(t, one))
			require.Equal(t, contents(t, several.Run), contents(t, one.Run))

			other := configured("other", parts.own, parts.outOwn)
			other.Seed = 4
			seeds := recordedSeeds(t, other)
			require.EqualValues(t, 4, seeds[2])
			require.Contains(t, seeds, 3., "a seed of its own is kept")
		})
	}
}

// A run of format 0, whose parts drew from the seed 0 whatever the run's seed was, continues with the seeds of its
// record.
func TestSeedsOfTheRecord(t *testing.T) {
	c := quick(t, filepath.Join(t.TempDir(), "run"), 5)
	c.Program.Output = output.RLM{}
	require.Equal(t, [3]any{nil, 3., uint64(3)}, recordedSeeds(t, c))
	path := filepath.Join(c.Run, "program.json")
	record, err := os.ReadFile(path)
	require.NoError(t, err)
	before := strings.Replace(string(record), `"settings": {
      "seed": 3
    }`, `"settings": {
      "seed": 0
    }`, 1)
	require.NotEqual(t, string(record), before)
	require.NoError(t, os.WriteFile(path, []byte(before), 0o600))
	state := filepath.Join(c.Run, "state", "latest.npz") // the state held no record then
	arrays, err := runs.LoadArrays(state)
	require.NoError(t, err)
	require.Contains(t, arrays, "record")
	delete(arrays, "record")
	require.NoError(t, runs.SaveArrays(state, zip.Store, arrays))

	c.Epochs = 2
	result, err := train.Train(t.Context(), c)
	require.NoError(t, err)
	require.Len(t, result.Metrics, 3)
	require.Equal(t, output.RLM{}, result.Program.Output)
	c.Program.Output = output.RLM{Seed: 3} // another seed makes another run
	_, err = train.Train(t.Context(), c)
	require.ErrorContains(t, err, "seed 0, now 3")
}
