package input_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/registry"

	. "github.com/gomlx/gomlx/core/graph"
)

// The counts of docs/methods.md 1.3: φ in addition to δ's 3·224² or 3·384².
func TestSMMTrainable(t *testing.T) {
	const prompt = 3 * 224 * 224
	for values, s := range map[int]input.SMM{
		26499: {}, 102339: {Layers: 6}, 24768: {Channels: 1}, 98880: {Layers: 6, Channels: 1},
		7203: {Multiplier: .5}, 101379: {Multiplier: 2}, 396291: {Multiplier: 4}, 1566723: {Multiplier: 8}, 6230019: {Multiplier: 16},
	} {
		for _, s.Patch = range []int{1, 2, 4, 8, 16} {
			require.Equal(t, prompt+values, s.Trainable(models.Info{Side: 224}), "%+v", s)
		}
		s.Ablate = input.OnlyMask
		require.Equal(t, values, s.Trainable(models.Info{Side: 224}))
		s.Ablate = input.OnlyDelta
		require.Equal(t, prompt, s.Trainable(models.Info{Side: 224}))
		s.Ablate = input.MaskOnes
		require.Equal(t, prompt, s.Trainable(models.Info{Side: 224}))
	}
	require.Equal(t, 442368+102339, input.SMM{Layers: 6, Patch: 32}.Trainable(models.Info{Side: 384}))
	require.Zero(t, input.SMM{Patch: 32}.Trainable(models.Info{Side: 224}))
}

// initialise creates the variables of s, for images of a side in float32.
func initialise(t *testing.T, s input.SMM, side int) *model.Store {
	store := model.NewStore()
	_, err := model.CallOnce(pureGo(t), store, func(root *model.Scope, x *Node) *Node {
		return act(root, s, models.Value{Each: x}, side)
	}, tensors.FromFlatDataAndDimensions(make([]float32, side*side*3), 1, side, side, 3))
	require.NoError(t, err)
	return store
}

// The number of learned values, layer by layer, is the documented one; φ is below MaskScope.
func TestSMMVariables(t *testing.T) {
	for _, c := range []struct {
		s    input.SMM
		want map[string]int
	}{
		{input.SMM{}, map[string]int{"": 3072, "conv1": 224, "norm1": 16, "conv2": 1168, "norm2": 32, "conv3": 4640, "norm3": 64, "conv4": 18496, "norm4": 128, "out": 1731}},
		{input.SMM{Layers: 6}, map[string]int{"": 3072, "conv1": 224, "norm1": 16, "conv2": 1168, "norm2": 32, "conv3": 4640, "norm3": 64, "conv4": 18496, "norm4": 128, "conv5": 73856, "norm5": 256, "out": 3459}},
		{input.SMM{Channels: 1}, map[string]int{"": 3072, "conv1": 224, "norm1": 16, "conv2": 1168, "norm2": 32, "conv3": 4640, "norm3": 64, "conv4": 18496, "norm4": 128}},
		{input.SMM{Multiplier: .5, Ablate: input.OnlyMask}, map[string]int{"conv1": 112, "norm1": 8, "conv2": 296, "norm2": 16, "conv3": 1168, "norm3": 32, "conv4": 4640, "norm4": 64, "out": 867}},
		{input.SMM{Ablate: input.OnlyDelta}, map[string]int{"": 3072}},
		{input.SMM{Ablate: input.MaskOnes}, map[string]int{"": 3072}},
	} {
		const side = 32
		sizes, total := map[string]int{}, 0
		for v := range initialise(t, c.s, side).IterVariables() {
			if v.Trainable {
				layer := ""
				if v.Path() != "/"+input.PromptVariable {
					layer = model.BasePath(v.Scope())
					require.Equal(t, "/"+input.MaskScope+"/"+layer, v.Scope())
				}
				sizes[layer] += v.Shape().Size()
				total += v.Shape().Size()
			}
		}
		require.Equal(t, c.want, sizes, "%+v", c.s)
		require.Equal(t, total, c.s.Trainable(models.Info{Side: side}))
	}
}

