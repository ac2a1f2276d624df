package figure

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// OmegaHistory is one label mapping ω over the epochs of a run, with the measures of output.Diagnostics. A measure must
// have the length of Epochs; nil leaves it out, and a value of −1 was not measured: the line has a gap.
type OmegaHistory struct {
	Name     string
	Epochs   []float64
	Entropy  []float64 // the mean entropy of ω's columns, nats
	Sources  []float64 // the mean number of source labels for a target label
	Coverage []float64 // the share of source labels that are used at all, 0 to 1
	Churn    []float64 // the share of ω that changed since the epoch before, 0 to 1
}

// measures are the panels of Diagnostics, in their order. The unit "%" is for shares, which are drawn in per cent.
var measures = []struct {
	title, unit string
	of          func(OmegaHistory) []float64
}{
	{"Entropy of ω's columns", "nats", func(h OmegaHistory) []float64 { return h.Entropy }},
	{"Source labels for a target label", "mean number", func(h OmegaHistory) []float64 { return h.Sources }},
	{"Coverage: source labels used", "%", func(h OmegaHistory) []float64 { return h.Coverage }},
	{"Churn: ω changed since the epoch before", "%", func(h OmegaHistory) []float64 { return h.Churn }},
}

// Diagnostics draws how up to seven label mappings change over the epochs: a small panel for each measure that has any
// value, two in a row, with the same epochs. The names of the colours are above the panels.
func Diagnostics(title, caption string, histories ...OmegaHistory) (Figure, error) {
	if err := diagnosable(histories); err != nil {
		return Figure{}, err
	}
	var panels []int
	first, last := histories[0].Epochs[0], histories[0].Epochs[0]
	for m, measure := range measures {
		for _, h := range histories {
			if slices.ContainsFunc(measure.of(h), func(v float64) bool { return v >= 0 }) {
				panels = append(panels, m)
				break
			}
		}
	}
	if len(panels) == 0 {
		return Figure{}, errors.New("figure: no measure of ω has a value; there is nothing to draw")
	}
	for _, h := range histories {
		first, last = min(first, slices.Min(h.Epochs)), max(last, slices.Max(h.Epochs))
	}

	k, says := &key{}, sayDiagnostics(title, panels, histories)
	title, histories = k.line(title), slices.Clone(histories)
	for i := range histories {
		histories[i].Name = k.line(histories[i].Name)
	}
	const gap, headRoom, plotHeight, rowGap = 36., 46., 168., 18.
	width, columns := (contentWidth-gap)/2, 2
	if len(panels) == 1 {
		width, columns = 620, 1
	}
	above := 0.
	if title != "" {
		above = 32
	}
	wide := width*float64(columns) + gap*float64(columns-1)
	legend := newLegend(histories, wide)
	top := above + legend.height
	rows := (len(panels) + 1) / 2
	p := newPage(wide, top+float64(rows)*(headRoom+plotHeight+rowGap)-rowGap, k, says, caption)
	p.text(0, 8, shorten(title, titleStyle, wide), titleStyle)
	legend.draw(p, above)
	for i, m := range panels {
		x, y := float64(i%2)*(width+gap), top+float64(i/2)*(headRoom+plotHeight+rowGap)
		p.text(x, y+8, shorten(measures[m].title, headStyle, width), headStyle)
		p.text(x, y+30, measures[m].unit, noteStyle)
		if err := p.panel(x, y+headRoom-6, width, plotHeight+6, m, histories, first, last); err != nil {
			return Figure{}, err
		}
	}
	return p.figure()
}

// sayDiagnostics describes where each line of each panel ends.
func sayDiagnostics(title string, panels []int, histories []OmegaHistory) string {
	says := sentence(title) + "Curves of ω by epoch; where they end:"
	for i, m := range panels {
		var said []string
		for _, h := range histories {
			for at := len(h.Epochs) - 1; at >= 0 && at < len(measures[m].of(h)); at-- {
				v := measures[m].of(h)[at]
				if v < 0 {
					continue
				}
				if measures[m].unit == "%" {
					said = append(said, fmt.Sprintf("%s %.1f %%", h.Name, 100*v))
				} else {
					said = append(said, fmt.Sprintf("%s %s %s", h.Name, signed(v), measures[m].unit))
				}
				break
			}
		}
		if i > 0 {
			says += ";"
		}
		says += " " + measures[m].title + ": " + strings.Join(said, ", ")
	}
	return says + "."
}

