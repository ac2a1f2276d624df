package models_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// torchvisionGolden holds PyTorch's results for two made-up images with made-up weights.
type torchvisionGolden struct {
	Name        string    // of the network, in timm_golden.json
	Side, Every int       // the side of the images; one of every Every values of the gradient is kept
	LogitsEvery int       `json:"logits_every"` // the same of the logits; 0 keeps all
	Logits      []float32 // of both, one after the other
	Norm        float64   `json:"gradient_norm"`
	Gradient    []float32
	Prompted    *struct { // with tokens at the embedding and at every hidden layer
		Logits    []float32   // every tenth
		Norms     []float64   `json:"gradient_norms"`
		Gradients [][]float32 // of each layer's tokens, every 97th value
	}
}

// TestTorchvisionGolden compares logits and input gradient of every torchvision network with torchvision's own
// (testdata/torchvision_golden.py).
func TestTorchvisionGolden(t *testing.T) {
	var nets map[string]torchvisionGolden
	readGolden(t, "torchvision_golden.json", &nets)
	for name, golden := range nets {
		golden.run(t, name, name == "resnet18")
	}
}

// TestTimmGolden compares outputs and input gradient of every ViT that has timm's names with timm's own
// (testdata/timm_golden.py): timm's, DeiT's, and DINOv2's features, whose position embeddings are resized.
func TestTimmGolden(t *testing.T) {
	var nets []torchvisionGolden
	readGolden(t, "timm_golden.json", &nets)
	require.Len(t, nets, 6)
	for _, golden := range nets {
		golden.run(t, golden.Name, golden.Name == "dinov2-s14" && golden.Side == 98)
	}
}

// run compares a network's outputs and input gradient, on XLA. quick says that it takes few seconds.
func (g torchvisionGolden) run(t *testing.T, name string, quick bool) {
	t.Run(fmt.Sprintf("%s at %d", name, g.Side), func(t *testing.T) {
		if testing.Short() && !quick {
			t.Skip("-short: compiling takes seconds")
		}
		m, err := models.MadeUp(name)
		require.NoError(t, err)
		exec := model.MustNewExec(backendtest.XLA(t), model.NewStore(), func(root *model.Scope, pixels *Node) (*Node, *Node) {
			logits := m.Logits(root, m.Normalisation.Apply(pixels))
			return logits, Gradient(readout(logits), pixels)[0]
		})
		defer exec.Finalize()
		logits, gradient, err := exec.Call2(pictures(g.Side))
		require.NoError(t, err)
		g.require(t, tensors.MustCopyFlatData[float32](logits), tensors.MustCopyFlatData[float32](gradient))
	})
}

// rounding is the greatest difference of the logits, max|Δ|/max|logit|. It is small enough to tell GELU from its
// approximations.
const rounding = 5e-5

// require compares logits and input gradient with the golden ones.
func (g torchvisionGolden) require(t *testing.T, logits, gradient []float32) {
	var kept []float32
	for i := 0; i < len(logits); i += max(g.LogitsEvery, 1) {
		kept = append(kept, logits[i])
	}
	require.Len(t, kept, len(g.Logits))
	require.LessOrEqual(t, relativeError(kept, g.Logits), rounding, "max|Δ|/max|logit|")
	requireGradient(t, gradient, g.Every, g.Norm, g.Gradient)
	t.Logf("logits %.1e apart", relativeError(kept, g.Logits))
}

// requireGradient compares a gradient's norm and some of its values with the golden ones.
func requireGradient(t *testing.T, gradient []float32, every int, norm float64, kept []float32) {
	var samples []float32
	for i := 0; i < len(gradient); i += every {
		samples = append(samples, gradient[i])
	}
	require.Len(t, samples, len(kept))
	require.GreaterOrEqual(t, cosine(samples, kept), .9999, "cosine of the gradient")
	require.InEpsilon(t, norm, math.Sqrt(dot(gradient, gradient)), 1e-3, "norm of the gradient")
	t.Logf("gradient: cosine %.7f, norm %.1e apart", cosine(samples, kept), math.Abs(math.Sqrt(dot(gradient, gradient))/norm-1))
}

