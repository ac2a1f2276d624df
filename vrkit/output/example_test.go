package output_test

import (
	"fmt"
	"math"

	"github.com/janpfeifer/must"

	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// Likelihood weights source logits with p(source | target), the mean softmax of the target's samples: BLM+ without its
// Bayes step.
type Likelihood struct{}

func (Likelihood) Name() string                  { return "likelihood" }
func (Likelihood) Alignment() taxonomy.Alignment { return taxonomy.Statistical }
func (Likelihood) Schedule() output.Schedule     { return output.EveryEpoch }
func (Likelihood) Settings() map[string]any      { return nil }

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
