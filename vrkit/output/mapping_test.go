package output

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
)

// tensor makes a tensor of float32 or float64 values.
func tensor[T float32 | float64](values []T, shape ...int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(values, shape...)
}

func omegaTensor(m Mapping) *tensors.Tensor { return tensor(m.Weights, m.Sources, m.Targets) }

// applied computes logits·ω on a backend.
func applied(t *testing.T, logits []float32, m Mapping) []float32 {
	t.Helper()
	got, err := graph.CallOnce(backendtest.Any(t), Apply, tensor(logits, len(logits)/m.Sources, m.Sources), omegaTensor(m))
	require.NoError(t, err)
	return tensors.MustCopyFlatData[float32](got)
}

// A one-to-one mapping is the matrix that picks one source logit for each target.
func TestOneToOneIsAGather(t *testing.T) {
	const n, sources, targets = 9, 20, 6
	logits, labels := noise(n, sources, targets)
	drawn, err := RLM{Seed: 1}.Mapping(sources, targets)
	require.NoError(t, err)
	first, err := Identity{}.Mapping(sources, targets)
	require.NoError(t, err)
	for name, m := range map[string]Mapping{"rlm": drawn, "identity": first, "flm": estimated(t, FLM{}, logits, labels, targets)} {
		got := applied(t, logits, m)
		for i := range n {
			for target, source := range pi(m) {
				require.Equal(t, logits[i*sources+source], got[i*targets+target], "%s, sample %d, target %d", name, i, target)
			}
		}
	}
}

// Adding a constant to all source logits of a sample changes neither its prediction nor ω, because every column of an
// estimated ω sums to one: the constant is added to all its target logits.
func TestShiftOfLogits(t *testing.T) {
	const n, sources, targets = 40, 20, 6
	logits, labels := noise(n, sources, targets)
	shifted := make([]float32, len(logits))
	for i, v := range logits {
		shifted[i] = v + float32(i/sources%7) - 3
	}
	for _, e := range []Estimator{FLM{}, ILM{}, BLM{Lambda: 1}, BLM{Lambda: 0}, BLMPlus{Lambda: 1, Alpha: .5}} {
		m := estimated(t, e, logits, labels, targets)
		require.InDeltaSlice(t, m.Weights, estimated(t, e, shifted, labels, targets).Weights, 1e-5, e.Name())
		before, after := applied(t, logits, m), applied(t, shifted, m)
		for i := range n {
			a, b := before[i*targets:(i+1)*targets], after[i*targets:(i+1)*targets]
			require.Equal(t, argmax(a), argmax(b), "%s, sample %d", e.Name(), i)
			require.InDelta(t, a[0]+float32(i%7)-3, b[0], 1e-4)
		}
	}
}

// crossEntropy is the mean over the batch, for labels one-hot [B,K].
func crossEntropy(target, labels *graph.Node) *graph.Node {
	n := float64(target.Shape().Dim(0))
	return graph.DivScalar(graph.Neg(graph.ReduceAllSum(graph.Mul(labels, graph.LogSoftmax(target)))), n)
}

// oneHot returns labels as [n,K], row-major.
func oneHot(labels []int32, targets int) []float64 {
	rows := make([]float64, len(labels)*targets)
	for i, label := range labels {
		rows[i*targets+int(label)] = 1
	}
	return rows
}

// residual is softmax(ẑ) − onehot(y), [n,K], with ẑ = z·ω + bias, on the host.
func residual(logits, omega, bias []float64, labels []int32, sources, targets int) []float64 {
	r := make([]float64, len(labels)*targets)
	for i, label := range labels {
		row := r[i*targets : (i+1)*targets]
		total := 0.
		for target := range row {
			v := bias[target]
			for source := range sources {
				v += logits[i*sources+source] * omega[source*targets+target]
			}
			row[target] = math.Exp(v)
			total += row[target]
		}
		for target := range row {
			row[target] /= total
		}
		row[label]--
	}
	return r
}

// The gradient of the cross-entropy by the source logits is (softmax(ẑ) − onehot(y))·ωᵀ/B (docs/methods.md 2.1).
func TestGradientAtSourceLogits(t *testing.T) {
	const n, sources, targets = 8, 10, 4
	logits, labels := noise(n, sources, targets)
	for _, e := range []Estimator{ILM{}, BLM{Lambda: 1}, BLMPlus{Lambda: 1, Alpha: .5}} {
		m := estimated(t, e, logits, labels, targets)
		z, omega := toFloat64(logits), toFloat64(m.Weights)
		got, err := graph.CallOnce(backendtest.Any(t), func(z, omega, y *graph.Node) *graph.Node {
			return graph.Gradient(crossEntropy(Apply(z, omega), y), z)[0]
		}, tensor(z, n, sources), tensor(omega, sources, targets), tensor(oneHot(labels, targets), n, targets))
		require.NoError(t, err)
		r := residual(z, omega, make([]float64, targets), labels, sources, targets)
		want := make([]float64, n*sources)
		for at := range want {
			i, source := at/sources, at%sources
			for target := range targets {
				want[at] += r[i*targets+target] * omega[source*targets+target] / n
			}
		}
		require.InDeltaSlice(t, want, tensors.MustCopyFlatData[float64](got), 1e-10, e.Name())
		require.Greater(t, math.Abs(want[0])+math.Abs(want[1])+math.Abs(want[2]), 1e-6, "there is something to compare")
	}
}
