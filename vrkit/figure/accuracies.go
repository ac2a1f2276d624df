package figure

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"strings"
)

// AccuracyCell is the accuracy of an input manipulation with an output alignment over several runs with different
// seeds.
type AccuracyCell struct {
	Mean      float64 // a share of samples, 0 to 1
	Deviation float64 // the standard deviation over the runs, a share too; it has no meaning for one run
	Runs      int     // the number of runs; with 0, or a Mean of NaN, the cell was not run
}

func (c AccuracyCell) missing() bool { return c.Runs == 0 || math.IsNaN(c.Mean) }

// shown is the mean as it is written, in per cent.
func (c AccuracyCell) shown() string { return fmt.Sprintf("%.1f", 100*c.Mean) }

// Accuracies draws a table of accuracies as a heat map: a row for each input manipulation, a column for each output
// alignment, and in each cell the mean in per cent, with the standard deviation over the runs below it. cells has shape
// [rows, columns], with up to 12 rows and 8 columns. The best cell of a row is outlined and bold, and so is any other
// with the same written mean; a row with a single accuracy has no best cell. A cell that was not run is hatched. The
// colours go from one multiple of 10 % to another, and a line below the table says what ± is and over how many runs.
func Accuracies(rows, columns []string, cells [][]AccuracyCell, title, caption string) (Figure, error) {
	if err := tabular(rows, columns, cells); err != nil {
		return Figure{}, err
	}
	k := &key{}
	says := sayAccuracies(rows, columns, cells, title)
	rows, columns, title = k.lines(rows), k.lines(columns), k.line(title)
	const barRoom, cellHeight = 112., 46.
	rowName, head := labelStyle.right(), headStyle.centred()
	names := noteStyle.width("input manipulation")
	for _, name := range rows {
		names = max(names, min(rowName.width(name), 200))
	}
	cellWidth := math.Floor(min((contentWidth-names-8-barRoom)/float64(len(columns)), 104))
	headLines := 1
	if strings.Contains(strings.Join(wrap(strings.Join(columns, "\n"), head, cellWidth-6, 0), ""), "…") {
		head = head.sized(11) // for a long word
	}
	for _, name := range columns {
		headLines = max(headLines, len(wrap(name, head, cellWidth-6, 3)))
	}

	above := 0. // the title's line
	if title != "" {
		above = 32
	}
	left, top := names+8, above+24+float64(headLines)*head.leading()+8
	wide, high := cellWidth*float64(len(columns)), cellHeight*float64(len(rows))
	note := accuracyNote(cells)
	height := top + max(high, 22+60+8)
	width := max(left+wide+barRoom, 520)
	noteLines := wrap(note, noteStyle, width, 0)
	p := newPage(width, height+10+float64(len(noteLines))*noteStyle.leading(), k, says, caption)
	p.text(0, 8, shorten(title, titleStyle, p.width), titleStyle)
	p.text(left, above+7, "output alignment", noteStyle)
	p.text(names, top-14, "input manipulation", noteStyle.right())
	for column, name := range columns {
		lines := wrap(name, head, cellWidth-6, 3)
		for i, line := range lines {
			y := top - 6 - (float64(len(lines)-i)-.5)*head.leading()
			p.text(left+(float64(column)+.5)*cellWidth, y, line, head)
		}
	}

	colours := accuracyScale(cells)
	most, _ := runs(cells)
	for row, name := range rows {
		y := top + float64(row)*cellHeight
		lines := wrap(name, rowName, names, 2)
		for i, line := range lines {
			p.text(names, y+cellHeight/2+(float64(i)-float64(len(lines)-1)/2)*rowName.leading(), line, rowName)
		}
		best := bestOf(cells[row])
		for column, c := range cells[row] {
			x := left + float64(column)*cellWidth
			if c.missing() {
				p.notRun(x, y, cellWidth-1, cellHeight-1)
				continue
			}
			p.accuracy(x, y, cellWidth-1, cellHeight-1, c, colours.of(100*c.Mean), c.shown() == best, most)
		}
	}
	colours.bar(p, left+wide+28, top, min(high, 180), "accuracy, %")
	for i, line := range noteLines {
		p.text(0, height+10+(float64(i)+.5)*noteStyle.leading(), line, noteStyle)
	}
	return p.figure()
}

// accuracy draws one cell: the mean and, below it, the deviation. If the cell has fewer runs than others, it shows
// their number.
func (p *page) accuracy(x, y, w, h float64, c AccuracyCell, paper color.RGBA, best bool, most int) {
	p.rect(x, y, w, h, paper)
	mean, under := labelStyle.centred().sized(15), noteStyle.centred().tinted(ink)
	if best {
		mean.bold = true
		p.frame(x, y, w, h, ink)
		p.frame(x+1, y+1, w-2, h-2, ink)
	}
	says := fmt.Sprintf("± %.1f", 100*c.Deviation)
	switch {
	case most == 1:
		says = ""
	case c.Runs == 1:
		says = "1 run"
	case c.Runs < most:
		says = fmt.Sprintf("± %.1f, n=%d", 100*c.Deviation, c.Runs)
		under = under.sized(11)
	}
	if says == "" {
		p.text(x+w/2, y+h/2, c.shown(), mean)
		return
	}
	p.text(x+w/2, y+h/2-8, c.shown(), mean)
	p.text(x+w/2, y+h/2+10, says, under)
}

