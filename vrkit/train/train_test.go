package train_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/janpfeifer/must"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/train"

	. "github.com/gomlx/gomlx/core/graph"
)

// stripes is a task for which the tiny net can be reprogrammed: three classes of striped images.
func stripes(trainSize, valSize, testSize int) *datasets.Dataset {
	d := &datasets.Dataset{Info: datasets.Info{Name: "stripes", Title: "Stripes", Classes: []string{"rows", "columns", "checks"}}, SHA256: "made up"}
	sample := func(i int) datasets.Sample {
		label, noise := i%3, uint32(i)*2654435761
		pixels := make([]uint8, 5*5*3)
		for at := range pixels {
			y, x := at/3/5, at/3%5
			noise = noise*1664525 + 1013904223
			on := [3]bool{y%2 == 0, x%2 == 0, (x+y)%2 == 0}[label]
			pixels[at] = uint8(noise>>24) / 4
			if on {
				pixels[at] += 180
			}
		}
		return datasets.Sample{Image: datasets.Image{Height: 5, Width: 5, Channels: 3, Pixels: pixels}, Label: int32(label)}
	}
	for i := range trainSize + valSize + testSize {
		switch {
		case i < trainSize:
			d.Train = append(d.Train, sample(i))
		case i < trainSize+valSize:
			d.Val = append(d.Val, sample(i))
		default:
			d.Test = append(d.Test, sample(i))
		}
	}
	return d
}

// config is a run of the tiny net on stripes: batches of 8 that don't divide the 30 images.
func config(t testing.TB, run string, alignment output.Alignment) train.Config {
	return train.Config{
		Program: vrkit.Program{Input: input.Padding{Image: 4}, Model: modeltest.Tiny(), Output: alignment},
		Data:    stripes(30, 12, 12),
		Backend: backendtest.Any(t),
		Engine:  backend.Info{SHA256: "test"},
		Run:     run, Epochs: 5, Batch: 8, Recipe: train.AdamAt(.05), Seed: 3,
	}
}

func TestTrainLearns(t *testing.T) {
	for _, alignment := range []output.Alignment{output.FLM{}, output.ILM{}, output.BLM{Lambda: 1}} {
		t.Run(alignment.Name(), func(t *testing.T) {
			c := config(t, filepath.Join(t.TempDir(), "run"), alignment)
			c.Epochs = 20
			frozen := c.Program.Model.Weights.Hash()
			result, err := train.Train(t.Context(), c)
			require.NoError(t, err)
			require.Len(t, result.Metrics, 21)
			require.Less(t, result.Last().Loss, .8*result.Metrics[1].Loss, "the loss falls")
			require.Greater(t, result.Last().TrainAccuracy, .5)

			require.NoError(t, result.Program.Model.CheckFrozen(result.Program.Store.RootScope()), "a graph has used them")
			now, err := result.Program.WeightsHash()
			require.NoError(t, err)
			require.Equal(t, frozen, now, "frozen means frozen")

			metrics, err := runs.ReadMetrics(c.Run)
			require.NoError(t, err)
			require.Len(t, metrics, 21)
			require.Equal(t, result.Last().TestAccuracy, metrics[20].TestAccuracy)
		})
	}
}

// A complete run is not trained further and runs no graph: its weights are checked all the same.
func TestTrainAgain(t *testing.T) {
	c := config(t, filepath.Join(t.TempDir(), "run"), output.BLM{Lambda: 1})
	for range 2 {
		result, err := train.Train(t.Context(), c)
		require.NoError(t, err)
		now, err := result.Program.WeightsHash()
		require.NoError(t, err)
		require.Equal(t, c.Program.Model.Weights.Hash(), now)
	}
}

// With a learning rate of 0 the prompt does not change, and every epoch has the results of epoch 0.
func TestLearningRateZero(t *testing.T) {
	c := config(t, filepath.Join(t.TempDir(), "run"), output.BLM{Lambda: 1})
	c.Recipe = train.AdamAt(0)
	result, err := train.Train(t.Context(), c)
	require.NoError(t, err)
	for _, m := range result.Metrics {
		require.Equal(t, result.First().TestAccuracy, m.TestAccuracy)
	}
	artefact, err := result.Program.Learned()
	require.NoError(t, err)
	prompt, err := tensors.CopyFlatData[float32](artefact.Variables[input.PromptVariable])
	require.NoError(t, err)
	require.Equal(t, make([]float32, 8*8*3), prompt)
}

