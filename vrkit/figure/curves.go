package figure

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Series is one line of a figure of curves. Low and High, if given, are the edges of a band around it, such as the
// smallest and largest over seeds. A series with X only draws nothing and makes room on the axis, for values that a
// live curve will show later; with Low and High it makes room on both axes.
type Series struct {
	Name      string
	X, Y      []float64
	Low, High []float64
	Role      Role // what the line shows; the zero value if it has no fixed colour
}

// Role is what a line shows, if that has the same colour in all figures, whatever other lines there are.
type Role int

const (
	Training Role = 1 + iota
	Test
	Validation
)

// colours gives each of up to seven lines its colour: that of its role, or the next free one.
func colours(lines []Series) []color.RGBA {
	taken := map[int]bool{}
	for _, s := range lines {
		if s.Role > 0 {
			taken[int(s.Role)-1] = true
		}
	}
	out, next := make([]color.RGBA, len(lines)), 0
	for i, s := range lines {
		if s.Role > 0 {
			out[i] = series[s.Role-1]
			continue
		}
		for taken[next] {
			next++
		}
		out[i] = series[next]
		next++
	}
	return out
}

// Curves draws up to seven series over a common x. Each line has its name at its right end, in its own colour, so that
// no legend is needed. If yLabel ends with "%", the values are shares and are written in per cent, on an axis that
// starts at 0. The marks of x are integers if all x are, or if there are only a few to mark.
func Curves(title, xLabel, yLabel string, caption string, lines ...Series) (Figure, error) {
	if err := plottable(lines); err != nil {
		return Figure{}, err
	}
	k, says := &key{}, sayCurves(title, xLabel, yLabel, lines)
	title, xLabel, yLabel = k.line(title), k.line(xLabel), k.line(yLabel)
	percents := strings.HasSuffix(yLabel, "%")
	if percents {
		lines = scaled(lines, 100)
	}
	lines, lineColours := slices.Clone(lines), colours(lines)
	for i := range lines {
		lines[i].Name = k.line(lines[i].Name)
	}
	const width, height, markRoom = 760., 300., 12.
	top := 22. // the y label's line
	if title != "" {
		top += 30
	}
	names := 0.
	for _, s := range lines {
		if s.Y == nil {
			continue
		}
		names = max(names, min(headStyle.width(s.Name), 190))
	}

	plt := axes(lines, shorten(xLabel, noteStyle, width-names-markRoom-100), percents)
	for i, s := range lines {
		if s.Y == nil {
			continue
		}
		if err := addSeries(plt, s, lineColours[i], lineWidth); err != nil {
			return Figure{}, err
		}
	}
	p := newPage(width, top+height, k, says, caption)
	if title != "" {
		p.text(0, 8, shorten(title, titleStyle, width), titleStyle)
	}
	p.text(0, top-12, shorten(yLabel, noteStyle, width), noteStyle)
	area := p.area(0, top, width-names-markRoom, height)
	plt.Draw(area)
	p.nameLines(plt, area, lines, lineColours, width-names)
	return p.figure()
}

// axes returns an empty plot whose axes contain all series and end at marks.
func axes(lines []Series, xLabel string, percents bool) *plot.Plot {
	plt := plot.New()
	plt.BackgroundColor = nil // the card is the background
	xs, ys := []float64{}, []float64{}
	for _, s := range lines {
		xs = append(xs, s.X...)
		ys = slices.Concat(ys, s.Y, s.Low, s.High)
	}
	low, high := slices.Min(ys), slices.Max(ys)
	if percents || low > 0 && low < .4*high {
		low = min(low, 0)
	}
	step := markStep(high-low, 5)
	if high == low {
		step = max(math.Abs(high), 1) / 2
	}
	plt.Y.Min, plt.Y.Max = math.Floor(low/step)*step, math.Ceil(high/step-1e-9)*step
	if plt.Y.Min == plt.Y.Max {
		plt.Y.Max += step
	}
	plt.Y.Tick.Marker = marks(step)

	plt.X.Min, plt.X.Max = slices.Min(xs), slices.Max(xs)
	if plt.X.Min == plt.X.Max { // a single point, in the middle
		plt.X.Min, plt.X.Max = plt.X.Min-1, plt.X.Max+1
	}
	step = markStep(plt.X.Max-plt.X.Min, 8)
	fraction := func(x float64) bool { return x != math.Trunc(x) }
	if plt.X.Max-plt.X.Min >= 3 || !slices.ContainsFunc(xs, fraction) {
		step = max(step, 1)
	}
	plt.X.Tick.Marker = marks(step)
	plt.X.Label.Text = xLabel

	plt.X.Label.TextStyle.Font, plt.X.Label.TextStyle.Color = sans(noteStyle.size, false), soft
	plt.X.Label.Padding = 4
	for _, axis := range []*plot.Axis{&plt.X, &plt.Y} {
		axis.Tick.Label.Font, axis.Tick.Label.Color = sans(noteStyle.size, false), soft
		axis.Tick.LineStyle = draw.LineStyle{Color: rule, Width: 1}
		axis.Tick.Length = 5
		axis.LineStyle = draw.LineStyle{Color: soft, Width: 1}
		axis.Padding = 0
	}
	plt.Y.LineStyle.Width, plt.Y.Tick.Length = 0, 0 // the grid lines are enough
	plt.Add(&plotter.Grid{Horizontal: draw.LineStyle{Color: rule, Width: 1}})
	return plt
}

