package input

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/initial"
	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// Soft puts learned tokens before those of a text, at the embedding of a language model (prompt tuning, Lester et al.,
// 2021; docs/methods.md 1.5):
//
//	h₀ = [P; E(x)]
//
// with P [p,width]. The model gives them positions like real tokens, so that the text moves by p places. The initial
// values are uniform between −.5 and .5, as in the paper.
type Soft struct {
	// Tokens is p, from 1 to 1000; 0 takes 10.
	Tokens int `json:"tokens" usage:"VPT, prefix and soft: learned tokens a layer"`
	// Seed is of the initial values. 0 takes the run's.
	Seed uint64 `json:"seed"`
}

const (
	softBound  = .5
	softStream = 0x534f4654
)

// Name is "soft".
func (Soft) Name() string { return "soft" }

// Coordinates are learnable, at the embedding, concatenative.
func (Soft) Coordinates() taxonomy.Coordinates {
	return taxonomy.Coordinates{Format: taxonomy.Learnable, Location: taxonomy.Embedding, Operator: taxonomy.Concatenative}
}

// SeedOr is s with this seed, if it has none of its own.
func (s Soft) SeedOr(seed uint64) Manipulation {
	s.Seed = cmp.Or(s.Seed, seed)
	return s
}

func (s Soft) tokens() int { return cmp.Or(s.Tokens, defaultTokens) }

// Check returns what is wrong for any model.
func (s Soft) Check() error {
	if s.tokens() < 1 || s.tokens() > 1000 {
		return registry.Wrong("tokens", "soft learns 1 to 1000 tokens, not %d", s.Tokens)
	}
	return registry.CheckSeed(s.Seed)
}

// Fit returns one hook, at the embedding.
func (s Soft) Fit(m models.Info) (Fitted, error) {
	if err := s.Check(); err != nil {
		return Fitted{}, err
	}
	if m.Modality != taxonomy.Text {
		return Fitted{}, fmt.Errorf("soft puts tokens before a text, and %s reads a %s: take vpt", m.Name, m.Modality)
	}
	return Fitted{Hooks: Hooks{models.TokensInto(0): func(scope *model.Scope, v models.Value) models.Value {
		prompt := learned(scope, PromptVariable, v, initial.Uniform(s.Seed, softStream, softBound), 1, s.tokens(), m.Tokens.Width)
		v.Each = models.BeforeTokens(v.Each, prompt)
		seen := Ones(v.Real.Graph(), shapes.Make(v.Real.DType(), v.Real.Shape().Dim(0), s.tokens()))
		v.Real = Concatenate([]*Node{seen, v.Real}, 1)
		return v
	}}}, nil
}

// MarshalJSON records all settings, with the default number of tokens in place of 0.
func (s Soft) MarshalJSON() ([]byte, error) {
	type fields Soft
	s.Tokens = s.tokens()
	return json.Marshal(fields(s))
}

// Trainable is p·width.
func (s Soft) Trainable(m models.Info) int { return s.tokens() * m.Tokens.Width }
