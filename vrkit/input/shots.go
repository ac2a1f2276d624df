package input

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// Shots puts worked examples, texts with their answers, before each text (in-context learning, Brown et al., 2020;
// docs/methods.md 1.8). They are drawn from the training samples, which they leave, so that no text is its own example.
// In a chain it comes after the template, which the examples are written in too. It learns nothing.
type Shots struct {
	// Shots is the number of examples, from 1 to 100; 0 takes 4. As many as possible are of each class.
	Shots int `json:"shots" usage:"shots: the number of worked examples, drawn from the training samples"`
	// Seed is of the draw and of the order. 0 takes the run's.
	Seed uint64 `json:"seed"`
	// Examples is the drawn text. It is recorded; Choose sets it.
	Examples string `json:"examples,omitempty"`
}

// Chooser is a manipulation that takes something from training samples.
type Chooser interface {
	Manipulation
	// Choose returns the manipulation with what it has chosen, and the numbers of the samples that it has taken, which
	// nothing else may train on. The samples have texts, and labels from 0 to K−1; answers has the answer of each label,
	// and compose what the manipulations before this one make of a text, or is nil.
	Choose(texts []string, labels []int32, answers []string, compose func(string) string) (Manipulation, []int, error)
}

const (
	defaultShots = 4
	shotsStream  = 0x73686f74
	betweenShots = "\n\n"
)

// Name is "shots".
func (Shots) Name() string { return "shots" }

// Coordinates are fixed, at the input, concatenative.
func (Shots) Coordinates() taxonomy.Coordinates {
	return taxonomy.Coordinates{Format: taxonomy.Fixed, Location: taxonomy.Input, Operator: taxonomy.Concatenative}
}

// SeedOr is s with this seed, if it has none of its own.
func (s Shots) SeedOr(seed uint64) Manipulation {
	s.Seed = cmp.Or(s.Seed, seed)
	return s
}

func (s Shots) count() int { return cmp.Or(s.Shots, defaultShots) }

// Check returns what is wrong for any model.
func (s Shots) Check() error {
	if s.count() < 1 || s.count() > 100 {
		return registry.Wrong("shots", "a text has 1 to 100 worked examples, not %d", s.Shots)
	}
	return registry.CheckSeed(s.Seed)
}

// Fit returns a manipulation of texts, without hooks.
func (s Shots) Fit(m models.Info) (Fitted, error) {
	if m.Modality != taxonomy.Text {
		return Fitted{}, fmt.Errorf("shots are worked examples before a text, and %s reads a %s: take another input, or a language model", m.Name, m.Modality)
	}
	return Fitted{Compose: func(text string) string { return s.Examples + text }}, s.Check()
}

// Choose draws the examples: in turn one of each class, in an order that the seed decides. It is an error if there are too
// few samples.
func (s Shots) Choose(texts []string, labels []int32, answers []string, compose func(string) string) (Manipulation, []int, error) {
	if err := s.Check(); err != nil {
		return nil, nil, err
	}
	if s.count() >= len(texts) {
		return nil, nil, registry.Wrong("shots", "%d worked examples leave none of %d training samples: take more samples, or fewer examples", s.count(), len(texts))
	}
	r := rand.New(rand.NewPCG(s.Seed, shotsStream))
	ofClass := make([][]int, len(answers))
	for _, at := range r.Perm(len(texts)) {
		ofClass[labels[at]] = append(ofClass[labels[at]], at)
	}
	var taken []int
	for len(taken) < s.count() {
		for _, class := range r.Perm(len(answers)) {
			if rest := ofClass[class]; len(rest) > 0 && len(taken) < s.count() {
				taken, ofClass[class] = append(taken, rest[0]), rest[1:]
			}
		}
	}
	s.Examples = ""
	for _, i := range r.Perm(len(taken)) {
		text := texts[taken[i]]
		if compose != nil {
			text = compose(text)
		}
		s.Examples += text + " " + answers[labels[taken[i]]] + betweenShots
	}
	return s, taken, nil
}

// MarshalJSON records all settings, with the default number of examples in place of 0.
func (s Shots) MarshalJSON() ([]byte, error) {
	type fields Shots
	s.Shots = s.count()
	return json.Marshal(fields(s))
}

// Trainable is 0.
func (Shots) Trainable(models.Info) int { return 0 }
