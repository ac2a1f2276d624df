package main

import (
	"fmt"
	"image"
	"image/draw"
)

// ink is what is drawn on a picture; the most frequent colour is its paper.
type ink struct {
	share    float64 // of the pixels that are not paper
	coloured float64 // of the pixels that are clearly not grey
	colours  int
}

// The ink of the project's figures, measured on those in vrkit/figure/testdata and on one with axes, marks, names and a
// caption but no curve:
//
//	                    share           coloured        colours
//	full of pixels      15 to 75 %      1.4 to 53 %     104 to 6445
//	curves              5.6 to 8.3 %    1.8 to 3.9 %    191 to 248
//	one thin line       1.8 %           0.67 %          101
//	axes only           1.3 to 3.7 %    0 to 0.24 %     128 to 255
//
// So a picture with little ink must have colour, as curves have and axes have not.
const (
	leastInk      = .005
	muchInk       = .10
	leastColoured = .004
	leastColours  = 8
)

// flaw says what is wrong with a picture with this ink; "" if nothing is.
func (i ink) flaw() string {
	switch {
	case i.colours < 2:
		return "is blank: it is of one colour"
	case i.share < leastInk:
		return fmt.Sprintf("is nearly blank: all but %.2f %% of it is of one colour", 100*i.share)
	case i.colours < leastColours:
		return fmt.Sprintf("is nearly blank: it has %d colours", i.colours)
	case i.share < muchInk && i.coloured < leastColoured:
		return fmt.Sprintf("is nearly blank: %.1f %% of it is drawn on and %.2f %% in colour, as much as axes and text have", 100*i.share, 100*i.coloured)
	}
	return ""
}

func inkOf(m image.Image) ink {
	size := m.Bounds().Size()
	flat := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(flat, flat.Rect, image.White, image.Point{}, draw.Src) // transparent pixels become white
	draw.Draw(flat, flat.Rect, m, m.Bounds().Min, draw.Over)
	counts := map[[3]uint8]int{}
	coloured := 0
	for at := 0; at < len(flat.Pix); at += 4 {
		c := [3]uint8(flat.Pix[at : at+3])
		counts[c]++
		if max(c[0], c[1], c[2])-min(c[0], c[1], c[2]) > 40 {
			coloured++
		}
	}
	paper, pixels := 0, float64(max(size.X*size.Y, 1))
	for _, count := range counts {
		paper = max(paper, count)
	}
	return ink{share: 1 - float64(paper)/pixels, coloured: float64(coloured) / pixels, colours: len(counts)}
}
