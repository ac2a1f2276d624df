package layer

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"

	. "github.com/gomlx/gomlx/core/graph"
)

// The tests of this file compute the worked examples of the comments, with their numbers.

// line is an image of one row and one channel, [1,1,len(values),1]; as a kernel it is one row of one channel.
func line(values ...float32) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(values, 1, 1, len(values), 1)
}

// kernelLine is a kernel of one row, one input and one output channel, [1,len(values),1,1].
func kernelLine(values ...float32) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(values, 1, len(values), 1, 1)
}

// requireLines builds a graph from some tensors and compares the values of its results, without their shapes.
func requireLines(t *testing.T, build func(inputs []*Node) []*Node, inputs []any, want ...[]float32) {
	t.Helper()
	got := MustNewExec(backendtest.Any(t), build).MustCall(inputs...)
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i], tensors.MustCopyFlatData[float32](got[i]), "result %d", i)
	}
}

// gradientOf is gradX of this gradY.
func gradientOf(y, gradY, x *Node) *Node { return Gradient(ReduceAllSum(Mul(y, gradY)), x)[0] }

// The example of kernel.go.
func TestFlippedExample(t *testing.T) {
	requireLines(t, func(in []*Node) []*Node {
		x, values, gradY := in[0], in[1], in[2]
		kernel, padding := Computed(values), [2][2]int{{}, {1, 1}}
		y := convolution(x, kernel, 1, padding)
		return []*Node{y, kernel.Flipped(), gradientOf(y, gradY, x), Convolve(gradY, kernel.Flipped()).PaddingPerDim(padding[:]).Done()}
	}, []any{line(1, 2, 3, 4), kernelLine(1, 10, 100), line(1, 2, 3, 4)},
		[]float32{210, 321, 432, 43}, []float32{100, 10, 1}, []float32{12, 123, 234, 340}, []float32{12, 123, 234, 340})
}

// The example of phase.go: y, each phase, all phases by one convolution, and the gradient.
func TestPhaseExample(t *testing.T) {
	requireLines(t, func(in []*Node) []*Node {
		x, values, gradY := in[0], in[1], in[2]
		kernel, padding := Computed(values), [2][2]int{{}, {1, 1}}
		phaseOf := func(column int) *Node { return phase(gradY, x, kernel.Flipped(), 2, padding, [2]int{0, column}) }
		y := convolution(x, kernel, 2, padding)
		return []*Node{y, phaseOf(0), phaseOf(1), allPhases(gradY, x, kernel.Flipped(), 2, padding), gradientOf(y, gradY, x),
			interleave(x, 2, func(remainder [2]int) *Node { return phase(gradY, x, kernel.Flipped(), 2, padding, remainder) })}
	}, []any{line(1, 2, 3, 4), kernelLine(1, 10, 100), line(1, 2)},
		[]float32{210, 432}, []float32{10, 20}, []float32{102, 200}, []float32{10, 102, 20, 200}, []float32{10, 102, 20, 200},
		[]float32{10, 102, 20, 200})
	require.Equal(t, taps{first: 1, count: 1, before: 0}, tapsOf(0, 2, 3, 1), "even pixels meet the middle of the kernel")
	require.Equal(t, taps{first: 0, count: 2, before: 0}, tapsOf(1, 2, 3, 1), "odd pixels meet its two ends")
}

// The example of dilate.
func TestDilateExample(t *testing.T) {
	requireLines(t, func(in []*Node) []*Node { return []*Node{dilate(in[0], in[1], 2)} },
		[]any{line(1, 2), line(0, 0, 0, 0)}, []float32{1, 0, 2, 0})
}

// The example of gradient.go. That the gradient is the function's, and not GoMLX's, a count of its calls shows.
func TestGradientExample(t *testing.T) {
	calls := 0
	requireLines(t, func(in []*Node) []*Node {
		x, gradY := in[0], in[1]
		y := withGradient(ReduceSum(Reshape(x, 2, 2), 1), x, func(gradY *Node) *Node {
			calls++
			return Reshape(BroadcastToDims(ExpandAxes(gradY, 1), 2, 2), 4)
		})
		return []*Node{y, gradientOf(y, gradY, x)}
	}, []any{[]float32{1, 2, 3, 4}, []float32{10, 20}}, []float32{3, 7}, []float32{10, 10, 20, 20})
	require.Equal(t, 1, calls)
}

