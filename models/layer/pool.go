package layer

// Max-pooling with PyTorch's gradient, written for XLA on a CPU.
//
// An example in one dimension: x = [1,2,5,4,3], a window of 3, stride 2, no padding. There are two windows:
//
//	window 0 = [1,2,5]: the maximum is 5, at position 2 of the window
//	window 1 = [5,4,3]: the maximum is 5, at position 0 of the window
//
// so that y = [5,5], and argmax = [2,0] holds the positions. Let gradY = [10,20]. The whole gradient of a window goes to
// its maximum: gradX = [0,0,30,0,0], because pixel 2 is the maximum of both windows.
//
// XLA computes this by a scatter: it goes through the windows, one by one, and adds the gradient of each to a pixel. Here
// each pixel looks up its windows instead. Many pixels can do that at the same time. Pixel i is at position i − 2j of
// window j:
//
//	pixel 2 is at position 2 of window 0 (argmax 2: it takes 10) and at position 0 of window 1 (argmax 0: it takes 20)
//	pixel 3 is at position 1 of window 1 (argmax 0: it takes nothing)
//
// In general, pixel i is at position k of window j if i + p = stride·j + k, where p is the padding before x. All pixels
// of a phase (see phase.go) have the same positions: pixel i = stride·q + r is at position k of window
// j = q + (r + p − k)/stride if that is an integer, and of no window if it is not.

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph"
)

// MaxPooling is a 2-D max-pool with a square window and without padding, like PyTorch's MaxPool2d: x [B,H,W,C] to
// [B,⌊(H−window)/stride⌋+1,⌊(W−window)/stride⌋+1,C]. Rows and columns that fill no window are dropped. window and
// stride are in pixels; the window is at most 11, so that its positions fit into an int8.
func MaxPooling(x *Node, window, stride int) *Node {
	return PaddedMaxPooling(x, window, stride, [2][2]int{})
}

// PaddedMaxPooling is MaxPooling with a padding of −∞ before and after the rows, and before and after the columns, in
// pixels. The padding is never a maximum and takes no gradient. If a window holds its maximum more than once, the first
// one in row-major order takes the gradient, as in PyTorch.
func PaddedMaxPooling(x *Node, window, stride int, padding [2][2]int) *Node {
	p, bits := pooling{window, stride, padding}, orderedBits(x)
	maximum := p.maximum(bits)
	return withGradient(fromOrderedBits(maximum, x.DType()), x, func(gradY *Node) *Node {
		return p.gradient(x, p.argmax(bits, maximum), gradY)
	})
}

type pooling struct {
	window, stride int
	padding        [2][2]int
}

// maximum is the maximum of each window, y [B,H',W',C]. XLA's own pooling compares integers, such as the bits of bf16,
// one by one, but Max compares many at a time. Therefore integers are compared position by position.
func (p pooling) maximum(x *Node) *Node {
	if x.DType() != dtypes.Int16 {
		return MaxPool(x).Window(p.window).Strides(p.stride).PaddingPerDim(p.padding[:]).Done()
	}
	positions := p.positions(x)
	maximum := positions[0]
	for _, values := range positions[1:] {
		maximum = Max(maximum, values)
	}
	return maximum
}

// positions are the values of x at each position of the windows, in row-major order: element k has the shape of y, and
// holds for every window its value at position k. In the example they are [1,5], [2,4] and [5,3].
func (p pooling) positions(x *Node) []*Node {
	var count [2]int             // windows along each axis
	around := make([]PadAxis, 4) // up to the end of the last window
	for axis, zeros := range p.padding {
		size := x.Shape().Dim(1 + axis)
		count[axis] = (size+zeros[0]+zeros[1]-p.window)/p.stride + 1
		around[1+axis] = PadAxis{Start: zeros[0], End: max(0, (count[axis]-1)*p.stride+p.window-zeros[0]-size)}
	}
	if p.padding != [2][2]int{} {
		x = Pad(x, lowest(x), around...)
	}
	all := make([]*Node, p.window*p.window)
	for k := range all {
		from := func(first, axis int) SliceAxisSpec {
			return AxisRange(first, first+(count[axis]-1)*p.stride+1).Stride(p.stride)
		}
		all[k] = Slice(x, AxisRange(), from(k/p.window, 0), from(k%p.window, 1), AxisRange())
	}
	return all
}

// argmax is the position of each window's maximum, the first one if there are several: int8, y's shape.
func (p pooling) argmax(x, maximum *Node) *Node {
	positions := p.positions(x)
	number := func(k int) *Node {
		return BroadcastToDims(Scalar(x.Graph(), dtypes.Int8, k), maximum.Shape().Dimensions...)
	}
	first := number(len(positions) - 1)
	for k := len(positions) - 2; k >= 0; k-- {
		first = Where(Equal(positions[k], maximum), number(k), first)
	}
	return first
}

// lowest is the smallest value of x's type, for the padding.
func lowest(x *Node) *Node {
	if x.DType() == dtypes.Int16 {
		return Scalar(x.Graph(), x.DType(), math.MinInt16)
	}
	return Scalar(x.Graph(), x.DType(), math.Inf(-1))
}

// gradient is gradX, [B,H,W,C], from argmax and gradY, both of y's shape.
func (p pooling) gradient(x, argmax, gradY *Node) *Node {
	g := x.Graph()
	// Each phase has this many rows and columns, or more: at least one more than there are windows. A slice that would
	// be all of argmax makes XLA compute argmax once more for every use, from before the padding.
	rows := max(ceilDiv(x.Shape().Dim(1), p.stride), gradY.Shape().Dim(1)+1)
	columns := max(ceilDiv(x.Shape().Dim(2), p.stride), gradY.Shape().Dim(2)+1)
	// A pixel may lie at a position of a window that does not exist, up to margin windows before the first one or after
	// the last. There argmax is −1, which is no position, and gradY is 0.
	margin := ceilDiv(p.window, p.stride)
	around := []PadAxis{{},
		{Start: margin, End: margin + max(0, rows-gradY.Shape().Dim(1))},
		{Start: margin, End: margin + max(0, columns-gradY.Shape().Dim(2))}, {}}
	argmax = Pad(argmax, Scalar(g, dtypes.Int8, -1), around...)
	gradY = Pad(gradY, ScalarZero(g, gradY.DType()), around...)
	return interleave(x, p.stride, func(remainder [2]int) *Node {
		sum := Zeros(g, shapes.Make(gradY.DType(), x.Shape().Dim(0), rows, columns, x.Shape().Dim(3)))
		for k := range p.window * p.window {
			// Window j = q + down/stride has pixel stride·q + remainder at position k; likewise for columns.
			down, right := remainder[0]+p.padding[0][0]-k/p.window, remainder[1]+p.padding[1][0]-k%p.window
			if down%p.stride != 0 || right%p.stride != 0 {
				continue
			}
			top, left := margin+down/p.stride, margin+right/p.stride
			ofWindows := func(values *Node) *Node {
				return Slice(values, AxisRange(), AxisRange(top, top+rows), AxisRange(left, left+columns), AxisRange())
			}
			isMaximum := Equal(ofWindows(argmax), Scalar(g, dtypes.Int8, k))
			sum = Add(sum, Where(isMaximum, ofWindows(gradY), ZerosLike(sum)))
		}
		return sum
	})
}
