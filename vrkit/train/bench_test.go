package train_test

import (
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

// BenchmarkEpoch measures a whole epoch of padding + BLM on 200 digits, with SqueezeNet at side 128: ω
// estimated, the prompt learned, the state kept. It reports training images/s.
func BenchmarkEpoch(b *testing.B) {
	const images = 200
	engine := backendtest.XLA(b)
	report := fetch.Terminal(os.Stderr)
	frozen, err := models.Open(b.Context(), "squeezenet1.1", report)
	require.NoError(b, err)
	digits, err := datasets.Load(b.Context(), "mnist", datasets.Sizes{Train: images, Test: 1}, report)
	require.NoError(b, err)
	digits.Test = nil // measured elsewhere

	c := train.Config{
		Program: vrkit.Program{Input: input.Padding{Image: 64}, Model: frozen, Output: output.BLM{Lambda: 1}, Side: 128},
		Data:    digits, Backend: engine, Engine: backend.Info{},
		Run: filepath.Join(b.TempDir(), "run"), Epochs: 1 + b.N, Batch: 50, Recipe: train.AdamAt(.05),
	}
	c.Events = func(e train.Event) {
		if e.Stage == train.StageEpoch && e.Epoch == 1 { // everything is compiled
			b.ResetTimer()
		}
	}
	_, err = train.Train(b.Context(), c)
	require.NoError(b, err)
	b.ReportMetric(float64(images*b.N)/b.Elapsed().Seconds(), "images/s")
}
