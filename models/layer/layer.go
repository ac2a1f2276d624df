// Package layer holds the layers of frozen models and of mask generators. Their values and gradients are PyTorch's;
// each is written in the way that XLA computes fast on a CPU.
//
// Images are NHWC, [B,H,W,C]: batch, rows, columns, channels. Kernels are HWIO, [kh,kw,in,out]. PyTorch has NCHW and
// OIHW. x is the input of a layer and y its output. gradY and gradX are the gradients of the loss with respect to y and
// x; PyTorch calls them grad_output and grad_input. A layer computes gradX of a given gradY. A frozen weight has no
// gradient.
//
// A layer builds a part of a graph. XLA compiles the graph; on a CPU it may call oneDNN, Intel's library of convolutions
// and matrix products, for some of it (see onednn.go). A layer panics if shapes do not fit, as GoMLX's graph code does.
//
// There is no BatchNorm here: package models folds those of frozen models into their convolutions, and package
// vrkit/input has the one that SMM's mask generator learns.
package layer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Convolution is a frozen 2-D convolution with a bias: x [B,H,W,in], kernel [kh,kw,in,out] and bias [out] to
// [B,H',W',out], where H' = ⌊(H + padding − kh)/stride⌋ + 1, and W' likewise. padding gives the zeros before and after
// the rows, and before and after the columns. phase.go explains how gradX is computed.
func Convolution(x *Node, kernel Kernel, bias *Node, stride int, padding [2][2]int) *Node {
	return Add(convolution(x, kernel, stride, padding), ExpandAxes(bias, 0, 1, 2))
}

// LearnedConvolution is a Convolution with stride 1 whose kernel and bias are learned: kernel [kh,kw,in,out]. kh and kw
// must be odd, because GoMLX 0.28.2 computes a wrong gradX for even ones.
func LearnedConvolution(x, kernel, bias *Node, padding [2][2]int) *Node {
	return Add(Convolve(x, kernel).PaddingPerDim(padding[:]).Done(), ExpandAxes(bias, 0, 1, 2))
}

// SamePadding is TensorFlow's padding "SAME" for a square kernel of that many pixels a side: the zeros that make the
// output ⌈side/stride⌉ pixels wide, before and after the rows, and before and after the columns. If their number is odd,
// one more comes after than before: for side 8, kernel 3 and stride 2 there is no zero before and one after; PyTorch's
// padding=1 has one before and one after.
func SamePadding(x *Node, kernel, stride int) (padding [2][2]int) {
	for axis := range padding {
		side := x.Shape().Dim(1 + axis)
		total := max((ceilDiv(side, stride)-1)*stride+kernel-side, 0)
		padding[axis] = [2]int{total / 2, total - total/2}
	}
	return padding
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// GlobalAverage is global average pooling, the mean over rows and columns: [B,H,W,C] to [B,C].
func GlobalAverage(x *Node) *Node { return ReduceMean(x, 1, 2) }
