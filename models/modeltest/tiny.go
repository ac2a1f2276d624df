// Package modeltest has a frozen network that is small enough for any backend, for the tests of other packages. A formula
// gives its weights.
package modeltest

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/shapes"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/layer"

	. "github.com/gomlx/gomlx/core/graph"
)

// Sources is the number of source labels of the tiny network.
const Sources = 12

// Tiny is a frozen network of a convolution with stride 2, tanh and one fully connected layer: from [B,side,side,3],
// side a multiple of 4, to [B,Sources]. It is differentiable everywhere, so that finite differences can check gradients.
func Tiny() *models.Model {
	weights, _ := models.Freeze(func() (models.Weights, error) { // it can't fail
		return models.Weights{
			"conv/kernel":  wave(.9, .35, 3, 3, 3, 6),
			"dense/kernel": wave(.5, 1.1, 6, Sources),
		}, nil
	})
	m := &models.Model{
		Info: models.Info{
			Name:          "tiny",
			Title:         "Tiny test net",
			Sides:         models.SideRule{Min: 4, Multiple: 4},
			Side:          8,
			Normalisation: models.Normalisation{Mean: [3]float32{.5, .4, .3}, Std: [3]float32{.25, .2, .3}},
		},
		Weights: weights,
		Forward: func(weight layer.Weight, input models.Value, _ models.Hook) *Node {
			none := Zeros(input.Each.Graph(), shapes.Make(input.Each.DType(), 6))
			x := Tanh(input.Sum().Convolution(weight.Kernel("conv/kernel"), none, 2, [2][2]int{{0, 1}, {0, 1}}))
			rows := ReduceMean(x, 2)                                      // [B, height, 6]
			middle := SliceAxis(rows, 1, AxisElem(rows.Shape().Dim(1)/2)) // so that the logits depend on where things are
			x = Add(ReduceMean(rows, 1), Squeeze(middle, 1))              // [B, 6]
			return MulScalar(DotProduct(x, weight("dense/kernel")), 4)
		},
	}
	for i := range Sources {
		m.Labels = append(m.Labels, fmt.Sprintf("source %d", i))
	}
	return m
}

// wave is a tensor whose value i is amplitude·sin(frequency·(i² mod 997)).
func wave(amplitude, frequency float64, shape ...int) models.Tensor {
	size := 1
	for _, d := range shape {
		size *= d
	}
	t := models.Tensor{Shape: shape, Data: make([]float32, size)}
	for i := range t.Data {
		t.Data[i] = float32(amplitude * math.Sin(frequency*float64(i*i%997)))
	}
	return t
}
