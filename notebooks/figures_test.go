package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

// realFigures are the golden figures of vrkit/figure.
func realFigures(t *testing.T) map[string]picture {
	paths := filesIn(filepath.Join("..", "vrkit", "figure", "testdata"), "*.png")
	require.Greater(t, len(paths), 10)
	figures := map[string]picture{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		figures[filepath.Base(path)] = picture{"png", data}
	}
	return figures
}

func encoded(t *testing.T, m image.Image) picture {
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, m))
	return picture{"png", out.Bytes()}
}

// axesOnly is a plot without data.
func axesOnly(t *testing.T) picture {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = "Accuracy over the epochs", "epoch", "accuracy"
	w, err := p.WriterTo(8*vg.Inch, 4*vg.Inch, "png")
	require.NoError(t, err)
	var out bytes.Buffer
	_, err = w.WriteTo(&out)
	require.NoError(t, err)
	return picture{"png", out.Bytes()}
}

// Every real figure passes; a blank one, or one with only axes, does not.
func TestFlaw(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: many figures are drawn")
	}
	for name, p := range realFigures(t) {
		assert.Empty(t, p.flaw(), name)
	}
	thin, err := figure.Curves("", "epoch", "accuracy, %", "", figure.Series{Name: "test", X: []float64{0, 4}, Y: []float64{0, 0}})
	require.NoError(t, err)
	assert.Empty(t, picture{"png", thin.PNG}.flaw(), "one thin line")
	point, err := figure.Curves("The accuracy over the epochs of one run", "epoch", "accuracy, %",
		"A caption that says what to notice, at the length that captions have: it goes on for a line and a half, or for two lines.",
		figure.Series{X: []float64{0, 4}, Low: []float64{0, 0}, High: []float64{1, 1}}, figure.Series{Name: "test", X: []float64{0}, Y: []float64{0}})
	require.NoError(t, err)

	square := image.NewRGBA(image.Rect(0, 0, 100, 100))
	clear := encoded(t, square)
	square.Set(50, 50, color.Black)
	for want, bad := range map[string][]picture{
		"is blank":        {clear, encoded(t, image.NewGray(image.Rect(0, 0, 9, 9))), {"svg+xml", []byte("<svg><text>hm</text></svg>")}},
		"is nearly blank": {axesOnly(t), {"png", point.PNG}, encoded(t, square), {"svg+xml", []byte("<svg><line/><line/></svg>")}},
		"is no picture":   {{"png", []byte("PNG")}, {"png", nil}},
	} {
		for i, p := range bad {
			assert.Contains(t, p.flaw(), want, "%s %d", want, i)
		}
	}
}

// executedNotebook writes a notebook with one cell that has these outputs.
func executedNotebook(t *testing.T, says object, outputs ...object) string {
	for i := range outputs {
		outputs[i] = object{"output_type": "display_data", "metadata": object{}, "data": outputs[i]}
	}
	text, err := json.Marshal(object{"metadata": object{"reprogram": says}, "cells": []object{
		{"cell_type": "markdown", "source": []string{"# 07 · A *title*\n", "\n", "**What you will see.** One thing. Another."}},
		{"cell_type": "code", "execution_count": 7, "source": "x", "outputs": outputs},
	}})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "07_x.ipynb")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// slider makes a slider of real figures; the last frame may be another picture.
func slider(t *testing.T, last []byte) string {
	data := realFigures(t)["curves.png"].Data
	if last == nil {
		last = data
	}
	html, err := figure.Slider("epochs", []figure.Frame{
		{Label: "epoch 0", Figure: figure.Figure{PNG: data, Width: 700}}, {Label: "epoch 1", Figure: figure.Figure{PNG: last, Width: 700}},
	}, 1)
	require.NoError(t, err)
	return html
}

// A slider is one figure, and each of its frames is checked.
func TestSliderIsOneFigure(t *testing.T) {
	real := realFigures(t)
	m, err := real["curves.png"].decoded()
	require.NoError(t, err)
	blank := encoded(t, image.NewRGBA(m.Bounds())).Data
	drawn := object{"image/png": []string{must64(real["grid.png"])}, "text/plain": "a figure"}
	assert.NoError(t, checkFigures(executedNotebook(t, object{"figures": 2}, object{"text/html": slider(t, nil)}, drawn)))
	assert.EqualError(t, checkFigures(executedNotebook(t, object{"figures": 2}, object{"text/html": slider(t, blank)}, drawn)),
		"07_x.ipynb: cell 7: picture 2 of 2 of its figure (HTML) is blank: it is of one colour")
	assert.ErrorContains(t, checkFigures(executedNotebook(t, object{"figures": 1}, object{"text/html": "<b>no</b>"})), "shows 0 (none)")

	plain := figure.Figure{PNG: real["curves.png"].Data, Width: 700, Alt: `Curves: a > b, "quoted".`}
	assert.NoError(t, checkFigures(executedNotebook(t, object{"figures": 1}, object{"text/html": plain.HTML()})))
	plain.Alt = ""
	assert.ErrorContains(t, checkFigures(executedNotebook(t, object{"figures": 1}, object{"text/html": plain.HTML()})),
		"07_x.ipynb: cell 7: its figure (HTML) has a picture without an alternative text")
}
