package figure

import (
	"fmt"
	"image/color"
	"math"
	"strings"
)

// heat is a matrix of coloured cells with a colour bar: the part that all heat maps have.
type heat struct {
	x, y                  float64 // the upper left corner on the card
	cellWidth, cellHeight float64
	full                  float64 // the value of the darkest colour
	root                  bool    // colours depend on the square root of a value
}

// cell draws one value, as a colour and, if there is room, as a number too. It leaves a cell empty if its value would
// be written as zero.
func (h heat) cell(p *page, row, column int, value float64) {
	x, y := h.x+float64(column)*h.cellWidth, h.y+float64(row)*h.cellHeight
	c := ramp(h.share(value))
	p.rect(x, y, h.cellWidth-1, h.cellHeight-1, c)
	if h.cellWidth < 34 {
		return
	}
	if s := h.number(value); strings.Trim(s, ".0") != "" {
		st := labelStyle.centred().sized(12).tinted(over(c))
		p.text(x+(h.cellWidth-1)/2, y+(h.cellHeight-1)/2, s, st)
	}
}

// number writes a value with enough digits to distinguish the values of this map.
func (h heat) number(value float64) string {
	switch {
	case value == 1:
		return "1"
	case value >= 1000:
		return thousands(int(value + .5))
	case h.full > 1:
		return fmt.Sprintf("%.3g", value)
	case h.full > .1:
		return strings.TrimPrefix(fmt.Sprintf("%.2f", value), "0")
	default:
		return strings.TrimPrefix(fmt.Sprintf("%.3f", value), "0")
	}
}

// bar draws the colour bar with numbers at its ends and in the middle.
func (h heat) bar(p *page, x, height float64, title string) {
	s := scale{low: 0, high: h.full, colour: ramp}
	if h.root {
		s.value = func(share float64) float64 { return share * share * h.full }
	}
	s.bar(p, x, h.y, height, title)
}

// share returns the place of a value on the scale, 0 to 1.
func (h heat) share(value float64) float64 {
	if h.root {
		return math.Sqrt(max(value, 0) / h.full)
	}
	return value / h.full
}

// scale is a range of values with their colours, given for shares from 0 to 1.
type scale struct {
	low, high float64
	colour    func(share float64) color.RGBA
	value     func(share float64) float64 // nil for a linear scale
}

// at returns the value at a share of the scale.
func (s scale) at(share float64) float64 {
	if s.value != nil {
		return s.value(share)
	}
	return s.low + share*(s.high-s.low)
}

// of returns the colour of a value of a linear scale.
func (s scale) of(v float64) color.RGBA { return s.colour((v - s.low) / (s.high - s.low)) }

// bar draws the scale as a colour bar, its high end at the top, below a title.
func (s scale) bar(p *page, x, y, height float64, title string) {
	const width = 14
	top := y + 22
	height = max(height-22, 60)
	p.text(x, y+6, title, noteStyle)
	const steps = 50
	for i := range steps {
		from, to := snap(height*float64(i)/steps), snap(height*float64(i+1)/steps)
		p.rect(x, top+from, width, to-from, s.colour(1-(float64(i)+.5)/steps))
	}
	for _, part := range []float64{0, .5, 1} {
		y := top + (1-part)*height
		p.line(x+width, y, x+width+4, y, 1, color.Color(soft))
		p.text(x+width+8, y, signed(s.at(part)), noteStyle)
	}
}

// scaleEnd returns a round number at or a little above v, for a scale's end.
func scaleEnd(v float64) float64 { return roundUp(v, 1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8) }

// roundUp returns the smallest of the given multiples of a power of ten that
// is not below v.
func roundUp(v float64, multiples ...float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, times := range multiples {
		// The float32 nearest to .1 is slightly more than .1.
		if v <= times*unit*(1+1e-6) {
			return times * unit
		}
	}
	return 10 * unit
}
