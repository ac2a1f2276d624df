package show

import (
	"fmt"
	"slices"

	"github.com/vrkit-go/reprogram/vrkit/figure"
	measured "github.com/vrkit-go/reprogram/vrkit/results"
)

// Grid shows the accuracies of a model's programs on a data set: a row for each input, a column for each output. It
// leaves out rows with a label, which are variants.
func Grid(rows []*measured.Row, dataset, model string) error {
	return drawn(GridFigure(rows, dataset, model))("grid")
}

// GridFigure returns the figure of Grid. It is an error if there is no run.
func GridFigure(rows []*measured.Row, dataset, model string) (figure.Figure, error) {
	var inputs, outputs []string
	cells := map[[2]string]figure.AccuracyCell{}
	for _, r := range rows {
		if r.Dataset != dataset || r.Model != model || r.Label != "" {
			continue
		}
		if !slices.Contains(inputs, r.Input) {
			inputs = append(inputs, r.Input)
		}
		if !slices.Contains(outputs, r.Output) {
			outputs = append(outputs, r.Output)
		}
		cells[[2]string{r.Input, r.Output}] = figure.AccuracyCell{Mean: r.Accuracy, Deviation: r.Deviation, Runs: len(r.Seeds)}
	}
	if len(inputs) == 0 {
		return figure.Figure{}, fmt.Errorf("show: the table has no run of %s on %s", dataset, model)
	}
	grid := make([][]figure.AccuracyCell, len(inputs))
	for i, in := range inputs {
		for _, out := range outputs {
			grid[i] = append(grid[i], cells[[2]string{in, out}])
		}
	}
	return figure.Accuracies(inputs, outputs, grid, "Test accuracy in %: "+dataset+" on "+model,
		"Along a row only the output alignment changes, down a column only the input manipulation.")
}
