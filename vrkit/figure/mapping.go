package figure

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

const (
	mostTargets = 48   // so many columns with names of 11 px fit on a card
	uprightRoom = 170. // the longest upright column name
)

// Mapping draws a label mapping ω as a heat map: which source labels (rows) stand for which target labels (columns),
// and how much.
//
// omega has shape [S,K], row-major, with weights ≥ 0; sources holds S names and targets K. It draws the sources that
// are among the perTarget heaviest of some target. Rows are grouped by the target with the largest weight, so that a
// mapping looks like stairs from the upper left to the lower right, and weights off the stairs belong to sources of
// several targets. A line below the columns says how much of each column's weight is drawn. Of more than 48 targets the
// first 48 are drawn and the picture says so.
func Mapping(omega []float32, sources, targets []string, perTarget int, caption string) (Figure, error) {
	if err := mappable(omega, sources, targets, perTarget); err != nil {
		return Figure{}, err
	}
	m := pick(omega, sources, targets, perTarget)
	return m.draw(caption)
}

// omegaWeight is the name of a mapping's values.
const omegaWeight = "weight ω"

func mappable(omega []float32, sources, targets []string, perTarget int) error {
	S, K := len(sources), len(targets)
	if S == 0 || K == 0 || len(omega) != S*K {
		return fmt.Errorf("figure: a mapping of %d weights is not %d sources × %d targets; pass ω row-major as [S,K] with a name for each", len(omega), S, K)
	}
	if perTarget < 1 {
		return fmt.Errorf("figure: %d sources for each target leave nothing to draw; use 1 or more", perTarget)
	}
	if err := finite("the mapping", omega); err != nil {
		return err
	}
	for i, w := range omega {
		if w < 0 {
			return fmt.Errorf("figure: the mapping has weight %v from %q to %q; only weights of 0 and more can be drawn as votes", w, sources[i/K], targets[i%K])
		}
	}
	return nil
}

// mapping is the drawn part of ω, or of the counts.
type mapping struct {
	quantity      string // the name of the cells' values
	step          bool   // it is one of several figures of one size
	rows, columns []string
	weight        [][]float64 // [row][column]
	own           []int       // the column with the largest weight of each row
	share         []float64   // the drawn share of each column's weight
	total         int         // number of all sources
	allTargets    int
	heaviest      float64
}

// pick selects and orders the rows.
func pick(omega []float32, sources, targets []string, perTarget int) mapping {
	S, K := len(sources), len(targets)
	m := mapping{quantity: omegaWeight, total: S, allTargets: K, columns: targets[:min(K, mostTargets)]}
	at := func(s, t int) float64 { return float64(omega[s*K+t]) }

	chosen := heaviest(at, S, len(m.columns), perTarget)
	own := map[int]int{}
	var rows []int
	for s := range S {
		if !chosen[s] {
			continue
		}
		rows = append(rows, s)
		for t := range m.columns {
			if at(s, t) > at(s, own[s]) {
				own[s] = t
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		if own[a] != own[b] {
			return own[a] - own[b]
		}
		return descending(at(a, own[a]), at(b, own[b]))
	})

	m.rows = numbered(sources, rows)
	for _, s := range rows {
		m.own = append(m.own, own[s])
	}
	m.take(at, rows, S)
	return m
}

// take stores the weights of the rows, and their share of each column's sum.
func (m *mapping) take(at func(s, t int) float64, rows []int, S int) {
	m.share = make([]float64, len(m.columns))
	for _, s := range rows {
		weights := make([]float64, len(m.columns))
		for t := range m.columns {
			weights[t] = at(s, t)
			m.share[t] += weights[t]
			m.heaviest = max(m.heaviest, weights[t])
		}
		m.weight = append(m.weight, weights)
	}
	for t := range m.columns {
		sum := 0.
		for s := range S {
			sum += at(s, t)
		}
		if sum > 0 {
			m.share[t] /= sum
		}
	}
}

// heaviest returns the sources that are among the perTarget heaviest of some
// target.
func heaviest(at func(s, t int) float64, S, targets, perTarget int) map[int]bool {
	chosen := map[int]bool{}
	order := make([]int, S)
	for t := range targets {
		for s := range order {
			order[s] = s
		}
		slices.SortStableFunc(order, func(a, b int) int { return descending(at(a, t), at(b, t)) })
		for _, s := range order[:min(perTarget, S)] {
			if at(s, t) > 0 {
				chosen[s] = true
			}
		}
	}
	return chosen
}

// numbered returns the names of some of the sources. Because ImageNet has two cranes and two maillots, a name that
// occurs twice gets its number.
func numbered(sources []string, some []int) []string {
	times := map[string]int{}
	for _, s := range some {
		times[sources[s]]++
	}
	names := make([]string, len(some))
	for i, s := range some {
		names[i] = sources[s]
		if times[names[i]] > 1 {
			names[i] = fmt.Sprintf("%s (%d)", names[i], s)
		}
	}
	return names
}

func descending(a, b float64) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}

