package models

import (
	"fmt"
	"runtime"
	"strings"
)

// stateDict is what a weight file of an architecture holds, under the names that PyTorch gives, and how
// the graph's weights come of it.
type stateDict struct {
	shapes  map[string][]int                               // of each tensor; nil where it may be of any shape, or missing
	convert func(take func(name string) []float32) Weights // take gives a tensor's values, once
	older   *strings.Replacer                              // turns the names that older files have into these; nil if there are none
}

// reader returns a function that reads a weight file, checks every name and shape, and converts it.
// Beside the file's own bytes, what it holds at a time is never much more than the weights.
func (d stateDict) reader(title string) func(path string) (Weights, error) {
	return func(path string) (Weights, error) {
		tensors, err := d.tensors(title, path)
		if err != nil {
			return nil, err
		}
		runtime.GC() // lets go of the file's bytes, before as much again is made of its tensors
		return d.of(tensors), nil
	}
}

// tensors reads those of the architecture out of a weight file.
func (d stateDict) tensors(title, path string) (Weights, error) {
	dicts, err := readDicts(path)
	if err != nil {
		return nil, err
	}
	from, err := d.choose(title, path, dicts)
	if err != nil {
		return nil, err
	}
	tensors := Weights{}
	for name, file := range d.names(from) {
		if tensors[name], err = from.read(file); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return tensors, nil
}

// of converts tensors of the right names and shapes, and takes them out of the map one by one.
func (d stateDict) of(tensors Weights) Weights {
	return d.convert(func(name string) []float32 {
		t, ok := tensors[name]
		if !ok {
			panic(fmt.Errorf("the tensor %q is not among those of the architecture, or is taken twice", name))
		}
		delete(tensors, name)
		return t.Data
	})
}

// foldedLayer is a convolution without a bias, and the BatchNorm that follows it: its name here, the
// names of the two in the file, and the shape of the kernel there, [out, in of a group, kh, kw].
type foldedLayer struct {
	name, file, norm string
	shape            []int
}

// foldedNet is the state dict of layers whose BatchNorm is folded into the convolution, and of a linear
// classifier, called so in the file, from features to the source labels. Kernels become [kh, kw, in of a
// group, out], the classifier [features, sources].
func foldedNet(layers []foldedLayer, classifier string, features int, epsilon float64) stateDict {
	shapes := map[string][]int{classifier + ".weight": {sources, features}, classifier + ".bias": {sources}}
	for _, l := range layers {
		shapes[l.file+".weight"] = l.shape
		for _, part := range []string{"weight", "bias", "running_mean", "running_var"} {
			shapes[l.norm+"."+part] = l.shape[:1]
		}
		shapes[l.norm+".num_batches_tracked"] = nil // how long it was trained; of no use here
	}
	return stateDict{shapes: shapes, convert: func(take func(string) []float32) Weights {
		weights := Weights{
			"classifier/kernel": {Shape: []int{features, sources}, Data: transposed(take(classifier+".weight"), sources)},
			"classifier/bias":   {Shape: []int{sources}, Data: take(classifier + ".bias")},
		}
		for _, l := range layers {
			norm := batchNorm{take(l.norm + ".weight"), take(l.norm + ".bias"), take(l.norm + ".running_mean"), take(l.norm + ".running_var"), epsilon}
			kernel := take(l.file + ".weight")
			weights[l.name+"/bias"] = Tensor{Shape: l.shape[:1], Data: norm.fold(kernel)}
			weights[l.name+"/kernel"] = kernelOf(kernel, l.shape)
		}
		return weights
	}}
}

// kernelOf turns a kernel of the shape [out, in, kh, kw] into [kh, kw, in, out].
func kernelOf(values []float32, shape []int) Tensor {
	out, in, height, width := shape[0], shape[1], shape[2], shape[3]
	return Tensor{Shape: []int{height, width, in, out}, Data: hwio(values, out, in)}
}
