package show

import (
	"fmt"
	"image"
	"slices"

	"github.com/vrkit-go/reprogram/vrkit/figure"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// Voters is a slider over a run's target labels: a picture of each, and the k source labels with the largest ω, all on
// one scale.
func Voters(run *runs.Run, pictures []image.Image, k int) error {
	frames, err := voterFrames(run, pictures, k)
	if err != nil {
		return err
	}
	return Slider("target label", frames, 0)
}

func voterFrames(run *runs.Run, pictures []image.Image, k int) (frames []figure.Frame, err error) {
	if len(pictures) != len(run.Classes()) {
		return nil, fmt.Errorf("show: %d pictures for %d target labels", len(pictures), len(run.Classes()))
	}
	full := float64(slices.Max(run.Artefact.Mapping.Weights))
	for t, class := range run.Classes() {
		voters, err := run.Voters(class, k)
		if err != nil {
			return nil, err
		}
		var bars []figure.Guess
		for _, voter := range voters {
			bars = append(bars, figure.Guess{Name: voter.Source, Value: voter.Weight})
		}
		f, err := figure.Votes(pictures[t], "Who votes for "+class, bars, full, fmt.Sprintf("The %d largest ω.", len(bars)))
		if err != nil {
			return nil, err
		}
		frames = append(frames, figure.Frame{Label: class, Figure: f})
	}
	return frames, nil
}
