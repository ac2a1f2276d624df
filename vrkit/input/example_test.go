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
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
	"github.com/vrkit-go/reprogram/vrkit/train"

	. "github.com/gomlx/gomlx/core/graph"
)

// Tint adds one learned colour to every pixel of every image: it learns three values.
type Tint struct{}

func (Tint) Name() string              { return "tint" }
func (Tint) Settings() map[string]any  { return nil }
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

// stripes is a task of two classes with 8 images each: rows and columns of two shades.
func stripes() *datasets.Dataset {
	d := &datasets.Dataset{Info: datasets.Info{Name: "stripes", Classes: []string{"rows", "columns"}}}
	for i := range 16 {
		m := datasets.Image{Height: 8, Width: 8, Channels: 3, Pixels: make([]uint8, 8*8*3)}
		for at := range m.Pixels {
			y, x := at/3/8, at/3%8
			m.Pixels[at] = uint8(40 + 8*(i/2) + 120*([2]int{y, x}[i%2]%2))
		}
		d.Train = append(d.Train, datasets.Sample{Image: m, Label: int32(i % 2)})
	}
	d.Test = d.Train
	return d
}

// An input manipulation of your own takes a few lines, and can be used wherever Padding can: a program with it is
// trained, and its artefact is kept. Its name is not enough to open the run again, as train.OpenRun does with the
// library's own: compile the program again, and Use the run's artefact.
func Example_manipulation() {
	run := must.M1(os.MkdirTemp("", ""))
	defer os.RemoveAll(run)
	program := vrkit.Program{Input: Tint{}, Model: modeltest.Tiny(), Output: output.BLM{Lambda: 1}}
	data, backend := stripes(), must.M1(compute.NewWithConfig("go"))
	result := must.M1(train.Train(context.Background(), train.Config{
		Program: program, Data: data, Backend: backend,
		Run: run, Epochs: 10, Batch: 8, Recipe: train.AdamAt(.05),
	}))
	fmt.Println(program.Coordinates())
	artefact := must.M1(vrkit.ReadArtefact(run, vrkit.Last))
	fmt.Println("learned:", artefact.Learned["tint"].Shape())
	fmt.Println("the loss fell:", result.Last().Loss < result.Metrics[1].Loss)

	opened := must.M1(vrkit.Compile(backend, program, len(data.Classes)))
	must.M(opened.Use(artefact))
	pixels := datasets.Stack(data.Test, opened.ImageSide())
	fmt.Println("opened again, it answers the same:", slices.Equal(must.M1(result.Program.Answers(pixels)), must.M1(opened.Answers(pixels))))
	// Output:
	// learnable / input / additive / statistical
	// learned: (Float32)[1, 1, 1, 3]
	// the loss fell: true
	// opened again, it answers the same: true
}
