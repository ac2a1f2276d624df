package figure

import "image/color"

// Ink and paper.
var (
	ink    = color.RGBA{0x1c, 0x22, 0x2b, 0xff} // text
	soft   = color.RGBA{0x4d, 0x57, 0x66, 0xff} // second-rank text; 7:1 on white
	rule   = color.RGBA{0xd5, 0xda, 0xe2, 0xff} // grid lines and frames
	tint   = color.RGBA{0xf1, 0xf4, 0xf8, 0xff} // empty cells and tracks
	accent = color.RGBA{0x00, 0x72, 0xb2, 0xff} // what to look at first
	muted  = color.RGBA{0x8f, 0xb6, 0xd4, 0xff} // the rest of the same series
)

// series are the colours of lines: those of Okabe and Ito's palette for all
// kinds of colour vision that are dark enough for a line on white. The order
// keeps neighbours far apart.
// Source: M. Okabe, K. Ito, "Color Universal Design", 2008.
var series = []color.RGBA{
	{0x00, 0x72, 0xb2, 0xff}, // blue
	{0xd5, 0x5e, 0x00, 0xff}, // vermilion
	{0x00, 0x9e, 0x73, 0xff}, // bluish green
	{0xcc, 0x79, 0xa7, 0xff}, // reddish purple
	{0xe6, 0x9f, 0x00, 0xff}, // orange
	{0x56, 0xb4, 0xe9, 0xff}, // sky blue
	{0x00, 0x00, 0x00, 0xff}, // black
}

// rampStops are the colours of a weight from nothing to all: one hue whose
// lightness falls evenly, so that it reads without colour too, and whose first
// stop is the colour of an empty cell.
var rampStops = []color.RGBA{
	tint,
	{0xcf, 0xe0, 0xf1, 0xff},
	{0x95, 0xc0, 0xe3, 0xff},
	{0x4f, 0x96, 0xcb, 0xff},
	{0x1d, 0x68, 0xa8, 0xff},
	{0x0a, 0x39, 0x70, 0xff},
	{0x07, 0x1c, 0x42, 0xff},
}

// ramp returns the colour of a share between 0 and 1.
func ramp(v float64) color.RGBA {
	v = min(max(v, 0), 1) * float64(len(rampStops)-1)
	i := min(int(v), len(rampStops)-2)
	return blend(rampStops[i], rampStops[i+1], v-float64(i))
}

// blend mixes two opaque colours: a at 0, b at 1.
func blend(a, b color.RGBA, by float64) color.RGBA {
	mix := func(a, b uint8) uint8 { return uint8(float64(a) + (float64(b)-float64(a))*by + .5) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}

// over returns the ink, dark or white, that reads best on the colour.
func over(c color.RGBA) color.RGBA {
	if luminance := .299*float64(c.R) + .587*float64(c.G) + .114*float64(c.B); luminance < 115 {
		return color.RGBA{0xff, 0xff, 0xff, 0xff}
	}
	return ink
}
