package output

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// PETAL chooses the words that stand for each target label (Schick, Schmid and Schütze, 2020; docs/methods.md 2.12): those
// whose log odds are larger for the label's samples than for the others. With p_i[s] the softmax of sample i's source
// logits, n_t the samples of t, and n the others,
//
//	score[s,t] = Σ_{i: y_i=t} logit(p_i[s]) − n_t/n · Σ_{i: y_i≠t} logit(p_i[s])        logit(p) = ln p − ln(1−p)
//
// over the thousand source labels with the largest Σ_{i: y_i=t} ln p_i[s]. It is BLM's cousin with log odds instead of
// counts, and with a hard choice instead of votes.
type PETAL struct {
	// Picks is the number of words of each target label, from 1 to 1000; a target logit is their mean. 0 takes 1.
	Picks int `json:"picks" usage:"petal: the number of words that are chosen for each class"`
}

// petalCandidates is how many source labels are likely enough to be chosen.
const petalCandidates = 1000

// Name is "petal".
func (PETAL) Name() string { return "petal" }

// Alignment is statistical.
func (PETAL) Alignment() taxonomy.Alignment { return taxonomy.Statistical }

// When is Once.
func (PETAL) When() When { return Once }

// Check returns an error if the number of words is out of its range.
func (p PETAL) Check() error {
	if p.Picks < 0 || p.Picks > petalCandidates {
		return registry.Wrong("picks", "petal chooses 1 to %d words for a class, not %d", petalCandidates, p.Picks)
	}
	return nil
}

// Observe adds the log odds and the log probabilities of all source labels.
func (PETAL) Observe(s *Statistics, logits []float32, labels []int32) error {
	if s.likely == nil {
		s.likely = make([]float64, len(s.Joint))
	}
	p := make([]float64, s.Sources)
	return s.each(logits, labels, func(row []float32, target int) {
		softmax(p, row)
		for source, p := range p {
			p = max(p, 1e-30) // of an unlikely word the softmax may be 0
			s.Joint[source*s.Targets+target] += math.Log(p) - math.Log(max(1-p, 1e-12))
			s.likely[source*s.Targets+target] += math.Log(p)
		}
	})
}

// Estimate chooses the words. A word is chosen for one target label only; of two, the one with the larger score gets it.
func (p PETAL) Estimate(s *Statistics) (Mapping, error) {
	if err := cmp.Or(p.Check(), s.requireEveryClass()); err != nil {
		return Mapping{}, err
	}
	picks := cmp.Or(p.Picks, 1)
	if picks*s.Targets > s.Sources {
		return Mapping{}, errors.New("there are fewer source labels than words to choose: choose fewer")
	}
	type candidate struct {
		source, target int
		score          float64
	}
	var all []candidate
	n := 0
	for _, samples := range s.Samples {
		n += samples
	}
	for target := range s.Targets {
		of := func(values []float64, source int) float64 { return values[source*s.Targets+target] }
		sources := make([]int, s.Sources)
		for source := range sources {
			sources[source] = source
		}
		slices.SortStableFunc(sources, func(a, b int) int { return cmp.Compare(of(s.likely, b), of(s.likely, a)) })
		ratio := float64(s.Samples[target]) / float64(max(1, n-s.Samples[target]))
		for _, source := range sources[:min(petalCandidates, s.Sources)] {
			others := 0.
			for other := range s.Targets {
				if other != target {
					others += s.Joint[source*s.Targets+other]
				}
			}
			all = append(all, candidate{source, target, of(s.Joint, source) - ratio*others})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	m, taken, count := NewMapping(s.Sources, s.Targets), map[int]bool{}, make([]int, s.Targets)
	for _, c := range all {
		if !taken[c.source] && count[c.target] < picks {
			taken[c.source] = true
			count[c.target]++
			m.Weights[c.source*s.Targets+c.target] = 1 / float32(picks)
		}
	}
	return m, m.Check()
}