// Weights and biases are uniform in PyTorch's bounds, γ is 1 and β 0; a seed always gives the same values, another seed
// others, and no two variables have the same draw.
func TestSMMInitialValues(t *testing.T) {
	draw := func(seed uint64) map[string][]float32 {
		values := map[string][]float32{}
		for v := range initialise(t, input.SMM{Seed: seed}, 8).IterVariables() {
			values[v.Path()] = tensors.MustCopyFlatData[float32](v.MustValue())
		}
		return values
	}
	first, again, other := draw(7), draw(7), draw(8)
	require.Equal(t, first, again)
	require.InDelta(t, .19245, 1/math.Sqrt(27), 1e-5)
	starts := map[float64]string{}
	for name, in := range map[string]int{"conv1": 3, "conv2": 8, "conv3": 16, "conv4": 32, "out": 64} {
		bound := 1 / math.Sqrt(float64(9*in))
		for _, kind := range []string{"kernel", "bias"} {
			path := "/mask/" + name + "/" + kind
			values := first[path]
			require.NotEqual(t, values, other[path])
			start := math.Round(float64(values[0])/bound*1e6) / 1e6
			require.Empty(t, starts[start], "%s has the draw of another", path)
			starts[start] = path
			var square float64
			for _, v := range values {
				require.LessOrEqual(t, math.Abs(float64(v)), bound)
				square += float64(v) * float64(v)
			}
			if kind == "kernel" {
				require.InEpsilon(t, bound/math.Sqrt(3), math.Sqrt(square/float64(len(values))), .1, path)
			}
		}
	}
	require.Equal(t, slices.Repeat([]float32{1}, 8), first["/mask/norm1/gamma"])
	require.Equal(t, slices.Repeat([]float32{1}, 8), first["/mask/norm1/variance"])
	require.Equal(t, make([]float32, 8), first["/mask/norm1/beta"])
	require.Equal(t, make([]float32, 8), first["/mask/norm1/mean"])
	require.Equal(t, make([]float32, 8*8*3), first["/prompt"])
}

func TestSMMChecks(t *testing.T) {
	for message, s := range map[string]input.SMM{
		`no ablation "color"; known: delta, mask, ones`:                  {Ablate: "color"},
		"has 5 or 6 convolutions, not 4":                                 {Layers: 4},
		"is a power of two, not 6":                                       {Patch: 6},
		"is a power of two, not -8":                                      {Patch: -8},
		"at most 16 with 5 layers and 32 with 6, not 32 with 5":          {Patch: 32},
		"at most 16 with 5 layers and 32 with 6, not 64 with 6":          {Patch: 64, Layers: 6},
		"has 3 channels or 1, not 2":                                     {Channels: 2},
		"by 1/8 to 64 in steps of 1/8, not by 0.3":                       {Multiplier: .3},
		"by 1/8 to 64 in steps of 1/8, not by -1":                        {Multiplier: -1},
		"by 1/8 to 64 in steps of 1/8, not by NaN":                       {Multiplier: math.NaN()},
		"by 1/8 to 64 in steps of 1/8, not by +Inf":                      {Multiplier: math.Inf(1)},
		"a seed is at most 2⁵³ = 9007199254740992, not 9007199254740993": {Seed: 1<<53 + 1},
	} {
		_, err := s.Fit(models.Info{Side: 128})
		require.ErrorContains(t, err, message)
		require.ErrorContains(t, s.Check(), message)
	}
	for _, side := range []int{30, 36} {
		_, err := input.SMM{}.Fit(models.Info{Side: side})
		require.ErrorContains(t, err, fmt.Sprintf("patch size 8 does not divide the model's side %d; %d does", side, side&-side))
	}
	fitted, err := input.SMM{Layers: 6, Patch: 32}.Fit(models.Info{Side: 384})
	require.NoError(t, err)
	require.Equal(t, 384, fitted.Side)
}

