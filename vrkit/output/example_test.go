package output_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"

	"github.com/gomlx/compute"
	"github.com/janpfeifer/must"

	"github.com/vrkit-go/reprogram/datasets/datasettest"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// Likelihood weights source logits with p(source | target), the mean softmax of the target's samples: BLM+ without its
// Bayes step.
type Likelihood struct{}

func (Likelihood) Name() string                  { return "likelihood" }
func (Likelihood) Alignment() taxonomy.Alignment { return taxonomy.Statistical }
func (Likelihood) When() output.When             { return output.EveryEpoch }

func (Likelihood) Observe(s *output.Statistics, logits []float32, labels []int32) error {
	return s.Mass(logits, labels, s.Sources)
}

func (Likelihood) Estimate(s *output.Statistics) (output.Mapping, error) {
	omega := output.NewMapping(s.Sources, s.Targets)
	for i, mass := range s.Joint {
		omega.Weights[i] = float32(mass / float64(s.Samples[i%s.Targets]))
	}
	return omega, omega.Check() // 0/0, a target with no sample, is an error
}

// A registered alignment can be named on the command line and in a run's record.
func init() {
	output.Register(Likelihood{})
	modeltest.Register(modeltest.Tiny)
}

// An estimator of your own takes a few lines, and can be used wherever BLM can. In this example source 0 is nearly
// always the frozen model's top answer. The likelihood gives it the largest weight. BLM+ divides by how often a source
// occurs, and gives the weight to the sources that distinguish the targets.
func Example_estimator() {
	var logits []float32
	for _, probability := range []float64{.8, .2, 1e-9 /**/, .8, .2, 1e-9 /**/, .8, 1e-9, .2 /**/, .8, 1e-9, .2} {
		logits = append(logits, float32(math.Log(probability)))
	}
	labels := []int32{0, 0, 1, 1}
	for _, estimator := range []output.Estimator{Likelihood{}, output.BLMPlus{Lambda: 0, Alpha: 2}} {
		statistics := output.NewStatistics(3, 2)
		must.M(estimator.Observe(statistics, logits, labels))
		omega := must.M1(estimator.Estimate(statistics))
		fmt.Println(estimator.Name())
		for source := range omega.Sources {
			fmt.Printf("  %.2f %.2f\n", omega.At(source, 0), omega.At(source, 1))
		}
	}
	// Output:
	// likelihood
	//   0.80 0.80
	//   0.20 0.00
	//   0.00 0.20
	// blm+
	//   0.33 0.33
	//   0.67 0.00
	//   0.00 0.67
}

// A run with an estimator of your own is opened again by name.
func Example_run() {
	run := must.M1(os.MkdirTemp("", ""))
	defer os.RemoveAll(run)
	ctx, backend := context.Background(), must.M1(compute.NewWithConfig("go"))
	result := must.M1(train.Train(ctx, train.Config{
		Program: vrkit.Program{Input: input.Padding{Image: 4}, Model: modeltest.Tiny(), Output: Likelihood{}},
		Data:    datasettest.Stripes(), Backend: backend,
		Run: run, Epochs: 2, Batch: 8, Recipe: train.AdamAt(.05),
	}))
	opened := must.M1(runs.Open(ctx, run, runs.Last, nil))
	fmt.Println(opened.Program.Output.Name(), opened.Program.Coordinates())
	fmt.Println("the same ω:", slices.Equal(opened.Artefact.Mapping.Weights, must.M1(result.Program.Mapping()).Weights))
	// Output:
	// likelihood learnable / input / additive / statistical
	// the same ω: true
}
