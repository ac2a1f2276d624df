package layer

import (
	"math"

	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph"
)

// PaddedMaxPooling is MaxPooling of x, [B,H,W,C], with so many rows and columns of −∞ before and after
// it, which never are a maximum and take no gradient.
func PaddedMaxPooling(x *Node, window, stride int, padding [2][2]int) *Node {
	for i, around := range padding {
		axis := 1 + i
		edge := func(size int) *Node {
			dimensions := x.Shape().Clone().Dimensions
			dimensions[axis] = size
			return BroadcastToShape(Scalar(x.Graph(), x.DType(), math.Inf(-1)), shapes.Make(x.DType(), dimensions...))
		}
		parts := []*Node{x}
		if around[0] > 0 {
			parts = append([]*Node{edge(around[0])}, parts...)
		}
		if around[1] > 0 {
			parts = append(parts, edge(around[1]))
		}
		if len(parts) > 1 {
			x = Concatenate(parts, axis)
		}
	}
	return MaxPooling(x, window, stride)
}
