package layer

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"

	. "github.com/gomlx/gomlx/core/graph"
)

// An RMSNorm divides by the root of the mean square and epsilon: (9+16)/4 + 2.75 = 3².
func TestRMSNorm(t *testing.T) {
	gamma, weight := []float32{1, 2, 3, 4}, []float32{1, -2, .5, 3}
	inBoth(t, "values", func(t *testing.T, backend compute.Backend, precision dtypes.DType) {
		got := MustExecOnce(backend, func(x, gamma *Node) *Node {
			return ConvertDType(RMSNorm(ConvertDType(x, precision), ConvertDType(gamma, precision), 2.75), dtypes.Float32)
		}, [][]float32{{3, 4, 0, 0}, {-3, 0, 0, 4}}, gamma)
		require.InDeltaSlice(t, []float32{1, 8. / 3, 0, 0, -1, 0, 0, 16. / 3}, tensors.MustCopyFlatData[float32](got), map[dtypes.DType]float64{dtypes.Float32: 1e-6, dtypes.BFloat16: 2e-2}[precision])
	})

	// With y = Σ w·γ·x/r the gradient is (w·γ)/r − x·Σ(w·γ·x)/(n·r³).
	x, sum := []float32{3, 4, 0, 0}, 0.
	for i := range x {
		sum += float64(weight[i] * gamma[i] * x[i])
	}
	var want []float32
	for i := range x {
		want = append(want, float32(float64(weight[i]*gamma[i])/3-float64(x[i])*sum/(4*27)))
	}
	got := MustExecOnce(backendtest.Any(t), func(x, gamma, weight *Node) *Node {
		return Gradient(ReduceAllSum(Mul(RMSNorm(x, gamma, 2.75), weight)), x)[0]
	}, x, gamma, weight)
	require.InDeltaSlice(t, want, tensors.MustCopyFlatData[float32](got), 1e-6)
}

// SiLU and its slope σ(x)·(1 + x·(1 − σ(x))) are right, and finite for large values.
func TestSiLU(t *testing.T) {
	x := []float32{-1000, -20, -1, 0, .5, 2, 1000}
	got, slopes := MustNewExec(backendtest.Any(t), func(x *Node) (*Node, *Node) {
		y := SiLU(x)
		return y, Gradient(ReduceAllSum(y), x)[0]
	}).MustCall2(x)
	for i, x := range x {
		sigma := 1 / (1 + math.Exp(-float64(x)))
		require.InDelta(t, float64(x)*sigma, got.Value().([]float32)[i], 1e-5)
		require.InDelta(t, sigma*(1+float64(x)*(1-sigma)), slopes.Value().([]float32)[i], 1e-5)
	}
}

// The gradient of a SiLU between two dense layers is that of sums written out in float64. With oneDNN, the gradient of
// x·sigmoid(x) there is wrong.
func TestSiLUBesideDense(t *testing.T) {
	const rows, width = 128, 256 // oneDNN computes products of this size
	values := func(rows int, frequency float64) (values []float64) {
		for i := range rows * width {
			values = append(values, float64(float32(.3*math.Sin(frequency*float64(i*i%10007)))))
		}
		return values
	}
	x, in, out := values(rows, 1), values(width, 2), values(width, 3)
	y := times(x, in, width)
	hidden, slopes := slices.Clone(y), slices.Clone(y)
	for i, v := range y {
		sigma := 1 / (1 + math.Exp(-v))
		hidden[i], slopes[i] = v*sigma, sigma*(1+v*(1-sigma))
	}
	z := times(hidden, out, width)
	backward := times(z, flipped(out, width), width)
	for i := range backward {
		backward[i] *= 2 * slopes[i]
	}
	want := times(backward, flipped(in, width), width)

	into := func(values []float64) *tensors.Tensor {
		narrow := make([]float32, len(values))
		for i, v := range values {
			narrow[i] = float32(v)
		}
		return tensors.FromFlatDataAndDimensions(narrow, len(values)/width, width)
	}
	gotZ, got := MustNewExec(backendtest.XLA(t), func(x, in, out *Node) (*Node, *Node) {
		z := Dense(SiLU(Dense(x, in, nil)), out, nil)
		return z, Gradient(ReduceAllSum(Square(z)), x)[0]
	}).MustCall2(into(x), into(in), into(out))
	requireNear(t, z, gotZ, 1e-5)
	requireNear(t, want, got, 1e-5)
}

// times is the product of matrices, [n,width] and [width,width].
func times(a, b []float64, width int) []float64 {
	to := make([]float64, len(a))
	for at := 0; at < len(a); at += width {
		for k, v := range a[at : at+width] {
			for column, w := range b[k*width : (k+1)*width] {
				to[at+column] += v * w
			}
		}
	}
	return to
}

// flipped is the transposed matrix, [width,width].
func flipped(a []float64, width int) []float64 {
	to := make([]float64, len(a))
	for i, v := range a {
		to[i%width*width+i/width] = v
	}
	return to
}

