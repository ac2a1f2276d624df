package input_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// composed is what a manipulation makes of a text.
func composed(t *testing.T, m input.Manipulation, text string) string {
	fitted, err := m.Fit(models.Info{Modality: taxonomy.Text})
	require.NoError(t, err)
	return fitted.Compose(text)
}

func TestTemplate(t *testing.T) {
	assert.Equal(t, "fine", composed(t, input.Template{}, "fine"))
	assert.Equal(t, "Review: fine\nSentiment:", composed(t, input.Template{Text: "Review: {x}\nSentiment:"}, "fine"))
	assert.Equal(t, "a {x} b", composed(t, input.Template{Text: "a {x} b"}, "{x}"), "a text that has the place's name")
	for text, want := range map[string]string{"one two  three ": "one two.", "one": "one.", " one\ttwo": " one\ttwo.", "": "."} {
		assert.Equal(t, want, composed(t, input.Template{Text: "{x}.", Most: 2}, text))
	}
	for _, bad := range []input.Template{{Text: "no place"}, {Text: "{x} {x}"}, {Text: "{x}\xff"}, {Most: -1}} {
		require.Error(t, bad.Check())
	}
	_, err := input.Template{}.Fit(models.Info{Name: "squeezenet1.1"})
	require.ErrorContains(t, err, "template writes around a text, and squeezenet1.1 reads a picture")
}

// The examples are of all classes in turn, written in the template of the chain, and the samples that they are leave.
func TestShots(t *testing.T) {
	texts, labels := []string{"a", "b", "c", "d", "e", "f"}, []int32{0, 0, 0, 0, 1, 1}
	chain := input.Chain{input.Template{Text: "<{x}>"}, input.Shots{Shots: 4, Seed: 5}}
	chosen, taken, err := chain.Choose(texts, labels, []string{"bad", "good"}, nil)
	require.NoError(t, err)
	require.Len(t, taken, 4)
	count := map[int32]int{}
	for _, at := range taken {
		count[labels[at]]++
	}
	assert.Equal(t, map[int32]int{0: 2, 1: 2}, count)
	text := composed(t, chosen, "x")
	assert.Regexp(t, `^(<[a-f]> (bad|good)\n\n){4}<x>$`, text)
	assert.Contains(t, text, "<e> good")
	again, _, err := chain.Choose(texts, labels, []string{"bad", "good"}, nil)
	require.NoError(t, err)
	assert.Equal(t, chosen, again)
	other := input.Chain{input.Template{Text: "<{x}>"}, input.Shots{Shots: 4, Seed: 6}}
	otherChosen, _, err := other.Choose(texts, labels, []string{"bad", "good"}, nil)
	require.NoError(t, err)
	assert.NotEqual(t, text, composed(t, otherChosen, "x"))
	_, _, err = input.Shots{Shots: 6}.Choose(texts, labels, []string{"bad", "good"}, nil)
	require.ErrorContains(t, err, "6 worked examples leave none of 6 training samples")
	require.Error(t, input.Shots{Shots: 101}.Check())
}
