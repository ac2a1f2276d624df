package main

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func must64(p picture) string { return base64.StdEncoding.EncodeToString(p.Data) }

// A gallery has a page of each notebook and an index, which load nothing; a gallery that fails leaves the old one
// unchanged.
func TestGallery(t *testing.T) {
	var printed strings.Builder
	l, ctx := readyLauncher(t, &printed)
	out, work := filepath.Join(t.TempDir(), "gallery"), t.TempDir()
	opening := "# A title\n\n**What you will see.** It *draws*. Then it ends."
	good := declaring(t, "good.ipynb", object{"figures": 1}, opening, "%noautoget", drawsPicture,
		"%%\ndefer gonbui.Sync()\ngonbui.DisplayHTML(\"<div title='done in 2 min 04 s'>done in 12 s: fine</div>\")\ngonbui.DisplayImage(picture())")
	require.NoError(t, l.gallery(ctx, []string{good}, work, out))
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(out, name))
		require.NoError(t, err)
		return string(text)
	}
	index := read("index.html")
	for _, want := range []string{`href="good.html"`, "<h2>A title</h2>", "<p>It draws.</p>", "data:image/png;base64,", "default-src 'none'"} {
		assert.Contains(t, index, want)
	}
	assert.NotRegexp(t, `<script|<link[^>]+href="[^d]|<img[^>]+src="[^d]`, index)
	assert.Contains(t, read("good.html"), `<div title="done">done: fine</div>`, "no time of this machine")

	for want, code := range map[string]string{
		"exit status":              "!false",
		"shows the path " + l.root: "!echo " + l.root + "/x",
		"needs a heading (#)":      "",
	} {
		cells := []string{opening, "%noautoget", drawsPicture, "%%\ndefer gonbui.Sync()\ngonbui.DisplayImage(picture())", code}
		if code == "" {
			cells = cells[1:4]
		}
		assert.ErrorContains(t, l.gallery(ctx, []string{declaring(t, "bad.ipynb", object{"figures": 1}, cells...)}, work, out), want)
		assert.Equal(t, index, read("index.html"))
		assert.NoFileExists(t, filepath.Join(out, "bad.html"))
	}
}

// Pages that only the old index links to are removed; other files stay.
func TestReplaceGallery(t *testing.T) {
	l, out := newTestLauncher(t), t.TempDir()
	index := func(page string) []byte { return []byte(`<a class="card" href="` + page + `">`) }
	mine := filepath.Join(out, "mine.html")
	require.NoError(t, os.WriteFile(mine, nil, 0o600))
	require.NoError(t, l.replaceGallery(out, map[string][]byte{"old.html": nil, galleryIndex: index("old.html")}))
	require.NoError(t, l.replaceGallery(out, map[string][]byte{"new.html": nil, galleryIndex: index("new.html")}))
	var names []string
	for _, path := range filesIn(out, "*") {
		names = append(names, filepath.Base(path))
	}
	assert.Equal(t, []string{"index.html", "mine.html", "new.html"}, names)
}

func TestGalleryFits(t *testing.T) {
	pages := map[string][]byte{"a.html": make([]byte, 8e6), "b.html": make([]byte, 4e6)}
	assert.NoError(t, fits(pages))
	pages["c.html"] = []byte("x")
	assert.ErrorContains(t, fits(pages), "the gallery would have 12.0 MB, and 12 are the most: the largest page is a.html with 8.0 MB")
}

// The picture of a card is the one that the notebook names, made small; of a slider it is the last frame.
func TestCard(t *testing.T) {
	real := realFigures(t)
	grid := object{"image/png": must64(real["grid.png"])}
	c, err := newCard(executedNotebook(t, object{"figures": 2, "picture": 2}, object{"text/html": slider(t, nil)}, grid), "07_x.html")
	require.NoError(t, err)
	assert.Equal(t, "07 · A title", c.Title)
	assert.Equal(t, "One thing.", c.Sentence)
	small := func(name string) any {
		address, err := real[name].small()
		require.NoError(t, err)
		assert.Less(t, len(address), 200_000)
		return address
	}
	assert.Equal(t, small("grid.png"), any(c.Picture))
	c, err = newCard(executedNotebook(t, object{"figures": 1}, object{"text/html": slider(t, nil)}), "07_x.html")
	require.NoError(t, err)
	assert.Equal(t, small("curves.png"), any(c.Picture))
	_, err = readNotebook(executedNotebook(t, object{"figures": 1, "picture": 2}))
	assert.ErrorContains(t, err, "reprogram.picture in its metadata is 2, and it has the figures 1 to 1")
}
