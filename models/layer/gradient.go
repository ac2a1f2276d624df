package layer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// withGradient returns y, a function of x, and replaces its gradient: gradX is gradient(gradY) instead of what GoMLX
// derives. It serves where XLA computes that slowly. In PyTorch it would be a torch.autograd.Function with y as its
// forward and gradient as its backward. Only x gets a gradient through y; other inputs of y get none.
//
// GoMLX's IdentityWithCustomGradient does this for a y of x's shape. For other shapes, a second path from x to y
// carries the gradient, and is never computed. An example: x = [1,2,3,4], and y = [3,7] adds up pairs; gradient
// repeats each value of gradY.
//
//	forward:   x ──▶ sender ──▶ sum, a scalar ──▶ broadcast to y's shape ──▶ receiver
//	backward:  [10,10,20,20] ◀── sender ◀── [30,30,30,30] ◀── sum ◀── 30 ◀── broadcast ◀── receiver ◀── gradY = [10,20]
//
// The receiver has y's shape. It stores gradY = [10,20] and hands it on. The gradient of the broadcast adds it up to 30,
// and that of the sum repeats 30 for each value of x. The sender has x's shape. It ignores the 30s and returns
// gradient([10,20]) = [10,10,20,20].
//
// InternalFusedOpCaller joins the two paths: the value is that of its first function, y, and the gradient goes through
// the graph of its second, which XLA drops because nothing needs its value.
func withGradient(y, x *Node, gradient func(gradY *Node) *Node) *Node {
	var received *Node
	sender := IdentityWithCustomGradient(x, func(_, _ *Node) *Node { return gradient(received) })
	joined, ok := InternalFusedOpCaller(
		func() *Node { return Identity(y) },
		func() *Node {
			path := BroadcastToShape(ConvertDType(ReduceAllSum(sender), y.DType()), y.Shape())
			return IdentityWithCustomGradient(path, func(_, gradY *Node) *Node {
				received = gradY
				return gradY
			})
		}, true)
	if !ok { // the user's GOMLX_FUSION=0 forbids it: y keeps GoMLX's gradient, which is slower
		return y
	}
	return joined
}
