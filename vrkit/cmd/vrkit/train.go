package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	vrshow "github.com/vrkit-go/reprogram/vrkit/show"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// trainRun trains or resumes a run.
func trainRun(ctx context.Context, c *call) error {
	var p parts
	c.StringVar(&p.Model, "model", "squeezenet1.1", "the frozen model; random: before its name takes random weights, features: reads the input of its classifier, onnx:FILE is an ONNX file of your own")
	c.StringVar(&p.Dataset, "dataset", "mnist", "the data set of the target task; folder:PATH is a folder of your own pictures or texts, csv:FILE a table of your own texts")
	c.StringVar(&p.Input, "input", "pad", "the input manipulation, or several joined by +: "+strings.Join(input.Names(), ", "))
	c.StringVar(&p.Output, "output", "blm", "the output alignment: "+strings.Join(output.Names(), ", "))
	c.Uint64Var(&p.Seed, "seed", 0, "decides every random draw: the order of the training samples, augmentation, initial values, RLM's mapping")
	run := c.String("o", "", "the run directory: created, or resumed (required)")
	s := c.specFlags()
	if err := c.parse(); err != nil {
		return err
	}
	if *run == "" {
		return errors.New("needs a run directory: -o RUN")
	}
	if err := s.parsed(c); err != nil {
		return err
	}
	config, _, err := s.config(p, *run)
	if err != nil {
		return err // before anything is fetched
	}
	report := fetch.Terminal(c.stderr)
	frozen, err := models.OpenWeights(ctx, p.Model, *s.weights, report)
	if err != nil {
		return err
	}
	config.Program.Model = frozen
	data, err := datasets.Load(ctx, p.Dataset, s.dataSizes(), report)
	if err != nil {
		return s.inFlags(err)
	}
	config.Data = data
	engine, info, err := c.open(ctx, s.device, report)
	if err != nil {
		return err
	}
	config.Backend, config.Engine = engine, info
	config.Events = vrshow.Progress(fmt.Sprintf("%s on %s", frozen.Title, data.Title))
	result, err := train.Train(ctx, config)
	if warning := result.Warning(); warning != "" {
		fmt.Fprintf(c.stderr, "%s: %s\n", *run, warning)
	}
	if err != nil {
		return askForWeights(flagged(err), *s.weights)
	}
	return c.print(result.Metrics, func(w io.Writer) { printMetrics(w, *run, result, s.protocol == "paper") })
}

func printMetrics(w io.Writer, run string, r train.Result, paper bool) {
	first, last := r.First(), r.Last()
	if last.Epoch == 0 {
		fmt.Fprintf(w, "it learns nothing: test accuracy %s\nsaved in %s\n", percent(last.TestAccuracy), run)
		return
	}
	fmt.Fprintf(w, "before training: test accuracy %s\n", percent(first.TestAccuracy))
	fmt.Fprintf(w, "after %d epochs: test accuracy %s, training loss %.3f\n", last.Epoch, percent(last.TestAccuracy), last.Loss)
	if best := r.BestEpoch(); best.ValAccuracy >= 0 {
		fmt.Fprintf(w, "best on validation: epoch %d, validation %s, test %s\n", best.Epoch, percent(best.ValAccuracy), percent(best.TestAccuracy))
	}
	if paper {
		best := r.BestOnTest()
		fmt.Fprintf(w, "the papers' protocol, best epoch on the test set: epoch %d, test %s\n", best.Epoch, percent(best.TestAccuracy))
	}
	fmt.Fprintf(w, "saved in %s\n", run)
}

func percent(share float64) string {
	if share < 0 {
		return "not measured"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}
