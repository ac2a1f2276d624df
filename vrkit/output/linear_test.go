package output

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
)

// linearValues returns l's ω and bias for source logits, in the scope "output"; the bias is nil if there is none.
func linearValues(t *testing.T, store *model.Store, l Linear, logits *tensors.Tensor, targets int) (omega, bias []float64) {
	t.Helper()
	got, err := model.CallOnceN(backendtest.Any(t), store, func(root *model.Scope, z *graph.Node) []*graph.Node {
		omega, bias := l.Omega(root.At("output"), z, targets)
		values := []*graph.Node{graph.ConvertDType(omega, dtypes.Float64)}
		if bias != nil {
			values = append(values, graph.ConvertDType(bias, dtypes.Float64))
		}
		return values
	}, logits)
	require.NoError(t, err)
	if len(got) > 1 {
		bias = tensors.MustCopyFlatData[float64](got[1])
	}
	return tensors.MustCopyFlatData[float64](got[0]), bias
}

// The initial values are those of testdata/make_random.py, in either type; there is a bias only with "none"; all
// variables are trainable.
func TestLinearStarts(t *testing.T) {
	var want randomGolden
	golden(t, "random.json", &want)
	require.Len(t, want.Linear, 2)
	for _, c := range want.Linear {
		squashed := make([]float64, len(c.Weights))
		for i, w := range c.Weights {
			squashed[i] = 1 / (1 + math.Exp(-w))
		}
		for restrict, omega := range map[string][]float64{"": c.Weights, NoBias: c.Weights, WithBias: c.Weights, SigmoidOnly: squashed} {
			for dtype, delta := range map[dtypes.DType]float64{dtypes.Float32: 1e-7, dtypes.Float64: 1e-15} {
				store := model.NewStore()
				logits := tensor(make([]float32, 2*c.Sources), 2, c.Sources)
				if dtype == dtypes.Float64 {
					logits = tensor(make([]float64, 2*c.Sources), 2, c.Sources)
				}
				l := Linear{Restrict: restrict, Seed: c.Seed}
				gotOmega, gotBias := linearValues(t, store, l, logits, c.Targets)
				require.InDeltaSlice(t, omega, gotOmega, delta, "%v %s", l, dtype)
				again, _ := linearValues(t, store, l, logits, c.Targets)
				require.Equal(t, gotOmega, again, "another graph reads the same variables")

				paths := map[string]string{}
				for v := range store.RootScope().At("output").IterVariables() {
					require.True(t, v.Trainable, v.Path())
					paths[v.Path()] = v.Shape().String()
				}
				wanted := map[string]string{"/output/weights": shapes.Make(dtype, c.Sources, c.Targets).String()}
				if restrict == WithBias {
					wanted["/output/bias"] = shapes.Make(dtype, c.Targets).String()
					require.InDeltaSlice(t, c.Bias, gotBias, delta)
				} else {
					require.Nil(t, gotBias)
				}
				require.Equal(t, wanted, paths)
			}
		}
	}
}

func TestLinearSpread(t *testing.T) {
	const sources, targets = 400, 50
	omega, _ := linearValues(t, model.NewStore(), Linear{Seed: 9}, tensor(make([]float32, sources), 1, sources), targets)
	bound := 1 / math.Sqrt(sources)
	require.Less(t, slices.Max(omega), bound)
	require.Greater(t, slices.Max(omega), .99*bound)
	require.Greater(t, slices.Min(omega), -bound)
	require.Less(t, slices.Min(omega), -.99*bound)
	require.InDelta(t, 0, sum(omega)/float64(len(omega)), .03*bound)
	other, _ := linearValues(t, model.NewStore(), Linear{Seed: 10}, tensor(make([]float32, sources), 1, sources), targets)
	require.NotEqual(t, omega, other)
}

// The gradients of the cross-entropy: zᵀ·r/B for W, σ'(W) ⊙ that if ω = σ(W), the mean of r for the bias, with r =
// softmax(ẑ) − onehot(y).
func TestLinearGradient(t *testing.T) {
	const n, sources, targets = 8, 10, 4
	noisy, labels := noise(n, sources, targets)
	logits := toFloat64(noisy)
	for _, restrict := range Restrictions {
		l, store := Linear{Restrict: restrict, Seed: 2}, model.NewStore()
		omega, bias := linearValues(t, store, l, tensor(logits, n, sources), targets)
		got, err := model.CallOnceN(backendtest.Any(t), store, func(root *model.Scope, z, y *graph.Node) []*graph.Node {
			scope := root.At("output")
			omega, bias := l.Omega(scope, z, targets)
			target := Apply(z, omega)
			learned := []*graph.Node{scope.GetVariable(WeightsVariable).NodeValue(z.Graph())}
			if bias != nil {
				target = graph.Add(target, graph.ExpandAxes(bias, 0))
				learned = append(learned, bias)
			}
			return graph.Gradient(crossEntropy(target, y), learned...)
		}, tensor(logits, n, sources), tensor(oneHot(labels, targets), n, targets))
		require.NoError(t, err)
		if bias == nil {
			bias = make([]float64, targets)
		}
		r := residual(logits, omega, bias, labels, sources, targets)
		atWeights, atBias := make([]float64, sources*targets), make([]float64, targets)
		for i := range n {
			for target := range targets {
				atBias[target] += r[i*targets+target] / n
				for source := range sources {
					slope := 1.
					if w := omega[source*targets+target]; restrict == SigmoidOnly {
						slope = w * (1 - w)
					}
					atWeights[source*targets+target] += slope * logits[i*sources+source] * r[i*targets+target] / n
				}
			}
		}
		require.InDeltaSlice(t, atWeights, tensors.MustCopyFlatData[float64](got[0]), 1e-10, restrict)
		require.Equal(t, restrict == WithBias, len(got) == 2)
		if len(got) == 2 {
			require.InDeltaSlice(t, atBias, tensors.MustCopyFlatData[float64](got[1]), 1e-10)
		}
	}
}

func TestLinearRefuses(t *testing.T) {
	_, err := model.CallOnce(backendtest.Any(t), model.NewStore(), func(root *model.Scope, z *graph.Node) *graph.Node {
		omega, _ := Linear{Restrict: "bias"}.Omega(root, z, 2)
		return omega
	}, tensor([]float32{1, 2, 3}, 1, 3))
	require.ErrorContains(t, err, `no restriction "bias"; known: nobias, none, sigmoid`)
}

func TestLinearTrainable(t *testing.T) {
	for restrict, want := range map[string]int{NoBias: 36, SigmoidOnly: 36, WithBias: 39} {
		require.Equal(t, want, Linear{Restrict: restrict}.Trainable(12, 3), restrict)
	}
}
