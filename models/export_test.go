package models

import (
	"fmt"
	"hash/crc32"
	"math"
	"strings"
)

// MadeUp is a network with the made-up weights of testdata/torchvision_golden.py and timm_golden.py. They need no file: every value is a
// hash of its tensor's name and of its index.
func MadeUp(name string) (*Model, error) {
	a, err := find(name)
	if err != nil {
		return nil, err
	}
	weights, err := Freeze(func() (Weights, error) {
		tensors := Weights{}
		for name, shape := range a.dict.shapes {
			if shape != nil {
				tensors[name] = MadeUpTensor(name, shape...)
			}
		}
		return a.dict.of(tensors), nil
	})
	if err != nil {
		return nil, err
	}
	read := sources
	if a.bound {
		read = a.width
	}
	m := &Model{Info: a.Info, Weights: weights, Forward: a.forward}
	for i := range read {
		m.Labels = append(m.Labels, fmt.Sprintf("source %d", i))
	}
	return m, nil
}

// MadeUpTensor is the tensor that the script makes for this name and shape.
func MadeUpTensor(name string, shape ...int) Tensor {
	size := 1
	for _, n := range shape {
		size *= n
	}
	low, high := madeUpBounds(name, shape, size)
	return Tensor{Shape: shape, Data: Uniform(name, size, low, high)}
}

// Uniform are that many numbers of the scripts in a range.
func Uniform(name string, size int, low, high float64) []float32 {
	values, start := make([]float32, size), crc32.ChecksumIEEE([]byte(name))
	for i := range values {
		x := start + uint32(i)*0x9E3779B9
		x = (x ^ x>>16) * 0x85EBCA6B
		x = (x ^ x>>13) * 0xC2B2AE35
		x ^= x >> 16
		values[i] = float32(low + (high-low)*(float64(x>>8)/(1<<24)))
	}
	return values
}

// MadeUpONNX are the values that testdata/onnx_golden.py makes for a weight of an ONNX file.
func MadeUpONNX(name string, shape []int) []float32 {
	scale := false // of a normalisation
	for _, part := range []string{".ln", "bn", "downsample.1", "norm"} {
		scale = scale || strings.HasSuffix(name, "weight") && strings.Contains(name, part)
	}
	if len(shape) == 1 && !scale && !strings.HasSuffix(name, "running_mean") && !strings.HasSuffix(name, "running_var") {
		name += ".bias"
	}
	return MadeUpTensor(name, shape...).Data
}

// madeUpBounds gives the range of a tensor's values.
func madeUpBounds(name string, shape []int, size int) (low, high float64) {
	switch {
	case strings.HasSuffix(name, "running_mean"):
		return -.3, .3
	case strings.HasSuffix(name, "running_var"):
		return .5, 1.5
	case len(shape) == 4:
		bound := math.Sqrt(6 / float64(size/shape[0]))
		return -bound, bound
	case len(shape) == 2:
		bound := math.Sqrt(3 / float64(shape[1]))
		return -bound, bound
	case len(shape) == 3:
		return -1, 1
	case strings.HasSuffix(name, "bias"):
		return -.3, .3
	}
	return .3, .9
}