// A manipulation is restored from its settings after JSON, as in a run's record.
func TestRestore(t *testing.T) {
	for _, m := range []input.Manipulation{
		input.Padding{Image: 5}, input.Watermark{Kind: input.Narrow}, input.Watermark{Kind: input.Medium, Width: 3}, input.Watermark{Kind: input.Full},
		input.SMM{Patch: 4, Layers: 6, Channels: 1, Multiplier: 1.5, Ablate: input.OnlyMask, Seed: 1 << 53},
		input.VPT{Kind: input.Shallow, Tokens: 3}, input.VPT{Kind: input.Deep, Tokens: 5, Depth: 2, Shared: true, Seed: 7}, input.VPT{Kind: input.Prefix, Tokens: 10},
	} {
		require.Contains(t, input.Names(), m.Name())
		settings, err := registry.Settings(m)
		require.NoError(t, err)
		again, err := input.Restore(m.Name(), settings)
		require.NoError(t, err)
		require.Equal(t, m, again)
	}
	_, err := input.New("glue")
	require.ErrorContains(t, err, "known: pad, narrow, medium, full, smm, vpt, vpt-deep, vpt-add, prefix")
	for _, m := range []input.Manipulation{input.SMM{}, input.VPT{}} { // a record has the defaults in place of zero values
		zero, err := registry.Settings(m)
		require.NoError(t, err)
		initial, err := input.New(m.Name())
		require.NoError(t, err)
		record, err := registry.Settings(initial)
		require.NoError(t, err)
		require.Equal(t, record, zero)
	}
}

// With a mask of ones, or with δ only, SMM is the full watermark, bit by bit: its output, and δ's gradient.
func TestMaskOfOnes(t *testing.T) {
	const side, size = 16, 5
	r := rand.New(rand.NewPCG(5, 6))
	images, weights, prompt := make([]float32, size*side*side*3), make([]float32, size*side*side*3), make([]float32, side*side*3)
	for i := range images {
		images[i], weights[i] = float32(r.NormFloat64()), float32(r.NormFloat64())
	}
	for i := range prompt {
		prompt[i] = float32(r.NormFloat64())
	}
	run := func(m input.Manipulation) (value, gradient []float32) {
		store := model.NewStore()
		_, err := store.CreateVariable(input.PromptVariable, tensors.FromFlatDataAndDimensions(slices.Clone(prompt), side, side, 3))
		require.NoError(t, err)
		y, g := model.MustNewExec(backendtest.Any(t), store, func(root *model.Scope, x, weights *Node) (*Node, *Node) {
			root.Store().SetTraining(x.Graph(), true)
			y := act(root, m, models.Value{Each: x}, side)
			loss := ReduceAllSum(Mul(weights, Tanh(y)))
			return y, Gradient(loss, root.GetVariable(input.PromptVariable).NodeValue(x))[0]
		}).MustCall2(tensors.FromFlatDataAndDimensions(slices.Clone(images), size, side, side, 3),
			tensors.FromFlatDataAndDimensions(slices.Clone(weights), size, side, side, 3))
		return tensors.MustCopyFlatData[float32](y), tensors.MustCopyFlatData[float32](g)
	}
	value, gradient := run(input.Watermark{Kind: input.Full})
	for _, s := range []input.SMM{{Ablate: input.OnlyDelta}, {Ablate: input.MaskOnes}, {Ablate: input.MaskOnes, Patch: 2}, {Ablate: input.MaskOnes, Channels: 1}} {
		v, g := run(s)
		require.Equal(t, value, v, "%+v", s)
		require.Equal(t, gradient, g, "%+v", s)
	}
}

// At the start δ is 0: the image is unchanged, the gradient of φ is 0, and that of δ is not.
func TestSMMFirstStep(t *testing.T) {
	const side = 8
	for _, channels := range []int{1, 3} {
		d := differentiate(t, pureGo(t), input.SMM{Patch: 4, Channels: channels}, side, rand.New(rand.NewPCG(1, 2)))
		clear(d.position[input.PromptVariable])
		gradients, _ := d.at(t, 0, nil)
		for name, gradient := range gradients {
			if name == input.PromptVariable {
				require.NotContains(t, gradient, 0.)
				continue
			}
			require.Equal(t, make([]float64, len(gradient)), gradient, name)
		}
		images := make([]float32, 2*side*side*3)
		for i := range images {
			images[i] = float32(math.Sin(float64(i)))
		}
		require.Equal(t, images, apply(t, pureGo(t), input.SMM{Patch: 4, Channels: channels}, images, nil, side))
	}
}

