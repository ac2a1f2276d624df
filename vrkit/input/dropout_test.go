package input_test

import (
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/registry"

	. "github.com/gomlx/gomlx/core/graph"
)

const dropped, samples, tokens, width = .25, 6, 50, 8

// drops returns the prompts that a manipulation puts into the layers of the tiny transformer, [samples,tokens,width]
// each: in the order of the sites.
func drops(t *testing.T, backend compute.Backend, v input.VPT, training bool, state []uint64, dtype dtypes.DType) (prompts [][]float64, err error) {
	v.Tokens, v.Seed = tokens, 1
	net := modeltest.TinyViT()
	fitted, err := v.Fit(net.Info)
	require.NoError(t, err)
	results, err := model.CallOnceN(backend, model.NewStore(), func(root *model.Scope, x *Node) (seen []*Node) {
		g := x.Graph()
		root.Store().SetTraining(g, training)
		at := models.Value{Each: ConvertDType(x, dtype)}
		if state != nil {
			at.Random = Const(g, state)
		}
		for _, site := range net.Sites() {
			if hook, ok := fitted.Hooks[site]; ok {
				h, first := hook(root.At("input"), at).Each, 1
				if site.Part != "" {
					first = 0
				}
				seen = append(seen, ConvertDType(SliceAxis(h, 1, AxisRange(first, first+tokens)), dtypes.Float64))
			}
		}
		return seen
	}, tensors.FromFlatDataAndDimensions(wave(.5, 1, samples, 60, width), samples, 60, width))
	for _, result := range results {
		prompts = append(prompts, tensors.MustCopyFlatData[float64](result))
	}
	return prompts, err
}

// Each value of a prompt is 0 with the given probability in training, for each sample, layer and part on its own, and
// else divided by the probability that it is kept. An evaluation has the prompt itself.
func TestDropout(t *testing.T) {
	for _, kind := range []string{input.Shallow, input.Deep, input.Prefix} {
		requireDropout(t, pureGo(t), kind, dtypes.Float64)
	}
	requireDropout(t, pureGo(t), input.Deep, dtypes.Float32)
	if !testing.Short() {
		requireDropout(t, backendtest.Any(t), input.Deep, dtypes.BFloat16)
	}
	_, err := drops(t, pureGo(t), input.VPT{Dropout: dropped}, true, nil, dtypes.Float32)
	require.ErrorContains(t, err, "dropout in training needs the random numbers of models.Value")
}

func requireDropout(t *testing.T, backend compute.Backend, kind string, dtype dtypes.DType) {
	drops := func(rate float64, training bool, state []uint64) [][]float64 {
		prompts, err := drops(t, backend, input.VPT{Kind: kind, Dropout: rate}, training, state, dtype)
		require.NoError(t, err)
		return prompts
	}
	state := []uint64{1, 2, 3}
	plain := drops(0, true, nil)
	require.Equal(t, plain, drops(dropped, false, nil), "an evaluation draws nothing")
	drawn := drops(dropped, true, state)
	require.Equal(t, drawn, drops(dropped, true, state))
	require.NotEqual(t, drawn, drops(dropped, true, []uint64{1, 4, 3}))
	require.Len(t, drawn, map[string]int{input.Shallow: 1, input.Deep: 3, input.Prefix: 6}[kind])
	var masks [][]bool
	for site, values := range drawn {
		for sample := range samples {
			mask, none := make([]bool, tokens*width), 0
			for i := range mask {
				at := sample*len(mask) + i
				if mask[i] = values[at] == 0; mask[i] {
					none++
					continue
				}
				require.InEpsilon(t, plain[site][at]/(1-dropped), values[at], .01)
			}
			require.InDelta(t, dropped, float64(none)/float64(len(mask)), .09, "four standard deviations of 400 draws")
			require.False(t, slices.ContainsFunc(masks, func(other []bool) bool { return slices.Equal(mask, other) }))
			masks = append(masks, mask)
		}
	}
}

func TestDropoutSettings(t *testing.T) {
	for _, rate := range []float64{-.1, 1, 2} {
		_, err := input.VPT{Dropout: rate}.Fit(vitB16)
		require.ErrorContains(t, err, "dropout sets a share from 0 to less than 1 of a prompt's values to zero")
	}
	require.False(t, input.VPT{}.Draws())
	require.True(t, input.VPT{Dropout: .1}.Draws())
	for rate, recorded := range map[float64]any{0: nil, .1: .1} { // a run without dropout has the record of before
		settings, err := registry.Settings(input.VPT{Dropout: rate})
		require.NoError(t, err)
		require.Equal(t, recorded, settings["dropout"])
	}
	v, err := input.Restore(input.Deep, map[string]any{"dropout": .1, "tokens": 4})
	require.NoError(t, err)
	require.Equal(t, input.VPT{Kind: input.Deep, Dropout: .1, Tokens: 4}, v)
	_, err = input.Restore(input.Deep, map[string]any{"dropout": 1})
	require.ErrorContains(t, err, "dropout sets")
}