// requireNear requires that got differs from want by a small part of the largest value.
func requireNear(t *testing.T, want []float64, got *tensors.Tensor, part float64) {
	t.Helper()
	scale, wide := 0., []float64{}
	for _, v := range tensors.MustCopyFlatData[float32](got) {
		wide = append(wide, float64(v))
	}
	for _, v := range want {
		scale = max(scale, math.Abs(v))
	}
	require.InDeltaSlice(t, want, wide, part*scale)
}

// Each head is rotated by its position, the pairs half a head apart: with base 100 the first pair of a head of four turns
// by 1 radian a position, the second by .1.
func TestRotated(t *testing.T) {
	heads := []float32{1, 2, 3, 4, 0, 1, 0, 0}
	got := MustExecOnce(backendtest.Any(t), func(x *Node) *Node { return Rotated(x, 4, 0, 100) }, [][][]float32{{heads, heads}})
	at1 := []float32{-1.984111, 1.590674, 2.462378, 4.179684, 0, .995004, 0, .099833}
	require.InDeltaSlice(t, append(slices.Clone(heads), at1...), tensors.MustCopyFlatData[float32](got), 2e-6)
	got = MustExecOnce(backendtest.Any(t), func(x *Node) *Node { return Rotated(x, 4, 1, 100) }, [][][]float32{{heads}})
	require.InDeltaSlice(t, at1, tensors.MustCopyFlatData[float32](got), 2e-6)

	// Positions are not rounded to bf16, which has 256 and 258 but not 257.
	got = MustExecOnce(backendtest.XLA(t), func(x *Node) *Node {
		y := Rotated(ConvertDType(x, dtypes.BFloat16), 2, 257, 100)
		require.Equal(t, dtypes.BFloat16, y.DType())
		return ConvertDType(y, dtypes.Float32)
	}, [][][]float32{{{1, 0}}})
	require.InDeltaSlice(t, []float64{math.Cos(257), math.Sin(257)}, tensors.MustCopyFlatData[float32](got), 4e-3)
}

// Attention agrees with sums written out: with as many heads of keys as of queries and with fewer, with and without a mask
// that differs from sample to sample or is the same for all.
func TestAttention(t *testing.T) {
	const size, count, keys, heads, head = 2, 3, 5, 4, 2
	seen := func(samples int) *tensors.Tensor {
		values := make([]bool, samples*count*keys)
		for i := range values {
			values[i] = i%keys == 0 || i*i%7 < 3 // each query sees a key
		}
		return tensors.FromFlatDataAndDimensions(values, samples, count, keys)
	}
	for _, groups := range []int{heads, 2, 1} {
		q, k, v := wavy(size, count, heads*head), wavy(size, keys, groups*head), values(.3, size, keys, groups*head)
		for _, samples := range []int{0, 1, size} {
			var visible []bool
			inputs := []any{q, k, v}
			if samples > 0 {
				inputs = append(inputs, seen(samples))
				visible = tensors.MustCopyFlatData[bool](seen(samples))
			}
			got := MustNewExec(backendtest.Any(t), func(nodes []*Node) *Node {
				nodes = append(nodes, nil)
				return Attention(nodes[0], nodes[1], nodes[2], heads, nodes[3])
			}).MustCall1(inputs...)
			queries, of, values := tensors.MustCopyFlatData[float32](q), tensors.MustCopyFlatData[float32](k), tensors.MustCopyFlatData[float32](v)
			want := make([]float64, len(queries))
			for row := range size * count {
				sample := row / count
				for h := range heads {
					query, group := queries[(row*heads+h)*head:], h/(heads/groups)
					total, mixed := 0., [head]float64{}
					for key := range keys {
						if samples > 0 && !visible[(row%(samples*count))*keys+key] {
							continue
						}
						place := ((sample*keys+key)*groups + group) * head
						score := 0.
						for i := range head {
							score += float64(query[i]*of[place+i]) / math.Sqrt(head)
						}
						weight := math.Exp(score)
						total += weight
						for i := range head {
							mixed[i] += weight * float64(values[place+i])
						}
					}
					for i := range head {
						want[(row*heads+h)*head+i] = mixed[i] / total
					}
				}
			}
			requireNear(t, want, got, 1e-5)
		}
	}
}

// A Dense without a bias is the product alone, computed either way.
func TestDenseWithoutBias(t *testing.T) {
	x, kernel := [][]float32{{1, 2}, {3, -1}}, [][]float32{{1, 0, 2}, {.5, -1, 4}}
	want := []float32{2, -2, 10, 2.5, 1, 2}
	for _, got := range MustNewExec(backendtest.Any(t), func(x, kernel *Node) []*Node {
		return []*Node{Dense(x, kernel, nil), matrixProduct(x, kernel, nil), pointwise(Reshape(x, 1, 2, 1, 2), kernel, nil)}
	}).MustCall(x, kernel) {
		require.Equal(t, want, tensors.MustCopyFlatData[float32](got))
	}
}
