package modeltest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// TinyLlama is a frozen language model of the Llama family, of two layers, 16 values a token, four heads that share two
// heads of keys and values, and the words of [TinyText]. Its last word, "song", ends a text.
func TinyLlama() *models.Model {
	net := models.Llama{
		Tokens: models.Tokens{Width: 16, Layers: 2, Keys: 8, Rotary: true}, Heads: 4, Hidden: 24, Vocabulary: len(words), Base: 100, Epsilon: 1e-5,
	}
	weights, _ := models.Freeze(func() (models.Weights, error) { // it can't fail
		w := models.Weights{"words": embedding(), "norm": ones(16)}
		for i := range net.Layers {
			for number, name := range []string{"queries", "keys", "values", "out", "gate", "expand", "project"} {
				in, out := 16, 16
				switch name {
				case "keys", "values":
					out = 8
				case "gate", "expand":
					out = 24
				case "project":
					in = 24
				}
				w[fmt.Sprintf("layer%d/%s", i, name)] = wave(.6, .35+.07*float64(number+7*i), in, out)
			}
			w[fmt.Sprintf("layer%d/norm1", i)], w[fmt.Sprintf("layer%d/norm2", i)] = ones(16), ones(16)
		}
		return w, nil
	})
	return &models.Model{
		Info:    models.Info{Name: "tiny-llama", Title: "Tiny test Llama", Modality: taxonomy.Text, Window: 256, Tokens: net.Tokens},
		Labels:  words,
		Weights: weights,
		Forward: net.Forward,
		Encode:  encodeWords,
		Decode: func(tokens []int32) (text string) {
			for _, token := range tokens {
				text += " " + words[token]
			}
			return text
		},
		End: int32(len(words) - 1),
	}
}

// encodeWords are the numbers of a text's words.
func encodeWords(text string) (numbers []int32, err error) {
	for _, word := range strings.Fields(text) {
		numbers = append(numbers, int32(max(0, slices.Index(words, word))))
	}
	if len(numbers) == 0 {
		return nil, errors.New("the text has no word")
	}
	return numbers, nil
}

func ones(count int) models.Tensor {
	return models.Tensor{Shape: []int{count}, Data: slices.Repeat([]float32{1}, count)}
}