// Augmentation changes the images of training and of estimating ω in every epoch, and never those of evaluation: with a
// learning rate of 0 the training losses differ, and accuracies don't.
func TestOnlyTrainingIsAugmented(t *testing.T) {
	for name, alignment := range map[string]output.Alignment{"rlm": output.RLM{Seed: 2}, "blm+": output.BLMPlus{Lambda: 1, Alpha: .7}} {
		c := quick(t, filepath.Join(t.TempDir(), "run"), 5)
		c.Program.Output = alignment
		c.Recipe, c.Schedule, c.History = train.AdamAt(0), train.Exact, true
		c.Recipe.Augment = train.Augment{Margin: 3}
		result, err := train.Train(t.Context(), c)
		require.NoError(t, err)
		for i, m := range result.Metrics[2:] {
			require.NotEqual(t, result.Metrics[i+1].Loss, m.Loss, name)
			if name == "rlm" {
				require.Equal(t, result.First().TestAccuracy, m.TestAccuracy)
				require.Equal(t, result.First().ValAccuracy, m.ValAccuracy)
			} else {
				require.NotEqual(t, omegaOf(t, c.Run, i+1), omegaOf(t, c.Run, i+2), "ω is estimated on augmented images")
			}
		}
		e, err := train.Evaluate(t.Context(), result.Program, c.Data.Test, 12, nil)
		require.NoError(t, err)
		require.Equal(t, result.Last().TestAccuracy, e.Accuracy())
	}
}

// omegaOf returns the ω with which an epoch was trained and evaluated, from a run that keeps its history.
func omegaOf(t *testing.T, run string, epoch int) output.Mapping {
	artefact, err := runs.ReadArtefact(run, runs.Epoch(epoch))
	require.NoError(t, err)
	return artefact.Mapping
}

func TestSameSeedSameRun(t *testing.T) {
	dir := t.TempDir()
	var runs [3]string
	for i, seed := range []uint64{3, 3, 4} {
		runs[i] = filepath.Join(dir, fmt.Sprint(i))
		c := config(t, runs[i], output.ILM{})
		c.Seed = seed
		_, err := train.Train(t.Context(), c)
		require.NoError(t, err)
	}
	require.Equal(t, contents(t, runs[0]), contents(t, runs[1]))
	require.NotEqual(t, contents(t, runs[0]), contents(t, runs[2]))
}

func TestTrainErrors(t *testing.T) {
	for want, spoil := range map[string]func(c *train.Config){
		`none of the 2 training samples is of the class "checks"`: func(c *train.Config) { c.Data.Train = c.Data.Train[:2] },
		"source logit 0 is NaN":                                   func(c *train.Config) { c.Program.Input = runaway{} },
		"at least one epoch":                                      func(c *train.Config) { c.Epochs = -1 },
		"its side must lie between 1 and 7, not 9":                func(c *train.Config) { c.Program.Input = input.Padding{Image: 9} },
		"multiples of 4, not 10":                                  func(c *train.Config) { c.Program.Side = 10 },
		"learning rate of the prompt must be":                     func(c *train.Config) { c.Recipe = train.AdamAt(math.NaN()) },
	} {
		c := quick(t, filepath.Join(t.TempDir(), "run"), 5)
		c.Program.Output = output.ILM{}
		spoil(&c)
		_, err := train.Train(t.Context(), c)
		require.ErrorContains(t, err, want)
	}
}

// runaway divides by zero, as a faulty manipulation might.
type runaway struct{ input.Padding }

func (r runaway) Fit(m models.Info) (input.Fitted, error) {
	fitted, err := r.Padding.Fit(m)
	pad := fitted.Hooks[models.Pixels]
	fitted.Hooks[models.Pixels] = func(scope *model.Scope, v models.Value) models.Value {
		v = pad(scope, v)
		x := v.Total()
		v.Each, v.Shared = Div(x, Sub(x, x)), nil
		return v
	}
	return fitted, err
}

