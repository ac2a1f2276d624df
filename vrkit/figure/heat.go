package figure

import (
	"fmt"
	"image/color"
	"math"
	"strings"
)

// heat is a matrix of coloured cells with a colour bar: the part that all heat
// maps share.
type heat struct {
	x, y                  float64 // the upper left corner on the card
	cellWidth, cellHeight float64
	full                  float64 // the value of the darkest colour
}

// cell draws one value, as a colour and, where there is room, as a number too.
// A value that would be written as zero leaves its cell empty.
func (h heat) cell(p *page, row, column int, value float64) {
	x, y := h.x+float64(column)*h.cellWidth, h.y+float64(row)*h.cellHeight
	c := ramp(value / h.full)
	p.rect(x, y, h.cellWidth-1, h.cellHeight-1, c)
	if h.cellWidth < 34 {
		return
	}
	if s := h.number(value); strings.Trim(s, ".0") != "" {
		st := labelStyle.centred().sized(12).tinted(over(c))
		p.text(x+(h.cellWidth-1)/2, y+(h.cellHeight-1)/2, s, st)
	}
}

// number writes a value with the digits that tell the values of this map apart.
func (h heat) number(value float64) string {
	switch {
	case value == 1:
		return "1"
	case h.full > 1:
		return fmt.Sprintf("%.3g", value)
	case h.full > .1:
		return strings.TrimPrefix(fmt.Sprintf("%.2f", value), "0")
	default:
		return strings.TrimPrefix(fmt.Sprintf("%.3f", value), "0")
	}
}

// bar draws the colour bar with its ends and its middle.
func (h heat) bar(p *page, x, height float64, title string) {
	const width = 14
	top := h.y + 22
	height = max(height-22, 60)
	p.text(x, h.y+6, title, noteStyle)
	const steps = 50
	for i := range steps {
		from, to := snap(height*float64(i)/steps), snap(height*float64(i+1)/steps)
		p.rect(x, top+from, width, to-from, ramp(1-(float64(i)+.5)/steps))
	}
	for _, part := range []float64{0, .5, 1} {
		y := top + (1-part)*height
		p.line(x+width, y, x+width+4, y, 1, color.Color(soft))
		p.text(x+width+8, y, fmt.Sprintf("%.3g", part*h.full), noteStyle)
	}
}

// scaleEnd returns a round number at or a little above v, for a scale's end.
func scaleEnd(v float64) float64 { return roundUp(v, 1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8) }

// roundUp returns the smallest of the given multiples of a power of ten that
// is not below v.
func roundUp(v float64, multiples ...float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, times := range multiples {
		// The float32 nearest to .1 is a little more than .1.
		if v <= times*unit*(1+1e-6) {
			return times * unit
		}
	}
	return 10 * unit
}
