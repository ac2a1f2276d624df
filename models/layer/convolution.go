package layer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// convolution is a frozen 2-D convolution without its bias: x [B,H,W,in], kernel [kh,kw,in,out]. padding gives the
// zeros before and after the rows, and before and after the columns. The kernel takes no gradient.
//
// gradX is written out, for two reasons. If the stride is more than 1, XLA dilates gradY: it puts zeros between the
// pixels. On a CPU that takes up to five times as long as the convolutions of phase.go. And if the graph itself flips a
// kernel of bf16, XLA computes with it in fp32.
//
// For a stride of more than 1 there are three cases:
//   - a 1×1 kernel without padding reaches only one phase of x, so that gradX is 0 for all other pixels;
//   - if x has few channels, one convolution computes all phases, because oneDNN would pad the channels of each phase
//     to a block;
//   - else each phase has a convolution of its own.
func convolution(x *Node, kernel Kernel, stride int, padding [2][2]int) *Node {
	values := StopGradient(kernel.Values)
	y := Convolve(x, values).Strides(stride).PaddingPerDim(padding[:]).Done()
	return withGradient(y, x, func(gradY *Node) *Node {
		flipped := StopGradient(kernel.Flipped())
		if stride > 1 && values.Shape().Dim(0) == 1 && values.Shape().Dim(1) == 1 && padding == [2][2]int{} {
			return dilate(phase(gradY, x, flipped, stride, padding, [2]int{}), x, stride)
		}
		if stride > 1 && stride*stride*x.Shape().Dim(3) <= channelBlock {
			return allPhases(gradY, x, flipped, stride, padding)
		}
		return interleave(x, stride, func(remainder [2]int) *Node { return phase(gradY, x, flipped, stride, padding, remainder) })
	})
}

// interleave puts the phases of x together: [10,20] and [102,200] become [10,102,20,200]. phase gives each one,
// [B,⌈H/stride⌉,⌈W/stride⌉,C], by the remainders of its rows and columns; the result has x's shape, [B,H,W,C].
func interleave(x *Node, stride int, phase func(remainder [2]int) *Node) *Node {
	var rows []*Node
	for row := range stride {
		var columns []*Node
		for column := range stride {
			columns = append(columns, phase([2]int{row, column}))
		}
		rows = append(rows, Stack(columns, 3))
	}
	return mergePhases(Stack(rows, 2), x)
}

// mergePhases reshapes pixels by phase, [B,⌈H/stride⌉,stride,⌈W/stride⌉,stride,C], to x's shape, [B,H,W,C]. It drops
// the last rows and columns where the stride does not divide H or W.
func mergePhases(pixels, x *Node) *Node {
	size := pixels.Shape().Dimensions
	whole := Reshape(pixels, size[0], size[1]*size[2], size[3]*size[4], size[5])
	return Slice(whole, AxisRange(), AxisRange(0, x.Shape().Dim(1)), AxisRange(0, x.Shape().Dim(2)), AxisRange())
}

// dilate puts stride−1 zeros between the pixels, and zeros after the last up to x's shape, [B,H,W,C]: with stride 2,
// [1,2] becomes [1,0,2,0] for four pixels of x.
func dilate(pixels, x *Node, stride int) *Node {
	between := func(axis int) PadAxis {
		return PadAxis{Interior: stride - 1, End: max(0, behind(pixels, x, stride, axis))}
	}
	return Pad(pixels, ScalarZero(x.Graph(), x.DType()), PadAxis{}, between(1), between(2), PadAxis{})
}

// behind is how many pixels of x, [B,H,W,C], lie behind the last of the dilated pixels along an axis. It is negative if a
// padding of at least the kernel's size gives y more pixels than x.
func behind(pixels, x *Node, stride, axis int) int {
	return x.Shape().Dim(axis) - 1 - (pixels.Shape().Dim(axis)-1)*stride
}
