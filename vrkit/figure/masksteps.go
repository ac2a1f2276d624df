package figure

import (
	"errors"
	"fmt"
	"slices"
)

// MaskSteps draws the same samples at several steps of a training as frames for a Slider: each as Masks draws it, but
// all on the same scales, so that growth from step to step can be seen.
func MaskSteps(labels []string, steps []MaskedSamples, caption string) ([]Frame, error) {
	if len(steps) == 0 || len(labels) != len(steps) {
		return nil, fmt.Errorf("figure: %d labels for %d steps of masks; pass one for each", len(labels), len(steps))
	}
	shared := maskScales{channels: 1}
	for i, s := range steps {
		if err := s.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", labels[i], err)
		}
		if s.Side != steps[0].Side || !slices.Equal(s.Names, steps[0].Names) {
			return nil, errors.New("figure: the steps of masks are of different samples; pass the same at each")
		}
		shared.mask, shared.added = max(shared.mask, furthest(s.Masks)), max(shared.added, mostOf(s.Added))
		shared.channels = max(shared.channels, s.scales().channels)
	}
	// As in reach, if all values are 0 at every step.
	shared.mask, shared.added = reach(0, shared.mask), reach(0, shared.added)
	for _, s := range steps {
		shared.notes = max(shared.notes, len(s.notes(shared)))
	}
	frames := make([]Frame, len(steps))
	for i, s := range steps {
		f, err := s.draw(shared, caption)
		if err != nil {
			return nil, err
		}
		frames[i] = Frame{Label: labels[i], Figure: f}
	}
	return frames, nil
}

// furthest returns the largest absolute value.
func furthest(values []float32) float64 {
	low, high := bounds(values)
	return max(-low, high)
}
