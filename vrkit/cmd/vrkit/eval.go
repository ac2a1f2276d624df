package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gomlx/compute"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/results"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/terminal"
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

// measured has the results of eval for a run.
type measured struct {
	Run     string  `json:"run"`
	Part    string  `json:"part"`
	Epoch   string  `json:"epoch"`
	Loss    float64 `json:"loss"`
	Overall score   `json:"overall"`
	Kept    *score  `json:"kept,omitempty"` // without the change by -batchnorm or -recount
	Classes []score `json:"classes"`
}

// evaluation has the values of eval's flags.
type evaluation struct {
	which, part, dataset, weights string
	batch                         int
	batchNorm                     train.BatchNorm
	recount                       bool
}

// eval evaluates trained runs.
func eval(ctx context.Context, c *call) error {
	var asked evaluation
	c.StringVar(&asked.which, "epoch", string(runs.Last), "which epoch's prompt and ω: last, or best (on validation)")
	c.StringVar(&asked.part, "part", "test", "which samples: test, val or train")
	c.StringVar((*string)(&asked.batchNorm), "batchnorm", string(train.Running), "SMM: running, the mean and variance of the run, or precise, estimated again on the training samples; the run is not changed")
	c.BoolVar(&asked.recount, "recount", false, "evaluate with an ω that is counted again on the training samples; the run is not changed")
	dataset := c.datasetFlag()
	c.IntVar(&asked.batch, "batch", 50, "samples at a time")
	weights := c.weightsFlag()
	device := c.String("device", "auto", "the device that computes: "+strings.Join(backend.Devices, ", "))
	if err := c.parse(); err != nil {
		return err
	}
	asked.dataset, asked.weights = *dataset, *weights
	if err := errors.Join(checkEpoch(asked.which), checkDevice(*device), train.CheckBatch(asked.batch), asked.batchNorm.Check()); err != nil {
		return err
	}
	if !slices.Contains([]string{"test", "val", "train"}, asked.part) {
		return fmt.Errorf("no part is called %q; known: test, val, train", asked.part)
	}
	report := fetch.Terminal(c.stderr)
	var engine compute.Backend
	var all []measured
	for _, dir := range c.arguments {
		run, data, samples, err := asked.open(ctx, dir, report)
		if err != nil {
			return err
		}
		if engine == nil { // before a backend is fetched, because a run may lack something
			if engine, _, err = c.open(ctx, *device, report); err != nil {
				return err
			}
		}
		m, err := asked.measure(ctx, engine, run, data, samples)
		if err != nil {
			return err
		}
		if all = append(all, m); *c.json || len(c.arguments) == 1 {
			err = c.print(m, m.text)
		} else {
			_, err = fmt.Fprintln(c.stdout, m.line())
		}
		if err != nil {
			return err
		}
	}
	if len(all) > 1 && !*c.json {
		_, err := fmt.Fprint(c.stdout, means(all))
		return err
	}
	return nil
}

// open opens a run, its data and the part of them to evaluate.
func (e evaluation) open(ctx context.Context, dir string, report fetch.Report) (*runs.Run, *datasets.Dataset, []datasets.Sample, error) {
	run, err := openRun(ctx, dir, e.which, e.weights, report)
	if err != nil {
		return nil, nil, nil, err
	}
	data, err := dataOf(ctx, run, e.dataset, report)
	if err != nil {
		return nil, nil, nil, err
	}
	samples := map[string][]datasets.Sample{"train": data.Train, "val": data.Val, "test": data.Test}[e.part]
	if len(samples) == 0 {
		return nil, nil, nil, fmt.Errorf("%s has no %s samples", run.Dir, e.part)
	}
	return run, data, samples, nil
}

