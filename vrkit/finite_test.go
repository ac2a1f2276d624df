package vrkit_test

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/janpfeifer/must"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

var nan, infinite = float32(math.NaN()), float32(math.Inf(1))

// filled is a tensor of zeros, except its last value.
func filled(last float32, shape ...int) *tensors.Tensor {
	size := 1
	for _, d := range shape {
		size *= d
	}
	values := make([]float32, size)
	values[size-1] = last
	return tensors.FromFlatDataAndDimensions(values, shape...)
}

// heavy is the tiny net with finite weights that are too large for finite logits.
func heavy(t *testing.T) *models.Model {
	m := modeltest.Tiny()
	var err error
	m.Weights, err = models.Freeze(func() (models.Weights, error) {
		kernel := models.Tensor{Shape: []int{3, 3, 3, 6}, Data: make([]float32, 3*3*3*6)}
		dense := models.Tensor{Shape: []int{6, modeltest.Sources}, Data: make([]float32, 6*modeltest.Sources)}
		for i := range kernel.Data {
			kernel.Data[i] = 1
		}
		for i := range dense.Data {
			dense.Data[i] = math.MaxFloat32
		}
		return models.Weights{"conv/kernel": kernel, "dense/kernel": dense}, nil
	})
	require.NoError(t, err)
	return m
}

// A value that is not finite is an error wherever an answer or an image is asked for; the error names the sample and
// the cause.
func TestNotFinite(t *testing.T) {
	classes := []string{"one", "two", "three"}
	tiny := modeltest.Tiny()
	for name, c := range map[string]struct {
		vrkit.Program
		learned map[string]*tensors.Tensor
		want    string
		blurred bool // the frozen model's input is not finite either
	}{
		"a prompt of NaN": {
			vrkit.Program{Input: input.Watermark{Kind: input.Full}, Model: tiny, Output: output.RLM{}},
			map[string]*tensors.Tensor{input.PromptVariable: filled(nan, 8, 8, 3)},
			"source logit 0 is NaN: no answer can be read from it, because the prompt or the weights are damaged, or too large", true,
		},
		"an infinite prompt": {
			vrkit.Program{Input: input.Watermark{Kind: input.Full}, Model: tiny, Output: output.RLM{}},
			map[string]*tensors.Tensor{input.PromptVariable: filled(infinite, 8, 8, 3)}, "the prompt or the weights are damaged", true,
		},
		"weights too large": {
			vrkit.Program{Input: input.Watermark{Kind: input.Full}, Model: heavy(t), Output: output.RLM{}},
			map[string]*tensors.Tensor{input.PromptVariable: filled(0, 8, 8, 3)}, "source logit 0 is -Inf", false,
		},
		"bf16": {
			vrkit.Program{Input: input.Watermark{Kind: input.Full}, Model: heavy(t), Output: output.RLM{}, Precision: vrkit.BF16},
			map[string]*tensors.Tensor{input.PromptVariable: filled(0, 8, 8, 3)}, "or too large for bf16", false,
		},
		"a learned ω": {
			vrkit.Program{Input: input.Watermark{Kind: input.Full}, Model: tiny, Output: output.Linear{}},
			map[string]*tensors.Tensor{
				input.PromptVariable:                          filled(0, 8, 8, 3),
				learnedName("output", output.WeightsVariable): filled(nan, modeltest.Sources, 3),
			}, "target logit 2 is NaN: no answer can be read from it, because ω is damaged", false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			open := backendtest.Any
			if c.Precision == vrkit.BF16 {
				open = backendtest.XLA
			}
			program, err := vrkit.Compile(open(t), c.Program, 3)
			require.NoError(t, err)
			defer program.Finalize()
			require.NoError(t, program.Initialise())
			mapping, err := program.Mapping()
			require.NoError(t, err)
			require.NoError(t, program.Use(vrkit.Learned{Variables: c.learned, Mapping: mapping}))

			one := make([]uint8, 8*8*3)
			_, err = program.Predict(must.M1(program.Pictures(one)))
			require.ErrorContains(t, err, "sample 0: ")
			require.ErrorContains(t, err, c.want)
			_, err = program.Read(must.M1(program.Pictures(one)), classes, 2)
			require.ErrorContains(t, err, c.want)
			_, err = program.Inputs(one)
			if !c.blurred {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "picture 0: the input manipulation full gives it a value of ")
		})
	}
}

// The error names the sample that is not finite, counted from first.
func TestCheckLogits(t *testing.T) {
	c, err := vrkit.Compile(backendtest.Any(t), vrkit.Program{Input: input.Padding{}, Model: modeltest.Tiny(), Output: output.RLM{}}, 3)
	require.NoError(t, err)
	target, source := make([]float32, 4*3), make([]float32, 4*modeltest.Sources)
	require.NoError(t, c.CheckLogits(target, source, nil))
	require.NoError(t, c.CheckLogits(nil, source, nil))
	target[2*3+1] = infinite
	require.EqualError(t, c.CheckLogits(target, source, []int{50, 51, 52, 53}), "sample 52: target logit 1 is +Inf: no answer can be read from it, because ω is damaged, or too large")
	source[3*modeltest.Sources+4] = nan
	require.ErrorContains(t, c.CheckLogits(target, source, []int{50, 51, 52, 53}), "sample 53: source logit 4 is NaN")
}

func TestLikeliest(t *testing.T) {
	labels := []string{"a", "b", "c"}
	guesses, err := vrkit.Likeliest([]float32{1, 3, 1}, labels, 2)
	require.NoError(t, err)
	require.Equal(t, []string{"b", "a"}, []string{guesses[0].Label, guesses[1].Label})
	require.InDelta(t, 1/(1+2*math.Exp(-2)), guesses[0].Probability, 1e-12)
	for _, spoilt := range []float32{nan, infinite, -infinite} {
		_, err = vrkit.Likeliest([]float32{1, spoilt, 1}, labels, 2)
		require.ErrorContains(t, err, "the logit of b is ")
	}
	_, err = vrkit.Likeliest([]float32{1, 2}, labels, 2)
	require.ErrorContains(t, err, "the likeliest 2 of 2 logits can't be named with 3 labels")
}
