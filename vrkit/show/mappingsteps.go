package show

import (
	"errors"
	"fmt"
	"os"

	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/figure"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// MappingSteps shows label mappings as a slider, with their names as its labels: for each target label the source label
// with the largest weight, from all of the mappings.
func MappingSteps(title string, steps []figure.NamedMapping, sources, targets []string, caption string) error {
	frames, err := figure.MappingSteps(steps, sources, targets, 1, caption)
	if err != nil {
		return err
	}
	return Slider(title, frames)
}

// MappingHistory shows ω at every epoch of a run that kept its history, as a slider. It begins with epoch 1: epoch 0
// has the same ω, from the initial prompt.
func MappingHistory(run *train.Run, caption string) error {
	steps, err := mappingHistory(run)
	if err != nil {
		return err
	}
	return MappingSteps("ω over the epochs", steps, run.Sources(), run.Classes(), caption)
}

func mappingHistory(run *train.Run) (steps []figure.NamedMapping, err error) {
	if run.MetricsErr != nil {
		return nil, run.MetricsErr
	}
	for _, m := range run.Metrics[1:] {
		kept, err := vrkit.ReadArtefact(run.Dir, vrkit.Epoch(m.Epoch))
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("show: epoch %d was not kept; train with History", m.Epoch)
		}
		if err != nil {
			return nil, fmt.Errorf("show: %w", err)
		}
		name := fmt.Sprintf("epoch %d", m.Epoch)
		if m.TestAccuracy >= 0 {
			name += ": " + percent(m.TestAccuracy) + " of the test images"
		}
		steps = append(steps, figure.NamedMapping{Name: name, Omega: kept.Mapping.Weights})
	}
	return steps, nil
}