// measure evaluates the program on samples, after the requested estimates.
func (e evaluation) measure(ctx context.Context, engine compute.Backend, run *runs.Run, data *datasets.Dataset, samples []datasets.Sample) (measured, error) {
	m := measured{Run: run.Dir, Part: e.part, Epoch: e.which}
	program, err := run.Compile(engine)
	if err != nil {
		return m, err
	}
	defer program.Finalize()
	if e.recount || e.batchNorm == train.Precise {
		kept, err := train.Evaluate(ctx, program, samples, e.batch, nil)
		if err != nil {
			return m, err
		}
		overall, _ := scores(kept, run.Classes())
		m.Kept = &overall
	}
	if e.batchNorm == train.Precise {
		if err := train.Reestimate(ctx, program, data.Train, e.batch, nil); err != nil {
			return m, err
		}
	}
	if e.recount {
		mapping, err := train.Estimate(ctx, program, data.Train, e.batch, nil)
		if err == nil {
			err = program.SetMapping(mapping)
		}
		if err != nil {
			return m, err
		}
	}
	result, err := train.Evaluate(ctx, program, samples, e.batch, nil)
	if err != nil {
		return m, err
	}
	m.Loss = result.Loss
	m.Overall, m.Classes = scores(result, run.Classes())
	return m, nil
}

// line describes the accuracy of a run, also without the change by the flags.
func (m measured) line() string {
	says := fmt.Sprintf("%s: %s accuracy %s (95 %% interval %s to %s), %d samples, cross-entropy %.3f",
		m.Run, m.Part, percent(m.Overall.Accuracy), percent(m.Overall.Low), percent(m.Overall.High), m.Overall.Samples, m.Loss)
	if m.Kept != nil {
		says += "; as it is kept " + percent(m.Kept.Accuracy)
	}
	return says
}

func (m measured) text(w io.Writer) {
	fmt.Fprintf(w, "%s\n\n", strings.TrimPrefix(m.line(), m.Run+": "))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range m.Classes {
		fmt.Fprintf(table, "%s\t%s\t(%s to %s)\t%d samples\n", terminal.Escape(s.Class), percent(s.Accuracy), percent(s.Low), percent(s.High), s.Samples)
	}
	table.Flush()
}

// means describes the mean of several runs, and its difference from the runs without the change by the flags, paired by
// run.
func means(all []measured) string {
	var accuracies, changes []float64
	for _, m := range all {
		accuracies = append(accuracies, m.Overall.Accuracy)
		if m.Kept != nil {
			changes = append(changes, m.Overall.Accuracy-m.Kept.Accuracy)
		}
	}
	mean := results.IntervalOf(accuracies)
	says := fmt.Sprintf("mean of %d runs %.1f %% (95 %% interval %.1f to %.1f, Student's t)\n", mean.Runs, 100*mean.Mean, 100*mean.Low, 100*mean.High)
	if len(changes) > 0 {
		d := results.IntervalOf(changes)
		says += fmt.Sprintf("above what is kept, run by run: %+.1f points (95 %% interval %+.1f to %+.1f)\n", 100*d.Mean, 100*d.Low, 100*d.High)
	}
	return says
}

// datasetFlag declares the flag for the present place of a run's data set.
func (c *call) datasetFlag() *string {
	return c.String("dataset", "", "where the run's data set is now, such as folder:PATH or csv:FILE; default: where it was when the run was trained")
}

// dataOf loads a run's data set from its present place.
func dataOf(ctx context.Context, run *runs.Run, dataset string, report fetch.Report) (*datasets.Dataset, error) {
	data, err := run.Data(ctx, dataset, report)
	if errors.Is(err, runs.ErrData) {
		return nil, fmt.Errorf("%w: say where the run's data are now with -dataset %sPATH or %sFILE", err, datasets.FolderPrefix, datasets.CSVPrefix)
	}
	return data, err
}

// checkEpoch returns an error that lists the epochs of a run.
func checkEpoch(name string) error {
	if w := runs.Which(name); w != runs.Last && w != runs.Best {
		return fmt.Errorf("no epoch is called %q; known: last, best", name)
	}
	return nil
}

// scores counts right answers, of all samples and of each true class.
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
