package output

import (
	"errors"
	"math"
)

// Expected are the accuracies, 0 to 1, on the counted samples if only the frozen model's top answer is used: they
// depend on the joint frequency F[s,t] of the n samples and nothing else. They are neither the accuracy of ẑ = z·ω,
// which uses all logits, nor that of other samples.
type Expected struct {
	// Greedy is Σ_t F[π(t),t] / n for FLM's one-to-one mapping π.
	Greedy float64
	// OneToOne is the largest Σ_t F[π(t),t] / n of any one-to-one mapping π: the best assignment. A sample whose top
	// answer is no π(t) is counted as wrong.
	OneToOne float64
	// Drawn is Σ_s Σ_t F[s,t]·p(t|s) / n, with p(t|s) = F[s,t] / Σ_t' F[s,t']: each answer is a draw
	// from the probabilities. It is at most Likeliest, but can be below OneToOne.
	Drawn float64
	// Likeliest is Σ_s max_t F[s,t] / n: each source label stands for the target label with the largest p(t|s). It is
	// never below OneToOne, because every term of a one-to-one mapping is at most the maximum of its row, and no two
	// terms are in the same row.
	Likeliest float64
}

// Expect computes the expected accuracies from the counts of Count.
func Expect(s *Statistics) (Expected, error) {
	if err := requireSources(s.Sources, s.Targets); err != nil {
		return Expected{}, err
	}
	var e Expected
	n := 0.
	for source := range s.Sources {
		row := s.Joint[source*s.Targets : (source+1)*s.Targets]
		total, squares, most := 0., 0., 0.
		for _, count := range row {
			total += count
			squares += count * count
			most = max(most, count)
		}
		n += total
		e.Likeliest += most
		if total > 0 {
			e.Drawn += squares / total
		}
	}
	if n == 0 {
		return Expected{}, errors.New("nothing was counted, so there is no accuracy to expect: pass the statistics that Count has filled")
	}
	e.Greedy = s.caught(Greedy(s.Joint, s.Sources, s.Targets))
	e.OneToOne = s.caught(Assign(s.Joint, s.Sources, s.Targets))
	for _, share := range []*float64{&e.Greedy, &e.OneToOne, &e.Drawn, &e.Likeliest} {
		*share /= n
	}
	return e, nil
}

// caught counts the samples that a one-to-one mapping classifies right: Σ_t F[π(t),t].
func (s *Statistics) caught(pi []int) (right float64) {
	for target, source := range pi {
		right += s.Joint[source*s.Targets+target]
	}
	return right
}

// Assign gives each target one source of its own, π[target] = source, such that no other one-to-one mapping has a
// larger Σ_t joint[π(t),t]. joint is row-major [sources, targets] with sources ≥ targets.
//
// It adds one target after the other. For each it searches the cheapest chain of changes that moves earlier targets to
// other sources; prices on sources and targets make that one search: the shortest augmenting paths of R. Jonker and A.
// Volgenant (Computing 38, 1987).
func Assign(joint []float64, sources, targets int) []int {
	holder := make([]int, sources+1) // the target of each source, counted from 1; source 0 is where a new target starts
	came := make([]int, sources+1)   // the source before this one on the cheapest path to it
	paysTarget, paysSource := make([]float64, targets+1), make([]float64, sources+1)
	for entering := 1; entering <= targets; entering++ {
		holder[0] = entering
		distance, done := make([]float64, sources+1), make([]bool, sources+1)
		for s := range distance {
			distance[s] = math.Inf(1)
		}
		at := 0
		for holder[at] != 0 {
			done[at] = true
			t, next, step := holder[at], 0, math.Inf(1)
			for s := 1; s <= sources; s++ {
				if done[s] {
					continue
				}
				if d := -joint[(s-1)*targets+t-1] - paysTarget[t] - paysSource[s]; d < distance[s] {
					distance[s], came[s] = d, at
				}
				if distance[s] < step {
					step, next = distance[s], s
				}
			}
			for s := range sources + 1 {
				if done[s] {
					paysTarget[holder[s]] += step
					paysSource[s] -= step
				} else {
					distance[s] -= step
				}
			}
			at = next
		}
		for at != 0 {
			holder[at] = holder[came[at]]
			at = came[at]
		}
	}
	pi := make([]int, targets)
	for s, t := range holder[1:] {
		if t > 0 {
			pi[t-1] = s
		}
	}
	return pi
}