// The example of pool.go. A padding of one row above and below makes the window 3×3, so that its middle row has the
// positions 3, 4 and 5.
func TestMaxPoolingExample(t *testing.T) {
	requireLines(t, func(in []*Node) []*Node {
		x, gradY := in[0], in[1]
		p := pooling{3, 2, [2][2]int{{1, 1}, {}}}
		y := PaddedMaxPooling(x, 3, 2, p.padding)
		positions := p.positions(x)
		return []*Node{y, AddScalar(ConvertDType(p.argmax(x, y), dtypes.Float32), -3), gradientOf(y, gradY, x),
			positions[3], positions[4], positions[5]}
	}, []any{line(1, 2, 5, 4, 3), line(10, 20)},
		[]float32{5, 5}, []float32{2, 0}, []float32{0, 0, 30, 0, 0}, []float32{1, 5}, []float32{2, 4}, []float32{5, 3})
}

// The example of depthwise.go.
func TestShiftedSumExample(t *testing.T) {
	requireLines(t, func(in []*Node) []*Node { return []*Node{shiftedSum(zeroPad(in[0], [2][2]int{{}, {1, 1}}), in[1], 1)} },
		[]any{line(1, 2, 3, 4), kernelLine(1, 10, 100)}, []float32{210, 321, 432, 43})
}

// The examples of SamePadding and gradientPadding.
func TestPaddingExamples(t *testing.T) {
	g := NewGraph(backendtest.Any(t), "padding")
	x := Zeros(g, shapes.Make(dtypes.Float32, 1, 8, 8, 1))
	require.Equal(t, [2][2]int{{0, 1}, {0, 1}}, SamePadding(x, 3, 2))
	kernel := Zeros(g, shapes.Make(dtypes.Float32, 1, 3, 1, 1))
	require.Equal(t, [2][2]int{{}, {1, 1}}, gradientPadding([2][2]int{{}, {1, 1}}, kernel, x, x, 1))
}

// The example of blockDiagonal.
func TestBlockDiagonalExample(t *testing.T) {
	requireLines(t, func(in []*Node) []*Node { return []*Node{blockDiagonal(in[0], 2)} },
		[]any{tensors.FromFlatDataAndDimensions([]float32{3, 5}, 1, 1, 1, 2)}, []float32{3, 0, 0, 5})
}

// The example of sum.go.
func TestSumExample(t *testing.T) {
	requireLines(t, func(in []*Node) []*Node {
		y := Sum{Each: in[0], Shared: in[1]}.linear(func(x *Node) *Node { return MulScalar(x, 3) })
		return []*Node{gradientOf(y, in[2], in[1])}
	}, []any{[][]float32{{5, 6}, {7, 8}}, [][]float32{{1, 1}}, [][]float32{{1, 2}, {10, 20}}}, []float32{33, 66})
}

// The example of relu.go.
func TestOrderedBitsExample(t *testing.T) {
	exec := MustNewExec(backendtest.XLA(t), func(x *Node) (bits, ordered *Node) {
		x = ConvertDType(x, dtypes.BFloat16)
		return positiveBits(x), orderedBits(x)
	})
	bits, ordered := exec.MustCall2([]float32{-2, -1, 0, 1, 2})
	require.Equal(t, []int16{-16384, -16512, 0, 16256, 16384}, bits.Value())
	require.Equal(t, []int16{-16385, -16257, 0, 16256, 16384}, ordered.Value())
}

// A padding of the kernel's size gives y more pixels than x: kernel [10,1] and one zero on each side, so that
// gradX[i] = 1·gradY[i] + 10·gradY[i+1].
func TestWidePadding(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		requireLines(t, func(in []*Node) []*Node {
			y := PaddedDepthwise(in[0], computedInGroups(in[1]), Zeros(in[0].Graph(), shapes.Make(dtypes.Float32, 1)), 1, [2][2]int{{}, {1, 1}})
			return []*Node{y, gradientOf(y, in[2], in[0])}
		}, []any{line(1, 2, 3), kernelLine(10, 1), line(1, 2, 3, 4)}, []float32{1, 12, 23, 30}, []float32{21, 32, 43})
	})
}

// The gradient of ZeroPad leaves out that of the padding.
func TestZeroPadExample(t *testing.T) {
	requireLines(t, func(in []*Node) []*Node {
		y := ZeroPad(in[0], [2][2]int{{}, {1, 2}})
		return []*Node{y, gradientOf(y, in[1], in[0])}
	}, []any{line(1, 2), line(1, 2, 3, 4, 5)}, []float32{0, 1, 2, 0, 0}, []float32{2, 3})
}
