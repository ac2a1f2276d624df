package input

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"

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
// with P [p,width]. The model gives them positions like real tokens, so that the text moves by p places.
type Soft struct {
	// Tokens is p, from 1 to 1000; 0 takes 10.
	Tokens int `json:"tokens" usage:"VPT, prefix and soft: learned tokens a layer"`
	// Init says where the initial values come from: Uniform, which "" stands for, between −.5 and .5, as in the paper;
	// Vocabulary, the embeddings of p different tokens, drawn; or the embeddings of another text, whose tokens are
	// repeated until there are p.
	Init string `json:"init,omitempty" usage:"soft and prefix: the initial values: uniform; vocabulary, for soft, the embeddings of drawn tokens; or what the model makes of a text, which is given here"`
	// Seed is of the initial values. 0 takes the run's.
	Seed uint64 `json:"seed"`

	embedded *[]float32 // the initial values, [p,width], if they come from the model; a pointer, so that a Soft is comparable
}

// The initial values of [Soft.Init] that are no text.
const (
	Uniform    = "uniform"
	Vocabulary = "vocabulary"
)

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
		prompt := learned(scope, PromptVariable, v, s.initial(), 1, s.tokens(), m.Tokens.Width)
		v.Each = models.BeforeTokens(v.Each, prompt)
		seen := Ones(v.Real.Graph(), shapes.Make(v.Real.DType(), v.Real.Shape().Dim(0), s.tokens()))
		v.Real = Concatenate([]*Node{seen, v.Real}, 1)
		return v
	}}}, nil
}

// Bind takes the initial values from the model's embedding, if Init says so. It is an error if its text has no token.
func (s Soft) Bind(m *models.Model, _ Reader) (Manipulation, error) {
	var tokens []int32
	var err error
	switch s.Init {
	case "", Uniform:
		return s, nil
	case Vocabulary:
		tokens, err = s.drawn(m)
	default:
		tokens, err = tokensOf(m, s.Init, s.tokens())
	}
	if err != nil {
		return nil, err
	}
	values, err := m.Embedding(tokens)
	s.embedded = &values
	return s, err
}

// drawn are different tokens of the vocabulary, in an order that the seed decides.
func (s Soft) drawn(m *models.Model) ([]int32, error) {
	count, err := m.Vocabulary()
	if err != nil {
		return nil, err
	}
	var tokens []int32
	for _, token := range rand.New(rand.NewPCG(s.Seed, softStream)).Perm(count)[:min(s.tokens(), count)] {
		tokens = append(tokens, int32(token))
	}
	return repeated(tokens, s.tokens()), nil
}

// tokensOf are the first tokens of an initial text, which is repeated until there are so many.
func tokensOf(m *models.Model, text string, count int) ([]int32, error) {
	tokens, err := m.Encode(text)
	if err == nil && len(tokens) == 0 {
		err = errors.New("it has no token")
	}
	if err != nil {
		return nil, registry.Wrong("init", "the initial text %.40q: %v", text, err)
	}
	return repeated(tokens, count), nil
}

// repeated are the first tokens, again and again until there are so many.
func repeated(tokens []int32, count int) []int32 {
	for first := 0; len(tokens) < count; first++ {
		tokens = append(tokens, tokens[first])
	}
	return tokens[:count]
}

// initial are the initial values of the prompt.
func (s Soft) initial() model.VariableInitializer {
	if s.embedded == nil {
		return initial.Uniform(s.Seed, softStream, softBound)
	}
	return initial.Values(*s.embedded)
}

// MarshalJSON records all settings, with the default number of tokens in place of 0.
func (s Soft) MarshalJSON() ([]byte, error) {
	type fields Soft
	s.Tokens = s.tokens()
	return json.Marshal(fields(s))
}

// Trainable is p·width.
func (s Soft) Trainable(m models.Info) int { return s.tokens() * m.Tokens.Width }
