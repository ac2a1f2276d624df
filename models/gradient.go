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

// CheckGradient tries the model's gradient with respect to its pixels, on two images of noise, along one random
// direction: in float64 against finite differences, which finds a wrong gradient of an operator; and in fp32, in which
// programs are trained, against float64, which finds what the engine does wrong. It also checks that the logits of an
// image do not depend on the other one. It compiles the network twice, and runs it five times.
func (m *Model) CheckGradient(backend compute.Backend) error {
	r := rand.New(rand.NewPCG(0, checkStream))
	noise := func(size int) []float64 {
		values := make([]float64, size)
		for i := range values {
			values[i] = float64(float32(r.Float64() - .5))
		}
		return values
	}
	image := m.Side * m.Side * 3
	t := gradientTrial{m, noise(2 * image), noise(m.Sources())}
	pixels := noise(2 * image)
	for i := range pixels {
		pixels[i] += .5
	}
	moved := func(step float64) []float64 {
		to := slices.Clone(pixels)
		for i, d := range t.direction {
			to[i] += step * d
		}
		return to
	}
	// The last two images have the first one again, beside another one.
	wide, err := t.run(backend, dtypes.Float64, pixels, moved(checkStep), moved(-checkStep), slices.Concat(pixels[:image], moved(.5)[image:]))
	if err != nil {
		return err
	}
	narrow, err := t.run(backend, dtypes.Float32, pixels)
	if err != nil {
		return err
	}
	for i, logit := range wide[0].logits[:m.Sources()] {
		if d := math.Abs(logit - wide[3].logits[i]); !(d <= 1e-9*(1+math.Abs(logit))) {
			return fmt.Errorf("%s: the logits of an image depend on the others of its batch: export the network with a free batch", m.Name)
		}
	}
	slope, growth := wide[0].slope, (wide[1].score-wide[2].score)/(2*checkStep)
	tolerance := checkTolerance * wide[0].typical
	switch {
	case wide[0].typical == 0:
		return fmt.Errorf("%s: the gradient of its logits is 0 everywhere, so that no program can be trained on it", m.Name)
	case !(math.Abs(slope-growth) <= tolerance):
		return fmt.Errorf("%s: its gradient is wrong, so that no program can be trained on it: along a random direction the logits grow by %.6g, and the gradient says %.6g; please report it, with the operators of the file", m.Name, growth, slope)
	case !(math.Abs(narrow[0].slope-slope) <= tolerance):
		return fmt.Errorf("%s: this engine computes a wrong gradient of it in fp32, so that no program can be trained on it: %.6g along a random direction, and %.6g in float64; please report it, with the operators of the file", m.Name, narrow[0].slope, slope)
	}
	return nil
}

// gradientTrial is the direction, and the weights of the logits in a score.
type gradientTrial struct {
	*Model
	direction, readout []float64
}

// slopeAt is what a trial measures at one pair of images.
type slopeAt struct {
	logits       []float64
	score, slope float64 // the weighted sum of the logits, and its gradient along the direction
	typical      float64 // the size of such a slope along any random direction
}

// run measures, in dtype, at each of the pairs of images.
func (t gradientTrial) run(backend compute.Backend, dtype dtypes.DType, pairs ...[]float64) (results []slopeAt, err error) {
	var failed error // while the graph was built, without the words that GoMLX puts before it
	exec, err := model.NewExec(backend, model.NewStore(), func(root *model.Scope, pixels, direction, readout *Node) (outputs []*Node) {
		defer func() {
			if reason := recover(); reason != nil {
				failed = reasonOf(reason)
				panic(reason)
			}
		}()
		pixels, direction, readout = ConvertDType(pixels, dtype), ConvertDType(direction, dtype), ConvertDType(readout, dtype)
		logits := t.Logits(root, t.Normalisation.Apply(pixels))
		score := ReduceAllSum(Mul(logits, readout))
		gradient := Gradient(score, pixels)[0]
		typical := Sqrt(Mul(ReduceAllMean(Square(gradient)), ReduceAllSum(Square(direction))))
		outputs = []*Node{logits, score, ReduceAllSum(Mul(gradient, direction)), typical}
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
		return tensors.FromFlatDataAndDimensions(values, 2, t.Side, t.Side, 3)
	}
	for _, pixels := range pairs {
		values, err := exec.Call(images(pixels), images(t.direction), tensors.FromFlatDataAndDimensions(t.readout, 1, len(t.readout)))
		err = cmp.Or(failed, err)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		logits, err := tensors.CopyFlatData[float64](values[0])
		if err != nil {
			return nil, err
		}
		at := slopeAt{logits: logits}
		for i, to := range []*float64{&at.score, &at.slope, &at.typical} {
			*to = tensors.ToScalar[float64](values[1+i])
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
