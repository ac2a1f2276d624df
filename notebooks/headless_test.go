package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readyLauncher is a launcher for which the set-up has made, in the user's cache, what executing notebooks needs.
func readyLauncher(t *testing.T, out *strings.Builder) (*launcher, context.Context) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: JupyterLab and the Go kernel are not set up")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Minute)
	t.Cleanup(cancel)
	l, err := newLauncher()
	require.NoError(t, err)
	t.Cleanup(l.close)
	require.NoError(t, l.setUp(ctx, []step{l.buildTools, l.makePython}))
	l.out = out
	t.Setenv("GOPROXY", "off")
	return l, ctx
}

type object = map[string]any

// writeNotebook writes a notebook of cells without a figure; cells that start with "#" are Markdown.
func writeNotebook(t *testing.T, name string, cells ...string) string {
	return declaring(t, name, object{"figures": 0}, cells...)
}

// declaring writes a notebook with this metadata; the cells that start with "const" are its parameters.
func declaring(t *testing.T, name string, says object, cells ...string) string {
	t.Helper()
	var list []object
	for i, source := range cells {
		cell := object{"id": fmt.Sprint("c", i), "metadata": object{}, "source": source, "cell_type": "markdown"}
		if !strings.HasPrefix(source, "#") {
			cell["cell_type"], cell["outputs"], cell["execution_count"] = "code", []object{}, nil
		}
		if strings.HasPrefix(source, "const") {
			cell["metadata"] = object{"tags": []string{"parameters"}}
		}
		list = append(list, cell)
	}
	text, err := json.Marshal(object{"cells": list, "metadata": object{"reprogram": says}, "nbformat": 4, "nbformat_minor": 5})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// copySmall copies a notebook, scaled as by -run.
func (l *launcher) copySmall(from, to string) error {
	const script = `import sys, nbformat, scale
notebook = nbformat.read(sys.argv[1], as_version=4)
scale.scale(notebook, "small")
nbformat.write(notebook, sys.argv[2])`
	python := exec.Command(l.python, "-B", "-c", script, from, to)
	python.Dir = filepath.Join(l.root, "notebooks", "jupyter")
	if said, err := python.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	return nil
}

// drawsPicture is a cell that shows two pictures, a full one and a white one.
const drawsPicture = `import (
	"image"
	"image/color"
	"github.com/janpfeifer/gonb/gonbui"
)
func picture() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 32, 32))
	for i := range 1024 {
		m.Set(i%32, i/32, color.RGBA{uint8(i%32)*8, uint8(i/32)*8, 99, 255})
	}
	return m
}
func white() image.Image { return image.NewRGBA(image.Rect(0, 0, 32, 32)) }`

// A notebook is executed in a folder of its own, and its page loads nothing.
func TestExecuteNotebook(t *testing.T) {
	var printed strings.Builder
	l, ctx := readyLauncher(t, &printed)
	path := declaring(t, "tiny.ipynb", object{"figures": 1},
		"# A title\n\nIt is $O_\\omega$ of $\\mathbb{1}[y=k]$, `$not$`, and \\$5:\n\n$$\\arg\\max_k z_k$$\n\n<details><summary>folded</summary>\n\n$x_1$ *text*\n\n</details>",
		"%noautoget", drawsPicture,
		"%%\ndefer gonbui.Sync()\ngonbui.DisplayImage(picture())\ngonbui.DisplayMarkdown(\"$x^2$\")\nos.WriteFile(\"left\", nil, 0o600)")
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	out := filepath.Join(t.TempDir(), "an out")
	require.NoError(t, os.MkdirAll(filepath.Join(out, "run", "runs", "old"), 0o700))

	require.NoError(t, l.execute(ctx, []string{path}, out))
	assert.Contains(t, printed.String(), "[ 3/3]")
	assert.Contains(t, printed.String(), "(1 picture)")
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, before, after, "the source")
	assert.FileExists(t, filepath.Join(out, "run", "left"))
	assert.NoDirExists(t, filepath.Join(out, "run", "runs"), "an earlier run's results")
	executed, err := os.ReadFile(filepath.Join(out, "tiny.ipynb"))
	require.NoError(t, err)
	assert.Contains(t, string(executed), "image/png")
	page, err := os.ReadFile(filepath.Join(out, "tiny.html"))
	require.NoError(t, err)
	html := string(page)
	assert.Equal(t, 5, strings.Count(html, `role="math"`), "formulas")
	assert.Contains(t, html, "<code>$not$</code>")
	assert.Contains(t, html, "<title>A title</title>")
	assert.Contains(t, html, "default-src 'none'")
	assert.NotRegexp(t, `<script[^>]+src|<link[^>]+href="http|<img[^>]+src="[^d]`, html)
}

