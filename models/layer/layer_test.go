package layer

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"

	. "github.com/gomlx/gomlx/core/graph"
)

// Values and gradients of the activations are PyTorch's, also at 0 and at 6, in both precisions.
func TestActivations(t *testing.T) {
	x := []float32{-1, 0, 2, 6, 7}
	for name, c := range map[string]struct {
		of              func(*Node) *Node
		value, gradient []float32
	}{
		"relu":  {ReLU, []float32{0, 0, 2, 6, 7}, []float32{0, 0, 1, 1, 1}},
		"relu6": {ReLU6, []float32{0, 0, 2, 6, 6}, []float32{0, 0, 1, 0, 0}},
	} {
		inBoth(t, name, func(t *testing.T, backend compute.Backend, precision dtypes.DType) {
			exec := MustNewExec(backend, func(x *Node) (*Node, *Node) {
				y := ConvertDType(c.of(ConvertDType(x, precision)), dtypes.Float32)
				return y, Gradient(ReduceAllSum(y), x)[0]
			})
			value, gradient := exec.MustCall2(x)
			require.Equal(t, c.value, value.Value())
			require.Equal(t, c.gradient, gradient.Value())
		})
	}
}

// inBoth runs a test in fp32 and, if XLA is there, in bf16.
func inBoth(t *testing.T, name string, test func(t *testing.T, backend compute.Backend, precision dtypes.DType)) {
	t.Run(name+" of fp32", func(t *testing.T) { test(t, backendtest.Any(t), dtypes.Float32) })
	t.Run(name+" of bf16", func(t *testing.T) { test(t, backendtest.XLA(t), dtypes.BFloat16) })
}

// bothWays runs a test with the graphs for a plugin with oneDNN and with those for a plugin without it. The plugin is the
// same in both: it read XLA_FLAGS when it was opened, before this function changes them.
func bothWays(t *testing.T, test func(t *testing.T)) {
	backendtest.Any(t)
	for _, way := range []struct{ name, flags string }{{"oneDNN", "--xla_cpu_use_onednn=true"}, {"plain", ""}} {
		t.Run(way.name, func(t *testing.T) {
			t.Setenv("XLA_FLAGS", way.flags)
			test(t)
		})
	}
}

// A depthwise convolution and its gradient agree with sums written out.
func TestDepthwise(t *testing.T) { bothWays(t, testDepthwise) }

func testDepthwise(t *testing.T) {
	const batch, height, width, channels = 2, 8, 6, 3
	x := make([]float32, batch*height*width*channels)
	for i := range x {
		x[i] = float32(math.Sin(float64(i * i)))
	}
	bias := []float32{.5, -1, 2}
	for _, size := range []int{3, 5} {
		for _, stride := range []int{1, 2} {
			t.Run(fmt.Sprintf("kernel=%d/stride=%d", size, stride), func(t *testing.T) {
				kernel := make([]float32, size*size*channels)
				for i := range kernel {
					kernel[i] = float32(math.Cos(float64(3 * i)))
				}
				before := (size - 1) / 2 // the padding "SAME": an odd zero comes after
				if stride == 2 {
					before = (size - 2) / 2
				}
				outHeight, outWidth := height/stride, width/stride
				want := make([]float32, batch*outHeight*outWidth*channels)
				wantGradient := make([]float32, len(x)) // of the sum of y²/2
				each := func(visit func(x, y, k int)) {
					for b := range batch {
						for i := range outHeight * outWidth * size * size * channels {
							c, k := i%channels, i/channels%(size*size)
							out := i / channels / (size * size)
							row, column := out/outWidth*stride+k/size-before, out%outWidth*stride+k%size-before
							if row >= 0 && row < height && column >= 0 && column < width {
								visit(((b*height+row)*width+column)*channels+c, (b*outHeight*outWidth+out)*channels+c, k*channels+c)
							}
						}
					}
				}
				for i := range want {
					want[i] = bias[i%channels]
				}
				each(func(i, o, k int) { want[o] += x[i] * kernel[k] })
				each(func(i, o, k int) { wantGradient[i] += want[o] * kernel[k] })

				exec := MustNewExec(backendtest.Any(t), func(x, kernel, bias *Node) (*Node, *Node) {
					y := Depthwise(x, computedInGroups(kernel), bias, stride)
					return y, Gradient(DivScalar(ReduceAllSum(Mul(y, y)), 2), x)[0]
				})
				y, gradient := exec.MustCall2(tensors.FromFlatDataAndDimensions(x, batch, height, width, channels),
					tensors.FromFlatDataAndDimensions(kernel, size, size, 1, channels), bias)
				require.InDeltaSlice(t, want, tensors.MustCopyFlatData[float32](y), 1e-5)
				require.InDeltaSlice(t, wantGradient, tensors.MustCopyFlatData[float32](gradient), 1e-4)
			})
		}
	}
}

