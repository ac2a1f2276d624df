package train_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// A run stopped by its context in the middle of an epoch, and trained on, ends like one that was not,
// whatever it has to remember: where ω comes from, what varies, and all that is learned. TestKilledRun and TestDevices
// resume runs on XLA.
func TestStopAndResume(t *testing.T) {
	for name, vary := range map[string]func(c *train.Config){
		"pad blm exact": func(c *train.Config) { c.Schedule = train.Exact },
		"pad blm fast":  func(c *train.Config) { c.Schedule = train.Fast },
		"smm blm+ fast": newest,
		"pad linear":    func(c *train.Config) { c.Program.Output = output.Linear{} },
		"vpt dropout":   dropout,
		"soft blm":      reviewed,
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name == "smm blm+ fast" {
				t.Skip("-short: SMM is trained a dozen times")
			}
			dir := t.TempDir()
			configured := func(run string) train.Config {
				c := quick(t, filepath.Join(dir, run), 3)
				vary(&c)
				return c
			}
			whole, parts := configured("whole"), configured("parts")
			_, err := train.Train(t.Context(), whole)
			require.NoError(t, err)

			stops := 0
			for ; ; stops++ { // a few steps more every time
				ctx, cancel := context.WithCancel(t.Context())
				events := 0
				parts.Events = func(train.Event) {
					if events++; events > 2*(stops+1) {
						cancel()
					}
				}
				_, err := train.Train(ctx, parts)
				cancel()
				if err == nil {
					break
				}
				require.ErrorIs(t, err, context.Canceled)
				require.Less(t, stops, 100)
			}
			require.Greater(t, stops, 3)
			require.Equal(t, contents(t, whole.Run), contents(t, parts.Run))
		})
	}
}

// newest makes a configuration with the largest state between steps: a mask generator with running statistics,
// probability mass from the training steps, a rate that changes every step, and augmented images.
func newest(c *train.Config) {
	c.Program.Input, c.Program.Output, c.Program.Side = input.SMM{Patch: 4}, output.BLMPlus{Lambda: 1, Alpha: .7}, 16
	c.Data.Mirrors, c.Schedule = true, train.Fast
	c.Recipe.Prompt.LRSchedule, c.Recipe.Mask.Rate = train.Cosine, .01
	c.Recipe.Augment = train.Augment{Margin: 2, Flip: true}
}

// dropout makes a configuration of prompt tokens with dropout, on a transformer.
func dropout(c *train.Config) {
	c.Program.Input, c.Program.Model = input.VPT{Kind: input.Deep, Tokens: 3, Dropout: .3}, modeltest.TinyViT()
}

// Seed, epoch and step decide what dropout draws: the same seed gives the same run, and a run without dropout is another.
func TestDropoutDraws(t *testing.T) {
	after := func(seed uint64, rate float64) []float32 {
		c := quick(t, filepath.Join(t.TempDir(), "run"), 2)
		c.Program.Input, c.Program.Model = input.VPT{Kind: input.Deep, Tokens: 3, Dropout: rate, Seed: 1}, modeltest.TinyViT()
		c.Program.Output, c.Seed = output.RLM{Seed: 1}, seed
		c.Batch = len(c.Data.Train) // the order of the images does not matter
		trained(t, c)
		artefact, err := runs.ReadArtefact(c.Run, runs.Last)
		require.NoError(t, err)
		return tensors.MustCopyFlatData[float32](artefact.Variables[input.PromptVariable])
	}
	first := after(3, .3)
	require.Equal(t, first, after(3, .3))
	require.NotEqual(t, first, after(4, .3))
	require.NotEqual(t, first, after(3, 0))
	require.InDeltaSlice(t, after(3, 0), after(4, 0), 1e-4, "without dropout the seed decides nothing here")
}

func TestTrainOn(t *testing.T) {
	dir := t.TempDir()
	whole, parts := filepath.Join(dir, "whole"), filepath.Join(dir, "parts")
	trained(t, quick(t, whole, 5))
	for _, epochs := range []int{2, 2, 5} { // the second time there is nothing to do
		c := quick(t, parts, epochs)
		result, err := train.Train(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, epochs, result.Last().Epoch)
	}
	require.Equal(t, contents(t, whole), contents(t, parts))
}

// A run with a learning-rate schedule can't be trained for more epochs later, because all its rates would have been
// different; one that stopped early continues to its own end.
func TestLRScheduleHasAHorizon(t *testing.T) {
	for _, fall := range []train.Group{{Rate: .05, LRSchedule: train.Cosine}, {Rate: .05, LRSchedule: train.Steps, Factor: .1, At: []float64{.5}}} {
		c := quick(t, filepath.Join(t.TempDir(), "run"), 5)
		c.Program.Output = output.ILM{}
		c.Epochs, c.Recipe.Prompt = 2, fall
		ctx, cancel := context.WithCancel(t.Context())
		c.Events = func(e train.Event) {
			if e.Stage == train.StageEpoch && e.Epoch == 1 {
				cancel()
			}
		}
		_, err := train.Train(ctx, c)
		require.ErrorIs(t, err, context.Canceled)
		c.Events = nil
		for _, other := range []int{1, 3} {
			d := c
			d.Epochs = other
			_, err = train.Train(t.Context(), d)
			require.ErrorContains(t, err, fmt.Sprintf("epochs of the learning-rate schedule 2, now %d", other))
		}
		result, err := train.Train(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, 2, result.Last().Epoch)
	}
}

func TestResumeRefuses(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	c := quick(t, run, 5)
	c.Program.Output = output.ILM{}
	c.Epochs = 1
	_, err := train.Train(t.Context(), c)
	require.NoError(t, err)

	other := c
	other.Batch = 9
	_, err = train.Train(t.Context(), other)
	require.ErrorContains(t, err, "batch 8, now 9")

	other = c
	other.EndTests = true
	_, err = train.Train(t.Context(), other)
	require.ErrorContains(t, err, "(end-tests no, now yes)")

	other = c
	frozen := *c.Program.Model
	frozen.Weights, err = models.Freeze(func() (models.Weights, error) { return models.Weights{"conv/kernel": {}}, nil })
	require.NoError(t, err)
	other.Program.Model = &frozen
	_, err = train.Train(t.Context(), other)
	weights, ok := errors.AsType[*runs.OtherWeightsError](err)
	require.True(t, ok, err)
	require.Equal(t, &runs.OtherWeightsError{Name: "tiny", Recorded: c.Program.Model.Weights.Hash(), Now: frozen.Weights.Hash()}, weights)
	require.ErrorContains(t, err, run+" is another run: it was trained with other weights of tiny")

	other = c
	other.Engine.SHA256 = "another plugin"
	_, err = train.Train(t.Context(), other)
	require.ErrorContains(t, err, "(XLA plugin test, now another plugin)")
	other.Force = true
	_, err = train.Train(t.Context(), other)
	require.NoError(t, err)
}
