package models

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"
)

const (
	// checkStep is the step of the finite differences, in pixels of [0,1]: so small that hardly any ReLU changes its side.
	checkStep = 1e-7
	// checkTolerance is the largest difference of two slopes, as a share of a slope's typical size.
	checkTolerance = .01
	// checkStream keeps the draws of CheckGradient apart from others of the same seed.
	checkStream = 0x63686563 << 16
)

// CheckGradient tries the model's gradient with respect to its pixels, on an image of noise, along one random direction:
// in float64 against finite differences, which finds a wrong gradient of an operator; and in fp32, in which programs are
// trained, against float64, which finds what the engine does wrong. It also checks that the logits of an image do not
// depend on another one of its batch. It compiles the network three times, and XLA's convolutions of float64 are slow: a
// ResNet-18 of side 96 takes 17 s of a processor.
func (m *Model) CheckGradient(backend compute.Backend) error {
	r := rand.New(rand.NewPCG(0, checkStream))
	noise := func(size int, low float64) []float64 {
		values := make([]float64, size)
		for i := range values {
			values[i] = float64(float32(low + r.Float64()))
		}
		return values
	}
	size := m.Side * m.Side * 3
	t := gradientTrial{m, backend, noise(size, -.5), noise(m.Sources(), -.5)}
	pixels, other, another := noise(size, 0), noise(size, 0), noise(size, 0)
	moved := func(step float64) []float64 {
		to := slices.Clone(pixels)
		for i, d := range t.direction {
			to[i] += step * d
		}
		return to
	}
	wide, err := t.run(dtypes.Float64, true, pixels)
	if err != nil {
		return err
	}
	around, err := t.run(dtypes.Float64, false, moved(checkStep), moved(-checkStep))
	if err != nil {
		return err
	}
	narrow, err := t.run(dtypes.Float32, true, slices.Concat(pixels, other), slices.Concat(pixels, another))
	if err != nil {
		return err
	}
	slope, growth := wide[0].slope, (around[0].score-around[1].score)/(2*checkStep)
	tolerance := checkTolerance * wide[0].typical
	switch {
	case !(math.Abs(narrow[0].score-narrow[1].score) <= 1e-4*(math.Abs(narrow[0].score)+narrow[0].size)):
		return fmt.Errorf("%s: the logits of an image depend on the others of its batch: export the network with a free batch", m.Name)
	case wide[0].typical == 0:
		return fmt.Errorf("%s: the gradient of its logits is 0 everywhere, so that no program can be trained on it", m.Name)
	case !(math.Abs(slope-growth) <= tolerance):
		return fmt.Errorf("%s: its gradient is wrong, so that no program can be trained on it: along a random direction the logits grow by %.6g, and the gradient says %.6g; please report it, with the operators of the file", m.Name, growth, slope)
	case !(math.Abs(narrow[0].slope-slope) <= tolerance):
		return fmt.Errorf("%s: this engine computes a wrong gradient of it in fp32, so that no program can be trained on it: %.6g along a random direction, and %.6g in float64; please report it, with the operators of the file", m.Name, narrow[0].slope, slope)
	}
	return nil
}

// gradientTrial has the direction, of one image, and the weights of its logits in a score.
type gradientTrial struct {
	*Model
	backend            compute.Backend
	direction, readout []float64
}

// slopeAt is what a trial measures at the first image of a batch.
type slopeAt struct {
	score, size float64 // the weighted sum of its logits, and the largest size of a logit
	slope       float64 // the gradient of score along the direction
	typical     float64 // the size of such a slope along any random direction
}

// run measures, in dtype, at each of the batches of images; without the gradient, only the score.
func (t gradientTrial) run(dtype dtypes.DType, gradient bool, batches ...[]float64) (results []slopeAt, err error) {
	var failed error // while the graph was built, without the words that GoMLX puts before it
	exec, err := model.NewExec(t.backend, model.NewStore(), func(root *model.Scope, pixels, direction, readout *Node) (outputs []*Node) {
		defer func() {
			if reason := recover(); reason != nil {
				failed = reasonOf(reason)
				panic(reason)
			}
		}()
		pixels, direction, readout = ConvertDType(pixels, dtype), ConvertDType(direction, dtype), ConvertDType(readout, dtype)
		logits := SliceAxis(t.Logits(root, t.Normalisation.Apply(pixels)), 0, AxisRange(0, 1))
		score := ReduceAllSum(Mul(logits, readout))
		outputs = []*Node{score, ReduceAllMax(Abs(logits))}
		if gradient {
			g := SliceAxis(Gradient(score, pixels)[0], 0, AxisRange(0, 1))
			typical := Sqrt(Mul(ReduceAllMean(Square(g)), ReduceAllSum(Square(direction))))
			outputs = append(outputs, ReduceAllSum(Mul(g, direction)), typical)
		}
		for i := range outputs {
			outputs[i] = ConvertDType(outputs[i], dtypes.Float64)
		}
		return outputs
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Name, err)
	}
	defer exec.Finalize()
	images := func(values []float64) *tensors.Tensor {
		return tensors.FromFlatDataAndDimensions(values, len(values)/len(t.direction), t.Side, t.Side, 3)
	}
	for _, pixels := range batches {
		values, err := exec.Call(images(pixels), images(t.direction), tensors.FromFlatDataAndDimensions(t.readout, 1, len(t.readout)))
		if err = cmp.Or(failed, err); err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		var at slopeAt
		for i, to := range []*float64{&at.score, &at.size, &at.slope, &at.typical}[:len(values)] {
			*to = tensors.ToScalar[float64](values[i])
		}
		results = append(results, at)
	}
	return results, nil
}

// reasonOf is the error of a graph that can't be built.
func reasonOf(reason any) error {
	err, ok := reason.(error)
	if !ok {
		err = fmt.Errorf("%v", reason)
	}
	if text := err.Error(); strings.Contains(text, "no gradient is defined") {
		return fmt.Errorf("it has an operator without a gradient, so that no program can be trained on it: %w", err)
	}
	return err
}