// A failing cell ends the run with its number, the line and the error; the
// cells after it do not run.
func TestFailingCells(t *testing.T) {
	var printed strings.Builder
	l, ctx := readyLauncher(t, &printed)
	for name, c := range map[string]struct {
		cells []string
		want  []string
	}{
		"compiler": {[]string{"%%\nx := 1\nfmt.Println(y)"}, []string{"cell 2, line 2,", "2 | x := 1", "declared and not used: x"}},
		"panic":    {[]string{"%%\nvar p []int\nfmt.Println(p[len(os.Args)+1])"}, []string{"cell 2, line 3,", "3 | fmt.Println(p[", "index out of range [2]"}},
		"called":   {[]string{"func f() {\n\tpanic(\"no\")\n}", "%%\nf()"}, []string{"cell 3 failed in line 2 of cell 2", "panic(\"no\")"}},
		"exit":     {[]string{"%%\nlog.Fatal(\"the model is missing\")"}, []string{"cell 2 failed", "log.Fatal", "the model is missing"}},
		"must": {[]string{"var ctx = show.Context()\n\nfunc frozen() *models.Model {\n\treturn must.M1(models.Open(ctx, \"nosuch\", nil))\n}", "%%\nfmt.Println(frozen().Name)"},
			[]string{"cell 3 failed in line 4 of cell 2:\n    4 | \treturn must.M1(", ")\nno model is called \"nosuch\"; known: "}},
		"own fault": {[]string{"var ctx = show.Context()", "%%\nmust.M(ctx.Err())\nvar p *int\nfmt.Println(*p)"}, []string{"cell 3, line 4,", "4 | fmt.Println(*p)", "nil pointer dereference"}},
		"shell":     {[]string{"!false"}, []string{"cell 2, line 1,", "1 | !false", "exit status 1"}},
		"command":   {[]string{"%nosuch"}, []string{"cell 2, line 1,", "%nosuch"}},
	} {
		t.Run(name, func(t *testing.T) {
			cells := append(append([]string{"%noautoget"}, c.cells...), "!touch later")
			out := t.TempDir()
			err := l.execute(ctx, []string{writeNotebook(t, "bad.ipynb", cells...)}, out)
			for _, want := range c.want {
				assert.ErrorContains(t, err, want)
			}
			assert.FileExists(t, filepath.Join(out, "bad.ipynb"))
			assert.NoFileExists(t, filepath.Join(out, "bad.html"))
			assert.NoFileExists(t, filepath.Join(out, "run", "later"))
		})
	}
}

// The small scale changes the constants for the following cells, and the full one does not.
func TestScale(t *testing.T) {
	var printed strings.Builder
	l, ctx := readyLauncher(t, &printed)
	path := declaring(t, "scaled.ipynb", object{"figures": 0, "small": object{"images": 200, "rate": 0.5, "name": "a", "whole": 8}}, "%noautoget",
		"const images = 1000 // to learn from\nconst rate float64 = .05\nconst name = `b`\nconst kept = 6 / 2 // a third\nconst whole = 1 / 1 // set whole\n\nfunc f() int { return images }",
		"%%\nfmt.Println(f(), rate, name, kept, whole)")
	for scale, want := range map[string]string{"": "1000 0.05 b 3 1", "small": "200 0.5 a 3 8"} {
		t.Setenv(scaleEnv, scale)
		out := t.TempDir()
		require.NoError(t, l.execute(ctx, []string{path}, out))
		text, err := os.ReadFile(filepath.Join(out, "scaled.ipynb"))
		require.NoError(t, err)
		assert.Contains(t, string(text), want)
		assert.Equal(t, scale == "small", strings.Contains(string(text), "scaled-parameters"))
		assert.Equal(t, scale == "small", strings.Contains(string(text), "// VRKIT_SCALE=small"))
	}
	t.Setenv(scaleEnv, "tiny")
	assert.EqualError(t, l.execute(ctx, []string{path}, t.TempDir()), "VRKIT_SCALE=tiny is no scale: set it to small or full, or unset it")
}

