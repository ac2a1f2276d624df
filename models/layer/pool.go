package layer

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph"
)

// MaxPooling is an unpadded max-pool that drops what does not fill a window: [B,H,W,C] to
// [B,⌊(H−window)/stride⌋+1,...,C].
func MaxPooling(x *Node, window, stride int) *Node {
	return PaddedMaxPooling(x, window, stride, [2][2]int{})
}

// PaddedMaxPooling is MaxPooling of x, [B,H,W,C], with so many rows and columns of −∞ before and after
// it, which never are a maximum and take no gradient. Of equal values the first, in row-major order,
// takes the gradient, as in PyTorch.
//
// The gradient is written out, because XLA's own on a CPU is a naive scatter: each value of x looks up
// which place was the maximum of the windows that it lies in.
func PaddedMaxPooling(x *Node, window, stride int, padding [2][2]int) *Node {
	p, bits := pooling{window, stride, padding}, orderedBits(x)
	largest := p.largest(bits)
	return withGradient(fromOrderedBits(largest, x.DType()), x, func(v *Node) *Node {
		return p.gradient(x, p.places(bits, largest), v)
	})
}

type pooling struct {
	window, stride int
	padding        [2][2]int
}

// largest is the largest value of x in each window. XLA pools whole numbers one by one, but compares them many at
// a time.
func (p pooling) largest(x *Node) *Node {
	if x.DType() != dtypes.Int16 {
		return MaxPool(x).Window(p.window).Strides(p.stride).PaddingPerDim(p.padding[:]).Done()
	}
	windows := p.windows(x)
	largest := windows[0]
	for _, there := range windows[1:] {
		largest = Max(largest, there)
	}
	return largest
}

// windows are the values of x at each place of the windows, row by row, each of the result's shape.
func (p pooling) windows(x *Node) []*Node {
	var count [2]int
	around := make([]PadAxis, 4) // so that all windows lie within
	for axis, zeros := range p.padding {
		size := x.Shape().Dim(1 + axis)
		count[axis] = (size+zeros[0]+zeros[1]-p.window)/p.stride + 1
		around[1+axis] = PadAxis{Start: zeros[0], End: max(0, (count[axis]-1)*p.stride+p.window-zeros[0]-size)}
	}
	if p.padding != [2][2]int{} {
		x = Pad(x, lowest(x), around...)
	}
	all := make([]*Node, p.window*p.window)
	for place := range all {
		from := func(first, axis int) SliceAxisSpec {
			return AxisRange(first, first+(count[axis]-1)*p.stride+1).Stride(p.stride)
		}
		all[place] = Slice(x, AxisRange(), from(place/p.window, 0), from(place%p.window, 1), AxisRange())
	}
	return all
}

// places is, for each window, the place in it of the first value of x that is the largest: int8, of the
// result's shape.
func (p pooling) places(x, largest *Node) *Node {
	windows := p.windows(x)
	number := func(place int) *Node {
		return BroadcastToDims(Scalar(x.Graph(), dtypes.Int8, place), largest.Shape().Dimensions...)
	}
	first := number(len(windows) - 1)
	for place := len(windows) - 2; place >= 0; place-- {
		first = Where(Equal(windows[place], largest), number(place), first)
	}
	return first
}

// lowest is a value that is never greater than another of x's type.
func lowest(x *Node) *Node {
	if x.DType() == dtypes.Int16 {
		return Scalar(x.Graph(), x.DType(), math.MinInt16)
	}
	return Scalar(x.Graph(), x.DType(), math.Inf(-1))
}

// gradient is that of x, from y's gradient v and its maxima's places.
func (p pooling) gradient(x, places, v *Node) *Node {
	g := x.Graph()
	// At least one more than there are windows: where what is sliced out below would be all of the places, XLA
	// takes them from before they were padded, and computes them once more for every use.
	rows := max(ceilDiv(x.Shape().Dim(1), p.stride), v.Shape().Dim(1)+1)
	columns := max(ceilDiv(x.Shape().Dim(2), p.stride), v.Shape().Dim(2)+1)
	margin := ceilDiv(p.window, p.stride) // windows that lie before the first one, at most, and after the last
	around := []PadAxis{{},
		{Start: margin, End: margin + max(0, rows-v.Shape().Dim(1))},
		{Start: margin, End: margin + max(0, columns-v.Shape().Dim(2))}, {}}
	places = Pad(places, Scalar(g, dtypes.Int8, -1), around...)
	v = Pad(v, ScalarZero(g, v.DType()), around...)
	return interleaved(x, p.stride, func(remainder [2]int) *Node {
		sum := Zeros(g, shapes.Make(v.DType(), x.Shape().Dim(0), rows, columns, x.Shape().Dim(3)))
		for place := range p.window * p.window {
			// Pixel stride·q + remainder is at this place of window q + ahead, if that is a whole number.
			down, right := remainder[0]+p.padding[0][0]-place/p.window, remainder[1]+p.padding[1][0]-place%p.window
			if down%p.stride != 0 || right%p.stride != 0 {
				continue
			}
			top, left := margin+down/p.stride, margin+right/p.stride
			there := func(of *Node) *Node {
				return Slice(of, AxisRange(), AxisRange(top, top+rows), AxisRange(left, left+columns), AxisRange())
			}
			mine := Equal(there(places), Scalar(g, dtypes.Int8, place))
			sum = Add(sum, Where(mine, there(v), ZerosLike(sum)))
		}
		return sum
	})
}
