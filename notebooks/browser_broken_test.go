//go:build browser

package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

// The checks find what is broken in a page of the gallery, and accept a complete page.
func TestBrowserBrokenPages(t *testing.T) {
	var frames []figure.Frame
	for i, label := range []string{"epoch 0", "epoch 1", "epoch 2"} {
		drawn, err := figure.Curves("accuracy", "step", "ω", "A caption.",
			figure.Series{Name: "a", X: []float64{0, 1}, Y: []float64{0, float64(i + 1)}})
		require.NoError(t, err)
		frames = append(frames, figure.Frame{Label: label, Figure: drawn})
	}
	slider, err := figure.Slider("steps", frames, 1)
	require.NoError(t, err)
	browser := startBrowser(t)
	for _, c := range []struct{ name, body, want string }{
		{"whole", slider + "<p>text</p><code>$x</code>", ""},
		{"formula left raw", "<p>so $x$ is</p>", "a raw $ is left in the text: so $x$ is"},
		{"picture broken", `<img alt="border" src="data:image/png;base64,AAAA">`, "a picture does not load: border"},
		{"script elsewhere", `<script src="https://example.org/mathjax.js"></script>`, "the page asks for https://example.org/mathjax.js"},
		{"script that throws", `<script>nobody()</script>`, "nobody is not defined"},
		{"slider without its script", slider[:len(slider)-len("})();\n</script>\n</div>\n")] + "</script></div>", "its range input is not shown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "page.html")
			require.NoError(t, os.WriteFile(path, []byte("<!DOCTYPE html><meta charset=utf-8><body>"+c.body), 0o600))
			err := openTab(t, browser, 30*time.Second).galleryPage(path)
			if c.want == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, c.want)
			}
		})
	}
}
