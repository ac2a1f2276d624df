package show

import (
	"errors"
	"fmt"
	"os"

	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/figure"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// MaskSteps shows what Masks shows at every epoch of a run that kept its history, as a slider, which begins
// at the last. The program is the run's, and has what the run's last epoch learned afterwards.
func MaskSteps(title string, run *runs.Run, program *vrkit.Compiled, pixels []uint8, names []string, caption string) error {
	frames, err := maskFrames(run, program, pixels, names, caption)
	if err != nil {
		return err
	}
	return Slider(title, frames, len(frames)-1)
}

func maskFrames(run *runs.Run, program *vrkit.Compiled, pixels []uint8, names []string, caption string) ([]figure.Frame, error) {
	var labels []string
	var steps []figure.MaskedSamples
	if run.MetricsErr != nil {
		return nil, run.MetricsErr
	}
	for _, m := range run.Metrics {
		learned, err := keptEpoch(run, m.Epoch)
		if err != nil {
			return nil, err
		}
		if err := program.Use(learned); err != nil {
			return nil, err
		}
		samples, err := maskedSamples(program, pixels, names)
		if err != nil {
			return nil, err
		}
		labels, steps = append(labels, fmt.Sprintf("epoch %d", m.Epoch)), append(steps, samples)
	}
	return figure.MaskSteps(labels, steps, caption)
}

// keptEpoch reads the artefact of an epoch of a run that kept its history.
func keptEpoch(run *runs.Run, epoch int) (vrkit.Learned, error) {
	artefact, err := runs.ReadArtefact(run.Dir, runs.Epoch(epoch))
	if errors.Is(err, os.ErrNotExist) {
		return artefact.Learned, fmt.Errorf("show: epoch %d was not kept; train with History", epoch)
	}
	if err != nil {
		return artefact.Learned, fmt.Errorf("show: %w", err)
	}
	return artefact.Learned, nil
}
