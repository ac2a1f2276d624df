package layer

import (
	"github.com/gomlx/compute/dtypes"

	. "github.com/gomlx/gomlx/core/graph"
)

// ReLU is max(x, 0), of any shape. Its gradient at 0 is 0, as in PyTorch; that of GoMLX's own ReLU is 1. It is written
// as a plain maximum, because oneDNN computes that together with the convolution before it. The gradient needs only the
// output y. For a NaN the result depends on the backend: oneDNN gives 0.
func ReLU(x *Node) *Node {
	bits := positiveBits(x)
	y := fromBits(Max(bits, ScalarZero(x.Graph(), bits.DType())), x.DType())
	return withGradient(y, x, func(gradY *Node) *Node {
		bits := positiveBits(y)
		return Where(Equal(bits, ZerosLike(bits)), ZerosLike(gradY), gradY)
	})
}

// ReLU6 is min(max(x, 0), 6), of any shape. Its gradient at 0 and at 6 is 0, as in PyTorch.
func ReLU6(x *Node) *Node {
	bits := positiveBits(x)
	zero, six := ScalarZero(x.Graph(), bits.DType()), positiveBits(Scalar(x.Graph(), x.DType(), 6))
	y := fromBits(Clip(bits, zero, six), x.DType())
	return withGradient(y, x, func(gradY *Node) *Node {
		bits := positiveBits(y)
		return Where(LogicalAnd(GreaterThan(bits, zero), LessThan(bits, six)), gradY, ZerosLike(gradY))
	})
}

// Values of bf16 are compared by their bits, as 16-bit integers. XLA would convert them to fp32 first, and write those
// to memory, which triples the memory traffic. An activation costs little else.
//
//	value          −2      −1      0       1       2
//	bits, int16    −16384  −16512  0       16256   16384
//	ordered        −16385  −16257  0       16256   16384
//
// The bits of positive values have the order of the values. All negative values have negative bits, but in reverse
// order: −2 has larger bits than −1. A comparison with a value of at least 0 can use the bits as they are
// (positiveBits). Any other comparison needs the order of the negative ones reversed (orderedBits).

// positiveBits is x for comparisons in which the other value is at least 0: the bits of bf16, and x itself of any other
// type.
func positiveBits(x *Node) *Node {
	if x.DType() != dtypes.BFloat16 {
		return x
	}
	return Bitcast(x, dtypes.Int16)
}

// orderedBits is x for any comparison: ordered bits of bf16, and x itself of any other type.
func orderedBits(x *Node) *Node {
	if x.DType() != dtypes.BFloat16 {
		return x
	}
	return reverseNegatives(Bitcast(x, dtypes.Int16))
}

// fromOrderedBits is the inverse of orderedBits.
func fromOrderedBits(bits *Node, dtype dtypes.DType) *Node {
	if dtype != dtypes.BFloat16 {
		return bits
	}
	return Bitcast(reverseNegatives(bits), dtype)
}

// reverseNegatives reverses the order of the negative numbers: it inverts all of their bits but the sign. It is its own
// inverse.
func reverseNegatives(bits *Node) *Node {
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
