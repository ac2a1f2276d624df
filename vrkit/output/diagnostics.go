package output

import (
	"fmt"
	"math"
)

// Diagnostics describe an ω, and how much it differs from an earlier one, by four numbers: a row for every epoch of a
// run.
//
// They take each column of ω as shares of the source labels: |ω[s,t]| / Σ_s' |ω[s',t]|. For an estimated ω, which is
// never negative, the shares are its columns. For a learned ω they come from absolute values, so that a change of sign
// is no change. A column of zeros has no shares.
type Diagnostics struct {
	// Entropy is the mean over the target labels of Entropies, in nats: 0 for a one-to-one mapping, at
	// most ln S.
	Entropy float64 `json:"entropy"`
	// Sources is the mean over the target labels of SourcesUsed, 0 to S.
	Sources float64 `json:"sources"`
	// Coverage is the share, 0 to 1, of the source labels that have a weight for any target label.
	Coverage float64 `json:"coverage"`
	// Churn is the mean over the target labels of Churns: 0 if ω has not changed, 1 if every target label now depends
	// on other source labels only. For a one-to-one mapping it is the share of target labels whose source changed. It
	// is −1 if there is no earlier ω.
	Churn float64 `json:"churn"`
}

// Diagnose compares omega with the previous ω, of the same shape; an empty Mapping stands for none. A value that is not
// finite is an error, and so are different shapes.
func Diagnose(omega, previous Mapping) (Diagnostics, error) {
	if err := omega.Check(); err != nil {
		return Diagnostics{}, err
	}
	d := Diagnostics{Entropy: mean(omega.Entropies()), Sources: mean(omega.SourcesUsed()), Churn: -1}
	covered := 0
	for source := range omega.Sources {
		for target := range omega.Targets {
			if omega.At(source, target) != 0 {
				covered++
				break
			}
		}
	}
	d.Coverage = float64(covered) / float64(omega.Sources)
	if len(previous.Weights) > 0 {
		churns, err := omega.Churns(previous)
		if err != nil {
			return Diagnostics{}, err
		}
		d.Churn = mean(churns)
	}
	return d, nil
}

// Entropies are the Shannon entropies in nats of each target label's shares, [K]: 0 if one source label has all, ln n
// if n of them have the same, 0 for a column of zeros.
func (m Mapping) Entropies() []float64 {
	entropies, shares := make([]float64, m.Targets), make([]float64, m.Sources)
	for target := range entropies {
		m.shares(shares, target)
		for _, p := range shares {
			if p > 0 {
				entropies[target] -= p * math.Log(p)
			}
		}
	}
	return entropies
}

// SourcesUsed counts the source labels whose weight for each target label is not 0, [K].
func (m Mapping) SourcesUsed() []int {
	used := make([]int, m.Targets)
	for i, w := range m.Weights {
		if w != 0 {
			used[i%m.Targets]++
		}
	}
	return used
}

// Churns says how much of each target label's shares moved to other source labels since previous, [K]: half the sum of
// the absolute differences, 0 to 1. Between a column of zeros and any other it is 1. Different shapes are an error.
func (m Mapping) Churns(previous Mapping) ([]float64, error) {
	if err := previous.Check(); err != nil {
		return nil, err
	}
	if m.Sources != previous.Sources || m.Targets != previous.Targets {
		return nil, fmt.Errorf("ω of [%d,%d] can't be compared with one of [%d,%d]", m.Sources, m.Targets, previous.Sources, previous.Targets)
	}
	churns := make([]float64, m.Targets)
	now, before := make([]float64, m.Sources), make([]float64, m.Sources)
	for target := range churns {
		if m.shares(now, target) != previous.shares(before, target) {
			churns[target] = 1
			continue
		}
		for source := range now {
			churns[target] += math.Abs(now[source]-before[source]) / 2
		}
	}
	return churns, nil
}

// shares writes the absolute values of a column, divided by their sum, into p, [S]. For a column of zeros it returns
// false, and p is zeros.
func (m Mapping) shares(p []float64, target int) bool {
	total := 0.
	for source := range p {
		p[source] = math.Abs(float64(m.At(source, target)))
		total += p[source]
	}
	if total == 0 {
		return false
	}
	for source := range p {
		p[source] /= total
	}
	return true
}

func mean[T int | float64](values []T) float64 {
	total := 0.
	for _, v := range values {
		total += float64(v)
	}
	return total / float64(len(values))
}
