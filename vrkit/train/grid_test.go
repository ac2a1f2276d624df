package train_test

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/datasets/datasettest"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// TestEveryProgram trains every input manipulation with every output alignment, each pair one
// vrkit.Program of the same frozen net, and opens what it learned again from its record alone. A diagonal, in which
// every input occurs, and every output that learns or is estimated, runs on XLA. The other pairs run on the pure-Go
// backend, because there nothing has to be compiled, and compiling takes most of the time.
func TestEveryProgram(t *testing.T) {
	inputs := []input.Manipulation{
		input.Padding{Image: 8}, input.Watermark{Kind: input.Narrow}, input.Watermark{Kind: input.Medium},
		input.Watermark{Kind: input.Full}, input.SMM{Patch: 4, Seed: 2},
		input.VPT{Kind: input.Shallow, Tokens: 2, Seed: 2}, input.VPT{Kind: input.Deep, Tokens: 2, Seed: 2}, input.VPT{Kind: input.Prefix, Tokens: 2, Seed: 2},
		input.VPTAdd{Seed: 2}, input.Soft{Tokens: 2, Seed: 2},
		input.Chain{input.SMM{Patch: 4, Seed: 2}, input.VPT{Kind: input.Deep, Tokens: 2, Seed: 2}},
	}
	outputs := []output.Alignment{
		output.RLM{Seed: 2}, output.FLM{}, output.ILM{}, output.BLM{Lambda: 1}, output.BLMPlus{Lambda: 1, Alpha: .7},
		output.Linear{Seed: 2}, output.Identity{},
	}
	require.Len(t, inputs, len(input.Names())-1, "each of them, and a chain; TestLanguagePrograms has template and shots")
	require.Len(t, outputs, len(output.Names())-2, "TestLanguagePrograms has words and petal")
	for row, in := range inputs {
		for column, out := range outputs {
			if out.Name() == "identity" && row > 0 { // a run with identity is the same as one with an RLM that drew 0, 1, 2
				continue
			}
			if row > 4 && out.Name() != "blm+" && out.Name() != "linear" {
				continue // an output does not depend on where the prompt is
			}
			diagonal := column == []int{1, 2, 3, 4, 5, 5, 4, 5, 4, 4, 5}[row]
			if testing.Short() && !diagonal {
				continue
			}
			t.Run(in.Name()+" "+out.Name(), func(t *testing.T) {
				c := config(t, filepath.Join(t.TempDir(), "run"), out)
				if !diagonal {
					c.Backend = train.PureGo(t)
				}
				c.Program.Input = in
				trainAndReopen(t, c)
			})
		}
	}
}

func trainAndReopen(t *testing.T, c train.Config) {
	in := c.Program.Input
	c.Program.Side, c.Epochs = 16, 2
	switch in.(type) {
	case input.VPT, input.VPTAdd, input.Chain:
		c.Program.Model, c.Program.Side = modeltest.TinyViT(), 8
	case input.Soft:
		c.Program.Model, c.Program.Side, c.Data = modeltest.TinyText(), 0, datasettest.Moods()
	}
	c.Recipe.Mask.Rate = .01
	frozen := c.Program.Model.Weights.Hash()
	result, err := train.Train(t.Context(), c)
	require.NoError(t, err)
	require.Len(t, result.Metrics, 3)
	for _, m := range result.Metrics[1:] {
		require.True(t, m.Loss > 0 && !math.IsInf(m.Loss, 0), "a loss of %v", m.Loss)
	}
	require.NoError(t, result.Program.Model.CheckFrozen(result.Program.Store.RootScope()), "a graph has used them")
	now, err := result.Program.WeightsHash()
	require.NoError(t, err)
	require.Equal(t, frozen, now, "frozen means frozen")

	learned, err := runs.ReadArtefact(c.Run, runs.Last)
	require.NoError(t, err)
	requireMoved(t, c, learned.Learned)
	if c.Program.Output.Name() != "linear" {
		for target := range learned.Mapping.Targets {
			total := 0.
			for source := range learned.Mapping.Sources {
				total += float64(learned.Mapping.At(source, target))
			}
			require.InDelta(t, 1, total, 1e-6, "column %d of ω", target)
		}
	}

	manifest, err := runs.ReadManifest(c.Run)
	require.NoError(t, err)
	reopened, err := manifest.Program(c.Program.Model)
	require.NoError(t, err)
	for _, pair := range [][2]registry.Method{{c.Program.Input, reopened.Input}, {c.Program.Output, reopened.Output}} {
		before, err := registry.Settings(pair[0])
		require.NoError(t, err)
		after, err := registry.Settings(pair[1])
		require.NoError(t, err)
		require.Equal(t, before, after)
	}
	require.Equal(t, c.Program.Coordinates(), reopened.Coordinates())
	compiled, err := vrkit.Compile(c.Backend, reopened, len(manifest.Data.Classes))
	require.NoError(t, err)
	require.NoError(t, compiled.Use(learned.Learned))
	rows := rowsOf(t, compiled, c.Data.Test)
	before, _, err := result.Program.Logits(rows)
	require.NoError(t, err)
	after, _, err := compiled.Logits(rows)
	require.NoError(t, err)
	require.Equal(t, before, after, "the reopened run's target logits")
	answers, err := compiled.Predict(rows)
	require.NoError(t, err)
	right := 0
	for i, sample := range c.Data.Test {
		if answers[i] == int(sample.Label) {
			right++
		}
	}
	require.Equal(t, float64(right)/float64(len(answers)), result.Last().TestAccuracy)
}

// rowsOf are all samples as one batch.
func rowsOf(t *testing.T, c *vrkit.Compiled, samples []datasets.Sample) vrkit.Rows {
	if c.Model.Modality == taxonomy.Picture {
		rows, err := c.Pictures(datasets.Stack(samples, c.ImageSide()))
		require.NoError(t, err)
		return rows
	}
	texts := make([]string, len(samples))
	for i, sample := range samples {
		texts[i] = sample.Text
	}
	rows, err := c.Texts(texts)
	require.NoError(t, err)
	return rows
}

// requireMoved holds that training has changed all that a program learns, and its running statistics. A
// bias in front of a BatchNorm is left out: it has no gradient but rounding errors.
func requireMoved(t *testing.T, c train.Config, learned vrkit.Learned) {
	untrained, err := vrkit.Compile(c.Backend, c.Program, learned.Mapping.Targets)
	require.NoError(t, err)
	require.NoError(t, untrained.Initialise())
	start, err := untrained.Learned()
	require.NoError(t, err)
	require.Len(t, learned.Variables, len(start.Variables))
	if _, chain := c.Program.Input.(input.Chain); !chain && c.Program.Input.Name() != input.Prefix {
		require.Contains(t, learned.Variables, input.PromptVariable)
	}
	values := func(a vrkit.Learned, name string) []float32 {
		require.Contains(t, a.Variables, name)
		v, err := tensors.CopyFlatData[float32](a.Variables[name])
		require.NoError(t, err)
		return v
	}
	for name := range start.Variables {
		if strings.HasPrefix(c.Program.Input.Name(), "smm") && strings.Contains(name, "conv") && strings.Contains(name, "bias") {
			continue
		}
		require.NotEqual(t, values(start, name), values(learned, name), fmt.Sprintf("%s has not moved", name))
	}
}
