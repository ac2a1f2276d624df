package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Spread says what the band around a mean shows.
type Spread int

const (
	// Range goes from the smallest to the largest value of the runs.
	Range Spread = iota
	// Deviation goes one standard deviation, with n−1, down and up from the mean.
	Deviation
)

// Runs is one quantity over the epochs of several runs with different seeds.
type Runs struct {
	Name string
	X    []float64   // the epochs
	Y    [][]float64 // of shape [runs, len(X)]
}

// Bands draws the mean of each of up to seven groups of runs as a line, and their spread as a band around it. The
// labels and marks are those of Curves. A single run has no band. A sentence after the caption says what lines and
// bands are, and of how many runs.
func Bands(title, xLabel, yLabel, caption string, spread Spread, groups ...Runs) (Figure, error) {
	if spread != Range && spread != Deviation {
		return Figure{}, fmt.Errorf("figure: a spread of %d is unknown; use figure.Range or figure.Deviation", spread)
	}
	lines := make([]Series, len(groups))
	most, least := 0, math.MaxInt
	for i, g := range groups {
		if err := g.check(); err != nil {
			return Figure{}, err
		}
		lines[i] = g.band(spread)
		most, least = max(most, len(g.Y)), min(least, len(g.Y))
	}
	if most > 1 {
		over := fmt.Sprint(most)
		if least < most {
			over = fmt.Sprintf("%d to %d", least, most)
		}
		edges := "from the smallest to the largest"
		if spread == Deviation {
			edges = "one standard deviation down and up"
		}
		caption = strings.TrimSpace(fmt.Sprintf("%s Lines: the mean of %s runs; bands: %s.", caption, over, edges))
	}
	return Curves(title, xLabel, yLabel, caption, lines...)
}

// band returns the runs' mean with the edges of its band.
func (g Runs) band(spread Spread) Series {
	s := Series{Name: g.Name, X: g.X, Y: make([]float64, len(g.X))}
	if len(g.Y) > 1 {
		s.Low, s.High = make([]float64, len(g.X)), make([]float64, len(g.X))
	}
	at := make([]float64, len(g.Y)) // the values of one epoch
	for i := range g.X {
		for run, values := range g.Y {
			at[run] = values[i]
		}
		mean, deviation := meanDeviation(at)
		s.Y[i] = mean
		switch {
		case s.Low == nil:
		case spread == Deviation:
			s.Low[i], s.High[i] = mean-deviation, mean+deviation
		default:
			s.Low[i], s.High[i] = slices.Min(at), slices.Max(at)
		}
	}
	return s
}

// meanDeviation returns the mean and, for at least two values, the standard deviation with n−1.
func meanDeviation(values []float64) (mean, deviation float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	if n < 2 {
		return mean, 0
	}
	for _, v := range values {
		deviation += (v - mean) * (v - mean) / (n - 1)
	}
	return mean, math.Sqrt(deviation)
}

func (g Runs) check() error {
	if len(g.Y) == 0 {
		return fmt.Errorf("figure: %q has no run; pass its values as [runs, epochs]", g.Name)
	}
	for run, values := range g.Y {
		if len(values) != len(g.X) || len(values) == 0 {
			return fmt.Errorf("figure: run %d of %q has %d values for %d epochs; cut all runs to the epochs that each has", run+1, g.Name, len(values), len(g.X))
		}
		if err := finite(fmt.Sprintf("run %d of %q", run+1, g.Name), values); err != nil {
			return err
		}
	}
	return nil
}
