package show

import (
	"fmt"

	"github.com/vrkit-go/reprogram/vrkit/figure"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// MappingSteps shows label mappings as a slider whose labels are their names, and which begins at the one of
// number start, from 0: for each target label the source label that votes for it most, in any of them.
func MappingSteps(title string, steps []figure.NamedMapping, start int, sources, targets []string, caption string) error {
	frames, err := figure.MappingSteps(steps, sources, targets, 1, caption)
	if err != nil {
		return err
	}
	return Slider(title, frames, start)
}

// MappingHistory shows ω at every epoch of a run that kept its history, as a slider, which begins at
// the last. Its first frame is epoch 1: epoch 0 has the same ω, counted before anything was learned.
func MappingHistory(run *runs.Run, caption string) error {
	steps, err := mappingHistory(run)
	if err != nil {
		return err
	}
	return MappingSteps("ω over the epochs", steps, len(steps)-1, sourceNames(run), run.Classes(), caption)
}

func mappingHistory(run *runs.Run) (steps []figure.NamedMapping, err error) {
	if run.MetricsErr != nil {
		return nil, run.MetricsErr
	}
	when := "ω after epoch %d" // of an ω that is learned or fixed
	if _, ok := run.Program.Output.(output.Estimator); ok {
		when = "ω counted before epoch %d"
	}
	for _, m := range run.Metrics[1:] {
		kept, err := keptEpoch(run, m.Epoch)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf(when, m.Epoch)
		if m.TestAccuracy >= 0 {
			name += fmt.Sprintf("; accuracy after it: %s", percent(m.TestAccuracy))
		}
		steps = append(steps, figure.NamedMapping{Name: name, Omega: kept.Mapping.Weights})
	}
	return steps, nil
}
