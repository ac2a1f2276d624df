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
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// shades describes a data set of grey pictures.
var shades = datasets.Info{
	Name: "shades", Title: "Shades", Classes: []string{"dark", "light"}, Height: 8, Width: 8, Channels: 1,
	TrainSize: 20, TestSize: 8, Mirrors: true, Source: "this file", License: "your own",
}

// readShades makes its samples. A data set of your own reads files here.
func readShades() (train, val, test []datasets.Sample, err error) {
	for i := range 28 {
		grey := datasets.Image{Height: 8, Width: 8, Channels: 1, Pixels: make([]uint8, 64)}
		for at := range grey.Pixels {
			grey.Pixels[at] = uint8(128*(i%2) + 4*i)
		}
		sample := datasets.Sample{Image: grey, Label: int32(i % 2)}
		if i < 20 {
			train = append(train, sample)
		} else {
			test = append(test, sample)
		}
	}
	return train, nil, test, nil
}

// A registered data set can be named on the command line and in a run's record.
func init() {
	datasets.Register(shades, readShades)
	modeltest.Register(modeltest.Tiny)
}

// A data set of your own is its facts, and a function that reads its samples.
func Example_dataset() {
	run := must.M1(os.MkdirTemp("", ""))
	defer os.RemoveAll(run)
	ctx, backend := context.Background(), must.M1(compute.NewWithConfig("go"))
	data := must.M1(datasets.Load(ctx, "shades", datasets.Sizes{Train: 12, Val: 4}, nil))
	fmt.Println(len(data.Train), len(data.Val), len(data.Test))
	must.M1(train.Train(ctx, train.Config{
		Program: vrkit.Program{Input: input.Padding{Image: 4}, Model: modeltest.Tiny(), Output: output.BLM{Lambda: 1}},
		Data:    data, Backend: backend,
		Run: run, Epochs: 2, Batch: 8, Recipe: train.AdamAt(.05),
	}))
	opened := must.M1(runs.Open(ctx, run, runs.Last, nil))
	again := must.M1(opened.Data(ctx, "", nil))
	fmt.Println(again.Title, again.SHA256 == data.SHA256)
	// Output:
	// 12 4 8
	// Shades true
}
