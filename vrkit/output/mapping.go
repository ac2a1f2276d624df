// Package output holds the output alignments O_ω: how the frozen model's logits become an answer to the target task.
// One method a file.
//
// Every label mapping, hard or soft, is one matrix ω of shape [S source labels, K target labels], and is applied by one
// product: ẑ = z·ω. Raw logits are averaged, not probabilities (docs/methods.md 2.1). An estimated ω is constant for
// the gradient. Estimators differ only in how they compute it from statistics that accumulate batch by batch; they are
// plain Go and need no backend.
package output

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// Mapping is ω: Weights is row-major [Sources, Targets]. Centre, [Sources] or nil, is subtracted from the source logits
// before ω is applied.
type Mapping struct {
	Sources, Targets int
	Weights          []float32
	Centre           []float32
}

// NewMapping returns an ω of zeros.
func NewMapping(sources, targets int) Mapping {
	return Mapping{Sources: sources, Targets: targets, Weights: make([]float32, sources*targets)}
}

// OneHot returns the ω that reads target t from source pi[t] only: column t has a one in row pi[t] and zeros elsewhere.
func OneHot(sources int, pi []int) Mapping {
	m := NewMapping(sources, len(pi))
	for target, source := range pi {
		m.Weights[source*m.Targets+target] = 1
	}
	return m
}

// At is ω[source, target].
func (m Mapping) At(source, target int) float32 { return m.Weights[source*m.Targets+target] }

// Check returns an error if ω has a value that is not finite.
func (m Mapping) Check() error {
	if len(m.Weights) != m.Sources*m.Targets {
		return fmt.Errorf("ω has %d values where %d source and %d target labels need %d", len(m.Weights), m.Sources, m.Targets, m.Sources*m.Targets)
	}
	for i, v := range m.Weights {
		if !Finite(v) {
			return fmt.Errorf("ω[%d,%d] is %v: the statistics it was estimated from are broken", i/m.Targets, i%m.Targets, v)
		}
	}
	if m.Centre != nil && len(m.Centre) != m.Sources {
		return fmt.Errorf("ω's centre has %d values for %d source labels", len(m.Centre), m.Sources)
	}
	for i, v := range m.Centre {
		if !Finite(v) {
			return fmt.Errorf("the centre of source label %d is %v: the statistics it was estimated from are broken", i, v)
		}
	}
	return nil
}

// Apply maps source logits, [B,S], to target logits, [B,K]: logits·ω.
func Apply(logits, omega *graph.Node) *graph.Node {
	omega.AssertDims(logits.Shape().Dim(-1), omega.Shape().Dim(1))
	return graph.DotProduct(logits, omega)
}

// When says when ω is estimated.
type When string

// The times.
const (
	Once       When = "once"        // before the first epoch, with the initial prompt
	EveryEpoch When = "every epoch" // at the start of every epoch, with the prompt at that time
)

// Alignment is an output alignment: a struct, whose fields are its settings ([registry.Method]). It also implements exactly one of the three interfaces below, which say where its ω
// comes from.
type Alignment interface {
	// Name is its name on the command line.
	Name() string
	// Alignment is its place in the taxonomy.
	Alignment() taxonomy.Alignment
}

// Constant is an alignment whose ω needs no data.
type Constant interface {
	Alignment
	// Mapping returns ω for these numbers of source and target labels.
	Mapping(sources, targets int) (Mapping, error)
}

// Estimator is an alignment whose ω is computed from statistics of the training data.
type Estimator interface {
	Alignment
	// When says when a training run estimates ω.
	When() When
	// Observe adds a batch of source logits, row-major [n,S], and their target labels, [n].
	Observe(s *Statistics, logits []float32, labels []int32) error
	// Estimate computes ω from all observed batches.
	Estimate(s *Statistics) (Mapping, error)
}

// Trainables counts the learned values of an alignment, for these numbers of source and target labels.
type Trainables interface {
	Trainable(sources, targets int) int
}

// Seeded is an alignment that is drawn, or whose initial values are drawn.
type Seeded interface {
	Alignment
	// SeedOr returns the alignment with this seed if its own is 0, which stands for none.
	SeedOr(seed uint64) Alignment
}

// Learned is an alignment whose ω is trained by gradient, together with the prompt.
type Learned interface {
	Alignment
	// Omega builds ω, [S, targets], and a bias, [targets] or nil, for source logits [B,S], in their
	// type. Its trainable values are variables in scope.
	Omega(scope *model.Scope, logits *graph.Node, targets int) (omega, bias *graph.Node)
}
