package datasets_test

import (
	"context"
	"fmt"
	"os"

	"github.com/gomlx/compute"
	"github.com/janpfeifer/must"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// animals describes a data set of texts.
var animals = datasets.Info{
	Name: "animals", Title: "Animals", Modality: taxonomy.Text, Classes: []string{"wild", "tame"},
	TrainSize: 12, TestSize: 4, Source: "this file", License: "your own",
}

// readAnimals makes its samples. A data set of your own reads files here.
func readAnimals() (train, val, test []datasets.Sample, err error) {
	for i := range 16 {
		text := []string{"a bird sang in the tree", "the dog was in the house"}[i%2] + []string{"", " all day", " all night", " so"}[i/2%4]
		sample := datasets.Sample{Text: text, Label: int32(i % 2)}
		if i < 12 {
			train = append(train, sample)
		} else {
			test = append(test, sample)
		}
	}
	return train, nil, test, nil
}

func init() {
	datasets.Register(animals, readAnimals)
	modeltest.Register(modeltest.TinyText)
}

// A data set of texts is registered like one of pictures. A program for it has a model of texts: here a tiny language
// model, whose source labels are its 64 words, with a soft prompt.
func Example_texts() {
	run := must.M1(os.MkdirTemp("", ""))
	defer os.RemoveAll(run)
	ctx, backend := context.Background(), must.M1(compute.NewWithConfig("go"))
	must.M1(train.Train(ctx, train.Config{
		Program: vrkit.Program{Input: input.Soft{Tokens: 3}, Model: modeltest.TinyText(), Output: output.BLMPlus{Lambda: 1, Alpha: 8}},
		Data:    must.M1(datasets.Load(ctx, "animals", datasets.Sizes{}, nil)), Backend: backend,
		Run: run, Epochs: 10, Batch: 4, Recipe: train.AdamAt(.05),
	}))
	opened := must.M1(runs.Open(ctx, run, runs.Last, nil))
	fmt.Println(opened.Program.Input.Name(), opened.Program.Coordinates())
	program := must.M1(opened.Compile(backend))
	rows := must.M1(program.Texts([]string{"the dog was in the house"}))
	fmt.Println(must.M1(program.Read(rows, opened.Classes(), 0)).Label)
	// Output:
	// soft learnable / embedding / concatenative / statistical
	// tame
}
