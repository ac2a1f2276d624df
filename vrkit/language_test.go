package vrkit_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
)

// speaker is the tiny language model, ready to continue texts.
func speaker(t *testing.T) *vrkit.Language {
	l, err := vrkit.CompileLanguage(backendtest.XLA(t), modeltest.TinyLlama())
	require.NoError(t, err)
	t.Cleanup(l.Finalize)
	return l
}

// With its buffers of keys and values a model says what it says when it reads the whole text again for every word.
func TestContinueEqualsReadingAgain(t *testing.T) {
	l := speaker(t)
	const given = "we liked the film but not the end"
	said, err := l.Continue(t.Context(), given, vrkit.Generation{Tokens: 40}, nil)
	require.NoError(t, err)
	text := given
	for range said.Tokens {
		next, err := l.Continue(t.Context(), text, vrkit.Generation{}, nil)
		require.NoError(t, err)
		best := 0
		for i, z := range next.Logits {
			if z > next.Logits[best] {
				best = i
			}
		}
		text += " " + l.Model.Labels[best]
	}
	assert.Equal(t, text, given+said.Text)
	assert.Greater(t, said.Tokens, 30)
}

// The pieces that are heard are the text; the same seed draws the same text.
func TestContinueIsHeardInPieces(t *testing.T) {
	l := speaker(t)
	draw := func(seed uint64) string {
		var heard strings.Builder
		said, err := l.Continue(t.Context(), "the plot", vrkit.Generation{Tokens: 12, Temperature: 2, Seed: seed}, func(piece string) { heard.WriteString(piece) })
		require.NoError(t, err)
		assert.Equal(t, said.Text, heard.String())
		return said.Text
	}
	one := draw(1)
	assert.Equal(t, one, draw(1))
	assert.NotEqual(t, one, draw(2))
	words := strings.Fields(one)
	require.Greater(t, len(words), 3)
	stopped, err := l.Continue(t.Context(), "the plot", vrkit.Generation{Tokens: 12, Temperature: 2, Seed: 1, Stop: []string{" " + words[2]}}, nil)
	require.NoError(t, err)
	assert.Equal(t, " "+words[0]+" "+words[1], stopped.Text)
}

func TestContinueRefused(t *testing.T) {
	l := speaker(t)
	for _, c := range []struct {
		text string
		g    vrkit.Generation
		want string
	}{
		{" ", vrkit.Generation{}, "the text has no word"},
		{"the", vrkit.Generation{Tokens: -1}, "0 or more tokens, not by -1"},
		{"the", vrkit.Generation{Temperature: -1}, "a temperature is a number of at least 0"},
		{"the", vrkit.Generation{Stop: []string{""}}, "not empty"},
		{"the film", vrkit.Generation{Tokens: 255}, "more than the 256 that tiny-llama reads"},
	} {
		_, err := l.Continue(t.Context(), c.text, c.g, nil)
		require.ErrorContains(t, err, c.want)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := l.Continue(ended, "the film", vrkit.Generation{Tokens: 5}, nil)
	require.ErrorIs(t, err, context.Canceled)
	_, err = vrkit.CompileLanguage(backendtest.XLA(t), modeltest.Tiny())
	require.ErrorContains(t, err, "writes no text")
	_, err = vrkit.CompileLanguage(backendtest.XLA(t), modeltest.TinyText())
	require.ErrorContains(t, err, "only models whose positions are rotations can")
}
