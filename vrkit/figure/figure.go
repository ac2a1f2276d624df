// Package figure draws the project's figures from plain values: image grids, a classifier's predictions and confusions,
// learned prompts and masks, label mappings, curves, and tables of accuracies; and combines several in a slider.
//
// It knows neither models nor notebooks. A figure is a function from slices and strings to a PNG, so that it can be
// compared with a stored picture and used in a notebook, in a file or on a slide. One figure is one file.
//
// page.go has the look of all figures: an opaque white card with a margin, so that a figure looks the same in light and
// dark themes; type of at least 11 px at its displayed size; two device pixels per CSS pixel; colours that people with
// any colour vision can distinguish; and the caption as a part of the picture, so that it is also on a slide. The font,
// Liberation Sans, is embedded; if it lacks letters of a name, the figure shows a mark and explains it.
package figure

// Figure is a finished picture. Exactly one of PNG and SVG is set.
type Figure struct {
	PNG []byte
	SVG []byte
	// Width is the width in CSS pixels at which to show the figure. The PNG has twice as many pixels, for sharp text on
	// dense screens.
	Width int
	// Caption is the text below the picture, which contains it already.
	Caption string
	// Alt describes the picture in words, with its main numbers and the caption: the alternative text of an image
	// element.
	Alt string
	// Marks lists the marks in the picture for letters that the font lacks.
	Marks []Mark
}
