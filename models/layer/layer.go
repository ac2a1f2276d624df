// Package layer holds the layers that frozen models and mask generators are made of, with PyTorch's
// values and gradients, each written the way that XLA computes fast on a CPU.
package layer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Convolution is a 2-D convolution, NHWC by HWIO, with a bias: x [B,H,W,in], kernel [kh,kw,in,out], bias [out].
// padding gives the zeros before and after, for rows and for columns.
func Convolution(x, kernel, bias *Node, stride int, padding [2][2]int) *Node {
	return Add(convolution(x, kernel, stride, padding), ExpandAxes(bias, 0, 1, 2))
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

// ReLU is max(x, 0) with the gradient 0 at 0, as PyTorch has it; GoMLX's own passes 1 there. As a plain maximum
// it is computed with the convolution before it, and its gradient needs nothing but its value. What it makes of
// a NaN is the backend's: oneDNN makes it 0.
func ReLU(x *Node) *Node {
	y := Max(x, ScalarZero(x.Graph(), x.DType()))
	return withGradient(y, x, func(v *Node) *Node { return Where(Equal(y, ZerosLike(y)), ZerosLike(v), v) })
}

// ReLU6 is min(max(x, 0), 6) with the gradient 0 at 0 and at 6, as in PyTorch.
func ReLU6(x *Node) *Node {
	y := Clip(x, ScalarZero(x.Graph(), x.DType()), Scalar(x.Graph(), x.DType(), 6))
	return withGradient(y, x, func(v *Node) *Node {
		inside := LogicalAnd(GreaterThan(y, ZerosLike(y)), LessThan(y, Scalar(y.Graph(), y.DType(), 6)))
		return Where(inside, v, ZerosLike(v))
	})
}

// GlobalAverage is the mean over rows and columns: [B,H,W,C] to [B,C].
func GlobalAverage(x *Node) *Node { return ReduceMean(x, 1, 2) }
