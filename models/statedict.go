package models

import (
	"fmt"
	"runtime"
	"strings"
)

// stateDict describes the weight file of an architecture: the tensors by their names in PyTorch, and how to convert them
// to the weights of the graph.
type stateDict struct {
	shapes  map[string][]int                               // of each tensor; nil if it may have any shape, or be missing
	convert func(take func(name string) []float32) Weights // take gives a tensor's values, and may be called once for each tensor
	older   *strings.Replacer                              // replaces the names of older files by these; nil if there are none
}

// reader returns a function that reads a weight file, checks every name and shape, and converts the tensors. It needs
// memory for the file's bytes and for little more than the weights; title is the network's name in errors.
func (d stateDict) reader(title string) func(path string) (Weights, error) {
	return func(path string) (Weights, error) {
		tensors, err := d.tensors(title, path)
		if err != nil {
			return nil, err
		}
		runtime.GC() // releases the file's bytes, before the weights take as much memory again
		return d.of(tensors), nil
	}
}

// tensors reads the architecture's tensors from a weight file, by the architecture's names for them.
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

// of converts tensors that have the right names and shapes. It removes each from the map when it is converted, so that
// its memory can be released.
func (d stateDict) of(tensors Weights) Weights {
	return d.convert(func(name string) []float32 {
		t, ok := tensors[name]
		if !ok {
			panic(fmt.Errorf("the architecture has no tensor %q, or takes it twice", name))
		}
		delete(tensors, name)
		return t.Data
	})
}

// foldedLayer is a convolution without a bias and the BatchNorm that follows it: the layer's name in the graph, the names
// of the convolution and of the BatchNorm in the file, and the kernel's shape in the file, [out,in/groups,kh,kw].
type foldedLayer struct {
	name, file, norm string
	shape            []int
}

// foldedNet is the state dict of a network of such layers and a linear classifier; classifier is its name in the file,
// features the number of its inputs, and epsilon that of every BatchNorm. Each BatchNorm is folded into its
// convolution. The kernels become [kh,kw,in/groups,out], the classifier's [features,sources].
func foldedNet(layers []foldedLayer, classifier string, features int, epsilon float64) stateDict {
	shapes := map[string][]int{classifier + ".weight": {sources, features}, classifier + ".bias": {sources}}
	for _, l := range layers {
		shapes[l.file+".weight"] = l.shape
		for _, part := range []string{"weight", "bias", "running_mean", "running_var"} {
			shapes[l.norm+"."+part] = l.shape[:1]
		}
		shapes[l.norm+".num_batches_tracked"] = nil // counts training steps; not needed
	}
	return stateDict{shapes: shapes, convert: func(take func(string) []float32) Weights {
		weights := Weights{
			"classifier/kernel": {Shape: []int{features, sources}, Data: transpose(take(classifier+".weight"), sources)},
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

// kernelOf converts a kernel of this shape, [out,in/groups,kh,kw], to [kh,kw,in/groups,out].
func kernelOf(values []float32, shape []int) Tensor {
	out, in, height, width := shape[0], shape[1], shape[2], shape[3]
	return Tensor{Shape: []int{height, width, in, out}, Data: hwio(values, out, in)}
}