// computedInGroups is the kernel of a grouped convolution that the graph flips itself.
func computedInGroups(values *Node) Kernel {
	return Kernel{values, func() *Node {
		rows, columns, in, out := values.Shape().Dim(0), values.Shape().Dim(1), values.Shape().Dim(2), values.Shape().Dim(3)
		groups := out / in // as many outputs as inputs
		split := Reshape(Reverse(values, 0, 1), rows, columns, in, groups, in)
		return Reshape(TransposeAllAxes(split, 0, 1, 4, 3, 2), rows, columns, in, out)
	}}
}

// A grouped convolution and its gradient agree with one plain convolution for each group.
func TestGrouped(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: XLA compiles dozens of grouped convolutions")
	}
	bothWays(t, testGrouped)
}

func testGrouped(t *testing.T) {
	const batch, side, channels = 2, 6, 128
	for _, each := range []int{8, 32, 64} {
		for _, stride := range []int{1, 2} {
			t.Run(fmt.Sprintf("each=%d/stride=%d", each, stride), func(t *testing.T) {
				padding := [2][2]int{{1, 1}, {1, 1}}
				exec := MustNewExec(backendtest.Any(t), func(x, kernel, bias *Node) []*Node {
					y := Grouped(x, computedInGroups(kernel), bias, stride, padding)
					var parts []*Node
					for from := 0; from < channels; from += each {
						some := AxisRange(from, from+each)
						parts = append(parts, Convolution(SliceAxis(x, 3, some), Computed(SliceAxis(kernel, 3, some)), Slice(bias, some), stride, padding))
					}
					want := Concatenate(parts, 3)
					return []*Node{y, Gradient(ReduceAllSum(Square(y)), x)[0], want, Gradient(ReduceAllSum(Square(want)), x)[0]}
				})
				results := exec.MustCall(wavy(batch, side, side, channels), wavy(3, 3, each, channels), wavy(channels))
				require.InDeltaSlice(t, tensors.MustCopyFlatData[float32](results[2]), tensors.MustCopyFlatData[float32](results[0]), 1e-3)
				require.InDeltaSlice(t, tensors.MustCopyFlatData[float32](results[3]), tensors.MustCopyFlatData[float32](results[1]), 1e-2)
			})
		}
	}
}

// The padding of a max-pool is never a maximum, not even among negative values, and takes no gradient. Of equal values
// the first takes the gradient.
func TestPaddedMaxPooling(t *testing.T) {
	for name, c := range map[string]struct{ x, y, gradient [][]float32 }{
		"negative": {
			[][]float32{{-1, -2, -3}, {-4, -5, -6}, {-7, -8, -9}}, [][]float32{{-1, -2}, {-4, -5}},
			[][]float32{{1, 1, 0}, {1, 1, 0}, {0, 0, 0}},
		},
		"equal": {
			[][]float32{{-1, 0, 2}, {0, 0, -3}, {-.5, -.5, 1}}, [][]float32{{0, 2}, {0, 1}},
			[][]float32{{0, 1, 1}, {1, 0, 0}, {0, 0, 1}},
		},
	} {
		inBoth(t, name, func(t *testing.T, backend compute.Backend, precision dtypes.DType) {
			exec := MustNewExec(backend, func(x *Node) (*Node, *Node) {
				y := PaddedMaxPooling(Reshape(ConvertDType(x, precision), 1, 3, 3, 1), 3, 2, [2][2]int{{1, 1}, {1, 1}})
				y = ConvertDType(Reshape(y, 2, 2), dtypes.Float32)
				return y, Gradient(ReduceAllSum(y), x)[0]
			})
			y, gradient := exec.MustCall2(c.x)
			require.Equal(t, c.y, y.Value())
			require.Equal(t, c.gradient, gradient.Value())
		})
	}
}

// PatchEmbedding is a convolution whose stride is the kernel's side, also of a sum, and has its gradient.
func TestPatches(t *testing.T) {
	exec := MustNewExec(backendtest.Any(t), func(x, shared, kernel, bias *Node) (results []*Node) {
		whole := Convolution(Add(x, shared), Computed(kernel), bias, 4, [2][2]int{}) // not Convolve: GoMLX's gradient is wrong for even sides
		for _, y := range []*Node{
			Reshape(whole, 2, 6, 5),
			Sum{x, shared}.PatchEmbedding(kernel, bias),
			Sum{Each: Add(x, shared)}.PatchEmbedding(kernel, bias),
		} {
			results = append(results, y, Gradient(ReduceAllSum(Mul(y, Sin(y))), shared)[0])
		}
		return results
	})
	got := exec.MustCall(wavy(2, 8, 12, 3), wavy(1, 8, 12, 3), wavy(4, 4, 3, 5), wavy(5))
	for i, values := range got[2:] {
		want := got[i%2]
		require.InDeltaSlice(t, tensors.MustCopyFlatData[float32](want), tensors.MustCopyFlatData[float32](values), 1e-4)
	}
}

// wavy is a tensor of these dimensions, with values of a formula.
func wavy(dimensions ...int) *tensors.Tensor {
	size := 1
	for _, d := range dimensions {
		size *= d
	}
	values := make([]float32, size)
	for i := range values {
		values[i] = float32(math.Sin(.37*float64(i) + .0011*float64(i*i%1009)))
	}
	return tensors.FromFlatDataAndDimensions(values, dimensions...)
}