// Filling changes nothing: neither the other images, nor a gradient, nor a running statistic.
func TestFilling(t *testing.T) {
	const side, size, filling = 16, 3, 2
	r := rand.New(rand.NewPCG(7, 8))
	images := make([]float64, (size+filling)*side*side*3)
	for i := range images {
		images[i] = r.NormFloat64()
	}
	run := func(n int, present []float32) map[string][]float64 {
		store := model.NewStore()
		for path, value := range formulas(side, 5, 3) {
			_, err := store.CreateVariable(path, value)
			require.NoError(t, err)
		}
		var names []string
		exec := model.MustNewExec(pureGo(t), store, func(root *model.Scope, x *Node) []*Node {
			root.Store().SetTraining(x.Graph(), true)
			batch := models.Value{Each: x}
			if present != nil {
				batch.Present = Const(x.Graph(), present)
			}
			y := Slice(act(root, input.SMM{Patch: 4}, batch, side), AxisRange(0, size))
			names = nil
			for v := range root.IterVariables() {
				if v.Trainable {
					names = append(names, "gradient of "+v.Path())
				}
			}
			return append(root.BuildTrainableVariablesGradientsGraph(ReduceAllSum(Mul(y, Sin(y)))), y)
		})
		results, got := exec.MustCall(tensors.FromFlatDataAndDimensions(slices.Clone(images[:n*side*side*3]), n, side, side, 3)), map[string][]float64{}
		for i, name := range append(names, "value") {
			got[name] = tensors.MustCopyFlatData[float64](results[i])
		}
		for v := range store.IterVariables() {
			if !v.Trainable {
				got[v.Path()] = tensors.MustCopyFlatData[float64](v.MustValue())
			}
		}
		return got
	}
	want := run(size, nil)
	require.Len(t, want, 1+19+8)
	require.NotEqual(t, want["value"], run(size+filling, nil)["value"][:len(want["value"])], "filling that is counted does change it")
	for name, got := range run(size+filling, []float32{1, 1, 1, 0, 0}) {
		require.InDeltaSlice(t, want[name], got, 1e-11, name)
	}
	require.Equal(t, want, run(size, []float32{1, 1, 1}), "all present is as if nothing were said")
}

// An image's mask is that of an evaluation, whatever else is in the batch, and is the factor of δ.
func TestMask(t *testing.T) {
	const side = 16
	images := wave(1, 5, 2, side, side, 3)
	mask := func(s input.SMM, size int, training bool) []float64 {
		store := model.NewStore()
		for path, value := range formulas(side, 5, s.Channels) {
			_, err := store.CreateVariable(path, value)
			require.NoError(t, err)
		}
		y, err := model.CallOnce(pureGo(t), store, func(root *model.Scope, x *Node) *Node {
			root.Store().SetTraining(x.Graph(), training)
			return input.Masked(s).Mask(root, models.Value{Each: x})
		}, tensors.FromFlatDataAndDimensions(slices.Clone(images[:size*side*side*3]), size, side, side, 3))
		require.NoError(t, err)
		require.Equal(t, []int{size, side, side, 3}, y.Shape().Dimensions)
		return tensors.MustCopyFlatData[float64](y)
	}
	for _, channels := range []int{1, 3} {
		s := input.SMM{Patch: 4, Channels: channels}
		both := mask(s, 2, false)
		require.Equal(t, both, mask(s, 2, true))
		require.InDeltaSlice(t, both[:len(both)/2], mask(s, 1, false), 1e-12)
		negative := slices.Min(both) < 0
		require.Equal(t, channels == 3, negative, "only a mask of one channel can't be negative")
		s.Ablate = input.OnlyDelta
		require.Equal(t, slices.Repeat([]float64{1}, side*side*3), mask(s, 1, false))
	}
}
