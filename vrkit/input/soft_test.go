package input

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
)

// Tokens are drawn from the whole vocabulary, also if the model has fewer source labels, as at its features.
func TestSoftOfTheVocabulary(t *testing.T) {
	const vocabulary = 50
	weights, err := models.Freeze(func() (models.Weights, error) {
		table := models.Tensor{Shape: []int{vocabulary, 1}}
		for token := range vocabulary {
			table.Data = append(table.Data, float32(token))
		}
		return models.Weights{"words": table}, nil
	})
	require.NoError(t, err)
	m := &models.Model{Info: models.Info{Tokens: models.Tokens{Width: 1}}, Labels: []string{"feature 0", "feature 1"}, Weights: weights}
	bound, err := Soft{Tokens: vocabulary, Init: Vocabulary, Seed: 3}.Bind(m, nil)
	require.NoError(t, err)
	drawn := *bound.(Soft).embedded
	require.Len(t, drawn, vocabulary)
	seen := map[float32]bool{}
	for _, v := range drawn {
		seen[v] = true
	}
	require.Len(t, seen, vocabulary, "each token once")
}
