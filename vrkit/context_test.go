package vrkit_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// Worked examples that the model has read once give the answers of whole texts.
func TestContextEqualsWholeTexts(t *testing.T) {
	backend := backendtest.XLA(t)
	examples := strings.Repeat("we liked the film good . they hated it bad . ", 4)
	answers := func(in input.Manipulation, texts ...string) []float32 {
		c, err := vrkit.Compile(backend, vrkit.Program{Input: in, Model: modeltest.TinyLlama(), Output: output.Words{Words: "bad;good"}}, 2)
		require.NoError(t, err)
		defer c.Finalize()
		rows, err := c.Texts(texts)
		require.NoError(t, err)
		defer rows.Finalize()
		_, source, err := c.Logits(rows)
		require.NoError(t, err)
		if _, whole := in.(input.Template); !whole {
			require.Equal(t, 16, rows[0].Shape().Dim(1), "the rows are without the examples")
		}
		return source
	}
	texts := []string{"the plot was dull", "some bright night in the house , and one cat"}
	read := answers(input.Shots{Examples: examples}, texts...)
	whole := answers(input.Template{Text: input.Place}, examples+texts[0], examples+texts[1])
	require.InDeltaSlice(t, whole, read, 1e-5)
	require.NotEqual(t, read, answers(input.Shots{Examples: strings.Repeat("it was good bad . we hated it good . ", 4)}, texts...))
}

// A prefix that begins with a text is the text before all others: a learnable program inside the model equals a fixed one
// at its input.
func TestPrefixOfATextIsTheText(t *testing.T) {
	backend := backendtest.XLA(t)
	const before = "we hated the dull plot"
	c, err := vrkit.Compile(backend, vrkit.Program{Input: input.VPT{Kind: input.Prefix, Tokens: 5, Init: before}, Model: modeltest.TinyLlama(), Output: output.RLM{Seed: 1}}, 2)
	require.NoError(t, err)
	defer c.Finalize()
	whole, err := vrkit.Compile(backend, vrkit.Program{Input: input.Template{}, Model: modeltest.TinyLlama(), Output: output.RLM{Seed: 1}}, 2)
	require.NoError(t, err)
	defer whole.Finalize()
	require.InDeltaSlice(t, sourceLogits(t, whole, before+" but it was fine"), sourceLogits(t, c, "but it was fine"), 1e-5)
	for _, wrong := range []input.VPT{{Kind: input.Deep, Init: before}, {Kind: input.Prefix, Init: before, Shared: true}} {
		require.ErrorContains(t, wrong.Check(), "begins with drawn values")
	}
}