// panel draws one measure of all mappings.
func (p *page) panel(x, y, w, h float64, m int, histories []OmegaHistory, first, last float64) error {
	percents := measures[m].unit == "%"
	// All panels show all epochs, and start at 0.
	all := []Series{{X: []float64{first, last}}}
	var owner []int // the mapping of each part of a line
	for i, history := range histories {
		for _, part := range measured(history.Epochs, measures[m].of(history)) {
			all, owner = append(all, part), append(owner, i)
		}
	}
	if percents {
		all = scaled(all, 100)
	}
	plt := axes(append(all, Series{X: []float64{first}, Low: []float64{0}}), "epoch", percents)
	if percents {
		plt.Y.Max = min(plt.Y.Max, 100)
	}
	parts := all[1:]
	for i, part := range parts {
		// A line that others cover is drawn wider, and shows as an edge beside them.
		width := lineWidth
		for j := i + 1; j < len(parts); j++ {
			if covers(parts[j], part, (plt.Y.Max-plt.Y.Min)/100) {
				width += 3
			}
		}
		if err := addSeries(plt, part, series[owner[i]], width); err != nil {
			return err
		}
	}
	plt.Draw(p.area(x, y, w, h))
	return nil
}

// covers tells whether a line would hide all of another.
func covers(upper, lower Series, near float64) bool {
	for i, x := range lower.X {
		at := slices.Index(upper.X, x)
		if at < 0 || math.Abs(upper.Y[at]-lower.Y[i]) > near {
			return false
		}
	}
	return true
}

// measured splits a measure at values that were not measured.
func measured(epochs, values []float64) (parts []Series) {
	open := false
	for i, v := range values {
		if v < 0 {
			open = false
			continue
		}
		if !open {
			parts, open = append(parts, Series{}), true
		}
		part := &parts[len(parts)-1]
		part.X, part.Y = append(part.X, epochs[i]), append(part.Y, v)
	}
	return parts
}

// legend names the colours of several panels, in as many lines as necessary.
type legend struct {
	names  []string
	places []size
	height float64
}

const legendLine, legendMark = 24., 26.

func newLegend(histories []OmegaHistory, width float64) (l legend) {
	x := 0.
	names := make([]string, len(histories))
	for i, h := range histories {
		names[i] = h.Name
	}
	for _, name := range shortenAll(names, headStyle, width/2) {
		need := legendMark + headStyle.width(name) + 24
		if x > 0 && x+need-24 > width {
			x, l.height = 0, l.height+legendLine
		}
		l.names, l.places = append(l.names, name), append(l.places, size{x, l.height})
		x += need
	}
	l.height += legendLine + 8
	return l
}

func (l legend) draw(p *page, y float64) {
	for i, at := range l.places {
		p.line(at.X, y+at.Y+8, at.X+legendMark-8, y+at.Y+8, 3, series[i])
		p.text(at.X+legendMark, y+at.Y+8, l.names[i], headStyle.tinted(legible(series[i])))
	}
}

func diagnosable(histories []OmegaHistory) error {
	if len(histories) == 0 || len(histories) > len(series) {
		return fmt.Errorf("figure: %d mappings can't be told apart over epochs; pass 1 to %d", len(histories), len(series))
	}
	for _, h := range histories {
		if len(h.Epochs) == 0 || !slices.IsSorted(h.Epochs) {
			return fmt.Errorf("figure: the epochs of ω of %q must be one or more, in order, not %v", h.Name, h.Epochs)
		}
		if err := finite(fmt.Sprintf("the epochs of %q", h.Name), h.Epochs); err != nil {
			return err
		}
		for _, m := range measures {
			values, what := m.of(h), fmt.Sprintf("%q of %q", m.title, h.Name)
			if values != nil && len(values) != len(h.Epochs) {
				return fmt.Errorf("figure: %s has %d values for %d epochs; use −1 for what was not measured", what, len(values), len(h.Epochs))
			}
			if err := finite(what, values); err != nil {
				return err
			}
			for _, v := range values {
				if v < 0 && v != -1 {
					return fmt.Errorf("figure: %s has the value %v; it is 0 or more, or −1 where it was not measured", what, v)
				}
				if v > 1 && m.unit == "%" {
					return fmt.Errorf("figure: %s has the value %v, not a share of 0 to 1; divide per cent by 100", what, v)
				}
			}
		}
	}
	return nil
}
