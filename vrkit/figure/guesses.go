package figure

import (
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
)

// Guess is a class with its probability.
type Guess struct {
	Name  string
	Value float64 // a probability, 0 to 1
}

// Guesses draws a picture beside a classifier's predictions for it: a bar for each guess, in the order given, on a
// scale that always ends at 100 %, so that two of these figures can be compared. It draws at most ten guesses.
func Guesses(img image.Image, title string, top []Guess, caption string) (Figure, error) {
	return bars(img, title, top, 1, caption)
}

// Votes draws the same for small shares, such as the weights of the source labels for a target label: the scale ends at
// full, at most 1 and at least every value, and the figure says so.
func Votes(img image.Image, title string, top []Guess, full float64, caption string) (Figure, error) {
	for _, g := range top {
		if !(full <= 1 && g.Value <= full) {
			return Figure{}, fmt.Errorf("figure: vote %q of %v is beyond the end of the scale, %v; let it end at the largest, and at most at 1", g.Name, g.Value, full)
		}
	}
	return bars(img, title, top, full, caption)
}

func bars(img image.Image, title string, top []Guess, full float64, caption string) (Figure, error) {
	if err := drawable("the guesses", img); err != nil {
		return Figure{}, err
	}
	if len(top) == 0 || len(top) > 10 {
		return Figure{}, fmt.Errorf("figure: %d guesses can't be drawn beside a picture; pass the best 1 to 10", len(top))
	}
	for _, g := range top {
		if !(g.Value >= 0 && g.Value <= 1) {
			return Figure{}, fmt.Errorf("figure: guess %q has the value %v, not a probability; apply a softmax to the logits first", g.Name, g.Value)
		}
	}
	if title == "" {
		return Figure{}, errors.New("figure: guesses need a title that says whose they are")
	}

	const (
		photo    = 224.
		gap      = 28.
		row      = 34.
		number   = 62. // room for "100.0 %"
		width    = 780.
		titleGap = 34.
	)
	k, says := &key{}, sayGuesses(title, top)
	title, top = k.line(title), slices.Clone(top)
	for i, g := range top {
		top[i].Name = k.line(g.Name)
	}
	names := 0.
	for _, g := range top {
		names = max(names, labelStyle.width(g.Name))
	}
	names = min(names, 230)
	height := max(photo, titleGap+row*float64(len(top)))

	p := newPage(width, height, k, says, caption)
	p.edged(p.picture(0, 0, photo, height, img))
	x := photo + gap
	// The text is vertically centred beside the picture.
	y := (height - titleGap - row*float64(len(top))) / 2
	ends := ""
	if full < 1 {
		ends = "bars end at " + percent(full)
	}
	p.text(x, y+10, shorten(title, titleStyle, width-x-noteStyle.width(ends)-12), titleStyle)
	p.text(width, y+10, ends, noteStyle.right())
	y += titleGap
	shown := make([]string, len(top))
	for i, g := range top {
		shown[i] = g.Name
	}
	shown = shortenAll(shown, labelStyle, names)
	bar, room := x+names+12, width-number-(x+names+12)
	for i, g := range top {
		middle := y + (float64(i)+.5)*row
		p.text(x+names, middle, shown[i], labelStyle.right())
		p.rect(bar, middle-10, room, 20, tint)
		colour, numbers := muted, labelStyle.right()
		if i == 0 {
			colour, numbers.bold = accent, true
		}
		if g.Value > 0 {
			p.rect(bar, middle-10, max(room*g.Value/full, 1), 20, colour)
		}
		p.text(width, middle, percent(g.Value), numbers)
	}
	return p.figure()
}

// sayGuesses describes the bars beside a picture.
func sayGuesses(title string, top []Guess) string {
	said := make([]string, len(top))
	for i, g := range top {
		said[i] = g.Name + " " + percent(g.Value)
	}
	return fmt.Sprintf("A picture and bars, %s: %s.", title, strings.Join(said, ", "))
}

// percent writes a share with one digit after the point.
func percent(v float64) string {
	switch {
	case v > 0 && v < .001:
		return "< 0.1 %"
	case v >= .9995 && v < 1:
		return "> 99.9 %"
	default:
		return fmt.Sprintf("%.1f %%", math.Round(v*1000)/10)
	}
}
