package layer

import (
	"github.com/gomlx/compute/dtypes"

	. "github.com/gomlx/gomlx/core/graph"
)

// ReLU is max(x, 0) with the gradient 0 at 0, as PyTorch has it; GoMLX's own passes 1 there. As a plain maximum
// it is computed with the convolution before it, and its gradient needs nothing but its value. What it makes of
// a NaN is the backend's: oneDNN makes it 0.
func ReLU(x *Node) *Node {
	bits := positiveBits(x)
	y := fromBits(Max(bits, ScalarZero(x.Graph(), bits.DType())), x.DType())
	return withGradient(y, x, func(v *Node) *Node {
		bits := positiveBits(y)
		return Where(Equal(bits, ZerosLike(bits)), ZerosLike(v), v)
	})
}

// ReLU6 is min(max(x, 0), 6) with the gradient 0 at 0 and at 6, as in PyTorch.
func ReLU6(x *Node) *Node {
	bits := positiveBits(x)
	zero, six := ScalarZero(x.Graph(), bits.DType()), positiveBits(Scalar(x.Graph(), x.DType(), 6))
	y := fromBits(Clip(bits, zero, six), x.DType())
	return withGradient(y, x, func(v *Node) *Node {
		bits := positiveBits(y)
		return Where(LogicalAnd(GreaterThan(bits, zero), LessThan(bits, six)), v, ZerosLike(v))
	})
}

// XLA computes with bf16 in fp32, and writes what it computes out in fp32 before it rounds it: three times the
// memory, where memory is all that an activation costs. It compares whole numbers as they are, and the bits of
// bf16, read as such, have the order of the values.

// positiveBits is x for a comparison of values of which the greater is at least 0: all negative ones are less.
func positiveBits(x *Node) *Node {
	if x.DType() != dtypes.BFloat16 {
		return x
	}
	return Bitcast(x, dtypes.Int16)
}

// orderedBits is x for any comparison.
func orderedBits(x *Node) *Node {
	if x.DType() != dtypes.BFloat16 {
		return x
	}
	return turnNegative(Bitcast(x, dtypes.Int16))
}

// fromOrderedBits is the inverse of orderedBits.
func fromOrderedBits(bits *Node, dtype dtypes.DType) *Node {
	if dtype != dtypes.BFloat16 {
		return bits
	}
	return Bitcast(turnNegative(bits), dtype)
}

// turnNegative reverses the order of the negative numbers.
func turnNegative(bits *Node) *Node {
	sign := BitwiseShiftRightArithmeticScalar[int16](bits, 15)
	return BitwiseXor(bits, BitwiseAnd(sign, BroadcastToShape(Scalar(bits.Graph(), dtypes.Int16, 1<<15-1), bits.Shape())))
}

// fromBits is the inverse of positiveBits.
func fromBits(bits *Node, dtype dtypes.DType) *Node {
	if dtype != dtypes.BFloat16 {
		return bits
	}
	return Bitcast(bits, dtype)
}