// draw lays the heat map out: row names, cells, colour bar from left to right;
// column names, cells, shares from top to bottom.
func (m mapping) draw(caption string) (Figure, error) {
	if len(m.rows) == 0 {
		return Figure{}, fmt.Errorf("figure: the mapping is zero everywhere: estimate it before it is drawn")
	}
	k, says := &key{}, m.says()
	m.columns, m.rows = k.lines(m.columns), k.lines(m.rows)
	const barRoom = 92. // colour bar with its numbers and the gap before it
	cellHeight := snap(min(max(620/float64(len(m.rows)), 15), 24))
	rowName := labelStyle.right().sized(min(13, cellHeight-3))
	names := noteStyle.width("share drawn, %")
	for _, name := range m.rows {
		names = max(names, rowName.width(name))
	}
	names = min(names, 220)
	cellWidth := math.Floor(min((contentWidth-names-8-barRoom)/float64(len(m.columns)), 62))

	heads := newHeads(m.columns, cellWidth)
	left, top := names+8, 24+heads.height+8
	wide, high := cellWidth*float64(len(m.columns)), cellHeight*float64(len(m.rows))
	// What the axes are, and what is left out.
	above := "target label"
	if m.allTargets > len(m.columns) {
		above = fmt.Sprintf("target label (the first %d of %d)", len(m.columns), m.allTargets)
	}
	count := fmt.Sprintf("%d of %s source labels drawn", len(m.rows), thousands(m.total))
	head := left + noteStyle.width(above) + 30 + noteStyle.width(count)
	shares := m.shares(cellWidth)
	height := top + high
	if shares != nil {
		height += 24
	}
	height = max(height, top+90) // the colour bar needs that
	p := newPage(max(left+wide+barRoom, head), height, k, says, caption)
	p.text(names, top-14, "source label", noteStyle.right())
	p.text(left, 7, above, noteStyle)
	p.text(p.width, 7, count, noteStyle.right())

	heads.draw(p, left, top)
	cells := heat{x: left, y: top, cellWidth: cellWidth, cellHeight: cellHeight, full: scaleEnd(m.heaviest)}
	for s, name := range shortenAll(m.rows, rowName, names) {
		p.text(names, top+(float64(s)+.5)*cellHeight, name, rowName)
		for t, w := range m.weight[s] {
			cells.cell(p, s, t, w)
		}
	}
	// The stairs: each target with the sources that have their largest weight there.
	p.stairs(cells, m.own)
	if shares != nil {
		p.text(names, top+high+15, "share drawn, %", noteStyle.right())
	}
	for t, share := range shares {
		p.text(left+(float64(t)+.5)*cellWidth, top+high+15, share, shareStyle(cellWidth))
	}
	cells.bar(p, left+wide+28, min(high, 180), m.quantity)
	return p.figure()
}

// says describes the heat map: the three heaviest pairs.
func (m mapping) says() string {
	return fmt.Sprintf("Heat map, %s: %d of %s source labels in rows, %d target labels in columns. Largest: %s.",
		m.quantity, len(m.rows), thousands(m.total), len(m.columns), heaviestPairs(m.weight, m.rows, m.columns, 3))
}

// heaviestPairs names the largest weights of a heat map with their rows and columns.
func heaviestPairs(weight [][]float64, rows, columns []string, most int) string {
	type pair struct {
		row, column int
		weight      float64
	}
	var pairs []pair
	for row, weights := range weight {
		for column, w := range weights {
			if w > 0 {
				pairs = append(pairs, pair{row, column, w})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return descending(a.weight, b.weight) })
	var said []string
	for _, p := range pairs[:min(most, len(pairs))] {
		said = append(said, fmt.Sprintf("%s for %s (%.3g)", rows[p.row], columns[p.column], p.weight))
	}
	return strings.Join(said, "; ")
}

// shares returns how much of each column's weight is drawn, in per cent; nil if all is drawn or if there is no room. Of
// several steps all have it or none.
func (m mapping) shares(cellWidth float64) []string {
	if m.step && !shareStyle(cellWidth).fits("100", cellWidth-1) {
		return nil
	}
	says, whole := make([]string, len(m.share)), !m.step
	for t, share := range m.share {
		says[t] = strconv.Itoa(int(share*100 + .5))
		whole = whole && share > .995
		if !shareStyle(cellWidth).fits(says[t], cellWidth-1) {
			return nil
		}
	}
	if whole {
		return nil
	}
	return says
}

func shareStyle(cellWidth float64) style {
	return noteStyle.centred().sized(min(12, max(11, cellWidth-4)))
}
