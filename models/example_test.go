package models_test

import (
	"context"
	"fmt"
	"os"

	"github.com/gomlx/compute"
	"github.com/janpfeifer/must"

	"github.com/vrkit-go/reprogram/datasets/datasettest"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/layer"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/train"

	. "github.com/gomlx/gomlx/core/graph"
)

// corners describes a network that answers with the mean colour of each quarter of a picture.
var corners = models.Info{
	Name: "corners", Title: "Corners", Side: 8, Sides: models.SideRule{Min: 8, Multiple: 2},
	Normalisation: models.Normalisation{Std: [3]float32{1, 1, 1}},
}

// openCorners opens it. Its weights, which a file would have, are the identity.
func openCorners(context.Context, string) (*models.Model, error) {
	weights, err := models.Freeze(func() (models.Weights, error) {
		identity := models.Tensor{Shape: []int{12, 12}, Data: make([]float32, 12*12)}
		for i := range 12 {
			identity.Data[i*13] = 1
		}
		return models.Weights{"kernel": identity}, nil
	})
	m := &models.Model{Info: corners, Weights: weights}
	for i := range 12 {
		m.Labels = append(m.Labels, fmt.Sprintf("%s of quarter %d", []string{"red", "green", "blue"}[i%3], i/3))
	}
	m.Forward = func(weight layer.Weight, x models.Value, _ models.Hook) *Node {
		pixels := x.Total()
		size, half := pixels.Shape().Dim(0), pixels.Shape().Dim(1)/2
		quarters := ReduceMean(Reshape(pixels, size, 2, half, 2, half, 3), 2, 4)
		return DotProduct(Reshape(quarters, size, 12), weight("kernel"))
	}
	return m, err
}

// A registered network can be named on the command line and in a run's record.
func init() { models.Register(corners, openCorners) }

// A network of your own is a graph, its weights by name, and the names of its source labels.
func Example_network() {
	run := must.M1(os.MkdirTemp("", ""))
	defer os.RemoveAll(run)
	ctx, backend := context.Background(), must.M1(compute.NewWithConfig("go"))
	must.M1(train.Train(ctx, train.Config{
		Program: vrkit.Program{Input: input.Watermark{}, Model: must.M1(models.Open(ctx, "corners", nil)), Output: output.BLMPlus{Lambda: 1, Alpha: 1}},
		Data:    datasettest.Stripes(), Backend: backend,
		Run: run, Epochs: 1, Batch: 8, Recipe: train.AdamAt(.05),
	}))
	opened := must.M1(runs.Open(ctx, run, runs.Last, nil))
	fmt.Println(opened.Program.Model.Title, len(opened.Sources()), opened.Sources()[0])
	// Output:
	// Corners 12 red of quarter 0
}
