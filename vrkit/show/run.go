package show

import (
	"path/filepath"

	"github.com/vrkit-go/reprogram/vrkit/figure"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// Prompt shows what a run learned at the input, as every image gets it or, with a mask, before it.
func Prompt(run *train.Run) error { return drawn(promptFigure(run))("prompt") }

// Mapping shows a run's ω: for each target label the source labels that vote for it most.
func Mapping(run *train.Run) error { return drawn(mappingFigure(run))("mapping") }

// Curves shows accuracy over the epochs of one run, or of several by the names of their folders.
func Curves(runs ...*train.Run) error { return drawn(curvesFigure(runs...))("curves") }

// Losses shows the training loss over the epochs of one run, or of several by the names of their folders.
// Epoch 0 learns nothing and has none.
func Losses(runs ...*train.Run) error { return drawn(lossesFigure(runs...))("losses") }

// Diagnostics shows what ω was like over the epochs of one run, or of several by the names of their
// folders: its entropy, how many source labels it reads, their coverage, and how much of it changed.
func Diagnostics(runs ...*train.Run) error { return drawn(diagnosticsFigure(runs...))("diagnostics") }

// drawn shows a figure that may have failed to be drawn.
func drawn(f figure.Figure, err error) func(name string) error {
	return func(name string) error {
		if err != nil {
			return err
		}
		return Figure(f, name)
	}
}

// SaveRun writes the figures of a run that need no backend into the folder of figures, and returns their
// paths. A run that learned no prompt, such as SMM's without δ, has no figure of one.
func SaveRun(run *train.Run) ([]string, error) {
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
		if _, ok := run.Artefact.Learned[input.PromptVariable]; !ok && one.name == "prompt" {
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

func promptFigure(run *train.Run) (figure.Figure, error) {
	prompt, err := run.Prompt()
	if err != nil {
		return figure.Figure{}, err
	}
	side := run.Program.SideOrDefault()
	// What is added to normalised values has no colour: the figure spreads it over its range and says so.
	if pictured, ok := run.Program.Input.(input.Pictured); ok && run.Program.Input.Space() == input.Pixels {
		prompt = pictured.Picture(prompt, side)
	}
	caption := "All that was learned at the input. The same goes with every image; it began as plain grey."
	if _, ok := run.Program.Input.(input.Masked); ok {
		caption = "The pattern δ that was learned at the input. It began as plain grey; an image gets what its own mask leaves of it."
	}
	return figure.Prompt(prompt, side, side, caption)
}

// perTarget is how many source labels a mapping's figure shows for each target label.
const perTarget = 3

func mappingFigure(run *train.Run) (figure.Figure, error) {
	omega := run.Artefact.Mapping
	return figure.Mapping(omega.Weights, run.Sources(), run.Classes(), perTarget,
		"ω: which of the frozen model's classes stand for each of the new ones. In a column the darkest cells have the most say.")
}

func curvesFigure(runs ...*train.Run) (figure.Figure, error) {
	var series []figure.Series
	for _, run := range runs {
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
		if len(runs) > 1 {
			series = append(series, figure.Series{Name: filepath.Base(run.Dir), X: x, Y: tested})
			continue
		}
		series = append(series, figure.Series{Name: "training", Role: figure.Training, X: trainX, Y: trained},
			figure.Series{Name: "test", Role: figure.Test, X: x, Y: tested})
	}
	title, caption := "Accuracy", "At epoch 0 nothing has been learned: only the mapping was counted. Then the prompt learns, and the mapping follows it."
	if len(runs) > 1 {
		title = "Test accuracy"
	} else {
		caption += " Training accuracy is an average over the epoch, each batch before its step."
	}
	return figure.Curves(title, "epoch", "accuracy, %", caption, series...)
}

func lossesFigure(runs ...*train.Run) (figure.Figure, error) {
	var lines []figure.Series
	for _, run := range runs {
		line := figure.Series{Name: filepath.Base(run.Dir)}
		if run.MetricsErr != nil {
			return figure.Figure{}, run.MetricsErr
		}
		for _, m := range run.Metrics[1:] {
			line.X, line.Y = append(line.X, float64(m.Epoch)), append(line.Y, m.Loss)
		}
		lines = append(lines, line)
	}
	return figure.Curves("Training loss", "epoch", "cross-entropy", "An average over the epoch, each batch before its step.", lines...)
}

func diagnosticsFigure(runs ...*train.Run) (figure.Figure, error) {
	var histories []figure.OmegaHistory
	for _, run := range runs {
		diagnostics, err := train.ReadDiagnostics(run.Dir)
		if err != nil {
			return figure.Figure{}, err
		}
		h := figure.OmegaHistory{Name: "ω of " + run.Program.Output.Name()}
		if len(runs) > 1 {
			h.Name = filepath.Base(run.Dir)
		}
		for epoch, d := range diagnostics {
			h.Epochs = append(h.Epochs, float64(epoch))
			h.Entropy, h.Sources = append(h.Entropy, d.Entropy), append(h.Sources, d.Sources)
			h.Coverage, h.Churn = append(h.Coverage, d.Coverage), append(h.Churn, d.Churn)
		}
		histories = append(histories, h)
	}
	return figure.Diagnostics("", "How widely ω spreads each target label over the source labels, and how much it still moves. "+
		"At epoch 0 nothing has been learned, and there is no ω before it to differ from.", histories...)
}
