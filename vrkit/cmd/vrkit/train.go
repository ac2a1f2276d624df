package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	vrshow "github.com/vrkit-go/reprogram/vrkit/show"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// trainRun trains or resumes a run.
func trainRun(ctx context.Context, c *call) error {
	var (
		modelName   = c.String("model", "squeezenet1.1", "the frozen model")
		datasetName = c.String("dataset", "mnist", "the data set of the target task")
		inputName   = c.String("input", "pad", "the input manipulation: "+strings.Join(input.Names(), ", "))
		outputName  = c.String("output", "blm", "the output alignment: "+strings.Join(output.Names(), ", "))
		run         = c.String("o", "", "the run directory: made, or resumed (required)")
		epochs      = c.Int("epochs", 4, "epochs in all, those already trained included")
		batch       = c.Int("batch", 50, "images a step")
		rate        = c.Float64("lr", .05, "Adam's learning rate; 0 measures the mapping alone")
		seed        = c.Uint64("seed", 0, "of the order of the training images")
		side        = c.Int("side", 0, "side of the model's input in pixels; 0 takes the model's default")
		device      = c.String("device", "auto", "what computes: "+strings.Join(backend.Devices, ", "))
		force       = c.Bool("force", false, "resume under another engine, though the results then don't repeat bit by bit")
		sizes       datasets.Sizes
		in          input.Options
		out         output.Options
	)
	c.IntVar(&sizes.Train, "train", 1000, "training images; 0 takes all; without the flag at most 1000")
	c.IntVar(&sizes.Val, "val", 0, "validation images, taken from the training set; the best epoch is chosen on them")
	c.IntVar(&sizes.Test, "test", 1000, "test images; 0 takes all; without the flag at most 1000")
	c.IntVar(&in.Image, "n", 0, "padding: side of the image inside the border, in pixels; 0 takes half of -side")
	c.Float64Var(&out.Lambda, "lambda", 1, "BLM's smoothing λ")
	if err := c.parse(); err != nil {
		return err
	}
	if *run == "" {
		return errors.New("needs a run directory: -o RUN")
	}
	config := train.Config{Run: *run, Epochs: *epochs, Batch: *batch, LearningRate: *rate, Seed: *seed, Force: *force}
	manipulation, err := input.New(*inputName, in)
	if err != nil {
		return err
	}
	alignment, err := output.New(*outputName, out)
	if err != nil {
		return err
	}
	modelInfo, err := models.Named(*modelName)
	if err != nil {
		return err
	}
	dataInfo, err := datasets.Named(*datasetName)
	if err != nil {
		return err
	}
	// The sizes not asked for are at most what there is.
	asked := map[string]bool{}
	c.Visit(func(f *flag.Flag) { asked[f.Name] = true })
	if ownVal := dataInfo.ValSize > 0; !asked["train"] && (ownVal || sizes.Val < dataInfo.TrainSize) {
		left := dataInfo.TrainSize
		if !ownVal {
			left -= sizes.Val
		}
		sizes.Train = min(sizes.Train, left)
	}
	if !asked["test"] {
		sizes.Test = min(sizes.Test, dataInfo.TestSize)
	}
	config.Program = vrkit.Program{Input: manipulation, Model: &models.Model{Info: modelInfo}, Output: alignment, Side: *side}
	_, sizesError := sizes.Of(dataInfo)
	if err := errors.Join(config.CheckRecipe(), config.Program.Check(), sizesError, checkDevice(*device)); err != nil {
		return err // before anything is fetched
	}

	report := fetch.Terminal(c.stderr)
	frozen, err := models.Open(ctx, *modelName, report)
	if err != nil {
		return err
	}
	config.Program.Model = frozen
	data, err := datasets.Load(ctx, *datasetName, sizes, report)
	if err != nil {
		return err
	}
	config.Data = data
	engine, info, err := c.open(ctx, *device, report)
	if err != nil {
		return err
	}
	config.Backend, config.Engine = engine, info
	config.Events = vrshow.Progress(fmt.Sprintf("%s on %s", frozen.Title, data.Title))
	result, err := train.Train(ctx, config)
	if err != nil {
		return err
	}
	return c.print(result.Metrics, func(w io.Writer) { printMetrics(w, *run, result) })
}

func printMetrics(w io.Writer, run string, r train.Result) {
	first, last := r.First(), r.Last()
	fmt.Fprintf(w, "before learning: test accuracy %s\n", percent(first.TestAccuracy))
	fmt.Fprintf(w, "after %d epochs: test accuracy %s, training loss %.3f\n", last.Epoch, percent(last.TestAccuracy), last.Loss)
	if best := r.BestEpoch(); best.ValAccuracy >= 0 {
		fmt.Fprintf(w, "best on validation: epoch %d, validation %s, test %s\n", best.Epoch, percent(best.ValAccuracy), percent(best.TestAccuracy))
	}
	fmt.Fprintf(w, "kept in %s\n", run)
}

// checkDevice returns an error that names the devices there are.
func checkDevice(name string) error {
	if slices.Contains(backend.Devices, name) {
		return nil
	}
	return fmt.Errorf("no device is called %q; known: %s", name, strings.Join(backend.Devices, ", "))
}

func percent(share float64) string {
	if share < 0 {
		return "not measured"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}
