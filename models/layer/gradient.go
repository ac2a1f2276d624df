package layer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// withGradient is y, a value that x goes into, whose gradient to x is gradient(v) of y's gradient v: the same
// as y's own, but computed another way. Nothing else that goes into y takes a gradient. To a backend it is y
// itself: what carries the gradient is never computed.
//
// GoMLX has gradients of one's own for values of x's shape only. Here v is taken down where it arrives, at
// something of y's shape, and given out at something of x's, which the gradient reaches later.
func withGradient(y, x *Node, gradient func(v *Node) *Node) *Node {
	var arrived *Node
	taken := IdentityWithCustomGradient(x, func(_, _ *Node) *Node { return gradient(arrived) })
	carried, ok := InternalFusedOpCaller(
		func() *Node { return Identity(y) },
		func() *Node {
			none := BroadcastToShape(ConvertDType(ReduceAllSum(taken), y.DType()), y.Shape())
			return IdentityWithCustomGradient(none, func(_, v *Node) *Node {
				arrived = v
				return v
			})
		}, true)
	if !ok { // GOMLX_FUSION=0 forbids it
		return y
	}
	return carried
}
