package figure

import "fmt"

// Counts draws the joint frequency F that label mappings are computed from, as Mapping draws ω: joint has shape [S,K],
// row-major, and source s is the top answer for joint[s,t] samples of target t. It draws the sources that are among the
// perTarget most frequent of some target.
func Counts(joint []float64, sources, targets []string, perTarget int, caption string) (Figure, error) {
	counts := make([]float32, len(joint))
	for i, n := range joint {
		counts[i] = float32(n)
	}
	if err := mappable(counts, sources, targets, perTarget); err != nil {
		return Figure{}, fmt.Errorf("%w (in the counts)", err)
	}
	m := pick(counts, sources, targets, perTarget)
	m.quantity = "images F"
	return m.draw(caption)
}
