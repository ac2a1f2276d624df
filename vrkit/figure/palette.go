package figure

import "image/color"

// Ink and paper.
var (
	ink    = color.RGBA{0x1c, 0x22, 0x2b, 0xff} // text
	soft   = color.RGBA{0x4d, 0x57, 0x66, 0xff} // less important text; 7:1 on white
	rule   = color.RGBA{0xd5, 0xda, 0xe2, 0xff} // grid lines and frames
	tint   = color.RGBA{0xf1, 0xf4, 0xf8, 0xff} // empty cells and tracks
	accent = color.RGBA{0x00, 0x72, 0xb2, 0xff} // what the reader should see first
	muted  = color.RGBA{0x8f, 0xb6, 0xd4, 0xff} // the rest of the same series
)

// series are the colours of lines: the colours of Okabe and Ito's palette, made for all kinds of colour vision, that
// are dark enough for a line on white. Neighbours in the list differ most. Source: M. Okabe, K. Ito, "Color Universal
// Design", 2008.
var series = []color.RGBA{
	{0x00, 0x72, 0xb2, 0xff}, // blue
	{0xd5, 0x5e, 0x00, 0xff}, // vermilion
	{0x00, 0x9e, 0x73, 0xff}, // bluish green
	{0xcc, 0x79, 0xa7, 0xff}, // reddish purple
	{0xe6, 0x9f, 0x00, 0xff}, // orange
	{0x56, 0xb4, 0xe9, 0xff}, // sky blue
	{0x00, 0x00, 0x00, 0xff}, // black
}

// rampStops are the colours of a weight from 0 to 1: one hue with evenly falling lightness, so that it can be read
// without colour too. The first is the colour of an empty cell.
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
func ramp(v float64) color.RGBA { return between(rampStops, v) }

// between returns the colour at a share, 0 to 1, of the stops.
func between(stops []color.RGBA, v float64) color.RGBA {
	v = min(max(v, 0), 1) * float64(len(stops)-1)
	i := min(int(v), len(stops)-2)
	return blend(stops[i], stops[i+1], v-float64(i))
}

// divergeStops are the colours of a signed value: blue below 0, brown above, nearly white at 0. Blue and brown differ
// for all kinds of colour vision, and both get darker evenly, so that the absolute value can be read without colour
// too.
var divergeStops = []color.RGBA{
	{0x08, 0x30, 0x6b, 0xff},
	{0x2a, 0x7a, 0xb9, 0xff},
	{0x9c, 0xc8, 0xe3, 0xff},
	{0xf7, 0xf6, 0xf3, 0xff},
	{0xf2, 0xb9, 0x7c, 0xff},
	{0xc4, 0x6a, 0x12, 0xff},
	{0x6e, 0x2c, 0x00, 0xff},
}

// diverge returns the colour of a share, 0 to 1, of a scale with 0 at one half.
func diverge(v float64) color.RGBA { return between(divergeStops, v) }

// hatching returns the colour of a device pixel of a cell without a value: light diagonal lines.
func hatching(x, y int) color.RGBA {
	if (x+y)%20 < 3 {
		return color.RGBA{0xdf, 0xe3, 0xea, 0xff}
	}
	return color.RGBA{0xf7, 0xf8, 0xfa, 0xff}
}

// blend mixes two opaque colours: a at 0, b at 1.
func blend(a, b color.RGBA, by float64) color.RGBA {
	mix := func(a, b uint8) uint8 { return uint8(float64(a) + (float64(b)-float64(a))*by + .5) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}

// over returns the ink, dark or white, that is easiest to read on the colour.
func over(c color.RGBA) color.RGBA {
	if luminance := .299*float64(c.R) + .587*float64(c.G) + .114*float64(c.B); luminance < 115 {
		return color.RGBA{0xff, 0xff, 0xff, 0xff}
	}
	return ink
}
