package vrkit_test

import (
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"

	. "github.com/gomlx/gomlx/core/graph"
)

// TestSharedPrompt compares a program that gives the prompt to its model separately, as in training, with the same
// program that adds it to the images: logits and gradient agree within rounding, for prompts in both spaces.
func TestSharedPrompt(t *testing.T) {
	for _, manipulation := range []input.Manipulation{input.Padding{Image: 9}, input.Watermark{Kind: input.Narrow}, input.Watermark{Kind: input.Full}} {
		t.Run(manipulation.Name(), func(t *testing.T) {
			const side, size = 16, 3
			p := vrkit.Program{Input: manipulation, Model: modeltest.Tiny(), Output: output.BLM{Lambda: 1}, Side: side}
			fitted, err := manipulation.Fit(p.Info())
			require.NoError(t, err)
			n := fitted.Side
			pixels, prompt := make([]uint8, size*n*n*3), make([]float32, side*side*3)
			for i := range pixels {
				pixels[i] = uint8(i * i % 251)
			}
			for i := range prompt {
				prompt[i] = float32(i*7%13)/13 - .5
			}
			results := map[bool][2][]float32{}
			for _, training := range []bool{false, true} {
				store := model.NewStore()
				_, err := store.RootScope().At("input").CreateVariable(input.PromptVariable, tensors.FromFlatDataAndDimensions(prompt, side, side, 3))
				require.NoError(t, err)
				exec := model.MustNewExec(backendtest.Any(t), store, func(root *model.Scope, pixels *Node) (*Node, *Node) {
					store.SetTraining(pixels.Graph(), training)
					logits := p.SourceLogits(root, models.Value{Each: pixels})
					learned := root.At("input").GetVariable(input.PromptVariable).NodeValue(pixels.Graph())
					return logits, Gradient(ReduceAllSum(Mul(logits, Sin(logits))), learned)[0]
				})
				logits, gradient, err := exec.Call2(tensors.FromFlatDataAndDimensions(append([]uint8(nil), pixels...), size, n, n, 3))
				require.NoError(t, err)
				results[training] = [2][]float32{tensors.MustCopyFlatData[float32](logits), tensors.MustCopyFlatData[float32](gradient)}
			}
			for part := range 2 {
				require.InDeltaSlice(t, results[false][part], results[true][part], 2e-5)
			}
			require.NotEqual(t, results[false][1], results[true][1], "both ways were computed")
		})
	}
}

// In bf16 the logits agree with those of fp32 up to the rounding to 8 bits, and are float32.
func TestPrecision(t *testing.T) {
	const side, size = 16, 4
	pixels := make([]uint8, size*side*side*3)
	for i := range pixels {
		pixels[i] = uint8(i * i % 251)
	}
	logits := map[string][]float32{}
	for _, precision := range vrkit.Precisions {
		p := vrkit.Program{Input: input.Watermark{Kind: input.Full}, Model: modeltest.Tiny(), Output: output.Identity{}, Side: side, Precision: precision}
		c, err := vrkit.Compile(backendtest.XLA(t), p, 3)
		require.NoError(t, err)
		_, source, err := c.Logits(vrkit.Rows{tensors.FromFlatDataAndDimensions(append([]uint8(nil), pixels...), size, side, side, 3)})
		require.NoError(t, err)
		logits[precision] = source
	}
	require.InDeltaSlice(t, logits[vrkit.FP32], logits[vrkit.BF16], .1)
	require.NotEqual(t, logits[vrkit.FP32], logits[vrkit.BF16])
}