// readout is the script's weighted sum of the logits, [B,S].
func readout(logits *Node) *Node {
	weights := make([]float32, logits.Shape().Dim(1))
	for k := range weights {
		weights[k] = float32((37*k)%11-5) / 5
	}
	return ReduceAllSum(Mul(logits, ExpandAxes(Const(logits.Graph(), weights), 0)))
}

// pictures are the two images of the script, [2,side,side,3] in [0,1].
func pictures(side int) *tensors.Tensor {
	pixels := madeUp(side)
	for y := range side {
		for x := range side {
			for c := range 3 {
				pixels = append(pixels, float32((5*x+y*(3-c)+(x*x+y*y)/23)%256)/255)
			}
		}
	}
	return tensors.FromFlatDataAndDimensions(pixels, 2, side, side, 3)
}

// TestHooks compares the ViTs, with tokens inserted at every layer, with torchvision's layers: the logits, and the
// gradients of the tokens. Without inserted tokens the logits are those of the plain network.
func TestHooks(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: compiling takes seconds")
	}
	var nets map[string]torchvisionGolden
	readGolden(t, "torchvision_golden.json", &nets)
	golden := nets["vit-b32"]
	m, err := models.MadeUp("vit-b32")
	require.NoError(t, err)
	require.Len(t, m.Sites(), 2+3*m.Tokens.Layers)

	build := func(root *model.Scope, pixels *Node, prompts []*Node) *Node {
		number, before := 0, 0
		return m.Reprogrammed(root, models.Value{Each: pixels}, func(at models.Site, v models.Value) models.Value {
			if at.Location == taxonomy.Input || at.Part != "" {
				return v
			}
			require.Equal(t, number, at.Layer)
			v.Each = models.ReplaceTokens(v.Each, ExpandAxes(prompts[number], 0), before)
			before = prompts[number].Shape().Dim(0)
			number++
			return v
		})
	}
	prompts := func(g *Graph, count int) (prompts []*Node) {
		for i := range m.Tokens.Layers {
			values := models.MadeUpTensor(fmt.Sprintf("prompt%d", i), 1, 3, m.Tokens.Width)
			all := Const(g, tensors.FromFlatDataAndDimensions(values.Data, 3, m.Tokens.Width))
			prompts = append(prompts, Slice(all, AxisRange(0, count)))
		}
		return prompts
	}
	store := model.NewStore()
	results := model.MustNewExec(backendtest.XLA(t), store, func(root *model.Scope, pixels *Node) []*Node {
		prompts := prompts(pixels.Graph(), 3)
		logits := build(root, pixels, prompts)
		return append(Gradient(readout(logits), prompts...), logits)
	}).MustCall(pictures(golden.Side))
	var tenth []float32
	for i, v := range tensors.MustCopyFlatData[float32](results[m.Tokens.Layers]) {
		if i%1000%10 == 0 {
			tenth = append(tenth, v)
		}
	}
	require.LessOrEqual(t, relativeError(tenth, golden.Prompted.Logits), rounding, "max|Δ|/max|logit|")
	for i := range m.Tokens.Layers {
		requireGradient(t, tensors.MustCopyFlatData[float32](results[i]), 97, golden.Prompted.Norms[i], golden.Prompted.Gradients[i])
	}

	none := model.MustNewExec(backendtest.XLA(t), store, func(root *model.Scope, pixels *Node) *Node {
		return build(root, pixels, prompts(pixels.Graph(), 0))
	}).MustCall1(pictures(golden.Side))
	require.LessOrEqual(t, relativeError(tensors.MustCopyFlatData[float32](none), golden.Logits), rounding, "without tokens")
}
