package input

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"

	. "github.com/gomlx/gomlx/core/graph"
)

// delta is the prompt δ, [1,side,side,3], in the type of the images. It starts at zero, so that the images start
// unchanged.
func delta(scope *model.Scope, images *Node) *Node {
	dimensions := images.Shape().Dimensions[1:]
	prompt := scope.WithInitializer(initializer.Zero).
		VariableWithShape(PromptVariable, shapes.Make(images.DType(), dimensions...))
	return ExpandAxes(prompt.NodeValue(images.Graph()), 0)
}

// pictureOf maps δ to colours: 0 becomes middle grey, and the value with the largest absolute value becomes black or
// white: .5 + δ / (2 max|δ|). δ is in standard deviations of a model that the manipulation does not know, and most of
// it would be too small to see: so the picture shows the pattern of δ, not its size.
func pictureOf(delta []float32) []float32 {
	var reach float32
	for _, v := range delta {
		reach = max(reach, v, -v)
	}
	picture := make([]float32, len(delta))
	for i, v := range delta {
		picture[i] = .5
		if reach > 0 {
			picture[i] += v / reach / 2
		}
	}
	return picture
}
