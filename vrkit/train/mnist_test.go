package train_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// TestMNIST reprograms the real SqueezeNet for real digits: 1,000 training and 1,000 test samples, digits
// at 64 pixels, side 128, Adam .05, batch 50, 4 epochs, the last epoch, three seeds. Over the seeds the
// mean test accuracy is at least .60, and at least .25 above that of the mapping alone, of epoch 0.
func TestMNIST(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a real network is trained, for about three minutes")
	}
	engine := backendtest.XLA(t)
	report := fetch.Terminal(os.Stderr)
	frozen, err := models.Open(t.Context(), "squeezenet1.1", report)
	require.NoError(t, err)
	digits, err := datasets.Load(t.Context(), "mnist", datasets.Sizes{Train: 1000, Test: 1000}, report)
	require.NoError(t, err)
	alone, mean := 0., 0.
	for seed := range uint64(3) {
		result, err := train.Train(t.Context(), train.Config{
			Program: vrkit.Program{Input: input.Padding{Image: 64}, Model: frozen, Output: output.BLM{Lambda: 1}, Side: 128},
			Data:    digits, Backend: engine, Engine: backend.Info{},
			Run:    filepath.Join(t.TempDir(), fmt.Sprintf("seed %d", seed)),
			Epochs: 4, Batch: 50, Recipe: train.AdamAt(.05), Schedule: train.Exact, Seed: seed, EndTests: true,
		})
		require.NoError(t, err)
		require.NoError(t, result.Program.Model.CheckFrozen(result.Program.Store.RootScope()), "a graph has used them")
		hash, err := result.Program.WeightsHash()
		require.NoError(t, err)
		require.Equal(t, frozen.Weights.Hash(), hash, "frozen means frozen")
		t.Logf("seed %d: test accuracy %.3f", seed, result.Last().TestAccuracy)
		alone, mean = alone+result.First().TestAccuracy/3, mean+result.Last().TestAccuracy/3
	}
	t.Logf("mean over 3 seeds %.3f, of the mapping alone %.3f", mean, alone)
	require.GreaterOrEqual(t, mean, .60)
	require.GreaterOrEqual(t, mean-alone, .25)
}
