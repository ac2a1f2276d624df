package models

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// checkpoint is a file that PyTorch saved (internal/torchpickle/testdata/make.py).
func checkpoint(name string) string {
	return filepath.Join("internal", "torchpickle", "testdata", "checkpoint_"+name+".pth")
}

// saved is the state dict of the network in those files.
var saved = stateDict{
	shapes: map[string][]int{
		"conv.weight": {2, 1, 1, 1}, "norm.weight": {2}, "norm.bias": {2}, "norm.running_mean": {2}, "norm.running_var": {2},
		"norm.num_batches_tracked": nil, "fc.weight": {3, 2}, "fc.bias": {3},
	},
	convert: func(take func(string) []float32) Weights {
		return Weights{"conv": {[]int{2}, take("conv.weight")}, "fc": {[]int{3}, take("fc.bias")}}
	},
}

// want are the values that make.py gives it.
var want = Weights{"conv": {[]int{2}, []float32{0, 1. / 64}}, "fc": {[]int{3}, []float32{12. / 64, 13. / 64, 14. / 64}}}

// The weights of a checkpoint are found wherever they are, with other things beside them and under any prefix.
func TestReadsCheckpoints(t *testing.T) {
	read := saved.reader("the tiny net")
	for _, name := range []string{"imagenet", "lightning", "compiled", "averaged", "shared"} {
		weights, err := read(checkpoint(name))
		require.NoError(t, err, name)
		require.Equal(t, want, weights, name)
	}
	for name, message := range map[string]string{
		"twice": `checkpoint_twice.pth holds the weights of the tiny net 2 times (["model"], ["model_ema"] module.*): save a file of only those that you want, ` +
			`for example: import torch; torch.save(torch.load("internal/torchpickle/testdata/checkpoint_twice.pth", map_location="cpu")["model"], "weights.pth")`,
		"distilled": `checkpoint_distilled.pth holds the weights of the tiny net 2 times (["net"] student.*, ["net"] teacher.*): save a file of only those that you want, ` +
			`for example: import torch; torch.save({k: v for k, v in torch.load("internal/torchpickle/testdata/checkpoint_distilled.pth", map_location="cpu")["net"].items() if k.startswith("student.")}, "weights.pth")`,
		"arguments": "save the weights alone: torch.save(model.state_dict(), FILE)",
		"whole":     "save the weights alone: torch.save(model.state_dict(), FILE)",
	} {
		_, err := read(checkpoint(name))
		require.ErrorContains(t, err, message)
		require.NotContains(t, err.Error(), "\n")
	}
}

// A network inside another is not mistaken for it: all names must be there, in their shapes.
func TestPlaces(t *testing.T) {
	part := stateDict{shapes: map[string][]int{"a.weight": {2}, "b.weight": {3}, "b.steps": nil}}
	both := func(prefix string) map[string][]int {
		return map[string][]int{prefix + "a.weight": {2}, prefix + "b.weight": {3}}
	}
	with := func(names map[string][]int, more ...string) map[string][]int {
		names = maps.Clone(names)
		for _, name := range more {
			names[name] = []int{2}
		}
		return names
	}
	for _, c := range []struct {
		names   map[string][]int
		fits    string // with commas between
		nearest string
	}{
		{both(""), "", ""},
		{both("module."), "module.*", "module.*"},
		{both("module._orig_mod."), "module._orig_mod.*", "module._orig_mod.*"},
		{both("_forward_module.backbone."), "_forward_module.backbone.*", "_forward_module.backbone.*"},
		{with(both("model."), "loss.weight", "model_b.weight"), "model.*", "model.*"},
		{with(both("model."), "model.b.steps"), "model.*", "model.*"},
		{with(both("model."), "ema.a.weight", "ema.b.weight"), "model.*", "ema.*"}, // the other b has another shape
		{with(both(""), "module.a.weight"), "", ""},
		{both("module"), "none", ""}, // no dot: other names
		{map[string][]int{"module.a.weight": {2}, "b.weight": {3}}, "none", ""},
		{map[string][]int{"x.a.weight": {2}, "x.b.weight": {4}}, "none", "x.*"},
		{map[string][]int{strings.Repeat("a.", 1<<20) + "a.weight": {2}}, "none", ""},
	} {
		fits, nearest := part.find([]dict{{shapes: c.names}})
		text := "none"
		for i, p := range fits {
			text = map[bool]string{true: "", false: text + ","}[i == 0] + p.String()
		}
		require.Equal(t, c.fits, text, c.nearest)
		if len(nearest.prefix) < 100 {
			require.Equal(t, c.nearest, nearest.String())
		}
	}
	fits, _ := part.find([]dict{{path: []string{"model"}, shapes: both("")}, {path: []string{"ema"}, shapes: map[string][]int{"a.weight": {2}, "b.weight": {9}}}})
	require.Len(t, fits, 1, "the other has another shape")

	// Other names at the place, and the same weights under another prefix, are errors.
	all := both("")
	maps.Copy(all, both("ema."))
	_, err := part.choose("a part", "file", []dict{{shapes: all}})
	require.EqualError(t, err, "file holds the weights of a part 2 times (the names as they are, ema.*): save a file of only those that you want")
	_, err = part.choose("a part", "file", []dict{{shapes: with(both("model."), "model.c.weight")}})
	require.EqualError(t, err, "file at model.*: its tensors are not those of a part: 1 not of this architecture (c.weight): save a file without them")

	// Names of which some have a prefix, few or most.
	for _, names := range []map[string][]int{{"a.weight": {2}, "module.b.weight": {3}}, {"module.a.weight": {2}, "b.weight": {3}}, {"x.a.weight": {2}, "y.b.weight": {3}}} {
		_, err = part.choose("a part", "file", []dict{{shapes: names}})
		require.ErrorContains(t, err, "file: the names of the tensors of a part do not all have the same prefix, such as ")
		for name := range names {
			require.ErrorContains(t, err, fmt.Sprintf("%q", name))
		}
		require.ErrorContains(t, err, ": save all with the same prefix, or without one")
	}
	_, err = part.choose("a part", "file", []dict{{shapes: map[string][]int{"a.weight": {2}, "x.b.weight": {4}}}})
	require.EqualError(t, err, "file: its tensors are not those of a part: 1 missing (b.weight); 1 not of this architecture (x.b.weight): give a weight file of a part", "that b is another")
}

