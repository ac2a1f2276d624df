package figure

import "strings"

// heads are the names above the columns of a heat map. They are horizontal, in at most three lines, if they fit uncut;
// else they are upright.
type heads struct {
	names     []string
	cellWidth float64
	style     style
	height    float64
}

func newHeads(names []string, cellWidth float64) heads {
	h := heads{names: names, cellWidth: cellWidth, style: labelStyle.centred().sized(12)}
	flat := true
	for _, name := range names {
		lines := wrap(name, h.style, cellWidth-4, 0)
		flat = flat && len(lines) <= 3 && !strings.Contains(strings.Join(lines, ""), "…")
		h.height = max(h.height, float64(len(lines))*h.style.leading())
	}
	if flat {
		return h
	}
	h.style.upright, h.style.align = true, 0
	h.style = h.style.sized(min(12, cellWidth-1))
	h.height = 0
	h.names = shortenAll(names, h.style, uprightRoom)
	for _, name := range names {
		h.height = max(h.height, min(h.style.width(name), uprightRoom))
	}
	return h
}

// draw writes the names above columns that start at left, on the upper edge of the cells.
func (h heads) draw(p *page, left, top float64) {
	for i, name := range h.names {
		x := left + (float64(i)+.5)*h.cellWidth
		if h.style.upright {
			p.text(x, top-6, name, h.style)
			continue
		}
		lines := wrap(name, h.style, h.cellWidth-4, 3)
		for i, line := range lines {
			y := top - 6 - (float64(len(lines)-i)-.5)*h.style.leading()
			p.text(x, y, line, h.style)
		}
	}
}
