package train_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets/datasettest"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// spoken is a run of the tiny Llama on the task of moods.
func spoken(t *testing.T, in input.Manipulation, out output.Alignment) train.Config {
	c := config(t, filepath.Join(t.TempDir(), "run"), out)
	c.Backend, c.Epochs = backendtest.XLA(t), 0
	c.Program.Input, c.Program.Model, c.Data = in, modeltest.TinyLlama(), datasettest.Moods()
	return c
}

var (
	template = input.Template{Text: "{x} it was"}
	words    = output.Words{Words: "bad;good"}
	centred  = output.Centring{Centre: true}
)

// reviewed makes a run one of a soft prompt and a mapping over a vocabulary, with shots.
func reviewed(c *train.Config) {
	c.Program.Input = input.Chain{template, input.Shots{Shots: 4}, input.Soft{Tokens: 2}}
	c.Program.Output, c.Program.Model, c.Program.Side = output.BLM{Lambda: 1, Centring: centred}, modeltest.TinyLlama(), 0
	c.Schedule, c.Data = train.Exact, datasettest.Moods()
}

// Every manipulation of texts makes a program with every kind of output, which is opened again from its record and gives
// the same answers.
func TestLanguagePrograms(t *testing.T) {
	programs := []struct {
		in  input.Manipulation
		out output.Alignment
	}{
		{template, words},
		{template, output.Words{Words: "bad,awful;good", Calibrate: output.Contextual}},
		{template, output.Words{Words: "bad;good", Calibrate: output.Mean}},
		{input.Chain{template, input.Shots{Shots: 6}}, output.Words{Words: "bad;good", Calibrate: output.Contextual}},
		{input.Chain{template, input.Soft{Tokens: 2}}, output.BLM{Lambda: 1, Centring: centred}},
		{input.Chain{template, input.Soft{Tokens: 3, Init: "bad or good"}}, words},
		{input.Soft{Tokens: 2, Init: input.Vocabulary}, output.Linear{}},
		{input.Chain{template, input.VPT{Kind: input.Prefix, Tokens: 3, Init: "bad or good"}}, words},
		{input.Chain{template, input.VPT{Kind: input.Prefix, Tokens: 2}}, output.BLMPlus{Lambda: 1, Alpha: .15, Top: 20, Centring: centred}},
		{template, output.FLM{Centring: centred}},
		{template, output.PETAL{Picks: 2}},
	}
	for i, p := range programs {
		t.Run(p.in.Name()+" "+p.out.Name(), func(t *testing.T) {
			if testing.Short() && i != 3 && i != 5 {
				t.Skip("-short: one fixed program and one that learns are enough")
			}
			c := spoken(t, p.in, p.out)
			if i != 4 || testing.Short() { // nothing has to be compiled there
				c.Backend = train.PureGo(t)
			}
			if c.Program.Learns() {
				c.Epochs = 2
			}
			result, err := train.Train(t.Context(), c)
			require.NoError(t, err)
			require.Len(t, result.Metrics, c.Epochs+1)
			again, err := train.Train(t.Context(), c)
			require.NoError(t, err)
			require.Equal(t, result.Metrics, again.Metrics, "a complete run is not trained again")

			manifest, err := runs.ReadManifest(c.Run)
			require.NoError(t, err)
			require.Equal(t, 24, manifest.Data.Train)
			reopened, err := manifest.Program(c.Program.Model)
			require.NoError(t, err)
			learned, err := runs.ReadArtefact(c.Run, runs.Last)
			require.NoError(t, err)
			compiled, err := vrkit.Compile(c.Backend, reopened, 2)
			require.NoError(t, err)
			defer compiled.Finalize()
			require.NoError(t, compiled.Use(learned.Learned))
			rows := rowsOf(t, compiled, c.Data.Test)
			before, _, err := result.Program.Logits(rows)
			require.NoError(t, err)
			after, _, err := compiled.Logits(rows)
			require.NoError(t, err)
			require.Equal(t, before, after)
			said, err := train.Evaluate(t.Context(), compiled, c.Data.Test, 8, nil)
			require.NoError(t, err)
			require.Equal(t, result.Last().TestAccuracy, said.Accuracy())
		})
	}
}

// The samples that are worked examples are not trained on.
func TestShotsLeaveTheTrainingSamples(t *testing.T) {
	c := spoken(t, input.Chain{template, input.Shots{Shots: 23}}, output.Words{Words: "bad;good", Calibrate: output.Mean})
	result, err := train.Train(t.Context(), c)
	require.NoError(t, err)
	mapping, err := result.Program.Mapping()
	require.NoError(t, err)
	shots := result.Program.Input.(input.Chain)[1].(input.Shots)
	for _, sample := range c.Data.Train {
		text := template.Text[len(input.Place):]
		if !strings.Contains(shots.Examples, sample.Text+text) {
			rows, err := result.Program.Texts([]string{sample.Text})
			require.NoError(t, err)
			_, source, err := result.Program.Logits(rows)
			require.NoError(t, err)
			require.InDeltaSlice(t, source, mapping.Centre, 1e-5, "the mean is that of the only sample left")
			return
		}
	}
	t.Fatal("no sample is left")
}

// A run says what is wrong with a program of texts before it trains.
func TestLanguageRefused(t *testing.T) {
	for _, c := range []struct {
		change func(c *train.Config)
		want   string
	}{
		{func(c *train.Config) { c.Epochs = 3 }, "template with words learns nothing, so that a run has no epochs"},
		{func(c *train.Config) { c.Program.Output = output.Words{Words: "bad;gold"} }, `the model has no token " gold"`},
		{func(c *train.Config) { c.Program.Output = output.Words{Words: "bad;good;fine"} }, "has words for 3 classes, and the task has 2"},
		{func(c *train.Config) {
			c.Program.Output, c.Schedule = output.BLM{Lambda: 1, Centring: centred}, train.Fast
		}, "take the ω schedule exact"},
		{func(c *train.Config) { c.Program.Input = input.Shots{Shots: 24} }, "24 worked examples leave none of 24 training samples"},
		{func(c *train.Config) { c.Program.Model = modeltest.Tiny() }, "template writes around a text, and tiny reads a picture"},
		{func(c *train.Config) { c.Data = datasettest.Stripes() }, "a sample of stripes is a picture, and tiny-llama reads a text"},
		{func(c *train.Config) { c.Data.Train[0].Text = "" }, ""},
	} {
		config := spoken(t, template, words)
		c.change(&config)
		_, err := train.Train(t.Context(), config)
		if c.want == "" {
			require.NoError(t, err, "the template has words")
			continue
		}
		require.ErrorContains(t, err, c.want)
	}
}
