package figure_test

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

func ExampleSlider() {
	var frames []figure.Frame
	for epoch := range 3 {
		prompt := []float32{.5, .5, float32(epoch) / 2} // one pixel
		f, err := figure.Prompt(prompt, 1, 1, "")
		if err != nil {
			fmt.Println(err)
			return
		}
		frames = append(frames, figure.Frame{Label: fmt.Sprintf("epoch %d", epoch), Figure: f})
	}
	html, err := figure.Slider("The prompt while it learns", frames, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Count(html, "<img"), strings.Count(html, `type="range"`))
	// Output: 3 1
}

// curve is a figure whose size doesn't depend on its values.
func curve(t *testing.T, to float64) figure.Figure {
	t.Helper()
	f, err := figure.Curves("", "epoch", "accuracy, %", "", figure.Series{Name: "BLM", X: []float64{0, 1}, Y: []float64{.5, to}})
	require.NoError(t, err)
	return f
}

func TestSlider(t *testing.T) {
	frames := []figure.Frame{
		{"epoch 0", curve(t, .2)}, {`</script><b>"quoted" & 'single'`, curve(t, .6)}, {"epoch 2", curve(t, .8)},
	}
	frames[0].Figure.Alt = `a "caption" of <b>`
	frames[0].Figure.Marks = []figure.Mark{{"□1", "</script><b>"}}
	html, err := figure.Slider("Learning <fast>", frames, 0)
	require.NoError(t, err)
	again, err := figure.Slider("Learning <fast>", frames, 0)
	require.NoError(t, err)
	require.Equal(t, html, again, "the same slider is the same text")

	require.True(t, strings.HasPrefix(html, `<div id="vrkit-slider-`))
	require.True(t, strings.HasSuffix(html, "</div>\n"))
	require.Equal(t, strings.Count(html, "<div"), strings.Count(html, "</div>"))
	require.Equal(t, 1, strings.Count(html, "</script>"), "a label can't end the script")
	require.NotContains(t, html, "<b>")
	require.Contains(t, html, "Learning &lt;fast&gt;")
	require.Contains(t, html, `max="2"`)
	require.Regexp(t, `<input [^>]*style="display:none`, html, "no input that does nothing where scripts don't run")
	require.NotRegexp(t, `(?i)(src|href)="(https?:)?//|@import|url\(|fetch\(`, html, "nothing from outside")
	require.NotContains(t, html, "ZgotmplZ", "the template took something for unsafe")

	// Every picture is there unchanged, and only the first is visible at once.
	pictures := regexp.MustCompile(`<div data-label="[^"]+"( style="display:none")?><div [^>]*><img src="data:image/png;base64,([^"]+)"[^>]* alt="([^"]+)"`).FindAllStringSubmatch(html, -1)
	require.Len(t, pictures, 3)
	for i, found := range pictures {
		data, err := base64.StdEncoding.DecodeString(found[2])
		require.NoError(t, err)
		require.Equal(t, frames[i].Figure.PNG, data)
		require.Equal(t, i > 0, found[1] != "", "hidden")
	}

	require.Equal(t, "epoch 0. a &#34;caption&#34; of &lt;b&gt;", pictures[0][3])
	require.Contains(t, pictures[2][3], "epoch 2. Curves of accuracy, % by epoch: BLM from 50.0 % at epoch 0 to 80.0 % at epoch 1.")
	require.Contains(t, html, "<bdi>□1 = &lt;/script&gt;&lt;b&gt;</bdi>")

	// It begins where it is asked to, also without its script.
	html3, err := figure.Slider("Learning <fast>", frames, 2)
	require.NoError(t, err)
	require.Contains(t, html3, `value="2"`)
	require.Contains(t, html3, `aria-valuetext="epoch 2"`)
	require.Contains(t, html3, `>epoch 2</output>`)
	hidden := regexp.MustCompile(`<div data-label="[^"]+"( style="display:none")?>`).FindAllStringSubmatch(html3, -1)
	require.Len(t, hidden, 3)
	for i, found := range hidden {
		require.Equal(t, i != 2, found[1] != "", "hidden")
	}

	// Another slider has another id, be it only for a label.
	frames[2].Label = "epoch 3"
	other, err := figure.Slider("Learning <fast>", frames, 0)
	require.NoError(t, err)
	id := regexp.MustCompile(`id="([^"]+)"`)
	require.NotEqual(t, id.FindStringSubmatch(html)[1], id.FindStringSubmatch(other)[1])
	// The script uses the id of its own div.
	require.Contains(t, html, `'div[id="' + "`+id.FindStringSubmatch(html)[1]+`" + '"]`)
}

func TestSliderErrors(t *testing.T) {
	small, err := figure.Prompt([]float32{1, 0, 0}, 1, 1, "")
	require.NoError(t, err)
	tall, err := figure.Curves("", "epoch", "accuracy, %", "A caption.", figure.Series{X: []float64{0, 1}, Y: []float64{0, 1}, Name: "BLM"})
	require.NoError(t, err)
	a, b := figure.Frame{"a", curve(t, .2)}, figure.Frame{"b", curve(t, .6)}
	for says, frames := range map[string][]figure.Frame{
		"1 frames":              {a},
		"61 frames":             make([]figure.Frame, 61),
		"frame 2":               {a, {"", b.Figure}},
		"frame c":               {a, {"c", figure.Figure{}}},
		`frame "c" of the slid`: {a, {"c", figure.Figure{PNG: []byte("GIF")}}},
		`frame "small"`:         {a, b, {"small", small}},
		`frame "tall"`:          {a, b, {"tall", tall}},
	} {
		_, err := figure.Slider("", frames, 0)
		require.ErrorContains(t, err, says)
	}
	for _, start := range []int{-1, 2} {
		_, err := figure.Slider("", []figure.Frame{a, b}, start)
		require.ErrorContains(t, err, "can't begin at frame")
	}
}
