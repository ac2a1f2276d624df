// Package layer holds the layers that frozen models and mask generators are made of, with PyTorch's
// values and gradients, each written the way that XLA computes fast on a CPU.
package layer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Convolution is a frozen 2-D convolution, NHWC by HWIO, with a bias: x [B,H,W,in], kernel [kh,kw,in,out], bias
// [out]. padding gives the zeros before and after, for rows and for columns.
func Convolution(x *Node, kernel Kernel, bias *Node, stride int, padding [2][2]int) *Node {
	return Add(convolution(x, kernel, stride, padding), ExpandAxes(bias, 0, 1, 2))
}

// LearnedConvolution is a Convolution without a stride whose kernel is learned, and has odd sides: the gradient to x is
// GoMLX's, which is wrong for even ones (0.28.2).
func LearnedConvolution(x, kernel, bias *Node, padding [2][2]int) *Node {
	return Add(Convolve(x, kernel).PaddingPerDim(padding[:]).Done(), ExpandAxes(bias, 0, 1, 2))
}

// SamePadding is TensorFlow's "SAME": as many zeros as make the output ⌈side/stride⌉, the odd one after.
func SamePadding(x *Node, kernel, stride int) (padding [2][2]int) {
	for axis := range padding {
		side := x.Shape().Dim(1 + axis)
		total := max((ceilDiv(side, stride)-1)*stride+kernel-side, 0)
		padding[axis] = [2]int{total / 2, total - total/2}
	}
	return padding
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// GlobalAverage is the mean over rows and columns: [B,H,W,C] to [B,C].
func GlobalAverage(x *Node) *Node { return ReduceMean(x, 1, 2) }