func TestBestOnValidation(t *testing.T) {
	c := config(t, filepath.Join(t.TempDir(), "run"), output.BLM{Lambda: 1})
	c.Epochs = 8
	result, err := train.Train(t.Context(), c)
	require.NoError(t, err)
	best := 0
	for i, m := range result.Metrics {
		if m.ValAccuracy > result.Metrics[best].ValAccuracy {
			best = i
		}
	}
	require.Equal(t, best, result.Best)

	artefact, err := runs.ReadArtefact(c.Run, runs.Best)
	require.NoError(t, err)
	require.NoError(t, result.Program.Use(artefact.Learned))
	e, err := train.Evaluate(t.Context(), result.Program, c.Data.Val, 5, nil)
	require.NoError(t, err)
	require.Equal(t, result.BestEpoch().ValAccuracy, e.Accuracy(), "the best artefact gives the best epoch's accuracy, whatever the batch")
}

// A run can evaluate the test set at the first and last epochs only, and can keep what every epoch learned.
func TestEndTestsAndHistory(t *testing.T) {
	c := config(t, filepath.Join(t.TempDir(), "run"), output.BLM{Lambda: 1})
	c.Epochs = 3
	_, err := train.Train(t.Context(), c)
	require.NoError(t, err)
	require.NoFileExists(t, filepath.Join(c.Run, "artefact", "epoch-000.npz"), "none is kept unasked")
	full, err := runs.ReadMetrics(c.Run)
	require.NoError(t, err)

	c.Run, c.EndTests, c.History = filepath.Join(t.TempDir(), "run"), true, true
	result, err := train.Train(t.Context(), c)
	require.NoError(t, err)
	metrics, err := runs.ReadMetrics(c.Run)
	require.NoError(t, err)
	require.Len(t, metrics, 4)
	for i, m := range metrics {
		require.Equal(t, result.Metrics[i].TestAccuracy, m.TestAccuracy)
		want := full[i]
		if i == 1 || i == 2 {
			want.TestAccuracy = -1
		}
		m.Seconds, want.Seconds = 0, 0
		require.Equal(t, want, m, "all else is as it is without")

		artefact, err := runs.ReadArtefact(c.Run, runs.Epoch(i))
		require.NoError(t, err)
		require.NoError(t, result.Program.Use(artefact.Learned))
		e, err := train.Evaluate(t.Context(), result.Program, c.Data.Val, 5, nil)
		require.NoError(t, err)
		require.Equal(t, m.ValAccuracy, e.Accuracy(), "the artefact of epoch %d gives its accuracy", i)
	}
	require.NoFileExists(t, filepath.Join(c.Run, "artefact", "epoch-004.npz"))
	last, err := os.ReadFile(filepath.Join(c.Run, "artefact", "last.npz"))
	require.NoError(t, err)
	kept, err := os.ReadFile(filepath.Join(c.Run, "artefact", "epoch-003.npz"))
	require.NoError(t, err)
	require.Equal(t, last, kept)
}

// Of an image's voters, the shares add up to one, and the prediction is that of its batch.
func TestRead(t *testing.T) {
	c := config(t, filepath.Join(t.TempDir(), "run"), output.BLM{Lambda: 1})
	result, err := train.Train(t.Context(), c)
	require.NoError(t, err)
	answers, err := result.Program.Predict(must.M1(result.Program.Pictures(datasets.Stack(c.Data.Test, 4))))
	require.NoError(t, err)
	for i, sample := range c.Data.Test {
		reading, err := result.Program.Read(must.M1(result.Program.Pictures(sample.Resized(4))), c.Data.Classes, modeltest.Sources)
		require.NoError(t, err)
		require.Equal(t, c.Data.Classes[answers[i]], reading.Label)
		total := 0.
		for at, voter := range reading.Voters {
			total += voter.Share
			require.True(t, at == 0 || voter.Share <= reading.Voters[at-1].Share, "the largest first")
		}
		require.InDelta(t, 1, total, 1e-9)
	}
	_, err = result.Program.Read(must.M1(result.Program.Pictures(datasets.Stack(c.Data.Test[:2], 4))), c.Data.Classes, 1)
	require.ErrorContains(t, err, "one row")
}

// contents returns the files of a run that repeat bit by bit.
func contents(t *testing.T, run string) map[string]string {
	files := map[string]string{}
	for _, name := range []string{"metrics.csv", "diagnostics.csv", "artefact/last.npz", "artefact/best.npz"} {
		data, err := os.ReadFile(filepath.Join(run, name))
		if !errors.Is(err, os.ErrNotExist) {
			require.NoError(t, err)
		}
		files[name] = string(data)
	}
	return files
}
