package vrkit_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/janpfeifer/must"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/layer"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// A frozen model compiles once for each number and side of images; after Finalize it answers with an error.
func TestBare(t *testing.T) {
	frozen, built := modeltest.Tiny(), 0
	forward := frozen.Forward
	frozen.Forward = func(weight layer.Weight, x models.Value, hook models.Hook) *graph.Node {
		built++
		return forward(weight, x, hook)
	}
	bare, err := vrkit.CompileModel(backendtest.Any(t), frozen)
	require.NoError(t, err)
	pixels := make([]uint8, 4*8*8*3)
	for i := range pixels {
		pixels[i] = uint8(i * i % 251)
	}
	var first []float32
	for range 3 {
		logits, err := bare.Logits(pixels, 8)
		require.NoError(t, err)
		require.Len(t, logits, 4*modeltest.Sources)
		if first == nil {
			first = logits
		}
		require.Equal(t, first, logits)
		guesses, err := bare.Ask(pixels, 8, 2)
		require.NoError(t, err)
		require.Len(t, guesses, 4)
		require.Len(t, guesses[0], 2)
		require.Equal(t, 1, built)
	}
	once, err := vrkit.Ask(backendtest.Any(t), frozen, pixels, 8, 2)
	require.NoError(t, err)
	again, err := bare.Ask(pixels, 8, 2)
	require.NoError(t, err)
	require.Equal(t, again, once)
	require.Equal(t, 2, built, "Ask compiles the model")
	_, err = bare.Ask(pixels, 16, 1) // one image of twice the side
	require.NoError(t, err)
	require.Equal(t, 3, built)

	_, err = bare.Logits(pixels, 10)
	require.ErrorContains(t, err, "multiples of 4, not 10")
	_, err = bare.Logits(pixels[1:], 8)
	require.ErrorContains(t, err, "767 values are not RGB pictures of side 8")
	bare.Finalize()
	_, err = bare.Logits(pixels, 8)
	require.Error(t, err)

	bare, err = vrkit.CompileModel(backendtest.Any(t), heavy(t))
	require.NoError(t, err)
	defer bare.Finalize()
	_, err = bare.Ask(pixels, 8, 2)
	require.ErrorContains(t, err, "picture 0: source logit 0 is ")
	require.ErrorContains(t, err, "because the weights are damaged, or too large")
}

// More different numbers of images than the engine keeps graphs for by default are no error.
func TestManyNumbersOfPictures(t *testing.T) {
	plain, err := compute.NewWithConfig("go") // it compiles a hundred graphs quickly
	require.NoError(t, err)
	bare, err := vrkit.CompileModel(plain, modeltest.Tiny())
	require.NoError(t, err)
	defer bare.Finalize()
	p := vrkit.Program{Input: input.Padding{Image: 4}, Model: modeltest.Tiny(), Output: output.RLM{}, Side: 8}
	program, err := vrkit.Compile(plain, p, 3)
	require.NoError(t, err)
	defer program.Finalize()
	for n := 1; n <= 40; n++ {
		_, err := bare.Ask(make([]uint8, n*4*4*3), 4, 1)
		require.NoError(t, err, "%d pictures", n)
		_, err = program.Predict(must.M1(program.Pictures(make([]uint8, n*4*4*3))))
		require.NoError(t, err, "%d pictures", n)
		_, err = program.Inputs(make([]uint8, n*4*4*3))
		require.NoError(t, err, "%d pictures", n)
	}
}

// counted counts how often the graph of a learned ω is built.
type counted struct {
	output.Linear
	built *int
}

func (c counted) Omega(scope *model.Scope, logits *graph.Node, targets int) (omega, bias *graph.Node) {
	*c.built++
	return c.Linear.Omega(scope, logits, targets)
}

// However many images are read, a program with a learned ω compiles two graphs: one of its logits and one of ω.
func TestReadCompilesOnce(t *testing.T) {
	built := 0
	p := vrkit.Program{Input: input.Padding{Image: 4}, Model: modeltest.Tiny(), Output: counted{output.Linear{Restrict: output.WithBias}, &built}, Side: 8}
	c, err := vrkit.Compile(backendtest.Any(t), p, 3)
	require.NoError(t, err)
	defer c.Finalize()
	before, err := c.Mapping()
	require.NoError(t, err)
	for range 4 {
		_, err := c.Read(must.M1(c.Pictures(make([]uint8, 4*4*3))), []string{"one", "two", "three"}, 2)
		require.NoError(t, err)
	}
	require.Equal(t, 2, built)

	// A new value of ω is used.
	learned, err := c.Learned()
	require.NoError(t, err)
	learned.Variables[learnedName("output", output.WeightsVariable)] = filled(5, modeltest.Sources, 3)
	require.NoError(t, c.Use(learned))
	after, err := c.Mapping()
	require.NoError(t, err)
	require.NotEqual(t, before, after)
	require.EqualValues(t, 5, after.At(modeltest.Sources-1, 2))
	require.Equal(t, 2, built)
}

// learnedName is the name of an output variable in an artefact.
func learnedName(scope, name string) string { return model.EscapeScopeName(scope + "/" + name) }
