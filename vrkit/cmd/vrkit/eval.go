package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// score is an accuracy with its 95 % interval (Wilson's), all shares from 0 to 1.
type score struct {
	Class    string  `json:"class,omitempty"`
	Accuracy float64 `json:"accuracy"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Samples  int     `json:"samples"`
}

// eval measures a trained run.
func eval(ctx context.Context, c *call) error {
	which := c.String("epoch", string(vrkit.Last), "which epoch's prompt and ω: last, or best (on validation)")
	part := c.String("part", "test", "which images: test, val or train")
	recount := c.Bool("recount", false, "read with an ω that is counted anew on the training images, with all else as it is kept; the run is not changed")
	batchNorm := c.String("batchnorm", string(train.Running), "SMM: running, the mean and variance that the run has kept, or precise, estimated anew on the training images; the run is not changed")
	dataset := c.datasetFlag()
	batch := c.Int("batch", 50, "images at a time")
	weights := c.weightsFlag()
	device := c.String("device", "auto", "what computes: "+strings.Join(backend.Devices, ", "))
	if err := c.parse(); err != nil {
		return err
	}
	if err := errors.Join(checkEpoch(*which), checkDevice(*device), train.CheckBatch(*batch)); err != nil {
		return err
	}
	if !slices.Contains(train.BatchNorms, train.BatchNorm(*batchNorm)) {
		return fmt.Errorf("no batch normalisation is called %q; known: %s, %s", *batchNorm, train.Running, train.Precise)
	}
	if !slices.Contains([]string{"test", "val", "train"}, *part) {
		return fmt.Errorf("no part is called %q; known: test, val, train", *part)
	}
	report := fetch.Terminal(c.stderr)
	run, err := openRun(ctx, c.arguments[0], *which, *weights, report)
	if err != nil {
		return err
	}
	data, err := dataOf(ctx, run, *dataset, report)
	if err != nil {
		return err
	}
	samples := map[string][]datasets.Sample{"train": data.Train, "val": data.Val, "test": data.Test}[*part]
	if len(samples) == 0 {
		return fmt.Errorf("%s has no %s images", run.Dir, *part)
	}
	engine, _, err := c.open(ctx, *device, report)
	if err != nil {
		return err
	}
	program, err := run.Compile(engine)
	if err != nil {
		return err
	}
	if train.BatchNorm(*batchNorm) == train.Precise {
		if err := train.Reestimate(ctx, program, data.Train, *batch, nil); err != nil {
			return err
		}
	}
	if *recount {
		mapping, err := train.Estimate(ctx, program, data.Train, *batch, nil)
		if err == nil {
			err = program.SetMapping(mapping)
		}
		if err != nil {
			return err
		}
	}
	e, err := train.Evaluate(ctx, program, samples, *batch, nil)
	if err != nil {
		return err
	}
	overall, classes := scores(e, run.Classes())
	result := struct {
		Run     string  `json:"run"`
		Part    string  `json:"part"`
		Epoch   string  `json:"epoch"`
		Loss    float64 `json:"loss"`
		Overall score   `json:"overall"`
		Classes []score `json:"classes"`
	}{run.Dir, *part, *which, e.Loss, overall, classes}
	return c.print(result, func(w io.Writer) {
		fmt.Fprintf(w, "%s accuracy %s (95 %% interval %s to %s), %d images, cross-entropy %.3f\n\n",
			*part, percent(overall.Accuracy), percent(overall.Low), percent(overall.High), overall.Samples, e.Loss)
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, s := range classes {
			fmt.Fprintf(table, "%s\t%s\t(%s to %s)\t%d images\n", s.Class, percent(s.Accuracy), percent(s.Low), percent(s.High), s.Samples)
		}
		table.Flush()
	})
}

// datasetFlag declares where a run's data set lies now.
func (c *call) datasetFlag() *string {
	return c.String("dataset", "", "where the run's data set lies now, such as folder:PATH; its record's place if not given")
}

// dataOf loads a run's data set from where it lies now.
func dataOf(ctx context.Context, run *train.Run, dataset string, report fetch.Report) (*datasets.Dataset, error) {
	data, err := run.Data(ctx, dataset, report)
	if errors.Is(err, train.ErrData) {
		return nil, fmt.Errorf("%w: say where the run's pictures lie now with -dataset %sPATH", err, datasets.FolderPrefix)
	}
	return data, err
}

// checkEpoch returns an error that names the epochs that a run keeps.
func checkEpoch(name string) error {
	if w := vrkit.Which(name); w != vrkit.Last && w != vrkit.Best {
		return fmt.Errorf("no epoch is called %q; known: last, best", name)
	}
	return nil
}

// scores counts right answers, overall and for each true class.
func scores(e train.Evaluation, classes []string) (overall score, each []score) {
	right, total := make([]int, len(classes)), make([]int, len(classes))
	allRight := 0
	for i, label := range e.Labels {
		total[label]++
		if e.Predictions[i] == label {
			right[label]++
			allRight++
		}
	}
	for k, name := range classes {
		s := newScore(right[k], total[k])
		s.Class = name
		each = append(each, s)
	}
	return newScore(allRight, len(e.Labels)), each
}

func newScore(right, n int) score {
	low, high := train.Wilson(right, n)
	s := score{Low: low, High: high, Samples: n, Accuracy: -1}
	if n > 0 {
		s.Accuracy = float64(right) / float64(n)
	}
	return s
}
