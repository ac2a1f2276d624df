package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/figure"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/show"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// demonstrateOnce shows the demonstration in the terminal, once for a checkout.
func (l *launcher) demonstrateOnce(ctx context.Context) error {
	const name = "notebooks/demonstration"
	waiting := func(p fetch.Progress) {
		if !p.Finished { // the finished bar needs no message
			p.What = "demonstration"
			l.report(p)
		}
	}
	_, err := fetch.Once(ctx, name, stamp(l.root), waiting, func(string) error {
		return demonstrate(ctx, l.out, filepath.Join(l.root, "notebooks", "runs", "demonstration"))
	})
	return err
}

// demonstrate shows the whole method once, in about a minute: what the frozen model answers for a photo and for digits,
// its reprogramming, and the figures, which it leaves in folder.
func demonstrate(ctx context.Context, w io.Writer, folder string) error {
	// Its own folder, made again: an older run may be of another engine.
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o700)); err != nil {
		return err
	}
	if err := os.Setenv(show.FolderVariable, filepath.Join(folder, "figures")); err != nil {
		return err
	}
	frozen, err := models.Open(ctx, "squeezenet1.1", nil)
	if err != nil {
		return err
	}
	digits, err := datasets.Load(ctx, "mnist", datasets.Sizes{Train: 1000, Test: 1000}, nil)
	if err != nil {
		return err
	}
	engine, info, err := backend.Open(ctx, backend.Options{})
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%s\n\n", info)
	bare, err := vrkit.CompileModel(engine, frozen)
	if err != nil {
		return err
	}
	err = askPhoto(ctx, w, bare)
	if err == nil {
		err = askDigits(w, bare, digits)
	}
	bare.Finalize()
	if err != nil {
		return err
	}
	run := filepath.Join(folder, "run")
	program := vrkit.Program{Input: input.Padding{Image: 64}, Model: frozen, Output: output.BLM{Lambda: 1}, Side: 128}
	fmt.Fprintf(w, "Now it is reprogrammed: each digit gets a border of %d pixel values, the same for all, that is\n"+
		"learned from 1,000 images, and ω says how much each of the 1,000 old classes votes for each new one.\n\n", input.Padding{Image: 64}.Trainable(models.Info{Side: 128}))
	result, err := train.Train(ctx, train.Config{
		Program: program, Data: digits, Backend: engine, Engine: info, Run: run,
		Epochs: 4, Batch: 50, Recipe: train.AdamAt(.05), Schedule: train.Exact, Events: show.Progress("learning the border"),
	})
	if err != nil {
		return err
	}
	after, err := result.Program.WeightsHash()
	if err != nil {
		return err
	}
	if after != frozen.Weights.Hash() {
		return fmt.Errorf("the frozen weights have changed: a defect, please report it")
	}
	fmt.Fprintf(w, "\ntest accuracy on 1,000 unseen digits: %.1f %% before, %.1f %% after.\n"+
		"Not one of the %d frozen weights has changed (sha256 %.12s… before and after).\n",
		100*result.First().TestAccuracy, 100*result.Last().TestAccuracy, frozen.Weights.Count(), after)
	if err := readDigits(result.Program, digits); err != nil {
		return err
	}
	opened, err := runs.Open(ctx, run, runs.Last, nil)
	if err != nil {
		return err
	}
	if _, err := show.SaveRun(opened); err != nil {
		return err
	}
	fmt.Fprintf(w, "figures (the photo, the digits, the border, ω, how it learned): %s\n\n", filepath.Join(folder, "figures"))
	return nil
}

// askPhoto prints what the frozen model answers for a photo.
func askPhoto(ctx context.Context, w io.Writer, bare *vrkit.Bare) error {
	photo, err := datasets.Photo(ctx, "coffee", nil)
	if err != nil {
		return err
	}
	square := photo.Square()
	answers, err := bare.Ask(square.Resized(224), 224, 5)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s, frozen, of a photo of a cup of coffee:\n", bare.Model.Title)
	var guesses []figure.Guess
	for _, g := range answers[0] {
		if g.Probability >= .0005 {
			fmt.Fprintf(w, "  %5.1f %%  %s\n", 100*g.Probability, g.Label)
		}
		guesses = append(guesses, figure.Guess{Name: g.Label, Value: g.Probability})
	}
	f, err := figure.Guesses(square.Picture(), "What the frozen model says", guesses, "It was trained to name 1,000 things in photos, and does.")
	if err != nil {
		return err
	}
	_, err = show.Save(f, "photo")
	return err
}

// askDigits prints what the frozen model answers for digits, which is not useful.
func askDigits(w io.Writer, bare *vrkit.Bare, digits *datasets.Dataset) error {
	samples := digits.Test[:10]
	answers, err := bare.Ask(datasets.Stack(samples, 128), 128, 1)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "and of handwritten digits, which it has never learned:")
	var tiles []figure.Tile
	for i, sample := range samples {
		if i < 5 {
			fmt.Fprintf(w, "  a %-6s it takes for: %s\n", digits.Classes[sample.Label], answers[i][0].Label)
		}
		tiles = append(tiles, figure.Tile{Image: sample.Picture(), Title: digits.Classes[sample.Label], Note: answers[i][0].Label})
	}
	fmt.Fprintln(w)
	f, err := figure.Grid(tiles, 5, "Under each digit, the class that the frozen model finds likeliest. It knows no digits, but it is not blind to their shapes.")
	if err != nil {
		return err
	}
	_, err = show.Save(f, "digits")
	return err
}

// readDigits draws test digits with their prompt and the reprogrammed model's answers.
func readDigits(program *vrkit.Compiled, digits *datasets.Dataset) error {
	samples := digits.Test[:5]
	f, err := show.ReadingsFigure(program, datasets.Stack(samples, program.ImageSide()), digits.Names(samples), digits.Classes,
		"The frozen model's input: unseen digits, and around each the learned border. Above each its class; below it the reprogrammed model's answer.")
	if err != nil {
		return err
	}
	_, err = show.Save(f, "readings")
	return err
}
