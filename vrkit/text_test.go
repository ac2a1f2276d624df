package vrkit_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// softly compiles a soft prompt on the tiny language model, with a source label for each of its words.
func softly(t *testing.T, backend compute.Backend, tokens int) *vrkit.Compiled {
	c, err := vrkit.Compile(backend, vrkit.Program{Input: input.Soft{Tokens: tokens, Seed: 3}, Model: modeltest.TinyText(), Output: output.RLM{Seed: 1}}, 2)
	require.NoError(t, err)
	t.Cleanup(c.Finalize)
	require.NoError(t, c.Initialise())
	return c
}

func sourceLogits(t *testing.T, c *vrkit.Compiled, texts ...string) []float32 {
	rows, err := c.Texts(texts)
	require.NoError(t, err)
	defer rows.Finalize()
	_, source, err := c.Logits(rows)
	require.NoError(t, err)
	return source
}

// A soft prompt that is the embedding of words is the same as these words before the text: a learnable program at the
// embedding equals a fixed one at the input.
func TestSoftPromptOfWordsIsAHardPrompt(t *testing.T) {
	for _, open := range []func(testing.TB) compute.Backend{backendtest.Any, backendtest.XLA} {
		backend := open(t)
		one, two := softly(t, backend, 1), softly(t, backend, 2)
		words, err := one.Model.Encode("we liked it")
		require.NoError(t, err)
		put := func(c *vrkit.Compiled, numbers ...int32) {
			learned, err := c.Learned()
			require.NoError(t, err)
			var prompt []float32
			for _, n := range numbers {
				prompt = append(prompt, modeltest.Embedding(n)...)
			}
			learned.Variables[input.PromptVariable] = tensors.FromFlatDataAndDimensions(prompt, 1, len(numbers), 16)
			require.NoError(t, c.Use(learned))
		}
		put(one, words[0])
		put(two, words[0], words[1])
		hard := sourceLogits(t, one, "liked it was good", "liked the plot")
		soft := sourceLogits(t, two, "it was good", "the plot")
		require.InDeltaSlice(t, hard, soft, 1e-6)
		require.NotEqual(t, hard, sourceLogits(t, two, "it was bad", "the plot"))
	}
}

// A text's answer does not depend on its batch: what fills up the shorter texts is not seen.
func TestTextsInABatch(t *testing.T) {
	c := softly(t, backendtest.Any(t), 2)
	together := sourceLogits(t, c, "good", "the film was very very bad and so dull", "a plot")
	for i, text := range []string{"good", "the film was very very bad and so dull", "a plot"} {
		require.InDeltaSlice(t, together[i*64:(i+1)*64], sourceLogits(t, c, text), 1e-5)
	}
}

// What a model can't read is refused in one line.
func TestTextsRefused(t *testing.T) {
	c := softly(t, backendtest.Any(t), 2)
	for text, want := range map[string]string{
		" ":                         "the text \" \": the text has no word",
		"a b c d e f g h i j k l m": "the text \"a b c d e f g h i j k l m\": it has 13 tokens, and tiny-text reads at most 12: shorten it",
	} {
		_, err := c.Texts([]string{text})
		require.EqualError(t, err, want)
	}
	_, err := c.Pictures(make([]uint8, 3))
	require.EqualError(t, err, "tiny-text reads no pictures: it takes a text")
	for in, want := range map[input.Manipulation]string{
		input.Padding{Image: 4}: "pad changes a picture, and tiny-text reads a text: take another input, or a model of pictures",
		input.SMM{}:             "smm changes a picture, and tiny-text reads a text: take another input, or a model of pictures",
		input.Watermark{}:       "full changes a picture, and tiny-text reads a text: take another input, or a model of pictures",
	} {
		require.ErrorContains(t, vrkit.Program{Input: in, Model: modeltest.TinyText(), Output: output.RLM{}}.Check(), want)
	}
	for in, want := range map[input.Manipulation]string{
		input.VPT{}:                 "vpt puts tokens behind a picture's class token, and tiny-text reads a text: take soft",
		input.VPT{Kind: input.Deep}: "vpt-deep puts tokens behind a picture's class token, and tiny-text reads a text: take soft",
		input.VPTAdd{}:              "vpt-add changes the tokens of a picture, and tiny-text reads a text: take soft",
	} {
		require.EqualError(t, vrkit.Program{Input: in, Model: modeltest.TinyText(), Output: output.RLM{}}.Check(), want)
	}
	require.EqualError(t, vrkit.Program{Input: input.Soft{}, Model: modeltest.TinyViT(), Output: output.RLM{}}.Check(), "soft puts tokens before a text, and tiny-vit reads a picture: take vpt")
	require.False(t, math.IsNaN(float64(sourceLogits(t, c, "good")[0])))
}

// A prefix works on a language model too: a text sees all of it, whatever fills the text up.
func TestPrefixOfATextModel(t *testing.T) {
	c, err := vrkit.Compile(backendtest.Any(t), vrkit.Program{Input: input.VPT{Kind: input.Prefix, Tokens: 3, Seed: 5}, Model: modeltest.TinyText(), Output: output.RLM{Seed: 1}}, 2)
	require.NoError(t, err)
	defer c.Finalize()
	together := sourceLogits(t, c, "good", "the film was very bad")
	require.InDeltaSlice(t, together[:64], sourceLogits(t, c, "good"), 1e-5)
	require.NotEqual(t, together[:64], sourceLogits(t, softly(t, backendtest.Any(t), 1), "good"))
}
