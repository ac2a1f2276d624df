package output

import (
	"errors"
	"fmt"
)

// Centring is the setting of the estimators that can subtract from each source logit its mean over the training samples,
// before they count and before ω is applied: ẑ = (z − c)·ω. A language model says some words, such as " the", whatever
// it has read; without their prior such a word is the top answer of every text, and nothing can be counted
// (docs/methods.md 2.10).
type Centring struct {
	Centre bool `json:"centre,omitempty" usage:"FLM, ILM, BLM and BLM+: subtract from each source logit its mean over the training samples"`
}

// Needs are the labelled samples, and before them the mean if the setting says so.
func (c Centring) Needs() Needs { return Needs{Labelled: true, Mean: c.Centre} }

// Needs says what an estimator has to see before it can estimate ω, in this order.
type Needs struct {
	Free     []string // the model's answers to these texts, which have no content: Statistics.AddFree
	Mean     bool     // the mean of the source logits over the training samples: Statistics.AddMean
	Labelled bool     // the source logits of the training samples with their labels: Estimator.Observe
}

// Needing is an estimator that needs more or less than labelled samples.
type Needing interface {
	Estimator
	Needs() Needs
}

// NeedsOf are the needs of an estimator: labelled samples, unless it says otherwise.
func NeedsOf(e Estimator) Needs {
	if needing, ok := e.(Needing); ok {
		return needing.Needs()
	}
	return Needs{Labelled: true}
}

// Centres tells whether the mappings of an alignment may have a Centre.
func Centres(a Alignment) bool {
	e, ok := a.(Estimator)
	return ok && (NeedsOf(e).Mean || len(NeedsOf(e).Free) > 0)
}

// AddMean adds a batch of source logits, row-major [n,S], to their mean. Errors are those of Count.
func (s *Statistics) AddMean(logits []float32) error {
	if len(logits)%s.Sources != 0 {
		return fmt.Errorf("%d logits are not samples of %d source labels", len(logits), s.Sources)
	}
	if s.Centre == nil {
		s.Centre = make([]float64, s.Sources)
	}
	for at := 0; at < len(logits); at += s.Sources {
		row := logits[at : at+s.Sources]
		if err := usable(row, s.averaged); err != nil {
			return err
		}
		s.averaged++
		for source, v := range row {
			s.Centre[source] += (float64(v) - s.Centre[source]) / float64(s.averaged)
		}
	}
	return nil
}

// AddFree adds the source logits of the texts without content, row-major [n,S].
func (s *Statistics) AddFree(logits []float32) { s.Free = append(s.Free, logits...) }

// centred are a sample's source logits minus the centre, if there is one. The result is valid until the next call.
func (s *Statistics) centred(row []float32) []float32 {
	if s.Centre == nil {
		return row
	}
	if s.row == nil {
		s.row = make([]float32, s.Sources)
	}
	for source, v := range row {
		s.row[source] = float32(float64(v) - s.Centre[source])
	}
	return s.row
}

// withCentre is the mapping with the centre of the statistics that it was estimated from.
func (s *Statistics) withCentre(m Mapping) Mapping {
	if s.Centre != nil {
		m.Centre = make([]float32, s.Sources)
		for source, v := range s.Centre {
			m.Centre[source] = float32(v)
		}
	}
	return m
}

// ErrDeadStart says that one source label was the top answer of every sample, so that every target label gets the same
// ω: all answers are equal, and so is the gradient of every prompt, 0.
var ErrDeadStart = errors.New("nothing can be told apart, and nothing learned")

// Alive returns an ErrDeadStart if only one source label has been observed. That is a mistake where the source labels are
// the tokens of a vocabulary.
func (s *Statistics) Alive() error {
	only := -1
	for source := range s.Sources {
		for _, n := range s.Joint[source*s.Targets : (source+1)*s.Targets] {
			if n != 0 && only >= 0 && only != source {
				return nil
			}
			if n != 0 {
				only = source
			}
		}
	}
	if only < 0 || s.Targets < 2 || s.Sources < 2 {
		return nil
	}
	name := fmt.Sprint(only)
	if only < len(s.Labels) {
		name = fmt.Sprintf("%d, %q", only, s.Labels[only])
	}
	return fmt.Errorf("the source label %s is the top answer of every sample: %w; subtract what the model says of all samples with the setting centre", name, ErrDeadStart)
}