// A notebook fails, and has no page, if its figures are not those it declares, or if its small scale sets a constant
// that it lacks.
func TestFailingFigures(t *testing.T) {
	var printed strings.Builder
	l, ctx := readyLauncher(t, &printed)
	const shows = "%%\ndefer gonbui.Sync()\ngonbui.DisplayImage(picture())"
	for name, c := range map[string]struct {
		says  object
		cells []string
		want  string
	}{
		"missing":    {object{"figures": 2}, []string{drawsPicture, shows}, "bad.ipynb declares 2 figures and shows 1 (png in cell 3): mend"},
		"blank":      {object{"figures": 2}, []string{drawsPicture, shows, "%%\ndefer gonbui.Sync()\ngonbui.DisplayImage(white())"}, "bad.ipynb: cell 4: its figure (png) is blank"},
		"undeclared": {object{}, nil, "bad.ipynb does not say how many figures it shows"},
		"parameter": {object{"figures": 0, "small": object{"nosuch": 1}}, []string{"const images = 9\nconst (\n\tnosuch = 1\n)"},
			"bad.ipynb: reprogram.small in its metadata sets 'nosuch', but what its cell with the tag 'parameters' declares in lines as 'const NAME = VALUE' is images"},
		"untagged": {object{"figures": 0, "small": object{"images": 1}}, nil, "needs one code cell with the tag 'parameters', and there are 0"},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			err := l.execute(ctx, []string{declaring(t, "bad.ipynb", c.says, append([]string{"%noautoget"}, c.cells...)...)}, out)
			assert.ErrorContains(t, err, c.want)
			assert.NoFileExists(t, filepath.Join(out, "bad.html"))
		})
	}
}

// A page that would load something, or shows a formula wrong, is an error.
func TestPageIsRefused(t *testing.T) {
	var printed strings.Builder
	l, ctx := readyLauncher(t, &printed)
	for cell, want := range map[string]string{
		"# ![x](https://example.org/x.png)": "would load <img src='https://example.org/x.png'>",
		"# ![x](missing.png)":               "would load <img src='missing.png'>",
		"# $\\nosuch{x}$":                   `has '\\nosuch'`,
		"# <script>alert(1)</script>":       "would run a script that is no slider's",
	} {
		err := l.execute(ctx, []string{writeNotebook(t, "page.ipynb", cell)}, t.TempDir())
		assert.ErrorContains(t, err, want)
	}
}

// JupyterLab answers and offers the kernel, and ends with everything that it started.
func TestServe(t *testing.T) {
	var printed strings.Builder
	l, ctx := readyLauncher(t, &printed)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	w := make(lineWriter, 10)
	l.out = w
	go func() { served <- l.serve(ctx, 0, false) }()
	for line := ""; !strings.HasPrefix(line, "ready: "); {
		select {
		case line = <-w:
		case err := <-served:
			t.Fatal("it ended: ", err)
		}
		if strings.HasPrefix(line, "ready: ") {
			assert.Regexp(t, `^ready: http://127\.0\.0\.1:\d+/lab/tree/01_padding\.ipynb\?token=[0-9a-f]+$`, line)
		}
	}
	if _, err := os.Stat("/proc/self/environ"); err == nil { // marked needs it
		assert.NotEmpty(t, marked(l.scratch))
	}
	stop()
	require.NoError(t, <-served)
	assert.Empty(t, marked(l.scratch))
}

// lineWriter passes on what is printed, line by line.
type lineWriter chan string

func (w lineWriter) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		w <- strings.TrimSuffix(line, "\n")
	}
	return len(p), nil
}
