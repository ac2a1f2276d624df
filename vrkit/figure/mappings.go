package figure

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// NamedMapping is a label mapping ω of shape [S,K], row-major, with the name of its method.
type NamedMapping struct {
	Name  string
	Omega []float32
}

// Mappings draws two to six label mappings side by side over the same source labels, so that a row is the same source
// in all of them. It draws the sources that are among the perTarget heaviest of some target in some mapping. They are
// grouped by the target to which all mappings together give them the most weight; these stairs are outlined in every
// mapping. All share one colour scale, which depends on the square root of a weight, so that the many small weights of
// BLM can be seen beside the few large ones of a one-to-one mapping. It draws as many targets as there is room for, and
// the picture says how many there are.
func Mappings(mappings []NamedMapping, sources, targets []string, perTarget int, caption string) (Figure, error) {
	if len(mappings) < 2 || len(mappings) > 6 {
		return Figure{}, fmt.Errorf("figure: %d mappings can't be compared side by side; pass 2 to 6, or draw one with figure.Mapping", len(mappings))
	}
	for _, m := range mappings {
		if err := mappable(m.Omega, sources, targets, perTarget); err != nil {
			return Figure{}, fmt.Errorf("%w (in the mapping %q)", err, m.Name)
		}
	}
	S, K := len(sources), len(targets)
	const barRoom, narrowest = 92., 13.
	n, gap := float64(len(mappings)), 22.
	if len(mappings) > 4 {
		gap = 12 // so that five mappings of ten targets fit
	}
	shown := min(K, int(math.Ceil(mostTargets/n)))
	rows, own := shared(mappings, S, K, shown, perTarget)
	if len(rows) == 0 {
		return Figure{}, errors.New("figure: all mappings are zero everywhere: estimate them before they are drawn")
	}

	cellHeight := snap(min(max(620/float64(len(rows)), 15), 24))
	rowName := labelStyle.right().sized(min(13, cellHeight-3))
	rowNames := numbered(sources, rows)
	k, says := &key{}, sayMappings(mappings, rowNames, rows, targets[:shown], K)
	targets, rowNames = k.lines(targets[:shown]), k.lines(rowNames)
	titles := make([]string, len(mappings))
	for i, m := range mappings {
		titles[i] = k.line(m.Name)
	}
	names := noteStyle.width("source label")
	for _, name := range rowNames {
		names = max(names, rowName.width(name))
	}
	// Cells take room from names, as long as the names can be distinguished.
	names = min(names, max(140, min(220, contentWidth-8-barRoom-gap*(n-1)-n*float64(shown)*narrowest)))
	room := contentWidth - names - 8 - barRoom - gap*(n-1)
	cellWidth := math.Floor(min(room/n/float64(shown), 48))
	wide := cellWidth * float64(shown)
	columnNames := newHeads(targets, cellWidth)

	above := "target label"
	if shown < K {
		above = fmt.Sprintf("target label (the first %d of %d)", shown, K)
	}
	count := fmt.Sprintf("%d of %s source labels drawn", len(rows), thousands(S))
	left, top := names+8, 24+24+columnNames.height+8
	all := left + n*wide + (n-1)*gap
	high := cellHeight * float64(len(rows))
	p := newPage(max(all+barRoom, left+noteStyle.width(above)+30+noteStyle.width(count)), max(top+high, top+90), k, says, caption)
	p.text(left, 7, above, noteStyle)
	p.text(p.width, 7, count, noteStyle.right())
	p.text(names, top-14, "source label", noteStyle.right())
	for i, name := range shortenAll(rowNames, rowName, names) {
		p.text(names, top+(float64(i)+.5)*cellHeight, name, rowName)
	}

	heaviest := 0.
	for _, m := range mappings {
		for _, s := range rows {
			heaviest = max(heaviest, float64(slices.Max(m.Omega[s*K:s*K+shown])))
		}
	}
	titles = shortenAll(titles, headStyle, wide+gap-6)
	var cells heat
	for i, m := range mappings {
		x := left + float64(i)*(wide+gap)
		p.text(x+wide/2, 34, titles[i], headStyle.centred())
		columnNames.draw(p, x, top)
		cells = heat{x: x, y: top, cellWidth: cellWidth, cellHeight: cellHeight, full: scaleEnd(heaviest), root: true}
		for row, s := range rows {
			for t := range shown {
				cells.cell(p, row, t, float64(m.Omega[s*K+t]))
			}
		}
		p.stairs(cells, own)
	}
	cells.bar(p, all+28, min(high, 180), omegaWeight)
	return p.figure()
}

// sayMappings describes several heat maps: the two heaviest pairs of each.
func sayMappings(mappings []NamedMapping, names []string, rows []int, targets []string, K int) string {
	says := fmt.Sprintf("Heat maps of %s side by side: %d source labels in rows, %d target labels in columns. Largest", omegaWeight, len(rows), len(targets))
	for i, m := range mappings {
		var weight [][]float64
		for _, s := range rows {
			weights := make([]float64, len(targets))
			for t := range weights {
				weights[t] = float64(m.Omega[s*K+t])
			}
			weight = append(weight, weights)
		}
		if i > 0 {
			says += ";"
		}
		says += fmt.Sprintf(" in %s: %s", m.Name, strings.ReplaceAll(heaviestPairs(weight, names, targets, 2), ";", ","))
	}
	return says + "."
}

// shared returns the sources to draw, in the order of their targets, and these targets.
func shared(mappings []NamedMapping, S, K, shown, perTarget int) (rows, own []int) {
	chosen := map[int]bool{}
	for _, m := range mappings {
		at := func(s, t int) float64 { return float64(m.Omega[s*K+t]) }
		for s := range heaviest(at, S, shown, perTarget) {
			chosen[s] = true
		}
	}
	together := func(s, t int) (weight float64) {
		for _, m := range mappings {
			weight += float64(m.Omega[s*K+t])
		}
		return weight
	}
	best := make([]int, S)
	for s := range S {
		if !chosen[s] {
			continue
		}
		rows = append(rows, s)
		for t := range shown {
			if together(s, t) > together(s, best[s]) {
				best[s] = t
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		if best[a] != best[b] {
			return best[a] - best[b]
		}
		return descending(together(a, best[a]), together(b, best[b]))
	})
	for _, s := range rows {
		own = append(own, best[s])
	}
	return rows, own
}

// stairs outlines each target with its sources. own are the targets of the rows, in order.
func (p *page) stairs(h heat, own []int) {
	for from := 0; from < len(own); {
		to := from
		for to < len(own) && own[to] == own[from] {
			to++
		}
		x, y := h.x+float64(own[from])*h.cellWidth, h.y+float64(from)*h.cellHeight
		p.frame(x-1, y-1, h.cellWidth+1, float64(to-from)*h.cellHeight+1, soft)
		from = to
	}
}
