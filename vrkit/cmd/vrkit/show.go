package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/figure"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	vrshow "github.com/vrkit-go/reprogram/vrkit/show"
)

// mostMasks is the largest number of samples of figure.Masks.
const mostMasks = 6

// show writes a run's figures.
func show(ctx context.Context, c *call) error {
	which := c.String("epoch", string(runs.Last), "which epoch's prompt and ω: last, or best (on validation)")
	folder := c.String("o", "", "the folder for the figures; default: figures in the run directory")
	masks := c.Int("masks", 0, fmt.Sprintf("also draw the masks of this many test samples, 1 to %d; 0 draws none and computes nothing", mostMasks))
	weights := c.weightsFlag()
	dataset := c.datasetFlag()
	device := c.String("device", "auto", "the device that computes the masks: "+strings.Join(backend.Devices, ", "))
	if err := c.parse(); err != nil {
		return err
	}
	if err := errors.Join(checkEpoch(*which), checkDevice(*device)); err != nil {
		return err
	}
	if *masks < 0 || *masks > mostMasks {
		return fmt.Errorf("-masks: a figure shows the masks of 1 to %d images, not %d", mostMasks, *masks)
	}
	if *masks == 0 {
		var unused error
		c.Visit(func(f *flag.Flag) {
			if f.Name == "dataset" || f.Name == "device" {
				unused = fmt.Errorf("-%s is for the masks: give -masks N too, or leave it out", f.Name)
			}
		})
		if unused != nil {
			return unused
		}
	}
	report := fetch.Terminal(c.stderr)
	run, err := openRun(ctx, c.arguments[0], *which, *weights, report)
	if err != nil {
		return err
	}
	var masked figure.Figure
	if *masks > 0 { // before anything is written, because it may fail
		if masked, err = c.masks(ctx, run, *dataset, *masks, *device, report); err != nil {
			return err
		}
	}
	if *folder == "" {
		*folder = filepath.Join(run.Dir, "figures")
	}
	if err := os.Setenv(vrshow.FolderVariable, *folder); err != nil {
		return err
	}
	paths, err := vrshow.SaveRun(run)
	if err != nil {
		return inFlags(err)
	}
	if *masks > 0 {
		path, err := vrshow.Save(masked, "masks")
		if err != nil {
			return inFlags(err)
		}
		paths = append(paths, path)
	}
	near, err := nearest(run)
	if err != nil {
		return err
	}
	return c.print(paths, func(w io.Writer) {
		for _, path := range paths {
			fmt.Fprintln(w, path)
		}
		for i, tokens := range near {
			var says []string
			for _, t := range tokens {
				says = append(says, fmt.Sprintf("%q %.2f", t.Token, t.Cosine))
			}
			fmt.Fprintf(w, "learned token %d lies nearest to %s\n", i+1, strings.Join(says, ", "))
		}
	})
}

// nearest are the words nearest to each token of a soft prompt, with their cosines; none for other programs.
func nearest(run *runs.Run) ([][]models.Near, error) {
	prompt, err := run.SoftPrompt()
	if err != nil || prompt == nil {
		return nil, err
	}
	const words = 3
	return run.Program.Model.Nearest(prompt, words)
}

// inFlags changes the error of the folder of figures to one that names the flag.
func inFlags(err error) error {
	if folder, ok := errors.AsType[*vrshow.FolderError](err); ok {
		return fmt.Errorf("figures can't be written into %s: %w; give another folder with -o DIR", folder.Folder, folder.Err)
	}
	return err
}

// masks draws the masks of the first test samples of a run.
func (c *call) masks(ctx context.Context, run *runs.Run, dataset string, count int, device string, report fetch.Report) (figure.Figure, error) {
	if _, ok := run.Program.Input.(input.Masked); !ok {
		return figure.Figure{}, fmt.Errorf("-masks: %s has no masks, because %s makes none; leave -masks out", run.Dir, run.Program.Input.Name())
	}
	data, err := dataOf(ctx, run, dataset, report)
	if err != nil {
		return figure.Figure{}, err
	}
	if len(data.Test) < count {
		return figure.Figure{}, fmt.Errorf("-masks: %s has %d test samples, too few for %d", run.Dir, len(data.Test), count)
	}
	engine, _, err := c.open(ctx, device, report)
	if err != nil {
		return figure.Figure{}, err
	}
	program, err := run.Compile(engine)
	if err != nil {
		return figure.Figure{}, err
	}
	samples := data.Test[:count]
	return vrshow.MasksFigure(program, datasets.Stack(samples, program.ImageSide()), data.Names(samples),
		"What is added to the first test samples: the pattern δ, the same for all, times each image's own mask.")
}
