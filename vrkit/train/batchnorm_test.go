package train

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// statisticsOf returns the running statistics in a store, by path.
func statisticsOf(c *vrkit.Compiled) map[string][]float32 {
	values := map[string][]float32{}
	for v := range c.Store.IterVariables() {
		if strings.Contains(v.Path(), "/norm") && !v.Trainable {
			values[v.Path()] = tensors.MustCopyFlatData[float32](v.MustValue())
		}
	}
	return values
}

// masked is a run of SMM on 30 images, on the pure-Go backend, because it compiles nothing.
func masked(t *testing.T, kind BatchNorm, schedule Schedule) Config {
	c := scheduled(t, .05, schedule, output.BLM{Lambda: 1})
	c.Program.Input, c.Program.Side, c.BatchNorm = input.SMM{Patch: 4, Seed: 5}, 16, kind
	c.Backend, c.Data.Test, c.Epochs = PureGo(t), c.Data.Train[:12], 2
	return c
}

// TestReestimate compares the statistics of four batches of 8, 8, 8 and 6 images with the mean, weighted by images, of
// the four alone, and those of one batch with those that a training step with PyTorch's momentum moves a tenth of the
// way to.
func TestReestimate(t *testing.T) {
	c := masked(t, Running, Fast)
	program := func() *vrkit.Compiled {
		p, err := vrkit.Compile(c.Backend, c.Program, len(c.Data.Classes))
		require.NoError(t, err)
		return p
	}
	estimated := func(samples []datasets.Sample, size int) map[string][]float32 {
		p := program()
		defer p.Finalize()
		require.NoError(t, Reestimate(t.Context(), p, samples, size, nil))
		return statisticsOf(p)
	}
	all := c.Data.Train
	whole := estimated(all, 8)
	require.Len(t, whole, 8)
	var parts []map[string][]float32
	for first := 0; first < len(all); first += 8 {
		parts = append(parts, estimated(all[first:min(first+8, len(all))], 8))
	}
	for path, values := range whole {
		for i, got := range values {
			want := (8*parts[0][path][i] + 8*parts[1][path][i] + 8*parts[2][path][i] + 6*parts[3][path][i]) / 30
			require.InDelta(t, want, got, 1e-6, path)
		}
	}

	p := program()
	defer p.Finalize()
	step, err := newStepper(p, c.Recipe, c.Seed)
	require.NoError(t, err)
	defer step.exec.Finalize()
	for number, b := range batches(t.Context(), p, all[:8], inOrder(8), augmenter{}, 8, 0) {
		said, err := step.run(b, 0, number, 1)
		require.NoError(t, err)
		said.finalize()
	}
	for path, moved := range statisticsOf(p) {
		initial := float32(0)
		if strings.HasSuffix(path, "variance") {
			initial = 1
		}
		for i, got := range moved {
			require.InDelta(t, .9*initial+.1*parts[0][path][i], got, 1e-6, path)
		}
	}
}

// TestPrecise trains with both kinds. On the fast ω schedule they learn the same, and re-estimating the statistics of
// one makes them equal; on the exact ω schedule ω comes from an evaluation, so that it differs.
func TestPrecise(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: SMM is trained four times")
	}
	trained := func(kind BatchNorm, schedule Schedule) (Result, runs.Artefact) {
		c := masked(t, kind, schedule)
		result, err := Train(t.Context(), c)
		require.NoError(t, err)
		artefact, err := runs.ReadArtefact(c.Run, runs.Last)
		require.NoError(t, err)
		e, err := Evaluate(t.Context(), result.Program, c.Data.Test, 8, nil)
		require.NoError(t, err)
		require.Equal(t, e.Accuracy(), result.Last().TestAccuracy, "what is kept is what was measured")
		return result, artefact
	}
	running, kept := trained(Running, Fast)
	precise, artefact := trained(Precise, Fast)
	for i, m := range running.Metrics {
		require.Equal(t, m.Loss, precise.Metrics[i].Loss)
	}
	require.Equal(t, kept.Mapping, artefact.Mapping)
	require.NotEqual(t, statisticsOf(running.Program), statisticsOf(precise.Program))
	require.NoError(t, Reestimate(t.Context(), running.Program, masked(t, Running, Fast).Data.Train, 8, nil))
	require.Equal(t, statisticsOf(precise.Program), statisticsOf(running.Program))

	_, kept = trained(Running, Exact)
	_, artefact = trained(Precise, Exact)
	require.NotEqual(t, kept.Mapping, artefact.Mapping)
}

// The first ω is counted, and epoch 0 evaluated, with statistics of the images, not with the initial ones: a mask that
// is added without δ shows it.
func TestPreciseBeforeTheFirstEpoch(t *testing.T) {
	for _, kind := range BatchNorms {
		c := masked(t, kind, Fast)
		c.Program.Input, c.Epochs = input.SMM{Patch: 4, Seed: 5, Ablate: input.OnlyMask}, 1
		_, err := Train(t.Context(), c)
		require.NoError(t, err)
		before, err := runs.ReadArtefact(c.Run, runs.Epoch(0))
		require.NoError(t, err)
		variance := tensors.MustCopyFlatData[float32](before.Variables["mask_norm1_variance"])
		if initial := []float32{1, 1, 1, 1, 1, 1, 1, 1}; kind == Running {
			require.Equal(t, initial, variance)
		} else {
			require.NotEqual(t, initial, variance)
		}
	}
}

// A program without statistics has nothing to estimate, and nothing about it in its record.
func TestPreciseOfNothing(t *testing.T) {
	for _, m := range []input.Manipulation{input.Padding{Image: 4}, input.SMM{Patch: 4, Ablate: input.MaskOnes}} {
		c := masked(t, Precise, Fast)
		c.Program.Input, c.Run = m, filepath.Join(t.TempDir(), "run")
		_, err := Train(t.Context(), c)
		require.NoError(t, err)
		manifest, err := runs.ReadManifest(c.Run)
		require.NoError(t, err)
		require.Empty(t, manifest.Training.BatchNorm)
	}
	c := masked(t, "exact", Fast)
	require.EqualError(t, c.CheckRecipe(), `no kind of BatchNorm statistics is called "exact"; known: running, precise`)
}

// A run that is stopped while it estimates statistics ends like one that was not stopped.
func TestStopInStatistics(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: SMM is trained twice")
	}
	last := func(c Config) map[string][]float32 {
		_, err := Train(t.Context(), c)
		require.NoError(t, err)
		artefact, err := runs.ReadArtefact(c.Run, runs.Last)
		require.NoError(t, err)
		values := map[string][]float32{"ω": artefact.Mapping.Weights}
		for name, value := range artefact.Variables {
			values[name] = tensors.MustCopyFlatData[float32](value)
		}
		return values
	}
	whole, parts := masked(t, Precise, Exact), masked(t, Precise, Exact)
	ctx, cancel := context.WithCancel(t.Context())
	parts.Events = func(e Event) {
		if e.Stage == StageStatistics && e.Epoch == 2 && e.Step == 2 {
			cancel()
		}
	}
	_, err := Train(ctx, parts)
	require.ErrorIs(t, err, context.Canceled)
	parts.Events = nil
	require.Equal(t, last(whole), last(parts))
}
