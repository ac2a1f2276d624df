package models

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Near is a token of a language model that lies near a vector.
type Near struct {
	Token  string
	Cosine float64 // of its embedding and the vector, −1 to 1
}

// Nearest lists for each vector of vectors, [n,width] row-major, the k tokens whose embeddings have the largest cosine
// with it, the largest first. It is an error for a model that embeds no tokens.
func (m *Model) Nearest(vectors []float32, k int) ([][]Near, error) {
	table, err := m.Weights.value(wordsWeight)
	if err != nil {
		return nil, err
	}
	defer m.Weights.release()
	width := m.Tokens.Width
	switch {
	case width == 0 || len(vectors)%width != 0:
		return nil, fmt.Errorf("%d values are no vectors of %d", len(vectors), width)
	case len(table.Data) != len(m.Labels)*width:
		return nil, errors.New("the model is read at its features, so that its labels are no tokens: open it without features")
	}
	lengths := make([]float64, len(m.Labels))
	for token := range lengths {
		lengths[token] = length(table.Data[token*width : (token+1)*width])
	}
	var all [][]Near
	for vector := range slices.Chunk(vectors, width) {
		near, own := make([]Near, len(m.Labels)), length(vector)
		for token, label := range m.Labels {
			dot := 0.
			for i, v := range table.Data[token*width : (token+1)*width] {
				dot += float64(v) * float64(vector[i])
			}
			near[token] = Near{label, dot / max(1e-30, lengths[token]*own)}
		}
		slices.SortStableFunc(near, func(a, b Near) int { return cmp.Compare(b.Cosine, a.Cosine) })
		all = append(all, near[:min(k, len(near))])
	}
	return all, nil
}

func length(vector []float32) float64 {
	sum := 0.
	for _, v := range vector {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}
