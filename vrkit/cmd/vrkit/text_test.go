package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets/datasettest"
)

// What is for pictures says so of a language model, before anything is fetched.
func TestTextModelsRefuse(t *testing.T) {
	dir := t.TempDir()
	const of = " -model smollm2-135m "
	for line, cause := range map[string]string{
		"logits -image x.png" + of:                                                 "smollm2-135m reads a text, and logits takes a picture: take vrkit ask",
		"logits" + of:                                                              "logits takes a picture: take vrkit ask",
		"logits -model random:smollm2-135m":                                        "random:smollm2-135m reads a text",
		"train -o run -dataset movie-snippets" + of:                                "pad changes a picture, and smollm2-135m reads a text",
		"train -o run -input vpt -dataset movie-snippets" + of:                     "vpt puts tokens behind a picture's class token, and smollm2-135m reads a text: take soft",
		"train -o run -input soft" + of:                                            "a sample of mnist is a picture, and smollm2-135m reads a text: take another data set or another model",
		"train -o run -dataset movie-snippets":                                     "a sample of movie-snippets is a text, and squeezenet1.1 reads a picture",
		"train -o run -input soft -dataset movie-snippets -side 128" + of:          "-side: smollm2-135m reads a text, which has no side: leave it out",
		"train -o run -input soft -dataset movie-snippets -augment always" + of:    "can't be cropped or mirrored: take a recipe without augmentation, or -augment none",
		"train -o run -input soft -dataset movie-snippets -recipe smm" + of:        "can't be cropped or mirrored",
		"table -o runs -models smollm2-135m -datasets mnist -inputs soft -seeds 0": "a sample of mnist is a picture, and smollm2-135m reads a text",
	} {
		refused(t, dir, cause, strings.Fields(line)...)
	}
}

// A program of texts has figures without a picture of a prompt, and predict takes its arguments for texts.
func TestTextRun(t *testing.T) {
	dir := t.TempDir()
	data := datasettest.Moods()
	table := []string{"text,label,split"}
	for i, sample := range data.Train {
		table = append(table, sample.Text+","+data.Classes[sample.Label]+","+[]string{"train", "train", "test"}[i%3])
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "moods.csv"), []byte(strings.Join(table, "\n")), 0o600))
	said := func(fails bool, line string) string {
		text, err := process(t, dir, strings.Fields(line)...).CombinedOutput()
		require.Equal(t, fails, err != nil, string(text))
		return string(text)
	}
	said(false, "train -o run -model tiny-text -dataset csv:moods.csv -input template -output flm")
	require.Contains(t, said(false, "eval run"), "samples, cross-entropy")
	require.NotContains(t, said(false, "show run"), "its font lacks letters")
	require.Equal(t, []string{"diagnostics.png", "mapping.png"}, files(t, filepath.Join(dir, "run/figures")))
	require.Regexp(t, `(?m)^dull: (negative|positive), [0-9.]+ % \(`, said(false, "predict run dull"))
}
