package figure

import "fmt"

// MappingSteps draws several label mappings ω as Mapping draws one, as frames of a Slider: the same rows in the same
// places, the same colours and the same size. It is for one ω over the epochs of a run, or over values of a
// hyper-parameter. A mapping's name becomes the label of its frame. It draws the sources that are among the perTarget
// heaviest of some target in some mapping.
func MappingSteps(mappings []NamedMapping, sources, targets []string, perTarget int, caption string) ([]Frame, error) {
	for _, m := range mappings {
		if err := mappable(m.Omega, sources, targets, perTarget); err != nil {
			return nil, fmt.Errorf("%w (in the mapping %q)", err, m.Name)
		}
	}
	S, K := len(sources), len(targets)
	columns := targets[:min(K, mostTargets)]
	rows, own := shared(mappings, S, K, len(columns), perTarget)
	steps, heaviest := make([]mapping, len(mappings)), 0.
	for i, m := range mappings {
		step := mapping{quantity: omegaWeight, step: true, rows: numbered(sources, rows), columns: columns, own: own, total: S, allTargets: K}
		step.take(func(s, t int) float64 { return float64(m.Omega[s*K+t]) }, rows, S)
		steps[i], heaviest = step, max(heaviest, step.heaviest)
	}
	frames := make([]Frame, len(mappings))
	for i, step := range steps {
		step.heaviest = heaviest
		f, err := step.draw(caption)
		if err != nil {
			return nil, err
		}
		frames[i] = Frame{Label: mappings[i].Name, Figure: f}
	}
	return frames, nil
}
