package input

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"

	. "github.com/gomlx/gomlx/core/graph"
)

// delta is the prompt δ that is added as it is, [1,side,side,3] for images of any number, in their
// type. It starts at zero, so that what it is added to starts unchanged.
func delta(scope *model.Scope, images *Node) *Node {
	dimensions := images.Shape().Dimensions[1:]
	prompt := scope.WithInitializer(initializer.Zero).
		VariableWithShape(PromptVariable, shapes.Make(images.DType(), dimensions...))
	return ExpandAxes(prompt.NodeValue(images.Graph()), 0)
}

// pictureOf spreads δ about a middle grey that stands for 0, so that its value furthest from 0 reaches
// black or white: .5 + δ / (2 max|δ|). δ is in units of a model's deviation, which a manipulation does
// not know, and most of it is too small to be seen as it is: the picture shows its pattern, not its size.
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
