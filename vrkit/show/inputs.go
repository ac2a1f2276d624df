package show

import (
	"fmt"
	"image"

	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/figure"
)

// Guesses shows a picture beside the frozen model's likeliest labels.
func Guesses(picture image.Image, title string, guesses []vrkit.Guess, caption string) error {
	bars := make([]figure.Guess, len(guesses))
	for i, g := range guesses {
		bars[i] = figure.Guess{Name: g.Label, Value: g.Probability}
	}
	return drawn(figure.Guesses(picture, title, bars, caption))("guesses")
}

// Inputs shows the frozen model's input for pixels, uint8 RGB [n,image,image,3] with image the program's image side,
// each below its title.
func Inputs(program *vrkit.Compiled, pixels []uint8, titles []string, caption string) error {
	return drawn(inputsFigure(program, pixels, titles, nil, caption))("inputs")
}

// Readings shows the frozen model's input for pixels, as Inputs does, below their true classes and above the program's
// answers.
func Readings(program *vrkit.Compiled, pixels []uint8, truth, classes []string, caption string) error {
	return drawn(ReadingsFigure(program, pixels, truth, classes, caption))("readings")
}

// ReadingsFigure returns the figure of Readings.
func ReadingsFigure(program *vrkit.Compiled, pixels []uint8, truth, classes []string, caption string) (figure.Figure, error) {
	rows, err := program.Pictures(pixels)
	if err != nil {
		return figure.Figure{}, err
	}
	defer rows.Finalize()
	answers, err := program.Predict(rows)
	if err != nil {
		return figure.Figure{}, err
	}
	notes := make([]string, len(answers))
	for i, answer := range answers {
		notes[i] = "read as " + classes[answer]
	}
	return inputsFigure(program, pixels, truth, notes, caption)
}

func inputsFigure(program *vrkit.Compiled, pixels []uint8, titles, notes []string, caption string) (figure.Figure, error) {
	seen, err := program.Inputs(pixels)
	if err != nil {
		return figure.Figure{}, err
	}
	side := program.SideOrDefault()
	size := side * side * 3
	if len(seen) != len(titles)*size {
		return figure.Figure{}, fmt.Errorf("show: %d titles for %d pictures", len(titles), len(seen)/size)
	}
	tiles := make([]figure.Tile, len(titles))
	for i, title := range titles {
		tiles[i] = figure.Tile{Image: figure.RGB(seen[i*size:(i+1)*size], side, side), Title: title}
		if notes != nil {
			tiles[i].Note = notes[i]
		}
	}
	return figure.Grid(tiles, min(len(tiles), 5), caption)
}
