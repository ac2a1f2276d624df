package output

import "fmt"

// Accuracy is the share of samples, 0 to 1, that ω classifies right: the first target label with the largest target
// logit, ẑ = z·ω, is the sample's. logits is row-major [n,S]. Errors are those of Count; no samples are an error too.
func (m Mapping) Accuracy(logits []float32, labels []int32) (float64, error) {
	if len(labels) == 0 {
		return 0, fmt.Errorf("there are no samples, and so no accuracy")
	}
	right, target := 0, make([]float32, m.Targets)
	err := NewStatistics(m.Sources, m.Targets).each(logits, labels, func(row []float32, label int) {
		clear(target)
		for source, z := range row {
			for t, w := range m.Weights[source*m.Targets : (source+1)*m.Targets] {
				target[t] += z * w
			}
		}
		if argmax(target) == label {
			right++
		}
	})
	return float64(right) / float64(len(labels)), err
}
