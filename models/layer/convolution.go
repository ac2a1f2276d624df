package layer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// convolution is a convolution without its bias, whose kernel takes no gradient, and whose gradient to x is made
// of plain convolutions. XLA spreads the gradient of y out with zeros in between where there is a stride, which on
// a CPU takes up to five times as long, and computes what a turned kernel does to bf16 in fp32.
//
// Which rows of y a row of x goes into, and by which rows of the kernel, depends on the remainder of its
// number by the stride alone, and likewise for columns: each pair of remainders has a plain convolution of
// its own, with every so many of the kernel's values, turned round. Where x has so few channels that oneDNN would
// fill them up, the pairs share one.
func convolution(x *Node, kernel Kernel, stride int, padding [2][2]int) *Node {
	values := StopGradient(kernel.Values)
	y := Convolve(x, values).Strides(stride).PaddingPerDim(padding[:]).Done()
	return withGradient(y, x, func(v *Node) *Node {
		turned := StopGradient(kernel.Turned())
		if stride > 1 && values.Shape().Dim(0) == 1 && values.Shape().Dim(1) == 1 && padding == [2][2]int{} {
			return spread(phase(v, x, turned, stride, padding, [2]int{}), x, stride)
		}
		if stride > 1 && stride*stride*x.Shape().Dim(3) <= channelsAtOnce {
			return together(v, x, turned, stride, padding)
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
	return joined(Stack(rows, 2), x)
}

// joined is x's shape of pixels by their remainders, [B,⌈H/stride⌉,stride,⌈W/stride⌉,stride,C].
func joined(pixels, x *Node) *Node {
	size := pixels.Shape().Dimensions
	whole := Reshape(pixels, size[0], size[1]*size[2], size[3]*size[4], size[5])
	return Slice(whole, AxisRange(), AxisRange(0, x.Shape().Dim(1)), AxisRange(0, x.Shape().Dim(2)), AxisRange())
}

// spread puts the pixels whose remainders are 0 where they are in x's shape, and zeros elsewhere.
func spread(pixels, x *Node, stride int) *Node {
	between := func(axis int) PadAxis {
		return PadAxis{Interior: stride - 1, End: x.Shape().Dim(axis) - 1 - (pixels.Shape().Dim(axis)-1)*stride}
	}
	return Pad(pixels, ScalarZero(x.Graph(), x.DType()), PadAxis{}, between(1), between(2), PadAxis{})
}
