package figure_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

// named are all figures that write names, each with two names of classes, runs or pictures in every place for one.
var named = map[string]func(a, b string) (figure.Figure, error){
	"mapping": func(a, b string) (figure.Figure, error) {
		return figure.Mapping([]float32{1, 0, 0, 1}, []string{a, b}, []string{a, b}, 1, a)
	},
	"counts": func(a, b string) (figure.Figure, error) {
		return figure.Counts([]float64{1, 0, 0, 2}, []string{a, b}, []string{a, b}, 1, a)
	},
	"mappings": func(a, b string) (figure.Figure, error) {
		return figure.Mappings([]figure.NamedMapping{{Name: a, Omega: []float32{1, 0, 0, 1}}, {Name: b, Omega: []float32{0, 1, 1, 0}}}, []string{a, b}, []string{a, b}, 1, a)
	},
	"steps": func(a, b string) (figure.Figure, error) {
		return first(figure.MappingSteps([]figure.NamedMapping{{Name: a, Omega: []float32{1, 0, 0, 1}}}, []string{a, b}, []string{a, b}, 1, a))
	},
	"confusion": func(a, b string) (figure.Figure, error) {
		return figure.Confusion([]int{3, 1, 2, 4}, []string{a, b}, a)
	},
	"accuracies": func(a, b string) (figure.Figure, error) {
		return figure.Accuracies([]string{a}, []string{a, b}, [][]figure.AccuracyCell{{{Mean: .5, Runs: 1}, {Mean: .6, Runs: 1}}}, b, a)
	},
	"grid": func(a, b string) (figure.Figure, error) {
		return figure.Grid([]figure.Tile{{Image: picture(8, 8), Title: a, Note: b}}, 1, a)
	},
	"guesses": func(a, b string) (figure.Figure, error) {
		return figure.Guesses(picture(8, 8), "says "+a, []figure.Guess{{Name: a, Value: .6}, {Name: b, Value: .4}}, a)
	},
	"votes": func(a, b string) (figure.Figure, error) {
		return figure.Votes(picture(8, 8), "votes for "+a, []figure.Guess{{Name: a, Value: .06}, {Name: b, Value: .04}}, .1, a)
	},
	"curves": func(a, b string) (figure.Figure, error) {
		return figure.Curves(a, "epoch"+a, "loss"+b, a, figure.Series{Name: a, X: []float64{0, 1}, Y: []float64{1, 2}}, figure.Series{Name: b, X: []float64{0, 1}, Y: []float64{2, 3}})
	},
	"bands": func(a, b string) (figure.Figure, error) {
		return figure.Bands(a, "epoch", "loss", b, figure.Range, figure.Runs{Name: a, X: []float64{0, 1}, Y: [][]float64{{1, 2}, {2, 3}}})
	},
	"diagnostics": func(a, b string) (figure.Figure, error) {
		return figure.Diagnostics(a, a, figure.OmegaHistory{Name: a, Epochs: []float64{0, 1}, Entropy: []float64{1, 2}}, figure.OmegaHistory{Name: b, Epochs: []float64{0, 1}, Entropy: []float64{2, 2}})
	},
	"prompts": func(a, b string) (figure.Figure, error) {
		return figure.Prompts([]figure.NamedPrompt{{Name: a, Values: striped(4, 4)}, {Name: b, Values: striped(4, 4)}}, 4, a)
	},
	"masks": func(a, b string) (figure.Figure, error) {
		return figure.Masks(figure.MaskedSamples{Names: []string{a, b}, Side: 4, Images: striped(8, 4), Masks: striped(8, 4), Added: striped(8, 4), Inputs: striped(8, 4)}, a)
	},
	"mask steps": func(a, b string) (figure.Figure, error) {
		s := figure.MaskedSamples{Names: []string{a, b}, Side: 4, Images: striped(8, 4), Masks: striped(8, 4), Added: striped(8, 4), Inputs: striped(8, 4)}
		return first(figure.MaskSteps([]string{a}, []figure.MaskedSamples{s}, a))
	},
}

func first(frames []figure.Frame, err error) (figure.Figure, error) {
	if err != nil {
		return figure.Figure{}, err
	}
	return frames[0].Figure, nil
}

// Whatever a class is called, each figure shows something in the place of its name, explains the marks, and has the
// unchanged name in the alternative text.
func TestNamesOfAnyScript(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: many figures are drawn")
	}
	for figureName, draw := range named {
		t.Run(figureName, func(t *testing.T) {
			dots, err := draw(".", ",")
			require.NoError(t, err)
			require.Empty(t, dots.Marks)
			require.NotContains(t, dots.HTML(), "<bdi>")
			blank := lettered(t, dots)
			for _, names := range [][2]string{
				{"猫", "قهوة"}, {strings.Repeat("long ", 60) + "猫", strings.Repeat("long ", 60) + "犬"},
			} {
				f, err := draw(names[0], names[1])
				require.NoError(t, err)
				proper(t, f)
				require.Greater(t, lettered(t, f), blank+50, "%q: a heading is empty", names)
				require.NotEmpty(t, f.Marks, "%q", names)
				for i, m := range f.Marks {
					require.Equal(t, fmt.Sprintf("□%d", i+1), m.Shown)
					require.Contains(t, names[0]+"|"+names[1], m.For)
				}
				require.NotContains(t, f.Alt, "□")
				require.Contains(t, f.Alt, names[0])
				require.Contains(t, f.HTML(), "<bdi>□1 = 猫</bdi>")
			}
		})
	}
}

// lettered counts the pixels in the colours of letters, including those of a first curve's name.
func lettered(t *testing.T, f figure.Figure) (count int) {
	img := decoded(t, f.PNG)
	for i := 0; i < len(img.Pix); i += 4 {
		if c := [3]uint8(img.Pix[i : i+3]); c == [3]uint8{0x1c, 0x22, 0x2b} || c == [3]uint8{0, 86, 134} {
			count++
		}
	}
	return count
}
