package layer

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"golang.org/x/sys/cpu"

	. "github.com/gomlx/gomlx/core/graph"
)

// Rows reshapes x, [..., C], to the shape in which [Dense] computes: [rows,C] for a matrix product, or [1,rows,1,C] for a
// pointwise convolution. Tokens that keep this shape from one Dense to the next spare XLA a copy.
func Rows(x *Node) *Node {
	channels := x.Shape().Dim(-1)
	if usesPointwise(x) {
		return Reshape(x, 1, -1, 1, channels)
	}
	return Reshape(x, -1, channels)
}

// usesPointwise tells whether Dense computes by a pointwise convolution: if oneDNN is on and the processor has no AVX-512.
// Without AVX-512, oneDNN is fast only if it first copies the kernel to a layout of its own. It does that for a
// convolution, and for a matrix product only if the kernel is transposed, as in the gradient.
func usesPointwise(x *Node) bool { return usesOneDNN(x) && !cpu.X86.HasAVX512F }

// Dense is a fully connected layer (PyTorch: Linear), x·kernel + bias over the last axis: x [..., in], kernel [in,out],
// bias [out], or nil for none, to [..., out]. The kernel takes no gradient. PyTorch's weight is the transposed kernel.
func Dense(x, kernel, bias *Node) *Node {
	dimensions := x.Shape().Clone().Dimensions
	dimensions[len(dimensions)-1] = kernel.Shape().Dim(1)
	dense := matrixProduct
	if usesPointwise(x) {
		dense = pointwise
	}
	return Reshape(dense(Rows(x), StopGradient(kernel), bias), dimensions...)
}

// matrixProduct is x·kernel + bias: x [rows,in], kernel [in,out], bias [out] or nil.
//
// Where the processor or oneDNN has no product of bf16, XLA converts the kernel to fp32 and uses it twice: for the
// product and, later, for its gradient. It would keep the fp32 kernels of all layers in memory from the one to the
// other. Therefore the gradient takes the kernel through an optimization barrier, together with gradY: the barrier
// gives the kernel only when gradY is there, so that XLA converts the kernel again.
func matrixProduct(x, kernel, bias *Node) *Node {
	y := DotProduct(x, kernel)
	if bias != nil {
		y = Add(y, ExpandAxes(bias, 0))
	}
	if x.DType() != dtypes.BFloat16 {
		return y
	}
	return withGradient(y, x, func(gradY *Node) *Node {
		late := OptimizationBarriers(gradY, kernel)
		return Einsum("ro,io->ri", late[0], late[1])
	})
}

// pointwise is the matrix product as a pointwise (1×1) convolution, each row a pixel: x [1,rows,1,in]. Its gradient is
// one too, with the flipped kernel. A barrier makes XLA flip that kernel when gradY is there; without it, XLA would
// flip the kernels of all layers at the start of a step, and keep them.
func pointwise(x, kernel, bias *Node) *Node {
	kernel = Reshape(kernel, 1, 1, kernel.Shape().Dim(0), kernel.Shape().Dim(1))
	y := Convolve(x, kernel).Done()
	if bias != nil {
		// The bias is added to a pixel. Added to a row, XLA would take x for the bias if there is only one row.
		y = Add(y, ExpandAxes(bias, 0, 1, 2))
	}
	return withGradient(y, x, func(gradY *Node) *Node {
		late := OptimizationBarriers(gradY, kernel)
		return Convolve(late[0], Computed(late[1]).Flipped()).Done()
	})
}

// PatchEmbedding makes one token of each patch of side×side pixels: x [B,H,W,C], kernel [side,side,C,out] and bias [out]
// to [B,H/side·W/side,out], row by row. In PyTorch it is a Conv2d whose kernel size and stride are both side. H and W
// must be multiples of side. The kernel takes no gradient. Patches do not overlap, so that it is a Dense of the pixels
// of each patch.
func PatchEmbedding(x, kernel, bias *Node) *Node {
	side, size, channels := kernel.Shape().Dim(0), x.Shape().Dim(0), x.Shape().Dim(3)
	rows, columns := x.Shape().Dim(1)/side, x.Shape().Dim(2)/side
	x = TransposeAllAxes(Reshape(x, size, rows, side, columns, side, channels), 0, 1, 3, 2, 4, 5)
	x = Reshape(x, size, rows*columns, side*side*channels)
	return Dense(x, Reshape(kernel, side*side*channels, -1), bias)
}

// LayerNorm is PyTorch's LayerNorm over the last axis: (x − mean) / √(variance + epsilon) · gamma + beta, x [..., C],
// gamma and beta [C]. The variance is that of the C values, divided by C.
func LayerNorm(x, gamma, beta *Node, epsilon float64) *Node {
	x = Sub(x, ReduceAndKeep(x, ReduceMean, -1))
	deviation := Sqrt(AddScalar(ReduceAndKeep(Square(x), ReduceMean, -1), epsilon))
	return Add(Mul(Div(x, deviation), ExpandLeftToRank(gamma, x.Rank())), ExpandLeftToRank(beta, x.Rank()))
}

// GELU is x·Φ(x), of any shape, where Φ is the distribution function of the normal distribution. It is computed exactly,
// not by the tanh approximation.
func GELU(x *Node) *Node {
	return Mul(x, MulScalar(OnePlus(Erf(MulScalar(x, math.Sqrt2/2))), .5))
}

// RMSNorm divides by the root of the mean square over the last axis (Zhang and Sennrich, 2019): x/√(mean(x²) + epsilon) ·
// gamma, x [..., C], gamma [C]. It computes in fp32.
func RMSNorm(x, gamma *Node, epsilon float64) *Node {
	wide := ConvertDType(x, dtypes.Float32)
	root := Sqrt(AddScalar(ReduceAndKeep(Square(wide), ReduceMean, -1), epsilon))
	return Mul(ConvertDType(Div(wide, root), x.DType()), ExpandLeftToRank(gamma, x.Rank()))
}

// SiLU is x·sigmoid(x), of any shape. It is written with tanh: under XLA's oneDNN flags the gradient of x·sigmoid(x)
// beside a Dense is wrong.
func SiLU(x *Node) *Node { return Mul(x, MulScalar(OnePlus(Tanh(MulScalar(x, .5))), .5)) }
