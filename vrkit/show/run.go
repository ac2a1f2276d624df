package show

import (
	"path/filepath"
	"slices"
	"strconv"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/figure"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// Prompt shows what a run learned at the input, before it is multiplied by a mask of SMM.
func Prompt(run *runs.Run) error { return drawn(promptFigure(run))("prompt") }

// Mapping shows a run's ω: for each target label the source labels with the largest weights.
func Mapping(run *runs.Run) error { return drawn(mappingFigure(run))("mapping") }

// Curves shows accuracy over the epochs of one or several runs, named by their folders.
func Curves(all ...*runs.Run) error { return drawn(curvesFigure(all...))("curves") }

// Losses shows the training loss over the epochs of one or several runs, named by their folders. Epoch 0 has no loss,
// because it does not train.
func Losses(all ...*runs.Run) error { return drawn(lossesFigure(all...))("losses") }

// Diagnostics shows the diagnostics of ω over the epochs of one or several runs, named by their folders: its entropy,
// how many source labels it uses, their coverage, and how much of it changed.
func Diagnostics(all ...*runs.Run) error { return drawn(diagnosticsFigure(all...))("diagnostics") }

// drawn shows a figure, or returns the error of drawing it.
func drawn(f figure.Figure, err error) func(name string) error {
	return func(name string) error {
		if err != nil {
			return err
		}
		return Figure(f, name)
	}
}

// SaveRun writes the figures of a run that need no backend into the folder of figures, and returns their
// paths. A run that learned no prompt that is a picture, such as SMM's without δ, or tokens, has no figure of one; a run without an epoch of training has no curves.
func SaveRun(run *runs.Run) ([]string, error) {
	var paths []string
	for _, one := range []struct {
		name string
		draw func() (figure.Figure, error)
	}{
		{"prompt", func() (figure.Figure, error) { return promptFigure(run) }},
		{"mapping", func() (figure.Figure, error) { return mappingFigure(run) }},
		{"curves", func() (figure.Figure, error) { return curvesFigure(run) }},
		{"diagnostics", func() (figure.Figure, error) { return diagnosticsFigure(run) }},
	} {
		if one.name == "prompt" && !run.HasPicture() || one.name == "curves" && run.MetricsErr == nil && len(run.Metrics) < 2 {
			continue
		}
		f, err := one.draw()
		if err != nil {
			return nil, err
		}
		path, err := Save(f, one.name)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func promptFigure(run *runs.Run) (figure.Figure, error) {
	prompt, err := run.Prompt()
	if err != nil {
		return figure.Figure{}, err
	}
	side := run.Program.SideOrDefault()
	// What is added to normalised values has no colour: the figure spreads it over its range and says so.
	if pictured, ok := run.Program.Input.(input.Pictured); ok && run.Program.ActsAt(models.Pixels) {
		prompt = pictured.Picture(prompt, side)
	}
	caption := "Everything that was learned at the input. It is the same for every image, and it began as plain grey."
	if _, ok := run.Program.Input.(input.Masked); ok {
		caption = "The learned pattern δ. It started as plain grey; each image gets δ times its own mask."
	}
	return figure.Prompt(prompt, side, side, caption)
}

// perTarget is how many source labels a mapping's figure shows for each target label.
const perTarget = 3

func mappingFigure(run *runs.Run) (figure.Figure, error) {
	omega := run.Artefact.Mapping
	return figure.Mapping(omega.Weights, sourceNames(run), run.Classes(), perTarget,
		"ω: which source labels stand for each target label. In a column the darkest cells have the largest weights.")
}

// sourceNames are the names of a run's source labels in a figure. Those of a language model are in quotes, because most
// tokens begin with a blank.
func sourceNames(run *runs.Run) []string {
	names := run.Sources()
	if run.Program.Model.Encode != nil {
		names = slices.Clone(names)
		for i, name := range names {
			names[i] = strconv.Quote(name)
		}
	}
	return names
}

func curvesFigure(all ...*runs.Run) (figure.Figure, error) {
	var series []figure.Series
	for _, run := range all {
		var x, trained, trainX, tested []float64
		if run.MetricsErr != nil {
			return figure.Figure{}, run.MetricsErr
		}
		for _, m := range run.Metrics {
			if m.TestAccuracy >= 0 {
				x, tested = append(x, float64(m.Epoch)), append(tested, m.TestAccuracy)
			}
			if m.Epoch > 0 {
				trainX, trained = append(trainX, float64(m.Epoch)), append(trained, m.TrainAccuracy)
			}
		}
		if len(all) > 1 {
			series = append(series, figure.Series{Name: filepath.Base(run.Dir), X: x, Y: tested})
			continue
		}
		series = append(series, figure.Series{Name: "training", Role: figure.Training, X: trainX, Y: trained},
			figure.Series{Name: "test", Role: figure.Test, X: x, Y: tested})
	}
	title, caption := "Accuracy", "Epoch 0 is the mapping alone, before training. Then the prompt is trained, and the mapping is estimated again."
	if len(all) > 1 {
		title = "Test accuracy"
	} else {
		caption += " Training accuracy is the mean over the epoch, each batch before its step."
	}
	return figure.Curves(title, "epoch", "accuracy, %", caption, series...)
}

func lossesFigure(all ...*runs.Run) (figure.Figure, error) {
	var lines []figure.Series
	for _, run := range all {
		line := figure.Series{Name: filepath.Base(run.Dir)}
		if run.MetricsErr != nil {
			return figure.Figure{}, run.MetricsErr
		}
		for _, m := range run.Metrics[1:] {
			line.X, line.Y = append(line.X, float64(m.Epoch)), append(line.Y, m.Loss)
		}
		lines = append(lines, line)
	}
	return figure.Curves("Training loss", "epoch", "cross-entropy", "The mean over the epoch, each batch before its step.", lines...)
}

func diagnosticsFigure(all ...*runs.Run) (figure.Figure, error) {
	var histories []figure.OmegaHistory
	for _, run := range all {
		diagnostics, err := runs.ReadDiagnostics(run.Dir)
		if err != nil {
			return figure.Figure{}, err
		}
		h := figure.OmegaHistory{Name: "ω of " + run.Program.Output.Name()}
		if len(all) > 1 {
			h.Name = filepath.Base(run.Dir)
		}
		for epoch, d := range diagnostics {
			h.Epochs = append(h.Epochs, float64(epoch))
			h.Entropy, h.Sources = append(h.Entropy, d.Entropy), append(h.Sources, d.Sources)
			h.Coverage, h.Churn = append(h.Coverage, d.Coverage), append(h.Churn, d.Churn)
		}
		histories = append(histories, h)
	}
	return figure.Diagnostics("", "How many source labels ω uses for a target label, and how much of ω changes. "+
		"Epoch 0 is before training, and has no earlier ω to compare with.", histories...)
}
