package input_test

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/janpfeifer/must"

	"github.com/vrkit-go/reprogram/datasets"
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

// Tint adds one learned colour to every pixel of every image: it learns three values.
type Tint struct{}

func (Tint) Name() string              { return "tint" }
func (Tint) Trainable(models.Info) int { return 3 }

func (Tint) Coordinates() taxonomy.Coordinates {
	return taxonomy.Coordinates{Format: taxonomy.Learnable, Location: taxonomy.Input, Operator: taxonomy.Additive}
}

func (Tint) Fit(m models.Info) (input.Fitted, error) {
	return input.Fitted{Side: m.Side, Hooks: input.Hooks{models.Normalised: func(scope *model.Scope, v models.Value) models.Value {
		tint := scope.WithInitializer(initializer.Zero).
			VariableWithShape("tint", shapes.Make(v.Each.DType(), 1, 1, 1, 3))
		v.Each = Add(v.Each, tint.NodeValue(v.Each.Graph()))
		return v
	}}}, nil
}

// A registered manipulation can be named on the command line and in a run's record.
func init() {
	input.Register(Tint{})
	modeltest.Register(modeltest.Tiny)
}

// An input manipulation of your own takes a few lines, and can be used wherever Padding can: a program with it is
// trained, and its run is opened again by name, if the model's name is known too.
func Example_manipulation() {
	run := must.M1(os.MkdirTemp("", ""))
	defer os.RemoveAll(run)
	ctx, data, backend := context.Background(), datasettest.Stripes(), must.M1(compute.NewWithConfig("go"))
	result := must.M1(train.Train(ctx, train.Config{
		Program: vrkit.Program{Input: Tint{}, Model: modeltest.Tiny(), Output: output.BLM{Lambda: 1}},
		Data:    data, Backend: backend,
		Run: run, Epochs: 10, Batch: 8, Recipe: train.AdamAt(.05),
	}))
	fmt.Println("the loss fell:", result.Last().Loss < result.Metrics[1].Loss)

	opened := must.M1(runs.Open(ctx, run, runs.Last, nil))
	fmt.Println(opened.Program.Input.Name(), opened.Program.Coordinates())
	fmt.Println("learned:", opened.Artefact.Variables["tint"].Shape())
	again := must.M1(opened.Compile(backend))
	pixels := datasets.Stack(data.Test, again.ImageSide())
	fmt.Println("it answers the same:", slices.Equal(must.M1(result.Program.Predict(must.M1(result.Program.Pictures(pixels)))), must.M1(again.Predict(must.M1(again.Pictures(pixels))))))
	// Output:
	// the loss fell: true
	// tint learnable / input / additive / statistical
	// learned: (Float32)[1, 1, 1, 3]
	// it answers the same: true
}