// The weights of a real architecture are read under a prefix, and a missing tensor is an error.
func TestReadsPrefixed(t *testing.T) {
	plain, wrapped := Weights{}, Weights{"loss.weight": MadeUpTensor("loss", 3)}
	for name, shape := range squeezenetTorchvision.dict.shapes {
		plain[name] = MadeUpTensor(name, shape...)
		wrapped["module._orig_mod."+name] = plain[name]
	}
	weights, err := squeezenetTorchvision.read(saveTensors(t, wrapped))
	require.NoError(t, err)
	require.Equal(t, squeezenetTorchvision.dict.of(plain).Hash(), weights.Hash())

	delete(wrapped, "module._orig_mod.features.0.bias")
	wrapped["features.0.bias"] = MadeUpTensor("features.0.bias", 64)
	_, err = squeezenetTorchvision.read(saveTensors(t, wrapped))
	require.ErrorContains(t, err, `do not all have the same prefix, such as "features.0.bias" beside "module._orig_mod.classifier.1.bias": save all`)
	delete(wrapped, "features.0.bias")
	_, err = squeezenetTorchvision.read(saveTensors(t, wrapped))
	require.ErrorContains(t, err, "weights.safetensors at module._orig_mod.*: its tensors are not those of SqueezeNet 1.1 (torchvision): 1 missing (features.0.bias)")
}

// The error of a file of another network names that network; the error of another number of classes names both numbers.
func TestWhoseWeights(t *testing.T) {
	t.Setenv("VRKIT_CACHE", t.TempDir())
	tensors := Weights{}
	for name, shape := range squeezenetTorchvision.dict.shapes {
		tensors["module."+name] = MadeUpTensor(name, shape...)
	}
	path := saveTensors(t, tensors)
	for _, name := range []string{"resnet18", "squeezenet1.1"} {
		_, err := OpenWeights(t.Context(), name, path, nil)
		require.ErrorContains(t, err, "; they are those of SqueezeNet 1.1 (torchvision): open it as the model squeezenet1.1-torchvision")
		require.NotContains(t, err.Error(), "\n")
	}
	for part, shape := range map[string][]int{"weight": {10, 512, 1, 1}, "bias": {10}} {
		tensors["module.classifier.1."+part] = MadeUpTensor(part, shape...)
	}
	_, err := OpenWeights(t.Context(), "squeezenet1.1-torchvision", saveTensors(t, tensors), nil)
	require.ErrorContains(t, err, fmt.Sprintf("2 of another shape (%s, %s); it was trained for 10 classes, and a frozen model has ImageNet's 1000",
		"classifier.1.bias [10] where it has [1000]", "classifier.1.weight [10 512 1 1] where it has [1000 512 1 1]"))
}