const lineWidth = 2.5

// addSeries adds the band of a series, its line of the given width and, if there are few, its points.
func addSeries(plt *plot.Plot, s Series, c color.RGBA, width float64) error {
	points := make(plotter.XYs, len(s.X))
	for i := range points {
		points[i] = plotter.XY{X: s.X[i], Y: s.Y[i]}
	}
	if s.Low != nil {
		var edge plotter.XYs
		for i, x := range s.X {
			edge = append(edge, plotter.XY{X: x, Y: s.High[i]})
		}
		for i := len(s.X) - 1; i >= 0; i-- {
			edge = append(edge, plotter.XY{X: s.X[i], Y: s.Low[i]})
		}
		band, err := plotter.NewPolygon(edge)
		if err != nil {
			return fmt.Errorf("figure: the band of curve %q: %w", s.Name, err)
		}
		band.Color, band.LineStyle.Width = color.NRGBA{c.R, c.G, c.B, 48}, 0
		plt.Add(band)
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return fmt.Errorf("figure: curve %q: %w", s.Name, err)
	}
	line.LineStyle = draw.LineStyle{Color: c, Width: vg.Length(width)}
	plt.Add(line)
	if len(points) <= 30 {
		dots, err := plotter.NewScatter(points)
		if err != nil {
			return fmt.Errorf("figure: curve %q: %w", s.Name, err)
		}
		dots.GlyphStyle = draw.GlyphStyle{Color: c, Radius: vg.Length(width/2 + 2.25), Shape: draw.CircleGlyph{}}
		plt.Add(dots)
	}
	return nil
}

// nameLines writes each name beside the right end of its line. It moves names apart that would touch, and then connects
// them with their lines.
func (p *page) nameLines(plt *plot.Plot, area draw.Canvas, lines []Series, lineColours []color.RGBA, x float64) {
	toX, toY := plt.Transforms(ptr(plt.DataCanvas(area)))
	zero := p.at(0, 0)
	type name struct {
		line          int
		endX, endY, y float64
	}
	var names []name
	for i, s := range lines {
		if s.Name == "" || s.Y == nil {
			continue
		}
		end := len(s.X) - 1
		endX, endY := float64(toX(s.X[end])-zero.X), float64(zero.Y-toY(s.Y[end]))
		names = append(names, name{i, endX, endY, endY})
	}
	slices.SortStableFunc(names, func(a, b name) int { return descending(b.endY, a.endY) })
	const apart = 18.
	for i := 1; i < len(names); i++ {
		names[i].y = max(names[i].y, names[i-1].y+apart)
	}
	// Names that were pushed below the axis move up again.
	bottom := float64(zero.Y - toY(plt.Y.Min))
	for i := len(names) - 1; i >= 0; i-- {
		names[i].y = min(names[i].y, bottom)
		bottom = names[i].y - apart
	}
	shown := make([]string, len(lines))
	for i, s := range lines {
		shown[i] = s.Name
	}
	shown = shortenAll(shown, headStyle, 190)
	for _, n := range names {
		c := lineColours[n.line]
		if n.endX < x-14 || math.Abs(n.y-n.endY) > 4 {
			p.line(n.endX+5, n.endY, x-4, n.y, 1, color.NRGBA{c.R, c.G, c.B, 110})
		}
		p.text(x, n.y, shown[n.line], headStyle.tinted(legible(c)))
	}
}

