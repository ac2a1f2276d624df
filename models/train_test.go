package models_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// TestBackbonesTrain trains padding and SMM on the papers' networks for ten steps, with made-up weights. The loss must
// fall, the prompt must change, and the frozen weights must not. Unless VRKIT_TEST_BACKBONES is set, it skips the
// networks that take minutes to compile and test no other layer.
func TestBackbonesTrain(t *testing.T) {
	for _, name := range []string{
		"resnet18", "resnet34", "resnet50", "resnet101", "resnext101-32x8d", "squeezenet1.1-torchvision", "vit-b32", "vit-b32-384",
	} {
		t.Run(name, func(t *testing.T) {
			if os.Getenv("VRKIT_TEST_BACKBONES") == "" && name != "resnet18" && name != "squeezenet1.1-torchvision" && name != "vit-b32" {
				t.Skip("minutes of compiling for nothing of its own: VRKIT_TEST_BACKBONES=1 and .ci/run -full train it")
			}
			if testing.Short() {
				t.Skip("-short: compiling takes minutes")
			}
			m, err := models.MadeUp(name)
			require.NoError(t, err)
			side, layers := 64, 5
			if m.Tokens.Layers > 0 {
				side, layers = m.Side, 6
			}
			for _, in := range []input.Manipulation{input.Padding{Image: side / 2}, input.SMM{Patch: 8, Layers: layers, Seed: 1}} {
				t.Run(in.Name(), func(t *testing.T) {
					trainBriefly(t, vrkit.Program{Input: in, Model: m, Output: output.RLM{Seed: 1}, Side: side})
				})
			}
		})
	}
}

func trainBriefly(t *testing.T, p vrkit.Program) {
	frozen := p.Model.Weights.Hash()
	result, err := train.Train(t.Context(), train.Config{
		Program: p, Data: shades(20, 4), Backend: backendtest.XLA(t), Engine: backend.Info{SHA256: "test"},
		Run: filepath.Join(t.TempDir(), "run"), Epochs: 2, Batch: 4, Recipe: train.AdamAt(.01), Seed: 3,
	})
	require.NoError(t, err)
	require.Less(t, result.Last().Loss, result.Metrics[1].Loss, "the loss falls")
	t.Logf("loss %.4f, then %.4f", result.Metrics[1].Loss, result.Last().Loss)
	require.NoError(t, result.Program.Model.CheckFrozen(result.Program.Store.RootScope()), "a graph has used them")
	now, err := result.Program.WeightsHash()
	require.NoError(t, err)
	require.Equal(t, frozen, now, "frozen means frozen")
	learned, err := result.Program.Learned()
	require.NoError(t, err)
	prompt, err := tensors.CopyFlatData[float32](learned.Variables[input.PromptVariable])
	require.NoError(t, err)
	moved := 0
	for _, v := range prompt {
		if v != 0 {
			moved++
		}
	}
	require.Greater(t, moved, p.Side*p.Side, "the prompt moves")
}

// shades is a data set of two classes of images: lighter above, or lighter on the left.
func shades(training, test int) *datasets.Dataset {
	const side = 16
	d := &datasets.Dataset{
		Info:   datasets.Info{Name: "shades", Classes: []string{"above", "left"}, Height: side, Width: side, Channels: 1},
		SHA256: "shades",
	}
	for i := range training + test {
		s := datasets.Sample{Image: datasets.Image{Height: side, Width: side, Channels: 1}, Label: int32(i % 2)}
		for place := range side * side {
			along := []int{place / side, place % side}[i%2]
			s.Pixels = append(s.Pixels, uint8(240-12*along-i%7))
		}
		if i < training {
			d.Train = append(d.Train, s)
			continue
		}
		d.Test = append(d.Test, s)
	}
	return d
}
