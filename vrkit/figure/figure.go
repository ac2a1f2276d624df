// Package figure draws the project's pictures from plain values: image grids,
// a classifier's guesses and confusions, learned prompts and masks, label
// mappings, curves, and tables of accuracies; and puts several in a slider.
//
// It knows neither models nor notebooks. A figure is a function from slices
// and strings to a PNG, so that it can be tested against a stored picture and
// used in a notebook, in a file or on a slide alike. One figure is one file.
//
// All figures share one look, kept in page.go: an opaque white card with its
// own margin, so that a figure reads the same in light and dark themes; type
// of at least 11 px at the size it is shown at; two device pixels for each CSS
// pixel; colours that people with any colour vision can tell apart; and the
// caption, which says what to notice, as part of the picture, so that it is
// never lost on the way to a slide. The font, Liberation Sans, is embedded; where
// it lacks the letters of a name, a mark stands for them, and the figure says for
// which.
package figure

// Figure is a finished picture. Exactly one of PNG and SVG is set.
type Figure struct {
	PNG []byte
	SVG []byte
	// Width is the width in CSS pixels at which to show the figure. The PNG
	// has twice as many pixels, for sharp text on dense screens.
	Width int
	// Caption is the text under the picture. It is drawn already.
	Caption string
	// Alt says in words what the picture shows, with its main numbers and the
	// caption: the alternative text of an image element.
	Alt string
	// Marks lists what the picture shows in place of letters that the font lacks.
	Marks []Mark
}
