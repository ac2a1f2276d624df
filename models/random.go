package models

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"path"
	"slices"
	"strconv"
	"strings"
)

// RandomPrefix begins the name of a network with random weights: "random:resnet18", or "random:resnet18:7" for the
// weights of seed 7 instead of 0. It is the control that tells what of a program's accuracy the frozen model's training
// has given.
const RandomPrefix = "random:"

// parseRandom splits a name into the architecture's and the seed; ok is false if the name is of no random network.
func parseRandom(name string) (of string, seed uint64, ok bool, err error) {
	name, ok = strings.CutPrefix(name, RandomPrefix)
	if !ok {
		return "", 0, false, nil
	}
	if strings.HasPrefix(name, FeaturesPrefix) {
		return "", 0, true, fmt.Errorf("%s%s: write %s first, as in %s%sresnet18", RandomPrefix, name, FeaturesPrefix, FeaturesPrefix, RandomPrefix)
	}
	of, text, seeded := strings.Cut(name, ":")
	if seeded {
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			return "", 0, true, fmt.Errorf("%s%s: the seed after the network's name is a whole number, not %q", RandomPrefix, name, text)
		}
	}
	return of, seed, true, nil
}

// random is the architecture with the weights of a seed instead of the published ones.
func (a architecture) random(seed uint64) architecture {
	a.Info.Name = RandomPrefix + a.Info.Name
	if seed != 0 {
		a.Info.Name += fmt.Sprintf(":%d", seed)
	}
	a.Info.Title += " with random weights"
	a.Info.Top1, a.Info.License = 0, ""
	a.drawn = func() Weights { return a.draw(seed) }
	return a
}

// plain is the name of the architecture with the published weights.
func (a architecture) plain() string {
	of, _, _, _ := parseRandom(a.Name)
	return of
}

// draw draws the weights of a seed, as networks are initialised for training: kernels of convolutions normal with
// variance 2/fan-in (He et al., 2015), matrices with variance 1/fan-in, positions and class tokens with a deviation of .02;
// biases are 0, and a BatchNorm, LayerNorm, RMSNorm or LayerScale scales by 1. fan-in is the number of inputs of each output.
func (a architecture) draw(seed uint64) Weights {
	tensors := func(shapes map[string][]int, fanIn func(name string, shape []int) int) Weights {
		drawn := Weights{}
		for number, name := range slices.Sorted(maps.Keys(shapes)) {
			shape := shapes[name]
			if shape == nil {
				continue
			}
			r := rand.New(rand.NewPCG(seed, randomStream+uint64(number)))
			drawn[name] = drawTensor(r, name, shape, fanIn(name, shape))
		}
		return drawn
	}
	if a.dict.shapes != nil {
		return a.dict.of(tensors(a.dict.shapes, func(_ string, shape []int) int { return product(shape[1:]) }))
	}
	return tensors(a.layout(), func(name string, shape []int) int {
		if name == wordsWeight { // the classifier's, [tokens,width]
			return shape[1]
		}
		return product(shape[:len(shape)-1])
	})
}

// randomStream keeps the draws of weights apart from others of the same seed.
const randomStream = 0x72616e64 << 16

func drawTensor(r *rand.Rand, name string, shape []int, fanIn int) Tensor {
	t := Tensor{Shape: shape, Data: make([]float32, product(shape))}
	deviation := 0.
	switch len(shape) {
	case 4:
		deviation = math.Sqrt(2 / float64(fanIn))
	case 3:
		deviation = .02
	case 2:
		deviation = math.Sqrt(1 / float64(fanIn))
	case 1:
		if slices.Contains([]string{"norm", "norm1", "norm2"}, path.Base(name)) || strings.HasSuffix(name, "weight") || strings.HasSuffix(name, "gamma") || strings.HasSuffix(name, "running_var") {
			for i := range t.Data {
				t.Data[i] = 1
			}
		}
	}
	if deviation > 0 {
		for i := range t.Data {
			t.Data[i] = float32(deviation * r.NormFloat64())
		}
	}
	return t
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
