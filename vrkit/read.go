package vrkit

import (
	"cmp"
	"fmt"
	"slices"
)

// Reading is a program's answer for one sample, and the reasons for it.
type Reading struct {
	Label       string   // the target label with the largest logit
	Probability float64  // its softmax over the target labels
	Voters      []Ballot // the source labels with the largest part in it, the largest first
}

// Ballot is a source label's part in one reading.
type Ballot struct {
	Source string  `json:"source"`
	Share  float64 `json:"share"` // of the target label's sum, 0 to 1
}

// Read classifies one row. classes are the names of the target labels; the reading has at most k
// voters.
//
// The target logit is Σ_s ω[s,t]·z[s], with z minus ω's centre if it has one. A source's part in it is ω[s,t] times the
// difference of z[s] and the smallest source logit: the columns of ω sum to one, so that a constant added to all logits
// must not count. A logit that is not finite is an error.
func (c *Compiled) Read(row Rows, classes []string, k int) (Reading, error) {
	if k < 0 {
		return Reading{}, fmt.Errorf("a reading names 0 or more voters, not %d", k)
	}
	if len(classes) != c.Targets || row.Len() != 1 {
		return Reading{}, fmt.Errorf("a reading takes one row and %d class names, not %d and %d", c.Targets, row.Len(), len(classes))
	}
	target, source, err := c.Logits(row)
	if err != nil {
		return Reading{}, err
	}
	if _, err := c.unusable(target, source); err != nil {
		return Reading{}, err
	}
	omega, err := c.Mapping()
	if err != nil {
		return Reading{}, err
	}
	guesses, err := Likeliest(target, classes, 1)
	if err != nil {
		return Reading{}, err
	}
	likeliest := guesses[0]
	for s := range omega.Centre {
		source[s] -= omega.Centre[s]
	}
	floor := slices.Min(source)
	var ballots []Ballot
	total := 0.
	for s, z := range source {
		if said := float64(omega.At(s, likeliest.Index)) * float64(z-floor); said > 0 {
			ballots = append(ballots, Ballot{c.Model.Labels[s], said})
			total += said
		}
	}
	slices.SortStableFunc(ballots, func(a, b Ballot) int { return cmp.Compare(b.Share, a.Share) })
	ballots = ballots[:min(k, len(ballots))]
	for i := range ballots {
		ballots[i].Share /= total
	}
	return Reading{Label: likeliest.Label, Probability: likeliest.Probability, Voters: ballots}, nil
}
