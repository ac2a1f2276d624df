package show

import (
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/figure"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// picture requires that the folder of figures has a picture with that name.
func picture(t *testing.T, name string) {
	t.Helper()
	file, err := os.Open(filepath.Join(os.Getenv(FolderVariable), name+".png"))
	require.NoError(t, err)
	defer file.Close()
	drawn, err := png.Decode(file)
	require.NoError(t, err)
	require.Greater(t, drawn.Bounds().Dx(), 100)
}

// madeUp is a run of three epochs that was never trained.
func madeUp(t *testing.T, manipulation input.Manipulation) *runs.Run {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "made-up")
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "diagnostics.csv"), []byte("epoch,entropy,sources,coverage,churn\n0,2.1,12,1,\n1,1.7,11,1,.3\n2,1.2,8.5,.75,.05\n"), 0o600))
	side := modeltest.Tiny().Side
	delta := make([]float32, side*side*3)
	for i := range delta {
		delta[i] = float32(math.Sin(float64(i)))
	}
	omega := output.NewMapping(modeltest.Sources, 2)
	omega.Weights[0], omega.Weights[3], omega.Weights[4] = 1, .25, .75
	return &runs.Run{
		Dir:      dir,
		Manifest: runs.Manifest{Data: runs.DataRecord{Classes: []string{"rows", "columns"}}},
		Program:  vrkit.Program{Input: manipulation, Model: modeltest.Tiny(), Output: output.BLM{Lambda: 1}},
		Artefact: runs.Artefact{
			Learned: vrkit.Learned{
				Variables: map[string]*tensors.Tensor{input.PromptVariable: tensors.FromFlatDataAndDimensions(delta, side, side, 3)},
				Mapping:   omega,
			},
		},
		Metrics: []runs.Metrics{{Epoch: 0, TestAccuracy: .4}, {Epoch: 1, TrainAccuracy: .5, TestAccuracy: .55}, {Epoch: 2, TrainAccuracy: .6, TestAccuracy: .7}},
	}
}

func TestSaveRun(t *testing.T) {
	run := madeUp(t, input.SMM{Patch: 4})
	t.Setenv(FolderVariable, t.TempDir())
	names := func() (names []string) {
		paths, err := SaveRun(run)
		require.NoError(t, err)
		for _, path := range paths {
			names = append(names, filepath.Base(path))
		}
		return names
	}
	require.Equal(t, []string{"prompt.png", "mapping.png", "curves.png", "diagnostics.png"}, names())
	picture(t, "diagnostics")
	f, err := promptFigure(run)
	require.NoError(t, err)
	require.NotContains(t, f.Caption, "the same for every image", "a mask decides what of it an image gets")
	run.Program.Input = input.Watermark{Kind: input.Full}
	f, err = promptFigure(run)
	require.NoError(t, err)
	require.Contains(t, f.Caption, "the same for every image")

	delete(run.Artefact.Variables, input.PromptVariable)
	require.Equal(t, []string{"mapping.png", "curves.png", "diagnostics.png"}, names(), "a run without a prompt has the others")
	run.Metrics = run.Metrics[:1]
	require.Equal(t, []string{"mapping.png", "diagnostics.png"}, names(), "a run without training has no curves")

	// A token's blank is seen.
	m := *run.Program.Model
	m.Encode = func(string) ([]int32, error) { return nil, nil }
	m.Labels = slices.Repeat([]string{" great"}, len(m.Labels))
	run.Program.Model = &m
	require.Equal(t, `" great"`, sourceNames(run)[0])
}

func TestDiagnostics(t *testing.T) {
	one, other := madeUp(t, input.Padding{Image: 4}), madeUp(t, input.Padding{Image: 4})
	t.Setenv(FolderVariable, t.TempDir())
	require.NoError(t, Diagnostics(one, other))
	picture(t, "diagnostics")
	require.NoError(t, os.Remove(filepath.Join(other.Dir, "diagnostics.csv")))
	require.ErrorContains(t, Diagnostics(one, other), "has no diagnostics to read")
}

func TestSlider(t *testing.T) {
	folder := t.TempDir()
	t.Setenv(FolderVariable, folder)
	black, err := figure.Grid([]figure.Tile{{Image: figure.RGB8(make([]uint8, 28*28*3), 28, 28)}}, 1, "")
	require.NoError(t, err)
	frames := []figure.Frame{{Label: "epoch 0", Figure: black}, {Label: "epoch 1", Figure: black}}
	require.NoError(t, Slider("How δ grew: SMM", frames, 0))
	picture(t, "how-grew-smm-01")
	picture(t, "how-grew-smm-02")
	require.NoError(t, Slider("ω", frames, 0))
	picture(t, "slider-02")
	require.NoError(t, Slider("BLM", frames, 0))
	require.NoError(t, Slider("BLM+", frames, 0))
	picture(t, "blm-01")
	picture(t, "blm-plus-01")
	require.ErrorContains(t, Slider("one", frames[:1], 0), "nothing to step through")
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, entries, 8)
}

func TestConfusion(t *testing.T) {
	e := train.Evaluation{Labels: []int32{0, 0, 0, 1, 1, 2}, Predictions: []int32{0, 2, 2, 1, 0, 2}}
	counts, err := confusion(e, 3)
	require.NoError(t, err)
	require.Equal(t, []int{1, 0, 2, 1, 1, 0, 0, 0, 1}, counts, "a row is what is true")
	t.Setenv(FolderVariable, t.TempDir())
	require.NoError(t, Confusion(e, []string{"rows", "columns", "checks"}))
	picture(t, "confusion")
	f, err := confusionFigure(e, []string{"rows", "columns", "checks"})
	require.NoError(t, err)
	require.Contains(t, f.Caption, "50.0 % of 6 images")

	require.ErrorContains(t, Confusion(e, []string{"rows", "columns"}), "predicts 2 for class 0, but there are names for only 2 classes")
	require.ErrorContains(t, Confusion(train.Evaluation{}, []string{"rows", "columns"}), "needs images and a prediction for each")
}