// sayCurves describes the lines: where each begins and ends.
func sayCurves(title, xLabel, yLabel string, lines []Series) string {
	value, unit := func(v float64) string { return signed(v) }, ""
	if strings.HasSuffix(yLabel, "%") {
		value, unit = func(v float64) string { return fmt.Sprintf("%.1f", 100*v) }, " %"
	}
	var said []string
	for _, s := range lines {
		if s.Y == nil {
			continue
		}
		last := len(s.X) - 1
		says := fmt.Sprintf("%s%s at %s %s", value(s.Y[last]), unit, xLabel, signed(s.X[last]))
		if last > 0 {
			says = fmt.Sprintf("from %s%s at %s %s to ", value(s.Y[0]), unit, xLabel, signed(s.X[0])) + says
		}
		said = append(said, strings.TrimSpace(s.Name+" "+says))
	}
	return sentence(title) + fmt.Sprintf("Curves of %s by %s: %s.", yLabel, xLabel, strings.Join(said, "; "))
}

func ptr[T any](v T) *T { return &v }

// legible darkens a line's colour for text.
func legible(c color.RGBA) color.RGBA { return blend(c, color.RGBA{0, 0, 0, 0xff}, .25) }

// marks is a plot.Ticker that marks the multiples of a step.
type marks float64

// Ticks implements plot.Ticker.
func (m marks) Ticks(low, high float64) (ticks []plot.Tick) {
	step := float64(m)
	digits := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	for i := math.Ceil(low/step - 1e-9); i*step <= high+1e-9*step; i++ {
		label := fmt.Sprintf("%.*f", digits, math.Abs(i*step))
		if i < 0 {
			label = "−" + label
		}
		ticks = append(ticks, plot.Tick{Value: i * step, Label: label})
	}
	return ticks
}

// markStep returns 1, 2 or 5 times a power of ten that divides a range into at
// most about n parts.
func markStep(span float64, n int) float64 {
	if span <= 0 {
		return 1
	}
	return roundUp(span/float64(n), 1, 2, 5)
}

// scaled returns the series with their y multiplied.
func scaled(lines []Series, by float64) []Series {
	times := func(values []float64) []float64 {
		if values == nil {
			return nil
		}
		out := make([]float64, len(values))
		for i, v := range values {
			out[i] = v * by
		}
		return out
	}
	out := make([]Series, len(lines))
	for i, s := range lines {
		out[i] = Series{s.Name, s.X, times(s.Y), times(s.Low), times(s.High), s.Role}
	}
	return out
}

func plottable(lines []Series) error {
	if len(lines) == 0 || len(lines) > len(series) {
		return fmt.Errorf("figure: %d curves can't be told apart; pass 1 to %d", len(lines), len(series))
	}
	drawn := 0
	for _, s := range lines {
		what := fmt.Sprintf("curve %q", s.Name)
		if s.Role < 0 || s.Role > Validation {
			return fmt.Errorf("figure: %s has the role %d; use figure.Training, figure.Test or figure.Validation, or none", what, s.Role)
		}
		if s.Y != nil {
			drawn++
		}
		if len(s.X) == 0 || s.Y != nil && len(s.X) != len(s.Y) {
			return fmt.Errorf("figure: %s has %d x and %d y; give it one y for each x", what, len(s.X), len(s.Y))
		}
		if (s.Low != nil || s.High != nil) && (len(s.Low) != len(s.X) || len(s.High) != len(s.X)) {
			return fmt.Errorf("figure: the band of %s has %d low and %d high for %d x; give one of each for each x, or none", what, len(s.Low), len(s.High), len(s.X))
		}
		for _, values := range [][]float64{s.X, s.Y, s.Low, s.High} {
			if err := finite(what, values); err != nil {
				return err
			}
		}
		if !slices.IsSorted(s.X) {
			return fmt.Errorf("figure: the x of %s go back; sort its points by x", what)
		}
	}
	if drawn == 0 {
		return errors.New("figure: no curve has any y; there is nothing to draw")
	}
	return nil
}
