package figure

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
)

// Dotted is one quantity in several runs, which differ by their seed.
type Dotted struct {
	Name   string
	Values []float64 // one for each run
}

// Dots draws a row for each of one to twelve groups of runs: a dot for each run,
// a band from the smallest to the largest and a line at their mean, over one axis, so that the means are never seen
// without their spread. If label ends with "%", the values are shares and are
// written as per cent, on an axis of at least 20 of them. The axis holds all
// values and need not start at 0.
func Dots(title, label, caption string, groups ...Dotted) (Figure, error) {
	low, high, err := spanned(groups)
	if err != nil {
		return Figure{}, err
	}
	by, digits := 1., "%.3g"
	if strings.HasSuffix(label, "%") {
		by, digits = 100, "%.1f"
		// Differences of a few per cent must not look like the whole range.
		if middle := (low + high) / 2; high-low < .2 {
			low, high = max(middle-.1, 0), min(middle+.1, 1)
		}
	}
	k, says := &key{}, sayDots(title, label, by, digits, groups)
	title, label = k.line(title), k.line(label)
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.Name
	}
	names = k.lines(names)

	const width, row, markRoom, radius = 760., 34., 40., 6.
	top, number := 0., labelStyle.width("mean 100.0")
	if title != "" {
		top = 30
	}
	left := 0.
	for _, name := range names {
		left = max(left, min(labelStyle.width(name), 260))
	}
	left += 20
	right := width - number - 20
	step := markStep(max(by*(high-low), by*high/50), 6)
	from, to := math.Floor(by*low/step-.25)*step, math.Ceil(by*high/step+.25)*step
	at := func(v float64) float64 { return left + (right-left)*(v-from)/(to-from) }
	bottom := top + row*float64(len(groups))

	p := newPage(width, bottom+markRoom, k, says, caption)
	p.text(0, 8, shorten(title, titleStyle, width), titleStyle)
	for _, tick := range marks(step).Ticks(from, to) {
		p.line(at(tick.Value), top, at(tick.Value), bottom+4, 1, rule)
		p.text(at(tick.Value), bottom+13, tick.Label, noteStyle.centred())
	}
	p.text((left+right)/2, bottom+30, shorten(label, noteStyle, right-left), noteStyle.centred())
	for i, name := range shortenAll(names, labelStyle, left-20) {
		y, c := top+(float64(i)+.5)*row, series[i%len(series)]
		p.text(left-20, y, name, labelStyle.right())
		first, last := at(by*slices.Min(groups[i].Values)), at(by*slices.Max(groups[i].Values))
		p.rect(left, y-13, right-left, 26, tint)
		p.rect(first-radius, y-13, last-first+2*radius, 26, color.NRGBA{c.R, c.G, c.B, 70})
		mean, _ := meanDeviation(groups[i].Values)
		p.line(at(by*mean), y-11, at(by*mean), y+11, 2.5, c)
		for _, v := range groups[i].Values {
			p.disc(at(by*v), y, radius, color.NRGBA{c.R, c.G, c.B, 150})
		}
		p.text(width, y, fmt.Sprintf("mean "+digits, by*mean), labelStyle.right())
	}
	return p.figure()
}

// disc fills a circle.
func (p *page) disc(x, y, radius float64, c color.Color) {
	var path vg.Path
	centre := p.at(x, y)
	path.Move(vg.Point{X: centre.X + vg.Length(radius), Y: centre.Y})
	path.Arc(centre, vg.Length(radius), 0, 2*math.Pi)
	path.Close()
	p.canvas.SetColor(c)
	p.canvas.Fill(path)
}

// spanned returns the smallest and the largest value of groups that can be drawn.
func spanned(groups []Dotted) (low, high float64, err error) {
	if len(groups) < 1 || len(groups) > 12 {
		return 0, 0, fmt.Errorf("figure: %d groups of dots don't fit a card; pass 1 to 12", len(groups))
	}
	low, high = math.Inf(1), math.Inf(-1)
	for _, g := range groups {
		if len(g.Values) == 0 {
			return 0, 0, errors.New("figure: the group " + g.Name + " has no value; pass one for each run")
		}
		if err := finite("the group "+g.Name, g.Values); err != nil {
			return 0, 0, err
		}
		low, high = min(low, slices.Min(g.Values)), max(high, slices.Max(g.Values))
	}
	return low, high, nil
}

// sayDots says the values of every group and their mean.
func sayDots(title, label string, by float64, digits string, groups []Dotted) string {
	var said []string
	for _, g := range groups {
		values := make([]string, len(g.Values))
		for i, v := range g.Values {
			values[i] = fmt.Sprintf(digits, by*v)
		}
		mean, _ := meanDeviation(g.Values)
		said = append(said, fmt.Sprintf("%s %s (mean "+digits+")", g.Name, strings.Join(values, ", "), by*mean))
	}
	return sentence(title) + fmt.Sprintf("Dots of %s, one for each run: %s.", label, strings.Join(said, "; "))
}
