package train

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// scheduled is a run with an ω schedule and a constant learning rate. Its batches of 8 don't divide the 30 images.
func scheduled(t *testing.T, rate float64, schedule Schedule, alignment output.Alignment) Config {
	return Config{
		Program: vrkit.Program{Input: input.Padding{Image: 4}, Model: modeltest.Tiny(), Output: alignment},
		Data:    noise(30), Backend: quickest(t), Run: filepath.Join(t.TempDir(), "run"),
		Epochs: 3, Batch: 8, Recipe: AdamAt(rate), Schedule: schedule, Seed: 3, History: true,
	}
}

// omegas trains a run and returns the ω of each epoch, 0 first.
func omegas(t *testing.T, c Config) (all []output.Mapping) {
	_, err := Train(t.Context(), c)
	require.NoError(t, err)
	for epoch := range c.Epochs + 1 {
		artefact, err := runs.ReadArtefact(c.Run, runs.Epoch(epoch))
		require.NoError(t, err)
		all = append(all, artefact.Mapping)
	}
	return all
}

// TestFastAndExact compares the two ω schedules. Both start with a separate pass. Then fast sees the prompt while it
// changes, and exact the prompt after that; with a learning rate of 0 this is the same.
func TestFastAndExact(t *testing.T) {
	for _, alignment := range []output.Alignment{output.ILM{}, output.BLM{Lambda: 1}, output.BLMPlus{Lambda: 1, Alpha: .7}} {
		t.Run(alignment.Name(), func(t *testing.T) {
			fast, exact := omegas(t, scheduled(t, 0, Fast, alignment)), omegas(t, scheduled(t, 0, Exact, alignment))
			if alignment.Name() == "blm+" { // it sums fractions, and in another order
				for epoch := range fast {
					require.InDeltaSlice(t, exact[epoch].Weights, fast[epoch].Weights, 1e-6, "epoch %d", epoch)
				}
			} else {
				require.Equal(t, exact, fast, "of a prompt that stands still")
			}

			fast, exact = omegas(t, scheduled(t, .2, Fast, alignment)), omegas(t, scheduled(t, .2, Exact, alignment))
			require.Equal(t, exact[:2], fast[:2], "epoch 0, and 1, before anything is learned")
			require.Equal(t, fast[0], fast[1])
			require.NotEqual(t, exact[2], fast[2])
			require.NotEqual(t, fast[1], fast[2])
			require.NotEqual(t, fast[2], fast[3], "the statistics start again every epoch")
		})
	}
}

// TestFastByHand computes the ω of epochs 2 and 3 from the source logits of the training steps of the epochs before, by
// BLM's formula, without the filling.
func TestFastByHand(t *testing.T) {
	const sources, targets, lambda = modeltest.Sources, 3, 1.
	c := scheduled(t, .2, Fast, output.BLM{Lambda: lambda})
	want := omegas(t, c)

	again := c.filled()
	again.Run = filepath.Join(t.TempDir(), "run")
	run, err := newTrainer(again, runs.Manifest{})
	require.NoError(t, err)
	for epoch := range 2 {
		require.NoError(t, run.program.SetMapping(want[epoch+1]))
		var counts [sources][targets]float64
		seen := 0
		order := shuffled(30, c.Seed, epoch)
		for number, b := range batches(t.Context(), squares(4), c.Data.Train, order, augmenter{}, 8, 0) {
			said, err := run.step.run(b, epoch, number, 4)
			require.NoError(t, err)
			logits, err := tensors.CopyFlatData[float32](said.source)
			require.NoError(t, err)
			for i, label := range b.labels {
				first := 0
				for s := range sources {
					if logits[i*sources+s] > logits[i*sources+first] {
						first = s
					}
				}
				counts[first][label]++
				seen++
			}
		}
		require.Equal(t, 30, seen)
		var omega [sources][targets]float64
		for target := range targets {
			column := 0.
			for s, row := range counts {
				omega[s][target] = row[target] / (row[0] + row[1] + row[2] + lambda)
				column += omega[s][target]
			}
			for s := range sources {
				require.InDelta(t, omega[s][target]/column, want[epoch+2].At(s, target), 1e-6, fmt.Sprintf("ω[%d,%d] of epoch %d", s, target, epoch+2))
			}
		}
	}
}
