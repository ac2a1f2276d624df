// Package initial draws the initial values of learned variables on the host, so that a seed gives the same values on
// every backend and in every type.
package initial

import (
	"math/rand/v2"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Uniform draws values between −bound and bound. Streams separate the draws of one seed.
func Uniform(seed, stream uint64, bound float64) model.VariableInitializer {
	return drawn(seed, stream, func(r *rand.Rand) float64 { return (2*r.Float64() - 1) * bound })
}

// Normal draws normally distributed values with mean 0. Streams separate the draws of one seed.
func Normal(seed, stream uint64, deviation float64) model.VariableInitializer {
	return drawn(seed, stream, func(r *rand.Rand) float64 { return r.NormFloat64() * deviation })
}

func drawn(seed, stream uint64, draw func(r *rand.Rand) float64) model.VariableInitializer {
	return func(g *graph.Graph, shape shapes.Shape) *graph.Node {
		r := rand.New(rand.NewPCG(seed, stream))
		values := make([]float64, shape.Size())
		for i := range values {
			values[i] = draw(r)
		}
		return graph.Reshape(graph.ConstAsDType(g, shape.DType, values), shape.Dimensions...)
	}
}

// Values takes these values, row-major, of a variable's shape.
func Values(values []float32) model.VariableInitializer {
	return func(g *graph.Graph, shape shapes.Shape) *graph.Node {
		return graph.Reshape(graph.ConstAsDType(g, shape.DType, values), shape.Dimensions...)
	}
}
