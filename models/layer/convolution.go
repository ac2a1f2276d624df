package layer

import (
	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph"
)

// convolution is a convolution without its bias, whose kernel takes no gradient, and whose gradient to x is made
// of plain convolutions. XLA spreads the gradient of y out with zeros in between where there is a stride, which on
// a CPU takes up to five times as long, and computes what a turned kernel does to bf16 in fp32.
//
// Which rows of y a row of x goes into, and by which rows of the kernel, depends on the remainder of its
// number by the stride alone, and likewise for columns: each pair of remainders has a plain convolution of
// its own, with every so many of the kernel's values, turned round.
func convolution(x *Node, kernel Kernel, stride int, padding [2][2]int) *Node {
	values := StopGradient(kernel.Values)
	y := Convolve(x, values).Strides(stride).PaddingPerDim(padding[:]).Done()
	return withGradient(y, x, func(v *Node) *Node {
		turned := StopGradient(kernel.Turned())
		if stride > 1 && values.Shape().Dim(0) == 1 && values.Shape().Dim(1) == 1 && padding == [2][2]int{} {
			return spread(phase(v, x, turned, stride, padding, [2]int{}), x, stride)
		}
		return interleaved(x, stride, func(remainder [2]int) *Node { return phase(v, x, turned, stride, padding, remainder) })
	})
}

// interleaved puts the pixels of x's shape together from those of each pair of remainders by the stride,
// [B,⌈H/stride⌉,⌈W/stride⌉,C].
func interleaved(x *Node, stride int, phase func(remainder [2]int) *Node) *Node {
	var rows []*Node
	for row := range stride {
		var columns []*Node
		for column := range stride {
			columns = append(columns, phase([2]int{row, column}))
		}
		rows = append(rows, Stack(columns, 3))
	}
	whole := Stack(rows, 2) // [B,⌈H/stride⌉,stride,⌈W/stride⌉,stride,C]
	size := whole.Shape().Dimensions
	whole = Reshape(whole, size[0], size[1]*stride, size[3]*stride, size[5])
	return Slice(whole, AxisRange(), AxisRange(0, x.Shape().Dim(1)), AxisRange(0, x.Shape().Dim(2)), AxisRange())
}

// spread puts the pixels whose remainders are 0 where they are in x's shape, and zeros elsewhere.
func spread(pixels, x *Node, stride int) *Node {
	between := func(axis int) PadAxis {
		return PadAxis{Interior: stride - 1, End: x.Shape().Dim(axis) - 1 - (pixels.Shape().Dim(axis)-1)*stride}
	}
	return Pad(pixels, ScalarZero(x.Graph(), x.DType()), PadAxis{}, between(1), between(2), PadAxis{})
}

// phase is the gradient of the pixels of x whose row and column leave these remainders by the stride:
// [B, ⌈H/stride⌉, ⌈W/stride⌉, C], from y's gradient v and the turned kernel.
func phase(v, x, turned *Node, stride int, padding [2][2]int, remainder [2]int) *Node {
	var around [2][2]int
	picked := []SliceAxisSpec{{}, {}, AxisRange(), AxisRange()}
	count := [2]int{ceilDiv(x.Shape().Dim(1), stride), ceilDiv(x.Shape().Dim(2), stride)}
	for axis := range 2 {
		// Pixel stride·q + remainder of x is at place first + stride·u of the kernel for pixel q + ahead − u of y.
		first := (remainder[axis] + padding[axis][0]) % stride
		ahead := (remainder[axis] + padding[axis][0]) / stride
		size := turned.Shape().Dim(axis)
		places := max(0, ceilDiv(size-first, stride))
		if places == 0 {
			return Zeros(v.Graph(), shapes.Make(v.DType(), x.Shape().Dim(0), count[0], count[1], x.Shape().Dim(3)))
		}
		last := first + stride*(places-1) // which turning has put before the others
		picked[axis] = AxisRange(size-1-last, size-first).Stride(stride)
		around[axis] = [2]int{places - 1 - ahead, count[axis] + ahead - v.Shape().Dim(1+axis)}
	}
	v = window(v, around)
	if stride > 1 {
		turned = Slice(turned, picked...)
	}
	return Convolve(v, turned).PaddingPerDim([][2]int{{max(0, around[0][0]), max(0, around[0][1])}, {max(0, around[1][0]), max(0, around[1][1])}}).Done()
}

// window cuts off the rows and columns of v that around, where it is negative, says to leave out.
func window(v *Node, around [2][2]int) *Node {
	cut := func(axis int) SliceAxisSpec {
		before, after := max(0, -around[axis][0]), max(0, -around[axis][1])
		return AxisRange(before, v.Shape().Dim(1+axis)-after)
	}
	if around[0][0] >= 0 && around[0][1] >= 0 && around[1][0] >= 0 && around[1][1] >= 0 {
		return v
	}
	return Slice(v, AxisRange(), cut(0), cut(1), AxisRange())
}
