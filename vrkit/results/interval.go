package results

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is a mean over runs that differ only in their seeds, with its 95 % interval, by Student's t with n−1 degrees
// of freedom, as shares. It is about other seeds of the same program on the same images; it says nothing about other
// images. A mean of one run has no interval: Low and High are NaN.
type Interval struct {
	Mean, Low, High float64
	Runs            int
}

// IntervalOf returns the interval of a value of several runs.
func IntervalOf(values []float64) Interval {
	n := float64(len(values))
	mean, deviation := stat.MeanStdDev(values, nil)
	half := math.NaN()
	if n > 1 {
		half = distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(.975) * deviation / math.Sqrt(n)
	}
	return Interval{mean, mean - half, mean + half, len(values)}
}

// Interval returns the interval of the accuracy after the last epoch, cut off at 0 and 1.
func (r *Row) Interval() Interval {
	i := IntervalOf(r.accuracies)
	i.Low, i.High = max(i.Low, 0), min(i.High, 1) // NaN stays
	return i
}

// Paired returns the difference of r's and other's accuracy, seed by seed, over the seeds that both have. If the seed
// decides the same for both programs (the order of the images, the initial values), this interval is narrower than
// those of the two means suggest. Only an interval on one side of 0 shows an order.
func (r *Row) Paired(other *Row) Interval {
	var differences []float64
	for i, seed := range r.Seeds {
		if at := slices.Index(other.Seeds, seed); at >= 0 {
			differences = append(differences, r.accuracies[i]-other.accuracies[at])
		}
	}
	return IntervalOf(differences)
}
