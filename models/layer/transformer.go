package layer

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"golang.org/x/sys/cpu"

	. "github.com/gomlx/gomlx/core/graph"
)

// Rows is x, [..., c], as [Dense] computes it: a row, [rows,c], or a pixel, [1,rows,1,c], for each of its last axis. What
// stays so from one Dense to the next spares XLA a copy of it.
func Rows(x *Node) *Node {
	channels := x.Shape().Dim(-1)
	if ofPixels(x) {
		return Reshape(x, 1, -1, 1, channels)
	}
	return Reshape(x, -1, channels)
}

// ofPixels tells whether a product of x is computed as a convolution of pixels: oneDNN lays a convolution's kernel out for
// the processor first, and for a product only one that is turned, as the gradient's is anyway.
func ofPixels(x *Node) bool { return byOneDNN(x) && !cpu.X86.HasAVX512F }

// Dense is x·kernel + bias over the last axis: x [..., in], kernel [in, out], bias [out]. The kernel takes no gradient.
func Dense(x, kernel, bias *Node) *Node {
	dimensions := x.Shape().Clone().Dimensions
	dimensions[len(dimensions)-1] = kernel.Shape().Dim(1)
	dense := product
	if ofPixels(x) {
		dense = productOfPixels
	}
	return Reshape(dense(Rows(x), StopGradient(kernel), bias), dimensions...)
}

// product is x·kernel + bias: x [rows, in], kernel [in, out], bias [out].
//
// Where the processor or oneDNN lacks a product of bf16, XLA takes the kernel to fp32, once for this product and for its
// gradient, so that all of a network's kernels lie there twice as large from the one to the other. The gradient
// therefore has the kernel behind a barrier, which opens when there is something to multiply it with.
func product(x, kernel, bias *Node) *Node {
	y := Add(DotProduct(x, kernel), ExpandAxes(bias, 0))
	if x.DType() != dtypes.BFloat16 {
		return y
	}
	return withGradient(y, x, func(v *Node) *Node {
		late := OptimizationBarriers(v, kernel)
		return Einsum("ro,io->ri", late[0], late[1])
	})
}

// productOfPixels is the product of pixels that stand in a column: x [1, rows, 1, in]. Its gradient is one too, by a
// kernel that is turned behind a barrier, as late as product's: else all of them would be turned first, and kept.
func productOfPixels(x, kernel, bias *Node) *Node {
	kernel = Reshape(kernel, 1, 1, kernel.Shape().Dim(0), kernel.Shape().Dim(1))
	y := Convolve(x, kernel).Done()
	y = Add(y, ExpandAxes(bias, 0, 1, 2)) // a convolution's bias, and not a row's: XLA takes the only row for one
	return withGradient(y, x, func(v *Node) *Node {
		late := OptimizationBarriers(v, kernel)
		return Convolve(late[0], Computed(late[1]).Turned()).Done()
	})
}

// Patches is the convolution of x, [B,H,W,C], with squares of a side that do not overlap, as a product: kernel
// [side,side,C,out] and bias [out] make one token of each square, row by row, [B, H/side·W/side, out].
func Patches(x, kernel, bias *Node) *Node {
	side, size, channels := kernel.Shape().Dim(0), x.Shape().Dim(0), x.Shape().Dim(3)
	rows, columns := x.Shape().Dim(1)/side, x.Shape().Dim(2)/side
	x = TransposeAllAxes(Reshape(x, size, rows, side, columns, side, channels), 0, 1, 3, 2, 4, 5)
	x = Reshape(x, size, rows*columns, side*side*channels)
	return Dense(x, Reshape(kernel, side*side*channels, -1), bias)
}

// Normalise is a layer normalisation over the last axis: (x − mean) / √(variance + epsilon) · gamma + beta,
// with gamma and beta of that axis's size.
func Normalise(x, gamma, beta *Node, epsilon float64) *Node {
	x = Sub(x, ReduceAndKeep(x, ReduceMean, -1))
	deviation := Sqrt(AddScalar(ReduceAndKeep(Square(x), ReduceMean, -1), epsilon))
	return Add(Mul(Div(x, deviation), ExpandLeftToRank(gamma, x.Rank())), ExpandLeftToRank(beta, x.Rank()))
}

// GELU is x·Φ(x), with Φ the normal distribution, and not one of the functions that come near it.
func GELU(x *Node) *Node {
	return Mul(x, MulScalar(OnePlus(Erf(MulScalar(x, math.Sqrt2/2))), .5))
}

// Attention is that of several heads: queries, [B,Q,width], to keys and values, [B,T,width]. The heads share out the
// last axis.
func Attention(queries, keys, values *Node, heads int) *Node {
	split := func(x *Node) *Node {
		return Reshape(x, x.Shape().Dim(0), x.Shape().Dim(1), heads, x.Shape().Dim(2)/heads)
	}
	scale := 1 / math.Sqrt(float64(queries.Shape().Dim(2)/heads))
	scores := Einsum("bqhd,bkhd->bhqk", MulScalar(split(queries), scale), split(keys))
	mixed := Einsum("bhqk,bkhd->bqhd", Softmax(scores, -1), split(values))
	return Reshape(mixed, queries.Shape().Dimensions...)
}