// notRun hatches a cell without a value.
func (p *page) notRun(x, y, w, h float64) {
	p.hatched(x, y, w, h)
	const says = "not run"
	st := noteStyle.centred()
	wide := st.width(says) + 8
	p.rect(x+(w-wide)/2, y+h/2-9, wide, 18, hatching(9, 0))
	p.text(x+w/2, y+h/2, says, st)
}

// bestOf returns the highest mean of a row as it is written, or "" if the row has only one mean.
func bestOf(row []AccuracyCell) string {
	best, measured := AccuracyCell{Mean: -1}, 0
	for _, c := range row {
		if c.missing() {
			continue
		}
		measured++
		if c.Mean > best.Mean {
			best = c
		}
	}
	if measured < 2 {
		return ""
	}
	return best.shown()
}

// accuracyScale returns the colours of the means, in per cent. They start at a light blue, so that no cell looks empty,
// and end at one on which dark figures can be read, with a contrast of 5:1. There are 19, for a small file.
func accuracyScale(cells [][]AccuracyCell) scale {
	low, high := 100., 0.
	for _, row := range cells {
		for _, c := range row {
			if !c.missing() {
				low, high = min(low, 100*c.Mean), max(high, 100*c.Mean)
			}
		}
	}
	low, high = math.Floor(low/10)*10, math.Ceil(high/10)*10
	// Differences of a few per cent must not look like the whole range.
	if high-low < 20 {
		high = min(max(high, low+20), 100)
		low = high - 20
	}
	return scale{low: low, high: high, colour: func(share float64) color.RGBA {
		const steps = 18
		return ramp(.07 + .43*math.Round(share*steps)/steps)
	}}
}

// runs returns the largest and the smallest number of runs of a cell.
func runs(cells [][]AccuracyCell) (most, least int) {
	least = math.MaxInt
	for _, row := range cells {
		for _, c := range row {
			if !c.missing() {
				most, least = max(most, c.Runs), min(least, c.Runs)
			}
		}
	}
	return most, least
}

// sayAccuracies describes a table of accuracies: the best of each row.
func sayAccuracies(rows, columns []string, cells [][]AccuracyCell, title string) string {
	var best []string
	for i, row := range cells {
		for j, c := range row {
			if says := bestOf(row); !c.missing() && (says == c.shown() || says == "") {
				best = append(best, fmt.Sprintf("%s: %s %s %%", rows[i], columns[j], c.shown()))
			}
		}
	}
	return sentence(title) + fmt.Sprintf("Table of accuracies, %d input manipulations by %d output alignments; the best of each row: %s.", len(rows), len(columns), strings.Join(best, "; "))
}

// accuracyNote explains the marks of a table.
func accuracyNote(cells [][]AccuracyCell) string {
	marks := ""
	for _, row := range cells {
		if bestOf(row) != "" {
			marks = "Outlined: the best mean of its row. "
		}
	}
	switch most, least := runs(cells); {
	case most == 1:
		return marks + "One run each."
	case most == least:
		return marks + fmt.Sprintf("± is the standard deviation over %d runs.", most)
	default:
		return marks + fmt.Sprintf("± is the standard deviation over %d runs, or over n where there are fewer.", most)
	}
}

func tabular(rows, columns []string, cells [][]AccuracyCell) error {
	if len(rows) < 1 || len(rows) > 12 || len(columns) < 1 || len(columns) > 8 {
		return fmt.Errorf("figure: %d rows and %d columns of accuracies can't be read on one card; pass 1 to 12 rows and 1 to 8 columns", len(rows), len(columns))
	}
	if len(cells) != len(rows) {
		return fmt.Errorf("figure: %d rows of accuracies for %d row names; give each row a name", len(cells), len(rows))
	}
	measured := false
	for i, row := range cells {
		if len(row) != len(columns) {
			return fmt.Errorf("figure: row %q has %d accuracies for %d columns; give it one for each, with Runs 0 for what was not run", rows[i], len(row), len(columns))
		}
		for j, c := range row {
			if c.Runs < 0 {
				return fmt.Errorf("figure: the accuracy of %q with %q has %d runs; use 0 for what was not run", rows[i], columns[j], c.Runs)
			}
			if c.missing() {
				continue
			}
			measured = true
			if !(c.Mean >= 0 && c.Mean <= 1) {
				return fmt.Errorf("figure: the accuracy of %q with %q is %v, not a share of 0 to 1; divide per cent by 100", rows[i], columns[j], c.Mean)
			}
			if c.Runs > 1 && !(c.Deviation >= 0 && c.Deviation <= 1) {
				return fmt.Errorf("figure: the deviation of %q with %q is %v, not a share of 0 to 1; divide per cent by 100", rows[i], columns[j], c.Deviation)
			}
		}
	}
	if !measured {
		return errors.New("figure: no accuracy of the table was run; there is nothing to draw")
	}
	return nil
}
