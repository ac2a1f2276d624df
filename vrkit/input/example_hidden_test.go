package input_test

import (
	"context"
	"fmt"
	"os"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/janpfeifer/must"

	"github.com/vrkit-go/reprogram/datasets/datasettest"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
	"github.com/vrkit-go/reprogram/vrkit/train"

	. "github.com/gomlx/gomlx/core/graph"
)

// Steer adds one learned vector to every token that goes into a layer of a transformer.
type Steer struct {
	Layer int `json:"layer" usage:"steer: the layer, from 1"`
}

func (Steer) Name() string                { return "steer" }
func (Steer) Trainable(m models.Info) int { return m.Tokens.Width }

func (Steer) Coordinates() taxonomy.Coordinates {
	return taxonomy.Coordinates{Format: taxonomy.Learnable, Location: taxonomy.Hidden, Operator: taxonomy.Additive}
}

func (s Steer) Fit(m models.Info) (input.Fitted, error) {
	return input.Fitted{Side: m.Side, Hooks: input.Hooks{models.TokensInto(s.Layer): func(scope *model.Scope, v models.Value) models.Value {
		vector := scope.WithInitializer(initializer.Zero).
			VariableWithShape("vector", shapes.Make(v.Each.DType(), 1, 1, m.Tokens.Width))
		v.Each = Add(v.Each, vector.NodeValue(v.Each.Graph()))
		return v
	}}}, nil
}

// A registered manipulation's settings are its fields: a run records them, and the command line has a flag for each.
func init() {
	input.Register(Steer{Layer: 1})
	modeltest.Register(modeltest.TinyViT)
}

// A manipulation inside the model has a hook at one of its sites. A model without that site is refused.
func Example_hidden() {
	run := must.M1(os.MkdirTemp("", ""))
	defer os.RemoveAll(run)
	ctx, backend := context.Background(), must.M1(compute.NewWithConfig("go"))
	config := train.Config{
		Program: vrkit.Program{Input: Steer{Layer: 2}, Model: modeltest.TinyViT(), Output: output.BLMPlus{Lambda: 1, Alpha: 1}},
		Data:    datasettest.Stripes(), Backend: backend,
		Run: run, Epochs: 10, Batch: 8, Recipe: train.AdamAt(.05),
	}
	result := must.M1(train.Train(ctx, config))
	fmt.Println("the loss fell:", result.Last().Loss < result.Metrics[1].Loss)
	opened := must.M1(runs.Open(ctx, run, runs.Last, nil))
	fmt.Println(opened.Program.Input, opened.Program.Coordinates())

	config.Program.Model = modeltest.Tiny()
	fmt.Println(config.Program.Check())
	// Output:
	// the loss fell: true
	// {2} learnable / hidden / additive / statistical
	// steer changes the hidden, but tiny can only be changed at its input: take a transformer, such as vit-b32
}
